package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// singleHanded is the record of a team that was reduced to one.
const singleHanded = "single-handed: no other active member"

func checkPending(c *cvd.Case, d Deed) error {
	if c.Pending == nil {
		return fmt.Errorf("%w: no ruling waits for a second person", cvd.ErrNotReady)
	}
	switch {
	case d.Verb != cvd.VerbConfirm || d.Alone || !Proposer(c, d.By):
		return nil
	case sameMember(c.Pending.By, d.By.Ref()):
		return refuse("another member must confirm it")
	}
	return refuse("another member must confirm it, who made neither the token nor the sign-in link by which it was proposed")
}

// Proposer tells whether the actor is no second person for the ruling that waits: they
// proposed it, or made what it was proposed by, or came by what the proposer made.
func Proposer(c *cvd.Case, by cvd.Actor) bool {
	return c.Pending != nil && engaged(by, c.Pending.By, c.Pending.Through)
}

// engaged tells whether the actor, or whom they came through, is one of these.
func engaged(by cvd.Actor, refs ...string) bool {
	return slices.ContainsFunc(refs, func(ref string) bool { return sameMember(ref, by.Ref()) || sameMember(ref, by.Through) })
}

// sameMember tells whether two actor references are of one member, in person or
// by a machine's token of theirs.
func sameMember(a, b string) bool {
	_, a, _ = strings.Cut(a, "/")
	_, b, _ = strings.Cut(b, "/")
	return a == b && a != ""
}

// hands are the references of those who stand behind the deed beside the actor.
func (d Deed) hands() []string {
	var out []string
	for _, ref := range append(slices.Clone(d.Hands), d.By.Through) {
		if ref != "" && ref != d.By.Ref() && !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}

// propose records a ruling that another member must confirm; nothing moves.
func propose(c *cvd.Case, d Deed, now time.Time) cvd.Event {
	seq := c.Version + 1
	in := d.In
	return cvd.Event{
		Head: cvd.Head{
			Case: c.ID, Seq: seq, Type: cvd.EventRuled, V: 1, At: now, Actor: d.By.Ref(), Human: d.By.Human(), Hands: d.hands(),
			Tell: cvd.TellTeam, Pending: &cvd.Pending{Seq: seq, Verb: d.Verb, By: d.By.Ref(), Through: d.By.Through},
		},
		Body: &cvd.Body{Input: &in},
	}
}

// confirm records the second person's yes and does what was ruled.
func confirm(c *cvd.Case, d Deed, now time.Time) ([]cvd.Event, error) {
	verb, by := c.Pending.Verb, []string{c.Pending.By, c.Pending.Through}
	ev := cvd.Event{
		Head: cvd.Head{
			Case: c.ID, Seq: c.Version + 1, Type: cvd.EventConfirmed, V: 1, At: now, Actor: d.By.Ref(),
			Human: d.By.Human(), Hands: d.hands(), Tell: cvd.TellTeam, Pending: &cvd.Pending{},
		},
		Body: &cvd.Body{Note: d.In.Note},
	}
	if d.Alone {
		ev.Body.Reason = singleHanded
	}
	next := c.Clone()
	if err := next.Apply(ev); err != nil {
		return nil, err
	}
	if d.Ruling == nil {
		return nil, fmt.Errorf("%w: the ruling's words are gone; rule again", cvd.ErrNotReady)
	}
	then, err := Decide(next, Deed{Verb: verb, In: *d.Ruling, By: d.By, Score: d.Score, Public: d.Public, Two: true, Hands: by}, now)
	if err != nil {
		return nil, err
	}
	return append([]cvd.Event{ev}, then...), nil
}

// SingleHanded confirms a ruling that d just proposed, because nobody else
// could. It returns the proposal with all that follows from it.
func SingleHanded(c *cvd.Case, proposed []cvd.Event, d Deed, now time.Time) ([]cvd.Event, error) {
	next := c.Clone()
	for _, ev := range proposed {
		if err := next.Apply(ev); err != nil {
			return nil, err
		}
	}
	then, err := Decide(next, Deed{Verb: cvd.VerbConfirm, By: d.By, Alone: true, Ruling: &d.In, Score: d.Score, Public: d.Public}, now)
	if err != nil {
		return nil, err
	}
	return append(proposed, then...), nil
}
