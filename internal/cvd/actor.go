package cvd

import (
	"slices"
	"time"
)

// ActorKind is what sort of somebody acts.
type ActorKind string

// The kinds of actor.
const (
	ActorStranger ActorKind = "stranger" // no credentials; may report and read what is public
	ActorReporter ActorKind = "reporter" // holds a receipt
	ActorMember   ActorKind = "member"   // signed in, a person
	ActorMachine  ActorKind = "machine"  // a token marked as a machine's
	ActorSystem   ActorKind = "system"   // the house's own clock
)

// Role is what a member may be. A member may hold several.
type Role string

// The roles of members.
const (
	RoleLead    Role = "lead"    // runs the team: members, tokens, policy versions, every case
	RoleMember  Role = "member"  // works cases
	RoleFixer   Role = "fixer"   // sees and helps in the cases that name them
	RoleOfficer Role = "officer" // reviews and signs the policy; sees no case
	RoleAuditor Role = "auditor" // reads everything, changes nothing
	RoleReader  Role = "reader"  // outside the team: reads advisories that are for a few, and no case
)

// Roles in the order of the tables.
var Roles = []Role{RoleLead, RoleMember, RoleFixer, RoleOfficer, RoleAuditor, RoleReader}

// Actor is who asks. There is no way into a case without being one.
type Actor struct {
	Kind    ActorKind
	ID      string   // member id for members and machines; empty otherwise
	Name    string   // shown to the team
	Roles   []Role   // of members and machines
	Scopes  []string // of an API token; nil: all that the roles may
	Offices []string // the officer's titles, as the policy's sign_offs name them
	// Cases are those that a receipt opens, oldest first, with the participant
	// it speaks for. Only reporters have them.
	Cases   []Reach
	Receipt string // names the receipt in the store (a digest, never the code)
	Token   string // id of the API token by which they ask (never the secret); else empty
	Through string // actor reference of the colleague who made that token, or the link by which they came; else empty
}

// Member is a person of the team, as its members know each other.
type Member struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Email         string    `json:"email"`
	Roles         []Role    `json:"roles"`
	Offices       []string  `json:"offices,omitempty"`
	Qualification string    `json:"qualification,omitempty"` // security background, as the policy asks for
	Active        bool      `json:"active"`
	Away          bool      `json:"away,omitempty"`     // not on duty until they say otherwise
	Language      string    `json:"language,omitempty"` // in which they read; empty is what their browser asks for
	Added         time.Time `json:"added"`
}

// Is tells whether the member holds the role.
func (m Member) Is(r Role) bool { return slices.Contains(m.Roles, r) }

// Reach is one case that a receipt opens.
type Reach struct {
	Case        CaseID
	Participant ParticipantID
}

// Is tells whether the actor holds the role.
func (a Actor) Is(r Role) bool { return slices.Contains(a.Roles, r) }

// Human tells whether a person stands behind the act, themselves and not by what a colleague
// made for them: only those acts meet the promise of a human acknowledgement.
func (a Actor) Human() bool {
	return a.Kind == ActorReporter || a.Kind == ActorMember && a.Through == ""
}

// Ref is how heads of events name the actor: kind, and id where there is one.
func (a Actor) Ref() string {
	switch a.Kind {
	case ActorMember, ActorMachine:
		return string(a.Kind) + "/" + a.ID
	}
	return string(a.Kind)
}

// System is the house's own clock.
var System = Actor{Kind: ActorSystem, Name: "Fairlead"}

// Stranger is anybody without credentials.
var Stranger = Actor{Kind: ActorStranger}
