package casework_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/register"
	"fairlead/internal/store"
)

// fixed is a case with a fix.
func (h *house) fixed() casework.Accepted {
	h.t.Helper()
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "We look into it."})
	h.do(h.member, a.Case, cvd.VerbValidate, cvd.Input{Text: "It is so."})
	h.do(h.member, a.Case, cvd.VerbAccept, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"})
	h.do(h.member, a.Case, cvd.VerbFixReady, cvd.Input{})
	return a
}

func (h *house) draft(id cvd.CaseID) *casework.Draft {
	h.t.Helper()
	d, err := h.desk.As(h.member).Draft(ctx, id)
	must(h.t, err)
	return d
}

// advise saves the draft as it is filled, with this title, and returns its number.
func (h *house) advise(id cvd.CaseID, title string) int64 {
	h.t.Helper()
	d := h.draft(id)
	d.Record.Title = title
	return h.do(h.member, id, cvd.VerbAdvise, cvd.Input{Advisory: d.Record, Seq: d.Seq}).Case.Release.Draft
}

// entries is what is published.
func (h *house) entries() []*register.Entry {
	h.t.Helper()
	all, err := h.reg.Entries(ctx)
	must(h.t, err)
	return all
}

func (h *house) latest(id cvd.CaseID, typ cvd.EventType) *cvd.Event {
	h.t.Helper()
	for _, ev := range slices.Backward(h.file(id).Events) {
		if ev.Type == typ {
			return &ev
		}
	}
	return nil
}

// From the draft over the date to the release at its instant, a correction and the
// end: the case and the register say the same at every step.
func TestARelease(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		t := h.t
		a := h.fixed()
		d := h.draft(a.Case)
		if r := d.Record; d.Seq != 0 || r.Title != "canary-title" || r.Products[0].Name != "canary-product" || len(r.Vulnerabilities[0].Scores) != 1 || len(r.Credits) != 0 {
			t.Errorf("filled: %d, %+v", d.Seq, r)
		}
		seq := h.advise(a.Case, "Anybody can sign in")
		at := h.now.Add(8 * 24 * time.Hour)
		h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq})
		rehearsed, err := h.desk.As(h.member).Rehearse(ctx, a.Case, nil)
		must(t, err)
		for h.now.Before(at.Add(-time.Hour)) {
			h.wait(time.Hour)
		}
		if len(h.entries()) != 0 || h.latest(a.Case, cvd.EventHeadsUp) == nil {
			t.Fatal("published before its instant, or nobody was told ahead")
		}
		h.now = at
		h.wait(0)
		c := h.file(a.Case).Case
		if got := h.entries(); len(got) != 1 || got[0].ID != c.Release.Advisory || got[0].Revision != 1 || !got[0].Published.Equal(at.UTC()) {
			t.Fatalf("published %+v", got)
		}
		if ev := h.latest(a.Case, cvd.EventPublished); ev == nil || ev.Tell != cvd.TellReporter || ev.Actor != "system" || !c.Facts.Has(cvd.FactPublic) {
			t.Errorf("%+v, %s", ev, c.Facts)
		}
		doc, err := h.reg.Document(ctx, c.Release.Advisory, "csaf")
		must(t, err)
		if len(rehearsed.Documents) != 1 || !bytes.Equal(doc.Bytes, rehearsed.Documents[0].Bytes) {
			t.Errorf("the rehearsal showed other bytes than were published")
		}
		h.wait(time.Hour)

		seq = h.advise(a.Case, "Anybody can sign in as anybody")
		h.refused(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq}, cvd.ErrInvalid)
		h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq, Reason: "the title was too narrow"})
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		h.now = h.now.Add(time.Hour)
		h.do(h.member, a.Case, cvd.VerbRetract, cvd.Input{Reason: "it was no vulnerability"})
		rec, err := h.reg.Record(ctx, c.Release.Advisory, 0)
		must(t, err)
		if rec.Revision != 3 || rec.Withdrawn.IsZero() || rec.Why != "it was no vulnerability" || len(rec.History) != 3 || rec.History[1].Text != "the title was too narrow" {
			t.Errorf("%+v", rec)
		}
		if c := h.file(a.Case).Case; c.Release.Revision != 3 || !c.Release.Withdrawn || !c.Closed() {
			t.Errorf("%+v", c.Release)
		}
		h.addsUp(a.Case)
	})
}

