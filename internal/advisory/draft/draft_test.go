package draft_test

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/draft"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

// differ lists what differs between two records.
func differ(a, b *cvd.Advisory) []release.Change { return release.Diff(a, b) }

// A form that is sent unchanged changes nothing of any record.
func TestUnchangedIsUnchanged(t *testing.T) {
	all := advisorytest.Records(t)
	all["example"] = advisorytest.Example()
	for name, a := range all {
		got, faults := draft.Read(a, a, draft.Write(a))
		if len(faults) > 0 || len(differ(a, got)) > 0 {
			t.Errorf("%s: %v %+v", name, faults, differ(a, got))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		got, faults := draft.Read(a, a, draft.Write(a))
		if len(faults) > 0 || len(differ(a, got)) > 0 {
			t.Fatalf("%v %+v", faults, differ(a, got))
		}
		joined, clashes := draft.Merge(a, a, a, draft.Write(a))
		if len(clashes) > 0 || joined.Encode() != draft.Write(a).Encode() {
			t.Fatalf("brought together with itself: %v", clashes)
		}
	})
}

// three is a record of three vulnerabilities in two products.
func three() *cvd.Advisory {
	a := &cvd.Advisory{ID: "NL-1", Title: "Three", Lang: "en", Products: []cvd.AdvisoryProduct{{ID: "gw", Name: "Gateway"}, {ID: "ag", Name: "Agent"}}}
	for _, title := range []string{"One", "Two", "Three"} {
		a.Vulnerabilities = append(a.Vulnerabilities, cvd.Vulnerability{
			Title: title, Description: title + " is bad.", Affects: []cvd.Affect{{Product: "gw", Status: cvd.StatusAffected, Versions: []string{"1.0"}}},
			Remedies: []cvd.Remedy{{Kind: cvd.RemedyFix, Text: "Update.", Products: []string{"gw"}}},
		})
	}
	return a
}

func set(form url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func titles(a *cvd.Advisory) string {
	var out []string
	for i := range a.Vulnerabilities {
		out = append(out, a.Vulnerabilities[i].Title)
	}
	return strings.Join(out, ",")
}

// What is said of no product is refused and not dropped; a row from which nothing but its
// product was taken goes.
func TestVersionsWithoutAProductAreRefused(t *testing.T) {
	a := three()
	form := draft.Add(draft.Write(a))
	row := func(field string) string { return "flaw.3.affect.0." + field }
	set(form, "flaw.3.title", "Four", row("product"), "", row("status"), "affected", row("ranges"), ">= 6.0.0, < 7.4.2", row("versions"), "", row("because"), "", row("statement"), "")
	_, faults := draft.Read(a, a, form)
	if len(faults) != 1 || faults[0].Field != row("product") {
		t.Errorf("ranges of no product: %v", faults)
	}
	joined, _ := draft.Merge(a, a, a, form)
	if got := joined.Get(row("ranges")); got != ">= 6.0.0, < 7.4.2" {
		t.Errorf("brought together, %q is left of them", got)
	}
	if _, faults = draft.Read(a, a, set(form, row("ranges"), "")); len(faults) > 0 {
		t.Errorf("a row that says nothing: %v", faults)
	}
	form = set(draft.Write(a), "flaw.1.affect.0.product", "")
	if got, faults := draft.Read(a, a, form); len(faults) > 0 || len(got.Vulnerabilities[1].Affects) != 0 {
		t.Errorf("a row that is taken out: %v %+v", faults, got.Vulnerabilities[1])
	}
	if _, faults := draft.Read(a, a, set(form, "flaw.1.affect.0.versions", "2.0")); len(faults) != 1 {
		t.Errorf("other versions of no product: %v", faults)
	}
}

// Each vulnerability is edited in its place; added and dropped ones leave the others as
// they are, with what no form shows.
func TestEachVulnerabilityIsEdited(t *testing.T) {
	a := three()
	a.Vulnerabilities[2].Number = 7
	form := draft.Add(draft.Drop(draft.Write(a), 0))
	set(form, "product.2.name", "Console", "product.2.purl", "", "product.2.id", "",
		"flaw.0.cve", "cve-2026-0002", "flaw.0.ids", "GitHub: GHSA-1\nZDI: a: 2", "flaw.0.vectors", "CVSS:3.1/X [agent]\nCVSS:4.0/Y",
		"flaw.0.affect.1.product", "+2", "flaw.0.affect.1.status", "fixed", "flaw.0.affect.1.ranges", "< 4.9", "flaw.0.affect.1.versions", "", "flaw.0.affect.1.because", "", "flaw.0.affect.1.statement", "",
		"flaw.0.affect.2.product", "+3", "flaw.0.affect.2.status", "affected", // an empty row beside
		"flaw.0.remedy.0.for", "Console; gw",
		"flaw.2.title", "Four", "flaw.2.remedy.0.kind", "workaround", "flaw.2.remedy.0.text", "Wait.", "flaw.2.remedy.0.url", "", "flaw.2.remedy.0.date", "2026-03-01", "flaw.2.remedy.0.for", "")
	got, faults := draft.Read(a, a, form)
	if len(faults) > 0 || titles(got) != "Two,Three,Four" {
		t.Fatalf("%v %s", faults, titles(got))
	}
	v := got.Vulnerabilities[0]
	want := cvd.Vulnerability{
		Title: "Two", CVE: "CVE-2026-0002", IDs: []cvd.ForeignID{{System: "GitHub", ID: "GHSA-1"}, {System: "ZDI: a", ID: "2"}}, Description: "Two is bad.",
		Scores: []cvd.AdvisoryScore{{Vector: "CVSS:3.1/X", Products: []string{"ag"}}, {Vector: "CVSS:4.0/Y"}},
		Affects: []cvd.Affect{a.Vulnerabilities[1].Affects[0], {Product: "console", Status: cvd.StatusFixed, Ranges: []cvd.VersionRange{
			{Kind: cvd.RangeEcosystem, Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: "4.9"}}},
		}}},
		Remedies: []cvd.Remedy{{Kind: cvd.RemedyFix, Text: "Update.", Products: []string{"console", "gw"}}},
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("%+v", v)
	}
	if got.Vulnerabilities[1].Number != 7 || got.Vulnerabilities[2].Number != 0 || len(got.Vulnerabilities[2].Remedies) != 1 {
		t.Errorf("%+v", got.Vulnerabilities)
	}
}

