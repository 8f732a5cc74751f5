package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework/archive"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/pgp"
	"fairlead/internal/policy"
)

// What a mail says of where it belongs, and what is made of that; see post.
type (
	Letter    = post.Letter
	Placement = post.Placement
)

// MailDigest is what Letter.Digest holds of a message as it came.
func MailDigest(raw []byte) [32]byte { return post.Digest(raw) }

// ours refuses everybody but the house.
func (s *Session) ours() error {
	if s.actor.Kind != cvd.ActorSystem {
		return fmt.Errorf("%w: only the house sorts mail and carries letters", cvd.ErrForbidden)
	}
	return nil
}

// Place says which case a mail names and what is known of whoever it names there. It
// decides nothing. The actor must be the system.
func (s *Session) Place(ctx context.Context, letter Letter) (Placement, error) {
	if err := s.ours(); err != nil {
		return Placement{}, err
	}
	d := s.desk
	p, err := post.Find(ctx, d.Store, d.Vault, letter, d.Now())
	if err != nil || p.Case == "" {
		return p, err
	}
	l, err := d.spine().Load(ctx, p.Case)
	if errors.Is(err, cvd.ErrNotFound) { // a name that we made for a case that a restore lost
		return Placement{}, nil
	}
	if err != nil {
		return Placement{}, err
	}
	p.Erased, p.Closed = l.Key == nil, l.State.Closed()
	if who := l.State.Participant(p.Participant); who != nil && who.Contact != nil {
		p.Known = who.Contact.Email != "" && strings.EqualFold(who.Contact.Email, letter.From)
		p.Key, p.Signer = who.Contact.PGPKey, fingerprint(who.Contact.PGPKey)
	}
	return p, nil
}

// fingerprint is the one of an armored key, empty where it cannot be read.
func fingerprint(armored string) string {
	if armored == "" {
		return ""
	}
	key, err := pgp.ReadPublic([]byte(armored))
	if err != nil {
		return ""
	}
	return key.Fingerprint()
}

// byMail is the contact of whoever reported by mail: they wish to read answers so,
// unless they said something else.
func byMail(contact *cvd.Contact, m *cvd.Mail) *cvd.Contact {
	if m == nil || contact == nil || contact.ReplyBy != "" || contact.Email == "" {
		return contact
	}
	c := *contact
	c.ReplyBy = cvd.ReplyByMail
	return &c
}

// taker keeps what came with a mail to the case.
func (d *Desk) taker(l *spine.Loaded) post.Taker {
	return post.Taker{Blobs: d.Blobs, Rand: d.Rand, Key: l.Key}
}

// limits are those of the policy that the case came in under.
func (d *Desk) limits(c *cvd.Case) (policy.Intake, error) {
	t, err := d.spine().Terms(c.Policy)
	if err != nil {
		return policy.Intake{}, err
	}
	return t.Policy.Intake, nil
}

// take keeps the bytes of a mail to a case that exists.
func (s *Session) take(ctx context.Context, id cvd.CaseID, verb cvd.Verb, m *cvd.Mail) (*post.Taken, error) {
	l, err := s.load(ctx, id, verb)
	if err != nil {
		return nil, err
	}
	if l.Key == nil {
		return nil, errErased
	}
	limits, err := s.desk.limits(l.State)
	if err != nil {
		return nil, err
	}
	return s.desk.taker(l).Take(ctx, m, limits, l.State.Files)
}

// say records words that came by mail, with the files that came along.
func (s *Session) say(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (Done, error) {
	taken, err := s.take(ctx, id, verb, in.Mail)
	if err != nil {
		return Done{}, err
	}
	in.Mail = taken.Mail
	decide, more, err := s.decision(ctx, id, verb, in)
	var done Done
	if err == nil {
		done.Case, done.Events, err = s.change(ctx, id, verb, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
			evs, err := decide(c, now)
			if err != nil {
				return nil, err
			}
			return rule.With(c, evs, taken.Files, s.actor, now)
		}, more...)
	}
	if err != nil {
		return Done{}, errors.Join(err, taken.Undo(ctx))
	}
	return done, nil
}

