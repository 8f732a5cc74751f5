package clerk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/mailin/clerk"
	"fairlead/internal/pgp"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/words"
)

var (
	ctx     = context.Background()
	start   = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	errDisk = fmt.Errorf("%w: the disk is full", cvd.ErrUnavailable)
)

// faulty is a real engine whose disk fails at the change of that number.
type faulty struct {
	store.Store
	at, count int
}

func (f *faulty) Update(ctx context.Context, change func(tx store.Tx) error) error {
	if f.count++; f.count == f.at {
		return errDisk
	}
	return f.Store.Update(ctx, change)
}

type house struct {
	t     *testing.T
	disk  *faulty
	vault *vault.Vault
	desk  *casework.Desk
	box   *inbox.Box
	book  *rulebook.Book
	clerk *clerk.Clerk
	now   time.Time
	proof cvd.Proof
	keys  func() ([]*pgp.PrivateKey, error)
	lead  cvd.Actor
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, change func(*clerk.Config)) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, now: start, proof: cvd.Proof{SPF: "pass", Aligned: true}, lead: cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}}
	now := func() time.Time { return h.now }
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(dir, "db"), sqlstore.Options{})
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	h.disk = &faulty{Store: st}
	keys, err := seal.NewKeyring()
	must(t, err)
	h.vault, err = vault.Open(ctx, h.disk, keys, start)
	must(t, err)
	name := func() (string, error) { return rand.Text(), nil }
	h.book, err = rulebook.Open(ctx, rulebook.Config{Store: h.disk, Vault: h.vault, Now: now, Name: name})
	must(t, err)
	blobs, err := blob.Dir(filepath.Join(dir, "blobs"))
	must(t, err)
	au := auth.New(h.disk, h.vault, auth.Options{Now: now, DevFastHash: true})
	h.desk = casework.New(casework.Config{
		Store: h.disk, Vault: h.vault, Book: h.book, Blobs: blobs, Team: au, Receipts: au, ReceiptKind: auth.RecordReceipt,
		Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	source, err := os.ReadFile("../../../examples/policies/two-person-team.yaml")
	must(t, err)
	_, err = h.book.Publish(ctx, cvd.System, source)
	must(t, err)
	h.box = inbox.Open(inbox.Config{Store: h.disk, Vault: h.vault, Blobs: blobs, Now: now, Rand: rand.Reader})
	texts, err := words.Load()
	must(t, err)
	cfg := clerk.Config{
		Desk: h.desk, Box: h.box, Book: h.book, Words: texts, Now: now,
		Reader: &mailroom.Reader{Keys: func(context.Context) ([]*pgp.PrivateKey, error) {
			if h.keys != nil {
				return h.keys()
			}
			return nil, nil
		}},
		Proof: func(context.Context, []byte, mail.Envelope, string) cvd.Proof { return h.proof },
		Ours:  func(address string) bool { return address == "security@example.org" },
	}
	if change != nil {
		change(&cfg)
	}
	h.clerk = clerk.New(cfg)
	return h
}

// in takes a mail in.
func (h *house) in(raw string) string {
	h.t.Helper()
	id, err := h.box.Accept(ctx, inbox.Item{Door: "smtp", Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n")), Envelope: mail.Envelope{From: "ann@example.net", To: []string{"security@example.org"}}})
	must(h.t, err)
	return id
}

func (h *house) carry(id string, attempts int) error {
	_, err := h.clerk.Carry(ctx, store.Effect{Effect: cvd.Effect{Kind: cvd.EffectSortMail, Template: id, Key: "mail/" + id}, Attempts: attempts})
	return err
}

func (h *house) sorted(raw string) {
	h.t.Helper()
	must(h.t, h.carry(h.in(raw), 0))
}

// state is what anybody could see of cases and shelves, without ids.
func (h *house) state() string {
	h.t.Helper()
	var out []string
	must(h.t, h.disk.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Cases(store.Filter{Limit: 100})
		if err != nil {
			return err
		}
		for _, row := range rows {
			evs, err := tx.Events(string(row.ID), 0, 100)
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("case of %d events", len(evs)))
			f, err := h.desk.As(h.lead).Case(ctx, row.ID)
			if err != nil {
				return err
			}
			for _, ev := range f.Events {
				out = append(out, string(ev.Type))
			}
		}
		return nil
	}))
	for _, s := range []inbox.State{inbox.Waiting, inbox.Unsorted, inbox.Spam, inbox.Aside} {
		all, err := h.box.List(ctx, s, nil, 100)
		must(h.t, err)
		var shelf []string // those of one instant stand in no order
		for _, it := range all {
			shelf = append(shelf, string(s)+" "+it.Reason)
		}
		slices.Sort(shelf)
		out = append(out, shelf...)
	}
	return strings.Join(out, ", ")
}

