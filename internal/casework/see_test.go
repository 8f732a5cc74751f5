package casework_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/store"
)

// A case that is not there and one that may not be seen have one answer, word
// for word, through every way in.
func TestWhatMayNotBeSeenIsNotThere(t *testing.T) {
	each(t, "signed-policy.yaml", func(h *house) {
		a, mine := h.report(), h.report()
		const nowhere = cvd.CaseID("NL-2026-2222222")
		officer := h.officers["Chief Executive Officer"]
		for _, who := range []cvd.Actor{h.reporter(mine), h.fixer, officer, cvd.Stranger, {}, {Kind: cvd.ActorMember, ID: "m-9"}} {
			s := h.desk.As(who)
			for name, ask := range map[string]func(id cvd.CaseID) error{
				"read": func(id cvd.CaseID) error { _, err := s.Case(ctx, id); return err },
				"attach": func(id cvd.CaseID) error {
					_, err := s.Attach(ctx, id, "x", strings.NewReader("x"), cvd.Input{})
					return err
				},
				"download": func(id cvd.CaseID) error { _, _, err := s.Attachment(ctx, id, "x"); return err },
				"preview": func(id cvd.CaseID) error {
					_, err := s.Preview(ctx, id, cvd.VerbNote, cvd.Input{Note: "x"})
					return err
				},
			} {
				foreign, none := ask(a.Case), ask(nowhere)
				if !errors.Is(foreign, cvd.ErrNotFound) || foreign.Error() != none.Error() {
					h.t.Errorf("%s %v, %s: %q for a foreign case, %q for none", who.Kind, who.Roles, name, foreign, none)
				}
			}
			for _, spec := range rule.Specs {
				in := h.input(spec.Verb, &cvd.Case{})
				_, foreign := h.try(who, a.Case, spec.Verb, in)
				_, none := h.try(who, nowhere, spec.Verb, in)
				if !errors.Is(foreign, cvd.ErrNotFound) || foreign.Error() != none.Error() {
					h.t.Errorf("%s %v, %s: %q for a foreign case, %q for none", who.Kind, who.Roles, spec.Verb, foreign, none)
				}
			}
		}
		if _, err := h.try(h.lead, nowhere, cvd.VerbNote, cvd.Input{Note: "x"}); !errors.Is(err, cvd.ErrNotFound) {
			h.t.Errorf("a lead in a case that is not there: %v", err)
		}
		if c := h.file(a.Case).Case; c.Version != 1 {
			h.t.Errorf("somebody moved it to %d", c.Version)
		}
	})
}

func TestFixersSeeTheCasesThatNameThem(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		ids := func(s *casework.Session, f casework.Filter) (out []cvd.CaseID) {
			h.t.Helper()
			page, err := s.Cases(ctx, f)
			must(h.t, err)
			n, err := s.Count(ctx, f)
			must(h.t, err)
			if n[0] != len(page.Rows) {
				h.t.Errorf("%d counted, %d listed", n[0], len(page.Rows))
			}
			for _, r := range page.Rows {
				out = append(out, r.ID)
			}
			return out
		}
		a, b := h.report(), h.report()
		for _, who := range []string{"m-0", h.member.ID} {
			h.refused(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: who}, cvd.ErrInvalid)
		}
		h.do(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})
		h.do(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: h.fixer.ID}) // twice is once
		s := h.desk.As(h.fixer)
		if got := ids(s, casework.Filter{}); !slices.Equal(got, []cvd.CaseID{a.Case}) {
			h.t.Errorf("the fixer's list: %v", got)
		}
		if got := ids(s, casework.Filter{IDs: []cvd.CaseID{b.Case}}); slices.Contains(got, b.Case) {
			h.t.Error("a filter opens another case")
		}
		if got := ids(h.desk.As(h.other), casework.Filter{}); len(got) != 0 {
			h.t.Errorf("another fixer's list: %v", got)
		}
		if got := ids(h.desk.As(h.lead), casework.Filter{}); len(got) != 2 {
			h.t.Errorf("the lead's list: %v", got)
		}
		_, err := s.Case(ctx, a.Case)
		must(h.t, err)
		h.do(h.fixer, a.Case, cvd.VerbNote, cvd.Input{Note: "a fix"})
		h.refused(h.fixer, a.Case, cvd.VerbMessage, cvd.Input{Text: "x"}, cvd.ErrForbidden)
		h.refused(h.fixer, b.Case, cvd.VerbNote, cvd.Input{Note: "x"}, cvd.ErrNotFound)
	})
}

