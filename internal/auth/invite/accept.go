package invite

import (
	"context"
	"errors"
	"slices"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Letter is what the letter of an invitation says.
type Letter struct {
	To, By, Code string
	Until        time.Time
}

// Letter gives the letter of the invitation with this id; cvd.ErrNotFound where it was
// used, revoked or sent anew meanwhile, or is over.
func (b *Book) Letter(ctx context.Context, id string) (Letter, error) {
	o, err := b.find(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	if !b.k.Now().Before(o.Until) {
		return Letter{}, cvd.ErrNotFound
	}
	return Letter{To: o.Email, By: o.By, Code: b.code(o.Serial), Until: o.Until}, nil
}

// open gives the open invitation of a code. An unknown, used or overdue one, and one of
// somebody who may not let others in any more, is cvd.ErrUnauthenticated.
func (b *Book) open(ctx context.Context, code string) (o one, err error) {
	err = b.k.Store.View(ctx, func(tx store.Tx) (err error) {
		o = one{}
		o.rec, err = b.k.Read(tx, keeper.RecordInvitation, b.id(code), &o.invitation)
		if err != nil {
			return keeper.Unauthenticated(err)
		}
		return b.k.Vouched(tx, o.By)
	})
	if err == nil && !b.k.Now().Before(o.Until) {
		err = cvd.ErrUnauthenticated
	}
	return o, err
}

// Look gives the open invitation of a code, for the page that asks for a name.
func (b *Book) Look(ctx context.Context, code string) (Invitation, error) {
	o, err := b.open(ctx, code)
	if err != nil {
		return Invitation{}, err
	}
	return b.public(o.rec, o.invitation), nil
}

// Accept uses an invitation up and makes the member, whose first session this is: in it
// they choose by what they will sign in. What is wrong with the name comes as
// cvd.Faults, and a code that opens nothing as cvd.ErrUnauthenticated.
func (b *Book) Accept(ctx context.Context, code, name string) (auth.Session, error) {
	o, err := b.open(ctx, code)
	if err != nil {
		return auth.Session{}, err
	}
	m, burn, err := b.join(ctx, o, name)
	if err != nil {
		return auth.Session{}, err
	}
	return b.auth.StartMember(ctx, m.ID, auth.WayLink, false, burn)
}

// join makes the member of an invitation; burn uses the invitation up, in the
// transaction of what follows. Whoever was made a member by it before, and could not go
// on, goes on: it opens nobody whom somebody else made.
func (b *Book) join(ctx context.Context, o one, name string) (m cvd.Member, burn func(store.Tx) error, err error) {
	m = o.member()
	if name != "" {
		m.Name = name
	}
	house := cvd.System
	house.Through = o.By
	made, err := b.auth.AddMemberWith(ctx, house, m, func(tx store.Tx, made cvd.Member) error { return b.joins(tx, o, made.ID) })
	if faults, wrong := errors.AsType[cvd.Faults](err); wrong {
		if len(faults) > 1 || faults[0].Field != "email" {
			return m, nil, err
		}
		if made, err = b.began(ctx, o); err != nil {
			return m, nil, err
		}
	}
	if err != nil {
		return m, nil, err
	}
	note, err := b.k.Entry(ctx, keeper.AuditEntry{By: "member/" + made.ID, Act: ActUsed, Subject: made.ID, Object: o.rec.ID[:keeper.PublicID]})
	return made, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordInvitation, ID: o.rec.ID})
		if err == nil && n != 1 { // somebody else was first
			err = cvd.ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	}, err
}

// joins writes down whom the invitation made, if it is still open by then.
func (b *Book) joins(tx store.Tx, o one, member string) error {
	if err := b.k.Vouched(tx, o.By); err != nil {
		return err
	}
	rec, err := b.k.Read(tx, keeper.RecordInvitation, o.rec.ID, &o.invitation)
	if err != nil {
		return keeper.Unauthenticated(err)
	}
	o.Joined = member
	was := rec.Version
	if rec, err = b.k.Vault.Seal(rec, o.invitation); err != nil {
		return err
	}
	return tx.PutRecord(rec, was)
}

// began finds the member whom the invitation made, if they are still as it made them and
// have no way in yet.
func (b *Book) began(ctx context.Context, o one) (m cvd.Member, err error) {
	linked := false
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		if _, err := b.k.Read(tx, keeper.RecordInvitation, o.rec.ID, &o.invitation); err != nil {
			return err
		}
		if _, err := b.k.Read(tx, keeper.RecordMember, o.Joined, &m); err != nil {
			return err
		}
		recs, err := tx.Records(keeper.RecordIdentity, m.ID, 1)
		linked = len(recs) > 0
		return err
	})
	if err != nil {
		return m, keeper.Unauthenticated(err)
	}
	means, err := b.auth.Means(ctx, m.ID)
	if err != nil {
		return m, err
	}
	made := person.Tidy(o.member())
	if !m.Active || linked || means.Password || means.Passkey || person.Fold(m.Email) != person.Fold(made.Email) || !slices.Equal(m.Roles, made.Roles) {
		return m, cvd.ErrUnauthenticated
	}
	return m, nil
}

// ByEmail makes the member of an open invitation to this address, for whom a provider
// vouches; cvd.ErrNotFound if there is none.
func (b *Book) ByEmail(ctx context.Context, email, name string) (cvd.Member, error) {
	var found []one
	err := b.k.Store.View(ctx, func(tx store.Tx) (err error) {
		if found, err = b.all(tx); err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(o one) bool {
			no := b.k.Vouched(tx, o.By)
			if !errors.Is(no, cvd.ErrUnauthenticated) {
				err = errors.Join(err, no)
			}
			return no != nil
		})
		return err
	})
	if err != nil {
		return cvd.Member{}, err
	}
	for _, o := range found {
		if person.Fold(o.Email) != person.Fold(email) || !b.k.Now().Before(o.Until) {
			continue
		}
		if o.Name == "" {
			o.Name = name
		}
		m, burn, err := b.join(ctx, o, person.Named(o.Name, o.Email))
		if err != nil {
			return m, err
		}
		return m, b.k.Store.Update(ctx, burn)
	}
	return cvd.Member{}, cvd.ErrNotFound
}
