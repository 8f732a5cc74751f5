// Package invite lets somebody become a member who was asked to by mail: a lead says
// by which address and with which roles, and whoever opens the letter says their name.
//
// It never sends the letter (a carrier of the outbox does, and asks Letter for it), and
// keeps no code: the code comes of a random name that is stored sealed, by a key that
// is not in the database, and what is looked up is its digest.
package invite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Life is how long an invitation is open.
const Life = 72 * time.Hour

// Effect is a letter that is to be sent: Template is the id of the invitation.
const Effect cvd.EffectKind = "invite"

const (
	// kept is how long an invitation is listed that nobody used in time.
	kept = 14 * 24 * time.Hour
	// most is how many are open at once.
	most = 100
)

// The acts that the audit records.
const (
	ActMade    = keeper.ActInvited
	ActAgain   = keeper.ActInvitedAgain
	ActRevoked = keeper.ActInviteRevoked
	ActUsed    = keeper.ActInviteUsed
)

// invitation is the sealed content of a record of kind keeper.RecordInvitation. Its id
// is the blind digest of the code.
type invitation struct {
	Serial        string     `json:"serial"` // of which the code comes
	Name          string     `json:"name,omitempty"`
	Email         string     `json:"email"`
	Roles         []cvd.Role `json:"roles"`
	Offices       []string   `json:"offices,omitempty"`
	Qualification string     `json:"qualification,omitempty"`
	By            string     `json:"by"` // who made it or sent it last, as cvd.Actor.Ref gives it
	Made          time.Time  `json:"made"`
	Until         time.Time  `json:"until"`
	Sent          int        `json:"sent"`
	Joined        string     `json:"joined,omitempty"` // the member whom it made, who could not go on yet
}

func (i invitation) member() cvd.Member {
	return cvd.Member{Name: i.Name, Email: i.Email, Roles: i.Roles, Offices: i.Offices, Qualification: i.Qualification}
}

// Invitation is one as lists show it.
type Invitation struct {
	ID     string
	Member cvd.Member // who they would be; without an id
	By     string     // as cvd.Actor.Ref gives it
	Until  time.Time
	Sent   int
	Over   bool
}

// Book keeps the invitations. It is safe for use by several goroutines.
type Book struct {
	k    *keeper.Keeper
	auth *auth.Auth
	poke func()
}

// New makes a book. poke wakes the outbox; it may be nil.
func New(st store.Store, v *vault.Vault, a *auth.Auth, now func() time.Time, poke func()) *Book {
	return &Book{k: keeper.New(st, v, now), auth: a, poke: poke}
}

func (b *Book) code(serial string) string { return b.k.Vault.Blind("auth/invitation-code", serial) }
func (b *Book) id(code string) string     { return b.k.Vault.Blind("auth/invitation", code) }

func (b *Book) public(rec store.Record, i invitation) Invitation {
	return Invitation{ID: rec.ID[:keeper.PublicID], Member: i.member(), By: i.By, Until: i.Until, Sent: i.Sent, Over: !b.k.Now().Before(i.Until)}
}

// one is an invitation with its record.
type one struct {
	invitation
	rec store.Record
}

func (b *Book) all(tx store.Tx) ([]one, error) {
	recs, err := tx.Records(keeper.RecordInvitation, "", keeper.ListLimit)
	if err != nil {
		return nil, err
	}
	out := make([]one, len(recs))
	for n, rec := range recs {
		out[n].rec = rec
		if err := b.k.Vault.Read(rec, &out[n].invitation); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// find gives the invitation that lists name by this id; cvd.ErrNotFound if there is
// none.
func (b *Book) find(ctx context.Context, id string) (found one, err error) {
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		list, err := b.all(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(o one) bool { return o.rec.ID[:keeper.PublicID] == id })
		if i < 0 {
			return cvd.ErrNotFound
		}
		found = list[i]
		return nil
	})
	return found, err
}

func leads(by cvd.Actor) error {
	if !keeper.Leads(by) {
		return fmt.Errorf("%w: only a lead may invite", cvd.ErrForbidden)
	}
	return nil
}

// List gives the open invitations and those that ran out lately, newest first. Only
// leads may read it.
func (b *Book) List(ctx context.Context, by cvd.Actor) (out []Invitation, err error) {
	if err := leads(by); err != nil {
		return nil, err
	}
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		list, err := b.all(tx)
		for _, o := range list {
			out = append(out, b.public(o.rec, o.invitation))
		}
		return err
	})
	slices.SortFunc(out, func(x, y Invitation) int { return cmp.Or(y.Until.Compare(x.Until), cmp.Compare(x.ID, y.ID)) })
	return out, err
}

