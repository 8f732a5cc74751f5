// Package passkeytest is a device that keeps passkeys, for tests: it answers the
// options of a ceremony as a browser and its authenticator would, and lies where a
// test wants it to.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// Device keeps passkeys. Its fields may be changed between two answers.
type Device struct {
	T *testing.T
	// Origin is the site that the browser shows.
	Origin string
	// Domain is whose passkeys are asked for; empty takes the options' own.
	Domain string
	// Unverified leaves out that the owner was verified.
	Unverified bool
	// Synced says that the keys are kept by a service.
	Synced bool
	// Counter is the signature counter of the next answer; it grows by one.
	Counter uint32
	// Handle, if set, is told as the owner in place of the true one.
	Handle string

	keys []key
}

type key struct {
	id, handle []byte
	domain     string
	private    *ecdsa.PrivateKey
}

// New makes a device before a site.
func New(t *testing.T, origin string) *Device { return &Device{T: t, Origin: origin} }

// Clone is a copy of the device with its keys.
func (d *Device) Clone() *Device {
	c := *d
	return &c
}

// Keys is how many passkeys the device keeps.
func (d *Device) Keys() int { return len(d.keys) }

var b64 = base64.RawURLEncoding

func (d *Device) must(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

// flags of the authenticator data (W3C Web Authentication Level 3, section 6.1).
const (
	flagUP, flagUV, flagBE, flagBS, flagAT = 1, 4, 8, 16, 64
)

func (d *Device) data(domain string, extra byte) []byte {
	if d.Domain != "" {
		domain = d.Domain
	}
	sum := sha256.Sum256([]byte(domain))
	flags := byte(flagUP) | extra
	if !d.Unverified {
		flags |= flagUV
	}
	if d.Synced {
		flags |= flagBE | flagBS
	}
	out := append(sum[:], flags)
	out = binary.BigEndian.AppendUint32(out, d.Counter)
	if d.Counter > 0 {
		d.Counter++
	}
	return out
}

func (d *Device) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	d.must(err)
	return raw
}

// Create answers creation options with a new passkey.
func (d *Device) Create(options string) string {
	d.T.Helper()
	var o struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
		Selection struct {
			ResidentKey, UserVerification string
		} `json:"authenticatorSelection"`
	}
	d.must(json.Unmarshal([]byte(options), &o))
	if o.Selection.ResidentKey != "required" || o.Selection.UserVerification != "required" {
		d.T.Errorf("the options ask for %+v", o.Selection)
	}
	for _, not := range o.Exclude {
		for _, k := range d.keys {
			if b64.EncodeToString(k.id) == not.ID {
				return "" // InvalidStateError
			}
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.must(err)
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	handle, err := b64.DecodeString(o.User.ID)
	d.must(err)
	d.keys = append(d.keys, key{id, handle, o.RP.ID, private})

	data := d.data(o.RP.ID, flagAT)
	data = append(data, make([]byte, 16)...) // no maker
	data = binary.BigEndian.AppendUint16(data, uint16(len(id)))
	data = append(data, id...)
	data = append(data, cose(&private.PublicKey, d)...)
	object := []byte{0xa3}
	object = append(object, text("fmt")...)
	object = append(object, text("none")...)
	object = append(object, text("attStmt")...)
	object = append(object, 0xa0)
	object = append(object, text("authData")...)
	object = append(object, bytes(data)...)
	return d.answer(id, map[string]any{
		"clientDataJSON":    b64.EncodeToString(d.client("webauthn.create", o.Challenge)),
		"attestationObject": b64.EncodeToString(object), "transports": []string{"internal"},
	})
}

// Get answers request options with the newest fitting passkey; it is "" if there is
// none.
func (d *Device) Get(options string) string {
	d.T.Helper()
	var o struct {
		Challenge        string
		RPID             string                `json:"rpId"`
		Allow            []struct{ ID string } `json:"allowCredentials"`
		UserVerification string
	}
	d.must(json.Unmarshal([]byte(options), &o))
	if o.UserVerification != "required" {
		d.T.Errorf("the options ask for user verification %q", o.UserVerification)
	}
	for i := len(d.keys) - 1; i >= 0; i-- {
		k := d.keys[i]
		fits := len(o.Allow) == 0
		for _, a := range o.Allow {
			fits = fits || a.ID == b64.EncodeToString(k.id)
		}
		if !fits || k.domain != o.RPID {
			continue
		}
		data, client := d.data(k.domain, 0), d.client("webauthn.get", o.Challenge)
		hash := sha256.Sum256(client)
		digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
		sig, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
		d.must(err)
		handle := k.handle
		if d.Handle != "" {
			handle = []byte(d.Handle)
		}
		return d.answer(k.id, map[string]any{
			"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
			"signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString(handle),
		})
	}
	return ""
}

func (d *Device) answer(id []byte, response map[string]any) string {
	raw, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(id), "rawId": b64.EncodeToString(id), "type": "public-key",
		"authenticatorAttachment": "platform", "response": response,
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}}, // as some programs do unasked
	})
	d.must(err)
	return string(raw)
}

// cose is a public key of P-256 for ES256 (RFC 9053).
func cose(k *ecdsa.PublicKey, d *Device) []byte {
	raw, err := k.Bytes() // 4, x, y
	d.must(err)
	out := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}
	out = append(out, bytes(raw[1:33])...)
	out = append(out, 0x22)
	return append(out, bytes(raw[33:])...)
}

// text and bytes are strings in CBOR (RFC 8949).
func text(s string) []byte { return append([]byte{0x60 | byte(len(s))}, s...) }

func bytes(b []byte) []byte {
	if len(b) < 256 {
		return append([]byte{0x58, byte(len(b))}, b...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b))), b...)
}
