package storybook

import (
	"html/template"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// What is hard to lay out: a word that never ends, words from right to left, and
// signs that are wider than letters.
var (
	long  = strings.Repeat("pneumonoultramicroscopicsilicovolcanoconiosis", 7)[:300]
	rtl   = "יש פרצה בדף הכניסה, והיא חושפת נתונים אישיים."
	emoji = "👩🏽‍💻 🏴‍☠️ 👨‍👩‍👧‍👦 works 🎉🎉🎉"
)

var odd = map[string]string{"long": long, "rtl": rtl, "emoji": emoji}

type receipt struct{ Case, Receipt, Thread string }

type promise struct {
	What   string
	Due    time.Time
	Target bool
	State  web.Badge
	Note   string
	Still  bool
	Late   bool
}

// entry is what the part of that name takes.
type entry struct {
	At                           time.Time
	Who, Class, Heading, Meaning string
	Report, Quotes               []words.Quote
	Clauses                      []policy.Clause
	Missing                      []string
	File                         *cvd.Attachment
	Link                         string
	Erased                       bool
}

type row struct {
	Case, Title string
	State, Band web.Badge
	Due         time.Time
	Note        string
}

type way struct {
	Href                    template.URL // as the pages have it, whose policy names the schemes
	Label, Note, Key, Print string
}

func notices(voice *words.Voice) []web.Notice {
	return []web.Notice{
		{Kind: "", Title: "A plain box", Text: "Nothing is good or bad about it."},
		{Kind: "info", Title: "For your information", Text: "Something is so.", Href: "#notices", Label: "Where to look"},
		{Kind: "good", Text: voice.Say("public.done.message")},
		{Kind: "warn", Title: voice.Say("public.paused.title"), Text: voice.Say("public.paused.text")},
		{Kind: "alarm", Title: voice.Say("public.report.failed.title"), Text: voice.Say("public.report.failed.text", "id", long), Href: "#notices", Label: "Try again"},
	}
}

var beside = []policy.Clause{{ID: "exposed-data", Title: "Tell us at once if sensitive data is exposed", Text: "Contact us immediately. Do not alter, view, share, store, transfer or disrupt the data that you came across."}}

func fields() []web.Field {
	three := []web.Option{{Value: "a", Label: "By name"}, {Value: "b", Label: "As an anonymous finder", Chosen: true}, {Value: "c", Label: "Not at all", Help: "Nobody learns of it."}}
	return []web.Field{
		{Name: "text", Label: "A line", Help: "Its help stands above it."},
		{Name: "required", Label: "A line that is needed", Required: true, Value: "filled"},
		{Name: "half1", Label: "Half a line", Half: true, Value: emoji},
		{Name: "half2", Label: "The other half", Half: true, Kind: "email", Autocomplete: "email"},
		{Name: "area", Kind: "area", Label: "Several lines", Rows: 4, Value: rtl, Lang: "he"},
		{Name: "beside", Kind: "area", Rows: 2, Label: "With the policy's clause beside it", Clauses: beside},
		{Name: "select", Kind: "select", Label: "One of a list", Options: three},
		{Name: "radio", Kind: "radio", Label: "One of a few", Help: "All of them can be seen.", Options: three, Required: true},
		{Name: "tick", Kind: "tick", Label: "A tick", Help: "Off unless it is set.", Checked: true},
		{Name: "file", Kind: "file", Label: "Files", Multiple: true, Help: "Up to 20 files of 25 MiB each."},
		{Name: "password", Kind: "password", Label: "A secret", Autocomplete: "current-password", Value: "seven-words"},
		{Name: "when", Kind: "datetime-local", Label: "An instant", Half: true},
		{Name: "list", Label: "With proposals", Half: true, List: []string{"Northlake Records", "Northlake Portal"}},
	}
}

func faulty() []web.Field {
	fault := func(problem, remedy string) []cvd.Fault { return []cvd.Fault{{Problem: problem, Remedy: remedy}} }
	return []web.Field{
		{Name: "bad-text", Label: "Your mail address", Value: "nobody", Help: "Only the team sees it.", Faults: fault("is no mail address", "write it as name@example.org")},
		{Name: "bad-area", Kind: "area", Rows: 3, Label: "Details", Value: long, Faults: fault("is over 100,000 characters", "send the rest as a file")},
		{Name: "bad-radio", Kind: "radio", Label: "Does the fix work?", Options: []web.Option{{Value: "y", Label: "Yes"}, {Value: "n", Label: "No"}}, Faults: fault("is missing", "fill it in; the policy asks for it")},
		{Name: "bad-tick", Kind: "tick", Label: "I have read this", Faults: fault("is missing", "fill it in; the policy asks for it")},
		{Name: "bad-select", Kind: "select", Label: "Which part is it about?", Options: []web.Option{{Value: "", Label: ""}, {Value: "a", Label: "Records"}}, Faults: fault("is missing", "fill it in; the policy asks for it")},
	}
}

func invent(voice *words.Voice, now time.Time, theme string) view {
	day := 24 * time.Hour
	badge := func(kind, text string) web.Badge { return web.Badge{Kind: kind, Text: text} }
	v := view{
		Theme: theme, Notices: notices(voice), Fields: fields(), Faulty: faulty(), Long: long, RTL: rtl, Emoji: emoji,
		Themes: []web.Link{{Href: "/", Label: "the system's", Here: theme == ""}, {Href: "/?theme=light", Label: "light", Here: theme == "light"}, {Href: "/?theme=dark", Label: "dark", Here: theme == "dark"}},
		Badges: []web.Badge{badge("neutral", "neutral"), badge("info", "info"), badge("good", "good"), badge("warn", "warn"), badge("alarm", "alarm"), badge("quiet", "quiet")},
		Receipt: receipt{
			Case: "FL-2026-7KQ4MXZ", Receipt: "harbour-violet-candle-meadow-copper-lantern-thistle", Thread: "https://security.example.org/thread",
		},
		Ways: []way{{Href: "mailto:security@example.org", Label: "security@example.org", Note: "Answered on business days.", Key: "#ways"}, {Href: "tel:+15550100", Label: "+1 555 0100"}, {Label: "security@example.org", Print: "5E1F 0C0A 77B2 41D9 8C1E 0A32 9C5E 7D11 42F0 91AB"}},
	}
	for _, rm := range []cvd.RM{cvd.RMReceived, cvd.RMValid, cvd.RMInvalid, cvd.RMAccepted, cvd.RMDeferred, cvd.RMClosed} {
		v.States = append(v.States, web.State(voice, rm))
	}
	for _, band := range []cvd.Band{cvd.BandNone, cvd.BandLow, cvd.BandMedium, cvd.BandHigh, cvd.BandCritical} {
		v.States = append(v.States, web.Band(voice, band))
	}
	v.Summary = web.Summarise(voice.Say("public.faults"), v.Faulty, []cvd.Fault{{Field: "role", Problem: "is no field of a report", Remedy: "use the form as it is shown"}})
	v.Plan = []promise{
		{What: voice.Say("clock.acknowledge"), Due: now.Add(2 * day)},
		{What: voice.Say("clock.verify"), Due: now.Add(7 * day), Target: true},
	}
	you, team := voice.Say("public.who.you"), voice.Say("public.who.team")
	v.Entries = []entry{
		{At: now.Add(-3 * day), Who: you, Class: "you", Heading: voice.Say("event.received.reporter"), Meaning: voice.Say("event.received.next"), Report: []words.Quote{
			{Label: voice.Say("public.field.title"), Text: "Reset link works twice"},
			{Label: voice.Say("public.field.description"), Text: "The link in a reset mail:\n\n1. signs in **once more**\n2. for an hour\n\n```\ncurl -s https://example.org/reset?t=1\n```\n\n<script>alert(1)</script>"},
		}},
		{At: now.Add(-3 * day), Who: voice.Say("public.who.house"), Heading: voice.Say("event.slipped.reporter", "clock", voice.Say("clock.acknowledge"), "until", voice.Brief(now, time.UTC, now.Year()))},
		{At: now.Add(-2 * day), Who: team, Class: "person", Heading: voice.Say("event.message.reporter"), Quotes: []words.Quote{{Text: "Thank you.\nWhich version was it?"}}, Missing: []string{"The version that you tested"}, Clauses: beside},
		{At: now.Add(-day), Who: you, Class: "you", Heading: voice.Say("event.attached.reporter", "file", long), File: &cvd.Attachment{Name: long + ".txt", Size: 24_000_000}, Link: "#timeline"},
		{At: now.Add(-day), Who: you, Class: "you", Heading: voice.Say("event.message.reporter"), Quotes: []words.Quote{{Text: rtl + "\n" + emoji + "\n" + long}}},
		{At: now, Who: team, Class: "person", Heading: voice.Say("event.message.reporter"), Erased: true},
	}
	v.Rows = []row{
		{"FL-2026-7KQ4MXZ", "Reset link works twice", web.State(voice, cvd.RMValid), web.Band(voice, cvd.BandHigh), now.Add(day), voice.Say("desk.flag.unread")},
		{"FL-2026-2MPC9WA", long, web.State(voice, cvd.RMReceived), web.Badge{}, now.Add(-day), ""},
		{"FL-2026-9TR5XKB", rtl + " " + emoji, web.State(voice, cvd.RMClosed), web.Band(voice, cvd.BandCritical), now.Add(9 * day), voice.Say("desk.flag.privacy")},
	}
	return v
}
