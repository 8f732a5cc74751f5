package browsertest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"fairlead/internal/advisory/advisorytest"
)

// advising signs somebody in and leads them to the advisory of an accepted case.
func (p person) advising(t *testing.T, h house) (address string) {
	t.Helper()
	id, _ := send(t, h)
	p.goTo(h.URL + "/desk/sign-in")
	p.fill("#link", h.SignIn)
	p.press("#by-link button")
	p.goTo(h.URL + "/desk/cases/" + id)
	p.do("validate", "We see it as well.")
	p.do("accept", "We mend it.")
	p.goTo(h.URL + "/desk/cases/" + id + "/advisory")
	return h.URL + "/desk/cases/" + id + "/advisory"
}

// TestSeveralVulnerabilitiesByKeyboard adds a vulnerability to an advisory, fills and saves
// it, and takes it out again, without a mouse; once without scripts, once with.
func TestSeveralVulnerabilitiesByKeyboard(t *testing.T) {
	quiet, member := people(t)
	for name, p := range map[string]person{"without scripts": quiet, "with scripts": member} {
		t.Log(name)
		p.look(sights[0])
		address := p.advising(t, open(t))
		p.tabTo(`[name="overview"]`)
		p.keys("Typed before.")
		p.tabTo(`button[value="add"]`)
		has(t, "the form with another", p.leads("\r"), "Vulnerability 2 is added to the form")
		p.until(`document.activeElement.name === "flaw.1.title" && document.querySelector("[name=overview]").value.includes("Typed before.")`)
		p.must(`document.querySelector("#flaw-2").open && !document.querySelector("#flaw-1").open`)
		p.keys("Weak token\tCVE-2026-22222")
		p.tabTo(`[name="flaw.1.description"]`)
		p.keys("Tokens can be guessed.")
		p.tabTo(`[name="flaw.1.affect.0.product"]`)
		p.keys(kb.ArrowDown)
		p.tabTo(`[name="flaw.1.affect.0.ranges"]`)
		p.keys("from 1")
		p.tabTo(`[name="flaw.1.remedy.0.text"]`)
		p.keys("Renew the tokens.")
		p.tabTo(`.stays button[value="save"]`)
		has(t, "the refusal", p.leads("\r"), "Vulnerability 2, Ranges", "line 1 is no range of versions")
		p.until(`document.activeElement.matches(".summary") && document.querySelector("#flaw-2").open && !document.querySelector("#flaw-1").open`)
		p.tabTo(`.summary a`)
		p.keys("\r")
		p.until(`location.hash === "#f-flaw-1-affect-0-ranges"`)
		p.tabTo(`[name="flaw.1.affect.0.versions"]`) // the keyboard goes on from there
		p.chord("\t", chromedp.ModifierShift)
		p.until(`document.activeElement.name === "flaw.1.affect.0.ranges"`)
		p.chord("a", chromedp.ModifierCtrl)
		p.keys("< 5.1.2")
		p.tabTo(`.stays button[value="save"]`)
		has(t, "the saved draft", p.leads("\r"), "The draft is saved", "CVE-2026-22222 Weak token")
		p.must(`!document.querySelector("[id^=f-flaw-1-][id$=-fault]")`)

		// Folded, and unfolded by its line; Enter in a field saves and takes nothing out.
		p.goTo(address)
		p.must(`document.querySelector("#flaw-1").open && !document.querySelector("#flaw-2").open`)
		p.tabTo(`#flaw-2 > summary`)
		p.keys("\r")
		p.until(`document.querySelector("#flaw-2").open`)
		p.tabTo(`[name="flaw.1.title"]`)
		p.until(`document.activeElement.value === "Weak token" && document.querySelector("[name='flaw.1.affect.0.ranges']").value === "< 5.1.2"`)
		has(t, "saved by Enter", p.leads("\r"), "The draft is saved", "Weak token")

		// Taken out when that was asked, and not before.
		p.tabTo(`#flaw-2 > summary`)
		p.keys("\r")
		p.until(`document.querySelector("#flaw-2").open`)
		p.tabTo(`button[value="drop.1"]`)
		has(t, "the question", p.leads("\r"), "Take vulnerability 2 out of the advisory?", "earlier drafts keep it")
		p.until(`document.activeElement.matches("#flaw-2 [role=alert]")`)
		p.tabTo(`button[value="dropped.1"]`)
		has(t, "the form without it", p.leads("\r"), "Vulnerability 2 is taken out of the form")
		p.until(`document.activeElement.name === "flaw.0.title" && !document.querySelector("[name='flaw.1.title']")`)
		p.tabTo(`.stays button[value="save"]`)
		if page := p.leads("\r"); strings.Contains(page, "Weak token") {
			t.Errorf("it is still there: %s", page)
		}
	}
}

// TestVulnerabilitiesShutNobodyOut has axe-core look at the states of the form, in every
// language, theme and width.
func TestVulnerabilitiesShutNobodyOut(t *testing.T) {
	_, installed := advisorytest.FromNPM(t, "axe-core")
	axe, err := os.ReadFile(filepath.Join(installed, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, member := people(t)
	if _, err := chromedp.Call(member.ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	story := storyURL(t)
	var stops []stop
	for _, tale := range []string{"several", "error-in-the-second", "taken-out-if-so", "one-alone", "only-read", "clash"} {
		at := story + "/pages/desk/advisory/" + tale
		stops = append(stops, stop{tale, at, ""})
		if res, err := http.Get(at); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", tale, res, err)
		} else {
			res.Body.Close()
		}
	}
	member.judge(string(axe), stops, sights)
	h := open(t)
	at := member.advising(t, h)
	for _, lang := range []string{"en", "de", "fr"} {
		here := []stop{
			{"one " + lang, at + "?lang=" + lang, ""},
			{"added " + lang, "", submit(`button[value="add"]`)},
			{"refused " + lang, "", submit(`.stays button[value="save"]`, "flaw.1.affect.0.ranges", "from 1", "flaw.1.ids", "none", "flaw.0.vectors", "none")},
			{"asked " + lang, "", submit(`button[value="drop.1"]`)},
		}
		member.judge(string(axe), here, sights)
	}
}
