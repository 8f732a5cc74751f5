// Package policy holds the disclosure policy as data: its parts, how a file of
// it is read and checked, what two versions differ in, and how the same data
// reads as a page, as Markdown and as security.txt.
//
// It never keeps a version, never decides about a case and never looks at a
// clock: whoever renders hands in the instant.
package policy

import (
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
)

// Policy is one version of an organisation's disclosure policy. The program
// runs on it: every promise, clause, field and role that the product shows or
// keeps stands here and nowhere else.
type Policy struct {
	// Revision is the author's own label of this version, such as "1.0".
	Revision string `yaml:"revision" json:"revision"`
	// PublicURL is the https origin under which the site is reached; empty
	// means the address the server listens on.
	PublicURL string `yaml:"public_url,omitempty" json:"public_url,omitempty"`
	// SourceURL is where the policy's text can be discussed and changed.
	SourceURL string `yaml:"source_url,omitempty" json:"source_url,omitempty"`
	// TrackerURL is where ordinary, non-security bugs belong.
	TrackerURL string `yaml:"tracker_url,omitempty" json:"tracker_url,omitempty"`
	// Classification says who may read the policy; a published one is "public".
	Classification string `yaml:"classification" json:"classification"`
	// Languages are BCP 47 tags in order of preference; the policy's own texts are
	// in the first.
	Languages []string `yaml:"languages" json:"languages"`

	Organisation  Organisation  `yaml:"organisation" json:"organisation"`
	Contacts      []Contact     `yaml:"contacts" json:"contacts"`
	Programs      []Program     `yaml:"programs" json:"programs"`
	Sections      []Clause      `yaml:"sections" json:"sections"`
	Scope         Scope         `yaml:"scope" json:"scope"`
	Guidelines    []Clause      `yaml:"guidelines" json:"guidelines"`
	SafeHarbour   SafeHarbour   `yaml:"safe_harbour" json:"safe_harbour"`
	Rewards       Rewards       `yaml:"rewards" json:"rewards"`
	Disclosure    Disclosure    `yaml:"disclosure" json:"disclosure"`
	CVE           CVE           `yaml:"cve" json:"cve"`
	Advisories    Advisories    `yaml:"advisories,omitempty" json:"advisories,omitzero"`
	Privacy       Privacy       `yaml:"privacy" json:"privacy"`
	Legal         []Clause      `yaml:"legal,omitempty" json:"legal,omitempty"`
	Information   []Field       `yaml:"information" json:"information"`
	Evidence      []Clause      `yaml:"evidence" json:"evidence"`
	Promises      Promises      `yaml:"promises" json:"promises"`
	Calendar      WorkCalendar  `yaml:"calendar" json:"calendar"`
	Severity      Severity      `yaml:"severity" json:"severity"`
	Emergency     Emergency     `yaml:"emergency" json:"emergency"`
	Team          Team          `yaml:"team" json:"team"`
	SecondPerson  SecondPerson  `yaml:"second_person" json:"second_person"`
	Checklist     []Clause      `yaml:"checklist" json:"checklist"`
	Review        Review        `yaml:"review" json:"review"`
	Revisions     []Revision    `yaml:"revisions" json:"revisions"`
	Retention     Retention     `yaml:"retention" json:"retention"`
	Intake        Intake        `yaml:"intake" json:"intake"`
	Feedback      Feedback      `yaml:"feedback" json:"feedback"`
	CannedReplies []CannedReply `yaml:"canned_replies" json:"canned_replies"`

	// Translations are the texts above in other languages, by BCP 47 tag.
	Translations map[string]Texts `yaml:"translations,omitempty" json:"translations,omitempty"`
	// Spoken is set by In.
	Spoken Spoken `yaml:"-" json:"-"`
}

// Organisation is who publishes the policy.
type Organisation struct {
	Name    string `yaml:"name" json:"name"`
	URL     string `yaml:"url,omitempty" json:"url,omitempty"`
	Country string `yaml:"country,omitempty" json:"country,omitempty"` // ISO 3166-1 alpha-2
	Accent  string `yaml:"accent,omitempty" json:"accent,omitempty"`   // #rrggbb; the site checks its contrast
	Logo    string `yaml:"logo,omitempty" json:"logo,omitempty"`       // a data URI; see package logo
}

