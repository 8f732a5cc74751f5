package notice

import (
	"context"
	"fmt"
	"time"

	"fairlead/internal/casework/post"
	"fairlead/internal/casework/reply"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/pace"
	"fairlead/internal/tell"
)

// Book gathers notices.
type Book struct {
	*spine.Spine
	Pace *pace.Book
	Now  func() time.Time
}

// Of gathers what a carrier needs for one effect. members are all of the team.
func (b Book) Of(ctx context.Context, e store.Effect, members []cvd.Member) (*Notice, error) {
	if e.Case == "" {
		return b.ofPolicy(e, members)
	}
	l, err := b.Load(ctx, e.Case)
	if err != nil {
		return nil, err
	}
	v := b.Book.Version(l.State.Policy)
	if v == nil {
		return nil, fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, l.State.Policy)
	}
	n := New(e, v)
	n.Closed = l.State.Closed()
	if k := l.State.NextPromise(); k != nil {
		n.Next = &reply.Promise{Kind: k.Kind, Due: k.Told(), Target: k.Target}
	}
	if e.Kind == cvd.EffectNotifyParty {
		return b.toParty(ctx, n, l, v)
	}
	if e.Kind == cvd.EffectNotifyReporter {
		return b.toReporter(ctx, n, l, v)
	}
	if tell.Waits(e.Effect) {
		if n.Place, err = b.Pace.Gather(ctx, e, b.Now()); err != nil {
			return nil, err
		}
	}
	if n.Clock, err = b.clockOf(ctx, l, e.Seq); err != nil {
		return nil, err
	}
	if k := l.State.Clock(n.Clock); k != nil {
		n.Due = k.Told()
	}
	n.To = Addresses(tell.Group(members, e.To, l.State.Assignee, v.Policy, b.Now()), v.Policy)
	return n, nil
}

func (b Book) toReporter(ctx context.Context, n *Notice, l *spine.Loaded, v *rulebook.Version) (*Notice, error) {
	n.ToReporter = true
	p := l.State.Participant(cvd.ParticipantID(n.Effect.To))
	if p == nil || p.Contact == nil || p.Contact.Email == "" {
		return n, nil
	}
	n.To = []Address{{Name: p.Contact.Name, Email: p.Contact.Email, Languages: languages(p.Contact.Language, v.Policy)}}
	if err := b.mail(ctx, n, l, p.Contact, v); err != nil {
		return nil, err
	}
	ok, err := b.Pace.Allow(ctx, p.Contact.Email, n.Effect.Key, b.Now())
	n.Held = !ok
	return n, err
}

// toParty is for somebody outside: the date as it is now, and nothing of the case. Who
// was dropped meanwhile is told nothing, and the outbox says so.
func (b Book) toParty(ctx context.Context, n *Notice, l *spine.Loaded, v *rulebook.Version) (*Notice, error) {
	e := n.Effect
	n.ToParty, n.Next, n.Due = true, nil, l.State.Release.At
	// Names of their own: those of the reporter's letters hold the case's id, and would
	// tell who else is written to.
	n.Mail = &Mail{Ref: post.PartyRef(b.Vault, e.Key), References: []string{post.PartyRef(b.Vault, string(e.Case)+"/"+e.To)}}
	p := l.State.Participant(cvd.ParticipantID(e.To))
	if p == nil || p.Contact == nil || p.Contact.Email == "" {
		n.Gone = true
		return n, nil
	}
	n.To = []Address{{Name: p.Contact.Name, Email: p.Contact.Email, Languages: languages(p.Contact.Language, v.Policy)}}
	ok, err := b.Pace.Allow(ctx, p.Contact.Email, e.Key, b.Now())
	n.Held = !ok
	return n, err
}

func (b Book) ofPolicy(e store.Effect, members []cvd.Member) (*Notice, error) {
	v := b.Book.Current()
	if v == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	n := New(e, v)
	if r, ok := b.Book.Review(); ok && tell.OfReview(e.Effect) {
		n.Clock, n.Due = cvd.ClockReview, r.Due
	}
	n.To = Addresses(tell.Group(members, e.To, "", v.Policy, b.Now()), v.Policy)
	return n, nil
}

// clockOf reads which clock an event of the clock was about.
func (b Book) clockOf(ctx context.Context, l *spine.Loaded, seq int64) (cvd.ClockKind, error) {
	var rows []store.Event
	err := b.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(string(l.Row.ID), seq-1, 1)
		return err
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	ev, err := l.Key.OpenCaseEvent(rows[0])
	if err != nil || ev.Body == nil {
		return "", err
	}
	return ev.Body.Clock, nil
}
