// Package fixer keeps which members are named on which cases as fixers, so that the
// cases of one are found, and any other is refused, without reading a case.
//
// It never decides what a fixer may do: the case itself names them too.
package fixer

import (
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

// Cases are those that name the member; never nil.
func Cases(tx store.Tx, member string) ([]cvd.CaseID, error) {
	recs, err := tx.Records(kind, member, most)
	out := []cvd.CaseID{}
	for _, r := range recs {
		_, id, _ := strings.Cut(r.ID, "/")
		out = append(out, cvd.CaseID(id))
	}
	return out, err
}
