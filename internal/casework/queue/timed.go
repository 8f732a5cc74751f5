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
	from  time.Time // the filter's DueBefore; zero if it has none
	until time.Time // the last one with the same answer; zero: any later one

	since time.Time // the filter's DueFrom; zero if it has none
	upTo  time.Time // the last one with the same answer; zero: any later one
}

// holds tells whether a remembered answer is one to this filter too.
func holds[V any](f *store.Filter) func(*timed[V]) bool {
	if f.DueBefore.IsZero() && f.DueFrom.IsZero() {
		return nil
	}
	within := func(at, from, until time.Time) bool {
		return !at.Before(from) && (until.IsZero() || !at.After(until))
	}
	return func(t *timed[V]) bool {
		return within(f.DueBefore, t.from, t.until) && within(f.DueFrom, t.since, t.upTo)
	}
}

// lasts says how long the answer to a filter holds while time passes and nothing else
// happens: up to the first due date at or behind each of its two instants.
func (t *timed[V]) lasts(tx store.Tx, f store.Filter) (err error) {
	t.from, t.since = f.DueBefore, f.DueFrom
	if t.until, err = next(tx, f, f.DueBefore); err != nil {
		return err
	}
	t.upTo, err = next(tx, f, f.DueFrom)
	return err
}

// next is the first due date at or after an instant; zero for none, or of no instant.
func next(tx store.Tx, f store.Filter, at time.Time) (time.Time, error) {
	if at.IsZero() {
		return time.Time{}, nil
	}
	f.After = &store.Cursor{At: at}
	f.DueFrom, f.DueBefore, f.Sort, f.Limit = time.Time{}, time.Time{}, store.ByDue, 1
	rows, err := tx.Cases(f)
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return rows[0].NextDue, nil
}

// name says all of a filter but the exact instants of DueFrom and DueBefore, which move
// with every question; the minute of the latter is in it only to keep "overdue" and "due
// today" apart.
func name(f *store.Filter) string {
	b := make([]byte, 0, 128)
	text := func(s string) { b = strconv.AppendQuote(b, s) }
	flag := func(on bool) { b = strconv.AppendBool(b, on) }
	for _, rm := range f.RM {
		text(string(rm))
	}
	flag(f.Open)
	text(f.Program)
	for _, who := range f.Assignees {
		b = append(b, '@')
		text(who)
	}
	for _, band := range f.Band {
		text(string(band))
	}
	for _, on := range []bool{f.Emergency, f.Privacy, f.Paused, f.Unread, f.Breached, f.Appeal, f.Pending, f.IDs != nil} {
		flag(on)
	}
	for _, id := range f.IDs {
		text(string(id))
	}
	text(string(f.Sort))
	if f.After != nil {
		b = strconv.AppendInt(b, int64(f.After.Group), 10)
		for _, at := range []time.Time{f.After.At, f.After.Then} {
			b = append(b, ' ')
			b = strconv.AppendInt(b, at.UnixMicro(), 10)
		}
		text(string(f.After.ID))
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(f.Limit), 10)
	flag(!f.DueFrom.IsZero())
	if !f.DueBefore.IsZero() {
		b = append(b, ' ')
		b = strconv.AppendInt(b, f.DueBefore.Unix()/60, 10)
	}
	return string(b)
}
