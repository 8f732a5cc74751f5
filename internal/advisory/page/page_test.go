package page_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

func TestMarkdown(t *testing.T) {
	two := advisorytest.Example()
	second := two.Clone().Vulnerabilities[0]
	second.CVE, second.Title, second.Scores, second.Affects = "CVE-2026-20009", "Another_one", nil, []cvd.Affect{
		{Product: "box", Status: cvd.StatusAffected},
		{Product: "gateway", Status: cvd.StatusInvestigating, Versions: []string{"3.0"}},
		{Product: "gone", Status: cvd.StatusAffected, Ranges: []cvd.VersionRange{
			{Kind: cvd.RangeGit, Repo: "https://git.nls.example/x", Events: []cvd.VersionEvent{{Introduced: "0"}, {LastAffected: "abc"}, {Introduced: "def"}}},
		}},
	}
	two.Vulnerabilities = append(two.Vulnerabilities, second)
	two.Withdrawn, two.Why, two.TLP = two.Modified, "It was none.\nReally.", cvd.TLPGreen
	two.Title = "Pipes | and <b>tags</b>"
	for name, a := range map[string]*cvd.Advisory{"example": advisorytest.Example(), "two": two, "bare": {ID: "EX-1", Title: "Nothing is known", Published: two.Published, Revision: 1}} {
		got, err := page.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".md")
		goldentest.Is(t, path, got)
		if strings.Contains(string(got), "⟦") {
			t.Errorf("%s: a text is missing", name)
		}
	}
}

// What others published is not said to be ours: the page names whom it came from.
func TestImportsNameTheirSource(t *testing.T) {
	for want, src := range map[string]*cvd.AdvisorySource{
		"CSAF, Example Team":     {Format: "csaf", Kept: map[string]json.RawMessage{"/document/publisher": json.RawMessage(`{"name":"Example Team","category":"vendor"}`)}},
		"CVE record, exampleorg": {Format: "cve5", Kept: map[string]json.RawMessage{"/cveMetadata": json.RawMessage(`{"assignerShortName":"exampleorg"}`)}},
		"OSV":                    {Format: "osv"},
	} {
		a := advisorytest.Example()
		a.Source = src
		text := string(page.Markdown(page.Of(a, advisorytest.Publisher)))
		if !strings.Contains(text, "**Taken over from**: "+want+"\n") || strings.Contains(text, advisorytest.Publisher.Name) {
			t.Errorf("%s: %.600s", want, text)
		}
	}
}

// The number by which the house knows a vulnerability is no name for its readers; it
// stands only where nothing else would.
func TestHeadingsNameNoInternalNumber(t *testing.T) {
	a := advisorytest.Example()
	one := &a.Vulnerabilities[0]
	one.CVE, one.IDs, one.Title = "", nil, "First"
	for _, c := range []struct{ title, cve, id, want string }{
		{"Second", "", "", "Second"},
		{"Second", "CVE-2026-20009", "", "CVE-2026-20009: Second"},
		{"Second", "", "GHSA-2", "GHSA-2: Second"},
		{"", "", "", string(a.ID) + `\#2`},
	} {
		b := a.Clone()
		second := b.Clone().Vulnerabilities[0]
		second.Title, second.CVE, second.Number = c.title, c.cve, 0
		if c.id != "" {
			second.IDs = []cvd.ForeignID{{System: "GitHub", ID: c.id}}
		}
		b.Vulnerabilities = append(b.Vulnerabilities, second)
		text := string(page.Markdown(page.Of(b, advisorytest.Publisher)))
		if !strings.Contains(text, "\n## First\n") || !strings.Contains(text, "\n## "+c.want+"\n") {
			t.Errorf("no heading is %q: %s", c.want, text)
		}
	}
	a.Vulnerabilities[0].Title = ""
	if f := page.Of(a, advisorytest.Publisher).Flaws[0]; f.Name != "" {
		t.Errorf("one alone is called %s", f.Name)
	}
}

// Any record has a page, and a text without a hole.
func TestAnyRecordHasAPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Draw(t)
		s := page.Of(a, advisorytest.Publisher)
		text := string(page.Markdown(s))
		if len(s.Flaws) == 0 || strings.Contains(text, "⟦") || !strings.HasPrefix(text, "# ") {
			t.Errorf("the page is %s", text)
		}
	})
}

