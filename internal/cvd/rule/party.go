package rule

import (
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
)

// maxParties is the most that a case names at a time.
const maxParties = 50

// Party tells whether a participant is somebody outside who is told of a release before
// it, and still is.
func Party(p *cvd.Participant) bool {
	return slices.Contains(p.Roles, cvd.AsObserver) && (p.Contact != nil || p.ContactBox != nil)
}

// checkParty wants an address to name somebody, and somebody named to drop.
func checkParty(c *cvd.Case, d Deed) error {
	if d.Verb == cvd.VerbDropParty {
		p := c.Participant(cvd.ParticipantID(d.In.To))
		switch {
		case !slices.ContainsFunc(c.Participants, func(p cvd.Participant) bool { return Party(&p) }):
			return refuse("the case names no party")
		case d.In.To != "" && (p == nil || !Party(p)): // none at all is told with the other faults
			return cvd.Faults{{Field: "to", Problem: "is no party of this case", Remedy: "give the id of one that was named"}}
		}
		return nil
	}
	k, named := d.In.Contact, 0
	if k == nil {
		return nil // told with the other faults
	}
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.ID == cvd.Reporter && p.Contact != nil && k.Email != "" && strings.EqualFold(p.Contact.Email, k.Email) {
			return cvd.Faults{{Field: "contact.email", Problem: "is the reporter's, who hears of the release as the reporter", Remedy: "give the address of somebody else, or name nobody"}}
		}
		if !Party(p) {
			continue
		}
		if named++; p.Contact != nil && strings.EqualFold(p.Contact.Email, k.Email) && k.Email != "" {
			return cvd.Faults{{Field: "contact.email", Problem: "is named already", Remedy: "drop the party first, to name it anew"}}
		}
	}
	switch {
	case k.Email == "":
		return cvd.Faults{{Field: "contact.email", Problem: "is missing", Remedy: "give the address that is told of the release"}}
	case named >= maxParties:
		return refuse("the case names " + strconv.Itoa(maxParties) + " parties already; drop one first")
	}
	return nil
}

// markParty writes who joins, or whose contact goes. The id is of the event, so that a
// party who is named again is another.
func markParty(ev *cvd.Event, d Deed) {
	if d.Verb == cvd.VerbDropParty {
		ev.Forgets = cvd.ParticipantID(d.In.To)
		return
	}
	ev.Joined = []cvd.Participant{{
		ID: cvd.PartyID(ev.Seq), Roles: []cvd.ParticipantRole{cvd.AsObserver}, RM: cvd.RMStart, Consent: cvd.ConsentNone,
	}}
}