// A party outside hears the date, again before it and when it is out, by a notice that
// holds a date and nothing else; who was dropped hears nothing more, and their address
// cannot be read again.
func TestAPartyIsTold(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		t := h.t
		a := h.fixed()
		seq := h.advise(a.Case, "Anybody can sign in")
		cora, dan := cvd.Contact{Name: "Cora", Email: "cora@example.net"}, cvd.Contact{Name: "Dan", Email: "dan@example.net"}
		h.do(h.member, a.Case, cvd.VerbNameParty, cvd.Input{Contact: &cora})
		first := cvd.PartyID(h.file(a.Case).Case.Version)
		at := h.now.Add(8 * 24 * time.Hour)
		h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq})
		h.do(h.member, a.Case, cvd.VerbNameParty, cvd.Input{Contact: &dan}) // there is a date already
		second := cvd.PartyID(h.file(a.Case).Case.Version)
		told := func() map[string]string {
			all, _, err := h.desk.As(h.lead).Outbox(ctx, "", nil, 500)
			must(t, err)
			out, names := map[string]string{}, map[string]string{}
			for _, e := range all {
				if e.Kind != cvd.EffectNotifyParty {
					continue
				}
				out[e.To] = e.Template + " " + out[e.To]
				n, err := h.desk.As(cvd.System).Notice(ctx, e.Effect)
				must(t, err)
				// A name of its own, and none of the case's or of the reporter's letters.
				for _, name := range append([]string{n.Mail.Ref}, n.Mail.References...) {
					if strings.Contains(name, strings.ToLower(string(a.Case))) || names[name] != "" && names[name] != e.Key && name == n.Mail.Ref {
						t.Errorf("%s to %s is named %s", e.Template, e.To, name)
					}
					names[name] = e.Key
				}
				if n.Mail.ReplyTag+n.Mail.BounceTag+n.Mail.Text+n.Mail.Claim != "" {
					t.Errorf("%s to %s carries %+v", e.Template, e.To, n.Mail)
				}
				if e.To == string(second) && (!n.ToParty || n.ToReporter || len(n.To) != 1 || n.To[0].Email != dan.Email || n.Next != nil || !n.Due.Equal(h.file(a.Case).Case.Release.At)) {
					t.Errorf("%s to %s: %+v", e.Template, e.To, n)
				}
			}
			return out
		}
		if got := told(); got[string(first)] != "release-scheduled " || got[string(second)] != "party-named " {
			t.Errorf("%+v", got)
		}
		f, err := h.desk.As(h.reporter(a)).Case(ctx, a.Case)
		must(t, err)
		for _, ev := range f.Events {
			if ev.Type == cvd.EventPartyNamed {
				t.Error("the reporter reads who is told")
			}
		}
		h.do(h.member, a.Case, cvd.VerbDropParty, cvd.Input{To: string(first)})
		for h.now.Before(at.Add(-time.Hour)) {
			h.wait(time.Hour)
		}
		h.now = at
		h.wait(0)
		if got := told(); got[string(first)] != "release-scheduled " || got[string(second)] != "party-named release-ahead advisory-released " {
			t.Errorf("%+v", got)
		}
		h.addsUp(a.Case)
		h.do(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: seqOf(second), Reason: "not theirs"})
		if p := h.file(a.Case).Case.Participant(second); p.Contact != nil || p.ContactBox != nil {
			t.Error("the address outlives the words that it came with")
		}
		h.addsUp(a.Case)
	})
}

// seqOf is the number of the event that named the party.
func seqOf(id cvd.ParticipantID) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(string(id), "party-"), 10, 64)
	return n
}