// Invite writes an invitation down, and that its letter is to be sent. m says by which
// address and with which roles; its name may be empty. code is to be shown once. What
// is wrong with m comes as cvd.Faults.
func (b *Book) Invite(ctx context.Context, by cvd.Actor, m cvd.Member) (made Invitation, code string, err error) {
	if err := leads(by); err != nil {
		return made, "", err
	}
	m = person.Tidy(m)
	i := invitation{
		Name: m.Name, Email: m.Email, Roles: m.Roles, Offices: m.Offices, Qualification: m.Qualification,
		By: by.Ref(), Made: b.k.Now(), Until: b.k.Now().Add(Life),
	}
	team, err := b.auth.Team(ctx)
	if err != nil {
		return made, "", err
	}
	faults := person.NameFaults(m, team)
	if m.Name == "" {
		m.Name = "somebody" // they say it themselves
	}
	faults = person.Faults(m).And(faults)
	for _, have := range team {
		if person.Fold(have.Email) == person.Fold(m.Email) {
			faults = append(faults, cvd.Fault{Field: "email", Problem: "another member has this address", Remedy: "use another address, or change that member"})
		}
	}
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		list, err := b.all(tx)
		open := 0
		for _, o := range list {
			if b.k.Now().Before(o.Until) {
				open++
				if person.Fold(o.Email) == person.Fold(m.Email) {
					faults = append(faults, cvd.Fault{Field: "email", Problem: "was invited already", Remedy: "send that invitation again"})
				}
			}
		}
		if open >= most {
			faults = append(faults, cvd.Fault{Field: "email", Problem: fmt.Sprintf("at most %d invitations are open at once", most), Remedy: "revoke some first"})
		}
		return err
	})
	if err = errors.Join(err, faults.Err()); err != nil {
		return made, "", err
	}
	return b.store(ctx, by, one{invitation: i}, ActMade)
}

// Again makes a new letter for an invitation, open or over; the old one accepts
// nothing any more. Any other id is cvd.ErrNotFound.
func (b *Book) Again(ctx context.Context, by cvd.Actor, id string) (made Invitation, code string, err error) {
	if err := leads(by); err != nil {
		return made, "", err
	}
	o, err := b.find(ctx, id)
	if err != nil {
		return made, "", err
	}
	o.Until, o.By = b.k.Now().Add(Life), by.Ref() // who sends it vouches for it
	return b.store(ctx, by, o, ActAgain)
}

// store puts an invitation under a new code, and its letter into the outbox.
func (b *Book) store(ctx context.Context, by cvd.Actor, o one, act keeper.Act) (made Invitation, code string, err error) {
	was := o.rec.ID
	o.Serial = keeper.NewSecret()
	o.Sent++
	code = b.code(o.Serial)
	rec, err1 := b.k.Vault.Seal(store.Record{Kind: keeper.RecordInvitation, ID: b.id(code), At: o.Made, Expires: o.Until.Add(kept)}, o.invitation)
	made = b.public(rec, o.invitation)
	note, err2 := b.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: act, Object: made.ID, Detail: "roles: " + person.Join(o.Roles)})
	if err := errors.Join(err1, err2); err != nil {
		return made, "", err
	}
	err = b.k.Store.Update(ctx, func(tx store.Tx) error {
		if was != "" {
			n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordInvitation, ID: was})
			if err != nil {
				return err
			}
			if n != 1 {
				return cvd.ErrNotFound
			}
		}
		letter := store.Effect{State: store.EffectPending, Effect: cvd.Effect{Key: "invite/" + made.ID, Kind: Effect, To: "invited", Template: made.ID, At: b.k.Now()}}
		return errors.Join(keeper.PutAll(tx, keeper.Put{Rec: rec}, note), tx.Enqueue([]store.Effect{letter}))
	})
	if err == nil && b.poke != nil {
		b.poke()
	}
	return made, code, err
}

// Revoke ends an invitation. Any other id is cvd.ErrNotFound.
func (b *Book) Revoke(ctx context.Context, by cvd.Actor, id string) error {
	if err := leads(by); err != nil {
		return err
	}
	o, err := b.find(ctx, id)
	if err != nil {
		return err
	}
	note, err := b.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: ActRevoked, Object: id})
	if err != nil {
		return err
	}
	return b.k.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordInvitation, ID: o.rec.ID}); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}
