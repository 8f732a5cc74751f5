package page

import (
	"html/template"
	"runtime"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"

	policypage "fairlead/internal/policy/page"
)

// maxProse is the most bytes of one text that are rendered; a longer one is
// shown as it is.
const maxProse = 256 << 10

// wall lets through what Markdown makes and nothing that loads or runs: no
// pictures, no styles, no forms, no scripts.
var wall = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "li", "h4", "h5", "h6",
		"table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto")
	p.RequireParseableURLs(true)
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	return p
})

// rendering is how many texts are rendered at once: more would only hold memory longer.
var rendering = make(chan struct{}, max(2, runtime.NumCPU()))

// Prose turns an author's Markdown into HTML. Raw HTML stays text, pictures
// become links, and a second reader strikes whatever else could load or run.
func Prose(markdown string) template.HTML {
	html, _ := Shown(markdown)
	return html
}

// Shown is Prose, and tells whether a text is so long or so entangled that it is plain:
// shown as it was written.
func Shown(markdown string) (html template.HTML, plain bool) {
	if len(markdown) <= maxProse {
		rendering <- struct{}{}
		defer func() { <-rendering }()
		if text, ok := neutral(markdown); ok && !heavy(text) {
			//nolint:gosec // sanitised
			return template.HTML(strings.TrimSpace(wall().Sanitize(string(policypage.Prose(text))))), false
		}
	}
	//nolint:gosec // escaped
	return template.HTML("<pre>" + template.HTMLEscapeString(markdown) + "</pre>"), true
}