// A fault names the field of its own vulnerability, and is no reason to lose the others.
func TestFaultsNameTheirVulnerability(t *testing.T) {
	a := three()
	form := set(draft.Write(a), "flaw.1.ids", "GHSA-1", "flaw.1.affect.0.ranges", "from 1", "flaw.2.remedy.0.date", "soon", "flaw.2.remedy.0.for", "Gatehouse", "flaw.0.affect.0.product", "+5", "flaw.2.vectors", "X [Y]")
	_, faults := draft.Read(a, a, form)
	var got []string
	for _, f := range faults {
		got = append(got, f.Field)
	}
	if want := "flaw.0.affect.0.product flaw.1.ids flaw.1.affect.0.ranges flaw.2.vectors flaw.2.remedy.0.date flaw.2.remedy.0.for"; strings.Join(got, " ") != want {
		t.Errorf("%v", got)
	}
	// A product that is taken out takes what is said of it along.
	form = set(draft.Write(a), "product.0.name", "", "flaw.0.remedy.0.for", "", "flaw.1.remedy.0.for", "", "flaw.2.remedy.0.for", "")
	if got, faults := draft.Read(a, a, form); len(faults) > 0 || len(got.Vulnerabilities[2].Affects) != 0 {
		t.Errorf("%v %+v", faults, got.Vulnerabilities)
	}
}

// One alone goes by the title of the advisory, until there are two.
func TestTheTitleOfOneAlone(t *testing.T) {
	a := three()
	a.Vulnerabilities = a.Vulnerabilities[2:]
	form := set(draft.Write(a), "title", "Renamed")
	if form.Get("flaw.0.title") != "" {
		t.Error("its title is asked for twice")
	}
	if got, _ := draft.Read(a, a, form); titles(got) != "Renamed" {
		t.Error(titles(got))
	}
	if got, _ := draft.Read(a, a, set(draft.Add(form), "flaw.1.title", "Other")); titles(got) != "Renamed,Other" {
		t.Error(titles(got))
	}
}

