package pgp

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
)

func TestUserIDs(t *testing.T) {
	k, err := GenerateFor("Example", []string{"security@example.org", "psirt@example.org"}, born, life)
	if err != nil {
		t.Fatal(err)
	}
	more, err := k.With("Example", "cert@example.org", now)
	if err != nil {
		t.Fatal(err)
	}
	pub := public(t, more)
	if got := pub.Addresses(); !slices.Equal(got, []string{"cert@example.org", "psirt@example.org", "security@example.org"}) || more.Fingerprint() != k.Fingerprint() {
		t.Errorf("addresses %q", got)
	}
	if at, ok := more.Expires(); !ok || !at.Equal(born.Add(life)) {
		t.Errorf("with a further user id it ends %v, %v", at, ok)
	}
	if len(public(t, k).Addresses()) != 2 {
		t.Error("the key itself was changed")
	}
	if _, err := k.With("Example", "late@example.org", born.Add(life)); !errors.Is(err, ErrKey) {
		t.Errorf("a key that has ended: %v", err)
	}
	only, err := pub.Only("PSIRT@example.org", now)
	only = text(t, only, err)
	back, err := ReadCarried(only)
	if err != nil || !slices.Equal(back.Addresses(), []string{"psirt@example.org"}) || !back.CanEncrypt(now) || bytes.Contains(only, []byte("security@")) {
		t.Errorf("one user id alone: %v", err)
	}
	if at, ok := back.Expires(); !ok || !at.Equal(born.Add(life)) {
		t.Errorf("with one user id it ends %v, %v", at, ok)
	}
	if len(pub.Addresses()) != 3 {
		t.Error("the whole key lost user ids")
	}
	if _, err := pub.Only("other@example.org", now); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("an address that it does not have: %v", err)
	}
	if back.HasAddress("security@example.org", now) || !back.HasAddress("psirt@example.org", now) || back.HasAddress("psirt@example.org", born.Add(-time.Hour)) {
		t.Error("addresses are told wrongly")
	}
	for in, want := range map[string]string{
		"A B <a@Example.org>": "a@example.org", "a@example.org": "a@example.org", "<a@example.org>": "a@example.org", "A": "", "": "",
		"a@example.org <b@example.org>": "b@example.org", "A <a@example.org> B": "",
	} {
		if got := addressIn(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestGnuPGKnowsOurUserIDs(t *testing.T) {
	g := newGnupg(t)
	k, err := GenerateFor("Example", []string{"security@example.org", "psirt@example.org"}, born, life)
	if err != nil {
		t.Fatal(err)
	}
	if k, err = k.With("Example", "cert@example.org", now); err != nil {
		t.Fatal(err)
	}
	raw, err := public(t, k).Binary()
	g.run(t, text(t, raw, err), "--import")
	out, _ := g.run(t, nil, "--with-colons", "--list-keys")
	for _, who := range []string{"security@", "psirt@", "cert@"} {
		if !strings.Contains(string(out), who+"example.org") {
			t.Errorf("no %s in\n%s", who, out)
		}
	}
}
