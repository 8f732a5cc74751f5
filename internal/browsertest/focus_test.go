package browsertest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTheKeyboardIsNeverNowhere: leaving a field leads back to where its key was pressed, and
// what a form answers has the focus: its heading, its notice or its field.
func TestTheKeyboardIsNeverNowhere(t *testing.T) {
	stranger, member := people(t)
	h := open(t)
	report(t, h, "One overflow")
	report(t, h, "Two overflow")
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(h.URL + "/desk/")
	at := func(selector string) string { return "document.activeElement.matches('" + selector + "')" }

	second := at("#rows tbody tr:nth-child(2) th a")
	member.keys("jj")
	member.must(second)
	member.one("f")
	member.until(at(".choose :is(select, input)"))
	member.keys(kb.Escape)
	member.must(second)
	member.one("/")
	member.until(at("#find"))
	member.keys(kb.Escape)
	member.must(second)
	member.point("#rows tbody tr:nth-child(1) input")
	member.keys(kb.Escape)
	member.until(at("#rows tbody tr:nth-child(1) th a"))

	member.leads("o")
	path, err := chromedp.Run(member.ctx, chromedp.Evaluate[string]("location.pathname"))
	if err != nil {
		t.Fatal(err)
	}
	member.keys("j")
	entry := at("#entries > .entry:nth-child(1)")
	member.must(entry)
	member.one("m")
	member.keys("We look.")
	member.keys(kb.Escape)
	member.must(entry)
	member.goTo(h.URL + path)
	member.one("n") // from nowhere
	member.keys(kb.Escape)
	member.until(at(".write form.note"))
	member.tabTo("#note") // and on from there
	member.fill("#message", "We look.")
	member.press(`.write form button[value="preview"]`)
	member.until(at(".preview h2"))

	for _, act := range []string{"claim", "assign", "note"} {
		member.goTo(h.URL + "/desk/")
		member.point("#pick-all input")
		member.press(`.batch [value="` + act + `"]`)
		member.until(at("button[value=do], .field :is(select, textarea)"))
		if act == "note" {
			member.fill(`[name="note"]`, "Of both.")
			member.press(`button[value="do"]`)
			member.until(at("h1") + " && document.activeElement.textContent === 'Done to 2 of 2 cases'")
		}
	}

	stranger.goTo(h.URL + "/thread")
	stranger.fill(`[name="receipt"]`, "no-such-receipt")
	if res, err := chromedp.RunResponse(stranger.ctx, chromedp.SendKeys(chromedp.CSS(`form[action="/thread/open"] button.main`), "\r")); err != nil || res.Status < http.StatusBadRequest {
		t.Fatalf("a wrong receipt: %v %v", res, err)
	}
	stranger.until(at("[name=receipt][aria-invalid=true]"))
	stranger.goTo(h.URL + "/report")
	stranger.fill(`[name="description"]`, "It signs in again.")
	stranger.press(`.go-1 [name="step"]`)
	stranger.until(at("#preview"))
}

// TestThePaletteNamesWhatItDoes: nothing stands in it that only a form or a row around it
// explains.
func TestThePaletteNamesWhatItDoes(t *testing.T) {
	_, member := people(t)
	h := furnished(t)
	id, _ := send(t, h)
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	for _, path := range []string{"/", "/audit", "/components", "/cases/" + id, "/me", "/team", "/outbox", "/mail"} {
		member.goTo(h.URL + "/desk" + path)
		member.chord("k", chromedp.ModifierCtrl)
		list, err := chromedp.Run(member.ctx, chromedp.Evaluate[string]("[...document.querySelectorAll('#palette-list [role=option] span')].map((e) => e.textContent).join('\\n')"))
		if err != nil || list == "" {
			t.Fatalf("%s lists %q: %v", path, list, err)
		}
		for _, bare := range []string{"Show", "Find", "Apply", "End", "Revoke"} {
			if strings.Contains("\n"+list+"\n", "\n"+bare+"\n") {
				t.Errorf("%s lists %q: %s", path, bare, list)
			}
		}
		if path == "/" && !strings.Contains(list, "Show: 1 mail could not be placed") {
			t.Errorf("the alarm is not named: %s", list)
		}
	}
}

// TestEveryLookCanBeGoneBackTo: a prepared reply and an answer with a file lead through pages
// that the browser's way back finds again.
func TestEveryLookCanBeGoneBackTo(t *testing.T) {
	_, member := people(t)
	h := open(t)
	report(t, h, "One overflow")
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(h.URL + "/desk/")
	member.press("#rows tbody th a")
	at, err := chromedp.Run(member.ctx, chromedp.Location())
	if err != nil {
		t.Fatal(err)
	}
	at, _, _ = strings.Cut(at, "?")
	path := strings.TrimPrefix(at, h.URL)
	member.goTo(at + "/do/message")
	member.is("(document.querySelector('#canned').selectedIndex = 1)")
	member.press(`button[value="insert"]`)
	member.press(`button[value="preview"]`)
	member.back(path + "/do/message")
	member.must("document.querySelector('main textarea').value.length > 20")
	member.goTo(at)
	member.fill("#message", "Please try it.")
	has(t, "the words with a file", member.press(`.write button[name="with"]`), "with a file")
	has(t, "the preview with a file", member.press(`button[value="preview"]`), "Please try it.", "Send to the reporter")
	member.back(path + "/do/attach")
	member.must("document.querySelector('main textarea').value === 'Please try it.'")
	member.goTo(h.URL + "/desk/policy/draft")
	for _, note := range []string{"First. ", "Second. "} {
		member.fill(`[name="contact-0-note"]`, note)
		has(t, "what changes", member.press(`button[value="compare"]`), "What changes")
	}
	member.back("/desk/policy/draft")
	member.until("document.querySelector('.diff').textContent.includes('First. ') && !document.querySelector('.diff').textContent.includes('Second. ')")
}
