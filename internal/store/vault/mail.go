package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// MailKey is the name under which the key of a case's mails is kept, beside those of
// its participants. It is dropped when the reporter is forgotten, so their address
// goes, while another contact of theirs leaves earlier mails as they are.
const MailKey = "mail"

// mailMark is how many bytes before a sealed mail tell its key from a later one.
const mailMark = 8

// Mails seals and opens the mails of one case.
type Mails struct {
	whole *Key
	key   store.Key
}

// Mails finds the key of the case's mails among its keys.
func (k *Key) Mails(keys []store.Key) *Mails {
	m := &Mails{whole: k}
	if i := slices.IndexFunc(keys, func(one store.Key) bool { return one.Name == MailKey }); i >= 0 {
		m.key = keys[i]
	}
	return m
}

// Kept tells whether there is a key to drop.
func (m *Mails) Kept() bool { return len(m.key.Wrapped) > 0 }

func (m *Mails) mark() []byte {
	sum := sha256.Sum256(m.key.Wrapped)
	return sum[:mailMark]
}

func mailLabel(seq int64) string { return fmt.Sprintf("%s/%d", MailKey, seq) }

// Seal seals how the words of an event came. made is set where that needed a new key,
// which is to be stored along.
func (m *Mails) Seal(id cvd.CaseID, seq int64, mail *cvd.Mail) (box []byte, made *store.Key, err error) {
	plain, err := json.Marshal(mail)
	if err != nil {
		return nil, nil, err
	}
	if !m.Kept() {
		_, wrapped, err := m.whole.Sub(MailKey)
		if err != nil {
			return nil, nil, err
		}
		m.key = store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: MailKey}, Wrapped: wrapped}
		made = &m.key
	}
	sub, err := m.whole.OpenSub(MailKey, m.key.Wrapped)
	if err != nil {
		return nil, nil, err
	}
	box, err = sub.Seal(plain, mailLabel(seq))
	return slices.Concat(m.mark(), box), made, err
}

// Open opens the mails of the events in place. One whose key is gone stays nil.
func (m *Mails) Open(evs []cvd.Event) error {
	if !m.Kept() || !slices.ContainsFunc(evs, func(ev cvd.Event) bool { return ev.Body != nil && len(ev.Body.MailBox) > 0 }) {
		return nil
	}
	sub, err := m.whole.OpenSub(MailKey, m.key.Wrapped)
	if err != nil {
		return err
	}
	for _, ev := range evs {
		if ev.Body == nil {
			continue
		}
		box, ours := bytes.CutPrefix(ev.Body.MailBox, m.mark())
		if !ours || len(ev.Body.MailBox) == 0 {
			continue
		}
		plain, err := sub.Open(box, mailLabel(ev.Seq))
		if err != nil {
			return fmt.Errorf("the mail of event %d: %w", ev.Seq, err)
		}
		ev.Body.Mail = &cvd.Mail{}
		if err := json.Unmarshal(plain, ev.Body.Mail); err != nil {
			return err
		}
	}
	return nil
}
