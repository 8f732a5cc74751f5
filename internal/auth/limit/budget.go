package limit

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"fairlead/internal/cvd"
)

// Bytes is how many may be sent in any hour and in any day. 0 sets no limit.
type Bytes struct{ Hour, Day int64 }

// Budget is how many bytes of files, or of words, each key may send, and all keys together. The hour
// counts what was read, for that is work; the day what was kept, for that fills the
// disk. It keeps the keys used last and forgets the others; what all send together is
// never forgotten. It is safe for use by several goroutines, and nil sets no limit.
type Budget struct {
	each Bytes
	size int
	now  func() time.Time

	mu   sync.Mutex
	all  account
	full time.Time  // until when something was refused for the sake of all
	used *list.List // of *holder, the one used last in front
	keys map[string]*list.Element
}

type holder struct {
	key string
	account
}

// account is what one key, or all of them, sent lately.
type account struct{ hour, day window }

// NewBudget makes one. It knows at most keys keys.
func NewBudget(each, all Bytes, keys int, now func() time.Time) *Budget {
	return &Budget{each: each, all: newAccount(all), size: max(keys, 1), now: now, used: list.New(), keys: map[string]*list.Element{}}
}

func newAccount(most Bytes) account {
	return account{window{span: time.Hour, most: most.Hour}, window{span: 24 * time.Hour, most: most.Day}}
}

// Spent refuses bytes that a budget has no room for. It is a cvd.ErrLimited and a
// Limited, which says when there will be room for as much as was sent.
type Spent struct {
	Limited
	All  bool          // of all keys together
	Span time.Duration // an hour or a day
	Most int64         // bytes in that time
	// Words tells that they were words, and no file.
	Words bool
}

// What errors.Is finds in a Spent: the one for files, the other for words.
var (
	ErrSpent = fmt.Errorf("%w: too many bytes of files", cvd.ErrLimited)
	ErrSaid  = fmt.Errorf("%w: too many bytes of words", cvd.ErrLimited)
)

// Is makes it a cvd.ErrLimited, and an ErrSpent or an ErrSaid.
func (s Spent) Is(target error) bool {
	return target == cvd.ErrLimited || target == ErrSpent && !s.Words || target == ErrSaid && s.Words
}

// Unwrap makes it a Limited.
func (s Spent) Unwrap() error { return s.Limited }

// Keep hands body to keep at the cost of key. Reading fails with a Spent as soon as
// there is no room for what was read. Once keep fails, nothing counts as kept.
func (b *Budget) Keep(key string, body io.Reader, keep func(io.Reader) error) error {
	if b == nil {
		return keep(body)
	}
	m := &metered{of: b, key: key, body: body, since: b.now()}
	return m.settle(func() error { return keep(m) })
}

// Spend does what stores n bytes of words at the cost of key. Without room for all of
// them nothing is done, and a Spent says so. Once do fails, nothing counts as kept.
func (b *Budget) Spend(key string, n int64, do func() error) error {
	if b == nil {
		return do()
	}
	m := &metered{of: b, key: key, since: b.now()}
	if err := b.pay(m, n); err != nil {
		if spent, ok := errors.AsType[Spent](err); ok {
			spent.Words = true
			err = spent
		}
		return err
	}
	return m.settle(do)
}

// settle gives back what was paid unless do keeps it.
func (m *metered) settle(do func() error) error {
	kept := false
	defer func() {
		if !kept {
			m.of.giveBack(m)
		}
	}()
	err := do()
	kept = err == nil
	return err
}

// metered is a body that is paid for as it is read.
type metered struct {
	of    *Budget
	key   string
	body  io.Reader
	since time.Time
	paid  int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.body.Read(p)
	if n > 0 {
		if spent := m.of.pay(m, int64(n)); spent != nil {
			return 0, spent
		}
	}
	return n, err
}

