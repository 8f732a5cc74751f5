package browsertest

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"fairlead/examples"
)

// Files that are too large are named before they are sent where scripts run; where none
// do, the page says it after all of it was sent, and has every word.
func TestLargeFilesLoseNoWords(t *testing.T) {
	quiet, scripted := people(t)
	policy := bytes.Replace(examples.SignedPolicy, []byte("attachment_mib: 25"), []byte("attachment_mib: 1"), 1)
	h := start(t, true, bytes.Replace(policy, []byte("attachments_total: 20"), []byte("attachments_total: 2"), 1))
	large := filepath.Join(t.TempDir(), "dump.bin")
	f, err := os.Create(large)
	if err == nil {
		err = f.Truncate(100 << 20)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	fill := func(p person, files ...string) {
		t.Helper()
		p.goTo(h.URL + "/report")
		p.fill(`[name="description"]`, "The link signs in a second time.")
		p.point(`.stepped [href="#step-3"]`)
		if err := chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), files)); err != nil {
			t.Fatal(err)
		}
	}

	fill(quiet, large)
	res, err := chromedp.RunResponse(quiet.ctx, chromedp.SendKeys(chromedp.CSS(".send button.main"), "\r"))
	if err != nil || res.Status != http.StatusRequestEntityTooLarge {
		t.Fatalf("%v, %v", res, err)
	}
	has(t, "the page after a large file", quiet.read(), "The files are too large together", "Up to 2 files of 1 MiB each", "dump.bin")
	quiet.must("document.querySelector('#step-1').matches('.first') && document.querySelector('[name=description]').value.includes('second time')")

	fill(scripted, large)
	scripted.must("document.querySelector('.fault').textContent.includes('dump.bin is larger than the 1 MiB that a file may have')")
	scripted.point(".send button.main")
	scripted.until("document.activeElement.type === 'file' && document.activeElement.getAttribute('aria-invalid') === 'true'")
	scripted.must("!document.querySelector('.summary, .notice.alarm') && document.querySelector('[name=description]').value.includes('second time')")
	small := filepath.Join(filepath.Dir(large), "small.txt")
	if err := os.WriteFile(small, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	fill(scripted, small, small, small)
	scripted.must("document.querySelector('.fault').textContent.includes('No more than 2 files')")
	fill(scripted, small)
	scripted.must("!document.querySelector('.fault').textContent")
	page := scripted.press(".send button.main")
	has(t, "the page after a small file", page, "small.txt")

	// The thread looks in the same way.
	code := receipt.FindString(page)
	scripted.goTo(h.URL + "/thread")
	scripted.fill(`[name="receipt"]`, code)
	scripted.press(`form[action="/thread/open"] button`)
	scripted.fill("textarea[name^='text.']", "Typed beside.")
	if err := chromedp.Do(scripted.ctx, chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{large})); err != nil {
		t.Fatal(err)
	}
	scripted.must("document.querySelector('.fault').textContent.includes('dump.bin is larger than the 1 MiB')")
	scripted.point(`button[formaction^="/thread/attach"]`)
	scripted.until("document.activeElement.type === 'file'")
	has(t, "the thread after other words", scripted.press(`button[formaction^="/thread/message"]`), "Typed beside.") // a large file stops words from nowhere
}