const first = "From: Ann <ann@example.net>\nTo: security@example.org\nSubject: Login bypass\nMessage-ID: <first@example.net>\n\nAn empty password is taken.\n"

const reply = "From: Ann <ann@example.net>\nTo: security@example.org\nSubject: Re: Login bypass\nMessage-ID: <second@example.net>\nReferences: <first@example.net>\n\nIt is 3.2.\n"

// A clerk that is cut short at any change, and comes back, ends where one ends that
// never was: nothing twice, nothing lost, nothing left waiting.
func TestCutShortAnywhereEndsTheSame(t *testing.T) {
	away := cvd.Proof{SPF: "fail"}
	for name, c := range map[string]struct {
		before []string
		proof  cvd.Proof
		raw    string
		want   string
	}{
		"a report":   {nil, cvd.Proof{Aligned: true}, first, "case of 1 events, received"},
		"words":      {[]string{first}, cvd.Proof{Aligned: true}, reply, "case of 2 events, received, message"},
		"held":       {[]string{first}, away, reply, "case of 2 events, received, mail-held"},
		"aside":      {nil, away, strings.Replace(first, "\n\n", "\nAuto-Submitted: auto-replied\n\n", 1), "aside auto-auto-submitted"},
		"unsorted":   {nil, away, strings.Replace(first, "An empty password is taken.", "", 1), "unsorted empty"},
		"an address": {nil, away, strings.Replace(first, "ann@example.net", "security@example.org", 1), "unsorted self"},
		"unreadable": {nil, away, " \n ", "unsorted unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 0; ; at++ {
				h := open(t, nil)
				for _, raw := range c.before {
					h.sorted(raw)
				}
				h.proof = c.proof
				id := h.in(c.raw)
				h.disk.count, h.disk.at = 0, at
				err := h.carry(id, 0)
				reached := h.disk.count >= at
				h.disk.at = -1
				if at > 0 && reached && err == nil {
					t.Errorf("the disk failed at change %d, and the clerk says nothing", at)
				}
				h.now = h.now.Add(49 * time.Hour) // longer than repeats are remembered
				must(t, h.carry(id, 1))
				must(t, h.carry(id, 2))
				if got := h.state(); got != c.want {
					t.Fatalf("cut at change %d: %s; want %s", at, got, c.want)
				}
				if !reached {
					break
				}
			}
		})
	}
}

// What keeps failing ends on the shelf before the outbox gives it up; what is about
// the mail itself, at once.
func TestNothingIsTriedForEver(t *testing.T) {
	h := open(t, nil)
	h.keys = func() ([]*pgp.PrivateKey, error) { return nil, errors.New("no such device") }
	id := h.in("From: ann@example.net\nTo: security@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\n\nhF4D\n-----END PGP MESSAGE-----\n")
	if err := h.carry(id, 0); err == nil {
		t.Error("a failure for now is no failure")
	}
	if got := h.state(); !strings.HasPrefix(got, "waiting") {
		t.Error(got)
	}
	must(t, h.carry(id, 7))
	if got := h.state(); got != "unsorted failed" {
		t.Error(got)
	}
	h = open(t, func(c *clerk.Config) {
		c.Proof = func(context.Context, []byte, mail.Envelope, string) cvd.Proof { panic("a stranger's words") }
	})
	must(t, h.carry(h.in(first), 0))
	if got := h.state(); got != "unsorted failed" {
		t.Error(got)
	}
}

