package mailin_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault/vaulttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a door before a real inbox.
type house struct {
	t    *testing.T
	st   store.Store
	box  *inbox.Box
	door *mailin.Door
	addr net.Addr
	log  bytes.Buffer
	cert []byte // PEM of the certificate

	mu     sync.Mutex
	broken error // what Accept answers instead
	none   error // what Recipient answers instead
	now    time.Time
	hold   chan struct{} // Accept waits for it, if it is not nil
}

// Accept is the inbox's, unless it is broken.
func (h *house) Accept(ctx context.Context, it inbox.Item) (string, error) {
	h.mu.Lock()
	err, hold := h.broken, h.hold
	h.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if err != nil {
		return "", err
	}
	return h.box.Accept(ctx, it)
}

// NoteDoor is the inbox's.
func (h *house) NoteDoor(n inbox.Note) { h.box.NoteDoor(n) }

func (h *house) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) recipient(address string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	switch {
	case h.none != nil:
		return "", h.none
	case domain == "example.org" && local == "security":
		return "", nil
	case domain == "example.org" && local == "second":
		return "second", nil
	}
	return "", cvd.ErrNotFound
}

func build(t *testing.T, change func(*mailin.Config)) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, now: noon}
	var err error
	h.st, err = sqlstore.OpenSQLite(ctx, filepath.Join(dir, "store.sqlite"), sqlstore.Options{})
	must(t, err)
	v := vaulttest.Open(t, h.st, h.now)
	blobs, err := blob.Dir(filepath.Join(dir, "blobs"))
	must(t, err)
	h.box = inbox.Open(inbox.Config{Store: h.st, Vault: v, Blobs: blobs, Now: h.clock, Rand: rand.Reader})
	certPEM, keyPEM, err := seal.SelfSigned([]string{"localhost", "127.0.0.1"}, time.Now(), time.Hour)
	must(t, err)
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	must(t, err)
	h.cert = certPEM
	cfg := mailin.Config{
		Name: "smtp", Inbox: h, Hostname: "mx.example.org", Recipient: h.recipient, Now: h.clock,
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	if change != nil {
		change(&cfg)
	}
	h.door = mailin.New(cfg)
	network, address := "tcp", "127.0.0.1:0"
	if cfg.LMTP {
		network, address = "unix", filepath.Join(dir, "lmtp.sock")
	}
	l, err := net.Listen(network, address)
	must(t, err)
	h.addr = l.Addr()
	done := make(chan error, 1)
	go func() { done <- h.door.Serve(l) }()
	t.Cleanup(func() {
		h.close()
		if err := <-done; err != nil {
			t.Errorf("the door ended: %v", err)
		}
		must(t, h.st.Close())
	})
	return h
}

func (h *house) close() {
	end, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := h.door.Close(end); err != nil && err.Error() != "smtp: server already closed" {
		h.t.Error(err)
	}
}

func (h *house) items() []*inbox.Item {
	h.t.Helper()
	list, err := h.box.List(ctx, inbox.Waiting, nil, 1000)
	must(h.t, err)
	for i, it := range list {
		if list[i], err = h.box.Item(ctx, it.ID); err != nil {
			h.t.Fatal(err)
		}
	}
	return list
}

// client types commands, each with the answer that it wants.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func (h *house) dial() *client {
	h.t.Helper()
	c, err := net.Dial(h.addr.Network(), h.addr.String())
	must(h.t, err)
	must(h.t, c.SetDeadline(time.Now().Add(time.Minute)))
	h.t.Cleanup(func() { _ = c.Close() })
	return &client{h.t, c, bufio.NewReader(c)}
}

// answer reads one answer, all of its lines.
func (c *client) answer() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return all.String() + err.Error()
		}
		all.WriteString(line)
		if len(line) < 4 || line[3] != '-' {
			return all.String()
		}
	}
}

func (c *client) say(command, want string) string {
	c.t.Helper()
	if command != "" {
		if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
			c.t.Fatal(err)
		}
	}
	got := c.answer()
	if !strings.HasPrefix(got, want) {
		c.t.Errorf("%.80q answers %q, not %q", command, got, want)
	}
	return got
}

// greeted is a client that said EHLO.
func (h *house) greeted() *client {
	h.t.Helper()
	c := h.dial()
	c.say("", "220 mx.example.org ")
	if h.addr.Network() == "unix" {
		c.say("LHLO client.example.net", "250")
	} else {
		c.say("EHLO client.example.net", "250")
	}
	return c
}

