// Package watch tells members who look at the desk which cases changed, as soon as a
// change is committed by whoever made it.
//
// It tells a case's id, its version and the kind of the change, never a word; and only
// to whom the case is shown at that moment. It changes nothing, remembers nothing of
// what it told, and rests while nobody listens.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fairlead/internal/casework/fixer"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
)

// Kind is what changed first of all, as far as the queue's open columns tell.
type Kind string

// The kinds of change.
const (
	KindNew     Kind = "new"     // a case that was not there
	KindMessage Kind = "message" // an unread word of the reporter
	KindHolder  Kind = "holder"  // claimed, handed over or given back
	KindState   Kind = "state"
	KindClock   Kind = "clock" // another date is next, or a promise was broken
	KindOther   Kind = "other"
)

// Change is one case that is not as it was.
type Change struct {
	Case    cvd.CaseID `json:"case"`
	Kind    Kind       `json:"kind"`
	Version int64      `json:"version"`
}

// News is what one look found; often nothing.
type News struct {
	Changes []Change
	Many    bool // more than is told one by one
}

// Config is what a board is built from.
type Config struct {
	Store store.Store
	Log   *slog.Logger
	// Every is how long to rest between two looks; 0 means a second.
	Every time.Duration
}

// Most is how many listeners one member has; one more ends the oldest.
const Most = 6

// Board looks for changes while somebody listens. It is safe for concurrent use.
type Board struct {
	cfg Config

	mu        sync.Mutex
	listeners []*Listener
	stop      context.CancelFunc // of the loop; nil while it rests
	closed    bool

	looking sync.Mutex
	at      string // what was committed when it looked last
	mark    time.Time
	seen    map[cvd.CaseID]glance
	failed  bool
}

// New makes a board.
func New(cfg Config) *Board {
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	return &Board{cfg: cfg}
}

// Listener hears what was found.
type Listener struct {
	board  *Board
	member string
	news   chan News
	done   chan struct{}
	once   sync.Once
	why    error // once done is closed
	behind bool  // missed something; under the board's mu
}

// held is how many looks a listener may be behind before what they found is told as
// "many".
const held = 8

// Listen begins to tell the member what changes from now on. Whoever calls it closes
// the listener.
func (b *Board) Listen(member string) *Listener {
	l := &Listener{board: b, member: member, news: make(chan News, held), done: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		l.end(ErrClosed)
		return l
	}
	own := 0
	for _, other := range slices.Backward(b.listeners) {
		if other.member == member {
			if own++; own >= Most {
				other.end(ErrCrowded)
			}
		}
	}
	b.listeners = append(b.listeners, l)
	if b.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		b.stop = stop
		go b.run(ctx)
	}
	return l
}

// The ends of a listener.
var (
	ErrCrowded = errors.New("the member listens in too many places")
	ErrClosed  = errors.New("nobody is told any more")
)

// Next waits for the next look and tells what it found. Errors: ErrCrowded, ErrClosed,
// and that of ctx.
func (l *Listener) Next(ctx context.Context) (News, error) {
	select {
	case n := <-l.news:
		l.board.mu.Lock()
		defer l.board.mu.Unlock()
		n.Many = n.Many || l.behind
		l.behind = false
		return n, nil
	case <-l.done:
		return News{}, l.why
	case <-ctx.Done():
		return News{}, ctx.Err()
	}
}

func (l *Listener) end(why error) {
	l.once.Do(func() {
		l.why = why
		close(l.done)
	})
}

// Close ends the listener.
func (l *Listener) Close() {
	l.end(ErrClosed)
	b := l.board
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners = slices.DeleteFunc(b.listeners, func(other *Listener) bool { return other == l })
	if len(b.listeners) == 0 && b.stop != nil {
		b.stop()
		b.stop = nil
	}
}

// Close ends all listeners, and every later one at once.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, l := range b.listeners {
		l.end(ErrClosed)
	}
}

func (b *Board) run(ctx context.Context) {
	b.Look(ctx) // what stands now is no news
	tick := time.NewTicker(b.cfg.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.Look(ctx)
		}
	}
}

// Look looks once and tells every listener what it found; the board does that by
// itself while somebody listens. A store that cannot be read is told as nothing.
func (b *Board) Look(ctx context.Context) {
	b.looking.Lock()
	defer b.looking.Unlock()
	n, err := b.find(ctx)
	if failed := err != nil && ctx.Err() == nil; failed != b.failed {
		if b.failed = failed; failed {
			b.cfg.Log.Error("changes for the desk cannot be read; it is tried again each second", "err", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.listeners {
		select {
		case l.news <- n:
		default:
			l.behind = l.behind || n.Many || len(n.Changes) > 0
		}
	}
}

// Visible keeps of the changes those of cases that the actor may see now.
func (b *Board) Visible(ctx context.Context, by cvd.Actor, changes []Change) ([]Change, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	switch may.Of(by, cvd.VerbRead) {
	case may.All:
		return changes, nil
	case may.Named:
		var named []cvd.CaseID
		err := b.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
			named, err = fixer.Cases(tx, by.ID, nil)
			return err
		})
		var out []Change
		for _, c := range changes {
			if slices.Contains(named, c.Case) {
				out = append(out, c)
			}
		}
		return out, err
	}
	return nil, nil
}
