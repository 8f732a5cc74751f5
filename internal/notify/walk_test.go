package notify_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/notify"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
)

// canary stands in every word that anybody gives to any verb.
const canary = "zanzibar"

const (
	lowVector  = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
	highVector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
)

// secret is a report of canaries.
func secret(email string) cvd.Report {
	w := func(s string) string { return canary + " " + s }
	return cvd.Report{
		Title: w("title"), Description: w("description"), Product: w("product"), Version: w("version"), Steps: w("steps"),
		Impact: w("impact"), CWE: w("cwe"), Exploited: cvd.Answer(w("exploited")), ProposedFix: w("fix"), DisclosurePlan: w("plan"),
		OwnID: w("id"), SensitiveDataSeen: cvd.Answer(w("data")),
		Reporter: &cvd.Contact{Name: w("name"), Email: email, Affiliation: w("company"), Title: w("doctor"), PGPKey: w("key")},
	}
}

// canaries fills every member of an input that the verb takes with canaries.
func canaries(verb cvd.Verb) cvd.Input {
	in := cvd.Input{}
	for _, name := range rule.SpecOf(verb).Takes {
		switch name {
		case "text":
			in.Text = canary + " text"
		case "note":
			in.Note = canary + " note"
		case "reason":
			in.Reason = canary + " reason"
		case "missing":
			in.Missing = []string{canary + " missing"}
		case "outcome":
			in.Outcome = canary + " outcome"
		case "to":
			in.To = canary + " colleagues"
		case "advisory":
			in.Advisory = &cvd.Advisory{Title: canary + " title", Details: canary + " details"}
		}
	}
	return in
}