// Contact is one published way to reach the team, in order of preference
// (RFC 9116, section 2.5.3).
type Contact struct {
	URI        string `yaml:"uri" json:"uri"` // mailto:, tel: or https:
	Note       string `yaml:"note,omitempty" json:"note,omitempty"`
	Urgent     bool   `yaml:"urgent,omitempty" json:"urgent,omitempty"`         // the channel for "contact us at once"
	Encryption string `yaml:"encryption,omitempty" json:"encryption,omitempty"` // https:, dns: or openpgp4fpr: link to a key
}

// Program is a set of products under one case-id prefix.
type Program struct {
	ID       string    `yaml:"id" json:"id"`
	Name     string    `yaml:"name" json:"name"`
	Prefix   string    `yaml:"prefix" json:"prefix"` // two to six capital letters, the head of its case ids
	About    string    `yaml:"about,omitempty" json:"about,omitempty"`
	Mail     string    `yaml:"mail,omitempty" json:"mail,omitempty"` // address at which reports about its products arrive
	Products []Product `yaml:"products" json:"products"`
}

// Product is something a report can be about.
type Product struct {
	Name     string   `yaml:"name" json:"name"`
	Versions []string `yaml:"versions,omitempty" json:"versions,omitempty"`
	PURL     string   `yaml:"purl,omitempty" json:"purl,omitempty"`
	Note     string   `yaml:"note,omitempty" json:"note,omitempty"`
}

// Clause is a numbered statement that can be cited: in the form, in a ruling,
// in a reply. Its ID never changes its meaning between versions.
type Clause struct {
	ID    string `yaml:"id" json:"id"`
	Title string `yaml:"title" json:"title"`
	Text  string `yaml:"text,omitempty" json:"text,omitempty"`
	// Urgent clauses ask for immediate contact and are shown with that channel.
	Urgent bool `yaml:"urgent,omitempty" json:"urgent,omitempty"`
	// Field is the form field the clause belongs beside, if any.
	Field string `yaml:"field,omitempty" json:"field,omitempty"`
	// Optional marks a step of the checklist that may be left out.
	Optional bool `yaml:"optional,omitempty" json:"optional,omitempty"`
}

// Scope says what may be reported and what a report about it will be told.
type Scope struct {
	In         []Clause `yaml:"in" json:"in"`
	Out        []Clause `yaml:"out" json:"out"`
	ThirdParty Clause   `yaml:"third_party" json:"third_party"`
	// NonIssues are behaviours that look like vulnerabilities and were ruled
	// not to be; shown before submission, cited in the answer, appealable once.
	NonIssues []Clause `yaml:"known_non_issues" json:"known_non_issues"`
}

// SafeHarbour holds the organisation's undertakings towards good-faith finders.
type SafeHarbour struct {
	NoLegalAction    bool   `yaml:"no_legal_action" json:"no_legal_action"`
	NoLawEnforcement bool   `yaml:"no_law_enforcement" json:"no_law_enforcement"`
	Text             string `yaml:"text,omitempty" json:"text,omitempty"`
	Reservation      string `yaml:"reservation,omitempty" json:"reservation,omitempty"` // what is reserved on noncompliance
	Clause           string `yaml:"clause,omitempty" json:"clause,omitempty"`           // id under which the text is cited
}

// Rewards is the stance on money and on names.
type Rewards struct {
	Bounty      bool   `yaml:"bounty" json:"bounty"`
	Recognition string `yaml:"recognition" json:"recognition"` // none, cve-credit, page
	Text        string `yaml:"text,omitempty" json:"text,omitempty"`
	Clause      string `yaml:"clause" json:"clause"` // id that a reply to "do you pay?" cites
}

// Disclosure is the stance on publication.
type Disclosure struct {
	By   string `yaml:"by" json:"by"` // vendor-discretion, coordinated
	Text string `yaml:"text,omitempty" json:"text,omitempty"`
	// DefaultEmbargo counts as the organisation's own first proposal; zero
	// means none.
	DefaultEmbargo calendar.Amount `yaml:"default_embargo,omitempty" json:"default_embargo,omitzero"`
	Clause         string          `yaml:"clause,omitempty" json:"clause,omitempty"` // id under which the text is cited
}

// CVE is the stance on CVE identifiers.
type CVE struct {
	InitiatedBy string `yaml:"initiated_by" json:"initiated_by"` // vendor, reporter, either
	CNA         string `yaml:"cna,omitempty" json:"cna,omitempty"`
	AfterFix    bool   `yaml:"after_fix" json:"after_fix"` // publication waits for a remediation
	Text        string `yaml:"text,omitempty" json:"text,omitempty"`
	Clause      string `yaml:"clause,omitempty" json:"clause,omitempty"` // id under which the text is cited
}