// What two made of the same draft comes together; what both changed is told, stays as it
// was typed, and stays told however often the form is sent.
func TestMerge(t *testing.T) {
	edit := func(f func(a *cvd.Advisory)) *cvd.Advisory {
		a := three()
		f(a)
		return a
	}
	drop := func(a *cvd.Advisory, i int) { a.Vulnerabilities = slices.Delete(a.Vulnerabilities, i, i+1) }
	for name, c := range map[string]struct {
		theirs  func(a *cvd.Advisory)
		mine    func(form url.Values) url.Values
		titles  string
		clashes string // place:field, with ! where both changed it
		says    func(a *cvd.Advisory) bool
	}{
		"apart": {
			func(a *cvd.Advisory) { a.Vulnerabilities[1].Impact = "Theirs" },
			func(f url.Values) url.Values { return set(f, "flaw.2.impact", "Mine", "flaw.1.cve", "CVE-2026-1") },
			"One,Two,Three", "1:impact",
			func(a *cvd.Advisory) bool {
				return a.Vulnerabilities[1].Impact == "Theirs" && a.Vulnerabilities[1].CVE == "CVE-2026-1" && a.Vulnerabilities[2].Impact == "Mine"
			},
		},
		"the same": {
			func(a *cvd.Advisory) { a.Vulnerabilities[1].Impact = "Theirs" },
			func(f url.Values) url.Values { return set(f, "flaw.1.impact", "Mine") },
			"One,Two,Three", "1:impact!",
			func(a *cvd.Advisory) bool { return a.Vulnerabilities[1].Impact == "Mine" },
		},
		"they took out another": {
			func(a *cvd.Advisory) { drop(a, 0) },
			func(f url.Values) url.Values { return set(f, "flaw.2.impact", "Mine") },
			"Two,Three", "-1:", func(a *cvd.Advisory) bool { return a.Vulnerabilities[1].Impact == "Mine" },
		},
		"they took out what was changed": {
			func(a *cvd.Advisory) { drop(a, 1) },
			func(f url.Values) url.Values { return set(f, "flaw.1.impact", "Mine") },
			"One,Two,Three", "1:!", func(a *cvd.Advisory) bool { return a.Vulnerabilities[1].Impact == "Mine" },
		},
		"what they changed is taken out": {
			func(a *cvd.Advisory) { a.Vulnerabilities[1].Impact = "Theirs" },
			func(f url.Values) url.Values { return draft.Drop(f, 1) },
			"One,Three", "-1:!", nil,
		},
		"another is taken out": {
			func(a *cvd.Advisory) { a.Vulnerabilities[2].Impact = "Theirs" },
			func(f url.Values) url.Values { return draft.Drop(f, 0) },
			"Two,Three", "1:impact", func(a *cvd.Advisory) bool { return a.Vulnerabilities[1].Impact == "Theirs" },
		},
		"both take it out": {
			func(a *cvd.Advisory) { drop(a, 1) },
			func(f url.Values) url.Values { return draft.Drop(f, 1) },
			"One,Three", "", nil,
		},
		"both add one": {
			func(a *cvd.Advisory) {
				a.Products = append(a.Products, cvd.AdvisoryProduct{ID: "console", Name: "Console"})
				a.Vulnerabilities = append(a.Vulnerabilities, cvd.Vulnerability{Title: "Theirs", Affects: []cvd.Affect{{Product: "console", Status: cvd.StatusAffected}}})
			},
			func(f url.Values) url.Values { return set(draft.Add(f), "flaw.3.title", "Mine") },
			"One,Two,Three,Theirs,Mine", "-1:product 3:", func(a *cvd.Advisory) bool { return len(a.Vulnerabilities[3].Affects) == 1 },
		},
		"theirs needs a product": {
			func(a *cvd.Advisory) {
				a.Products = append(a.Products, cvd.AdvisoryProduct{ID: "console", Name: "Console"})
				a.Vulnerabilities[0].Affects[0].Product = "console"
			},
			func(f url.Values) url.Values { return set(f, "product.1.name", "Agent 2") },
			"One,Two,Three", "-1:product! 0:affect", func(a *cvd.Advisory) bool {
				return len(a.Products) == 3 && a.Products[1].Name == "Agent 2" && a.Vulnerabilities[0].Affects[0].Product == "console"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			base, theirs := three(), edit(c.theirs)
			typed := c.mine(draft.Write(base))
			joined, clashes := draft.Merge(base, base, theirs, typed)
			check := func(clashes []draft.Clash) {
				t.Helper()
				var got []string
				for _, one := range clashes {
					s := strconv.Itoa(one.Flaw) + ":" + one.Field
					if one.Both {
						s += "!"
					}
					got = append(got, s)
				}
				if strings.Join(got, " ") != c.clashes {
					t.Errorf("clashes %v", got)
				}
			}
			check(clashes)
			a, faults := draft.Read(base, theirs, joined)
			if len(faults) > 0 || titles(a) != c.titles || c.says != nil && !c.says(a) {
				t.Errorf("%v %s %+v", faults, titles(a), a)
			}
			again, clashes := draft.Merge(base, theirs, theirs, joined)
			if again.Encode() != joined.Encode() {
				t.Errorf("sent again, it is\n%v\nafter\n%v", again, joined)
			}
			for _, one := range clashes {
				if !one.Both {
					t.Errorf("told as new once more: %+v", one)
				}
			}
			if strings.Count(c.clashes, "!") != len(clashes) {
				t.Errorf("%d of %s are still told", len(clashes), c.clashes)
			}
			// A third draft meanwhile changes nothing of that.
			third := theirs.Clone()
			third.Overview = "Third"
			last, _ := draft.Merge(base, theirs, third, joined)
			if a, _ := draft.Read(base, third, last); titles(a) != c.titles || a.Overview != "Third" {
				t.Errorf("after a third draft: %s, %q", titles(a), a.Overview)
			}
		})
	}
}

