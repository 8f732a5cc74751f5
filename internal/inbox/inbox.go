// Package inbox keeps every mail that came in, sealed, from the moment a door has
// taken it over until its words stand in a case; and what nobody could place, on
// shelves that the desk shows. It also keeps how each door is doing.
//
// It never reads a message, never decides where it belongs, and never drops one: a
// message leaves by being filed, by a member, or when the time that its shelf is
// kept has run out.
package inbox

import (
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/vault"
)

// State is where a message is.
type State string

// The states of a message.
const (
	Waiting  State = "waiting"  // taken over, not looked at yet
	Unsorted State = "unsorted" // the shelf of what could not be read or placed
	Spam     State = "spam"     // the shelf of what an upstream filter called spam
	Aside    State = "aside"    // read and needs nobody: automatic replies, lists, duplicates
	Filed    State = "filed"    // its words are in a case, and it is gone from here
)

// The kinds of the records. Of a message there is one that says what came and
// where it stands, owned by its state, and one with its bytes.
const (
	Kind       store.RecordKind = "mail"
	kindRaw    store.RecordKind = "mail-raw"    // its bytes, of one that is not in a blob
	kindBlob   store.RecordKind = "mail-blob"   // a blob that a message may name; see Sweep
	kindOrigin store.RecordKind = "mail-origin" // where it was fetched from, blind: it is in
	kindDoor   store.RecordKind = "mail-door"   // how a door is doing
)

// Inline is the size in bytes up to which a message stands in the database;
// above it is a sealed file among the blobs.
const Inline = 256 << 10

// shelfLife is how long a message stays on a shelf; what is not listed stays
// until somebody takes it away.
var shelfLife = map[State]time.Duration{
	Aside: 90 * 24 * time.Hour,
	Spam:  90 * 24 * time.Hour,
}

// originLife is how long it is remembered that a message was fetched already.
const originLife = 365 * 24 * time.Hour

// Item is one message.
type Item struct {
	ID       string // random, 128 bits in hex
	Door     string // smtp, lmtp, imap/NAME
	Received time.Time
	Envelope mail.Envelope
	Raw      []byte // nil in lists
	Size     int64  // of Raw, in bytes
	State    State
	// Reason is why it stands on its shelf, as a name in the message catalogue.
	Reason string
	// Case is where it seems to belong, of one that is on a shelf.
	Case cvd.CaseID
	// From and Subject are for the shelf's list; empty while it waits.
	From, Subject string
	Program       string // by the recipient's address; empty if that does not tell
	// By is the member who put it on its shelf, as in cvd.Actor.Ref, and Note what they
	// said; empty if nobody did.
	By, Note string
	// Origin is where it was fetched from, such as imap/NAME/UIDVALIDITY/UID: what
	// comes from one origin twice is in once. Empty for what cannot be told apart.
	Origin string
	// Expires is when it leaves its shelf by itself; zero for never.
	Expires time.Time
}

// Config is what a box is built from. All but Poke must be given.
type Config struct {
	Store store.Store
	Vault *vault.Vault
	Blobs blob.Store
	Now   func() time.Time
	Rand  io.Reader
	Poke  func() // wakes whoever carries the effects
}

// Box is the inbox. It is safe for concurrent use.
type Box struct {
	Config
	seq    atomic.Int64 // of the latest message, in microseconds
	counts *memo.Memo[State, int]
	about  *memo.Memo[State, map[cvd.CaseID]int]

	mu         sync.Mutex // of the doors
	doors      map[string]*door
	flushed    time.Time
	remembered bool
}

// Open makes the inbox of a store. It reads nothing before it is asked.
func Open(cfg Config) *Box {
	if cfg.Store == nil || cfg.Vault == nil || cfg.Blobs == nil || cfg.Now == nil || cfg.Rand == nil {
		panic("inbox: store, vault, blobs, clock and randomness must be given")
	}
	if cfg.Poke == nil {
		cfg.Poke = func() {}
	}
	return &Box{Config: cfg, counts: memo.New[State, int](cfg.Store, 8), about: memo.New[State, map[cvd.CaseID]int](cfg.Store, 8)}
}

// name is a new name that nobody can guess, 128 bits in hex.
func (b *Box) name() (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(b.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("%w: no randomness: %w", cvd.ErrUnavailable, err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// next numbers messages in the order in which they came: microseconds since 1970,
// and one more where two came together.
func (b *Box) next(at time.Time) int64 {
	for {
		was := b.seq.Load()
		n := max(was+1, at.UnixMicro())
		if b.seq.CompareAndSwap(was, n) {
			return n
		}
	}
}
