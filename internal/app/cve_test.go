package app_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/wall"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/publish/cveservices"
	"fairlead/internal/publish/cveservices/cna"
	"fairlead/internal/publish/cveservices/cveservicestest"
	"fairlead/internal/store/vault/reserved"
)

// assigner is a house of a CNA beside a double of CVE Services.
type assigner struct {
	*testing.T
	services *cveservicestest.Server
	cfg      app.Config
	clock    *wall.Clock
	h        *app.House
	member   cvd.Actor
}

func newAssigner(t *testing.T, change func(*app.CVEConfig)) *assigner {
	t.Helper()
	a := &assigner{T: t, services: cveservicestest.New(t, 20), clock: wall.Frozen(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))}
	a.cfg = app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}, CVE: &app.CVEConfig{
		BaseURL: a.services.URL, Org: cveservicestest.Org, OrgID: cveservicestest.OrgID, User: cveservicestest.User, Key: cveservicestest.Key, Live: true,
	}}
	change(a.cfg.CVE)
	a.open()
	ctx := t.Context()
	m, err := a.h.Auth.AddMember(ctx, cvd.System, cvd.Member{Name: "Mara", Email: "mara@example.org", Roles: []cvd.Role{cvd.RoleLead}, Active: true})
	a.must(err)
	a.member = cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
	_, err = a.h.Book.Publish(ctx, cvd.System, examples.TwoPersonTeam)
	a.must(err)
	t.Cleanup(func() { a.must(a.h.Close()) })
	return a
}

// open builds the house, anew if there was one: as after a crash, for nothing is
// finished before.
func (a *assigner) open() {
	a.Helper()
	if a.h != nil {
		a.must(a.h.Close())
	}
	h, err := app.Build(context.Background(), a.cfg, app.Options{Demo: true, Clock: a.clock, BaseURL: origin})
	a.must(err)
	a.h = h
}

func (a *assigner) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *assigner) do(id cvd.CaseID, verb cvd.Verb, in cvd.Input) *cvd.Case {
	a.Helper()
	done, err := a.h.Desk.As(a.member).Do(a.Context(), id, verb, in)
	if err != nil {
		a.Fatalf("%s: %v", verb, err)
	}
	return done.Case
}

// after lets time pass, a quarter of an hour at a time, so that failures are tried
// again.
func (a *assigner) after(d time.Duration) {
	a.Helper()
	a.must(a.h.Turn(a.Context()))
	for end := a.clock.Now().Add(d); a.clock.Now().Before(end); {
		a.clock.Advance(15 * time.Minute)
		a.must(a.h.Turn(a.Context()))
	}
}

// fixed is a case with a fix and a reporter.
func (a *assigner) fixed() cvd.CaseID {
	a.Helper()
	got, err := a.h.Desk.As(cvd.Stranger).Receive(a.Context(), casework.Submission{Channel: "web", Report: &cvd.Report{
		Title: "Anybody can sign in", Product: "Tidewater Server", Version: "3.2.0", Description: "It asks for no password.",
		Reporter: &cvd.Contact{Email: "ann@example.net"},
	}})
	a.must(err)
	a.do(got.Case, cvd.VerbMessage, cvd.Input{Text: "We look into it."})
	a.do(got.Case, cvd.VerbValidate, cvd.Input{})
	a.do(got.Case, cvd.VerbAccept, cvd.Input{})
	a.do(got.Case, cvd.VerbFixReady, cvd.Input{})
	return got.Case
}

func (a *assigner) reserve(id cvd.CaseID) string {
	a.Helper()
	a.do(id, cvd.VerbCVE, cvd.Input{Outcome: "requested"})
	a.after(0)
	f := a.file(id)
	if len(f.Case.CVEs) != 1 || f.Case.CVEs[0].State != cvd.CVEReserved {
		a.Fatalf("%v, %+v", f.Case.CVEs, a.sent(cvd.EffectCVEReserve))
	}
	return f.Case.CVEs[0].ID
}

