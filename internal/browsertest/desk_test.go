package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys presses keys, wherever the keyboard is.
func (p person) keys(keys string, opts ...chromedp.KeyOption) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys, opts...)); err != nil {
		p.t.Fatalf("%q: %v", keys, err)
	}
}

// one presses a key that the page may keep from typing its letter.
func (p person) one(key string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		event := input.DispatchKeyEventParams{Type: kind, Key: key}
		if kind == input.DispatchKeyEventTypeKeyDown {
			event.Text = key
		}
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, event); err != nil {
			p.t.Fatalf("%q: %v", key, err)
		}
	}
}

// leads presses keys that lead to another page, and reads that.
func (p person) leads(keys string) string {
	p.t.Helper()
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		p.t.Fatalf("%q: %v", keys, err)
	}
	return p.read()
}

// is asks the page for the truth of an expression.
func (p person) is(expression string) bool {
	p.t.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

func (p person) must(expression string) {
	p.t.Helper()
	if !p.is(expression) {
		on, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.activeElement.outerHTML.slice(0, 200) + ' ' + document.activeElement.value"))
		p.t.Errorf("not so: %s; the keyboard is on %s", expression, on)
	}
}

// until waits for the truth of an expression.
func (p person) until(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+expression+")")); err != nil {
		p.t.Fatalf("never so: %s: %v", expression, err)
	}
}

// tab presses Tab until the keyboard is on what the selector finds.
func (p person) tab(selector string) {
	p.t.Helper()
	for range 80 {
		p.keys(kb.Tab)
		if p.is("document.activeElement.matches(`" + selector + "`)") {
			return
		}
	}
	p.t.Fatalf("Tab does not lead to %s", selector)
}

// report sends one as a stranger.
func (p person) report(h house, title string) {
	p.t.Helper()
	p.goTo(h.URL + "/report")
	p.fill(`[name="title"]`, title)
	p.fill(`[name="description"]`, "About "+title+".")
	p.press(`form[action="/report"] button.main`)
}

// TestDeskByKeyboard signs in, hears of a report, claims it and answers it, without a
// mouse; then by the palette, and with the single keys switched off.
func TestDeskByKeyboard(t *testing.T) {
	stranger, member := people(t)
	h := open(t)
	stranger.report(h, "First overflow")
	stranger.report(h, "Second overflow")

	member.goTo(h.SignIn)
	member.tab(`form[action="/desk/sign-in"] button`)
	member.leads("\r")
	member.keys("g")
	has(t, "the queue", member.leads("q"), "First overflow", "Second overflow")
	member.until("document.querySelector('#keys-open') && !document.querySelector('#keys-open').hidden")
	member.must("document.querySelectorAll('#rows tbody a[tabindex=\"0\"]').length === 1")

	// Down and up, by letters and by arrows.
	member.keys("j")
	member.must("document.activeElement.matches('#rows tbody tr:nth-child(1) th a')")
	member.keys("j")
	member.must("document.activeElement.matches('#rows tbody tr:nth-child(2) th a')")
	member.keys(kb.ArrowUp)
	member.must("document.activeElement.matches('#rows tbody tr:nth-child(1) th a')")
	member.keys("x")
	member.must("document.querySelector('#rows tbody tr:nth-child(1) input').checked && document.querySelector('#chosen').value === '1'")

	// What a stranger sends meanwhile is said, and shown when asked for.
	stranger.report(h, "Third overflow")
	member.until("document.querySelector('#live').textContent.includes('1 case changed')")
	member.must("document.querySelector('#live').getAttribute('role') === 'status' && !document.querySelector('main').textContent.includes('Third overflow')")
	member.keys("r")
	member.until("document.querySelector('#rows').textContent.includes('Third overflow')")
	member.must("document.querySelector('#rows tbody tr.picked input').checked && document.querySelector('#counters .count')")

	// Claimed: what happens is shown, then done.
	has(t, "before claiming", member.leads("c"), "Claim 1 case", "Was nobody's")
	member.must("document.activeElement.matches('button[value=\"do\"]')")
	has(t, "after claiming", member.leads("\r"), "Done to 1 of 1 cases")
	member.keys("g")
	member.leads("q")

	// Found by its words, opened, answered.
	member.one("/")
	member.must("document.activeElement.id === 'find'")
	member.keys("jkxc? second")
	member.must("document.activeElement.value === 'jkxc? second'") // letters are letters in a field
	member.keys(strings.Repeat(kb.Backspace, len("jkxc? second")))
	if page := member.leads("second\r"); strings.Contains(page, "First overflow") {
		t.Errorf("finding leaves %s", page)
	}
	member.keys("j")
	has(t, "the case", member.leads("o"), "About Second overflow.")
	member.one("m")
	member.must("document.activeElement.id === 'message'")
	member.keys("Thank you, we look.")
	member.tab(`button[value="preview"]`)
	has(t, "the preview", member.leads("\r"), "Thank you, we look.")
	member.tab(`button[value="do"]`)
	has(t, "the answered case", member.leads("\r"), "Thank you, we look.")
	member.keys("j")
	member.must("document.activeElement.matches('#entries > .entry:first-child')")

	// By its name: whatever stands on the page.
	member.keys("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	member.must("document.querySelector('#palette').open && document.activeElement.id === 'palette-text'")
	member.keys("outbox")
	member.must("document.querySelector('#palette-list [aria-selected=\"true\"]').textContent === 'Outbox'")
	has(t, "the outbox", member.leads("\r"), "Outbox")

	// The help, and the switch that stays.
	member.keys("?")
	member.must("document.querySelector('#keys').open")
	member.tab(`#keys-off`)
	member.keys(" ")
	member.keys(kb.Escape)
	member.goTo(h.URL + "/desk/")
	member.keys("j")
	member.must("document.activeElement === document.body || !document.activeElement.closest('#rows')")
	member.keys("?")
	member.must("!document.querySelector('#keys').open")
	member.keys("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	member.must("document.querySelector('#palette').open")
}
