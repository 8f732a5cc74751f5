package fairlead_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/goldentest"
	"fairlead/internal/may"
	"fairlead/internal/words"
)

// docsHead opens docs/verbs.md.
const docsHead = `# The verbs of a case

Generated from the tables of the program (` + "`rule.Specs`, `may`, the message catalogue" + `) by ` + "`go test . -run TestVerbsPage -update`" + `.
A test holds this page to the tables.

**Who**: *all* cases, *named* (cases that name the member as a fixer), *own* (cases that the receipt opens). Officers do no
verb; auditors only read. A token marked as a machine's has its member's row, but for the verbs that need a person:
%s.
Files of a case in which personal data was seen open to %s: *entrusted* is a case that the member
holds and was given by a lead, or by whoever was entrusted with it before, or held when the data was seen. Taking a case is not enough.
*redact* of the first event, which is the report itself, is for %s.

**Arrows**: what the organisation's own Report Management state does, by the state the verb starts from. *stays* moves nothing;
*open* means every state but closed. A state that is not listed refuses the verb. *+V +F +D +P +X +A* record a fact of the case:
vendor aware, fix ready, fix deployed, public, exploit public, attacks observed; with a question mark only if it does not hold yet.

**The reporter hears**: the heading in the thread. Words in brackets are filled in. By mail goes what was said where the case
allows it, else a link and a date ([operate.md](operate.md#mail-that-goes-out)). Where a verb takes *silent*, the team may tell the reporter nothing and must record why.

| verb | who | arrows | takes (**needs**) | the reporter hears |
|---|---|---|---|---|
`

// blanks are what headings are filled with here.
var blanks = []any{"clock", "[promise]", "until", "[date]", "to", "[whom]", "outcome", "[outcome]", "score", "[severity]", "file", "[file]", "verb", "[verb]", "advisory", "[id]", "revision", "[number]", "cve", "[CVE id]"}

func TestVerbsPage(t *testing.T) {
	book, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	v := book.In("en")
	var b strings.Builder
	fmt.Fprintf(&b, docsHead, strings.Join(byPerson(), ", "), strings.ReplaceAll(whoMay(cvd.VerbFiles), "<br>", ", "), strings.ReplaceAll(whoMay(cvd.VerbRedactReport), "<br>", ", "))
	for i := range rule.Specs {
		s := &rule.Specs[i]
		hears := "nothing; it stays with the team"
		switch {
		case s.Tell == cvd.TellReporter:
			hears = v.Say("event."+string(s.Event)+".reporter", blanks...)
		case s.Tell == cvd.TellNobody:
			hears = "nothing; the reason is recorded"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Verb, whoMay(s.Verb), arrows(s), takes(s), hears)
	}
	if strings.Contains(b.String(), "⟦") {
		t.Errorf("a text is missing in the catalogue:\n%s", b.String())
	}
	generated(t, "docs/verbs.md", b.String())
}

// whoMay lists who may do the verb, and where.
func whoMay(verb cvd.Verb) string {
	var out []string
	add := func(name string, a cvd.Actor) {
		if r := may.Of(a, verb); r != may.Nowhere {
			out = append(out, fmt.Sprintf("%s: %s", name, r))
		}
	}
	for _, r := range cvd.Roles {
		add(string(r), cvd.Actor{Kind: cvd.ActorMember, ID: "m", Roles: []cvd.Role{r}})
	}
	add("reporter", cvd.Actor{Kind: cvd.ActorReporter})
	if may.Of(cvd.Stranger, verb) != may.Nowhere {
		out = append(out, "anybody")
	}
	return strings.Join(out, "<br>")
}

// byPerson lists the verbs that a member may do and a machine in their name not.
func byPerson() []string {
	var out []string
	for _, s := range rule.Specs {
		if may.Of(cvd.Actor{Kind: cvd.ActorMember, ID: "m", Roles: cvd.Roles}, s.Verb) != may.Nowhere &&
			may.Of(cvd.Actor{Kind: cvd.ActorMachine, ID: "m", Roles: cvd.Roles}, s.Verb) == may.Nowhere {
			out = append(out, "*"+string(s.Verb)+"*")
		}
	}
	return out
}

