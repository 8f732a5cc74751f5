package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/casework/claim"
	"fairlead/internal/casework/fresh"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/reply"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/intake"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/once"
)

// Submission is a report on its way in.
type Submission struct {
	Report  *cvd.Report // its Reporter member is taken as the contact
	Channel string      // web, api, mail, phone, in person, internal
	// Received is when the report reached the organisation; zero means now. A
	// member may record one that was taken earlier by phone or in person.
	Received time.Time
	Internal bool // found by ourselves; members only
	// Mail is how it came, with its files, of one that came by mail. The door that
	// took it vouches for when.
	Mail *cvd.Mail
	// Once makes a repeated request harmless.
	Once *Once
	// Wrong is what a door found wrong with it. Then nothing is taken in, and what
	// else is wrong is told along.
	Wrong cvd.Faults
}

const mailChannel = "mail"

// Once names a request that may be sent again.
type Once = once.Key

// What reporters are told at once; see reply.
type (
	Accepted = reply.Accepted
	Promise  = reply.Promise
	Said     = reply.Said
)

// Receive takes a report in. When it returns without error, the report is
// committed and synced.
func (s *Session) Receive(ctx context.Context, sub Submission) (Accepted, error) {
	now := s.desk.Now()
	if err := s.mayReceive(&sub, now); err != nil {
		return Accepted{}, err
	}
	if again, ok, err := s.seenBefore(ctx, sub.Once, now); err != nil || ok {
		return again, err
	}
	for range attempts {
		answer, err := s.receiveOnce(ctx, sub, nil, now)
		if !errors.Is(err, cvd.ErrConflict) {
			return answer, err
		}
		// Either the id is taken, or the same request came twice at once.
		if again, ok, err := s.seenBefore(ctx, sub.Once, now); err != nil || ok {
			return again, err
		}
	}
	return Accepted{}, fmt.Errorf("%w: no free case id", cvd.ErrUnavailable)
}

func (s *Session) mayReceive(sub *Submission, now time.Time) error {
	member := s.actor.Kind == cvd.ActorMember || s.actor.Kind == cvd.ActorMachine
	if may.Of(s.actor, cvd.VerbReceive) != may.All && s.actor.Kind != cvd.ActorReporter {
		return fmt.Errorf("%w: your role may not record a report", cvd.ErrForbidden)
	}
	cur := s.desk.Book.Current()
	if cur == nil {
		return fmt.Errorf("%w: no version of the policy is in effect yet, so no promise can be made; please try again later", cvd.ErrUnavailable)
	}
	var faults cvd.Faults
	if sub.Received.IsZero() {
		sub.Received = now
	}
	byMail := sub.Mail != nil && sub.Channel == mailChannel
	if !member && s.actor.Kind != cvd.ActorSystem && (sub.Internal || (!byMail && !sub.Received.Equal(now))) {
		return fmt.Errorf("%w: only members record reports of earlier receipt", cvd.ErrForbidden)
	}
	faults = faults.And(intake.Received(sub.Received, now))
	if _, ok := cur.Policy.Program(sub.Report.Program); sub.Report.Program != "" && !ok {
		var ids []string
		for _, p := range cur.Policy.Programs {
			ids = append(ids, p.ID)
		}
		faults = append(faults, cvd.Fault{Field: "program", Problem: "no such program", Remedy: "leave it out, or choose one of " + strings.Join(ids, ", ")})
	}
	return intake.Join(sub.Wrong, faults).Err()
}

// seenBefore answers a repeated request as the first time, or refuses the key
// with another body.
func (s *Session) seenBefore(ctx context.Context, key *Once, now time.Time) (Accepted, bool, error) {
	if key == nil {
		return Accepted{}, false, nil
	}
	a, err := once.Seen[Accepted](ctx, s.desk.Store, s.desk.Vault, *key, now)
	if a == nil {
		return Accepted{}, false, err
	}
	a.Again = true
	return *a, true, err
}

// receiveOnce decides and writes one new case. from is the case that it
// succeeds, if any; its receipt opens the new one too.
func (s *Session) receiveOnce(ctx context.Context, sub Submission, from *succession, now time.Time) (Accepted, error) {
	d := s.desk
	cur := d.Book.Current()
	report := *sub.Report
	contact := byMail(report.Reporter, sub.Mail)
	report.Reporter = nil
	programs := cur.Policy.Programs
	prog := programs[0]
	if p, ok := cur.Policy.Program(report.Program); ok {
		prog = p
	} else if p, ok := cur.Policy.ProgramOf(report.Product); ok {
		prog = p
	}
	_, known := cur.Policy.ProgramOf(report.Product)
	report.UnknownProduct = report.Product != "" && !known
	id, err := fresh.CaseID(d.Rand, prog.Prefix, sub.Received.In(cur.Calendar.Zone()).Year())
	if err != nil {
		return Accepted{}, err
	}
	opening := rule.Opening{
		ID: id, Program: prog.ID, Policy: cur.Number, Report: &report, Contact: contact,
		Received: sub.Received, Channel: sub.Channel, By: s.actor, Internal: sub.Internal,
	}
	if from != nil {
		opening.Link, opening.Appeal = &cvd.Link{Kind: cvd.LinkSuccessorOf, Case: from.old}, from.appeal
	}
	evs, err := rule.Open(opening, now)
	if err != nil {
		return Accepted{}, err
	}
	key, err := d.Vault.NewCase(id)
	if err != nil {
		return Accepted{}, err
	}
	l := &spine.Loaded{Key: key, State: &cvd.Case{}}
	evs, taken, err := d.withMail(ctx, l, evs, sub.Mail, cur.Policy.Intake, now)
	if err != nil {
		return Accepted{}, err
	}
	answer, err := s.writeNew(ctx, l, evs, sub, from, now)
	if err != nil {
		return Accepted{}, errors.Join(err, taken.Undo(ctx))
	}
	d.Poke()
	return answer, nil
}