// Recipients are those of the policy, and nobody is told anything about others.
func TestRecipients(t *testing.T) {
	h := build(t, nil)
	c := h.greeted()
	c.say("MAIL FROM:<ann@example.net>", "250")
	ours, others := map[string]bool{}, map[string]bool{}
	for address, here := range map[string]bool{
		"security@example.org": true, "Security@EXAMPLE.org": true, "security+b.fl-2026-7kq4mxz.mac@example.org": true,
		"ann@example.org": false, "ann@example.net": false, "mara@example.org": false, "security@example.net": false,
	} {
		want := "250"
		if !here {
			want = "550 5.7.1 "
		}
		got := strings.ReplaceAll(c.say("RCPT TO:<"+address+">", want), address, "ADDRESS")
		if here {
			ours[got] = true
		} else {
			others[got] = true
		}
	}
	if len(ours) != 1 || len(others) != 1 {
		t.Errorf("the answers differ: %v %v", ours, others)
	}
	c.say("RCPT TO:<second@example.org>", "250")
	c.say("DATA", "354")
	c.say("Subject: hello\r\n\r\n..dot\r\n.", "250")
	got := h.items()
	if len(got) != 1 {
		t.Fatalf("%d items of one delivery", len(got))
	}
	it := got[0]
	if string(it.Raw) != "Subject: hello\r\n\r\n.dot\r\n" || len(it.Envelope.To) != 4 || it.Program != "second" || it.Door != "smtp" ||
		it.Envelope.From != "ann@example.net" || it.Envelope.Null || it.Envelope.Peer != "127.0.0.1" || it.Envelope.Helo != "client.example.net" || it.Envelope.TLS {
		t.Errorf("%q %+v", it.Raw, it)
	}
	if c.say("VRFY security", "252"); h.log.Len() > 0 {
		t.Errorf("the log says %s", h.log.String())
	}
	// As long as there is no policy, nobody is turned away for good.
	h.set(func() { h.none = cvd.ErrUnavailable })
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "451 4.3.0 ")
}

func TestExtensions(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Bytes = 1 << 20 })
	c := h.dial()
	c.say("", "220")
	got := c.say("EHLO client.example.net", "250")
	for _, want := range []string{"PIPELINING", "8BITMIME", "STARTTLS", "SMTPUTF8", "SIZE 1048576", "ENHANCEDSTATUSCODES"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not offered: %q", want, got)
		}
	}
	if strings.Contains(got, "AUTH") {
		t.Errorf("AUTH is offered: %q", got)
	}
	c.say("AUTH PLAIN AGFubgBzZWNyZXQ=", "5")
	c.say("MAIL FROM:<ann@example.net> SIZE=1048577", "552 5.3.4")
	// Everything at once (RFC 2920), and a bounce.
	c.say("MAIL FROM:<>\r\nRCPT TO:<security@example.org>\r\nRCPT TO:<x@example.org>\r\nDATA\r\n", "250")
	c.say("", "250")
	c.say("", "550")
	c.say("", "354")
	c.say("\r\nbounce\r\n.\r\nQUIT", "250")
	c.say("", "221")
	if got := h.items(); len(got) != 1 || !got[0].Envelope.Null || got[0].Envelope.From != "" {
		t.Errorf("%+v", got)
	}
}

func TestTLS(t *testing.T) {
	h := build(t, nil)
	old := h.dial()
	old.say("", "220")
	old.say("EHLO x", "250")
	old.say("STARTTLS", "220")
	if err := tls.Client(old.Conn, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}).Handshake(); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	c := h.dial()
	c.say("", "220")
	c.say("EHLO x", "250")
	c.say("STARTTLS", "220")
	c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	c.r = bufio.NewReader(c.Conn)
	if got := c.say("EHLO x", "250"); strings.Contains(got, "STARTTLS") {
		t.Error("STARTTLS is offered again")
	}
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("DATA", "354")
	c.say("x\r\n.", "250")
	if got := h.items(); len(got) != 1 || !got[0].Envelope.TLS {
		t.Errorf("%+v", got)
	}
	_ = c.Close()
}