// Whatever an author writes, nothing loads and nothing runs.
func TestProseLetsNothingThrough(t *testing.T) {
	for in, want := range map[string]string{
		"*a* `b`":                            "<p><em>a</em> <code>b</code></p>",
		"<script>alert(1)</script>":          "",
		"<img src=x onerror=alert(1)>":       "",
		"![pixel](https://elsewhere/p.png)":  "",
		"[x](javascript:alert(1))":           "",
		"[x](data:text/html,hi)":             "",
		"<a href='https://x' onclick='y'>z":  "",
		"<style>*{display:none}</style>":     "",
		"# Heading":                          "<h4>Heading</h4>",
		"[x](https://x.example/?a=1&b=<b>)":  "",
		"<svg><use href='//x'/></svg>":       "",
		"| a | b |\n|---|---|\n| 1 | 2 |":    "",
		"<https://x.example> text":           "",
		"```html\n<script src=//x></script>": "",
	} {
		out := string(page.Prose(in))
		if want != "" && out != want {
			t.Errorf("%q is %q, want %q", in, out, want)
		}
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "style", "img", "svg", "iframe", "object", "form", "link", "input":
				t.Errorf("%q lets <%s> through: %s", in, n.Data, out)
			}
			for _, a := range n.Attr {
				safe := strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "mailto:")
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || (a.Key == "href" && !safe) {
					t.Errorf("%q lets %s=%q through", in, a.Key, a.Val)
				}
			}
		}
	}
	if long := string(page.Prose(strings.Repeat("*", 300<<10))); !strings.HasPrefix(long, "<pre>*") {
		t.Error("a text of 300 KB is rendered")
	}
}

func FuzzProse(f *testing.F) {
	f.Add("*a* <b onclick=x> [x](javascript:y) ![p](https://q)")
	f.Fuzz(func(t *testing.T, in string) {
		out := strings.ToLower(string(page.Prose(in)))
		for _, bad := range []string{"<script", "<img", "<style", "<svg", "<iframe", "href=\"javascript:", "href=\"data:"} {
			if strings.Contains(out, bad) {
				t.Errorf("%q lets %s through", in, bad)
			}
		}
	})
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"a\nb\nc\n", "a\nb\nc\n", "=a =b =c"},
		{"a\nb\nc\n", "a\nx\nc\n", "=a -b +x =c"},
		{"a\n", "a\nb\n", "=a +b"},
		{"a\nb\nc\nd", "b\nd\ne", "-a =b -c =d +e"},
		{"", "a", "- +a"},
	} {
		var got []string
		for _, l := range page.Diff(c.old, c.now) {
			got = append(got, map[string]string{"same": "=", "gone": "-", "new": "+"}[l.Op]+l.Text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q to %q: %v", c.old, c.now, got)
		}
	}
	long := strings.Repeat("x\n", 4000)
	if got := page.Diff("a\n"+long+"b", "c\n"+long+"d"); len(got) != 8004 {
		t.Errorf("two long texts: %d lines", len(got))
	}
	long = strings.Repeat("x\n", 1100)
	got := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			page.Diff("a\n"+long+"b", "c\n"+long+"d")
		}
	})
	if got.AllocedBytesPerOp() > 8<<20 {
		t.Errorf("comparing two texts takes %d bytes", got.AllocedBytesPerOp())
	}
}

// Both sides come out of a comparison again.
func TestDiffLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a", "b", "c", ""})
		old, now := rapid.SliceOfN(line, 1, 12).Draw(t, "old"), rapid.SliceOfN(line, 1, 12).Draw(t, "now")
		old, now = append(old, "end"), append(now, "end")
		var a, b []string
		for _, l := range page.Diff(strings.Join(old, "\n"), strings.Join(now, "\n")) {
			if l.Op != "new" {
				a = append(a, l.Text)
			}
			if l.Op != "gone" {
				b = append(b, l.Text)
			}
		}
		if !reflect.DeepEqual(a, old) || !reflect.DeepEqual(b, now) {
			t.Errorf("%v and %v became %v and %v", old, now, a, b)
		}
	})
}

func TestExcerpt(t *testing.T) {
	var lines []page.Line
	for range 10 {
		lines = append(lines, page.Line{Op: "same"})
	}
	lines[5].Op = "new"
	var got []string
	for _, l := range page.Excerpt(lines, 1) {
		got = append(got, l.Op)
	}
	if strings.Join(got, " ") != "skip same new same skip" {
		t.Errorf("%v", got)
	}
}

