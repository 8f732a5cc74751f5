// Package spine reads a case and its history, and makes of what happened the rows
// that one transaction writes: the machines move, the clocks are set, words and
// state are sealed, and the effects are named.
//
// It never asks who acts, never decides what happens and never commits: that is
// casework's, through which alone every change and every look goes.
package spine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Spine is what reading and preparing need.
type Spine struct {
	Store store.Store
	Vault *vault.Vault
	Book  *rulebook.Book
	CNA   bool // the CVE Programme is told
	Log   *slog.Logger
	// Erased is called after a key was destroyed; may be nil.
	Erased func(store.KeyRef) error
}

// Loaded is a case as it was read, with what is needed to write it back. Key is
// nil once the case is erased.
type Loaded struct {
	Row   store.Case
	Key   *vault.Key
	State *cvd.Case
	Keys  []store.Key // those kept beside the case's own
}

// Load reads one case and opens it, contact included. An erased case comes back
// without key and with what its history's heads tell.
func (s *Spine) Load(ctx context.Context, id cvd.CaseID) (*Loaded, error) {
	l := &Loaded{}
	err := s.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if l.Row, err = tx.Case(id); err != nil {
			return err
		}
		l.Keys, err = tx.Keys(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.Key, err = s.Vault.Case(l.Row); errors.Is(err, vault.ErrErased) {
		return l, s.loadErased(ctx, l)
	} else if err != nil {
		return nil, err
	}
	if l.State, err = l.Key.OpenState(l.Row.Sealed); err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	return l, l.Key.OpenContacts(l.State, l.Keys)
}

func (s *Spine) loadErased(ctx context.Context, l *Loaded) error {
	evs, err := s.History(ctx, l)
	if err != nil {
		return err
	}
	l.State, err = cvd.Replay(evs)
	return err
}

// maxHistory bounds how many events of one case are read at once.
const maxHistory = 10000

// History reads all events of the case, in order. Words whose key is gone are nil.
func (s *Spine) History(ctx context.Context, l *Loaded) ([]cvd.Event, error) {
	var rows []store.Event
	err := s.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(string(l.Row.ID), 0, maxHistory)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]cvd.Event, 0, len(rows))
	for _, row := range rows {
		ev, err := l.Key.OpenCaseEvent(row)
		if err != nil {
			return nil, fmt.Errorf("case %s, event %d: %w", l.Row.ID, row.Seq, err)
		}
		out = append(out, ev)
	}
	if l.Key == nil {
		return out, nil
	}
	if err := l.Key.Mails(l.Keys).Open(out); err != nil {
		return nil, fmt.Errorf("case %s: %w", l.Row.ID, err)
	}
	return out, nil
}

// Terms are those by which the case runs: the policy it came in under, and
// today's calendar, so that a new closure touches clocks that start from now.
func (s *Spine) Terms(policyVersion int) (deadline.Terms, error) {
	v := s.Book.Version(policyVersion)
	if v == nil {
		return deadline.Terms{}, fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, policyVersion)
	}
	cal := v.Calendar
	if cur := s.Book.Current(); cur != nil {
		cal = cur.Calendar
	}
	return deadline.Terms{Policy: v.Policy, Calendar: cal}, nil
}

// Rewake sets when the case is looked at next, where the time it was woken for
// has nothing to do: a new closure may have moved it.
func (s *Spine) Rewake(ctx context.Context, id cvd.CaseID) error {
	l, err := s.Load(ctx, id)
	if err != nil || l.Key == nil {
		return err
	}
	t, err := s.Terms(l.State.Policy)
	if err != nil {
		return err
	}
	row := l.Row
	row.Wake = deadline.Wake(l.State, t)
	err = s.Store.Update(ctx, func(tx store.Tx) error { return tx.PutCase(row, row.Version) })
	if errors.Is(err, cvd.ErrConflict) {
		return nil // somebody moved the case meanwhile, and its wake with it
	}
	return err
}
