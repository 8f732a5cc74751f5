package queue

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// act is something that can be done to several cases at once. None tells a reporter
// anything: what they read is written for one case.
type act struct {
	name string
	verb cvd.Verb
}

var acts = []act{{"claim", cvd.VerbClaim}, {"assign", cvd.VerbClaim}, {"note", cvd.VerbNote}}

type actView struct{ Name, Text string }

// can are those that the reader may do.
func (l lens) can() []act {
	var out []act
	for _, a := range acts {
		if may.Of(l.Actor, a.verb) != may.Nowhere {
			out = append(out, a)
		}
	}
	return out
}

// acts are the same in words.
func (l lens) acts() []actView {
	var out []actView
	for _, a := range l.can() {
		out = append(out, actView{a.name, l.Say("desk.batch." + a.name)})
	}
	return out
}

// batchMost is how many cases are dealt with at once.
const batchMost = 100

// batchView says what will be done to each case, or what was.
type batchView struct {
	Act, Title, Lead string
	Fields           []web.Field
	Cases            []batchCase
	Able             int // how many it can be done to
	Gone             int // of those chosen, how many are not there
	Over             bool
	Back, Link       string // the page of the queue, and the way back to it
	Summary          *web.Summary
	None             string // why there is nothing to do
}

// batchCase is one of the cases.
type batchCase struct {
	ID, Title string
	Version   int64
	State     web.Badge
	Able      bool
	What      web.Badge
	Why       string
}

// batched is a form of several cases on its way.
type batched struct {
	act   act
	typed url.Values
	rows  []casework.Row
	gone  int
}

// batch shows what would be done to each of the chosen cases, or does it.
func (d *desk) batch(w http.ResponseWriter, r *http.Request, v lens) error {
	if len(v.can()) == 0 {
		return cvd.ErrNotFound
	}
	if err := web.Form(r); err != nil {
		return err
	}
	asked, _ := url.ParseQuery(r.PostForm.Get("back")) // what makes no sense in it is left out
	back := backOf(asked)
	b, faults, err := d.batchOf(r, v)
	if err != nil {
		return err
	}
	if b == nil {
		view := batchView{Title: v.Say("desk.batch.title"), None: v.Say("desk.batch.none"), Over: true, Back: back, Link: address(back)}
		return d.show(w, r, v, http.StatusUnprocessableEntity, "batch", view.Title, view)
	}
	view := batchView{Act: b.act.name, Title: v.Say("desk.batch."+b.act.name+".title", "count", len(b.rows)), Gone: b.gone, Lead: v.Say("desk.batch."+b.act.name+".lead", "count", len(b.rows)), Back: back, Link: address(back)}
	if b.act.name == "claim" && b.typed.Get("step") == "" && len(b.rows) == 1 && b.gone == 0 {
		if done, err := d.claimOne(w, r, v, &b.rows[0], back); done || err != nil {
			return err
		}
	}
	if b.typed.Get("step") == "do" {
		faults = append(faults, v.lacking(b)...)
		if len(faults) == 0 {
			return d.doBatch(w, r, v, b, view)
		}
	}
	view.Fields = v.batchFields(b)
	rest := web.Blame(view.Fields, faults)
	view.Summary = web.Summarise(v.Say("desk.faults"), view.Fields, rest)
	session := d.Site.Desk.As(v.Actor)
	for i := range b.rows {
		one := v.batchCase(&b.rows[i])
		in, held := v.batchInput(b, &b.rows[i])
		_, err := session.Preview(r.Context(), b.rows[i].ID, b.act.verb, in)
		switch {
		case held:
			one.What = web.Badge{Kind: "quiet", Text: v.Say("desk.batch.held")}
		case err != nil && web.Status(err) >= http.StatusInternalServerError:
			return err
		case err != nil:
			one.What, one.Why = web.Badge{Kind: "warn", Text: v.Say("desk.batch.cannot")}, v.why(err)
		default:
			one.Able, one.What = true, v.will(b, &b.rows[i])
			view.Able++
		}
		view.Cases = append(view.Cases, one)
	}
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.show(w, r, v, status, "batch", view.Title, view)
}

// batchOf reads the form and the chosen cases, as far as the reader sees them; nil if
// nothing was chosen.
func (d *desk) batchOf(r *http.Request, v lens) (*batched, cvd.Faults, error) {
	typed, faults := visit.Clean(r.PostForm)
	at := slices.IndexFunc(acts, func(a act) bool { return a.name == typed.Get("act") })
	if at < 0 || len(typed["case"]) == 0 {
		return nil, nil, nil
	}
	b := &batched{act: acts[at], typed: typed}
	if may.Of(v.Actor, b.act.verb) == may.Nowhere {
		return nil, nil, cvd.ErrNotFound
	}
	var ids []cvd.CaseID
	for _, id := range typed["case"] {
		if !slices.Contains(ids, cvd.CaseID(id)) {
			ids = append(ids, cvd.CaseID(id))
		}
	}
	if len(ids) > batchMost {
		return nil, nil, cvd.Faults{{Field: "case", Problem: "names over " + strconv.Itoa(batchMost) + " cases", Remedy: "choose fewer"}}
	}
	page, err := d.Site.Desk.As(v.Actor).Cases(r.Context(), casework.Filter{IDs: ids, Limit: 200})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range page.Rows {
		if slices.Contains(ids, row.ID) { // the list of somebody named holds all of theirs
			b.rows = append(b.rows, row)
		}
	}
	b.gone = len(ids) - len(b.rows)
	return b, faults, nil
}

