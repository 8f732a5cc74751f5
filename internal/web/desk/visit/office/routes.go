// Package office is the part of the desk beside the cases: reports taken by
// other ways, the policy's versions and their signatures, the members, what was
// told to whom, and everybody's own account.
//
// It never shows a secret twice, and never lets anybody sign but the holder of
// the office.
package office

import (
	"net/http"

	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

type desk struct{ *visit.Desk }

// lens is the visit as this folder reads it.
type lens struct{ *visit.Visit }

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	on := func(do func(http.ResponseWriter, *http.Request, lens) error) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return do(w, r, lens{v}) }
	}
	return []visit.Route{
		{Pattern: "GET /desk/record", Area: may.AreaCases, Use: may.Change, Do: on(d.record)},
		{Pattern: "POST /desk/record", Area: may.AreaCases, Use: may.Change, Do: on(d.recordReport)},
		{Pattern: "GET /desk/policy", Area: may.AreaPolicy, Use: may.Look, Do: on(d.policies)},
		{Pattern: "POST /desk/policy", Area: may.AreaPolicy, Use: may.Change, Do: on(d.publish), Upload: true, Wants: visit.Deed(may.DeedPolicy)},
		{Pattern: "GET /desk/policy/diff", Area: may.AreaPolicy, Use: may.Look, Do: on(d.policyDiff)},
		{Pattern: "GET /desk/policy/draft", Area: may.AreaPolicy, Use: may.Change, Do: on(d.draft)},
		{Pattern: "POST /desk/policy/draft", Area: may.AreaPolicy, Use: may.Change, Do: on(d.compare), Wants: publishes},
		{Pattern: "GET /desk/policy/{n}", Area: may.AreaPolicy, Use: may.Look, Do: on(d.policyVersion)},
		{Pattern: "GET /desk/policy/{n}/source", Area: may.AreaPolicy, Use: may.Look, Do: on(d.policySource)},
		{Pattern: "POST /desk/policy/{n}/sign", Area: may.AreaPolicy, Use: may.Change, Do: on(d.sign), Wants: visit.Deed(may.DeedPolicy)},
		{Pattern: "GET /desk/team", Area: may.AreaTeam, Use: may.Look, Do: on(d.members)},
		{Pattern: "POST /desk/team", Area: may.AreaTeam, Use: may.Change, Do: on(d.addMember), Wants: visit.Deed(may.DeedMember)},
		{Pattern: "GET /desk/team/{id}", Area: may.AreaTeam, Use: may.Change, Do: on(d.member)},
		{Pattern: "POST /desk/team/{id}", Area: may.AreaTeam, Use: may.Change, Do: on(d.changeMember), Wants: visit.Deed(may.DeedMember)},
		{Pattern: "POST /desk/team/{id}/link", Area: may.AreaTeam, Use: may.Change, Do: on(d.newLink), Wants: visit.Deed(may.DeedMember)},
		{Pattern: "POST /desk/team/{id}/password", Area: may.AreaTeam, Use: may.Change, Do: on(d.forgetPassword), Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "POST /desk/team/{id}/sign-out", Area: may.AreaTeam, Use: may.Change, Do: on(d.endSessions), Wants: visit.Deed(may.DeedSession)},
		{Pattern: "GET /desk/outbox", Area: may.AreaOutbox, Use: may.Look, Do: on(d.outbox)},
		{Pattern: "POST /desk/outbox/retry", Area: may.AreaOutbox, Use: may.Change, Do: on(d.retry)},
		{Pattern: "GET /desk/me", Area: may.AreaSelf, Use: may.Look, Do: on(d.me)},
		{Pattern: "POST /desk/me/profile", Area: may.AreaSelf, Use: may.Change, Do: on(d.profile)},
		{Pattern: "POST /desk/me/password", Area: may.AreaSelf, Use: may.Change, Do: on(d.setPassword), Wants: d.firstPassword},
		{Pattern: "POST /desk/me/sessions", Area: may.AreaSelf, Use: may.Change, Do: on(d.endSession), Wants: visit.Deed(may.DeedSession)},
		{Pattern: "POST /desk/me/tokens", Area: may.AreaSelf, Use: may.Change, Do: on(d.createToken), Wants: visit.Deed(may.DeedToken)},
		{Pattern: "POST /desk/me/tokens/revoke", Area: may.AreaSelf, Use: may.Change, Do: on(d.revokeToken)},
		{Pattern: "POST /desk/sign-out", Area: may.AreaSelf, Use: may.Look, Do: on(d.signOut)},
	}
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v lens, status int, name, title string, view any) error {
	return d.Show(w, r, v.Visit, status, name, title, view)
}
