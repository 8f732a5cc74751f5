// Package password hashes passwords with argon2id (RFC 9106) and says which are
// too weak to be taken.
//
// It never stores a password or a hash and never knows whose they are beyond the
// member it is handed to compare names with.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// atOnce bounds the memory that a flood of sign-ins can take.
const atOnce = 2

// cost is what one hashing takes.
type cost struct {
	memory uint32 // KiB
	time   uint32 // passes
	lanes  uint8
}

var (
	// costOWASP is the least that the OWASP Password Storage Cheat Sheet
	// recommends for argon2id. Raising it upgrades each member at sign-in.
	costOWASP = cost{memory: 19 * 1024, time: 2, lanes: 1}
	costDev   = cost{memory: 64, time: 1, lanes: 1}
)

// Limits of what is read from a PHC string, so that a damaged record cannot
// take the machine's memory.
const (
	maxMemory = 256 * 1024 // KiB
	maxTime   = 16
	maxLanes  = 8
	saltSize  = 16
	hashSize  = 32
)

// ErrHash says that a stored hash is damaged, or of another kind or version.
var ErrHash = errors.New("not an argon2id hash this version reads")

// Hash is what is kept of a password. Its string form is that of the Password
// Hashing Competition.
type Hash struct {
	cost cost
	salt []byte
	hash []byte
}

var strictBase64 = base64.RawStdEncoding.Strict()

// String gives the one spelling that Parse reads.
func (p Hash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.memory, p.cost.time, p.cost.lanes, strictBase64.EncodeToString(p.salt), strictBase64.EncodeToString(p.hash))
}

// Parse reads exactly what String writes, and nothing else: ErrHash.
func Parse(s string) (Hash, error) {
	parts := strings.Split(s, "$")
	if len(s) > 300 || len(parts) != 6 {
		return Hash{}, ErrHash
	}
	var (
		p       Hash
		version int
	)
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil {
		return Hash{}, ErrHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.cost.memory, &p.cost.time, &p.cost.lanes); n != 3 || err != nil {
		return Hash{}, ErrHash
	}
	var err1, err2 error
	p.salt, err1 = strictBase64.DecodeString(parts[4])
	p.hash, err2 = strictBase64.DecodeString(parts[5])
	c := p.cost
	switch {
	case err1 != nil, err2 != nil, version != argon2.Version,
		c.lanes < 1, c.lanes > maxLanes, c.time < 1, c.time > maxTime, c.memory < 8*uint32(c.lanes), c.memory > maxMemory,
		len(p.salt) < 8, len(p.salt) > 64, len(p.hash) < 16, len(p.hash) > 64,
		p.String() != s: // leading zeros, signs, blanks, line ends, another algorithm
		return Hash{}, ErrHash
	}
	return p, nil
}

// Hasher hashes, two at a time. It is safe for use by several goroutines.
type Hasher struct {
	cost  cost
	turns chan struct{}
}

// NewHasher makes a hasher. A fast one is for tests and demo data only.
func NewHasher(fast bool) *Hasher {
	h := &Hasher{cost: costOWASP, turns: make(chan struct{}, atOnce)}
	if fast {
		h.cost = costDev
	}
	return h
}

// Outdated tells whether p was made at less than the present cost.
func (h *Hasher) Outdated(p Hash) bool {
	return p.cost.memory < h.cost.memory || p.cost.time < h.cost.time || p.cost.lanes < h.cost.lanes
}

// Nobody gives a hash that no password has. Matching it costs what matching a
// real one does.
func (h *Hasher) Nobody() Hash {
	p := Hash{cost: h.cost, salt: make([]byte, saltSize), hash: make([]byte, hashSize)}
	_, _ = rand.Read(p.salt) // never returns an error
	_, _ = rand.Read(p.hash)
	return p
}

// Hash hashes a password with a fresh salt. Its only error is that of ctx, if
// that ends before it is its turn.
func (h *Hasher) Hash(ctx context.Context, password string) (Hash, error) {
	p := Hash{cost: h.cost, salt: make([]byte, saltSize)}
	_, _ = rand.Read(p.salt)
	var err error
	p.hash, err = h.derive(ctx, p, password, hashSize)
	return p, err
}

// Matches tells whether p is the hash of password. Its only error is that of
// ctx, if that ends before it is its turn.
func (h *Hasher) Matches(ctx context.Context, p Hash, password string) (bool, error) {
	got, err := h.derive(ctx, p, password, len(p.hash))
	return err == nil && subtle.ConstantTimeCompare(got, p.hash) == 1, err
}

func (h *Hasher) derive(ctx context.Context, p Hash, password string, size int) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), p.salt, p.cost.time, p.cost.memory, p.cost.lanes, uint32(size)), nil
}
