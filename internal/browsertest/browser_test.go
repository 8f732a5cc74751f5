// Package browsertest walks one case through a real browser, from the report to
// its end, and reads the stranger's pages in a text browser. It never looks
// behind the pages, and nothing but tests may import it.
package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"fairlead/examples"
	"fairlead/internal/app/demo"
)

// house is a running demo without cases.
type house struct {
	URL    string `json:"url"`
	SignIn string `json:"sign_in_url"`
}

func open(t *testing.T) house {
	t.Helper()
	return start(t, true, examples.SignedPolicy)
}

func start(t *testing.T, empty bool, policy []byte) house {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := demo.Run(ctx, demo.Options{
			Listen: "127.0.0.1:0", Data: t.TempDir(), Policy: policy, Empty: empty, JSON: true, Unlimited: true,
		}, w, io.Discard)
		_ = w.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var h house
	if err := json.Unmarshal(line, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// person sits before a browser of their own.
type person struct {
	t   *testing.T
	ctx context.Context
}

// people starts the browser and seats two: one without scripts, one with.
func people(t *testing.T) (stranger, member person) {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("needs a browser (on Debian: apt-get install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Flag("lang", "en-GB"))
	base, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	seat := func(parent context.Context, opts ...chromedp.ContextOption) person {
		ctx, cancel := chromedp.NewContext(parent, opts...)
		t.Cleanup(cancel)
		if err := chromedp.Do(ctx); err != nil { // the browser lives as long as this context
			t.Fatal(err)
		}
		// Both sit before their own window, though the browser shows one at a time.
		if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
			t.Fatal(err)
		}
		until, ok := t.Deadline()
		if !ok {
			until = time.Now().Add(time.Hour)
		}
		ctx, cancel = context.WithDeadline(ctx, until.Add(-30*time.Second)) // so that it is told where it stood still
		t.Cleanup(cancel)
		return person{t, ctx}
	}
	member = seat(base)
	stranger = seat(member.ctx, chromedp.WithNewBrowserContext())
	_, err := chromedp.Call(stranger.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
	stranger.goTo("data:text/html,<title>none</title><script>document.title='some'</script>")
	if title, err := chromedp.Run(stranger.ctx, chromedp.Title()); err != nil || title != "none" {
		t.Fatalf("scripts run for the stranger: %q %v", title, err)
	}
	return stranger, member
}

func (p person) goTo(address string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Navigate(address)); err != nil {
		p.t.Fatalf("%s: %v", address, err)
	}
}

// fill types into the fields of the page.
func (p person) fill(selector, text string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.SendKeys(chromedp.CSS(selector), text)); err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
}

// press goes by the keyboard to what leads to another page, presses Enter, and
// reads that page.
func (p person) press(selector string) string {
	p.t.Helper()
	res, err := chromedp.RunResponse(p.ctx, chromedp.SendKeys(chromedp.CSS(selector), "\r"))
	if err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
	page := p.read()
	if res.Status >= 400 {
		p.t.Fatalf("%s led to %d: %s", selector, res.Status, page)
	}
	return page
}

// point clicks on something of the page that leads to no other. A link within the page
// has led there before it returns, so that whoever waits for a page waits for the next.
func (p person) point(selector string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
	if to := within.FindStringSubmatch(selector); to != nil {
		for !p.is("location.hash === '" + to[1] + "'") { // asked from here, since the page may run no script
			if p.ctx.Err() != nil {
				p.t.Fatalf("%s leads nowhere", selector)
			}
		}
	}
}

var within = regexp.MustCompile(`href="(#[^"]+)"`)

func (p person) read() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS("main")))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p person) cookies(origin string) int {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{origin}})
	if err != nil {
		p.t.Fatal(err)
	}
	return len(got.Cookies)
}

// do does a verb by its form: words, a look at what will be told, then the deed.
func (p person) do(verb, text string) {
	p.t.Helper()
	address, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		p.t.Fatal(err)
	}
	p.goTo(strings.Split(address, "?")[0] + "/do/" + verb) // its link may be folded away
	p.fill(`[name="text"]`, text)
	if preview := p.press(`button[value="preview"]`); !strings.Contains(preview, text) {
		p.t.Errorf("before %s it does not show what will be told: %s", verb, preview)
	}
	if page := p.press(`button[value="do"]`); !strings.Contains(page, text) {
		p.t.Errorf("after %s the case does not show it: %s", verb, page)
	}
}

func has(t *testing.T, where, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("%s does not say %q: %s", where, w, page)
		}
	}
}

var (
	caseID  = regexp.MustCompile(`\bFL-20\d\d-[0-9A-Z]{7}\b`)
	receipt = regexp.MustCompile(`\b[a-z]+(-[a-z]+){6}\b`)
)

