// Package parcel is a draft on its way out: read before a change of its case, so
// that what is decided is about exactly that, and published in the change's own
// transaction.
//
// It never decides whether a member may, and stores nothing by itself.
package parcel

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/register"
	"fairlead/internal/store"
)

// ErrNoRegister answers where there is nothing to publish in.
var ErrNoRegister = fmt.Errorf("%w: nothing is published from here", cvd.ErrUnavailable)

// Verbs are those after which something may be published.
var Verbs = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract, cvd.VerbConfirm}

// Parcel is the advisory of a case with all that a release looks at.
type Parcel struct {
	Case     *cvd.Case
	Events   []cvd.Event
	Record   *cvd.Advisory // the latest draft
	Before   *cvd.Advisory // the latest revision that is published, or nil
	Findings []advisory.Finding
	Register *register.Register

	out *register.Publication // what the decision made; nil: nothing
}

// Latest is the latest draft of a history with the number of its event. It is nil
// and 0 if there is none, or if its words are gone.
func Latest(c *cvd.Case, evs []cvd.Event) (*cvd.Advisory, int64) {
	for _, ev := range slices.Backward(evs) {
		if ev.Seq == c.Release.Draft && ev.Body != nil && ev.Body.Advisory != nil {
			return ev.Body.Advisory, ev.Seq
		}
	}
	return nil, 0
}

// Published is the latest revision of the case's advisory, or nil.
func Published(ctx context.Context, r *register.Register, c *cvd.Case) (*cvd.Advisory, error) {
	if c.Release.Revision == 0 {
		return nil, nil
	}
	if r == nil {
		return nil, ErrNoRegister
	}
	return r.Record(ctx, c.Release.Advisory, c.Release.Revision)
}

// Pass refuses what may not go out: where somebody edited or published meanwhile,
// with cvd.ErrConflict, and where a gate is shut. Whoever asks for a second person
// or is one need not have had one; the clock must.
func (p *Parcel) Pass(c *cvd.Case, verb cvd.Verb, terms *policy.Policy, now time.Time, byClock bool) error {
	if r, was := c.Release, p.Case.Release; r.Draft != was.Draft || r.Revision != was.Revision {
		return fmt.Errorf("%w: the advisory moved meanwhile; look at it again", cvd.ErrConflict)
	}
	if verb == cvd.VerbConfirm && c.Pending != nil {
		verb = c.Pending.Verb
	}
	if verb != cvd.VerbSchedule && verb != cvd.VerbPublish {
		return nil
	}
	if p.Record == nil {
		return fmt.Errorf("%w: the words of the draft are gone; write it again", cvd.ErrNotReady)
	}
	shut := release.Shut(release.Gates(c, p.Events, p.Record, p.Findings, terms, now), verb == cvd.VerbSchedule)
	if !byClock {
		shut = slices.DeleteFunc(shut, func(g release.Gate) bool { return g.Name == "second-person" })
	}
	return release.Refuse(shut)
}

// Pack prepares the publication if the events are one.
func (p *Parcel) Pack(ctx context.Context, evs []cvd.Event) error {
	p.out = nil
	for _, ev := range evs {
		var a *cvd.Advisory
		switch ev.Type {
		case cvd.EventPublished:
			a = release.Revise(p.Record, p.Before, ev.Body.Reason, ev.At)
		case cvd.EventRetracted:
			a = release.Withdraw(p.Before, ev.Body.Reason, ev.At)
		default:
			continue
		}
		if p.Register == nil {
			return ErrNoRegister
		}
		if err := release.Spoken(p.Case, p.Events, ev.Body.Reason); err != nil {
			return err
		}
		var err error
		if p.out, err = p.Register.Prepare(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Write puts the publication into the change's own transaction: the case says that
// it is published exactly if it is.
func (p *Parcel) Write(tx store.Tx) error {
	if p.out == nil {
		return nil
	}
	return p.out.Write(tx)
}

// Public tells whether anybody may read the record.
func (p *Parcel) Public() bool { return p.Record != nil && p.Record.TLP.Public() }

// Reason is what was said at the last scheduling of what the revision changes.
func (p *Parcel) Reason() string { return release.Reason(p.Events) }

// Rehearsal is what would be published of a record, byte for byte, and in which
// formats nothing would.
type Rehearsal struct {
	Documents []register.Document
	Without   []register.Uncovered
}

// Rehearse makes what would be published of the record, and stores nothing.
func Rehearse(ctx context.Context, r *register.Register, a *cvd.Advisory) (Rehearsal, error) {
	if r == nil {
		return Rehearsal{}, ErrNoRegister
	}
	p, err := r.Prepare(ctx, a)
	if err != nil {
		return Rehearsal{}, err
	}
	docs, err := p.Documents()
	return Rehearsal{docs, r.Uncovered(a)}, err
}
