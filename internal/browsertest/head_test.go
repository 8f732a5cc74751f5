package browsertest

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestHeadOfTheDeskIsCalm looks at the head in each language: one row from 1024 pixels on
// in which nothing is out of reach, and below that no wider than the page.
func TestHeadOfTheDeskIsCalm(t *testing.T) {
	_, member := people(t)
	h := furnished(t)
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	for _, lang := range []string{"en", "de", "fr"} {
		if _, err := chromedp.Call(member.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}}); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 390, 700, 1023, 1024, 1100, 1280, 1600} {
			member.look(seen{width: width})
			member.goTo(h.URL + "/desk/")
			member.must("document.documentElement.lang === " + strconv.Quote(lang))
			member.must("document.documentElement.scrollWidth <= innerWidth")
			member.must("[...document.querySelectorAll('.head .nav ul')].every((ul) => ul.getBoundingClientRect().right <= innerWidth && ul.scrollHeight < 60)")
			if width >= 1024 {
				member.must("document.querySelector('.head-in').offsetHeight < 70")
				member.must("[...document.querySelectorAll('.head .nav ul')].every((ul) => ul.scrollWidth <= ul.clientWidth + 1)")
			}
		}
	}
}
