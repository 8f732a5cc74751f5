package signing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
)

// The life of a signed security.txt. It renews itself long before it ends, so
// an outage of weeks does not leave an expired file behind (RFC 9116, 2.5.5).
const (
	textLife  = 180 * 24 * time.Hour
	textRenew = 60 * 24 * time.Hour
)

// PublicKeyPath is where the key is served.
const PublicKeyPath = "/.well-known/openpgp-key.asc"

// Text keeps security.txt signed, for each host. It is safe for concurrent use.
type Text struct {
	Keeper *Keeper
	Book   *rulebook.Book
	Now    func() time.Time

	mu      sync.Mutex
	files   map[string]*signedText // by base URL
	version int
	idle    string // why nothing is signed, as an alarm's id; empty while it is
}

type signedText struct {
	text    []byte
	expires time.Time
	by      string // the fingerprint of the key
}

// For is the signed file for the host that base names, made anew when
// the policy changed or its end is near. While the key cannot sign it comes unsigned,
// with an alarm: a file without a signature leads a finder to the team, none does not.
func (t *Text) For(ctx context.Context, base string) ([]byte, error) {
	cur := t.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	if cur.Policy.PublicURL != "" {
		base = cur.Policy.PublicURL
	}
	now := t.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.version != cur.Number || len(t.files) > 64 {
		t.files, t.version = map[string]*signedText{}, cur.Number
	}
	key, err := t.Keeper.Key(ctx)
	if errors.Is(err, pgp.ErrKey) || (err != nil && t.Keeper.File != "") {
		t.idle = "key-unreadable"
		return policy.SecurityTxt(cur.Policy, unsigned(base, now))
	}
	if err != nil {
		return nil, err
	}
	if f := t.files[base]; f != nil && t.idle == "" && f.by == key.Fingerprint() {
		if left := f.expires.Sub(now); left > textRenew && left <= textLife { // more if the clock went back
			return f.text, nil
		}
	}
	view := unsigned(base, now)
	end, ends := key.Expires()
	if ends && !end.After(now) {
		t.idle = "key-ended"
		return policy.SecurityTxt(cur.Policy, view)
	}
	if ends && end.Before(view.Expires) {
		view.Expires = end.Truncate(time.Second)
	}
	if strings.HasPrefix(base, "https://") && key.CanDecrypt() {
		view.Encryption = []string{base + PublicKeyPath}
	}
	text, err := policy.SecurityTxt(cur.Policy, view)
	if err != nil {
		return nil, err
	}
	signed, err := key.ClearSign(text, now)
	if errors.Is(err, pgp.ErrKey) { // it is made, by its own account, later than now
		t.idle = "key-early"
		return policy.SecurityTxt(cur.Policy, unsigned(base, now))
	}
	if err != nil {
		return nil, err
	}
	t.files[base], t.idle = &signedText{signed, view.Expires, key.Fingerprint()}, ""
	return signed, nil
}

func unsigned(base string, now time.Time) policy.SecurityTxtView {
	view := policy.SecurityTxtView{BaseURL: base, Now: now, Expires: now.Add(textLife).Truncate(time.Second)}
	if strings.HasPrefix(base, "https://") { // always: the provider is there before its first advisory
		view.CSAF = []string{base + "/.well-known/csaf/provider-metadata.json"}
	}
	return view
}

// Unsigned is why security.txt is not signed, as the id of an alarm, or "".
func (t *Text) Unsigned() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.idle
}
