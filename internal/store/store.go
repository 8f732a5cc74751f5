// Package store says what an engine must keep and how it may be asked.
//
// It never decides, never opens what is sealed and never looks at a clock. All
// that comes from or speaks of a vulnerability arrives here as sealed bytes;
// what stays readable to whoever steals the database is listed in Case, Event,
// Effect and Record, each column with what it tells a thief.
package store

import (
	"context"
	"time"

	"fairlead/internal/cvd"
)

// Store is one engine's database.
type Store interface {
	// View runs read in one consistent snapshot. read must not keep tx.
	View(ctx context.Context, read func(tx Tx) error) error
	// Update runs change in one transaction: all of it or nothing, and synced
	// to disk when Update returns nil. change may be run more than once, may
	// share its commit with others, and must not block on anything but tx. Its
	// own error is returned unchanged; a commit that failed is a
	// cvd.ErrUnavailable, and then nothing of it is stored.
	Update(ctx context.Context, change func(tx Tx) error) error
	// Generation names what is committed. While the name stays, every View sees
	// the same rows, whichever process might have changed them; a View that
	// begins after sees nothing older than what is named. A name never returns.
	Generation(ctx context.Context) (string, error)
	// Ready tells whether the engine can commit now; a cvd.ErrUnavailable names
	// the cause in plain words.
	Ready(ctx context.Context) error
	// Backup writes a consistent copy into dir, which must exist and be empty.
	Backup(ctx context.Context, dir string) error
	Close() error
}

// Tx is one transaction. Methods that look for one row return cvd.ErrNotFound
// when there is none.
type Tx interface {
	// Cases.

	Case(id cvd.CaseID) (Case, error)
	// PutCase stores c if the stored version is was; 0 means that there is none
	// yet. Otherwise it returns cvd.ErrConflict and stores nothing. The key
	// columns are only written when the case is new; see PutKey.
	PutCase(c Case, was int64) error
	// Cases lists one page in the filter's order.
	Cases(f Filter) ([]Case, error)
	// CountCases counts what the filter holds, no further than limit.
	CountCases(f Filter, limit int) (int, error)
	// Wake lists up to limit cases whose Wake is at or before now, oldest first.
	Wake(now time.Time, limit int) ([]cvd.CaseID, error)
	// Stale lists up to limit cases whose key is wrapped by another
	// key-encryption key than kek; erased cases are not among them.
	Stale(kek string, limit int) ([]cvd.CaseID, error)

	// Histories.

	// Append adds events to their streams. An event number that is taken is a
	// cvd.ErrConflict.
	Append(events []Event) error
	// Events lists up to limit events of the stream with Seq > after, in order.
	Events(stream string, after int64, limit int) ([]Event, error)
	// Streams lists up to limit names of streams > after, in the order of bytes.
	Streams(after string, limit int) ([]string, error)

	// Keys.

	// PutKey stores a wrapped key under its reference, replacing an older one. A
	// key that was dropped with its case or body stays so: cvd.ErrNotFound.
	PutKey(k Key) error
	// Keys lists the keys of one case that are kept beside its own: those of
	// participants.
	Keys(id cvd.CaseID) ([]Key, error)
	// DropKey destroys a key; KeyCase destroys the case's own key, all of its
	// participants' keys and all of its body keys. It is not an error if the
	// key is gone already.
	DropKey(ref KeyRef) error

	// Effects.

	// Enqueue writes down effects; one whose key exists is left as it is.
	Enqueue(effects []Effect) error
	// Lease takes up to limit pending effects that are due at now and not
	// leased by somebody else, and leases them until until.
	Lease(now, until time.Time, limit int) ([]Effect, error)
	// Finish stores what became of an effect that this caller leased: State,
	// Attempts, At (the next try), Done, Sealed. It ends the lease. One that was
	// given up is nobody's, and is taken up again by finishing it as pending. A
	// lost lease and an effect that is done are a cvd.ErrConflict.
	Finish(e Effect) error
	// Effects lists up to limit effects of the state, newest first, from behind
	// after where that is not nil; an empty state means any, an empty case all.
	Effects(state EffectState, id cvd.CaseID, after *EffectCursor, limit int) ([]Effect, error)

	// Records.

	// PutRecord stores r if the stored version is was; 0 means that there is
	// none yet, -1 that it does not matter. Otherwise it is a cvd.ErrConflict.
	PutRecord(r Record, was int64) error
	Record(kind RecordKind, id string) (Record, error)
	// Records lists up to limit records of the kind and owner, newest first; an
	// empty owner means all.
	Records(kind RecordKind, owner string, limit int) ([]Record, error)
	// DeleteRecords deletes what every set member of the selection matches and
	// returns how many they were.
	DeleteRecords(sel Selection) (int, error)
}

