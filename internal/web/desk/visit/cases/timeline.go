package cases

import (
	"fmt"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/post"
	"fairlead/internal/web/desk/visit/cases/tale"
	"fairlead/internal/words"
)

// entryView is one event of the timeline.
type entryView struct {
	Seq     int64
	At      time.Time
	Who     string
	Kind    string // reporter, team, note, clock, alarm, house
	Heading string
	Said    []tale.Text
	Clauses []citeView
	Missing []string
	File    *fileView
	Mail    *post.Origin // how the words came
	Moves   []string     // states and dates that it changed, in words
	Told    web.Badge
	Erased  bool
	Redact  string // where its words are removed; empty if they may not be
	about   []string
}

type fileView struct {
	Name, SHA256 string
	Size         int64
	Link         string // empty where it is closed to this reader
	Text         string // where it is read as text; empty if it is none
}

// reportView is what was reported, field by field.
type reportView struct {
	Channel     string
	Description tale.Text
	Texts       []tale.Text  // long ones, with line breaks
	Facts       []visit.Pair // short ones
	Unknown     bool         // a product that the policy does not list
}

func (l lens) entries(f *casework.File, as tale.Reading) []entryView {
	redact := false
	for _, v := range f.Verbs {
		redact = redact || v == cvd.VerbRedact
	}
	out := make([]entryView, 0, len(f.Events))
	for i := range f.Events {
		e := l.entry(f, &f.Events[i], as)
		spoken := len(e.Said) > 0 || e.File != nil || e.Mail != nil
		if e.Seq == 1 {
			spoken = may.Of(l.Actor, may.For(cvd.VerbRedact, cvd.Input{Seq: 1})) == may.All
		}
		if redact && !e.Erased && spoken {
			e.Redact = fmt.Sprintf("/desk/cases/%s/do/redact?seq=%d%s", f.Case.ID, e.Seq, l.Way.And)
		}
		out = append(out, e)
	}
	return out
}

func (l lens) entry(f *casework.File, ev *cvd.Event, as tale.Reading) entryView {
	told := l.Voice.Event(ev, words.ForTeam, l.Zone)
	kind := kindOf(ev)
	as.Raw = as.Raw || kind == "clock" // the house's own words are no Markdown
	e := entryView{
		Seq: ev.Seq, At: ev.At, Who: l.Who(ev.Actor), Kind: kind, Heading: told.Heading, Said: tale.Said(told.Quotes, as),
		Clauses: l.clauses(f, told.Clauses), Missing: told.Missing, Erased: told.Erased, Moves: l.moves(ev),
		Mail: post.OriginOf(&l.Lens, f, ev),
	}
	if became := post.Became(&l.Lens, f, ev); became != "" {
		e.Heading = became
	}
	switch ev.Tell {
	case cvd.TellTeam:
		e.Told = web.Badge{Kind: "quiet", Text: l.Say("desk.told.team")}
	case cvd.TellNobody:
		e.Told = web.Badge{Kind: "warn", Text: l.Say("desk.told.nobody")}
	case cvd.TellReporter:
		if ev.Actor != string(cvd.ActorReporter) {
			e.Told = web.Badge{Kind: "good", Text: l.Say("desk.told.reporter")}
		}
	}
	if ev.Body != nil && ev.Body.File != nil {
		b := ev.Body.File
		e.File = &fileView{Name: b.Name, Size: b.Size, SHA256: b.SHA256}
		if may.OpenFile(l.Actor, f.Case) {
			e.File.Link, e.File.Text = post.FileLinks(f.Case.ID, b.Blob, b.Name)
		}
	}
	e.about = about(ev, &e)
	return e
}

