package imap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
)

// Config is one account on one server.
type Config struct {
	Name      string // of the account in the configuration; the door is imap/NAME
	Dial      func(context.Context) (Server, error)
	Mailboxes []string
	// Move names the mailbox into which a message goes once it was taken over; empty:
	// it stays, marked as seen.
	Move string
	// All takes what was read by somebody before the first look too.
	All bool
	// Program is whom the mail is for, where its recipient does not tell.
	Program string
	// Limit is the most bytes of a message.
	Limit int64
	// Every is how long a round waits for the next.
	Every time.Duration
	Box   Box
	Marks Marks
	Notes Notes
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	// roundMost bounds how many messages of one mailbox a round hands over, so that the
	// others get their turn and a stop is not waited for.
	roundMost = 500
	listMost  = 200
	// batchMost and batchBytes bound what is in memory at once, beside one message that
	// is larger by itself.
	batchMost  = 20
	batchBytes = 4 << 20
	// owedMost is how many messages may be owed to the inbox before nothing new is read.
	owedMost = 100
	// misses is how many messages in a row the inbox may refuse before a round ends: then
	// it is the inbox that is in trouble and not the messages.
	misses = 3
	// waitMost is the longest wait after failures.
	waitMost = 15 * time.Minute
	// headerMost bounds what is kept of a message over the limit.
	headerMost = 64 << 10
)

// Poller looks after one account. It is used by one goroutine at a time, but for Door
// and Failures.
type Poller struct {
	cfg      Config
	door     string
	failures atomic.Int32
	backlog  int
}

// New makes a poller; it asks nothing yet.
func New(cfg Config) *Poller {
	return &Poller{cfg: cfg, door: "imap/" + cfg.Name}
}

// Door is the name under which it is known elsewhere.
func (p *Poller) Door() string { return p.door }

// Failures counts the rounds that failed in a row, up to the last one.
func (p *Poller) Failures() int { return int(p.failures.Load()) }

// Wait is how long the next round should be waited for: not at all while there is
// more on the server; longer each time after failures in a row.
func (p *Poller) Wait() time.Duration {
	failures := p.Failures()
	if failures == 0 {
		if p.backlog > 0 {
			return 0
		}
		return p.cfg.Every
	}
	return max(p.cfg.Every, min(waitMost, p.cfg.Every<<min(failures-1, 10)))
}

// Poll does one round over all mailboxes and tells how many messages were handed
// over. A round that failed goes on where it stopped; nothing is lost by it. The
// error holds no secret and no word of a message.
func (p *Poller) Poll(ctx context.Context) (n int, err error) {
	p.backlog = 0
	srv, err := p.cfg.Dial(ctx)
	if err == nil {
		n, err = p.boxes(ctx, srv)
		_ = srv.Close() // all that mattered was answered
	}
	if ctx.Err() != nil {
		return n, ctx.Err() // we are stopped: nobody's failure
	}
	note := inbox.Note{Door: p.door, At: p.cfg.Now(), Opened: true, Worked: err == nil}
	if err == nil {
		p.failures.Store(0)
	} else {
		p.failures.Add(1)
		note.Err = err.Error()
		p.cfg.Log.Warn("a mailbox could not be read; it is tried again", "door", p.door, "failures", p.Failures(), "err", err)
	}
	p.cfg.Notes.NoteDoor(note)
	return n, err
}

func (p *Poller) boxes(ctx context.Context, srv Server) (n int, err error) {
	var errs []error
	for i, name := range p.cfg.Mailboxes {
		k, err := p.box(ctx, srv, name)
		n += k
		if err == nil {
			continue
		}
		errs = append(errs, fmt.Errorf("mailbox %d of %d: %w", i+1, len(p.cfg.Mailboxes), err))
		var no *Refusal
		if !errors.As(err, &no) && !errors.Is(err, errOwed) {
			break // the connection is gone
		}
	}
	return n, errors.Join(errs...)
}

// round is one mailbox during one round.
type round struct {
	*Poller
	srv    Server
	name   string
	mark   Mark
	taken  int
	missed int // messages that the inbox refused in a row
	why    error
}

