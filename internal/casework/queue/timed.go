package queue

import (
	"strconv"
	"time"

	"fairlead/internal/store"
)

// timed is an answer that may depend on the time, because its filter asks for
// what is due before an instant: it holds for every instant from the one that was
// asked up to the next due date.
type timed[V any] struct {
	value V
	from  time.Time // the filter's instant; zero if it has none
	until time.Time // the last instant with the same answer; zero: any later one
}

// holds tells whether a remembered answer is one to this filter too.
func holds[V any](f *store.Filter) func(*timed[V]) bool {
	if f.DueBefore.IsZero() {
		return nil
	}
	return func(t *timed[V]) bool {
		return !f.DueBefore.Before(t.from) && (t.until.IsZero() || !f.DueBefore.After(t.until))
	}
}

// until finds the first due date that the filter does not hold yet, for as long
// as time passes and nothing else happens.
func until(tx store.Tx, f store.Filter) (time.Time, error) {
	if f.DueBefore.IsZero() {
		return time.Time{}, nil
	}
	f.After = &store.Cursor{At: f.DueBefore}
	f.DueBefore, f.Sort, f.Limit = time.Time{}, store.ByDue, 1
	next, err := tx.Cases(f)
	if err != nil || len(next) == 0 {
		return time.Time{}, err
	}
	return next[0].NextDue, nil
}

// name says all of a filter but the exact instant of DueBefore, which moves with
// every question; its minute is in it only to keep "overdue" and "due today"
// apart.
func name(f *store.Filter) string {
	b := make([]byte, 0, 128)
	text := func(s string) { b = strconv.AppendQuote(b, s) }
	flag := func(on bool) { b = strconv.AppendBool(b, on) }
	for _, rm := range f.RM {
		text(string(rm))
	}
	flag(f.Open)
	text(f.Program)
	text(f.Assignee)
	flag(f.Unassigned)
	for _, band := range f.Band {
		text(string(band))
	}
	for _, on := range []bool{f.Emergency, f.Privacy, f.Paused, f.Unread, f.Breached, f.Appeal, f.IDs != nil} {
		flag(on)
	}
	for _, id := range f.IDs {
		text(string(id))
	}
	text(string(f.Sort))
	if f.After != nil {
		b = strconv.AppendInt(b, f.After.At.UnixMicro(), 10)
		text(string(f.After.ID))
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(f.Limit), 10)
	if !f.DueBefore.IsZero() {
		b = append(b, ' ')
		b = strconv.AppendInt(b, f.DueBefore.Unix()/60, 10)
	}
	return string(b)
}
