package browsertest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"fairlead/internal/advisory/advisorytest"
)

// chord presses a key with others held.
func (p person) chord(key string, held chromedp.Modifier) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(key, chromedp.KeyModifiers(held))); err != nil {
		p.t.Fatalf("%q: %v", key, err)
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

// arrives waits for a page of which this is true, to which another leads by itself: in
// between there is none to ask.
func (p person) arrives(expression string) {
	p.t.Helper()
	for {
		there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && Boolean("+expression+")"))
		if err == nil && there {
			return
		}
		if p.ctx.Err() != nil {
			p.t.Fatalf("never so: %s: %v", expression, err)
		}
	}
}

func (p person) must(expression string) {
	p.t.Helper()
	if !p.is(expression) {
		on, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.activeElement.outerHTML.slice(0, 200) + ' ' + document.activeElement.value"))
		p.t.Errorf("not so: %s; the keyboard is on %s", expression, on)
	}
}

// waits for the truth of an expression.
func (p person) waits(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+expression+")")); err != nil {
		p.t.Fatalf("never so: %s: %v", expression, err)
	}
}

// report sends one, as a program of a finder would, and answers its receipt.
func report(t *testing.T, h house, title string) string {
	t.Helper()
	res, err := http.Post(h.URL+"/api/v1/reports", "application/json", strings.NewReader(`{"title": "`+title+`", "description": "About `+title+`."}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatal(res.Status)
	}
	var made struct{ Receipt string }
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	return made.Receipt
}

// writes sends more to the thread of a receipt.
func writes(t *testing.T, h house, receipt, text string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.URL+"/api/v1/thread/messages", strings.NewReader(`{"text": "`+text+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Receipt "+receipt)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		t.Fatal(res.Status)
	}
}

// TestDeskByKeyboard signs in, hears of a report, claims it and answers it, without a
// mouse; then by the palette, and with the single keys switched off.
func TestDeskByKeyboard(t *testing.T) {
	_, member := people(t)
	h := open(t)
	report(t, h, "First overflow")
	second := report(t, h, "Second overflow")

	member.look(sights[0]) // nothing moves by itself
	member.goTo(h.SignIn)
	member.tabTo(`form[action="/desk/sign-in"] button`)
	member.leads("\r")
	member.keys("g")
	has(t, "the queue", member.leads("q"), "First overflow", "Second overflow")
	member.waits("document.querySelector('#keys-open') && !document.querySelector('#keys-open').hidden")
	member.must("document.querySelectorAll('#rows tbody a[tabindex=\"0\"]').length === 1")

	// Down and up, by letters and by arrows.
	member.keys("j")
	member.until("document.activeElement.matches('#rows tbody tr:nth-child(1) th a')")
	member.keys("j")
	member.until("document.activeElement.matches('#rows tbody tr:nth-child(2) th a')")
	member.keys(kb.ArrowUp)
	member.until("document.activeElement.matches('#rows tbody tr:nth-child(1) th a')")
	member.keys("x")
	member.must("document.querySelector('#rows tbody tr:nth-child(1) input').checked && document.querySelector('#chosen').value === '1 chosen'")

	// What a stranger sends meanwhile is said, and shown when asked for.
	report(t, h, "Third overflow")
	member.waits("document.querySelector('#live').textContent.includes('1 case changed')")
	member.must("document.querySelector('#live').getAttribute('role') === 'status' && !document.querySelector('main').textContent.includes('Third overflow')")
	member.keys("r")
	member.waits("document.querySelector('#rows').textContent.includes('Third overflow')")
	member.must("document.querySelector('#rows tbody tr.picked input').checked && document.querySelector('#counters .count')")

	// Claimed at once, on the same page and the same line; all by one box.
	member.keys("c")
	member.waits("document.querySelector('#told').textContent.includes('is assigned to you now')")
	member.until("document.activeElement.matches('#rows tbody tr.mine th a') && document.querySelectorAll('#rows tr.picked').length === 0")
	member.point("#pick-all input")
	member.must("document.querySelectorAll('#rows tr.picked').length === 3 && document.querySelector('#chosen').value === '3 chosen'")
	member.point("#pick-all input")
	member.must("document.querySelectorAll('#rows tr.picked').length === 0 && [...document.querySelectorAll('.batch button')].every((b) => b.disabled)")

	// Found by its words, opened, answered.
	member.one("/")
	member.until("document.activeElement.id === 'find'")
	member.keys("jkxc? second")
	member.until("document.activeElement.value === 'jkxc? second'") // letters are letters in a field
	member.keys(strings.Repeat(kb.Backspace, len("jkxc? second")))
	if page := member.leads("second\r"); strings.Contains(page, "First overflow") {
		t.Errorf("finding leaves %s", page)
	}
	member.keys("j")
	has(t, "the case", member.leads("o"), "About Second overflow.")

	// What is typed outlives a note of one's own and what others do; Escape leaves the field.
	member.one("m")
	member.keys("Half an answer")
	member.keys(kb.Escape)
	member.until("document.activeElement.matches('.write form')")
	member.one("n")
	member.keys("A note.")
	member.press(`.note button`)
	member.must("document.querySelector('#message').value === 'Half an answer' && document.querySelector('#note').value === ''")
	place, err := chromedp.Run(member.ctx, chromedp.Evaluate[string]("location.origin + location.pathname"))
	if err != nil {
		t.Fatal(err)
	}
	writes(t, h, second, "Meanwhile.")
	member.waits("document.querySelector('#live').textContent.includes('This case changed')")
	member.one("r")
	member.waits("document.querySelector('#entries').textContent.includes('Meanwhile.')")
	member.must("document.querySelector('#message').value === 'Half an answer' && document.querySelector('.write [name=seen]').value === document.querySelector('#case').dataset.v")
	member.press(`.write form button[value="preview"]`)
	member.goTo(place)
	member.must("document.querySelector('#message').value === 'Half an answer'") // what is only shown is not sent
	member.keys(kb.Escape)
	member.one("m")
	member.until("document.activeElement.id === 'message'")
	member.keys(" Thank you, we look.")
	member.tabTo(`button[value="preview"]`)
	has(t, "the preview", member.leads("\r"), "Thank you, we look.")
	member.tabTo(`button[value="do"]`)
	has(t, "the answered case", member.leads("\r"), "Thank you, we look.")
	member.until("document.activeElement.matches('#entries > .entry:target')") // what was sent
	member.keys("k")
	member.until("document.activeElement.matches('#entries > .entry:has(+ .entry:target)')")

	// By its name: whatever stands on the page.
	member.chord("k", chromedp.ModifierCtrl)
	member.must("document.querySelector('#palette').open && document.activeElement.id === 'palette-text'")
	member.must("[...document.querySelectorAll('#palette-list li')].every((li) => !li.querySelector('kbd') || /^(g [a-z]|c)$/.test([...li.querySelectorAll('kbd')].map((k) => k.textContent).join(' ')))")
	member.keys("outbox")
	member.must("document.querySelector('#palette-list [aria-selected=\"true\"]').textContent === 'Outbox g o'")
	has(t, "the outbox", member.leads("\r"), "Outbox")
	member.chord("k", chromedp.ModifierCtrl)
	member.keys(place[strings.LastIndex(place, "/")+1:])
	has(t, "the case by its number", member.leads("\r"), "About Second overflow.")
	member.chord("k", chromedp.ModifierCtrl)
	member.keys("third" + kb.ArrowUp) // the first is the case that comes next, the last looks for it
	if page := member.leads("\r"); !strings.Contains(page, "Third overflow") || strings.Contains(page, "About Second") {
		t.Errorf("searching for cases leads to %s", page)
	}

	// The help, and the switch that stays.
	member.keys("?")
	member.must("document.querySelector('#keys').open")
	member.tabTo(`#keys-off`)
	member.keys(" ")
	member.keys(kb.Escape)
	member.goTo(h.URL + "/desk/")
	member.keys("j")
	member.until("document.activeElement === document.body || !document.activeElement.closest('#rows')")
	member.keys("?")
	member.must("!document.querySelector('#keys').open")
	member.chord("k", chromedp.ModifierCtrl)
	member.must("document.querySelector('#palette').open")
	member.must("document.querySelectorAll('#palette-list li').length > 5 && !document.querySelector('#palette-list kbd')") // none stands there that does nothing
}

// TestDeskToolsShutNobodyOut has axe-core look at what the script opens.
func TestDeskToolsShutNobodyOut(t *testing.T) {
	_, installed := advisorytest.FromNPM(t, "axe-core")
	axe, err := os.ReadFile(filepath.Join(installed, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, member := people(t)
	h := furnished(t)
	if _, err := chromedp.Call(member.ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	member.visit(desk(h, "")[0])
	for name, open := range map[string]string{
		"help":       "document.querySelector('#keys').showModal()",
		"palette":    "document.dispatchEvent(new KeyboardEvent('keydown', {key: ':'}))",
		"chosen":     "document.querySelector('#rows input').click()",
		"choices":    "document.querySelector('.choose').open = true",
		"news":       "document.querySelector('#live span').textContent = '3 cases changed'; document.querySelector('#live button').hidden = false",
		"nothing so": "document.dispatchEvent(new KeyboardEvent('keydown', {key: ':'})); document.querySelector('#palette-text').value = 'zzz'; document.querySelector('#palette-text').dispatchEvent(new Event('input'))",
	} {
		for _, lang := range []string{"en", "de", "fr"} {
			member.speaks(lang)
			member.goTo(h.URL + "/desk/")
			if err := chromedp.Do(member.ctx, chromedp.Evaluate[chromedp.Void](open+";0")); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !member.is("document.documentElement.lang === '" + lang + "'") {
				t.Fatalf("%s: not in %s", name, lang)
			}
			seen := sights
			if lang != "en" {
				seen = sights[3:]
			}
			member.judge(string(axe), []stop{{name + ", " + lang, "", ""}}, seen)
		}
	}
}
