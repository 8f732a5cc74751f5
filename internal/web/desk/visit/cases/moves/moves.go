// Package moves is the order in which the desk offers verbs: in which groups, which
// usually come next, and which need no page of their own.
//
// It never decides whether a verb may be done.
package moves

import (
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// Group is a set of verbs that belong together.
type Group struct {
	Name  string
	Verbs []cvd.Verb
}

// Groups sort the verbs for the case page. A message and a note have forms of
// their own there.
var Groups = []Group{
	{"ruling", []cvd.Verb{cvd.VerbConfirm, cvd.VerbRefuse}},
	{"decide", []cvd.Verb{
		cvd.VerbAcknowledge, cvd.VerbValidate, cvd.VerbInvalidate, cvd.VerbUphold, cvd.VerbAsk, cvd.VerbAccept, cvd.VerbDefer, cvd.VerbSeverity,
		cvd.VerbFixReady, cvd.VerbFixDeployed, cvd.VerbReopen, cvd.VerbHandOn, cvd.VerbClose, cvd.VerbSuccessor,
	}},
	{"emergency", []cvd.Verb{cvd.VerbAct, cvd.VerbAfterAction}},
	{"talk", []cvd.Verb{cvd.VerbProvide, cvd.VerbAttach}},
	{"release", []cvd.Verb{
		cvd.VerbAdvise, cvd.VerbOfferCheck, cvd.VerbCheckResult, cvd.VerbCVE, cvd.VerbNameParty, cvd.VerbDropParty, cvd.VerbSchedule, cvd.VerbUnschedule, cvd.VerbPublish, cvd.VerbRetract,
		cvd.VerbNoAdvisory,
	}},
	{"hold", []cvd.Verb{cvd.VerbClaim, cvd.VerbRelease, cvd.VerbInvite, cvd.VerbPostpone}},
	{"world", []cvd.Verb{cvd.VerbPublic, cvd.VerbExploitPublic, cvd.VerbAttacks, cvd.VerbEmergency, cvd.VerbPrivacy}},
	{"rare", []cvd.Verb{
		cvd.VerbContact, cvd.VerbReissue, cvd.VerbNoncompliance, cvd.VerbForget, cvd.VerbErase,
	}},
}

// Likely are the verbs that usually come next, by state.
var Likely = map[cvd.RM][]cvd.Verb{
	cvd.RMReceived: {cvd.VerbValidate, cvd.VerbInvalidate, cvd.VerbAsk},
	cvd.RMValid:    {cvd.VerbAccept, cvd.VerbSeverity},
	cvd.RMAccepted: {cvd.VerbFixReady, cvd.VerbFixDeployed},
	cvd.RMDeferred: {cvd.VerbAccept},
	cvd.RMInvalid:  {cvd.VerbClose},
	cvd.RMClosed:   {cvd.VerbSuccessor},
}

// Quick verbs are done by one press on the case page.
var Quick = []cvd.Verb{cvd.VerbAcknowledge, cvd.VerbClaim, cvd.VerbRelease}

// Direct verbs tell the reporter nothing, so there is nothing to show before.
// A file cannot be shown before either: its form says what will be told.
var Direct = []cvd.Verb{
	cvd.VerbDismiss, cvd.VerbReached,
	cvd.VerbClaim, cvd.VerbRelease, cvd.VerbNote, cvd.VerbRefuse, cvd.VerbAct, cvd.VerbAfterAction, cvd.VerbInvite, cvd.VerbAttach,
	cvd.VerbNameParty, cvd.VerbDropParty,
}

// Said are the verbs that are done for an entry of the timeline: it is what is looked at next.
// What moves a case is looked at in its head, with what comes next.
var Said = []cvd.Verb{cvd.VerbMessage, cvd.VerbNote, cvd.VerbProvide, cvd.VerbAttach, cvd.VerbRedact}

// Landing is the entry to look at after a verb that made these events; 0 for the head.
func Landing(verb cvd.Verb, evs []cvd.Event) int64 {
	if !slices.Contains(Said, verb) {
		return 0
	}
	for _, ev := range slices.Backward(evs) {
		if ev.Type == rule.SpecOf(verb).Event {
			return ev.Seq
		}
	}
	return 0
}

// Who gets a file. It is chosen with the button, and nothing is chosen beforehand: what
// the reporter once has, nobody takes back.
const (
	ForTeam     = "team"
	ForReporter = "reporter"
)
