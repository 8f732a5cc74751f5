package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// focus is what a person sees of the element that has it.
type focus struct {
	Here, Seen bool
	What       string
}

// sees tells of the element that has the focus whether it is seen, and seen to have it: whether
// the topmost element at its middle, or near one of its corners, is its own (WCAG 2.2, 2.4.7 and
// 2.4.11).
const sees = `((selector) => {
	const e = document.activeElement, s = getComputedStyle(e);
	const own = (x, y) => { const hit = document.elementFromPoint(x, y); return hit && (e.contains(hit) || hit.contains(e) || [...e.labels ?? []].some((l) => l.contains(hit))); };
	const bare = [...e.getClientRects()].some((r) => r.width && r.height && [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8], [.1, 8 / r.height]].some(([x, y]) => own(r.x + r.width * x, r.y + r.height * y)));
	return {Here: e.matches(selector), What: e.outerHTML.slice(0, 160), Seen: e === document.body || bare && s.outlineStyle !== "none"};
})`

// tab presses the tabulator, held with a modifier or not, and tells what has the focus then.
func (p person) tab(selector string, held ...chromedp.KeyOption) focus {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent("\t", held...)); err != nil {
		p.t.Fatal(err)
	}
	at, err := chromedp.Run(p.ctx, chromedp.Evaluate[focus](fmt.Sprintf("%s(%q)", sees, selector)))
	if err != nil {
		p.t.Fatal(err)
	}
	return at
}

// tabTo presses the tabulator until what is meant has the focus. Each element on the
// way must be seen, and seen to have it.
func (p person) tabTo(selector string) {
	p.t.Helper()
	for range 120 {
		at := p.tab(selector)
		if !at.Seen {
			p.t.Errorf("the focus is not seen on %s", at.What)
		}
		if at.Here {
			return
		}
	}
	p.t.Fatalf("no key leads to %s", selector)
}

func (p person) keys(text string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(text)); err != nil {
		p.t.Fatal(err)
	}
}

// follow presses Enter on what leads to another page, and reads that page.
func (p person) follow(selector string) string {
	p.t.Helper()
	p.tabTo(selector)
	res, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent("\r"))
	if err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
	text := p.read()
	if res.Status >= 400 {
		p.t.Fatalf("%s led to %d: %s", selector, res.Status, text)
	}
	return text
}

// TestByKeysAlone goes from the start page to a sent report and to an answer in its
// thread with the keyboard, without a script and without a mouse.
func TestByKeysAlone(t *testing.T) {
	stranger, _ := people(t)
	h := open(t)
	stranger.look(seen{1280, false})
	stranger.goTo(h.URL + "/")
	stranger.tabTo(".skip")
	stranger.follow(`main a[href="/report"]`)
	stranger.tabTo(`[name="description"]`)
	stranger.keys("The link signs in a second time.")
	stranger.tabTo(`.go-1 .actions a`)
	stranger.keys("\r")
	stranger.tabTo(`[name="title"]`)
	stranger.keys("Reset link works twice")
	stranger.tabTo(`[name="tools"]`)
	stranger.keys("curl 8.5")
	// Enter within a line never sends what is not finished: it shows how it reads.
	stranger.tabTo(`[name="cwe"]`)
	res, err := chromedp.RunResponse(stranger.ctx, chromedp.KeyEvent("\r"))
	if err != nil || res.Status != 200 {
		t.Fatalf("Enter in a line: %v %v", res, err)
	}
	has(t, "the preview", stranger.read(), "Nothing has been sent yet", "The link signs in a second time.", "curl 8.5")
	stranger.tabTo(`.preview [href="#step-1"]`) // the preview stands alone until something is to be changed
	stranger.keys("\r")
	stranger.tabTo(`.stepped [href="#step-3"]`)
	stranger.keys("\r")
	stranger.tabTo(`[name="reporter.name"]`)
	stranger.keys("Ann")
	sent := stranger.follow(`.send .main`)
	code := receipt.FindString(sent)
	if code == "" {
		t.Fatalf("no receipt after sending: %s", sent)
	}
	thread := stranger.follow(`.keep button`) // the field of the password manager holds the receipt
	has(t, "the thread", thread, "Reset link works twice", "The link signs in a second time.", "What comes next", "A person confirms receipt")
	stranger.tabTo(`form[action="/thread/message"] textarea`)
	stranger.keys("It was version 5.2.")
	has(t, "the thread after writing", stranger.follow(`form[action="/thread/message"] .main`), "It was version 5.2.", "Your message was sent.")
	if n := strings.Count(stranger.read(), "It was version 5.2."); n != 1 {
		t.Errorf("what was written stands %d times", n)
	}
}

// TestDraftStaysHere keeps a draft in the browser only when it is asked for, brings
// it back after the page was left, and removes it once the report is sent.
func TestDraftStaysHere(t *testing.T) {
	_, ann := people(t)
	h := open(t)
	kept := func() string {
		t.Helper()
		got, err := chromedp.Run(ann.ctx, chromedp.Evaluate[string](`localStorage.getItem("fairlead-draft") ?? ""`))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	typed := func(name string) string {
		t.Helper()
		got, err := chromedp.Run(ann.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector("[name=%s]").value`, name)))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ann.goTo(h.URL + "/report")
	ann.fill(`[name="version"]`, "Typed first")
	ann.goTo(h.URL + "/policy")
	if got := kept(); got != "" {
		t.Fatalf("a draft that nobody asked for: %s", got)
	}
	ann.goTo(h.URL + "/report")
	ann.fill(`[name="version"]`, "Typed again")
	ann.point(".draft input")
	ann.fill(`[name="description"]`, "And more.")
	ann.goTo(h.URL + "/policy") // leaving the page keeps the last words
	if got := kept(); !strings.Contains(got, "Typed again") || !strings.Contains(got, "And more.") || strings.Contains(got, "once") {
		t.Fatalf("kept: %s", got)
	}
	ann.goTo(h.URL + "/report")
	if a, b := typed("version"), typed("description"); a != "Typed again" || b != "And more." {
		t.Fatalf("came back as %q and %q", a, b)
	}
	ann.point(".draft input")
	if got := kept(); got != "" {
		t.Fatalf("still kept: %s", got)
	}
	ann.point(".draft input")
	ann.point(`.stepped [href="#step-3"]`)
	has(t, "the answer", ann.press(".send .main"), "Your receipt")
	if got := kept(); got != "" {
		t.Fatalf("kept after sending: %s", got)
	}
}
