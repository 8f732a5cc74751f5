package queue

import (
	"cmp"
	"context"
	"html/template"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// choices are what can be chosen beside the view, by their names in the address.
var choices = []string{"state", "severity", "product", "program", "holder", "due", "flag", "sort"}

// The values of those choices that are the same in every house, as they are offered.
var known = map[string][]string{
	"state":    {"received", "valid", "accepted", "deferred", "invalid", "closed"},
	"severity": {"critical", "high", "medium", "low", "none", unrated},
	"due":      {"overdue", "today", "week"},
	"flag":     {"emergency", "broken", "appeal", "privacy", "unread", "paused"},
	"sort":     {"due", "created", "updated"},
}

// unrated is the severity of cases that nobody rated; band none is a rating.
const unrated = "unrated"

// choice is a chosen value. One that is none of ours, or too long to be, is none, so that
// no address fills the memory.
func choice(q url.Values, name string) string {
	s := q.Get(name)
	if values, ours := known[name]; len(s) > 64 && name != "product" || len(s) > 400 || ours && !slices.Contains(values, s) {
		return ""
	}
	return s
}

// textMost is the most characters of text to look for.
const textMost = 200

// sought is the text to look for; empty for none.
func sought(q url.Values) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(q.Get("q"), "")), " ")
	if utf8.RuneCountInString(s) > textMost {
		return ""
	}
	return s
}

// left says what of the address was left out, in the reader's words.
func (l lens) left(q url.Values) (out []string) {
	var names []string
	for _, name := range choices {
		if q.Get(name) != "" && choice(q, name) == "" {
			names = append(names, l.Say("desk.filter."+name))
		}
	}
	if len(names) > 0 {
		out = append(out, l.Say("desk.filter.left", "names", strings.Join(names, ", ")))
	}
	if utf8.RuneCountInString(strings.TrimSpace(q.Get("q"))) > textMost && sought(q) == "" {
		out = append(out, l.Say("desk.filter.long", "most", textMost))
	}
	return out
}

// finer keeps the choices beside the view.
func finer(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range choices {
		if s := choice(q, name); s != "" {
			out.Set(name, s)
		}
	}
	if s := sought(q); s != "" {
		out.Set("q", s)
	}
	return out
}

// viewOf is which view the address names; the first if none of ours.
func viewOf(q url.Values) int {
	return max(0, slices.IndexFunc(views[:], func(t ready) bool { return t.id == q.Get("view") }))
}

// canonical is the address of a filter without where its page starts.
func canonical(q url.Values) string {
	out := finer(q)
	if at := viewOf(q); at > 0 {
		out.Set("view", views[at].id)
	}
	return out.Encode()
}

// filterOf is what the address asks for; what must be sought in the lines is not in it.
func (l lens) filterOf(q url.Values) casework.Filter {
	f := views[viewOf(q)].filter(l)
	l.narrow(&f, q)
	return f
}

// narrow applies the choices beside the view, and where the page starts. What
// makes no sense is left out.
func (l lens) narrow(f *casework.Filter, q url.Values) {
	if s := cvd.RM(choice(q, "state")); s != "" {
		f.RM, f.Open = []cvd.RM{s}, false
	}
	switch b := choice(q, "severity"); b {
	case "":
	case unrated:
		f.Band = []cvd.Band{""}
	default:
		f.Band = []cvd.Band{cvd.Band(b)}
	}
	f.Program = choice(q, "program")
	switch who := choice(q, "holder"); who {
	case "":
	case "none":
		f.Unassigned = true
	case "me":
		f.Assignee = l.Actor.ID
	default:
		f.Assignee = who
	}
	due := map[string]time.Time{"overdue": l.Now, "today": endOfDay(l.Now, l.Zone, 0), "week": endOfDay(l.Now, l.Zone, 6)}[choice(q, "due")]
	if !due.IsZero() && (f.DueBefore.IsZero() || due.Before(f.DueBefore)) {
		f.DueBefore = due
	}
	flag := choice(q, "flag")
	f.Emergency = f.Emergency || flag == "emergency"
	f.Privacy = f.Privacy || flag == "privacy"
	f.Paused = f.Paused || flag == "paused"
	f.Unread = f.Unread || flag == "unread"
	f.Breached = f.Breached || flag == "broken"
	f.Appeal = f.Appeal || flag == "appeal"
	switch choice(q, "sort") {
	case "created":
		f.Sort = casework.ByCreated
	case "updated":
		f.Sort = casework.ByUpdated
	case "due":
		f.Sort = casework.ByDue
	}
	f.After = readCursor(q.Get("after"))
}

