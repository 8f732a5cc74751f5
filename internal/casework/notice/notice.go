// Package notice is what a carrier may say about an effect: to whom, and which date;
// and, in a letter to a reporter who reads answers by mail, what was said to them.
//
// It never holds a word of the report, nothing at all of a case under an embargo
// unless the letter is encrypted, and nothing but a date for the team.
package notice

import (
	"strings"
	"time"

	"fairlead/internal/casework/reply"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/pace"
)

// Address is one person to write to.
type Address struct {
	Name  string
	Email string
	// Languages in order of preference: their own, then the policy's.
	Languages []string
}

// Notice is everything a carrier may say about an effect: who, and which date.
// Outside Mail there is no word of the case in it, so none can leak (invariant 7).
type Notice struct {
	Effect       store.Effect
	To           []Address
	ToReporter   bool
	ToParty      bool // somebody outside who was named to be told of a release
	Organisation string
	From         string // the policy's mail contact, for Reply-To
	PublicURL    string // from the policy; empty: the door's own
	Closed       bool
	Next         *reply.Promise // the reporter's next date
	Clock        cvd.ClockKind
	Due          time.Time // of Clock, as it was told; zero where there is none
	Zone         *time.Location
	Policy       int
	Gone         bool       // the party was dropped meanwhile
	Held         bool       // the address got as many today as it may
	Place        pace.Place // of a new report, among others
	// Unanswered is why a report by mail gets no automatic answer; then nothing is sent.
	Unanswered string
	// Mail is what a letter to a reporter needs beyond the bare notice; nil for
	// notices to the team.
	Mail *Mail
}

// Mail is what a letter to a participant may carry, and how answers find back.
type Mail struct {
	// Ref names this letter; it is the part of its Message-ID before the host, the
	// same each time the effect is carried, and nobody can guess it.
	Ref string
	// References are the Message-IDs of the thread so far, oldest first, without
	// brackets; our own come as in Ref, without the host.
	References []string
	// Subject is the one of the participant's own first mail, for an answer to it; a
	// stranger's text. Empty: ours.
	Subject string
	// ReplyTag is what stands behind the plus of the address that answers go to, and
	// BounceTag of the one that bounces go to.
	ReplyTag, BounceTag string
	// Text is what was said to the participant, whole; empty where a bare notice is
	// all that mail may carry (see Bare).
	Text string
	// Event is what the letter tells of, for the words of its heading; nil where a
	// bare notice is all that mail may carry.
	Event *cvd.Event
	// Bare is why Text is left out, as a name in the message catalogue.
	Bare string
	// Key is the participant's OpenPGP key, armored. With Sealed the letter goes out
	// encrypted to it or not at all.
	Key    string
	Sealed bool
	// Unfit is, without Key, why the one that came with the participant's latest mail
	// that brought one is not used (cvd.Mail.Unfit).
	Unfit string
	// Claim is a code that works once and opens the thread; only in the answer to a
	// report that came by mail, and where a receipt was made anew.
	Claim     string
	ClaimEnds time.Time
	// Promises are all dates of the case, and Missing what the policy asks for and the
	// report does not hold; only in that first answer.
	Promises []reply.Promise
	Missing  []string
}

// New starts a notice about an effect with what the policy says.
func New(e store.Effect, v *rulebook.Version) *Notice {
	n := &Notice{
		Effect: e, Organisation: v.Policy.Organisation.Name, PublicURL: v.Policy.PublicURL,
		Zone: v.Calendar.Zone(), Policy: v.Number,
	}
	for _, c := range v.Policy.Contacts {
		if addr, ok := mailAddress(c.URI); ok {
			n.From = addr
			break
		}
	}
	return n
}

// Addresses are the members that have one.
func Addresses(ms []cvd.Member, p *policy.Policy) []Address {
	var out []Address
	for _, m := range ms {
		if m.Email != "" {
			out = append(out, Address{Name: m.Name, Email: m.Email, Languages: languages(m.Language, p)})
		}
	}
	return out
}

// languages are in which somebody reads, the best first.
func languages(own string, p *policy.Policy) []string {
	if own == "" {
		return p.Languages
	}
	return append([]string{own}, p.Languages...)
}

func mailAddress(uri string) (string, bool) {
	addr, ok := strings.CutPrefix(uri, "mailto:")
	addr, _, _ = strings.Cut(addr, "?")
	return addr, ok && addr != ""
}