// Case is one row of the queue. Every member but Sealed and Key is readable to
// a thief of the database; the comment says what it tells.
type Case struct {
	ID       cvd.CaseID    // that a case exists, and the year it came in
	Program  string        // which program it belongs to
	RM       cvd.RM        // how far it is
	EM       cvd.EM        // whether an embargo runs
	Facts    cvd.Facts     // whether a fix exists, whether it is public or attacked
	Band     cvd.Band      // how severe the team found it
	Assignee string        // the member id of whoever holds it, no name
	NextDue  time.Time     // when the next promise falls due; zero: none
	NextKind cvd.ClockKind // which promise that is
	Wake     time.Time     // when the clock looks at it again; zero: never
	Created  time.Time     // when the report came in
	Updated  time.Time     // when it last moved
	Version  int64         // how many events it has
	Policy   int           // the policy version it came in under
	Cluster  cvd.CaseID    // the case it is linked to
	// What needs attention: emergency lane, personal data, a paused clock, an
	// unread word of the reporter, a broken promise, an appeal without an answer, a
	// ruling that waits for a second person.
	Emergency, Privacy, Paused, Unread, Breached, Appeal, Pending bool

	Sealed []byte // cvd.Case as JSON under the case's key; a cache of the history
	Key    []byte // the case's data key, wrapped; nil once the case is erased
	KEK    string // id of the key-encryption key that wraps it
}

// Event is one row of a history: a case's, or one whose stream name starts with
// "@". It is a thief's to read but for Sealed.
type Event struct {
	Stream  string
	Seq     int64
	Head    []byte // cvd.Head as JSON, verbatim: kinds of acts, instants, due dates, member ids
	BodyKey []byte // the body's own key, wrapped under the case's; nil once redacted
	Sealed  []byte // salt and cvd.Body
	Leaf    []byte // the leaf of the ledger: says nothing without the salt
}

// KeyKind is what a key is for.
type KeyKind string

// The kinds of key.
const (
	KeyCase        KeyKind = "case"        // Name is empty
	KeyParticipant KeyKind = "participant" // Name is the participant's id
	KeyBody        KeyKind = "body"        // Seq is the event's number
)

// KeyRef names a key. For a participant's that is dropped, Seq is the event that
// dropped it: they may be given another key later.
type KeyRef struct {
	Case cvd.CaseID
	Kind KeyKind
	Name string
	Seq  int64
}

// Key is a wrapped key. KEK is set for KeyCase only.
type Key struct {
	KeyRef
	Wrapped []byte
	KEK     string
}

// Filter selects cases. Zero members select nothing away; of a list, one of its
// values is enough.
type Filter struct {
	RM        []cvd.RM
	Open      bool // not closed
	Program   string
	Assignees []string // member ids; "" is nobody
	Band      []cvd.Band
	Emergency bool
	Privacy   bool
	Paused    bool
	Unread    bool
	Breached  bool
	Appeal    bool
	Pending   bool
	DueFrom   time.Time // or later; what has no due date is later than any
	DueBefore time.Time
	// IDs restricts to these cases when it is not nil; an empty, not-nil list
	// selects nothing.
	IDs []cvd.CaseID

	Sort  Sort
	After *Cursor
	Limit int // of a page; at most 500
}

// EffectState is how far an effect was carried.
type EffectState string

// The states of effects.
const (
	EffectPending EffectState = "pending"
	EffectDone    EffectState = "done"
	EffectDead    EffectState = "dead" // given up, loudly
)

// EffectCursor is where the page of effects before ended.
type EffectCursor struct {
	At  time.Time
	Key string
}

// Effect is one row of the outbox: a reference, never a text.
type Effect struct {
	cvd.Effect
	State    EffectState
	Attempts int
	Leased   time.Time // until when somebody is carrying it
	Done     time.Time
	Sealed   []byte // what was sent, or why it was not, under the case's key
}

// RecordKind is what sort of thing a record holds.
type RecordKind string

// Record is a small thing beside the cases: a member, a session, a token, a
// receipt, an answer to a repeated request. Its content is sealed; its id is a
// digest or a random name wherever the plain value would give access.
type Record struct {
	Kind    RecordKind
	ID      string
	Owner   string // a member id or a case id
	At      time.Time
	Expires time.Time // zero: never
	Version int64     // counts changes, from 1; PutRecord sets it to was+1
	Sealed  []byte
}

// Selection says which records to delete. At least one of Kind and
// ExpiredBefore must be set; an empty one selects nothing.
type Selection struct {
	Kind          RecordKind
	ID            string
	Owner         string
	ExpiredBefore time.Time
}
