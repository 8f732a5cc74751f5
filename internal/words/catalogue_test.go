package words

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forms are the plurals that each language needs beside one another (CLDR).
var forms = map[string][]string{"en": {"one", "other"}, "de": {"one", "other"}, "fr": {"many", "one", "other"}}

// whole are the languages in which no text may be missing. In others English stands in.
var whole = []string{"de", "fr"}

// programsOnly are files whose texts only programs read; a language may leave them in
// English.
var programsOnly = []string{"api.json"}

// text is a text of the catalogue in all its forms; "" is that of one without plurals.
type text map[string]string

func (x *text) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*x = text{"": one}
		return nil
	}
	all := map[string]string{}
	err := json.Unmarshal(b, &all)
	*x = all
	return err
}

// catalogue reads all files of a language, by name and id.
func catalogue(t *testing.T, lang string) map[string]map[string]text {
	t.Helper()
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]text{}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]text
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[path.Base(name)] = texts
	}
	return out
}

var (
	action = regexp.MustCompile(`\{\{.*?\}\}`)
	named  = regexp.MustCompile(`\.[a-z]+`)
)

// blanksOf are the names of a text's blanks, each once.
func blanksOf(s string) []string {
	var out []string
	for _, one := range action.FindAllString(s, -1) {
		out = append(out, named.FindAllString(one, -1)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A translation is of a text that exists, in the same file, with the same blanks, in
// all the plurals that its language has.
func TestTranslationsFit(t *testing.T) {
	own := catalogue(t, Languages[0])
	for _, lang := range Languages[1:] {
		for file, texts := range catalogue(t, lang) {
			for id, one := range texts {
				english, ok := own[file][id]
				if !ok {
					t.Errorf("%s/%s: %s is no text of the house", lang, file, id)
					continue
				}
				want := []string{""}
				if _, plain := english[""]; !plain {
					want = forms[lang]
				}
				if got := slices.Sorted(maps.Keys(one)); !slices.Equal(got, want) {
					t.Errorf("%s/%s: %s has the forms %q, want %q", lang, file, id, got, want)
				}
				for form, s := range one {
					fits(t, lang+"/"+file+": "+id+" "+form, s, english, form == "one")
				}
			}
		}
	}
}

// fits holds the blanks of a text to the English ones. A text for one thing alone may
// do without the number.
func fits(t *testing.T, where, s string, english text, single bool) {
	t.Helper()
	var want []string
	for _, e := range english {
		want = append(want, blanksOf(e)...)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	got := blanksOf(s)
	if single {
		for _, name := range got {
			if !slices.Contains(want, name) {
				t.Errorf("%s has the blank %s", where, name)
			}
		}
	} else if !slices.Equal(got, want) {
		t.Errorf("%s has the blanks %q, want %q", where, got, want)
	}
	if strings.TrimSpace(s) == "" {
		t.Errorf("%s is empty", where)
	}
}

// No text of the house is missing in a language that is whole.
func TestNothingIsUntranslated(t *testing.T) {
	for _, lang := range whole {
		said := catalogue(t, lang)
		for file, texts := range catalogue(t, Languages[0]) {
			if slices.Contains(programsOnly, file) && said[file] == nil {
				continue
			}
			for _, id := range slices.Sorted(maps.Keys(texts)) {
				if _, ok := said[file][id]; !ok {
					t.Errorf("%s/%s: %s is missing", lang, file, id)
				}
			}
		}
	}
}

// French sets a space at which no line ends before its signs and within its quotation
// marks, and has an apostrophe of its own.
func TestFrenchIsSetAsFrench(t *testing.T) {
	breaks := regexp.MustCompile(` [:;?!»]|« |[^\x{00a0}]»|«[^\x{00a0}]|[\p{L}\d)] ?[;?!]|\p{L}'\p{L}`)
	for file, texts := range catalogue(t, "fr") {
		for id, one := range texts {
			for _, s := range one {
				bare := strings.ReplaceAll(action.ReplaceAllString(s, "x"), "<!", "")
				if at := breaks.FindString(bare); at != "" {
					t.Errorf("fr/%s: %s has %q: %s", file, id, at, s)
				}
			}
		}
	}
}

// What is tried and not promised has one name for everybody, which the policy page
// explains: a target. The verb may explain it.
func TestTargetsHaveOneName(t *testing.T) {
	aim := regexp.MustCompile(`(?i)\b(an|the|our|is|house) aims?\b|\baims?\b(?: passed|\s*$)`)
	seen := 0
	for _, texts := range catalogue(t, "en") {
		for id, forms := range texts {
			for _, s := range forms {
				if aim.MatchString(s) {
					t.Errorf("%s: %q", id, s)
				}
				if strings.Contains(strings.ToLower(s), "target") {
					seen++
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d texts name a target", seen)
	}
	for id, want := range map[string]string{"public.target": "target", "desk.target": "target", "policy.is.target": "target"} {
		for lang, noun := range map[string]string{"en": want, "de": "Ziel", "fr": "objectif"} {
			b, err := Load()
			if err != nil {
				t.Fatal(err)
			}
			if got := b.In(lang).Say(id); got != noun {
				t.Errorf("%s in %s is %q", id, lang, got)
			}
		}
	}
}
