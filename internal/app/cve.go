package app

import (
	"context"
	"fmt"

	"fairlead/internal/cvd"
	"fairlead/internal/outbox"
	"fairlead/internal/publish/cveservices"
	"fairlead/internal/publish/cveservices/cna"
	"fairlead/internal/store/vault/reserved"
)

// carryCVE adds what carries effects to the CVE Programme, where the configuration
// says that this house is a CNA.
func (h *House) carryCVE(carriers map[cvd.EffectKind]outbox.Carrier) error {
	c := h.Config.CVE
	if c == nil {
		return nil
	}
	kept := reserved.Book{Store: h.Store, Vault: h.Vault}
	client, err := cveservices.New(cveservices.Config{
		Environment: cveservices.Environment(c.Environment), Base: c.BaseURL, Org: c.Org, User: c.User, Live: c.Live,
		Key:    func(context.Context) (string, error) { return c.Key, nil },
		Keeper: kept, Now: h.Options.Clock.Now,
	})
	if err != nil {
		return fmt.Errorf("configuration, cve: %w", err)
	}
	carrier, err := cna.New(cna.Config{
		Cases: h.Desk.As(cvd.System), Published: h.Register, Client: client, Org: c.Org, Live: c.Live,
		Kept: kept.Kept, Publisher: h.Publisher, Voice: h.Words.In("en"),
	})
	if err != nil {
		return err
	}
	carriers[cvd.EffectCVERecord], carriers[cvd.EffectCVEReserve] = carrier, carrier
	return nil
}
