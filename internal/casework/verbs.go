package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework/fixer"
	"fairlead/internal/casework/parcel"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/intake"
	"fairlead/internal/may"
	"fairlead/internal/severity"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/once"
)

// Done is what a verb did.
type Done struct {
	Case   *cvd.Case
	Events []cvd.Event
	// Successor is the case that was opened because this one is closed.
	Successor *Accepted
	// Receipt is a new code, shown once; set by reissue only.
	Receipt string
	Erased  bool // nothing can be done to the case any more
	// Again is the answer to a repeated request; nothing else is set then.
	Again *Said
}

// Preview is what a verb would do: what the reporter would be told, where the
// case would go, and which dates would move. Nothing is stored.
type Preview struct {
	Case   *cvd.Case
	Events []cvd.Event
	// Notice tells whether the reporter would also get a notice outside the
	// thread.
	Notice bool
}

// Do does a verb to a case. What the verb takes and needs is in rule.Specs.
func (s *Session) Do(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (Done, error) {
	for range attempts { // more than one where the same request came twice at once
		if s.once != nil {
			again, err := once.Seen[Said](ctx, s.desk.Store, s.desk.Vault, *s.once, s.desk.Now())
			if again != nil || err != nil {
				return Done{Again: again}, err
			}
		}
		if done, err := s.do(ctx, id, verb, in); s.once == nil || !isConflict(err) {
			return done, err
		}
	}
	return Done{}, errBusy
}

// do does a verb once; also is written with a reporter's words, and only where they are said.
func (s *Session) do(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input, also ...aside) (Done, error) {
	switch verb {
	case cvd.VerbReissue:
		return s.reissue(ctx, id, in)
	case cvd.VerbErase:
		return s.erase(ctx, id, in)
	case cvd.VerbRedact:
		return s.redact(ctx, id, in)
	case cvd.VerbForget:
		return s.forget(ctx, id, in)
	case cvd.VerbSuccessor:
		return s.succeed(ctx, id, verb, in)
	case cvd.VerbAdmit:
		return s.admit(ctx, id, in)
	case cvd.VerbHoldMail:
		return s.hold(ctx, id, in)
	case cvd.VerbAttach, cvd.VerbReceive, cvd.VerbRead:
		return Done{}, fmt.Errorf("%w: no such verb here", cvd.ErrNotFound)
	}
	verb, closed, err := s.asReporterMeans(ctx, id, verb)
	if err != nil {
		return Done{}, err
	}
	switch {
	case closed && len(also) > 0:
		return Done{}, errBusy // it was open a moment ago
	case closed:
		return s.succeed(ctx, id, verb, in)
	}
	if in.Mail != nil {
		return s.say(ctx, id, verb, in)
	}
	decide, more, err := s.decision(ctx, id, verb, in)
	if err != nil {
		return Done{}, err
	}
	if verb == cvd.VerbInvite {
		rec := fixer.Record(in.To, id, s.desk.Now())
		more = append(more, func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
	}
	c, evs, err := s.change(ctx, id, verb, decide, append(more, also...)...)
	return Done{Case: c, Events: evs}, err
}

// Preview decides a verb without doing it.
func (s *Session) Preview(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (Preview, error) {
	l, err := s.load(ctx, id, may.For(verb, in))
	if err != nil {
		return Preview{}, err
	}
	if l.Key == nil {
		return Preview{}, errErased
	}
	decide, _, err := s.decision(ctx, id, verb, in)
	if err != nil {
		return Preview{}, err
	}
	evs, err := decide(l.State.Clone(), s.desk.Now())
	if err != nil {
		return Preview{}, err
	}
	p, err := s.desk.spine().Prepare(l, evs)
	if err != nil {
		return Preview{}, err
	}
	return Preview{
		Case: p.State, Events: p.Events,
		Notice: slices.ContainsFunc(p.Effects, func(e store.Effect) bool { return e.Kind == cvd.EffectNotifyReporter }),
	}, nil
}

// Judge adds to what a door found wrong with an input what the verb itself finds
// wrong with it, so that all is told at once. It never returns nil.
func (s *Session) Judge(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input, found cvd.Faults) error {
	_, err := s.Preview(ctx, id, verb, in)
	var more cvd.Faults
	if errors.As(err, &more) {
		return intake.Join(found, more)
	}
	if errors.Is(err, cvd.ErrNotFound) {
		return err
	}
	return found
}

// asReporterMeans reads a reporter's words as what they are (rule.Meant).
func (s *Session) asReporterMeans(ctx context.Context, id cvd.CaseID, verb cvd.Verb) (cvd.Verb, bool, error) {
	if s.actor.Kind != cvd.ActorReporter || (verb != cvd.VerbMessage && verb != cvd.VerbAppeal) {
		return verb, false, nil
	}
	l, err := s.load(ctx, id, verb)
	if err != nil {
		return verb, false, err
	}
	verb, closed := rule.Meant(l.State, verb)
	return verb, closed, nil
}

// decision gathers what the verb needs from outside the case, so that what is
// left is pure; asides are what is written along with it.
func (s *Session) decision(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (decision, []aside, error) {
	deed, members, wrong, err := s.deed(ctx, id, verb, in)
	if err != nil {
		return nil, nil, err
	}
	var p *parcel.Parcel
	var more []aside
	byClock := s.actor.Kind == cvd.ActorSystem
	if slices.Contains(parcel.Verbs, verb) {
		if p, err = s.parcel(ctx, id, verb); err != nil {
			return nil, nil, err
		}
		more = append(more, p.Write)
		deed.Public = p.Public()
		if byClock {
			deed.In.Reason = p.Reason()
		}
	}
	return func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		v := s.desk.Book.Version(c.Policy)
		if v == nil {
			return nil, fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, c.Policy)
		}
		if err := may.Second(s.actor, verb, c.Pending); err != nil {
			return nil, err
		}
		deed := deed
		deed.Alone = may.Alone(s.actor, members, rule.Spent(c, verb)...)
		if deed.Score != nil {
			deed.Urgent = deed.Score.Band.AtLeast(v.Policy.Emergency.At)
		}
		deed.Entrusts = may.Entrust(s.actor, c)
		deed.Second = !byClock && v.Policy.NeedsSecond(verb, c, in.Clauses)
		evs, err := rule.Decide(c, deed, now)
		var more cvd.Faults
		errors.As(err, &more)
		if wrong := slices.Clip(wrong).And(more).And(v.Policy.Cite(in.Clauses)); len(wrong) > 0 {
			return nil, wrong
		}
		if err == nil && deed.Second && deed.Alone {
			evs, err = rule.SingleHanded(c, evs, deed, now)
		}
		if err != nil || p == nil {
			return evs, err
		}
		if err := p.Pass(c, verb, v.Policy, now, byClock); err != nil {
			return nil, err
		}
		return evs, p.Pack(ctx, evs)
	}, more, nil
}

// deed is the verb with what must be looked up for it, the members among that; wrong is
// what that found.
func (s *Session) deed(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (deed rule.Deed, members []cvd.Member, wrong cvd.Faults, err error) {
	deed = rule.Deed{Verb: verb, In: in, By: s.actor}
	if verb == cvd.VerbAttach { // judged only, and whether a file came the door knows
		deed.File = &cvd.Attachment{}
	}
	if verb == cvd.VerbSeverity && in.Vector != "" {
		sc, err := severity.Parse(in.Vector)
		if !errors.As(err, &wrong) {
			deed.Score = &cvd.Score{Vector: sc.Vector, Version: sc.Version, Score: sc.Score, Band: cvd.Band(sc.Band)}
		}
	}
	if members, err = s.desk.Team.Members(ctx); err != nil {
		return deed, nil, nil, err
	}
	wrong = append(wrong, may.Name(members, s.actor, in.To, verb)...)
	switch verb {
	case cvd.VerbConfirm:
		deed.Ruling, err = s.ruling(ctx, id)
	case cvd.VerbAdvise:
		deed.Advisory, err = s.desk.newAdvisoryID(ctx)
	case cvd.VerbOfferCheck:
		deed.File, err = s.offered(ctx, id, in.Seq)
	case cvd.VerbAdmit, cvd.VerbTrustKey:
		deed.Held, err = s.held(ctx, id, verb, in.Seq)
	}
	return deed, members, wrong, err
}

// ruling fetches the words of the ruling that waits for confirmation.
func (s *Session) ruling(ctx context.Context, id cvd.CaseID) (*cvd.Input, error) {
	l, err := s.load(ctx, id, cvd.VerbConfirm)
	if err != nil || l.State.Pending == nil {
		return nil, err
	}
	b, err := s.held(ctx, id, cvd.VerbConfirm, l.State.Pending.Seq)
	if err != nil || b == nil {
		return nil, err
	}
	return b.Input, nil
}

// succeed opens a linked case for new evidence about a closed one, or for the appeal
// that its ruling had promised, under the same receipt. Both histories record the link
// in one transaction. What a reporter adds while a case of the family is open belongs
// there, or one receipt would open cases without end.
func (s *Session) succeed(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (Done, error) {
	for range attempts {
		l, err := s.load(ctx, id, verb)
		if err != nil {
			return Done{}, err
		}
		if strings.TrimSpace(in.Text) == "" {
			return Done{}, cvd.Faults{{Field: "text", Problem: "is empty", Remedy: "describe the new evidence"}}
		}
		var done Done
		appeal, open := verb == cvd.VerbAppeal, s.openKin(ctx, l)
		switch {
		case open != nil && appeal:
			done, err = s.appealAt(ctx, l, open, in)
		case open != nil:
			return open.do(ctx, open.actor.Cases[0].Case, cvd.VerbMessage, in)
		default:
			done, err = s.succeedOnce(ctx, l, verb, in)
		}
		if !isConflict(err) || (appeal && s.once != nil) { // Do looks first whether it is done
			return done, err
		}
	}
	return Done{}, errBusy
}

// appealAt uses the appeal of a closed case, and says its words where a case of the
// family is open: its own ruling and its own appeal are not touched.
func (s *Session) appealAt(ctx context.Context, l *spine.Loaded, open *Session, in cvd.Input) (Done, error) {
	p, err := s.atEnd(l, cvd.VerbAppeal, in, nil)
	if err != nil {
		return Done{}, err
	}
	return open.do(ctx, open.actor.Cases[0].Case, cvd.VerbMessage, in, p.Write())
}

// atEnd prepares what a closed case records of the case that goes on.
func (s *Session) atEnd(l *spine.Loaded, verb cvd.Verb, in cvd.Input, link *cvd.Link) (*spine.Prepared, error) {
	if l.Key == nil {
		return nil, errErased
	}
	evs, err := rule.Decide(l.State, rule.Deed{Verb: verb, In: in, By: s.actor, Link: link}, s.desk.Now())
	if err != nil {
		return nil, err
	}
	return s.desk.spine().Prepare(l, evs)
}

// openKin is the reporter at the open case of the family, nil if there is none or
// a member asks. The receipt may have opened it only a moment ago, after the actor
// was read. A family that cannot be read is told by what comes next.
func (s *Session) openKin(ctx context.Context, l *spine.Loaded) *Session {
	all, err := s.desk.spine().Family(ctx, l)
	i := slices.IndexFunc(all, func(one *spine.Loaded) bool { return !one.State.Closed() && one.State.HasReporter() })
	if err != nil || i < 0 || s.actor.Kind != cvd.ActorReporter {
		return nil
	}
	at := s.actor
	at.Cases = []cvd.Reach{{Case: all[i].State.ID, Participant: cvd.Reporter}}
	return s.desk.As(at).Once(s.once)
}

func (s *Session) succeedOnce(ctx context.Context, l *spine.Loaded, verb cvd.Verb, in cvd.Input) (Done, error) {
	now := s.desk.Now()
	recs, err := s.desk.spine().Receipts(ctx, l, s.desk.ReceiptKind, s.actor.Receipt)
	if err != nil {
		return Done{}, err
	}
	report := &cvd.Report{Program: l.State.Program, Title: l.State.Title, Product: l.State.Product, Version: l.State.Affects, Description: in.Text}
	if p := l.State.Participant(cvd.Reporter); p != nil {
		report.Reporter = p.Contact
	}
	old := &cvd.Case{}
	from := &succession{old: l.State.ID, recs: recs, appeal: verb == cvd.VerbAppeal}
	from.also = func(newID cvd.CaseID) (aside, error) {
		p, err := s.atEnd(l, verb, in, &cvd.Link{Kind: cvd.LinkSucceededBy, Case: newID})
		if err != nil {
			return nil, err
		}
		*old = *p.State
		return p.Write(), nil
	}
	sub := Submission{Report: report, Channel: "thread", Received: now, Internal: !l.State.HasReporter(), Mail: in.Mail}
	in.Mail = nil // it is the new case's
	if sub.Mail != nil {
		sub.Channel = mailChannel
	}
	a, err := s.receiveOnce(ctx, sub, from, now)
	return Done{Case: old, Successor: &a}, err
}

// Verbs lists what the actor may do to the case now, in the table's order.
func (s *Session) Verbs(c *cvd.Case) []cvd.Verb {
	var out []cvd.Verb
	for _, spec := range rule.Specs {
		if spec.Verb == cvd.VerbReceive || may.Allow(s.actor, spec.Verb, c) != nil {
			continue
		}
		if rule.Possible(c, spec.Verb, s.actor) {
			out = append(out, spec.Verb)
		}
	}
	return out
}

// Clocks are the case's clocks by date, for those who work it.
func Clocks(c *cvd.Case) []cvd.Clock { return deadline.Sorted(c.Clocks) }