// Texts that take the square of their length to render are shown as they are, and no
// text that people write is.
func TestKnottedTextsAreNotRendered(t *testing.T) {
	for _, knot := range []string{"> ", ">", "> - ", "1. > ", "> 1. ", "[a](", "[a](<", "[a](b \"", "* > "} {
		for _, text := range []string{strings.Repeat(knot, 20_000), strings.Repeat(knot, 400) + strings.Repeat("x", 90_000), "Text.\n\n" + strings.Repeat(knot, 20_000) + "\nText."} {
			if got := page.Prose(text); !strings.HasPrefix(string(got), "<pre>") {
				t.Errorf("%q and so on, %d bytes, was rendered", knot, len(text))
			}
		}
	}
	for name, text := range map[string]string{
		"many links": strings.Repeat("See [the fix](https://example.com/fix?a=1) and [more](/more \"a title\").\n\n", 1200),
		"quotes":     strings.Repeat("> > a quote of a quote\n\n", 3000),
		"XML":        strings.Repeat("`<a><b><c>` -> > x\n\n", 3000),
		"call":       strings.Repeat("`list[0](x)` \n\n", 20),
	} {
		if got := page.Prose(text); strings.HasPrefix(string(got), "<pre>") {
			t.Errorf("%s are not rendered", name)
		}
	}
}

// No reader of the Markdown document, however simple, runs what an author wrote; the
// words stay.
func TestMarkdownHoldsNoHTML(t *testing.T) {
	for in, want := range map[string]string{
		"<script>alert(1)</script>":              "&lt;script>alert(1)&lt;/script>",
		`\<img src=x onerror=alert(1)>`:          "&lt;img src=x onerror=alert(1)>",
		"<div>\n`<b>`\n</div>":                   "&lt;div>\n`&lt;b>`\n&lt;/div>",
		"<a title=\"`\">`<img src=x>":            "&lt;a title=\"`\">`&lt;img src=x>",
		"`<b>` and 1 < 2":                        "`<b>` and 1 < 2",
		"```\n<b>\n```":                          "```\n<b>\n```",
		"see <https://x.example/a>":              "see <https://x.example/a>",
		"<https://x.example/a onload=alert(1)>":  "&lt;https://x.example/a onload=alert(1)>",
		"[x](javascript:alert(1))":               `[x]\(javascript:alert(1))`,
		"[x](java&#115;cript:alert(1))":          `[x]\(java&#115;cript:alert(1))`,
		"[x][y]\n\n[y]: javascript:alert(1)":     "[x]\\[y]\n\n[y]\\: javascript:alert(1)",
		"[x](https://x.example) and [y](/there)": "[x](https://x.example) and [y](/there)",
	} {
		if got := page.Neutral(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	a := advisorytest.Example()
	a.Title, a.Overview = "A <b>title</b>", "<img src=x onerror=alert(1)>"
	a.Vulnerabilities[0].Remedies[0].Text = "<div>Update.</div>"
	a.Vulnerabilities[0].Remedies[0].URL = "javascript:alert(1)"
	a.References[0].URL = "javascript:alert(2)//`<b>"
	text := string(page.Markdown(page.Of(a, advisorytest.Publisher)))
	for _, want := range []string{"A &lt;b&gt;title", "&lt;div>Update.", "`javascript:alert(1)`", "`javascript:alert(2)//'<b>`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if strings.Contains(text, "<javascript") || strings.Contains(text, "<img") {
		t.Errorf("something runs: %s", text)
	}
	if got := string(page.Prose("<div>Update.</div>")); !strings.Contains(got, "&lt;div&gt;Update.") {
		t.Errorf("the page drops a text: %s", got)
	}
}

// A stranger's text and an advisory's references lead to no host that hides behind
// another's name.
func TestHiddenHostsAreText(t *testing.T) {
	const bad = "https://example.com@evil.example/"
	html, plain := page.Shown("see " + bad + " and [it](" + bad + "), <" + bad + ">; [not](https://example.org/a)")
	if plain || strings.Contains(string(html), `"`+bad) || strings.Count(string(html), "@evil.example/") != 3 || !strings.Contains(string(html), `href="https://example.org/a"`) {
		t.Error(html)
	}
	if page.Linkable(bad) || !page.Linkable("https://example.org/@a") {
		t.Error("a reference leads astray, or a good one nowhere")
	}
}
