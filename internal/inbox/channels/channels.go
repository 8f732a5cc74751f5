// Package channels says how every way in and out is doing: when something last came
// by it, when it was last tested and how long that took, what waits, what failed. It
// sends tests and recognises them when they arrive.
//
// It never opens a connection itself: whoever knows a way hands in how to send a test
// by it. A test is never a report.
package channels

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/may"
)

// State is what a channel's figures come to.
type State string

// The states, the worst first.
const (
	Dead    State = "dead"    // a test did not arrive in time
	Failing State = "failing" // what happened last went wrong
	Closed  State = "closed"  // it is configured, and nothing listens there
	Testing State = "testing" // a test is on its way
	Works   State = "works"
	Quiet   State = "quiet" // nothing happened yet, neither good nor bad
)

// Channel is one way in or out.
type Channel struct {
	inbox.Door
	// Testable says that a test can be sent by it; Untestable why none can, as a name
	// in the message catalogue.
	Testable   bool
	Untestable string
	// Server says that it is part of this very server: it works while the page is seen.
	Server bool
	// Out says that it is a way out.
	Out bool
}

// Limit is after how long a test that did not arrive counts as lost.
const Limit = 15 * time.Minute

// Daily is how often every channel is tested by itself.
const Daily = 24 * time.Hour

// State judges the channel.
func (c *Channel) State(now time.Time) State {
	pending := c.Sent.After(c.Tested)
	switch {
	case pending && now.Sub(c.Sent) > Limit:
		return Dead
	case c.Errors > 0:
		return Failing
	case pending:
		return Testing
	case c.Server:
		return Works
	case !c.Open && !c.Out:
		return Closed
	case !c.Worked.IsZero():
		return Works
	}
	return Quiet
}

// Way is a channel that is configured.
type Way struct {
	Name, Kind  string
	Server, Out bool
	// Send hands over a test with this Message-ID (without brackets), which is to come
	// back by one of the doors; nil: it cannot be tested, and Untestable says why.
	Send       func(ctx context.Context, id string) error
	Untestable string
	// Figures adds what is known of it elsewhere; may be nil.
	Figures func(ctx context.Context, d *inbox.Door) error
}

// Config is what a board is built from.
type Config struct {
	Box  *inbox.Box
	Ways []Way
	// Mark is a keyed digest of what it is handed, of at least 128 bits, in letters and
	// digits.
	Mark func(text string) string
	Host string // the right side of the tests' Message-IDs
	Now  func() time.Time
}

// Board is all channels. It is safe for concurrent use.
type Board struct {
	Config
	one sync.Mutex // of Tick
}

// New makes a board.
func New(cfg Config) *Board { return &Board{Config: cfg} }

// enter refuses whoever the board does not exist for, and who may only look.
func enter(by cvd.Actor, use may.Use) error {
	switch got := may.Tend(by, may.AreaMail); {
	case got == may.Closed:
		return cvd.ErrNotFound
	case got < use:
		return fmt.Errorf("%w: leads and members test the channels", cvd.ErrForbidden)
	}
	return nil
}

// List is every channel: the configured ones in their order, then doors that were
// used once and are configured no more.
func (b *Board) List(ctx context.Context, by cvd.Actor) ([]Channel, error) {
	if err := enter(by, may.Look); err != nil {
		return nil, err
	}
	return b.list(ctx)
}

func (b *Board) list(ctx context.Context) ([]Channel, error) {
	doors, err := b.Box.Doors(ctx)
	if err != nil {
		return nil, err
	}
	var out []Channel
	for i := range b.Ways {
		w := &b.Ways[i]
		c := Channel{Door: inbox.Door{Name: w.Name}, Testable: w.Send != nil, Untestable: w.Untestable, Server: w.Server, Out: w.Out}
		if at := slices.IndexFunc(doors, func(d inbox.Door) bool { return d.Name == w.Name }); at >= 0 {
			c.Door = doors[at]
			doors = slices.Delete(doors, at, at+1)
		}
		c.Kind = cmp.Or(w.Kind, c.Kind)
		if w.Figures != nil {
			if err := w.Figures(ctx, &c.Door); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	for _, d := range doors {
		out = append(out, Channel{Door: d})
	}
	return out, nil
}

// Past tells whether what last went wrong is over: it worked since.
func (c *Channel) Past() bool { return c.Error != "" && c.Errors == 0 && !c.Failed.IsZero() }

// Dead lists the channels whose last test did not arrive.
func (b *Board) Dead(ctx context.Context) ([]Channel, error) {
	all, err := b.list(ctx)
	var out []Channel
	now := b.Now()
	for i := range all {
		if all[i].State(now) == Dead {
			out = append(out, all[i])
		}
	}
	return out, err
}

// Test sends a test by the channel. When it returns nil, the test is on its way; the
// clerk notes its arrival.
func (b *Board) Test(ctx context.Context, by cvd.Actor, name string) error {
	if err := enter(by, may.Change); err != nil {
		return err
	}
	for i := range b.Ways {
		if b.Ways[i].Name == name && b.Ways[i].Send != nil {
			return b.send(ctx, &b.Ways[i])
		}
	}
	return fmt.Errorf("%w: no such channel, or none that can be tested", cvd.ErrNotFound)
}

// send hands a test over. That it could not is noted as well: then it will not arrive.
func (b *Board) send(ctx context.Context, w *Way) error {
	now := b.Now()
	b.Box.NoteDoor(inbox.Note{Door: w.Name, At: now, Sent: true})
	if err := w.Send(ctx, b.ID(w.Name, now)); err != nil {
		b.Box.NoteDoor(inbox.Note{Door: w.Name, At: b.Now(), Err: "channel.untested"})
		return fmt.Errorf("%w: the test could not be sent", errors.Join(cvd.ErrUnavailable, err))
	}
	return nil
}

// Tick tests every channel that was not tested for a day.
func (b *Board) Tick(ctx context.Context) error {
	b.one.Lock()
	defer b.one.Unlock()
	all, err := b.list(ctx)
	if err != nil {
		return err
	}
	now := b.Now()
	var errs []error
	for i := range b.Ways {
		if b.Ways[i].Send != nil && now.Sub(all[i].Sent) >= Daily {
			errs = append(errs, b.send(ctx, &b.Ways[i]))
		}
	}
	return errors.Join(errs...)
}