func cursorText(c *casework.Cursor) string {
	return c.At.UTC().Format(time.RFC3339Nano) + "~" + string(c.ID)
}

func readCursor(s string) *casework.Cursor {
	at, id, ok := strings.Cut(s, "~")
	t, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil {
		return nil
	}
	return &casework.Cursor{At: t, ID: cvd.CaseID(id)}
}

// A text is looked for in what the member's own lists show, read in runs of so many
// lines; after the last run, a link goes on from there.
const (
	runLines = 200
	runs     = 5
)

// list reads one page. A text that is sought must stand in a line of it, as the reader
// sees that line, and a product must be that of the line. looked is how many lines were
// read for it, where more wait.
func (l lens) list(ctx context.Context, s *casework.Session, f casework.Filter, text, product string) (page casework.Page, looked int, err error) {
	if text == "" && product == "" {
		page, err = s.Cases(ctx, f)
		return page, 0, err
	}
	need := strings.Fields(strings.ToLower(text))
	for range runs {
		g := f
		g.Limit = runLines
		run, err := s.Cases(ctx, g)
		if err != nil {
			return page, 0, err
		}
		for i := range run.Rows {
			r := &run.Rows[i]
			looked++
			if !l.shows(r, need) || product != "" && !strings.EqualFold(r.Product, product) {
				continue
			}
			if page.Rows = append(page.Rows, *r); len(page.Rows) == perPage {
				page.Next = cursorAt(f.Sort, r)
				return page, 0, nil
			}
		}
		if f.After = run.Next; f.After == nil {
			return page, 0, nil
		}
	}
	page.Next = f.After
	return page, looked, nil
}

func cursorAt(by casework.Sort, r *casework.Row) *casework.Cursor {
	at := r.NextDue
	switch by {
	case casework.ByCreated:
		at = r.Created
	case casework.ByUpdated:
		at = r.Updated
	}
	return &casework.Cursor{At: at, ID: r.ID}
}

// shows tells whether each of the words stands somewhere in the line.
func (l lens) shows(r *casework.Row, need []string) bool {
	holder := ""
	if r.Assignee != "" {
		holder = l.Member(r.Assignee)
	}
	line := strings.ToLower(string(r.ID) + "\n" + r.Title + "\n" + r.Product + "\n" + holder)
	return !slices.ContainsFunc(need, func(word string) bool { return !strings.Contains(line, word) })
}

// toolbarView is what stands above the list: what is sought, the choices beside the view,
// and what can be done to several cases at once.
type toolbarView struct {
	View, Text string
	Fields     []web.Field
	Chosen     int // how many choices are made
	Batch      []actView
}

// toolbarKey is all that the toolbar depends on, but for a text that is sought.
type toolbarKey struct {
	view, chosen, team string
	policy, acts       int
}

// toolbar renders what stands above the list. With a text or a product that is sought it
// is not kept, since nothing would forget it.
func (d *desk) toolbar(v lens, view string, chosen url.Values) (template.HTML, error) {
	text := chosen.Get("q")
	made := func() any {
		return toolbarView{View: view, Text: text, Fields: d.chooser(v, chosen), Chosen: len(finer(chosen)) - len(chosen["q"]), Batch: v.acts()}
	}
	if text != "" || chosen.Has("product") {
		return d.Pages.Part(v.Tone(), "queue", "toolbar", made())
	}
	_, names := d.holders(v)
	key := toolbarKey{view: view, chosen: chosen.Encode(), team: names, acts: len(v.can())}
	if cur := d.Site.Book.Current(); cur != nil {
		key.policy = cur.Number
	}
	return d.Pages.Kept(v.Tone(), "queue", "toolbar", key, made)
}

