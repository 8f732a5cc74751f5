package browsertest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"fairlead/internal/auth/onetime"
)

// forgot fails the test if an address that the tab can go back to holds the code.
func (p person) forgot(link string) {
	p.t.Helper()
	trail, err := chromedp.Call(p.ctx, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(trail.Entries) == 0 {
		p.t.Error("the tab went nowhere")
	}
	for _, one := range trail.Entries {
		if strings.Contains(one.URL, onetime.Code(link)) {
			p.t.Errorf("the tab goes back to %s", one.URL)
		}
	}
}

// shown is the address that a page shows once.
func (p person) shown() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS(".receipt-code")))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(text)
}

// comesBy opens a link, also where the tab shows the sign-in already and loads nothing.
func (p person) comesBy(link string) {
	p.t.Helper()
	p.goTo(link)
	p.arrives(`location.hash === "" && document.querySelectorAll("main button").length === 1`)
	p.forgot(link)
}

// The code of a one-time link stands in the fragment, where no server sees it. With scripts
// the page takes it from there, and one press signs in; without, it is pasted.
func TestOneTimeLinks(t *testing.T) {
	stranger, member := people(t)
	h := open(t)

	stranger.goTo(h.SignIn)
	has(t, "the sign-in without scripts", stranger.read(), "Did a link bring you here?", "Mail address", "Link or code")
	stranger.point(`main [href="#by-link"]`)
	stranger.fill(`#link`, "  "+h.SignIn+" ")
	has(t, "a link that was pasted", stranger.press(`#by-link button`), "You are signed in")

	// An invitation with scripts: the page looks by itself, and joins when asked.
	stranger.goTo(h.URL + "/desk/invitations")
	stranger.fill(`[name="email"]`, "nia@example.org")
	stranger.point(`[name="roles"][value="member"]`)
	stranger.press(`form[action="/desk/invitations"] button`)
	invitation := stranger.shown()
	member.goTo(invitation)
	has(t, "the invitation", member.holds(`[name="name"]`), "You are invited as nia@example.org")
	member.forgot(invitation)
	member.fill(`[name="name"]`, "Nia New")
	has(t, "the invitation, accepted", member.press(`main button`), "Nia New", "You are signed in")

	// A link with scripts, in a tab that shows the sign-in already.
	stranger.goTo(h.URL + "/desk/team")
	stranger.press(`main table tr:last-child a`)
	for range 2 {
		stranger.press(`form[action$="/link"] button`)
		link := stranger.shown()
		member.comesBy(link)
		has(t, "a link", member.press(`main button`), "Sign-in link")
		member.forgot(link)
		stranger.goTo(h.URL + "/desk/team")
		stranger.press(`main table tr:last-child a`)
		member.press(`form[action="/desk/sign-out"] button`)
	}

	// Whoever is signed in is told so where a link came, and led on where none did.
	stranger.goTo(h.SignIn)
	has(t, "the sign-in of who is signed in, without scripts", stranger.read(), "You are signed in as", "Go on to the desk", "Link or code")
	stranger.fill(`#link`, h.SignIn)
	if res, err := chromedp.RunResponse(stranger.ctx, chromedp.SendKeys(chromedp.CSS(`#by-link button`), "\r")); err != nil || res.Status != http.StatusUnauthorized {
		t.Errorf("a used link: %v %v", res, err)
	}
	has(t, "a used link", stranger.read(), "This link does not work", "Mail address")
	stranger.goTo(h.URL + "/desk/team")
	stranger.press(`main table tr:last-child a`)
	stranger.press(`form[action$="/link"] button`)
	link := stranger.shown()
	member.comesBy(link)
	member.press(`main button`)
	member.goTo(h.URL + "/desk/sign-in")
	member.arrives(`location.pathname === "/desk/"`)
	member.comesBy(link)
	has(t, "a link while signed in", member.read(), "You are signed in as Tomas", "Go on to the desk")
}