// batchFields are what the act needs beside the cases.
func (l lens) batchFields(b *batched) []web.Field {
	switch b.act.name {
	case "assign":
		f := web.Field{Name: "to", Kind: "select", Label: l.Say("desk.field.to.claim"), Required: true, Focus: true, Options: append([]web.Option{{Label: l.Say("desk.batch.whom")}}, l.holders()...)}
		for i := range f.Options {
			f.Options[i].Chosen = f.Options[i].Value == b.typed.Get("to")
		}
		return []web.Field{f}
	case "note":
		return []web.Field{{Name: "note", Kind: "area", Label: l.Say("desk.note.team"), Help: l.Say("desk.batch.note.help"), Required: true, Focus: true, Value: b.typed.Get("note")}}
	}
	return nil
}

// lacking is what the act still needs.
func (l lens) lacking(b *batched) cvd.Faults {
	for _, name := range map[string][]string{"assign": {"to"}, "note": {"note"}}[b.act.name] {
		if b.typed.Get(name) == "" {
			return cvd.Faults{{Field: name, Problem: l.Say("desk.batch.empty"), Remedy: l.Say("desk.batch." + name + ".remedy")}}
		}
	}
	return nil
}

// batchInput is what is put to one case; held says that it is so already.
func (l lens) batchInput(b *batched, r *casework.Row) (in cvd.Input, held bool) {
	switch b.act.name {
	case "note":
		if in.Note = b.typed.Get("note"); in.Note == "" {
			in.Note = "-" // to ask what would become of one
		}
		return in, false
	case "assign":
		if in.To = b.typed.Get("to"); in.To == "" { // to ask whether it could be handed over
			for _, other := range l.holders() {
				if other.Value != r.Assignee {
					in.To = other.Value
				}
			}
			return in, false
		}
	default:
		in.To = l.Actor.ID
	}
	held = r.Assignee == in.To
	if in.To == l.Actor.ID && r.Assignee == "" {
		in.To = "" // taken, not handed over
	}
	return in, held
}

// will says what the act does to one case.
func (l lens) will(b *batched, r *casework.Row) web.Badge {
	switch {
	case b.act.name == "note":
		return web.Badge{Kind: "neutral", Text: l.Say("desk.batch.will.note")}
	case r.Assignee == "":
		return web.Badge{Kind: "neutral", Text: l.Say("desk.batch.will.take")}
	}
	return web.Badge{Kind: "info", Text: l.Say("desk.batch.will.over", "name", l.Member(r.Assignee))}
}

func (l lens) batchCase(r *casework.Row) batchCase {
	one := batchCase{ID: string(r.ID), Title: r.Title, Version: r.Version, State: web.State(l.Voice, r.RM)}
	if r.Erased {
		one.Title = l.Say("desk.erased")
	}
	return one
}

func (l lens) why(err error) string {
	if text := web.Plain(err); text != "" {
		return text
	}
	return l.Say("desk.refused.text")
}

// doBatch does the act to each case, as a decision of its own: what one refuses holds
// up no other. A case that changed since it was shown is left as it is, so that the same
// form sent twice does nothing twice.
func (d *desk) doBatch(w http.ResponseWriter, r *http.Request, v lens, b *batched, view batchView) error {
	session := d.Site.Desk.As(v.Actor)
	ctx := context.WithoutCancel(r.Context()) // none is left half-way by a closed tab
	view.Over, view.Lead = true, ""
	for i := range b.rows {
		row := &b.rows[i]
		one := v.batchCase(row)
		in, held := v.batchInput(b, row)
		err := error(nil)
		switch {
		case held:
			one.What = web.Badge{Kind: "quiet", Text: v.Say("desk.batch.held")}
		case visit.Number(b.typed.Get("seen."+one.ID)) != row.Version:
			one.What, one.Why = web.Badge{Kind: "warn", Text: v.Say("desk.batch.left")}, v.Say("desk.batch.changed")
		default:
			if _, err = session.Do(ctx, row.ID, b.act.verb, in); err == nil {
				one.What = web.Badge{Kind: "good", Text: v.Say("desk.batch.done")}
				view.Able++
			}
		}
		if err != nil {
			one.What, one.Why = web.Badge{Kind: "alarm", Text: v.Say("desk.batch.refused")}, v.why(err)
			if web.Status(err) >= http.StatusInternalServerError {
				d.Site.Log.Error("one of several cases failed", "case", one.ID, "err", err)
			}
		}
		view.Cases = append(view.Cases, one)
	}
	view.Title = v.Say("desk.batch.over", "done", view.Able, "count", len(view.Cases))
	return d.show(w, r, v, http.StatusOK, "batch", view.Title, view)
}
