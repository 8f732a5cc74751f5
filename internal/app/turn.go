package app

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

// Turn does once what the passing of time asks for, and carries what is due.
func (h *House) Turn(ctx context.Context) error {
	_, err := h.Desk.Tick(ctx)
	err = errors.Join(err, h.Book.Reload(ctx), h.Book.Tick(ctx), h.signing.Tick(ctx))
	_, carried := h.Outbox.Drain(ctx)
	return errors.Join(err, carried)
}

// turnEvery is how often the clock looks whether something is due; that costs
// one look at an index.
const turnEvery = time.Second

// Run turns the clock and carries effects until ctx ends.
func (h *House) Run(ctx context.Context) {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { h.Outbox.Run(ctx) })
	unsaid := true // whether advisories may wait for somebody who publishes them
	ticker := time.NewTicker(turnEvery)
	defer ticker.Stop()
	h.rewrap(ctx)
	for n := 0; ; n++ {
		if n == 1 {
			debug.FreeOSMemory() // what opening the house took is not needed again
		}
		if _, err := h.Desk.Tick(ctx); err != nil && ctx.Err() == nil {
			h.failed("the clock could not turn", err)
		} else {
			h.stuck.Store(nil)
		}
		if n%3600 == 0 {
			if err := errors.Join(h.Inbox.Sweep(ctx), h.Desk.Sweep(ctx)); err != nil && ctx.Err() == nil {
				h.failed("what expired could not be removed", err)
			}
			beside.Go(func() { h.resign(ctx) }) // after a new key it takes a while
			beside.Go(func() { h.testChannels(ctx) })
		}
		if n%10 == 0 {
			if err := errors.Join(h.Book.Reload(ctx), h.Book.Tick(ctx), h.signing.Tick(ctx), h.renewSecurityTxt(ctx), h.Inbox.Flush(ctx, false)); err != nil && ctx.Err() == nil {
				h.failed("the policy's own clock could not turn", err)
			}
			if unsaid && h.Book.Current() != nil {
				unsaid = false
				beside.Go(func() { h.complete(ctx) })
			}
		}
		select {
		case <-ctx.Done():
			if err := h.Inbox.Flush(context.WithoutCancel(ctx), true); err != nil {
				h.Options.Log.Error("how the mail doors are doing could not be written down", "err", err)
			}
			return
		case <-ticker.C:
		}
	}
}

func (h *House) failed(what string, err error) {
	msg := what
	if old := h.stuck.Swap(&msg); old == nil {
		h.Options.Log.Error("something of the house stands still; it is tried again each second", "what", what, "err", err)
	}
}

// rewrap brings every case under the primary key-encryption key.
func (h *House) rewrap(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := h.Vault.RewrapCases(ctx, h.Store, 200)
		if err != nil {
			h.failed("cases could not be brought under the newest key", err)
			return
		}
		if n < 200 {
			return
		}
	}
}
