package channels_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/seal"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
)

var start = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)

type board struct {
	*channels.Board
	box  *inbox.Box
	now  time.Time
	sent []string
	fail error
}

func open(t *testing.T) *board {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(dir, "db"), sqlstore.Options{})
	must(err)
	t.Cleanup(func() { _ = st.Close() })
	keys, err := seal.NewKeyring()
	must(err)
	v, err := vault.Open(ctx, st, keys, start)
	must(err)
	blobs, err := blob.Dir(filepath.Join(dir, "blobs"))
	must(err)
	b := &board{now: start}
	now := func() time.Time { return b.now }
	b.box = inbox.Open(inbox.Config{Store: st, Vault: v, Blobs: blobs, Now: now, Rand: rand.Reader})
	send := func(_ context.Context, id string) error {
		b.sent = append(b.sent, id)
		return b.fail
	}
	b.Board = channels.New(channels.Config{
		Box: b.box, Host: "security.example.org", Now: now,
		Mark: func(text string) string {
			sum := sha256.Sum256([]byte("secret" + text))
			return hex.EncodeToString(sum[:16])
		},
		Ways: []channels.Way{{Name: "web", Server: true}, {Name: "smtp", Send: send}, {Name: "imap/old"}, {Name: "relay", Out: true}},
	})
	return b
}

var lead = cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}

func (b *board) states(t *testing.T) string {
	t.Helper()
	all, err := b.List(context.Background(), lead)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range all {
		out = append(out, all[i].Name+"="+string(all[i].State(b.now)))
	}
	return strings.Join(out, " ")
}

func TestATestComesBackOrIsMissed(t *testing.T) {
	b, ctx := open(t), context.Background()
	expect := func(want string) {
		t.Helper()
		if got := b.states(t); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	b.box.NoteDoor(inbox.Note{Door: "smtp", Opened: true})
	expect("web=works smtp=quiet imap/old=closed relay=quiet")
	if err := b.Test(ctx, lead, "smtp"); err != nil {
		t.Fatal(err)
	}
	expect("web=works smtp=testing imap/old=closed relay=quiet")
	name, sent, ok := b.Read(b.sent[0])
	if !ok || name != "smtp" || !sent.Equal(start) {
		t.Fatalf("%q %v %v", name, sent, ok)
	}
	b.now = start.Add(3 * time.Second)
	b.box.NoteDoor(inbox.Note{Door: name, Probe: b.now.Sub(sent)})
	expect("web=works smtp=works imap/old=closed relay=quiet")

	// The next day it is tested by itself; nothing arrives, and nobody tries again
	// before the day is over.
	for range 2 {
		b.now = start.Add(25 * time.Hour)
		if err := b.Tick(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.sent) != 2 {
		t.Errorf("%d tests were sent", len(b.sent))
	}
	if dead, err := b.Dead(ctx); err != nil || len(dead) != 0 {
		t.Errorf("%v %v", dead, err)
	}
	b.now = b.now.Add(channels.Limit + time.Second)
	expect("web=works smtp=dead imap/old=closed relay=quiet")
	if dead, err := b.Dead(ctx); err != nil || len(dead) != 1 || dead[0] != "smtp" {
		t.Errorf("%v %v", dead, err)
	}
	// What was written down outlives the process.
	if err := b.box.Flush(ctx, true); err != nil {
		t.Fatal(err)
	}
	b.box = inbox.Open(b.box.Config)
	b.Box = b.box
	b.box.NoteDoor(inbox.Note{Door: "smtp", Opened: true})
	expect("web=works smtp=dead imap/old=closed relay=quiet")
}

func TestATestThatCannotBeSent(t *testing.T) {
	b, ctx := open(t), context.Background()
	b.fail = errors.New("connection refused")
	if err := b.Test(ctx, lead, "smtp"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if got := b.states(t); !strings.Contains(got, "smtp=failing") {
		t.Error(got)
	}
	for _, name := range []string{"web", "imap/old", "nothing"} {
		if err := b.Test(ctx, lead, name); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	auditor := cvd.Actor{Kind: cvd.ActorMember, ID: "m-2", Roles: []cvd.Role{cvd.RoleAuditor}}
	if err := b.Test(ctx, auditor, "smtp"); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("an auditor: %v", err)
	}
	if _, err := b.List(ctx, auditor); err != nil {
		t.Errorf("an auditor looks: %v", err)
	}
	if _, err := b.List(ctx, cvd.Stranger); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("a stranger looks: %v", err)
	}
}

func TestNobodyElseMakesTests(t *testing.T) {
	b := open(t)
	id := b.ID("imap/team box", start)
	if name, _, ok := b.Read(id); !ok || name != "imap/team box" {
		t.Errorf("%q", name)
	}
	if local, _, _ := strings.Cut(id, "@"); len(local) > 64+32 || strings.ContainsAny(local, "/ <>") {
		t.Errorf("%s is no Message-ID", id)
	}
	for _, forged := range []string{
		"", "probe", "probe.a.b.c@x", strings.Replace(id, "probe.", "probe.a", 1), "x" + id, strings.ToUpper(id),
		strings.Replace(id, "@", "0@", 1), strings.TrimSuffix(strings.Split(id, "@")[0], "a"),
	} {
		if name, _, ok := b.Read(forged); ok && forged != strings.Split(id, "@")[0] {
			t.Errorf("%s passes as a test of %s", forged, name)
		}
	}
	b.now = start.Add(8 * 24 * time.Hour)
	if _, _, ok := b.Read(id); ok {
		t.Error("a test is good for ever")
	}
}
