package signing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// maxKeyFile is the most bytes of a key that an operator brings.
const maxKeyFile = 1 << 20

// Info is what a person is told of a key.
type Info struct {
	Fingerprint string     `json:"fingerprint"`
	Algorithm   string     `json:"algorithm"`
	Addresses   []string   `json:"addresses"`
	Made        time.Time  `json:"made"`
	Expires     *time.Time `json:"expires,omitempty"`
	Current     bool       `json:"current"` // signs, and is what reporters are given
	Reads       bool       `json:"reads"`   // opens mail
	Configured  bool       `json:"configured,omitempty"`
}

func (k *Keeper) info(key *pgp.PrivateKey, current bool) (Info, error) {
	public, err := key.Public()
	if err != nil {
		return Info{}, err
	}
	i := Info{
		Fingerprint: key.Fingerprint(), Algorithm: key.Algorithm(), Addresses: public.Addresses(), Made: key.Made(),
		Current: current, Reads: key.CanDecrypt(), Configured: current && k.File != "",
	}
	if end, ends := key.Expires(); ends {
		end = end.UTC()
		i.Expires = &end
	}
	return i, nil
}

// List tells of the current key and of those that are kept for reading.
func (k *Keeper) List(ctx context.Context) ([]Info, error) {
	key, err := k.Key(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := k.former(ctx)
	if err != nil {
		return nil, err
	}
	var out []Info
	for i, one := range append([]*pgp.PrivateKey{key}, kept...) {
		if i > 0 && one.Fingerprint() == key.Fingerprint() {
			continue
		}
		info, err := k.info(one, i == 0)
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// Rotate makes a new key of the house's own; the one before stays for reading.
// Errors: cvd.ErrNotReady if the key comes from the configuration.
func (k *Keeper) Rotate(ctx context.Context) (Info, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.mine(); err != nil {
		return Info{}, err
	}
	next, err := k.generate()
	if err != nil {
		return Info{}, err
	}
	return k.take(ctx, next)
}

func (k *Keeper) mine() error {
	if k.File != "" {
		return fmt.Errorf("%w: the key is the one that openpgp_key_file names; put another key into that file, and the former one stays for reading by itself", cvd.ErrNotReady)
	}
	return nil
}

func (k *Keeper) take(ctx context.Context, next *pgp.PrivateKey) (Info, error) {
	old, was, err := k.kept(ctx)
	if err != nil {
		return Info{}, err
	}
	if err := k.replace(ctx, next, old, was); err != nil {
		return Info{}, err
	}
	k.key = next
	return k.info(next, true)
}

// Import brings a private key, armored and without a passphrase: as the current one
// from now on, or only for reading mail that is encrypted to it. Errors: cvd.Faults
// for a key that does not do for that, cvd.ErrNotReady if the current key comes from
// the configuration.
func (k *Keeper) Import(ctx context.Context, armored []byte, reading bool) (Info, error) {
	unfit := func(problem, remedy string) error {
		return cvd.Faults{{Field: "file", Problem: problem, Remedy: remedy}}
	}
	key, err := pgp.ReadPrivate(armored)
	if err != nil {
		return Info{}, unfit("is not one armored private key without a passphrase", "export it with its secret parts, armored, and remove the passphrase first")
	}
	if !key.CanDecrypt() {
		return Info{}, unfit("has no subkey for encryption, so nobody can encrypt mail to it", "add one, and export the key again")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if reading {
		if err := k.keep(ctx, key); err != nil {
			return Info{}, err
		}
		return k.info(key, false)
	}
	if err := k.mine(); err != nil {
		return Info{}, err
	}
	if _, err := key.SignDetached(nil, k.Now()); err != nil {
		return Info{}, unfit("cannot sign now: it has ended, is not yet good, or its signing part is missing", "extend it, or bring another key")
	}
	if k.ending(key) {
		return Info{}, unfit(fmt.Sprintf("ends in less than %d days", k.Renew/(24*time.Hour)), "extend it first: at that age Fairlead would replace it at once")
	}
	return k.take(ctx, key)
}

// Export is the current public key, armored.
func (k *Keeper) Export(ctx context.Context) (Public, error) {
	key, err := k.Key(ctx)
	if err != nil {
		return Public{}, err
	}
	return publicOf(key)
}

// Routes offers the operator's acts; handle guards them.
func (k *Keeper) Routes(handle func(pattern string, do func(r *http.Request) (any, error))) {
	handle("GET /api/v1/admin/openpgp", func(r *http.Request) (any, error) {
		keys, err := k.List(r.Context())
		return map[string]any{"keys": keys}, k.ready(err)
	})
	handle("POST /api/v1/admin/openpgp/rotate", func(r *http.Request) (any, error) {
		info, err := k.Rotate(r.Context())
		return info, k.ready(err)
	})
	handle("POST /api/v1/admin/openpgp/import", func(r *http.Request) (any, error) {
		var in struct {
			Key     string
			Reading bool
		}
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxKeyFile)).Decode(&in); err != nil {
			return nil, cvd.ErrUnreadable
		}
		info, err := k.Import(r.Context(), []byte(in.Key), in.Reading)
		return info, k.ready(err)
	})
	handle("GET /api/v1/admin/openpgp/export", func(r *http.Request) (any, error) {
		public, err := k.Export(r.Context())
		return map[string]any{"fingerprint": public.Fingerprint, "key": string(public.Armored)}, k.ready(err)
	})
}

// ready says why there is no key yet.
func (k *Keeper) ready(err error) error {
	if errors.Is(err, cvd.ErrNotFound) {
		return fmt.Errorf("%w: the key is made when the first version of the policy is in effect", cvd.ErrNotReady)
	}
	return err
}
