package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/app/histories"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/publish"
	"fairlead/internal/register"
	"fairlead/internal/store"
)

// formats are those in which every advisory is published, in the order in which
// readers are offered them. A new one is one line.
var formats = []advisory.Format{}

// openRegister makes the register of what is published. It reads nothing yet.
func (h *House) openRegister() {
	h.Register = register.Open(register.Config{
		Store: h.Store, Vault: h.Vault, Now: h.Options.Clock.Now,
		Formats: formats, Publisher: h.Publisher, Sign: h.sign,
	})
}

// Publisher is who publishes advisories by the policy in effect.
func (h *House) Publisher() advisory.Publisher {
	// No version of ours: the same record is to give the same bytes.
	p := advisory.Publisher{Base: strings.TrimSuffix(h.Base(), "/"), OSVPrefix: "x_", Engine: "Fairlead"}
	cur := h.Book.Current()
	if cur == nil {
		return p
	}
	p.Name, p.Namespace = cur.Policy.Organisation.Name, cur.Policy.Organisation.URL
	if p.Namespace == "" {
		p.Namespace = p.Base
	}
	if len(cur.Policy.Contacts) > 0 {
		p.Contact = cur.Policy.Contacts[0].URI
	}
	return p
}

// recordPublicKey keeps each key that ever signed a published document, by its
// fingerprint: its successor does not make old signatures unreadable.
const recordPublicKey store.RecordKind = "openpgp-public"

// sign makes a detached signature with the key that signs security.txt.
func (h *House) sign(b []byte, at time.Time) ([]byte, error) {
	cur := h.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotReady)
	}
	ctx, s := context.Background(), &h.signer
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := h.signingKey(ctx, cur.Policy)
	if err != nil {
		return nil, err
	}
	if s.noted != key.Fingerprint() {
		if err := h.noteKey(ctx, key, at); err != nil {
			return nil, err
		}
		s.noted = key.Fingerprint()
	}
	return key.SignDetached(b, at)
}

// noteKey keeps the public half before anything is signed.
func (h *House) noteKey(ctx context.Context, key *pgp.PrivateKey, at time.Time) error {
	one, err := publicOf(key)
	if err != nil {
		return err
	}
	rec, err := h.Vault.Seal(store.Record{Kind: recordPublicKey, ID: one.Fingerprint, At: at}, string(one.Armored))
	if err != nil {
		return err
	}
	return h.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
}

func publicOf(key *pgp.PrivateKey) (publish.Key, error) {
	public, err := key.Public()
	if err != nil {
		return publish.Key{}, err
	}
	armored, err := public.Armor()
	return publish.Key{Fingerprint: public.Fingerprint(), Armored: armored}, err
}

// keysMost is how many keys of former years are offered at most.
const keysMost = 50

// publicKeys are the key that signs, and those that signed what is published.
func (h *House) publicKeys(ctx context.Context) ([]publish.Key, error) {
	cur := h.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrUnavailable)
	}
	h.signer.mu.Lock()
	key, err := h.signingKey(ctx, cur.Policy)
	h.signer.mu.Unlock()
	if err != nil {
		return nil, err
	}
	now, err := publicOf(key)
	if err != nil {
		return nil, err
	}
	out := []publish.Key{now}
	err = h.Store.View(ctx, func(tx store.Tx) error {
		out = out[:1]
		recs, err := tx.Records(recordPublicKey, "", keysMost)
		for _, rec := range recs {
			var armored string
			if rec.ID == now.Fingerprint {
				continue
			}
			if err := h.Vault.Read(rec, &armored); err != nil {
				return err
			}
			out = append(out, publish.Key{Fingerprint: rec.ID, Armored: []byte(armored)})
		}
		return err
	})
	return out, err
}

// publish adds what programs read to the public face.
func (h *House) publish(mux *http.ServeMux, secure func(*http.Request) bool) error {
	return publish.Register(mux, publish.Config{
		Register: h.Register, Auth: h.Auth, Words: h.Words, Now: h.Options.Clock.Now, Publisher: h.Publisher, Keys: h.publicKeys,
		Since: func() time.Time {
			if cur := h.Book.Current(); cur != nil {
				return cur.Effective
			}
			return time.Time{}
		},
		From: h.address, Secure: secure, Log: h.Options.Log, Unlimited: h.Options.Unlimited,
	})
}

// checkRegister adds what a check of the published advisories finds.
func (h *House) checkRegister(ctx context.Context, out *Checked) error {
	v, err := h.Register.Verify(ctx)
	if err != nil {
		return err
	}
	out.Events += v.Events
	out.Published = v.Events
	for _, text := range v.Faults {
		out.Findings = append(out.Findings, histories.Finding{What: "fault", Where: "advisories", Text: text})
	}
	return nil
}