// walk does every verb there is at least once, with canaries for words, and lets
// time do its part.
func walk(h *house) {
	h.Helper()
	plain := func(by cvd.Actor, id cvd.CaseID, verbs ...cvd.Verb) {
		h.Helper()
		for _, v := range verbs {
			h.do(by, id, v, canaries(v))
		}
	}
	with := func(by cvd.Actor, id cvd.CaseID, v cvd.Verb, change func(in *cvd.Input)) {
		h.Helper()
		in := canaries(v)
		change(&in)
		h.do(by, id, v, in)
	}
	// A long one, to the end and beyond.
	id, rosa, _ := h.report(secret("rosa@example.net"))
	plain(h.lead, id, cvd.VerbAcknowledge)
	with(h.lead, id, cvd.VerbClaim, func(in *cvd.Input) { in.To = "" })
	plain(h.lead, id, cvd.VerbAsk)
	plain(rosa, id, cvd.VerbProvide)
	plain(h.lead, id, cvd.VerbValidate)
	with(h.lead, id, cvd.VerbSeverity, func(in *cvd.Input) { in.Vector = lowVector })
	plain(h.lead, id, cvd.VerbAccept, cvd.VerbMessage, cvd.VerbNote)
	plain(rosa, id, cvd.VerbMessage)
	h.did[cvd.VerbAttach] = true
	must(h.desk.As(rosa).Attach(h.Context(), id, canary+".txt", strings.NewReader(canary), cvd.Input{Text: canary}))
	must(h.desk.As(h.lead).Attach(h.Context(), id, canary+".patch", strings.NewReader(canary), cvd.Input{Text: canary}))
	with(h.lead, id, cvd.VerbInvite, func(in *cvd.Input) { in.To = h.fixer.ID })
	plain(h.lead, id, cvd.VerbPrivacy, cvd.VerbEmergency, cvd.VerbAct, cvd.VerbAfterAction)
	with(h.lead, id, cvd.VerbNoncompliance, func(in *cvd.Input) {
		in.Clauses = []string{h.book.Current().Policy.Guidelines[0].ID}
	})
	plain(h.second, id, cvd.VerbConfirm)
	with(h.lead, id, cvd.VerbPostpone, func(in *cvd.Input) { in.Clock, in.Until = cvd.ClockUpdate, h.now().Add(90*24*time.Hour) })
	plain(h.lead, id, cvd.VerbFixReady, cvd.VerbFixDeployed, cvd.VerbPublic, cvd.VerbExploitPublic, cvd.VerbAttacks, cvd.VerbRelease)
	with(rosa, id, cvd.VerbContact, func(in *cvd.Input) { in.Contact = secret("rosa@example.net").Reporter })
	done := h.do(h.lead, id, cvd.VerbReissue, canaries(cvd.VerbReissue))
	rosa = must(h.auth.Receipt(h.Context(), done.Receipt))
	with(h.lead, id, cvd.VerbRedact, func(in *cvd.Input) { in.Seq = 2 })
	plain(h.lead, id, cvd.VerbClose)
	plain(rosa, id, cvd.VerbSuccessor)
	plain(h.lead, id, cvd.VerbForget, cvd.VerbErase)

	release(h, with)
	post(h, with)

	// Rulings, an appeal, and the ways out.
	id, tom, _ := h.report(secret("tom@example.net"))
	plain(h.lead, id, cvd.VerbInvalidate)
	plain(h.second, id, cvd.VerbRefuse)
	plain(h.lead, id, cvd.VerbInvalidate)
	plain(h.second, id, cvd.VerbConfirm)
	plain(tom, id, cvd.VerbAppeal)
	plain(h.lead, id, cvd.VerbReopen, cvd.VerbDefer, cvd.VerbHandOn)
	id, una, _ := h.report(secret("una@example.net"))
	plain(h.lead, id, cvd.VerbInvalidate)
	plain(h.second, id, cvd.VerbConfirm)
	plain(una, id, cvd.VerbAppeal)
	plain(h.lead, id, cvd.VerbUphold)
	id, uma, _ := h.report(secret("uma@example.net"))
	plain(uma, id, cvd.VerbWithdraw)
	id, _, _ = h.report(secret("vic@example.net"))
	with(h.lead, id, cvd.VerbSeverity, func(in *cvd.Input) { in.Vector = highVector })

	// Nobody answers: neither the team here nor the reporter there.
	h.report(secret("wim@example.net"))
	id, _, _ = h.report(secret("xia@example.net"))
	plain(h.lead, id, cvd.VerbAcknowledge, cvd.VerbAsk)
	for range 40 {
		h.turn(12 * time.Hour)
		must(h.desk.Tick(h.Context()))
	}
	for range 14 {
		h.turn(31 * 24 * time.Hour)
		if err := h.book.Tick(h.Context()); err != nil {
			h.Fatal(err)
		}
	}
}

// release takes an advisory from its draft to its end: called off, stopped by a
// gate, published, withdrawn; and another case to having none.
func release(h *house, with func(by cvd.Actor, id cvd.CaseID, v cvd.Verb, change func(in *cvd.Input))) {
	h.Helper()
	id, ria, _ := h.report(secret("ria@example.net"))
	latest := func(in *cvd.Input) { in.Seq = must(h.desk.As(h.lead).Case(h.Context(), id)).Case.Release.Draft }
	soon := func(in *cvd.Input) { latest(in); in.Until = h.now().Add(9 * 24 * time.Hour) }
	as := func(outcome string) func(in *cvd.Input) {
		return func(in *cvd.Input) { in.Outcome, in.CVE = outcome, "CVE-2026-12345" }
	}
	plain := func(*cvd.Input) {}
	for _, v := range []cvd.Verb{cvd.VerbValidate, cvd.VerbAccept, cvd.VerbFixReady, cvd.VerbAdvise, cvd.VerbOfferCheck} {
		with(h.lead, id, v, plain)
	}
	with(ria, id, cvd.VerbCheckResult, func(in *cvd.Input) { in.Outcome, in.Note = "pass", "" })
	with(h.lead, id, cvd.VerbCVE, as("reserved"))
	party := func(in *cvd.Input) { in.Contact = secret("party@example.net").Reporter }
	with(h.lead, id, cvd.VerbNameParty, party)
	other := func(in *cvd.Input) { in.Contact = secret("other-party@example.net").Reporter }
	with(h.lead, id, cvd.VerbNameParty, other)
	with(h.lead, id, cvd.VerbSchedule, soon)
	with(h.lead, id, cvd.VerbUnschedule, plain)
	with(h.lead, id, cvd.VerbSchedule, soon)
	h.turn(8 * 24 * time.Hour)
	must(h.desk.Tick(h.Context()))
	h.turn(24 * time.Hour) // to the instant that the reporter was told
	with(h.lead, id, cvd.VerbPublish, latest)
	with(h.lead, id, cvd.VerbRetract, plain)
	with(h.lead, id, cvd.VerbNoAdvisory, plain)
	with(h.lead, id, cvd.VerbDropParty, func(in *cvd.Input) {
		for _, p := range must(h.desk.As(h.lead).Case(h.Context(), id)).Case.Participants {
			if p.Contact != nil && p.Contact.Email == "other-party@example.net" {
				in.To = string(p.ID)
			}
		}
	})
}

