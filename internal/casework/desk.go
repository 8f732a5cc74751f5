// Package casework holds the verbs of a case. Every change goes through
// Session.change and its one transaction, and every look goes through
// Desk.As(actor): there is no way to a case without being someone.
//
// It never speaks a door's language, never sends anything and never lets a
// readable word reach the store.
package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/calendar"
	"fairlead/internal/casework/fixer"
	"fairlead/internal/casework/queue"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/looks"
	"fairlead/internal/store/vault/pace"
)

// Team is who the members are.
type Team interface {
	Members(ctx context.Context) ([]cvd.Member, error)
}

// Receipts makes the codes by which reporters come back. The records it
// returns are put into the transaction that makes the case.
type Receipts interface {
	NewReceipt(reach []cvd.Reach, at time.Time) (code string, rec store.Record, err error)
	ExtendReceipt(rec store.Record, reach cvd.Reach) (store.Record, error)
}

// Config is what a desk is built from.
type Config struct {
	Store    store.Store
	Vault    *vault.Vault
	Book     *rulebook.Book
	Blobs    blob.Store
	Team     Team
	Receipts Receipts
	// ReceiptKind is the kind of the records that Receipts makes.
	ReceiptKind store.RecordKind
	// Register is where advisories are published; nil: nowhere.
	Register *register.Register
	// Lint judges a record; nil: nothing is judged.
	Lint func(*cvd.Advisory) []advisory.Finding
	// CNA says that CVE ids are reserved and their records published from here.
	CNA  bool
	Now  func() time.Time
	Rand io.Reader // for case ids and blob names
	Log  *slog.Logger
	// Erased is called after a key was destroyed, so that a copy of the data
	// from before can be brought up to date when it is restored; may be nil.
	Erased func(store.KeyRef) error
	// NoticesADay and NewReports bound what is sent; see pace.Book.
	NoticesADay int
	NewReports  time.Duration
	// Withheld stands in a reporter's thread for what they sent encrypted.
	Withheld string
	// Scan names the malware that is known in a file, or ""; nil: nobody scans.
	Scan func(ctx context.Context, file io.Reader) (known string, err error)
	// Poke is called after each commit that left effects to carry; it must not
	// block.
	Poke func()
}

// Desk is where cases are worked. It is safe for concurrent use.
type Desk struct {
	Config
	looks looks.Book
	pace  pace.Book
	queue *queue.Book
}

// New makes a desk.
func New(cfg Config) *Desk {
	d := &Desk{
		Config: cfg, looks: looks.Book{Store: cfg.Store, Vault: cfg.Vault, Log: cfg.Log}, queue: queue.New(cfg.Store, cfg.Vault),
		pace: pace.Book{Store: cfg.Store, Vault: cfg.Vault, ADay: cfg.NoticesADay, Window: cfg.NewReports},
	}
	if d.Poke == nil {
		d.Poke = func() {}
	}
	return d
}

func (d *Desk) spine() *spine.Spine {
	return &spine.Spine{Store: d.Store, Vault: d.Vault, Book: d.Book, CNA: d.CNA, Log: d.Log, Erased: d.Erased}
}

// Session is the desk as one actor may use it.
type Session struct {
	desk  *Desk
	actor cvd.Actor
	once  *Once
}

// As binds the desk to an actor.
func (d *Desk) As(actor cvd.Actor) *Session { return &Session{desk: d, actor: actor} }

// Once is the session for a request that may be sent again under the key: what it does
// is done once, and answered again by Done.Again. A nil key changes nothing.
func (s *Session) Once(key *Once) *Session { return &Session{s.desk, s.actor, key} }

// Actor returns who the session acts for.
func (s *Session) Actor() cvd.Actor { return s.actor }

// Scanner is the desk's; see Config.
func (s *Session) Scanner() func(context.Context, io.Reader) (string, error) { return s.desk.Scan }

// errErased answers every change to an erased case.
var errErased = fmt.Errorf("%w: the case is erased", cvd.ErrNotReady)

// load reads one case that the actor may do the verb to. A case that is not
// there and one that may not be seen have one answer.
func (s *Session) load(ctx context.Context, id cvd.CaseID, verb cvd.Verb) (*spine.Loaded, error) {
	if err := may.Glimpse(s.actor, id); err != nil {
		return nil, err
	}
	var l *spine.Loaded
	err := s.named(ctx, id)
	if err == nil {
		l, err = s.desk.spine().Load(ctx, id)
	}
	if errors.Is(err, cvd.ErrNotFound) {
		return nil, may.ErrUnseen
	}
	if err != nil {
		return nil, err
	}
	return l, may.Allow(s.actor, verb, l.State)
}

// named is a cvd.ErrNotFound for one who sees only the cases that name them, of any
// other: before it is read, so that a foreign case is as little work as none.
func (s *Session) named(ctx context.Context, id cvd.CaseID) error {
	if may.Of(s.actor, cvd.VerbRead) != may.Named {
		return nil
	}
	return s.desk.Store.View(ctx, func(tx store.Tx) error { return fixer.Named(tx, s.actor.ID, id) })
}

// Calendar is the working time of the policy in effect, or nil.
func (d *Desk) Calendar() *calendar.Calendar {
	if cur := d.Book.Current(); cur != nil {
		return cur.Calendar
	}
	return nil
}
