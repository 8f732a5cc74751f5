package browsertest

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// back goes one page back to the path, as the browser's own button does. A browser
// that kept the page loads nothing.
func (p person) back(path string) {
	p.t.Helper()
	past, err := chromedp.Call(p.ctx, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	to := page.NavigateToHistoryEntryParams{EntryID: past.Entries[past.CurrentIndex-1].ID}
	if _, err := chromedp.Call(p.ctx, page.NavigateToHistoryEntry, to); err != nil {
		p.t.Fatal(err)
	}
	p.until("location.pathname === '" + path + "' && document.readyState === 'complete'")
}

// until asks the page again and again, also while it gives way to another: what a
// browser had kept whole tells nobody that it is there.
func (p person) until(expression string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, answerTimeout)
	defer stop()
	for {
		if yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && yes {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("never so: %s", expression)
		}
	}
}

// again sends the form of a page that was gone back to, and reads what comes.
func (p person) again() string {
	p.t.Helper()
	p.is("document.querySelector('.send button.main').click()")
	p.until("document.readyState === 'complete' && document.querySelector('[data-number]')")
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.querySelector('main').innerText"))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

// A report that was sent leaves nothing in the browser, also if one goes back to it; and
// what is sent twice is one case, with scripts and without.
func TestASentReportIsSentOnce(t *testing.T) {
	quiet, stranger := people(t)
	h := open(t)
	send := func(p person, text string) string {
		p.goTo(h.URL + "/report")
		p.fill(`[name="description"]`, text)
		p.point(`.stepped [href="#step-3"]`)
		if p == stranger {
			p.point(".draft input")
			p.waits("localStorage.getItem('fairlead-draft')")
		}
		return caseID.FindString(p.press(`.send button.main`))
	}
	for _, p := range []person{quiet, stranger} {
		first := send(p, "The link signs in a second time.")
		p.back("/report")
		has(t, "the second sending", p.again(), "You have sent this already", first)
	}

	first := send(stranger, "The link signs in a third time.")
	stranger.back("/report")
	stranger.until("document.querySelector('.go').previousElementSibling.textContent.includes('You have sent a report from this page')")
	stranger.must("!document.querySelector('.draft input').checked && document.querySelector('[name=description]').value.includes('third time')")
	stranger.goTo(h.URL + "/policy")
	stranger.must("localStorage.getItem('fairlead-draft') === null")
	stranger.goTo(h.URL + "/report")
	stranger.must("!document.querySelector('[name=description]').value && !document.querySelector('.draft input').disabled")

	// Changed, it is another report.
	stranger.back("/policy")
	stranger.back("/report")
	stranger.is(`document.querySelector('[name="reporter.name"]').value = 'Ann'`)
	if second := caseID.FindString(stranger.again()); second == first || second == "" {
		t.Errorf("a changed report became %q after %q", second, first)
	}
}

// The form keeps to the step that is shown when the language changes, leads straight to
// itself by the keyboard, and shows no way on where it stands whole.
func TestTheFormKeepsItsPlace(t *testing.T) {
	_, stranger := people(t)
	h := open(t)
	stranger.goTo(h.URL + "/report")
	stranger.point(`.stepped [href="#step-3"]`)
	stranger.must("document.querySelector('.stepper').getBoundingClientRect().top >= 0")
	stranger.press(`#tongues [lang="de"]`)
	stranger.must("location.hash === '#step-3' && document.documentElement.lang === 'de' && document.querySelector('.send').checkVisibility()")
	stranger.point(`.stepped .whole [href="#whole"]`)
	stranger.must("![...document.querySelectorAll('.step > .actions a, .go a')].some((a) => a.checkVisibility())")
}
