package rule

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

// Of the machines whose verbs come later.
var (
	emStates     = []cvd.EM{cvd.EMNone, cvd.EMProposed, cvd.EMActive, cvd.EMRevise, cvd.EMExited}
	emDeeds      = []string{"propose", "accept", "reject", "terminate"}
	consentDeeds = []string{"invite", "accept", "decline", "revise", "reset"}
)

// walk is one random life of a case: its state as Apply moved it, and the
// events that say the same.
type walk struct {
	c   *cvd.Case
	evs []cvd.Event
	now time.Time
}

func begin(t *rapid.T) *walk {
	w := &walk{c: &cvd.Case{}, now: noon}
	o := Opening{
		ID: cvd.NewCaseID("FL", 2026, [6]byte(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "id"))), Program: "site", Policy: 3,
		Report:   &cvd.Report{Title: rapid.SampledFrom([]string{"", "Login bypass"}).Draw(t, "title"), Description: "it breaks", Product: "site"},
		Contact:  rapid.SampledFrom([]*cvd.Contact{nil, {Name: "Rea", Email: "rea@example.org"}}).Draw(t, "contact"),
		Received: noon.Add(-time.Hour), Channel: "web",
		By:       rapid.SampledFrom([]cvd.Actor{cvd.Stranger, ann, bot}).Draw(t, "by"),
		Internal: rapid.Bool().Draw(t, "internal"),
	}
	evs, err := Open(o, w.now)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	w.apply(t, evs...)
	return w
}

func (w *walk) apply(t *rapid.T, evs ...cvd.Event) {
	for _, ev := range evs {
		if err := w.c.Apply(ev); err != nil {
			t.Fatalf("decided, but refused by Apply: %v", err)
		}
		w.evs = append(w.evs, ev)
	}
}

// randomDeed draws a verb and any input to it, also such as it does not take.
func randomDeed(t *rapid.T, c *cvd.Case) Deed {
	spec := rapid.SampledFrom(Specs).Draw(t, "verb")
	d := deed(spec.Verb, rapid.SampledFrom([]cvd.Actor{ann, bob, bot, rep, cvd.System}).Draw(t, "by"))
	if c.Pending != nil && spec.Verb == cvd.VerbConfirm {
		in := deed(c.Pending.Verb, ann).In
		d.Ruling = &in
		d.Score = &cvd.Score{Vector: in.Vector, Version: "4.0", Score: 9.3, Band: cvd.BandCritical}
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Clone(spec.Takes), "outcome")), 0, 2, rapid.ID[string]).Draw(t, "more") {
		fill(&d.In, name)
	}
	d.In.Until = map[bool]time.Time{true: noon.Add(1000 * time.Hour)}[!d.In.Until.IsZero()]
	if d.In.Seq != 0 {
		d.In.Seq = rapid.Int64Range(1, c.Version).Draw(t, "seq")
	}
	if c.Offer != nil && d.Verb == cvd.VerbTrustKey {
		d.In.Seq = c.Offer.Seq
	}
	for i := range c.Participants {
		if Party(&c.Participants[i]) && d.Verb == cvd.VerbDropParty {
			d.In.To = string(c.Participants[i].ID)
		}
	}
	if len(c.HeldMail) > 0 && (d.Verb == cvd.VerbAdmit || d.Verb == cvd.VerbDismiss) {
		d.In.Seq = rapid.SampledFrom(c.HeldMail).Draw(t, "held")
	}
	if slices.Contains(drafts, d.Verb) && rapid.Bool().Draw(t, "latest") {
		d.In.Seq = c.Release.Draft
	}
	d.Public = rapid.Bool().Draw(t, "public")
	d.Second = rapid.IntRange(0, 4).Draw(t, "second") == 0
	d.Alone = rapid.IntRange(0, 4).Draw(t, "alone") == 0
	d.Urgent = rapid.IntRange(0, 9).Draw(t, "urgent") == 0
	return d
}

// clocks does what the deadline rules do elsewhere: starts, meets and pauses
// some, so that the verbs which look at clocks are met.
func (w *walk) clocks(t *rapid.T, ev *cvd.Event) {
	switch ev.Type {
	case cvd.EventAsked:
		ev.Clocks = []cvd.Clock{{Kind: cvd.ClockNeedsInfo, Started: w.now, Due: w.now.Add(14 * 24 * time.Hour)}}
	case cvd.EventProvided:
		k := *w.c.Clock(cvd.ClockNeedsInfo)
		k.Met = w.now
		ev.Clocks = []cvd.Clock{k}
	case cvd.EventAccepted:
		ev.Clocks = []cvd.Clock{{Kind: cvd.ClockFix, Started: w.now, Due: w.now.Add(90 * 24 * time.Hour), Target: rapid.Bool().Draw(t, "target")}}
	case cvd.EventScheduled:
		ev.Clocks = []cvd.Clock{{Kind: cvd.ClockRelease, Started: w.now, Due: w.c.Release.At}}
	case cvd.EventAcknowledged:
		ev.Clocks = []cvd.Clock{{Kind: cvd.ClockAcknowledge, Started: noon, Due: noon.Add(time.Hour), Met: w.now}}
	}
}