// post does what mail asks of members: words that wait, letters that come back, a key
// that is another.
func post(h *house, with func(by cvd.Actor, id cvd.CaseID, v cvd.Verb, change func(in *cvd.Input))) {
	h.Helper()
	id, _, _ := h.report(secret("ria@example.net"))
	system := h.desk.As(cvd.System)
	hold := func(in *cvd.Input) {
		m := &cvd.Mail{From: "zanzibar@example.net", Subject: "zanzibar", Raw: []byte("zanzibar\n\nzanzibar")}
		in.Seq = must(system.Do(h.Context(), id, cvd.VerbHoldMail, cvd.Input{Text: "zanzibar", Mail: m})).Events[0].Seq
	}
	with(h.lead, id, cvd.VerbAdmit, hold)
	with(h.lead, id, cvd.VerbDismiss, hold)
	must(0, system.Bounced(h.Context(), id, "", "5.1.1"))
	with(h.lead, id, cvd.VerbReached, func(*cvd.Input) {})
	for range 2 {
		key := must(must(must(pgp.Generate("Ria", "ria@example.net", h.now(), 0)).Public()).Armor())
		must(0, system.Learn(h.Context(), id, string(key), "attached"))
	}
	with(h.lead, id, cvd.VerbTrustKey, func(in *cvd.Input) { in.Seq = must(h.desk.As(h.lead).Case(h.Context(), id)).Case.Offer.Seq })
}

// No mail holds a word that was given to any verb, in no header and no body,
// plain or decoded; nor does the log.
func TestNoMailTellsAnything(t *testing.T) {
	h := build(t, "invalidate: false", "invalidate: true", "noncompliance: false", "noncompliance: true")
	walk(h)
	for _, spec := range rule.Specs {
		if !h.did[spec.Verb] {
			t.Errorf("the walk leaves out %s", spec.Verb)
		}
	}
	p := &pocket{}
	o := h.outbox(h.mail(p))
	carried := h.drain(o)
	if n := len(h.carried(store.EffectDone)); carried == 0 || carried != n {
		t.Fatalf("%d carried, %d done", carried, n)
	}
	if dead := h.carried(store.EffectDead); len(dead) > 0 {
		t.Errorf("given up: %+v", dead)
	}
	subjects := map[string]int{}
	for _, m := range p.sent {
		r := must(mail.CreateReader(bytes.NewReader(m.Bytes)))
		part := must(r.NextPart())
		text := string(must(io.ReadAll(part.Body)))
		subject := must(r.Header.Subject())
		whole := strings.ToLower(string(m.Bytes) + m.To + m.From + text + subject)
		for _, word := range []string{canary, "cvss", "critical", "accepted", "invalid", "deferred", "closed", "withdrawn"} {
			if strings.Contains(whole, word) && (word == canary || strings.HasSuffix(m.To, "@example.net")) {
				t.Errorf("%q stands in\n%s", word, m.Bytes)
			}
		}
		if strings.ContainsRune(whole, '⟦') {
			t.Errorf("a text is missing:\n%s", m.Bytes)
		}
		if _, rest, ok := strings.Cut(subject, "] "); ok {
			subject = rest
		}
		subjects[strings.SplitAfter(m.To, "@")[1]+": "+subject]++
	}
	for _, want := range []string{
		"example.net: News about your report", "example.net: A new date for your report", "example.net: Your report has arrived",
		"team.example.org: A new report", "team.example.org: The reporter was active", "team.example.org: A date has passed",
		"team.example.org: A promise was broken", "team.example.org: A decision is needed", "team.example.org: Escalated: a promise waits for you", "team.example.org: Emergency",
		"team.example.org: A ruling waits for a second person", "team.example.org: You were named on a case",
		"team.example.org: The review of the policy falls due soon", "team.example.org: The review of the policy is overdue",
		"team.example.org: Something needs your eyes", "team.example.org: The reporter was told a later date",
	} {
		if subjects[want] == 0 {
			t.Errorf("nobody got %q; there were %v", want, subjects)
		}
	}
	if log := h.log.String(); strings.Contains(log, canary) || strings.Contains(log, "@example.net") {
		t.Errorf("the log tells:\n%s", log)
	}
	if h.drain(o) != 0 {
		t.Error("something was carried twice")
	}
}

