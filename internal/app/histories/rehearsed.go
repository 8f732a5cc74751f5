package histories

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// rehearsed tells what the CVE Programme was to hear of the case and never heard,
// since it was a dry run then, with the command that sends it now. What waits in the
// outbox, or was given up there, is not told: others tell it.
func (c Checker) rehearsed(ctx context.Context, f *file, out *Checked) error {
	if !c.CVE || f.key == nil || len(f.sum.CVEs) == 0 {
		return nil
	}
	var published *cvd.Advisory
	var err error
	if r := f.sum.Release; r.Revision > 0 && c.Register != nil {
		if published, err = c.Register.Record(ctx, r.Advisory, 0); err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
	}
	waits, err := c.waiting(ctx, f.row.ID)
	if err != nil {
		return err
	}
	say := func(what, command string) {
		out.Findings = append(out.Findings, Finding{"warning", string(f.row.ID), what + ": it was a dry run then; send it with `fairlead case do " + string(f.row.ID) + " cve " + command + " --silent 'Sent after a dry run.'`"})
	}
	for _, one := range f.sum.CVEs {
		if one.ID == "" {
			if one.State == cvd.CVERequested && !waits(cvd.EffectCVEReserve, "") {
				say("no CVE id was reserved", "--outcome requested")
			}
			continue
		}
		owed := release.Owe(f.sum, nil, 0, published, one.ID).State
		if owed == "" || owed == one.State || waits(cvd.EffectCVERecord, one.ID) {
			continue
		}
		state := cvd.CVEReserved // so that the record is looked at; the house records what it sent
		if owed == cvd.CVERejected {
			state = owed
		}
		say(fmt.Sprintf("the record of %s is not %s", one.ID, owed), fmt.Sprintf("--cve %s --outcome %s", one.ID, state))
	}
	return nil
}

// waiting tells what of the case is in the outbox and not done.
func (c Checker) waiting(ctx context.Context, id cvd.CaseID) (func(kind cvd.EffectKind, to string) bool, error) {
	var all []store.Effect
	err := c.Store.View(ctx, func(tx store.Tx) error {
		for _, state := range []store.EffectState{store.EffectPending, store.EffectDead} {
			some, err := tx.Effects(state, id, nil, page)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	return func(kind cvd.EffectKind, to string) bool {
		return slices.ContainsFunc(all, func(e store.Effect) bool { return e.Kind == kind && (to == "" || e.To == to) })
	}, err
}
