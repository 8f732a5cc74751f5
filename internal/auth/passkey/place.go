package passkey

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Why a site cannot offer passkeys at the address by which it is reached.
var (
	// ErrAddress says that it is reached by an IP address: a passkey belongs to a
	// name (W3C Web Authentication Level 3, section 5.1.3).
	ErrAddress = errors.New("passkeys need a name, and this site is reached by an address of numbers")
	// ErrInsecure says that it is reached without https, which browsers take for
	// passkeys on localhost only (section 5.1, SecureContext).
	ErrInsecure = errors.New("passkeys need https, and this site is reached without")
)

// Place is where passkeys are made and shown: a site as its visitors reach it.
type Place struct {
	Origin string // scheme, host and port
	Domain string // what its passkeys are bound to: the host alone (the RP ID)
	Name   string // whose site it is, as the browser's own window says
}

// At is the place with this origin. Where no passkey can work it says why:
// ErrAddress or ErrInsecure.
func At(origin, name string) (Place, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return Place{}, ErrInsecure
	}
	host := strings.ToLower(u.Hostname())
	if net.ParseIP(host) != nil || protocol.ValidateRPID(host) != nil {
		return Place{}, ErrAddress
	}
	if u.Scheme != "https" && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return Place{}, ErrInsecure
	}
	if name == "" {
		name = host
	}
	return Place{Origin: u.Scheme + "://" + strings.ToLower(u.Host), Domain: host, Name: name}, nil
}

// party is the place as the library asks for it. Attestation is not asked for:
// whichever maker's key a member trusts is theirs to choose. What programs that
// keep passkeys add unasked is ignored, since some always do.
func (p Place) party() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: p.Domain, RPDisplayName: p.Name, RPOrigins: []string{p.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: Life},
			Registration: webauthn.TimeoutConfig{Timeout: Life},
		},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}