// pay counts n bytes more, or says which limit has no room for them.
func (b *Budget) pay(m *metered, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, own := b.now(), b.account(m.key)
	var refused *Spent
	for _, one := range []struct {
		w   *window
		all bool
	}{{&own.hour, false}, {&own.day, false}, {&b.all.hour, true}, {&b.all.day, true}} {
		if wait := one.w.wait(now, n, m.paid+n); wait > 0 && (refused == nil || wait > refused.After) {
			refused = &Spent{Limited: Limited{wait}, All: one.all, Span: one.w.span, Most: one.w.most}
		}
	}
	if refused != nil {
		if refused.All {
			b.full = now.Add(refused.After)
		}
		return *refused
	}
	for _, w := range []*window{&own.hour, &own.day, &b.all.hour, &b.all.day} {
		w.add(now, n)
	}
	m.paid += n
	return nil
}

// giveBack takes what was read and not kept off the day.
func (b *Budget) giveBack(m *metered) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.account(m.key).day.take(m.since, m.paid)
	b.all.day.take(m.since, m.paid)
}

func (b *Budget) account(key string) *account {
	if e, ok := b.keys[key]; ok {
		b.used.MoveToFront(e)
		return &e.Value.(*holder).account
	}
	if b.used.Len() >= b.size {
		oldest := b.used.Back()
		delete(b.keys, oldest.Value.(*holder).key)
		b.used.Remove(oldest)
	}
	h := &holder{key, newAccount(b.each)}
	b.keys[key] = b.used.PushFront(h)
	return &h.account
}

// Full tells whether something was refused because all together sent too much, and until
// when there is no room for it.
func (b *Budget) Full() (until time.Time, full bool) {
	if b == nil {
		return time.Time{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.full, b.now().Before(b.full)
}

// pieces is into how many a span is cut. What was sent counts until its whole piece is
// a span ago, so that no span ever holds more than its limit.
const pieces = 60

// window counts the bytes of the last span.
type window struct {
	span time.Duration
	most int64
	sum  int64
	sent []piece // oldest first
}

type piece struct {
	at time.Time // where it begins
	n  int64
}

func (w *window) piece(at time.Time) time.Time { return at.Truncate(w.span / pieces) }

// ends is when a piece counts no more.
func (w *window) ends(p piece) time.Time { return p.at.Add(w.span/pieces + w.span) }

func (w *window) forget(now time.Time) {
	for len(w.sent) > 0 && !now.Before(w.ends(w.sent[0])) {
		w.sum -= w.sent[0].n
		w.sent = w.sent[1:]
	}
}

// wait is 0 if there is room for n bytes; else how long it takes until there is room
// for whole bytes, or as many as there can ever be.
func (w *window) wait(now time.Time, n, whole int64) time.Duration {
	if w.most <= 0 {
		return 0
	}
	if w.forget(now); w.sum+n <= w.most {
		return 0
	}
	left := w.sum
	for _, p := range w.sent {
		if left -= p.n; left+min(whole, w.most) <= w.most {
			return w.ends(p).Sub(now)
		}
	}
	return w.span // alone too large for it
}

func (w *window) add(now time.Time, n int64) {
	if w.most <= 0 {
		return
	}
	w.forget(now)
	at := w.piece(now)
	if last := len(w.sent) - 1; last >= 0 && !w.sent[last].at.Before(at) {
		w.sent[last].n += n
	} else {
		w.sent = append(w.sent, piece{at, n})
	}
	w.sum += n
}

// take takes back n of the bytes that were added from since on. The oldest go first, so
// that what stays is never forgotten too early.
func (w *window) take(since time.Time, n int64) {
	from := w.piece(since)
	for i := range w.sent {
		if w.sent[i].at.Before(from) {
			continue
		}
		back := min(n, w.sent[i].n)
		w.sent[i].n -= back
		w.sum -= back
		n -= back
	}
	w.sent = slices.DeleteFunc(w.sent, func(p piece) bool { return p.n == 0 })
}
