package typed

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"fairlead/internal/web"
)

// An address says what was changed and no more, and gives the whole form back, emptied
// fields among it.
func TestWhatChangedGivesTheFormBack(t *testing.T) {
	fields := []web.Field{{Name: "revision", Value: "1.0"}, {Name: Contact(0, "uri"), Value: "tel:+1"}, {Name: Amount("fix.high"), Value: "30 days"}}
	form := url.Values{"base": {"d"}, "revision": {"1.1"}, "contact-0-uri": {""}, "amount-fix-high": {"30 days"}}
	changed := Changed(fields, "d", form)
	if got := changed.Encode(); got != "base=d&contact-0-uri=&revision=1.1" {
		t.Errorf("the address says %s", got)
	}
	if got := Form(fields, changed); !maps.EqualFunc(got, form, slices.Equal) {
		t.Errorf("it gives back %v", got)
	}
}

func TestField(t *testing.T) {
	for clause, want := range map[string]string{
		"contacts[1].uri": "contact-1-uri", "contacts[0].note": "contact-0-note", "contacts[2]": "contact-2-uri",
		"promises.fix.high.within": "amount-fix-high", "team.minimum": "minimum", "languages[1]": "languages",
	} {
		if got := Field(clause); got != want {
			t.Errorf("%s is the field %q, not %q", clause, got, want)
		}
	}
}
