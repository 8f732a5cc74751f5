// Package fixer keeps which members are named on which cases as fixers, so that the
// cases of one are found, and any other is refused, without reading a case.
//
// It never decides what a fixer may do: the case itself names them too.
package fixer

import (
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// kind is the kind of the records kept here; their owner is the member.
const kind store.RecordKind = "fixer"

// most is how many cases of one member are found.
const most = 500

func name(member string, id cvd.CaseID) string { return member + "/" + string(id) }

// Record names a member on a case.
func Record(member string, id cvd.CaseID, at time.Time) store.Record {
	return store.Record{Kind: kind, ID: name(member, id), Owner: member, At: at}
}

// Named is a cvd.ErrNotFound unless the case names the member.
func Named(tx store.Tx, member string, id cvd.CaseID) error {
	_, err := tx.Record(kind, name(member, id))
	return err
}

// Cases are those that name the member, as far as they are among those asked for, where
// that is not nil; never nil itself.
func Cases(tx store.Tx, member string, asked []cvd.CaseID) ([]cvd.CaseID, error) {
	recs, err := tx.Records(kind, member, most)
	out := []cvd.CaseID{}
	for _, r := range recs {
		_, id, _ := strings.Cut(r.ID, "/")
		if asked == nil || slices.Contains(asked, cvd.CaseID(id)) {
			out = append(out, cvd.CaseID(id))
		}
	}
	return out, err
}
