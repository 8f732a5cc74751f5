package cvd

import (
	"fmt"
	"slices"
	"time"
)

// Case is the state of one case: what its events add up to. Only Apply changes
// it. It never holds messages.
type Case struct {
	ID            CaseID        `json:"id"`
	Program       string        `json:"program"`
	Policy        int           `json:"policy"`  // the version it came in under
	Version       int64         `json:"version"` // the last event's number
	Created       time.Time     `json:"created"` // the instant of receipt
	Updated       time.Time     `json:"updated"`
	EM            EM            `json:"em"`
	Facts         Facts         `json:"facts"`
	Participants  []Participant `json:"participants"`
	Clocks        []Clock       `json:"clocks"`
	Assignee      string        `json:"assignee,omitempty"`
	Entrusted     bool          `json:"entrusted,omitempty"` // the holder may open files with personal data
	Band          Band          `json:"band,omitempty"`
	Flags         Flags         `json:"flags"`
	Links         []Link        `json:"links,omitempty"`
	Pending       *Pending      `json:"pending,omitempty"`
	Replied       bool          `json:"replied,omitempty"`        // a member has spoken to the reporter
	Dormant       bool          `json:"dormant,omitempty"`        // imported, and neither side has spoken here since: nothing is sent to the reporter by itself
	Accepted      time.Time     `json:"accepted,omitzero"`        // when the organisation accepted it first
	Ruled         string        `json:"ruled,omitempty"`          // actor reference of who found it not valid last
	Hands         []string      `json:"hands,omitempty"`          // those of who else had one in that; nil where it is not known
	ClosedInvalid bool          `json:"closed_invalid,omitempty"` // it was not valid when the organisation ended it
	Release       Release       `json:"release,omitzero"`
	HeldMail      []int64       `json:"held_mail,omitempty"`  // the events of mails that wait for a member's nod
	Undelivered   time.Time     `json:"undelivered,omitzero"` // since when letters to the reporter come back

	// Known from bodies only; empty once the case is erased.
	Title   string    `json:"title,omitempty"`
	Product string    `json:"product,omitempty"`
	Affects string    `json:"affects,omitempty"` // the version as the reporter gave it
	Missing []string  `json:"missing,omitempty"` // what is being waited for
	Score   *Score    `json:"score,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Files   int       `json:"files,omitempty"` // how many were attached
	CVEs    []CVE     `json:"cves,omitempty"`
	Sources Sources   `json:"sources,omitzero"`
	Offer   *KeyOffer `json:"offer,omitempty"` // a key of the reporter's that waits for a member's nod
}

// Sources are the numbers of the events whose bodies told what a case knows from
// bodies; when such words are redacted, the case forgets them too.
type Sources struct {
	Report  int64 `json:"report,omitempty"`
	Missing int64 `json:"missing,omitempty"`
	Score   int64 `json:"score,omitempty"`
	Outcome int64 `json:"outcome,omitempty"`
	Contact int64 `json:"contact,omitempty"`
	CVEs    int64 `json:"cves,omitempty"`
}

// Participant returns the participant of that id, or nil.
func (c *Case) Participant(id ParticipantID) *Participant {
	for i := range c.Participants {
		if c.Participants[i].ID == id {
			return &c.Participants[i]
		}
	}
	return nil
}

// RM is the organisation's own Report Management state, by which the case is known.
func (c *Case) RM() RM {
	if p := c.Participant(Vendor); p != nil {
		return p.RM
	}
	return RMStart
}

// Closed tells whether the case is at its end; that is final.
func (c *Case) Closed() bool { return c.RM() == RMClosed }

// Embargoed tells whether an embargo binds the case: one that is agreed, also
// while new terms are discussed.
func (c *Case) Embargoed() bool { return c.EM == EMActive || c.EM == EMRevise }

// HasReporter tells whether the case came from somebody outside.
func (c *Case) HasReporter() bool { return c.Participant(Reporter) != nil }

// Waited tells whether the reporter still waits for answers: they have not withdrawn.
func (c *Case) Waited() bool {
	p := c.Participant(Reporter)
	return p != nil && p.RM != RMClosed
}

// Clock returns the latest clock of that kind, or nil.
func (c *Case) Clock(k ClockKind) *Clock {
	for i := range c.Clocks {
		if c.Clocks[i].Kind == k {
			return &c.Clocks[i]
		}
	}
	return nil
}

// Awaiting tells whether the reporter was asked for information.
func (c *Case) Awaiting() bool {
	k := c.Clock(ClockNeedsInfo)
	return k != nil && k.Running()
}

// Paused tells whether any of the team's clocks stands still.
func (c *Case) Paused() bool {
	return slices.ContainsFunc(c.Clocks, func(k Clock) bool { return k.Running() && !k.Paused.IsZero() })
}

// Breached tells whether a promise, not a target, was broken and is still owed.
func (c *Case) Breached() bool {
	return slices.ContainsFunc(c.Clocks, func(k Clock) bool {
		return k.Running() && !k.Breached.IsZero() && !k.Target
	})
}

// NextPromise is the promise to the reporter that falls due first, or nil. A
// case that is not closed and has a reporter always has one.
func (c *Case) NextPromise() *Clock {
	return c.first(func(k *Clock) bool { return k.Ticking() && !k.Internal() })
}

// NextDue is the clock by which the team's queue is sorted, or nil.
func (c *Case) NextDue() *Clock {
	return c.first(func(k *Clock) bool { return k.Ticking() && k.Kind != ClockRetention })
}

func (c *Case) first(ok func(*Clock) bool) *Clock {
	var best *Clock
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if ok(k) && (best == nil || k.Told().Before(best.Told())) {
			best = k
		}
	}
	return best
}

// Clone copies the case so deeply that Apply on the copy leaves c untouched.
func (c *Case) Clone() *Case {
	d := *c
	d.Participants = slices.Clone(c.Participants)
	for i := range d.Participants {
		d.Participants[i].Roles = slices.Clone(d.Participants[i].Roles)
	}
	d.Clocks = slices.Clone(c.Clocks)
	d.Links = slices.Clone(c.Links)
	d.Missing = slices.Clone(c.Missing)
	d.CVEs = slices.Clone(c.CVEs)
	d.HeldMail, d.Hands = slices.Clone(c.HeldMail), slices.Clone(c.Hands)
	return &d
}

// Apply moves the case by one event. The head alone moves the machines, so an
// erased case replays to the same states; the body adds what words there are.
// It refuses an event out of turn with ErrConflict and an arrow that its
// machine does not have with ErrNotReady, and then has changed nothing.
func (c *Case) Apply(ev Event) error {
	if ev.Seq != c.Version+1 {
		return fmt.Errorf("%w: event %d after %d", ErrConflict, ev.Seq, c.Version)
	}
	d := c.Clone()
	if ev.Seq == 1 {
		d.open(ev.Head)
	} else if ev.Case != c.ID {
		return fmt.Errorf("%w: event of another case", ErrInvalid)
	}
	for _, p := range ev.Joined {
		d.join(p)
	}
	for _, a := range ev.Arrows {
		if err := d.walk(a); err != nil {
			return err
		}
	}
	d.mark(ev.Head)
	d.ClosedInvalid = d.ClosedInvalid || (c.RM() == RMInvalid && d.Closed() && ev.Type != EventWithdrawn)
	d.Version, d.Updated = ev.Seq, ev.At
	d.learn(&ev)
	if len(ev.Clocks) > 0 && !d.Awaiting() {
		d.Missing, d.Sources.Missing = nil, 0 // answered, given up, or closed
	}
	d.unlearn(ev.Redacts)
	*c = *d
	return nil
}

func (c *Case) open(h Head) {
	c.ID, c.Program, c.Policy, c.Created = h.Case, h.Program, h.Policy, h.Created
	c.EM, c.Facts = EMNone, FactsNone
}

func (c *Case) join(p Participant) {
	if old := c.Participant(p.ID); old != nil {
		old.Roles, old.Member = p.Roles, p.Member
		return
	}
	c.Participants = append(c.Participants, p)
}

// walk takes one arrow of one machine.
func (c *Case) walk(a Arrow) error {
	var from, to string
	var err error
	p := c.Participant(a.Participant)
	if p == nil && (a.Machine == MachineRM || a.Machine == MachineConsent) {
		return fmt.Errorf("%w: no participant %q", ErrInvalid, string(a.Participant))
	}
	switch a.Machine {
	case MachineRM:
		from = string(p.RM)
		p.RM, err = p.RM.Next(a.Do)
		to = string(p.RM)
	case MachineConsent:
		from = string(p.Consent)
		p.Consent, err = p.Consent.Next(a.Do)
		to = string(p.Consent)
	case MachineEM:
		from = string(c.EM)
		c.EM, err = c.EM.Next(a.Do)
		to = string(c.EM)
	case MachineCS:
		from = string(c.Facts)
		c.Facts, err = c.Facts.Next(a.Do)
		to = string(c.Facts)
	default:
		return fmt.Errorf("%w: no machine %q", ErrInvalid, string(a.Machine))
	}
	if err != nil {
		return err
	}
	if from != a.From || to != a.To {
		return fmt.Errorf("%w: %s %s from %s leads to %s", ErrConflict, a.Machine, a.Do, from, to)
	}
	return nil
}

// mark takes over the open facts of a head that are not machines.
func (c *Case) mark(h Head) {
	for _, k := range h.Clocks {
		if old := c.Clock(k.Kind); old != nil {
			*old = k
		} else {
			c.Clocks = append(c.Clocks, k)
		}
	}
	if h.Assignee != nil {
		c.Assignee, c.Entrusted = *h.Assignee, h.Entrusts
	}
	if h.Band != nil {
		c.Band = *h.Band
	}
	if h.Flags != nil {
		if h.Flags.Privacy && !c.Flags.Privacy && c.Assignee != "" {
			c.Entrusted = true // they could open everything until now
		}
		c.Flags = *h.Flags
	}
	if h.Link != nil && !slices.Contains(c.Links, *h.Link) {
		c.Links = append(c.Links, *h.Link)
	}
	if h.Pending != nil {
		if c.Pending = h.Pending; h.Pending.Seq == 0 {
			c.Pending = nil
		}
	}
	if h.Release != nil {
		c.Release = *h.Release
	}
	c.post(h)
	if h.ByMember() && h.Tell == TellReporter && h.Type != EventReceived && h.Type != EventMailAdmitted {
		c.Replied = true
	}
	c.Dormant = (c.Dormant || (h.Type == EventReceived && c.Flags.Imported)) && !c.Replied && h.Actor != string(ActorReporter)
	if c.Accepted.IsZero() && c.RM() == RMAccepted { // no event leads through it
		c.Accepted = h.At
	}
	if p := c.Participant(h.Forgets); p != nil {
		p.Contact, p.ContactBox = nil, nil
	}
}

// post keeps which mails wait, and whether letters to the reporter arrive.
func (c *Case) post(h Head) {
	if h.Type == EventMailHeld {
		c.HeldMail = append(c.HeldMail, h.Seq)
	}
	if h.Mail > 0 || h.Redacts > 0 {
		c.HeldMail = slices.DeleteFunc(c.HeldMail, func(seq int64) bool { return seq == h.Mail || seq == h.Redacts })
	}
	switch {
	case h.Type == EventUndelivered:
		c.Undelivered = h.At
	case h.Type == EventContact, h.Type == EventReached, h.Type == EventCodeUsed, h.Forgets == Reporter, h.Actor == string(ActorReporter):
		c.Undelivered = time.Time{}
	}
}

// learn takes over what a body tells beyond the head. An event whose words are
// gone leaves empty what it had told.
func (c *Case) learn(ev *Event) {
	b := ev.Body
	if b == nil {
		b = &Body{}
	}
	switch ev.Type {
	case EventReceived:
		c.Title, c.Product, c.Affects, c.Sources.Report = "", "", "", ev.Seq
		if r := b.Report; r != nil {
			c.Title, c.Product, c.Affects = r.Headline(), r.Product, r.Version
		}
	case EventAsked, EventProvided, EventProceeded:
		c.Missing, c.Sources.Missing = b.Missing, ev.Seq
	case EventInvalidated:
		c.Ruled, c.Hands = ev.Actor, ev.Hands // of the head: they stay when the words go
	case EventRated:
		c.Score, c.Sources.Score = b.Score, ev.Seq
	case EventClosed, EventHandedOn, EventWithdrawn:
		c.Outcome, c.Sources.Outcome = b.Outcome, ev.Seq
	case EventCVE:
		c.CVEs, c.Sources.CVEs = b.CVEs, ev.Seq
	case EventAttached:
		c.Files++
	case EventKeyOffered:
		if c.Offer = nil; b.Key != "" {
			c.Offer = &KeyOffer{Seq: ev.Seq, Fingerprint: b.Note}
		}
	case EventContact, EventKeyTrusted, EventForgotten:
		c.Offer = nil
	}
	carries := ev.Type == EventReceived || ev.Type == EventContact || ev.Type == EventKeyLearned || ev.Type == EventKeyTrusted ||
		(ev.Redacts > 0 && ev.Redacts == c.Sources.Contact) // the contact moved on to this event
	if p := c.Participant(PartyID(ev.Seq)); p != nil {
		p.ContactBox, p.Contact = b.ContactBox, b.Contact
	}
	if p := c.Participant(Reporter); p != nil && carries {
		p.ContactBox, p.Contact, c.Sources.Contact = b.ContactBox, b.Contact, ev.Seq
	}
}

// PartyID is the id of the party that an event named, to be told of a release.
func PartyID(seq int64) ParticipantID { return ParticipantID(fmt.Sprintf("party-%d", seq)) }

// unlearn forgets what the redacted event had told.
func (c *Case) unlearn(seq int64) {
	if seq == 0 {
		return
	}
	if c.Sources.Report == seq {
		c.Title, c.Product, c.Affects = "", "", ""
	}
	if c.Sources.Missing == seq {
		c.Missing = nil
	}
	if c.Sources.Score == seq {
		c.Score = nil
	}
	if c.Sources.Outcome == seq {
		c.Outcome = ""
	}
	if c.Sources.CVEs == seq {
		c.CVEs = nil
	}
	if c.Offer != nil && c.Offer.Seq == seq {
		c.Offer = nil
	}
	if p := c.Participant(PartyID(seq)); p != nil {
		p.ContactBox, p.Contact = nil, nil
	}
}

// Replay adds up a history. It stops at the first event that does not fit.
func Replay(events []Event) (*Case, error) {
	c := &Case{}
	for _, ev := range events {
		if err := c.Apply(ev); err != nil {
			return c, fmt.Errorf("event %d: %w", ev.Seq, err)
		}
	}
	return c, nil
}
