package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// lanes sorts a batch into one lane for each recipient of each case, in the
// order in which things happened.
func lanes(batch []store.Effect) [][]store.Effect {
	at := map[string]int{}
	var out [][]store.Effect
	for _, e := range batch {
		name := string(e.Case) + "\n" + string(e.Kind) + "\n" + e.To
		i, known := at[name]
		if !known {
			i = len(out)
			at[name] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	for _, lane := range out {
		slices.SortFunc(lane, func(a, b store.Effect) int {
			return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.Key, b.Key))
		})
	}
	return out
}

// batch carries what was leased, lane beside lane.
func (o *Outbox) batch(ctx context.Context, batch []store.Effect) (int, error) {
	var carried atomic.Int64
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	seats := make(chan struct{}, o.cfg.Workers)
	for _, lane := range lanes(batch) {
		seats <- struct{}{}
		all.Go(func() {
			defer func() { <-seats }()
			n, err := o.lane(ctx, lane)
			carried.Add(int64(n))
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	all.Wait()
	return int(carried.Load()), errors.Join(errs...)
}

// lane carries one recipient's effects in order. After a failure the later ones
// wait for the same next try, so that they do not overtake. An effect that could
// not start in time is handed back as it was.
func (o *Outbox) lane(ctx context.Context, lane []store.Effect) (carried int, err error) {
	var errs []error
	var behind time.Time
	for _, e := range lane {
		if !behind.IsZero() {
			e.At = behind
			errs = append(errs, o.finish(ctx, e))
			continue
		}
		if ctx.Err() != nil || e.Leased.Before(o.cfg.Now().Add(o.cfg.Limit)) {
			errs = append(errs, o.finish(ctx, e))
			continue
		}
		done, err := o.one(ctx, e)
		errs = append(errs, err)
		if done.State == store.EffectDone {
			carried++
		}
		if done.State == store.EffectPending && done.Attempts > e.Attempts {
			behind = done.At
		}
	}
	return carried, errors.Join(errs...)
}

// one carries one effect and stores what became of it.
func (o *Outbox) one(ctx context.Context, e store.Effect) (store.Effect, error) {
	sent, failure := o.carry(ctx, e)
	if later, ok := errors.AsType[Later](failure); ok {
		e.At = later.Until()
		return e, o.finish(ctx, e)
	}
	now := o.cfg.Now()
	switch {
	case failure == nil:
		e.State, e.Done, e.Attempts = store.EffectDone, now, e.Attempts+1
	case ctx.Err() != nil: // the stop cut it short; that is no try
	case permanent(failure) || e.Attempts+1 >= o.cfg.Tries:
		e.State, e.Done, e.Attempts = store.EffectDead, now, e.Attempts+1
	default:
		e.Attempts++
		e.At = now.Add(Backoff(e.Key, e.Attempts))
	}
	if e.State == store.EffectDead && o.cfg.GivenUp != nil {
		if err := o.cfg.GivenUp(context.WithoutCancel(ctx), e); err != nil {
			e.State, e.Done, e.At = store.EffectPending, time.Time{}, now.Add(Backoff(e.Key, e.Attempts))
			failure = errors.Join(failure, err)
		}
	}
	text := sent
	if failure != nil {
		text = reason(failure, sent)
	}
	var err error
	if e.Sealed, err = o.cfg.Seal(context.WithoutCancel(ctx), e, text); err != nil {
		// What became of it matters more than its copy.
		o.cfg.Log.Error("what was sent could not be kept", "effect", e.Key, "err", err)
		e.Sealed = nil
	}
	o.tell(e, failure)
	return e, o.finish(ctx, e)
}

// reason is what is kept where nothing, or not everything, was sent.
func reason(failure error, sent []byte) []byte {
	text := failure.Error()
	if len(sent) > 0 {
		text += "\n\n" + string(sent)
	}
	return []byte(text)
}

// carry calls the carrier and survives it.
func (o *Outbox) carry(ctx context.Context, e store.Effect) (sent []byte, err error) {
	c := o.cfg.Carriers[e.Kind]
	if c == nil {
		return nil, fmt.Errorf("%w: nothing carries effects of this kind", ErrPermanent)
	}
	defer func() {
		if p := recover(); p != nil {
			// The value may hold words of a case; the stack holds none.
			o.cfg.Log.Error("a carrier panicked", "effect", e.Key, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			sent, err = nil, errPanicked
		}
	}()
	limited, cancel := context.WithTimeout(ctx, o.cfg.Limit)
	defer cancel()
	return c.Carry(limited, e)
}

var errPanicked = errors.New("the carrier broke down; the log holds its stack")

// finish stores what became of an effect. A lease that was lost meanwhile is no
// error: whoever has it now carries the effect again, under the same key.
func (o *Outbox) finish(ctx context.Context, e store.Effect) error {
	err := o.cfg.Store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error { return tx.Finish(e) })
	if errors.Is(err, cvd.ErrConflict) {
		o.cfg.Log.Warn("a lease ran out before its effect was finished", "effect", e.Key)
		return nil
	}
	return err
}

// loudFrom is the try from which a failure is told as an error.
const loudFrom = 3

// tell says in the log what failed. What a relay answers may name the reporter,
// so it goes into the sealed copy; the log has what the error itself offers to
// it.
func (o *Outbox) tell(e store.Effect, failure error) {
	if failure == nil {
		return
	}
	level := slog.LevelWarn
	if e.State == store.EffectDead || e.Attempts >= loudFrom {
		level = slog.LevelError
	}
	what := slog.StringValue(failure.Error())
	if v, ok := errors.AsType[interface {
		error
		slog.LogValuer
	}](failure); ok {
		what = v.LogValue()
	}
	o.cfg.Log.LogAttrs(context.Background(), level, "an effect was not carried; given up ones are dead and stand in the desk's outbox",
		slog.String("effect", e.Key), slog.String("state", string(e.State)), slog.Int("attempts", e.Attempts), slog.Any("err", what))
}

func permanent(err error) bool {
	if errors.Is(err, ErrPermanent) {
		return true
	}
	p, ok := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return ok && p.Permanent()
}

const (
	firstWait = time.Minute
	maxWait   = 6 * time.Hour
)

// Backoff is how long an effect rests after its nth failure, n from 1: a minute,
// doubled each time up to six hours, and up to a fifth more or less, by its key,
// so that what failed together does not come back together.
func Backoff(key string, n int) time.Duration {
	wait := maxWait
	if n < 10 {
		wait = min(firstWait<<max(n-1, 0), maxWait)
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d", key, n)
	spread := time.Duration(h.Sum32()%401) - 200 // in thousandths
	return min(wait+wait/1000*spread, maxWait)
}
