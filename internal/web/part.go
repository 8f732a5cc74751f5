package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"sync"
)

// Part renders one template of a page by itself, for parts that are kept and put
// into several pages. What stands in view is escaped here, as in the page; the
// template must begin and end where plain text may stand.
func (p *Pages) Part(t Tone, page, name string, view any) (template.HTML, error) {
	one, err := p.set(t, page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := one.ExecuteTemplate(&b, name, view); err != nil {
		return "", fmt.Errorf("page %s, %s: %w", page, name, err)
	}
	//nolint:gosec // html/template has just escaped it
	return template.HTML(b.String()), nil
}

// partsKept is how many rendered parts a set of pages keeps.
const partsKept = 500

// keptParts are rendered parts by their names and all that they depend on.
type keptParts struct {
	mu   sync.RWMutex
	made map[partKey]template.HTML
}

type partKey struct {
	tone       Tone
	page, name string
	key        any
}

// Kept is Part for what many pages have in common: it is rendered once for each
// tone and key, which must say everything that view depends on. No word of a case may
// stand in it: nothing makes it forget.
func (p *Pages) Kept(t Tone, page, name string, key any, view func() any) (template.HTML, error) {
	k := partKey{t, page, name, key}
	p.parts.mu.RLock()
	html, ok := p.parts.made[k]
	p.parts.mu.RUnlock()
	if ok {
		return html, nil
	}
	html, err := p.Part(t, page, name, view())
	if err != nil {
		return "", err
	}
	p.parts.mu.Lock()
	defer p.parts.mu.Unlock()
	if p.parts.made == nil || len(p.parts.made) >= partsKept {
		p.parts.made = map[partKey]template.HTML{}
	}
	p.parts.made[k] = html
	return html, nil
}

// headKey is what the head of a page depends on.
type headKey struct {
	organisation, home, links, logo string
	desk                            bool
}

// Head is the head of the page, for the layout.
func (d data) Head() (template.HTML, error) {
	key := headKey{organisation: d.Page.Organisation, home: d.Page.Home, links: linksKey(d.Page.Nav, d.Page.Account), desk: d.Page.Desk}
	if l := d.pages.site.shownLogo(); l != nil {
		key.logo = l.Src
	}
	return d.pages.Kept(d.tone, d.name, "head", key, func() any { return d.Page })
}

// linksKey says all of two lists of links.
func linksKey(nav, account []Link) string {
	b := make([]byte, 0, 512)
	for _, list := range [][]Link{nav, account} {
		for _, l := range list {
			b = strconv.AppendQuote(b, l.Href)
			b = strconv.AppendQuote(b, l.Label)
			b = strconv.AppendQuote(b, l.Count)
			b = strconv.AppendBool(b, l.Here)
		}
		b = append(b, '|')
	}
	return string(b)
}
