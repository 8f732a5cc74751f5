// Package rule says what each verb does to a case: the table of verbs, and the
// pure decision from a case, a deed and an instant to events.
//
// It never changes a case, keeps nothing and sets no clock: the words, the machines
// and Case.Apply are cvd's, the clocks are the deadline rules'.
package rule

import "fairlead/internal/cvd"

// Spec is one row of the table of verbs: from which states of the organisation's
// own Report Management it may be done, and which arrows it walks.
type Spec struct {
	Verb  cvd.Verb
	Event cvd.EventType
	// Walk gives the RM deeds by the state the verb starts from. A state that
	// is not named refuses the verb.
	Walk map[cvd.RM][]string
	// Facts are recorded in this order; a trailing one is left out when it
	// already holds.
	Facts []string
	// Leaves says that the reporter's own part ends.
	Leaves bool
	// Tell is who hears of it unless the input says otherwise.
	Tell cvd.Telling
	// Takes and Needs name members of Input.
	Takes, Needs []string
}

// states in the order in which they are named and printed.
var states = []cvd.RM{cvd.RMStart, cvd.RMReceived, cvd.RMInvalid, cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted, cvd.RMClosed}

var open = []cvd.RM{cvd.RMReceived, cvd.RMInvalid, cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted}

// released are the states in which an advisory may be worked: what was taken on
// once. A case that is closed stays closed.
var released = []cvd.RM{cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted, cvd.RMClosed}

// stay walks no arrow from each of the states.
func stay(states ...cvd.RM) map[cvd.RM][]string {
	m := map[cvd.RM][]string{}
	for _, s := range states {
		m[s] = nil
	}
	return m
}

var told = []string{"text", "silent", "note"}

// heard is what verbs take that cannot be done in silence.
var heard = []string{"text", "note"}

