package inbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

type house struct {
	t     *testing.T
	st    store.Store
	keys  *seal.Keyring
	blobs *blob.Folder
	dir   string
	box   *inbox.Box
	pokes int
	mu    sync.Mutex
	now   time.Time
}

func build(t *testing.T, st store.Store) *house {
	t.Helper()
	keys, err := seal.NewKeyring()
	must(t, err)
	h := &house{t: t, st: st, keys: keys, dir: t.TempDir(), now: noon}
	h.blobs, err = blob.Dir(filepath.Join(h.dir, "blobs"))
	must(t, err)
	h.open()
	return h
}

// open is a start of the process.
func (h *house) open() {
	h.t.Helper()
	v, err := vault.Open(ctx, h.st, h.keys, h.now)
	must(h.t, err)
	h.box = inbox.Open(inbox.Config{
		Store: h.st, Vault: v, Blobs: h.blobs, Rand: rand.Reader,
		Now:  func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now },
		Poke: func() { h.mu.Lock(); defer h.mu.Unlock(); h.pokes++ },
	})
}

func (h *house) after(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func letter(from, text string) inbox.Item {
	return inbox.Item{
		Door: "smtp", Envelope: mail.Envelope{From: from, To: []string{"security@example.org"}, Peer: "192.0.2.1", Helo: "mx.example.net", TLS: true},
		Raw: []byte("From: " + from + "\r\n\r\n" + text + "\r\n"), Program: "main",
	}
}

func (h *house) accept(it inbox.Item) string {
	h.t.Helper()
	id, err := h.box.Accept(ctx, it)
	must(h.t, err)
	return id
}

func (h *house) blobCount() (n int) {
	h.t.Helper()
	must(h.t, h.blobs.List(ctx, func(string, int64) error { n++; return nil }))
	return n
}

func (h *house) effects() []store.Effect {
	h.t.Helper()
	var out []store.Effect
	must(h.t, h.st.View(ctx, func(tx store.Tx) (err error) {
		out, err = tx.Effects("", "", nil, 1000)
		return err
	}))
	slices.SortFunc(out, func(a, b store.Effect) int { return int(a.Seq - b.Seq) })
	return out
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) { test(t, build(t, open(t))) })
}

func TestAcceptAndMove(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		small := letter("ann@example.net", "hello")
		small.Envelope.Null = true
		big := letter("ben@example.net", strings.Repeat("x", inbox.Inline))
		for _, it := range []inbox.Item{small, big} {
			id := h.accept(it)
			got, err := h.box.Item(ctx, id)
			must(t, err)
			if !bytes.Equal(got.Raw, it.Raw) || got.Size != int64(len(it.Raw)) || got.State != inbox.Waiting || got.Door != "smtp" ||
				!got.Received.Equal(noon) || fmt.Sprint(got.Envelope) != fmt.Sprint(it.Envelope) || got.Program != "main" || got.ID != id {
				t.Errorf("it came back as %+v", got)
			}
		}
		if n := h.blobCount(); n != 1 {
			t.Errorf("%d blobs", n)
		}
		if n := len(h.effects()); n != 2 || h.pokes != 2 {
			t.Errorf("%d effects, %d pokes", n, h.pokes)
		}
		all, err := h.box.List(ctx, inbox.Waiting, nil, 10)
		must(t, err)
		for _, it := range all {
			must(t, h.box.Move(ctx, it.ID, inbox.Filing{State: inbox.Filed}))
			must(t, h.box.Move(ctx, it.ID, inbox.Filing{State: inbox.Filed})) // again is harmless
			if _, err := h.box.Item(ctx, it.ID); !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("a filed one is still there: %v", err)
			}
			if err := h.box.Move(ctx, it.ID, inbox.Filing{State: inbox.Spam}); !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("one that is gone was moved: %v", err)
			}
		}
		if len(all) != 2 || h.blobCount() != 0 {
			t.Errorf("%d were listed, %d blobs are left", len(all), h.blobCount())
		}
		if err := h.box.Move(ctx, "x", inbox.Filing{State: "lost"}); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("an unknown state: %v", err)
		}
	})
}

