package cases

import (
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/tale"
)

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
func (l lens) shown(id string, entries []entryView, kind string, as tale.Reading) ([]entryView, []visit.Tab) {
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
		tab := visit.Tab{ID: name, Text: l.Say("desk.show.all"), Count: l.Say("desk.count", "n", len(of[name])), Link: "/desk/cases/" + id + l.Way.Path + "#timeline", Here: name == kind && as == tale.Reading{}}
		if name != "" {
			tab.Text, tab.Link = l.Say("desk.show."+name), "/desk/cases/"+id+"?show="+name+string(l.Way.And)+"#timeline"
		}
		tabs = append(tabs, tab)
	}
	return of[kind], tabs
}
