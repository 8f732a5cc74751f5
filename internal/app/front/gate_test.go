package front

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// dialed is a connection from an address; it knows whether it was closed.
type dialed struct {
	net.Conn
	from   net.Addr
	closed bool
}

func (d *dialed) RemoteAddr() net.Addr { return d.from }
func (d *dialed) Close() error         { d.closed = true; return nil }

// queue is a listener whose clients stand in a row.
type queue struct{ next []net.Conn }

var errEmpty = errors.New("nobody comes")

func (q *queue) Accept() (net.Conn, error) {
	if len(q.next) == 0 {
		return nil, errEmpty
	}
	c := q.next[0]
	q.next = q.next[1:]
	return c, nil
}
func (q *queue) Close() error   { return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

type entrance struct {
	*testing.T
	q *queue
	g *Gate
	// said is what the log says.
	said bytes.Buffer
}

func newEntrance(t *testing.T, most, each int) *entrance {
	e := &entrance{T: t, q: &queue{}}
	proxies := Proxies{"10.0.0.0/8"}
	e.g = newGate(e.q, most, each, func(a netip.Addr) bool { return a.IsLoopback() || proxies.holds(a) }, slog.New(slog.NewTextHandler(&e.said, nil)))
	return e
}

// busy brings a client that has a request.
func (e *entrance) busy(from string) (raw *dialed, in net.Conn) {
	e.Helper()
	if raw, in = e.come(from); in != nil {
		State(in, http.StateActive)
	}
	return raw, in
}

// come brings a client; in is nil if it was not let in.
func (e *entrance) come(from string) (raw *dialed, in net.Conn) {
	e.Helper()
	raw = &dialed{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	e.q.next = append(e.q.next, raw)
	in, err := e.g.Accept()
	if (err != nil) != raw.closed {
		e.Errorf("%s: closed %t, %v", from, raw.closed, err)
	}
	return raw, in
}

func TestOneNetworkHasSoManyConnections(t *testing.T) {
	e := newEntrance(t, 100, 2)
	first, in := e.busy("192.0.2.1:1")
	e.busy("[::ffff:192.0.2.1]:2")
	if _, more := e.busy("192.0.2.1:3"); more != nil {
		t.Error("a third of one address is let in")
	}
	if _, other := e.busy("192.0.2.2:1"); other == nil {
		t.Error("another address is not")
	}
	e.busy("[2001:db8::1]:1")
	e.busy("[2001:db8::2]:1")
	if _, more := e.busy("[2001:db8::3]:1"); more != nil {
		t.Error("a third of one network of IPv6 is let in")
	}
	for _, free := range []string{"127.0.0.1", "[::1]", "10.1.2.3", "[::ffff:10.1.2.3]"} { // this machine, and a named proxy
		for i := range 5 {
			if _, c := e.busy(fmt.Sprintf("%s:%d", free, i)); c == nil {
				t.Errorf("%s is limited", free)
			}
		}
	}
	for range 2 { // twice counts once
		if err := in.Close(); err != nil || !first.closed {
			t.Error(err, first.closed)
		}
	}
	if _, again := e.busy("192.0.2.1:4"); again == nil {
		t.Error("the room of one that left is not free")
	}
	if _, more := e.busy("192.0.2.1:5"); more != nil {
		t.Error("its room is free twice")
	}
	waits, _ := e.come("192.0.2.3:1")
	e.busy("192.0.2.3:2")
	if _, more := e.busy("192.0.2.3:3"); more == nil || !waits.closed {
		t.Error("one that waits does not make room for the same network")
	}
	if n := strings.Count(e.said.String(), "connections were closed"); n != 1 {
		t.Errorf("the log tells %d times: %s", n, e.said.String())
	}
}

// Where there are too many in all, the one that waits longest goes, of the network that
// holds the most. What serves a request stays.
func TestWhoWaitsMakesRoom(t *testing.T) {
	e := newEntrance(t, 6, 4)
	var many []*dialed
	var conns []net.Conn
	for i := range 4 {
		raw, c := e.come(fmt.Sprintf("192.0.2.1:%d", i+1))
		many, conns = append(many, raw), append(conns, c)
	}
	few, _ := e.come("192.0.2.2:1")
	e.come("192.0.2.3:1")
	State(conns[0], http.StateActive)
	State(tls.Server(conns[1], &tls.Config{MinVersion: tls.VersionTLS13}), http.StateActive)
	State(conns[1], http.StateIdle) // waits since now
	if _, c := e.come("192.0.2.4:1"); c == nil || !many[2].closed {
		t.Error("a new network has no room, or not that of who waits longest")
	}
	for i, raw := range many {
		if raw.closed != (i == 2) {
			t.Errorf("%d: closed %t", i, raw.closed)
		}
	}
	for _, i := range []int{1, 3} {
		State(conns[i], http.StateActive)
	}
	// All of the large one are at work: the small ones do not go for one more of it.
	e.g.each = 10
	if _, c := e.come("192.0.2.1:9"); c != nil || few.closed {
		t.Error("a network that holds many takes the room of one that holds one")
	}
	if _, c := e.come("192.0.2.5:1"); c == nil || !few.closed {
		t.Error("nobody made room for a new network")
	}
}

func TestNobodyGoesWhereAllAreAtWork(t *testing.T) {
	e := newEntrance(t, 2, 2)
	for i := range 2 {
		_, c := e.come(fmt.Sprintf("192.0.2.%d:1", i))
		State(c, http.StateActive)
	}
	if _, c := e.come("192.0.2.9:1"); c != nil {
		t.Error("more are let in than there is room for")
	}
}

// The public server asks the gate and tells it: one that keeps its connection waits, and
// the count is right at the end.
func TestTheServerTellsTheGate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gate := NewGate(l, nil, slog.New(slog.DiscardHandler))
	srv := Server(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") }))
	idle := make(chan struct{}, 1)
	srv.ConnState = func(c net.Conn, s http.ConnState) {
		State(c, s)
		if s == http.StateIdle {
			idle <- struct{}{}
		}
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(gate) }()
	client := &http.Client{Transport: &http.Transport{}}
	res, err := client.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	<-idle
	gate.mu.Lock()
	one := gate.waiting(func(*held) bool { return true })
	gate.mu.Unlock()
	if one == nil || time.Since(one.idle) > time.Minute || gate.by["127.0.0.1"] != 1 {
		t.Errorf("%+v", one)
	}
	client.CloseIdleConnections()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	<-served
	gate.mu.Lock()
	defer gate.mu.Unlock()
	if len(gate.open) != 0 || len(gate.by) != 0 {
		t.Errorf("%d are still counted", len(gate.open))
	}
}
