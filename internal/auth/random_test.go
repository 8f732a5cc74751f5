package auth_test

import (
	"encoding/base64"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
)

// Sessions, links and tokens have 256 bits, differ, and none of those that live long
// opens a session: each session is made for one sign-in (ASVS 5.0.0, V7.2.2 and V7.2.3).
func TestSessionsAreMadeAtRandomForEachSignIn(t *testing.T) {
	d := open(t)
	seen := map[string]bool{}
	take := func(what, secret string) {
		t.Helper()
		b, err := base64.RawURLEncoding.DecodeString(secret)
		if err != nil || len(b) != 32 {
			t.Errorf("%s has %d bits: %v", what, 8*len(b), err)
		}
		if seen[secret] {
			t.Errorf("%s came twice", what)
		}
		seen[secret] = true
	}
	ones := make([]int, 256)
	const many = 2000
	for range many {
		secret := keeper.NewSecret()
		take("a secret", secret)
		b, _ := base64.RawURLEncoding.DecodeString(secret)
		for i := range ones {
			ones[i] += int(b[i/8]>>(i%8)) & 1
		}
	}
	for i, n := range ones { // six times the standard deviation of a fair coin
		if n < many/2-135 || n > many/2+135 {
			t.Errorf("bit %d is set %d times of %d", i, n, many)
		}
	}
	for range 5 {
		code, err := d.NewLink(t.Context(), d.lead.ID, time.Hour)
		d.ok(err)
		take("a link", code)
		s, err := d.UseLink(t.Context(), code)
		d.ok(err)
		take("a session", s.Token)
		if d.alive(code) {
			t.Error("a link is a session")
		}
	}
	receipt, actor := d.receipt("FL-2026-AAAAAA2")
	for range 2 {
		s, err := d.StartReporter(t.Context(), actor)
		d.ok(err)
		take("a reporter's session", s.Token)
	}
	token, _, err := d.CreateToken(t.Context(), cvd.System, auth.Token{Name: "x", Member: d.lead.ID, Expires: d.clock.now().Add(time.Hour)})
	d.ok(err)
	take("a token", token[len(token)-keeper.SecretChars:])
	for what, secret := range map[string]string{"a token": token, "a receipt": receipt, "an id": d.lead.ID, "an address": leadEmail} {
		if d.alive(secret) {
			t.Errorf("%s is a session", what)
		}
	}
}

// A password that nobody changes opens the desk as long as there is a desk (ASVS
// 5.0.0, V6.2.10).
func TestAPasswordHasNoEnd(t *testing.T) {
	d := open(t)
	const password = "seven-quiet-herons-at-dusk"
	d.password(d.lead, password)
	for range 3 {
		d.clock.pass(5 * 365 * 24 * time.Hour)
		s, err := d.SignIn(t.Context(), leadEmail, password, "192.0.2.1")
		d.ok(err)
		if s.Half || !d.alive(s.Token) {
			t.Errorf("after years the session is %+v", s)
		}
	}
}
