package web

import (
	"html/template"

	advisorypage "fairlead/internal/advisory/page"
	policypage "fairlead/internal/policy/page"
)

// prose remembers what texts of the policy look like. They are as many as the
// versions that took effect since the start, so this stays small. A text in another
// language than the page says so.
func (sp speaker) prose(markdown string) template.HTML {
	done, ok := sp.site.prosed.Load(markdown)
	if !ok {
		done = policypage.Prose(markdown)
		sp.site.prosed.Store(markdown, done)
	}
	html := done.(template.HTML)
	if lang := sp.site.foreign(sp.tone.Lang, markdown); lang != "" && html != "" {
		//nolint:gosec // the tag is escaped, and the text was rendered by us
		return template.HTML(`<div lang="`+template.HTMLEscapeString(lang)+`">`) + html + `</div>`
	}
	return html
}

// markdown says above a text that is shown as it was written why it is.
func (sp speaker) markdown(text string) template.HTML {
	html, plain := advisorypage.Shown(text)
	if plain {
		//nolint:gosec // the words are escaped, and the text was rendered by us
		return template.HTML(`<p class="soft">`+template.HTMLEscapeString(sp.Say("web.plain"))+`</p>`) + html
	}
	return html
}
