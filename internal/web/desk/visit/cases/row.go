package cases

import (
	"html/template"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// rowView is one line of the queue: all that its look depends on, for whoever
// reads it at this moment. Lines that are equal in it look the same, so it is
// the name under which a line is kept.
type rowView struct {
	ID, Title, Product string
	Erased             bool
	RM                 cvd.RM
	Severity           cvd.Band
	Marks              visit.Marks
	Due                time.Time
	Kind               cvd.ClockKind
	Target, Late       bool
	Passed             bool // the aim's first date
	Updated            time.Time
	Distance           string // to the due date, or else to the last change
	Holder             string
	Mine               bool

	lang string
	zone *time.Location
}

// lookView is what the template shows of it beside.
type lookView struct {
	rowView
	State, Band web.Badge
	Flags       []web.Badge
	DueKind     string
	Theirs      bool
}

func (l lens) row(r *casework.Row) rowView {
	v := rowView{
		ID: string(r.ID), Title: r.Title, Product: r.Product, Erased: r.Erased, RM: r.RM, Severity: r.Band,
		Marks:   visit.Marks{Emergency: r.Emergency, Breached: r.Breached, Privacy: r.Privacy, Unread: r.Unread, Paused: r.Paused},
		Updated: r.Updated, Due: r.NextDue, lang: l.Voice.Lang(), zone: l.Zone,
	}
	if r.NextDue.IsZero() {
		v.Distance = l.Voice.Distance(r.Updated, l.Now)
	} else {
		v.Distance, v.Kind, v.Target = l.Voice.Distance(r.NextDue, l.Now), r.NextKind, r.Target
		v.Late = r.NextDue.Before(l.Now) && !r.Target
		v.Passed = r.Target && r.Aim.Before(l.Now)
	}
	if r.Assignee != "" {
		v.Holder, v.Mine = l.Member(r.Assignee), r.Assignee == l.Actor.ID
	}
	return v
}

func (l lens) look(r rowView) lookView {
	v := lookView{rowView: r, State: l.Site.State(r.RM), Band: l.Band(r.Severity), Flags: l.Flags(r.Marks), Theirs: r.Kind == cvd.ClockNeedsInfo}
	if r.Erased {
		v.Title = l.Say("desk.erased")
	}
	if r.Kind != "" {
		v.DueKind = l.Say("clock.short." + string(r.Kind))
	}
	if r.Passed {
		v.DueKind = l.Say("desk.due.passed", "what", v.DueKind)
	}
	return v
}

// rows renders the lines of the table. A line that looks as it did for whoever
// asked before is not rendered again.
func (d *desk) rows(l lens, page []casework.Row) (template.HTML, error) {
	var b strings.Builder
	b.Grow(len(page) * rowBytes)
	for i := range page {
		view := l.row(&page[i])
		line, err := page[i].Kept.Get(view, func() (any, error) { return d.Pages.Part("queue", "row", l.look(view)) })
		if err != nil {
			return "", err
		}
		b.WriteString(string(line.(template.HTML)))
	}
	//nolint:gosec // each line was escaped by its template
	return template.HTML(b.String()), nil
}

// rowBytes holds most lines.
const rowBytes = 800
