// Package claim keeps the codes by which a reporter who wrote by mail opens their
// thread for the first time: plain mail never carries a receipt, so it carries a code
// that works once, for three days, and then shows one.
//
// It never opens a case and never makes a receipt; it tells which case a code is of.
package claim

import (
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Kind is the kind of the records kept here; their owner is the case.
const Kind store.RecordKind = "claim"

// Life is how long a code works, from the instant at which its letter was decided.
const Life = 72 * time.Hour

// A code is four groups of five letters or digits, 100 bits. It is no receipt and
// does not look like one.
const (
	groups    = 4
	groupSize = 5
	most      = 256 // bytes that are read as a typed code
)

const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

var letters = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

type content struct {
	Case cvd.CaseID `json:"case"`
	Seq  int64      `json:"seq"` // the event whose letter carries it
}

// Code is the code of the letter about that event, the same each time it is asked for.
func Code(v *vault.Vault, id cvd.CaseID, seq int64) string {
	blind := v.Blind("claim/code", fmt.Sprintf("%s/%d", id, seq))
	b, err := base64.RawURLEncoding.DecodeString(blind)
	if err != nil { // not since the format was frozen
		b = []byte(blind)
	}
	s := letters.EncodeToString(b)
	parts := make([]string, groups)
	for i := range parts {
		parts[i] = s[i*groupSize : (i+1)*groupSize]
	}
	return strings.Join(parts, "-")
}

// Normalise gives the canonical spelling of a code as people type or paste it: any
// case, with or without blanks and hyphens. What cannot be one gives "".
func Normalise(s string) string {
	if len(s) > most {
		return ""
	}
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return r
		}
		return -1
	}, strings.ToLower(s))
	if len(plain) != groups*groupSize {
		return ""
	}
	parts := make([]string, groups)
	for i := range parts {
		parts[i] = plain[i*groupSize : (i+1)*groupSize]
	}
	return strings.Join(parts, "-")
}

func recordID(v *vault.Vault, code string) string { return v.Blind("claim/record", code) }

// New makes the record that goes into the transaction of the event.
func New(v *vault.Vault, id cvd.CaseID, seq int64, at time.Time) (store.Record, error) {
	rec := store.Record{Kind: Kind, ID: recordID(v, Code(v, id, seq)), Owner: string(id), At: at, Expires: at.Add(Life)}
	return v.Seal(rec, content{id, seq})
}

// Live tells until when the code of that event still works; zero if it does not.
func Live(tx store.Tx, v *vault.Vault, id cvd.CaseID, seq int64, now time.Time) (time.Time, error) {
	_, ends, err := Find(tx, v, Code(v, id, seq), now)
	if errors.Is(err, cvd.ErrNotFound) {
		return time.Time{}, nil
	}
	return ends, err
}

// Find tells which case the code is of, and until when it works. A code that never
// was, one that was used and one that is too old are all a cvd.ErrNotFound.
func Find(tx store.Tx, v *vault.Vault, typed string, now time.Time) (cvd.CaseID, time.Time, error) {
	rec, err := tx.Record(Kind, recordID(v, Normalise(typed)))
	if err != nil {
		return "", time.Time{}, err
	}
	if !rec.Expires.After(now) {
		return "", time.Time{}, cvd.ErrNotFound
	}
	var c content
	return cvd.CaseID(rec.Owner), rec.Expires, v.Read(rec, &c)
}

// Use takes the code out of use. Of two at once, one is a cvd.ErrNotFound.
func Use(tx store.Tx, v *vault.Vault, typed string) error {
	n, err := tx.DeleteRecords(store.Selection{Kind: Kind, ID: recordID(v, Normalise(typed))})
	if err == nil && n != 1 {
		return cvd.ErrNotFound
	}
	return err
}
