package cases

import (
	"errors"
	"net/http"

	"fairlead/internal/casework"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit/cases/fields"
	"fairlead/internal/words"
)

// previewView is what a verb will do.
type previewView struct {
	Told     []toldView // what the reporter will read, in order
	Silence  string     // why they read nothing; empty if they do
	Notice   string     // what goes to them outside the thread
	From, To web.Badge
	Moved    bool // the state changes
	Rating   string
	Dates    []string
	Notes    []words.Quote // what stays with the team
	Second   bool          // another member must confirm first
	Appeal   *web.Notice   // of the one that it leaves open
}

// toldView is one message to the reporter, as their thread shows it.
type toldView struct {
	Heading, Meaning string
	Quotes           []words.Quote
	Clauses          []citeView
	Missing          []string
}

func (v lens) deed(o *deed) unsent.Deed {
	return unsent.Deed{By: v.Actor, Case: o.file.Case.ID, Verb: o.verb}
}

// again takes up what was kept when a preview was asked for. What was done since is not
// shown again, so that going back to it does nothing twice.
func (d *desk) again(w http.ResponseWriter, r *http.Request, v lens, o *deed) error {
	typed, err := d.Site.Unsent.Read(r.Context(), v.deed(o), o.kept)
	switch {
	case errors.Is(err, unsent.ErrDone):
		return d.past(w, r, v, o, "done")
	case err != nil && !errors.Is(err, cvd.ErrNotFound):
		return err
	case !o.possible():
		return d.late(w, r, v, o)
	case err != nil:
		return d.past(w, r, v, o, "gone")
	}
	if o.typed = typed; r.URL.Query().Has("preview") {
		return d.previewed(w, r, v, o)
	}
	o.since = v.since(o)
	return d.form(w, r, v, o, http.StatusOK, nil)
}

// previewed shows what the verb will do, before it is done.
func (d *desk) previewed(w http.ResponseWriter, r *http.Request, v lens, o *deed) error {
	if o.since = v.since(o); len(o.since) > 0 {
		return d.form(w, r, v, o, http.StatusConflict, nil)
	}
	view, err := d.previewOf(r, v, o)
	if err != nil {
		return d.refused(w, r, v, o, err)
	}
	return d.showDo(w, r, v, http.StatusOK, *view)
}

// previewOf is what the verb will do.
func (d *desk) previewOf(r *http.Request, v lens, o *deed) (*doView, error) {
	session := d.Site.Desk.As(v.Actor)
	in, faults := fields.Input(&v.Lens, o.file, o.verb, o.typed)
	if len(faults) > 0 {
		return nil, session.Judge(r.Context(), o.file.Case.ID, o.verb, in, faults)
	}
	p, err := session.Preview(r.Context(), o.file.Case.ID, o.verb, in)
	if err != nil {
		return nil, err
	}
	view := d.doView(v, o)
	if o.answers() {
		view.Upload, view.File = true, fields.File(&v.Lens, o.file)
		for i := range p.Events {
			if b := p.Events[i].Body; b != nil && b.File != nil {
				b.File.Name = v.Say("desk.answer.file.yet")
			}
		}
	}
	view.Preview, view.Hidden, view.Kept = v.preview(o.file, &p), fields.Hidden(o.typed), o.kept
	view.World, err = d.Released(r.Context(), v.Visit, o.file, o.verb, in)
	return &view, err
}

func (v lens) preview(f *casework.File, p *casework.Preview) *previewView {
	out := &previewView{
		From: web.State(v.Voice, f.Case.RM()), To: web.State(v.Voice, p.Case.RM()), Moved: f.Case.RM() != p.Case.RM(),
		Dates: v.dates(f.Case, p.Case),
	}
	if p.Case.Closed() && !f.Case.Closed() && rule.Appealable(p.Case) {
		out.Appeal = &web.Notice{Kind: "warn", Title: v.Say("desk.preview.appeal"), Text: v.Say("desk.preview.appeal.text")}
	}
	for i := range p.Events {
		ev := &p.Events[i]
		for _, q := range v.Voice.Event(ev, words.ForTeam, v.Zone).Quotes {
			if q.Team {
				out.Notes = append(out.Notes, q)
			}
		}
		if ev.Tell == cvd.TellReporter {
			out.Told = append(out.Told, v.told(f, p.Case, ev))
		} else if ev.Tell == cvd.TellNobody && ev.Body != nil {
			out.Silence = ev.Body.Silence
		}
		if ev.Body != nil && ev.Body.Score != nil {
			out.Rating = v.Voice.Event(ev, words.ForTeam, v.Zone).Heading
		}
	}
	// Alone, a member confirms the own ruling at once; then more follows it.
	out.Second = len(p.Events) == 1 && p.Events[0].Type == cvd.EventRuled
	switch {
	case out.Second:
		out.Told, out.Silence = nil, v.Say("desk.preview.second")
	case len(out.Told) > 0:
		out.Silence = ""
	case out.Silence == "":
		out.Silence = v.Say("desk.preview.team")
	}
	if len(out.Told) > 0 {
		out.Notice = v.Say("desk.preview.nomail")
		if p.Notice {
			out.Notice = v.Say("desk.preview.mail")
		}
	}
	return out
}

// told is what the reporter of the case, as it is after the event, would read.
func (v lens) told(f *casework.File, after *cvd.Case, ev *cvd.Event) toldView {
	t := v.Voice.Event(ev, words.ForReporter, v.Zone)
	return toldView{t.Heading, v.Voice.Standing(after, ev.Type, t.Meaning), t.Quotes, v.clauses(f, t.Clauses), t.Missing}
}

// dates says which clocks move, and how.
func (v lens) dates(before, after *cvd.Case) []string {
	var out []string
	for _, k := range casework.Clocks(after) {
		old := before.Clock(k.Kind)
		if old != nil && *old == k {
			continue
		}
		id := ""
		switch {
		case !k.Met.IsZero() && (old == nil || old.Met.IsZero()):
			id = "met"
		case !k.Stopped.IsZero() && (old == nil || old.Stopped.IsZero()):
			id = "stopped"
		case !k.Paused.IsZero() && (old == nil || old.Paused.IsZero()):
			id = "paused"
		case k.Ticking() && old != nil && !old.Paused.IsZero():
			id = "resumed"
		case k.Ticking() && (old == nil || !old.Running()):
			id = "starts"
		case k.Ticking() && !old.Told().Equal(k.Told()):
			id = "moves"
		default:
			continue
		}
		out = append(out, v.Say("desk.date."+id, "name", v.Say("clock."+string(k.Kind)), "due", v.Voice.Instant(k.Told(), v.Zone)))
	}
	return out
}
