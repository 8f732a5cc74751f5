// Package words is the catalogue of every visible text: pages, threads, notices
// and the names of states, in each language the house speaks.
//
// It never decides what is said to whom, holds no word of any case and reads no
// clock.
package words

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed en/*.json de/*.json fr/*.json
var files embed.FS

// Languages are those that the house speaks, as BCP 47 tags. The first is the one
// that every text exists in; it speaks wherever another misses one.
var Languages = []string{"en", "de", "fr"}

// Spoken tells whether the tag is exactly one of Languages.
func Spoken(lang string) bool { return slices.Contains(Languages, lang) }

// Closest is the language of the house that suits a tag or a list of them, or "".
func Closest(list string) string {
	b, err := Load()
	if err != nil {
		return ""
	}
	if v := b.Match(list); v != nil {
		return v.lang
	}
	return ""
}

// Endonym is what a language of the house calls itself.
func Endonym(lang string) string {
	return map[string]string{"en": "English", "de": "Deutsch", "fr": "Français"}[lang]
}

// Book holds the texts of all languages.
type Book struct {
	matcher language.Matcher
	voices  []*Voice // as Languages
}

// Load reads the catalogue that is part of the program, once for all who ask. Of
// the languages only the first is read at once, the others when they first speak.
func Load() (*Book, error) { return load() }

var load = sync.OnceValues(func() (*Book, error) {
	b := &Book{}
	var tags []language.Tag
	for _, lang := range Languages {
		tag := language.MustParse(lang)
		tags = append(tags, tag)
		v := &Voice{lang: lang, tag: tag}
		if len(b.voices) > 0 {
			v.otherwise = b.voices[0]
		}
		b.voices = append(b.voices, v)
	}
	b.matcher = language.NewMatcher(tags)
	b.voices[0].texts()
	return b, b.voices[0].broken
})

// In returns the voice of the language that suits best. Each of langs may be a BCP
// 47 tag or an Accept-Language list; the earlier counts more. Where nothing suits it
// is English. There is one voice for each language, shared by everybody.
func (b *Book) In(langs ...string) *Voice {
	for _, list := range langs {
		if v := b.Match(list); v != nil {
			return v
		}
	}
	return b.voices[0]
}

// Match returns the voice that suits the list, a BCP 47 tag or what an
// Accept-Language header holds (RFC 9110, section 12.5.4), or nil.
func (b *Book) Match(list string) *Voice {
	if i := slices.Index(Languages, list); i >= 0 {
		return b.voices[i]
	}
	if list == "" || len(list) > maxAccept {
		return nil
	}
	tags, weights, err := language.ParseAcceptLanguage(list)
	if err != nil {
		return nil
	}
	for i, w := range weights {
		if w == 0 { // "not this one"; they stand last
			tags = tags[:i]
			break
		}
	}
	if len(tags) == 0 {
		return nil
	}
	_, i, sure := b.matcher.Match(tags...)
	if sure == language.No {
		return nil
	}
	return b.voices[i]
}

// maxAccept is the longest header that is looked at.
const maxAccept = 500

// Voice speaks one language. It is safe for concurrent use.
type Voice struct {
	lang      string
	tag       language.Tag
	otherwise *Voice // speaks what this one cannot; nil for the first

	once   sync.Once
	loc    *i18n.Localizer
	ids    map[string]struct{}
	broken error
	// plain holds texts without blanks once they were said; a page says the
	// same few hundreds of them again and again.
	plain sync.Map
}

// texts reads what stands in the folder of the language, when it is first needed.
func (v *Voice) texts() *i18n.Localizer {
	v.once.Do(func() {
		bundle := i18n.NewBundle(v.tag)
		list, err := messages(v.lang)
		if v.broken = err; err == nil {
			v.broken = bundle.AddMessages(v.tag, list...)
		}
		v.loc = i18n.NewLocalizer(bundle, v.lang)
		v.ids = make(map[string]struct{}, len(list))
		for _, m := range list {
			v.ids[m.ID] = struct{}{}
		}
	})
	return v.loc
}

var unmarshal = map[string]i18n.UnmarshalFunc{"json": json.Unmarshal}

// messages reads all texts of a language.
func messages(lang string) ([]*i18n.Message, error) {
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil {
		return nil, err
	}
	var out []*i18n.Message
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := i18n.ParseMessageFileBytes(b, strings.TrimSuffix(name, ".json")+"."+lang+".json", unmarshal)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, file.Messages...)
	}
	return out, nil
}

// Lang is the BCP 47 tag of what Say returns.
func (v *Voice) Lang() string { return v.lang }

// Has tells whether the catalogue holds the text, in this language or in the one
// that speaks where it misses.
func (v *Voice) Has(id string) bool {
	v.texts()
	_, ok := v.ids[id]
	return ok || v.otherwise != nil && v.otherwise.Has(id)
}

func (v *Voice) localize(cfg *i18n.LocalizeConfig) (string, error) {
	s, err := v.texts().Localize(cfg)
	if _, missing := errors.AsType[*i18n.MessageNotFoundErr](err); missing && v.otherwise != nil {
		return v.otherwise.localize(cfg)
	}
	if err != nil && s != "" && cfg.PluralCount != nil {
		return s, nil // the library said it in the form for all other numbers
	}
	return s, err
}

// Say returns a text. pairs are names and values for its blanks; an int named
// "count" also picks the plural. A text that is missing shows its id in
// brackets, so that it is seen; tests look for these brackets.
func (v *Voice) Say(id string, pairs ...any) string {
	if len(pairs) == 0 {
		if s, ok := v.plain.Load(id); ok {
			return s.(string)
		}
	}
	cfg := &i18n.LocalizeConfig{MessageID: id}
	if len(pairs) > 0 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			name := fmt.Sprint(pairs[i])
			data[name] = pairs[i+1]
			if name == "count" {
				cfg.PluralCount = pairs[i+1]
			}
		}
		cfg.TemplateData = data
	}
	s, err := v.localize(cfg)
	if err != nil {
		return "⟦" + id + "⟧"
	}
	if len(pairs) == 0 {
		v.plain.Store(id, s)
	}
	return s
}
