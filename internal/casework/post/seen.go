package post

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// The kinds of the records kept here; their owner is the case, with which they go.
const (
	KindSeen   store.RecordKind = "mail-seen"   // id: blind digest of the Message-ID and of the body
	KindThread store.RecordKind = "mail-thread" // id: blind digest of the Message-ID
)

// Seen is a mail that came in before.
type Seen struct {
	Case cvd.CaseID `json:"case"`
	Seq  int64      `json:"seq"`            // the event that holds it
	Item string     `json:"item,omitempty"` // its id in the inbox
}

// Digest is the SHA-256 of what stands behind the first empty line of a message: two
// copies of one mail differ in their trace fields only (RFC 5322 section 3.6.7).
func Digest(raw []byte) [32]byte {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if _, body, ok := bytes.Cut(raw, []byte(end)); ok {
			return sha256.Sum256(body)
		}
	}
	return sha256.Sum256(raw)
}

func seenID(v *vault.Vault, messageID, digest string) string {
	return v.Blind("mail/seen", messageID+"\n"+digest)
}

func threadID(v *vault.Vault, messageID string) string { return v.Blind("mail/thread", messageID) }

// Keep returns what writes a mail into the index, in the transaction that takes its
// words in. Where two mails claim one Message-ID, the first keeps it.
func Keep(v *vault.Vault, id cvd.CaseID, seq int64, m *cvd.Mail, now time.Time) (func(tx store.Tx) error, error) {
	content := Seen{Case: id, Seq: seq, Item: m.Item}
	seen, err := v.Seal(store.Record{Kind: KindSeen, ID: seenID(v, m.MessageID, m.Digest), Owner: string(id), At: now}, content)
	if err != nil {
		return nil, err
	}
	recs := []store.Record{seen}
	if m.MessageID != "" {
		thread, err := v.Seal(store.Record{Kind: KindThread, ID: threadID(v, m.MessageID), Owner: string(id), At: now}, content)
		if err != nil {
			return nil, err
		}
		recs = append(recs, thread)
	}
	return func(tx store.Tx) error {
		for _, rec := range recs {
			switch _, err := tx.Record(rec.Kind, rec.ID); {
			case err == nil:
				continue
			case !errors.Is(err, cvd.ErrNotFound):
				return err
			}
			if err := tx.PutRecord(rec, 0); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// Drop forgets the mails of a case.
func Drop(tx store.Tx, id cvd.CaseID) error {
	for _, kind := range []store.RecordKind{KindSeen, KindThread} {
		if _, err := tx.DeleteRecords(store.Selection{Kind: kind, Owner: string(id)}); err != nil {
			return err
		}
	}
	return nil
}

func read(tx store.Tx, v *vault.Vault, kind store.RecordKind, id string) (*Seen, error) {
	rec, err := tx.Record(kind, id)
	if errors.Is(err, cvd.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s Seen
	return &s, v.Read(rec, &s)
}

// most is how many mails of a case are counted.
const most = 200

// lately counts the mails of the case since an instant.
func lately(tx store.Tx, id cvd.CaseID, since time.Time) (int, error) {
	recs, err := tx.Records(KindSeen, string(id), most)
	n := 0
	for _, rec := range recs {
		if rec.At.After(since) {
			n++
		}
	}
	return n, err
}
