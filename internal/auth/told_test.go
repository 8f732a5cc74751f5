package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/passkey/passkeytest"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// letters are those about accounts that wait and were not seen before: what each says, by
// the first name of the reader; the one to a former address has "former " before it.
func (d *desk) letters(seen map[string]bool) map[string]string {
	d.Helper()
	var all []store.Effect
	d.ok(d.store.View(d.Context(), func(tx store.Tx) (err error) {
		all, err = tx.Effects(store.EffectPending, "", nil, 1000)
		return err
	}))
	heard := map[string][]string{}
	for _, e := range all {
		if e.Kind != keeper.EffectAccount || seen[e.Key] {
			continue
		}
		seen[e.Key] = true
		entry, err := d.Told(d.Context(), e.Template)
		d.ok(err)
		id := strings.TrimPrefix(e.To, "member/")
		to, _, _ := strings.Cut(d.member(id).Name, " ")
		words := entry.ToldOwn()
		if id != entry.Subject {
			words = entry.ToldLeads()
		}
		if keeper.ToFormer(e) {
			to = "former " + to
		}
		heard[to] = append(heard[to], strings.Join(words, ", "))
	}
	out := map[string]string{}
	for to, all := range heard {
		slices.Sort(all)
		out[to] = strings.Join(all, "; ")
	}
	return out
}

