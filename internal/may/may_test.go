package may_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/goldentest"
	"fairlead/internal/may"
)

func as(roles ...cvd.Role) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: roles}
}

func machine(roles ...cvd.Role) cvd.Actor {
	a := as(roles...)
	a.Kind = cvd.ActorMachine
	return a
}

var people = []struct {
	name string
	cvd.Actor
}{
	{"lead", as(cvd.RoleLead)},
	{"member", as(cvd.RoleMember)},
	{"fixer", as(cvd.RoleFixer)},
	{"officer", as(cvd.RoleOfficer)},
	{"auditor", as(cvd.RoleAuditor)},
	{"lead's machine", machine(cvd.RoleLead)},
	{"fixer's machine", machine(cvd.RoleFixer)},
	{"reporter", cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: "FL-2026-2222222"}}}},
	{"stranger", cvd.Stranger},
	{"nobody", cvd.Actor{}},
	{"system", cvd.System},
}

// TestTable prints who may do what where. Every verb of the table of verbs is in
// it, and no role is in it that is not meant.
func TestTable(t *testing.T) {
	verbs := []cvd.Verb{cvd.VerbRead, cvd.VerbFiles, cvd.VerbRedactReport}
	for _, spec := range rule.Specs {
		verbs = append(verbs, spec.Verb)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s", "")
	for _, p := range people {
		fmt.Fprintf(&b, " %-15s", p.name)
	}
	b.WriteString("\n")
	for _, v := range verbs {
		fmt.Fprintf(&b, "%-16s", v)
		for _, p := range people {
			reach := may.Of(p.Actor, v)
			if reach == may.Nowhere {
				reach = "-"
			}
			fmt.Fprintf(&b, " %-15s", reach)
		}
		b.WriteString("\n")
	}
	got := strings.ReplaceAll(b.String(), " \n", "\n")
	path := filepath.Join("testdata", "table.golden")
	goldentest.Is(t, path, got)
}

func caseWith(fixer string) *cvd.Case {
	c := &cvd.Case{ID: "FL-2026-2222222", Assignee: "m-7"}
	if fixer != "" {
		c.Participants = []cvd.Participant{{ID: cvd.ParticipantID("fixer-" + fixer), Member: fixer}}
	}
	return c
}

// Who may not see a case hears that there is none, whatever the verb; who may
// see it but not do the thing hears that.
func TestAllow(t *testing.T) {
	foreign := cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: "FL-2026-3333333"}}}
	own := people[7].Actor
	for _, c := range []struct {
		name  string
		who   cvd.Actor
		verb  cvd.Verb
		fixer string
		want  error
	}{
		{"a member", as(cvd.RoleMember), cvd.VerbAccept, "", nil},
		{"a member forgets nobody", as(cvd.RoleMember), cvd.VerbForget, "", cvd.ErrForbidden},
		{"an auditor looks", as(cvd.RoleAuditor), cvd.VerbRead, "", nil},
		{"an auditor changes nothing", as(cvd.RoleAuditor), cvd.VerbNote, "", cvd.ErrForbidden},
		{"an officer sees none", as(cvd.RoleOfficer), cvd.VerbRead, "", cvd.ErrNotFound},
		{"an officer does nothing", as(cvd.RoleOfficer), cvd.VerbErase, "", cvd.ErrNotFound},
		{"a fixer of it", as(cvd.RoleFixer), cvd.VerbFixReady, "m-1", nil},
		{"a fixer of it decides nothing", as(cvd.RoleFixer), cvd.VerbAccept, "m-1", cvd.ErrForbidden},
		{"a fixer of another", as(cvd.RoleFixer), cvd.VerbRead, "m-2", cvd.ErrNotFound},
		{"who was its fixer once", as(cvd.RoleOfficer), cvd.VerbRead, "m-1", cvd.ErrNotFound},
		{"a fixer who is a member too", as(cvd.RoleFixer, cvd.RoleMember), cvd.VerbAccept, "", nil},
		{"its reporter", own, cvd.VerbMessage, "", nil},
		{"its reporter decides nothing", own, cvd.VerbClose, "", cvd.ErrForbidden},
		{"another reporter", foreign, cvd.VerbMessage, "", cvd.ErrNotFound},
		{"a stranger", cvd.Stranger, cvd.VerbRead, "", cvd.ErrNotFound},
		{"nobody", cvd.Actor{}, cvd.VerbRead, "", cvd.ErrNotFound},
		{"a member without id names no fixer", cvd.Actor{Kind: cvd.ActorMember, Roles: []cvd.Role{cvd.RoleFixer}}, cvd.VerbRead, "", cvd.ErrNotFound},
		{"a machine", machine(cvd.RoleMember), cvd.VerbAccept, "", nil},
		{"a machine is no second person", machine(cvd.RoleLead), cvd.VerbConfirm, "", cvd.ErrNotReady},
		{"a machine keeps no human promise", machine(cvd.RoleLead), cvd.VerbAcknowledge, "", cvd.ErrNotReady},
		{"a machine erases nothing", machine(cvd.RoleLead), cvd.VerbErase, "", cvd.ErrNotReady},
		{"a member's machine erases as little as the member", machine(cvd.RoleMember), cvd.VerbErase, "", cvd.ErrForbidden},
		{"nor forgets", machine(cvd.RoleMember), cvd.VerbForget, "", cvd.ErrForbidden},
		{"nor removes a report", machine(cvd.RoleMember), cvd.VerbRedactReport, "", cvd.ErrForbidden},
		{"nor does an auditor's acknowledge", machine(cvd.RoleAuditor), cvd.VerbAcknowledge, "", cvd.ErrForbidden},
		{"nor a fixer's", machine(cvd.RoleFixer), cvd.VerbConfirm, "m-1", cvd.ErrForbidden},
	} {
		err := may.Allow(c.who, c.verb, caseWith(c.fixer))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if errors.Is(c.want, cvd.ErrNotFound) && err != nil && err.Error() != may.ErrUnseen.Error() {
			t.Errorf("%s can tell from %q that the case is there", c.name, err)
		}
	}
}

