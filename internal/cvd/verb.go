package cvd

import "time"

// Verb is something an actor does to a case.
type Verb string

// The verbs. Their names are the API's paths.
const (
	VerbReceive       Verb = "receive"
	VerbAcknowledge   Verb = "acknowledge"
	VerbAsk           Verb = "ask"
	VerbProvide       Verb = "provide"
	VerbValidate      Verb = "validate"
	VerbInvalidate    Verb = "invalidate"
	VerbAccept        Verb = "accept"
	VerbDefer         Verb = "defer"
	VerbSeverity      Verb = "severity"
	VerbClaim         Verb = "claim"
	VerbRelease       Verb = "release"
	VerbNote          Verb = "note"
	VerbMessage       Verb = "message"
	VerbAttach        Verb = "attach"
	VerbHandOn        Verb = "hand-on"
	VerbFixReady      Verb = "fix-ready"
	VerbFixDeployed   Verb = "fix-deployed"
	VerbPublic        Verb = "public"
	VerbExploitPublic Verb = "exploit-public"
	VerbAttacks       Verb = "attacks"
	VerbClose         Verb = "close"
	VerbReopen        Verb = "reopen"
	VerbSuccessor     Verb = "successor"
	VerbWithdraw      Verb = "withdraw"
	VerbAppeal        Verb = "appeal"
	VerbConfirm       Verb = "confirm"
	VerbRefuse        Verb = "refuse"
	VerbPostpone      Verb = "postpone"
	VerbEmergency     Verb = "emergency"
	VerbAct           Verb = "act"
	VerbAfterAction   Verb = "after-action"
	VerbPrivacy       Verb = "privacy"
	VerbNoncompliance Verb = "noncompliance"
	VerbInvite        Verb = "invite"
	VerbContact       Verb = "contact"
	VerbReissue       Verb = "reissue"
	VerbRedact        Verb = "redact"
	VerbForget        Verb = "forget"
	VerbErase         Verb = "erase"
	VerbRead          Verb = "read"          // not a change: looking at the case
	VerbRedactReport  Verb = "redact-report" // redact, of the report itself
	VerbFiles         Verb = "files"         // not a change: opening its files where personal data was seen
)

// EventType names what happened. Stored for ever: a new shape is a new version
// of the type, never a new meaning.
type EventType string

// The types of events.
const (
	EventReceived      EventType = "received"
	EventAcknowledged  EventType = "acknowledged"
	EventAsked         EventType = "information-requested"
	EventProvided      EventType = "information-provided"
	EventValidated     EventType = "validated"
	EventInvalidated   EventType = "invalidated"
	EventAccepted      EventType = "accepted"
	EventDeferred      EventType = "deferred"
	EventRated         EventType = "severity-set"
	EventClaimed       EventType = "claimed"
	EventReleased      EventType = "released"
	EventNoted         EventType = "noted"
	EventMessage       EventType = "message"
	EventAttached      EventType = "attached"
	EventHandedOn      EventType = "handed-on"
	EventFixReady      EventType = "fix-ready"
	EventFixDeployed   EventType = "fix-deployed"
	EventPublic        EventType = "public"
	EventExploitPublic EventType = "exploit-public"
	EventAttacks       EventType = "attacks-observed"
	EventClosed        EventType = "closed"
	EventReopened      EventType = "reopened"
	EventSucceeded     EventType = "succeeded"
	EventWithdrawn     EventType = "withdrawn"
	EventAppealed      EventType = "appealed"
	EventRuled         EventType = "ruling-proposed"
	EventConfirmed     EventType = "ruling-confirmed"
	EventRefused       EventType = "ruling-refused"
	EventPostponed     EventType = "postponed"
	EventEmergency     EventType = "emergency-opened"
	EventActed         EventType = "action-taken"
	EventAfterAction   EventType = "after-action-reported"
	EventPrivacy       EventType = "privacy-lane-opened"
	EventNoncompliance EventType = "noncompliance-recorded"
	EventInvited       EventType = "fixer-invited"
	EventContact       EventType = "contact-changed"
	EventReissued      EventType = "receipt-reissued"
	EventRedacted      EventType = "redacted"
	EventForgotten     EventType = "contact-forgotten"
	EventErased        EventType = "erased"

	// By the clock.
	EventWarned    EventType = "warned"        // the team: a promise falls due soon
	EventSlipped   EventType = "slipped"       // the reporter: it will be late, and the new date
	EventBreached  EventType = "breached"      // it is late
	EventEscalated EventType = "escalated"     // the next step of the chain
	EventRetires   EventType = "erasure-ahead" // the team: the policy keeps the closed case no longer
	EventProceeded EventType = "proceeded"     // the reporter stayed silent; our clocks go on
)