// lookup notes which cases were read.
type lookup struct {
	store.Store
	cases int
}

func (l *lookup) View(ctx context.Context, see func(tx store.Tx) error) error {
	return l.Store.View(ctx, func(tx store.Tx) error { return see(&lookupTx{tx, l}) })
}

type lookupTx struct {
	store.Tx
	l *lookup
}

func (t *lookupTx) Case(id cvd.CaseID) (store.Case, error) {
	t.l.cases++
	return t.Tx.Case(id)
}

// For a fixer a case that names somebody else is as little work as none: it is not
// even read.
func TestAForeignCaseIsNoWorkForAFixer(t *testing.T) {
	var st *lookup
	h := build(t, "two-person-team.yaml", func(t *testing.T, dir string) store.Store {
		st = &lookup{Store: onSQLite(t, dir)}
		return st
	})
	a := h.report()
	h.do(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: h.other.ID})
	for _, ask := range []func(id cvd.CaseID) error{
		func(id cvd.CaseID) error { _, err := h.desk.As(h.fixer).Case(ctx, id); return err },
		func(id cvd.CaseID) error {
			_, err := h.try(h.fixer, id, cvd.VerbNote, cvd.Input{Note: "x"})
			return err
		},
		func(id cvd.CaseID) error { _, err := h.try(h.fixer, id, cvd.VerbRedact, cvd.Input{Seq: 1}); return err },
		func(id cvd.CaseID) error { return h.desk.As(h.fixer).Judge(ctx, id, cvd.VerbNote, cvd.Input{}, nil) },
	} {
		for _, id := range []cvd.CaseID{a.Case, "TP-2026-2222222"} {
			st.cases = 0
			if err := ask(id); !errors.Is(err, cvd.ErrNotFound) || st.cases != 0 {
				t.Errorf("%s: %v, read %d times", id, err, st.cases)
			}
		}
	}
	if _, err := h.desk.As(h.other).Case(ctx, a.Case); err != nil || st.cases == 0 {
		t.Errorf("whom it names: %v", err)
	}
}

func TestOfficersAndStrangersHaveNoList(t *testing.T) {
	h := build(t, "signed-policy.yaml", onSQLite)
	a := h.report()
	for _, who := range []cvd.Actor{h.officers["Chief Executive Officer"], cvd.Stranger, h.reporter(a)} {
		s := h.desk.As(who)
		_, list := s.Cases(ctx, casework.Filter{})
		_, count := s.Count(ctx, casework.Filter{})
		_, _, sent := s.Outbox(ctx, "", nil, 10)
		for name, err := range map[string]error{"list": list, "count": count, "outbox": sent, "retry": s.Retry(ctx, "x")} {
			if !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("%s %s: %v", who.Kind, name, err)
			}
		}
	}
	if _, _, err := h.desk.As(h.fixer).Outbox(ctx, "", nil, 10); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("a fixer's outbox: %v", err)
	}
	if _, err := h.desk.As(h.lead).Notice(ctx, casework.Effect{}); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("a member carries effects: %v", err)
	}
	if _, err := h.desk.As(h.lead).Thread(ctx); !errors.Is(err, cvd.ErrUnauthenticated) {
		t.Errorf("a member has a thread: %v", err)
	}
}

