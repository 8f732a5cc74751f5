package mailbox

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/mailin/imap"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// kindMark is the kind of the records that say how far a mailbox was read; their id
// is a blind name of the account and the mailbox.
const kindMark store.RecordKind = "imap-mark"

// Marks keeps how far mailboxes were read, sealed, in the store.
type Marks struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
}

func (m Marks) id(door, mailbox string) string {
	return m.Vault.Blind("imap/mark", door+"\n"+mailbox)
}

// Mark reads how far the mailbox was read; the zero value if never.
func (m Marks) Mark(ctx context.Context, door, mailbox string) (mark imap.Mark, err error) {
	err = m.Store.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(kindMark, m.id(door, mailbox))
		if errors.Is(err, cvd.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return m.Vault.Read(rec, &mark)
	})
	return mark, err
}

// Keep writes it down; it is synced when Keep returns nil.
func (m Marks) Keep(ctx context.Context, door, mailbox string, mark imap.Mark) error {
	rec, err := m.Vault.Seal(store.Record{Kind: kindMark, ID: m.id(door, mailbox), At: m.Now()}, mark)
	if err != nil {
		return err
	}
	return m.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
}