// withMail adds to what opens a case the mail that it came by, and its files.
func (d *Desk) withMail(ctx context.Context, l *spine.Loaded, evs []cvd.Event, m *cvd.Mail, limits policy.Intake, now time.Time) ([]cvd.Event, *post.Taken, error) {
	if m == nil {
		return evs, nil, nil
	}
	taken, err := d.taker(l).Take(ctx, m, limits, 0)
	if err != nil {
		return nil, nil, err
	}
	evs[0].Body.Mail = taken.Mail
	evs, err = rule.With(l.State, evs, taken.Files, cvd.Actor{Kind: cvd.ActorReporter}, now)
	if err != nil {
		return nil, nil, errors.Join(err, taken.Undo(ctx))
	}
	return evs, taken, nil
}

// writeNew prepares and commits a new case.
func (s *Session) writeNew(ctx context.Context, l *spine.Loaded, evs []cvd.Event, sub Submission, from *succession, now time.Time) (Accepted, error) {
	d := s.desk
	p, err := d.spine().Prepare(l, evs)
	if err != nil {
		return Accepted{}, err
	}
	answer := Accepted{Case: p.State.ID, Received: p.State.Created, Promises: reply.Promises(p.State), Paused: d.Book.Version(p.State.Policy).Policy.Intake.Paused}
	more, err := s.asides(&answer, p, sub, from, now)
	if err != nil {
		return Accepted{}, err
	}
	return answer, d.Store.Update(ctx, p.Write(more...))
}

// asides are the records that go into the transaction of a new case: its
// receipt, and the answer kept for a repeated request.
func (s *Session) asides(answer *Accepted, p *spine.Prepared, sub Submission, from *succession, now time.Time) ([]aside, error) {
	d := s.desk
	var more []aside
	reach := cvd.Reach{Case: answer.Case, Participant: cvd.Reporter}
	if from != nil {
		if !sub.Internal {
			extend, err := from.extend(d, reach)
			if err != nil {
				return nil, err
			}
			more = append(more, extend...)
		}
		also, err := from.also(answer.Case)
		if err != nil {
			return nil, err
		}
		more = append(more, also)
	}
	if from != nil && s.once != nil {
		keep, err := once.Keep(d.Vault, *s.once, p.State.ID, reply.Opened(answer, from.old), now)
		return append(more, keep), err
	}
	if from == nil && sub.Mail != nil { // plain mail never carries a receipt
		rec, err := claim.New(d.Vault, answer.Case, 1, now)
		if err != nil {
			return nil, err
		}
		more = append(more, func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
	}
	if from == nil && !sub.Internal && sub.Mail == nil {
		code, rec, err := d.Receipts.NewReceipt([]cvd.Reach{reach}, now)
		if err != nil {
			return nil, err
		}
		answer.Receipt = code
		more = append(more, func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
	}
	if sub.Once == nil {
		return more, nil
	}
	keep, err := once.Keep(d.Vault, *sub.Once, p.State.ID, *answer, now)
	return append(more, keep), err
}

// newAdvisoryID makes the id of an advisory, by the policy in effect: one under which
// nothing is published, for a draft keeps its id and could never go out under it.
func (d *Desk) newAdvisoryID(ctx context.Context) (cvd.AdvisoryID, error) {
	cur := d.Book.Current()
	if cur == nil {
		return "", fmt.Errorf("%w: no version of the policy is in effect", cvd.ErrUnavailable)
	}
	for {
		made, err := fresh.CaseID(d.Rand, cur.Policy.Advisories.Prefix, d.Now().In(cur.Calendar.Zone()).Year())
		id := cvd.AdvisoryID(made)
		if err != nil || d.Register == nil {
			return id, err
		}
		if _, err := d.Register.Filed(ctx, advisory.Stem(id)); errors.Is(err, cvd.ErrNotFound) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
}

// succession carries a reporter's receipt over to a new case.
type succession struct {
	old    cvd.CaseID
	recs   []store.Record // the receipts that open it
	appeal bool           // the new case is the old one's appeal
	// also records the link in the old case, in the same transaction.
	also func(fresh cvd.CaseID) (aside, error)
}

// extend adds the new case to every receipt that opened the old one.
func (f *succession) extend(d *Desk, reach cvd.Reach) ([]aside, error) {
	var out []aside
	for _, rec := range f.recs {
		fresh, err := d.Receipts.ExtendReceipt(rec, reach)
		if err != nil {
			return nil, err
		}
		out = append(out, func(tx store.Tx) error { return tx.PutRecord(fresh, rec.Version) })
	}
	return out, nil
}