// TestFromReportToClose is the whole way of a case as two people see it.
func TestFromReportToClose(t *testing.T) {
	stranger, member := people(t)
	h := open(t)

	stranger.goTo(h.URL + "/")
	stranger.press(`main a[href="/report"]`)
	stranger.fill(`[name="description"]`, "The link signs in a second time. <b>Not bold.</b>")
	stranger.point(`.stepped [href="#step-2"]`)
	stranger.fill(`[name="title"]`, "Reset link works twice")
	stranger.point(`.stepped [href="#step-3"]`)
	stranger.fill(`[name="reporter.email"]`, "ann@example.com")
	sent := stranger.press(`.send button.main`)
	id, code := caseID.FindString(sent), receipt.FindString(sent)
	if id == "" || code == "" {
		t.Fatalf("no case or no receipt after sending: %s", sent)
	}
	if n := stranger.cookies(h.URL); n != 0 {
		t.Errorf("%d cookies before a receipt was given", n)
	}
	stranger.goTo(h.URL + "/thread")
	stranger.fill(`[name="receipt"]`, strings.ReplaceAll(code, "-", " ")) // as one reads it from paper
	thread := stranger.press(`form[action="/thread/open"] button`)
	has(t, "the new thread", thread, id, "Reset link works twice", "<b>Not bold.</b>")
	if n := stranger.cookies(h.URL); n != 1 {
		t.Errorf("%d cookies in the thread", n)
	}

	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(h.URL + "/desk/")
	has(t, "the queue", member.read(), id, "Reset link works twice")
	opened := member.press(`a[href^="/desk/cases/` + id + `"]`)
	has(t, "the case", opened, "<b>Not bold.</b>")
	member.do("acknowledge", "Thank you, we look into it today.")
	member.do("message", "Which browser was it?")

	stranger.goTo(h.URL + "/thread")
	has(t, "the thread", stranger.read(), "Thank you, we look into it today.", "Which browser was it?")
	stranger.fill(`form[action="/thread/message"] textarea`, "Any of them.")
	has(t, "the thread after writing", stranger.press(`form[action="/thread/message"] button`), "Any of them.")

	member.goTo(h.URL + "/desk/cases/" + id)
	has(t, "the case", member.read(), "Any of them.")
	member.do("validate", "We see it as well.")
	member.do("accept", "It is mended in the next release.")
	member.do("close", "It is released. With our thanks.")

	stranger.goTo(h.URL + "/thread")
	has(t, "the thread at its end", stranger.read(), "We see it as well.", "It is mended in the next release.", "It is released. With our thanks.", "Closed")
	stranger.press(`form[action="/thread/leave"] button`)
	stranger.goTo(h.URL + "/thread")
	if page := stranger.read(); strings.Contains(page, id) {
		t.Errorf("the thread is open after leaving: %s", page)
	}
	// The link worked once.
	member.goTo(h.URL + "/desk/me")
	member.press(`form[action="/desk/sign-out"] button`)
	member.goTo(h.SignIn)
	member.waits(`location.hash === ""`) // the tab shows this page already, so that only its script is at work
	if res, err := chromedp.RunResponse(member.ctx, chromedp.SendKeys(chromedp.CSS(`form[action="/desk/sign-in"] button`), "\r")); err != nil || res.Status != http.StatusUnauthorized {
		t.Errorf("the link a second time: %v %v", res, err)
	}
}

// TestTextBrowser reads the landing page and a thread as w3m shows them.
func TestTextBrowser(t *testing.T) {
	program, err := exec.LookPath("w3m")
	if err != nil {
		t.Skip("needs a text browser (on Debian: apt-get install w3m)")
	}
	h := open(t)
	show := func(html io.Reader) string {
		cmd := exec.Command(program, "-dump", "-T", "text/html", "-cols", "80")
		cmd.Stdin = html
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("w3m: %v %s", err, out)
		}
		return string(out)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	post := func(path string, form url.Values) string {
		req, err := http.NewRequest(http.MethodPost, h.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req) // no Sec-Fetch-Site and no Origin: text browsers send neither
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return show(res.Body)
	}
	res, err := client.Get(h.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	has(t, "the landing page", show(res.Body), "Northlake Health Software", "Report", "Who reads your report", "What happens next", "A person confirms receipt", "Staying anonymous")
	get := func(path string) string {
		t.Helper()
		res, err := client.Get(h.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return show(res.Body)
	}
	has(t, "the policy", get("/policy"), "What happens, and how soon", "2 business days")
	has(t, "the sign-in", get("/desk/sign-in"), "Did a link bring you here?", "Paste it", "Mail address", "With a sign-in link", "Link or code")
	has(t, "a link that was pasted", post("/desk/sign-in", url.Values{"link": {h.SignIn + "\r\n"}}), "You are signed in")
	// All steps stand one below the other, and nothing is said to be elsewhere.
	form := get("/report")
	has(t, "the form", form, "Step 1 of 3", "Step 2 of 3", "Step 3 of 3", "Details of the vulnerability", "Your mail address", "Send the report", "Out of scope")
	if strings.Contains(form, "You have sent a report from this page") {
		t.Error("the form speaks of a report that nobody sent")
	}
	has(t, "the preview", post("/report", url.Values{"step": {"preview"}, "description": {"It **signs in** again."}}), "How it reads", "It signs in again.", "Nothing has been sent yet")
	has(t, "the refusal", post("/report", url.Values{"cwe": {"XSS"}}), "Please correct this first", "CWE category")
	sent := post("/report", url.Values{"title": {"Reset link works twice"}, "description": {"The link signs in a second time."}})
	code := receipt.FindString(sent)
	has(t, "the confirmation", sent, "Your receipt", code)
	has(t, "the thread", post("/thread/open", url.Values{"receipt": {code}}), "Reset link works twice", "The link signs in a second time.", caseID.FindString(sent))
}