// The reporter sees what was told to them and what they said; not the team's
// own words, nor who reads.
func TestTheReportersView(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbNote, cvd.Input{Note: "secret"})
	h.do(h.member, a.Case, cvd.VerbValidate, cvd.Input{Silent: "secret"})
	h.do(h.member, a.Case, cvd.VerbClaim, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "hello"})
	f, err := h.desk.As(h.reporter(a)).Case(ctx, a.Case)
	must(t, err)
	var got []cvd.EventType
	for _, ev := range f.Events {
		got = append(got, ev.Type)
	}
	if want := []cvd.EventType{cvd.EventReceived, cvd.EventMessage}; !slices.Equal(got, want) {
		t.Errorf("the reporter sees %v", got)
	}
	if len(f.Readers) != 0 {
		t.Error("the reporter sees who reads")
	}
	for _, v := range f.Verbs {
		if !slices.Contains([]cvd.Verb{cvd.VerbMessage, cvd.VerbAttach, cvd.VerbWithdraw, cvd.VerbContact}, v) {
			t.Errorf("the reporter is offered %s", v)
		}
	}
}

func TestLooksAreRecorded(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	f := h.attach(h.reporter(a), a.Case, "x", "x")
	look := func(by cvd.Actor) {
		t.Helper()
		_, err := h.desk.As(by).Case(ctx, a.Case)
		must(t, err)
	}
	look(h.member)
	look(h.member) // within ten minutes it is one look
	look(h.reporter(a))
	h.now = h.now.Add(11 * time.Minute)
	look(h.member)
	_, err := h.download(h.lead, a.Case, f.Blob)
	must(t, err)
	var got []string
	for _, r := range h.file(a.Case).Readers {
		got = append(got, r.Actor+" "+r.What)
	}
	slices.Sort(got)
	want := []string{h.lead.Ref() + " attachment", h.member.Ref() + " case", h.member.Ref() + " case"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
	h.refused(h.fixer, a.Case, cvd.VerbNote, cvd.Input{Note: "x"}, cvd.ErrNotFound)
	if n := len(h.file(a.Case).Readers); n != 4 { // the lead's own look before this one
		t.Errorf("%d looks", n)
	}
}

func TestSecondPerson(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "signed-policy.yaml"))
	must(t, err)
	for _, c := range []struct {
		name  string
		keys  string // of second_person
		verb  cvd.Verb
		in    cvd.Input
		waits bool
	}{
		{"invalid, not asked for", "", cvd.VerbInvalidate, cvd.Input{Reason: "x"}, false},
		{"invalid", "invalidate", cvd.VerbInvalidate, cvd.Input{Reason: "x"}, true},
		{"out of scope", "out_of_scope", cvd.VerbInvalidate, cvd.Input{Reason: "x", Clauses: []string{"denial-of-service"}}, true},
		{"no clause where scope is confirmed", "out_of_scope", cvd.VerbInvalidate, cvd.Input{Reason: "x"}, true},
		{"handed on without a clause where scope is confirmed", "out_of_scope", cvd.VerbHandOn, cvd.Input{Reason: "x", To: "the tracker"}, true},
		{"handed on as out of scope", "out_of_scope", cvd.VerbHandOn, cvd.Input{Reason: "x", To: "the tracker", Clauses: []string{"denial-of-service"}}, true},
		{"handed on for another clause", "out_of_scope", cvd.VerbHandOn, cvd.Input{Reason: "x", To: "the tracker", Clauses: []string{"no-data-access"}}, false},
		{"another clause", "out_of_scope", cvd.VerbInvalidate, cvd.Input{Reason: "x", Clauses: []string{"no-data-access"}}, false},
		{"against the rules", "", cvd.VerbNoncompliance, cvd.Input{Reason: "x", Clauses: []string{"no-data-access"}}, true},
		{"handed on from where it would be found invalid", "invalidate", cvd.VerbHandOn, cvd.Input{Reason: "x", To: "the tracker"}, true},
		{"a verb of no ruling", "invalidate", cvd.VerbValidate, cvd.Input{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t, "signed-policy.yaml", onSQLite)
			text := string(src)
			if c.keys != "" {
				text = strings.Replace(text, "  "+c.keys+": false", "  "+c.keys+": true", 1)
				h.publishText([]byte(text))
			}
			a := h.report()
			done := h.do(h.member, a.Case, c.verb, c.in)
			if (done.Case.Pending != nil) != c.waits {
				t.Fatalf("waits: %+v", done.Case.Pending)
			}
			if !c.waits {
				return
			}
			if done.Case.RM() != cvd.RMReceived || done.Events[0].Tell == cvd.TellReporter {
				t.Error("moved, or told the reporter, before it was confirmed")
			}
			bot := h.lead
			bot.Kind = cvd.ActorMachine
			for _, by := range []cvd.Actor{h.member, bot} {
				if _, err := h.try(by, a.Case, cvd.VerbConfirm, cvd.Input{}); err == nil {
					t.Errorf("confirmed by %s", by.Ref())
				}
			}
			h.refused(h.lead, a.Case, c.verb, c.in, cvd.ErrNotReady)
			h.do(h.lead, a.Case, cvd.VerbRefuse, cvd.Input{Note: "not so"})
			h.do(h.member, a.Case, c.verb, c.in)
			done = h.do(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{})
			if last := done.Events[len(done.Events)-1]; last.Tell != cvd.TellReporter || last.Body.Reason != "x" || !slices.Equal(last.Body.Clauses, c.in.Clauses) {
				t.Errorf("confirmed as %+v", last)
			}
			h.addsUp(a.Case)
		})
	}
}

