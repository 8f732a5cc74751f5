package signing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
	"fairlead/internal/tell"
)

// recordTold holds, by a key's fingerprint, of how few days the team was told last.
const recordTold store.RecordKind = "openpgp-told"

// marks are how many days before its end the team is told of a key, each once. The
// house's own key has a successor before the first, so of it only the later ones
// are told: then no successor could be made.
var marks = []struct {
	days int
	own  bool
	say  string // the notice
}{
	{60, false, "openpgp-60"},
	{30, true, "openpgp-30"},
	{7, true, "openpgp-7"},
	{0, true, "openpgp-ended"},
}

// renewed is the notice that another key took over.
const renewed = "openpgp-renewed"

// told remembers what the record of the current key says.
type told struct {
	name string
	days int
}

// due is the mark that a key has reached with so much of its life left, or -1.
func due(left time.Duration, own bool) int {
	at := -1
	for i, m := range marks {
		if left <= time.Duration(m.days)*24*time.Hour && (m.own || !own) {
			at = i
		}
	}
	return at
}

// Tick takes up a key that was changed elsewhere (the configured file, or by another
// instance), keeps a configured one for reading, and tells the team of one that
// ends, once at each mark.
func (k *Keeper) Tick(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return err
	}
	key, err := k.current(ctx)
	if errors.Is(err, cvd.ErrNotFound) || (k.File != "" && err != nil) {
		return nil // before the first policy; or an alarm of its own says what is wrong with the file
	}
	if err != nil {
		return err
	}
	end, ends := key.Expires()
	at := due(end.Sub(k.Now()), k.File == "")
	if !ends || at < 0 {
		return nil
	}
	return k.tell(ctx, key.Fingerprint(), at)
}

// refresh lets go of a key that is not the one to use any more.
func (k *Keeper) refresh(ctx context.Context) error {
	if k.File == "" {
		if k.key == nil {
			return nil
		}
		key, _, err := k.kept(ctx)
		if err == nil && (key == nil || key.Fingerprint() != k.key.Fingerprint() || k.complete(key) != nil) {
			k.key = nil
		}
		return err
	}
	key, err := k.configured()
	if errors.Is(err, cvd.ErrUnavailable) || errors.Is(err, pgp.ErrKey) {
		return nil // an alarm of its own says so; the one read before goes on
	}
	if err != nil {
		return err
	}
	if k.key != nil && k.key.Fingerprint() == key.Fingerprint() {
		return nil
	}
	if k.key != nil {
		if err := k.keep(ctx, k.key); err != nil {
			return err
		}
	}
	if err := k.keep(ctx, key); err != nil {
		return err
	}
	k.key = key
	return nil
}

func (k *Keeper) tell(ctx context.Context, name string, at int) error {
	days := marks[at].days
	if k.told.name == name && k.told.days <= days {
		return nil
	}
	said := struct{ Days int }{-1}
	now := k.Now()
	err := k.Store.Update(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(recordTold, name)
		if err == nil {
			err = k.Vault.Read(rec, &said)
		}
		if err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		if err == nil && said.Days <= days {
			return nil
		}
		said.Days = days
		next, err := k.Vault.Seal(store.Record{Kind: recordTold, ID: name, At: now}, said)
		if err != nil {
			return err
		}
		if err := tx.PutRecord(next, rec.Version); err != nil {
			return err
		}
		return tx.Enqueue([]store.Effect{notice(name, marks[at].say, now)})
	})
	if errors.Is(err, cvd.ErrConflict) {
		return nil // another instance tells it
	}
	if err != nil {
		return err
	}
	k.told = told{name, said.Days}
	k.poke()
	return nil
}

// notice is the effect that tells the team something of a key, once.
func notice(fingerprint, say string, now time.Time) store.Effect {
	return store.Effect{State: store.EffectPending, Effect: cvd.Effect{
		Key:  fmt.Sprintf("openpgp/%s/%s", fingerprint, say),
		Kind: cvd.EffectNotifyTeam, To: tell.ToTeam, Template: say, At: now,
	}}
}
