package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A stranger's Markdown is read as such on the desk, loads nothing, runs nothing and hides
// no address; what was written can be read as it was.
func TestHostileMarkdown(t *testing.T) {
	const wrote = "# Steps\n\n1. **send** it\n\n```\n<script>alert(1)</script>\n```\n\n" +
		"<script>alert(2)</script> <img src=x onerror=alert(3)> <svg onload=alert(4)>\n\n" +
		"![seen](https://evil.example/pixel.png) [run](javascript:alert(5)) [data](data:text/html,x) [b\"><i onmouseover=alert(6)>](https://evil.example/?a=\"onx)\n\n" +
		"<form action=/desk/sign-out><button>OK</button></form>\n\n" +
		"<style>body{display:none}</style><iframe src=//evil.example></iframe>"
	h := house(t)
	id := h.Receive(cvd.Report{Title: "md", Description: wrote, Steps: wrote, Tools: []string{"**tool**"}}).Case
	h.Do(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id}}}, id, cvd.VerbMessage, cvd.Input{Text: wrote})
	h.Do(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id}}}, id, cvd.VerbMessage, cvd.Input{Text: "[https://**good**.example](https://evil.example/login) https://plain.example/x https://example.com@hidden.example/ [h](https://example.com@hidden.example/h)"})
	h.Do(h.Lead, id, cvd.VerbNote, cvd.Input{Note: "a *note* of ours"})
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id)
	page := b.Get(path).Check(h, http.StatusOK)
	whole(t, "markdown", page)
	from := strings.Index(page.Body, `<div class="story">`)
	story := page.Body[from : from+strings.Index(page.Body[from:], `<div class="write">`)]
	for _, want := range []string{"<strong>send</strong>", "<ol>", "<pre><code>&lt;script&gt;alert(1)", "&lt;https://evil.example/login&gt;", "a <em>note</em> of ours", "**tool**", "&lt;iframe", " https://example.com@hidden.example/ h &lt;https://example.com@hidden.example/h&gt;"} {
		if !strings.Contains(story, want) {
			t.Errorf("it does not show %q", want)
		}
	}
	if strings.Count(story, "<strong>send</strong>") != 3 {
		t.Errorf("%d of the report's two texts and the message are read", strings.Count(story, "<strong>send</strong>"))
	}
	low := strings.ToLower(story)
	for _, bad := range []string{"<script", "<img", "<svg", "<iframe", "<style", "<i ", "<button", `href="javascript:`, `href="data:`, `href="https://example.com@`, `<form action=/`, "https://plain.example/x&gt;"} {
		if strings.Contains(low, bad) {
			t.Errorf("it holds %q: %s", bad, story)
		}
	}
	for attr := range strings.SplitSeq(low, " on") {
		if name, _, ok := strings.Cut(attr, "="); ok && (name == "error" || name == "load" || name == "mouseover") && !strings.Contains(attr, "&gt;") {
			t.Errorf("an event handler: %s", attr)
		}
	}
	if !strings.Contains(story, path+"?raw=yes#timeline") {
		t.Error("the words as they were written cannot be reached")
	}
	raw := b.Get(path+"?raw=yes").Check(h, http.StatusOK)
	if strings.Contains(raw.Body, "<strong>send</strong>") || strings.Count(raw.Text(), strings.Join(strings.Fields(wrote), " ")) != 3 {
		t.Errorf("as written: %s", raw.Text())
	}
}
