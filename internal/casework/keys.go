package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
)

// reissue gives the reporter a new receipt, after a member checked who asks;
// the old ones stop working. The code is returned once and kept nowhere.
func (s *Session) reissue(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	l, err := s.load(ctx, id, cvd.VerbReissue)
	if err != nil {
		return Done{}, err
	}
	old, err := s.desk.receiptsOf(ctx, l, s.actor)
	if err != nil {
		return Done{}, err
	}
	code, rec, err := s.desk.Receipts.NewReceipt([]cvd.Reach{{Case: id, Participant: cvd.Reporter}}, s.desk.Now())
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbReissue, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return cvd.Decide(c, cvd.Deed{Verb: cvd.VerbReissue, In: in, By: s.actor}, now)
	}, func(tx store.Tx) error {
		for _, r := range old {
			if _, err := tx.DeleteRecords(store.Selection{Kind: r.Kind, ID: r.ID}); err != nil {
				return err
			}
		}
		return tx.PutRecord(rec, 0)
	})
	if err != nil {
		return Done{}, err
	}
	return Done{Case: c, Events: evs, Receipt: code}, nil
}

// erase destroys a closed case's key: its words, contacts and files cannot be
// read again by anybody. Heads and leaves stay, so the history still replays.
func (s *Session) erase(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	l, err := s.load(ctx, id, cvd.VerbErase)
	if err != nil {
		return Done{}, err
	}
	evs, err := s.desk.history(ctx, l)
	if err != nil {
		return Done{}, err
	}
	recs, err := s.desk.receiptsOf(ctx, l, s.actor)
	if err != nil {
		return Done{}, err
	}
	c, done, err := s.change(ctx, id, cvd.VerbErase, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return cvd.Decide(c, cvd.Deed{Verb: cvd.VerbErase, In: in, By: s.actor}, now)
	}, func(tx store.Tx) error {
		for _, r := range recs {
			if r.Owner == string(id) {
				if _, err := tx.DeleteRecords(store.Selection{Kind: r.Kind, ID: r.ID}); err != nil {
					return err
				}
			}
		}
		_, err := tx.DeleteRecords(store.Selection{Kind: recordOnce, Owner: string(id)})
		return err
	})
	if err != nil {
		return Done{}, err
	}
	var errs []error
	if s.desk.Erased != nil {
		errs = append(errs, s.desk.Erased(id))
	}
	for _, ev := range evs {
		if ev.Body != nil && ev.Body.File != nil {
			errs = append(errs, s.desk.Blobs.Delete(ctx, ev.Body.File.Blob))
		}
	}
	if err := errors.Join(errs...); err != nil {
		s.desk.Log.Error("a case is erased, but what follows an erasure was not all done; its key is gone, so nothing of it can be read", "case", string(id), "err", err)
	}
	return Done{Case: c, Events: done}, nil
}

// Rewrap brings up to limit cases, and the server's own key, under the primary
// key-encryption key, and returns how many cases it did. It runs beside normal
// work; zero means that the older keys may be dropped.
func (d *Desk) Rewrap(ctx context.Context, limit int) (int, error) {
	primary := d.Vault.Keys().PrimaryID()
	var rows []store.Case
	err := d.Store.View(ctx, func(tx store.Tx) error {
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
		key, err := d.Vault.Rewrap(row)
		if err != nil {
			return 0, fmt.Errorf("case %s: %w", row.ID, err)
		}
		if err := d.Store.Update(ctx, func(tx store.Tx) error {
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
		return len(rows), d.Vault.RewrapServer(ctx, d.Store)
	}
	return len(rows), nil
}

// fixerRecord names a member on a case.
func fixerRecord(member string, id cvd.CaseID, at time.Time) store.Record {
	return store.Record{Kind: recordFixer, ID: member + "/" + string(id), Owner: member, At: at}
}

func fixerCase(r store.Record) cvd.CaseID {
	_, id, _ := strings.Cut(r.ID, "/")
	return cvd.CaseID(id)
}
