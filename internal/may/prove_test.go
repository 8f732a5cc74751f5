package may_test

import (
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

// What wants a proof of the moment, verb by verb, so that a new one is looked at.
func TestProof(t *testing.T) {
	wants := map[cvd.Verb]bool{
		cvd.VerbPublish: true, cvd.VerbSchedule: true, cvd.VerbRetract: true, cvd.VerbErase: true, cvd.VerbForget: true, cvd.VerbReissue: true,
		cvd.VerbConfirm: true, cvd.VerbContact: true, cvd.VerbTrustKey: true,
	}
	for i := range rule.Specs {
		verb := rule.Specs[i].Verb
		if got := may.Proof(may.DeedOf(verb)); got != wants[verb] {
			t.Errorf("%s: %v", verb, got)
		}
	}
	if !may.Proof(may.DeedOf(may.For(cvd.VerbRedact, cvd.Input{Seq: 1}))) || may.Proof(may.DeedOf(may.For(cvd.VerbRedact, cvd.Input{Seq: 2}))) {
		t.Error("removing the report wants a proof, removing a word of the talk does not")
	}
	if may.Proof(may.DeedNone) || !may.Proof(may.DeedToken) || !may.Proof(may.DeedMember) || !may.Proof(may.DeedFactor) || !may.Proof(may.DeedPolicy) || !may.Proof(may.DeedConfirm) {
		t.Error("the deeds beside the verbs")
	}
}
