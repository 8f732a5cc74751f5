package casework

import (
	"context"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// recordRead keeps who looked at which case.
const recordReadKind store.RecordKind = "read"

// readLife is how long looks are kept; together with the case's history they
// answer who knew.
const readLife = 2 * 365 * 24 * time.Hour

// readGrain folds the looks of one member at one case within this time into
// one: enough to say who knew when, and no flood.
const readGrain = 10 * time.Minute

// Read is one recorded look.
type Read struct {
	Actor string    `json:"actor"`
	What  string    `json:"what"`
	At    time.Time `json:"at"`
}

// recordRead writes down that somebody of the team looked. A look that cannot
// be recorded is logged loudly and still given: refusing would lock the team
// out of a case exactly when the disk is full.
func (s *Session) recordRead(ctx context.Context, id cvd.CaseID, what string) {
	if s.actor.Kind != cvd.ActorMember && s.actor.Kind != cvd.ActorMachine {
		return
	}
	now := s.desk.Now()
	grain := now.Truncate(readGrain).Format(time.RFC3339)
	rec := store.Record{
		Kind: recordReadKind, Owner: string(id), At: now, Expires: now.Add(readLife),
		ID: strings.Join([]string{string(id), s.actor.ID, what, grain}, "/"),
	}
	if s.desk.reads.seen(rec.ID) {
		return
	}
	rec, err := s.desk.Vault.Seal(rec, Read{s.actor.Ref(), what, now})
	if err == nil {
		err = s.desk.Store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
	}
	if err != nil {
		s.desk.reads.forget(rec.ID)
		s.desk.Log.Error("a look at a case could not be recorded", "case", string(id), "actor", s.actor.Ref(), "err", err)
	}
}

// readers lists the latest looks at a case, newest first.
func (s *Session) readers(ctx context.Context, id cvd.CaseID) ([]Read, error) {
	var out []Read
	err := s.desk.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(recordReadKind, string(id), 20)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var r Read
			if err := s.desk.Vault.Read(rec, &r); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}
