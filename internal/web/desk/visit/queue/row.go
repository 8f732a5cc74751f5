package queue

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
// reads it at this moment. Lines that are equal in it look the same.
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
	Created, Updated   time.Time
	Distance           string // to the due date, or else to the last change
	Holder             string
	Mine               bool
	Version            int64
	Pick               bool // the reader may do something to several at once

	lang string
	zone *time.Location
	year int // now
}

// lookView is what the template shows of it beside.
type lookView struct {
	rowView
	State, Band web.Badge
	Flags       []web.Badge
	DueKind     string
	Came, Moved string // the days
	When        string // the due date; the page's own words tell the offset of its zone
	Theirs      bool
}

func (l lens) row(r *casework.Row, pick bool) rowView {
	v := rowView{
		ID: string(r.ID), Title: r.Title, Product: r.Product, Erased: r.Erased, RM: r.RM, Severity: r.Band,
		Marks:   visit.Marks{Emergency: r.Emergency, Breached: r.Breached, Appeal: r.Appeal, Privacy: r.Privacy, Unread: r.Unread, Mail: r.Held > 0 || l.mail.at(r.ID) > 0, Paused: r.Paused, Pending: r.Pending},
		Created: r.Created, Updated: r.Updated, Due: r.NextDue, Version: r.Version, Pick: pick && !r.Erased, lang: l.Voice.Lang(), zone: l.Zone, year: l.Now.In(l.Zone).Year(),
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
	v := lookView{rowView: r, State: web.State(l.Voice, r.RM), Band: l.Band(r.Severity), Flags: l.Flags(r.Marks), Theirs: r.Kind == cvd.ClockNeedsInfo}
	v.Came, v.Moved = l.Voice.Short(r.Created, r.zone, r.year), l.Voice.Short(r.Updated, r.zone, r.year)
	v.When = l.Voice.Brief(r.Due, r.zone, r.year)
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

// line is a rendered line that is kept beside its case, with what it shows.
type line struct {
	view rowView
	html template.HTML
}

// way is how a line may look at one time: to whom it is the own, who may choose it, and
// in which language. It only keeps these from taking each other's place.
type way struct {
	mine, pick bool
	lang       string
}

// table is the lines of a page in one text. It is kept beside the page, for the
// reader it was made for, with the lines that it was made of.
type table struct {
	lines []template.HTML
	from  string // the page of the queue that its links name
	html  template.HTML
}

// rows renders the lines of the table, whose links say from which page of the queue they
// lead. Lines that look as before, and a table of the same lines, are not made again.
func (d *desk) rows(l lens, page casework.Page, from string) (template.HTML, error) {
	pick := len(l.can()) > 0
	ways := map[bool]any{false: way{false, pick, l.Voice.Lang()}, true: way{true, pick, l.Voice.Lang()}}
	kept, _ := page.Kept.Find(l.Actor.ID).(*table)
	same := kept != nil && kept.from == from && len(kept.lines) == len(page.Rows)
	lines := make([]template.HTML, len(page.Rows))
	for i := range page.Rows {
		r := &page.Rows[i]
		view := l.row(r, pick)
		one, _ := r.Kept.Find(ways[view.Mine]).(*line)
		if one == nil || one.view != view {
			html, err := d.Pages.Part(l.Tone(), "queue", "row", l.look(view))
			if err != nil {
				return "", err
			}
			one = &line{view, html}
			r.Kept.Put(ways[view.Mine], one)
		}
		lines[i] = one.html
		same = same && kept.lines[i] == one.html
	}
	if same {
		return kept.html, nil
	}
	var b strings.Builder
	for i, one := range lines {
		to := "/desk/cases/" + string(page.Rows[i].ID)
		b.WriteString(strings.Replace(string(one), `"`+to+`"`, `"`+to+wayFrom(from)+`"`, 1))
	}
	//nolint:gosec // each line was escaped by its template, and what its link says of the list as a query
	kept = &table{lines, from, template.HTML(b.String())}
	page.Kept.Put(l.Actor.ID, kept)
	return kept.html, nil
}
