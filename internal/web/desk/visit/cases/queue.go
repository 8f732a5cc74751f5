package cases

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

// perPage is how many cases a page of the queue holds.
const perPage = 50

type queueView struct {
	Tabs     []visit.Tab
	Rows     template.HTML // of the table; empty if there are none
	States   []optionView
	Bands    []optionView
	Programs []optionView
	View     string
	Next     string // link to the next page; empty on the last
	First    string // link to the first page; empty on it
	Filtered bool
	Record   bool
}

type optionView struct {
	Value, Text string
	On          bool
}

// tab is a ready-made filter of the queue.
type tab struct {
	id   string
	loud bool // more than none of it asks for attention
	set  func(f *casework.Filter, l lens)
}

// tabs in their order; the first is what the desk opens with.
var tabs = []tab{
	{"open", false, func(*casework.Filter, lens) {}},
	{"overdue", true, func(f *casework.Filter, l lens) { f.DueBefore = l.Now }},
	{"today", false, func(f *casework.Filter, l lens) { f.DueBefore = endOfDay(l.Now, l.Zone) }},
	{"unowned", true, func(f *casework.Filter, _ lens) { f.Unassigned = true }},
	{"mine", false, func(f *casework.Filter, l lens) { f.Assignee = l.Actor.ID }},
	{"unread", false, func(f *casework.Filter, _ lens) { f.Unread = true }},
	{"broken", true, func(f *casework.Filter, _ lens) { f.Breached = true }},
	{"emergency", true, func(f *casework.Filter, _ lens) { f.Emergency = true }},
	{"privacy", false, func(f *casework.Filter, _ lens) { f.Privacy = true }},
	{"paused", false, func(f *casework.Filter, _ lens) { f.Paused = true }},
	{"closed", false, func(f *casework.Filter, _ lens) {
		f.Open, f.RM, f.Sort = false, []cvd.RM{cvd.RMClosed}, casework.ByUpdated
	}},
}

func endOfDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// filter is one tab's, without the finer choices.
func (t *tab) filter(l lens) casework.Filter {
	f := casework.Filter{Open: true, Sort: casework.ByDue, Limit: perPage}
	t.set(&f, l)
	return f
}

func (d *desk) queue(w http.ResponseWriter, r *http.Request, v lens) error {
	q := r.URL.Query()
	at := max(0, slices.IndexFunc(tabs, func(t tab) bool { return t.id == q.Get("view") }))
	f := tabs[at].filter(v)
	narrow(&f, q)
	session := d.Site.Desk.As(v.Actor)
	page, err := session.Cases(r.Context(), f)
	if err != nil {
		return err
	}
	view := queueView{
		View:     tabs[at].id,
		Filtered: len(finer(q)) > 0 || at > 0,
		Record:   may.Of(v.Actor, cvd.VerbReceive) == may.All,
	}
	if view.Tabs, err = d.tabs(r.Context(), session, v, at); err != nil {
		return err
	}
	if view.Rows, err = d.rows(v, page.Rows); err != nil {
		return err
	}
	d.choices(&view, v, q)
	keep := finer(q)
	keep.Set("view", view.View)
	if q.Get("after") != "" {
		view.First = "/desk/?" + keep.Encode()
	}
	if page.Next != nil {
		keep.Set("after", cursorText(page.Next))
		view.Next = "/desk/?" + keep.Encode()
	}
	return d.show(w, r, v, http.StatusOK, "queue", v.Say("desk.queue.title"), view)
}

// finer keeps the choices beside the tab.
func finer(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"state", "severity", "program"} {
		if s := q.Get(name); s != "" {
			out.Set(name, s)
		}
	}
	return out
}

// narrow applies the choices beside the tab, and where the page starts. What
// makes no sense is left out.
func narrow(f *casework.Filter, q url.Values) {
	if s := cvd.RM(q.Get("state")); s != "" {
		f.RM, f.Open = []cvd.RM{s}, false
	}
	if b := cvd.Band(q.Get("severity")); b != "" {
		f.Band = []cvd.Band{b}
	}
	f.Program = q.Get("program")
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

// tabs counts every ready-made filter in one look at the store.
func (d *desk) tabs(ctx context.Context, s *casework.Session, v lens, here int) ([]visit.Tab, error) {
	filters := make([]casework.Filter, len(tabs))
	for i := range tabs {
		filters[i] = tabs[i].filter(v)
	}
	counts, err := s.Count(ctx, filters...)
	if err != nil {
		return nil, err
	}
	out := make([]visit.Tab, len(tabs))
	for i, t := range tabs {
		out[i] = visit.Tab{
			ID: t.id, Text: v.Say("desk.tab." + t.id), Count: v.count(counts[i]),
			Link: "/desk/?view=" + t.id, Here: i == here, Loud: t.loud && counts[i] > 0,
		}
	}
	return out, nil
}

func (l lens) count(n int) string {
	if n > casework.Counted {
		return l.Say("desk.count.more")
	}
	return l.Say("desk.count", "n", n)
}

func (d *desk) choices(view *queueView, v lens, q url.Values) {
	for _, rm := range []cvd.RM{cvd.RMReceived, cvd.RMValid, cvd.RMAccepted, cvd.RMDeferred, cvd.RMInvalid, cvd.RMClosed} {
		view.States = append(view.States, optionView{string(rm), v.Say("rm." + string(rm)), q.Get("state") == string(rm)})
	}
	for _, b := range slices.Backward(cvd.Bands) {
		view.Bands = append(view.Bands, optionView{string(b), v.Say("band." + string(b)), q.Get("severity") == string(b)})
	}
	cur := d.Site.Book.Current()
	if cur == nil || len(cur.Policy.Programs) < 2 {
		return
	}
	for _, p := range cur.Policy.Programs {
		view.Programs = append(view.Programs, optionView{p.ID, p.Name, q.Get("program") == p.ID})
	}
}
