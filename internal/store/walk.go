package store

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// walkFirst is how many records Walk reads at first; each further reading holds four
// times as many, since a list always begins with the newest.
const walkFirst = 500

// Walk hands over the records of the kind and owner, newest first, until visit wants no
// more. Far back it costs as much as all that is newer.
func Walk(tx Tx, kind RecordKind, owner string, visit func(*Record) (more bool, err error)) error {
	done := 0
	for most := walkFirst; ; most *= 4 {
		recs, err := tx.Records(kind, owner, most)
		if err != nil {
			return err
		}
		for i := done; i < len(recs); i++ {
			if more, err := visit(&recs[i]); err != nil || !more {
				return err
			}
		}
		if done = len(recs); done < most {
			return nil
		}
	}
}

// Place is where a record stands in a list, newest first. Zero is before all.
type Place struct {
	At time.Time
	ID string
}

// Holds tells whether the record comes after the place.
func (p Place) Holds(r *Record) bool {
	if p.At.IsZero() {
		return true
	}
	if d := r.At.Compare(p.At); d != 0 {
		return d < 0
	}
	return strings.Compare(r.ID, p.ID) < 0
}

// String writes the place for an address; empty for zero.
func (p Place) String() string {
	if p.At.IsZero() {
		return ""
	}
	return strconv.FormatInt(p.At.UnixMicro(), 36) + "~" + p.ID
}

// ReadPlace reads what String wrote. Its error tells that it is none.
func ReadPlace(s string) (Place, error) {
	if s == "" {
		return Place{}, nil
	}
	at, id, ok := strings.Cut(s, "~")
	n, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || id == "" {
		return Place{}, errors.New("no place of a list")
	}
	return Place{time.UnixMicro(n), id}, nil
}
