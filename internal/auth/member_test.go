package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
)

func TestAddMember(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	got, err := d.AddMember(ctx, d.lead, cvd.Member{
		Name: " Zoë Finch ", Email: "zoe@example.org", Roles: []cvd.Role{cvd.RoleOfficer, cvd.RoleMember, cvd.RoleMember},
		Offices: []string{" Privacy officer ", "", "Privacy officer"}, Qualification: "ten years of code review",
	})
	d.ok(err)
	want := cvd.Member{
		ID: got.ID, Name: "Zoë Finch", Email: "zoe@example.org", Roles: []cvd.Role{cvd.RoleMember, cvd.RoleOfficer},
		Offices: []string{"Privacy officer"}, Qualification: "ten years of code review", Active: true, Added: d.clock.now(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, d.member(got.ID)); diff != "" {
		t.Error("stored:", diff)
	}
	if len(got.ID) != 10 || !strings.HasPrefix(got.ID, "m-") {
		t.Errorf("the id is %q", got.ID)
	}
	all, err := d.Members(ctx)
	d.ok(err)
	if len(all) != 2 || all[0].Name != "Ada Quill" {
		t.Errorf("the members are %v", all)
	}
	_, err = d.Member(ctx, "m-nobody22")
	d.want(err, cvd.ErrNotFound)
}

func TestMemberFaults(t *testing.T) {
	d := open(t)
	fine := cvd.Member{Name: "Bo Lark", Email: "bo@example.org", Roles: []cvd.Role{cvd.RoleMember}}
	for name, c := range map[string]struct {
		spoil func(*cvd.Member)
		want  string
	}{
		"nothing":         {func(m *cvd.Member) { *m = cvd.Member{} }, "name email roles"},
		"name too long":   {func(m *cvd.Member) { m.Name = strings.Repeat("é", 101) }, "name"},
		"name two lines":  {func(m *cvd.Member) { m.Name = "a\nb" }, "name"},
		"not an address":  {func(m *cvd.Member) { m.Email = "bo" }, "email"},
		"named address":   {func(m *cvd.Member) { m.Email = "Bo <bo@example.org>" }, "email"},
		"two addresses":   {func(m *cvd.Member) { m.Email = "bo@example.org, cy@example.org" }, "email"},
		"header in it":    {func(m *cvd.Member) { m.Email = "bo@example.org\r\nBcc: cy@example.org" }, "email"},
		"taken":           {func(m *cvd.Member) { m.Email = "ADA.quill@Example.ORG" }, "email"},
		"unknown role":    {func(m *cvd.Member) { m.Roles = append(m.Roles, "king") }, "roles"},
		"many offices":    {func(m *cvd.Member) { m.Offices = strings.Fields("a b c d e f g h i j k") }, "offices"},
		"long background": {func(m *cvd.Member) { m.Qualification = strings.Repeat("x", 501) }, "qualification"},
	} {
		m := fine
		c.spoil(&m)
		_, err := d.AddMember(t.Context(), d.lead, m)
		var faults cvd.Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
			if f.Problem == "" || f.Remedy == "" {
				t.Errorf("%s: %+v says too little", name, f)
			}
		}
		if got := strings.Join(fields, " "); got != c.want {
			t.Errorf("%s: faults in %q, want %q", name, got, c.want)
		}
	}
}

func TestWhoMayChangeMembers(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	machine := d.lead
	machine.Kind = cvd.ActorMachine
	for name, by := range map[string]cvd.Actor{"member": bo, "machine of a lead": machine, "stranger": cvd.Stranger, "auditor": {Kind: cvd.ActorMember, ID: "m-x", Roles: []cvd.Role{cvd.RoleAuditor}}} {
		if _, err := d.AddMember(ctx, by, cvd.Member{Name: "N", Email: "n@example.org", Roles: cvd.Roles}); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s adds a member: %v", name, err)
		}
		if err := d.ChangeMember(ctx, by, d.member(d.lead.ID)); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s changes a lead: %v", name, err)
		}
	}
	m := d.member(bo.ID)
	m.Name, m.Away = "Bo L.", true
	d.ok(d.ChangeMember(ctx, bo, m))
	if got := d.member(bo.ID); got.Name != "Bo L." || !got.Away {
		t.Errorf("own change: %+v", got)
	}
	for name, change := range map[string]func(*cvd.Member){
		"roles":         func(m *cvd.Member) { m.Roles = cvd.Roles },
		"offices":       func(m *cvd.Member) { m.Offices = []string{"Chief executive"} },
		"email":         func(m *cvd.Member) { m.Email = "bo2@example.org" },
		"active":        func(m *cvd.Member) { m.Active = false },
		"qualification": func(m *cvd.Member) { m.Qualification = "much" },
	} {
		m := d.member(bo.ID)
		change(&m)
		if err := d.ChangeMember(ctx, bo, m); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("a member changes the own %s: %v", name, err)
		}
		d.ok(d.ChangeMember(ctx, d.lead, m))
	}
	d.want(d.ChangeMember(ctx, d.lead, cvd.Member{ID: "m-nobody22"}), cvd.ErrNotFound)
}

