package rule

import (
	"errors"
	"testing"

	"fairlead/internal/cvd"
)

// Somebody outside is named by an address, once, and is dropped by the id that they got;
// the reporter is no party, and a party is no reporter.
func TestParties(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	name := func(email string) error {
		evs, err := Decide(c, Deed{Verb: cvd.VerbNameParty, By: ann, In: cvd.Input{Contact: &cvd.Contact{Name: "Cora", Email: email}}}, noon)
		for _, ev := range evs {
			if ev.Tell != cvd.TellTeam {
				t.Errorf("told %s", ev.Tell)
			}
			if err := c.Apply(ev); err != nil {
				t.Fatal(err)
			}
		}
		return err
	}
	drop := func(id string) error {
		evs, err := Decide(c, Deed{Verb: cvd.VerbDropParty, By: ann, In: cvd.Input{To: id}}, noon)
		for _, ev := range evs {
			if err := c.Apply(ev); err != nil {
				t.Fatal(err)
			}
		}
		return err
	}
	c.Participant(cvd.Reporter).Contact = &cvd.Contact{Email: "rea@example.org"}
	reporter := c.Participant(cvd.Reporter).Contact
	if err := name("cora@example.net"); err != nil {
		t.Fatal(err)
	}
	id := cvd.PartyID(c.Version)
	p := c.Participant(id)
	if p == nil || !Party(p) || p.Contact.Email != "cora@example.net" || c.Participant(cvd.Reporter).Contact != reporter {
		t.Fatalf("%+v", c.Participants)
	}
	for what, err := range map[string]error{
		"twice": name("cora@example.net"), "twice in other letters": name("CORA@Example.NET"), "without an address": name(""), "the reporter": name("Rea@Example.org"), "the reporter is dropped": drop(string(cvd.Reporter)), "nobody": drop("party-99"),
	} {
		if !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := drop(string(id)); err != nil {
		t.Fatal(err)
	}
	if Party(c.Participant(id)) || !errors.Is(drop(string(id)), cvd.ErrNotReady) {
		t.Error("a party who was dropped is still one")
	}
	if err := name("cora@example.net"); err != nil || c.Participant(cvd.PartyID(c.Version)) == nil {
		t.Errorf("named again: %v", err)
	}
}
