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
	VerbUphold        Verb = "uphold"
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
	VerbOfferCheck    Verb = "offer-check"
	VerbCheckResult   Verb = "check-result"
	VerbCVE           Verb = "cve"
	VerbAdvise        Verb = "advise"
	VerbSchedule      Verb = "schedule"
	VerbUnschedule    Verb = "unschedule"
	VerbPublish       Verb = "publish"
	VerbRetract       Verb = "retract"
	VerbNoAdvisory    Verb = "no-advisory"
	VerbNameParty     Verb = "name-party"
	VerbDropParty     Verb = "drop-party"
	VerbReissue       Verb = "reissue"
	VerbRedact        Verb = "redact"
	VerbForget        Verb = "forget"
	VerbErase         Verb = "erase"
	VerbAdmit         Verb = "admit"
	VerbDismiss       Verb = "dismiss"
	VerbReached       Verb = "reached"
	VerbTrustKey      Verb = "trust-key"
	VerbHoldMail      Verb = "hold-mail"     // the house's own
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
	EventUpheld        EventType = "appeal-answered"
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
	EventPartyNamed    EventType = "party-named"
	EventPartyDropped  EventType = "party-dropped"
	EventContact       EventType = "contact-changed"
	EventCheckOffered  EventType = "fix-check-offered"
	EventChecked       EventType = "fix-checked"
	EventCVE           EventType = "cve-recorded"
	EventDrafted       EventType = "advisory-drafted"
	EventScheduled     EventType = "release-scheduled"
	EventUnscheduled   EventType = "release-unscheduled"
	EventPublished     EventType = "advisory-released"
	EventRetracted     EventType = "advisory-withdrawn"
	EventNoAdvisory    EventType = "advisory-declined"
	EventReissued      EventType = "receipt-reissued"
	EventRedacted      EventType = "redacted"
	EventForgotten     EventType = "contact-forgotten"
	EventErased        EventType = "erased"

	EventMailAdmitted  EventType = "mail-admitted"
	EventMailDismissed EventType = "mail-dismissed"
	EventReached       EventType = "reporter-reached"
	EventKeyTrusted    EventType = "key-trusted"

	// By the house, of mail.
	EventMailHeld    EventType = "mail-held"       // a mail waits for a member's nod
	EventImported    EventType = "imported"        // a message of an old mailbox
	EventUndelivered EventType = "undelivered"     // a letter to the reporter came back
	EventKeyLearned  EventType = "key-learned"     // the reporter's key, from their first mail with one
	EventKeyOffered  EventType = "key-offered"     // another key than the one on record
	EventCodeUsed    EventType = "receipt-claimed" // a claim code was used

	// By the clock.
	EventWarned    EventType = "warned"        // the team: a promise falls due soon
	EventSlipped   EventType = "slipped"       // the reporter: it will be late, and the new date
	EventBreached  EventType = "breached"      // it is late
	EventEscalated EventType = "escalated"     // the next step of the chain
	EventRetires   EventType = "erasure-ahead" // the team: the policy keeps the closed case no longer
	EventProceeded EventType = "proceeded"     // the reporter stayed silent; our clocks go on
	EventHeadsUp   EventType = "release-ahead" // the reporter: a release is near
	EventHeld      EventType = "release-held"  // the instant came, and a gate was shut
)

// Input is what an actor hands to a verb. Which members a verb takes is told by
// its row in rule.Specs; those it does not take are refused.
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
	// Advisory is a draft as it is to stand, whole; its id and what only a release
	// sets are not taken from it.
	Advisory *Advisory `json:"advisory,omitempty"`
	// Others says of a draft that whom it names are other people than a reporter who
	// is not to be named.
	Others bool   `json:"others,omitempty"`
	CVE    string `json:"cve,omitempty"` // a CVE id
	// Mail says of a reporter's words how they came; doors for people never set it.
	Mail *Mail `json:"-"`
}
