package csaf_test

import (
	"strings"
	"testing"
	"time"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
)

// A withdrawn advisory says so where machines and lists look, and reads back as it was.
func TestWithdrawnIsInTheTitle(t *testing.T) {
	a := advisorytest.Records(t)["withdrawn"]
	b, err := csaf.Format.Encode(a, advisorytest.Publisher)
	if err != nil || !strings.Contains(string(b), `"title": "Withdrawn: `+a.Title) || !strings.Contains(string(b), `"title": "Reasoning for Withdrawal"`) {
		t.Fatalf("%v %s", err, b)
	}
	back, _, err := csaf.Format.Decode(b, time.Now())
	if err != nil || back.Title != a.Title || back.Why != a.Why {
		t.Errorf("%v %+v", err, back)
	}
	a = a.Clone()
	a.History = nil
	b, err = csaf.Format.Encode(a, advisorytest.Publisher)
	if err != nil || !strings.Contains(string(b), `"summary": "Withdrawn. `+a.Why) {
		t.Errorf("%v %s", err, b)
	}
}
