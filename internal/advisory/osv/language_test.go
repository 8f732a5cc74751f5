package osv

import (
	"bytes"
	"testing"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
)

// Every format publishes the record's own text, so this one does too.
func TestOwnTextIsPublished(t *testing.T) {
	a := advisorytest.Example()
	a.Lang, a.Title, a.Texts = "fr", "Le propre titre", map[string]cvd.AdvisoryText{"en": {Title: "A title beside it"}}
	b, err := Format.Encode(a, advisorytest.Publisher)
	if err != nil || !bytes.Contains(b, []byte("Le propre titre")) || bytes.Contains(b, []byte("beside")) {
		t.Errorf("%v %s", err, b)
	}
}
