package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/seal"
	"fairlead/internal/store"
)

const (
	// recordRecovery holds the key ring, sealed for the recovery recipient.
	recordRecovery store.RecordKind = "recovery"
	// recordRecipient says who that is, sealed by the house: whoever could put
	// another recipient there would be given the ring at the next rotation.
	recordRecipient store.RecordKind = "recovery-recipient"
)

// recipient is the sealed content of a record of kind recordRecipient.
type recipient struct {
	Recipient string `json:"recipient"`
	Ring      string `json:"ring"` // SHA-256 of the sealed ring, in hex
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// errRecovery means that the records of the recovery do not belong together.
var errRecovery = fmt.Errorf("%w: what the database holds for the recovery identity was changed outside Fairlead, so no keys are handed to it; restore the database from a backup, and find out who can write to it", cvd.ErrUnavailable)

// recovery reads for whom the ring is kept. A house without a recovery identity
// is a cvd.ErrNotFound, one whose records were changed an errRecovery.
func (h *House) recovery(tx store.Tx) (who recipient, ring, rec store.Record, err error) {
	ring, err = tx.Record(recordRecovery, "1")
	rec, err2 := tx.Record(recordRecipient, "1")
	if errors.Is(err, cvd.ErrNotFound) && errors.Is(err2, cvd.ErrNotFound) {
		return who, ring, rec, cvd.ErrNotFound
	}
	if errors.Is(err, cvd.ErrNotFound) || errors.Is(err2, cvd.ErrNotFound) {
		return who, ring, rec, errRecovery
	}
	if err := errors.Join(err, err2); err != nil {
		return who, ring, rec, err
	}
	if h.Vault.Read(rec, &who) != nil || who.Ring != sumOf(ring.Sealed) {
		return who, ring, rec, errRecovery
	}
	return who, ring, rec, nil
}

// CheckRecovery returns nil if there is a recovery identity and the ring is kept
// for it, and a cvd.ErrNotFound if none was made yet.
func (h *House) CheckRecovery(ctx context.Context) error {
	return h.Store.View(ctx, func(tx store.Tx) error {
		_, _, _, err := h.recovery(tx)
		return err
	})
}

// Recovery makes the recovery identity on a database that has none, stores the
// key ring sealed for it, and returns the identity to be shown once. On a later
// start it returns "".
func (h *House) Recovery(ctx context.Context) (string, error) {
	if err := h.CheckRecovery(ctx); !errors.Is(err, cvd.ErrNotFound) {
		if errors.Is(err, errRecovery) {
			h.Options.Log.Error("the recovery identity is in doubt", "err", err)
			return "", nil
		}
		return "", err
	}
	identity, to, err := seal.NewRecovery()
	if err != nil {
		return "", err
	}
	ring, rec, err := h.recoveryRecords(h.Vault.Keys(), to)
	if err != nil {
		return "", err
	}
	return identity, h.Store.Update(ctx, func(tx store.Tx) error {
		return errors.Join(tx.PutRecord(ring, 0), tx.PutRecord(rec, 0))
	})
}

func (h *House) recoveryRecords(keys *seal.Keyring, to string) (ring, rec store.Record, err error) {
	now := h.Options.Clock.Now()
	sealed, err := keys.Recover(to)
	if err != nil {
		return ring, rec, err
	}
	ring = store.Record{Kind: recordRecovery, ID: "1", At: now, Sealed: sealed}
	rec, err = h.Vault.Seal(store.Record{Kind: recordRecipient, ID: "1", At: now}, recipient{to, sumOf(sealed)})
	return ring, rec, err
}

// RotateKeys makes a new primary key-encryption key, brings every case under it
// and returns how many that were. The older keys stay for reading.
func (h *House) RotateKeys(ctx context.Context) (int, error) {
	_, err := h.Vault.Keys().Rotate(func(next *seal.Keyring) error {
		if err := h.renewRecovery(ctx, next); err != nil {
			return err
		}
		return h.saveKeys(next)
	})
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := h.Vault.RewrapCases(ctx, h.Store, 500)
		total += n
		if err != nil || n < 500 {
			return total, err
		}
	}
}

// renewRecovery seals the next ring for the recovery recipient, before it is
// used, so that no case is ever under a key that the recovery cannot open.
func (h *House) renewRecovery(ctx context.Context, next *seal.Keyring) error {
	return h.Store.Update(ctx, func(tx store.Tx) error {
		who, oldRing, oldRec, err := h.recovery(tx)
		if errors.Is(err, cvd.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		ring, rec, err := h.recoveryRecords(next, who.Recipient)
		if err != nil {
			return err
		}
		return errors.Join(tx.PutRecord(ring, oldRing.Version), tx.PutRecord(rec, oldRec.Version))
	})
}

// restoreKeys makes the key file anew from what the recovery identity opens.
func (h *House) restoreKeys(ctx context.Context, identity io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(identity, 64<<10))
	if err != nil {
		return fmt.Errorf("%w: recovery identity: %w", cvd.ErrUnavailable, err)
	}
	var rec store.Record
	err = h.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rec, err = tx.Record(recordRecovery, "1")
		return err
	})
	if err != nil {
		return fmt.Errorf("the backup holds no keys for a recovery identity: %w", err)
	}
	keys, err := seal.Restore(strings.TrimSpace(string(b)), rec.Sealed)
	if err != nil {
		return fmt.Errorf("%w: the recovery identity does not open this backup: %w", cvd.ErrInvalid, err)
	}
	path := h.Config.Keys.File
	if path == "" {
		path = filepath.Join(h.Config.Data, "keys", "kek.json")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return keys.SaveFile(path)
}
