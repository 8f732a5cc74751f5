package storybook

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// Shelf is the pages of one room of the site.
type Shelf struct {
	Name  string // also the folder of its invented data
	Files fs.FS  // with the pages under templates
	Desk  bool   // shown in the team's layout
}

// shelf is one that can be shown.
type shelf struct {
	Shelf
	pages *web.Pages
	names []string
}

// asked finds what a template asks of its view.
var asked = regexp.MustCompile(`\.([A-Z]\w*)`)

func open(site *web.Site, s Shelf) (shelf, error) {
	out := shelf{Shelf: s}
	var err error
	if out.pages, err = site.Pages(s.Files, "templates"); err != nil {
		return shelf{}, err
	}
	names := map[string]bool{}
	for _, files := range []fs.FS{s.Files, web.Templates} {
		err := fs.WalkDir(files, "templates", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, path)
			for _, m := range asked.FindAllSubmatch(text, -1) {
				names[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			return shelf{}, err
		}
	}
	out.names = slices.Sorted(maps.Keys(names))
	return out, nil
}

// index lists every state of every page, in the order in which they were written down.
func (s shelf) index() ([]web.Link, error) {
	var out []web.Link
	for _, page := range s.pages.Names() {
		all, err := written(s.Name, page)
		if errors.Is(err, cvd.ErrNotFound) {
			continue // a test says so
		}
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(all); i += 2 {
			out = append(out, web.Link{Href: fmt.Sprintf("/pages/%s/%s/%s", s.Name, page, all[i].Value), Label: fmt.Sprintf("%s, %s: %s", s.Name, page, all[i].Value)})
		}
	}
	return out, nil
}

// show writes one page in one state, in the request's language.
func (s shelf) show(w http.ResponseWriter, r *http.Request, site *web.Site) error {
	name, voice := r.PathValue("page"), site.Voice(r)
	one, err := teller{
		now: site.Now(), voice: voice, names: s.names,
		part: func(part string, view any) (template.HTML, error) {
			return s.pages.Part(site.ToneOf(r), name, part, view)
		},
	}.tale(s.Name, name, r.PathValue("tale"))
	if err != nil {
		return err
	}
	page := site.Page(r, fmt.Sprintf("%s, %s: %s", s.Name, name, r.PathValue("tale")))
	furnish(page, voice, s.Desk)
	page.Alarms, page.Tools = one.Alarms, one.Tools
	return s.pages.Render(w, r, http.StatusOK, name, page, one.View)
}
