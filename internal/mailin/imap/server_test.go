package imap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	imapv2 "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin/imap"
	"fairlead/internal/mailin/imap/dovecottest"
)

// memory is the library's own server, which keeps everything in memory.
func memory(t *testing.T, caps imapv2.CapSet) (*imapmemserver.User, imap.Access) {
	t.Helper()
	u := imapmemserver.NewUser(dovecottest.Username, dovecottest.Password)
	m := imapmemserver.New()
	m.AddUser(u)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return m.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-ended })
	return u, imap.Access{Addr: l.Addr().String(), Security: imap.SecurityNone}
}

type literal struct {
	*bytes.Reader
}

func (l literal) Size() int64 { return l.Reader.Size() }

func put(t *testing.T, u *imapmemserver.User, mailbox string, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if _, err := u.Append(mailbox, literal{bytes.NewReader(message(n))}, &imapv2.AppendOptions{Time: now.Add(-time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
}

// A server of another make: in order, once, and again from the start where the
// mailbox was made anew.
func TestAgainstAnotherServer(t *testing.T) {
	for name, caps := range map[string]imapv2.CapSet{
		"IMAP4rev1": {imapv2.CapIMAP4rev1: {}},
		"IMAP4rev2": {imapv2.CapIMAP4rev1: {}, imapv2.CapIMAP4rev2: {}},
	} {
		t.Run(name, func(t *testing.T) {
			u, access := memory(t, caps)
			must(t, u.Create("INBOX", nil))
			put(t, u, "INBOX", 1, 45)
			w := open(access, "INBOX")
			w.round(t, 45)
			w.round(t, 0)
			put(t, u, "INBOX", 46, 46)
			w.round(t, 1)
			if got := w.box.numbers(t); !slices.Equal(got, upTo(46)) {
				t.Errorf("got %v", got)
			}
			must(t, u.Delete("INBOX"))
			must(t, u.Create("INBOX", nil))
			put(t, u, "INBOX", 47, 47)
			w.round(t, 1)
			if got := w.box.numbers(t); !slices.Equal(got, upTo(47)) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Moving by copying and deleting is refused before anything is touched.
func TestAServerThatCannotMove(t *testing.T) {
	u, access := memory(t, imapv2.CapSet{imapv2.CapIMAP4rev1: {}})
	must(t, u.Create("INBOX", nil))
	put(t, u, "INBOX", 1, 1)
	access.Moves = true
	w := open(access, "INBOX")
	if n, err := w.poll.Poll(t.Context()); n != 0 || !errors.Is(err, cvd.ErrUnavailable) || len(w.box.items) != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	access.Moves = false
	open(access, "INBOX").round(t, 1)
}

// odd is a server with peculiarities.
type odd struct {
	held     map[uint32]string
	hides    map[uint32]bool // not given, though listed
	refuses  map[uint32]bool // the whole command fails
	done     []uint32
	fetched  int
	readOnly bool
}

func (o *odd) dial(context.Context) (imap.Server, error)            { return o, nil }
func (o *odd) Close() error                                         { return nil }
func (o *odd) Open(context.Context, string) (uint32, uint32, error) { return 7, 1, nil }

func (o *odd) List(_ context.Context, above uint32, also []uint32, _ int) (found []imap.Found, left int, err error) {
	for _, uid := range slices.Sorted(maps.Keys(o.held)) {
		if uid > above || slices.Contains(also, uid) {
			found = append(found, imap.Found{UID: uid, Size: int64(len(o.held[uid])), Arrived: now})
		}
	}
	return found, 0, nil
}

func (o *odd) Fetch(_ context.Context, of []imap.Found, _ int64, _ bool) (map[uint32]imap.Message, error) {
	o.fetched++
	out := map[uint32]imap.Message{}
	for _, f := range of {
		if o.refuses[f.UID] {
			return nil, &imap.Refusal{Command: "to give a message"}
		}
		if !o.hides[f.UID] {
			out[f.UID] = imap.Message{Raw: []byte(o.held[f.UID])}
		}
	}
	return out, nil
}

func (o *odd) Done(_ context.Context, uids []uint32, _ string) error {
	if o.readOnly {
		return &imap.Refusal{Command: "to mark messages as seen", Code: "READ-ONLY"}
	}
	o.done = append(o.done, uids...)
	return nil
}

func strange(o *odd) *world {
	w := open(imap.Access{}, "INBOX")
	w.cfg.Dial = o.dial
	w.again()
	return w
}

// A message that the server cannot read holds up no other, is asked for each time,
// and is forgotten when it has gone.
func TestAMessageThatTheServerCannotGive(t *testing.T) {
	for name, set := range map[string]func(*odd){
		"refused":  func(o *odd) { o.refuses = map[uint32]bool{2: true} },
		"withheld": func(o *odd) { o.hides = map[uint32]bool{2: true} },
	} {
		t.Run(name, func(t *testing.T) {
			o := &odd{held: map[uint32]string{1: "one", 2: "two", 3: "three"}}
			set(o)
			w := strange(o)
			for range 2 {
				if _, err := w.poll.Poll(t.Context()); !errors.Is(err, cvd.ErrUnavailable) {
					t.Fatal(err)
				}
			}
			if !slices.Equal(o.done, []uint32{1, 3}) || len(w.box.items) != 2 {
				t.Errorf("marked %v, handed over %d", o.done, len(w.box.items))
			}
			delete(o.held, 2)
			w.round(t, 0)
			if m := w.marks["imap/security INBOX"]; len(m.Owed) != 0 || m.Last != 3 {
				t.Errorf("%+v", m)
			}
		})
	}
}

// What was taken over and could not be marked is taken over and marked once that
// works; the inbox knows it by its origin.
func TestAServerThatLetsNothingBeMarked(t *testing.T) {
	o := &odd{held: map[uint32]string{1: "one", 2: "two"}, readOnly: true}
	w := strange(o)
	for range 2 {
		if _, err := w.poll.Poll(t.Context()); err == nil || !w.marks["imap/security INBOX"].Since.Equal(now) {
			t.Fatal(err, w.marks)
		}
	}
	o.readOnly = false
	w.round(t, 2)
	if len(w.box.items) != 2 || w.box.again != 4 || !slices.Equal(o.done, []uint32{1, 2}) {
		t.Errorf("%d items, %d again, marked %v", len(w.box.items), w.box.again, o.done)
	}
}

// While the inbox refuses some, those that are owed stay owed, whatever happens in
// between.
func TestWhatIsOwedStaysOwed(t *testing.T) {
	o := &odd{held: map[uint32]string{1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}}
	w := strange(o)
	w.box.refuse = func(it inbox.Item) error {
		if string(it.Raw) != "three" {
			return cvd.ErrUnavailable
		}
		return nil
	}
	for range 4 {
		_, _ = w.poll.Poll(t.Context())
	}
	w.box.refuse = nil
	_, err := w.poll.Poll(t.Context())
	if slices.Sort(o.done); err != nil || len(w.box.items) != 5 || !slices.Equal(o.done, []uint32{1, 2, 3, 4, 5}) {
		t.Errorf("%d items, marked %v: %v", len(w.box.items), o.done, err)
	}
}