// A gate that is shut at the instant keeps everything in, breaks the date loudly,
// and is tried again.
func TestAGateIsShutAtTheInstant(t *testing.T) {
	h := newHouse(t)
	a := h.fixed()
	d := h.draft(a.Case)
	d.Record.Credits = []cvd.AdvisoryCredit{{Name: "canary-name"}}
	named := &cvd.Contact{Name: "canary-name", Email: "canary@example.net", Credit: cvd.Credit{Wanted: "name"}}
	h.do(h.reporter(a), a.Case, cvd.VerbContact, cvd.Input{Contact: named})
	seq := h.do(h.member, a.Case, cvd.VerbAdvise, cvd.Input{Advisory: d.Record}).Case.Release.Draft
	at := h.now.Add(3 * time.Hour)
	h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq})
	shy := *named
	shy.Credit.Wanted = "anonymous"
	h.do(h.reporter(a), a.Case, cvd.VerbContact, cvd.Input{Contact: &shy})
	h.now = at
	h.wait(0)
	ev, c := h.latest(a.Case, cvd.EventHeld), h.file(a.Case).Case
	if ev == nil || ev.Tell != cvd.TellReporter || !strings.Contains(ev.Body.Note, "does not wish to be named") || len(h.entries()) != 0 {
		t.Fatalf("%+v, published %d", ev, len(h.entries()))
	}
	if !c.Breached() || !c.Release.At.After(at) || !c.Release.At.Equal(c.Clock(cvd.ClockRelease).Told()) {
		t.Errorf("%+v", c.Release)
	}
	h.wait(time.Minute)
	if n := h.file(a.Case).Case.Version; n != c.Version && h.latest(a.Case, cvd.EventEscalated) == nil {
		t.Error("it is held again every minute")
	}
	h.do(h.reporter(a), a.Case, cvd.VerbContact, cvd.Input{Contact: named})
	h.now = c.Release.At
	h.wait(0)
	if len(h.entries()) != 1 {
		t.Error("not published when the gate was open")
	}
	h.addsUp(a.Case)
}

func TestWhatIsNotSentOut(t *testing.T) {
	h := newHouse(t)
	a := h.fixed()
	seq := h.advise(a.Case, "wrong")
	at := h.now.Add(time.Hour)
	h.refused(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq}, cvd.ErrNotReady) // the lint
	seq = h.advise(a.Case, "right")
	h.refused(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq}, cvd.ErrNotReady) // the reporter was not told
	h.refused(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq - 1}, cvd.ErrConflict)
	h.refused(h.fixer, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq}, cvd.ErrNotFound)
	if _, err := h.desk.As(h.reporter(a)).Draft(ctx, a.Case); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("the reporter reads the draft: %v", err)
	}
	f, err := h.desk.As(h.reporter(a)).Case(ctx, a.Case)
	must(t, err)
	for _, ev := range f.Events {
		if ev.Type == cvd.EventDrafted {
			t.Error("the reporter's history holds a draft")
		}
	}
	h.do(h.member, a.Case, cvd.VerbPublic, cvd.Input{}) // then there is nothing to wait for
	h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq})
}

func TestTwoPeopleRelease(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "two-person-team.yaml"))
	must(t, err)
	h := newHouse(t)
	h.publishText([]byte(strings.Replace(string(src), "  publish: false", "  publish: true", 1)))
	a := h.fixed()
	seq := h.advise(a.Case, "Anybody can sign in")
	at := h.now.Add(time.Hour)
	h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq})
	h.now = at
	h.wait(0)
	if len(h.entries()) != 0 {
		t.Fatal("published before anybody confirmed")
	}
	h.refused(h.member, a.Case, cvd.VerbConfirm, cvd.Input{}, cvd.ErrNotReady)
	h.refused(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{}, cvd.ErrInvalid) // its instant has passed meanwhile
	h.do(h.lead, a.Case, cvd.VerbRefuse, cvd.Input{Note: "too late"})
	at = at.Add(2 * time.Hour)
	h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: at, Seq: seq})
	h.do(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{})
	h.now = at
	h.wait(0)
	if len(h.entries()) != 1 {
		t.Error("not published after two people stood behind it")
	}
	h.addsUp(a.Case)
}

