package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// FlowLife is how long somebody has at the provider.
const FlowLife = 10 * time.Minute

// flow is the sealed content of a record of kind keeper.RecordFlow. Its id is the blind
// digest of the state, which stands nowhere else.
type flow struct {
	Provider string    `json:"provider"`
	Issuer   string    `json:"issuer"`
	Browser  string    `json:"browser"` // blind digest of what the cookie holds
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Redirect string    `json:"redirect"`
	Until    time.Time `json:"until"`
	Member   string    `json:"member,omitempty"` // who links an account; empty where somebody signs in
	Next     string    `json:"next,omitempty"`
	Anew     bool      `json:"anew,omitempty"`

	Kept url.Values `json:"kept,omitempty"`
}

// Start is a way begun.
type Start struct {
	Address string // at the provider
	Browser string // for a cookie of this browser, for as long as FlowLife
	Name    string // of the provider
}

// Errand is what somebody goes to a provider for.
type Errand struct {
	Link string // id of the member who links an account; empty to sign in
	Next string // where on the desk they want to go then
	Back string // the address to which the provider sends them back
	From string // whom limits are counted for; empty for nobody
	Anew bool   // they show there once more who they are, even if they are known there
	// Kept are the fields of a form that waits for them, sealed here for as long as they
	// are away; at most MostKept bytes.
	Kept url.Values
}

// MostKept is how much of a form may wait, in bytes of its names and values: anybody can
// begin, so it is far more than people type and far less than would fill a disk.
const MostKept = 256 << 10

func (w *Ways) stateID(state string) string { return w.Vault.Blind("auth/provider-state", state) }

func (w *Ways) browserID(browser string) string {
	return w.Vault.Blind("auth/provider-browser", browser)
}

// Begin writes down that somebody goes to the provider, and says where that is. An
// unknown provider is cvd.ErrNotFound, and one that does not answer a Failure.
func (w *Ways) Begin(ctx context.Context, id string, e Errand) (Start, error) {
	p := w.party(id)
	if p == nil {
		return Start{}, cvd.ErrNotFound
	}
	size := 0
	for name, values := range e.Kept {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > MostKept {
		return Start{}, cvd.ErrTooLarge
	}
	if e.From != "" {
		if ok, wait := w.begins.Allow(e.From); !ok {
			return Start{}, auth.Limited{After: wait}
		}
	}
	k, err := p.about(ctx)
	if err != nil {
		w.tell(err)
		return Start{}, err
	}
	now, state, browser := w.k.Now(), keeper.NewSecret(), keeper.NewSecret()
	f := flow{
		Provider: p.ID, Issuer: p.Issuer, Browser: w.browserID(browser), Nonce: keeper.NewSecret(), Verifier: oauth2.GenerateVerifier(),
		Redirect: e.Back, Until: now.Add(FlowLife), Member: e.Link, Next: e.Next, Anew: e.Anew, Kept: e.Kept,
	}
	rec, err := w.Vault.Seal(store.Record{Kind: keeper.RecordFlow, ID: w.stateID(state), At: now, Expires: f.Until}, f)
	if err == nil {
		err = w.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
	}
	if err != nil {
		return Start{}, err
	}
	config := k.config
	config.RedirectURL = f.Redirect
	ask := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if len(p.ACR) > 0 {
		ask = append(ask, oauth2.SetAuthURLParam("acr_values", strings.Join(p.ACR, " ")))
	}
	switch {
	case e.Anew: // the second for those that do not know the first
		ask = append(ask, oauth2.SetAuthURLParam("max_age", "0"), oauth2.SetAuthURLParam("prompt", "login"))
	case p.MaxAge > 0:
		ask = append(ask, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(p.MaxAge/time.Second))))
	}
	return Start{Address: config.AuthCodeURL(state, ask...), Browser: browser, Name: p.Name}, nil
}

// take uses up the flow that the answer belongs to. It must be of this browser and of
// this provider: each has an address of its own to come back to (RFC 9700 section
// 4.4.2.2).
func (w *Ways) take(ctx context.Context, p *party, browser string, q url.Values) (flow, error) {
	for name, values := range q {
		if len(values) > 1 {
			return flow{}, p.fail(Doubtful, "the answer says %q twice", clip(name))
		}
	}
	var f flow
	id := w.stateID(q.Get("state"))
	err := w.Store.View(ctx, func(tx store.Tx) error {
		f = flow{}
		_, err := w.k.Read(tx, keeper.RecordFlow, id, &f)
		return err
	})
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		return f, p.fail(Stale, "no such state")
	case err != nil:
		return f, err
	case subtle.ConstantTimeCompare([]byte(f.Browser), []byte(w.browserID(browser))) != 1:
		return f, p.fail(Stale, "begun in another browser")
	}
	n := 0
	err = w.Store.Update(ctx, func(tx store.Tx) (err error) {
		n, err = tx.DeleteRecords(store.Selection{Kind: keeper.RecordFlow, ID: id})
		return err
	})
	switch {
	case err != nil:
		return f, err
	case n != 1:
		return f, p.fail(Stale, "used at the same time")
	case !w.Now().Before(f.Until):
		return f, p.fail(Stale, "it took over %s", FlowLife)
	case f.Provider != p.ID || f.Issuer != p.Issuer:
		return f, p.fail(Doubtful, "begun with another provider")
	}
	return f, nil
}

// came checks what the provider sent along with the browser, before the code is shown
// to anybody.
func (p *party) came(k *known, q url.Values) error {
	iss, given := q.Get("iss"), q.Has("iss")
	switch {
	case given && iss != p.Issuer:
		return p.fail(Doubtful, "the answer comes from another issuer (RFC 9207)")
	case !given && k.says.Iss:
		return p.fail(Doubtful, "the answer does not say which issuer it comes from, as the provider says it does (RFC 9207)")
	case q.Get("error") == "access_denied":
		return p.fail(Denied, "access_denied")
	case q.Has("error"):
		return p.fail(Refused, "%q: %q", clip(q.Get("error")), clip(q.Get("error_description")))
	case q.Get("code") == "":
		return p.fail(Doubtful, "the answer holds no code")
	}
	return nil
}

// clip keeps the beginning of somebody else's text, for the log.
func clip(s string) string { return keeper.Clip(s, 200) }

// tell writes a failure into the operator's log.
func (w *Ways) tell(err error) {
	var f *Failure
	if errors.As(err, &f) {
		w.Log.Warn("a sign-in by a provider did not succeed", "provider", f.Provider, "reason", string(f.Reason), "why", fmt.Sprint(f.err))
	}
}
