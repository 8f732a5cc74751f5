package may

import (
	"slices"

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

// proofs are the deeds that want one: what lets somebody in for longer than the
// session, what binds the organisation, what the world hears or makes another's ruling
// final, to whom the reporter's letters go, and what cannot be taken back (ASVS 5.0.0 V7.5.1 to V7.5.3).
var proofs = []Deed{
	DeedConfirm, DeedToken, DeedMember, DeedFactor, DeedSession, DeedPolicy,
	DeedOf(cvd.VerbPublish), DeedOf(cvd.VerbSchedule), DeedOf(cvd.VerbRetract),
	DeedOf(cvd.VerbConfirm), DeedOf(cvd.VerbContact), DeedOf(cvd.VerbTrustKey),
	DeedOf(cvd.VerbErase), DeedOf(cvd.VerbForget), DeedOf(cvd.VerbRedactReport), DeedOf(cvd.VerbReissue),
}

// Proof tells whether the deed wants a proof of the moment.
func Proof(d Deed) bool { return slices.Contains(proofs, d) }
