package casework

import (
	"context"
	"slices"
	"time"

	"fairlead/internal/casework/claim"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/spine"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/once"
)

// erase destroys a closed case's key: its words, contacts and files cannot be
// read again by anybody. Heads and leaves stay, so the history still replays.
// The receipt dies with the last case that it opens.
func (s *Session) erase(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	return steady(func() (Done, error) { return s.eraseOnce(ctx, id, in) })
}

func (s *Session) eraseOnce(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	all, err := s.kin(ctx, id, cvd.VerbErase)
	if err != nil {
		return Done{}, err
	}
	evs, err := s.desk.spine().History(ctx, all[0])
	if err != nil {
		return Done{}, err
	}
	more := []aside{spine.Same(all), spine.Revoke(all[:1], once.Kind, unsent.Kind), func(tx store.Tx) error { return post.Drop(tx, id) }}
	if !slices.ContainsFunc(all, func(one *spine.Loaded) bool { return one.Key != nil && one.State.ID != id }) {
		more = append(more, spine.Revoke(all, s.desk.ReceiptKind, claim.Kind))
	}
	c, done, err := s.change(ctx, id, cvd.VerbErase, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return rule.Decide(c, rule.Deed{Verb: cvd.VerbErase, In: in, By: s.actor}, now)
	}, more...)
	if err != nil {
		return Done{}, err
	}
	if err := post.Remove(ctx, s.desk.Blobs, evs, nil); err != nil {
		s.desk.Log.Error("a case is erased, but its sealed files could not be removed; their keys are gone, so they cannot be read", "case", string(id), "err", err)
	}
	return Done{Case: c, Events: done, Erased: true}, nil
}

// forget destroys the key of the reporter's contact in the case and in all
// others under the same receipt, and with it what was sent to them. Successors
// that open meanwhile are found by looking again.
func (s *Session) forget(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	one := func(id cvd.CaseID) (Done, error) {
		l, err := s.load(ctx, id, cvd.VerbForget)
		if err != nil {
			return Done{}, err
		}
		evs, err := s.desk.spine().History(ctx, l)
		if err != nil {
			return Done{}, err
		}
		raw := post.Raw(evs)
		c, did, err := s.change(ctx, id, cvd.VerbForget, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
			return rule.Decide(c, rule.Deed{Verb: cvd.VerbForget, In: in, By: s.actor}, now)
		})
		if err == nil {
			if wrong := post.Remove(ctx, s.desk.Blobs, raw, nil); wrong != nil {
				s.desk.Log.Error("a reporter is forgotten, but mails of theirs could not be removed; their key is gone, so they cannot be read", "case", string(id), "err", wrong)
			}
		}
		return Done{Case: c, Events: did}, err
	}
	done, err := one(id)
	for again := err == nil; again && err == nil; {
		var all []*spine.Loaded
		if all, err = s.kin(ctx, id, cvd.VerbForget); err != nil {
			break
		}
		again = false
		for _, kin := range all {
			if p := kin.State.Participant(cvd.Reporter); p != nil && p.ContactBox != nil && err == nil {
				again = true
				_, err = one(kin.State.ID)
			}
		}
	}
	return done, err
}

// redact destroys the words of one event, and the file that came with it.
func (s *Session) redact(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	row := may.For(cvd.VerbRedact, in)
	l, err := s.load(ctx, id, row)
	if err != nil {
		return Done{}, err
	}
	evs, err := s.desk.spine().History(ctx, l)
	if err != nil {
		return Done{}, err
	}
	gone, stay := post.Part(evs, in.Seq)
	c, done, err := s.change(ctx, id, row, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return rule.Decide(c, rule.Deed{Verb: cvd.VerbRedact, In: in, By: s.actor}, now)
	})
	if err != nil {
		return Done{}, err
	}
	if err := post.Remove(ctx, s.desk.Blobs, gone, stay); err != nil {
		s.desk.Log.Error("a file is redacted, but its sealed bytes could not be removed; its key is gone, so they cannot be read", "case", string(id), "err", err)
	}
	return Done{Case: c, Events: done}, nil
}
