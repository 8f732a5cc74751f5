package api

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/api/view"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// row is one line of the queue.
type row struct {
	Case      cvd.CaseID    `json:"case"`
	Title     string        `json:"title"`
	Program   string        `json:"program"`
	Product   string        `json:"product"`
	State     cvd.RM        `json:"state" enum:"received,invalid,valid,deferred,accepted,closed"`
	EM        cvd.EM        `json:"em" doc:"Embargo."`
	Facts     cvd.Facts     `json:"facts" doc:"Vendor aware, fix ready, fix deployed, public, exploit public, attacks: a capital letter where it holds."`
	Severity  cvd.Band      `json:"severity" doc:"Empty until it is set."`
	Assignee  string        `json:"assignee" doc:"Member id; empty if nobody holds it."`
	NextDue   *time.Time    `json:"next_due" doc:"When the next clock falls due; null if none runs."`
	NextKind  cvd.ClockKind `json:"next_kind"`
	Created   time.Time     `json:"created"`
	Updated   time.Time     `json:"updated"`
	Emergency bool          `json:"emergency"`
	Privacy   bool          `json:"privacy"`
	Paused    bool          `json:"paused"`
	Unread    bool          `json:"unread"`
	Breached  bool          `json:"breached" doc:"A promise is broken and still owed."`
	Appeal    bool          `json:"appeal" doc:"An appeal waits for its answer."`
	Pending   bool          `json:"pending" doc:"A ruling waits for a second person."`
	Erased    bool          `json:"erased,omitempty"`
}

// page is one page of the queue.
type page struct {
	Cases []row   `json:"cases"`
	Next  *string `json:"next" doc:"Give it as after to get the next page; null on the last one."`
}

func (c *call) list() error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	got, err := c.desk().Cases(c.r.Context(), f)
	if err != nil {
		return err
	}
	out := page{Cases: make([]row, 0, len(got.Rows))}
	for i := range got.Rows {
		r := &got.Rows[i]
		one := row{
			Case: r.ID, Title: r.Title, Program: r.Program, Product: r.Product, State: r.RM, EM: r.EM, Facts: r.Facts,
			Severity: r.Band, Assignee: r.Assignee, NextKind: r.NextKind, Created: r.Created, Updated: r.Updated,
			Emergency: r.Emergency, Privacy: r.Privacy, Paused: r.Paused, Unread: r.Unread, Breached: r.Breached, Appeal: r.Appeal, Pending: r.Pending, Erased: r.Erased,
		}
		if !r.NextDue.IsZero() {
			one.NextDue = &r.NextDue
		}
		out.Cases = append(out.Cases, one)
	}
	if got.Next != nil {
		next := cursorText(f.Sort, *got.Next)
		out.Next = &next
	}
	return c.answer(http.StatusOK, out)
}

var (
	states = []cvd.RM{cvd.RMReceived, cvd.RMInvalid, cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted, cvd.RMClosed}
	sorts  = casework.ByCreated.All()
)

// filter reads the query of the list; every fault at once.
func (c *call) filter() (casework.Filter, error) {
	q := c.r.URL.Query()
	faults := c.found
	f := casework.Filter{
		Sort: casework.ByCreated, Program: q.Get("program"), Open: c.flag("open"), Emergency: c.flag("emergency"),
		Privacy: c.flag("privacy"), Paused: c.flag("paused"), Unread: c.flag("unread"), Breached: c.flag("breached"), Appeal: c.flag("appeal"), Pending: c.flag("pending"), Limit: 50,
	}
	if c.flag("overdue") {
		f.DueBefore = c.Now()
	}
	var ok bool
	if f.RM, ok = chosen(q.Get("state"), states); !ok {
		faults = append(faults, c.Fault("state", "choice", "names", names(states)))
	}
	if f.Band, ok = chosen(q.Get("severity"), cvd.Bands); !ok {
		faults = append(faults, c.Fault("severity", "choice", "names", names(cvd.Bands)))
	}
	f.Assignees = c.holders(q.Get("assignee"))
	if s := q.Get("sort"); s != "" {
		if f.Sort = casework.Sort(s); !slices.Contains(sorts, f.Sort) {
			faults = append(faults, c.Fault("sort", "choice", "names", names(sorts)))
		}
	}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxPage {
			faults = append(faults, c.Fault("limit", "limit"))
		}
		f.Limit = n
	}
	if s := q.Get("after"); s != "" {
		if f.After = cursorOf(f.Sort, s); f.After == nil {
			faults = append(faults, c.Fault("after", "cursor"))
		}
	}
	if f.Program != "" && !c.Book.Versions().HasProgram(f.Program) {
		faults = append(faults, c.Fault("program", "program"))
	}
	return f, intake.Join(nil, faults).Err()
}

