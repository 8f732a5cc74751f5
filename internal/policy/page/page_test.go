package page

import (
	stdhtml "html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/goldentest"
	"fairlead/internal/policy"
	"fairlead/internal/words"
)

func example(t *testing.T, name string) *policy.Policy {
	t.Helper()
	path := "../../../examples/policies/" + name + ".yaml"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func speak(t *testing.T, v View, lang string) View {
	t.Helper()
	book, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	v.Voice = book.In(lang)
	return v
}

var (
	now   = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	views = map[string]View{
		"two-person-team": {Now: now, BaseURL: "https://security.example.org"},
		"signed-policy": {
			Version: 2, Since: now.AddDate(-1, 0, -3), ReviewDue: now.AddDate(0, 0, -3), Now: now,
			Recorded: []RevisionRow{{
				Version: 2, Revision: "1.0", Date: "2025-11-18", Changes: "Two business days | not three",
				ReviewedBy: []string{"Maren Okafor"}, ApprovedBy: []string{"Adaeze Thornbury"},
			}},
		},
	}
)

func TestRenders(t *testing.T) {
	for name, v := range views {
		p, v := example(t, name), speak(t, v, "en")
		goldentest.Is(t, "testdata/"+name+".md", string(Markdown(p, v)))
		html, err := HTMLBody(p, v)
		if err != nil {
			t.Fatal(err)
		}
		goldentest.Is(t, "testdata/"+name+".html", string(html))
	}
	p, v := example(t, "two-person-team"), speak(t, views["two-person-team"], "de")
	html, err := HTMLBody(p, v)
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Is(t, "testdata/two-person-team.de.html", string(html))
	goldentest.Is(t, "testdata/two-person-team.de.md", string(Markdown(p, v)))
}

var (
	idPattern   = regexp.MustCompile(` id="([^"]*)"`)
	linkPattern = regexp.MustCompile(`href="#([^"]*)"`)
)

// TestEveryClauseHasItsAnchor holds each id to stand once on the page, and each
// link within the page to lead somewhere.
func TestEveryClauseHasItsAnchor(t *testing.T) {
	for name, v := range views {
		p, v := example(t, name), speak(t, v, "en")
		html, err := HTMLBody(p, v)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, m := range idPattern.FindAllStringSubmatch(string(html), -1) {
			seen[m[1]]++
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: the id %s stands %d times", name, id, n)
			}
		}
		for _, at := range p.Placed() {
			if seen[at.Clause.ID] != 1 {
				t.Errorf("%s: the clause %s has no anchor", name, at.Clause.ID)
			}
		}
		for _, s := range p.Stances() {
			if s.Clause.ID != "" && seen[s.Clause.ID] != 1 {
				t.Errorf("%s: the stance %s has no anchor", name, s.Clause.ID)
			}
		}
		for _, m := range linkPattern.FindAllStringSubmatch(string(html), -1) {
			if seen[m[1]] == 0 {
				t.Errorf("%s: a link leads to #%s, which is nowhere", name, m[1])
			}
		}
	}
}

func TestOverdueIsShown(t *testing.T) {
	p := example(t, "signed-policy")
	for _, c := range []struct {
		due  time.Time
		want string
	}{
		{now.Add(-time.Second), "is overdue"},
		{now, "The next review is due on 21 November 2026."},
		{time.Time{}, "This is a draft."},
	} {
		if got := string(Markdown(p, speak(t, View{Now: now, ReviewDue: c.due}, "en"))); !strings.Contains(got, c.want) {
			t.Errorf("due %s: no %q", c.due, c.want)
		}
	}
}

