package auth_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
)

// clock is held by the test; nothing moves it but the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// desk is a house with nobody but a lead in it.
type desk struct {
	*testing.T
	*auth.Auth
	clock *clock
	dir   string
	store store.Store
	vault *vault.Vault
	lead  cvd.Actor
}

const leadEmail = "ada.quill@example.org"

func open(t *testing.T) *desk { return openWith(t, auth.Options{DevFastHash: true}) }

func openWith(t *testing.T, opt auth.Options) *desk {
	t.Helper()
	d := &desk{T: t, dir: t.TempDir(), clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	ctx := t.Context()
	var err error
	if d.store, err = sqlstore.OpenSQLite(ctx, filepath.Join(d.dir, "fairlead.db"), sqlstore.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	d.vault = vaulttest.Open(t, d.store, d.clock.now())
	opt.Now = d.clock.now
	d.Auth = auth.New(d.store, d.vault, opt)
	d.lead = d.add("Ada Quill", leadEmail, cvd.RoleLead)
	return d
}

func (d *desk) add(name, email string, roles ...cvd.Role) cvd.Actor {
	d.Helper()
	m, err := d.AddMember(d.Context(), cvd.System, cvd.Member{Name: name, Email: email, Roles: roles})
	if err != nil {
		d.Fatal(err)
	}
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
}

// link signs the member in by a fresh link.
func (d *desk) link(who cvd.Actor) auth.Session {
	d.Helper()
	code, err := d.NewLink(d.Context(), who.ID, time.Hour)
	if err != nil {
		d.Fatal(err)
	}
	s, err := d.UseLink(d.Context(), code)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

// password gives the member a first password.
func (d *desk) password(who cvd.Actor, password string) auth.Session {
	d.Helper()
	s := d.link(who)
	if err := d.SetPassword(auth.InSession(d.Context(), s), who, "", password); err != nil {
		d.Fatal(err)
	}
	return s
}

func (d *desk) alive(token string) bool {
	d.Helper()
	_, err := d.Look(d.Context(), token)
	if err != nil && !errors.Is(err, cvd.ErrUnauthenticated) {
		d.Fatal(err)
	}
	return err == nil
}

func (d *desk) want(err, kind error) {
	d.Helper()
	if !errors.Is(err, kind) {
		d.Errorf("got %v, want %v", err, kind)
	}
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) member(id string) cvd.Member {
	d.Helper()
	m, err := d.Member(d.Context(), id)
	d.ok(err)
	return m
}

func (d *desk) acts() map[auth.Act]int {
	d.Helper()
	entries, err := d.Audit(d.Context(), d.lead, 0)
	d.ok(err)
	n := map[auth.Act]int{}
	for _, e := range entries {
		n[e.Act]++
	}
	return n
}

func (d *desk) records(kinds ...store.RecordKind) []store.Record {
	d.Helper()
	return d.recordsOf("", kinds...)
}

// recordsOf are the member's as they are stored; without a member, everybody's.
func (d *desk) recordsOf(owner string, kinds ...store.RecordKind) (out []store.Record) {
	d.Helper()
	d.ok(d.store.View(d.Context(), func(tx store.Tx) error {
		for _, kind := range kinds {
			recs, err := tx.Records(kind, owner, 10)
			if err != nil {
				return err
			}
			out = append(out, recs...)
		}
		return nil
	}))
	return out
}

// bringBack stores records as they were, as an old backup might.
func (d *desk) bringBack(recs []store.Record) {
	d.Helper()
	d.ok(d.store.Update(d.Context(), func(tx store.Tx) error {
		for _, rec := range recs {
			if err := tx.PutRecord(rec, -1); err != nil {
				return err
			}
		}
		return nil
	}))
}

// together runs act n times at once.
func together(ctx context.Context, n int, act func(ctx context.Context) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = act(ctx) })
	}
	wg.Wait()
	return errs
}

// meeting is the real store, but for one thing: the first so many views wait
// for each other, so that all of them have read before any of them writes.
type meeting struct {
	store.Store
	expected chan struct{}
	came     chan struct{} // one for each that has read
	here     *sync.WaitGroup
}

func meet(st store.Store, n int) *meeting {
	m := &meeting{Store: st, expected: make(chan struct{}, n), came: make(chan struct{}, n), here: &sync.WaitGroup{}}
	m.here.Add(n)
	for range n {
		m.expected <- struct{}{}
	}
	return m
}

func (m *meeting) View(ctx context.Context, read func(tx store.Tx) error) error {
	err := m.Store.View(ctx, read)
	select {
	case <-m.expected:
		m.came <- struct{}{}
		m.here.Done()
		m.here.Wait()
	default:
	}
	return err
}

// meeting is the same house, where the next n views meet.
func (d *desk) meeting(n int) *auth.Auth {
	return auth.New(meet(d.store, n), d.vault, auth.Options{Now: d.clock.now, DevFastHash: true, Unlimited: true})
}
