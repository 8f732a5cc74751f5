package invite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/invite"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault/vaulttest"
)

type desk struct {
	*testing.T
	*auth.Auth
	*invite.Book
	store store.Store
	now   time.Time
	lead  cvd.Actor
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	var err error
	if d.store, err = sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "fairlead.db"), sqlstore.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	v := vaulttest.Open(t, d.store, d.now)
	now := func() time.Time { return d.now }
	d.Auth = auth.New(d.store, v, auth.Options{Now: now, DevFastHash: true})
	d.Book = invite.New(d.store, v, d.Auth, now, nil)
	d.lead = d.add("Ada", "ada@example.org", cvd.RoleLead)
	return d
}

func (d *desk) add(name, email string, roles ...cvd.Role) cvd.Actor {
	d.Helper()
	m, err := d.AddMember(d.Context(), cvd.System, cvd.Member{Name: name, Email: email, Roles: roles})
	if err != nil {
		d.Fatal(err)
	}
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
}

func (d *desk) invite(email string, roles ...cvd.Role) (invite.Invitation, string) {
	d.Helper()
	made, code, err := d.Invite(d.Context(), d.lead, cvd.Member{Email: email, Roles: roles})
	if err != nil {
		d.Fatal(err)
	}
	return made, code
}

func (d *desk) dead(code string) {
	d.Helper()
	if _, err := d.Book.Look(d.Context(), code); !errors.Is(err, cvd.ErrUnauthenticated) {
		d.Errorf("it is looked at: %v", err)
	}
	if _, err := d.Accept(d.Context(), code, "Eve"); !errors.Is(err, cvd.ErrUnauthenticated) {
		d.Errorf("it is accepted: %v", err)
	}
}