// TestNothingOfThePolicyRuns puts markup into every text that a page shows.
func TestNothingOfThePolicyRuns(t *testing.T) {
	evil := `<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://evil.example/p.png) <a href="javascript:alert(1)">y</a>` + "\n\n# Big\n"
	p := example(t, "signed-policy")
	p.Organisation.Name += evil
	p.Revision += evil
	p.Intake.Paused = evil
	p.Contacts[0].Note += evil
	p.Contacts[0].URI = `mailto:a@example.org"><script>alert(1)</script>`
	p.TrackerURL = `https://example.org/"><script>alert(1)</script>`
	for i := range p.Guidelines {
		p.Guidelines[i].Title += evil
		p.Guidelines[i].Text += evil
	}
	p.Programs[0].Products[0].Name += evil
	p.Information[0].Label += evil
	p.Information[0].Help += evil
	p.Privacy.Controller += evil
	p.Rewards.Text += evil
	p.Revisions[0].Changes += evil
	p.Review.SignOffs[0].Office += evil
	html, err := HTMLBody(p, speak(t, View{Now: now, Version: 1, Since: now, Recorded: []RevisionRow{{Changes: evil}}}, "en"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`<script`, `<img`, `href="javascript:`, `<[a-z][^>]*\s(src|on[a-z]+)=`} {
		if found := regexp.MustCompile(`(?i)` + bad).FindString(string(html)); found != "" {
			t.Errorf("the page holds %s", found)
		}
	}
	if n := strings.Count(string(html), "<h1"); n != 1 {
		t.Errorf("the page has %d first headings", n)
	}
	for _, name := range []string{"[Ann](https://evil.example)", "https://evil.example/ Ann", "www.evil.example", "ann@evil.example", "*Ann* <b>Lee</b> | x", "![Ann](https://evil.example/a.png)", "`Ann`"} {
		view := View{Now: now, Version: 1, Since: now, Recorded: []RevisionRow{{ReviewedBy: []string{name + " (Officer)"}, ApprovedBy: []string{name}}}}
		html, err := HTMLBody(p, speak(t, view, "en"))
		if err != nil {
			t.Fatal(err)
		}
		cells := regexp.MustCompile(`(?s)<td[^>]*>([^<]*)</td>`).FindAllStringSubmatch(string(html), -1)
		if !slices.ContainsFunc(cells, func(c []string) bool { return stdhtml.UnescapeString(c[1]) == name+" (Officer)" }) {
			t.Errorf("the name %q is not shown as it is: %v", name, cells)
		}
	}
}

// A program's own address stands with its products.
func TestProgramMailIsShown(t *testing.T) {
	p := example(t, "signed-policy")
	p.Programs[0].Mail = "server@example.org"
	if got := string(Markdown(p, speak(t, View{Now: now}, "en"))); !strings.Contains(got, "Reports about these also reach us at [server@example.org](<mailto:server@example.org>).") {
		t.Error("it is not there")
	}
}

// In another language than the author's, what the author wrote says which it is, and
// nothing else does; the text version holds no mark.
func TestTheAuthorsWordsSayTheirLanguage(t *testing.T) {
	book, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range views {
		p := example(t, name)
		for _, lang := range words.Languages {
			v.Voice = book.In(lang)
			body, err := HTMLBody(p, v)
			if err != nil {
				t.Fatal(err)
			}
			text := string(Markdown(p, v))
			for _, bad := range []string{"⟦", "<no value>", "%!"} {
				if strings.Contains(string(body), bad) || strings.Contains(text, bad) {
					t.Errorf("%s in %s holds %q", name, lang, bad)
				}
			}
			tags, speaks := strings.Count(string(body), ` lang="en"`), lang == "en" || p.Translations[lang] != nil
			if speaks && tags != 0 || !speaks && tags < 20 {
				t.Errorf("%s in %s: %d texts say that they are English", name, lang, tags)
			}
		}
	}
}

// A text that has no translation yet says its own language, also within a line of
// others.
func TestHalfATranslation(t *testing.T) {
	p := example(t, "two-person-team")
	delete(p.Translations["de"], "information.version.help")
	delete(p.Translations["de"], "clauses.purpose.text")
	delete(p.Translations["de"], "clauses.step-advisory.title")
	body, err := HTMLBody(p, speak(t, View{Now: now}, "de"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<li><strong>Um welche Version?</strong>: <span lang="en">The one that you tested; a commit will do as well.</span></li>`,
		"<div lang=\"en\">\n<p>Whoever tells us in private",
		`<strong><span lang="en">Write it up as a security advisory</span> (wo es hilft)</strong>`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(string(body), ` lang="en"`); n != 3 {
		t.Errorf("%d texts say that they are English", n)
	}
}
