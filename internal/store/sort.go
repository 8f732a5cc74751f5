package store

import (
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Sort is the order of a list of cases.
type Sort string

// The orders, each to the last place: what is due at the same instant goes by when it
// came in, and all that is left by id. Cases without a due date come last by due date.
const (
	ByDue      Sort = "due"      // soonest first
	ByUrgency  Sort = "urgent"   // emergencies, then the others, each of them by due
	BySeverity Sort = "severity" // critical to none, then what nobody rated, each of them by due
	ByCreated  Sort = "created"  // newest first
	ByUpdated  Sort = "updated"  // latest first
)

// Turned is the order the other way round, but for what has no place in it: cases
// without a due date, and unrated ones, stay last. It is its own opposite.
func (s Sort) Turned() Sort {
	if plain, turned := strings.CutPrefix(string(s), "-"); turned {
		return Sort(plain)
	}
	return "-" + s
}

// Plain is the order without the turn.
func (s Sort) Plain() Sort { return Sort(strings.TrimPrefix(string(s), "-")) }

// Sorts are all orders that there are.
var Sorts = []Sort{
	ByUrgency, ByDue, ByDue.Turned(), ByCreated, ByCreated.Turned(), ByUpdated, ByUpdated.Turned(),
	BySeverity, BySeverity.Turned(),
}

// All are all orders that there are, whichever this is: for doors, which know the type
// alone.
func (s Sort) All() []Sort { return slices.Clone(Sorts) }

// Cursor is where the page before ended, so that the next one begins behind it whatever
// came and went meanwhile.
type Cursor struct {
	Group int       // which part of the order, from 0: see Sort.Cursor
	At    time.Time // the due date, or the order's own instant
	Then  time.Time // by due date: when it came in
	ID    cvd.CaseID
}

// Cursor is the place of a case in the order.
func (s Sort) Cursor(c *Case) *Cursor {
	at := &Cursor{ID: c.ID}
	switch s.Plain() {
	case ByCreated:
		at.At = c.Created
		return at
	case ByUpdated:
		at.At = c.Updated
		return at
	case ByUrgency:
		if !c.Emergency {
			at.Group = 1
		}
	case BySeverity:
		at.Group = slices.Index(s.Bands(), c.Band)
	case ByDue:
		if s != ByDue && c.NextDue.IsZero() {
			at.Group = 1
		}
	}
	at.At, at.Then = c.NextDue, c.Created
	return at
}

// Bands are the parts of an order by severity.
func (s Sort) Bands() []cvd.Band {
	out := []cvd.Band{cvd.BandNone, cvd.BandLow, cvd.BandMedium, cvd.BandHigh, cvd.BandCritical}
	if s == BySeverity {
		slices.Reverse(out)
	}
	return append(out, "")
}
