package page

import (
	"html/template"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"

	policypage "fairlead/internal/policy/page"
)

// maxProse is the most bytes of one text that are rendered; a longer one is
// shown as it is.
const maxProse = 256 << 10

// The most quotes within one another, and the most bytes that open links make a reader
// look through. What authors mean has a few of either; some texts of imported records
// are not meant to be read, and the reader's time grows with the square of these.
const (
	maxQuotes = 64
	maxOpen   = 8 << 20
)

var (
	quotes = regexp.MustCompile(`(?m)^[ \t>*+.)0-9-]*>`)
	link   = regexp.MustCompile(`\]\([^()<>\s]*([ \t]+"[^"\n]*")?\)`)
)

// knotted tells whether a text would take far longer to render than its length.
func knotted(markdown string) bool {
	open := strings.Count(markdown, "](")
	if open*len(markdown) > maxOpen {
		if open -= len(link.FindAllStringIndex(markdown, -1)); open*len(markdown) > maxOpen {
			return true
		}
	}
	return slices.ContainsFunc(quotes.FindAllString(markdown, -1), func(s string) bool { return strings.Count(s, ">") > maxQuotes })
}

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

// Prose turns an author's Markdown into HTML. Raw HTML stays text, pictures
// become links, and a second reader strikes whatever else could load or run.
func Prose(markdown string) template.HTML {
	if len(markdown) > maxProse || knotted(markdown) {
		//nolint:gosec // escaped
		return template.HTML("<pre>" + template.HTMLEscapeString(markdown) + "</pre>")
	}
	//nolint:gosec // sanitised
	return template.HTML(strings.TrimSpace(wall().Sanitize(string(policypage.Prose(Neutral(markdown))))))
}
