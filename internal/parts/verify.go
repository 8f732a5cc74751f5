package parts

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"fairlead/internal/store"
)

// Verify holds the bills in force against the history that put them there, and
// tells in plain sentences what does not agree. The events themselves are held
// against their leaves by whoever checks all histories.
func (v *Inventory) Verify(ctx context.Context) (faults []string, err error) {
	err = v.Store.View(ctx, func(tx store.Tx) error {
		faults = nil
		rows, err := tx.Events(Stream, 0, math.MaxInt32)
		if err != nil {
			return err
		}
		live, err := liveOf(rows)
		if err != nil {
			faults = append(faults, "an event cannot be read; restore a backup")
			return nil
		}
		recs, err := tx.Records(recordBill, "", math.MaxInt32)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var packed string
			if !live[rec.ID] {
				faults = append(faults, fmt.Sprintf("the bill %s is in force, but nothing in the history says so; restore a backup", rec.ID))
			} else if err := v.Vault.Read(rec, &packed); err != nil {
				faults = append(faults, fmt.Sprintf("the bill %s cannot be opened; restore a backup", rec.ID))
			}
			delete(live, rec.ID)
		}
		for _, id := range slices.Sorted(maps.Keys(live)) {
			faults = append(faults, fmt.Sprintf("the bill %s is gone, but nothing in the history says so; restore a backup", id))
		}
		return nil
	})
	return faults, err
}
