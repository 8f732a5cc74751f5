package queue

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
	Tabs, Filters, Columns template.HTML
	Rows                   template.HTML // of the table; empty if there are none

	Next     string // link to the next page; empty on the last
	First    string // link to the first page; empty on it
	Filtered bool
	Record   bool
}

// filtersView is the form with the choices beside the tab.
type filtersView struct {
	View     string
	States   []optionView
	Bands    []optionView
	Programs []optionView
	Filtered bool
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
var tabs = [...]tab{
	{"open", false, func(*casework.Filter, lens) {}},
	// What outlives a case, such as a fix that nobody published, must not hide.
	{"overdue", true, func(f *casework.Filter, l lens) { f.DueBefore, f.Open = l.Now, false }},
	{"today", false, func(f *casework.Filter, l lens) { f.DueBefore = endOfDay(l.Now, l.Zone) }},
	{"unowned", true, func(f *casework.Filter, _ lens) { f.Unassigned = true }},
	{"mine", false, func(f *casework.Filter, l lens) { f.Assignee = l.Actor.ID }},
	{"unread", false, func(f *casework.Filter, _ lens) { f.Unread = true }},
	{"broken", true, func(f *casework.Filter, _ lens) { f.Breached, f.Open = true, false }},
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
	at := max(0, slices.IndexFunc(tabs[:], func(t tab) bool { return t.id == q.Get("view") }))
	f := tabs[at].filter(v)
	narrow(&f, q)
	session := d.Site.Desk.As(v.Actor)
	page, err := session.Cases(r.Context(), f)
	if err != nil {
		return err
	}
	view := queueView{
		Filtered: len(finer(q)) > 0 || at > 0,
		Record:   may.Of(v.Actor, cvd.VerbReceive) == may.All,
	}
	if view.Tabs, err = d.tabs(r.Context(), session, v, at); err != nil {
		return err
	}
	if view.Rows, err = d.rows(v, page); err != nil {
		return err
	}
	if view.Filters, err = d.filters(v, tabs[at].id, q, view.Filtered); err != nil {
		return err
	}
	if view.Columns, err = d.Pages.Kept(v.Tone(), "queue", "columns", v.Voice.Lang(), func() any { return nil }); err != nil {
		return err
	}
	keep := finer(q)
	keep.Set("view", tabs[at].id)
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

// tabsKey is all that the row of tabs depends on.
type tabsKey struct {
	lang   string
	here   int
	counts [len(tabs)]int
}

// tabs counts every ready-made filter.
func (d *desk) tabs(ctx context.Context, s *casework.Session, v lens, here int) (template.HTML, error) {
	filters := make([]casework.Filter, len(tabs))
	for i := range tabs {
		filters[i] = tabs[i].filter(v)
	}
	counts, err := s.Count(ctx, filters...)
	if err != nil {
		return "", err
	}
	key := tabsKey{lang: v.Voice.Lang(), here: here, counts: [len(tabs)]int(counts)}
	return d.Pages.Kept(v.Tone(), "queue", "tabs", key, func() any {
		out := make([]visit.Tab, len(tabs))
		for i, t := range tabs {
			out[i] = visit.Tab{
				ID: t.id, Text: v.Say("desk.tab." + t.id), Count: v.count(counts[i]),
				Link: "/desk/?view=" + t.id, Here: i == here, Loud: t.loud && counts[i] > 0,
			}
		}
		return out
	})
}

func (l lens) count(n int) string {
	if n > casework.Counted {
		return l.Say("desk.count.more")
	}
	return l.Say("desk.count", "n", n)
}

// filtersKey is all that the form of the choices depends on.
type filtersKey struct {
	lang, view, state, severity, program string
	filtered                             bool
	policy                               int
}

// filters is the form with the choices beside the tab.
func (d *desk) filters(v lens, view string, q url.Values, filtered bool) (template.HTML, error) {
	key := filtersKey{lang: v.Voice.Lang(), view: view, state: choice(q, "state"), severity: choice(q, "severity"), program: choice(q, "program"), filtered: filtered}
	cur := d.Site.Book.Current()
	if cur != nil {
		key.policy = cur.Number
	}
	return d.Pages.Kept(v.Tone(), "queue", "filters", key, func() any {
		f := filtersView{View: view, Filtered: filtered}
		for _, rm := range []cvd.RM{cvd.RMReceived, cvd.RMValid, cvd.RMAccepted, cvd.RMDeferred, cvd.RMInvalid, cvd.RMClosed} {
			f.States = append(f.States, optionView{string(rm), v.Say("rm." + string(rm)), key.state == string(rm)})
		}
		for _, b := range slices.Backward(cvd.Bands) {
			f.Bands = append(f.Bands, optionView{string(b), v.Say("band." + string(b)), key.severity == string(b)})
		}
		if cur != nil && len(cur.Policy.Programs) > 1 {
			for _, p := range cur.Policy.Programs {
				f.Programs = append(f.Programs, optionView{p.ID, p.Name, key.program == p.ID})
			}
		}
		return f
	})
}

// choice is a chosen value. One too long to be any of ours is none, so that no
// address fills the memory.
func choice(q url.Values, name string) string {
	if s := q.Get(name); len(s) <= 64 {
		return s
	}
	return ""
}