// The operator's socket is nobody who could hold a case.
func TestWhoIsNoMemberHoldsNoCase(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	operator := cvd.Actor{Kind: cvd.ActorMachine, ID: "operator", Name: "operator", Roles: []cvd.Role{cvd.RoleLead}}
	_, err := h.try(operator, a.Case, cvd.VerbClaim, cvd.Input{})
	if !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), "no member of the team") {
		t.Errorf("claimed by the operator: %v", err)
	}
	h.do(operator, a.Case, cvd.VerbClaim, cvd.Input{To: h.member.ID})
	bot := h.lead
	bot.Kind = cvd.ActorMachine
	h.do(bot, a.Case, cvd.VerbClaim, cvd.Input{To: bot.ID})
	h.do(bot, a.Case, cvd.VerbRelease, cvd.Input{})
	h.do(bot, a.Case, cvd.VerbClaim, cvd.Input{})
	if c := h.file(a.Case).Case; c.Assignee != h.lead.ID {
		t.Errorf("held by %q", c.Assignee)
	}
}

// A team reduced to one rules alone, and that is written down.
func TestSingleHanded(t *testing.T) {
	h := build(t, "signed-policy.yaml", onSQLite)
	gone, err := h.auth.Member(ctx, h.member.ID)
	must(t, err)
	gone.Active = false
	must(t, h.auth.ChangeMember(ctx, h.lead, gone))
	a := h.report()
	done := h.do(h.lead, a.Case, cvd.VerbNoncompliance, cvd.Input{Reason: "x", Clauses: []string{"no-data-access"}})
	if done.Case.Pending != nil || len(done.Events) != 3 || !strings.Contains(done.Events[1].Body.Reason, "single-handed") {
		t.Errorf("ruled as %+v", done.Events)
	}
	h.addsUp(a.Case)
	// A machine in their name proposes only; the person behind it confirms.
	b, bot := h.report(), h.lead
	bot.Kind = cvd.ActorMachine
	done = h.do(bot, b.Case, cvd.VerbNoncompliance, cvd.Input{Reason: "x", Clauses: []string{"no-data-access"}})
	if done.Case.Pending == nil || len(done.Events) != 1 {
		t.Errorf("a machine ruled as %+v", done.Events)
	}
	done = h.do(h.lead, b.Case, cvd.VerbConfirm, cvd.Input{})
	if len(done.Events) != 2 || !strings.Contains(done.Events[0].Body.Reason, "single-handed") {
		t.Errorf("confirmed as %+v", done.Events)
	}
	h.addsUp(b.Case)
}

