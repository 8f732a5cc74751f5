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

// TestNobodyIsShutOutOfTheStorybook has axe-core look at every page in every state: with
// FAIRLEAD_TEST_LONG=all in each language, theme and width, which takes six minutes of both cores,
// else in two of the twelve ways, which go round.
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
	type way struct {
		lang  string
		sight seen
	}
	var ways []way
	for i := range 12 {
		ways = append(ways, way{[]string{"en", "de", "fr"}[i%3], sights[i%4]})
	}
	stops := taleStops(t, storyURL(t))
	if os.Getenv("FAIRLEAD_TEST_LONG") == "all" {
		for _, lang := range []string{"en", "de", "fr"} {
			reader.speaks(lang)
			for i, s := range stops {
				reader.judge(string(axe), []stop{{s.name + ", " + lang, s.at, s.act}}, sights)
				if i%100 == 99 {
					t.Logf("%s: %d of %d states looked at", lang, i+1, len(stops))
				}
			}
		}
		return
	}
	for i, s := range stops {
		for _, one := range []way{ways[i%12], ways[(i+5)%12]} {
			reader.speaks(one.lang)
			reader.judge(string(axe), []stop{{s.name + ", " + one.lang, s.at, s.act}}, []seen{one.sight})
		}
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
		for _, lang := range []string{"en", "de", "fr"} {
			pages[s.name+"."+lang] = fetched(t, s.at, lang)
		}
	}
	validate(t, node, folder, pages)
}
