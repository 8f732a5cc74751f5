package front

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// How many connections the public listener holds: in all, and of one network. A browser
// has six at most, with all pages of the desk that listen.
const (
	maxConns    = 2000
	maxNetConns = 200
)

// tellEvery is how often the log says that some were closed.
const tellEvery = time.Minute

// Gate is a listener that holds no more connections than that. For one too many, the one
// goes that has waited longest for a request: of its own network where that has too many,
// else of the network that holds the most, unless it is a smaller one. Where none waits,
// the new one is closed at once. State tells the gate what they do.
type Gate struct {
	net.Listener
	most, each int
	// free are clients whose number alone is not limited: this machine's own, and proxies.
	free func(netip.Addr) bool
	log  *slog.Logger

	mu     sync.Mutex
	open   map[*held]struct{}
	by     map[string]int
	closed int       // for being one too many, and not told yet
	told   time.Time // when some were
}

// NewGate stands before a listener. Of clients on this machine, and of those proxies,
// which speak for many, only the number in all is limited.
func NewGate(l net.Listener, proxies Proxies, log *slog.Logger) *Gate {
	return newGate(l, maxConns, maxNetConns, func(a netip.Addr) bool { return a.IsLoopback() || proxies.holds(a) }, log)
}

func newGate(l net.Listener, most, each int, free func(netip.Addr) bool, log *slog.Logger) *Gate {
	return &Gate{Listener: l, most: most, each: each, free: free, log: log, open: map[*held]struct{}{}, by: map[string]int{}}
}

// held is a connection that was let in. idle is since when it waits for a request, zero
// while it serves one.
type held struct {
	net.Conn
	gate *Gate
	from string
	idle time.Time
}

// Accept lets the next client in.
func (g *Gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, goes, tell := g.enter(raw, time.Now())
		if goes != nil {
			_ = goes.Close()
		}
		if tell > 0 {
			g.log.Warn("connections were closed, since there are too many", "count", tell)
		}
		if c != nil {
			return c, nil
		}
	}
}

// enter counts a connection, and gives what must be closed for it; where that is itself,
// it is not let in. tell is how many closed ones the log has to be told of now.
func (g *Gate) enter(raw net.Conn, now time.Time) (in *held, goes net.Conn, tell int) {
	c := &held{Conn: raw, gate: g, idle: now}
	limited := false
	if peer, err := netip.ParseAddrPort(raw.RemoteAddr().String()); err == nil {
		c.from, limited = network(peer.Addr()), !g.free(peer.Addr().Unmap())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	own := limited && g.by[c.from] >= g.each
	if own || len(g.open) >= g.most {
		first := g.waiting(func(one *held) bool { return !own || one.from == c.from })
		if first == nil || g.by[first.from] < g.by[c.from] {
			return nil, raw, g.count(now)
		}
		g.drop(first)
		goes, tell = first.Conn, g.count(now)
	}
	g.open[c] = struct{}{}
	g.by[c.from]++
	return c, goes, tell
}

func (g *Gate) count(now time.Time) (tell int) {
	g.closed++
	if now.Sub(g.told) < tellEvery {
		return 0
	}
	tell, g.closed, g.told = g.closed, 0, now
	return tell
}

// waiting is the connection that goes first, of those that may; nil if all are at work.
func (g *Gate) waiting(may func(*held) bool) (first *held) {
	for c := range g.open {
		if c.idle.IsZero() || !may(c) {
			continue
		}
		if first == nil || g.by[c.from] > g.by[first.from] || (g.by[c.from] == g.by[first.from] && c.idle.Before(first.idle)) {
			first = c
		}
	}
	return first
}

func (g *Gate) drop(c *held) {
	if _, in := g.open[c]; !in {
		return
	}
	delete(g.open, c)
	if g.by[c.from]--; g.by[c.from] <= 0 {
		delete(g.by, c.from)
	}
}

// Close ends the connection.
func (c *held) Close() error {
	c.gate.mu.Lock()
	c.gate.drop(c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// State is for http.Server.ConnState: whether a connection serves a request.
func State(c net.Conn, s http.ConnState) {
	if under, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = under.NetConn()
	}
	one, ok := c.(*held)
	if !ok {
		return
	}
	one.gate.mu.Lock()
	defer one.gate.mu.Unlock()
	switch s {
	case http.StateActive, http.StateHijacked:
		one.idle = time.Time{}
	case http.StateIdle:
		one.idle = time.Now()
	}
}
