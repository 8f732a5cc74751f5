package advisory_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
)

// A translation that lacks any one text is not published, and the lint names what it
// lacks; a text whose original changed is missing, never wrong.
func TestTranslationIsWhole(t *testing.T) {
	whole := advisorytest.Translate(advisorytest.Example(), "de")
	if got := advisory.Languages(whole); !slices.Equal(got, []string{"de"}) {
		t.Fatalf("%v", got)
	}
	if found := errorsOf(advisory.Lint(whole, advisorytest.Publisher)); len(found) > 0 {
		t.Fatalf("%+v", found)
	}
	parts := whole.Texts["de"].Parts
	for i := range parts {
		a := whole.Clone()
		a.Texts["de"] = cvd.AdvisoryText{Parts: slices.Delete(slices.Clone(parts), i, i+1)}
		found := errorsOf(advisory.Lint(a, advisorytest.Publisher))
		if len(advisory.Languages(a)) != 0 || len(found) != 1 || found[0].Rule != "record-texts" {
			t.Errorf("without the translation of %q: %v %+v", parts[i].Of, advisory.Languages(a), found)
		}
	}
	changed := whole.Clone()
	changed.Overview += " More."
	if got := advisory.In(changed, "de").Overview; got != changed.Overview || len(advisory.Languages(changed)) != 0 {
		t.Errorf("an old translation stands for new words: %q", got)
	}
}

// What is not a text is the same in every language, and the original is untouched.
func TestTranslationChangesWordsOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Draw(t)
		tr := advisorytest.Translate(a, "de")
		before := tr.Clone()
		de := advisory.In(tr, "de")
		if !slices.Equal(advisory.Lint(before, advisorytest.Publisher), advisory.Lint(tr, advisorytest.Publisher)) {
			t.Fatal("the original changed")
		}
		back := map[string]string{}
		for _, w := range advisory.Wordings(tr, "de") {
			back[w.Said] = w.Own
		}
		for i := range a.Vulnerabilities {
			was, err := advisory.Claims(a, i)
			is, again := advisory.Claims(de, i)
			if (err == nil) != (again == nil) || len(was) != len(is) {
				t.Fatalf("%v %v", err, again)
			}
			for n := range was {
				if was[n].Key() != is[n].Key() || was[n].Status != is[n].Status || was[n].Justification != is[n].Justification {
					t.Fatalf("%+v is %+v", was[n], is[n])
				}
			}
			if v := de.Vulnerabilities[i]; v.Description != "" && back[v.Description] == "" && v.Description != a.Vulnerabilities[i].Description {
				t.Fatalf("%q is nobody's translation", v.Description)
			}
		}
		if de.Lang != "de" || de.SourceLang != "en" || de.ID != a.ID || len(de.Texts) != 0 {
			t.Fatalf("%+v", de)
		}
	})
}