// release publishes the advisory of a case, or its next revision, with this title.
func (a *assigner) release(id cvd.CaseID, title, why string) {
	a.Helper()
	d, err := a.h.Desk.As(a.member).Draft(a.Context(), id)
	a.must(err)
	r := d.Record
	r.Title, r.Overview, r.Vulnerabilities[0].CWE = title, "It asks for no password.", []string{"CWE-306"}
	r.Vulnerabilities[0].CVE = d.Case.CVEs[0].ID
	c := a.do(id, cvd.VerbAdvise, cvd.Input{Advisory: r, Seq: d.Seq})
	if why == "" {
		a.do(id, cvd.VerbSchedule, cvd.Input{Until: a.clock.Now().Add(time.Hour), Seq: c.Release.Draft})
		a.clock.Advance(time.Hour)
		return
	}
	a.do(id, cvd.VerbPublish, cvd.Input{Seq: c.Release.Draft, Reason: why})
}

func (a *assigner) file(id cvd.CaseID) *casework.File {
	a.Helper()
	f, err := a.h.Desk.As(a.member).Case(a.Context(), id)
	a.must(err)
	return f
}

// sent lists what became of the effects of a kind, oldest first.
func (a *assigner) sent(kind cvd.EffectKind) []casework.Carried {
	a.Helper()
	all, _, err := a.h.Desk.As(a.member).Outbox(a.Context(), "", nil, 200)
	a.must(err)
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(c casework.Carried) bool { return c.Kind != kind })
}

// text is what the latest effect of a kind for a case says; it must be done.
func (a *assigner) text(kind cvd.EffectKind, id cvd.CaseID) string {
	a.Helper()
	all := slices.DeleteFunc(a.sent(kind), func(c casework.Carried) bool { return c.Case != id })
	if len(all) == 0 || all[len(all)-1].State == casework.EffectDead {
		a.Fatalf("%+v", all)
	}
	return all[len(all)-1].Text
}