// Whatever breaks at whichever step of a release, afterwards it is published once
// in the register and in the case, or in neither; and the next turn of the clock
// makes up for it.
func TestAReleaseIsWholeOrNotAtAll(t *testing.T) {
	var f *faulty
	h := build(t, "two-person-team.yaml", func(t *testing.T, dir string) store.Store {
		f = &faulty{Store: onSQLite(t, dir)}
		return f
	})
	failed := 0
	for at := 1; ; at++ {
		a := h.fixed()
		seq := h.advise(a.Case, "Anybody can sign in")
		due := h.now.Add(time.Hour)
		h.do(h.member, a.Case, cvd.VerbSchedule, cvd.Input{Until: due, Seq: seq})
		before := len(h.entries())
		h.now = due
		f.at = at
		_, err := h.desk.Tick(ctx)
		f.at = 0
		c := h.file(a.Case).Case
		switch {
		case err == nil:
			if c.Release.Revision != 1 || len(h.entries()) != before+1 {
				t.Fatalf("write %d: %+v with %d more entries, and nobody said so", at, c.Release, len(h.entries())-before)
			}
		case !errors.Is(err, cvd.ErrUnavailable) || c.Release.Revision != 0 || len(h.entries()) != before:
			t.Fatalf("write %d: %v left %+v with %d more entries", at, err, c.Release, len(h.entries())-before)
		default:
			failed++
		}
		for range 2 {
			_, err := h.desk.Tick(ctx)
			must(t, err)
		}
		if c := h.file(a.Case).Case; c.Release.Revision != 1 || len(h.entries()) != before+1 {
			t.Fatalf("write %d, afterwards: %+v, %d more entries", at, c.Release, len(h.entries())-before)
		}
		h.addsUp(a.Case)
		if err == nil && failed > 0 {
			break
		}
		if at > 40 {
			t.Fatal("no turn of the clock met the failing disk")
		}
	}
	v, err := h.reg.Verify(ctx)
	must(t, err)
	if failed < 4 || len(v.Faults) > 0 {
		t.Errorf("%d steps failed; the register says %v", failed, v.Faults)
	}
}

// An erased case takes its drafts with it; what is published stays.
func TestAnErasedCaseKeepsWhatIsPublished(t *testing.T) {
	h := newHouse(t)
	a := h.fixed()
	h.do(h.member, a.Case, cvd.VerbPublic, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: h.advise(a.Case, "Anybody can sign in")})
	h.do(h.lead, a.Case, cvd.VerbClose, cvd.Input{})
	h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked for it"})
	if _, err := h.desk.As(h.lead).Draft(ctx, a.Case); err == nil {
		t.Error("the draft can be read")
	}
	rec, err := h.reg.Record(ctx, h.entries()[0].ID, 0)
	must(t, err)
	if rec.Title != "Anybody can sign in" {
		t.Errorf("%+v", rec)
	}
}

// A draft never gets the id of something that is published already.
func TestADraftTakesNobodysID(t *testing.T) {
	h := newHouse(t)
	a := h.fixed()
	id := h.file(h.fixed().Case).Policy.Policy.Advisories.Prefix
	taken := cvd.AdvisoryID(cvd.NewCaseID(id, h.now.Year(), [6]byte{1, 2, 3, 4, 5, 6}))
	must(t, h.reg.Publish(ctx, &cvd.Advisory{
		ID: cvd.AdvisoryID(strings.ToLower(string(taken))), Revision: 1, Title: "Another", Published: h.now, Modified: h.now, Source: &cvd.AdvisorySource{Format: "osv"},
	}))
	h.desk.Rand = io.MultiReader(bytes.NewReader([]byte{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 9, 9, 9, 9, 9, 9}), rand.Reader)
	h.advise(a.Case, "Anybody can sign in")
	if got := h.file(a.Case).Case.Release.Advisory; got != cvd.AdvisoryID(cvd.NewCaseID(id, h.now.Year(), [6]byte{9, 9, 9, 9, 9, 9})) {
		t.Errorf("it is %s, and %s is taken", got, taken)
	}
}

