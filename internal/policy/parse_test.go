package policy

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"fairlead/internal/goldentest"
)

// broken are files that differ from the small one in one or more places.
var broken = []struct{ name, old, now string }{
	{"unknown key", "    within: 1 business day", "    withn: 1 business day"},
	{"unknown key at the top", "safe_harbour:", "safe_harbor:"},
	{"two faults at once", "prefix: EX", "prefix: example\n    prefixes: 2"},
	{"schema and meaning at once", "clause: no-bounty\n  text: No.", "clause: respct\n  txt: No."},
	{"missing key", "    within: 1 business day\n", "    target: false\n"},
	{"missing part", "cve:\n  initiated_by: vendor\n", ""},
	{"empty value", "  zone: Europe/Berlin", "  zone:"},
	{"amount", "1 business day", "one working day"},
	{"amount of nothing", "1 business day", "0 business days"},
	{"number for a text", `revision: "1.0"`, "revision: 1.0"},
	{"word for yes", "bounty: false", "bounty: maybe"},
	{"enum", "recognition: none", "recognition: cve_credit"},
	{"enum far off", "by: coordinated", "by: lottery"},
	{"duplicate key", "cve:\n", "cve:\n  initiated_by: either\n"},
	{"duplicate clause", "id: theirs", "id: ours"},
	{"reserved clause", "id: theirs", "id: part-scope"},
	{"clause cited in vain", "clause: no-bounty\n  text: No.", "clause: no-bonty\nlegal:\n  - id: no-bounty\n    title: None"},
	{"prefix twice", "scope:\n", "  - id: second\n    name: More\n    prefix: EX\n    products:\n      - name: Another\nscope:\n"},
	{"program's mail", "prefix: EX", "prefix: EX\n    mail: mailto:server@example.org"},
	{"program's mail twice", "prefix: EX", "prefix: EX\n    mail: a@example.org\n  - id: second\n    name: More\n    prefix: SE\n    mail: A@example.org"},
	{"advisories like cases", "scope:\n", "advisories:\n  prefix: EX\n  namespace: http://example.org\n  heads_up: 0 days\n  tlp: clear\nscope:\n"},
	{"contact without scheme", "mailto:security@example.org", "security@example.org"},
	{"contact by http", "mailto:security@example.org", "http://example.org/report"},
	{"contact that ends the line", "mailto:security@example.org", `"mailto:a@example.org\nContact: mailto:evil@example.com"`},
	{"telephone", "mailto:security@example.org", "tel:030 123"},
	{"encryption", "mailto:security@example.org", "mailto:a@example.org\n    encryption: keyfile.asc"},
	{"tracker", "languages: [en]", "languages: [en]\ntracker_url: http://example.org/bugs"},
	{"public url with a path", "languages: [en]", "languages: [en]\npublic_url: https://example.org/security"},
	{"language", "languages: [en]", "languages: [en, klingonese-x-y-z-q]"},
	{"zone", "Europe/Berlin", "Europe/Berlinn"},
	{"hours", `"13:00-17:00"`, `"17:00-13:00"`},
	{"hours that overlap", `"13:00-17:00"`, `"11:00-17:00"`},
	{"weekday", "monday:", "mondays:"},
	{"region", "region: DE", "region: XX"},
	{"holiday", "region: DE", "region: DE\n    add:\n      - date: 2026-02-30"},
	{"closure backwards", "holidays:\n    region: DE", "closures:\n    - from: 2026-12-31\n      to: 2026-12-24\n      name: Winter"},
	{"field", "name: reporter.email", "name: reporter.mail"},
	{"no description", "name: description", "name: title"},
	{"minimum", "minimum: 1", "minimum: 0"},
	{"months", "every_months: 12", "every_months: 0"},
	{"office", "office: Team Lead", "office: Team Leader"},
	{"escalation", "    within: 1 business day", "    within: 1 business day\n  escalation:\n    - after: 0 hours\n      to: everybody"},
	{"emergency", "team:\n", "emergency:\n  at: high\n  report_to: [teem]\n  after_action_within: 1 day\nteam:\n"},
	{"revisions", "review:\n", "revisions:\n  - revision: \"1\"\n    date: 2026-01-02\n    changes: B\n  - revision: \"1\"\n    date: 2026-01-01\n    changes: A\nreview:\n"},
	{"reference", "    title: Be kind", "    title: &x Be kind\n    text: *x"},
	{"merge", "safe_harbour:\n", "safe_harbour:\n  <<: {no_legal_action: true}\n"},
	{"tag", "name: Example Org", "name: !!binary aGVsbG8="},
	{"indentation", "  name: Example Org", "  name: Example Org\n name: b"},
	{"two documents", "languages: [en]", "languages: [en]\n---\nrevision: \"2\""},
	{"reply", "team:\n", "canned_replies:\n  - id: a\n    title: A\n    text: See {{respct}}.\nteam:\n"},
	{"urgent without a channel (warning)", "    title: Be kind", "    title: Be kind\n    urgent: true"},
	{"another amount than promised (warning)", "    title: Be kind", "    title: We acknowledge it within nine business days"},
	{"no English (warning)", "languages: [en]", "languages: [de]"},
}