// A letter that comes back is an alarm at its case, once.
func TestBounce(t *testing.T) {
	h := open(t, nil)
	h.sorted(first)
	var id cvd.CaseID
	must(t, h.disk.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Cases(store.Filter{Limit: 1})
		id = rows[0].ID
		return err
	}))
	dsn := func(to, original, n string) string {
		return "From: MAILER-DAEMON@mx.example.net\nTo: " + to + "\nSubject: failed\nMessage-ID: <dsn" + n + "@mx.example.net>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n" +
			"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + original + ">\n\n--b--\n"
	}
	h.sorted(dsn("security@example.org", "guessed."+post.Ref(h.vault, id, 1)+"@example.org", "0"))
	if got := h.state(); got != "case of 1 events, received, aside auto-delivery-status" {
		t.Error(got)
	}
	h.sorted(dsn("security+"+post.BounceTag(h.vault, id, 1)+"@example.org", "x@y", "1"))
	h.sorted(dsn("security@example.org", post.Ref(h.vault, id, 1)+"@example.org", "2"))
	if got := h.state(); got != "case of 2 events, received, undelivered, aside auto-delivery-status, aside bounced, aside bounced" {
		t.Error(got)
	}
}

// More new mail than a person sends waits on the shelf; the case goes on.
func TestFlood(t *testing.T) {
	h := open(t, nil)
	for i := range 65 {
		h.sorted(strings.ReplaceAll(first, "first@", fmt.Sprintf("m%d@", i)))
	}
	n, err := h.box.Count(ctx, inbox.Unsorted)
	if err != nil || n != 5 {
		t.Errorf("%d wait on the shelf: %v", n, err)
	}
	h.sorted(strings.ReplaceAll(reply, "first@", "m1@"))
	if !strings.Contains(h.state(), "case of 2 events, received, message") {
		t.Error("the flood stops words in a case")
	}
}

// Before a policy is in effect no promise can be made, so mail waits without failing.
func TestWithoutAPolicy(t *testing.T) {
	h := open(t, nil)
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(t.TempDir(), "db"), sqlstore.Options{})
	must(t, err)
	defer st.Close()
	empty, err := rulebook.Open(ctx, rulebook.Config{Store: st, Vault: h.vault, Now: func() time.Time { return h.now }, Name: func() (string, error) { return rand.Text(), nil }})
	must(t, err)
	h.clerk.Book = empty
	err = h.carry(h.in(first), 0)
	var later interface{ Until() time.Time }
	if !errors.As(err, &later) || !later.Until().After(h.now) {
		t.Errorf("%v", err)
	}
}

// What a scanner knows is kept apart; a scanner that is away holds nothing up, and is
// seen to be away.
func TestScanner(t *testing.T) {
	var answer error
	h := open(t, func(c *clerk.Config) {
		c.Scan = func(_ context.Context, data io.Reader) (string, error) {
			read, err := io.ReadAll(data)
			if strings.Contains(string(read), "EICAR") {
				return "Eicar", errors.Join(answer, err)
			}
			return "", errors.Join(answer, err)
		}
	})
	h.sorted(strings.ReplaceAll(first, "An empty", "EICAR: an empty"))
	h.sorted(strings.ReplaceAll(first, "first@", "clean@"))
	h.sorted(strings.ReplaceAll(strings.ReplaceAll(reply, "first@", "clean@"), "3.2", "EICAR"))
	if got := h.state(); got != "case of 2 events, received, mail-held, unsorted malware" {
		t.Error(got)
	}
	answer = errors.New("connection refused")
	h.sorted(strings.ReplaceAll(first, "first@", "late@"))
	if got := h.state(); strings.Count(got, "received") != 2 {
		t.Error(got)
	}
	doors, err := h.box.Doors(ctx)
	must(t, err)
	if i := slices.IndexFunc(doors, func(d inbox.Door) bool { return d.Name == clerk.Scanner }); i < 0 || doors[i].Errors == 0 {
		t.Errorf("nobody sees that the scanner is away: %+v", doors)
	}
}
