package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Languages. What a page is written in follows, in this order: what its reader
// chose, which stands in the address and nowhere else; what a member of the team
// has chosen for good; what the browser asks for; the first language of the policy
// that the house speaks; English. See docs/adr/0007-languages.md.

// langParam is the name of a chosen language in an address or a form.
const langParam = "lang"

// asked is what a request is known to be by, besides its head.
type asked struct {
	broken  error // why the form cannot be read; a second reading would not say so again
	private bool
	chosen  string       // the language that the reader chose, one of words.Languages, or ""
	voice   *words.Voice // what the request is answered in; nil until somebody asked
	settled bool         // a member reads; no form or address changes how
	by      cvd.Actor    // whose session it is; zero if there is none
	refused error        // why it is refused; nil if it is not
}

type contextKey int

const askedKey contextKey = iota

func askedOf(r *http.Request) *asked {
	if r == nil {
		return nil
	}
	a, _ := r.Context().Value(askedKey).(*asked)
	return a
}

// withAsked begins a request.
func withAsked(r *http.Request, private bool) context.Context {
	a := &asked{private: private, chosen: words.Closest(r.URL.Query().Get(langParam))}
	return context.WithValue(r.Context(), askedKey, a)
}

func isPrivate(r *http.Request) bool {
	a := askedOf(r)
	return a != nil && a.private
}

// Voice speaks the request's language. Without a request it is the language of
// whoever did not say what they read.
func (s *Site) Voice(r *http.Request) *words.Voice {
	a := askedOf(r)
	if a != nil && a.voice != nil {
		return a.voice
	}
	var v *words.Voice
	switch {
	case a != nil && a.chosen != "":
		v = s.Words.Match(a.chosen)
	case r != nil:
		v = s.Words.Match(r.Header.Get("Accept-Language"))
	}
	if v == nil {
		v = s.Words.In(s.policyLanguages()...)
	}
	if a != nil {
		a.voice = v
	}
	return v
}

// policyLanguages are those of the policy in effect, the first being that of its
// own texts.
func (s *Site) policyLanguages() []string {
	if cur := s.current(); cur != nil {
		return cur.Policy.Languages
	}
	return nil
}

// Choose answers the request in lang from here on, as its reader chose it in a form;
// what the house does not speak changes nothing.
func Choose(r *http.Request, lang string) {
	if lang = words.Closest(lang); lang == "" {
		return
	}
	if a := askedOf(r); a != nil && !a.settled {
		a.chosen, a.voice = lang, nil
	}
}

// Prefer answers the request in the language that its reader chose for good, if they
// did. The desk calls it for its members: there, a lang in the address or in a form says
// which translation is meant and not how they read.
func (s *Site) Prefer(r *http.Request, lang string) {
	if a := askedOf(r); a != nil {
		a.chosen, a.voice, a.settled = "", nil, true
		if words.Spoken(lang) {
			a.voice = s.Words.Match(lang)
		}
	}
}

// Chosen is the language that the reader chose for this page, or "".
func Chosen(r *http.Request) string {
	if a := askedOf(r); a != nil {
		return a.chosen
	}
	return ""
}

// InLanguage is the address of a page of the site in a chosen language; "" leaves the
// address as it is.
func InLanguage(address, lang string) string {
	if lang == "" {
		return address
	}
	address, fragment, marked := strings.Cut(address, "#")
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	address += sign + langParam + "=" + lang
	if marked {
		address += "#" + fragment
	}
	return address
}

// Tongue is a language that the page can be read in.
type Tongue struct {
	Lang, Name string // Name in the language itself
	Href       string // within the site
	URL        string // the same with its origin; empty where machines need not know
	Here       bool
	// Form is the id of a form of the page that is sent to Href for it, so that
	// nothing typed there is lost; empty for a link.
	Form string
}

// carried are the parts of a query that pages for strangers read, by which a page is the
// same in another language; maxCarried is the most bytes of one. Nothing else is repeated:
// it would stand in the page once or twice for each language.
var carried = []string{"case", "done", "from", "page", "q", "severity", "to", "year"}

const maxCarried = 200

// carry is what of a query leads to the same page.
func carry(query url.Values) string {
	out := url.Values{}
	for _, name := range carried {
		if v := query.Get(name); v != "" && len(v) <= maxCarried {
			out.Set(name, v)
		}
	}
	return out.Encode()
}

// tongues are the languages of a page that is asked for by its address alone. What
// answers a form has none: to ask for it again would lose what was typed, or show a
// receipt no more.
func (s *Site) tongues(r *http.Request) []Tongue {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	address := (&url.URL{Path: r.URL.Path, RawQuery: carry(r.URL.Query())}).String()
	here := s.Voice(r).Lang()
	var out []Tongue
	for _, lang := range words.Languages {
		href := InLanguage(address, lang)
		one := Tongue{Lang: lang, Name: words.Endonym(lang), Href: href, Here: lang == here}
		if !isPrivate(r) {
			one.URL = s.BaseURL(r) + href
		}
		out = append(out, one)
	}
	return out
}

// ByForm are the languages of a page with a form that is sent to address for them:
// there it is shown again with what was typed.
func (s *Site) ByForm(r *http.Request, form, address string) []Tongue {
	list, here := s.tongues(r), s.Voice(r).Lang()
	out := make([]Tongue, 0, len(words.Languages))
	for i, lang := range words.Languages {
		one := Tongue{Lang: lang, Name: words.Endonym(lang), Href: InLanguage(address, lang), Here: lang == here, Form: form}
		if len(list) > 0 {
			one.URL = list[i].URL
		}
		out = append(out, one)
	}
	return out
}

// nameless are the same languages without repeating what was asked for.
func nameless(list []Tongue) []Tongue {
	for i := range list {
		list[i].Href, list[i].URL = InLanguage("", list[i].Lang), ""
	}
	return list
}
