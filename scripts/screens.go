//go:build ignore

// Command screens drives a browser over a running demo and writes pictures of
// every page: light and dark, on a desktop and on a phone. It reads the line that
// fairlead demo --json and screens-demo.go print on standard input, sends a report
// as a stranger would, walks to the thread and to the desk, and never changes
// anything but that demo. The pictures in docs/screens are made by it; make screens
// runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ready is what the demo says of itself.
type ready struct {
	URL     string `json:"url"`
	SignIn  string `json:"sign_in_url"`
	Token   string `json:"token"`
	Browser string `json:"-"`
}

// look is one way to see a page.
type look struct {
	name          string
	width, height int64
	dark          bool
}

var looks = []look{
	{"light", 1280, 800, false},
	{"dark", 1280, 800, true},
	{"phone", 390, 844, false},
	{"phone-dark", 390, 844, true},
}

type studio struct {
	ready
	out   string
	story string // address of the storybook
	bytes int
}

func main() {
	out := flag.String("out", "docs/screens", "folder for the pictures")
	browser := flag.String("browser", "chromium", "the browser's program")
	story := flag.String("storybook", "", "address of the storybook; empty: no pictures of it")
	flag.Parse()
	r := ready{Browser: *browser}
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, "screens: no line of a demo:", err)
		os.Exit(2)
	}
	s := &studio{out: *out, story: *story, ready: r}
	if err := s.run(); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(3)
	}
	fmt.Printf("%d KB in %s\n", s.bytes/1024, s.out)
}

func (s *studio) run() error {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(s.Browser), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"))
	base, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(base)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // starts the browser; it lives as long as this context
		return err
	}
	ctx, cancel = context.WithTimeout(ctx, 8*time.Minute)
	defer cancel()
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	if err := s.strangers(ctx); err != nil {
		return err
	}
	if err := s.team(ctx); err != nil || s.story == "" {
		return err
	}
	return errors.Join(s.shoot(ctx, "storybook", s.story), s.shoot(ctx, "storybook-fields", s.story+"/#fields"), s.shoot(ctx, "storybook-desk", s.story+"/?desk=yes"))
}

// strangers is what anybody sees, and what a reporter sees after sending.
func (s *studio) strangers(ctx context.Context) error {
	for _, p := range []struct{ name, path string }{
		{"landing", "/"},
		{"policy", "/policy"},
		{"policy-changes", "/policy/diff"},
		{"policy-feedback", "/policy/feedback"},
		{"report", "/report"},
		{"report-more", "/report#step-2"},
		{"report-you", "/report#step-3"},
		{"look-up", "/thread"},
		{"performance", "/performance"},
		{"nothing", "/no/such/page"},
	} {
		if err := s.shoot(ctx, p.name, s.URL+p.path); err != nil {
			return err
		}
	}
	if err := s.published(ctx); err != nil {
		return err
	}
	typed := map[string]string{
		"title":       "Reset link works twice",
		"description": "The link in a reset mail signs in **a second time** for an hour after it was used.",
		"steps":       "1. Ask for a reset.\n2. Use the link.\n3. Use it again from another browser.",
		"product":     "Northlake Records", "version": "5.2",
	}
	if err := s.press(ctx, s.URL+"/report", `[name="step"]`, typed); err != nil {
		return fmt.Errorf("previewing a report: %w", err)
	}
	if err := s.shoot(ctx, "preview", ""); err != nil {
		return err
	}
	if err := s.press(ctx, s.URL+"/report", `.send button`, map[string]string{"reporter.email": "nobody"}); err != nil && !errors.Is(err, errRefused) {
		return fmt.Errorf("sending what is wrong: %w", err)
	}
	if err := s.shoot(ctx, "refused", ""); err != nil {
		return err
	}
	if err := s.press(ctx, s.URL+"/report", `.send button`, typed); err != nil {
		return fmt.Errorf("sending a report: %w", err)
	}
	if err := s.shoot(ctx, "confirmation", ""); err != nil {
		return err
	}
	words, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("main")))
	if err != nil {
		return err
	}
	id := caseID.FindString(words)
	code := receipt.FindString(words)
	if id == "" || code == "" {
		return errors.New("the page after sending shows no case id or no receipt")
	}
	if err := errors.Join(
		s.do(id, "acknowledge", `{"text": "Thank you for the clear steps. We look into it today."}`),
		s.do(id, "validate", `{"text": "We see the same. The link must end with its first use."}`),
	); err != nil {
		return err
	}
	if err := s.press(ctx, s.URL+"/thread", `main form button`, map[string]string{"receipt": code}); err != nil {
		return fmt.Errorf("opening the thread: %w", err)
	}
	return s.shoot(ctx, "thread", "")
}

var (
	caseID  = regexp.MustCompile(`[A-Z]{2,}-20\d\d-[0-9A-Z]{7}`)
	receipt = regexp.MustCompile(`[a-z]+(-[a-z]+){6}`)
)

// press opens a page, fills in what its form has of the fields, presses a button
// and waits for the page that answers.
func (s *studio) press(ctx context.Context, address, button string, fields map[string]string) error {
	steps := []chromedp.Action[chromedp.Void]{}
	for name, value := range fields {
		steps = append(steps, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
			`(f => { if (f) f.value = %q })(document.querySelector('[name=%q]'))`, value, name)))
	}
	if err := chromedp.Do(ctx, append([]chromedp.Action[chromedp.Void]{chromedp.Navigate(address)}, steps...)...); err != nil {
		return err
	}
	res, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, button)))
	if err == nil && res.Status >= 400 {
		err = fmt.Errorf("%w: %s answered %d", errRefused, address, res.Status)
	}
	return err
}

var errRefused = errors.New("refused")

