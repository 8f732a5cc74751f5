package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/casework/fixer"
	"fairlead/internal/casework/reply"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/looks"
)

// Doors never import the store; these are the few of its words that they need.
type (
	Filter = store.Filter
	Cursor = store.Cursor
	Sort   = store.Sort
)

// The orders of a list of cases.
const (
	ByDue     = store.ByDue
	ByCreated = store.ByCreated
	ByUpdated = store.ByUpdated
)

// Counted is the limit to which lists are counted; beyond it, counts read
// "1,000+".
const Counted = 1000

// Row is one line of the queue.
type Row struct {
	store.Case
	Title   string
	Product string
	Target  bool      // what falls due next is an aim
	Aim     time.Time // the aim's first date
	Erased  bool
}

// Page is one page of the queue.
type Page struct {
	Rows []Row
	Next *store.Cursor // nil on the last page
}

// Cases lists the cases that the actor may see, one page at a time.
func (s *Session) Cases(ctx context.Context, f store.Filter) (Page, error) {
	f, err := s.within(ctx, f)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	want := f.Limit
	f.Limit++
	var rows []store.Case
	err = s.desk.Store.View(ctx, func(tx store.Tx) error {
		rows, err = tx.Cases(f)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	var page Page
	if len(rows) > want {
		rows = rows[:want]
		last := rows[want-1]
		page.Next = &store.Cursor{ID: last.ID, At: sortInstant(f.Sort, last)}
	}
	for _, r := range rows {
		row, err := s.desk.openRow(r)
		if err != nil {
			return Page{}, err
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

func sortInstant(by store.Sort, c store.Case) time.Time {
	switch by {
	case store.ByCreated:
		return c.Created
	case store.ByUpdated:
		return c.Updated
	}
	return c.NextDue
}

func (d *Desk) openRow(r store.Case) (Row, error) {
	row := Row{Case: r}
	key, err := d.Vault.Case(r)
	if err != nil {
		row.Erased = true
		if len(r.Key) > 0 {
			return row, fmt.Errorf("case %s: %w", r.ID, err)
		}
		return row, nil
	}
	label, err := key.OpenLabel(r.Sealed)
	if err != nil {
		return row, fmt.Errorf("case %s: %w", r.ID, err)
	}
	row.Title, row.Product, row.Target, row.Aim = label.Title, label.Product, label.Target, label.Aim
	return row, nil
}

// Count counts what the filter holds of the cases that the actor may see, up to
// Counted+1.
func (s *Session) Count(ctx context.Context, filters ...store.Filter) ([]int, error) {
	out := make([]int, len(filters))
	filters = slices.Clone(filters)
	for i := range filters {
		var err error
		if filters[i], err = s.within(ctx, filters[i]); err != nil {
			return nil, err
		}
	}
	err := s.desk.Store.View(ctx, func(tx store.Tx) error {
		for i, f := range filters {
			n, err := tx.CountCases(f, Counted+1)
			if err != nil {
				return err
			}
			out[i] = n
		}
		return nil
	})
	return out, err
}

// within narrows a filter to what the actor may see.
func (s *Session) within(ctx context.Context, f store.Filter) (store.Filter, error) {
	switch may.Of(s.actor, cvd.VerbRead) {
	case may.All:
		return f, nil
	case may.Named:
		err := s.desk.Store.View(ctx, func(tx store.Tx) (err error) {
			f.IDs, err = fixer.Cases(tx, s.actor.ID)
			return err
		})
		return f, err
	}
	return f, fmt.Errorf("%w: no such list", cvd.ErrNotFound)
}

// Read is one recorded look at a case.
type Read = looks.Read

// File is one case as its actor may see it.
type File struct {
	Case   *cvd.Case
	Events []cvd.Event
	Policy *rulebook.Version
	Verbs  []cvd.Verb
	Erased bool
	// Readers are who else opened it lately.
	Readers []Read
}

// Case reads one case with its history. The look is recorded.
func (s *Session) Case(ctx context.Context, id cvd.CaseID) (*File, error) {
	l, err := s.load(ctx, id, cvd.VerbRead)
	if err != nil {
		return nil, err
	}
	evs, err := s.desk.history(ctx, l)
	if err != nil {
		return nil, err
	}
	f := &File{Case: l.state, Policy: s.desk.Book.Version(l.state.Policy), Erased: l.key == nil}
	if !f.Erased {
		f.Verbs = s.Verbs(l.state)
	}
	for _, ev := range evs {
		if may.See(s.actor, &ev.Head) {
			f.Events = append(f.Events, ev)
		}
	}
	if !may.Person(s.actor) {
		f.withoutPerson()
	}
	if s.actor.Kind != cvd.ActorReporter {
		if f.Readers, err = s.desk.looks.Latest(ctx, id); err != nil {
			return nil, err
		}
	}
	s.desk.looks.Note(ctx, s.actor, id, "case", s.desk.Now())
	return f, nil
}

// withoutPerson takes out who the reporter is and how to reach them.
func (f *File) withoutPerson() {
	for i := range f.Case.Participants {
		f.Case.Participants[i].Contact = nil
	}
	for i := range f.Events {
		if f.Events[i].Body != nil {
			f.Events[i].Body.Contact = nil
		}
	}
}

// maxHistory bounds how many events of one case are read at once.
const maxHistory = 10000

func (d *Desk) history(ctx context.Context, l *loaded) ([]cvd.Event, error) {
	var rows []store.Event
	err := d.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(string(l.row.ID), 0, maxHistory)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]cvd.Event, 0, len(rows))
	for _, row := range rows {
		ev, err := l.key.OpenCaseEvent(row)
		if err != nil {
			return nil, fmt.Errorf("case %s, event %d: %w", l.row.ID, row.Seq, err)
		}
		out = append(out, ev)
	}
	return out, nil
}

// Thread is what a receipt opens: every case under it, newest first.
func (s *Session) Thread(ctx context.Context) ([]*File, error) {
	if s.actor.Kind != cvd.ActorReporter {
		return nil, cvd.ErrUnauthenticated
	}
	var out []*File
	for i := len(s.actor.Cases) - 1; i >= 0; i-- {
		f, err := s.Case(ctx, s.actor.Cases[i].Case)
		if errors.Is(err, cvd.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, cvd.ErrUnauthenticated
	}
	return out, nil
}

// Promises are the dates that the reporter of the case may count on now.
func (f *File) Promises() []Promise { return reply.Promises(f.Case) }