// changes are the requests that changed something at the services.
func (a *assigner) changes() []string {
	var out []string
	for _, r := range a.services.Requests() {
		if r.Method != http.MethodGet && r.Status < 300 {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

func (a *assigner) heard(id cvd.CaseID, outcome cvd.CVEState) int {
	n := 0
	for _, ev := range a.file(id).Events {
		if ev.Type == cvd.EventCVE && ev.Tell == cvd.TellReporter && ev.Actor == cvd.System.Ref() && ev.Body.Outcome == string(outcome) {
			n++
		}
	}
	return n
}

func live(*app.CVEConfig) {}

// From the reservation over the release and a correction to the withdrawal: each
// step is done once, whatever fails on the way, and the reporter hears of it.
func TestCVERecordsFollowTheAdvisory(t *testing.T) {
	a := newAssigner(t, live)
	id := a.fixed()
	cve := a.reserve(id)
	a.services.Requests()
	a.services.Fail(503, 500, 429)
	a.release(id, "Anybody can sign in", "")
	a.services.Lose(1) // the record is made, and nobody hears of it
	a.after(3 * time.Hour)
	if diff := cmp.Diff(map[string]string{cve: "PUBLISHED with record"}, a.services.States()); diff != "" {
		t.Fatal(diff, a.sent(cvd.EffectCVERecord))
	}
	if got := a.changes(); len(got) != 0 {
		t.Errorf("it was sent again: %q", got)
	}
	if c := a.file(id).Case; c.CVEs[0].State != cvd.CVEPublished || a.heard(id, cvd.CVEPublished) != 1 || a.heard(id, cvd.CVEReserved) != 1 {
		t.Errorf("%v, told %d and %d times", c.CVEs, a.heard(id, cvd.CVEReserved), a.heard(id, cvd.CVEPublished))
	}

	a.release(id, "Anybody can sign in as anybody", "the title was too narrow")
	a.after(time.Hour)
	if diff := cmp.Diff([]string{"PUT /cve/" + cve + "/cna"}, a.changes()); diff != "" {
		t.Error(diff)
	}
	a.do(id, cvd.VerbRetract, cvd.Input{Reason: "it was no vulnerability"})
	a.after(time.Hour)
	if diff := cmp.Diff([]string{"PUT /cve/" + cve + "/reject"}, a.changes()); diff != "" {
		t.Error(diff)
	}
	all := a.sent(cvd.EffectCVERecord)
	if len(all) != 3 {
		t.Fatalf("%d effects", len(all))
	}
	for i, want := range []string{"says so already", "as anybody", "it was no vulnerability"} {
		if all[i].State != casework.EffectDone || !strings.Contains(all[i].Text, want) {
			t.Errorf("%d: %s after %d tries: %s", i, all[i].State, all[i].Attempts, all[i].Text)
		}
	}
	if a.heard(id, cvd.CVEPublished) != 1 || a.heard(id, cvd.CVERejected) != 1 {
		t.Error("the reporter heard of a step twice, or never")
	}
}

// A dry run shows what would be sent, and sends nothing.
func TestADryRunSendsNothing(t *testing.T) {
	a := newAssigner(t, func(c *app.CVEConfig) { c.Live = false })
	id := a.fixed()
	a.do(id, cvd.VerbCVE, cvd.Input{Outcome: "requested"})
	a.after(0)
	a.do(id, cvd.VerbCVE, cvd.Input{CVE: "CVE-2026-12345", Outcome: "reserved"})
	a.release(id, "Anybody can sign in", "")
	a.after(time.Hour)
	for kind, want := range map[cvd.EffectKind]string{cvd.EffectCVEReserve: "POST /cve-id?amount=1", cvd.EffectCVERecord: "POST /cve/CVE-2026-12345/cna\n{\"cnaContainer\":"} {
		all := a.sent(kind)
		if len(all) != 1 || all[0].State != casework.EffectDone || !strings.Contains(all[0].Text, "Dry run") || !strings.Contains(all[0].Text, want) {
			t.Errorf("%s: %+v", kind, all)
		}
	}
	if got := a.services.Requests(); len(got) != 0 || a.file(id).Case.CVEs[0].State != cvd.CVEReserved {
		t.Errorf("%v, %v", got, a.file(id).Case.CVEs)
	}
}

// What a dry run only showed is told by the doctor once it is live, with the command
// that sends it; then it is sent, and nothing is told any more.
func TestTheDoctorTellsWhatWasOnlyRehearsed(t *testing.T) {
	a := newAssigner(t, func(c *app.CVEConfig) { c.Live = false })
	told := func(id cvd.CaseID) (out []string) {
		t.Helper()
		got, err := a.h.Doctor(t.Context(), false)
		a.must(err)
		for _, f := range got.Findings {
			if f.Where == string(id) {
				out = append(out, f.Text)
			}
		}
		return out
	}
	asked, id := a.fixed(), a.fixed()
	a.do(asked, cvd.VerbCVE, cvd.Input{Outcome: "requested"})
	a.after(0)
	if got := told(asked); len(got) != 0 {
		t.Errorf("a dry run is no fault: %v", got)
	}
	a.cfg.CVE.Live = true
	a.open()
	if got := told(asked); len(got) != 1 || !strings.Contains(got[0], "case do "+string(asked)+" cve --outcome requested") {
		t.Fatalf("%v", got)
	}
	cve := a.reserve(id)
	a.cfg.CVE.Live = false
	a.open()
	a.release(id, "Anybody can sign in", "")
	a.after(0)
	a.cfg.CVE.Live = true
	a.open()
	got := told(id)
	if len(got) != 1 || !strings.Contains(got[0], "case do "+string(id)+" cve --cve "+cve+" --outcome reserved") || a.file(id).Case.CVEs[0].State != cvd.CVEReserved {
		t.Fatalf("%v", got)
	}
	a.do(id, cvd.VerbCVE, cvd.Input{CVE: cve, Outcome: "reserved", Silent: "Sent after a dry run."})
	a.do(asked, cvd.VerbCVE, cvd.Input{Outcome: "requested", Silent: "Sent after a dry run."})
	if got := told(id); len(got) != 0 {
		t.Errorf("what waits in the outbox is told: %v", got)
	}
	a.after(0)
	if got := append(told(id), told(asked)...); len(got) != 0 || a.file(id).Case.CVEs[0].State != cvd.CVEPublished || a.file(asked).Case.CVEs[0].State != cvd.CVEReserved {
		t.Errorf("%v, %v, %v", got, a.file(id).Case.CVEs, a.file(asked).Case.CVEs)
	}
}

// What no further try can mend is given up at once and counted as an alarm; when it
// is mended, somebody has it tried again.
func TestARefusedKeyIsLoud(t *testing.T) {
	a := newAssigner(t, live)
	id := a.fixed()
	cve := a.reserve(id)
	a.cfg.CVE.Key = "wrong"
	a.open()
	a.release(id, "Anybody can sign in", "")
	a.after(0)
	all := a.sent(cvd.EffectCVERecord)
	if len(all) != 1 || all[0].State != casework.EffectDead || !strings.Contains(all[0].Text, "401") || strings.Contains(all[0].Text, "wrong") {
		t.Fatalf("%+v", all)
	}
	if s, err := a.h.Outbox.Status(t.Context()); err != nil || s.Dead != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	a.cfg.CVE.Key = cveservicestest.Key
	a.open()
	a.must(a.h.Desk.As(a.member).Retry(t.Context(), all[0].Key))
	a.after(0)
	if got := a.services.States()[cve]; got != "PUBLISHED with record" {
		t.Error(got)
	}
}

// carrier is the house's own, for a desk and a CNA of the test's choice.
func (a *assigner) carrier(cases cna.Cases, org string) *cna.Carrier {
	a.Helper()
	kept := reserved.Book{Store: a.h.Store, Vault: a.h.Vault}
	client, err := cveservices.New(cveservices.Config{
		Base: a.services.URL, Org: cveservicestest.Org, User: cveservicestest.User, Live: true, Keeper: kept, Now: a.clock.Now,
		Key: func(context.Context) (string, error) { return cveservicestest.Key, nil },
	})
	a.must(err)
	c, err := cna.New(cna.Config{
		Cases: cases, Published: a.h.Register, Client: client, Org: org, Live: true,
		Kept: kept.Kept, Publisher: a.h.Publisher, Voice: a.h.Words.In("en"),
	})
	a.must(err)
	return c
}

// killed is the desk of a process that dies before it writes anything down.
type killed struct{ *casework.Session }

func (killed) Do(context.Context, cvd.CaseID, cvd.Verb, cvd.Input) (casework.Done, error) {
	return casework.Done{}, errors.New("killed")
}

// Whatever cuts a reservation short, the case has one id in the end, and the
// services gave one.
func TestAReservationSurvivesACrash(t *testing.T) {
	for name, crash := range map[string]func(a *assigner, e casework.Effect){
		"before its answer came": func(a *assigner, _ casework.Effect) {
			a.services.Lose(1)
			a.after(0)
		},
		"before it was recorded": func(a *assigner, e casework.Effect) {
			c := a.carrier(killed{a.h.Desk.As(cvd.System)}, cveservicestest.Org)
			if _, err := c.Carry(a.Context(), e); err == nil {
				a.Fatal("nobody was killed")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAssigner(t, live)
			id := a.fixed()
			a.after(0)
			a.do(id, cvd.VerbCVE, cvd.Input{Outcome: "requested"})
			crash(a, a.sent(cvd.EffectCVEReserve)[0].Effect)
			if len(a.services.States()) != 1 || a.file(id).Case.CVEs[0].ID != "" {
				t.Fatalf("%v, %v", a.services.States(), a.file(id).Case.CVEs)
			}
			a.open()
			a.do(id, cvd.VerbCVE, cvd.Input{Outcome: "requested"}) // somebody grew impatient; that one is tried first
			a.after(time.Hour)
			c := a.file(id).Case
			if len(a.services.States()) != 1 || len(c.CVEs) != 1 || c.CVEs[0].State != cvd.CVEReserved || a.services.States()[c.CVEs[0].ID] != "RESERVED" || a.heard(id, cvd.CVEReserved) != 1 {
				t.Errorf("%v, %v, told %d times", a.services.States(), c.CVEs, a.heard(id, cvd.CVEReserved))
			}
		})
	}
}

// An id that is not used is rejected with a reason; one of another CNA is left to
// them; and a record waits for an advisory that anybody may read.
func TestIDsThatAreNotPublished(t *testing.T) {
	a := newAssigner(t, live)
	unused := a.fixed()
	cve := a.reserve(unused)
	a.do(unused, cvd.VerbNoAdvisory, cvd.Input{Reason: "nobody runs it any more"})
	a.after(0)
	if got := a.services.States()[cve]; got != "REJECTED with record" || a.heard(unused, cvd.CVERejected) != 1 {
		t.Error(got)
	}
	if text := a.text(cvd.EffectCVERecord, unused); !strings.Contains(text, "reserved and is not used") || strings.Contains(text, "nobody runs") {
		t.Error(text)
	}
	mistake := a.fixed()
	cve = a.reserve(mistake)
	a.do(mistake, cvd.VerbCVE, cvd.Input{CVE: cve, Outcome: "rejected", Reason: "The same as another one."})
	a.after(0)
	if text := a.text(cvd.EffectCVERecord, mistake); a.services.States()[cve] != "REJECTED with record" || !strings.Contains(text, "The same as another one.") {
		t.Errorf("%v %s", a.services.States(), text)
	}

	byHand := a.fixed()
	a.do(byHand, cvd.VerbCVE, cvd.Input{Outcome: "requested"})
	a.do(byHand, cvd.VerbCVE, cvd.Input{CVE: "CVE-2026-12345", Outcome: "reserved"})
	before := len(a.services.States())
	a.after(0)
	if text := a.text(cvd.EffectCVEReserve, byHand); len(a.services.States()) != before || !strings.Contains(text, "asked for any more") {
		t.Errorf("%v, %s", a.services.States(), text)
	}

	foreign := a.fixed()
	cve = a.reserve(foreign)
	a.release(foreign, "Anybody can sign in", "")
	_, err := a.h.Desk.Tick(t.Context())
	a.must(err)
	all := slices.DeleteFunc(a.sent(cvd.EffectCVERecord), func(c casework.Carried) bool { return c.Case != foreign })
	text, err := a.carrier(a.h.Desk.As(cvd.System), "somebody").Carry(t.Context(), all[0].Effect)
	if err != nil || !strings.Contains(string(text), "another CNA") || a.services.States()[cve] != "RESERVED" {
		t.Errorf("%s, %v", text, err)
	}

	few := a.fixed()
	cve = a.reserve(few)
	d, err := a.h.Desk.As(a.member).Draft(t.Context(), few)
	a.must(err)
	d.Record.TLP, d.Record.Overview, d.Record.Vulnerabilities[0].CVE, d.Record.Vulnerabilities[0].CWE = cvd.TLPAmber, "For a few.", cve, []string{"CWE-306"}
	c := a.do(few, cvd.VerbAdvise, cvd.Input{Advisory: d.Record})
	a.do(few, cvd.VerbSchedule, cvd.Input{Until: a.clock.Now().Add(time.Hour), Seq: c.Release.Draft})
	a.after(2 * time.Hour)
	if text := a.text(cvd.EffectCVERecord, few); !strings.Contains(text, "not for everybody") || a.services.States()[cve] != "RESERVED" {
		t.Error(text)
	}
}
