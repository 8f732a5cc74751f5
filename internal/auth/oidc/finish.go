package oidc

import (
	"context"
	"errors"
	"net/url"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Arrival is how somebody came back.
type Arrival struct {
	Session auth.Session // where they signed in
	Linked  bool         // they linked an account instead
	// Unproved says that they went to show once more who they are, and that the provider
	// does not say that they did: it gives no auth_time, or an old one.
	Unproved bool
	Next     string
	Kept     url.Values // what waited; also where they did not get in
	Name     string     // of the provider
}

// Finish takes what the provider sent along with the browser: it starts a session, or
// links the account to the member in here who went to do that. browser is what the
// cookie holds. What is wrong comes as a Failure, which is in the operator's log
// already.
func (w *Ways) Finish(ctx context.Context, id, browser string, here cvd.Actor, q url.Values) (Arrival, error) {
	p := w.party(id)
	if p == nil {
		return Arrival{}, cvd.ErrNotFound
	}
	out, err := w.finish(ctx, p, browser, here, q)
	if err != nil {
		w.tell(err)
		if f, ok := errors.AsType[*Failure](err); ok {
			err = errors.Join(err, w.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInFailed, Detail: "provider " + p.ID + ": " + string(f.Reason)}))
		}
	}
	out.Name = p.Name
	return out, err
}

func (w *Ways) finish(ctx context.Context, p *party, browser string, here cvd.Actor, q url.Values) (Arrival, error) {
	f, err := w.take(ctx, p, browser, q)
	if err != nil {
		return Arrival{}, err
	}
	out := Arrival{Next: f.Next, Kept: f.Kept}
	k, err := p.about(ctx)
	if err != nil {
		return out, err
	}
	if err := p.came(k, q); err != nil {
		return out, err
	}
	o, err := p.redeem(ctx, k, f, q.Get("code"))
	if err != nil {
		return out, err
	}
	if f.Member != "" {
		return Arrival{Linked: true}, w.link(ctx, p, o, f.Member, here)
	}
	err = w.k.Again(ctx, func() (err error) { // the same account may come twice at once
		out.Session, err = w.enter(ctx, p, o)
		return err
	})
	out.Unproved = err == nil && f.Anew && !out.Session.Fresh(w.k.Now())
	if out.Unproved {
		w.Log.Warn("a provider does not say that somebody signed in just now", "provider", p.ID, "auth_time", !o.Shown.IsZero())
	}
	return out, err
}

// link gives the account to the member who went to link it, if it is they who came
// back.
func (w *Ways) link(ctx context.Context, p *party, o who, member string, here cvd.Actor) error {
	if here.Kind != cvd.ActorMember || here.ID != member {
		return p.fail(Stale, "somebody else is signed in by now")
	}
	owner, _, _, err := w.found(ctx, p, o.Subject)
	switch {
	case err != nil:
		return err
	case owner == member:
		return nil
	case owner != "":
		return p.fail(Taken, "the account is another member's")
	}
	_ = o.learn(ctx, p) // for the list only
	put, err := w.linked(ctx, p, o, here)
	if err != nil {
		return err
	}
	err = w.Store.Update(ctx, func(tx store.Tx) error { return keeper.PutAll(tx, put...) })
	if errors.Is(err, cvd.ErrConflict) {
		return p.fail(Taken, "somebody linked the account at the same time")
	}
	return err
}

// linked is what is stored when an account becomes a member's.
func (w *Ways) linked(ctx context.Context, p *party, o who, member cvd.Actor) ([]keeper.Put, error) {
	rec, err := w.linking(ctx, p, o, member.ID)
	if err != nil {
		return nil, err
	}
	note, err := w.k.Entry(ctx, keeper.AuditEntry{By: member.Ref(), Act: keeper.ActLinked, Subject: member.ID, Object: rec.ID[:keeper.PublicID], Detail: "provider " + p.ID})
	return []keeper.Put{{Rec: rec}, note}, err
}