// embargo walks one arrow of EM or of somebody's consent, whose verbs come
// later but whose machines stand already.
func (w *walk) embargo(t *rapid.T) {
	a := cvd.Arrow{Machine: cvd.MachineEM, From: string(w.c.EM), Do: rapid.SampledFrom(emDeeds).Draw(t, "em")}
	to, err := w.c.EM.Next(a.Do)
	a.To = string(to)
	if p := w.c.Participant(cvd.Reporter); p != nil && rapid.Bool().Draw(t, "consent") {
		a = cvd.Arrow{Machine: cvd.MachineConsent, Participant: cvd.Reporter, From: string(p.Consent), Do: rapid.SampledFrom(consentDeeds).Draw(t, "do")}
		var c cvd.Consent
		c, err = p.Consent.Next(a.Do)
		a.To = string(c)
	}
	ev := cvd.Event{Head: cvd.Head{
		Case: w.c.ID, Seq: w.c.Version + 1, Type: "embargo", V: 1, At: w.now, Actor: ann.Ref(), Tell: cvd.TellReporter, Arrows: []cvd.Arrow{a},
	}, Body: &cvd.Body{}}
	before := w.c.Clone()
	if err != nil {
		if got := w.c.Apply(ev); !errors.Is(got, cvd.ErrNotReady) {
			t.Fatalf("%v: %v", a, got)
		}
		same(t, before, w.c)
		return
	}
	w.apply(t, ev)
}

// act lets one random deed be decided twice, on a case that must not change.
func (w *walk) act(t *rapid.T) {
	d := randomDeed(t, w.c)
	before := w.c.Clone()
	evs, err := Decide(w.c, d, w.now)
	again, err2 := Decide(w.c, d, w.now)
	same(t, before, w.c)
	if diff := cmp.Diff(evs, again); diff != "" || (err == nil) != (err2 == nil) {
		t.Fatalf("asked twice, %s answers differently: %v %v %s", d.Verb, err, err2, diff)
	}
	if err != nil {
		kinds := []error{cvd.ErrNotFound, cvd.ErrForbidden, cvd.ErrInvalid, cvd.ErrNotReady, cvd.ErrEmbargoed, cvd.ErrConflict}
		if evs != nil || !slices.ContainsFunc(kinds, func(k error) bool { return errors.Is(err, k) }) {
			t.Fatalf("%s: %v is of no kind, or came with events", d.Verb, err)
		}
		return
	}
	for i := range evs {
		neverSilent(t, evs[i])
		w.clocks(t, &evs[i])
		from, bound := w.c.RM(), w.c.Embargoed()
		w.apply(t, evs[i])
		if w.c.Closed() && from != cvd.RMClosed {
			if bound {
				t.Fatalf("%s closed the case under an active embargo", d.Verb)
			}
			if w.c.Pending != nil {
				t.Fatalf("%s closed the case over a pending ruling", d.Verb)
			}
		}
		if from == cvd.RMClosed && !w.c.Closed() {
			t.Fatalf("%s opened a closed case", d.Verb)
		}
	}
}

// mail is what the house does by itself with mail to and from the reporter.
func (w *walk) mail(t *rapid.T) {
	var evs []cvd.Event
	switch rapid.IntRange(0, 2).Draw(t, "mail") {
	case 0:
		evs = append(evs, HoldMail(w.c, "words", &cvd.Mail{From: "rea@example.net"}, nil, w.now))
	case 1:
		evs = append(evs, Undelivered(w.c, "5.1.1", 1, w.now))
	case 2:
		finger := rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "key")
		known := ""
		if p := w.c.Participant(cvd.Reporter); p != nil && p.Contact != nil {
			known = p.Contact.PGPKey
		}
		evs = LearnKey(w.c, finger, finger, known, "attached", w.now)
	}
	for _, ev := range evs {
		neverSilent(t, ev)
		w.apply(t, ev)
	}
}

// hold is what the clock does to a scheduled release whose gates are shut.
func (w *walk) hold(t *rapid.T) {
	if w.c.Release.At.IsZero() {
		return
	}
	ev := Hold(w.c, "a gate is shut", w.c.Release.At.Add(24*time.Hour), w.now)
	neverSilent(t, ev)
	w.apply(t, ev)
}

func same(t *rapid.T, want, got *cvd.Case) {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the case changed (-before +after):\n%s", diff)
	}
}

// open is what of a case the heads alone tell: all but the words.
func openOnly(c *cvd.Case) *cvd.Case {
	d := c.Clone()
	d.Title, d.Product, d.Affects, d.Missing, d.Score, d.Outcome, d.CVEs, d.Offer = "", "", "", nil, nil, "", nil, nil
	for i := range d.Participants {
		d.Participants[i].Contact, d.Participants[i].ContactBox = nil, nil
	}
	return d
}

