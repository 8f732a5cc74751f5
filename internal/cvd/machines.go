package cvd

import "fmt"

// RM is a participant's Report Management state.
type RM string

// The Report Management states (Vultron, Report Management).
const (
	RMStart    RM = "start"
	RMReceived RM = "received"
	RMInvalid  RM = "invalid"
	RMValid    RM = "valid"
	RMDeferred RM = "deferred"
	RMAccepted RM = "accepted"
	RMClosed   RM = "closed"
)

// EM is a case's Embargo Management state.
type EM string

// The Embargo Management states.
const (
	EMNone     EM = "none"
	EMProposed EM = "proposed"
	EMActive   EM = "active"
	EMRevise   EM = "revise"
	EMExited   EM = "exited"
)

// Consent is a participant's stand towards the embargo. Whether the participant
// is bound is computed (Consent is ConsentSignatory), never stored.
type Consent string

// The consent states.
const (
	ConsentNone      Consent = "no-embargo"
	ConsentInvited   Consent = "invited"
	ConsentSignatory Consent = "signatory"
	ConsentLapsed    Consent = "lapsed"
	ConsentDeclined  Consent = "declined"
)

// Machine names one of the state machines.
type Machine string

// The machines of a case.
const (
	MachineRM      Machine = "rm"      // per participant
	MachineEM      Machine = "em"      // per case
	MachineConsent Machine = "consent" // per participant
	MachineCS      Machine = "cs"      // per case; vendor fix path and public facts
)

// arrow is a row of a machine: in state From, Do leads to To.
type arrow[S ~string] struct {
	From S
	Do   string
	To   S
}

var rmArrows = []arrow[RM]{
	{RMStart, "receive", RMReceived},
	{RMReceived, "validate", RMValid},
	{RMReceived, "invalidate", RMInvalid},
	{RMInvalid, "validate", RMValid},
	{RMInvalid, "close", RMClosed},
	{RMValid, "accept", RMAccepted},
	{RMValid, "defer", RMDeferred},
	{RMAccepted, "defer", RMDeferred},
	{RMAccepted, "close", RMClosed},
	{RMDeferred, "accept", RMAccepted},
	{RMDeferred, "close", RMClosed},
}

var emArrows = []arrow[EM]{
	{EMNone, "propose", EMProposed},
	{EMProposed, "propose", EMProposed},
	{EMProposed, "reject", EMNone},
	{EMProposed, "accept", EMActive},
	{EMActive, "propose", EMRevise},
	{EMActive, "terminate", EMExited},
	{EMRevise, "propose", EMRevise},
	{EMRevise, "accept", EMActive},
	{EMRevise, "reject", EMActive},
	{EMRevise, "terminate", EMExited},
}

var consentArrows = []arrow[Consent]{
	{ConsentNone, "invite", ConsentInvited},
	{ConsentLapsed, "invite", ConsentInvited},
	{ConsentDeclined, "invite", ConsentInvited},
	{ConsentNone, "accept", ConsentSignatory},
	{ConsentInvited, "accept", ConsentSignatory},
	{ConsentLapsed, "accept", ConsentSignatory},
	{ConsentNone, "decline", ConsentDeclined},
	{ConsentInvited, "decline", ConsentDeclined},
	{ConsentLapsed, "decline", ConsentDeclined},
	{ConsentSignatory, "revise", ConsentLapsed},
	{ConsentNone, "reset", ConsentNone},
	{ConsentInvited, "reset", ConsentNone},
	{ConsentSignatory, "reset", ConsentNone},
	{ConsentLapsed, "reset", ConsentNone},
	{ConsentDeclined, "reset", ConsentNone},
}

// States and deeds in the order in which the matrices are printed.
var (
	rmStates      = []RM{RMStart, RMReceived, RMInvalid, RMValid, RMDeferred, RMAccepted, RMClosed}
	rmDeeds       = []string{"receive", "validate", "invalidate", "accept", "defer", "close"}
	emStates      = []EM{EMNone, EMProposed, EMActive, EMRevise, EMExited}
	emDeeds       = []string{"propose", "accept", "reject", "terminate"}
	consentStates = []Consent{ConsentNone, ConsentInvited, ConsentSignatory, ConsentLapsed, ConsentDeclined}
	consentDeeds  = []string{"invite", "accept", "decline", "revise", "reset"}
)

func step[S ~string](m Machine, table []arrow[S], from S, do string) (S, error) {
	for _, a := range table {
		if a.From == from && a.Do == do {
			return a.To, nil
		}
	}
	return from, fmt.Errorf("%w: %s cannot %s from %s", ErrNotReady, m, do, from)
}

// Next returns the state that a deed leads to, or ErrNotReady.
func (s RM) Next(do string) (RM, error) { return step(MachineRM, rmArrows, s, do) }

// Next returns the state that a deed leads to, or ErrNotReady.
func (s EM) Next(do string) (EM, error) { return step(MachineEM, emArrows, s, do) }

// Next returns the state that a deed leads to, or ErrNotReady.
func (s Consent) Next(do string) (Consent, error) {
	return step(MachineConsent, consentArrows, s, do)
}

// Deeds lists what can be done from the state, in the machine's order.
func (s RM) Deeds() []string {
	var out []string
	for _, do := range rmDeeds {
		if _, err := s.Next(do); err == nil {
			out = append(out, do)
		}
	}
	return out
}
