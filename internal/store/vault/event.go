package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// SealCase makes a case's row: open columns from the state, the rest sealed. wake
// is when the clock must look at it again.
func (k *Key) SealCase(c *cvd.Case, wake time.Time) (store.Case, error) {
	row := Columns(c, wake)
	row.Key, row.KEK = k.Wrapped, k.KEK
	var err error
	row.Sealed, err = k.SealState(c)
	return row, err
}

// Columns are the open columns of a case's row.
func Columns(c *cvd.Case, wake time.Time) store.Case {
	row := store.Case{
		ID: c.ID, Program: c.Program, RM: c.RM(), EM: c.EM, Facts: c.Facts, Band: c.Band,
		Assignee: c.Assignee, Wake: wake, Created: c.Created, Updated: c.Updated,
		Version: c.Version, Policy: c.Policy,
		Emergency: c.Flags.Emergency, Privacy: c.Flags.Privacy, Unread: c.Flags.Unread,
		Paused: c.Paused(), Breached: c.Breached(), Appeal: c.Flags.Appeal, Pending: c.Pending != nil,
	}
	if due := c.NextDue(); due != nil {
		row.NextDue, row.NextKind = due.Told(), due.Kind
	}
	if len(c.Links) > 0 {
		row.Cluster = c.Links[0].Case
	}
	return row
}

// SealCaseEvent makes the row of a case's event. The bytes made here are kept
// for ever.
func (k *Key) SealCaseEvent(ev *cvd.Event) (store.Event, error) {
	head, err := json.Marshal(ev.Head)
	if err != nil {
		return store.Event{}, err
	}
	body, err := json.Marshal(ev.Body)
	if err != nil {
		return store.Event{}, err
	}
	return k.SealEvent(string(ev.Case), ev.Seq, head, body)
}

// OpenCaseEvent reads the row of a case's event. Words whose key is gone read
// as erased; a nil key opens the head alone.
func (k *Key) OpenCaseEvent(row store.Event) (cvd.Event, error) {
	var ev cvd.Event
	if err := json.Unmarshal(row.Head, &ev.Head); err != nil {
		return ev, err
	}
	if ev.V != 1 {
		return ev, fmt.Errorf("%w: event %s has version %d, which this program does not read; use a newer one", cvd.ErrUnavailable, ev.Type, ev.V)
	}
	if k == nil {
		return ev, nil
	}
	body, err := k.OpenEvent(row)
	if errors.Is(err, ErrErased) {
		return ev, nil
	}
	if err != nil {
		return ev, err
	}
	ev.Body = &cvd.Body{}
	return ev, json.Unmarshal(body, ev.Body)
}

func contactLabel(id cvd.ParticipantID) string { return "contact/" + string(id) }

// SealContact seals a participant's contact under a fresh key of their own; a
// contact given before cannot be read once the key is stored.
func (k *Key) SealContact(id cvd.CaseID, p cvd.ParticipantID, c *cvd.Contact) ([]byte, store.Key, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, store.Key{}, err
	}
	key, wrapped, err := k.Sub(contactLabel(p))
	if err != nil {
		return nil, store.Key{}, err
	}
	box, err := key.Seal(b, contactLabel(p))
	ref := store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: string(p)}
	return box, store.Key{KeyRef: ref, Wrapped: wrapped}, err
}

// Person opens a participant's own key, under which everything stands that
// names them.
func (k *Key) Person(p cvd.ParticipantID, wrapped []byte) (*Key, error) {
	sub, err := k.OpenSub(contactLabel(p), wrapped)
	return &Key{name: k.name + "/" + contactLabel(p), key: sub}, err
}

// OpenContacts opens the contacts of those participants whose keys are kept.
func (k *Key) OpenContacts(c *cvd.Case, keys []store.Key) error {
	for _, one := range keys {
		p := c.Participant(cvd.ParticipantID(one.Name))
		if p == nil || p.ContactBox == nil {
			continue
		}
		sub, err := k.OpenSub(contactLabel(p.ID), one.Wrapped)
		if err != nil {
			return err
		}
		b, err := sub.Open(p.ContactBox, contactLabel(p.ID))
		if err != nil {
			return err
		}
		p.Contact = &cvd.Contact{}
		if err := json.Unmarshal(b, p.Contact); err != nil {
			return err
		}
	}
	return nil
}
