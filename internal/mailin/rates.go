package mailin

import (
	"net/netip"
	"strings"
	"time"

	"fairlead/internal/auth"
)

// How much mail is taken over in a minute, and at once after a quiet time. Whoever
// sends more is asked to come back, and loses nothing.
const (
	senderRate, senderBurst = 60, 120  // of one sender
	peerRate, peerBurst     = 300, 600 // of one client that is not ours
	allRate, allBurst       = 3000, 3000
	manyKeys                = 10_000 // senders and clients that are remembered
)

// rates bounds how much mail comes in.
type rates struct {
	sender, peer, all *auth.Limiter
}

func newRates(now func() time.Time, unlimited bool) *rates {
	limiter := func(perMinute, burst, keys int) *auth.Limiter {
		if unlimited {
			perMinute = 0
		}
		return auth.NewLimiter(perMinute, burst, keys, now)
	}
	return &rates{
		sender: limiter(senderRate, senderBurst, manyKeys),
		peer:   limiter(peerRate, peerBurst, manyKeys),
		all:    limiter(allRate, allBurst, 1),
	}
}

// allow counts a message. client is invalid for one of our own servers; bounces
// have no sender to be counted by.
func (r *rates) allow(sender string, client netip.Addr) bool {
	if client.IsValid() {
		if ok, _ := r.peer.Allow(client.String()); !ok {
			return false
		}
	}
	if sender != "" {
		if ok, _ := r.sender.Allow(strings.ToLower(sender)); !ok {
			return false
		}
	}
	ok, _ := r.all.Allow("")
	return ok
}
