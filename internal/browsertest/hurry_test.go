package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// Who is in a hurry describes, attaches and sends in the first step. What is told in the
// others reaches the team as well, however large a file was chosen before it, and what
// matters only after a yes shows itself then. No script is needed for any of it.
func TestFinderInAHurry(t *testing.T) {
	quiet, scripted := people(t)
	h := open(t)
	proof := filepath.Join(t.TempDir(), "proof.bin")
	f, err := os.Create(proof)
	if err == nil {
		err = f.Truncate(3 << 20)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []person{quiet, scripted} {
		begin := func(text string) {
			p.goTo(h.URL + "/report")
			p.fill(`[name="description"]`, text)
			if err := chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{proof})); err != nil {
				t.Fatal(err)
			}
		}
		begin("The link signs in a second time.")
		p.must("document.querySelector('[type=file]').checkVisibility()")
		has(t, "the receipt of the first step", p.press(`.go-1 button:not([name])`), "Your receipt", "proof.bin")

		begin("The link signs in a third time.")
		p.point(`.go-1 [href="#step-2"]`)
		p.must("!document.querySelector('[type=file]').checkVisibility() && !document.querySelector('[name=\"exploited.more\"]').checkVisibility()")
		p.point(`[name="exploited"][value="yes"]`)
		p.must("!document.querySelector('[name=\"public.more\"]').checkVisibility()")
		p.fill(`[name="exploited.more"]`, "Since Monday.")
		p.point(`[name="exploited"][value="unknown"]`)
		p.must("document.querySelector('[name=\"exploited.more\"]').checkVisibility()") // nothing is sent that is not seen
		p.point(`.stepped [href="#step-3"]`)
		p.must("document.querySelector('[type=file]').checkVisibility()")
		p.fill(`[name="reporter.name"]`, "Ann Behind")
		code := receipt.FindString(p.press(`.send button.main`))
		p.goTo(h.URL + "/thread")
		p.fill(`[name="receipt"]`, code)
		has(t, "the thread", p.press(`form[action="/thread/open"] button`), "Since Monday.", "proof.bin")
		has(t, "what they told of themselves", p.press(`[formaction^="/thread/contact"]`), "Your contact")
		p.must("document.querySelector('[name=\"reporter.name\"]').value === 'Ann Behind'")
	}
}
