package words

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func book(t *testing.T) *Book {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every language can be read, and has a name of its own and a calendar.
func TestEveryLanguageSpeaks(t *testing.T) {
	b := book(t)
	for _, lang := range Languages {
		v := b.In(lang)
		if v.Lang() != lang || v != b.In(lang) || !Spoken(lang) || Endonym(lang) == "" || calendars[lang] == nil {
			t.Errorf("%s does not speak", lang)
		}
		if v.texts(); v.broken != nil {
			t.Errorf("%s: %v", lang, v.broken)
		}
	}
	if Spoken("") || Spoken("DE") || Spoken("xx") {
		t.Error("a language is spoken that is none")
	}
}

func TestBestLanguage(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		want  string
		lists []string
	}{
		{"en", nil},
		{"en", []string{"ja", ""}},
		{"de", []string{"ja", "de-CH-1996"}},
		{"fr", []string{"fr_CA"}},
		{"fr", []string{"ja;q=0.9, fr;q=0.2"}},
		{"en", []string{"de;q=0"}},
		{"de", []string{"*;q=0, de"}},
		{"de", []string{"fr;q=0.4, de;q=0.5"}},
		{"en", []string{strings.Repeat("x", 10_000)}},
	} {
		if got := b.In(c.lists...).Lang(); got != c.want {
			t.Errorf("%.60q: %s, want %s", c.lists, got, c.want)
		}
	}
}

// What a language misses is said in English, in the plural of English.
func TestEnglishStandsIn(t *testing.T) {
	b := book(t)
	poor := &Voice{lang: "xx", tag: b.voices[1].tag, otherwise: b.voices[0]}
	if got := poor.Say("distance.day", "count", 0); got != "0 days" || !poor.Has("distance.day") || poor.Has("no.such") {
		t.Errorf("%q", got)
	}
	if got := poor.Say("no.such.text"); got != "⟦no.such.text⟧" {
		t.Errorf("%q", got)
	}
}

func TestDatesAndNumbers(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	at := time.Date(2026, 9, 16, 13, 4, 0, 0, time.UTC)
	first := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	b := book(t)
	for lang, want := range map[string]string{
		"en": "Wed 16 Sep 2026, 15:04 CEST (UTC+02:00)|16 September 2026|1 January 2026|Thu 1 Jan 2026, 13:00 CET (UTC+01:00)|1.5|in 3 days|2 hours ago|now|1 day",
		"de": "Mi., 16. Sept. 2026, 15:04 MESZ (UTC+02:00)|16. September 2026|1. Januar 2026|Do., 1. Jan. 2026, 13:00 MEZ (UTC+01:00)|1,5|in 3 Tagen|vor 2 Stunden|jetzt|1 Tag",
		"fr": "mer. 16 sept. 2026, 15:04 CEST (UTC+02:00)|16 septembre 2026|1er janvier 2026|jeu. 1er janv. 2026, 13:00 CET (UTC+01:00)|1,5|dans 3 jours|il y a 2 heures|maintenant|1 jour",
	} {
		v := b.In(lang)
		got := strings.Join([]string{
			v.Instant(at, berlin), v.Day(at, berlin), v.Day(first, berlin), v.Instant(first, berlin), v.Decimal(1.5, 1),
			v.Distance(at.Add(72*time.Hour), at), v.Distance(at.Add(-2*time.Hour), at), v.Distance(at, at), v.Say("distance.day", "count", 1),
		}, "|")
		if strings.ReplaceAll(got, "\u00a0", " ") != want {
			t.Errorf("%s:\n got %s\nwant %s", lang, got, want)
		}
	}
	if b.In("fr").Day(time.Time{}, berlin) != "" || b.In("de").Instant(time.Time{}, berlin) != "" {
		t.Error("no date is not empty")
	}
}

// What the house put in place of somebody's words reads in each language; what people
// wrote does not change.
func TestStandIn(t *testing.T) {
	b := book(t)
	unread := b.In("en").Say("mail.unread.broken")
	for _, lang := range Languages {
		v := b.In(lang)
		if got := v.StandIn(unread + "\n\nMy words."); got != v.Say("mail.unread.broken")+"\n\nMy words." {
			t.Errorf("%s: %q", lang, got)
		}
		if got := v.StandIn("My words."); got != "My words." {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

// Many ask at once for what nobody has said yet.
func TestVoicesAreShared(t *testing.T) {
	b := book(t)
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			v := b.In(Languages[i%3])
			if strings.Contains(v.Say("web.nav.report")+v.Distance(time.Unix(int64(i)*90_000, 0), time.Unix(0, 0)), "⟦") {
				t.Error(fmt.Sprint(v.Lang(), " misses a text"))
			}
		})
	}
	wg.Wait()
}
