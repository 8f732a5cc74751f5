package queue

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

// ready is a ready-made filter of the queue.
type ready struct {
	id   string
	loud bool // more than none of it asks for attention
	top  bool // counted above everything: what a member asks first
	rare bool // shown only while there is any
	set  func(f *casework.Filter, l lens)
}

// viewMail is the view of the cases about which mail waits. It counts the mail, and
// exists only for whoever has a part in it.
const viewMail = "mail"

// views in their order; the first is what the desk opens with. What is open and has a date is
// in one of overdue, today and later, and in no two of them.
var views = [...]ready{
	{id: "open", set: func(*casework.Filter, lens) {}},
	{id: "emergency", loud: true, top: true, set: func(f *casework.Filter, _ lens) { f.Emergency = true }},
	{id: "overdue", loud: true, top: true, set: func(f *casework.Filter, l lens) { f.DueBefore = l.Now }},
	// What outlives a case, such as a fix that nobody published, must not hide.
	{id: "outlives", loud: true, top: true, rare: true, set: func(f *casework.Filter, l lens) {
		f.Open, f.RM, f.DueBefore = false, []cvd.RM{cvd.RMClosed}, l.Now
	}},
	{id: "today", top: true, set: func(f *casework.Filter, l lens) { f.DueFrom, f.DueBefore = l.Now, endOfDay(l.Now, l.Zone, 0) }},
	{id: "unowned", top: true, set: func(f *casework.Filter, _ lens) { f.Assignees = []string{""} }},
	// A reporter may say of a case that is closed that its fix fails, and mail may wait in one.
	{id: "unread", top: true, set: func(f *casework.Filter, _ lens) { f.Unread, f.Open = true, false }},
	{id: viewMail, top: true, set: func(f *casework.Filter, l lens) { f.IDs, f.Open = l.mail.concerned(), false }},
	{id: "appeal", loud: true, set: func(f *casework.Filter, _ lens) { f.Appeal = true }},
	{id: "pending", loud: true, set: func(f *casework.Filter, _ lens) { f.Pending = true }},
	{id: "mine", set: func(f *casework.Filter, l lens) { f.Assignees = []string{l.Actor.ID} }},
	{id: "broken", loud: true, set: func(f *casework.Filter, _ lens) { f.Breached, f.Open = true, false }},
	{id: "privacy", set: func(f *casework.Filter, _ lens) { f.Privacy = true }},
	{id: "paused", set: func(f *casework.Filter, _ lens) { f.Paused = true }},
	{id: "closed", set: func(f *casework.Filter, _ lens) {
		f.Open, f.RM, f.Sort = false, []cvd.RM{cvd.RMClosed}, casework.ByUpdated
	}},
}

// has tells whether there is a view of that name for the reader.
func (l lens) has(id string) bool {
	return slices.ContainsFunc(views[:], func(t ready) bool { return t.id == id && (id != viewMail || l.mail != nil) })
}

// noView says that the address names no view, and lists those there are. It shows no cases,
// so that nobody takes them for those that were meant.
func (d *desk) noView(w http.ResponseWriter, r *http.Request, v lens) error {
	view, err := queueView{}, error(nil)
	if view.Counters, view.Views, err = d.linked(r.Context(), d.Site.Desk.As(v.Actor), v, nowhere); err != nil {
		return err
	}
	records := may.Of(v.Actor, cvd.VerbReceive) == may.All
	if view.Top, err = d.Pages.Kept(v.Tone(), "queue", "top", records, func() any { return records }); err != nil {
		return err
	}
	for _, t := range views {
		if v.has(t.id) && !t.rare {
			view.Instead = append(view.Instead, visit.Tab{Text: v.Say("desk.tab." + t.id), Link: "/desk/?view=" + t.id})
		}
	}
	return d.show(w, r, v, http.StatusOK, "queue", v.Say("desk.queue.title"), view)
}

// endOfDay is the midnight after so many more days.
func endOfDay(t time.Time, zone *time.Location, more int) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+1+more, 0, 0, 0, 0, zone)
}

// filter is one view's, without the finer choices. What is an emergency stands first
// wherever the view has no better order.
func (t *ready) filter(l lens) casework.Filter {
	f := casework.Filter{Open: true, Sort: casework.ByUrgency, Limit: perPage}
	t.set(&f, l)
	return f
}

// nowhere is the place of who looks at no view, but at a filter of their own.
const nowhere = -1

// countsKey is all that the links to the views depend on.
type countsKey struct {
	here   int
	counts [len(views)]int
	mail   bool
}

// linked renders the links to the views with what each counts: those above
// everything, and the list of the others.
func (d *desk) linked(ctx context.Context, s *casework.Session, v lens, here int) (top, list template.HTML, err error) {
	filters := make([]casework.Filter, len(views))
	for i := range views {
		filters[i] = views[i].filter(v)
	}
	counts, err := s.Count(ctx, filters...)
	if err != nil {
		return "", "", err
	}
	if v.mail != nil {
		counts[slices.IndexFunc(views[:], func(t ready) bool { return t.id == viewMail })] = v.mail.count
	}
	links := func(top bool) func() any {
		return func() any {
			var out []visit.Tab
			for i, t := range views {
				if t.top == top && (t.id != viewMail || v.mail != nil) && (!t.rare || counts[i] > 0 || i == here) {
					out = append(out, visit.Tab{
						ID: t.id, Text: v.Say("desk.tab." + t.id), Count: v.count(counts[i]),
						Link: "/desk/?view=" + t.id, Here: i == here, Loud: t.loud && counts[i] > 0,
					})
				}
			}
			return out
		}
	}
	key := countsKey{here: here, counts: [len(views)]int(counts), mail: v.mail != nil}
	if top, err = d.Pages.Kept(v.Tone(), "queue", "counters", key, links(true)); err != nil {
		return "", "", err
	}
	list, err = d.Pages.Kept(v.Tone(), "queue", "views", key, links(false))
	return top, list, err
}

func (l lens) count(n int) string {
	if n > casework.Counted {
		return l.Say("desk.count.more")
	}
	return l.Say("desk.count", "n", n)
}
