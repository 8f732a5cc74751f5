package advisories

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// pageView is the advisory of a case.
type pageView struct {
	Case, Title string
	ID          string
	State       web.Badge
	Seq         int64
	Parts       []part
	Tabs        []visit.Tab
	May         bool // may edit
	Off         bool // saving calls a release off that is scheduled
	Done        string
	Led         bool // the keyboard goes to a field, and not to what was done
	Summary     *web.Summary
	Notices     []web.Notice
	Steps       []stepView
	Gates       []gateView
	Findings    []findingView
	Verbs       []verbView
	Drafts      []draftView
	Published   *publishedView
	Parties     []partyView
	Requests    []string // for a CVE id, to be sent to a CNA
	Note        string
	Clash       *clashView
	Whole       bool   // the form holds all that it should
	Unsaved     bool   // what was typed stands in it
	From        string // the draft that the form began from, while it is brought together with another
}

// sheet is the form as it is shown: of the draft, or as it was typed.
type sheet struct {
	parts  []part
	faults cvd.Faults
	typed  url.Values // nil where nothing was
	clash  *clashView
	place  int    // the vulnerability that is opened, from 0; -1: none in particular
	done   string // what was just done to the form
}

// partyView is somebody outside who is told of the release.
type partyView struct{ Name, Email string }

func parties(c *cvd.Case) []partyView {
	var out []partyView
	for i := range c.Participants {
		if p := &c.Participants[i]; rule.Party(p) && p.Contact != nil {
			out = append(out, partyView{strings.TrimSpace(p.Contact.Name + " " + p.Contact.Affiliation), p.Contact.Email})
		}
	}
	return out
}

// stepView is one step on the way to the public.
type stepView struct {
	Text string
	Done bool
	At   time.Time
}

type gateView struct {
	Text, Why, Remedy string
	State             web.Badge
	Href              string // where a new CVE id is asked for, in place of a rejected one
}

type findingView struct {
	Level                 web.Badge
	Field, Href           string
	Problem, Remedy, Rule string
}

type verbView struct{ Verb, Text string }

type draftView struct {
	Seq, Before int64
	Who, Note   string
	At          time.Time
	Out         bool // it is what is published
}

type publishedView struct {
	Link     string // empty where it is for a few, who read it with a token
	Label    string
	Revision int
	At       time.Time
	Changes  []cvd.AdvisoryChange
	Gone     bool
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v lens, status int, draft *casework.Draft, form sheet) error {
	c, parts := draft.Case, form.parts
	view := pageView{
		Case: string(c.ID), Title: c.Title, ID: string(c.Release.Advisory), State: web.State(v.Voice, c.RM()), Seq: draft.Seq, Parts: parts,
		May: may.Allow(v.Actor, cvd.VerbAdvise, c) == nil && slices.Contains(draft.Verbs, cvd.VerbAdvise),
	}
	view.Parties = parties(c)
	view.Tabs = v.languages(c.ID, draft.Record, "", false)
	view.Off, view.Done = scheduled(draft), v.done(r)
	view.Clash = form.clash
	if form.typed != nil { // what was typed stays with the draft that it was typed over
		view.Seq, view.From, view.Note = visit.Number(form.typed.Get("seq")), form.typed.Get("from"), form.typed.Get("note")
	}
	view.Whole, view.Unsaved = form.typed == nil || form.typed.Has("whole"), form.typed != nil
	if form.done != "" {
		view.Done = form.done
		each(parts, func(f *web.Field) { view.Led = view.Led || f.Focus })
	}
	begin, _ := ends(draft, form.typed)
	spots := spots(begin, draft.Record, form.typed)
	view.Findings = v.findings(c.ID, draft.Findings, parts, spots)
	if rest := blame(parts, form.faults, spots); len(form.faults) > 0 {
		view.Summary = summarise(v, parts, rest)
	}
	v.unfold(parts, form.place, view.May)
	view.Gates, view.Steps, view.Drafts = v.gates(draft), v.steps(draft), v.drafts(draft)
	for _, verb := range []cvd.Verb{cvd.VerbConfirm, cvd.VerbRefuse, cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbUnschedule, cvd.VerbOfferCheck, cvd.VerbCheckResult, cvd.VerbCVE, cvd.VerbNameParty, cvd.VerbDropParty, cvd.VerbRetract, cvd.VerbNoAdvisory} {
		if slices.Contains(draft.Verbs, verb) {
			view.Verbs = append(view.Verbs, verbView{string(verb), v.Say("verb." + string(verb))})
		}
	}
	view.Notices, view.Requests = v.notices(draft), v.requests(draft, strings.TrimSuffix(v.Site.BaseURL(r), "/"))
	if b := draft.Before; b != nil {
		link := ""
		if b.TLP.Public() {
			link = "/advisories/" + url.PathEscape(string(b.ID))
		}
		view.Published = &publishedView{
			Link: link, Label: string(b.TLP), Revision: b.Revision, At: b.Modified, Changes: b.History, Gone: !b.Withdrawn.IsZero(),
		}
	}
	return d.Show(w, r, v.Visit, status, "advisory", v.Say("desk.advisory.page")+": "+view.Case, view)
}

