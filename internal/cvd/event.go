package cvd

import (
	"strings"
	"time"
)

// ParticipantID names a participant within one case.
type ParticipantID string

// The participants that every case starts with.
const (
	Vendor   ParticipantID = "vendor" // the organisation whose policy runs here
	Reporter ParticipantID = "reporter"
)

// ParticipantRole is what a participant is in the case; one may be several.
type ParticipantRole string

// The roles of participants.
const (
	AsFinder      ParticipantRole = "finder"
	AsReporter    ParticipantRole = "reporter"
	AsVendor      ParticipantRole = "vendor"
	AsCoordinator ParticipantRole = "coordinator"
	AsDeployer    ParticipantRole = "deployer"
	AsObserver    ParticipantRole = "observer"
	AsFixer       ParticipantRole = "fixer" // a member named on this case
)

// Participant is somebody's part in a case.
type Participant struct {
	ID      ParticipantID     `json:"id"`
	Roles   []ParticipantRole `json:"roles"`
	RM      RM                `json:"rm"`
	Consent Consent           `json:"consent"`
	Member  string            `json:"member,omitempty"` // member id of a fixer
	// ContactBox is Contact, sealed under the participant's own key.
	ContactBox []byte   `json:"contact_box,omitempty"`
	Contact    *Contact `json:"-"`
}

// Arrow is one step of one machine, as it was taken.
type Arrow struct {
	Machine     Machine       `json:"machine"`
	Participant ParticipantID `json:"participant,omitempty"`
	From        string        `json:"from"`
	Do          string        `json:"do"`
	To          string        `json:"to"`
}

// LinkKind is how two cases belong together.
type LinkKind string

// The kinds of link.
const (
	LinkDuplicateOf LinkKind = "duplicate-of"
	LinkSuccessorOf LinkKind = "successor-of"
	LinkSucceededBy LinkKind = "succeeded-by"
	LinkSplitFrom   LinkKind = "split-from"
)

// Link names another case.
type Link struct {
	Kind LinkKind `json:"kind"`
	Case CaseID   `json:"case"`
}

// Flags are the open marks of a case.
type Flags struct {
	Emergency bool `json:"emergency,omitempty"` // the emergency lane is open
	Privacy   bool `json:"privacy,omitempty"`   // personal data was seen
	Unread    bool `json:"unread,omitempty"`    // the reporter said something, or a mail waits, and no member dealt with it since
	Internal  bool `json:"internal,omitempty"`  // no reporter: found by ourselves
	Appealed  bool `json:"appealed,omitempty"`  // the one appeal was used
	Appeal    bool `json:"appeal,omitempty"`    // it waits for its answer
	Imported  bool `json:"imported,omitempty"`  // out of an old mailbox
}

// Pending is a ruling that waits for a second member.
type Pending struct {
	Seq     int64  `json:"seq"` // the event that holds what was ruled
	Verb    Verb   `json:"verb"`
	By      string `json:"by"`                // actor reference
	Through string `json:"through,omitempty"` // their Actor.Through, who confirms it no more than they do
}

// Telling says whether an event reaches the reporter.
type Telling string

// The ways of telling.
const (
	TellReporter Telling = "reporter" // shown in the thread, with a notice if they can be reached
	TellTeam     Telling = "team"     // the team's own matter; moves nothing the reporter was told
	TellNobody   Telling = "nobody"   // moves something, and the body holds the reason for silence
)