// What cannot be kept is answered so that the sender tries again; what is too large
// or broken is refused; the next message goes through.
func TestRefusals(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Bytes, c.Memory = 300<<10, 500<<10 })
	c := h.greeted()
	send := func(text, want string) {
		t.Helper()
		c.say("MAIL FROM:<ann@example.net>", "250")
		c.say("RCPT TO:<security@example.org>", "250")
		c.say("DATA", "354")
		c.say(text+"\r\n.", want)
	}
	send("good", "250")
	h.set(func() { h.broken = fmt.Errorf("%w: the disk is full", cvd.ErrUnavailable) })
	send("ann@example.net", "451 4.3.0")
	send("ann@example.net", "451 4.3.0")
	h.set(func() { h.broken = nil })
	send("good", "250")
	if got := h.log.String(); strings.Count(got, "\n") != 2 || strings.Contains(got, "ann@") {
		t.Errorf("the log says %s", got)
	}
	send(strings.Repeat("0123456789abcdef\r\n", 400<<10/18), "552 5.3.4")
	send("good", "250")
	send(strings.Repeat("x", 70_000), "500 5.")
	c = h.greeted()
	send("good", "250")
	if got := len(h.items()); got != 4 {
		t.Errorf("%d messages are in", got)
	}
	// Cut short: it is not in.
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("DATA", "354")
	fmt.Fprint(c, "half\r\n")
	_ = c.Close()
	h.close()
	if got := len(h.items()); got != 4 {
		t.Errorf("half a message is in: %d", got)
	}
}

// Only CRLF . CRLF ends a message, so that none is smuggled in behind another.
func TestOnlyTheRightEndEnds(t *testing.T) {
	for _, end := range []string{"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n\x00.\r\n"} {
		h := build(t, nil)
		c := h.greeted()
		c.say("MAIL FROM:<ann@example.net>", "250")
		c.say("RCPT TO:<security@example.org>", "250")
		c.say("DATA", "354")
		c.say("first"+end+"MAIL FROM:<boss@example.org>\r\nRCPT TO:<security@example.org>\r\nDATA\r\nsecond\r\n.", "250")
		c.say("NOOP", "250 2.0.0 I have")
		got := h.items()
		if len(got) != 1 || got[0].Envelope.From != "ann@example.net" || !bytes.Contains(got[0].Raw, []byte("second")) {
			t.Errorf("%q: %d messages", end, len(got))
		}
	}
}

// Messages on their way in share a bounded memory.
func TestMemoryIsBounded(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Memory = 100 << 10 })
	c := h.greeted()
	for want, size := range map[string]int{"452 4.3.1": 200 << 10, "250": 10 << 10} {
		c.say("MAIL FROM:<ann@example.net>", "250")
		c.say("RCPT TO:<security@example.org>", "250")
		c.say("DATA", "354")
		c.say(strings.Repeat("0123456789abcd\r\n", size/16)+".", want)
	}
}

// The limits ask to come back; they hold for one sender, one client and all of them.
func TestRates(t *testing.T) {
	h := build(t, nil)
	accepted := func(c *client, sender func(int) string, most int) (n int) {
		for n < most {
			fmt.Fprintf(c, "MAIL FROM:<%s>\r\nRSET\r\n", sender(n))
			got := c.answer()
			c.say("", "250")
			if strings.HasPrefix(got, "450 4.7.1") {
				return n
			}
			n++
		}
		return n
	}
	one := func(int) string { return "ann@example.net" }
	many := func(i int) string { return fmt.Sprintf("r%d@example.net", i) }
	c := h.greeted()
	if n := accepted(c, one, 1000); n != 120 {
		t.Errorf("one sender: %d", n)
	}
	if n := accepted(c, many, 1000); n >= 600 || n < 300 {
		t.Errorf("one client: %d", n)
	}
	h.set(func() { h.now = h.now.Add(time.Minute) })
	if n := accepted(c, one, 1000); n != 60 {
		t.Errorf("a minute later: %d", n)
	}
	own := build(t, func(c *mailin.Config) { c.Ours = netip.Addr.IsLoopback })
	if n := accepted(own.greeted(), many, 1000); n != 1000 {
		t.Errorf("our own server: %d", n)
	}
	free := build(t, func(c *mailin.Config) { c.Unlimited = true })
	if n := accepted(free.greeted(), one, 1000); n != 1000 {
		t.Errorf("without limits: %d", n)
	}
}

func TestConnections(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.PerPeer = 2 })
	a, b := h.greeted(), h.greeted()
	c := h.dial()
	c.say("", "421 4.7.0")
	c.say("", "EOF")
	a.say("QUIT", "221")
	a.say("", "EOF")
	h.greeted()
	b.say("NOOP", "250")
	all := build(t, func(c *mailin.Config) { c.Connections, c.Ours = 1, netip.Addr.IsLoopback })
	all.greeted()
	all.dial().say("", "421 4.7.0")
}

// Who tries addresses is sent away; our own server may ask as often as it likes.
func TestGuessing(t *testing.T) {
	for name, ours := range map[string]bool{"stranger": false, "ours": true} {
		t.Run(name, func(t *testing.T) {
			h := build(t, func(c *mailin.Config) { c.Ours = func(netip.Addr) bool { return ours } })
			c := h.greeted()
			c.say("MAIL FROM:<ann@example.net>", "250")
			for i := range 20 {
				c.say(fmt.Sprintf("RCPT TO:<r%d@example.org>", i), "550 5.7.1")
			}
			if ours {
				c.say("RCPT TO:<security@example.org>", "250")
				return
			}
			c.say("RCPT TO:<security@example.org>", "421 4.7.0")
			c.say("RSET", "250")
			c.say("MAIL FROM:<ann@example.net>", "421 4.7.0")
		})
	}
}

