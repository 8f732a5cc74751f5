package clerks_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/clerks"
	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/outbox"
	"fairlead/internal/policy"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault/vaulttest"
	"fairlead/internal/words"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each channel of the configuration is tested by the way that it has, once a day; of a
// test that does not arrive the team is told once.
func TestChannelsOfTheConfiguration(t *testing.T) {
	now := time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, now)
	blobs, err := blob.Dir(t.TempDir())
	must(t, err)
	texts, err := words.Load()
	must(t, err)
	box := inbox.Open(inbox.Config{Store: st, Vault: v, Blobs: blobs, Now: clock, Rand: rand.Reader})
	p := &policy.Policy{Contacts: []policy.Contact{{URI: "mailto:security@example.org"}}}
	sent := map[string]string{} // by way and recipient
	c := clerks.New(clerks.Config{
		Mail: &config.Mail{From: "fairlead@example.org", LMTP: "/run/lmtp.sock", IMAP: []config.IMAP{
			{Name: "team", Username: "team@example.org"}, {Name: "old", Username: "old"},
		}},
		SMTP: true, CVE: true, Box: box, Words: texts, Store: st, Vault: v, Policy: func() *policy.Policy { return p }, Now: clock,
		Outbox: func(context.Context) (outbox.Status, error) { return outbox.Status{Pending: 3}, nil }, Poke: func() {}, Host: "security.example.org",
		Local: func(_ context.Context, door, _, to string, message []byte) error {
			if door == "lmtp" {
				return errors.New("refused")
			}
			sent[door+" "+to] = string(message)
			return nil
		},
		Relay: func(_ context.Context, _, to, _ string, message []byte) error {
			sent["relay "+to] += string(message)
			return nil
		},
	})
	if err := c.Tick(ctx); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("that a test could not be sent is not told: %v", err)
	}
	if len(sent) != 3 || sent["smtp security@example.org"] == "" || strings.Count(sent["relay team@example.org"], "Message-ID: <probe.") != 1 || strings.Count(sent["relay security@example.org"], "Message-ID: <probe.") != 1 {
		t.Errorf("%v", sent)
	}
	for _, m := range sent {
		if !strings.Contains(m, "\r\nAuto-Submitted: auto-generated\r\n") || strings.Contains(strings.ReplaceAll(m, "\r\n", ""), "\n") {
			t.Errorf("a test is no proper message: %q", m)
		}
	}
	lead := cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}
	now = now.Add(time.Minute)
	box.NoteDoor(inbox.Note{Door: "smtp", Probe: time.Minute})
	all, err := c.Board.List(ctx, lead)
	must(t, err)
	var got []string
	for i := range all {
		got = append(got, all[i].Name+"="+string(all[i].State(now)))
		if all[i].Testable == (all[i].Untestable != "") && !all[i].Server {
			t.Errorf("%s: nobody reads whether and why it is tested: %q", all[i].Name, all[i].Untestable)
		}
	}
	if s := strings.Join(got, " "); s != "web=works api=works smtp=closed lmtp=failing imap/team=testing imap/old=closed relay=testing cve-services=quiet" {
		t.Error(s)
	}
	now = now.Add(channels.Limit)
	for range 3 {
		must(t, c.Tick(ctx))
	}
	if _, dead, err := c.Alarms(ctx); err != nil || len(dead) != 2 || strings.Join(dead[clerks.ChannelDead], " ") != "lmtp imap/team" || strings.Join(dead[clerks.LettersDead], " ") != "relay" {
		t.Errorf("%v %v", dead, err)
	}
	var told []string
	must(t, st.View(ctx, func(tx store.Tx) error {
		effects, err := tx.Effects(store.EffectPending, "", nil, 100)
		for _, e := range effects {
			told = append(told, e.Template)
		}
		return err
	}))
	if strings.Join(told, " ") != "channel-dead channel-dead channel-dead" {
		t.Errorf("told: %v", told)
	}

	// Mail that nobody could place is told, once for an hour of it, and not again for
	// the same mail.
	unsorted := func() (n int) {
		must(t, c.Tick(ctx))
		must(t, st.View(ctx, func(tx store.Tx) error {
			effects, err := tx.Effects(store.EffectPending, "", nil, 100)
			for _, e := range effects {
				if e.Template == "mail-unsorted" {
					n++
				}
			}
			return err
		}))
		return n
	}
	for i, want := range []int{1, 1, 1, 2, 2} {
		now = now.Add(time.Second)
		if i == 3 {
			now = now.Add(time.Hour)
		}
		if i < 4 {
			_, err := box.Accept(ctx, inbox.Item{Door: "smtp", Received: now, Raw: []byte("x"), State: inbox.Unsorted, Reason: "unreadable"})
			must(t, err)
		}
		if n := unsorted(); n != want {
			t.Errorf("%d: told %d times, not %d", i, n, want)
		}
	}
	now = now.Add(2 * time.Hour)
	if n := unsorted(); n != 2 {
		t.Errorf("the same mail is told again: %d", n)
	}
}