// chooser is the fields of the choices.
func (d *desk) chooser(v lens, chosen url.Values) []web.Field {
	var out []web.Field
	choose := func(name string, options ...web.Option) {
		is := func(o web.Option) bool { return o.Value == chosen.Get(name) }
		if !slices.ContainsFunc(options, is) { // of an earlier policy or team: it still narrows the list
			options = append(options, web.Option{Value: chosen.Get(name), Label: v.former(name, chosen.Get(name))})
		}
		for i := range options {
			options[i].Chosen = is(options[i])
		}
		out = append(out, web.Field{Name: name, Label: v.Say("desk.filter." + name), Options: options})
	}
	say := func(prefix string, values ...string) (out []web.Option) {
		for _, s := range values {
			out = append(out, web.Option{Value: s, Label: v.Say(prefix + s)})
		}
		return out
	}
	any := web.Option{Label: v.Say("desk.filter.any")}
	holders, _ := d.holders(v)
	choose("holder", append([]web.Option{any, {Value: "me", Label: v.Say("desk.filter.me")}, {Value: "none", Label: v.Say("desk.nobody")}}, holders...)...)
	choose("state", append([]web.Option{any}, say("rm.", known["state"]...)...)...)
	rated := len(known["severity"]) - 1
	choose("severity", append(append([]web.Option{any}, say("band.", known["severity"][:rated]...)...), web.Option{Value: unrated, Label: v.Say("desk.unrated")})...)
	choose("due", append([]web.Option{any}, say("desk.filter.due.", known["due"]...)...)...)
	choose("flag", append([]web.Option{any}, say("desk.flag.", known["flag"]...)...)...)
	products, programs := []web.Option{any}, []web.Option{any}
	if cur := d.Site.Book.Current(); cur != nil {
		for _, p := range cur.Policy.Programs {
			programs = append(programs, web.Option{Value: p.ID, Label: p.Name})
			for _, one := range p.Products {
				products = append(products, web.Option{Value: one.Name, Label: one.Name})
			}
		}
	}
	if len(products) > 1 || chosen.Has("product") {
		choose("product", products...)
	}
	if len(programs) > 2 || chosen.Has("program") {
		choose("program", programs...)
	}
	choose("sort", append([]web.Option{{Label: v.Say("desk.filter.sort.view")}}, say("desk.filter.sort.", known["sort"]...)...)...)
	return out
}

// former is the text of a choice that is not offered any more.
func (l lens) former(name, value string) string {
	if name == "holder" {
		return l.Member(value)
	}
	return value
}

// team is the members who may hold cases, of one reading of the team.
type team struct {
	of    uintptr // which reading
	list  []web.Option
	names string
}

// holders are the members who may hold cases, and all their names in one text. They are
// kept for as long as the team is: it is shared and never changed.
func (d *desk) holders(v lens) ([]web.Option, string) {
	of := reflect.ValueOf(v.Team).Pointer()
	kept := d.team.Load()
	if kept == nil || kept.of != of || len(v.Team) == 0 {
		kept = &team{of: of, list: v.holders()}
		for _, o := range kept.list {
			kept.names += o.Value + "\x00" + o.Label + "\x00"
		}
		d.team.Store(kept)
	}
	return kept.list, kept.names
}

// holders are the members who may hold cases, by name.
func (l lens) holders() []web.Option {
	var out []web.Option
	for _, m := range slices.SortedFunc(maps.Values(l.Team), func(a, b cvd.Member) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	}) {
		if m.Active && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			out = append(out, web.Option{Value: m.ID, Label: m.Name})
		}
	}
	return out
}
