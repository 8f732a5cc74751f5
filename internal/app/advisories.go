package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/csaf/report"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/advisory/cyclonedx"
	"fairlead/internal/advisory/ghsa"
	"fairlead/internal/advisory/openvex"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/advisory/page"
	"fairlead/internal/app/exchange"
	"fairlead/internal/cvd"
	"fairlead/internal/publish"
	"fairlead/internal/register"
)

// formats are those in which every advisory is published, in the order in which
// readers are offered them. A new one is one line.
var formats = []advisory.Format{
	csaf.Format,
	csaf.VEX,
	osv.Format,
	cve5.Format,
	openvex.Format,
	cyclonedx.Format,
	page.Format,
}

// readable are those that an import reads besides.
var readable = []advisory.Format{ghsa.Format}

// checks say what is wrong with a document that somebody wrote. A format without
// one is checked by being read.
var checks = map[string]func(doc []byte) []advisory.Finding{
	csaf.Format.Name:      report.CheckAny,
	osv.Format.Name:       osv.Check,
	cve5.Format.Name:      cve5.Check,
	openvex.Format.Name:   openvex.Check,
	cyclonedx.Format.Name: cyclonedx.Check,
}

// openRegister makes the register of what is published. It reads nothing yet.
func (h *House) openRegister() {
	h.Register = register.Open(register.Config{
		Store: h.Store, Vault: h.Vault, Now: h.Options.Clock.Now,
		Formats: formats, Publisher: h.Publisher, Sign: h.signing.Detached, Key: h.signing.Fingerprint,
	})
}

// complete writes in every format what came in before anybody could publish it.
func (h *House) complete(ctx context.Context) {
	if _, err := h.Register.Complete(ctx); err != nil && ctx.Err() == nil {
		h.failed("imported advisories could not be written in every format", err)
	}
}

// exported are those that are written when somebody asks for them, and published nowhere.
var exported = []advisory.Format{csaf.Next}

// Documents reads, writes and checks documents without a house.
func Documents() *exchange.Exchange {
	return &exchange.Exchange{Formats: slices.Concat(formats, readable, exported), Checks: checks, Now: time.Now}
}

// Exchange brings advisories in and out in the forms of others.
func (h *House) Exchange() *exchange.Exchange {
	x := Documents()
	x.Register, x.Publisher, x.Now = h.Register, h.Publisher, h.Options.Clock.Now
	return x
}

// Publisher is who publishes advisories by the policy in effect.
func (h *House) Publisher() advisory.Publisher {
	// No version of ours: the same record is to give the same bytes.
	p := advisory.Publisher{Base: strings.TrimSuffix(h.Base(), "/"), OSVPrefix: "x_", Engine: "Fairlead"}
	if c := h.Config.CVE; c != nil {
		p.CVEOrg, p.CVEShort = c.OrgID, c.Org
	}
	cur := h.Book.Current()
	if cur == nil {
		return p
	}
	p.Name, p.Namespace, p.OSVPrefix = cur.Policy.Organisation.Name, cur.Policy.Advisories.Namespace, cur.Policy.Advisories.OSVPrefix
	if p.Namespace == "" {
		p.Namespace = p.Base
	}
	if len(cur.Policy.Contacts) > 0 {
		p.Contact = cur.Policy.Contacts[0].URI
	}
	return p
}

// resign signs anew what another key than the present one signed.
func (h *House) resign(ctx context.Context) {
	if h.Book.Current() == nil {
		return
	}
	if _, err := h.Register.Resign(ctx); err != nil && ctx.Err() == nil {
		h.failed("what is published could not be signed anew", err)
	}
}

// lint judges a record as this house would publish it.
func (h *House) lint(a *cvd.Advisory) []advisory.Finding { return advisory.Lint(a, h.Publisher()) }

// publicKeys are those that signatures over what is published are checked with.
func (h *House) publicKeys(ctx context.Context) ([]publish.Key, error) {
	keys, err := h.signing.Publics(ctx)
	out := make([]publish.Key, len(keys))
	for i, k := range keys {
		out[i] = publish.Key(k)
	}
	return out, err
}

// publish adds what programs read to the public face.
func (h *House) publish(mux *http.ServeMux) error {
	return publish.Register(mux, publish.Config{
		Register: h.Register, Auth: h.Auth, Words: h.Words, Languages: h.languages, Now: h.Options.Clock.Now, Publisher: h.Publisher, Keys: h.publicKeys,
		Since: func() time.Time {
			if cur := h.Book.Current(); cur != nil {
				return cur.Effective
			}
			return time.Time{}
		},
		From: h.proxies().Client, Log: h.Options.Log, Unlimited: h.Options.Unlimited,
	})
}

// languages are those of the policy, the first being that of its own texts.
func (h *House) languages() []string {
	if cur := h.Book.Current(); cur != nil {
		return cur.Policy.Languages
	}
	return nil
}