// Who is only named on a case needs the matter, not the person: the names that a
// draft credits are not shown to them before everybody may read them.
func TestAFixerReadsADraftWithoutNames(t *testing.T) {
	h := newHouse(t)
	a := h.fixed()
	h.do(h.member, a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Name: "canary-name", Credit: cvd.Credit{Wanted: "name"}}})
	h.do(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})
	h.do(h.member, a.Case, cvd.VerbPublic, cvd.Input{})
	names := func(by cvd.Actor) string {
		t.Helper()
		d, err := h.desk.As(by).Draft(ctx, a.Case)
		must(t, err)
		r, err := h.desk.As(by).Rehearse(ctx, a.Case, nil)
		must(t, err)
		b, err := json.Marshal([]any{d.Record, d.Drafts, d.Before, d.Events})
		must(t, err)
		for _, doc := range r.Documents {
			b = append(b, doc.Bytes...)
		}
		return string(b)
	}
	seq := int64(0)
	for _, tlp := range []cvd.TLP{cvd.TLPAmber, cvd.TLPClear} {
		d := h.draft(a.Case)
		d.Record.TLP, d.Record.Title = tlp, "Anybody can sign in, says "+string(tlp)
		seq = h.do(h.member, a.Case, cvd.VerbAdvise, cvd.Input{Advisory: d.Record, Seq: d.Seq}).Case.Release.Draft
		for range 2 { // as a draft, and as what is published for a few
			if text := names(h.fixer); strings.Contains(text, "canary-name") || !strings.Contains(text, string(tlp)) {
				t.Errorf("a fixer reads %s", text)
			}
			if !strings.Contains(names(h.member), "canary-name") {
				t.Error("a member does not read who is credited")
			}
			if tlp == cvd.TLPClear || h.file(a.Case).Case.Release.Revision > 0 {
				break
			}
			h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq})
		}
	}
	h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq, Reason: "for everybody"})
	d, err := h.desk.As(h.fixer).Draft(ctx, a.Case)
	must(t, err)
	if len(d.Before.Credits) != 1 {
		t.Error("what everybody reads is hidden from a fixer")
	}
}

// What everybody reads is not made to vanish by a correction for a few; it is withdrawn.
func TestAPublicAdvisoryStaysPublic(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		t := h.t
		a := h.fixed()
		h.do(h.member, a.Case, cvd.VerbPublic, cvd.Input{})
		h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: h.advise(a.Case, "Anybody can sign in")})
		d := h.draft(a.Case)
		d.Record.TLP = cvd.TLPAmber
		seq := h.do(h.member, a.Case, cvd.VerbAdvise, cvd.Input{Advisory: d.Record, Seq: d.Seq}).Case.Release.Draft
		_, err := h.desk.As(h.member).Do(ctx, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq, Reason: "for a few"})
		if !errors.Is(err, cvd.ErrNotReady) || !strings.Contains(err.Error(), "would vanish") {
			t.Errorf("%v", err)
		}
		h.do(h.member, a.Case, cvd.VerbRetract, cvd.Input{Reason: "It was wrong."})
		if all := h.entries(); len(all) != 1 || !all[0].TLP.Public() {
			t.Errorf("%+v", all)
		}
	})
}

// Who is held to some scopes confirms nothing that they could not do: a yes does it.
func TestConfirmWantsTheScopeOfTheRuling(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "two-person-team.yaml"))
	must(t, err)
	h := newHouse(t)
	h.publishText([]byte(strings.Replace(string(src), "  publish: false", "  publish: true", 1)))
	a := h.fixed()
	seq := h.advise(a.Case, "Anybody can sign in")
	h.do(h.member, a.Case, cvd.VerbPublic, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbPublish, cvd.Input{Seq: seq})
	held := h.lead
	held.Scopes = []string{string(may.CasesWrite)}
	if _, err := h.try(held, a.Case, cvd.VerbConfirm, cvd.Input{}); !errors.Is(err, may.ErrScope) {
		t.Errorf("confirmed beyond its scopes: %v", err)
	}
	if len(h.entries()) != 0 {
		t.Fatal("published")
	}
	held.Scopes = append(held.Scopes, string(may.AdvisoriesWrite))
	if _, err := h.try(held, a.Case, cvd.VerbConfirm, cvd.Input{}); err != nil || len(h.entries()) != 1 {
		t.Errorf("not published: %v", err)
	}
}
