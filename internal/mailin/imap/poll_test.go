package imap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin/imap"
	"fairlead/internal/mailin/imap/dovecottest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// box takes over as the inbox does: an origin once.
type box struct {
	items  []inbox.Item
	again  int                      // how often an origin came again
	refuse func(inbox.Item) error   // nil: nothing
	after  func(n int, origin bool) // each time, with how many it has
}

func (b *box) Accept(_ context.Context, it inbox.Item) (string, error) {
	if b.refuse != nil {
		if err := b.refuse(it); err != nil {
			return "", err
		}
	}
	known := slices.ContainsFunc(b.items, func(o inbox.Item) bool { return o.Origin == it.Origin })
	if known {
		b.again++
	} else {
		b.items = append(b.items, it)
	}
	if b.after != nil {
		b.after(len(b.items), known)
	}
	return it.Origin, nil
}

// numbers are those in the subjects, in the order of arrival here.
func (b *box) numbers(t *testing.T) []int {
	t.Helper()
	var out []int
	for _, it := range b.items {
		var n int
		_, rest, _ := strings.Cut(string(it.Raw), "Subject: report ")
		if _, err := fmt.Sscanf(rest, "%d", &n); err != nil {
			t.Fatalf("no number in %.80q", it.Raw)
		}
		out = append(out, n)
	}
	return out
}

type marks map[string]imap.Mark

func (m marks) Mark(_ context.Context, door, mailbox string) (imap.Mark, error) {
	return m[door+" "+mailbox], nil
}

func (m marks) Keep(_ context.Context, door, mailbox string, mark imap.Mark) error {
	mark.Owed = slices.Clone(mark.Owed)
	m[door+" "+mailbox] = mark
	return nil
}

type notes []inbox.Note

func (n *notes) NoteDoor(note inbox.Note) { *n = append(*n, note) }

func (n notes) last() inbox.Note { return n[len(n)-1] }

// world is a poller and everything around it.
type world struct {
	box   *box
	marks marks
	notes *notes
	cfg   imap.Config
	poll  *imap.Poller
	log   strings.Builder
}

func open(access imap.Access, mailboxes ...string) *world {
	w := &world{box: &box{}, marks: marks{}, notes: &notes{}}
	if access.Username == "" {
		access.Username, access.Password = dovecottest.Username, dovecottest.Password
	}
	w.cfg = imap.Config{
		Name: "security", Dial: access.Dial, Mailboxes: mailboxes, Limit: 1 << 20, Every: time.Minute,
		Box: w.box, Marks: w.marks, Notes: w.notes, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	}
	w.again()
	return w
}

// again is another process: what it remembers is in the marks.
func (w *world) again() { w.poll = imap.New(w.cfg) }

func (w *world) round(t *testing.T, want int) {
	t.Helper()
	if n, err := w.poll.Poll(t.Context()); err != nil || n != want {
		t.Fatalf("%d handed over, want %d: %v", n, want, err)
	}
}

func message(n int) []byte {
	return fmt.Appendf(nil, "From: Ada <ada@example.org>\r\nTo: security@example.com\r\nMessage-ID: <%d@example.org>\r\nSubject: report %d\r\n\r\nIt is broken.\r\n", n, n)
}

func deliver(s *dovecottest.Server, mailbox string, from, to int) {
	for n := from; n <= to; n++ {
		s.Deliver(mailbox, message(n), now.Add(-time.Hour+time.Duration(n)*time.Second))
	}
}

func upTo(n int) []int {
	var out []int
	for i := 1; i <= n; i++ {
		out = append(out, i)
	}
	return out
}

func plain(s *dovecottest.Server) imap.Access {
	return imap.Access{Addr: s.Addr, Security: imap.SecurityNone}
}

