package vault

import (
	"context"
	"fmt"

	"fairlead/internal/store"
)

// RewrapCases brings up to limit cases, and the server's own key, under the primary
// key-encryption key, and returns how many cases it did. It runs beside normal
// work; zero means that the older keys may be dropped.
func (v *Vault) RewrapCases(ctx context.Context, st store.Store, limit int) (int, error) {
	primary := v.keys.PrimaryID()
	var rows []store.Case
	err := st.View(ctx, func(tx store.Tx) error {
		ids, err := tx.Stale(primary, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			row, err := tx.Case(id)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		key, err := v.Rewrap(row)
		if err != nil {
			return 0, fmt.Errorf("case %s: %w", row.ID, err)
		}
		if err := st.Update(ctx, func(tx store.Tx) error {
			// An erasure that came between must stay one.
			if cur, err := tx.Case(row.ID); err != nil || len(cur.Key) == 0 {
				return err
			}
			return tx.PutKey(key)
		}); err != nil {
			return 0, err
		}
	}
	if len(rows) < limit {
		return len(rows), v.RewrapServer(ctx, st)
	}
	return len(rows), nil
}
