package release

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

func creditGate(t *rapid.T, c *cvd.Case, evs []cvd.Event, a *cvd.Advisory) Gate {
	for _, g := range Gates(c, evs, a, nil, &policy.Policy{}, monday) {
		if g.Name == "credit" {
			return g
		}
	}
	t.Fatal("no gate")
	return Gate{}
}

// Where the reporter is not to be named, an open gate means that no text of the
// record holds a name or an address that they ever gave, however often the contact
// was replaced and the same draft saved again; a member's word opens it only for
// names that cannot be told from other people's.
func TestNobodyIsNamedAgainstTheirWish(t *testing.T) {
	names := []string{"Switch Er", "An Ymous", "Rea Marie Finder", "r34p3r"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		mail := "who@example.net"
		c := readyCase()
		c.Release.Draft, c.Sources.Contact = 9, 5
		who := c.Participant(cvd.Reporter)
		was := readyRecord()
		was.Credits = []cvd.AdvisoryCredit{{Name: name, Kind: "FINDER", Contact: []string{mail}}}
		now := was.Clone()
		if rapid.Bool().Draw(t, "taken out") {
			now.Credits = nil
		}
		said := rapid.SampledFrom([]string{"", name, strings.ToUpper(name), "by  " + strings.ReplaceAll(name, " ", "\n"), mail, "(" + mail + ")", "Another"}).Draw(t, "said")
		for _, field := range []*string{&now.Title, &now.Overview, &now.Details, &now.Why, &now.Vulnerabilities[0].Exploited} {
			if rapid.IntRange(0, 3).Draw(t, "here") == 0 {
				*field += " " + said
			}
		}
		who.Contact = rapid.SampledFrom([]*cvd.Contact{
			nil, {Credit: cvd.Credit{Wanted: "anonymous"}}, {Credit: cvd.Credit{Wanted: "none"}}, {}, {Name: name, Email: mail, Credit: cvd.Credit{Wanted: "anonymous"}},
		}).Draw(t, "contact")
		drafted := func(seq int64, a *cvd.Advisory) cvd.Event {
			return cvd.Event{Head: cvd.Head{Seq: seq, Type: cvd.EventDrafted, Human: true, Actor: "member/m-1"}, Body: &cvd.Body{Advisory: a}}
		}
		evs := []cvd.Event{drafted(3, was), drafted(8, now), drafted(9, now)}
		all, _ := json.Marshal(now)
		flat := bare(strings.ReplaceAll(string(all), `\n`, " "))
		holds := strings.Contains(flat, bare(name)) || strings.Contains(flat, bare(mail))
		if g := creditGate(t, c, evs, now); g.OK && holds {
			t.Fatalf("open: %s\n%s", g.Why, all)
		} else if !g.OK && !holds && len(now.Credits) == 0 {
			t.Fatalf("shut: %s\n%s", g.Why, all)
		}
		evs[2].Body.Others = true
		known := who.Contact != nil && who.Contact.Name != "" && (strings.Contains(name, " ") || len(now.Credits) > 0)
		if g := creditGate(t, c, evs, now); g.OK != (!holds || !known && (who.Contact == nil || who.Contact.Email == "" || !strings.Contains(flat, bare(mail)))) {
			t.Fatalf("with a member's word: %v %s\n%s", g.OK, g.Why, all)
		}
		c.Sources.Contact = 10 // the word was given before the wish
		if g := creditGate(t, c, evs, now); g.OK && holds {
			t.Fatalf("an old word opened it: %s", g.Why)
		}
		evs[2].Human, c.Sources.Contact = false, 5
		if g := creditGate(t, c, evs, now); g.OK && holds {
			t.Fatalf("a machine's word opened it: %s", g.Why)
		}
	})
}

// The reason of a revision is published too, so it names nobody who is not to be named;
// what else the record says does not keep it back.
func TestReasonsNameNobody(t *testing.T) {
	for _, c := range []struct {
		name, wanted, as, text string
		refused                bool
	}{
		{"nobody", "none", "", "The range was wrong.", false},
		{"the reporter, who wished for no name", "none", "", "Rea Porter told us that the range was wrong.", true},
		{"the reporter, who said nothing", "", "", "Thanks to R. Porter.", true},
		{"the address", "anonymous", "", "rea@example.org wrote to us.", true},
		{"the reporter as they asked", "name", "Rea Porter", "Rea Porter told us.", false},
		{"the reporter by the name that they did not choose", "name", "Harbour", "Rea Porter told us.", true},
	} {
		cs := &cvd.Case{Participants: []cvd.Participant{{ID: cvd.Reporter, Contact: &cvd.Contact{
			Name: "Rea Porter", Email: "rea@example.org", Credit: cvd.Credit{Wanted: c.wanted, As: c.as},
		}}}}
		err := Spoken(cs, nil, c.text)
		var faults cvd.Faults
		if refused := errors.Is(err, cvd.ErrNotReady) && errors.As(err, &faults) && faults[0].Field == "reason"; refused != c.refused || (err != nil) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
