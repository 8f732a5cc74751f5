//go:build ignore

// Command screens drives a browser over a running demo and writes pictures of
// its pages. It reads the line that fairlead demo --json prints on standard
// input, sends a report as a stranger would, walks to the thread and to the
// desk, and never changes anything but that demo. The pictures in docs/screens
// are made by it; make screens runs it.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
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
	{"phone", 400, 800, false},
}

type studio struct {
	ready
	out   string
	looks []look
	only  []string // names; nil means every page
}

func main() {
	out := flag.String("out", "tmp/screens", "folder for all pictures")
	docs := flag.String("docs", "", "folder for the few that the README shows: light, without a suffix")
	browser := flag.String("browser", "chromium", "the browser's program")
	flag.Parse()
	r := ready{Browser: *browser}
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, "screens: no line of a demo:", err)
		os.Exit(2)
	}
	if err := run(r, *out, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(3)
	}
}

func run(r ready, out, docs string) error {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(r.Browser), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"))
	base, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(base)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // starts the browser; it lives as long as this context
		return err
	}
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	s := &studio{out: out, looks: looks, ready: r}
	if docs != "" {
		s.out, s.looks, s.only = docs, looks[:1], []string{"landing", "report", "thread", "published", "queue", "case", "advisory"}
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	if err := s.strangers(ctx); err != nil {
		return err
	}
	return s.team(ctx)
}

// strangers is what anybody sees, and what a reporter sees after sending.
func (s *studio) strangers(ctx context.Context) error {
	for _, p := range []struct{ name, path string }{{"landing", "/"}, {"policy", "/policy"}, {"report", "/report"}, {"receipt", "/thread"}} {
		if err := s.shoot(ctx, p.name, s.URL+p.path); err != nil {
			return err
		}
	}
	if err := s.published(ctx); err != nil {
		return err
	}
	err := s.press(ctx, s.URL+"/report", `form[action="/report"] button.main`, map[string]string{
		"title":       "Reset link works twice",
		"description": "The link in a reset mail signs in a second time for an hour after it was used.",
		"steps":       "1. Ask for a reset.\n2. Use the link.\n3. Use it again from another browser.",
		"product":     "Northlake Records", "version": "5.2",
	})
	if err != nil {
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
		err = fmt.Errorf("%s answered %d", address, res.Status)
	}
	return err
}

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
	href, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(a => a ? a.href : "")(document.querySelector('.advisories h2 a'))`))
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
	if s.only != nil {
		return nil // none of them is for the README
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

// team is what a lead sees.
func (s *studio) team(ctx context.Context) error {
	if err := s.press(ctx, s.SignIn, `main form button`, nil); err != nil {
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
	if s.only != nil {
		return nil
	}
	// Offered only: no code is shown, so nothing changes.
	if err := s.press(ctx, s.URL+"/desk/me/second", `form[action="/desk/me/second/begin"] button`, nil); err != nil {
		return fmt.Errorf("setting a second factor up: %w", err)
	}
	return s.shoot(ctx, "second", "")
}

// shoot pictures a page in every look; an empty address means the page as it
// stands.
func (s *studio) shoot(ctx context.Context, name, address string) error {
	if s.only != nil && !slices.Contains(s.only, name) {
		return nil
	}
	if address != "" {
		if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, l := range s.looks {
		scheme := "light"
		if l.dark {
			scheme = "dark"
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err == nil {
			err = chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height), chromedp.WaitVisible(chromedp.CSS("main")), scroll(name))
		}
		var raw []byte
		if err == nil {
			raw, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", name, l.name, err)
		}
		if raw, err = small(raw); err != nil {
			return err
		}
		file := filepath.Join(s.out, name+"-"+l.name+".png")
		if len(s.looks) == 1 {
			file = filepath.Join(s.out, name+".png")
		}
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s (%d KB)\n", file, (len(raw)+1023)/1024)
	}
	return nil
}

// scroll shows the fields of the form and not only what stands before them.
func scroll(name string) chromedp.Action[chromedp.Void] {
	to := "scrollTo(0, 0)"
	if name == "report" {
		to = `(f => { if (f) f.scrollIntoView({behavior: "instant"}) })(document.querySelector("form[action='/report']"))`
	}
	return chromedp.Evaluate[chromedp.Void](to)
}

// bucket gathers colours that are too near for the eye.
type bucket struct {
	n, r, g, b int
}

// small writes a picture with a palette of 256 colours, which is all that a
// page of text needs, and a third of the size.
func small(raw []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	seen := map[[3]uint8]*bucket{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			k := [3]uint8{c.R >> 3, c.G >> 3, c.B >> 3}
			if seen[k] == nil {
				seen[k] = &bucket{}
			}
			s := seen[k]
			s.n, s.r, s.g, s.b = s.n+1, s.r+int(c.R), s.g+int(c.G), s.b+int(c.B)
		}
	}
	keys := slices.SortedFunc(maps.Keys(seen), func(x, y [3]uint8) int {
		return cmp.Or(cmp.Compare(seen[y].n, seen[x].n), slices.Compare(x[:], y[:]))
	})
	var colours color.Palette
	for _, k := range keys[:min(len(keys), 256)] {
		s := seen[k]
		colours = append(colours, color.NRGBA{uint8(s.r / s.n), uint8(s.g / s.n), uint8(s.b / s.n), 255})
	}
	index := map[[3]uint8]uint8{}
	for k, s := range seen {
		index[k] = uint8(colours.Index(color.NRGBA{uint8(s.r / s.n), uint8(s.g / s.n), uint8(s.b / s.n), 255}))
	}
	flat := image.NewPaletted(b, colours)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			flat.SetColorIndex(x, y, index[[3]uint8{c.R >> 3, c.G >> 3, c.B >> 3}])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat)
	return out.Bytes(), err
}
