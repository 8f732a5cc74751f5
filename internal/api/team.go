package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// linkLife is how long a sign-in link that was made here is good for.
const linkLife = 24 * time.Hour

// origin tells auth where the request comes from, and who asks, for its records.
func (c *call) origin() context.Context {
	return auth.WithOrigin(auth.AskedBy(c.r.Context(), c.actor), c.From(c.r), c.r.UserAgent())
}

// members is the team.
type members struct {
	Members []cvd.Member `json:"members" doc:"By name, inactive ones too."`
}

func (c *call) listMembers() error {
	if may.Tend(c.actor, may.AreaTeam) < may.Look {
		return cvd.ErrNotFound
	}
	list, err := c.Auth.Members(c.r.Context())
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, members{list})
}

// newMember is what a lead says of somebody who joins.
type newMember struct {
	Name          string     `json:"name" minLength:"1" maxLength:"100"`
	Email         string     `json:"email" maxLength:"254"`
	Roles         []cvd.Role `json:"roles" doc:"Any of lead, member, fixer, officer, auditor."`
	Offices       []string   `json:"offices,omitempty" maxItems:"10" doc:"An officer's titles, as the policy's sign-offs name them."`
	Qualification string     `json:"qualification,omitempty" maxLength:"500" doc:"Security background."`
}

func (c *call) addMember() error {
	if err := c.lead(); err != nil {
		return err
	}
	var in newMember
	if err := c.read(&in, false); err != nil {
		return err
	}
	m, err := c.Auth.AddMember(c.origin(), c.actor, cvd.Member{
		Name: in.Name, Email: in.Email, Roles: in.Roles, Offices: in.Offices, Qualification: in.Qualification,
	}, c.found...)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, m)
}

// signInLink is a one-time way in.
type signInLink struct {
	Member  string    `json:"member"`
	URL     string    `json:"url" doc:"Signs the member in once. Hand it over on a way that nobody else reads."`
	Expires time.Time `json:"expires"`
}

func (c *call) makeLink() error {
	if err := c.lead(); err != nil {
		return err
	}
	id := c.r.PathValue("member")
	code, err := c.Auth.NewLink(c.origin(), id, linkLife)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, signInLink{
		Member: id, Expires: c.Now().Add(linkLife).UTC(),
		URL: c.BaseURL(c.r) + "/desk/sign-in?link=" + url.QueryEscape(code),
	})
}

// newToken says what a token is to be good for.
type newToken struct {
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

// madeToken is a token with its secret.
type madeToken struct {
	Token
	Secret string `json:"token" doc:"The secret itself, shown once."`
}

func tokenOf(t auth.Token) Token {
	return Token{t.ID, t.Name, t.Member, t.Machine, t.Created, t.Expires, t.Used, t.Scopes}
}

func (c *call) makeToken() error {
	var in newToken
	if err := c.read(&in, false); err != nil {
		return err
	}
	if in.Member != "" && in.Member != c.actor.ID {
		if err := c.lead(); err != nil {
			return err
		}
	}
	secret, made, err := c.Auth.CreateToken(c.origin(), c.actor, auth.Token{
		Name: in.Name, Member: in.Member, Machine: in.Machine, Expires: in.Expires, Scopes: in.Scopes,
	}, c.found...)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, madeToken{tokenOf(made), secret})
}

// tokens are those that the asker may see.
type tokens struct {
	Tokens []Token `json:"tokens" doc:"Your own; for a lead, everybody's."`
}

func (c *call) listTokens() error {
	list, err := c.Auth.Tokens(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	out := tokens{Tokens: make([]Token, 0, len(list))}
	for _, t := range list {
		out.Tokens = append(out.Tokens, tokenOf(t))
	}
	return c.answer(http.StatusOK, out)
}

func (c *call) revokeToken() error {
	if err := c.Auth.RevokeToken(c.origin(), c.actor, c.r.PathValue("id")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
