package may

import (
	"strings"

	"fairlead/internal/cvd"
)

// Deed is what a member does on the desk, as far as it may want a proof of the
// moment: an open session alone does not tell who sits before it.
type Deed string

// The deeds beside the verbs of a case.
const (
	DeedNone    Deed = ""
	DeedConfirm Deed = "confirm" // nothing but the proof itself
	DeedToken   Deed = "token"   // make an API token
	DeedMember  Deed = "member"  // add or change a member, hand out a sign-in link
	DeedFactor  Deed = "factor"  // set up what signs in, or take another's away
	DeedSession Deed = "session" // end own sessions
	DeedPolicy  Deed = "policy"  // publish or sign a version of the policy
)

// DeedOf is a verb of a case as a deed.
func DeedOf(v cvd.Verb) Deed { return Deed("verb/" + v) }

// Reason is why a deed wants a proof of the moment, or wants none.
type Reason string

// Why a deed wants a proof: what it does cannot be taken back by one more verb
// (ASVS 5.0.0 V7.5.1 to V7.5.3).
const (
	Asked   Reason = "the proof itself"
	Entry   Reason = "lets somebody in for longer than the session, or puts somebody out"
	Binds   Reason = "binds the organisation"
	Leaves  Reason = "leaves the house for others than the reporter"
	Ends    Reason = "ends something for good: words, a receipt, a case"
	Vouches Reason = "is the word of a second person, so it must be that person"
)

// Why a deed wants none.
const (
	Undone  Reason = "one more verb undoes it, or says it anew"
	Speaks  Reason = "goes to the reporter alone, as all their answers do"
	Records Reason = "records what happened, and makes nothing leave the house"
	Theirs  Reason = "is the reporter's own"
)

// proofs are the deeds that want a proof of the moment.
var proofs = map[Deed]Reason{
	DeedConfirm: Asked,
	DeedToken:   Entry,
	DeedMember:  Entry,
	DeedFactor:  Entry,
	DeedSession: Entry,
	DeedPolicy:  Binds,

	DeedOf(cvd.VerbPublish):      Leaves,
	DeedOf(cvd.VerbSchedule):     Leaves,
	DeedOf(cvd.VerbRetract):      Leaves,
	DeedOf(cvd.VerbCVE):          Leaves, // an id is reserved elsewhere, and the reason of a rejection becomes public
	DeedOf(cvd.VerbHandOn):       Leaves,
	DeedOf(cvd.VerbNameParty):    Leaves, // they hear the date of the release
	DeedOf(cvd.VerbContact):      Entry,  // letters go there, with codes that open the thread
	DeedOf(cvd.VerbTrustKey):     Entry,  // letters are encrypted to it
	DeedOf(cvd.VerbClose):        Ends,   // nothing reopens a closed case
	DeedOf(cvd.VerbErase):        Ends,
	DeedOf(cvd.VerbForget):       Ends,
	DeedOf(cvd.VerbRedact):       Ends,
	DeedOf(cvd.VerbRedactReport): Ends,
	DeedOf(cvd.VerbReissue):      Ends, // the receipt before it is dead
	DeedOf(cvd.VerbConfirm):      Vouches,
	DeedOf(cvd.VerbUphold):       Vouches, // and the one appeal is used
}

// spared are the verbs that want none. Each verb stands in one of the two tables.
var spared = map[cvd.Verb]Reason{
	cvd.VerbReceive:       Records,
	cvd.VerbAcknowledge:   Speaks,
	cvd.VerbAsk:           Speaks,
	cvd.VerbMessage:       Speaks,
	cvd.VerbOfferCheck:    Speaks,
	cvd.VerbPostpone:      Speaks, // a later date can be told after it
	cvd.VerbNoncompliance: Speaks,
	cvd.VerbProvide:       Theirs, // a member writes down what they said
	cvd.VerbAppeal:        Theirs,
	cvd.VerbWithdraw:      Theirs,
	cvd.VerbSuccessor:     Theirs,
	cvd.VerbCheckResult:   Theirs,
	cvd.VerbValidate:      Undone,
	cvd.VerbInvalidate:    Undone,
	cvd.VerbAccept:        Undone,
	cvd.VerbDefer:         Undone,
	cvd.VerbReopen:        Undone,
	cvd.VerbSeverity:      Undone,
	cvd.VerbClaim:         Undone,
	cvd.VerbRelease:       Undone,
	cvd.VerbRefuse:        Undone, // it can be ruled again
	cvd.VerbAdvise:        Undone, // each draft is kept
	cvd.VerbUnschedule:    Undone,
	cvd.VerbNoAdvisory:    Undone,
	cvd.VerbDropParty:     Undone,
	cvd.VerbInvite:        Records, // a member who signs in anyway gets to read one case more
	cvd.VerbNote:          Records,
	cvd.VerbAttach:        Records,
	cvd.VerbFixReady:      Records,
	cvd.VerbFixDeployed:   Records,
	cvd.VerbPublic:        Records,
	cvd.VerbExploitPublic: Records,
	cvd.VerbAttacks:       Records,
	cvd.VerbEmergency:     Records,
	cvd.VerbPrivacy:       Records,
	cvd.VerbAct:           Records,
	cvd.VerbAfterAction:   Records,
	cvd.VerbAdmit:         Records,
	cvd.VerbDismiss:       Records, // the mail stays in the history
	cvd.VerbReached:       Records,
}

// Proof tells whether the deed wants a proof of the moment. A verb of which nothing
// is said wants one.
func Proof(d Deed) bool {
	_, wants := ProofOf(d)
	return wants
}

// InName tells whether the deed is done in a member's own name, as every verb of a case is:
// a session that another member's link opened wants a proof for it first.
func InName(d Deed) bool { return strings.HasPrefix(string(d), "verb/") }

// ProofOf is Proof with the reason; it is empty for what no table names.
func ProofOf(d Deed) (why Reason, wants bool) {
	if why, ok := proofs[d]; ok {
		return why, true
	}
	verb, ok := strings.CutPrefix(string(d), "verb/")
	if !ok {
		return "", false
	}
	why, known := spared[cvd.Verb(verb)]
	return why, !known
}
