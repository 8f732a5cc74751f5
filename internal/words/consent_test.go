package words

import (
	"testing"

	"fairlead/internal/cvd"
)

func TestConsentIsAPlainYes(t *testing.T) {
	for said, want := range map[cvd.Answer]bool{
		"yes": true, "Yes.": true, " YES! ": true, "yes, please": true, "true": true, "ja": true, "Ja, gern": true, "ja, gerne!": true,
		"oui": true, "Oui, bien sûr.": true, "d’accord": true,
		"": false, "no": false, "nein": false, "non": false, "lieber nicht": false, "only to Tidewater": false, "maybe": false,
		"vielleicht": false, "peut-être": false, "plutôt non": false, "yes?": false, "yes, but not to the press": false,
		"ja, aber nur an den Hersteller": false, "oui, sauf mon adresse": false, "rather not": false, "ask me first": false,
		"да": false, "yes 👎": false, "not yes": false, "unknown": false, "...": false,
	} {
		if got := Consents(said); got != want {
			t.Errorf("%q: %v, want %v", said, got, want)
		}
	}
}

// What a form proposes means what it says.
func TestConsentAsTheFormsSayIt(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		if yes := c.In(lang).Say("public.yes"); !Consents(cvd.Answer(yes)) {
			t.Errorf("%s: %q is no yes", lang, yes)
		}
		for _, id := range []string{"public.no", "public.unknown"} {
			if no := c.In(lang).Say(id); Consents(cvd.Answer(no)) {
				t.Errorf("%s: %q is a yes", lang, no)
			}
		}
	}
}
