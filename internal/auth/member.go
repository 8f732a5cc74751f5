package auth

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

	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

var memberAlphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

func newMemberID() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return "m-" + memberAlphabet.EncodeToString(b[:])
}

// leads tells whether the actor may decide who gets in. A machine may not, not
// even a lead's; the operator may, who can read the server's data folder anyway.
func leads(by cvd.Actor) bool {
	return by.Kind == cvd.ActorSystem || by.Kind == cvd.ActorMember && by.Is(cvd.RoleLead) ||
		by.Kind == operator.Kind && by.ID == operator.ID
}

// foldEmail is the spelling under which an address is looked up.
func (a *Auth) emailID(email string) string { return a.vault.Blind("auth/email", person.Fold(email)) }

// roster is what a change to the members starts from.
type roster struct {
	version int64
	members map[string]cvd.Member
	records map[string]store.Record
}

func (a *Auth) roster(ctx context.Context) (roster, error) {
	r := roster{members: map[string]cvd.Member{}, records: map[string]store.Record{}}
	err := a.st.View(ctx, func(tx store.Tx) error {
		clear(r.members)
		clear(r.records)
		rec, err := tx.Record(RecordRoster, "1")
		if err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		r.version = rec.Version
		recs, err := tx.Records(RecordMember, "", listLimit)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var m cvd.Member
			if err := a.vault.Read(rec, &m); err != nil {
				return err
			}
			r.members[m.ID], r.records[m.ID] = m, rec
		}
		return nil
	})
	return r, err
}

// hold makes sure that nobody changed the members since r was read.
func (a *Auth) hold(r roster) put {
	return put{store.Record{Kind: RecordRoster, ID: "1", At: a.now()}, r.version}
}

func (r roster) hasEmail(email, except string) bool {
	for _, m := range r.members {
		if m.ID != except && person.Fold(m.Email) == person.Fold(email) {
			return true
		}
	}
	return false
}

func (r roster) activeLeads() int {
	n := 0
	for _, m := range r.members {
		if m.Active && m.Is(cvd.RoleLead) {
			n++
		}
	}
	return n
}

// AddMember adds a member, active from now on; ID, Active and Added are set
// here. The member gets in by a link (NewLink). Only leads and the system may;
// others get cvd.ErrForbidden. What is wrong with m comes as cvd.Faults, behind what
// the door found wrong already; then nobody is added.
func (a *Auth) AddMember(ctx context.Context, by cvd.Actor, m cvd.Member, wrong ...cvd.Fault) (cvd.Member, error) {
	if !leads(by) {
		return cvd.Member{}, fmt.Errorf("%w: only a lead may add members", cvd.ErrForbidden)
	}
	m = person.Tidy(m)
	m.Active, m.Added = true, a.now()
	err := a.again(ctx, func() error {
		r, err := a.roster(ctx)
		if err != nil {
			return err
		}
		faults := slices.Clip(cvd.Faults(wrong)).And(person.Faults(m))
		if r.hasEmail(m.Email, "") {
			faults = append(faults, emailTaken)
		}
		if len(r.members) >= listLimit {
			faults = append(faults, cvd.Fault{Field: "members", Problem: fmt.Sprintf("a server keeps at most %d members", listLimit), Remedy: "add nobody more, or use a second server"})
		}
		if err := faults.Err(); err != nil {
			return err
		}
		m.ID = newMemberID()
		rec, err1 := a.vault.Seal(store.Record{Kind: RecordMember, ID: m.ID, At: m.Added}, m)
		note, err2 := a.entry(ctx, AuditEntry{By: by.Ref(), Act: ActMemberAdded, Subject: m.ID, Detail: "roles: " + person.Join(m.Roles)})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return a.st.Update(ctx, func(tx store.Tx) error {
			return putAll(tx, a.hold(r), put{rec, 0}, a.emailOf(m), put{note, 0})
		})
	})
	if err != nil {
		return cvd.Member{}, err
	}
	return m, nil
}

// emailOf is the entry of the index by address; it holds nothing but the owner.
func (a *Auth) emailOf(m cvd.Member) put {
	return put{store.Record{Kind: RecordEmail, ID: a.emailID(m.Email), Owner: m.ID, At: m.Added}, 0}
}

