package web

import (
	"html/template"
	"regexp"
	"strings"
	"time"
)

// linked finds the links that the renderer wrote; none stands in another.
var linked = regexp.MustCompile(`(?s)<a href="([^"]*)"[^>]*>(.*?)</a>`)

// tags finds the tags within one.
var tags = regexp.MustCompile(`<[^>]*>`)

// told renders a stranger's Markdown; a link whose text is another than its address is
// followed by the address.
func (sp speaker) told(markdown string) template.HTML {
	//nolint:gosec // what is added is a part of what was sanitised
	return template.HTML(linked.ReplaceAllStringFunc(string(sp.markdown(markdown)), func(link string) string {
		m := linked.FindStringSubmatch(link)
		if text := tags.ReplaceAllString(m[2], ""); text == m[1] || "http://"+text == m[1] || "mailto:"+text == m[1] {
			return link
		}
		return link + ` <span class="leads">&lt;` + m[1] + `&gt;</span>`
	}))
}

func timeTag(t time.Time, words string) template.HTML {
	if t.IsZero() {
		return ""
	}
	text := template.HTMLEscapeString(words)
	if at := strings.LastIndex(text, "(UTC"); at >= 0 { // its hyphen is a minus, and no place to break a line
		text = text[:at] + `<span class="offset">` + text[at:] + `</span>`
	}
	//nolint:gosec // the instant is formatted by us, and the words are escaped
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + text + `</time>`)
}