// hold keeps a mail at its case until a member says whether it is the reporter's.
func (s *Session) hold(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	if err := s.ours(); err != nil || in.Mail == nil {
		return Done{}, fmt.Errorf("%w: no such verb here", cvd.ErrNotFound)
	}
	taken, err := s.take(ctx, id, cvd.VerbHoldMail, in.Mail)
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbHoldMail, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return []cvd.Event{rule.HoldMail(c, in.Text, taken.Mail, taken.Files, now)}, nil
	})
	if err != nil {
		return Done{}, errors.Join(err, taken.Undo(ctx))
	}
	return Done{Case: c, Events: evs}, nil
}

// admit takes a held mail for the reporter's words, in this case or, where it is
// closed, in one that succeeds it.
func (s *Session) admit(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	held, err := s.held(ctx, id, cvd.VerbAdmit, in.Seq)
	if err != nil {
		return Done{}, err
	}
	decide, more, err := s.decision(ctx, id, cvd.VerbAdmit, in)
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbAdmit, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		evs, err := decide(c, now)
		if err != nil || held == nil || c.Closed() {
			return evs, err
		}
		return rule.With(c, evs, held.Files, s.actor, now)
	}, more...)
	done := Done{Case: c, Events: evs}
	if err != nil || !c.Closed() || held == nil || cvd.Blank(held.Text) {
		return done, err
	}
	next, err := s.succeed(ctx, id, cvd.VerbSuccessor, cvd.Input{Text: held.Text})
	if err == nil {
		done.Case, done.Successor = next.Case, next.Successor
	}
	return done, err
}

// held is the body of an event that waits for a member's nod; nil if there is none.
func (s *Session) held(ctx context.Context, id cvd.CaseID, verb cvd.Verb, seq int64) (*cvd.Body, error) {
	l, err := s.load(ctx, id, verb)
	if err != nil {
		return nil, err
	}
	evs, err := s.desk.spine().History(ctx, l)
	i := slices.IndexFunc(evs, func(ev cvd.Event) bool { return ev.Seq == seq })
	if err != nil || i < 0 {
		return nil, err
	}
	return evs[i].Body, nil
}

// Bounced records that letters to the reporter do not arrive: an alarm on the case,
// and a notice to the team. key is that of the letter's effect; why is a short cause
// such as a status code (RFC 3463), never an address. Told again while the alarm
// stands, nothing happens.
func (s *Session) Bounced(ctx context.Context, id cvd.CaseID, key, why string) error {
	if err := s.ours(); err != nil {
		return err
	}
	_, _, err := s.change(ctx, id, cvd.VerbRead, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		if !c.Undelivered.IsZero() || !c.HasReporter() {
			return nil, nil
		}
		return []cvd.Event{rule.Undelivered(c, why, post.SeqOf(key), now)}, nil
	})
	if errors.Is(err, errErased) || errors.Is(err, cvd.ErrNotFound) {
		return nil // nobody is left to be told
	}
	return err
}

// Learn takes over an OpenPGP key that came with the reporter's own mail, where none
// is on record: trust on first use. Another key than the one on record is never taken;
// it waits for a member, with a notice. how says where it came from: autocrypt,
// attached, wkd.
func (s *Session) Learn(ctx context.Context, id cvd.CaseID, key, how string) error {
	if err := s.ours(); err != nil {
		return err
	}
	finger := fingerprint(key)
	if finger == "" {
		return fmt.Errorf("%w: no OpenPGP key that can be used", cvd.ErrInvalid)
	}
	_, _, err := s.change(ctx, id, cvd.VerbRead, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		known := ""
		if p := c.Participant(cvd.Reporter); p != nil && p.Contact != nil {
			known = fingerprint(p.Contact.PGPKey)
		}
		return rule.LearnKey(c, key, finger, known, how, now), nil
	})
	return err
}

// Archive is how the threads of an old mailbox become cases. The actor must be the
// system: whoever reads the machine's data may have it done.
func (s *Session) Archive() (*archive.Archive, error) {
	d := s.desk
	return &archive.Archive{Spine: d.spine(), Blobs: d.Blobs, Rand: d.Rand, Now: d.Now, Receipt: d.Receipts.NewReceipt}, s.ours()
}
