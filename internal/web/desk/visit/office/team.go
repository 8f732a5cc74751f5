package office

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/tell"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// linkLife is how long a new member has to use a sign-in link.
const linkLife = 24 * time.Hour

// teamView is the team, or one member of it.
type teamView struct {
	Members []memberView
	Minimum int
	Working int
	Short   bool // fewer work than the policy asks for
	Wanted  string
	May     bool // add and change
	Invites bool
	Form    []web.Field
	Roles   visit.Checks
	Offices visit.Checks
	Summary *web.Summary
	Link    *handOverView
	One     *memberView
	Done    string
	Second  bool // the one has a second factor or a passkey, which the reader may take away
	Keyed   bool // a passkey
	Worded  bool // a password, which the reader may take away
}

type memberView struct {
	cvd.Member
	RoleNames []string
	Self      bool
	Duty      bool
	Invited   bool // and never signed in
}

// handOverView is a sign-in link, shown once.
type handOverView struct {
	Name, URL string
	Until     time.Time
}

func (l lens) roles(roles []cvd.Role) []string {
	var out []string
	for _, r := range cvd.Roles {
		if slices.Contains(roles, r) {
			out = append(out, l.Say("desk.role."+string(r)))
		}
	}
	return out
}

func (d *desk) members(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.showTeam(w, r, v, http.StatusOK, d.teamView(v, &cvd.Member{}))
}

func (d *desk) showTeam(w http.ResponseWriter, r *http.Request, v lens, status int, view *teamView) error {
	if view.One != nil && !view.One.Self {
		means, err := d.Site.Auth.Means(r.Context(), view.One.ID)
		if err != nil {
			return err
		}
		view.Second, view.Keyed, view.Worded = means.Second(), means.Passkey, means.Password
	}
	if err := d.arrivals(r.Context(), view); err != nil {
		return err
	}
	if id := "desk.team.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	return d.show(w, r, v, status, "team", v.Say("desk.team.title"), view)
}