func TestChangedAddressIsTheOneThatWorks(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	m := d.member(d.lead.ID)
	m.Email = "ada@example.com"
	d.ok(d.ChangeMember(ctx, d.lead, m))
	_, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.SignIn(ctx, "ada@example.com", goodPassword, "")
	d.ok(err)
	d.add("Bo Lark", leadEmail, cvd.RoleMember) // free again
	m.Email = strings.ToUpper(leadEmail)
	d.want(d.ChangeMember(ctx, d.lead, m), cvd.ErrInvalid)
	m.Email = "ADA@example.com" // only the spelling
	d.ok(d.ChangeMember(ctx, d.lead, m))
	_, err = d.SignIn(ctx, "ada@example.com", goodPassword, "")
	d.ok(err)
}

// TestLastLeadStays lets two leads remove each other at the same moment.
func TestLastLeadStays(t *testing.T) {
	d := open(t)
	m := d.member(d.lead.ID)
	m.Roles = []cvd.Role{cvd.RoleMember}
	d.want(d.ChangeMember(t.Context(), cvd.System, m), cvd.ErrNotReady)
	m = d.member(d.lead.ID)
	m.Active = false
	d.want(d.ChangeMember(t.Context(), cvd.System, m), cvd.ErrNotReady)

	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleLead)
	at := d.meeting(2)
	turn := make(chan string, 2)
	turn <- d.lead.ID
	turn <- bo.ID
	refused := 0
	for _, err := range together(t.Context(), 2, func(ctx context.Context) error {
		m, err := d.Member(ctx, <-turn)
		if err != nil {
			return err
		}
		m.Active = false
		return at.ChangeMember(ctx, cvd.System, m)
	}) {
		if err != nil {
			d.want(err, cvd.ErrNotReady)
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d of two leads removed at once were refused, want 1", refused)
	}
}

func TestSameAddressAddedAtOnce(t *testing.T) {
	d := open(t)
	won := 0
	at := d.meeting(4)
	for _, err := range together(t.Context(), 4, func(ctx context.Context) error {
		_, err := at.AddMember(ctx, cvd.System, cvd.Member{Name: "Bo Lark", Email: "bo@example.org", Roles: []cvd.Role{cvd.RoleMember}})
		return err
	}) {
		if err == nil {
			won++
			continue
		}
		d.want(err, cvd.ErrInvalid)
	}
	if won != 1 {
		t.Errorf("%d members got the same address", won)
	}
}

func TestAuditIsForLeadsAndAuditors(t *testing.T) {
	d := open(t)
	for name, c := range map[string]struct {
		by  cvd.Actor
		may bool
	}{
		"lead":    {d.lead, true},
		"auditor": {cvd.Actor{Kind: cvd.ActorMember, ID: "m-x", Roles: []cvd.Role{cvd.RoleAuditor}}, true},
		"system":  {cvd.System, true},
		"member":  {cvd.Actor{Kind: cvd.ActorMember, ID: "m-x", Roles: []cvd.Role{cvd.RoleMember, cvd.RoleFixer, cvd.RoleOfficer}}, false},
		"nobody":  {cvd.Stranger, false},
	} {
		entries, err := d.Audit(t.Context(), c.by, 10)
		if c.may && (err != nil || len(entries) != 1) || !c.may && !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("%s: %d entries, %v", name, len(entries), err)
		}
	}
	m := d.member(d.lead.ID)
	m.Roles, m.Name = append(m.Roles, cvd.RoleOfficer), "Ada Q."
	d.clock.pass(time.Second)
	ed := d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
	d.clock.pass(time.Second)
	d.ok(d.ChangeMember(auth.WithOrigin(t.Context(), "192.0.2.7", "Walker/1.0"), ed, m))
	got, err := d.Audit(t.Context(), d.lead, 1)
	d.ok(err)
	want := auth.AuditEntry{
		ID: got[0].ID, At: d.clock.now(), By: ed.Ref(), Act: auth.ActMemberChanged, Subject: m.ID,
		From: "192.0.2.7", Agent: "Walker/1.0", Detail: "name; roles: lead, officer", About: []string{keeper.ToldRoles},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
}

// Nobody makes themselves more, or a second signature: another lead does, or the house.
func TestNoLeadChangesTheOwnRoles(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	ed := d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
	for name, change := range map[string]func(*cvd.Member){
		"another role": func(m *cvd.Member) { m.Roles = append(m.Roles, cvd.RoleOfficer) },
		"an office":    func(m *cvd.Member) { m.Offices = []string{"Chief executive"} },
		"less":         func(m *cvd.Member) { m.Roles = []cvd.Role{cvd.RoleMember} },
	} {
		t.Run(name, func(t *testing.T) {
			was := d.member(ed.ID)
			m := was
			change(&m)
			d.want(d.ChangeMember(ctx, ed, m), cvd.ErrNotReady)
			for _, by := range []cvd.Actor{d.lead, auth.Operator, cvd.System} {
				d.ok(d.ChangeMember(ctx, by, m))
				d.ok(d.ChangeMember(ctx, by, was))
			}
		})
	}
	m := d.member(ed.ID)
	m.Name, m.Qualification = "Ed L.", "much"
	d.ok(d.ChangeMember(ctx, ed, m))
}
