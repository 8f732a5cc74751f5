package rule

import (
	"fmt"
	"slices"
	"time"

	"fairlead/internal/cvd"
)

// spoken are the verbs whose words may have come by mail.
var spoken = []cvd.Verb{cvd.VerbMessage, cvd.VerbProvide, cvd.VerbAdmit}

// checkMail refuses a mail where no words of a reporter are taken.
func checkMail(d Deed) error {
	if d.In.Mail != nil && !slices.Contains(spoken, d.Verb) {
		return fmt.Errorf("%w: %s takes no mail", cvd.ErrInvalid, d.Verb)
	}
	return nil
}

// checkPost finds whether what a member rules on still waits: a mail, an alarm, a key.
func checkPost(c *cvd.Case, d Deed) error {
	none := func(what string) error {
		return cvd.Faults{{Field: "seq", Problem: "no " + what + " waits under that number", Remedy: "give the number of the event that holds it"}}
	}
	switch {
	case d.Verb == cvd.VerbReached && c.Undelivered.IsZero():
		return refuse("letters to the reporter arrive, as far as is known")
	case d.Verb == cvd.VerbReached:
	case d.Verb == cvd.VerbTrustKey && (c.Offer == nil || c.Offer.Seq != d.In.Seq):
		return none("key")
	case d.Verb == cvd.VerbTrustKey && trusted(c, d) == nil:
		return refuse("the key is gone, or the reporter's contact")
	case d.Verb != cvd.VerbTrustKey && !slices.Contains(c.HeldMail, d.In.Seq):
		return none("mail")
	}
	return nil
}

// byMail puts into the event what a mail brought.
func byMail(ev *cvd.Event, d Deed) {
	if d.In.Mail != nil {
		ev.Body.Mail, ev.Body.Channel = d.In.Mail, "mail"
	}
	if d.Verb != cvd.VerbAdmit || d.Held == nil {
		return
	}
	ev.Body.Text, ev.Body.Channel = d.Held.Text, "mail"
	if d.Held.Mail != nil { // nil once the reporter is forgotten
		m := *d.Held.Mail
		m.Admitted = d.By.Ref()
		m.Raw, m.File = nil, nil // it stays where it waited
		ev.Body.Mail = &m
	}
}

// system starts an event that the house writes down by itself.
func system(c *cvd.Case, t cvd.EventType, b cvd.Body, now time.Time) cvd.Event {
	return cvd.Event{
		Head: cvd.Head{Case: c.ID, Seq: c.Version + 1, Type: t, V: 1, At: now, Actor: cvd.System.Ref(), Tell: cvd.TellTeam},
		Body: &b,
	}
}

// HoldMail keeps a mail that seems to belong to the case, until a member says
// whether its words are the reporter's.
func HoldMail(c *cvd.Case, text string, m *cvd.Mail, files []cvd.Attachment, now time.Time) cvd.Event {
	ev := system(c, cvd.EventMailHeld, cvd.Body{Text: text, Mail: m, Files: files, Channel: "mail"}, now)
	if !c.Flags.Unread {
		flags := c.Flags
		flags.Unread = true
		ev.Flags = &flags
	}
	return ev
}

// Undelivered says that a letter to the reporter did not arrive. why names the cause
// and holds no address; letter is the event that it was about.
func Undelivered(c *cvd.Case, why string, letter int64, now time.Time) cvd.Event {
	return system(c, cvd.EventUndelivered, cvd.Body{Reason: why, With: letter}, now)
}

// CodeUsed says that somebody who holds nothing but the code of a letter got a
// receipt for it.
func CodeUsed(c *cvd.Case, now time.Time) cvd.Event {
	ev := system(c, cvd.EventCodeUsed, cvd.Body{}, now)
	ev.Actor = cvd.Stranger.Ref()
	return ev
}

// LearnKey takes a key over from the reporter's mail where none is on record, else
// keeps it for a member to look at. Nothing happens where it is known already.
func LearnKey(c *cvd.Case, key, fingerprint, known, how string, now time.Time) []cvd.Event {
	p := c.Participant(cvd.Reporter)
	switch {
	case p == nil || p.Contact == nil || known == fingerprint:
		return nil
	case p.Contact.PGPKey == "":
		contact := *p.Contact
		contact.PGPKey = key
		return []cvd.Event{system(c, cvd.EventKeyLearned, cvd.Body{Contact: &contact, Note: fingerprint, Reason: how}, now)}
	case c.Offer != nil && c.Offer.Fingerprint == fingerprint:
		return nil
	}
	return []cvd.Event{system(c, cvd.EventKeyOffered, cvd.Body{Key: key, Note: fingerprint, Reason: how}, now)}
}

// trusted is the contact with the key that waited.
func trusted(c *cvd.Case, d Deed) *cvd.Contact {
	p := c.Participant(cvd.Reporter)
	if p == nil || p.Contact == nil || d.Held == nil {
		return nil
	}
	contact := *p.Contact
	contact.PGPKey = d.Held.Key
	return &contact
}

// With makes attachments of the files that came with the mail of the last event.
func With(c *cvd.Case, evs []cvd.Event, files []cvd.Attachment, by cvd.Actor, now time.Time) ([]cvd.Event, error) {
	if len(files) == 0 || len(evs) == 0 {
		return evs, nil
	}
	next := c.Clone()
	for _, ev := range evs {
		if err := next.Apply(ev); err != nil {
			return nil, err
		}
	}
	mail := next.Version
	for i := range files {
		more, err := Decide(next, Deed{Verb: cvd.VerbAttach, By: by, File: &files[i]}, now)
		if err != nil {
			return nil, err
		}
		more[0].Body.With = mail
		if err := next.Apply(more[0]); err != nil {
			return nil, err
		}
		evs = append(evs, more...)
	}
	return evs, nil
}
