package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/policy"
	"fairlead/internal/store"
)

// The life of a signed security.txt. It renews itself long before it ends, so
// an outage of weeks does not leave an expired file behind (RFC 9116, 2.5.5).
const (
	securityTxtLife  = 180 * 24 * time.Hour
	securityTxtRenew = 60 * 24 * time.Hour
	signingKeyLife   = 4 * 365 * 24 * time.Hour
)

// recordSigningKey holds the OpenPGP key that the house made for itself.
const recordSigningKey store.RecordKind = "openpgp-key"

// signer keeps the signed file of each host.
type signer struct {
	mu      sync.Mutex
	key     *pgp.PrivateKey
	files   map[string]*signedTxt // by base URL
	version int
	idle    string // why nothing is signed, as an alarm's id; empty while it is
}

type signedTxt struct {
	text    []byte
	expires time.Time
}

// SecurityTxt is the signed file for the host that base names, made anew when
// the policy changed or its end is near. While the key cannot sign it comes unsigned,
// with an alarm: a file without a signature leads a finder to the team, none does not.
func (h *House) SecurityTxt(ctx context.Context, base string) ([]byte, error) {
	cur := h.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	if cur.Policy.PublicURL != "" {
		base = cur.Policy.PublicURL
	}
	now := h.Options.Clock.Now()
	s := &h.signer
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != cur.Number || len(s.files) > 64 {
		s.files, s.version = map[string]*signedTxt{}, cur.Number
	}
	key, err := h.signingKey(ctx, cur.Policy)
	if errors.Is(err, pgp.ErrKey) || (err != nil && h.Config.OpenPGPKeyFile != "") {
		s.idle = "key-unreadable"
		return policy.SecurityTxt(cur.Policy, unsigned(base, now))
	}
	if err != nil {
		return nil, err
	}
	if f := s.files[base]; f != nil && s.idle == "" {
		if left := f.expires.Sub(now); left > securityTxtRenew && left <= securityTxtLife { // more if the clock went back
			return f.text, nil
		}
	}
	view := unsigned(base, now)
	end, ends := key.Expires()
	if ends && !end.After(now) {
		s.idle = "key-ended"
		return policy.SecurityTxt(cur.Policy, view)
	}
	if ends && end.Before(view.Expires) {
		view.Expires = end.Truncate(time.Second)
	}
	if strings.HasPrefix(base, "https://") {
		view.Encryption = []string{base + PublicKeyPath}
	}
	text, err := policy.SecurityTxt(cur.Policy, view)
	if err != nil {
		return nil, err
	}
	signed, err := key.ClearSign(text, now)
	if errors.Is(err, pgp.ErrKey) { // it is made, by its own account, later than now
		s.idle = "key-early"
		return policy.SecurityTxt(cur.Policy, unsigned(base, now))
	}
	if err != nil {
		return nil, err
	}
	s.files[base], s.idle = &signedTxt{signed, view.Expires}, ""
	return signed, nil
}

func unsigned(base string, now time.Time) policy.SecurityTxtView {
	return policy.SecurityTxtView{BaseURL: base, Now: now, Expires: now.Add(securityTxtLife).Truncate(time.Second)}
}

// PublicKeyPath is where the team's OpenPGP key is served.
const PublicKeyPath = "/.well-known/openpgp-key.asc"

// PublicKey is the armored key that verifies security.txt.
func (h *House) PublicKey(ctx context.Context) ([]byte, error) {
	cur := h.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	h.signer.mu.Lock()
	defer h.signer.mu.Unlock()
	key, err := h.signingKey(ctx, cur.Policy)
	if err != nil {
		return nil, err
	}
	public, err := key.Public()
	if err != nil {
		return nil, err
	}
	return public.Armor()
}

// signingKey returns the configured key, or the house's own, made once. The
// caller holds the signer's lock.
func (h *House) signingKey(ctx context.Context, p *policy.Policy) (*pgp.PrivateKey, error) {
	s := &h.signer
	path := h.Config.OpenPGPKeyFile
	if s.key != nil && (path != "" || !h.ending(s.key)) {
		return s.key, nil
	}
	var err error
	if path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%w: OpenPGP key: %w", cvd.ErrUnavailable, err)
		}
		s.key, err = pgp.ReadPrivate(b)
		return s.key, err
	}
	if s.key, err = h.ownSigningKey(ctx, p); err == nil {
		s.files = map[string]*signedTxt{} // what an older key signed
	}
	return s.key, err
}

// ending tells whether a key is so near its end that a successor takes over.
func (h *House) ending(key *pgp.PrivateKey) bool {
	end, ends := key.Expires()
	return ends && end.Sub(h.Options.Clock.Now()) < keyAlarm
}

// ownSigningKey reads the key that the house made for itself, or makes one: the
// first, or the successor of one that ends.
func (h *House) ownSigningKey(ctx context.Context, p *policy.Policy) (*pgp.PrivateKey, error) {
	for range 3 {
		was := int64(0)
		armored := ""
		err := h.Store.View(ctx, func(tx store.Tx) error {
			rec, err := tx.Record(recordSigningKey, "1")
			if err != nil {
				return err
			}
			was = rec.Version
			return h.Vault.Read(rec, &armored)
		})
		if err == nil {
			key, err := pgp.ReadPrivate([]byte(armored))
			if err != nil || !h.ending(key) {
				return key, err
			}
		} else if !errors.Is(err, cvd.ErrNotFound) {
			return nil, err
		}
		key, err := h.makeSigningKey(ctx, p, was)
		if !errors.Is(err, cvd.ErrConflict) { // else another instance made one first
			return key, err
		}
	}
	return nil, fmt.Errorf("%w: no OpenPGP key could be kept", cvd.ErrUnavailable)
}

func (h *House) makeSigningKey(ctx context.Context, p *policy.Policy, was int64) (*pgp.PrivateKey, error) {
	now := h.Options.Clock.Now()
	key, err := pgp.Generate(p.Organisation.Name+" security team", mailOf(p), now, signingKeyLife)
	if err != nil {
		return nil, err
	}
	text, err := key.Armor()
	if err != nil {
		return nil, err
	}
	rec, err := h.Vault.Seal(store.Record{Kind: recordSigningKey, ID: "1", At: now}, string(text))
	if err != nil {
		return nil, err
	}
	return key, h.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, was) })
}

func mailOf(p *policy.Policy) string {
	for _, c := range p.Contacts {
		if addr, ok := strings.CutPrefix(c.URI, "mailto:"); ok {
			return addr
		}
	}
	return ""
}

// renewSecurityTxt signs the file of the house's own address ahead of its end,
// so that a request never waits for it and a key that expired is seen early.
func (h *House) renewSecurityTxt(ctx context.Context) error {
	if h.Book.Current() == nil {
		return nil
	}
	_, err := h.SecurityTxt(ctx, h.Base())
	return err
}

// Unsigned is why security.txt is not signed, as the id of an alarm, or "".
func (h *House) Unsigned() string {
	h.signer.mu.Lock()
	defer h.signer.mu.Unlock()
	return h.signer.idle
}

// KeyExpiry is when the key that signs security.txt ends, if it does.
func (h *House) KeyExpiry() (time.Time, bool) {
	h.signer.mu.Lock()
	defer h.signer.mu.Unlock()
	if h.signer.key == nil {
		return time.Time{}, false
	}
	return h.signer.key.Expires()
}