// Of our own server neither address nor name is taken for the sender's.
func TestOurs(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Ours = netip.Addr.IsLoopback })
	c := h.greeted()
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("DATA", "354")
	c.say("x\r\n.", "250")
	if e := h.items()[0].Envelope; e.Peer != "" || e.Helo != "" || e.From != "ann@example.net" {
		t.Errorf("%+v", e)
	}
}

// LMTP answers for each recipient, and it is one message.
func TestLMTP(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Name, c.LMTP = "lmtp", true })
	c := h.greeted()
	c.say("EHLO x", "500")
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("RCPT TO:<second@example.org>", "250")
	c.say("RCPT TO:<x@example.org>", "550 5.7.1")
	c.say("DATA", "354")
	c.say("x\r\n.", "250 2.0.0 <security@example.org>")
	c.say("", "250 2.0.0 <second@example.org>")
	if got := h.items(); len(got) != 1 || len(got[0].Envelope.To) != 2 || got[0].Door != "lmtp" || got[0].Envelope.Peer != "" {
		t.Errorf("%+v", got)
	}
	h.set(func() { h.broken = cvd.ErrUnavailable })
	c.say("MAIL FROM:<>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("DATA", "354")
	c.say("x\r\n.", "451 4.3.0")
}

// A client that says nothing is cut.
func TestSlowClients(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Patience = 50 * time.Millisecond })
	c := h.dial()
	c.say("", "220")
	c.say("", "421 4.4.2")
	c = h.greeted()
	fmt.Fprint(c, "MAIL FROM:<ann@example.net>\r\nRCPT TO:<security@example.org>\r\nDATA\r\n")
	c.answer()
	c.answer()
	c.answer()
	c.say("", "451 4.4.2")
	if n := len(h.items()); n != 0 {
		t.Errorf("%d messages are in", n)
	}
}

// A stop answers what is whole, takes nothing new, and cuts the rest.
func TestClose(t *testing.T) {
	h := build(t, nil)
	hold := make(chan struct{})
	h.set(func() { h.hold = hold })
	whole, half, idle := h.greeted(), h.greeted(), h.greeted()
	for _, c := range []*client{whole, half} {
		c.say("MAIL FROM:<ann@example.net>", "250")
		c.say("RCPT TO:<security@example.org>", "250")
		c.say("DATA", "354")
	}
	fmt.Fprint(half, "half\r\n")
	fmt.Fprint(whole, "whole\r\n.\r\n")
	// It is on its way into the inbox once it hangs there.
	for len(h.items()) == 0 {
		h.set(func() {
			if h.hold != nil {
				select {
				case hold <- struct{}{}:
					h.hold = nil
				default:
				}
			}
		})
	}
	closed := make(chan struct{})
	go func() { h.close(); close(closed) }()
	if got := whole.answer(); !strings.HasPrefix(got, "250") {
		t.Errorf("what was kept is answered %q", got)
	}
	<-closed
	if got := idle.answer(); !strings.Contains(got, "EOF") && !strings.Contains(got, "reset") {
		t.Errorf("an idle client hears %q", got)
	}
	if n := len(h.items()); n != 1 {
		t.Errorf("%d messages are in", n)
	}
	if _, err := net.Dial("tcp", h.addr.String()); err == nil {
		t.Error("it still listens")
	}
	if doors, err := h.box.Doors(ctx); err != nil || len(doors) != 1 || doors[0].Message.IsZero() {
		t.Errorf("%+v, %v", doors, err)
	}
}

// A store that hangs holds a stop up no longer than it is given, and what it did not
// keep was not answered.
func TestCloseInTheEnd(t *testing.T) {
	h := build(t, nil)
	hang := make(chan struct{})
	h.set(func() { h.hold = hang })
	c := h.greeted()
	c.say("MAIL FROM:<ann@example.net>", "250")
	c.say("RCPT TO:<security@example.org>", "250")
	c.say("DATA", "354")
	fmt.Fprint(c, "x\r\n.\r\n")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	must(t, h.door.Close(ended))
	if got := c.answer(); strings.HasPrefix(got, "250") {
		t.Errorf("it is answered %q", got)
	}
	if n := len(h.items()); n != 0 {
		t.Errorf("%d messages are in", n)
	}
}
