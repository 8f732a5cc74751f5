package draft_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/policy"
	"fairlead/internal/policy/diff"
	"fairlead/internal/policy/draft"
)

func examples(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"signed-policy.yaml", "two-person-team.yaml"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "policies", name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

func parse(t *testing.T, file []byte) *policy.Policy {
	t.Helper()
	p, faults := policy.Parse("p.yaml", file)
	if p == nil {
		t.Fatalf("%v\n%s", faults, file)
	}
	return p
}

// Exactly what is changed differs, whatever else the file holds; where nothing is, the
// file comes back byte for byte.
func TestWrite(t *testing.T) {
	for name, file := range examples(t) {
		d, err := draft.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := d.Write(file); err != nil || !bytes.Equal(same, file) {
			t.Errorf("%s: nothing was changed, and it differs: %v", name, err)
		}
		d.Revision = "2.0"
		d.Languages = append(slices.Clone(d.Languages), "sv")
		d.Contacts = append(slices.Clone(d.Contacts), draft.Contact{URI: "https://example.com/report", Note: "A note: with a colon"})
		d.Amounts["acknowledge"], d.Amounts["disclose"] = "3 business days", "120 days"
		d.Amounts["fix.critical"] = "10 days"
		d.Minimum, d.Qualification, d.EveryMonths, d.WarnDays = "3", "Ten years\nof practice.", "6", "20"
		next, err := d.Write(file)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range diff.Between(parse(t, file), parse(t, next)) {
			got[c.Path] = c.To
		}
		for path, to := range map[string]string{
			"revision": "2.0", "promises.acknowledge.within": "3 business days", "team.minimum": "3", "review.every_months": "6", "review.warn_days": "20",
		} {
			if got[path] != to {
				t.Errorf("%s: %s is %q, not %q: %v", name, path, got[path], to, got)
			}
		}
		if !strings.Contains(string(next), "# ") {
			t.Errorf("%s: the comments are gone", name)
		}
		if p, faults := policy.Parse("p.yaml", next); p == nil {
			t.Errorf("%s: %v", name, faults)
		}
		moved := d
		moved.Contacts = slices.Clone(d.Contacts)
		moved.Contacts[0].URI, moved.Contacts[1] = "https://example.com/moved", draft.Contact{}
		moved.Qualification = "Another one."
		other, err := moved.Write(next)
		if err != nil {
			t.Fatal(err)
		}
		if p, faults := policy.Parse("p.yaml", other); p == nil {
			t.Errorf("%s: a contact that moves takes its translations along: %v", name, faults)
		}
		again, err := draft.Read(next)
		if err != nil || again.Amounts["fix.critical"] != "10 days" || again.Contacts[len(again.Contacts)-1].Note != "A note: with a colon" || again.Qualification != d.Qualification {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
		// And back.
		back, err := draft.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		back.Contacts = append(back.Contacts, make([]draft.Contact, len(again.Contacts)-len(back.Contacts))...)
		undone, err := back.Write(next)
		if err != nil {
			t.Fatal(err)
		}
		left := slices.DeleteFunc(diff.Between(parse(t, file), parse(t, undone)), func(c diff.Change) bool {
			return strings.HasPrefix(c.Path, "translations.") // of a text that was another meanwhile
		})
		if len(left) != 0 {
			t.Errorf("%s: what was changed and changed back differs: %v", name, left)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for _, file := range []string{"", "a: [", "\xff", "- 1"} {
		if _, err := draft.Read([]byte(file)); err == nil {
			t.Errorf("%q is read", file)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("a: b\nc: [d]", "x: y", "1")
	f.Fuzz(func(t *testing.T, file, uri, amount string) {
		d, err := draft.Read([]byte(file))
		if err != nil {
			return
		}
		d.Contacts = append(d.Contacts, draft.Contact{URI: uri})
		d.Amounts["verify"] = amount
		_, _ = d.Write([]byte(file))
	})
}
