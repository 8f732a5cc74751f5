package app

import (
	"context"
	"fmt"
	"time"

	"fairlead/internal/app/signing"
	"fairlead/internal/cvd"
)

// openSigning makes the keeper of the key that speaks for the house, and the signed
// security.txt. Nothing is read yet.
func (h *House) openSigning() {
	now := h.Options.Clock.Now
	h.signing = &signing.Keeper{
		Store: h.Store, Vault: h.Vault, Now: now, File: h.Config.OpenPGPKeyFile, Renew: keyAlarm,
		Owner: signing.OwnerIn(h.Book), Poke: h.poke,
	}
	h.signed = &signing.Text{Keeper: h.signing, Book: h.Book, Now: now}
}

// SecurityTxt is the signed file for the host that base names (signing.Text.For).
func (h *House) SecurityTxt(ctx context.Context, base string) ([]byte, error) {
	return h.signed.For(ctx, base)
}

// PublicKey is the armored key that verifies security.txt and that mail is encrypted to.
func (h *House) PublicKey(ctx context.Context) ([]byte, error) {
	if h.Book.Current() == nil {
		return nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
	}
	public, err := h.signing.Export(ctx)
	return public.Armored, err
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
func (h *House) Unsigned() string { return h.signed.Unsigned() }

// KeyExpiry is when the key that signs security.txt ends, if it does.
func (h *House) KeyExpiry() (time.Time, bool) { return h.signing.Expires() }
