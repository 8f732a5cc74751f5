package browsertest

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
)

// served is a fresh server as it is delivered, with the link of its first lead.
func served(t *testing.T) house {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"policy.yaml": examples.TwoPersonTeam,
		"config.yaml": []byte("policy: " + dir + "/policy.yaml\ndata: " + dir + "/data\nlisten: localhost:0\nfirst_lead: {name: Mara, email: mara@example.org}\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Read(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := app.Serve(ctx, cfg, w, true)
		_ = w.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	told := bufio.NewScanner(r)
	for told.Scan() {
		if at := regexp.MustCompile(`(http://\S+)(/desk/sign-in#\S+)`).FindStringSubmatch(told.Text()); at != nil {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return house{URL: at[1], SignIn: at[0]}
		}
	}
	t.Fatalf("no link is told: %v", told.Err())
	return house{}
}

// A server as it is delivered lets nobody on with a password or a link alone, and leads
// each to what does, the first lead without scripts and the second member with a passkey.
func TestFirstStepsOnAFreshServer(t *testing.T) {
	lead, second := people(t)
	h := served(t)
	const password = "another quiet harbour at dawn"

	lead.goTo(h.SignIn)
	lead.fill(`#link`, h.SignIn)
	has(t, "the first page", lead.press(`#by-link button`), "How will you sign in?", "A password, and codes of an app", "A passkey")
	lead.goTo(h.URL + "/desk/team")
	has(t, "the team before", lead.read(), "How will you sign in?")
	lead.fill(`[name="password"]`, password)
	has(t, "half the way", lead.press(`form[action="/desk/me/password"] button`), "Your password is set", "Codes of an app")
	offer := lead.press(`form[action="/desk/me/second/begin"] button`)
	secret := strings.ToUpper(strings.ReplaceAll(regexp.MustCompile(`([a-z2-7]{4} ){7}[a-z2-7]{4}`).FindString(offer), " ", ""))
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatalf("%q: %v", secret, err)
	}
	lead.fill(`[name="code"]`, code)
	paper := lead.press(`form[action="/desk/me/second/confirm"] button`)
	spare := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){5}`).FindString(paper)
	has(t, "the desk", lead.press(`main a.button.main`), "Queue")
	lead.press(`form[action="/desk/sign-out"] button`)
	lead.fill(`[name="email"]`, "mara@example.org")
	lead.fill(`[name="password"]`, password)
	has(t, "the second half", lead.press(`form[action="/desk/sign-in"] button`), "Your password was right")
	lead.fill(`[name="code"]`, spare)
	lead.press(`form[action="/desk/sign-in/second"] button`)

	lead.goTo(h.URL + "/desk/team")
	lead.point(`details summary`)
	lead.fill(`details [name="name"]`, "Tomas")
	lead.fill(`details [name="email"]`, "tomas@example.org")
	lead.point(`details [name="roles"][value="member"]`)
	lead.press(`details form[action="/desk/team"] button`)
	link := lead.shown()

	second.unoffered()
	second.device("")
	second.comesBy(link)
	has(t, "the second member's first page", second.press(`main button`), "How will you sign in?")
	second.fill(`[name="name"]`, "The laptop")
	second.hit(`form[action="/desk/me/passkeys/begin"] button`)
	has(t, "the passkey", second.holds(`main a.button.main`), "The passkey is added", "Go on to the desk")
	has(t, "the desk", second.press(`main a.button.main`), "Queue")
	second.press(`form[action="/desk/sign-out"] button`)
	second.hit(`form[action="/desk/sign-in/passkey"] button`)
	second.holds("html.desk nav.account")
	if at, err := chromedp.Run(second.ctx, chromedp.Location()); err != nil || !strings.HasSuffix(at, "/desk/") {
		t.Errorf("a passkey alone leads to %s, %v", at, err)
	}
}
