// Package rulebook keeps the versions of the policy: immutable, numbered, with
// the sign-offs that each demands, and which one is in effect; and what people
// suggest for the next.
//
// It never touches a case, and it edits nothing: publishing, signing and taking
// effect are events of one history of their own.
package rulebook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/policy"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
	"fairlead/internal/tell"
)

// Stream is the history of the policy's versions.
const Stream = "@policy"

// attempts bounds how often one change is decided again after losing a race.
const attempts = 16

// Config is what a book is kept with.
type Config struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
	Name  func() (string, error) // fresh random record names
	// Poke is called after each commit that left effects to carry; it must not
	// block.
	Poke func()
}

// Book keeps the versions. It is safe for concurrent use.
type Book struct {
	Config
	state atomic.Pointer[Versions]
}

// Open reads the book from its store.
func Open(ctx context.Context, cfg Config) (*Book, error) {
	b := &Book{Config: cfg}
	if b.Poke == nil {
		b.Poke = func() {}
	}
	return b, b.Reload(ctx)
}

// Versions returns the book as it stands.
func (b *Book) Versions() *Versions { return b.state.Load() }

// Current is the version in effect, or nil before the first one is.
func (b *Book) Current() *Version { return b.state.Load().Current() }

// Version returns the version of that number, or nil.
func (b *Book) Version(n int) *Version { return b.state.Load().Version(n) }

// Reload reads the versions from the store; another process may have
// added one.
func (d *Book) Reload(ctx context.Context) error {
	var rows []store.Event
	err := d.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(Stream, 0, 10000)
		return err
	})
	if err != nil {
		return err
	}
	if old := d.state.Load(); old != nil && int64(len(rows)) == old.seq {
		return nil
	}
	b := &Versions{}
	for _, row := range rows {
		if err := d.readPolicyEvent(b, row); err != nil {
			return fmt.Errorf("policy history, event %d: %w", row.Seq, err)
		}
	}
	for { // another goroutine may have read a later state meanwhile
		old := d.state.Load()
		if (old != nil && old.seq >= b.seq) || d.state.CompareAndSwap(old, b) {
			return nil
		}
	}
}

// Publish adds a version. It takes effect at once if neither it nor
// the version in effect demands a sign-off, and otherwise waits for them. Publishing the bytes of the latest
// version again changes nothing and returns that version. What a door found wrong with
// the request is told with what is wrong with the file, and then nothing is published.
func (d *Book) Publish(ctx context.Context, by cvd.Actor, source []byte, wrong ...cvd.Fault) (*Version, error) {
	if by.Kind != cvd.ActorSystem && !by.Is(cvd.RoleLead) && !by.Is(cvd.RoleOfficer) {
		return nil, fmt.Errorf("%w: a lead or an officer publishes a policy version", cvd.ErrForbidden)
	}
	v, err := readVersion(source)
	if err = errors.Join(cvd.Faults(wrong).Err(), err); err != nil {
		return nil, err
	}
	number := 0
	err = d.change(ctx, by, func(b *Versions, _ time.Time) ([]policyEvent, error) {
		if number = len(b.All); number > 0 && b.All[number-1].Digest == v.Digest {
			return nil, nil
		}
		number++
		evs := []policyEvent{{head: policyHead{Type: "published", Version: number, Digest: v.Digest}, body: policyBody{Source: source, Name: by.Name}}}
		if len(needs(v, b.Current())) == 0 {
			evs = append(evs, policyEvent{head: policyHead{Type: "effective", Version: number, Digest: v.Digest}})
		}
		return evs, nil
	})
	if err != nil {
		return nil, err
	}
	return d.Version(number), nil
}

