package casework_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/store"
)

const canary = "Canary-Kestrel"

// raw is every byte that lies on the disk.
func (h *house) raw() map[string][]byte {
	h.t.Helper()
	out := map[string][]byte{}
	must(h.t, filepath.WalkDir(h.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		out[p[len(h.dir):]], err = os.ReadFile(p)
		return err
	}))
	return out
}

// Invariant 6: after a full life with a telltale word in every field of every
// input, no file on the disk holds the word, plain or in base64.
func TestACopyOfTheDiskTellsNothing(t *testing.T) {
	h := build(t, "signed-policy.yaml", onSQLite)
	h.member = h.addMember(canary+" Member", "canary-kestrel-member@example.org", cvd.RoleMember)
	contact := func() *cvd.Contact {
		return &cvd.Contact{
			Name: canary, Email: canary + "@example.net", Affiliation: canary, Title: canary, PGPKey: canary,
			Credit: cvd.Credit{Wanted: "name", As: canary}, ContactShareable: canary,
		}
	}
	report := func() *cvd.Report {
		return &cvd.Report{
			Product: canary, Version: canary, Title: canary, Description: canary, Steps: canary, Impact: canary, CWE: canary,
			URLs: cvd.Lines{canary}, Tools: cvd.Lines{canary}, AIUse: canary, FoundAt: canary, Exploited: canary, Public: canary,
			SensitiveDataSeen: canary, ProposedFix: canary, ThirdParty: canary, ReportedElsewhere: canary, DisclosurePlan: canary,
			OwnID: canary, Reporter: contact(), Extra: cvd.Extra{canary: json.RawMessage(`{"` + canary + `":["` + canary + `"]}`)},
		}
	}
	in := func(verb cvd.Verb) cvd.Input {
		i := cvd.Input{}
		for _, name := range rule.SpecOf(verb).Takes {
			switch name {
			case "text":
				i.Text = canary
			case "note":
				i.Note = canary
			case "reason":
				i.Reason = canary
			case "outcome":
				i.Outcome = canary
			case "missing":
				i.Missing = []string{canary}
			case "contact":
				i.Contact = contact()
			case "to":
				i.To = canary
			case "clauses":
				i.Clauses = []string{"no-data-access"}
			case "vector":
				i.Vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
			case "clock":
				i.Clock, i.Until = cvd.ClockUpdate, h.now.AddDate(1, 0, 0)
			}
		}
		return i
	}
	a, err := h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Report: report(), Channel: "api", Once: &casework.Once{Key: canary, Digest: canary},
	})
	must(t, err)
	r := h.reporter(a)
	do := func(by cvd.Actor, verb cvd.Verb, change ...func(*cvd.Input)) {
		t.Helper()
		i := in(verb)
		for _, f := range change {
			f(&i)
		}
		h.now = h.now.Add(time.Hour)
		h.do(by, a.Case, verb, i)
	}
	to := func(id string) func(*cvd.Input) { return func(i *cvd.Input) { i.To = id } }
	do(h.member, cvd.VerbAcknowledge)
	do(h.member, cvd.VerbAsk)
	do(r, cvd.VerbProvide)
	do(h.member, cvd.VerbClaim, to(h.member.ID))
	do(h.member, cvd.VerbInvite, to(h.fixer.ID))
	do(h.member, cvd.VerbInvalidate)
	do(r, cvd.VerbAppeal)
	do(h.member, cvd.VerbReopen)
	do(h.member, cvd.VerbAccept)
	do(h.member, cvd.VerbSeverity)
	do(h.member, cvd.VerbAct)
	do(h.member, cvd.VerbAfterAction)
	do(h.member, cvd.VerbPrivacy)
	do(h.member, cvd.VerbPostpone)
	do(h.member, cvd.VerbNoncompliance)
	do(h.lead, cvd.VerbConfirm)
	do(h.member, cvd.VerbMessage)
	do(r, cvd.VerbMessage)
	do(r, cvd.VerbContact)
	for _, by := range []cvd.Actor{r, h.fixer} {
		_, err := h.desk.As(by).Attach(ctx, a.Case, canary+".txt", strings.NewReader(strings.Repeat(canary, 9000)), cvd.Input{Text: canary})
		must(t, err)
	}
	do(h.member, cvd.VerbFixReady)
	do(h.member, cvd.VerbFixDeployed)
	do(h.member, cvd.VerbPublic)
	h.wait(60 * 24 * time.Hour)
	do(h.lead, cvd.VerbReissue)
	do(h.member, cvd.VerbRedact, func(i *cvd.Input) { i.Seq = 2 })
	do(h.member, cvd.VerbClose)
	h.do(h.member, a.Case, cvd.VerbSuccessor, cvd.Input{Text: canary})
	other, err := h.desk.As(h.member).Receive(ctx, casework.Submission{Report: report(), Channel: "phone"})
	must(t, err)
	h.do(h.member, other.Case, cvd.VerbHandOn, in(cvd.VerbHandOn))
	mail := letter(canary, canary, 10, cvd.MailFile{Name: canary, Data: []byte(canary)})
	mail.Raw = []byte("From: " + canary + "\n\n" + canary)
	mail.Proof.Domain, mail.Signer, mail.Held, mail.Proof.By, mail.From = canary, canary, canary, canary, canary+"@example.net"
	posted := h.mailed(mail)
	h.answer(posted.Case, letter(canary+"2", canary, 100<<10))
	h.do(cvd.System, posted.Case, cvd.VerbHoldMail, cvd.Input{Text: canary, Mail: mail})
	must(t, h.desk.As(cvd.System).Bounced(ctx, posted.Case, canary, canary))
	_, err = h.desk.As(cvd.Stranger).Claim(ctx, h.letterCode(posted.Case, 1))
	must(t, err)
	must(t, h.book.Suggest(ctx, canary))
	h.file(a.Case)
	must(t, h.st.Update(ctx, func(tx store.Tx) error { return nil }))
	var sent []store.Effect
	must(t, h.st.Update(ctx, func(tx store.Tx) (err error) {
		sent, err = tx.Lease(h.now, h.now.Add(time.Hour), 5)
		return err
	}))
	for _, e := range sent {
		e.Sealed, err = h.desk.SealSent(ctx, e, []byte(canary))
		must(t, err)
		e.State = store.EffectDone
		must(t, h.st.Update(ctx, func(tx store.Tx) error { return tx.Finish(e) }))
	}
	if out, _, err := h.desk.As(h.lead).Outbox(ctx, store.EffectDone, nil, 10); err != nil || len(out) == 0 || out[0].Text != canary {
		t.Errorf("what was sent does not come back: %v", err)
	}
	_, refused := h.try(h.member, other.Case, cvd.VerbNote, cvd.Input{Vector: canary})
	if refused == nil || strings.Contains(refused.Error(), canary) || !errors.Is(refused, cvd.ErrInvalid) {
		t.Errorf("a refusal repeats what was sent: %v", refused)
	}
	h.silent(a.Case)
}

// silent looks for the word on the disk, and first whether it would find one.
func (h *house) silent(id cvd.CaseID) {
	h.t.Helper()
	var needles [][]byte
	for _, word := range []string{"canary-kestrel", "canary", "kestrel"} {
		needles = append(needles, []byte(word))
	}
	var coded [][]byte
	for _, word := range []string{canary, "canary-kestrel"} {
		for shift := range 3 {
			s := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), word...))
			coded = append(coded, []byte(s[4:len(s)-2])) // without the edges, which depend on the neighbours
		}
	}
	found, names := false, ""
	for name, b := range h.raw() {
		names += " " + name
		found = found || bytes.Contains(b, []byte(id))
		low := bytes.ToLower(b)
		for _, n := range needles {
			if i := bytes.Index(low, n); i >= 0 {
				h.t.Errorf("%s holds %q", name, low[max(0, i-60):min(len(low), i+60)])
			}
		}
		for _, n := range coded {
			if bytes.Contains(b, n) {
				h.t.Errorf("%s holds the word in base64", name)
			}
		}
	}
	if !found || !strings.Contains(names, "fairlead.db") || !strings.Contains(names, "blobs") {
		h.t.Errorf("the search would find nothing, it looked into%s", names)
	}
}