// Specs is the table of verbs, in the order of the golden.
var Specs = []Spec{
	{Verb: cvd.VerbReceive, Event: cvd.EventReceived, Walk: map[cvd.RM][]string{cvd.RMStart: {"receive"}}, Facts: []string{cvd.FactVendorAware}, Tell: cvd.TellReporter},
	{Verb: cvd.VerbAcknowledge, Event: cvd.EventAcknowledged, Walk: stay(open...), Tell: cvd.TellReporter, Takes: heard},
	{Verb: cvd.VerbAsk, Event: cvd.EventAsked, Walk: stay(open...), Tell: cvd.TellReporter, Takes: append([]string{"missing", "clauses"}, heard...)},
	{Verb: cvd.VerbProvide, Event: cvd.EventProvided, Walk: stay(open...), Tell: cvd.TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: cvd.VerbValidate, Event: cvd.EventValidated, Walk: map[cvd.RM][]string{cvd.RMReceived: {"validate"}, cvd.RMInvalid: {"validate"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbInvalidate, Event: cvd.EventInvalidated, Walk: map[cvd.RM][]string{cvd.RMReceived: {"invalidate"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason", "clauses"}, told...), Needs: []string{"reason"}},
	{Verb: cvd.VerbAccept, Event: cvd.EventAccepted, Walk: map[cvd.RM][]string{cvd.RMValid: {"accept"}, cvd.RMDeferred: {"accept"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbDefer, Event: cvd.EventDeferred, Walk: map[cvd.RM][]string{cvd.RMValid: {"defer"}, cvd.RMAccepted: {"defer"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...), Needs: []string{"reason"}},
	{Verb: cvd.VerbSeverity, Event: cvd.EventRated, Walk: stay(open...), Tell: cvd.TellReporter, Takes: append([]string{"vector", "reason"}, told...), Needs: []string{"vector"}},
	{Verb: cvd.VerbClaim, Event: cvd.EventClaimed, Walk: stay(open...), Tell: cvd.TellTeam, Takes: []string{"to", "note"}},
	{Verb: cvd.VerbRelease, Event: cvd.EventReleased, Walk: stay(open...), Tell: cvd.TellTeam, Takes: []string{"note"}},
	{Verb: cvd.VerbNote, Event: cvd.EventNoted, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: cvd.VerbMessage, Event: cvd.EventMessage, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: cvd.VerbAttach, Event: cvd.EventAttached, Walk: stay(open...), Tell: cvd.TellReporter, Takes: []string{"text", "silent"}},
	{Verb: cvd.VerbHandOn, Event: cvd.EventHandedOn, Walk: map[cvd.RM][]string{cvd.RMReceived: {"invalidate", "close"}, cvd.RMInvalid: {"close"}, cvd.RMValid: {"defer", "close"}, cvd.RMAccepted: {"defer", "close"}, cvd.RMDeferred: {"close"}}, Tell: cvd.TellReporter, Takes: append([]string{"to", "reason", "clauses"}, told...), Needs: []string{"to", "reason"}},
	{Verb: cvd.VerbFixReady, Event: cvd.EventFixReady, Walk: stay(cvd.RMAccepted), Facts: []string{cvd.FactFixReady}, Tell: cvd.TellReporter, Takes: told},
	{Verb: cvd.VerbFixDeployed, Event: cvd.EventFixDeployed, Walk: stay(cvd.RMAccepted), Facts: []string{cvd.FactFixDeployed}, Tell: cvd.TellReporter, Takes: told},
	{Verb: cvd.VerbPublic, Event: cvd.EventPublic, Walk: stay(open...), Facts: []string{cvd.FactPublic}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbExploitPublic, Event: cvd.EventExploitPublic, Walk: stay(open...), Facts: []string{cvd.FactExploitPublic, cvd.FactPublic}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbAttacks, Event: cvd.EventAttacks, Walk: stay(open...), Facts: []string{cvd.FactAttacks}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbClose, Event: cvd.EventClosed, Walk: map[cvd.RM][]string{cvd.RMAccepted: {"close"}, cvd.RMDeferred: {"close"}, cvd.RMInvalid: {"close"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason", "outcome"}, told...)},
	{Verb: cvd.VerbReopen, Event: cvd.EventReopened, Walk: map[cvd.RM][]string{cvd.RMInvalid: {"validate"}, cvd.RMDeferred: {"accept"}}, Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...), Needs: []string{"reason"}},
	{Verb: cvd.VerbSuccessor, Event: cvd.EventSucceeded, Walk: stay(cvd.RMClosed), Tell: cvd.TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: cvd.VerbWithdraw, Event: cvd.EventWithdrawn, Walk: map[cvd.RM][]string{cvd.RMReceived: {"invalidate", "close"}, cvd.RMInvalid: {"close"}, cvd.RMDeferred: {"close"}, cvd.RMValid: nil, cvd.RMAccepted: nil}, Leaves: true, Tell: cvd.TellReporter, Takes: []string{"reason"}},
	{Verb: cvd.VerbAppeal, Event: cvd.EventAppealed, Walk: stay(cvd.RMInvalid, cvd.RMClosed), Tell: cvd.TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: cvd.VerbUphold, Event: cvd.EventUpheld, Walk: stay(cvd.RMInvalid), Tell: cvd.TellReporter, Takes: append([]string{"reason", "clauses"}, heard...), Needs: []string{"reason"}},
	{Verb: cvd.VerbConfirm, Event: cvd.EventConfirmed, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"note"}},
	{Verb: cvd.VerbRefuse, Event: cvd.EventRefused, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: cvd.VerbPostpone, Event: cvd.EventPostponed, Walk: stay(open...), Tell: cvd.TellReporter, Takes: append([]string{"clock", "until", "reason"}, heard...), Needs: []string{"clock", "until", "reason"}},
	{Verb: cvd.VerbEmergency, Event: cvd.EventEmergency, Walk: stay(open...), Tell: cvd.TellTeam, Takes: []string{"reason", "note"}, Needs: []string{"reason"}},
	{Verb: cvd.VerbAct, Event: cvd.EventActed, Walk: stay(open...), Tell: cvd.TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: cvd.VerbAfterAction, Event: cvd.EventAfterAction, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: cvd.VerbPrivacy, Event: cvd.EventPrivacy, Walk: stay(open...), Tell: cvd.TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: cvd.VerbNoncompliance, Event: cvd.EventNoncompliance, Walk: stay(open...), Tell: cvd.TellReporter, Takes: append([]string{"reason", "clauses"}, told...), Needs: []string{"reason", "clauses"}},
	{Verb: cvd.VerbInvite, Event: cvd.EventInvited, Walk: stay(open...), Tell: cvd.TellTeam, Takes: []string{"to", "note"}, Needs: []string{"to"}},
	{Verb: cvd.VerbContact, Event: cvd.EventContact, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"contact"}, Needs: []string{"contact"}},
	{Verb: cvd.VerbOfferCheck, Event: cvd.EventCheckOffered, Walk: stay(cvd.RMValid, cvd.RMAccepted), Tell: cvd.TellReporter, Takes: append([]string{"seq"}, heard...), Needs: []string{"text"}},
	{Verb: cvd.VerbCheckResult, Event: cvd.EventChecked, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: append([]string{"outcome"}, heard...), Needs: []string{"outcome"}},
	{Verb: cvd.VerbCVE, Event: cvd.EventCVE, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: append([]string{"cve", "outcome", "reason"}, told...), Needs: []string{"outcome"}},
	{Verb: cvd.VerbAdvise, Event: cvd.EventDrafted, Walk: stay(released...), Tell: cvd.TellTeam, Takes: []string{"advisory", "others", "seq", "note"}, Needs: []string{"advisory"}},
	{Verb: cvd.VerbSchedule, Event: cvd.EventScheduled, Walk: stay(released...), Tell: cvd.TellReporter, Takes: append([]string{"until", "seq", "reason"}, heard...), Needs: []string{"until", "seq"}},
	{Verb: cvd.VerbUnschedule, Event: cvd.EventUnscheduled, Walk: stay(released...), Tell: cvd.TellReporter, Takes: append([]string{"reason"}, heard...), Needs: []string{"reason"}},
	{Verb: cvd.VerbPublish, Event: cvd.EventPublished, Walk: stay(released...), Tell: cvd.TellReporter, Takes: append([]string{"seq", "reason"}, heard...), Needs: []string{"seq"}},
	{Verb: cvd.VerbRetract, Event: cvd.EventRetracted, Walk: stay(released...), Tell: cvd.TellReporter, Takes: append([]string{"reason"}, heard...), Needs: []string{"reason"}},
	{Verb: cvd.VerbNoAdvisory, Event: cvd.EventNoAdvisory, Walk: stay(released...), Tell: cvd.TellReporter, Takes: append([]string{"reason"}, heard...), Needs: []string{"reason"}},
	{Verb: cvd.VerbNameParty, Event: cvd.EventPartyNamed, Walk: stay(released...), Tell: cvd.TellTeam, Takes: []string{"contact", "note"}, Needs: []string{"contact"}},
	{Verb: cvd.VerbDropParty, Event: cvd.EventPartyDropped, Walk: stay(released...), Tell: cvd.TellTeam, Takes: []string{"to", "note"}, Needs: []string{"to"}},
	{Verb: cvd.VerbAdmit, Event: cvd.EventMailAdmitted, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"seq", "note"}, Needs: []string{"seq"}},
	{Verb: cvd.VerbDismiss, Event: cvd.EventMailDismissed, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"seq", "reason"}, Needs: []string{"seq", "reason"}},
	{Verb: cvd.VerbReached, Event: cvd.EventReached, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: cvd.VerbTrustKey, Event: cvd.EventKeyTrusted, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"seq", "note"}, Needs: []string{"seq"}},
	{Verb: cvd.VerbReissue, Event: cvd.EventReissued, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"reason"}, Needs: []string{"reason"}},
	{Verb: cvd.VerbRedact, Event: cvd.EventRedacted, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"seq", "reason"}, Needs: []string{"seq", "reason"}},
	{Verb: cvd.VerbForget, Event: cvd.EventForgotten, Walk: stay(append(open, cvd.RMClosed)...), Tell: cvd.TellReporter, Takes: []string{"reason"}, Needs: []string{"reason"}},
	{Verb: cvd.VerbErase, Event: cvd.EventErased, Walk: stay(cvd.RMClosed), Tell: cvd.TellNobody, Takes: []string{"reason"}, Needs: []string{"reason"}},
}

// SpecOf returns the verb's row, or nil.
func SpecOf(v cvd.Verb) *Spec {
	for i := range Specs {
		if Specs[i].Verb == v {
			return &Specs[i]
		}
	}
	return nil
}
