// Package outbox carries out the effects that were written down with each
// change of a case: at least once, in order where that can be had, again after
// a failure, and loudly when it gives up.
//
// It never decides whom to tell or what to say, and it never touches a case.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
)

// Carrier takes one effect to the world and returns what was sent, as it was
// sent. An error means that the effect is to be carried again, unless it is
// permanent: wrapped in ErrPermanent, or one in whose chain a method
// Permanent() bool says so. Carrying the same effect twice must be harmless.
// What the carrier returns beside an error is kept with the reason.
type Carrier interface {
	Carry(ctx context.Context, e store.Effect) (sent []byte, err error)
}

// ErrPermanent marks a failure that no further try can mend.
var ErrPermanent = errors.New("permanent")

// Later is the error of a carrier that wants the effect again at an instant. That
// is no failure, and no try.
type Later interface {
	error
	Until() time.Time
}

// Config is what an outbox is built from. Zero durations and numbers mean the
// values that are named beside them.
type Config struct {
	Store store.Store
	// Seal seals what was sent, or why it was not, under the key of the
	// effect's case; nil bytes mean that nothing is kept.
	Seal     func(ctx context.Context, e store.Effect, text []byte) ([]byte, error)
	Carriers map[cvd.EffectKind]Carrier
	// GivenUp is told of an effect before it is given up, at least once; may be nil.
	// Where it fails, the effect is carried once more instead.
	GivenUp func(ctx context.Context, e store.Effect) error
	Now     func() time.Time
	Log     *slog.Logger

	Workers int           // how many lanes are served at once; 16
	Tries   int           // after how many an effect is given up; 12
	Lease   time.Duration // how long a batch is ours; 2 minutes
	Limit   time.Duration // of carrying one effect; 45 seconds, and never over half of Lease
	Grace   time.Duration // how long a stop waits for what is leased; 20 seconds
	Poll    time.Duration // how often Run looks without being poked; 20 seconds
	// Alone says that no other process works on the store, so that what one which died had
	// leased is free when Run begins.
	Alone bool
}

// Outbox carries effects. It is safe for concurrent use, and several may work
// on one store.
type Outbox struct {
	cfg   Config
	poke  chan struct{}
	count *memo.Memo[struct{}, counts]
	turn  sync.Mutex // one batch at a time keeps the order within a case
}

// New makes an outbox. Store, Seal and Now must be given.
func New(cfg Config) *Outbox {
	if cfg.Store == nil || cfg.Seal == nil || cfg.Now == nil {
		panic("outbox: store, seal and clock must be given")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	number := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	span := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	number(&cfg.Workers, 16)
	number(&cfg.Tries, 12)
	span(&cfg.Lease, 2*time.Minute)
	span(&cfg.Limit, 45*time.Second)
	span(&cfg.Grace, 20*time.Second)
	span(&cfg.Poll, 20*time.Second)
	cfg.Limit = min(cfg.Limit, cfg.Lease/2)
	return &Outbox{cfg: cfg, poke: make(chan struct{}, 1), count: memo.New[struct{}, counts](cfg.Store, 1)}
}

// Poke tells Run that there is something to carry. It never blocks.
func (o *Outbox) Poke() {
	select {
	case o.poke <- struct{}{}:
	default:
	}
}

// Run carries what is due until ctx ends: whenever it is poked, and from time
// to time for what failed before, for the leases of a process that died and for
// what another process wrote down. When ctx ends it takes nothing new, finishes
// what it has leased within Grace, hands the rest back and returns.
func (o *Outbox) Run(ctx context.Context) {
	stuck := false
	if err := o.reclaim(ctx); err != nil && ctx.Err() == nil {
		o.cfg.Log.Error("what a process that died was carrying waits until its lease is over", "err", err)
	}
	for {
		_, err := o.Drain(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !stuck:
			o.cfg.Log.Error("the outbox cannot work; it keeps trying", "err", err)
		case err == nil && stuck:
			o.cfg.Log.Info("the outbox works again")
		}
		stuck = err != nil
		if !o.wait(ctx) {
			return
		}
	}
}

// reclaim hands back what is leased, as it was; what only rests is handed back with it
// and rests on.
func (o *Outbox) reclaim(ctx context.Context) error {
	if !o.cfg.Alone {
		return nil
	}
	o.turn.Lock()
	defer o.turn.Unlock()
	return o.cfg.Store.Update(ctx, func(tx store.Tx) error {
		now := o.cfg.Now()
		all, err := tx.Lease(now.Add(o.cfg.Lease), now, mostReclaimed)
		for _, e := range all {
			err = errors.Join(err, tx.Finish(e))
		}
		return err
	})
}

// mostReclaimed is how many effects are looked at for that. Over it, leases run out.
const mostReclaimed = 20_000

// wait returns when there may be something to do, and false when ctx ended.
func (o *Outbox) wait(ctx context.Context) bool {
	timer := time.NewTimer(o.cfg.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-o.poke:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// Drain carries everything that is due now and returns how many effects reached
// the world. A carrier that fails is no error of Drain: the effect is taken up
// again later, or given up. Its error is the store's, or ctx's.
func (o *Outbox) Drain(ctx context.Context) (carried int, err error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	// What is leased is finished although ctx has ended, for as long as Grace.
	steady, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(o.cfg.Grace, giveUp)
		context.AfterFunc(steady, func() { timer.Stop() })
	})
	defer stop()
	for {
		if err := ctx.Err(); err != nil {
			return carried, err
		}
		batch, err := o.lease(ctx)
		if err != nil || len(batch) == 0 {
			return carried, err
		}
		n, err := o.batch(steady, batch)
		carried += n
		if err != nil {
			return carried, err
		}
	}
}

// lease takes up the next batch. It is a few effects for each worker, so that
// the last of them starts well before the lease ends.
func (o *Outbox) lease(ctx context.Context) ([]store.Effect, error) {
	var out []store.Effect
	err := o.cfg.Store.Update(ctx, func(tx store.Tx) error {
		now := o.cfg.Now()
		var err error
		out, err = tx.Lease(now, now.Add(o.cfg.Lease), 8*o.cfg.Workers)
		return err
	})
	return out, err
}
