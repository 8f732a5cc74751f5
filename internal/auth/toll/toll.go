// Package toll is the small price that a form may ask of a stranger before it is
// taken, so that a flood costs its sender more than us: a browser with a script
// computes for a second, and one without waits a little and presses again.
//
// It knows nobody: a stamp is bound to no address and no session. It is never
// asked of the API, never keeps a person out for lack of a script, and never
// remembers more than which stamps were spent.
package toll

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// Bits is how many leading zero bits the SHA-256 digest of stamp, colon and
	// answer must have: some 65,000 tries, a second or two of a telephone.
	Bits = 16
	// Wait is how long a stamp must have been held instead.
	Wait = 20 * time.Second
	// Life is how long a stamp may be spent after it was given.
	Life = 12 * time.Hour
	// kept bounds the stamps that are remembered as spent.
	kept = 1 << 17
)

// Verdict is what a stamp is worth.
type Verdict int

// The verdicts.
const (
	Stale  Verdict = iota // not ours, too old, or spent before: give a fresh one
	Early                 // no answer, and not held for long enough
	Waited                // held for long enough
	Solved                // answered
)

// Gate gives stamps and takes them back, each once. It is safe for concurrent
// use. What it remembers is lost with the process: a stamp may then be spent a
// second time.
type Gate struct {
	mac func(text string) string
	now func() time.Time

	mu    sync.Mutex
	spent map[string]spent
}

// spent is until when a stamp must be known, and for what it was given.
type spent struct {
	until time.Time
	whose string
}

// New makes a gate. mac is a keyed digest whose key stays with the house.
func New(mac func(text string) string, now func() time.Time) *Gate {
	return &Gate{mac: mac, now: now, spent: map[string]spent{}}
}

// Stamp is a fresh stamp, of a-z, A-Z, 0-9, dots, dashes and underscores.
func (g *Gate) Stamp() string {
	head := strconv.FormatInt(g.now().Unix(), 36) + "." + rand.Text()
	return head + "." + g.mac(head)
}

// Spend judges a stamp with its answer, and spends it if it is worth something.
// left is how long one that comes early must still be held. whose is what it is
// spent for: the same thing once more, such as a form that was sent twice, is paid.
func (g *Gate) Spend(stamp, answer, whose string) (v Verdict, left time.Duration) {
	given, ok := g.read(stamp)
	now := g.now()
	age := now.Sub(given)
	if !ok || age < 0 || age > Life {
		return Stale, 0
	}
	v = Early
	switch {
	case solves(stamp, answer):
		v = Solved
	case age >= Wait:
		v = Waited
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if before, was := g.spent[stamp]; was && (whose == "" || before.whose != whose) {
		return Stale, 0
	}
	if v == Early {
		return Early, Wait - age
	}
	if len(g.spent) >= kept {
		g.prune(now)
	}
	g.spent[stamp] = spent{given.Add(Life), whose}
	return v, 0
}

// prune forgets stamps that are too old to be spent, and if those are too few, all:
// under such a flood a second use is the smaller evil.
func (g *Gate) prune(now time.Time) {
	for stamp, one := range g.spent {
		if now.After(one.until) {
			delete(g.spent, stamp)
		}
	}
	if len(g.spent) >= kept {
		clear(g.spent)
	}
}

// read tells when a stamp of ours was given.
func (g *Gate) read(stamp string) (given time.Time, ok bool) {
	if len(stamp) > 200 {
		return time.Time{}, false
	}
	at := strings.LastIndexByte(stamp, '.')
	if at < 0 {
		return time.Time{}, false
	}
	head := stamp[:at]
	if subtle.ConstantTimeCompare([]byte(stamp[at+1:]), []byte(g.mac(head))) != 1 {
		return time.Time{}, false
	}
	seconds, _, _ := strings.Cut(head, ".")
	n, err := strconv.ParseInt(seconds, 36, 64)
	return time.Unix(n, 0), err == nil
}

func solves(stamp, answer string) bool {
	if answer == "" || len(answer) > 20 {
		return false
	}
	sum := sha256.Sum256([]byte(stamp + ":" + answer))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= Bits
}
