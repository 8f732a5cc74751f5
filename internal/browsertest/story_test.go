package browsertest

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"fairlead/internal/advisory/advisorytest"
)

var toTale = regexp.MustCompile(`href="(/pages/[^"]+)"`)

// fetched is a page of the storybook in a language, as it is sent.
func fetched(t *testing.T, address, lang string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, res.StatusCode, err)
	}
	return string(b)
}

// taleStops are all pages of the storybook in all their states.
func taleStops(t *testing.T, story string) []stop {
	t.Helper()
	var out []stop
	for _, m := range toTale.FindAllStringSubmatch(fetched(t, story, "en"), -1) {
		out = append(out, stop{name: m[1], at: story + m[1]})
	}
	if len(out) < 100 {
		t.Fatalf("the storybook leads to only %d pages", len(out))
	}
	return out
}

// TestNobodyIsShutOutOfTheStorybook has axe-core look at the states that a house seldom
// shows, by turns light on a wide screen and dark on a narrow one: the components are the
// same, and what a house does show is looked at in all four ways.
func TestNobodyIsShutOutOfTheStorybook(t *testing.T) {
	if os.Getenv("FAIRLEAD_TEST_LONG") == "" {
		t.Skip("takes long: set FAIRLEAD_TEST_LONG=1, as make test does")
	}
	t.Parallel()
	_, installed := advisorytest.FromNPM(t, "axe-core")
	axe, err := os.ReadFile(filepath.Join(installed, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, reader := people(t)
	if _, err := chromedp.Call(reader.ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	for i, s := range taleStops(t, storyURL(t)) {
		reader.judge(string(axe), []stop{s}, []seen{[]seen{sights[0], sights[3]}[i%2]})
	}
}

// TestTalesAreValidHTML has html-validate judge the same.
func TestTalesAreValidHTML(t *testing.T) {
	folder, _ := advisorytest.FromNPM(t, "html-validate")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node (on Debian: apt-get install nodejs)")
	}
	pages := map[string]string{}
	for _, s := range taleStops(t, storyURL(t)) {
		pages[s.name] = fetched(t, s.at, "en")
	}
	validate(t, node, folder, pages)
}