var errOwed = fmt.Errorf("%w: messages could not be taken over and are tried again", cvd.ErrUnavailable)

func (p *Poller) box(ctx context.Context, srv Server, name string) (int, error) {
	r := &round{Poller: p, srv: srv, name: name}
	if err := r.open(ctx); err != nil {
		return 0, err
	}
	for again := r.mark.Owed; ; again = nil {
		found, left, err := srv.List(ctx, r.mark.Last, again, listMost)
		if err != nil {
			return r.taken, err
		}
		if err := r.forget(ctx, again, found); err != nil {
			return r.taken, err
		}
		p.backlog += left
		if err := r.hand(ctx, found); err != nil {
			return r.taken, err
		}
		if left == 0 || len(found) == 0 || r.taken >= roundMost {
			break
		}
		p.backlog -= left
	}
	if n := len(r.mark.Owed); n > 0 {
		return r.taken, fmt.Errorf("%w: %d of them: %w", errOwed, n, r.why)
	}
	return r.taken, nil
}

// open chooses the mailbox and finds where to go on. Under a new UIDVALIDITY all
// UIDs mean something else, so it begins anew, and what was taken over before is
// recognised further in.
func (r *round) open(ctx context.Context) error {
	validity, next, err := r.srv.Open(ctx, r.name)
	if err != nil {
		return err
	}
	if r.mark, err = r.cfg.Marks.Mark(ctx, r.door, r.name); err != nil {
		return err
	}
	if r.mark.Validity == validity {
		return nil
	}
	since := r.mark.Since
	if r.mark.Validity == 0 {
		since = r.cfg.Now()
	} else {
		r.cfg.Log.Warn("the server renumbered a mailbox; it is read from its beginning", "door", r.door)
	}
	r.mark = Mark{Validity: validity, Since: since, Old: max(next, 1) - 1}
	return r.cfg.Marks.Keep(ctx, r.door, r.name, r.mark)
}

// ours tells a message that is to be taken over from one that somebody dealt with
// before us.
func (r *round) ours(f Found) bool {
	return r.cfg.All || !f.Seen || f.UID > r.mark.Old || !f.Arrived.Before(r.mark.Since)
}

// hand hands over what was found, in batches. What is none of ours costs nothing and
// fills no batch.
func (r *round) hand(ctx context.Context, found []Found) error {
	for len(found) > 0 {
		n, ours, size := 0, 0, int64(0)
		for _, f := range found {
			if r.ours(f) {
				bytes := min(f.Size, r.cfg.Limit)
				if ours > 0 && (ours == batchMost || size+bytes > batchBytes) {
					break
				}
				ours, size = ours+1, size+bytes
			}
			n++
		}
		if err := r.batch(ctx, found[:n]); err != nil {
			return err
		}
		found = found[n:]
	}
	return nil
}

// batch fetches some messages, hands them over in their order, marks them on the
// server, and only then remembers how far it came: who is stopped in between does it
// again, and the inbox knows what it has.
func (r *round) batch(ctx context.Context, batch []Found) error {
	whole, headers, err := r.fetch(ctx, batch)
	if err != nil {
		return err
	}
	var done []uint32
	last := r.mark.Last
	for _, f := range batch {
		last = max(last, f.UID)
		if !r.ours(f) {
			r.settle(f.UID)
			continue
		}
		it, mark, ok := r.item(f, whole, headers)
		if !ok {
			r.owe(f.UID, errGone)
		} else if _, err := r.cfg.Box.Accept(ctx, it); err != nil {
			r.owe(f.UID, err)
			r.missed++
		} else {
			r.settle(f.UID)
			r.taken, r.missed = r.taken+1, 0
			if mark {
				done = append(done, f.UID)
			}
		}
		if r.missed >= misses || len(r.mark.Owed) >= owedMost || ctx.Err() != nil {
			break
		}
	}
	if len(done) > 0 {
		if err := r.srv.Done(ctx, done, r.cfg.Move); err != nil {
			return err
		}
	}
	r.mark.Last = last
	if err := r.cfg.Marks.Keep(ctx, r.door, r.name, r.mark); err != nil {
		return err
	}
	if r.missed >= misses || len(r.mark.Owed) >= owedMost {
		return fmt.Errorf("%w: %d of them: %w", errOwed, len(r.mark.Owed), r.why)
	}
	return ctx.Err()
}

