package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework/parcel"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/may"
)

// Draft is the advisory of a case as it stands now.
type Draft struct {
	*File
	Record   *cvd.Advisory      // the latest draft, or one that was filled from the case
	Seq      int64              // the event that holds it; 0: nothing was saved
	Drafts   []cvd.Event        // all that were saved, latest first
	Before   *cvd.Advisory      // the latest revision that is published, or nil
	Findings []advisory.Finding // of the lint
	Gates    []release.Gate
}

var errNoDraft = fmt.Errorf("%w: no draft of an advisory is saved yet", cvd.ErrNotFound)

// Draft reads the advisory of a case; to a reporter there is none.
func (s *Session) Draft(ctx context.Context, id cvd.CaseID) (*Draft, error) {
	if s.actor.Kind == cvd.ActorReporter {
		return nil, may.ErrUnseen
	}
	f, err := s.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if f.Erased || f.Policy == nil {
		return nil, errErased
	}
	d := &Draft{File: f}
	for _, ev := range slices.Backward(f.Events) {
		if ev.Type == cvd.EventDrafted && ev.Body != nil && ev.Body.Advisory != nil {
			d.Drafts = append(d.Drafts, ev)
		}
	}
	if d.Record, d.Seq = parcel.Latest(f.Case, f.Events); d.Record == nil {
		if !may.Scoped(s.actor, may.CasesRead) {
			return nil, errNoDraft // a first one is made of the report, which their scopes do not open
		}
		var others []cvd.Contact
		if may.Person(s.actor) {
			others = s.desk.spine().Duplicates(ctx, f.Case)
		}
		d.Record = release.Prefill(f.Case, f.Events, others, f.Policy.Policy)
	}
	if d.Before, err = parcel.Published(ctx, s.desk.Register, f.Case); err != nil {
		return nil, err
	}
	if d.Before != nil && !may.Person(s.actor) && !d.Before.TLP.Public() {
		d.Before.Credits = nil
	}
	d.Findings = s.desk.lint(d.Record, d.Before)
	d.Gates = release.Gates(d.Case, d.Events, d.Record, d.Findings, d.Policy.Policy, s.desk.Now())
	return d, nil
}

// Rehearse makes what would be published now, or at the scheduled instant, and
// stores nothing. a is a record that was not saved, nil for the latest draft.
func (s *Session) Rehearse(ctx context.Context, id cvd.CaseID, a *cvd.Advisory) (parcel.Rehearsal, error) {
	d, err := s.Draft(ctx, id)
	if err != nil {
		return parcel.Rehearsal{}, err
	}
	if a == nil {
		a = d.Record
	}
	at, why := release.Planned(d.Case, d.Events, s.desk.Now())
	return parcel.Rehearse(ctx, s.desk.Register, release.Trial(a, d.Before, d.Policy.Policy.Advisories.Prefix, why, at))
}

// lint judges what a draft would be published as.
func (d *Desk) lint(a, before *cvd.Advisory) []advisory.Finding {
	if a == nil || d.Lint == nil {
		return nil
	}
	return append(d.Lint(release.Trial(a, before, "DRAFT", "", d.Now())), release.Narrowed(a, before)...)
}

// parcel reads the advisory of the case for whoever will send it out.
func (s *Session) parcel(ctx context.Context, id cvd.CaseID, verb cvd.Verb) (*parcel.Parcel, error) {
	l, err := s.load(ctx, id, verb)
	if err != nil {
		return nil, err
	}
	evs, err := s.desk.spine().History(ctx, l)
	if err != nil {
		return nil, err
	}
	p := &parcel.Parcel{Case: l.State, Events: evs, Register: s.desk.Register}
	p.Record, _ = parcel.Latest(l.State, evs)
	p.Before, err = parcel.Published(ctx, s.desk.Register, l.State)
	p.Findings = s.desk.lint(p.Record, p.Before)
	return p, err
}

// releaseDue publishes the case's advisory if its instant has come, or holds it
// where a gate is shut: then the team is alarmed and the reporter hears the new
// date. What fails outside is an error, and is tried again at the next turn.
func (s *Session) releaseDue(ctx context.Context, id cvd.CaseID) (bool, error) {
	l, err := s.desk.spine().Load(ctx, id)
	if err != nil || l.Key == nil || l.State.Release.At.IsZero() || l.State.Release.At.After(s.desk.Now()) {
		return false, err
	}
	due := l.State.Release
	decide, more, err := s.decision(ctx, id, cvd.VerbPublish, cvd.Input{Seq: due.Draft})
	if err == nil {
		_, _, err = s.change(ctx, id, cvd.VerbRead, decide, more...)
	}
	if !errors.Is(err, cvd.ErrNotReady) && !errors.Is(err, cvd.ErrEmbargoed) && !errors.Is(err, cvd.ErrInvalid) {
		return err == nil, err
	}
	why := err.Error()
	_, evs, err := s.change(ctx, id, cvd.VerbRead, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		t, err := s.desk.spine().Terms(c.Policy)
		if err != nil || c.Release != due {
			return nil, err
		}
		return []cvd.Event{rule.Hold(c, why, deadline.Again(c, t, now), now)}, nil
	})
	return len(evs) > 0, err
}
