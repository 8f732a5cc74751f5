package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairlead/internal/casework/fixer"
	"fairlead/internal/casework/queue"
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
	ByDue      = store.ByDue
	ByUrgency  = store.ByUrgency
	BySeverity = store.BySeverity
	ByCreated  = store.ByCreated
	ByUpdated  = store.ByUpdated
)

// Counted is the limit to which lists are counted; beyond it, counts read
// "1,000+".
const Counted = 1000

// Row is one line of the queue, Page one page of it. Pages are shared and must
// not be changed.
type (
	Row  = queue.Row
	Page = queue.Page
)

// Cases lists the cases that the actor may see, one page at a time.
func (s *Session) Cases(ctx context.Context, f store.Filter) (Page, error) {
	f, err := s.within(ctx, f)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	return s.desk.queue.List(ctx, f)
}

// Count counts what the filter holds of the cases that the actor may see, up to
// Counted+1.
func (s *Session) Count(ctx context.Context, filters ...store.Filter) ([]int, error) {
	filters = slices.Clone(filters)
	for i := range filters {
		var err error
		if filters[i], err = s.within(ctx, filters[i]); err != nil {
			return nil, err
		}
	}
	return s.desk.queue.Count(ctx, filters, Counted+1)
}

// HeldMail counts the mails that wait for a nod, by case; see queue.Book.Held.
func (s *Session) HeldMail(ctx context.Context) (map[cvd.CaseID]int, error) {
	if may.Of(s.actor, cvd.VerbRead) != may.All {
		return nil, fmt.Errorf("%w: no such list", cvd.ErrNotFound)
	}
	return s.desk.queue.Held(ctx, Counted)
}

// within narrows a filter to what the actor may see.
func (s *Session) within(ctx context.Context, f store.Filter) (store.Filter, error) {
	switch may.Of(s.actor, cvd.VerbRead) {
	case may.All:
		return f, nil
	case may.Named:
		err := s.desk.Store.View(ctx, func(tx store.Tx) (err error) {
			f.IDs, err = fixer.Cases(tx, s.actor.ID, f.IDs)
			return err
		})
		return f, err
	}
	return f, fmt.Errorf("%w: no such list", cvd.ErrNotFound)
}

// Read is one recorded look, Look says at what as well, and LookFilter narrows a list.
type (
	Read       = looks.Read
	Look       = looks.Seen
	LookFilter = looks.Sought
)

// Looks lists who of the team looked at what; see looks.Book.Trail.
func (s *Session) Looks(ctx context.Context, f LookFilter, limit int) ([]Look, string, error) {
	if may.Enter(s.actor, may.AreaAudit) < may.Look {
		return nil, "", cvd.ErrNotFound
	}
	return s.desk.looks.Trail(ctx, f, limit)
}

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
	return s.file(ctx, id, map[string]bool{})
}

// file is Case; titles are those that no case of the thread may show.
func (s *Session) file(ctx context.Context, id cvd.CaseID, titles map[string]bool) (*File, error) {
	l, err := s.load(ctx, id, cvd.VerbRead)
	if err != nil {
		return nil, err
	}
	evs, err := s.desk.spine().History(ctx, l)
	if err != nil {
		return nil, err
	}
	f := &File{Case: l.State, Policy: s.desk.Book.Version(l.State.Policy), Erased: l.Key == nil}
	if !f.Erased {
		f.Verbs = s.Verbs(l.State)
	}
	for _, ev := range evs {
		if may.See(s.actor, &ev.Head) {
			f.Events = append(f.Events, ev)
		}
	}
	if !may.Person(s.actor) {
		may.HidePerson(f.Case, f.Events)
	}
	if s.actor.Kind == cvd.ActorReporter {
		may.HideSealed(f.Case, f.Events, s.desk.Withheld, titles)
	} else {
		if f.Readers, err = s.desk.looks.Latest(ctx, id); err != nil {
			return nil, err
		}
	}
	s.desk.looks.Note(ctx, s.actor, id, "case", s.desk.Now())
	return f, nil
}

// Thread is what a receipt opens: every case under it, newest first.
func (s *Session) Thread(ctx context.Context) ([]*File, error) {
	if s.actor.Kind != cvd.ActorReporter {
		return nil, cvd.ErrUnauthenticated
	}
	var out []*File
	titles := map[string]bool{}
	for _, one := range s.actor.Cases { // oldest first
		f, err := s.file(ctx, one.Case, titles)
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
	slices.Reverse(out)
	return out, nil
}

// Promises are the dates that the reporter of the case may count on now.
func (f *File) Promises() []Promise { return reply.Promises(f.Case) }
