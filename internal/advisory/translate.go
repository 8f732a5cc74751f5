package advisory

import (
	"fmt"
	"strings"

	"fairlead/internal/cvd"
)

// Wording is one text of a record and what a translation says in its place.
type Wording struct {
	Field string // as the lint names it, such as "vulnerabilities[0].impact"
	Own   string // in the record's own language; never blank
	Said  string // in the other; blank where it is missing
}

// walk visits the texts of the record that a translation has to say, in the order in
// which people read them. Reasons of revisions and of a withdrawal are none of them:
// they come with an act, and a translation may say them.
func walk(a *cvd.Advisory, f func(field string, text *string)) {
	f("title", &a.Title)
	f("overview", &a.Overview)
	f("details", &a.Details)
	for i := range a.Vulnerabilities {
		v := &a.Vulnerabilities[i]
		field := fmt.Sprintf("vulnerabilities[%d]", i)
		f(field+".title", &v.Title)
		f(field+".description", &v.Description)
		f(field+".impact", &v.Impact)
		f(field+".exploited", &v.Exploited)
		for n := range v.Affects {
			f(fmt.Sprintf("%s.affects[%d].statement", field, n), &v.Affects[n].Statement)
		}
		for n := range v.Remedies {
			f(fmt.Sprintf("%s.remedies[%d].text", field, n), &v.Remedies[n].Text)
		}
	}
	for n := range a.Timeline {
		f(fmt.Sprintf("timeline[%d].text", n), &a.Timeline[n].Text)
	}
}

// reasons visits the texts that a translation may say, and need not: those stay in the
// record's own words.
func reasons(a *cvd.Advisory, f func(text *string)) {
	f(&a.Why)
	for i := range a.History {
		f(&a.History[i].Text)
	}
}

// Wordings lists what a translation into the language has to say, with what the
// record holds of it. A text that stands twice in the record is listed once.
func Wordings(a *cvd.Advisory, lang string) []Wording {
	t := a.Texts[lang]
	parts := make(map[string]string, len(t.Parts))
	for _, p := range t.Parts {
		if _, twice := parts[p.Of]; !twice {
			parts[p.Of] = p.Text
		}
	}
	whole := map[string]string{"title": t.Title, "overview": t.Overview, "details": t.Details}
	var out []Wording
	seen := map[string]bool{}
	walk(a, func(field string, text *string) {
		if !said(*text) || seen[*text] {
			return
		}
		seen[*text] = true
		one := Wording{Field: field, Own: *text, Said: parts[*text]}
		if !said(one.Said) {
			one.Said = whole[field]
		}
		out = append(out, one)
	})
	return out
}

// Say is one text of the record in another language, or "" where that is missing.
func Say(a *cvd.Advisory, lang, own string) string {
	for _, w := range Wordings(a, lang) {
		if w.Own == own {
			return w.Said
		}
	}
	return ""
}

// Languages lists the other languages in which the record says everything that it
// says in its own, sorted: those in which it is published. An imported record has
// none, since its translations are its publisher's.
func Languages(a *cvd.Advisory) []string {
	if a.Source != nil || a.SourceLang != "" {
		return nil
	}
	var out []string
	for _, lang := range sorted(a.Texts) {
		if !strings.EqualFold(lang, a.Lang) && complete(a, lang) {
			out = append(out, lang)
		}
	}
	return out
}

func complete(a *cvd.Advisory, lang string) bool {
	for _, w := range Wordings(a, lang) {
		if !said(w.Said) {
			return false
		}
	}
	return true
}

// In is a copy of the record in another of its languages: what formats publish that
// make a document for each. What is not translated stays in the record's own words.
func In(a *cvd.Advisory, lang string) *cvd.Advisory {
	by := map[string]string{}
	for _, w := range Wordings(a, lang) {
		if said(w.Said) {
			by[w.Own] = w.Said
		}
	}
	for _, p := range a.Texts[lang].Parts {
		if _, there := by[p.Of]; !there {
			by[p.Of] = p.Text
		}
	}
	out := a.Clone()
	out.Lang, out.SourceLang, out.Texts = lang, a.Lang, nil
	if out.SourceLang == "" {
		out.SourceLang = "en"
	}
	say := func(text *string) {
		if other := by[*text]; said(other) {
			*text = other
		}
	}
	walk(out, func(_ string, text *string) { say(text) })
	reasons(out, say)
	return out
}

// ByLanguage divides a record into one for each language that it is published in,
// its own first, for formats that say one language at a time.
func ByLanguage(a *cvd.Advisory, _ Publisher) []Part {
	out := []Part{{Record: a}}
	for _, lang := range Languages(a) {
		out = append(out, Part{Name: lang, Record: In(a, lang)})
	}
	return out
}

// Translation is the ending by which the id of a record made by In differs from the
// original's, such as "-de"; empty for any other record.
func Translation(a *cvd.Advisory) string {
	if a.SourceLang == "" || a.Source != nil {
		return ""
	}
	return "-" + a.Lang
}
