package storybook_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"fairlead/internal/app/storybook"
	shelf "fairlead/internal/web/storybook"
)

// book is the storybook of some shelves, as a reader of a language sees it.
func book(t *testing.T, shelves []shelf.Shelf) func(path, lang string) (int, string) {
	t.Helper()
	handler, err := storybook.Handler(slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), shelves...)
	if err != nil {
		t.Fatal(err)
	}
	return func(path, lang string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
}

var taleLink = regexp.MustCompile(`href="(/pages/[^"]+)"`)

// tales are the addresses to which the storybook leads.
func tales(t *testing.T, get func(path, lang string) (int, string)) []string {
	t.Helper()
	code, index := get("/", "en")
	if code != http.StatusOK {
		t.Fatal(code)
	}
	var out []string
	for _, m := range taleLink.FindAllStringSubmatch(index, -1) {
		out = append(out, m[1])
	}
	return out
}

// Every tale is told in each language, and leaves nothing out that its page says.
func TestTales(t *testing.T) {
	get := book(t, storybook.Shelves())
	paths := tales(t, get)
	for _, want := range []string{"/pages/desk/queue/flood", "/pages/thread/thread/closed-with-successor", "/pages/report/report/priced"} {
		if !slices.Contains(paths, want) {
			t.Errorf("the storybook leads to no %s", want)
		}
	}
	for _, path := range paths {
		for _, lang := range []string{"en", "de", "fr"} {
			code, body := get(path, lang)
			if code != http.StatusOK {
				t.Errorf("%s in %s: %d", path, lang, code)
			}
			for _, gap := range []string{"⟦", "no value", "&lt;nil&gt;", "map[", "%!", "ZgotmplZ"} {
				if strings.Contains(body, gap) {
					t.Errorf("%s in %s shows %s", path, lang, gap)
				}
			}
			if lang == "en" {
				for _, skip := range skips(body) {
					t.Errorf("%s: %s", path, skip)
				}
			}
		}
	}
}

var heading = regexp.MustCompile(`<h([1-6])[ >]`)

// skips are the headings of a page that leave an order out, as a reader by ear would
// miss one.
func skips(body string) []string {
	var out []string
	before := byte('1')
	for _, m := range heading.FindAllStringSubmatch(body, -1) {
		order := m[1][0]
		if order > before+1 {
			out = append(out, fmt.Sprintf("h%c stands after h%c", order, before))
		}
		before = order
	}
	return out
}

// The page of an error is shown as whoever meets one sees it.
func TestRefusals(t *testing.T) {
	get := book(t, nil)
	_, index := get("/", "en")
	for name, want := range map[string]string{"internal": "<code>", "limited": "<h1>", "plain": "bill of materials", "faults": "<li><strong>title", "unavailable": "<h1>"} {
		if !strings.Contains(index, `href="/refusals/`+name+`"`) {
			t.Errorf("the storybook leads to no %s", name)
		}
		if code, body := get("/refusals/"+name, "en"); code < 400 || !strings.Contains(body, want) || strings.Contains(body, "must not say") {
			t.Errorf("%s: %d, shows no %s", name, code, want)
		}
	}
}

var define = regexp.MustCompile(`\{\{-? ?define "([^"]+)"\}\}`)

// marked puts a mark at the beginning of each template of a file, by which it is known
// in a page.
func marked(file, text string) string {
	return define.ReplaceAllStringFunc(text, func(head string) string {
		name := define.FindStringSubmatch(head)[1]
		if name == "attrs" { // stands in a tag
			return head + ` data-mark="` + mark(file, name) + `"`
		}
		return head + mark(file, name)
	})
}

func mark(file, name string) string { return "⟪" + file + " " + name + "⟫" }

// notShown are templates that no tale shows, each with the reason.
var notShown = map[string]string{
	mark("templates/pages/error.html", "main"): "the errors themselves show it, and TestRefusals asks for them",
}

// Whoever adds a template to the site adds a state of it to the storybook.
func TestEveryTemplateIsShown(t *testing.T) {
	web := filepath.Join("..", "..", "web")
	all := map[string]bool{}
	for _, file := range htmlFiles(t, os.DirFS(web)) {
		if strings.HasPrefix(file, "storybook/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(web, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range define.FindAllStringSubmatch(string(text), -1) {
			all[mark(file, m[1])] = true
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d templates were found", len(all))
	}
	folders := map[string]string{"promise": "public/promise/", "report": "public/report/", "thread": "public/thread/", "advisories": "advisories/", "desk": "desk/"}
	shelves := storybook.Shelves()
	for i, s := range shelves {
		files := fstest.MapFS{}
		for _, name := range htmlFiles(t, s.Files) {
			text, err := fs.ReadFile(s.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: []byte(marked(folders[s.Name]+name, string(text)))}
		}
		// What all pages share is defined anew by a part that is read before the others.
		own, err := filepath.Glob(filepath.Join(web, "templates", "*.html"))
		if err != nil {
			t.Fatal(err)
		}
		for n, name := range own {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[fmt.Sprintf("templates/parts/0%d.html", n)] = &fstest.MapFile{Data: []byte(marked("templates/"+filepath.Base(name), string(text)))}
		}
		shelves[i].Files = files
	}
	get := book(t, shelves)
	for _, path := range tales(t, get) {
		code, body := get(path, "en")
		if code != http.StatusOK {
			t.Errorf("%s: %d", path, code)
		}
		for one := range all {
			if strings.Contains(body, one) {
				delete(all, one)
			}
		}
	}
	for one := range all {
		if notShown[one] == "" {
			t.Errorf("no state of %s is in the storybook: add one under internal/web/storybook/canned", one)
		}
	}
	for one := range notShown {
		if !all[one] {
			t.Errorf("%s is no exception any more", one)
		}
	}
}

func htmlFiles(t *testing.T, files fs.FS) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".html") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
