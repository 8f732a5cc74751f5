package team

import (
	"context"
	"net/http"

	"fairlead/internal/api/asked"
	"fairlead/internal/auth"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// origin tells auth where the request comes from, and who asks, for its records.
func (on Team) origin(q *asked.Request) context.Context {
	return auth.WithOrigin(auth.AskedBy(q.R.Context(), q.Actor), on.From, q.R.UserAgent())
}

// lead refuses everybody but a lead in person and the operator, whom auth gives an id
// that no member has; others do not learn what is here.
func lead(who cvd.Actor) error {
	operator := who.Kind == cvd.ActorMachine && who.ID == "operator"
	if operator || (who.Kind == cvd.ActorMember && who.Is(cvd.RoleLead)) {
		return nil
	}
	return cvd.ErrNotFound
}

func listMembers(on Team, q *asked.Request) error {
	if may.Tend(q.Actor, may.AreaTeam) < may.Look {
		return cvd.ErrNotFound
	}
	list, err := on.Members(q.R.Context())
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, Members{list})
}

func addMember(on Team, q *asked.Request) error {
	if err := lead(q.Actor); err != nil {
		return err
	}
	var in NewMember
	if err := q.Read(&in, false); err != nil {
		return err
	}
	m, err := on.AddMember(on.origin(q), q.Actor, cvd.Member{
		Name: in.Name, Email: in.Email, Roles: in.Roles, Offices: in.Offices, Qualification: in.Qualification,
	}, q.Found()...)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusCreated, m)
}

func makeLink(on Team, q *asked.Request) error {
	if err := lead(q.Actor); err != nil {
		return err
	}
	id := q.R.PathValue("member")
	code, err := on.NewLink(on.origin(q), id, linkLife)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusCreated, SignInLink{
		Member: id, Expires: on.Now().Add(linkLife).UTC(),
		URL: on.Base + onetime.SignIn(code),
	})
}

func tokenOf(t auth.Token) Token {
	return Token{t.ID, t.Name, t.Member, t.Machine, t.Created, t.Expires, t.Used, t.Scopes}
}

func makeToken(on Team, q *asked.Request) error {
	var in NewToken
	if err := q.Read(&in, false); err != nil {
		return err
	}
	if in.Member != "" && in.Member != q.Actor.ID {
		if err := lead(q.Actor); err != nil {
			return err
		}
	}
	secret, made, err := on.CreateToken(on.origin(q), q.Actor, auth.Token{
		Name: in.Name, Member: in.Member, Machine: in.Machine, Expires: in.Expires, Scopes: in.Scopes,
	}, q.Found()...)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusCreated, MadeToken{tokenOf(made), secret})
}

func listTokens(on Team, q *asked.Request) error {
	list, err := on.Tokens(q.R.Context(), q.Actor)
	if err != nil {
		return err
	}
	out := Tokens{Tokens: make([]Token, 0, len(list))}
	for _, t := range list {
		out.Tokens = append(out.Tokens, tokenOf(t))
	}
	return q.Answer(http.StatusOK, out)
}

func revokeToken(on Team, q *asked.Request) error {
	if err := on.RevokeToken(on.origin(q), q.Actor, q.R.PathValue("id")); err != nil {
		return err
	}
	q.W.WriteHeader(http.StatusNoContent)
	return nil
}