// What was added meanwhile and then taken out by hand is not added once more.
func TestWhatWasShownStaysOut(t *testing.T) {
	base, theirs := three(), three()
	theirs.Vulnerabilities = append(theirs.Vulnerabilities, cvd.Vulnerability{Title: "Theirs"})
	joined, _ := draft.Merge(base, base, theirs, draft.Write(base))
	out, clashes := draft.Merge(base, theirs, theirs, draft.Drop(joined, 3))
	if draft.Flaws(out) != 3 || len(clashes) != 1 || !clashes[0].Both {
		t.Errorf("%d, %+v", draft.Flaws(out), clashes)
	}
	// Of a draft that nobody kept, all that differs is changed by both.
	theirs.Vulnerabilities[1].Impact = "Theirs"
	out, clashes = draft.Merge(nil, nil, theirs, set(draft.Write(base), "overview", "Mine"))
	if a, faults := draft.Read(nil, theirs, out); len(faults) > 0 || titles(a) != "One,Two,Three,Theirs" || a.Overview != "Mine" || a.Vulnerabilities[1].Impact != "" || len(clashes) != 3 {
		t.Errorf("%v %s %+v", faults, titles(a), clashes)
	}
}

// The lint's findings of a draft are put to where its vulnerabilities stand in a form.
func TestPlaces(t *testing.T) {
	a := three()
	if got := draft.Places(a, a, draft.Add(draft.Drop(draft.Write(a), 1))); !slices.Equal(got, []int{0, -1, 1}) {
		t.Errorf("%v", got)
	}
}

// Rows that say nothing go, those in which anything was typed stay.
func TestTidy(t *testing.T) {
	form := set(draft.Write(three()),
		"flaw.1.remedy.1.text", "", "flaw.1.remedy.1.kind", "vendor_fix", "flaw.1.remedy.1.url", "", "flaw.1.remedy.1.date", "", "flaw.1.remedy.1.for", "",
		"flaw.1.remedy.2.text", "", "flaw.1.remedy.2.kind", "vendor_fix", "flaw.1.remedy.2.url", "https://nls.example", "flaw.1.remedy.2.date", "", "flaw.1.remedy.2.for", "")
	got := draft.Tidy(form)
	if draft.Rows(got, "flaw.1.remedy") != 2 || got.Get("flaw.1.remedy.1.url") != "https://nls.example" {
		t.Errorf("%v", got)
	}
}
