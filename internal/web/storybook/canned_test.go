package storybook

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"fairlead/internal/words"
)

// catalogued are the ids of the English texts, by what a label could hold of them.
func catalogued(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "words", "en", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	out := map[string]string{}
	for _, file := range files {
		if filepath.Base(file) == "api.json" { // only programs read it
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatal(file, err)
		}
		for id, text := range texts {
			switch text := text.(type) {
			case string:
				out[bareOf(text)] = id
			case map[string]any:
				for _, form := range text {
					one, _ := form.(string)
					out[bareOf(one)] = id
				}
			}
		}
	}
	return out
}

// bareOf is a text without what a label may leave out or add.
func bareOf(text string) string {
	return strings.ToLower(strings.Trim(text, " .:…"))
}

var (
	// symbols are what programs compare and nobody reads.
	symbols = []string{
		"Kind", "kind", "Verb", "Value", "value", "Href", "href", "Link", "ID", "Way", "Op", "Act", "Door", "Field", "field", "Rule", "Class",
		"Clause", "View", "name", "Form", "Do", "Prefix", "Outcome", "Once", "Tag", "old", "Lang", "lang", "Path", "!names",
	}
	// glossed are what the pages themselves look up in the catalogue, as programs say it.
	glossed = []string{"problem", "remedy", "Problem", "Remedy"}
	word    = regexp.MustCompile(`^[a-z][a-z-]*$`)
	letter  = regexp.MustCompile(`\p{L}`)
)

// scalar is one that stands in a tale as it is, under a key.
type scalar struct {
	key, text string
	line      int
}

// scalars are those of a node that no tag of ours makes.
func scalars(n *yaml.Node, key string) []scalar {
	if own(n) && n.Kind == yaml.ScalarNode {
		return nil
	}
	var out []scalar
	switch {
	case n.Tag == "!say": // by key; what fills the blanks stands below
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, scalars(n.Content[i+1], "!"+n.Content[i].Value)...)
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, scalars(n.Content[i+1], n.Content[i].Value)...)
		}
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			out = append(out, scalars(c, key)...)
		}
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && letter.MatchString(n.Value):
		out = append(out, scalar{key, n.Value, n.Line})
	}
	return out
}

// What the product takes from the catalogue, the invented data names by its key: else
// it would be English in every language, and keep words that the product gave up.
func TestLabelsAreByKey(t *testing.T) {
	ids := catalogued(t)
	seen := 0
	err := fs.WalkDir(canned, "canned", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := canned.ReadFile(path)
		if err != nil {
			return err
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(raw, &doc); err != nil {
			return err
		}
		for _, s := range scalars(doc.Content[0], "") {
			seen++
			switch id := ids[bareOf(s.text)]; {
			case slices.Contains(glossed, s.key):
				if !words.Glossed(s.text) {
					t.Errorf("%s:%d: %s: the pages find no translation of %q", path, s.line, s.key, s.text)
				}
			case (s.key == "Why" || s.key == "Detail") && words.Glossed(s.text):
			case slices.Contains(symbols, s.key), s.key == "Name" && word.MatchString(s.text):
			case slices.Contains(typed, s.text):
			case id != "":
				t.Errorf("%s:%d: %s: %q stands in the catalogue: write !say %s", path, s.line, s.key, s.text, id)
			case slices.Contains(labels, s.key):
				t.Errorf("%s:%d: %s: %q is a label: name its key by !say", path, s.line, s.key, s.text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 500 {
		t.Errorf("only %d words were looked at", seen)
	}
}

// labels are keys under which the product has words of its own, but for those that
// somebody typed.
var labels = []string{"label", "Label", "title", "help", "Help", "Legend", "Heading", "Meaning", "Fold", "Says", "Reason", "DueKind", "Distance", "When", "Lead", "Order", "Long"}

// typed are what a policy, a person or a program wrote under such a key.
var typed = []string{
	"AMBER", "CLEAR", "GREEN", // TLP says them in English
	"Example Portal", "FL-2026-9TR5XKB", "https://example.org/privacy", "English",
	"Thanks for the details", "Which version?", "Not in scope", "What it covers", "Harm nobody", "Security officer",
	"name", "text", "title", "with", "words", "kept", "yes", "no", // symbols
}