func TestFiftyMessagesOnceAndInOrder(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 50)
	w := open(imap.Access{Addr: s.AddrTLS, Security: imap.SecurityTLS, TLS: s.TLS}, "INBOX")
	w.round(t, 50)
	w.round(t, 0)
	w.again()
	w.round(t, 0)
	if got := w.box.numbers(t); !slices.Equal(got, upTo(50)) || w.box.again > 0 {
		t.Errorf("got %v, %d again", got, w.box.again)
	}
	if seen, all := s.Seen("INBOX"); seen != 50 || all != 50 {
		t.Errorf("%d of %d are marked as seen", seen, all)
	}
	it := w.box.items[6]
	if it.Door != "imap/security" || !it.Received.Equal(now.Add(-time.Hour+7*time.Second)) || string(it.Raw) != string(message(7)) || it.State != inbox.Waiting || it.Envelope.To != nil {
		t.Errorf("%+v", it)
	}
	deliver(s, "INBOX", 51, 52)
	w.round(t, 2)
	if n := w.notes.last(); !n.Worked || !n.Opened || n.Err != "" || n.Door != "imap/security" || !n.At.Equal(now) {
		t.Errorf("%+v", n)
	}
}

// The server crashes in the middle of a batch and comes back.
func TestServerKilledMidFetch(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 50)
	w := open(imap.Access{Addr: s.Addr, Security: imap.SecurityStartTLS, TLS: s.TLS}, "INBOX")
	w.box.after = func(n int, _ bool) {
		if n == 27 {
			s.Kill()
		}
	}
	if _, err := w.poll.Poll(t.Context()); !errors.Is(err, cvd.ErrUnavailable) {
		t.Fatalf("with a dead server: %v", err)
	}
	if _, err := w.poll.Poll(t.Context()); !errors.Is(err, cvd.ErrUnavailable) {
		t.Fatalf("with a dead server: %v", err)
	}
	if got := w.poll.Wait(); got != 2*time.Minute {
		t.Errorf("waits %s after two failures", got)
	}
	w.box.after = nil
	s.Again()
	if _, err := w.poll.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.box.numbers(t); !slices.Equal(got, upTo(50)) {
		t.Errorf("got %v", got)
	}
	if seen, all := s.Seen("INBOX"); seen != 50 || all != 50 {
		t.Errorf("%d of %d are marked as seen", seen, all)
	}
	if w.box.again == 0 {
		t.Error("the server was not killed between taking over and marking")
	}
}

// We are stopped in the middle of a batch and started again.
func TestStoppedMidFetch(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 50)
	w := open(plain(s), "INBOX")
	ctx, stop := context.WithCancel(t.Context())
	w.box.after = func(n int, _ bool) {
		if n == 27 {
			stop()
		}
	}
	if _, err := w.poll.Poll(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(*w.notes) != 0 {
		t.Error("being stopped is noted as a failure")
	}
	w.again()
	if _, err := w.poll.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.box.numbers(t); !slices.Equal(got, upTo(50)) {
		t.Errorf("got %v", got)
	}
	if seen, _ := s.Seen("INBOX"); seen != 50 {
		t.Errorf("%d are marked as seen", seen)
	}
}

func TestSeenOnlyAfterAccept(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 3)
	w := open(plain(s), "INBOX")
	w.box.after = func(int, bool) {
		if seen, _ := s.Seen("INBOX"); seen > len(w.box.items)-1 {
			t.Errorf("%d are marked as seen while the inbox has %d", seen, len(w.box.items))
		}
	}
	w.round(t, 3)
}

// One message that the inbox cannot take is tried again and holds up no other.
func TestARefusedMessageIsTriedAgain(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 10)
	w := open(plain(s), "INBOX")
	w.box.refuse = func(it inbox.Item) error {
		if strings.Contains(string(it.Raw), "report 4\r\n") {
			return cvd.ErrUnavailable
		}
		return nil
	}
	if n, err := w.poll.Poll(t.Context()); n != 9 || !errors.Is(err, cvd.ErrUnavailable) {
		t.Fatalf("%d, %v", n, err)
	}
	if seen, _ := s.Seen("INBOX"); seen != 9 {
		t.Errorf("%d are marked as seen", seen)
	}
	w.again()
	w.box.refuse = nil
	w.round(t, 1)
	if got := w.box.numbers(t); len(got) != 10 || got[9] != 4 {
		t.Errorf("got %v", got)
	}
	if seen, _ := s.Seen("INBOX"); seen != 10 || w.box.again > 0 {
		t.Errorf("%d are marked as seen, %d came again", seen, w.box.again)
	}
}

