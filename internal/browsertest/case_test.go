package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// under names the part of the page that is seen at a place: of these, the one that the
// topmost element there stands in.
const under = `((x, y) => document.elementFromPoint(x, y)?.closest('.case-bar, .case-head, .move, .side > .card, .story')?.className)`

// TestACaseIsAtHand: of a case nothing is scrolled by itself, what is next stays in sight, and
// where the page is narrow it comes before the report, and the report before everything else.
func TestACaseIsAtHand(t *testing.T) {
	_, member := people(t)
	h := furnished(t)
	id, _ := send(t, h)
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	top := func(selector string) string {
		return "document.querySelector('" + selector + "').getBoundingClientRect().top"
	}
	for _, width := range []int64{1440, 1024} {
		if err := chromedp.Do(member.ctx, chromedp.EmulateViewport(width, 768)); err != nil {
			t.Fatal(err)
		}
		member.goTo(h.URL + "/desk/cases/" + id)
		member.must(under + "(100, document.querySelector('.case-head').getBoundingClientRect().top + 10).includes('case-head')")
		member.must("[...document.querySelectorAll('.board *')].every((e) => e.matches('textarea, select, .md *') || e.scrollHeight <= e.clientHeight + 1 || !['auto', 'scroll'].includes(getComputedStyle(e).overflowY))")
		member.must("document.querySelector('.story').getBoundingClientRect().right > document.querySelector('.side').getBoundingClientRect().left - 30")
		member.must("(scrollTo(0, 400), true)")
		member.waits(under + "(100, 10) === 'case-bar'")
		member.must("Math.abs(" + top(".move") + " - document.querySelector('.case-bar').getBoundingClientRect().bottom) < 16")
	}
	if err := chromedp.Do(member.ctx, chromedp.EmulateViewport(390, 844)); err != nil {
		t.Fatal(err)
	}
	member.goTo(h.URL + "/desk/cases/" + id)
	order := []string{".case-head", ".move", ".report", "#entries", ".write", ".more", ".clocks"}
	for i := range order[1:] {
		member.must(top(order[i]) + " < " + top(order[i+1]))
	}
	member.must("document.querySelector('.case-bar').offsetHeight <= 48")

	// On paper the report comes first.
	if _, err := chromedp.Call(member.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{".move", ".more", ".clocks"} {
		member.must(top(".report") + " < " + top(s) + " && " + top("#entries") + " < " + top(s))
	}
	member.must("getComputedStyle(document.querySelector('.case-bar')).display === 'none'")
}

// TestWhatWasDoneIsSeen: after a verb the focus is on what says that it was done, and after
// words on the words, with a way on; by the browser alone.
func TestWhatWasDoneIsSeen(t *testing.T) {
	person, _ := people(t)
	h := open(t)
	for _, title := range []string{"One overflow", "Two overflow", "Three overflow"} {
		report(t, h, title)
	}
	person.goTo(h.URL + "/desk/sign-in")
	person.point(`main [href="#by-link"]`)
	person.fill(`#link`, h.SignIn)
	person.press(`#by-link button`)
	person.goTo(h.URL + "/desk/?view=unowned")
	person.press(`#rows tbody tr:nth-child(2) th a`)
	has(t, "the case", person.read(), "← Unassigned", "2 of 3")
	person.must("getComputedStyle(document.querySelector('.entry-do')).opacity === '1'") // where no script tells which entry one is on
	page := person.press(`form[action*="/do/claim"] button`)
	has(t, "the claimed case", page, "The case is assigned to you", "← Unassigned", "Next case: ")
	person.until("document.activeElement.matches('.notice.good[role=status]')")
	person.fill("#note", "A note.")
	page = person.press(`.note button`)
	has(t, "the case with a note", page, "The note is added", "← Unassigned", "Next case: ")
	person.until("document.activeElement.matches('.entry:target')")
	person.until("document.activeElement.textContent.includes('A note.') && document.activeElement.getBoundingClientRect().bottom < innerHeight")
	page = person.press(`.notice.good a`)
	has(t, "the next case", page, "2 of 2")
	if page := person.press(`.place [rel=prev]`); !strings.Contains(page, "1 of 2") {
		t.Errorf("the case before is %s", page)
	}
	person.press(`.place a`)
	person.must("location.search === '?view=unowned' && document.querySelector(':target').matches('#rows tr:first-child')")
}

// TestTheThreadIsWide: a conversation has the room of the page.
func TestTheThreadIsWide(t *testing.T) {
	stranger, _ := people(t)
	h := open(t)
	receipt := report(t, h, "One overflow")
	stranger.look(seen{1280, false})
	stranger.goTo(h.URL + "/thread")
	stranger.fill(`[name=receipt]`, receipt)
	stranger.press(`form[action^="/thread/open"] button`)
	stranger.must("document.querySelector('.talk > section').getBoundingClientRect().width > 500")
}