// arrows lists what a verb walks, states with the same walk together.
func arrows(s *rule.Spec) string {
	var tail []string
	for i, f := range s.Facts {
		if i > 0 {
			f += "?"
		}
		tail = append(tail, "+"+f)
	}
	if s.Leaves {
		tail = append(tail, "the reporter leaves")
	}
	from := map[string][]string{}
	var order []string
	for _, rm := range []cvd.RM{cvd.RMStart, cvd.RMReceived, cvd.RMInvalid, cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted, cvd.RMClosed} {
		deeds, ok := s.Walk[rm]
		if !ok {
			continue
		}
		walk := "stays"
		if len(deeds) > 0 {
			walk = strings.Join(deeds, ", ")
		}
		if from[walk] == nil {
			order = append(order, walk)
		}
		from[walk] = append(from[walk], string(rm))
	}
	for i, walk := range order {
		states := strings.Join(from[walk], ", ")
		states = strings.Replace(states, "received, invalid, valid, deferred, accepted", "open", 1)
		parts := append([]string{walk}, tail...)
		if walk == "stays" && len(tail) > 0 {
			parts = tail
		}
		order[i] = states + ": " + strings.Join(parts, ", ")
	}
	return strings.Join(order, "<br>")
}

func takes(s *rule.Spec) string {
	var out []string
	for _, name := range s.Takes {
		if slices.Contains(s.Needs, name) {
			name = "**" + name + "**"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// generated compares a page with what it is made from, or writes it.
func generated(t *testing.T, path, want string) {
	t.Helper()
	if goldentest.Updating() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the program says; run go test . -update and read the difference (-program +page):\n%s", path, diff)
	}
}

// The example of a configuration is accepted as it stands, and explains every key
// that there is, here and in docs/operate.md.
func TestExampleConfiguration(t *testing.T) {
	const path = "deploy/config.yaml"
	if _, err := config.Read(path); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	pages := map[string]string{path: "", "docs/operate.md": ""}
	for p := range pages {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		pages[p] = string(b)
	}
	for _, key := range keysOf(t, config.Schema()) {
		last := key[strings.LastIndex(key, ".")+1:]
		if !regexp.MustCompile(`(?m)^[# ]*` + last + `:`).MatchString(pages[path]) {
			t.Errorf("%s does not show %s", path, key)
		}
		if !strings.Contains(pages["docs/operate.md"], "`"+key+"`") {
			t.Errorf("docs/operate.md does not explain `%s`", key)
		}
	}
}

// keysOf lists the keys of a schema of nested objects, joined by dots.
func keysOf(t *testing.T, schema []byte) []string {
	t.Helper()
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Items      json.RawMessage            `json:"items"`
	}
	var out []string
	var walk func(prefix string, raw json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		if o.Items != nil {
			walk(strings.TrimSuffix(prefix, ".")+"[].", o.Items)
		}
		for _, name := range slices.Sorted(maps.Keys(o.Properties)) {
			before := len(out)
			walk(prefix+name+".", o.Properties[name])
			if len(out) == before {
				out = append(out, prefix+name)
			}
		}
	}
	walk("", schema)
	if len(out) < 10 {
		t.Fatalf("the schema has only %d keys; it is read wrongly", len(out))
	}
	return out
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// A link of the documents leads to a file that is there.
func TestDocumentsLinkToWhatExists(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			to, err := url.Parse(m[1])
			if err != nil || to.Scheme != "" || to.Path == "" {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), to.Path)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if links == 0 {
		t.Error("no link was found: the search is wrong")
	}
}

// Whatever of a case a thief of the database reads is named in docs/formats.md.
func TestOpenColumnsAreDocumented(t *testing.T) {
	schema, err := os.ReadFile("internal/store/sqlstore/migrations/sqlite/00001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, thief, _ := strings.Cut(string(page), "## What a thief of the database reads")
	thief, _, _ = strings.Cut(thief, "\n## ")
	_, table, _ := strings.Cut(string(schema), "CREATE TABLE cases (")
	table, _, _ = strings.Cut(table, "\n)")
	columns := regexp.MustCompile(`(?m)^ +([a-z_]+) +(?:TEXT|INTEGER)`).FindAllStringSubmatch(table, -1)
	if len(columns) < 20 {
		t.Fatalf("%d columns were found", len(columns))
	}
	for _, c := range columns {
		if !strings.Contains(thief, "`"+c[1]+"`") {
			t.Errorf("docs/formats.md does not say what %s tells", c[1])
		}
	}
}
