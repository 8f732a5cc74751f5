// Package roster keeps the members of the team: who they are, and who may change
// one.
//
// It never knows how somebody signs in; it only ends what lets in whoever is no
// longer active.
package roster

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
)

// Book keeps the members. It is safe for use by several goroutines.
type Book struct {
	k    *keeper.Keeper
	team *memo.Memo[struct{}, Roster] // one
}

// New opens the book.
func New(k *keeper.Keeper) *Book { return &Book{k: k, team: memo.New[struct{}, Roster](k.Store, 1)} }

var memberAlphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

func newMemberID() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return "m-" + memberAlphabet.EncodeToString(b[:])
}

// EmailID is the id of the entry of the index by address.
func (b *Book) EmailID(email string) string { return b.k.Vault.Blind("auth/email", person.Fold(email)) }

// Roster is what a change to the members starts from.
type Roster struct {
	version int64
	Members map[string]cvd.Member
	records map[string]store.Record
}

// Snapshot reads all members.
func (b *Book) Snapshot(ctx context.Context) (Roster, error) {
	r := Roster{Members: map[string]cvd.Member{}, records: map[string]store.Record{}}
	err := b.k.Store.View(ctx, func(tx store.Tx) error {
		clear(r.Members)
		clear(r.records)
		rec, err := tx.Record(keeper.RecordRoster, "1")
		if err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		r.version = rec.Version
		recs, err := tx.Records(keeper.RecordMember, "", keeper.ListLimit)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var m cvd.Member
			if err := b.k.Vault.Read(rec, &m); err != nil {
				return err
			}
			r.Members[m.ID], r.records[m.ID] = m, rec
		}
		return nil
	})
	return r, err
}

// Hold makes sure that nobody changed the members since r was read.
func (b *Book) Hold(r Roster) keeper.Put {
	return keeper.Put{Rec: store.Record{Kind: keeper.RecordRoster, ID: "1", At: b.k.Now()}, Was: r.version}
}

func (r Roster) hasEmail(email, except string) bool {
	for _, m := range r.Members {
		if m.ID != except && person.Fold(m.Email) == person.Fold(email) {
			return true
		}
	}
	return false
}

func leads(m cvd.Member) bool { return m.Active && m.Is(cvd.RoleLead) }

// activeLeads are the ids of those who lead now.
func (r Roster) activeLeads() (out []string) {
	for id, m := range r.Members {
		if leads(m) {
			out = append(out, id)
		}
	}
	return out
}

// AddMember adds a member, active from now on; ID, Active and Added are set
// here. The member gets in by a link (NewLink); invitations to the address end. Only leads
// and the system may; others get cvd.ErrForbidden, and may.ErrScope if the roles may more
// than their scopes leave. What is wrong with m comes as cvd.Faults, behind what
// the door found wrong already; then nobody is added.
func (b *Book) AddMember(ctx context.Context, by cvd.Actor, m cvd.Member, wrong ...cvd.Fault) (cvd.Member, error) {
	return b.AddMemberWith(ctx, by, m, func(tx store.Tx, made cvd.Member) error { return b.uninvite(tx, made.Email) }, wrong...)
}

func (b *Book) uninvite(tx store.Tx, email string) error {
	return b.k.Uninvite(tx, func(other string) bool { return person.Fold(other) == person.Fold(email) })
}

