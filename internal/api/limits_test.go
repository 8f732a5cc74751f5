package api

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

// Operators read how much is let through, as it is.
func TestLimitsAreWrittenDown(t *testing.T) {
	page, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"reports by the API": reportsAMinute, "wrong receipts and tokens at the API, and codes of letters, right ones too": wrongAMinute, "writes by the API with one receipt": writesAMinute} {
		if row := fmt.Sprintf(`\n\| %s \| %d \| %d \|\n`, what, n, n); !regexp.MustCompile(row).Match(page) {
			t.Errorf("docs/operate.md does not say of %s: %d at once and a minute", what, n)
		}
	}
}