// Whoever proposed a ruling does not answer the appeal against it any more than who
// confirmed it, while a third could. A team of two must still answer, and says so.
func TestWhoRuledDoesNotAnswerTheAppeal(t *testing.T) {
	for name, third := range map[string]bool{"a team of two": false, "a team of three": true} {
		t.Run(name, func(t *testing.T) {
			h := build(t, "signed-policy.yaml", onSQLite)
			src, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "signed-policy.yaml"))
			must(t, err)
			h.publishText([]byte(strings.Replace(string(src), "  invalidate: false", "  invalidate: true", 1)))
			a := h.report()
			h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
			h.do(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{})
			h.do(h.reporter(a), a.Case, cvd.VerbAppeal, cvd.Input{Text: "look again"})
			by := h.member
			if third {
				by = h.addMember("Third", "third@example.org", cvd.RoleMember)
				h.refused(h.member, a.Case, cvd.VerbUphold, cvd.Input{Reason: "x"}, cvd.ErrNotReady)
				h.refused(h.lead, a.Case, cvd.VerbUphold, cvd.Input{Reason: "x"}, cvd.ErrNotReady)
			}
			done := h.do(by, a.Case, cvd.VerbUphold, cvd.Input{Reason: "x"})
			if said := strings.Contains(done.Events[0].Body.Note, "single-handed"); said == third {
				t.Errorf("answered as %q", done.Events[0].Body.Note)
			}
			h.addsUp(a.Case)
		})
	}
}

// Ending a case that was never accepted is a no, whatever it went through.
func TestTheEndOfWhatWasNeverAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		way   []cvd.Verb
		end   cvd.Verb
		in    cvd.Input
		waits bool
	}{
		"put off and closed": {[]cvd.Verb{cvd.VerbValidate, cvd.VerbDefer}, cvd.VerbClose, cvd.Input{Reason: "x"}, true},
		"valid, handed on":   {[]cvd.Verb{cvd.VerbValidate}, cvd.VerbHandOn, cvd.Input{Reason: "x", To: "y"}, true},
		"ruled on by two":    {[]cvd.Verb{cvd.VerbInvalidate}, cvd.VerbClose, cvd.Input{Reason: "x"}, false},
		"found valid again":  {[]cvd.Verb{cvd.VerbInvalidate, cvd.VerbValidate, cvd.VerbDefer}, cvd.VerbClose, cvd.Input{Reason: "x"}, true},
		"accepted":           {[]cvd.Verb{cvd.VerbValidate, cvd.VerbAccept}, cvd.VerbClose, cvd.Input{Reason: "x"}, false},
		"accepted, put off":  {[]cvd.Verb{cvd.VerbValidate, cvd.VerbAccept, cvd.VerbDefer}, cvd.VerbHandOn, cvd.Input{Reason: "x", To: "y"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, "signed-policy.yaml", onSQLite)
			src, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "signed-policy.yaml"))
			must(t, err)
			h.publishText([]byte(strings.Replace(string(src), "  invalidate: false", "  invalidate: true", 1)))
			a := h.report()
			for _, verb := range c.way {
				if done := h.do(h.member, a.Case, verb, cvd.Input{Reason: "x"}); done.Case.Pending != nil {
					h.do(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{})
				}
			}
			done := h.do(h.member, a.Case, c.end, c.in)
			if done.Case.Closed() == c.waits || (done.Case.Pending != nil) != c.waits {
				t.Errorf("%s, %+v", done.Case.RM(), done.Case.Pending)
			}
		})
	}
}
