package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/fault"
	"fairlead/internal/store/sqlstore/session"
)

// writer is the one goroutine that owns SQLite's writing connection. Callers
// that wait at the same time share one commit, and with it one wait for the disk.
// They run one after the other; only where one of them fails, the others run
// again, each in a savepoint, so that a failure undoes only itself. Savepoints for
// all would copy each page that a change touches.
type writer struct {
	db    *sql.DB
	batch int
	log   *slog.Logger

	mu     sync.RWMutex // held for reading while a change is put in the queue
	closed bool
	queue  chan *change
	nudged chan struct{}
	gone   chan struct{}
	owes   atomic.Bool // a key was dropped and the write-ahead log still holds it

	on   *session.Session // nil: to be connected anew
	done []*change

	file, wal place // of the database, and of its write-ahead log
}

// change is one caller of Update.
type change struct {
	ctx    context.Context
	turn   chan *tx      // the caller may run now
	ran    chan error    // what its closure returned, or errPanicked
	answer chan error    // what became of it; the writer never waits here
	left   chan struct{} // closed when the caller no longer waits for its turn
	kept   bool          // it is part of the commit
	own    error         // what its closure returned, if it was not kept
}

var errPanicked = fmt.Errorf("store: the change panicked")

func newWriter(db *sql.DB, path string, opt Options) *writer {
	w := &writer{
		file: stands(path), db: db, batch: opt.Batch, log: opt.Logger,
		queue: make(chan *change, opt.Batch), nudged: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	go w.loop()
	return w
}

func (w *writer) update(ctx context.Context, f func(tx store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &change{
		ctx: ctx, turn: make(chan *tx), ran: make(chan error), answer: make(chan error, 1), left: make(chan struct{}),
	}
	if err := w.put(c); err != nil {
		return err
	}
	select {
	case t := <-c.turn:
		for { // again, if another change spoilt the transaction it ran in
			c.run(t, f)
			select {
			case t = <-c.turn:
			case err := <-c.answer:
				return err
			}
		}
	case err := <-c.answer:
		return err
	case <-ctx.Done():
		close(c.left)
		return ctx.Err()
	}
}

func (w *writer) put(c *change) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- c:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

// run calls the closure in its caller's goroutine, so that a panic, or a test
// that ends there, is the caller's and never the writer's.
func (c *change) run(t *tx, f func(tx store.Tx) error) {
	result := errPanicked
	defer func() { c.ran <- result }()
	result = t.result(f(t))
}

func (w *writer) loop() {
	defer close(w.gone)
	for {
		select {
		case c, ok := <-w.queue:
			if !ok {
				return
			}
			w.commit(c)
		case <-w.nudged:
		}
		if w.owes.Load() {
			w.truncate()
		}
	}
}

// commit runs c and whoever came meanwhile, commits once and answers them all.
func (w *writer) commit(c *change) {
	ctx := context.Background()
	w.done = w.done[:0]
	if err := w.begin(ctx); err != nil {
		c.answer <- err
		return
	}
	lost := w.each(ctx, c)
	if lost == nil {
		if err := w.on.Exec(ctx, "COMMIT"); err != nil {
			lost = sqliteSchema.Kind(err)
		}
	}
	if lost == nil {
		lost = w.inPlace()
	}
	if lost != nil {
		w.abandon(ctx)
		lost = fault.OfCommit(lost)
	}
	for _, c := range w.done {
		if c.kept {
			c.answer <- lost
			continue
		}
		// After the commit, so that whoever lost a race to a change of the same
		// batch and looks again sees what it left.
		c.answer <- c.own
	}
	clear(w.done)
}

// each runs c and those who waited when it began, one after the other; its error
// means that the whole transaction is lost. Whoever comes meanwhile is in the next
// commit: then those who are answered by this one prepare their next change while
// that is written, and neither waits for the other.
func (w *writer) each(ctx context.Context, c *change) error {
	waiting, careful := min(1+len(w.queue), w.batch), false
	for {
		w.done = append(w.done, c)
		spoilt, err := w.one(ctx, c, careful)
		if err == nil && spoilt {
			careful = true
			err = w.again(ctx)
		}
		if err != nil {
			return err
		}
		if len(w.done) >= waiting {
			return nil
		}
		var ok bool
		select {
		case c, ok = <-w.queue:
			if !ok {
				return nil
			}
		default:
			return nil
		}
	}
}

// again undoes the whole transaction, which a change that failed has spoilt, and
// runs those who had not failed once more.
func (w *writer) again(ctx context.Context) error {
	_ = w.on.Exec(ctx, "ROLLBACK") // a full disk may have ended it already
	if err := w.on.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return sqliteSchema.Kind(err)
	}
	for _, c := range w.done {
		if !c.kept {
			continue
		}
		c.kept = false
		if _, err := w.one(ctx, c, true); err != nil {
			return err
		}
	}
	return nil
}

// one runs a change. If it failed after it wrote, and not in a savepoint of its
// own, the transaction is spoilt.
func (w *writer) one(ctx context.Context, c *change, careful bool) (spoilt bool, err error) {
	if careful {
		if err := w.on.Exec(ctx, "SAVEPOINT change"); err != nil {
			c.kept = true // it is answered with the others
			return false, sqliteSchema.Kind(err)
		}
	}
	t := newTx(c.ctx, ctx, sqliteEngine, w.on, true)
	var own error
	select {
	case c.turn <- t:
		own = <-c.ran
	case <-c.left:
		own = context.Canceled
	}
	t.over = true
	if own == nil {
		c.kept = true
		if t.erased {
			w.owes.Store(true)
		}
		if careful {
			if err := w.on.Exec(ctx, "RELEASE change"); err != nil {
				return false, sqliteSchema.Kind(err)
			}
		}
		return false, nil
	}
	c.own = own
	if !careful {
		return t.touched, nil
	}
	if err := w.undo(ctx); err != nil {
		// A full disk may have ended the whole transaction (SQLite, "Response
		// to errors within a transaction").
		if t.failed != nil {
			return false, t.failed
		}
		return false, err
	}
	return false, nil
}

func (w *writer) undo(ctx context.Context) error {
	if err := w.on.Exec(ctx, "ROLLBACK TO change"); err != nil {
		return sqliteSchema.Kind(err)
	}
	if err := w.on.Exec(ctx, "RELEASE change"); err != nil {
		return sqliteSchema.Kind(err)
	}
	return nil
}

func (w *writer) begin(ctx context.Context) error {
	if err := w.inPlace(); err != nil {
		return err
	}
	if w.on == nil {
		on, err := session.Open(ctx, w.db)
		if err != nil {
			return fault.OfCommit(sqliteSchema.Kind(err))
		}
		w.on = on
	}
	err := w.on.Exec(ctx, "BEGIN IMMEDIATE")
	if err == nil {
		if w.wal.was == nil {
			w.wal = stands(w.file.path + "-wal")
		}
		return nil
	}
	w.abandon(ctx)
	return fault.OfCommit(sqliteSchema.Kind(err))
}

// inPlace says whether what is written arrives where it is looked for.
func (w *writer) inPlace() error {
	if w.file.moved() || w.wal.moved() {
		return errMoved
	}
	return nil
}

// abandon leaves no transaction open. If there is doubt, the connection goes.
func (w *writer) abandon(ctx context.Context) {
	_ = w.on.Exec(ctx, "ROLLBACK") // there may be none to roll back
	if err := w.on.Exec(ctx, "BEGIN"); err == nil {
		if err = w.on.Exec(ctx, "ROLLBACK"); err == nil {
			return
		}
	}
	w.log.Warn("store: the writer of the database is replaced")
	w.on.Discard()
	w.on, w.wal = nil, place{} // the log may end with the connection, and begin anew
}

// truncate empties the write-ahead log, which still holds the key that was
// dropped. It needs a moment without readers; if there is none within the limit,
// the next view that ends asks again.
func (w *writer) truncate() {
	ctx := context.Background()
	if w.on == nil {
		return
	}
	var busy, frames, moved int
	_ = w.on.Exec(ctx, "PRAGMA busy_timeout = 250")
	err := w.on.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	_ = w.on.Exec(ctx, "PRAGMA busy_timeout = 5000")
	if err == nil && busy == 0 {
		w.owes.Store(false)
		return
	}
	w.log.Info("store: the write-ahead log is emptied later, it is being read")
}

// nudge asks the writer to try again what it owes.
func (w *writer) nudge() {
	if !w.owes.Load() {
		return
	}
	select {
	case w.nudged <- struct{}{}:
	default:
	}
}

// close runs what waits in the queue, then ends the writer.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	close(w.queue)
	<-w.gone
	if w.on == nil {
		return nil
	}
	return w.on.Close()
}