// AddMemberWith is AddMember that leaves invitations alone and does also in the same
// transaction, or nothing.
func (b *Book) AddMemberWith(ctx context.Context, by cvd.Actor, m cvd.Member, also func(store.Tx, cvd.Member) error, wrong ...cvd.Fault) (cvd.Member, error) {
	if !keeper.Leads(by) {
		return cvd.Member{}, fmt.Errorf("%w: only a lead may add members", cvd.ErrForbidden)
	}
	m = person.Tidy(m)
	m.Active, m.Added = true, b.k.Now()
	err := b.k.Again(ctx, func() error {
		r, err := b.Snapshot(ctx)
		if err != nil {
			return err
		}
		faults := slices.Clip(cvd.Faults(wrong)).And(person.Faults(m))
		if r.hasEmail(m.Email, "") {
			faults = append(faults, emailTaken)
		}
		faults = faults.And(person.NameFaults(m, r.Members))
		if len(r.Members) >= keeper.ListLimit {
			faults = append(faults, cvd.Fault{Field: "members", Problem: fmt.Sprintf("a server keeps at most %d members", keeper.ListLimit), Remedy: "add nobody more, or use a second server"})
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if err := may.Cover(by, m.Roles); err != nil {
			return err
		}
		m.ID = newMemberID()
		rec, err1 := b.k.Vault.Seal(store.Record{Kind: keeper.RecordMember, ID: m.ID, At: m.Added}, m)
		note, err2 := b.k.Entry(ctx, keeper.AuditEntry{
			By: by.Ref(), Act: keeper.ActMemberAdded, Subject: m.ID, Detail: "roles: " + person.Join(m.Roles), About: told(cvd.Member{}, m), Through: by.Through,
		}, r.activeLeads()...)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return b.k.Store.Update(ctx, func(tx store.Tx) error {
			if err := keeper.PutAll(tx, b.Hold(r), keeper.Put{Rec: rec}, b.emailOf(m), note); err != nil {
				return err
			}
			return also(tx, m)
		})
	})
	if err != nil {
		return cvd.Member{}, err
	}
	return m, nil
}

// emailOf is the entry of the index by address; it holds nothing but the owner.
func (b *Book) emailOf(m cvd.Member) keeper.Put {
	return keeper.Put{Rec: store.Record{Kind: keeper.RecordEmail, ID: b.EmailID(m.Email), Owner: m.ID, At: m.Added}}
}

// ChangeMember stores m in place of the member with its ID; Added stays as it
// was. Leads and the system may change everything, but a lead not the own roles and
// offices; a member only the own Name, Away and Language; others get cvd.ErrForbidden. Deactivating ends the member's
// sessions, links and tokens and forgets the password and the passkeys; what a lead handed
// out to others ends with that and with the role. The last active lead
// cannot be removed: cvd.ErrNotReady.
func (b *Book) ChangeMember(ctx context.Context, by cvd.Actor, m cvd.Member) error {
	self := by.Kind == cvd.ActorMember && by.ID == m.ID
	if !keeper.Leads(by) && !self {
		return fmt.Errorf("%w: only a lead may change other members", cvd.ErrForbidden)
	}
	m = person.Tidy(m)
	return b.k.Again(ctx, func() error {
		r, err := b.Snapshot(ctx)
		if err != nil {
			return err
		}
		old, ok := r.Members[m.ID]
		if !ok {
			return cvd.ErrNotFound
		}
		m.Added = old.Added
		changed := person.Differences(old, m)
		if len(changed) == 0 {
			return nil
		}
		if err := mayChange(by, r, old, m); err != nil {
			return err
		}
		return b.replaceMember(ctx, by, r, m, changed)
	})
}

func mayChange(by cvd.Actor, r Roster, old, m cvd.Member) error {
	if !keeper.Leads(by) {
		own := old
		own.Name, own.Away, own.Language = m.Name, m.Away, m.Language
		if len(person.Differences(own, m)) > 0 {
			return fmt.Errorf("%w: members may change their own name and whether they are away; a lead changes the rest", cvd.ErrForbidden)
		}
	}
	if by.ID == m.ID && (!slices.Equal(old.Roles, m.Roles) || !slices.Equal(old.Offices, m.Offices)) {
		return errOwnRoles
	}
	faults := person.Faults(m)
	if r.hasEmail(m.Email, m.ID) {
		faults = append(faults, emailTaken)
	}
	if old.Name != m.Name || !old.Active { // a name that was there before stays
		faults = faults.And(person.NameFaults(m, r.Members))
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if err := errors.Join(may.Cover(by, old.Roles), may.Cover(by, m.Roles)); err != nil {
		return err
	}
	if leads(old) && !leads(m) && len(r.activeLeads()) == 1 {
		return fmt.Errorf("%w: this is the last active lead; make somebody else a lead first", cvd.ErrNotReady)
	}
	return nil
}

// told is as what a change is told, to the member and to the leads.
func told(old, m cvd.Member) (out []string) {
	known := old.ID != ""
	for _, c := range []struct {
		changed bool
		as      string
	}{
		{!known, keeper.ToldAdded},
		{known && !(slices.Equal(old.Roles, m.Roles) && slices.Equal(old.Offices, m.Offices)), keeper.ToldRoles},
		{known && person.Fold(old.Email) != person.Fold(m.Email), keeper.ToldAddress},
		{old.Active && !m.Active, keeper.ToldGone},
		{known && !old.Active && m.Active, keeper.ToldBack},
		{!leads(old) && leads(m), keeper.ToldLead},
	} {
		if c.changed {
			out = append(out, c.as)
		}
	}
	return out
}

func (b *Book) replaceMember(ctx context.Context, by cvd.Actor, r Roster, m cvd.Member, changed []string) error {
	old, rec := r.Members[m.ID], r.records[m.ID]
	was := rec.Version
	rec, err1 := b.k.Vault.Seal(rec, m)
	entry := keeper.AuditEntry{By: by.Ref(), Act: keeper.ActMemberChanged, Subject: m.ID, Detail: strings.Join(changed, "; "), About: told(old, m)}
	if slices.Contains(entry.About, keeper.ToldAddress) {
		entry.Former = old.Email
	}
	note, err2 := b.k.Entry(ctx, entry, r.activeLeads()...)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return b.k.Store.Update(ctx, func(tx store.Tx) error {
		if err := keeper.PutAll(tx, b.Hold(r), keeper.Put{Rec: rec, Was: was}, note); err != nil {
			return err
		}
		if person.Fold(old.Email) != person.Fold(m.Email) {
			if _, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordEmail, ID: b.EmailID(old.Email)}); err != nil {
				return err
			}
			if err := errors.Join(keeper.PutAll(tx, b.emailOf(m)), b.uninvite(tx, m.Email)); err != nil {
				return err
			}
		}
		if leads(old) && !leads(m) {
			if err := b.k.Recall(tx, m.ID); err != nil {
				return err
			}
		}
		if m.Active {
			return nil
		}
		// Links first: a link that is used in the same moment makes a session
		// that the next deletion must see.
		return keeper.DropOwned(tx, m.ID, keeper.RecordLink, keeper.RecordCredential, keeper.RecordSession, keeper.RecordToken, keeper.RecordPasskey, keeper.RecordIdentity)
	})
}