func (v lens) notices(draft *casework.Draft) []web.Notice {
	var out []web.Notice
	c := draft.Case
	at := func(t time.Time) string { return v.Voice.Instant(t, v.Zone) }
	if draft.Seq == 0 {
		out = append(out, web.Notice{Kind: "info", Title: v.Say("desk.advisory.filled"), Text: v.Say("desk.advisory.filled.text")})
	}
	if b := draft.Before; b != nil && !b.Withdrawn.IsZero() {
		out = append(out, web.Notice{Kind: "warn", Title: v.Say("desk.advisory.gone", "when", at(b.Withdrawn)), Text: b.Why})
	}
	if c.Release.Revision > 0 && c.Release.Fresh() {
		out = append(out, web.Notice{
			Kind: "warn", Title: v.Say("desk.advisory.correcting"), Text: v.Say("desk.advisory.correcting.text", "revision", c.Release.Revision),
			Href: "/desk/cases/" + string(c.ID) + "/advisory/changes", Label: v.Say("desk.advisory.changes.published"),
		})
	}
	if !c.Release.At.IsZero() {
		out = append(out, web.Notice{Kind: "warn", Title: v.Say("desk.advisory.scheduled", "when", at(c.Release.At)), Text: v.Say("desk.advisory.scheduled.text")})
	}
	if p := c.Pending; p != nil && (p.Verb == cvd.VerbSchedule || p.Verb == cvd.VerbPublish) {
		out = append(out, web.Notice{Kind: "warn", Title: v.Say("desk.advisory.pending", "verb", v.Say("verb."+string(p.Verb))), Text: v.Say("desk.advisory.pending.text")})
	}
	if k := c.Clock(cvd.ClockRelease); k != nil && k.Running() && !k.Breached.IsZero() {
		out = append(out, web.Notice{Kind: "alarm", Title: v.Say("desk.advisory.held"), Text: v.Say("desk.advisory.held.text", "when", at(k.Told()))})
	}
	return out
}

func (v lens) gates(draft *casework.Draft) []gateView {
	out := make([]gateView, 0, len(draft.Gates))
	for _, g := range draft.Gates {
		one := gateView{Text: v.Say("desk.advisory.gate." + g.Name), Why: g.Why, Remedy: g.Remedy, State: web.Badge{Kind: "good", Text: v.Say("desk.advisory.open")}}
		switch {
		case !g.OK && g.Stops:
			one.State = web.Badge{Kind: "alarm", Text: v.Say("desk.advisory.shut")}
			if g.Name == "cve" && slices.Contains(draft.Verbs, cvd.VerbCVE) { // it stops for a rejected id alone
				one.Href = "/desk/cases/" + string(draft.Case.ID) + "/do/cve"
			}
		case !g.OK:
			one.State = web.Badge{Kind: "warn", Text: v.Say("desk.advisory.mind")}
		}
		out = append(out, one)
	}
	return out
}

// steps is how far the advisory is. What was passed over on the way to the public is
// left out, for it is neither done nor still to come.
func (v lens) steps(draft *casework.Draft) []stepView {
	r := draft.Case.Release
	at := map[cvd.EventType]time.Time{}
	for _, ev := range draft.Events {
		at[ev.Type] = ev.At
	}
	out := r.Revision > 0
	var all []stepView
	add := func(name string, done bool, when time.Time) {
		if !done {
			when = time.Time{}
		}
		all = append(all, stepView{v.Say("desk.advisory.step."+name, "revision", r.Revision), done, when})
	}
	reach := func(name string, done bool, when time.Time) {
		if done || !out {
			add(name, done, when)
		}
	}
	if !out || r.Fresh() {
		add("draft", r.Draft != 0, at[cvd.EventDrafted])
	}
	if draft.Case.HasReporter() {
		reach("check", r.Check == cvd.CheckPass, at[cvd.EventChecked])
	}
	if two := draft.Policy != nil && draft.Policy.Policy.SecondPerson.Publish; two && (!out || r.Fresh()) {
		add("second", r.Confirmed == r.Draft && r.Draft != 0, at[cvd.EventConfirmed])
	}
	told := "scheduled"
	if !draft.Case.Waited() {
		told = "scheduled.alone"
	}
	reach(told, !r.At.IsZero() || out && !r.Told.IsZero(), at[cvd.EventScheduled])
	if draft.Case.Waited() {
		reach("told", !r.Ahead.IsZero(), at[cvd.EventHeadsUp])
	}
	switch {
	case r.Withdrawn:
		add("withdrawn", true, at[cvd.EventRetracted])
	case out:
		add("published", true, at[cvd.EventPublished])
	default:
		add("public", false, time.Time{})
	}
	if out && r.Fresh() {
		add("corrected", false, time.Time{})
	}
	return all
}

func (v lens) drafts(draft *casework.Draft) []draftView {
	var out []draftView
	for i, ev := range draft.Drafts {
		one := draftView{Seq: ev.Seq, Who: v.Who(ev.Actor), At: ev.At, Note: ev.Body.Note, Out: ev.Seq == draft.Case.Release.Published}
		if i+1 < len(draft.Drafts) {
			one.Before = draft.Drafts[i+1].Seq
		}
		out = append(out, one)
	}
	return out
}