func TestSee(t *testing.T) {
	reporter := people[7].Actor
	for _, c := range []struct {
		head cvd.Head
		want bool
	}{
		{cvd.Head{Tell: cvd.TellReporter, Actor: "member/m-1"}, true},
		{cvd.Head{Tell: cvd.TellTeam, Actor: "member/m-1"}, false},
		{cvd.Head{Tell: cvd.TellNobody, Actor: "member/m-1"}, false},
		{cvd.Head{Tell: cvd.TellNobody, Actor: "reporter"}, true},
		{cvd.Head{Tell: cvd.TellTeam, Actor: "system"}, false},
	} {
		if got := may.See(reporter, &c.head); got != c.want {
			t.Errorf("the reporter sees %+v: %v", c.head, got)
		}
		if !may.See(as(cvd.RoleMember), &c.head) {
			t.Errorf("a member does not see %+v", c.head)
		}
	}
}

func TestOpenFile(t *testing.T) {
	holder := cvd.Actor{Kind: cvd.ActorMember, ID: "m-7", Roles: []cvd.Role{cvd.RoleMember}}
	former := holder
	former.Roles = []cvd.Role{cvd.RoleFixer}
	for _, c := range []struct {
		name      string
		who       cvd.Actor
		entrusted bool
		want      bool // where personal data was seen
	}{
		{"lead", as(cvd.RoleLead), false, true},
		{"holder who took it", holder, false, false},
		{"holder who was given it", holder, true, true},
		{"holder who is no member any more", former, true, false},
		{"member", as(cvd.RoleMember), true, false},
		{"fixer", as(cvd.RoleFixer), true, false},
		{"auditor", as(cvd.RoleAuditor), true, false},
		{"reporter", people[7].Actor, false, true},
	} {
		f := caseWith("m-1")
		f.Entrusted = c.entrusted
		if !may.OpenFile(c.who, f) {
			t.Errorf("an ordinary file stays closed to the %s", c.name)
		}
		f.Flags.Privacy = true
		if got := may.OpenFile(c.who, f); got != c.want {
			t.Errorf("a file with personal data opens to the %s: %v", c.name, got)
		}
		if got := may.Entrust(c.who, f); got != c.want {
			t.Errorf("the %s hands on what they may open: %v", c.name, got)
		}
	}
	f := caseWith("")
	f.Flags.Privacy, f.Entrusted, f.Assignee = true, true, ""
	if may.OpenFile(cvd.Actor{Kind: cvd.ActorMember, Roles: []cvd.Role{cvd.RoleMember}}, f) {
		t.Error("nobody's case is held by who has no id")
	}
}

func TestGlimpse(t *testing.T) {
	for i, want := range []bool{true, true, true, false, true, true, true, true, false, false, true} {
		if got := may.Glimpse(people[i].Actor, "FL-2026-2222222") == nil; got != want {
			t.Errorf("%s: %v", people[i].name, got)
		}
	}
	if err := may.Glimpse(people[7].Actor, "FL-2026-3333333"); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("a receipt of another case: %v", err)
	}
}
