package web

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

// Operators read how much is let through at once as well as in the long run, and as it is.
func TestLimitsAreWrittenDown(t *testing.T) {
	page, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string][2]int{
		"reports by the form":                   {reportsBurst, reportsMinute},
		"previews of a report":                  {looksBurst, looksMinute},
		"receipts, and codes of letters, tried": {codesBurst, codesMinute},
		"reports without a script":              {waitedBurst, waitedMinute},
		"words to the team about the policy":    {suggestBurst, suggestMinute},
	} {
		if row := fmt.Sprintf(`\n\| %s[^|\n]*\| %d \| %d \|\n`, what, c[0], c[1]); !regexp.MustCompile(row).Match(page) {
			t.Errorf("docs/operate.md does not say of %s: %d at once, %d a minute", what, c[0], c[1])
		}
	}
}
