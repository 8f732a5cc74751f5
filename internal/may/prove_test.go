package may_test

import (
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

// What wants a proof of the moment, verb by verb with the reason, so that a new one is
// looked at: what ends something for good or leaves the house does, what one more verb
// undoes does not.
func TestProof(t *testing.T) {
	wants := map[cvd.Verb]may.Reason{
		cvd.VerbPublish: may.Leaves, cvd.VerbSchedule: may.Leaves, cvd.VerbRetract: may.Leaves, cvd.VerbCVE: may.Leaves, cvd.VerbHandOn: may.Leaves,
		cvd.VerbClose: may.Ends, cvd.VerbErase: may.Ends, cvd.VerbForget: may.Ends, cvd.VerbReissue: may.Ends, cvd.VerbRedact: may.Ends,
		cvd.VerbConfirm: may.Vouches, cvd.VerbUphold: may.Vouches, cvd.VerbNameParty: may.Leaves, cvd.VerbContact: may.Entry, cvd.VerbTrustKey: may.Entry,
	}
	for i := range rule.Specs {
		verb := rule.Specs[i].Verb
		why, got := may.ProofOf(may.DeedOf(verb))
		want, ok := wants[verb]
		if got != ok || ok && why != want {
			t.Errorf("%s: %v, %q", verb, got, why)
		}
		if why == "" {
			t.Errorf("%s stands in neither table", verb)
		}
		// Whatever closes a case by a member's verb is final.
		for _, arrows := range rule.Specs[i].Walk {
			for _, arrow := range arrows {
				if arrow == "close" && !got && why != may.Theirs {
					t.Errorf("%s closes a case and wants no proof", verb)
				}
			}
		}
	}
	for _, seq := range []int64{1, 2} {
		if !may.Proof(may.DeedOf(may.For(cvd.VerbRedact, cvd.Input{Seq: seq}))) {
			t.Errorf("removing the words of event %d wants no proof", seq)
		}
	}
	if !may.Proof(may.DeedOf("a-verb-that-nobody-thought-of")) {
		t.Error("a verb of which nothing is said wants no proof")
	}
	if may.Proof(may.DeedNone) || !may.Proof(may.DeedToken) || !may.Proof(may.DeedMember) || !may.Proof(may.DeedFactor) || !may.Proof(may.DeedPolicy) || !may.Proof(may.DeedConfirm) || !may.Proof(may.DeedSession) {
		t.Error("the deeds beside the verbs")
	}
}