// erased is the history as it reads once the case's key is gone and its heads
// came back from where they are stored.
func erased(t *rapid.T, evs []cvd.Event) []cvd.Event {
	out := make([]cvd.Event, len(evs))
	for i, ev := range evs {
		b, err := json.Marshal(ev.Head)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &out[i].Head); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// redacted is the history as it reads once the keys of redacted bodies are gone.
func redacted(evs []cvd.Event) []cvd.Event {
	out := slices.Clone(evs)
	for _, ev := range evs {
		if ev.Redacts > 0 {
			out[ev.Redacts-1].Body = nil
		}
	}
	return out
}

func TestReplayIsTheCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := begin(t)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour)
			switch rapid.IntRange(0, 9).Draw(t, "turn") {
			case 0:
				w.embargo(t)
			case 1:
				w.hold(t)
			case 2:
				w.mail(t)
			default:
				w.act(t)
			}
		}
		again, err := cvd.Replay(w.evs)
		if err != nil {
			t.Fatal(err)
		}
		same(t, w.c, again)
		again, err = cvd.Replay(redacted(w.evs))
		if err != nil {
			t.Fatalf("a redacted case does not replay: %v", err)
		}
		same(t, w.c, again)
		bare, err := cvd.Replay(erased(t, w.evs))
		if err != nil {
			t.Fatalf("an erased case does not replay: %v", err)
		}
		same(t, openOnly(w.c), bare)
	})
}

// The walk must reach what it is to prove something about.
func TestWalksReachEveryState(t *testing.T) {
	reached := map[cvd.RM]bool{}
	published := false
	for seed := range 1500 {
		if published && seed > 100 && len(reached) == len(states)-1 {
			break
		}
		g := rapid.Custom(func(t *rapid.T) cvd.RM {
			w := begin(t)
			for range 40 {
				w.act(t)
			}
			published = published || w.c.Release.Revision > 0
			return w.c.RM()
		})
		reached[g.Example(seed)] = true
	}
	if !published {
		t.Error("no random walk publishes an advisory")
	}
	for _, s := range states[1:] {
		if !reached[s] {
			t.Errorf("no random walk ends %s", s)
		}
	}
}

func TestApplyRefusesAndChangesNothing(t *testing.T) {
	good := func(arrows ...cvd.Arrow) cvd.Event {
		return cvd.Event{Head: cvd.Head{Case: "FL-2026-2222222", Seq: 8, Type: cvd.EventNoted, V: 1, At: noon, Tell: cvd.TellTeam, Arrows: arrows}}
	}
	late, early, foreign := good(), good(), good()
	late.Seq, early.Seq, foreign.Case = 9, 7, "FL-2026-3333333"
	ok := cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: "received", Do: "validate", To: "valid"}
	for name, c := range map[string]struct {
		ev   cvd.Event
		want error
	}{
		"a gap":               {late, cvd.ErrConflict},
		"a number twice":      {early, cvd.ErrConflict},
		"another case":        {foreign, cvd.ErrInvalid},
		"no such participant": {good(cvd.Arrow{Machine: cvd.MachineRM, Participant: "nobody", From: "received", Do: "validate", To: "valid"}), cvd.ErrInvalid},
		"no such machine":     {good(cvd.Arrow{Machine: "pm", Participant: cvd.Vendor, From: "received", Do: "validate", To: "valid"}), cvd.ErrInvalid},
		"no such arrow":       {good(cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: "received", Do: "close", To: "closed"}), cvd.ErrNotReady},
		"another start":       {good(cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: "invalid", Do: "validate", To: "valid"}), cvd.ErrConflict},
		"another end":         {good(cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: "received", Do: "validate", To: "accepted"}), cvd.ErrConflict},
		"a second arrow":      {good(ok, cvd.Arrow{Machine: cvd.MachineCS, Participant: "", From: "Vfdpxa", Do: "D", To: "VfDpxa"}), cvd.ErrNotReady},
		"a third arrow":       {good(ok, cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: "valid", Do: "accept", To: "accepted"}, cvd.Arrow{Machine: cvd.MachineEM, Participant: "", From: "none", Do: "terminate", To: "exited"}), cvd.ErrNotReady},
	} {
		cs := caseIn(cvd.RMReceived)
		before := cs.Clone()
		if err := cs.Apply(c.ev); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if diff := cmp.Diff(before, cs); diff != "" {
			t.Errorf("%s changed the case:\n%s", name, diff)
		}
	}
	if _, err := cvd.Replay([]cvd.Event{good()}); !errors.Is(err, cvd.ErrConflict) {
		t.Errorf("a history that starts at 8: %v", err)
	}
}

func TestForgottenContact(t *testing.T) {
	c := caseIn(cvd.RMReceived)
	c.Participant(cvd.Reporter).Contact = &cvd.Contact{Name: "Rea"}
	c.Participant(cvd.Reporter).ContactBox = []byte("box")
	evs, err := Decide(c, deed(cvd.VerbForget, bob), noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(evs[0]); err != nil {
		t.Fatal(err)
	}
	if p := c.Participant(cvd.Reporter); p.Contact != nil || p.ContactBox != nil {
		t.Error("the contact is still there")
	}
}