// Sign records an officer's act over a version's digest. With the last
// one that the version demands it takes effect; who signed a waiting version for one
// office signs it for no other. A review of the version in
// effect starts the time to the next review anew. Where the version asks nobody for
// a review, a lead or an officer records one without an office: that it was read and
// stays as it is. What a door found wrong with the input is told with the rest, and
// then nothing is signed.
func (d *Book) Sign(ctx context.Context, by cvd.Actor, number int, office, act, digest, note string, wrong ...cvd.Fault) (*Version, error) {
	if office == "" && (!by.Human() || !(by.Is(cvd.RoleLead) || by.Is(cvd.RoleOfficer))) {
		return nil, fmt.Errorf("%w: a lead or an officer says that the policy stays, signed in as a person", cvd.ErrForbidden)
	}
	if office != "" && (!by.Is(cvd.RoleOfficer) || !slices.Contains(by.Offices, office) || !by.Human()) {
		return nil, fmt.Errorf("%w: only the %s may sign as such, signed in as a person", cvd.ErrForbidden, office)
	}
	err := d.change(ctx, by, func(b *Versions, now time.Time) ([]policyEvent, error) {
		v := b.Version(number)
		if v == nil {
			return nil, fmt.Errorf("%w: no such version", cvd.ErrNotFound)
		}
		err := v.takes(policy.SignOff{Office: office, Act: act}, by.ID, b.current)
		var more cvd.Faults
		if errors.As(err, &more); len(wrong) > 0 {
			return nil, slices.Clip(cvd.Faults(wrong)).And(more)
		}
		if err != nil {
			return nil, err
		}
		if v.Digest != digest {
			return nil, fmt.Errorf("%w: the digest is of another text; look at the version again", cvd.ErrConflict)
		}
		sign := Sign{Office: office, Act: act, Member: by.ID, Name: by.Name, Digest: digest, At: now, Note: note}
		evs := []policyEvent{{head: policyHead{Type: "signed", Version: number, Digest: digest}, body: policyBody{Sign: &sign}}}
		if v.Effective.IsZero() && len(v.Missing()) == 1 {
			evs = append(evs, policyEvent{head: policyHead{Type: "effective", Version: number, Digest: digest}})
		}
		return evs, nil
	})
	if err != nil {
		return nil, err
	}
	return d.Version(number), nil
}

// Review says how the review of the policy in effect stands, and false before
// one is in effect.
func (d *Book) Review() (deadline.Review, bool) {
	cur := d.Current()
	if cur == nil {
		return deadline.Review{}, false
	}
	return deadline.ReviewOf(cur.Policy, cur.Reviewed(), d.Now(), cur.Calendar.Zone()), true
}

type policyEvent struct {
	head    policyHead
	body    policyBody
	effects []store.Effect
}

// change is the spine of the policy's own stream: decide, seal, append.
func (d *Book) change(ctx context.Context, by cvd.Actor, decide func(b *Versions, now time.Time) ([]policyEvent, error)) error {
	for range attempts {
		if err := d.Reload(ctx); err != nil {
			return err
		}
		b, now := d.state.Load(), d.Now()
		evs, err := decide(b, now)
		if err != nil || len(evs) == 0 {
			return err
		}
		var rows []store.Event
		var effects []store.Effect
		for i, ev := range evs {
			h := ev.head
			h.Stream, h.Seq, h.V, h.At, h.Actor = Stream, b.seq+int64(i)+1, 1, now, by.Ref()
			row, err := sealPolicyEvent(d, h, ev.body)
			if err != nil {
				return err
			}
			rows, effects = append(rows, row), append(effects, ev.effects...)
		}
		err = d.Store.Update(ctx, func(tx store.Tx) error {
			if err := tx.Append(rows); err != nil {
				return err
			}
			return tx.Enqueue(effects)
		})
		if errors.Is(err, cvd.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		d.Poke()
		return d.Reload(ctx)
	}
	return fmt.Errorf("%w: the policy is being changed by somebody else", cvd.ErrConflict)
}

// Tick warns ahead of the policy's review, and alarms once when it is
// overdue.
func (d *Book) Tick(ctx context.Context) error {
	r, ok := d.Review()
	if !ok || (!r.Warning && !r.Overdue) {
		return nil
	}
	return d.change(ctx, cvd.System, func(b *Versions, now time.Time) ([]policyEvent, error) {
		kind := ""
		switch {
		case r.Overdue && b.alarmed.IsZero():
			kind = "review-overdue"
		case r.Warning && b.warned.IsZero():
			kind = "review-warned"
		default:
			return nil, nil
		}
		var effects []store.Effect
		for _, to := range []string{tell.ToOfficers, tell.ToLead} {
			effects = append(effects, store.Effect{
				State: store.EffectPending,
				Effect: cvd.Effect{
					Key:  fmt.Sprintf("%s/%d/%s/%s", Stream, b.seq+1, kind, to),
					Kind: cvd.EffectNotifyTeam, Case: "", Seq: b.seq + 1, To: to, Template: kind, At: now,
				},
			})
		}
		return []policyEvent{{head: policyHead{Type: kind, Version: b.current}, effects: effects}}, nil
	})
}