// One sender's mails are in one lane, numbered as they came; and what is fetched
// from one mailbox without an envelope too.
func TestLanes(t *testing.T) {
	h := build(t, engines.SQLite(t))
	var want []string
	for i := range 30 {
		want = append(want, h.accept(letter("Ann@Example.net", fmt.Sprint(i))))
	}
	all := h.effects()
	lane := all[0].To
	for i, e := range all {
		if e.To != lane || e.Template != want[i] || e.Key != "mail/"+want[i] || e.Kind != cvd.EffectSortMail || !strings.HasPrefix(lane, "lane-") {
			t.Errorf("%d: %+v", i, e.Effect)
		}
	}
	lanes := map[string]bool{}
	for i := range 60 {
		h.accept(letter(fmt.Sprintf("r%d@example.net", i), "x"))
	}
	for i := range 5 {
		h.accept(inbox.Item{Door: "imap/main", Raw: []byte("x"), Origin: fmt.Sprintf("imap/main/1/%d", i)})
	}
	fetched := map[string]bool{}
	for i, e := range h.effects()[30:] {
		lanes[e.To] = true
		if i >= 60 {
			fetched[e.To] = true
		}
	}
	if len(lanes) < 8 || len(fetched) != 1 {
		t.Errorf("%d lanes, of one mailbox %d", len(lanes), len(fetched))
	}
}

// What is fetched twice is in once, also when it is long filed, and beside itself.
func TestOrigin(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, size := range []int{10, inbox.Inline + 1} {
			it := letter("", strings.Repeat("y", size))
			it.Door, it.Origin = "imap/main", fmt.Sprintf("imap/main/77/%d", size)
			ids := make([]string, 8)
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() {
					id, err := h.box.Accept(ctx, it)
					if err != nil {
						t.Error(err)
					}
					ids[i] = id
				})
			}
			all.Wait()
			if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
				t.Errorf("it is in as %v", ids)
			}
			must(t, h.box.Move(ctx, ids[0], inbox.Filing{State: inbox.Filed}))
			if id := h.accept(it); id != ids[0] {
				t.Errorf("after it was filed it came in anew")
			}
		}
		if n, err := h.box.Count(ctx, inbox.Waiting); n != 0 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
		if h.blobCount() != 0 || len(h.effects()) != 2 {
			t.Errorf("%d blobs, %d effects", h.blobCount(), len(h.effects()))
		}
	})
}

func TestShelves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := map[inbox.State]string{}
		for _, s := range []inbox.State{inbox.Unsorted, inbox.Spam, inbox.Aside} {
			for _, size := range []int{1, inbox.Inline + 1} {
				id := h.accept(letter("ann@example.net", strings.Repeat("z", size)))
				must(t, h.box.Move(ctx, id, inbox.Filing{State: s, Reason: "mail.aside.list", Case: "FL-2026-7KQ4MXZ", From: "Ann <ann@example.net>", Subject: "S"}))
				ids[s] = id
			}
			all, err := h.box.List(ctx, s, nil, 10)
			must(t, err)
			if len(all) != 2 || all[0].Subject != "S" || all[0].From != "Ann <ann@example.net>" || all[0].Reason != "mail.aside.list" || all[0].Case != "FL-2026-7KQ4MXZ" || all[0].Raw != nil {
				t.Fatalf("%s: %+v", s, all)
			}
		}
		// Sorted once more: a new effect, and it is on no shelf.
		before := len(h.effects())
		must(t, h.box.Move(ctx, ids[inbox.Spam], inbox.Filing{State: inbox.Waiting}))
		must(t, h.box.Move(ctx, ids[inbox.Spam], inbox.Filing{State: inbox.Waiting}))
		if n := len(h.effects()); n != before+1 {
			t.Errorf("%d effects after %d", n, before)
		}
		must(t, h.box.Move(ctx, ids[inbox.Spam], inbox.Filing{State: inbox.Spam}))
		h.after(91 * 24 * time.Hour)
		must(t, h.box.Sweep(ctx))
		for s, want := range map[inbox.State]int{inbox.Unsorted: 2, inbox.Spam: 0, inbox.Aside: 0} {
			if n, err := h.box.Count(ctx, s); n != want || err != nil {
				t.Errorf("%s: %d after three months, %v", s, n, err)
			}
		}
		if _, err := h.box.Item(ctx, ids[inbox.Unsorted]); err != nil {
			t.Error(err)
		}
		if n := h.blobCount(); n != 1 {
			t.Errorf("%d blobs", n)
		}
		if files, err := h.box.Files(ctx); len(files) != 1 || err != nil {
			t.Errorf("%v, %v", files, err)
		}
	})
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		want := []string{}
		for i := range 23 {
			it := letter("ann@example.net", "x")
			it.Received = noon.Add(time.Duration(i/3) * time.Minute)
			want = append(want, h.accept(it))
		}
		var got []string
		var after *inbox.Cursor
		for {
			page, err := h.box.List(ctx, inbox.Waiting, after, 4)
			must(t, err)
			for _, it := range page {
				got = append(got, it.ID)
				after = &inbox.Cursor{At: it.Received, ID: it.ID}
			}
			if len(page) < 4 {
				break
			}
		}
		slices.Sort(want)
		seen := slices.Sorted(slices.Values(got))
		if !slices.Equal(seen, want) {
			t.Errorf("%d of %d are listed", len(got), len(want))
		}
	})
}