// Head is the open part of an event: enough to move the machines, and no word
// from or about a vulnerability. It is stored verbatim.
type Head struct {
	Case  CaseID    `json:"case"`
	Seq   int64     `json:"seq"` // 1 for the first event of the case
	Type  EventType `json:"type"`
	V     int       `json:"v"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Human bool      `json:"human,omitempty"`
	Hands []string  `json:"hands,omitempty"` // who else had one in it: who proposed it, and whom these came Through
	Tell  Telling   `json:"tell"`

	Arrows []Arrow `json:"arrows,omitempty"`
	// Clocks holds each clock that the event touched, as it stands after it.
	Clocks []Clock `json:"clocks,omitempty"`
	// Joined holds participants that the event brought in, without contact.
	Joined []Participant `json:"joined,omitempty"`

	Program  string        `json:"program,omitempty"` // first event only
	Policy   int           `json:"policy,omitempty"`  // first event only: the version pinned
	Created  time.Time     `json:"created,omitzero"`  // first event only: the instant of receipt
	Assignee *string       `json:"assignee,omitempty"`
	Entrusts bool          `json:"entrusts,omitempty"` // with Assignee: by somebody who may open files with personal data
	Band     *Band         `json:"band,omitempty"`
	Flags    *Flags        `json:"flags,omitempty"`
	Link     *Link         `json:"link,omitempty"`
	Pending  *Pending      `json:"pending,omitempty"` // a zero Seq clears it
	Redacts  int64         `json:"redacts,omitempty"` // the event whose body key was dropped
	Forgets  ParticipantID `json:"forgets,omitempty"` // the participant whose contact key was dropped
	Mail     int64         `json:"mail,omitempty"`    // the event of the held mail that it settles
	Release  *Release      `json:"release,omitempty"` // as it stands after the event, if that changed it
}

// ByMember tells whether a person of the team acted: not the reporter, not a
// machine, not the clock.
func (h *Head) ByMember() bool {
	return h.Human && strings.HasPrefix(h.Actor, string(ActorMember)+"/")
}

// Body is the sealed part of an event. Which members an event type uses is told
// in docs/formats.md.
type Body struct {
	Report  *Report     `json:"report,omitempty"`
	Text    string      `json:"text,omitempty"`    // to the reporter
	Note    string      `json:"note,omitempty"`    // the team's own words
	Reason  string      `json:"reason,omitempty"`  // why; shown to the reporter with a ruling
	Silence string      `json:"silence,omitempty"` // why the reporter was told nothing
	Clauses []string    `json:"clauses,omitempty"` // ids in the pinned policy version
	Missing []string    `json:"missing,omitempty"` // what was asked for
	Changed []string    `json:"changed,omitempty"` // members of the contact that are other than before
	To      string      `json:"to,omitempty"`      // who a report was handed to
	Score   *Score      `json:"score,omitempty"`
	File    *Attachment `json:"file,omitempty"`
	Clock   ClockKind   `json:"clock,omitempty"`
	Until   time.Time   `json:"until,omitzero"`    // the date a promise was moved to
	Channel string      `json:"channel,omitempty"` // web, api, mail, phone, in person, internal
	Outcome string      `json:"outcome,omitempty"` // how the case ended
	Input   *Input      `json:"input,omitempty"`   // what a pending ruling will do
	// Advisory is the whole record of a draft.
	Advisory *Advisory `json:"advisory,omitempty"`
	Others   bool      `json:"others,omitempty"` // a draft names other people than the reporter
	CVE      string    `json:"cve,omitempty"`    // the id that the event speaks of
	CVEs     []CVE     `json:"cves,omitempty"`   // all of the case, as they stand after it
	// Files came with a mail that waits for a member's nod.
	Files []Attachment `json:"files,omitempty"`
	With  int64        `json:"with,omitempty"` // the event of the mail that the file came with, or whose letter came back
	// Author is who wrote imported words: one of the Authors.
	Author string `json:"author,omitempty"`
	Key    string `json:"key,omitempty"` // an OpenPGP key, armored
	// MailBox is Mail, how the words came by e-mail, sealed under the key of the
	// case's mails. Mail is nil once that key is gone.
	MailBox []byte `json:"mail_box,omitempty"`
	Mail    *Mail  `json:"-"`
	// ContactBox is the reporter's contact, sealed under their own key.
	ContactBox []byte   `json:"contact_box,omitempty"`
	Contact    *Contact `json:"-"`
}

// Score is a severity as somebody rated it, with what it was rated from.
type Score struct {
	Vector  string  `json:"vector"`
	Version string  `json:"version"` // 3.1, 4.0
	Score   float64 `json:"score"`
	Band    Band    `json:"band"`
}

// Attachment is a file of the case. Blob is a generated name; Name is what the
// sender called it and is never used as a path.
type Attachment struct {
	Blob   string `json:"blob"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Key    []byte `json:"key"` // the blob's own key, wrapped under the case's
}

// Event is one thing that happened to a case. Body is nil when its key is gone:
// then it reads "erased".
type Event struct {
	Head
	Body *Body
}

// Erased tells whether the event's words are gone.
func (e *Event) Erased() bool { return e.Body == nil }

// EffectKind says who carries an effect.
type EffectKind string

// The kinds of effect.
const (
	EffectNotifyReporter EffectKind = "notify-reporter"
	EffectNotifyTeam     EffectKind = "notify-team"
	EffectNotifyParty    EffectKind = "notify-party"
	EffectCVERecord      EffectKind = "cve-record"  // the record of a CVE id is to say what we say
	EffectCVEReserve     EffectKind = "cve-reserve" // a CVE id was asked for
	EffectSortMail       EffectKind = "sort-mail"   // a mail is in; To is its lane, Template its id in the inbox
)

// Effect is something the world must be told because of an event. It is a
// reference: the words are made when it is carried.
type Effect struct {
	Key      string     `json:"key"` // unique: enqueuing it twice is once
	Kind     EffectKind `json:"kind"`
	Case     CaseID     `json:"case"`
	Seq      int64      `json:"seq"`
	To       string     `json:"to"`       // participant id, member id, CVE id, or a group: on-duty, other, team, lead, officers
	Template string     `json:"template"` // the notice's name in the message catalogue
	At       time.Time  `json:"at"`       // not before
}