// Which act is told to whom: Ada and Ed lead, Bo is the member it is done to. What is
// refused is told nobody, nor what the house begins with.
func TestWhatIsToldToWhom(t *testing.T) {
	change := func(by func(*desk) cvd.Actor, do func(m *cvd.Member)) func(context.Context, *desk, cvd.Actor) error {
		return func(ctx context.Context, d *desk, bo cvd.Actor) error {
			m := d.member(bo.ID)
			do(&m)
			return d.ChangeMember(ctx, by(d), m)
		}
	}
	ada := func(d *desk) cvd.Actor { return d.lead }
	operator := func(*desk) cvd.Actor { return auth.Operator }
	own := func(word string) map[string]string { return map[string]string{"Bo": word} }
	leads := func(word string) map[string]string { return map[string]string{"Ada": word, "Ed": word} }
	for name, c := range map[string]struct {
		do   func(ctx context.Context, d *desk, bo cvd.Actor) error
		want map[string]string
	}{
		"a lead's link": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, err := d.NewLink(auth.AskedBy(ctx, d.lead), bo.ID, time.Hour)
			return err
		}, own("link.made")},
		"the operator's link": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, err := d.NewLink(auth.AskedBy(ctx, auth.Operator), bo.ID, time.Hour)
			return err
		}, own("link.made")},
		"one's own link": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, err := d.NewLink(auth.AskedBy(ctx, bo), bo.ID, time.Hour)
			return err
		}, own("link.made")},
		"the house's link": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, err := d.NewLink(ctx, bo.ID, time.Hour)
			return err
		}, nil},
		"the password is taken": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			return d.ForgetPassword(ctx, d.lead, bo.ID)
		}, own("password.removed")},
		"the factor is taken": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			return d.ResetSecond(ctx, d.lead, bo.ID)
		}, own("factors")},
		"the sessions are ended": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			return d.EndSessions(ctx, d.lead, bo.ID)
		}, own("session.ended")},
		"one's own sessions": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			return d.EndSessions(ctx, bo, bo.ID)
		}, nil},
		"a token in another's name": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, _, err := d.CreateToken(ctx, d.lead, auth.Token{Name: "bot", Member: bo.ID, Machine: true})
			return err
		}, own("token.made")},
		"one's own token": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			_, _, err := d.CreateToken(ctx, bo, auth.Token{Name: "bot"})
			return err
		}, own("token.made")},
		"roles":         {change(ada, func(m *cvd.Member) { m.Roles = []cvd.Role{cvd.RoleFixer} }), own("roles")},
		"offices":       {change(operator, func(m *cvd.Member) { m.Offices = []string{"CTO"} }), own("roles")},
		"an address":    {change(ada, func(m *cvd.Member) { m.Email = "bo@example.net" }), map[string]string{"Bo": "address", "former Bo": "address"}},
		"only its case": {change(ada, func(m *cvd.Member) { m.Email = "Bo@example.org" }), nil},
		"let go":        {change(ada, func(m *cvd.Member) { m.Active = false }), own("gone")},
		"a name":        {change(ada, func(m *cvd.Member) { m.Name = "Bo Larkin" }), nil},
		"a lead's role": {change(ada, func(m *cvd.Member) { m.Roles = []cvd.Role{cvd.RoleLead} }), map[string]string{"Bo": "roles", "Ada": "lead", "Ed": "lead"}},
		"a new colleague": {func(ctx context.Context, d *desk, _ cvd.Actor) error {
			_, err := d.AddMember(ctx, d.lead, nia())
			return err
		}, leads("added")},
		"a new lead": {func(ctx context.Context, d *desk, _ cvd.Actor) error {
			m := nia()
			m.Roles = []cvd.Role{cvd.RoleLead}
			_, err := d.AddMember(ctx, auth.Operator, m)
			return err
		}, leads("added, lead")},
		"somebody is back": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			m := d.member(bo.ID)
			m.Active = false
			if err := d.ChangeMember(ctx, cvd.System, m); err != nil {
				return err
			}
			m.Active = true
			return d.ChangeMember(ctx, d.lead, m)
		}, map[string]string{"Bo": "back", "Ada": "back", "Ed": "back"}},
		"one's own password": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			return d.SetPassword(auth.InSession(ctx, d.link(bo)), bo, goodPassword, otherPassword)
		}, own("password.set")},
		"one's own factor": {func(_ context.Context, d *desk, bo cvd.Actor) error { d.factor(bo); return nil }, own("second.set")},
		"one's own passkey": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			s, err := d.SignIn(ctx, "bo@example.org", goodPassword, "")
			if err != nil {
				return err
			}
			c, err := d.OfferPasskey(auth.InSession(ctx, s), bo, d.place(site), "Laptop")
			if err != nil {
				return err
			}
			key, err := d.AddPasskey(ctx, bo, c.ID, passkeytest.New(d.T, site).Create(c.Options))
			if err != nil {
				return err
			}
			return d.RemovePasskey(auth.InSession(ctx, s), bo, key.ID)
		}, own("passkey.added; passkey.removed")},
		"refused": {func(ctx context.Context, d *desk, bo cvd.Actor) error {
			d.want(d.ForgetPassword(ctx, bo, d.lead.ID), cvd.ErrForbidden)
			d.want(d.ResetSecond(ctx, d.lead, bo.ID), cvd.ErrNotReady)
			m := d.member(bo.ID)
			m.Name = ""
			if _, wrong := errors.AsType[cvd.Faults](d.ChangeMember(ctx, d.lead, m)); !wrong {
				d.Error("a member without a name")
			}
			return nil
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
			gone := d.add("Jo Moss", "jo@example.org", cvd.RoleLead)
			m := d.member(gone.ID)
			m.Active = false
			d.ok(d.ChangeMember(t.Context(), cvd.System, m))
			bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
			d.password(bo, goodPassword)
			if name == "the factor is taken" {
				d.factor(bo)
			}
			seen := map[string]bool{}
			if got := d.letters(seen); len(got) != 1 || got["Bo"] == "" { // what Bo set themselves
				t.Errorf("the house begins with %v", got)
			}
			d.ok(c.do(t.Context(), d, bo))
			if diff := cmp.Diff(c.want, d.letters(seen), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func nia() cvd.Member {
	return cvd.Member{Name: "Nia Reyes", Email: "nia@example.org", Roles: []cvd.Role{cvd.RoleMember}}
}

// The operator's reset is told, and the link that comes with it; both of one member alone.
func TestAResetIsTold(t *testing.T) {
	d := open(t)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	_, err := d.ResetMember(t.Context(), auth.Operator, bo.ID, time.Hour)
	d.ok(err)
	mine, err := d.Changes(t.Context(), bo)
	d.ok(err)
	var words []string
	for _, e := range mine {
		words = append(words, e.ToldOwn()...)
	}
	slices.Sort(words)
	if !slices.Equal(words, []string{"link.made", "member.reset"}) {
		t.Errorf("%q", words)
	}
}

// The own page lists what was done for 90 days, to nobody else, with by whom and from where.
func TestChangesOfTheOwnAccount(t *testing.T) {
	d := open(t)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	ctx := auth.WithOrigin(t.Context(), "192.0.2.7", "Walker/1.0")
	m := d.member(bo.ID)
	m.Email = "bo@example.net"
	d.ok(d.ChangeMember(ctx, d.lead, m))
	d.clock.pass(89 * 24 * time.Hour)
	d.password(bo, goodPassword)
	mine, err := d.Changes(ctx, bo)
	d.ok(err)
	if len(mine) != 2 || mine[0].Act != auth.ActPasswordSet || mine[1].Doer() != d.lead.Ref() || mine[1].From != "192.0.2.7" || mine[1].Former != "bo@example.org" {
		t.Errorf("%+v", mine)
	}
	d.clock.pass(25 * time.Hour)
	if mine, err = d.Changes(ctx, bo); err != nil || len(mine) != 1 {
		t.Errorf("a day later %+v, %v", mine, err)
	}
	if theirs, err := d.Changes(ctx, d.lead); err != nil || len(theirs) != 0 {
		t.Errorf("the lead's: %+v, %v", theirs, err)
	}
	for _, by := range []cvd.Actor{auth.Operator, cvd.Stranger, {Kind: cvd.ActorMachine, ID: bo.ID}} {
		_, err := d.Changes(ctx, by)
		d.want(err, cvd.ErrForbidden)
	}
}

// Nobody is added, renamed or made active under a name that looks like that of an active
// member; who is no longer there keeps nobody from it.
func TestNamesThatLookAlike(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	refused := func(what string, err error) {
		t.Helper()
		faults, wrong := errors.AsType[cvd.Faults](err)
		if !wrong || len(faults) != 1 || faults[0].Field != "name" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := d.AddMember(ctx, d.lead, cvd.Member{Name: "ADA  QUlLL", Email: "x@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	refused("added", err)
	bo := d.member(d.add("Bo Lark", "bo@example.org", cvd.RoleMember).ID)
	bo.Name = "Ada Quill"
	refused("renamed", d.ChangeMember(ctx, keeper.ActorOf(bo), bo))
	bo.Name, bo.Active = "Bo Lark", false
	d.ok(d.ChangeMember(ctx, d.lead, bo))
	d.add("Bo Lark", "bo.2@example.org", cvd.RoleMember)
	bo.Active = true
	refused("back", d.ChangeMember(ctx, d.lead, bo))
	bo.Name = "Bo F. Lark"
	d.ok(d.ChangeMember(ctx, d.lead, bo))
}