// errGone is a message that was listed and not given. If it is not listed again, it
// has gone.
var errGone = errors.New("the server listed a message and did not give it")

func (r *round) owe(uid uint32, why error) {
	r.why = why
	if !slices.Contains(r.mark.Owed, uid) {
		r.mark.Owed = append(r.mark.Owed, uid)
	}
}

// forget ends what is owed of messages that somebody removed.
func (r *round) forget(ctx context.Context, owed []uint32, found []Found) error {
	n := len(r.mark.Owed)
	for _, uid := range owed {
		if !slices.ContainsFunc(found, func(f Found) bool { return f.UID == uid }) {
			r.settle(uid)
		}
	}
	if len(r.mark.Owed) == n {
		return nil
	}
	return r.cfg.Marks.Keep(ctx, r.door, r.name, r.mark)
}

// settle ends what is owed.
func (r *round) settle(uid uint32) {
	r.mark.Owed = slices.DeleteFunc(slices.Clone(r.mark.Owed), func(o uint32) bool { return o == uid })
}

// fetch reads what is ours of a batch: whole, or the headers of what is too large.
// Where the server refuses a batch, each message is asked for by itself, so that one
// that it cannot read does not hold up the others.
func (r *round) fetch(ctx context.Context, batch []Found) (whole, headers map[uint32]Message, err error) {
	var small, large []Found
	for _, f := range batch {
		switch {
		case !r.ours(f):
		case f.Size > r.cfg.Limit:
			large = append(large, f)
		default:
			small = append(small, f)
		}
	}
	if whole, err = r.ask(ctx, small, r.cfg.Limit, false); err != nil {
		return nil, nil, err
	}
	headers, err = r.ask(ctx, large, headerMost, true)
	return whole, headers, err
}

func (r *round) ask(ctx context.Context, of []Found, limit int64, headers bool) (map[uint32]Message, error) {
	if len(of) == 0 {
		return nil, nil
	}
	got, err := r.srv.Fetch(ctx, of, limit, headers)
	var no *Refusal
	if !errors.As(err, &no) {
		return got, err
	}
	all := map[uint32]Message{}
	for _, f := range of {
		got, err := r.srv.Fetch(ctx, []Found{f}, limit, headers)
		if err != nil && !errors.As(err, &no) {
			return nil, err
		}
		if m, ok := got[f.UID]; ok {
			all[f.UID] = m
		}
	}
	return all, nil
}

// item is a message as the inbox gets it. mark says that it may be marked on the
// server: one of which only the headers are kept is left there as it is.
func (r *round) item(f Found, whole, headers map[uint32]Message) (it inbox.Item, mark, ok bool) {
	now := r.cfg.Now()
	it = inbox.Item{
		Door: r.door, Received: f.Arrived.UTC(), State: inbox.Waiting, Program: r.cfg.Program,
		// Two mailboxes of a server may have the same validity.
		Origin: r.door + "/" + r.name + "/" + strconv.FormatUint(uint64(r.mark.Validity), 10) + "/" + strconv.FormatUint(uint64(f.UID), 10),
	}
	if f.Arrived.IsZero() || f.Arrived.After(now) {
		it.Received = now.UTC()
	}
	m, ok := whole[f.UID]
	if !ok {
		m, ok = headers[f.UID]
		m.Cut = true
	}
	it.Raw = m.Raw
	if m.Cut {
		it.Raw, it.State, it.Reason = head(m.Raw), inbox.Unsorted, TooLarge
	}
	return it, !m.Cut, ok
}

// head is the header of a message (RFC 5322 section 2.1), as far as it is there.
func head(raw []byte) []byte {
	raw = raw[:min(len(raw), headerMost)]
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 {
			return raw[:i+len(end)]
		}
	}
	return raw
}