// holders reads a list of members that are joined by commas.
func (c *call) holders(given string) []string {
	if given == "" {
		return nil
	}
	out := strings.Split(given, ",")
	for i, who := range out {
		switch who {
		case "me":
			out[i] = c.actor.ID
		case "none":
			out[i] = ""
		}
	}
	return out
}

// chosen reads a list of words that are joined by commas.
func chosen[S ~string](given string, among []S) ([]S, bool) {
	if given == "" {
		return nil, true
	}
	var out []S
	for _, s := range strings.Split(given, ",") {
		if !slices.Contains(among, S(s)) {
			return nil, false
		}
		out = append(out, S(s))
	}
	return out, true
}

func names[S ~string](of []S) string { return strings.Join(list(of), ", ") }

func list[S ~string](of []S) []string {
	out := make([]string, len(of))
	for i, s := range of {
		out[i] = string(s)
	}
	return out
}

// maxPage is the most cases of one page.
const maxPage = 200

// cursorText is where a page ended, as clients hand it back. It is bound to its
// order: in another it would skip cases.
func cursorText(by casework.Sort, at casework.Cursor) string {
	instant := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	parts := []string{string(by), strconv.Itoa(at.Group), instant(at.At), instant(at.Then), string(at.ID)}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

func cursorOf(by casework.Sort, s string) *casework.Cursor {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) > 200 {
		return nil
	}
	parts := strings.Split(string(b), "|")
	if len(parts) != 5 || parts[0] != string(by) {
		return nil
	}
	var at casework.Cursor
	if at.Group, err = strconv.Atoi(parts[1]); err != nil {
		return nil
	}
	for i, t := range []*time.Time{&at.At, &at.Then} {
		if parts[2+i] == "" {
			continue
		}
		if *t, err = time.Parse(time.RFC3339Nano, parts[2+i]); err != nil {
			return nil
		}
	}
	if at.ID, err = cvd.ParseCaseID(parts[4]); err != nil {
		return nil
	}
	return &at
}

func (c *call) showCase() error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	f, err := c.desk().Case(c.r.Context(), id)
	if err != nil {
		return err
	}
	k := f.Case
	out := view.CaseFile{
		Case: k.ID, Title: k.Title, Program: k.Program, Product: k.Product, Version: k.Affects, State: k.RM(), EM: k.EM,
		Facts: k.Facts, Severity: k.Band, Score: k.Score, Outcome: k.Outcome, Assignee: k.Assignee, Policy: k.Policy,
		Created: k.Created, Updated: k.Updated, Seq: k.Version, Flags: k.Flags, Missing: k.Missing, Pending: k.Pending, Release: view.ReleaseOf(k, true),
		Links: k.Links, Promises: f.Promises(), Clocks: view.Clocks(casework.Clocks(k), c.Now()), Participants: view.Participants(c.actor, k),
		Report: reportOf(f), Messages: []view.Message{}, History: c.views.Events(f.Events, view.Zone(f)), Verbs: f.Verbs,
		Readers: f.Readers, Erased: f.Erased, Post: view.PostOf(f),
	}
	out.Next = view.First(out.Promises)
	for i := range f.Events {
		if view.InThread(&f.Events[i]) {
			out.Messages = append(out.Messages, c.views.Said(&f.Events[i], "reporter", view.Zone(f)))
		}
	}
	if out.Verbs == nil {
		out.Verbs = []cvd.Verb{}
	}
	if out.Readers == nil {
		out.Readers = []casework.Read{}
	}
	return c.answer(http.StatusOK, out)
}

func (c *call) fetchCaseFile() error {
	if err := c.found.Err(); err != nil {
		return err
	}
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	return c.send(id, c.r.PathValue("id"))
}