// A message that was sealed under an older key-encryption key stays readable.
func TestKeysMayChange(t *testing.T) {
	h := build(t, engines.SQLite(t))
	id, big := h.accept(letter("ann@example.net", "before")), h.accept(letter("ann@example.net", strings.Repeat("b", inbox.Inline)))
	_, err := h.keys.Rotate(func(*seal.Keyring) error { return nil })
	must(t, err)
	v, err := vault.Open(ctx, h.st, h.keys, h.now)
	must(t, err)
	must(t, v.RewrapServer(ctx, h.st))
	h.open()
	for _, id := range []string{id, big} {
		if it, err := h.box.Item(ctx, id); err != nil || !bytes.Contains(it.Raw, []byte("b")) {
			t.Errorf("%v", err)
		}
	}
}

func TestDoors(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.box.NoteDoor(inbox.Note{Door: "smtp", Opened: true})
		h.accept(letter("ann@example.net", "x"))
		h.box.NoteDoor(inbox.Note{Door: "imap/main", Err: "no route to host"})
		h.box.NoteDoor(inbox.Note{Door: "imap/main", Err: "no route to host"})
		h.after(time.Minute)
		h.box.NoteDoor(inbox.Note{Door: "smtp", Probe: 3 * time.Second})
		must(t, h.box.Flush(ctx, true))
		check := func(open bool, errors int) {
			t.Helper()
			doors, err := h.box.Doors(ctx)
			must(t, err)
			if len(doors) != 2 {
				t.Fatalf("%+v", doors)
			}
			i, s := doors[0], doors[1]
			if i.Name != "imap/main" || i.Kind != "imap" || i.Errors != errors || i.Error != "no route to host" || i.Failed.IsZero() || !i.Worked.IsZero() || i.Open {
				t.Errorf("%+v", i)
			}
			if s.Kind != "smtp" || s.Open != open || !s.Message.Equal(noon) || s.Took != 3*time.Second || !s.Tested.Equal(noon.Add(time.Minute)) || s.Backlog != 1 {
				t.Errorf("%+v", s)
			}
		}
		check(true, 2)
		h.open()
		check(false, 2)
		h.box.NoteDoor(inbox.Note{Door: "imap/main", Err: "no route to host"})
		check(false, 3)
		must(t, h.box.Flush(ctx, true))
		h.open()
		h.box.NoteDoor(inbox.Note{Door: "imap/main", Err: "no route to host"})
		check(false, 4)
		h.box.NoteDoor(inbox.Note{Door: "imap/main", Worked: true})
		if doors, err := h.box.Doors(ctx); err != nil || doors[0].Errors != 0 || doors[0].Error == "" {
			t.Errorf("%+v, %v", doors, err)
		}
	})
}

// However many messages come in, the doors' log is one commit a minute.
func TestDoorsAreWrittenOnceAMinute(t *testing.T) {
	h := build(t, engines.SQLite(t))
	flush := func(want bool) {
		t.Helper()
		before, err := h.st.Generation(ctx)
		must(t, err)
		must(t, h.box.Flush(ctx, false))
		after, err := h.st.Generation(ctx)
		must(t, err)
		if (before != after) != want {
			t.Errorf("a commit: %v", before != after)
		}
	}
	h.accept(letter("ann@example.net", "x"))
	flush(true)
	h.accept(letter("ann@example.net", "x"))
	h.after(59 * time.Second)
	flush(false)
	h.after(time.Second)
	flush(true)
	h.after(time.Hour)
	flush(false) // nothing happened
}

// What a door knows to be unreadable stands on the shelf at once, with what is known
// of it, and nobody sorts it.
func TestAcceptUnsorted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		it := letter("ada@example.org", "large")
		it.State, it.Reason, it.Subject, it.Origin = inbox.Unsorted, "too-large", "a subject", "imap/a/1/1"
		id := h.accept(it)
		got, err := h.box.Item(ctx, id)
		must(t, err)
		if got.State != inbox.Unsorted || got.Reason != "too-large" || got.Subject != "a subject" || !bytes.Equal(got.Raw, it.Raw) {
			t.Errorf("%+v", got)
		}
		if n := len(h.effects()); n != 0 {
			t.Errorf("%d effects", n)
		}
		if again := h.accept(it); again != id {
			t.Error("it stands there twice")
		}
		must(t, h.box.Move(ctx, id, inbox.Filing{State: inbox.Waiting}))
		if n := len(h.effects()); n != 1 {
			t.Errorf("%d effects after it is to be sorted again", n)
		}
	})
}
