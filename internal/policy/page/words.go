package page

// catalogue holds every sentence of the renders that is ours and not the
// policy's. A translation is another value of it. Verbs (%s) take values that
// are already escaped.
type catalogue struct {
	Title, Draft, VersionLine, RevisionLine, Classified, ReviewDue, ReviewOverdue string

	About, Reach, ReachForm, ReachTracker, ReachLanguages, ReachUrgent, ReachKey, Paused string

	Who, WhoMember, WhoMembers, WhoDutyAll, WhoDutyWeekly, WhoRoles string

	When, WhenIntro, WhenHours, WhenHolidays, WhenHolidaysRegion, WhenClosures, WhenPlain, WhenLate, WhenSteps, WhenOptional string
	StepReceipt, StepAcknowledge, StepFollowUp, StepVerify, StepUpdate, StepNeedsInfo, StepFix, StepDisclose                 string
	AtOnce, FromReceipt, FromAcceptance, FromLast, FromQuestion, IsPromise, IsTarget, IsHouse, ColStep, ColTime, ColWeight   string
	Emergency, EmergencyLane, EmergencyAfter, Severity, SeverityMethod                                                       string

	Scope, ScopeProducts, ProgramMail, ScopeIn, ScopeOut, ScopeThird, NonIssues, NonIssuesIntro string

	Guidelines, GuidelinesIntro, Urgent string

	SafeHarbour, HarbourLegal, HarbourPolice, HarbourNone string

	Rewards, RewardsBounty, RewardsNoBounty, RecognitionNone, RecognitionCVE, RecognitionPage string

	Publication, PublicationVendor, PublicationJoint, PublicationEmbargo, PublicationNoEmbargo string
	Advisories, AdvisoriesHeadsUp, AdvisoriesAlarm                                             string
	CVE, CVEVendor, CVEReporter, CVEEither, CVECNA, CVEAfterFix                                string

	Tell, TellIntro, TellRequired, Evidence, EvidenceIntro string

	Privacy, PrivacyController, PrivacyContact, PrivacyBreach, KeptFor, KeptOpen string

	Legal string

	Review, ReviewEvery, ReviewSigned, ReviewHistory, ReviewDeclared, ReviewNone, SignReviewed, SignApproved string
	ColRevision, ColDate, ColChanges, ColReviewed, ColApproved, ColOrigin, OriginVersion, OriginDeclared     string
	Suggest, SuggestIntro, SuggestSource                                                                     string

	Cite string
}