// ChangeMember stores m in place of the member with its ID; Added stays as it
// was. Leads and the system may change everything, a member only the own Name
// and Away; others get cvd.ErrForbidden. Deactivating ends the member's
// sessions, links and tokens and forgets the password. The last active lead
// cannot be removed: cvd.ErrNotReady.
func (a *Auth) ChangeMember(ctx context.Context, by cvd.Actor, m cvd.Member) error {
	self := by.Kind == cvd.ActorMember && by.ID == m.ID
	if !leads(by) && !self {
		return fmt.Errorf("%w: only a lead may change other members", cvd.ErrForbidden)
	}
	m = person.Tidy(m)
	return a.again(ctx, func() error {
		r, err := a.roster(ctx)
		if err != nil {
			return err
		}
		old, ok := r.members[m.ID]
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
		return a.replaceMember(ctx, by, r, m, changed)
	})
}

func mayChange(by cvd.Actor, r roster, old, m cvd.Member) error {
	if !leads(by) {
		own := old
		own.Name, own.Away = m.Name, m.Away
		if len(person.Differences(own, m)) > 0 {
			return fmt.Errorf("%w: members may change their own name and whether they are away; a lead changes the rest", cvd.ErrForbidden)
		}
	}
	faults := person.Faults(m)
	if r.hasEmail(m.Email, m.ID) {
		faults = append(faults, emailTaken)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	was, is := old.Active && old.Is(cvd.RoleLead), m.Active && m.Is(cvd.RoleLead)
	if was && !is && r.activeLeads() == 1 {
		return fmt.Errorf("%w: this is the last active lead; make somebody else a lead first", cvd.ErrNotReady)
	}
	return nil
}

func (a *Auth) replaceMember(ctx context.Context, by cvd.Actor, r roster, m cvd.Member, changed []string) error {
	old, rec := r.members[m.ID], r.records[m.ID]
	was := rec.Version
	rec, err1 := a.vault.Seal(rec, m)
	note, err2 := a.entry(ctx, AuditEntry{By: by.Ref(), Act: ActMemberChanged, Subject: m.ID, Detail: strings.Join(changed, "; ")})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return a.st.Update(ctx, func(tx store.Tx) error {
		if err := putAll(tx, a.hold(r), put{rec, was}, put{note, 0}); err != nil {
			return err
		}
		if person.Fold(old.Email) != person.Fold(m.Email) {
			if _, err := tx.DeleteRecords(store.Selection{Kind: RecordEmail, ID: a.emailID(old.Email)}); err != nil {
				return err
			}
			if err := putAll(tx, a.emailOf(m)); err != nil {
				return err
			}
		}
		if m.Active {
			return nil
		}
		// Links first: a link that is used in the same moment makes a session
		// that the next deletion must see.
		return dropOwned(tx, m.ID, RecordLink, RecordCredential, RecordSession, RecordToken)
	})
}

// dropOwned deletes what belongs to a member. An empty owner would select
// everybody's, so it is refused.
func dropOwned(tx store.Tx, owner string, kinds ...store.RecordKind) error {
	if owner == "" {
		return cvd.ErrNotFound
	}
	for _, kind := range kinds {
		if _, err := tx.DeleteRecords(store.Selection{Kind: kind, Owner: owner}); err != nil {
			return err
		}
	}
	return nil
}

// Members lists all members, inactive ones too, by name.
func (a *Auth) Members(ctx context.Context) ([]cvd.Member, error) {
	team, err := a.Team(ctx)
	return slices.SortedFunc(maps.Values(team), func(x, y cvd.Member) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.ID, y.ID))
	}), err
}

// Team gives all members, inactive ones too, by id. The map is shared and must not
// be changed.
func (a *Auth) Team(ctx context.Context) (map[string]cvd.Member, error) {
	r, err := a.team.Get(ctx, struct{}{}, nil, func() (roster, error) { return a.roster(ctx) })
	return r.members, err
}

// Member gives one member; cvd.ErrNotFound if there is none with this id.
func (a *Auth) Member(ctx context.Context, id string) (cvd.Member, error) {
	var m cvd.Member
	err := a.st.View(ctx, func(tx store.Tx) error {
		_, err := a.read(tx, RecordMember, id, &m)
		return err
	})
	return m, err
}

// actorOf is the member as an actor.
func actorOf(m cvd.Member) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

var emailTaken = cvd.Fault{Field: "email", Problem: "another member has this address", Remedy: "use another address, or change that member"}
