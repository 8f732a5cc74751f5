package words

import (
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

func voice(t *testing.T) *Voice {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b.In("en")
}

// Every verb, event, state, band and clock of the field has its words, for both
// audiences.
func TestEveryWordOfTheField(t *testing.T) {
	v := voice(t)
	for _, spec := range rule.Specs {
		for _, id := range []string{"verb." + string(spec.Verb), "event." + string(spec.Event) + ".reporter", "event." + string(spec.Event) + ".team"} {
			if !v.Has(id) {
				t.Errorf("%s is missing", id)
			}
		}
	}
	for _, e := range []cvd.EventType{
		cvd.EventWarned, cvd.EventSlipped, cvd.EventBreached, cvd.EventEscalated, cvd.EventProceeded, cvd.EventRuled, cvd.EventHeadsUp, cvd.EventHeld,
		cvd.EventMailHeld, cvd.EventUndelivered, cvd.EventKeyLearned, cvd.EventKeyOffered, cvd.EventCodeUsed,
	} {
		if !v.Has("event."+string(e)+".team") || !v.Has("event."+string(e)+".reporter") {
			t.Errorf("event %s is missing", e)
		}
	}
	for _, b := range cvd.Bands {
		if !v.Has("band." + string(b)) {
			t.Errorf("band %s is missing", b)
		}
	}
}

func TestSay(t *testing.T) {
	v := voice(t)
	for _, c := range []struct{ got, want string }{
		{v.Say("distance.day", "count", 1), "1 day"},
		{v.Say("distance.day", "count", 3), "3 days"},
		{v.Say("no.such.text"), "⟦no.such.text⟧"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	v := voice(t)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at   time.Duration
		want string
	}{
		{0, "now"},
		{90 * time.Minute, "in 90 minutes"},
		{-3 * time.Hour, "3 hours ago"},
		{72 * time.Hour, "in 3 days"},
		{29 * time.Second, "now"},
		{2*time.Hour - time.Second, "in 2 hours"},
		{2*time.Hour - time.Minute, "in 119 minutes"},
		{48*time.Hour - time.Second, "in 2 days"},
		{47*time.Hour + 20*time.Minute, "in 47 hours"},
		{14*24*time.Hour - time.Second, "in 14 days"},
		{-(14*24*time.Hour - time.Second), "14 days ago"},
		{13*24*time.Hour + 11*time.Hour, "in 13 days"},
	} {
		if got := v.Distance(now.Add(c.at), now); got != c.want {
			t.Errorf("%s: got %q, want %q", c.at, got, c.want)
		}
	}
}

// What is left of an event without its words says that they are gone, and what its
// head still tells.
func TestEventWithoutItsWords(t *testing.T) {
	v := voice(t)
	clock := cvd.Clock{Kind: cvd.ClockFix, Due: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	for kind, want := range map[cvd.EventType]string{
		cvd.EventRated: "Severity set to (erased)", cvd.EventClosed: "Closed: (erased)", cvd.EventHandedOn: "Forwarded to (erased)",
		cvd.EventAttached: "File added: (erased)", cvd.EventBreached: "Promise broken: " + v.Say("clock.fix"),
		cvd.EventPostponed: "Date postponed: " + v.Say("clock.fix") + ", now by Fri 20 Nov 2026, 12:00 UTC",
	} {
		if got := v.Event(&cvd.Event{Head: cvd.Head{Type: kind, Clocks: []cvd.Clock{clock}}}, ForTeam, time.UTC); got.Heading != want || !got.Erased {
			t.Errorf("%s: %q, want %q", kind, got.Heading, want)
		}
	}
	if got := v.Event(&cvd.Event{Head: cvd.Head{Type: cvd.EventPostponed}}, ForTeam, time.UTC).Heading; got != "Date postponed: (erased), now by (erased)" {
		t.Errorf("%q", got)
	}
}

// Whom the policy's rule names is said in words, and a name stays as it is.
func TestAnEscalationSaysWhom(t *testing.T) {
	v := voice(t)
	for to, want := range map[string]string{"on-duty": "Escalated to whoever is on duty", "officers": "Escalated to the officers", "Mara Lind": "Escalated to Mara Lind"} {
		ev := &cvd.Event{Head: cvd.Head{Type: cvd.EventEscalated}, Body: &cvd.Body{To: to}}
		if got := v.Event(ev, ForTeam, time.UTC).Heading; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", to, got)
		}
	}
}

// A correction is no news of a new advisory, and nobody is asked again to keep quiet.
func TestACorrectionIsCalledOne(t *testing.T) {
	v := voice(t)
	say := func(kind cvd.EventType, revision int) Told {
		ev := &cvd.Event{Head: cvd.Head{Type: kind, Release: &cvd.Release{Advisory: "A-1", Revision: revision}}, Body: &cvd.Body{}}
		return v.Event(ev, ForReporter, time.UTC)
	}
	if got := say(cvd.EventPublished, 1).Heading; got != "The advisory is published: A-1, revision 1" {
		t.Error(got)
	}
	if got := say(cvd.EventPublished, 2).Heading; got != "The advisory was corrected: A-1, revision 2" {
		t.Error(got)
	}
	if first, again := say(cvd.EventScheduled, 0), say(cvd.EventScheduled, 1); first.Meaning == "" || again.Meaning != "" || !strings.HasPrefix(again.Heading, "A correction of the advisory A-1") {
		t.Errorf("%+v %+v", first, again)
	}
}

// The team's own words never reach the reporter's side of an event.
func TestEventKeepsTeamWordsFromTheReporter(t *testing.T) {
	v := voice(t)
	ev := &cvd.Event{
		Head: cvd.Head{Type: cvd.EventClosed, Tell: cvd.TellReporter},
		Body: &cvd.Body{Text: "to-reporter", Note: "canary-note", Silence: "canary-silence", Reason: "because", Outcome: "resolved"},
	}
	got := v.Event(ev, ForReporter, time.UTC)
	if got.Heading != "The case was closed: resolved" {
		t.Errorf("heading %q", got.Heading)
	}
	for _, q := range got.Quotes {
		if strings.Contains(q.Text, "canary") {
			t.Errorf("the reporter would read %q", q.Text)
		}
	}
	if len(v.Event(ev, ForTeam, time.UTC).Quotes) != 4 {
		t.Error("the team misses words")
	}
}

// What a room below said in English is found again, with the values in it.
func TestGloss(t *testing.T) {
	for text, want := range map[string]bool{
		"is missing": true, "is over 300 characters": true, "the case is received; close needs it to be accepted or deferred": true,
		"no such words anywhere": false, "is over ": false, "": false,
	} {
		if Glossed(text) != want {
			t.Errorf("%q: known is %v", text, !want)
		}
	}
	if p := cut("x", "has {{.a}} characters, more than the {{.b}} that it may have"); true {
		got, ok := p.match("has 12 characters, more than the 10 that it may have")
		if !ok || len(got) != 2 || got[0] != "12" || got[1] != "10" {
			t.Errorf("%q", got)
		}
	}
	if got := voice(t).Gloss("is missing"); got != "is missing" {
		t.Errorf("%q", got)
	}
}

// How a case ended is said in the reader's language, whoever wrote it down; what
// people put in words of their own stays as it is.
func TestOutcomeInTheReadersLanguage(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ lang, written, want string }{
		{"fr", "resolved", "résolu"},
		{"fr", "handed on", "transmis"},
		{"en", "handed on", "forwarded"},
		{"en", "doublon", "duplicate"},
		{"de", "doublon", "Dublette"},
		{"fr", "fixed in 2.4", "fixed in 2.4"},
		{"en", "", ""},
	} {
		if got := b.In(c.lang).Outcome(c.written); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.lang, c.written, got, c.want)
		}
	}
	ev := &cvd.Event{Head: cvd.Head{Type: cvd.EventClosed}, Body: &cvd.Body{Outcome: "invalid"}}
	if got := b.In("fr").Event(ev, ForReporter, time.UTC).Heading; got != "Le dossier a été clos\u00a0: non valide" {
		t.Errorf("%q", got)
	}
}
