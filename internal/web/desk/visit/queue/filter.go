package queue

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// choices are what can be chosen beside the view, by their names in the address.
var choices = []string{"state", "severity", "product", "program", "holder", "due", "flag", "sort"}

// The values of those choices that are the same in every house, as they are offered.
var known = map[string][]string{
	"state":    {"received", "valid", "accepted", "deferred", "invalid", "closed"},
	"severity": {"critical", "high", "medium", "low", "none", unrated},
	"due":      {"overdue", "today", "week"},
	"flag":     {"emergency", "broken", "appeal", "pending", "privacy", "unread", "paused"},
	"sort":     sorts(),
}

// several are the choices of which more than one can be made: a case fits if it has one of them.
var several = []string{"state", "severity", "holder"}

// valuesMost is the most values of one choice.
const valuesMost = 50

func sorts() (out []string) {
	for _, by := range casework.ByDue.All() {
		out = append(out, string(by))
	}
	return out
}

// unrated is the severity of cases that nobody rated; band none is a rating.
const unrated = "unrated"

// valid tells whether a choice can have the value. One that is none of ours, or too long to
// be, is none, so that no address fills the memory.
func valid(name, s string) bool {
	values, ours := known[name]
	return s != "" && (len(s) <= 64 || name == "product" && len(s) <= 400) && (!ours || slices.Contains(values, s))
}

// choice is the chosen value of what can have one.
func choice(q url.Values, name string) string {
	if s := q.Get(name); valid(name, s) {
		return s
	}
	return ""
}

// picked are the chosen values, each once and in one order whatever the address says, so
// that the same filter has the same address.
func picked(q url.Values, name string) []string {
	if !slices.Contains(several, name) {
		if s := choice(q, name); s != "" {
			return []string{s}
		}
		return nil
	}
	given := q[name]
	var out []string
	for _, s := range given[:min(len(given), valuesMost)] {
		if valid(name, s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(slices.Index(known[name], a)-slices.Index(known[name], b), strings.Compare(a, b))
	})
	return slices.Compact(out)
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
		if slices.ContainsFunc(q[name], func(s string) bool { return s != "" && !valid(name, s) }) || len(q[name]) > valuesMost {
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
		if values := picked(q, name); len(values) > 0 {
			out[name] = values
		}
	}
	if s := sought(q); s != "" {
		out.Set("q", s)
	}
	return out
}

// narrowed counts the choices that leave something out: words have a box of their own, and
// an order leaves nothing out.
func narrowed(q url.Values) int {
	q = finer(q)
	q.Del("q")
	q.Del("sort")
	return len(q)
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
	if states := picked(q, "state"); len(states) > 0 {
		f.RM, f.Open = nil, false
		for _, s := range states {
			f.RM = append(f.RM, cvd.RM(s))
		}
	}
	for _, b := range picked(q, "severity") {
		f.Band = append(f.Band, cvd.Band(strings.TrimPrefix(b, unrated)))
	}
	f.Program = choice(q, "program")
	if holders := picked(q, "holder"); len(holders) > 0 {
		f.Assignees = nil
		for _, who := range holders {
			f.Assignees = append(f.Assignees, l.holder(who))
		}
	}
	if d := choice(q, "due"); d == "today" || d == "week" {
		f.DueFrom = l.Now
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
	f.Pending = f.Pending || flag == "pending"
	if by := choice(q, "sort"); by != "" {
		f.Sort = casework.Sort(by)
	}
	f.After = readCursor(q.Get("after"))
}

// holder is the member id of a chosen holder; nobody has none.
func (l lens) holder(who string) string {
	switch who {
	case "none":
		return ""
	case "me":
		return l.Actor.ID
	}
	return who
}

func cursorText(c *casework.Cursor) string {
	return strings.Join([]string{strconv.Itoa(c.Group), c.At.UTC().Format(time.RFC3339Nano), c.Then.UTC().Format(time.RFC3339Nano), string(c.ID)}, "~")
}

func readCursor(s string) *casework.Cursor {
	parts := strings.Split(s, "~")
	if len(parts) != 4 {
		return nil
	}
	group, err := strconv.Atoi(parts[0])
	at, err2 := time.Parse(time.RFC3339Nano, parts[1])
	then, err3 := time.Parse(time.RFC3339Nano, parts[2])
	if errors.Join(err, err2, err3) != nil {
		return nil
	}
	return &casework.Cursor{Group: group, At: at, Then: then, ID: cvd.CaseID(parts[3])}
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
				page.Next = f.Sort.Cursor(&r.Case)
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

// shows tells whether each of the words stands somewhere in the line.
func (l lens) shows(r *casework.Row, need []string) bool {
	holder := ""
	if r.Assignee != "" {
		holder = l.Member(r.Assignee)
	}
	line := strings.ToLower(string(r.ID) + "\n" + r.Title + "\n" + r.Product + "\n" + holder)
	return !slices.ContainsFunc(need, func(word string) bool { return !strings.Contains(line, word) })
}