// teamView lists the members, with a form that is filled with m.
func (d *desk) teamView(v lens, m *cvd.Member) *teamView {
	view := &teamView{May: may.Enter(v.Actor, may.AreaTeam) == may.Change, Invites: d.Site.Invites != nil}
	all := slices.Collect(maps.Values(v.Team))
	duty := map[string]bool{}
	if cur := d.Site.Book.Current(); cur != nil {
		view.Minimum, view.Wanted = cur.Policy.Team.Minimum, d.Site.Terms(v.Voice, cur).Team.Qualification
		for _, one := range tell.OnDuty(all, cur.Policy, v.Now) {
			duty[one.ID] = true
		}
	}
	slices.SortFunc(all, func(a, b cvd.Member) int {
		if a.Active != b.Active {
			return map[bool]int{true: -1, false: 1}[a.Active]
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, one := range all {
		view.Members = append(view.Members, memberView{Member: one, RoleNames: v.roles(one.Roles), Self: one.ID == v.Actor.ID, Duty: duty[one.ID]})
	}
	view.Form = []web.Field{
		{Name: "name", Label: v.Say("desk.team.name"), Value: m.Name, Required: true, Autocomplete: "off"},
		{Name: "email", Kind: "email", Label: v.Say("desk.team.email"), Help: v.Say("desk.team.email.help"), Value: m.Email, Required: true, Autocomplete: "off"},
		{Name: "qualification", Label: v.Say("desk.team.qualification"), Help: v.Say("desk.team.qualification.help"), Value: m.Qualification},
	}
	view.Roles, view.Offices = v.RoleChecks(m), v.OfficeChecks(m)
	return view
}

// arrivals finds who never signed in, and counts those who work cases: nobody works
// them who was only invited.
func (d *desk) arrivals(ctx context.Context, view *teamView) error {
	for i := range view.Members {
		m := &view.Members[i]
		if !m.Active {
			continue
		}
		means, err := d.Site.Auth.Means(ctx, m.ID)
		if err != nil {
			return err
		}
		m.Invited = !means.Arrived
		if means.Arrived && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			view.Working++
		}
	}
	view.Short = view.Working < view.Minimum
	return nil
}

// memberOf reads a member's form over what is known.
func memberOf(form url.Values, m cvd.Member) cvd.Member {
	m.Name, m.Email = strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("email"))
	m.Qualification = strings.TrimSpace(form.Get("qualification"))
	m.Roles, m.Offices = nil, form["offices"]
	for _, r := range form["roles"] {
		m.Roles = append(m.Roles, cvd.Role(r))
	}
	return m
}

func (d *desk) addMember(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	m := memberOf(r.PostForm, cvd.Member{})
	made, err := d.Site.Auth.AddMember(r.Context(), v.Actor, m)
	if err != nil {
		return d.teamAgain(w, r, v, m, err)
	}
	v.Team = maps.Clone(v.Team) // it is everybody's
	v.Team[made.ID] = made
	return d.handOver(w, r, v, made)
}

// teamAgain shows what is wrong with a member's form.
func (d *desk) teamAgain(w http.ResponseWriter, r *http.Request, v lens, m cvd.Member, err error) error {
	faults, ok := errors.AsType[cvd.Faults](err)
	if !ok {
		return err
	}
	view := d.teamView(v, &m)
	if m.ID != "" {
		view.One = &memberView{Member: v.Team[m.ID], RoleNames: v.roles(m.Roles), Self: m.ID == v.Actor.ID}
	}
	view.Summary = web.Summarise(v.Say("desk.faults"), view.Form, web.Blame(view.Form, faults))
	return d.showTeam(w, r, v, http.StatusUnprocessableEntity, view)
}

// handOver shows a fresh sign-in link, for the lead to pass on.
func (d *desk) handOver(w http.ResponseWriter, r *http.Request, v lens, m cvd.Member) error {
	code, err := d.Site.Auth.NewLink(r.Context(), m.ID, linkLife)
	if err != nil {
		return err
	}
	view := d.teamView(v, &cvd.Member{})
	view.Link = &handOverView{m.Name, d.Site.BaseURL(r) + onetime.SignIn(code), v.Now.Add(linkLife)}
	return d.showTeam(w, r, v, http.StatusOK, view)
}

func (d *desk) one(r *http.Request, v lens) (cvd.Member, error) {
	m, ok := v.Team[r.PathValue("id")]
	if !ok {
		return m, cvd.ErrNotFound
	}
	return m, nil
}

func (d *desk) member(w http.ResponseWriter, r *http.Request, v lens) error {
	m, err := d.one(r, v)
	if err != nil {
		return err
	}
	view := d.teamView(v, &m)
	view.One = &memberView{Member: m, RoleNames: v.roles(m.Roles), Self: m.ID == v.Actor.ID}
	return d.showTeam(w, r, v, http.StatusOK, view)
}

func (d *desk) changeMember(w http.ResponseWriter, r *http.Request, v lens) error {
	m, err := d.one(r, v)
	if err != nil {
		return err
	}
	if err := web.Form(r); err != nil {
		return err
	}
	next := memberOf(r.PostForm, m)
	if m.ID == v.Actor.ID && !r.PostForm.Has("roles") { // the form does not ask for them
		next.Roles, next.Offices = m.Roles, m.Offices
	}
	next.Active, next.Away = r.PostForm.Get("active") == "yes", r.PostForm.Get("away") == "yes"
	if err := d.Site.Auth.ChangeMember(r.Context(), v.Actor, next); err != nil {
		return d.teamAgain(w, r, v, next, err)
	}
	return web.See(w, r, "/desk/team?done=changed")
}

func (d *desk) newLink(w http.ResponseWriter, r *http.Request, v lens) error {
	m, err := d.one(r, v)
	if err != nil {
		return err
	}
	return d.handOver(w, r, v, m)
}

// forgetPassword takes away what the member forgot, so that a link lets them set another.
func (d *desk) forgetPassword(w http.ResponseWriter, r *http.Request, v lens) error {
	m, err := d.one(r, v)
	if err != nil {
		return err
	}
	if err := d.Site.Auth.ForgetPassword(r.Context(), v.Actor, m.ID); err != nil {
		return err
	}
	return web.See(w, r, "/desk/team/"+m.ID+"?done=password")
}

func (d *desk) endSessions(w http.ResponseWriter, r *http.Request, v lens) error {
	m, err := d.one(r, v)
	if err != nil {
		return err
	}
	if err := d.Site.Auth.EndSessions(r.Context(), v.Actor, m.ID); err != nil {
		return err
	}
	return web.See(w, r, "/desk/team?done=signed-out")
}