// do has the lead's token do a verb, so that the thread shows an answer.
func (s *studio) do(id, verb, body string) error {
	req, err := http.NewRequest(http.MethodPost, s.URL+"/api/v1/cases/"+id+"/"+verb, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if res.StatusCode >= 400 {
		err = fmt.Errorf("%s answered %d", verb, res.StatusCode)
	}
	return errors.Join(err, res.Body.Close())
}

// published is the list of advisories, and one that was corrected once.
func (s *studio) published(ctx context.Context) error {
	if err := s.shoot(ctx, "advisories", s.URL+"/advisories"); err != nil {
		return err
	}
	err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/advisories?q=password"))
	if err != nil {
		return err
	}
	href, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(a => a ? a.href.split("?")[0] : "")(document.querySelector('.advisories h2 a'))`))
	if err != nil {
		return err
	}
	if href == "" {
		return errors.New("the list does not show the advisory that is to be pictured")
	}
	return s.shoot(ctx, "published", href)
}

// mail is a shelf of mail, what stands on it first, and how the channels are doing.
func (s *studio) mail(ctx context.Context) error {
	if err := s.shoot(ctx, "mail", s.URL+"/desk/mail"); err != nil {
		return err
	}
	href, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(a => a ? a.href : "")(document.querySelector('.mails a[href^="/desk/mail/"]'))`))
	if err != nil {
		return err
	}
	if href == "" {
		return errors.New("the shelf does not show the mail that is to be pictured")
	}
	if err := s.shoot(ctx, "letter", href); err != nil {
		return err
	}
	return s.shoot(ctx, "channels", s.URL+"/desk/channels")
}

// signIn comes by the link, of which a script leaves one button.
func (s *studio) signIn(ctx context.Context) error {
	if err := chromedp.Do(ctx, chromedp.Navigate(s.URL), chromedp.Navigate(s.SignIn)); err != nil {
		return err
	}
	// Between the link and the page without it in its address there is none to ask.
	for there := false; !there; {
		there, _ = chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && document.querySelectorAll("main button").length === 1`))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	res, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("main button").click()`))
	if err == nil && (res == nil || res.Status >= 400) {
		err = errRefused
	}
	return err
}

// team is what a lead sees.
func (s *studio) team(ctx context.Context) error {
	if err := s.shoot(ctx, "sign-in", s.URL+"/desk/sign-in"); err != nil {
		return err
	}
	if err := s.signIn(ctx); err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	if err := s.shoot(ctx, "queue", s.URL+"/desk/"); err != nil {
		return err
	}
	href, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`(a => a ? a.href : "")([...document.querySelectorAll('main a[href^="/desk/cases/"]')].find(a => /Export of one account/.test(a.textContent)))`))
	if err != nil {
		return err
	}
	if href == "" {
		return errors.New("the queue does not show the case that is to be pictured")
	}
	for _, p := range []struct{ name, path string }{{"case", ""}, {"advisory", "/advisory"}, {"rehearsal", "/advisory/rehearsal"}} {
		if err := s.shoot(ctx, p.name, href+p.path); err != nil {
			return err
		}
	}
	for _, p := range []struct{ name, path string }{{"team", "/desk/team"}, {"policies", "/desk/policy"}, {"policy-draft", "/desk/policy/draft"}, {"invitations", "/desk/invitations"}, {"passkeys", "/desk/me/passkeys"}, {"record", "/desk/record"}, {"audit", "/desk/audit"}, {"verb", strings.TrimPrefix(href, s.URL) + "/do/message"}} {
		if err := s.shoot(ctx, p.name, s.URL+p.path); err != nil {
			return err
		}
	}
	if err := s.shoot(ctx, "components", s.URL+"/desk/components?q=rasterkit"); err != nil {
		return err
	}
	if err := s.shoot(ctx, "outbox", s.URL+"/desk/outbox"); err != nil {
		return err
	}
	if err := s.mail(ctx); err != nil {
		return err
	}
	if err := s.shoot(ctx, "account", s.URL+"/desk/me"); err != nil {
		return err
	}
	// Offered only: no code is shown, so nothing changes.
	if err := s.press(ctx, s.URL+"/desk/me/second", `form[action="/desk/me/second/begin"] button`, nil); err != nil {
		return fmt.Errorf("setting a second factor up: %w", err)
	}
	return s.shoot(ctx, "second", "")
}

// quality is that of the pictures: a page of text at a third of its size as a
// PNG, and still sharp.
var quality int64 = 62

// shoot pictures a page in every look; an empty address means the page as it
// stands.
func (s *studio) shoot(ctx context.Context, name, address string) error {
	if address != "" {
		// A fragment alone would not load the page again.
		if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(address)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, l := range looks {
		scheme := "light"
		if l.dark {
			scheme = "dark"
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		if err == nil {
			err = chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height), chromedp.WaitVisible(chromedp.CSS("main")), s.named(), scroll())
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", name, l.name, err)
		}
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		if err != nil {
			return fmt.Errorf("%s, %s: %w", name, l.name, err)
		}
		file := filepath.Join(s.out, name+"-"+l.name+".webp")
		if err := os.WriteFile(file, shot.Data, 0o644); err != nil {
			return err
		}
		s.bytes += len(shot.Data)
	}
	return nil
}

// named writes the address under which a site would stand where the page names the one of
// the demo, whose port is another at each start.
func (s *studio) named() chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`((from, to) => {
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
	})(%q, %q)`, s.URL, "https://security.northlake.example"))
}

// scroll shows the part that the address names, else the page's head.
func scroll() chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](`(e => e ? e.scrollIntoView({behavior: "instant"}) : scrollTo(0, 0))(document.querySelector(".stepped:has(:target)") ?? document.querySelector(":target"))`)
}
