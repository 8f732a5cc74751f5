// Package storybook shows every component of the site in every state, with
// invented data, by the templates that the pages themselves use. Whoever changes
// the look sees here what else it changes.
//
// It belongs to no house: it knows no case, no policy and no reader, and nothing
// that serves people may add it to its pages. Its own words are for developers
// and stand in no catalogue.
package storybook

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

//go:embed templates
var templates embed.FS

// view is the page of components, in one theme or that of the system.
type view struct {
	Theme  string // light, dark or empty
	Themes []web.Link
	Pages  []web.Link

	Notices   []web.Notice
	Badges    []web.Badge
	States    []web.Badge
	Fields    []web.Field
	Faulty    []web.Field
	Summary   *web.Summary
	Receipt   receipt
	Plan      []promise
	Entries   []entry
	Rows      []row
	Ways      []way
	Long, RTL string
	Emoji     string
}

// Register adds the pages to a mux that serves nothing else: the components on one
// page, and each page of the shelves in each of its states.
func Register(mux *http.ServeMux, site *web.Site, shelves ...Shelf) error {
	pages, err := site.Pages(templates, "templates")
	if err != nil {
		return err
	}
	all := make([]shelf, len(shelves))
	for i, s := range shelves {
		if all[i], err = open(site, s); err != nil {
			return err
		}
	}
	mux.Handle("GET /{$}", site.Open(func(w http.ResponseWriter, r *http.Request) error {
		theme := r.URL.Query().Get("theme")
		if theme != "light" && theme != "dark" {
			theme = ""
		}
		page := site.Page(r, "Storybook")
		furnish(page, site.Voice(r), r.URL.Query().Get("desk") != "")
		if page.Desk {
			page.Alarms = notices(site.Voice(r))[3:]
		}
		page.Scripts = []string{"report.js"}
		view := invent(site.Voice(r), site.Now(), theme)
		for _, s := range all {
			links, err := s.index()
			if err != nil {
				return err
			}
			view.Pages = append(view.Pages, links...)
		}
		for _, name := range slices.Sorted(maps.Keys(refusals)) {
			view.Pages = append(view.Pages, web.Link{Href: "/refusals/" + name, Label: "refusals: " + name})
		}
		return pages.Render(w, r, http.StatusOK, "story", page, view)
	}))
	mux.Handle("GET /pages/{shelf}/{page}/{tale}", site.Open(func(w http.ResponseWriter, r *http.Request) error {
		i := slices.IndexFunc(all, func(s shelf) bool { return s.Name == r.PathValue("shelf") })
		if i < 0 {
			return fmt.Errorf("%w: no such shelf", cvd.ErrNotFound)
		}
		return all[i].show(w, r, site)
	}))
	for name, refusal := range refusals {
		mux.Handle("GET /refusals/"+name, site.Open(func(http.ResponseWriter, *http.Request) error { return refusal }))
	}
	return nil
}

// refusals are what the page of an error says to them, by name.
var refusals = map[string]error{
	"internal":    errors.New("the house must not say this"),
	"limited":     fmt.Errorf("%w: too many", cvd.ErrLimited),
	"plain":       fmt.Errorf("%w: the file is no bill of materials", cvd.ErrUnreadable),
	"faults":      cvd.Faults{{Field: "title", Problem: "is missing", Remedy: "fill it in; the policy asks for it"}},
	"unavailable": cvd.ErrUnavailable,
}

// furnish gives a page the head that such pages have.
func furnish(page *web.Page, voice *words.Voice, desk bool) {
	page.Organisation, page.Home = "Northlake Health Software", "/"
	if !desk {
		return
	}
	page.Desk, page.Wide, page.Nav = true, true, nil
	for _, name := range []string{"queue", "record", "mail", "components", "policy", "team", "outbox", "channels", "audit"} {
		page.Nav = append(page.Nav, web.Link{Href: "/?desk=" + name, Label: voice.Say("desk.nav." + name)})
	}
	page.Nav[0].Here, page.Nav[2].Count, page.Nav[4].Alarms = true, voice.Say("desk.count.more"), voice.Say("web.alarms.here", "count", 2)
	page.Account = []web.Link{{Href: "/?desk=me", Label: "Mara Example"}}
}