// Advisories is how the organisation's advisories are named, who may read them,
// and how their release is timed.
type Advisories struct {
	// Prefix is the head of their ids, two to eight capital letters; left out, it
	// is the first program's prefix and SA.
	Prefix string `yaml:"prefix,omitempty" json:"prefix,omitempty"`
	// OSVPrefix stands before those ids in OSV records, for who has no prefix of
	// their own registered there (OSV schema, id).
	OSVPrefix string `yaml:"osv_prefix,omitempty" json:"osv_prefix"`
	// Namespace is an address of the organisation's own that tells its documents
	// from those of others (CSAF 2.0, 3.2.1.8.4); left out, organisation.url.
	Namespace string  `yaml:"namespace,omitempty" json:"namespace,omitempty"`
	TLP       cvd.TLP `yaml:"tlp,omitempty" json:"tlp,omitempty"` // what a new draft is marked with
	// UnpublishedAfter is from a fix to the alarm that nothing was published of
	// it; zero means that there is no such alarm.
	UnpublishedAfter calendar.Amount `yaml:"unpublished_after,omitempty" json:"unpublished_after,omitzero"`
	// HeadsUp is how long before a release its reporter is told of it again; zero
	// means that the word at scheduling is the only one.
	HeadsUp calendar.Amount `yaml:"heads_up,omitempty" json:"heads_up,omitzero"`
}

// Privacy is the notice on the form and the lane for exposed personal data.
type Privacy struct {
	Controller string `yaml:"controller" json:"controller"`
	Contact    string `yaml:"contact,omitempty" json:"contact,omitempty"`
	Notice     string `yaml:"notice" json:"notice"`
	// BreachRegimes names the reporting regimes that apply when personal data
	// was seen, such as "GDPR Art. 33" or "PIPEDA".
	BreachRegimes []string `yaml:"breach_regimes" json:"breach_regimes"`
}

// Field is one item of information requested, in the order of the form.
type Field struct {
	// Name is a member of the report as cvd.Report names it in the API.
	Name     string `yaml:"name" json:"name"`
	Label    string `yaml:"label" json:"label"`
	Help     string `yaml:"help,omitempty" json:"help,omitempty"`
	Required bool   `yaml:"required,omitempty" json:"required,omitempty"`
}

// Promises are what a reporter is told at receipt and later.
type Promises struct {
	Acknowledge      Promise                    `yaml:"acknowledge" json:"acknowledge"`
	FollowUp         *Promise                   `yaml:"follow_up,omitempty" json:"follow_up,omitempty"`
	Verify           *Promise                   `yaml:"verify,omitempty" json:"verify,omitempty"`
	Update           *Promise                   `yaml:"update,omitempty" json:"update,omitempty"`
	NeedsInformation Promise                    `yaml:"needs_information" json:"needs_information"` // the reporter's clock
	Fix              map[cvd.Band]Promise       `yaml:"fix,omitempty" json:"fix,omitempty"`         // from acceptance
	Disclose         *Promise                   `yaml:"disclose,omitempty" json:"disclose,omitempty"`
	Escalation       []Escalation               `yaml:"escalation" json:"escalation"`
	WarnBefore       map[string]calendar.Amount `yaml:"warn_before,omitempty" json:"warn_before,omitempty"` // by promise kind
}

// Promise is one undertaking with its amount of time.
type Promise struct {
	Within calendar.Amount `yaml:"within" json:"within"`
	// Target marks what is aimed for: it warns, and is never called a broken promise.
	Target bool   `yaml:"target,omitempty" json:"target,omitempty"`
	Text   string `yaml:"text,omitempty" json:"text,omitempty"`
}

// Escalation names whom the team's own alarm reaches when a promise broke.
type Escalation struct {
	After calendar.Amount `yaml:"after" json:"after"` // counted from the breach; zero is at once
	To    string          `yaml:"to" json:"to"`       // on-duty, other, team, lead, officers
}

// WorkCalendar is the organisation's business time.
type WorkCalendar struct {
	Zone     string              `yaml:"zone" json:"zone"`   // IANA name
	Hours    map[string][]string `yaml:"hours" json:"hours"` // monday: ["09:00-12:00", "13:00-17:00"]
	Holidays Holidays            `yaml:"holidays" json:"holidays"`
	Closures []Closure           `yaml:"closures,omitempty" json:"closures,omitempty"`
}

// Holidays are a region's public ones, corrected by hand.
type Holidays struct {
	Region string `yaml:"region,omitempty" json:"region,omitempty"`
	Add    []Day  `yaml:"add,omitempty" json:"add,omitempty"`
	Remove []Day  `yaml:"remove,omitempty" json:"remove,omitempty"`
}

