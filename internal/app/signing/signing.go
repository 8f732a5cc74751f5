// Package signing keeps the OpenPGP key that speaks for the house: the
// configured one, or one that the house made for itself and renews. It signs
// security.txt, published documents and mail, and is what reporters encrypt to.
//
// It never hands a private key out of the process, never forgets a public key that
// published documents were signed with, and never a private one that mail may still
// be encrypted to.
package signing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

const (
	// recordOwn holds the key that the house made for itself.
	recordOwn store.RecordKind = "openpgp-key"
	// recordPublic keeps each key that ever signed a published document, by its
	// fingerprint: its successor does not make old signatures unreadable.
	recordPublic store.RecordKind = "openpgp-public"
)

// life is how long a key lives that the house makes.
const life = 4 * 365 * 24 * time.Hour

// early is how long before now a new key counts from: the instant of a signature is
// taken before the key that is made for it.
const early = time.Minute

// most is how many keys of former years are offered at most.
const most = 50

// Keeper keeps the key. It is safe for concurrent use.
type Keeper struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
	// File is the configured key; empty lets the house make its own.
	File string
	// Owner is whose key it is, and the mail addresses that it is for, the first
	// being the main one; a cvd.ErrNotFound before a policy is in effect.
	Owner func() (name string, mails []string, err error)
	// Renew is how long before its end a key of the house's own is replaced.
	Renew time.Duration

	// Poke wakes whoever sends the notices; nil for nobody.
	Poke func()

	mu    sync.Mutex
	key   *pgp.PrivateKey
	noted string // the fingerprint of the key whose public half is kept

	reading readers
	told    told
}

// Public is a public key as others fetch it.
type Public struct {
	Fingerprint string // upper-case hexadecimal
	Armored     []byte
}

// Key is the key that signs now.
func (k *Keeper) Key(ctx context.Context) (*pgp.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current(ctx)
}

func (k *Keeper) current(ctx context.Context) (*pgp.PrivateKey, error) {
	if k.key != nil && (k.File != "" || !k.ending(k.key)) {
		return k.key, nil
	}
	var err error
	if k.File != "" {
		k.key, err = k.configured()
	} else {
		k.key, err = k.own(ctx)
	}
	return k.key, err
}

func (k *Keeper) configured() (*pgp.PrivateKey, error) {
	b, err := os.ReadFile(k.File)
	if err != nil {
		return nil, fmt.Errorf("%w: OpenPGP key: %w", cvd.ErrUnavailable, err)
	}
	return pgp.ReadPrivate(b)
}

// Fingerprint names the key that signs now.
func (k *Keeper) Fingerprint() (string, error) {
	key, err := k.Key(context.Background())
	if err != nil {
		return "", err
	}
	return key.Fingerprint(), nil
}

// Expires is when the key ends that signed last, if it does.
func (k *Keeper) Expires() (time.Time, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		return time.Time{}, false
	}
	return k.key.Expires()
}

// ending tells whether a key is so near its end that a successor takes over.
func (k *Keeper) ending(key *pgp.PrivateKey) bool {
	end, ends := key.Expires()
	return ends && end.Sub(k.Now()) < k.Renew
}

// own reads the key that the house made for itself, or makes one: the first, or
// the successor of one that ends.
func (k *Keeper) own(ctx context.Context) (*pgp.PrivateKey, error) {
	for range 3 {
		old, was, err := k.kept(ctx)
		if err != nil {
			return nil, err
		}
		next := (*pgp.PrivateKey)(nil)
		if old != nil && !k.ending(old) {
			if next = k.complete(old); next == nil {
				return old, nil
			}
		} else if next, err = k.generate(); err != nil {
			return nil, err
		}
		err = k.replace(ctx, next, old, was)
		if !errors.Is(err, cvd.ErrConflict) { // else another instance made one first
			return next, err
		}
	}
	return nil, fmt.Errorf("%w: no OpenPGP key could be kept", cvd.ErrUnavailable)
}

// kept reads the house's own key and the version of its record; nil and 0 if there
// is none yet.
func (k *Keeper) kept(ctx context.Context) (key *pgp.PrivateKey, version int64, err error) {
	armored := ""
	err = k.Store.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(recordOwn, "1")
		if err != nil {
			return err
		}
		version = rec.Version
		return k.Vault.Read(rec, &armored)
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	key, err = pgp.ReadPrivate([]byte(armored))
	return key, version, err
}

// complete is the key with a user id for each address that the policy names now, or
// nil if it has them all.
func (k *Keeper) complete(key *pgp.PrivateKey) *pgp.PrivateKey {
	name, mails, err := k.Owner()
	if err != nil {
		return nil
	}
	public, err := key.Public()
	if err != nil {
		return nil
	}
	var more *pgp.PrivateKey
	for _, mail := range mails {
		if mail == "" || slices.Contains(public.Addresses(), strings.ToLower(mail)) {
			continue
		}
		if next, err := key.With(name, mail, k.Now()); err == nil { // an imported key may be without its main secret
			key, more = next, next
		}
	}
	return more
}

func (k *Keeper) generate() (*pgp.PrivateKey, error) {
	name, mails, err := k.Owner()
	if err != nil {
		return nil, err
	}
	return pgp.GenerateFor(name, mails, k.Now().Add(-early), life)
}

// Detached signs bytes that will be published (pgp.SignDetached). The public half
// is kept before the first signature is made.
func (k *Keeper) Detached(b []byte, at time.Time) ([]byte, error) {
	ctx := context.Background()
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	if k.noted != key.Fingerprint() {
		if err := k.note(ctx, key, at); err != nil {
			return nil, err
		}
		k.noted = key.Fingerprint()
	}
	return key.SignDetached(b, at)
}

func (k *Keeper) note(ctx context.Context, key *pgp.PrivateKey, at time.Time) error {
	one, err := publicOf(key)
	if err != nil {
		return err
	}
	rec, err := k.Vault.Seal(store.Record{Kind: recordPublic, ID: one.Fingerprint, At: at}, string(one.Armored))
	if err != nil {
		return err
	}
	return k.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
}

func publicOf(key *pgp.PrivateKey) (Public, error) {
	public, err := key.Public()
	if err != nil {
		return Public{}, err
	}
	armored, err := public.Armor()
	return Public{public.Fingerprint(), armored}, err
}

// Publics are the key that signs now, and those that signed what was published
// before, the last used first.
func (k *Keeper) Publics(ctx context.Context) ([]Public, error) {
	key, err := k.Key(ctx)
	if err != nil {
		return nil, err
	}
	now, err := publicOf(key)
	if err != nil {
		return nil, err
	}
	var out []Public
	err = k.Store.View(ctx, func(tx store.Tx) error {
		out = []Public{now}
		recs, err := tx.Records(recordPublic, "", most)
		for _, rec := range recs {
			var armored string
			if rec.ID == now.Fingerprint {
				continue
			}
			if err := k.Vault.Read(rec, &armored); err != nil {
				return err
			}
			out = append(out, Public{rec.ID, []byte(armored)})
		}
		return err
	})
	return out, err
}