// Somebody accepts, once, and becomes the member that the lead said, by the name that
// they say; the letter and the list say the same.
func TestInvited(t *testing.T) {
	d := open(t)
	made, code := d.invite("Bob@example.org", cvd.RoleMember, cvd.RoleFixer)
	l, err := d.Letter(t.Context(), made.ID)
	if err != nil || l.Code != code || l.To != "Bob@example.org" || !l.Until.Equal(d.now.Add(invite.Life)) || l.By != d.lead.Ref() {
		t.Fatalf("%+v, %v", l, err)
	}
	list, err := d.List(t.Context(), d.lead)
	if err != nil || len(list) != 1 || list[0].Over || list[0].Sent != 1 || list[0].Member.Email != "Bob@example.org" {
		t.Fatalf("%+v, %v", list, err)
	}
	var faults cvd.Faults
	if _, err := d.Accept(t.Context(), code, "\u0007"); !errors.As(err, &faults) || faults[0].Field != "name" {
		t.Fatal(err)
	}
	s, err := d.Accept(t.Context(), code, "Bob")
	if err != nil || s.Actor.Name != "Bob" || !slices.Equal(s.Actor.Roles, []cvd.Role{cvd.RoleMember, cvd.RoleFixer}) || !s.ViaLink {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := d.SetPassword(auth.InSession(t.Context(), s), s.Actor, "", "a long walk by the sea 1"); err != nil {
		t.Error(err)
	}
	d.dead(code)
	if _, err := d.Letter(t.Context(), made.ID); !errors.Is(err, cvd.ErrNotFound) {
		t.Error(err)
	}
	if list, err := d.List(t.Context(), d.lead); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// Who joins is told to all leads, with who invited them; nobody joins under the name of a
// colleague, and who could not go on comes back under their own.
func TestWhoJoinsIsTold(t *testing.T) {
	d := open(t)
	ed := d.add("Ed", "ed@example.org", cvd.RoleLead)
	if _, _, err := d.Invite(t.Context(), d.lead, cvd.Member{Name: "ed", Email: "mo@example.org", Roles: []cvd.Role{cvd.RoleMember}}); err == nil {
		t.Error("a second Ed is invited")
	}
	_, code := d.invite("bob@example.org", cvd.RoleMember)
	faults, _ := errors.AsType[cvd.Faults](func() error { _, err := d.Accept(t.Context(), code, "\u0415d"); return err }()) // a Cyrillic E
	if len(faults) == 0 || faults[0].Field != "name" {
		t.Errorf("%v", faults)
	}
	if _, err := d.Accept(t.Context(), code, "Bob"); err != nil {
		t.Fatal(err)
	}
	var told []string
	err := d.store.View(t.Context(), func(tx store.Tx) error {
		all, err := tx.Effects(store.EffectPending, "", nil, 100)
		for _, e := range all {
			if e.Kind != keeper.EffectAccount {
				continue
			}
			entry, err := d.Told(t.Context(), e.Template)
			if err != nil || entry.Doer() != d.lead.Ref() || !slices.Equal(entry.ToldLeads(), []string{"added"}) {
				t.Errorf("%+v, %v", entry, err)
			}
			told = append(told, e.To)
		}
		return err
	})
	slices.Sort(told)
	want := []string{d.lead.Ref(), ed.Ref()}
	slices.Sort(want)
	if err != nil || !slices.Equal(told, want) {
		t.Errorf("%q, %v", told, err)
	}
}

// An invitation that was revoked, sent anew or is over accepts nothing; one that is
// over can be sent anew.
func TestInvitationsEnd(t *testing.T) {
	d := open(t)
	made, first := d.invite("bob@example.org", cvd.RoleMember)
	again, second, err := d.Again(t.Context(), d.lead, made.ID)
	if err != nil || again.Sent != 2 {
		t.Fatalf("%+v, %v", again, err)
	}
	d.dead(first)
	d.now = d.now.Add(invite.Life)
	d.dead(second)
	if list, err := d.List(t.Context(), d.lead); err != nil || len(list) != 1 || !list[0].Over {
		t.Errorf("%+v, %v", list, err)
	}
	again, third, err := d.Again(t.Context(), d.lead, again.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Book.Look(t.Context(), third); err != nil {
		t.Error(err)
	}
	if err := d.Revoke(t.Context(), d.lead, again.ID); err != nil {
		t.Fatal(err)
	}
	d.dead(third)
	for _, code := range []string{"", "x", third + "x"} {
		d.dead(code)
	}
	d.invite("carl@example.org", cvd.RoleMember)
	d.now = d.now.AddDate(0, 1, 0)
	if n, err := d.Sweep(t.Context()); err != nil || n < 1 {
		t.Errorf("%d, %v", n, err)
	}
	if list, err := d.List(t.Context(), d.lead); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// Only leads invite, and nobody twice nor who is a member.
func TestWhoMayInvite(t *testing.T) {
	d := open(t)
	made, _ := d.invite("bob@example.org", cvd.RoleMember)
	for _, by := range []cvd.Actor{{}, cvd.Stranger, d.add("Max", "max@example.org", cvd.RoleMember), {Kind: cvd.ActorMachine, ID: d.lead.ID, Roles: d.lead.Roles}} {
		_, _, err := d.Invite(t.Context(), by, cvd.Member{Email: "x@example.org", Roles: []cvd.Role{cvd.RoleLead}})
		_, _, err2 := d.Again(t.Context(), by, made.ID)
		_, err3 := d.List(t.Context(), by)
		for _, err := range []error{err, err2, err3, d.Revoke(t.Context(), by, made.ID)} {
			if !errors.Is(err, cvd.ErrForbidden) {
				t.Errorf("%s: %v", by.Ref(), err)
			}
		}
	}
	for _, m := range []cvd.Member{
		{Email: "BOB@example.org", Roles: []cvd.Role{cvd.RoleMember}},
		{Email: "Ada@example.org", Roles: []cvd.Role{cvd.RoleMember}},
		{Email: "no address", Roles: []cvd.Role{cvd.RoleMember}},
		{Email: "x@example.org"},
		{Email: "x@example.org", Roles: []cvd.Role{"boss"}},
	} {
		var faults cvd.Faults
		if _, _, err := d.Invite(t.Context(), d.lead, m); !errors.As(err, &faults) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	if err := d.Revoke(t.Context(), d.lead, "other"); !errors.Is(err, cvd.ErrNotFound) {
		t.Error(err)
	}
}

// Two who open the same letter at once make one member and one session.
func TestAcceptedAtOnce(t *testing.T) {
	d := open(t)
	_, code := d.invite("bob@example.org", cvd.RoleMember)
	got := make(chan error, 8)
	for range cap(got) {
		go func() {
			_, err := d.Accept(t.Context(), code, "Bob")
			got <- err
		}()
	}
	in := 0
	for range cap(got) {
		if err := <-got; err == nil {
			in++
		} else if !errors.Is(err, cvd.ErrUnauthenticated) {
			t.Error(err)
		}
	}
	if team, err := d.Members(t.Context()); in != 1 || err != nil || len(team) != 2 {
		t.Errorf("%d came in, %d members, %v", in, len(team), err)
	}
}

// Whoever a provider vouches for becomes the member of the invitation to that address.
func TestByEmail(t *testing.T) {
	d := open(t)
	_, code := d.invite("bob@example.org", cvd.RoleMember)
	if _, err := d.ByEmail(t.Context(), "eve@example.org", "Eve"); !errors.Is(err, cvd.ErrNotFound) {
		t.Error(err)
	}
	m, err := d.ByEmail(t.Context(), "BOB@example.org", "Bob \u0007")
	if err != nil || m.Name != "bob" || !m.Is(cvd.RoleMember) {
		t.Errorf("%+v, %v", m, err)
	}
	d.dead(code)
}

// An invitation ends with the right of whoever made it to invite, and comes back with
// nothing; another lead who sends it anew vouches for it instead.
func TestInvitationsEndWithTheInviter(t *testing.T) {
	for name, end := range map[string]func(d *desk, max cvd.Actor, m cvd.Member) error{
		"let go": func(d *desk, _ cvd.Actor, m cvd.Member) error {
			m.Active = false
			return d.ChangeMember(t.Context(), d.lead, m)
		},
		"no lead any more": func(d *desk, _ cvd.Actor, m cvd.Member) error {
			m.Roles = []cvd.Role{cvd.RoleMember}
			return d.ChangeMember(t.Context(), d.lead, m)
		},
		"signed out": func(d *desk, max cvd.Actor, _ cvd.Member) error {
			return d.EndSessions(t.Context(), d.lead, max.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			max := d.add("Max", "max@example.org", cvd.RoleLead)
			_, mine, err := d.Invite(t.Context(), max, cvd.Member{Email: "max@elsewhere.example", Roles: []cvd.Role{cvd.RoleLead}})
			if err != nil {
				t.Fatal(err)
			}
			again, _, err := d.Invite(t.Context(), max, cvd.Member{Email: "bob@example.org", Roles: []cvd.Role{cvd.RoleMember}})
			if err != nil {
				t.Fatal(err)
			}
			_, taken, err := d.Again(t.Context(), d.lead, again.ID)
			if err != nil {
				t.Fatal(err)
			}
			was, err := d.Auth.Member(t.Context(), max.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := end(d, max, was); err != nil {
				t.Fatal(err)
			}
			d.dead(mine)
			if _, err := d.ByEmail(t.Context(), "max@elsewhere.example", "Max"); !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("a provider brings them back: %v", err)
			}
			if err := d.ChangeMember(t.Context(), d.lead, was); err != nil {
				t.Fatal(err)
			}
			d.dead(mine)
			if _, err := d.Accept(t.Context(), taken, "Bob"); err != nil {
				t.Errorf("what another lead sent anew: %v", err)
			}
		})
	}
}

// An invitation opens nobody but whom it made, as it made them: who was added by hand,
// or given the address, is not who was invited.
func TestInvitationsOpenNobodyElse(t *testing.T) {
	d := open(t)
	_, code := d.invite("nina@example.org", cvd.RoleAuditor)
	nina := d.add("Nina", "Nina@example.org", cvd.RoleLead)
	d.dead(code)
	_, other := d.invite("bob@example.org", cvd.RoleAuditor)
	m, err := d.Auth.Member(t.Context(), nina.ID)
	if err != nil {
		t.Fatal(err)
	}
	m.Email = "bob@example.org"
	if err := d.ChangeMember(t.Context(), d.lead, m); err != nil {
		t.Fatal(err)
	}
	d.dead(other)
	m.Email = "nina@example.org"
	if err := d.ChangeMember(t.Context(), d.lead, m); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{code, other} {
		d.dead(code)
	}
	if list, err := d.List(t.Context(), d.lead); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