// kindOf sorts an event by who reads it and who did it, for its look.
func kindOf(ev *cvd.Event) string {
	switch {
	case ev.Type == cvd.EventBreached || ev.Type == cvd.EventSlipped || ev.Type == cvd.EventEscalated || ev.Type == cvd.EventEmergency || ev.Type == cvd.EventUndelivered:
		return "alarm"
	case ev.Body != nil && ev.Body.Author == cvd.AuthorReporter:
		return "reporter"
	case ev.Body != nil && ev.Body.Author == cvd.AuthorTeam && ev.Tell == cvd.TellReporter:
		return "team"
	case ev.Actor == cvd.System.Ref() && ev.Type != cvd.EventImported:
		return "clock"
	case ev.Actor == string(cvd.ActorReporter) || ev.Actor == string(cvd.ActorStranger) || ev.Type == cvd.EventMailAdmitted:
		return "reporter"
	case ev.Tell == cvd.TellTeam:
		return "note"
	}
	return "team"
}

// moves tells what an event changed besides what its heading says.
func (l lens) moves(ev *cvd.Event) []string {
	var out []string
	for _, a := range ev.Arrows {
		if a.Machine == cvd.MachineRM && a.Participant == cvd.Vendor && a.From != string(cvd.RMStart) {
			out = append(out, l.Say("desk.moved.state", "from", l.Say("rm."+a.From), "to", l.Say("rm."+a.To)))
		}
	}
	if ev.Assignee != nil && *ev.Assignee != "" {
		out = append(out, l.Say("desk.moved.holder", "name", l.Member(*ev.Assignee)))
	}
	for _, p := range ev.Joined {
		if p.Member != "" {
			out = append(out, l.Say("desk.moved.joined", "name", l.Member(p.Member)))
		}
	}
	if ev.Link != nil {
		out = append(out, l.Say("desk.link."+string(ev.Link.Kind))+" "+string(ev.Link.Case))
	}
	if changed := l.Voice.Changed(ev); changed != "" {
		out = append(out, changed)
	}
	if ev.Body != nil && ev.Body.Channel != "" {
		out = append(out, l.Channel(ev.Body.Channel))
	}
	return out
}

// report is the first event's, as the reporter wrote it.
func (l lens) report(f *casework.File, as tale.Reading) *reportView {
	if len(f.Events) == 0 || f.Events[0].Body == nil || f.Events[0].Body.Report == nil {
		return nil
	}
	r := f.Events[0].Body.Report
	v := &reportView{Description: tale.Folded("", r.Description, as), Unknown: r.UnknownProduct, Channel: l.Channel(f.Events[0].Body.Channel)}
	text := func(name, s string) {
		if strings.TrimSpace(s) != "" {
			v.Texts = append(v.Texts, tale.Folded(l.Say("desk.report."+name), s, as))
		}
	}
	fact := func(name, s string) {
		if strings.TrimSpace(s) != "" {
			v.Facts = append(v.Facts, visit.Pair{Label: l.Say("desk.report." + name), Text: s})
		}
	}
	if r.Headline() != strings.Join(strings.Fields(r.Title), " ") { // the case is called by a part of it
		fact("title", r.Title)
	}
	fact("program", r.Program)
	fact("product", r.Product)
	fact("version", r.Version)
	fact("cwe", r.CWE)
	fact("found_at", r.FoundAt)
	fact("exploited", l.Voice.Answer(r.Exploited))
	fact("public", l.Voice.Answer(r.Public))
	fact("sensitive_data_seen", l.Voice.Answer(r.SensitiveDataSeen))
	fact("third_party", l.Voice.Answer(r.ThirdParty))
	fact("reported_elsewhere", l.Voice.Answer(r.ReportedElsewhere))
	fact("ai_use", l.Voice.Answer(r.AIUse))
	fact("disclosure_plan", r.DisclosurePlan)
	fact("own_id", r.OwnID)
	text("steps", r.Steps)
	text("impact", r.Impact)
	text("proposed_fix", r.ProposedFix)
	as.Raw = true // lists of names and addresses
	text("tools", strings.Join(r.Tools, "\n"))
	text("urls", strings.Join(r.URLs, "\n"))
	for _, k := range visit.Sorted(r.Extra) {
		v.Texts = append(v.Texts, tale.Folded(l.Say("desk.report.extra", "name", k), words.Value(r.Extra[k]), as))
	}
	return v
}