// Mails reach whom they are for: reporters never get the team's, fixers only
// those of their cases.
func TestWhoGetsMail(t *testing.T) {
	h := build(t)
	p := &pocket{}
	id, rosa, receipt := h.report(secret("rosa@example.net"))
	h.report(secret(""))
	h.do(h.lead, id, cvd.VerbAcknowledge, cvd.Input{})
	h.do(h.lead, id, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})
	h.do(rosa, id, cvd.VerbMessage, cvd.Input{Text: "hello"})
	h.drain(h.outbox(h.mail(p)))
	count := map[string]int{}
	for _, m := range p.sent {
		count[m.To]++
		reporters := strings.Contains(string(m.Bytes), "/thread")
		if reporters != (m.To == "rosa@example.net") || strings.Contains(string(m.Bytes), receipt) {
			t.Errorf("to %s:\n%s", m.To, m.Bytes)
		}
	}
	// Rosa's has arrived and was acknowledged; those on duty hear of two new
	// reports and one message.
	want := map[string]int{"rosa@example.net": 2, "ada@team.example.org": 3, "ben@team.example.org": 3, "cleo@team.example.org": 1}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("mails %v, want %v", count, want)
	}
}

// A reporter whose address was deleted meanwhile gets nothing, and that is
// written down.
func TestAddressDeleted(t *testing.T) {
	h := build(t)
	id, _, _ := h.report(secret("rosa@example.net"))
	h.do(h.lead, id, cvd.VerbAcknowledge, cvd.Input{})
	h.do(h.lead, id, cvd.VerbForget, cvd.Input{Reason: "asked for it"})
	p := &pocket{}
	h.drain(h.outbox(h.mail(p)))
	if got := p.to("rosa@example.net"); len(got) > 0 {
		t.Errorf("%s", got[0].Bytes)
	}
	if !slices.ContainsFunc(h.carried(store.EffectDone), func(c casework.Carried) bool { return strings.HasPrefix(c.Text, "Not sent: ") }) {
		t.Error("nothing says why")
	}
}

// The demo keeps what it would send, for the team to see.
func TestKeep(t *testing.T) {
	h := build(t)
	h.report(secret("rosa@example.net"))
	h.drain(h.outbox(h.mail(notify.Keep{})))
	done := h.carried(store.EffectDone)
	if len(done) != 2 {
		t.Fatalf("%d done, want one for the reporter and one for the team", len(done))
	}
	for _, c := range done {
		want := []string{"Kept, not sent", "It would have gone to rosa@example.net.", "Subject: [TP-2026-", "https://report.example.org/thread"}
		if c.Kind == cvd.EffectNotifyTeam {
			want = []string{"Kept, not sent", "ada@team.example.org, ben@team.example.org", "Subject: [TP-2026-", "https://report.example.org/desk/cases/TP-2026-"}
		}
		for _, w := range want {
			if !strings.Contains(c.Text, w) {
				t.Errorf("%q is missing in\n%s", w, c.Text)
			}
		}
	}
}
