package cases

import (
	"slices"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/words"
)

// saidView is a text of somebody; a long one begins with its head and is folded.
type saidView struct {
	words.Quote
	Head  string // empty for a short one
	Chars int
	Raw   bool // shown as it was written, not as the Markdown that it may be
}

// reading is how the words of a case are read.
type reading struct {
	whole bool // nothing is folded
	raw   bool // as they were written
}

// What is longer is folded: characters, and lines.
const (
	foldChars = 1800
	foldLines = 30
	headChars = 700
	headLines = 10
)

// folded is a text with its head, if it is long and nothing asks for all of it.
func folded(label, text string, as reading) saidView {
	v := saidView{Quote: words.Quote{Label: label, Text: text}, Chars: utf8.RuneCountInString(text), Raw: as.raw}
	if as.whole || (v.Chars <= foldChars && strings.Count(text, "\n") <= foldLines) {
		return v
	}
	chars, lines := 0, 0
	for i, r := range text {
		chars++
		if r == '\n' {
			lines++
		}
		if chars > headChars || lines >= headLines {
			v.Head = strings.TrimRight(text[:i], " \n")
			break
		}
	}
	return v
}

func said(quotes []words.Quote, as reading) []saidView {
	var out []saidView
	for _, q := range quotes {
		v := folded(q.Label, q.Text, as)
		v.Quote = q
		out = append(out, v)
	}
	return out
}

// shows are the kinds of entries that can be shown alone, in their order.
var shows = []string{"messages", "notes", "state", "files", "mail"}

// about says of which kinds an entry is; every one is of one at least.
func about(ev *cvd.Event, e *entryView) []string {
	var out []string
	spoken := len(e.Said) > 0
	switch {
	case ev.Seq == 1, spoken && (e.Kind == "reporter" || ev.Tell == cvd.TellReporter):
		out = append(out, "messages")
	case spoken && ev.Tell == cvd.TellTeam && e.Mail == nil:
		out = append(out, "notes")
	}
	if e.File != nil {
		out = append(out, "files")
	}
	if e.Mail != nil {
		out = append(out, "mail")
	}
	if len(out) == 0 || len(ev.Arrows) > 0 || ev.Assignee != nil {
		out = append(out, "state")
	}
	return out
}

// shown keeps the entries of one kind, and lists the kinds that there are.
func (l lens) shown(id string, entries []entryView, kind string, as reading) ([]entryView, []visit.Tab) {
	of := map[string][]entryView{"": entries}
	for _, e := range entries {
		for _, name := range e.about {
			of[name] = append(of[name], e)
		}
	}
	if kind != "" && of[kind] == nil {
		kind = ""
	}
	var tabs []visit.Tab
	for _, name := range slices.Concat([]string{""}, shows) {
		if len(of[name]) == 0 {
			continue
		}
		tab := visit.Tab{ID: name, Text: l.Say("desk.show.all"), Count: l.Say("desk.count", "n", len(of[name])), Link: "/desk/cases/" + id + "#timeline", Here: name == kind && as == reading{}}
		if name != "" {
			tab.Text, tab.Link = l.Say("desk.show."+name), "/desk/cases/"+id+"?show="+name+"#timeline"
		}
		tabs = append(tabs, tab)
	}
	return of[kind], tabs
}
