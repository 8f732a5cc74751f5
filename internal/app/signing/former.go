package signing

import (
	"context"
	"errors"
	"sync"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
)

// recordPrivate keeps each key that mail may still be encrypted to, by its
// fingerprint: those that the house had before, the configured ones too, and those
// that an operator brought.
const recordPrivate store.RecordKind = "openpgp-private"

// readers are the kept keys, parsed once.
type readers struct {
	mu   sync.Mutex
	keys map[string]*pgp.PrivateKey // by fingerprint
}

// Readers are the keys that open mail: the current one first, then the former ones,
// expired or not. Keys that only sign are not among them. It fails only if the
// store does.
func (k *Keeper) Readers(ctx context.Context) ([]*pgp.PrivateKey, error) {
	kept, err := k.former(ctx)
	if err != nil {
		return nil, err
	}
	var out []*pgp.PrivateKey
	seen := map[string]bool{}
	// A configured key that cannot be read now was kept when it could.
	if key, err := k.Key(ctx); err == nil {
		kept = append([]*pgp.PrivateKey{key}, kept...)
	}
	for _, key := range kept {
		if name := key.Fingerprint(); !seen[name] && key.CanDecrypt() {
			seen[name] = true
			out = append(out, key)
		}
	}
	return out, nil
}

// Reads tells whether the current key is one that reporters can encrypt to. It is
// true while there is none.
func (k *Keeper) Reads(ctx context.Context) bool {
	key, err := k.Key(ctx)
	return err != nil || key.CanDecrypt()
}

// Public is the public half of the current key.
func (k *Keeper) Public(ctx context.Context) (*pgp.PublicKey, error) {
	key, err := k.Key(ctx)
	if err != nil {
		return nil, err
	}
	return key.Public()
}

// Mails are the addresses that the key is given out for.
func (k *Keeper) Mails() []string {
	_, mails, err := k.Owner()
	if err != nil {
		return nil
	}
	return mails
}

// Shown is the fingerprint of the current key as people compare it, or "" if it
// cannot be encrypted to now.
func (k *Keeper) Shown(ctx context.Context) string {
	public, err := k.Public(ctx)
	if err != nil || !public.CanEncrypt(k.Now()) {
		return ""
	}
	return pgp.Spaced(public.Fingerprint())
}

// former are the kept private keys, the newest first.
func (k *Keeper) former(ctx context.Context) ([]*pgp.PrivateKey, error) {
	k.reading.mu.Lock()
	defer k.reading.mu.Unlock()
	if k.reading.keys == nil {
		k.reading.keys = map[string]*pgp.PrivateKey{}
	}
	var out []*pgp.PrivateKey
	err := k.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		recs, err := tx.Records(recordPrivate, "", most)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			key := k.reading.keys[rec.ID]
			if key == nil {
				armored := ""
				if err := k.Vault.Read(rec, &armored); err != nil {
					return err
				}
				if key, err = pgp.ReadPrivate([]byte(armored)); err != nil {
					return err
				}
				k.reading.keys[rec.ID] = key
			}
			out = append(out, key)
		}
		return nil
	})
	return out, err
}

// private is the record that keeps a key for reading.
func (k *Keeper) private(key *pgp.PrivateKey) (store.Record, error) {
	armored, err := key.Armor()
	if err != nil {
		return store.Record{}, err
	}
	return k.Vault.Seal(store.Record{Kind: recordPrivate, ID: key.Fingerprint(), At: k.Now()}, string(armored))
}

// keep makes sure that mail to the key can be read for as long as the database
// lives. It writes nothing if it is kept already.
func (k *Keeper) keep(ctx context.Context, key *pgp.PrivateKey) error {
	rec, err := k.private(key)
	if err != nil {
		return err
	}
	err = k.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.Record(recordPrivate, rec.ID); !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		return tx.PutRecord(rec, 0)
	})
	if errors.Is(err, cvd.ErrConflict) { // another instance kept it
		return nil
	}
	return err
}

// replace makes next the house's own key. The one before stays for reading, and the
// team hears of it if it is another key, all in one transaction.
func (k *Keeper) replace(ctx context.Context, next, old *pgp.PrivateKey, was int64) error {
	armored, err := next.Armor()
	if err != nil {
		return err
	}
	now := k.Now()
	rec, err := k.Vault.Seal(store.Record{Kind: recordOwn, ID: "1", At: now}, string(armored))
	if err != nil {
		return err
	}
	var before store.Record
	if old != nil {
		if before, err = k.private(old); err != nil {
			return err
		}
	}
	another := old != nil && old.Fingerprint() != next.Fingerprint()
	err = k.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutRecord(rec, was); err != nil {
			return err
		}
		if !another {
			return nil
		}
		if err := tx.PutRecord(before, -1); err != nil {
			return err
		}
		return tx.Enqueue([]store.Effect{notice(next.Fingerprint(), renewed, now)})
	})
	if err == nil && another {
		k.poke()
	}
	return err
}

func (k *Keeper) poke() {
	if k.Poke != nil {
		k.Poke()
	}
}
