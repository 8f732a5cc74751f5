package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"fairlead/internal/app/signing"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/policy"
)

// The life of a signed security.txt. It renews itself long before it ends, so
// an outage of weeks does not leave an expired file behind (RFC 9116, 2.5.5).
const (
	securityTxtLife  = 180 * 24 * time.Hour
	securityTxtRenew = 60 * 24 * time.Hour
)

// signer keeps the signed file of each host.
type signer struct {
	mu      sync.Mutex
	files   map[string]*signedTxt // by base URL
	version int
	idle    string // why nothing is signed, as an alarm's id; empty while it is
}

type signedTxt struct {
	text    []byte
	expires time.Time
	by      string // the fingerprint of the key
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
	key, err := h.signing.Key(ctx)
	if errors.Is(err, pgp.ErrKey) || (err != nil && h.Config.OpenPGPKeyFile != "") {
		s.idle = "key-unreadable"
		return policy.SecurityTxt(cur.Policy, unsigned(base, now))
	}
	if err != nil {
		return nil, err
	}
	if f := s.files[base]; f != nil && s.idle == "" && f.by == key.Fingerprint() {
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
	s.files[base], s.idle = &signedTxt{signed, view.Expires, key.Fingerprint()}, ""
	return signed, nil
}

func unsigned(base string, now time.Time) policy.SecurityTxtView {
	view := policy.SecurityTxtView{BaseURL: base, Now: now, Expires: now.Add(securityTxtLife).Truncate(time.Second)}
	if strings.HasPrefix(base, "https://") { // always: the provider is there before its first advisory
		view.CSAF = []string{base + "/.well-known/csaf/provider-metadata.json"}
	}
	return view
}

// PublicKeyPath is where the team's OpenPGP key is served.
const PublicKeyPath = "/.well-known/openpgp-key.asc"

// PublicKey is the armored key that verifies security.txt.
func (h *House) PublicKey(ctx context.Context) ([]byte, error) {
	if h.Book.Current() == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	key, err := h.signing.Key(ctx)
	if err != nil {
		return nil, err
	}
	public, err := key.Public()
	if err != nil {
		return nil, err
	}
	return public.Armor()
}

// openSigning makes the keeper of the key that speaks for the house. Nothing is
// read yet.
func (h *House) openSigning() {
	h.signing = &signing.Keeper{
		Store: h.Store, Vault: h.Vault, Now: h.Options.Clock.Now, File: h.Config.OpenPGPKeyFile, Renew: keyAlarm,
		Owner: func() (name, mail string, err error) {
			cur := h.Book.Current()
			if cur == nil {
				return "", "", fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
			}
			return cur.Policy.Organisation.Name + " security team", mailOf(cur.Policy), nil
		},
	}
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
func (h *House) KeyExpiry() (time.Time, bool) { return h.signing.Expires() }
