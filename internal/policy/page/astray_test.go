package page

import (
	"strings"
	"testing"
)

// An address that names somebody before its host is taken for another, so nothing leads
// there: not by Markdown, a picture, a reference, between signs nor by itself.
func TestAddressesThatLeadAstrayAreText(t *testing.T) {
	for _, bad := range []string{
		"https://example.com@evil.example/", "http://example.com:443@evil.example/a?b#c", "HTTPS://a:b@evil.example", "https://@evil.example/",
		`https:\\example.com@evil.example/`, "https:/example.com@evil.example/", "https:example.com@evil.example", "https:////example.com@evil.example/",
		"//example.com@evil.example/", `/\example.com@evil.example/`, "https://example.com&#64;evil.example/", "https://example.com&commat;evil.example/",
		"https://example.com%2f@evil.example/",
	} {
		if !Astray(bad) {
			t.Errorf("%s leads nobody astray", bad)
		}
		for _, text := range []string{
			"see [the *docs*](" + bad + ")", "see [x](<" + bad + "> \"t\")", "![p](" + bad + ")", "[x][1]\n\n[1]: " + bad, "<" + bad + ">", "see " + bad + " now",
			"| a |\n|---|\n| [x](" + bad + ") |", "- [https://example.com](" + bad + ")",
		} {
			html := string(Prose(text))
			if strings.Contains(html, "<a ") && strings.Contains(html, "evil") {
				if href := html[strings.Index(html, "<a "):]; strings.Contains(href[:strings.Index(href, ">")], "evil") {
					t.Errorf("%s links: %s", text, html)
				}
			}
		}
	}
	got := string(Prose("a [*b* c](https://example.com@evil.example/?x=<y>) https://example.com@evil.example/<z [ok](https://example.org)"))
	want := `<p>a <em>b</em> c &lt;https://example.com@evil.example/?x=&lt;y&gt;&gt; https://example.com@evil.example/&lt;z <a href="https://example.org">ok</a></p>`
	if strings.TrimSpace(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, good := range []string{
		"https://example.org/@user", "https://example.org/?to=a@b", "https://example.org#a@b", "mailto:a@example.org", "/thread?a=b@c", "https://example.org:8443/x", "https://example.org/a%40b", "a@example.org",
	} {
		if Astray(good) {
			t.Errorf("%s leads astray", good)
		}
		if html := string(Prose("[x](" + good + ")")); !strings.Contains(html, "<a ") {
			t.Errorf("%s is no link: %s", good, html)
		}
	}
}
