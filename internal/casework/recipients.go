package casework

import (
	"context"
	"fmt"

	"fairlead/internal/casework/notice"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/tell"
)

// Notice and Address are what a carrier is handed.
type (
	Notice  = notice.Notice
	Address = notice.Address
)

// Notice gathers what a carrier needs for one effect. It is for the house's own
// carriers: the actor must be the system.
func (s *Session) Notice(ctx context.Context, e store.Effect) (*Notice, error) {
	if s.actor.Kind != cvd.ActorSystem {
		return nil, fmt.Errorf("%w: only the house carries effects", cvd.ErrForbidden)
	}
	members, err := s.desk.Team.Members(ctx)
	if err != nil {
		return nil, err
	}
	if e.Case == "" {
		return s.desk.policyNotice(e, members)
	}
	l, err := s.desk.load(ctx, e.Case)
	if err != nil {
		return nil, err
	}
	v := s.desk.Book.Version(l.state.Policy)
	if v == nil {
		return nil, fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, l.state.Policy)
	}
	n := notice.New(e, v)
	n.Closed = l.state.Closed()
	if k := l.state.NextPromise(); k != nil {
		n.Next = &Promise{Kind: k.Kind, Due: k.Told(), Target: k.Target}
	}
	if e.Kind == cvd.EffectNotifyReporter {
		n.ToReporter = true
		if p := l.state.Participant(cvd.ParticipantID(e.To)); p != nil && p.Contact != nil && p.Contact.Email != "" {
			n.To = []notice.Address{{Name: p.Contact.Name, Email: p.Contact.Email, Languages: v.Policy.Languages}}
			ok, err := s.desk.pace.Allow(ctx, p.Contact.Email, e.Key, s.desk.Now())
			n.Held = !ok
			return n, err
		}
		return n, nil
	}
	if tell.Waits(e.Effect) {
		if n.Place, err = s.desk.pace.Gather(ctx, e, s.desk.Now()); err != nil {
			return nil, err
		}
	}
	if n.Clock, err = s.desk.clockOf(ctx, l, e.Seq); err != nil {
		return nil, err
	}
	if k := l.state.Clock(n.Clock); k != nil {
		n.Due = k.Told()
	}
	n.To = notice.Addresses(tell.Group(members, e.To, l.state.Assignee, v.Policy, s.desk.Now()), v.Policy)
	return n, nil
}

func (d *Desk) policyNotice(e store.Effect, members []cvd.Member) (*Notice, error) {
	v := d.Book.Current()
	if v == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	n := notice.New(e, v)
	if r, ok := d.Book.Review(); ok && tell.OfReview(e.Effect) {
		n.Clock, n.Due = cvd.ClockReview, r.Due
	}
	n.To = notice.Addresses(tell.Group(members, e.To, "", v.Policy, d.Now()), v.Policy)
	return n, nil
}

// clockOf reads which clock an event of the clock was about.
func (d *Desk) clockOf(ctx context.Context, l *loaded, seq int64) (cvd.ClockKind, error) {
	var rows []store.Event
	err := d.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(string(l.row.ID), seq-1, 1)
		return err
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	ev, err := l.key.OpenCaseEvent(rows[0])
	if err != nil || ev.Body == nil {
		return "", err
	}
	return ev.Body.Clock, nil
}
