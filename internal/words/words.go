// Package words is the catalogue of every visible text: pages, threads, notices
// and the names of states, in each language the house speaks.
//
// It never decides what is said to whom, holds no word of any case and reads no
// clock.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed en/*.json
var files embed.FS

// Book holds the texts of all languages.
type Book struct {
	bundle *i18n.Bundle
}

// Load reads the catalogue that is part of the program.
func Load() (*Book, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range []string{"en"} {
		entries, err := files.ReadDir(lang)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			b, err := files.ReadFile(lang + "/" + e.Name())
			if err != nil {
				return nil, err
			}
			// The library reads the language from the file's name.
			if _, err := bundle.ParseMessageFileBytes(b, strings.TrimSuffix(e.Name(), ".json")+"."+lang+".json"); err != nil {
				return nil, fmt.Errorf("%s/%s: %w", lang, e.Name(), err)
			}
		}
	}
	return &Book{bundle}, nil
}

// Voice speaks one language.
type Voice struct {
	loc  *i18n.Localizer
	lang string
	// plain holds texts without blanks once they were said; a page says the
	// same few hundreds of them again and again.
	plain *sync.Map
}

// In returns the voice for the first of the given languages that the house
// speaks; each may be a BCP 47 tag or an Accept-Language list.
func (b *Book) In(langs ...string) *Voice {
	return &Voice{i18n.NewLocalizer(b.bundle, langs...), "en", &sync.Map{}}
}

// Lang is the BCP 47 tag of what Say returns.
func (v *Voice) Lang() string { return v.lang }

// Has tells whether the catalogue holds the text.
func (v *Voice) Has(id string) bool {
	_, err := v.loc.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: 1})
	if err != nil {
		_, err = v.loc.Localize(&i18n.LocalizeConfig{MessageID: id})
	}
	return err == nil
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
	s, err := v.loc.Localize(cfg)
	if err != nil {
		return "⟦" + id + "⟧"
	}
	if len(pairs) == 0 {
		v.plain.Store(id, s)
	}
	return s
}

// Instant writes an exact instant as people read it, with its zone.
func (v *Voice) Instant(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("Mon 2 Jan 2006, 15:04 MST")
}

// Day writes a date without its time.
func (v *Voice) Day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2 January 2006")
}

// Distance writes how far an instant lies from now, to the nearest of the largest unit
// that is still exact enough to act on.
func (v *Voice) Distance(t, now time.Time) string {
	d := t.Sub(now)
	id := "distance.in"
	if d < 0 {
		d, id = -d, "distance.ago"
	}
	d = d.Round(time.Minute) // two days less a second are two days
	n, unit := int(d/time.Minute), "minute"
	switch {
	case d >= 48*time.Hour:
		n, unit = int(d.Round(24*time.Hour)/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int(d.Round(time.Hour)/time.Hour), "hour"
	case d == 0:
		return v.Say("distance.now")
	}
	key := spanKey{id, unit, n}
	if s, ok := v.plain.Load(key); ok {
		return s.(string)
	}
	s := v.Say(id, "span", v.Say("distance."+unit, "count", n))
	if n < spansKept {
		v.plain.Store(key, s)
	}
	return s
}

// spanKey names a distance that was said before; those up to spansKept of a unit
// are remembered.
type spanKey struct {
	id, unit string
	n        int
}

const spansKept = 400
