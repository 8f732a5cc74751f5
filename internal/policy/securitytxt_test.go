package policy

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func TestSecurityTxt(t *testing.T) {
	var b bytes.Buffer
	for _, name := range examples {
		for _, base := range []string{"https://security.example.org", "http://127.0.0.1:8080", ""} {
			got, err := SecurityTxt(example(t, name), SecurityTxtView{
				BaseURL: base, Now: now, Expires: now.AddDate(0, 6, 0).Add(300 * time.Millisecond),
				Encryption:      []string{"openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f", "http://127.0.0.1/key.asc"},
				CSAF:            []string{"https://security.example.org/.well-known/csaf/provider-metadata.json"},
				Acknowledgments: "https://security.example.org/thanks",
			})
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString("## " + name + " at " + base + "\n")
			b.Write(got)
			checkSecurityTxt(t, got)
		}
	}
	goldentest.Is(t, "testdata/securitytxt.golden", b.Bytes())
}

// checkSecurityTxt holds a file to RFC 9116 line by line.
func checkSecurityTxt(t *testing.T, text []byte) {
	t.Helper()
	if !bytes.HasSuffix(text, []byte("\n")) || bytes.ContainsAny(text, "\r\t") || bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		t.Errorf("line ends: %q", text)
	}
	count := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok || value == "" || strings.ContainsAny(name, " :") {
			t.Errorf("line %q is no field", line)
			continue
		}
		count[name]++
		if strings.HasPrefix(value, "http:") {
			t.Errorf("line %q is not https", line)
		}
	}
	if count["Contact"] < 1 || count["Expires"] != 1 || count["Preferred-Languages"] > 1 {
		t.Errorf("fields: %v", count)
	}
}

func TestSecurityTxtRefuses(t *testing.T) {
	p := example(t, "signed-policy")
	for name, expires := range map[string]time.Time{
		"past": now.Add(-time.Second), "now": now, "a year": now.AddDate(0, 0, 365), "never": {},
	} {
		if _, err := SecurityTxt(p, SecurityTxtView{Now: now, Expires: expires}); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := SecurityTxt(p, SecurityTxtView{Now: now, Expires: now.AddDate(0, 0, 365).Add(-time.Second)}); err != nil {
		t.Errorf("a second less than 365 days: %v", err)
	}
	if _, err := SecurityTxt(&Policy{}, SecurityTxtView{Now: now, Expires: now.Add(time.Hour)}); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("no contact: %v", err)
	}
}

// TestSecurityTxtLinesCannotBeForged puts a line end into every value, since
// not every caller comes by way of Parse.
func TestSecurityTxtLinesCannotBeForged(t *testing.T) {
	evil := "\nContact: mailto:evil@example.com"
	p := example(t, "two-person-team")
	p.Organisation.Name += evil
	p.Contacts = append(p.Contacts, Contact{URI: "https://example.org/" + evil, Encryption: "dns:x" + evil})
	p.Languages = []string{"en", "de" + evil}
	text, err := SecurityTxt(p, SecurityTxtView{
		BaseURL: "https://example.org" + evil, Now: now, Expires: now.Add(time.Hour), CSAF: []string{"https://example.org/" + evil},
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), evil) {
		t.Errorf("a forged line:\n%s", text)
	}
	checkSecurityTxt(t, text)
}
