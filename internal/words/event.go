package words

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Audience is who reads about an event.
type Audience string

// The audiences.
const (
	ForReporter Audience = "reporter"
	ForTeam     Audience = "team"
)

// Told is an event in words: what happened, what it means, and the words that
// people wrote. People's words are plain text and must be escaped by whoever
// shows them.
type Told struct {
	Heading string   // what changed
	Meaning string   // what is next; may be empty
	Quotes  []Quote  // what people wrote, in order
	Clauses []string // ids of the policy that are cited
	Missing []string // what is asked for
	Erased  bool
}

// Quote is something a person wrote, with what it is.
type Quote struct {
	Label string // such as "Reason"; empty for a message
	Text  string
	Team  bool // for the team's eyes only
}

// Event says what an event means to the audience. zone is where its dates are
// read.
func (v *Voice) Event(ev *cvd.Event, to Audience, zone *time.Location) Told {
	t := Told{}
	id := "event." + string(ev.Type)
	if ev.Type == cvd.EventSlipped && len(ev.Clocks) > 0 && !ev.At.Before(ev.Clocks[0].Due) {
		id += "-late" // the server was away; what is past is not announced
	}
	if ev.Type == cvd.EventWarned && len(ev.Clocks) > 0 && !ev.At.Before(ev.Clocks[0].Told()) {
		id += "-late"
	}
	if ev.Type == cvd.EventImported && ev.Body != nil && ev.Body.Author != "" && ev.Body.Mail != nil {
		id += "-" + ev.Body.Author // without the mail nobody knows when it was written
	}
	if corrects(ev) {
		id += "-again" // no news of a new advisory
	}
	pairs := v.blanks(ev, zone)
	t.Heading = v.first([]string{id + "." + string(to), id + ".reporter"}, pairs)
	if mean := id + ".next"; to == ForReporter && v.Has(mean) {
		t.Meaning = v.Say(mean, pairs...)
	}
	if ev.Body == nil {
		t.Erased = true
		return t
	}
	b := ev.Body
	add := func(label, text string, team bool) {
		if strings.TrimSpace(text) != "" && (!team || to == ForTeam) {
			t.Quotes = append(t.Quotes, Quote{label, text, team})
		}
	}
	add("", v.StandIn(b.Text), false)
	add(v.Say("quote.reason"), b.Reason, ev.Tell == cvd.TellTeam)
	add(v.Say("quote.note"), b.Note, true)
	add(v.Say("quote.silence"), b.Silence, true)
	if b.Input != nil && to == ForTeam {
		add(v.Say("quote.reason"), b.Input.Reason, true)
		add(v.Say("quote.text"), b.Input.Text, true)
		t.Clauses = b.Input.Clauses
	}
	if len(b.Clauses) > 0 {
		t.Clauses = b.Clauses
	}
	t.Missing = b.Missing
	return t
}

// corrects tells whether an event of a release is about a revision after the first.
func corrects(ev *cvd.Event) bool {
	if ev.Release == nil {
		return false
	}
	switch ev.Type {
	case cvd.EventPublished:
		return ev.Release.Revision > 1
	case cvd.EventScheduled, cvd.EventUnscheduled, cvd.EventHeadsUp, cvd.EventHeld:
		return ev.Release.Revision > 0
	}
	return false
}

// Value writes a JSON value as people read it: a text as it is, what has parts
// with a line for each.
func Value(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && len(raw) > 0 && raw[0] == '"' {
		return text
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func (v *Voice) first(ids []string, pairs []any) string {
	for _, id := range ids {
		if v.Has(id) {
			return v.Say(id, pairs...)
		}
	}
	return v.Say(ids[0])
}

// outcome is what came of a thing: people's words, or one of a few of ours.
func (v *Voice) outcome(of cvd.EventType, outcome string) string {
	switch of {
	case cvd.EventChecked:
		return v.Say("check." + outcome)
	case cvd.EventCVE:
		return v.Say("cve." + outcome)
	}
	return v.Outcome(outcome)
}

// written are the outcomes as the program writes them into histories, which stay for ever;
// in the order in which each language says them.
var written = map[string]string{"event.outcomes": "handed on|withdrawn|invalid|deferred"}

// Outcome says in this language how a case ended, where that is one of the words that
// the program writes or proposes in any language; people's own words stay.
func (v *Voice) Outcome(outcome string) string {
	book, err := load()
	if err != nil {
		return outcome
	}
	for _, id := range []string{"event.outcomes", "desk.outcomes"} {
		ours, known := strings.Split(v.Say(id), "|"), []string{cmp.Or(written[id], v.Say(id))}
		for _, other := range book.voices {
			known = append(known, other.Say(id))
		}
		for _, list := range known {
			if i := slices.Index(strings.Split(list, "|"), outcome); i >= 0 && i < len(ours) {
				return ours[i]
			}
		}
	}
	return outcome
}

// whom names those whom the policy's rules mean; a name is its own.
func (v *Voice) whom(to string) string {
	if id := "desk.to." + to; v.Has(id) {
		return v.Say(id)
	}
	return to
}

// blanks fills what the texts of events may name.
func (v *Voice) blanks(ev *cvd.Event, zone *time.Location) []any {
	pairs := []any{"clock", "", "until", "", "to", "", "outcome", "", "score", "", "file", "", "verb", "", "advisory", "", "revision", "", "cve", "", "written", ""}
	set := func(name, value string) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				pairs[i+1] = value
			}
		}
	}
	if ev.Pending != nil && ev.Pending.Seq != 0 {
		set("verb", v.Say("verb."+string(ev.Pending.Verb)))
	}
	if r := ev.Release; r != nil {
		set("advisory", string(r.Advisory))
		set("revision", strconv.Itoa(r.Revision))
	}
	if len(ev.Clocks) > 0 && ev.Type == cvd.EventProceeded {
		set("clock", v.Say("clock."+string(cvd.ClockNeedsInfo)))
	}
	b := ev.Body
	if b == nil {
		for i := 1; i < len(pairs); i += 2 {
			if pairs[i] == "" {
				pairs[i] = v.Say("event.erased-words")
			}
		}
		if len(ev.Clocks) == 1 { // the one it was about
			set("clock", v.Say("clock."+string(ev.Clocks[0].Kind)))
			set("until", v.Instant(ev.Clocks[0].Told(), zone))
		}
		return pairs
	}
	if b.Clock != "" {
		set("clock", v.Say("clock."+string(b.Clock)))
	}
	set("until", v.Instant(b.Until, zone))
	set("to", v.whom(b.To))
	set("outcome", v.outcome(ev.Type, b.Outcome))
	set("cve", b.CVE)
	if b.Mail != nil {
		set("written", v.Instant(b.Mail.At, zone))
	}
	if b.Score != nil {
		set("score", fmt.Sprintf("%s (CVSS %s: %.1f, %s)", v.Say("band."+string(b.Score.Band)), b.Score.Version, b.Score.Score, b.Score.Vector))
	}
	if b.File != nil {
		set("file", b.File.Name)
	}
	return pairs
}
