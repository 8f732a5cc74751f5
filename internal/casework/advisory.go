package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/register"
	"fairlead/internal/store"
)

// Draft is the advisory of a case as it stands now.
type Draft struct {
	*File
	// Record is the latest draft, or one that was filled from the case if none was
	// saved.
	Record   *cvd.Advisory
	Seq      int64              // the event that holds it; 0: nothing was saved
	Drafts   []cvd.Event        // all that were saved, latest first
	Before   *cvd.Advisory      // the latest revision that is published, or nil
	Findings []advisory.Finding // of the lint
	Gates    []advisory.Gate
}

// Draft reads the advisory of a case. Who may not see the team's side of the case
// is told that there is none.
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
	if len(d.Drafts) > 0 && d.Drafts[0].Seq == f.Case.Release.Draft {
		d.Record, d.Seq = d.Drafts[0].Body.Advisory, d.Drafts[0].Seq
	} else {
		d.Record = advisory.Prefill(f.Case, f.Events, s.desk.duplicates(ctx, f.Case), f.Policy.Policy)
	}
	if d.Before, err = s.desk.published(ctx, f.Case); err != nil {
		return nil, err
	}
	d.Judge(s.desk.Lint, d.Record, s.desk.Now())
	return d, nil
}

// Judge takes another record for the draft, such as one that was not saved yet.
func (d *Draft) Judge(lint func(*cvd.Advisory) []advisory.Finding, a *cvd.Advisory, now time.Time) {
	d.Record, d.Findings = a, nil
	if lint != nil {
		d.Findings = lint(a)
	}
	d.Gates = advisory.Gates(d.Case, a, d.Findings, d.Policy.Policy, now)
}

// duplicates are the contacts of those who reported the same, as far as the cases
// are linked. One that cannot be read names nobody.
func (d *Desk) duplicates(ctx context.Context, c *cvd.Case) []cvd.Contact {
	var out []cvd.Contact
	for _, link := range c.Links {
		if link.Kind != cvd.LinkDuplicateOf {
			continue
		}
		if l, err := d.load(ctx, link.Case); err == nil {
			if p := l.state.Participant(cvd.Reporter); p != nil && p.Contact != nil {
				out = append(out, *p.Contact)
			}
		}
	}
	return out
}

// published is the latest revision of the case's advisory, or nil.
func (d *Desk) published(ctx context.Context, c *cvd.Case) (*cvd.Advisory, error) {
	if c.Release.Revision == 0 {
		return nil, nil
	}
	if d.Register == nil {
		return nil, errNoRegister
	}
	return d.Register.Record(ctx, c.Release.Advisory, c.Release.Revision)
}

var errNoRegister = fmt.Errorf("%w: nothing is published from here", cvd.ErrUnavailable)

// Rehearse makes what would be published now, or at the scheduled instant, and
// stores nothing. a is a record that was not saved, nil for the latest draft.
func (s *Session) Rehearse(ctx context.Context, id cvd.CaseID, a *cvd.Advisory) ([]register.Document, error) {
	d, err := s.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.desk.Register == nil {
		return nil, errNoRegister
	}
	if a == nil {
		a = d.Record
	}
	at := s.desk.Now()
	if due := d.Case.Release.At; due.After(at) {
		at = due
	}
	a = advisory.Revise(a, d.Before, "", at)
	if a.ID == "" {
		a.ID = cvd.AdvisoryID(fmt.Sprintf("%s-%d-0000000", d.Policy.Policy.Advisories.Prefix, at.Year()))
	}
	p, err := s.desk.Register.Prepare(ctx, a)
	if err != nil {
		return nil, err
	}
	return p.Documents()
}

// sends are the verbs after which something may be published.
var sends = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract, cvd.VerbConfirm}

// parcel is a draft on its way out: read before the change, so that what decides is
// about exactly that.
type parcel struct {
	*Draft
	desk *Desk
	out  *register.Publication // what the decision made; nil: nothing
}

