package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// held is a session with where it is kept.
type held struct {
	session
	rec store.Record
}

// own lists the live sessions of the actor.
func (a *Auth) own(ctx context.Context, by cvd.Actor) ([]held, error) {
	owner := by.ID
	switch {
	case by.Kind == cvd.ActorReporter && len(by.Cases) > 0 && by.Receipt != "":
		owner = string(by.Cases[0].Case)
	case by.Kind == cvd.ActorMember && by.ID != "":
	default:
		return nil, fmt.Errorf("%w: only people have sessions", cvd.ErrForbidden)
	}
	var out []held
	err := a.k.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		recs, err := tx.Records(keeper.RecordSession, owner, keeper.ListLimit)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var s session
			if err := a.k.Vault.Read(rec, &s); err != nil {
				return err
			}
			if s.Receipt == by.Receipt && !s.Half && a.k.Now().Before(s.ends()) {
				out = append(out, held{session: s, rec: rec})
			}
		}
		return nil
	})
	return out, err
}

// Sessions lists the actor's own live sessions, latest use first, without
// their tokens.
func (a *Auth) Sessions(ctx context.Context, by cvd.Actor) ([]Session, error) {
	mine, err := a.own(ctx, by)
	out := make([]Session, len(mine))
	for i, s := range mine {
		out[i] = s.public(s.rec)
	}
	slices.SortFunc(out, func(x, y Session) int { return cmp.Or(y.Seen.Compare(x.Seen), cmp.Compare(x.ID, y.ID)) })
	return out, err
}

// EndSession ends one of the actor's own sessions, by the id that Sessions
// gives. Any other id is cvd.ErrNotFound.
func (a *Auth) EndSession(ctx context.Context, by cvd.Actor, id string) error {
	mine, err := a.own(ctx, by)
	if err != nil {
		return err
	}
	for _, s := range mine {
		if s.rec.ID[:keeper.PublicID] == id {
			return a.endSession(ctx, s.rec.ID, s.session, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActSessionEnded})
		}
	}
	return cvd.ErrNotFound
}

// EndOthers ends all sessions and unused links of the actor but the session that
// ctx carries (InSession), and the links that they made for others.
func (a *Auth) EndOthers(ctx context.Context, by cvd.Actor) error {
	here, err := a.here(ctx, by)
	if err != nil {
		return err
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActSessionEnded, Subject: by.ID, Detail: "all other sessions and links"})
	if err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		if err := endOthers(tx, by.ID, here, func() error { return a.k.Recall(tx, by.ID, keeper.RecordLink, keeper.RecordSession) }); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}

// EndSessions ends all sessions, unused links and API tokens of a member: the own
// ones, or anybody's for a lead (ASVS 5.0.0 V7.4.5), and what they handed out to others:
// links, invitations and tokens. Of the own tokens those go on that others made.
func (a *Auth) EndSessions(ctx context.Context, by cvd.Actor, memberID string) error {
	if !keeper.Leads(by) && (by.Kind != cvd.ActorMember || by.ID != memberID) {
		return fmt.Errorf("%w: only a lead may end the sessions of others", cvd.ErrForbidden)
	}
	if _, err := a.Member(ctx, memberID); err != nil {
		return err
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActSessionEnded, Subject: memberID, Detail: "all sessions, links and API tokens, and what they handed out"})
	if err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		if err := keeper.DropOwned(tx, memberID, keeper.RecordLink, keeper.RecordSession); err != nil {
			return err
		}
		drop := func() error { return keeper.DropOwned(tx, memberID, keeper.RecordToken) }
		if by.Kind == cvd.ActorMember && by.ID == memberID {
			drop = func() error { return a.DropMade(tx, memberID) }
		}
		if err := errors.Join(drop(), a.k.Recall(tx, memberID)); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}
