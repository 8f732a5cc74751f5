package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestRowsUnderAPointer: a row of the queue leads to its case wherever it is pressed, but for
// its box; what can be done to chosen rows stays in sight and lies on nothing that has the
// focus. On a wide window and on a phone.
func TestRowsUnderAPointer(t *testing.T) {
	_, member := people(t)
	h := open(t)
	const most = 40
	for i := range most {
		report(t, h, fmt.Sprintf("Overflow %d", i))
	}
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	const bar = "document.querySelector('.batch').getBoundingClientRect()"
	for _, width := range []int64{1280, 390, 320} {
		member.look(seen{width: width})
		member.goTo(h.URL + "/desk/")
		under := func(selector string) string {
			return fmt.Sprintf("((r) => document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2))(document.querySelector('#rows tbody tr:nth-child(2) %s').getBoundingClientRect())", selector)
		}
		for _, cell := range []string{".due", "td:last-child", "th"} {
			member.must("(document.querySelector('#rows tbody tr:nth-child(2)').scrollIntoView({block: 'center'}), " + under(cell) + "?.matches('#rows tbody tr:nth-child(2) th a'))")
		}
		member.must(under("input") + ".matches('#rows tbody tr:nth-child(2) input')")
		member.must("document.documentElement.scrollWidth <= innerWidth")

		member.point("#rows tbody tr:nth-child(2) input")
		member.must("document.querySelectorAll('#rows :checked').length === 1")
		member.must("(scrollTo(0, 0), true)")
		member.waits("Math.abs(" + bar + ".bottom - innerHeight) < 2 && " + bar + ".height < innerHeight / 4")
		member.must("document.elementFromPoint(innerWidth / 2, innerHeight - 12).closest('.batch')")
		for range most {
			member.keys("j")
			if !member.is("document.activeElement.getBoundingClientRect().bottom <= " + bar + ".top + 1") {
				member.must("false") // tells where the keyboard is
				break
			}
		}
		member.point("#rows tbody tr:nth-child(2) input")
		member.waits("document.querySelectorAll('#rows :checked').length === 0 && getComputedStyle(document.querySelector('.batch')).position !== 'sticky'")
	}
	if _, err := chromedp.RunResponse(member.ctx, chromedp.Click(chromedp.CSS("#rows tbody tr:nth-child(3) .due"))); err != nil {
		t.Fatal(err)
	}
	member.must("location.pathname.startsWith('/desk/cases/')")
}
