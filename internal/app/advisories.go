package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/app/histories"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
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

// sign makes a detached signature with the key that signs security.txt.
func (h *House) sign(b []byte, at time.Time) ([]byte, error) {
	cur := h.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotReady)
	}
	h.signer.mu.Lock()
	defer h.signer.mu.Unlock()
	key, err := h.signingKey(context.Background(), cur.Policy)
	if err != nil {
		return nil, err
	}
	return key.SignDetached(b, at)
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
