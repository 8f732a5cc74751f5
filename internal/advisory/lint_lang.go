package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"fairlead/internal/cvd"
)

// langRules are about the tags of languages, and about what stands under them.
var langRules = []rule{
	{"record-texts", LevelError, translations},
	{"record-texts-left", LevelWarning, leftovers},
	{"record-texts-import", LevelInfo, func(l *lint) {
		for _, lang := range sorted(l.a.Texts) {
			l.need(l.a.Source == nil, textsOf(lang), "is kept, and published in the CVE record only", "nothing is to be done; translations of an imported record are its publisher's")
		}
	}},
	{"record-source-lang", LevelError, func(l *lint) {
		l.need(l.a.SourceLang == "" || l.a.Source != nil, "source_lang", "is for imported translations; with it this advisory would name an original that nobody has, and its own translations would not be published",
			"leave it out, write the record in its own lang, and put other languages into texts")
	}},
	{"csaf-6.1.12", LevelError, func(l *lint) {
		l.tags(func(field, tag string) {
			_, err := language.Parse(tag)
			// What imports say in other languages stands in CVE records only, whose format
			// takes an underscore.
			ok := csafTag().MatchString(tag) || (l.a.Source != nil && strings.HasPrefix(field, "texts"))
			l.need(ok && err == nil && !strings.EqualFold(tag, "i-default"), field, "is no language that CSAF takes",
				"write a BCP 47 tag of registered parts joined by hyphens, such as en or pt-BR")
		})
	}},
	{"csaf-6.2.14", LevelWarning, func(l *lint) {
		l.tags(func(field, tag string) {
			l.need(!privateTag(tag), field, "is a language of private use, which others do not know", "write a registered tag, such as en or pt-BR")
		})
	}},
}

var (
	// csafTag is the pattern of lang_t in the schema of CSAF 2.0 (section 3.1.6), which is
	// that of RFC 5646 with two of its old tags.
	csafTag = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(([A-Za-z]{2,3}(-[A-Za-z]{3}(-[A-Za-z]{3}){0,2})?|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?|[Xx](-[A-Za-z0-9]{1,8})+|[Ii]-[Dd][Ee][Ff][Aa][Uu][Ll][Tt]|[Ii]-[Mm][Ii][Nn][Gg][Oo])$`)
	})
	// plainTag is what may stand in the name of a field.
	plainTag = regexp.MustCompile(`^[A-Za-z0-9_-]{1,35}$`)
	// privatePart is a script or a region of private use (test 6.2.14).
	privatePart = regexp.MustCompile(`^(qaa[a-z]|qab[a-x]|aa|q[m-z]|x[a-z]|zz)$`)
	// privateFirst is a language of private use.
	privateFirst = regexp.MustCompile(`^q[a-t][a-z]$`)
)

// tags visits all tags of the record.
func (l *lint) tags(f func(field, tag string)) {
	if l.a.Lang != "" {
		f("lang", l.a.Lang)
	}
	if l.a.SourceLang != "" {
		f("source_lang", l.a.SourceLang)
	}
	for _, tag := range sorted(l.a.Texts) {
		f(textsOf(tag), tag)
	}
}

// textsOf names a translation by its tag, unless that is no tag at all.
func textsOf(tag string) string {
	if !plainTag.MatchString(tag) {
		return "texts"
	}
	return "texts." + tag
}

// privateTag tells whether a tag, or a part of it, is of private use.
func privateTag(tag string) bool {
	parts := strings.Split(strings.ToLower(tag), "-")
	return privateFirst.MatchString(parts[0]) || slices.Contains(parts, "x") || slices.ContainsFunc(parts[1:], privatePart.MatchString)
}

// translations are the rules of what is said in other languages. An import keeps
// what came.
func translations(l *lint) {
	a := l.a
	if a.Source != nil {
		return
	}
	own := a.Lang
	if own == "" {
		own = "en"
	}
	seen := map[string]bool{strings.ToLower(own): true}
	for _, lang := range sorted(a.Texts) {
		field := textsOf(lang)
		l.need(!seen[strings.ToLower(lang)], field, "is the record's own language, or there twice", "keep the words of each language in one place")
		seen[strings.ToLower(lang)] = true
		for _, w := range Wordings(a, lang) {
			l.need(said(w.Said), field, "does not say the "+w.Field+" of the record", "translate it, or leave the language out")
		}
		again(l, lang)
	}
}

// again looks for two translations of one text, of which one would be lost.
func again(l *lint, lang string) {
	const problem, remedy = "is translated in another place too, and only one of them is published", "keep the right one"
	t, field := l.a.Texts[lang], textsOf(lang)
	parts := map[string]string{}
	for n, p := range t.Parts {
		first, there := parts[p.Of]
		l.need(!there, fmt.Sprintf("%s.parts[%d].of", field, n), problem, remedy)
		if !there {
			first = p.Text
		}
		parts[p.Of] = first
	}
	for _, w := range wholes(l.a, t) {
		part := parts[w.Own]
		l.need(!said(w.Own) || !said(w.Said) || !said(part) || part == w.Said, field+"."+w.Field, problem, remedy)
	}
}

// leftovers looks for translations of what the record does not say.
func leftovers(l *lint) {
	const problem, remedy = "is no text of the record, so its translation is not published", "write the text as it stands in the record, or leave the translation out"
	if l.a.Source != nil {
		return
	}
	own := map[string]bool{}
	walk(l.a, func(_ string, text *string) { own[*text] = said(*text) })
	reasons(l.a, func(text *string) { own[*text] = own[*text] || said(*text) })
	for _, lang := range sorted(l.a.Texts) {
		t, field := l.a.Texts[lang], textsOf(lang)
		for n, p := range t.Parts {
			l.need(own[p.Of], fmt.Sprintf("%s.parts[%d].of", field, n), problem, remedy)
		}
		for _, w := range wholes(l.a, t) {
			l.need(said(w.Own) || !said(w.Said), field+"."+w.Field, problem, remedy)
		}
	}
}

// wholes are the texts of a translation that stand beside its parts.
func wholes(a *cvd.Advisory, t cvd.AdvisoryText) []Wording {
	return []Wording{{"title", a.Title, t.Title}, {"overview", a.Overview, t.Overview}, {"details", a.Details, t.Details}}
}
