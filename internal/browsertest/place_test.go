package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestNeitherWordsNorPlaceAreLost leaves a case by a key, by a link and by going back with an
// answer half typed, walks through a filtered list, and finds both where they were.
func TestNeitherWordsNorPlaceAreLost(t *testing.T) {
	_, member := people(t)
	h := open(t)
	for _, title := range []string{"One overflow", "Two overflow", "Three overflow", "Other flaw"} {
		report(t, h, title)
	}
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(h.URL + "/desk/?q=overflow&sort=created")
	member.keys("jjj")
	third := "document.activeElement.matches('#rows tbody tr:nth-child(3) th a')"
	member.must(third)
	member.leads("o")
	member.one("m")
	member.keys("Half an answer")
	member.keys(kb.Escape)
	member.keys("g")
	member.leads("q")
	member.must("location.search === '?q=overflow&sort=created' && " + third)
	member.leads("o")
	member.must("document.querySelector('#message').value === 'Half an answer'")

	// Emptied is emptied, and not brought back by an earlier copy.
	if err := chromedp.Do(member.ctx, chromedp.Evaluate[chromedp.Void]("document.querySelector('#message').value = '';0")); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(member.ctx, chromedp.NavigateBack()); err != nil {
		t.Fatal(err)
	}
	member.waits(third)
	member.leads("o")
	member.must("document.querySelector('#message').value === ''")

	// The list goes on from case to case, and is left at the last one seen.
	at := "document.querySelector('.crumb .mono').textContent"
	was, err := chromedp.Run(member.ctx, chromedp.Evaluate[string](at))
	if err != nil {
		t.Fatal(err)
	}
	member.leads("K")
	member.must(at + " !== '" + was + "'")
	member.leads("J")
	member.must(at + " === '" + was + "'")
	member.leads("K")
	member.keys("g")
	member.leads("q")
	member.until("document.activeElement.matches('#rows tbody tr:nth-child(2) th a')")

	// A form of its own page asks before it is left with something in it, and not otherwise.
	member.leads("o")
	member.goTo(h.URL + "/desk/record")
	asks := "(() => { const e = new Event('beforeunload', {cancelable: true}); dispatchEvent(e); return e.defaultPrevented; })()"
	member.must("!" + asks)
	member.fill("main textarea", "By telephone.")
	member.must(asks)
}

// TestBackAfterWhatWasSent goes back from what was sent, with scripts and without: the
// preview says that it was sent, and nothing is sent twice. Before, going back keeps what
// was typed.
func TestBackAfterWhatWasSent(t *testing.T) {
	quiet, member := people(t)
	for _, p := range []person{quiet, member} {
		h := open(t)
		report(t, h, "One overflow")
		p.goTo(h.SignIn)
		if p == quiet {
			p.fill("#link", h.SignIn)
		}
		p.press(`form:has(#link) button`)
		p.goTo(h.URL + "/desk/")
		p.press("#rows tbody th a")
		at, err := chromedp.Run(p.ctx, chromedp.Location())
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(at, h.URL)
		p.fill("#message", "We look at it.")
		has(t, "the preview", p.press(`.write form button[value="preview"]`), "We look at it.", "Send to the reporter")
		p.back(path)
		p.must("document.querySelector('#message').value === 'We look at it.'")
		p.goTo(at)
		if p == quiet {
			p.fill("#message", "We look at it.")
		}
		p.press(`.write form button[value="preview"]`)
		p.press(`.actions a[href*="?edit="]`)
		p.must("document.querySelector('main textarea').value === 'We look at it.'")
		p.fill(`main textarea`, "Today. ")
		has(t, "the preview", p.press(`button[value="preview"]`), "Today. We look at it.")
		p.press(`button[value="do"]`)
		p.must("location.pathname === '" + path + "' && document.querySelector('#message').value === ''")
		p.back(path + "/do/message")
		p.is("document.querySelector('button[value=do]')?.click()") // where the browser kept the page whole
		p.until("document.readyState === 'complete' && document.querySelector('main').innerText.includes('This is done already')")
		p.goTo(at)
		p.must("document.querySelector('#entries').innerText.split('Today. We look at it.').length === 2")
	}
}

// TestAnOpenCaseSaysWhatHappens hears what changed and not only that, shows what a verb will
// tell before it is done by its name, and sees the distance to what is due go on.
func TestAnOpenCaseSaysWhatHappens(t *testing.T) {
	_, member := people(t)
	h := open(t)
	receipt := report(t, h, "One overflow")
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(h.URL + "/desk/?q=overflow")
	member.keys("j")

	// What tells the reporter is shown before, though its button does it at once.
	member.leads("o")
	member.chord("k", chromedp.ModifierCtrl)
	member.keys("ackn")
	member.must("document.querySelector('#palette-list [aria-selected=\"true\"]').textContent.startsWith('Acknowledge')")
	member.leads("\r")
	member.must("location.pathname.endsWith('/do/acknowledge')")
	member.press(`button[value="preview"]`)
	member.press(`button[value="do"]`)

	member.keys("g")
	member.leads("q")
	writes(t, h, receipt, "Meanwhile.")
	live := "document.querySelector('#live span').textContent"
	member.waits(live + " === '1 case changed · the reporter wrote'")
	member.must("document.title.startsWith('(1) ') && document.querySelector('#rows tr.fresh')")
	member.keys("r")
	member.waits(live + " === ''")
	member.must("!document.title.startsWith('(')")
	member.leads("o")

	// What is due goes on as the clock does.
	if err := chromedp.Do(member.ctx, chromedp.Evaluate[chromedp.Void](`(() => { const e = document.querySelector('.move-due time:last-child'); globalThis.was = e.textContent; Date.now = () => new Date(e.dateTime).getTime() + 3 * 6e4; })();0`)); err != nil {
		t.Fatal(err)
	}
	member.waits("document.querySelector('.move-due time:last-child').textContent === '3 minutes ago'")
}