// Day is a named date, YYYY-MM-DD.
type Day struct {
	Date string `yaml:"date" json:"date"`
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
}

// Closure is a span of days, both inclusive, on which nobody works.
type Closure struct {
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
	Name string `yaml:"name" json:"name"`
}

// Severity is how it is rated.
type Severity struct {
	Method string `yaml:"method" json:"method"` // cvss-3.1, cvss-4.0
	Text   string `yaml:"text,omitempty" json:"text,omitempty"`
}

// Emergency is the lane in which the team acts first and reports after.
type Emergency struct {
	At                cvd.Band        `yaml:"at" json:"at"`               // opens by severity at or above
	ReportTo          []string        `yaml:"report_to" json:"report_to"` // roles or groups that get the after-action report
	AfterActionWithin calendar.Amount `yaml:"after_action_within" json:"after_action_within"`
	Text              string          `yaml:"text,omitempty" json:"text,omitempty"`
}

// Team is who answers.
type Team struct {
	Minimum       int      `yaml:"minimum" json:"minimum"` // fewer active members raise an alarm
	Qualification string   `yaml:"qualification,omitempty" json:"qualification,omitempty"`
	Duty          string   `yaml:"duty" json:"duty"` // all (every working day, each), weekly (in turn)
	Prioritise    string   `yaml:"prioritise,omitempty" json:"prioritise,omitempty"`
	Roles         []Clause `yaml:"roles" json:"roles"`
}

// SecondPerson names the rulings that need another member's confirmation.
type SecondPerson struct {
	Invalidate    bool `yaml:"invalidate" json:"invalidate"`
	OutOfScope    bool `yaml:"out_of_scope" json:"out_of_scope"`
	Publish       bool `yaml:"publish" json:"publish"`
	Noncompliance bool `yaml:"noncompliance" json:"noncompliance"`
}

// Review is the policy's own deadline and the signatures it demands.
type Review struct {
	EveryMonths int       `yaml:"every_months" json:"every_months"`
	WarnDays    int       `yaml:"warn_days" json:"warn_days"`
	SignOffs    []SignOff `yaml:"sign_offs" json:"sign_offs"`
}

// SignOff is one signature that a version needs before it takes effect.
type SignOff struct {
	Office string `yaml:"office" json:"office"` // the officer's title, as members hold it
	Act    string `yaml:"act" json:"act"`       // reviewed, approved
}

// Revision is a line of the history that is older than this system, or that
// its author declared; shown as declared.
type Revision struct {
	Revision   string   `yaml:"revision" json:"revision"`
	Date       string   `yaml:"date" json:"date"`
	Changes    string   `yaml:"changes" json:"changes"`
	ReviewedBy []string `yaml:"reviewed_by,omitempty" json:"reviewed_by,omitempty"`
	ApprovedBy []string `yaml:"approved_by,omitempty" json:"approved_by,omitempty"`
}

// Retention is how long closed matter is kept.
type Retention struct {
	ClosedCasesMonths int    `yaml:"closed_cases_months" json:"closed_cases_months"` // 0 keeps them
	Text              string `yaml:"text,omitempty" json:"text,omitempty"`
}

// Intake is what the doors accept.
type Intake struct {
	// Paused announces a pause: reports are still kept, and told so.
	Paused           string `yaml:"paused,omitempty" json:"paused,omitempty"`
	AttachmentMiB    int    `yaml:"attachment_mib" json:"attachment_mib"`         // of one file
	AttachmentsTotal int    `yaml:"attachments_total" json:"attachments_total"`   // files of one case
	ProofOfWork      bool   `yaml:"proof_of_work,omitempty" json:"proof_of_work"` // never asked of the API
}

// Feedback is the door for suggestions about the policy itself.
type Feedback struct {
	Text string `yaml:"text,omitempty" json:"text,omitempty"`
}

// CannedReply is a text offered to members; {{clause}} names are resolved.
type CannedReply struct {
	ID     string `yaml:"id" json:"id"`
	Title  string `yaml:"title" json:"title"`
	Text   string `yaml:"text" json:"text"`
	Clause string `yaml:"clause,omitempty" json:"clause,omitempty"`
}

// Due is one promise as told to a reporter.
type Due struct {
	Kind   cvd.ClockKind `json:"kind"`
	Due    time.Time     `json:"due"`
	Basis  string        `json:"basis"`
	Target bool          `json:"target,omitempty"`
}
