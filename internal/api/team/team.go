// Package team is the part of the API about who works here and how they and their
// programs get in: what its operations are, and what does them.
//
// It never keeps a secret: a link and a token are shown by the answer that made them.
package team

import (
	"net/http"
	"time"

	"fairlead/internal/api/asked"
	"fairlead/internal/api/openapi"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// Team is who is asked. Base is the origin under which the client reaches the site,
// without a slash at the end; From names the network that the request comes from.
type Team struct {
	*auth.Auth
	Now        func() time.Time
	Base, From string
}

const (
	pathMembers = "/api/v1/members"
	pathTokens  = "/api/v1/tokens"
)

// linkLife is how long a sign-in link that was made here is good for.
const linkLife = 24 * time.Hour

// Problems that the operations share.
const (
	missing  = http.StatusNotFound
	conflict = http.StatusConflict
)

var unread = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}

// Routes are the operations and what does them.
var Routes = []asked.Route[Team]{
	{Operation: openapi.Operation{
		Method: http.MethodGet, Path: pathMembers, Access: openapi.ByToken, Name: "members", Status: http.StatusOK, Gives: Members{}, Also: []int{missing},
		Short: "The team",
	}, Do: listMembers},
	{Operation: openapi.Operation{
		Method: http.MethodPost, Path: pathMembers, Access: openapi.ByToken, Name: "add-member", Status: http.StatusCreated, Gives: cvd.Member{}, Body: &openapi.Body{Of: NewMember{}, Needs: []string{"name", "email", "roles"}}, Also: append([]int{missing}, unread...),
		Short: "Add a member", Long: "For leads. The member gets in by a sign-in link.",
	}, Do: addMember},
	{Operation: openapi.Operation{
		Method: http.MethodPost, Path: pathMembers + "/{member}/link", Access: openapi.ByToken, Name: "sign-in-link", Status: http.StatusCreated, Gives: SignInLink{}, Also: []int{missing, conflict},
		Short: "Make a sign-in link", Long: "For leads. It works once, within 24 hours.",
	}, Do: makeLink},
	{Operation: openapi.Operation{
		Method: http.MethodGet, Path: pathTokens, Access: openapi.ByToken, Name: "tokens", Status: http.StatusOK, Gives: Tokens{}, Also: []int{missing},
		Short: "API tokens",
	}, Do: listTokens},
	{Operation: openapi.Operation{
		Method: http.MethodPost, Path: pathTokens, Access: openapi.ByToken, Name: "add-token", Status: http.StatusCreated, Gives: MadeToken{}, Body: &openapi.Body{Of: NewToken{}, Needs: []string{"name"}}, Also: append([]int{missing, conflict}, unread...),
		Short: "Make an API token", Long: "For yourself; for anybody, as a lead.",
	}, Do: makeToken},
	{Operation: openapi.Operation{
		Method: http.MethodDelete, Path: pathTokens + "/{id}", Access: openapi.ByToken, Name: "revoke-token", Status: http.StatusNoContent, Also: []int{missing},
		Short: "Revoke an API token",
	}, Do: revokeToken},
}

// Members is the team.
type Members struct {
	Members []cvd.Member `json:"members" doc:"By name, inactive ones too."`
}

// NewMember is what a lead says of somebody who joins.
type NewMember struct {
	Name          string     `json:"name" minLength:"1" maxLength:"100"`
	Email         string     `json:"email" maxLength:"254"`
	Roles         []cvd.Role `json:"roles" doc:"Any of lead, member, fixer, officer, auditor."`
	Offices       []string   `json:"offices,omitempty" maxItems:"10" doc:"An officer's titles, as the policy's sign-offs name them."`
	Qualification string     `json:"qualification,omitempty" maxLength:"500" doc:"Security background."`
}

// SignInLink is a one-time way in.
type SignInLink struct {
	Member  string    `json:"member"`
	URL     string    `json:"url" doc:"Signs the member in once. Hand it over on a way that nobody else reads."`
	Expires time.Time `json:"expires"`
}

// NewToken says what a token is to be good for.
type NewToken struct {
	Name    string    `json:"name" minLength:"1" maxLength:"100" doc:"What it is for."`
	Member  string    `json:"member,omitempty" doc:"Whom it speaks for; yourself, if left out."`
	Machine bool      `json:"machine,omitempty" doc:"Acts with it are no person's: they keep no promise of a human answer. A lead's token for another member must be one."`
	Expires time.Time `json:"expires,omitzero" doc:"Within 365 days; 90 days from now, if left out."`
	Scopes  []string  `json:"scopes,omitempty" doc:"To what it is held, such as cases:read; everything that the member's roles may, if left out."`
}

// Token is an API token, without its secret.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Member  string    `json:"member"`
	Machine bool      `json:"machine"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero" doc:"The last use, to the minute."`
	Scopes  []string  `json:"scopes,omitempty" doc:"To what it is held; left out for everything."`
}

// MadeToken is a token with its secret.
type MadeToken struct {
	Token
	Secret string `json:"token" doc:"The secret itself, shown once."`
}

// Tokens are those that the asker may see.
type Tokens struct {
	Tokens []Token `json:"tokens" doc:"Your own; for a lead, everybody's."`
}