var english = catalogue{
	Title:         "How to report a vulnerability to %s",
	Draft:         "This is a draft. It has not taken effect.",
	VersionLine:   "Version %d, in effect since %s.",
	RevisionLine:  "Revision %s.",
	Classified:    "Classification: %s.",
	ReviewDue:     "The next review is due on %s.",
	ReviewOverdue: "The review of this policy was due on %s and is overdue. The policy stays in effect meanwhile.",

	About:          "About this policy",
	Reach:          "How to reach us",
	ReachForm:      "The [report form](<%s>) needs no account and gives you a receipt, with which you can follow your report and talk to us in private.",
	ReachTracker:   "Is it an ordinary bug, without a bearing on security? Then the [public issue tracker](<%s>) is the better place.",
	ReachLanguages: "We read: %s.",
	ReachUrgent:    "for what cannot wait",
	ReachKey:       "key: %s",
	Paused:         "The team is pausing. Reports are taken and kept all the same.",

	Who:           "Who reads your report",
	WhoMember:     "At least one person reads what arrives.",
	WhoMembers:    "At least %s people read what arrives.",
	WhoDutyAll:    "Every member watches for new reports on every working day.",
	WhoDutyWeekly: "The members take turns, a week each, to watch for new reports.",
	WhoRoles:      "Roles",

	When:               "What happens, and how soon",
	WhenIntro:          "We hold ourselves to these times. A *promise* that we break is recorded as broken. A *target* is what we aim for.",
	WhenHours:          "Working hours: %s.",
	WhenHolidays:       "Public holidays are not working days.",
	WhenHolidaysRegion: "Public holidays (%s) are not working days.",
	WhenClosures:       "We are closed from %s to %s (%s).",
	WhenPlain:          "Hours and days without the word \"business\" run on through nights, weekends and holidays.",
	WhenLate:           "If we cannot keep a date, we tell you before it passes, with the reason and a new date.",
	WhenSteps:          "The steps of a case",
	WhenOptional:       "(where it helps)",
	StepReceipt:        "Your report is stored, and you get a receipt",
	StepAcknowledge:    "A person confirms that your report was read",
	StepFollowUp:       "A person follows up in detail",
	StepVerify:         "We find out whether the report holds",
	StepUpdate:         "You hear from us again, at the latest",
	StepNeedsInfo:      "If we ask you something: your time to answer, before we go on without",
	StepFix:            "A fix, severity %s",
	StepDisclose:       "The vulnerability is published",
	AtOnce:             "at once",
	FromReceipt:        "%s from receipt",
	FromAcceptance:     "%s from acceptance",
	FromLast:           "%s after our last message",
	FromQuestion:       "%s from the question",
	IsPromise:          "promise",
	IsTarget:           "target",
	IsHouse:            "target of the house",
	ColStep:            "What",
	ColTime:            "How soon",
	ColWeight:          "Promise or target",
	Emergency:          "When it is severe",
	EmergencyLane:      "From severity %s on, the team acts first and asks afterwards.",
	EmergencyAfter:     "Its report on what was done goes to %s within %s.",
	Severity:           "How we rate severity",
	SeverityMethod:     "We rate by %s.",

	Scope:          "What you may test and report",
	ScopeProducts:  "Products",
	ProgramMail:    "Reports about these also reach us at %s.",
	ScopeIn:        "In scope",
	ScopeOut:       "Out of scope",
	ScopeThird:     "Components of others",
	NonIssues:      "Known, and not an issue",
	NonIssuesIntro: "We have looked at these before. If you think that we are wrong, say so: each ruling can be appealed once.",

	Guidelines:      "What we ask of you",
	GuidelinesIntro: "Please keep to these when you look for weaknesses and when you report them.",
	Urgent:          "This cannot wait: use %s.",

	SafeHarbour:   "What you can rely on",
	HarbourLegal:  "We will not take legal action against anybody who looks for weaknesses and reports them in good faith.",
	HarbourPolice: "We will not report such a person to law enforcement.",
	HarbourNone:   "This policy gives no undertaking about legal action.",

	Rewards:         "Rewards and thanks",
	RewardsBounty:   "We pay for reports.",
	RewardsNoBounty: "We do not pay for reports.",
	RecognitionNone: "We do not name finders in public.",
	RecognitionCVE:  "If a CVE record or an advisory is published, you decide whether it names you, and how.",
	RecognitionPage: "We name you in advisories and on our page of thanks if you wish it, in the way you wish it.",

	Publication:          "Publication",
	PublicationVendor:    "We decide when a vulnerability is published.",
	PublicationJoint:     "We agree on the date of publication with you.",
	PublicationEmbargo:   "Unless we agree otherwise, we propose to keep the matter private for %s.",
	PublicationNoEmbargo: "We propose no embargo of our own. If you plan to publish on a date, tell us: we show your plan beside ours.",
	Advisories:           "We publish [advisories](<%s>), for people and for machines.",
	AdvisoriesHeadsUp:    "Whoever reported the matter hears the date when it is set, and again %s ahead.",
	AdvisoriesAlarm:      "If a fix has been ready for %s and nothing was published of it, that alarms us.",
	CVE:                  "CVE identifiers",
	CVEVendor:            "We ask for the CVE identifier ourselves.",
	CVEReporter:          "Please ask for the CVE identifier yourself.",
	CVEEither:            "Either of us may ask for the CVE identifier; tell us before you do.",
	CVECNA:               "It is assigned by %s.",
	CVEAfterFix:          "The record is published once there is a remedy.",

	Tell:          "What to tell us",
	TellIntro:     "Send what you have. Only what is marked as required is needed; the rest makes us faster.",
	TellRequired:  "required",
	Evidence:      "What helps us to verify it",
	EvidenceIntro: "A report without these is not turned away; we ask you for what is missing.",

	Privacy:           "Your personal data",
	PrivacyController: "Responsible: %s.",
	PrivacyContact:    "Questions about it: %s.",
	PrivacyBreach:     "If personal data was exposed, we check our duties to report it (%s).",
	KeptFor:           "Closed cases are erased after %s.",
	KeptOpen:          "Closed cases are kept without a fixed end.",

	Legal: "Legal terms",

	Review:         "How this policy changes",
	ReviewEvery:    "We review this policy at least every %s.",
	ReviewSigned:   "A version takes effect only when it has been signed: %s.",
	ReviewHistory:  "Revision history",
	ReviewDeclared: "Lines marked as declared were written down by the policy's author; the others were recorded when the version took effect.",
	ReviewNone:     "There is no earlier revision.",
	SignReviewed:   "reviewed by the %s",
	SignApproved:   "approved by the %s",
	ColRevision:    "Revision",
	ColDate:        "Date",
	ColChanges:     "Changes",
	ColReviewed:    "Reviewed by",
	ColApproved:    "Approved by",
	ColOrigin:      "Record",
	OriginVersion:  "version %d",
	OriginDeclared: "declared",
	Suggest:        "Suggest a change",
	SuggestIntro:   "What you think of this policy is welcome, and is read at the next review.",
	SuggestSource:  "Its text can be discussed and changed [at its source](<%s>).",

	Cite: "Clause %s",
}
