// Package wkd is the Web Key Directory (draft-koch-openpgp-webkey-service): it gives
// out the team's OpenPGP key by mail address, and fetches that of a reporter where the
// operator allows it.
//
// It never gives out a key for an address that is not a contact of the policy, never
// asks a host that the operator did not name, and trusts no key for where it came
// from.
package wkd

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the draft's name for an address, not a protection
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/pgp"
)

// root is where the directory stands on a host (section 3.1).
const root = "/.well-known/openpgpkey/"

// zbase is z-base-32 as the draft uses it (RFC 6189 section 5.1.6).
var zbase = base32.NewEncoding("ybndrfg8ejkmcpqxot1uwisza345h769").WithPadding(base32.NoPadding)

// hash names the local part of an address in the directory: ASCII letters count
// without their case.
func hash(local string) string {
	sum := sha1.Sum([]byte(lower(local))) //nolint:gosec // see above
	return zbase.EncodeToString(sum[:])
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Server gives out the key of the team.
type Server struct {
	// Key is the current public key.
	Key func(ctx context.Context) (*pgp.PublicKey, error)
	// Mails are the addresses that the key is for.
	Mails func() []string
	Now   func() time.Time
}

// Register adds the directory to mux: the direct way, under the domain's own host, and
// the advanced one, under openpgpkey.DOMAIN, which must be the host that was asked.
func (s Server) Register(mux *http.ServeMux) {
	mux.Handle("GET "+root+"{rest...}", s)
}

// ServeHTTP answers with the key in binary, only with the user ids of the address that
// was asked for; with the empty policy file; or with 404.
func (s Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	b, media := s.answer(r)
	if media == "" {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	sum := sha256.Sum256(b)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Content-Type", media)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func (s Server) answer(r *http.Request) (b []byte, media string) {
	domain, rest, ok := asked(r)
	if !ok {
		return nil, ""
	}
	here := false
	for _, mail := range s.Mails() {
		local, at, _ := strings.Cut(mail, "@")
		if lower(at) != domain {
			continue
		}
		here = true
		name, found := strings.CutPrefix(rest, "hu/")
		if !found || name != hash(local) || !fits(r, name) {
			continue
		}
		key, err := s.Key(r.Context())
		if err != nil || !key.CanEncrypt(s.Now()) {
			return nil, ""
		}
		if b, err := key.Only(mail, s.Now()); err == nil {
			return b, "application/octet-stream"
		}
	}
	if here && rest == "policy" {
		return []byte{}, "text/plain; charset=utf-8"
	}
	return nil, ""
}

// asked is the domain that a request is about, and what stands behind it.
func asked(r *http.Request) (domain, rest string, ok bool) {
	host := lower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	rest = r.PathValue("rest")
	if under, advanced := strings.CutPrefix(host, "openpgpkey."); advanced {
		domain, rest, ok = strings.Cut(rest, "/")
		return under, rest, ok && lower(domain) == under
	}
	return host, rest, true
}

// fits tells whether the local part beside the hash, where one is given, is the one
// that the hash names.
func fits(r *http.Request, name string) bool {
	local := r.URL.Query().Get("l")
	return local == "" || hash(local) == name
}
