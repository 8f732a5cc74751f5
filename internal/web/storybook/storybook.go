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
	"net/http"

	"fairlead/internal/web"
)

//go:embed templates
var templates embed.FS

// view is the one page, in one theme or that of the system.
type view struct {
	Theme  string // light, dark or empty
	Themes []web.Link

	Notices   []web.Notice
	Badges    []web.Badge
	States    []web.Badge
	Fields    []web.Field
	Faulty    []web.Field
	Summary   *web.Summary
	Receipt   receipt
	Plan      []promise
	Ahead     []promise
	Entries   []entry
	Rows      []row
	Ways      []way
	Long, RTL string
	Emoji     string
}

// Register adds the page to a mux that serves nothing else.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(templates, "templates")
	if err != nil {
		return err
	}
	mux.Handle("GET /{$}", site.Open(func(w http.ResponseWriter, r *http.Request) error {
		theme := r.URL.Query().Get("theme")
		if theme != "light" && theme != "dark" {
			theme = ""
		}
		page := site.Page(r, "Storybook")
		page.Organisation, page.Home = "Northlake Health Software", "/"
		if r.URL.Query().Get("desk") != "" {
			page.Desk, page.Wide = true, true
			page.Nav = []web.Link{{Href: "/?desk=yes", Label: "Queue", Here: true, Count: "1,000+"}, {Href: "/", Label: "Storybook"}}
			page.Account = []web.Link{{Href: "/?desk=yes#account", Label: "Mara Example"}}
			page.Alarms = notices()[3:]
		}
		page.Scripts = []string{"report.js"}
		return pages.Render(w, r, http.StatusOK, "story", page, canned(site.Voice(r), site.Now(), theme))
	}))
	return nil
}
