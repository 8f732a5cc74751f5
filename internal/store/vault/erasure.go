package vault

import (
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// RecordErasure names a key that was destroyed on purpose, so that the journal
// of erasures outside the database can be made whole and a key that is merely
// missing is noticed. Its owner is the case.
const RecordErasure store.RecordKind = "erasure"

// ErasureID is the id of the record about a destroyed key: FL-… for a whole
// case, FL-…/body/3 for the words of its third event, FL-…/contact/reporter/7
// for a contact that the seventh event forgot, and FL-…/contact/mail/7 for the mails.
func ErasureID(ref store.KeyRef) string {
	switch ref.Kind {
	case store.KeyBody:
		return fmt.Sprintf("%s/body/%d", ref.Case, ref.Seq)
	case store.KeyParticipant:
		return fmt.Sprintf("%s/contact/%s/%d", ref.Case, ref.Name, ref.Seq)
	}
	return string(ref.Case)
}

// ParseErasure reads what ErasureID wrote.
func ParseErasure(id string) (store.KeyRef, error) {
	parts := strings.Split(id, "/")
	var ref store.KeyRef
	var err error
	if ref.Case, err = cvd.ParseCaseID(parts[0]); err != nil {
		return ref, err
	}
	switch {
	case len(parts) == 1:
		ref.Kind = store.KeyCase
	case len(parts) == 3 && parts[1] == "body":
		ref.Kind = store.KeyBody
		_, err = fmt.Sscanf(parts[2], "%d", &ref.Seq)
	case len(parts) == 4 && parts[1] == "contact":
		ref.Kind, ref.Name = store.KeyParticipant, parts[2]
		_, err = fmt.Sscanf(parts[3], "%d", &ref.Seq)
	}
	if err != nil || ErasureID(ref) != id || ref.Kind == "" {
		return ref, fmt.Errorf("%w: no name of an erasure", cvd.ErrInvalid)
	}
	return ref, nil
}

// SealErasure makes the record that goes into the transaction which destroys
// the key. It is sealed, so that nobody without the keys can make one.
func (v *Vault) SealErasure(ref store.KeyRef, at time.Time) (store.Record, error) {
	return v.Seal(store.Record{Kind: RecordErasure, ID: ErasureID(ref), Owner: string(ref.Case), At: at}, "erased")
}

// Erased tells whether the record was made by SealErasure.
func (v *Vault) Erased(rec store.Record) bool {
	var word string
	return rec.Kind == RecordErasure && v.Read(rec, &word) == nil
}

// Drops are the keys that the event destroys. Dropping a key is the only change
// to what is stored already.
func Drops(ev *cvd.Event) []store.KeyRef {
	var out []store.KeyRef
	if ev.Redacts > 0 {
		out = append(out, store.KeyRef{Case: ev.Case, Kind: store.KeyBody, Seq: ev.Redacts})
	}
	if ev.Forgets != "" {
		out = append(out, store.KeyRef{Case: ev.Case, Kind: store.KeyParticipant, Name: string(ev.Forgets), Seq: ev.Seq})
		if ev.Forgets == cvd.Reporter { // their address stands in their mails too
			out = append(out, store.KeyRef{Case: ev.Case, Kind: store.KeyParticipant, Name: MailKey, Seq: ev.Seq})
		}
	}
	if ev.Type == cvd.EventErased {
		out = append(out, store.KeyRef{Case: ev.Case, Kind: store.KeyCase})
	}
	return out
}