// Where the inbox takes nothing, a round does not run through the whole mailbox.
func TestAnInboxThatIsDown(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 50)
	w := open(plain(s), "INBOX")
	asked := 0
	w.box.refuse = func(inbox.Item) error { asked++; return cvd.ErrUnavailable }
	for i := range 3 {
		if n, err := w.poll.Poll(t.Context()); n != 0 || !errors.Is(err, cvd.ErrUnavailable) {
			t.Fatalf("%d, %v", n, err)
		}
		if n := w.notes.last(); n.Worked || n.Err == "" || len(*w.notes) != i+1 || w.poll.Failures() != i+1 {
			t.Errorf("round %d: %+v", i+1, n)
		}
	}
	if asked > 3*4 {
		t.Errorf("asked %d times", asked)
	}
	if seen, _ := s.Seen("INBOX"); seen != 0 {
		t.Errorf("%d are marked as seen", seen)
	}
	w.box.refuse = nil
	w.round(t, 50)
	got := w.box.numbers(t)
	slices.Sort(got)
	if !slices.Equal(got, upTo(50)) || w.box.again > 0 {
		t.Errorf("got %v", got)
	}
	if n := w.notes.last(); !n.Worked || w.poll.Failures() != 0 || w.poll.Wait() != time.Minute {
		t.Errorf("%+v, waits %s", n, w.poll.Wait())
	}
}

func TestARenumberedMailbox(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 5)
	w := open(plain(s), "INBOX")
	now = now.Add(-2 * time.Hour) // we came before the messages
	defer func() { now = now.Add(2 * time.Hour) }()
	w.round(t, 5)
	s.Kill()
	s.Renumber("INBOX")
	s.Again()
	deliver(s, "INBOX", 6, 6)
	w.round(t, 6)
	if got := w.box.numbers(t); !slices.Equal(got, []int{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("got %v: the inbox is to see them again, since it knows what it has", got)
	}
	if w.box.items[0].Origin == w.box.items[5].Origin {
		t.Error("a number of the old validity is taken for one of the new")
	}
	w.round(t, 0)
}

// What the team had read before Fairlead came is theirs, and what it reads afterwards
// is ours all the same.
func TestWhatWasReadBefore(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 30)
	first := open(plain(s), "INBOX")
	first.round(t, 30) // stands for a team that reads its mail
	deliver(s, "INBOX", 31, 32)
	w := open(plain(s), "INBOX")
	w.round(t, 2)
	if got := w.box.numbers(t); !slices.Equal(got, []int{31, 32}) {
		t.Errorf("got %v", got)
	}
	deliver(s, "INBOX", 33, 33)
	if n, err := first.poll.Poll(t.Context()); err != nil || n != 3 { // somebody reads it before us
		t.Fatal(n, err)
	}
	w.round(t, 1)
	all := open(plain(s), "INBOX")
	all.cfg.All = true
	all.again()
	all.round(t, 33)
}

func TestTwoMailboxes(t *testing.T) {
	s := dovecottest.Start(t)
	s.Make("Product")
	s.Make("Taken")
	deliver(s, "INBOX", 1, 2)
	deliver(s, "Product", 3, 4)
	w := open(plain(s), "INBOX", "Missing", "Product")
	if n, err := w.poll.Poll(t.Context()); n != 4 || err == nil || !strings.Contains(err.Error(), "mailbox 2 of 3") {
		t.Fatalf("%d, %v", n, err)
	}
	w.cfg.Mailboxes, w.cfg.Move = []string{"INBOX", "Product"}, "Taken"
	w.again()
	deliver(s, "INBOX", 5, 5)
	deliver(s, "Product", 6, 6)
	w.round(t, 2)
	if got := w.box.numbers(t); !slices.Equal(got, upTo(6)) {
		t.Errorf("got %v", got)
	}
	if seen, all := s.Seen("Taken"); seen != 2 || all != 2 {
		t.Errorf("%d moved, %d of them seen", all, seen)
	}
	if _, all := s.Seen("INBOX"); all != 2 {
		t.Errorf("%d stay", all)
	}
}

