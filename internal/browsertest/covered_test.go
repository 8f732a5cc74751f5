package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestNothingLiesOnTheFocus goes through the pages that keep something at an edge, by the
// tabulator there and back: whatever has the focus is seen, in windows of many heights
// (WCAG 2.2, 2.4.11). Axe does not see this.
func TestNothingLiesOnTheFocus(t *testing.T) {
	t.Parallel()
	_, member := people(t)
	h := furnished(t)
	fresh := member.advising(t, h)
	member.goTo(h.URL + "/desk/")
	cases, err := chromedp.Run(member.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#rows th a")].map((a) => a.href)`))
	if err != nil {
		t.Fatal(err)
	}
	wide, low, phone, small := [2]int64{1280, 740}, [2]int64{1280, 600}, [2]int64{390, 700}, [2]int64{320, 480}
	for _, at := range []string{h.URL + "/desk/", h.URL + "/report", fresh, strings.TrimSuffix(fresh, "/advisory")} {
		for _, window := range [][2]int64{wide, low, phone, small} {
			member.around(t, at, window)
		}
	}
	for _, at := range cases[:min(8, len(cases))] { // each has other cards beside what is next
		member.around(t, at, wide)
	}
}

// around goes once through a page by the tabulator, and once back.
func (p person) around(t *testing.T, at string, window [2]int64) {
	t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(window[0], window[1])); err != nil {
		t.Fatal(err)
	}
	all := 0
	for way, held := range map[string]chromedp.Modifier{"on": 0, "back": chromedp.ModifierShift} {
		p.goTo("about:blank") // or the browser would begin where it was
		p.goTo(at)
		for range 150 {
			on := p.tab("body", chromedp.KeyModifiers(held))
			if on.Here { // all around
				break
			}
			all++
			if !on.Seen {
				t.Errorf("%s in %d x %d, %s: something lies on %s", at, window[0], window[1], way, on.What)
			}
		}
	}
	if all < 20 { // the queue puts the focus on the row of the case that one comes from
		t.Errorf("%s in %d x %d: only %d stops", at, window[0], window[1], all)
	}
}
