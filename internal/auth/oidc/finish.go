package oidc

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Arrival is how somebody came back.
type Arrival struct {
	Session auth.Session // where they signed in
	Linked  bool         // they linked an account instead
	Next    string
	Name    string // of the provider
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
			err = errors.Join(err, w.Auth.Failure(ctx, auth.AuditEntry{Act: auth.ActSignInFailed, Detail: "provider " + p.ID + ": " + string(f.Reason)}))
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
	k, err := p.about(ctx)
	if err != nil {
		return Arrival{}, err
	}
	if err := p.came(k, q); err != nil {
		return Arrival{}, err
	}
	o, err := p.redeem(ctx, k, f, q.Get("code"))
	if err != nil {
		return Arrival{}, err
	}
	if f.Member != "" {
		return Arrival{Linked: true}, w.link(ctx, p, o, f.Member, here)
	}
	s, err := w.enter(ctx, p, o)
	return Arrival{Session: s, Next: f.Next}, err
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
	rec, err := w.linking(ctx, p, o, member)
	if err != nil {
		return err
	}
	note, err := w.Auth.Entry(ctx, auth.AuditEntry{By: here.Ref(), Act: auth.ActLinked, Subject: member, Object: rec.ID[:publicID], Detail: "provider " + p.ID})
	if err != nil {
		return err
	}
	return w.taken(p, w.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutRecord(rec, 0); err != nil {
			return err
		}
		return tx.PutRecord(note, 0)
	}))
}

func (w *Ways) taken(p *party, err error) error {
	if errors.Is(err, cvd.ErrConflict) {
		return p.fail(Taken, "somebody linked the account at the same time")
	}
	return err
}

// enter starts the session of whose account it is, or of somebody whom a lead named
// and who comes for the first time.
func (w *Ways) enter(ctx context.Context, p *party, o who) (auth.Session, error) {
	member, rec, one, err := w.found(ctx, p, o.Subject)
	if err != nil {
		return auth.Session{}, err
	}
	was := rec.Version
	detail := "provider " + p.ID
	if member != "" {
		one.Used = w.Now().UTC()
		rec, err = w.Vault.Seal(rec, one)
	} else {
		if member, err = w.first(ctx, p, &o); err != nil {
			return auth.Session{}, err
		}
		detail += ", linked at the first sign-in"
		rec, err = w.linking(ctx, p, o, member)
	}
	if err != nil {
		return auth.Session{}, err
	}
	s, err := w.Auth.Admit(ctx, auth.Vouched{Member: member, Strong: o.Strong, Demanded: p.demands(), Detail: detail}, func(tx store.Tx) error {
		return tx.PutRecord(rec, was)
	})
	switch {
	case errors.Is(err, cvd.ErrNotReady):
		return s, p.fail(Weak, "no second factor, neither there nor here")
	case errors.Is(err, cvd.ErrUnauthenticated):
		return s, p.fail(Unknown, "the member is not active")
	}
	return s, w.taken(p, err)
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
	if w.Invited != nil {
		m, err := w.Invited(ctx, o.Email, o.Name)
		if !errors.Is(err, cvd.ErrNotFound) {
			return m.ID, err
		}
	}
	if len(o.Roles) == 0 {
		return "", p.fail(Unknown, "no member has linked this account, and nobody named its address")
	}
	name := strings.TrimSpace(o.Name)
	if name == "" || !person.Plain(name, person.MaxName) {
		name, _, _ = strings.Cut(o.Email, "@")
	}
	m, err := w.Auth.AddMember(ctx, cvd.System, cvd.Member{Name: name, Email: o.Email, Roles: o.Roles})
	if _, wrong := errors.AsType[cvd.Faults](err); wrong {
		return "", p.fail(Unknown, "no member can be made of this account: %w", err)
	}
	return m.ID, err
}

// fresh lets somebody in as the member whom a lead named by their address, as long
// as that member has no way in: else a provider could take an account over.
func (w *Ways) fresh(ctx context.Context, p *party, m cvd.Member) (string, error) {
	own, err := w.Auth.HasOwnWay(ctx, m.ID)
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