func (s *Session) parcel(ctx context.Context, id cvd.CaseID) (*parcel, error) {
	d, err := s.desk.As(cvd.System).Draft(ctx, id)
	return &parcel{Draft: d, desk: s.desk}, err
}

// stands refuses to go on where somebody edited or published meanwhile.
func (p *parcel) stands(c *cvd.Case) error {
	if r, was := c.Release, p.Case.Release; r.Draft != was.Draft || r.Revision != was.Revision {
		return fmt.Errorf("%w: the advisory moved meanwhile; look at it again", cvd.ErrConflict)
	}
	return nil
}

// pass holds the gates against the case as it is now. Whoever asks for a second
// person or is one need not have had one.
func (p *parcel) pass(c *cvd.Case, verb cvd.Verb, terms *policy.Policy, now time.Time, byClock bool) error {
	if verb == cvd.VerbConfirm && c.Pending != nil {
		verb = c.Pending.Verb
	}
	if verb != cvd.VerbSchedule && verb != cvd.VerbPublish {
		return nil
	}
	shut := advisory.Shut(advisory.Gates(c, p.Record, p.Findings, terms, now), verb == cvd.VerbSchedule)
	if !byClock {
		shut = slices.DeleteFunc(shut, func(g advisory.Gate) bool { return g.Name == "second-person" })
	}
	return advisory.Refuse(shut)
}

// make prepares the publication if the events are one.
func (p *parcel) make(ctx context.Context, evs []cvd.Event) error {
	p.out = nil
	for _, ev := range evs {
		var a *cvd.Advisory
		switch ev.Type {
		case cvd.EventPublished:
			a = advisory.Revise(p.Record, p.Before, ev.Body.Reason, ev.At)
		case cvd.EventRetracted:
			a = advisory.Withdraw(p.Before, ev.Body.Reason, ev.At)
		default:
			continue
		}
		if p.desk.Register == nil {
			return errNoRegister
		}
		var err error
		if p.out, err = p.desk.Register.Prepare(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// write puts the publication into the change's own transaction: the case says that
// it is published exactly if it is.
func (p *parcel) write(tx store.Tx) error {
	if p.out == nil {
		return nil
	}
	return p.out.Write(tx)
}

// reason is what was said at scheduling of what the revision changes.
func (p *parcel) reason() string {
	for _, ev := range slices.Backward(p.Events) {
		if ev.Type == cvd.EventScheduled && ev.Body != nil {
			return ev.Body.Reason
		}
	}
	return ""
}

// releaseDue publishes the case's advisory if its instant has come, or holds it
// where a gate is shut: then the team is alarmed and the reporter hears the new
// date. What fails outside is an error, and is tried again at the next turn.
func (s *Session) releaseDue(ctx context.Context, id cvd.CaseID) (bool, error) {
	l, err := s.desk.load(ctx, id)
	if err != nil || l.key == nil || l.state.Release.At.IsZero() || l.state.Release.At.After(s.desk.Now()) {
		return false, err
	}
	due := l.state.Release
	decide, more, err := s.decision(ctx, id, cvd.VerbPublish, cvd.Input{Seq: due.Draft})
	if err == nil {
		_, _, err = s.change(ctx, id, cvd.VerbRead, decide, more...)
	}
	if !errors.Is(err, cvd.ErrNotReady) && !errors.Is(err, cvd.ErrEmbargoed) && !errors.Is(err, cvd.ErrInvalid) {
		return err == nil, err
	}
	why := err.Error()
	_, evs, err := s.change(ctx, id, cvd.VerbRead, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		t, err := s.desk.terms(c.Policy)
		if err != nil || c.Release != due {
			return nil, err
		}
		return []cvd.Event{rule.Hold(c, why, deadline.Again(c, t, now), now)}, nil
	})
	return len(evs) > 0, err
}
