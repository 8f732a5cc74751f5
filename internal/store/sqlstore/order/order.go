// Package order takes an order of cases apart into walks along an index: which rows, by
// which columns, from which place on.
//
// It never asks an engine and never writes a value into a text.
package order

import (
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Part is a part of an order: what it holds of the cases, and how they are walked. The
// parts come one behind the other, so a page that the first one fills asks no more.
type Part struct {
	Filter  store.Filter // After is the place in this part
	Term    string       // what the filter cannot say
	Index   string       // of the families, the one in this order
	Columns []string
	Down    bool // walked from the end
}

// Of takes an order apart, from the one in which the page begins on.
func Of(f *store.Filter) ([]Part, error) {
	sort := f.Sort
	if sort == "" {
		sort = store.ByDue
	}
	if !slices.Contains(store.Sorts, sort) {
		return nil, fmt.Errorf("%w: unknown order of cases", cvd.ErrInvalid)
	}
	turned := sort != sort.Plain()
	by := Part{Filter: *f, Index: "due", Columns: []string{"next_due", "created", "id"}}
	var out []Part
	switch sort.Plain() {
	case store.ByCreated, store.ByUpdated:
		by.Index, by.Down = string(sort.Plain()), !turned
		by.Columns = []string{by.Index, "id"}
		out = []Part{by}
	case store.ByUrgency:
		first, others := by, by
		first.Filter.Emergency, others.Term = true, "NOT emergency"
		if out = []Part{first}; !f.Emergency {
			out = append(out, others)
		}
	case store.BySeverity:
		out = bySeverity(by, sort.Bands())
	case store.ByDue:
		if out = []Part{by}; turned {
			by.Down = true
			dated, never := by, by
			dated.Term, never.Term = "next_due < "+none, "next_due >= "+none
			out = []Part{dated, never}
		}
	}
	return behind(out, f.After), nil
}

// none is what the column holds for a due date that there is none of.
const none = "9223372036854775807"

// Nothing is the term of a part that holds nothing.
const Nothing = "FALSE"

func bySeverity(by Part, bands []cvd.Band) []Part {
	var out []Part
	for _, b := range bands {
		one := by
		one.Filter.Band = []cvd.Band{b}
		if len(by.Filter.Band) > 0 && !slices.Contains(by.Filter.Band, b) {
			one.Term = Nothing
		}
		out = append(out, one)
	}
	return out
}

// behind drops the parts before the one in which the page before ended.
func behind(parts []Part, after *store.Cursor) []Part {
	if after == nil {
		return parts
	}
	if after.Group < 0 || after.Group >= len(parts) {
		return nil
	}
	parts = parts[after.Group:]
	for i := range parts[1:] {
		parts[i+1].Filter.After = nil
	}
	if parts[0].Down && parts[0].Index == "due" && after.Group == 0 {
		parts[0].Term = "" // the place says so, and two bounds of one walk are one too many
	}
	return parts
}

// Beyond is how the columns of a row behind a place compare with it.
func (o *Part) Beyond() string {
	if o.Down {
		return " < "
	}
	return " > "
}

// By is the order of the walk, as a statement says it.
func (o *Part) By() string {
	way := " ASC"
	if o.Down {
		way = " DESC"
	}
	return strings.Join(o.Columns, way+", ") + way
}
