package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// mostLinked is how many accounts a member may link.
const mostLinked = 10

// identity is the sealed content of a record of kind keeper.RecordIdentity. Its id is
// the blind digest of issuer and subject, so that an account belongs to one member.
type identity struct {
	Provider string    `json:"provider"`
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email,omitempty"` // as it was when it was linked; shown and nothing else
	Since    time.Time `json:"since"`
	Used     time.Time `json:"used,omitzero"`
}

// Linked is an account elsewhere that signs a member in.
type Linked struct {
	ID          string
	Provider    string // its name
	Email       string // as it was when it was linked; may be empty
	Since, Used time.Time
	Gone        bool // the provider is not configured any more, so it opens nothing
}

func (w *Ways) identityID(p *party, subject string) string {
	return w.Vault.Blind("auth/identity", p.Issuer+"\n"+subject)
}

// found looks up whose account it is; an empty member where it is nobody's.
func (w *Ways) found(ctx context.Context, p *party, subject string) (member string, rec store.Record, one identity, err error) {
	err = w.Store.View(ctx, func(tx store.Tx) (err error) {
		one = identity{}
		rec, err = w.k.Read(tx, keeper.RecordIdentity, w.identityID(p, subject), &one)
		return err
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return "", store.Record{}, identity{}, nil
	}
	return rec.Owner, rec, one, err
}

// linking makes the record of an account that becomes a member's.
func (w *Ways) linking(ctx context.Context, p *party, o who, member string) (store.Record, error) {
	have, err := w.Linked(ctx, member)
	if err != nil {
		return store.Record{}, err
	}
	if len(have) >= mostLinked {
		return store.Record{}, cvd.Faults{{Field: "provider", Problem: fmt.Sprintf("at most %d accounts are linked to a member", mostLinked), Remedy: "take one away first"}}
	}
	now := w.k.Now()
	return w.Vault.Seal(store.Record{Kind: keeper.RecordIdentity, ID: w.identityID(p, o.Subject), Owner: member, At: now},
		identity{Provider: p.ID, Issuer: p.Issuer, Subject: o.Subject, Email: o.Email, Since: now})
}

// Linked lists the accounts of a member, oldest first. A nil Ways knows none.
func (w *Ways) Linked(ctx context.Context, member string) (out []Linked, err error) {
	if w == nil || member == "" {
		return nil, nil
	}
	err = w.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		recs, err := tx.Records(keeper.RecordIdentity, member, mostLinked)
		for _, rec := range recs {
			var one identity
			if err := w.Vault.Read(rec, &one); err != nil {
				return err
			}
			p := w.party(one.Provider)
			out = append(out, Linked{rec.ID[:keeper.PublicID], w.named(one.Provider), one.Email, one.Since, one.Used, p == nil || p.Issuer != one.Issuer})
		}
		return err
	})
	slices.SortFunc(out, func(x, y Linked) int { return x.Since.Compare(y.Since) })
	return out, err
}

// ownWay tells whether the member gets in without a provider.
func (w *Ways) ownWay(ctx context.Context, member string) (bool, error) {
	m, err := w.Auth.Means(ctx, member)
	return m.Password || m.Passkey, err
}

// Unlink takes an account away from the actor, by the id that Linked gives. Any other
// is cvd.ErrNotFound. The last way in stays: cvd.ErrNotReady.
func (w *Ways) Unlink(ctx context.Context, by cvd.Actor, id string) error {
	have, err := w.Linked(ctx, by.ID)
	if err != nil {
		return err
	}
	if by.Kind != cvd.ActorMember || !slices.ContainsFunc(have, func(l Linked) bool { return l.ID == id }) {
		return cvd.ErrNotFound
	}
	others := slices.ContainsFunc(have, func(l Linked) bool { return l.ID != id && !l.Gone })
	own, err := w.ownWay(ctx, by.ID)
	if err != nil {
		return err
	}
	if !others && !own {
		return fmt.Errorf("%w: it is the last way in; set a password first", cvd.ErrNotReady)
	}
	note, err := w.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActUnlinked, Subject: by.ID, Object: id})
	if err != nil {
		return err
	}
	return w.Store.Update(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(keeper.RecordIdentity, by.ID, mostLinked)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			if rec.ID[:keeper.PublicID] != id {
				continue
			}
			if _, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordIdentity, ID: rec.ID}); err != nil {
				return err
			}
			return keeper.PutAll(tx, note)
		}
		return cvd.ErrNotFound
	})
}