// Input is what an actor hands to a verb. Which members a verb takes is told by
// its Spec; those it does not take are refused.
type Input struct {
	Text    string    `json:"text,omitempty"`    // to the reporter
	Note    string    `json:"note,omitempty"`    // team only
	Reason  string    `json:"reason,omitempty"`  // recorded, and shown to the reporter with a ruling
	Silent  string    `json:"silent,omitempty"`  // tell the reporter nothing, for this reason
	Clauses []string  `json:"clauses,omitempty"` // ids in the pinned policy version
	Missing []string  `json:"missing,omitempty"` // what is asked for
	Vector  string    `json:"vector,omitempty"`  // CVSS
	To      string    `json:"to,omitempty"`      // whom it is handed to, or which member
	Outcome string    `json:"outcome,omitempty"` // how the case ended
	Clock   ClockKind `json:"clock,omitempty"`   // which promise moves
	Until   time.Time `json:"until,omitzero"`    // to when
	Seq     int64     `json:"seq,omitempty"`     // which event
	Contact *Contact  `json:"contact,omitempty"`
}

// Spec is one row of the table of verbs: from which states of the organisation's
// own Report Management it may be done, and which arrows it walks.
type Spec struct {
	Verb  Verb
	Event EventType
	// Walk gives the RM deeds by the state the verb starts from. A state that
	// is not named refuses the verb.
	Walk map[RM][]string
	// Facts are recorded in this order; a trailing one is left out when it
	// already holds.
	Facts []string
	// Leaves says that the reporter's own part ends.
	Leaves bool
	// Tell is who hears of it unless the input says otherwise.
	Tell Telling
	// Takes and Needs name members of Input.
	Takes, Needs []string
}

var open = []RM{RMReceived, RMInvalid, RMValid, RMDeferred, RMAccepted}