// A message over the limit stands on the shelf with its headers, and stays on the
// server as it was.
func TestAMessageOverTheLimit(t *testing.T) {
	s := dovecottest.Start(t)
	deliver(s, "INBOX", 1, 1)
	s.Deliver("INBOX", append(message(2), strings.Repeat("It is very broken.\r\n", 1000)...), now.Add(-time.Minute))
	deliver(s, "INBOX", 3, 3)
	w := open(plain(s), "INBOX")
	w.cfg.Limit = 10_000
	w.again()
	w.round(t, 3)
	w.round(t, 0)
	it := w.box.items[1]
	if it.State != inbox.Unsorted || it.Reason != imap.TooLarge || !strings.HasSuffix(string(it.Raw), "Subject: report 2\r\n\r\n") {
		t.Errorf("%s %s %.200q", it.State, it.Reason, it.Raw)
	}
	if seen, all := s.Seen("INBOX"); seen != 2 || all != 3 {
		t.Errorf("%d of %d are marked as seen", seen, all)
	}
}

// No secret and no word of the server gets into an error, a note or the log.
func TestRefusedAndUnreachable(t *testing.T) {
	s := dovecottest.Start(t)
	const secret = "swordfish-4711"
	for name, c := range map[string]struct {
		access imap.Access
		want   string
	}{
		"password":    {imap.Access{Addr: s.Addr, Security: imap.SecurityNone, Username: dovecottest.Username, Password: secret}, "refused the user name or the password"},
		"certificate": {imap.Access{Addr: s.AddrTLS, Security: imap.SecurityTLS, Username: "x", Password: secret}, "certificate"},
		"starttls":    {imap.Access{Addr: s.Addr, Security: imap.SecurityStartTLS, Username: "x", Password: secret}, "certificate"},
		"nobody":      {imap.Access{Addr: "127.0.0.1:1", Security: imap.SecurityTLS, Username: "x", Password: secret}, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(c.access, "INBOX")
			for range 3 {
				if n, err := w.poll.Poll(t.Context()); n != 0 || !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
					t.Fatalf("%d, %v", n, err)
				}
			}
			if n := w.notes.last(); n.Worked || len(*w.notes) != 3 || !strings.Contains(n.Err, c.want) || strings.Contains(n.Err, secret) {
				t.Errorf("%+v", n)
			}
			if log := w.log.String(); log == "" || strings.Contains(log, secret) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// Without TLS nothing goes over a network, not even the attempt.
func TestPlainIsForThisMachine(t *testing.T) {
	for _, addr := range others(t) {
		l, err := net.Listen("tcp", net.JoinHostPort(addr, "0"))
		if err != nil {
			continue
		}
		heard := make(chan int, 1)
		go func() {
			defer close(heard)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			b, _ := io.ReadAll(conn)
			heard <- len(b)
		}()
		_, err = imap.Access{Addr: l.Addr().String(), Security: imap.SecurityNone, Username: "x", Password: "y"}.Dial(t.Context())
		if !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%v", err)
		}
		if n := <-heard; n != 0 {
			t.Errorf("%d bytes were sent", n)
		}
		_ = l.Close()
		return
	}
	t.Skip("this machine has no address but the loopback's: that plain text stays here is not tried")
}

func others(t *testing.T) (out []string) {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			out = append(out, n.IP.String())
		}
	}
	return out
}

// A server that accepts and says nothing, or stops in the middle, ends at the limit.
func TestAServerThatHangs(t *testing.T) {
	for name, says := range map[string]string{
		"silent":          "",
		"after greeting":  "* OK [CAPABILITY IMAP4rev1] ready\r\n",
		"half a greeting": "* OK [CAPAB",
	} {
		for _, security := range []string{imap.SecurityNone, imap.SecurityTLS, imap.SecurityStartTLS} {
			t.Run(name+" "+security, func(t *testing.T) {
				addr := hanging(t, says)
				w := open(imap.Access{Addr: addr, Security: security, Limit: 50 * time.Millisecond}, "INBOX")
				if n, err := w.poll.Poll(t.Context()); n != 0 || !errors.Is(err, cvd.ErrUnavailable) {
					t.Fatalf("%d, %v", n, err)
				}
			})
		}
	}
}

// hanging says what it is given and then nothing more until the other side goes.
func hanging(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, says)
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().String()
}
