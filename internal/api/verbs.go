package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"fairlead/internal/api/strict"
	"fairlead/internal/api/view"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/intake"
	"fairlead/internal/may"
)

func (c *call) done(d casework.Done, kept *view.File) error {
	f := &casework.File{Case: d.Case, Policy: c.Book.Version(d.Case.Policy)}
	out := view.Done{
		Case: d.Case.ID, State: d.Case.RM(), Severity: d.Case.Band, Assignee: d.Case.Assignee, Release: view.ReleaseOf(d.Case, true), Promises: f.Promises(),
		Events: c.views.Events(d.Events, view.Zone(f)), Verbs: c.desk().Verbs(d.Case), Receipt: d.Receipt, File: kept,
	}
	out.Next = view.First(out.Promises)
	if out.Verbs == nil || d.Erased {
		out.Verbs = []cvd.Verb{}
	}
	if d.Successor != nil {
		out.Successor = d.Successor.Case
	}
	return c.answer(http.StatusOK, out)
}

// do does a verb to a case, or says what it would do.
func (c *call) do(verb cvd.Verb) error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	in, err := c.input(verb)
	if err != nil {
		return err
	}
	if len(c.found) > 0 {
		return c.desk().Judge(c.r.Context(), id, verb, in, c.found)
	}
	if c.flag("preview") {
		return c.preview(id, verb, in)
	}
	d, err := c.desk().Do(c.r.Context(), id, verb, in)
	if err != nil {
		return err
	}
	return c.done(d, nil)
}

// input reads what a verb is given. A contact is read by the rules of a report.
func (c *call) input(verb cvd.Verb) (cvd.Input, error) {
	var in cvd.Input
	err := c.read(&in, len(rule.SpecOf(verb).Needs) == 0)
	if in.Contact == nil || err != nil {
		return in, err
	}
	raw, err := json.Marshal(in.Contact)
	if err != nil {
		return in, err
	}
	in.Contact, err = intake.ContactFromJSON(raw)
	var more cvd.Faults
	if errors.As(err, &more) {
		for i := range more {
			more[i].Field = strict.Join("contact", more[i].Field)
		}
	}
	return in, c.note(err)
}

func (c *call) preview(id cvd.CaseID, verb cvd.Verb, in cvd.Input) error {
	p, err := c.desk().Preview(c.r.Context(), id, verb, in)
	if err != nil {
		return err
	}
	f := &casework.File{Case: p.Case, Policy: c.Book.Version(p.Case.Policy)}
	out := view.Preview{
		Case: p.Case.ID, State: p.Case.RM(), Told: []view.Message{}, Notice: p.Notice, Promises: f.Promises(),
		Events: c.views.Events(p.Events, view.Zone(f)),
	}
	out.Next = view.First(out.Promises)
	for i := range p.Events {
		if may.See(cvd.Actor{Kind: cvd.ActorReporter}, &p.Events[i].Head) {
			out.Told = append(out.Told, c.views.Said(&p.Events[i], "you", view.Zone(f)))
		}
	}
	return c.answer(http.StatusOK, out)
}

// attachToCase keeps a file of the team.
func (c *call) attachToCase() error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	kept, d, err := c.attach(id, "text", "silent")
	if err != nil {
		return err
	}
	return c.done(d, kept)
}