func TestBroken(t *testing.T) {
	small := string(file(t, "testdata/small.yaml"))
	var b bytes.Buffer
	for _, c := range broken {
		if !strings.Contains(small, c.old) {
			t.Fatalf("%s: the small file has no %q", c.name, c.old)
		}
		p, faults, warnings := Check("policy.yaml", []byte(strings.Replace(small, c.old, c.now, 1)))
		if warned := strings.HasSuffix(c.name, "(warning)"); (len(faults) == 0) != warned || (p != nil) != warned {
			t.Errorf("%s: faults %v", c.name, faults)
		}
		fmt.Fprintf(&b, "## %s\n", c.name)
		for _, f := range faults {
			fmt.Fprintln(&b, f)
			if f.Line < 1 || f.Column < 1 || f.Problem == "" || f.Remedy == "" {
				t.Errorf("%s: incomplete fault %+v", c.name, f)
			}
		}
		for _, w := range warnings {
			fmt.Fprintf(&b, "warning: %s\n", w)
		}
	}
	goldentest.Is(t, "testdata/broken.golden", b.Bytes())
}

func TestHostile(t *testing.T) {
	small := string(file(t, "testdata/small.yaml"))
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for name, text := range map[string]string{
		"empty":        "",
		"blank":        " \n\n",
		"comment":      "# nothing\n",
		"scalar":       "hello",
		"list":         "- a\n- b\n",
		"deep flow":    strings.Repeat("[", 10000),
		"deep maps":    strings.Repeat("{a: ", 10000),
		"deep blocks":  strings.Repeat("- ", 10000),
		"aliases":      bomb,
		"itself":       "a: &a\n  b: *a\n",
		"too large":    small + "# " + strings.Repeat("x", 1<<20),
		"not utf-8":    "revision: \"\xff\xfe\"",
		"many unknown": small + strings.Repeat("k", 3) + manyKeys(20000),
		"nul":          "revision: \"a\\0b\"",
		"bare nul":     "revision: \x00",
		"number key":   "1: 2\n",
		"list key":     "? [a]\n: b\n",
	} {
		_, faults, _ := Check("hostile.yaml", []byte(text))
		if len(faults) == 0 || len(faults) > 200 {
			t.Errorf("%s: %d faults", name, len(faults))
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	for _, name := range examples {
		f.Add(file(f, "../../examples/policies/"+name+".yaml"))
	}
	f.Add(file(f, "testdata/small.yaml"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("promises: {acknowledge: [1], fix: {high: }}\ncontacts: [[], {}, null]\ncalendar: {hours: {monday: [null, 3]}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, faults, _ := Check("fuzz.yaml", data)
		if (p == nil) == (len(faults) == 0) {
			t.Fatalf("policy %v with %d faults", p != nil, len(faults))
		}
		if p == nil {
			return
		}
		if _, err := p.WorkTime(); err != nil {
			t.Fatalf("a policy without faults has no calendar: %v", err)
		}
	})
}

// What the section on advisories leaves out follows from the rest of the policy;
// what it says, even nothing, stands.
func TestAdvisoriesAreFilled(t *testing.T) {
	small, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ section, want string }{
		{"", "EXSA x_ https://example.org CLEAR"},
		{"advisories:\n  osv_prefix: \"\"\n  prefix: EXA\n  tlp: AMBER\n  namespace: https://a.example\n", "EXA  https://a.example AMBER"},
	} {
		text := strings.Replace(string(small), "scope:\n", c.section+"scope:\n", 1)
		text = strings.Replace(text, "  name: Example Org\n", "  name: Example Org\n  url: https://example.org\n", 1)
		p, err := Parse("small.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		a := p.Advisories
		if got := fmt.Sprintf("%s %s %s %s", a.Prefix, a.OSVPrefix, a.Namespace, a.TLP); got != c.want {
			t.Errorf("%q: %s, want %s", c.section, got, c.want)
		}
	}
}