// Members lists all members, inactive ones too, by name.
func (b *Book) Members(ctx context.Context) ([]cvd.Member, error) {
	team, err := b.Team(ctx)
	return slices.SortedFunc(maps.Values(team), func(x, y cvd.Member) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.ID, y.ID))
	}), err
}

// Team gives all members, inactive ones too, by id. The map is shared and must not
// be changed.
func (b *Book) Team(ctx context.Context) (map[string]cvd.Member, error) {
	r, err := b.team.Get(ctx, struct{}{}, nil, func() (Roster, error) { return b.Snapshot(ctx) })
	return r.Members, err
}

// Member gives one member; cvd.ErrNotFound if there is none with this id.
func (b *Book) Member(ctx context.Context, id string) (cvd.Member, error) {
	var m cvd.Member
	err := b.k.Store.View(ctx, func(tx store.Tx) error {
		_, err := b.k.Read(tx, keeper.RecordMember, id, &m)
		return err
	})
	return m, err
}

// errOwnRoles is the refusal to make oneself more, or a second signature.
var errOwnRoles = fmt.Errorf("%w: your own roles and offices are for another lead to change; where there is none, for whoever runs the server (fairlead member roles)", cvd.ErrNotReady)

var emailTaken = cvd.Fault{Field: "email", Problem: "another member has this address", Remedy: "use another address, or change that member"}