// stay walks no arrow from each of the states.
func stay(states ...RM) map[RM][]string {
	m := map[RM][]string{}
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
	{Verb: VerbReceive, Event: EventReceived, Walk: map[RM][]string{RMStart: {"receive"}}, Facts: []string{FactVendorAware}, Tell: TellReporter},
	{Verb: VerbAcknowledge, Event: EventAcknowledged, Walk: stay(open...), Tell: TellReporter, Takes: heard},
	{Verb: VerbAsk, Event: EventAsked, Walk: stay(open...), Tell: TellReporter, Takes: append([]string{"missing", "clauses"}, heard...)},
	{Verb: VerbProvide, Event: EventProvided, Walk: stay(open...), Tell: TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: VerbValidate, Event: EventValidated, Walk: map[RM][]string{RMReceived: {"validate"}, RMInvalid: {"validate"}}, Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbInvalidate, Event: EventInvalidated, Walk: map[RM][]string{RMReceived: {"invalidate"}}, Tell: TellReporter, Takes: append([]string{"reason", "clauses"}, told...), Needs: []string{"reason"}},
	{Verb: VerbAccept, Event: EventAccepted, Walk: map[RM][]string{RMValid: {"accept"}, RMDeferred: {"accept"}}, Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbDefer, Event: EventDeferred, Walk: map[RM][]string{RMValid: {"defer"}, RMAccepted: {"defer"}}, Tell: TellReporter, Takes: append([]string{"reason"}, told...), Needs: []string{"reason"}},
	{Verb: VerbSeverity, Event: EventRated, Walk: stay(open...), Tell: TellReporter, Takes: append([]string{"vector", "reason"}, told...), Needs: []string{"vector"}},
	{Verb: VerbClaim, Event: EventClaimed, Walk: stay(open...), Tell: TellTeam, Takes: []string{"to", "note"}},
	{Verb: VerbRelease, Event: EventReleased, Walk: stay(open...), Tell: TellTeam, Takes: []string{"note"}},
	{Verb: VerbNote, Event: EventNoted, Walk: stay(append(open, RMClosed)...), Tell: TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: VerbMessage, Event: EventMessage, Walk: stay(append(open, RMClosed)...), Tell: TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: VerbAttach, Event: EventAttached, Walk: stay(open...), Tell: TellReporter, Takes: []string{"text", "silent"}},
	{Verb: VerbHandOn, Event: EventHandedOn, Walk: map[RM][]string{RMReceived: {"invalidate", "close"}, RMInvalid: {"close"}, RMValid: {"defer", "close"}, RMAccepted: {"defer", "close"}, RMDeferred: {"close"}}, Tell: TellReporter, Takes: append([]string{"to", "reason", "clauses"}, told...), Needs: []string{"to", "reason"}},
	{Verb: VerbFixReady, Event: EventFixReady, Walk: stay(RMAccepted), Facts: []string{FactFixReady}, Tell: TellReporter, Takes: told},
	{Verb: VerbFixDeployed, Event: EventFixDeployed, Walk: stay(RMAccepted), Facts: []string{FactFixDeployed}, Tell: TellReporter, Takes: told},
	{Verb: VerbPublic, Event: EventPublic, Walk: stay(open...), Facts: []string{FactPublic}, Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbExploitPublic, Event: EventExploitPublic, Walk: stay(open...), Facts: []string{FactExploitPublic, FactPublic}, Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbAttacks, Event: EventAttacks, Walk: stay(open...), Facts: []string{FactAttacks}, Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbClose, Event: EventClosed, Walk: map[RM][]string{RMAccepted: {"close"}, RMDeferred: {"close"}, RMInvalid: {"close"}}, Tell: TellReporter, Takes: append([]string{"reason", "outcome"}, told...)},
	{Verb: VerbReopen, Event: EventReopened, Walk: map[RM][]string{RMInvalid: {"validate"}, RMDeferred: {"accept"}}, Tell: TellReporter, Takes: append([]string{"reason"}, told...), Needs: []string{"reason"}},
	{Verb: VerbSuccessor, Event: EventSucceeded, Walk: stay(RMClosed), Tell: TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: VerbWithdraw, Event: EventWithdrawn, Walk: map[RM][]string{RMReceived: {"invalidate", "close"}, RMInvalid: {"close"}, RMDeferred: {"close"}, RMValid: nil, RMAccepted: nil}, Leaves: true, Tell: TellReporter, Takes: []string{"reason"}},
	{Verb: VerbAppeal, Event: EventAppealed, Walk: stay(RMInvalid), Tell: TellReporter, Takes: []string{"text"}, Needs: []string{"text"}},
	{Verb: VerbConfirm, Event: EventConfirmed, Walk: stay(open...), Tell: TellTeam, Takes: []string{"note"}},
	{Verb: VerbRefuse, Event: EventRefused, Walk: stay(open...), Tell: TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: VerbPostpone, Event: EventPostponed, Walk: stay(open...), Tell: TellReporter, Takes: append([]string{"clock", "until", "reason"}, heard...), Needs: []string{"clock", "until", "reason"}},
	{Verb: VerbEmergency, Event: EventEmergency, Walk: stay(open...), Tell: TellTeam, Takes: []string{"reason", "note"}, Needs: []string{"reason"}},
	{Verb: VerbAct, Event: EventActed, Walk: stay(open...), Tell: TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: VerbAfterAction, Event: EventAfterAction, Walk: stay(append(open, RMClosed)...), Tell: TellTeam, Takes: []string{"note"}, Needs: []string{"note"}},
	{Verb: VerbPrivacy, Event: EventPrivacy, Walk: stay(open...), Tell: TellReporter, Takes: append([]string{"reason"}, told...)},
	{Verb: VerbNoncompliance, Event: EventNoncompliance, Walk: stay(open...), Tell: TellReporter, Takes: append([]string{"reason", "clauses"}, told...), Needs: []string{"reason", "clauses"}},
	{Verb: VerbInvite, Event: EventInvited, Walk: stay(open...), Tell: TellTeam, Takes: []string{"to", "note"}, Needs: []string{"to"}},
	{Verb: VerbContact, Event: EventContact, Walk: stay(append(open, RMClosed)...), Tell: TellReporter, Takes: []string{"contact"}, Needs: []string{"contact"}},
	{Verb: VerbReissue, Event: EventReissued, Walk: stay(append(open, RMClosed)...), Tell: TellReporter, Takes: []string{"reason"}, Needs: []string{"reason"}},
	{Verb: VerbRedact, Event: EventRedacted, Walk: stay(append(open, RMClosed)...), Tell: TellReporter, Takes: []string{"seq", "reason"}, Needs: []string{"seq", "reason"}},
	{Verb: VerbForget, Event: EventForgotten, Walk: stay(append(open, RMClosed)...), Tell: TellReporter, Takes: []string{"reason"}, Needs: []string{"reason"}},
	{Verb: VerbErase, Event: EventErased, Walk: stay(RMClosed), Tell: TellNobody, Takes: []string{"reason"}, Needs: []string{"reason"}},
}

// SpecOf returns the verb's row, or nil.
func SpecOf(v Verb) *Spec {
	for i := range Specs {
		if Specs[i].Verb == v {
			return &Specs[i]
		}
	}
	return nil
}