// enter starts the session of whose account it is, or of somebody whom a lead named
// and who comes for the first time.
func (w *Ways) enter(ctx context.Context, p *party, o who) (auth.Session, error) {
	member, rec, one, err := w.found(ctx, p, o.Subject)
	if err != nil {
		return auth.Session{}, err
	}
	put := []keeper.Put{{Was: rec.Version}}
	if member != "" {
		one.Used = w.k.Now()
		put[0].Rec, err = w.Vault.Seal(rec, one)
	} else {
		if member, err = w.first(ctx, p, &o); err != nil {
			return auth.Session{}, err
		}
		put, err = w.linked(ctx, p, o, cvd.Actor{Kind: cvd.ActorMember, ID: member})
	}
	if err != nil {
		return auth.Session{}, err
	}
	if p.demands() && !o.Strong {
		means, err := w.Auth.Means(ctx, member)
		if err != nil {
			return auth.Session{}, err
		}
		if !means.Second() {
			return auth.Session{}, p.weak()
		}
	}
	s, err := w.Auth.StartProved(ctx, member, auth.WayProvider, o.Strong, o.Shown, func(tx store.Tx) error { return keeper.PutAll(tx, put...) })
	if errors.Is(err, cvd.ErrUnauthenticated) {
		return s, p.fail(Unknown, "the member is not active")
	}
	return s, err
}

func (p *party) weak() error {
	return p.fail(Weak, "the provider does not say that acr and amr were met, and the member has no second factor here")
}

// first finds for whom somebody may come who was never here: a member whom a lead
// named by the address that the provider vouches for and who has no way in yet,
// somebody invited by that address, or one who is in a group that the operator named.
func (w *Ways) first(ctx context.Context, p *party, o *who) (string, error) {
	if err := o.learn(ctx, p); err != nil {
		return "", err
	}
	if o.Email == "" {
		if o.Unproved {
			return "", p.fail(Unknown, "no member has linked this account, and the provider does not vouch for its address")
		}
		return "", p.fail(Unknown, "no member has linked this account, and the provider gives no address")
	}
	team, err := w.Auth.Team(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range team {
		if person.Fold(m.Email) != person.Fold(o.Email) {
			continue
		}
		return w.fresh(ctx, p, m)
	}
	// Whoever would be made a member only now has no second factor here: nobody is made,
	// and no invitation used up, for somebody who does not get in.
	if p.demands() && !o.Strong {
		return "", p.weak()
	}
	if w.Invited != nil {
		m, err := w.Invited(ctx, o.Email, o.Name)
		if !errors.Is(err, cvd.ErrNotFound) {
			return m.ID, p.unfit(err)
		}
	}
	if len(o.Roles) == 0 {
		return "", p.fail(Unknown, "no member has linked this account, and nobody named its address")
	}
	house := cvd.System
	house.Through = keeper.Operator.Ref() // who configured the group
	m, err := w.Auth.AddMember(ctx, house, cvd.Member{Name: person.Named(o.Name, o.Email), Email: o.Email, Roles: o.Roles})
	return m.ID, p.unfit(err)
}

// unfit is the failure of an account of which no member can be made.
func (p *party) unfit(err error) error {
	if _, wrong := errors.AsType[cvd.Faults](err); wrong {
		return p.fail(Unknown, "no member can be made of this account: %w", err)
	}
	return err
}

// fresh lets somebody in as the member whom a lead named by their address, as long
// as that member has no way in: else a provider could take an account over.
func (w *Ways) fresh(ctx context.Context, p *party, m cvd.Member) (string, error) {
	own, err := w.ownWay(ctx, m.ID)
	if err != nil {
		return "", err
	}
	have, err := w.Linked(ctx, m.ID)
	switch {
	case err != nil:
		return "", err
	case own || len(have) > 0:
		return "", p.fail(Unknown, "the member with this address has not linked this account")
	case !m.Active:
		return "", p.fail(Unknown, "the member is not active")
	}
	return m.ID, nil
}
