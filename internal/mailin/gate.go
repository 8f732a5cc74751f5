package mailin

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// gate is the listener: it lets in no more clients than the limits allow, and
// knows who is in.
type gate struct {
	door     *Door
	listener net.Listener

	mu    sync.Mutex
	over  bool
	owed  int       // messages that are whole and not answered yet
	quiet sync.Cond // none is owed
	open  map[*conn]struct{}
	peers map[netip.Addr]int
}

func newGate(d *Door) *gate {
	g := &gate{door: d, open: map[*conn]struct{}{}, peers: map[netip.Addr]int{}}
	g.quiet.L = &g.mu
	return g
}

// busyLine is the answer to a client that is one too many (RFC 5321 section 3.8).
const busyLine = "421 4.7.0 Too many connections, try again later\r\n"

// Accept lets the next client in. Those who are too many are told so.
func (g *gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := g.enter(raw); c != nil {
			return c, nil
		}
		_, _ = raw.Write([]byte(busyLine))
		_ = raw.Close()
	}
}

func (g *gate) enter(raw net.Conn) *conn {
	c := &conn{Conn: raw, gate: g, peer: peerOf(raw)}
	limited := !g.door.cfg.Unlimited && c.peer.IsValid() && !g.door.cfg.Ours(c.peer)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over || len(g.open) >= g.door.cfg.Connections || (limited && g.peers[c.network()] >= g.door.cfg.PerPeer) {
		return nil
	}
	g.open[c] = struct{}{}
	g.peers[c.network()]++
	return c
}

func (g *gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, in := g.open[c]; !in {
		return
	}
	delete(g.open, c)
	if g.peers[c.network()]--; g.peers[c.network()] <= 0 {
		delete(g.peers, c.network())
	}
}

func (g *gate) owe(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owed += n; g.owed == 0 {
		g.quiet.Broadcast()
	}
}

// settled returns when no answer is owed to anybody.
func (g *gate) settled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.owed > 0 {
		g.quiet.Wait()
	}
}

// cut ends all connections, and those that come yet.
func (g *gate) cut() {
	g.mu.Lock()
	g.over = true
	all := make([]*conn, 0, len(g.open))
	for c := range g.open {
		all = append(all, c)
	}
	g.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// Close closes the listener.
func (g *gate) Close() error { return g.listener.Close() }

// Addr is what the listener listens on.
func (g *gate) Addr() net.Addr { return g.listener.Addr() }

// conn is one client. It is busy from when a message is whole until the next
// command is read, and so the answer written.
type conn struct {
	net.Conn
	gate *gate
	peer netip.Addr // invalid for a socket of this machine
	busy atomic.Bool
}

func peerOf(c net.Conn) netip.Addr {
	if a, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		return a.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// customerBits is the size of the IPv6 network that one customer gets.
const customerBits = 64

// network is whom limits are counted for: of IPv6 the network of a customer, who
// has all its addresses.
func (c *conn) network() netip.Addr {
	if c.peer.Is6() {
		if p, err := c.peer.Prefix(customerBits); err == nil {
			return p.Addr()
		}
	}
	return c.peer
}

// whole says that a message was read to its end.
func (c *conn) whole() {
	if !c.busy.Swap(true) {
		c.gate.owe(1)
	}
}

// answered says that nothing is owed to the client.
func (c *conn) answered() {
	if c.busy.Swap(false) {
		c.gate.owe(-1)
	}
}

// Read reads what the client sends next.
func (c *conn) Read(p []byte) (int, error) {
	c.answered()
	return c.Conn.Read(p)
}

// Close ends the connection.
func (c *conn) Close() error {
	c.gate.leave(c)
	err := c.Conn.Close()
	c.answered()
	return err
}
