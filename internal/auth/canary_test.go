package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/passkey/passkeytest"
	"fairlead/internal/cvd"
)

// TestDatabaseTellsNothing reads the raw bytes of the database and its log
// after a busy day.
func TestDatabaseTellsNothing(t *testing.T) {
	d := open(t)
	ctx := auth.WithOrigin(t.Context(), "203.0.113.77", "CanaryBrowser/9.9")
	bo, err := d.AddMember(ctx, d.lead, cvd.Member{
		Name: "Bartholomew Lark", Email: "bartholomew@canary.example.org", Roles: []cvd.Role{cvd.RoleMember, cvd.RoleOfficer},
		Offices: []string{"Canary officer"}, Qualification: "canary breeder",
	})
	d.ok(err)
	link, err := d.NewLink(ctx, bo.ID, time.Hour)
	d.ok(err)
	s, err := d.UseLink(ctx, link)
	d.ok(err)
	unused, err := d.NewLink(ctx, bo.ID, time.Hour)
	d.ok(err)
	d.ok(d.SetPassword(auth.InSession(ctx, s), s.Actor, "", goodPassword))
	_, _ = d.SignIn(ctx, bo.Email, "wrong canary password", "203.0.113.78")
	_, err = d.register(s.Actor, passkeytest.New(t, site), "canary passkey")
	d.ok(err)
	secret, _, err := d.CreateToken(ctx, s.Actor, auth.Token{Name: "canary token"})
	d.ok(err)
	_, err = d.Token(ctx, secret)
	d.ok(err)
	code, actor := d.receipt("FL-2026-AAAAAA2")
	rs, err := d.StartReporter(ctx, actor)
	d.ok(err)

	files, err := filepath.Glob(filepath.Join(d.dir, "*"))
	d.ok(err)
	var raw []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		d.ok(err)
		raw = append(raw, b...)
	}
	if !bytes.Contains(raw, []byte(bo.ID)) {
		t.Fatal("the member's id is not in the raw bytes: this test reads the wrong files")
	}
	raw = bytes.ToLower(raw)
	for name, canary := range map[string]string{
		"name": "Bartholomew", "lead's name": "Quill", "email": "canary.example", "local part": "bartholomew@", "office": "Canary officer", "qualification": "canary breeder",
		"used link": link, "unused link": unused, "session": s.Token, "reporter's session": rs.Token, "password": "gantry", "wrong password": "wrong canary",
		"hash": "$argon2id$", "api token": secret, "api token's body": secret[3:], "token name": "canary token", "receipt": code, "receipt's words": strings.Join(strings.Split(code, "-")[:2], "-"),
		"address": "203.0.113", "agent": "CanaryBrowser", "what was done": string(auth.ActPasswordSet), "passkey's name": "canary passkey", "passkey's site": "security.example.org",
	} {
		if bytes.Contains(raw, []byte(strings.ToLower(canary))) {
			t.Errorf("%s stands readable in the database", name)
		}
	}
}
