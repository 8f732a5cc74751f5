package notify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/advisory"
	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/outbox"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/words"
)

// house is a real one on SQLite, with a clock that is turned by hand.
type house struct {
	*testing.T
	mu    sync.Mutex
	at    time.Time
	store store.Store
	auth  *auth.Auth
	book  *rulebook.Book
	desk  *casework.Desk
	log   bytes.Buffer

	lead, second, fixer cvd.Actor
	did                 map[cvd.Verb]bool
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) turn(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// must is for what a test stands on; it says where that broke.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// build makes a house with the policy of two, changed by pairs of old and new.
func build(t *testing.T, change ...string) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{T: t, at: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), did: map[cvd.Verb]bool{}}
	h.store = must(sqlstore.OpenSQLite(ctx, filepath.Join(t.TempDir(), "house.db"), sqlstore.Options{}))
	t.Cleanup(func() { h.store.Close() })
	v := must(vault.Open(ctx, h.store, must(seal.NewKeyring()), h.at))
	blobs := must(blob.Dir(t.TempDir()))
	t.Cleanup(func() { blobs.Close() })
	h.auth = auth.New(h.store, v, auth.Options{Now: h.now, DevFastHash: true})
	name := func() (string, error) {
		var b [16]byte
		_, err := rand.Read(b[:])
		return hex.EncodeToString(b[:]), err
	}
	h.book = must(rulebook.Open(ctx, rulebook.Config{Store: h.store, Vault: v, Now: h.now, Name: name}))
	h.desk = casework.New(casework.Config{
		Register: register.Open(register.Config{Store: h.store, Vault: v, Now: h.now, Publisher: func() advisory.Publisher { return advisory.Publisher{} }}),
		Store:    h.store, Vault: v, Book: h.book, Blobs: blobs, Team: h.auth, Receipts: h.auth,
		ReceiptKind: auth.RecordReceipt, Now: h.now, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	h.lead = h.member("Ada Lead", "ada@team.example.org", cvd.RoleLead)
	h.second = h.member("Ben Second", "ben@team.example.org", cvd.RoleMember)
	h.fixer = h.member("Cleo Fixer", "cleo@team.example.org", cvd.RoleFixer)
	h.member("Dora Officer", "dora@team.example.org", cvd.RoleOfficer)
	source := strings.NewReplacer(change...).Replace(string(examples.TwoPersonTeam))
	must(h.book.Publish(ctx, cvd.System, []byte(source)))
	return h
}

func (h *house) member(name, email string, role cvd.Role) cvd.Actor {
	h.Helper()
	m := must(h.auth.AddMember(h.Context(), cvd.System, cvd.Member{Name: name, Email: email, Roles: []cvd.Role{role}}))
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
}

// report sends one in and returns the case and who holds its receipt.
func (h *house) report(r cvd.Report) (cvd.CaseID, cvd.Actor, string) {
	h.Helper()
	h.did[cvd.VerbReceive] = true
	a := must(h.desk.As(cvd.Stranger).Receive(h.Context(), casework.Submission{Report: &r, Channel: "web"}))
	return a.Case, must(h.auth.Receipt(h.Context(), a.Receipt)), a.Receipt
}

func (h *house) do(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input) casework.Done {
	h.Helper()
	h.did[verb] = true
	h.turn(time.Minute)
	done, err := h.desk.As(by).Do(h.Context(), id, verb, in)
	if err != nil {
		h.Fatalf("%s: %v", verb, err)
	}
	return done
}

func (h *house) mail(s notify.Sender, change ...func(*notify.Config)) *notify.Mail {
	h.Helper()
	cfg := notify.Config{
		Notices: h.desk.As(cvd.System), Words: must(words.Load()), Sender: s, Now: h.now,
		BaseURL: func() string { return "https://report.example.org/" }, From: "fairlead@example.org",
	}
	for _, c := range change {
		c(&cfg)
	}
	return must(notify.New(cfg))
}

func (h *house) outbox(c outbox.Carrier) *outbox.Outbox {
	return outbox.New(outbox.Config{
		Store: h.store, Seal: h.desk.SealSent, Now: h.now, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Carriers: map[cvd.EffectKind]outbox.Carrier{cvd.EffectNotifyReporter: c, cvd.EffectNotifyTeam: c, cvd.EffectNotifyParty: c},
	})
}

func (h *house) drain(o *outbox.Outbox) int {
	h.Helper()
	return must(o.Drain(h.Context()))
}

// carried lists the effects of the state as the desk shows them.
func (h *house) carried(state store.EffectState) []casework.Carried {
	h.Helper()
	all, _, err := h.desk.As(h.lead).Outbox(h.Context(), state, nil, 1000)
	if err != nil {
		h.Fatal(err)
	}
	return all
}

// pocket keeps what is sent, and fails as it is told.
type pocket struct {
	mu   sync.Mutex
	sent []notify.Message
	fail func(m notify.Message) error
}

func (p *pocket) Send(_ context.Context, m notify.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(m); err != nil {
			return err
		}
	}
	p.sent = append(p.sent, m)
	return nil
}

// to lists what one recipient got.
func (p *pocket) to(addr string) []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []notify.Message
	for _, m := range p.sent {
		if m.To == addr {
			out = append(out, m)
		}
	}
	return out
}
