package cwe

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		id, name   string
		usage      Usage
		deprecated bool
	}{
		{"CWE-79", "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')", Allowed, false},
		{"CWE-71", "DEPRECATED: Apple '.DS_Store'", Prohibited, true},
		{"CWE-20", "Improper Input Validation", Discouraged, false},
		{"CWE-94", "Improper Control of Generation of Code ('Code Injection')", Review, false},
	} {
		w, ok := Find(c.id)
		if !ok || w.Name != c.name || w.Usage != c.usage || w.Deprecated() != c.deprecated {
			t.Errorf("%s: %+v %v", c.id, w, ok)
		}
	}
	for _, id := range []string{"", "79", "CWE-1", "CWE-079", "CWE-9999999"} {
		if w, ok := Find(id); ok {
			t.Errorf("%s: %+v", id, w)
		}
	}
}

// The table is whole, and keeps the copyright and the licence that its copies must carry.
func TestTable(t *testing.T) {
	if n := len(weaknesses()); n != 969 {
		t.Errorf("%d weaknesses", n)
	}
	head, _, _ := strings.Cut(table, "\n5\t")
	for _, want := range []string{"CWE) " + Version, "The MITRE Corporation", "reproduce MITRE's copyright designation and this license"} {
		if !strings.Contains(head, want) {
			t.Errorf("the table's head does not say %q", want)
		}
	}
	usages := map[Usage]int{}
	for _, w := range weaknesses() {
		usages[w.Usage]++
	}
	if usages[Allowed] != 751 || usages[Review] != 90 || usages[Discouraged] != 44 || usages[Prohibited] != 84 {
		t.Errorf("usages %v", usages)
	}
}
