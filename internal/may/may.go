// Package may is the table of who may do what to which case. It is pure: it
// decides from the actor and the case alone.
//
// It never tells a door why something is hidden: one who may not see a case gets
// the answer of a case that does not exist.
package may

import (
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// Reach is in which cases a role may do a verb.
type Reach string

const (
	Nowhere Reach = ""
	Named   Reach = "named" // cases that name the member as a fixer
	Own     Reach = "own"   // cases that the receipt opens
	// Entrusted are the cases that the member holds and was given by a lead, or by
	// whoever was entrusted with them before; or held when personal data was seen.
	Entrusted Reach = "entrusted"
	All       Reach = "all"
)

// table says of who may do what where. Roles that are not Named in a row
// may not; a member with several roles has the widest reach of them.
var table = map[cvd.Verb]map[cvd.Role]Reach{
	cvd.VerbRead:          {cvd.RoleLead: All, cvd.RoleMember: All, cvd.RoleAuditor: All, cvd.RoleFixer: Named},
	cvd.VerbFiles:         {cvd.RoleLead: All, cvd.RoleMember: Entrusted},
	cvd.VerbReceive:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAcknowledge:   {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAsk:           {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbProvide:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbValidate:      {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbInvalidate:    {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAccept:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbDefer:         {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbSeverity:      {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbClaim:         {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbRelease:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbNote:          {cvd.RoleLead: All, cvd.RoleMember: All, cvd.RoleFixer: Named},
	cvd.VerbMessage:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAttach:        {cvd.RoleLead: All, cvd.RoleMember: All, cvd.RoleFixer: Named},
	cvd.VerbHandOn:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbFixReady:      {cvd.RoleLead: All, cvd.RoleMember: All, cvd.RoleFixer: Named},
	cvd.VerbFixDeployed:   {cvd.RoleLead: All, cvd.RoleMember: All, cvd.RoleFixer: Named},
	cvd.VerbPublic:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbExploitPublic: {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAttacks:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbClose:         {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbReopen:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbUphold:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbConfirm:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbRefuse:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbPostpone:      {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbEmergency:     {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAct:           {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAfterAction:   {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbPrivacy:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbNoncompliance: {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbInvite:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbOfferCheck:    {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbCheckResult:   {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbCVE:           {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAdvise:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbSchedule:      {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbUnschedule:    {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbPublish:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbRetract:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbNoAdvisory:    {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbNameParty:     {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbDropParty:     {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbAdmit:         {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbDismiss:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbReached:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbTrustKey:      {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbReissue:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbRedact:        {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbRedactReport:  {cvd.RoleLead: All},
	cvd.VerbSuccessor:     {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbContact:       {cvd.RoleLead: All, cvd.RoleMember: All},
	cvd.VerbForget:        {cvd.RoleLead: All},
	cvd.VerbErase:         {cvd.RoleLead: All},
}

// byReporter are the verbs that a receipt opens, in its Own cases.
var byReporter = []cvd.Verb{
	cvd.VerbRead, cvd.VerbFiles, cvd.VerbProvide, cvd.VerbMessage, cvd.VerbAttach, cvd.VerbWithdraw,
	cvd.VerbAppeal, cvd.VerbContact, cvd.VerbSuccessor, cvd.VerbCheckResult,
}

// byPerson are the verbs that only a person may do: a token marked as a
// machine's cannot keep a human promise nor be a second pair of eyes.
var byPerson = []cvd.Verb{cvd.VerbAcknowledge, cvd.VerbConfirm, cvd.VerbUphold, cvd.VerbErase, cvd.VerbForget, cvd.VerbReissue, cvd.VerbRedact, cvd.VerbRedactReport, cvd.VerbAdmit, cvd.VerbDismiss, cvd.VerbTrustKey}

// Of is how far the actor may do the verb.
func Of(a cvd.Actor, v cvd.Verb) Reach {
	switch a.Kind {
	case cvd.ActorSystem:
		return All
	case cvd.ActorReporter:
		if slices.Contains(byReporter, v) {
			return Own
		}
		return Nowhere
	case cvd.ActorStranger:
		if v == cvd.VerbReceive {
			return All
		}
		return Nowhere
	case cvd.ActorMachine:
		if slices.Contains(byPerson, v) {
			return Nowhere
		}
	}
	best := Nowhere
	if !Scoped(a, scopesOf(v)...) {
		return best
	}
	for _, r := range a.Roles {
		switch reach := table[v][r]; reach {
		case All:
			return All
		case Named, Entrusted:
			best = reach
		}
	}
	return best
}

// For is the row of the table under which a verb falls with this input: removing
// the report itself weighs more than removing a word of the talk about it.
func For(v cvd.Verb, in cvd.Input) cvd.Verb {
	if v == cvd.VerbRedact && in.Seq == 1 {
		return cvd.VerbRedactReport
	}
	return v
}

// Covers tells whether the reach holds for this case.
func (r Reach) Covers(a cvd.Actor, c *cvd.Case) bool {
	switch r {
	case All:
		return true
	case Own:
		return slices.ContainsFunc(a.Cases, func(x cvd.Reach) bool { return x.Case == c.ID })
	case Named:
		p := c.Participant(cvd.ParticipantID("fixer-" + a.ID))
		return p != nil && p.Member == a.ID && a.ID != ""
	case Entrusted:
		return a.ID != "" && a.ID == c.Assignee && c.Entrusted
	}
	return false
}

// ErrUnseen is the one answer for a case that does not exist and for one that the
// actor may not see.
var ErrUnseen = fmt.Errorf("%w: no such case", cvd.ErrNotFound)

// Glimpse refuses, before anything is looked up, an actor who could not see a
// case of that id if it existed; so the work done tells nothing either. A fixer
// passes: only the case itself says whom it names.
func Glimpse(a cvd.Actor, id cvd.CaseID) error {
	switch Of(a, cvd.VerbRead) {
	case Nowhere:
		return ErrUnseen
	case Own:
		if !Own.Covers(a, &cvd.Case{ID: id}) {
			return ErrUnseen
		}
	}
	return nil
}

// Allow returns nil if the actor may do the verb to the case. One who may not
// even see the case gets the answer of a case that does not exist.
func Allow(a cvd.Actor, v cvd.Verb, c *cvd.Case) error {
	if !Of(a, cvd.VerbRead).Covers(a, c) {
		return ErrUnseen
	}
	if !Of(a, v).Covers(a, c) {
		person := a
		if person.Kind = cvd.ActorMember; a.Kind == cvd.ActorMachine && Of(person, v).Covers(person, c) {
			return fmt.Errorf("%w: only a person may %s a case", cvd.ErrNotReady, v)
		}
		return fmt.Errorf("%w: your role may not %s", cvd.ErrForbidden, v)
	}
	return nil
}

// See tells whether the actor may see the event at All.
func See(a cvd.Actor, h *cvd.Head) bool {
	if a.Kind != cvd.ActorReporter {
		return true
	}
	return h.Tell == cvd.TellReporter || h.Actor == string(cvd.ActorReporter)
}

// Person tells whether the actor may know who the reporter is. One who is only
// named on a case needs the matter, not the person.
func Person(a cvd.Actor) bool { return Of(a, cvd.VerbRead) != Named }

// OpenFile tells whether the actor may open attachments of the case. Where
// personal data was seen, holding the case is not enough: whoever takes it
// themselves was not chosen to see them.
func OpenFile(a cvd.Actor, c *cvd.Case) bool {
	return !c.Flags.Privacy || Of(a, cvd.VerbFiles).Covers(a, c)
}

// Entrust tells whether who gets the case from the actor may open its files too.
func Entrust(a cvd.Actor, c *cvd.Case) bool { return Of(a, cvd.VerbFiles).Covers(a, c) }

// HidePerson takes out who the reporter is and how to reach them, and whom drafts of
// an advisory credit: that is the reporter, as a rule.
func HidePerson(c *cvd.Case, evs []cvd.Event) {
	for i := range c.Participants {
		c.Participants[i].Contact = nil
	}
	for i := range evs {
		if evs[i].Body != nil {
			evs[i].Body.Contact, evs[i].Body.Mail, evs[i].Body.Key = nil, nil, ""
			if a := evs[i].Body.Advisory; a != nil {
				a.Credits = nil
			}
		}
	}
}

// Sealed tells whether the words of an event came encrypted.
func Sealed(ev *cvd.Event) bool {
	return ev.Body != nil && ev.Body.Mail != nil && ev.Body.Mail.Encrypted
}

// HideSealed takes what came by encrypted mail out of what a reporter reads, and puts
// words in its place. Whoever caught such a mail could else send it here again as a
// report of their own and read in their thread what it says. titles are what other
// cases of the thread, which came of it, are called by its words.
func HideSealed(c *cvd.Case, evs []cvd.Event, words string, titles map[string]bool) {
	sealed := map[int64]bool{}
	if titles[c.Title] {
		c.Title, c.Product, c.Affects = "", "", ""
	}
	for i := range evs {
		ev := &evs[i]
		if Sealed(ev) {
			sealed[ev.Seq] = true
			b := *ev.Body
			b.Text, b.Files = words, nil
			if b.Report != nil {
				titles[b.Report.Headline()] = true
				b.Text, b.Report = "", &cvd.Report{Program: b.Report.Program, Description: words}
				c.Title, c.Product, c.Affects = "", "", ""
			}
			ev.Body = &b
		} else if ev.Body != nil && ev.Body.Report != nil && titles[ev.Body.Report.Headline()] {
			b, r := *ev.Body, *ev.Body.Report
			r.Title, r.Product, r.Version, b.Report = "", "", "", &r
			ev.Body = &b
		}
		if ev.Body != nil && ev.Body.File != nil && sealed[ev.Body.With] {
			b, f := *ev.Body, *ev.Body.File
			f.Name, b.File = words, &f
			ev.Body = &b
		}
	}
}

// Withholds tells whether the files of the event of that place in its history are kept
// from a reporter: they came with an encrypted mail.
func Withholds(evs []cvd.Event, i int) bool {
	if Sealed(&evs[i]) {
		return true
	}
	b := evs[i].Body
	return b != nil && b.With > 0 && slices.ContainsFunc(evs, func(ev cvd.Event) bool { return ev.Seq == b.With && Sealed(&ev) })
}

// Alone tells whether the person is the only one there who works cases, but for those
// whose actor references are given, so that nobody could be a second one.
func Alone(a cvd.Actor, members []cvd.Member, but ...string) bool {
	return a.Kind == cvd.ActorMember && !slices.ContainsFunc(members, func(m cvd.Member) bool {
		return m.Active && m.ID != a.ID && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) &&
			!slices.ContainsFunc(but, func(ref string) bool { return strings.HasSuffix(ref, "/"+m.ID) })
	})
}
