package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// tokensOf makes one token of each kind for the member and gives what they open.
func (d *desk) tokensOf(who cvd.Actor) map[string]string {
	d.Helper()
	out := map[string]string{}
	for name, by := range map[string]cvd.Actor{"own": who, "own machine": who, "of a lead": d.lead} {
		secret, _, err := d.CreateToken(d.Context(), by, auth.Token{Name: name, Member: who.ID, Machine: name != "own"})
		d.ok(err)
		out[name] = secret
	}
	return out
}

func (d *desk) opens(secret string) bool {
	_, err := d.Token(d.Context(), secret)
	if err != nil {
		d.want(err, cvd.ErrUnauthenticated)
	}
	return err == nil
}

// Whoever was in for a while may have made tokens to stay: they end with the
// sessions. What others made for the member is theirs to end, but for a lead who
// ends everything.
func TestTokensEndWithTheSessions(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(d *desk, bo cvd.Actor, s auth.Session)
		stay string
	}{
		"a new password": {func(d *desk, bo cvd.Actor, s auth.Session) {
			d.ok(d.SetPassword(auth.InSession(t.Context(), s), bo, "", goodPassword))
		}, "of a lead"},
		"the member":             {func(d *desk, bo cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), bo, bo.ID)) }, "of a lead"},
		"a lead":                 {func(d *desk, bo cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), d.lead, bo.ID)) }, ""},
		"a lead, of another":     {func(d *desk, _ cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), d.lead, d.lead.ID)) }, "all"},
		"another's new password": {func(d *desk, _ cvd.Actor, _ auth.Session) { d.password(d.lead, otherPassword) }, "all"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
			s := d.link(bo)
			secrets := d.tokensOf(bo)
			c.end(d, bo, s)
			for kind, secret := range secrets {
				if want := c.stay == "all" || c.stay == kind; d.opens(secret) != want {
					t.Errorf("the token %q: works %t, want %t", kind, !want, want)
				}
			}
		})
	}
}

// Only the house itself and whoever holds the data folder make tokens that act as
// another person, and the trail says which of the two it was.
func TestOnlyTheOperatorMakesPersonalTokensForOthers(t *testing.T) {
	secret := auth.TokenPrefix + "operator-operator-operator-operator-operat1"
	d := openWith(t, auth.Options{DevFastHash: true, Operator: secret})
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	keeper, err := d.Token(t.Context(), secret)
	d.ok(err)
	for _, by := range []cvd.Actor{keeper, cvd.System} {
		d.clock.pass(time.Second)
		made, _, err := d.CreateToken(t.Context(), by, auth.Token{Name: "x", Member: bo.ID})
		d.ok(err)
		if a, err := d.Token(t.Context(), made); err != nil || a.Kind != cvd.ActorMember {
			t.Errorf("%v %v", a, err)
		}
		trail, err := d.Audit(t.Context(), d.lead, 1)
		d.ok(err)
		if trail[0].Act != auth.ActTokenMade || trail[0].By != by.Ref() {
			t.Errorf("recorded as %+v, made by %s", trail[0], by.Ref())
		}
	}
	_, _, err = d.CreateToken(t.Context(), d.lead, auth.Token{Name: "x", Member: bo.ID})
	d.want(err, cvd.ErrInvalid)
}

func TestWhoMadeALinkIsRecorded(t *testing.T) {
	d := open(t)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	s := d.link(d.lead)
	for _, c := range []struct {
		by   string
		make func() (string, error)
	}{
		{cvd.System.Ref(), func() (string, error) { return d.NewLink(t.Context(), bo.ID, time.Hour) }},
		{d.lead.Ref(), func() (string, error) { return d.NewLink(auth.InSession(t.Context(), s), bo.ID, time.Hour) }},
		{"machine/operator", func() (string, error) {
			return d.NewLink(auth.AskedBy(t.Context(), cvd.Actor{Kind: cvd.ActorMachine, ID: "operator"}), bo.ID, time.Hour)
		}},
	} {
		d.clock.pass(time.Second)
		_, err := c.make()
		d.ok(err)
		trail, err := d.Audit(t.Context(), d.lead, 10)
		d.ok(err)
		if n := len(trail); n == 0 || trail[0].Act != auth.ActLinkMade || trail[0].By != c.by {
			t.Errorf("recorded as %+v, want %s", trail[0], c.by)
		}
	}
}

// Guesses from elsewhere do not lock a member out, until they are a flood.
func TestGuessesOfOthersLockNobodyOut(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	tries := 0
	guess := func(from string) (limited bool) {
		tries++
		_, err := d.SignIn(t.Context(), leadEmail, "wrong", from)
		return errors.Is(err, cvd.ErrLimited)
	}
	for !guess("192.0.2.66") {
	}
	if tries != 11 {
		t.Errorf("the eleventh guess is stopped, not number %d", tries)
	}
	if _, err := d.SignIn(t.Context(), leadEmail, goodPassword, "192.0.2.7"); err != nil {
		t.Errorf("the member is locked out by a stranger: %v", err)
	}
	for i := 0; !guess(fmt.Sprintf("198.51.100.%d", i)); i++ {
		if i > 200 {
			t.Fatal("a flood of guesses from everywhere has no limit")
		}
	}
}

// A stolen session is no way to guess the password.
func TestProofsAreLimited(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	s := d.password(d.lead, goodPassword)
	for range 10 {
		_, err := d.Prove(ctx, s.Token, auth.Proof{Password: "wrong wrong wrong"})
		d.want(err, cvd.ErrInvalid)
	}
	_, err := d.Prove(ctx, s.Token, auth.Proof{Password: goodPassword})
	d.want(err, cvd.ErrLimited)
}

// The operator lets somebody in anew who lost everything, or whose account somebody
// took over: nothing that let in before does, and the link stands for itself.
func TestResetMember(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	s := d.password(d.lead, goodPassword)
	d.factor(d.lead)
	dev := d.device(d.lead, "Laptop")
	link, err := d.NewLink(ctx, d.lead.ID, time.Hour)
	d.ok(err)
	token, _, err := d.CreateToken(ctx, d.lead, auth.Token{Name: "mine"})
	d.ok(err)
	bo := d.add("Bo", "bo@example.org", cvd.RoleLead)
	for name, by := range map[string]cvd.Actor{"another lead": bo, "themselves": d.lead, "the house": cvd.System, "nobody": cvd.Stranger} {
		if _, err := d.ResetMember(ctx, by, d.lead.ID, time.Hour); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = d.ResetMember(ctx, auth.Operator, "m-nobody", time.Hour)
	d.want(err, cvd.ErrNotFound)
	code, err := d.ResetMember(ctx, auth.Operator, d.lead.ID, time.Hour)
	d.ok(err)
	if d.alive(s.Token) {
		t.Error("a session goes on")
	}
	_, err = d.SignIn(ctx, leadEmail, goodPassword, "")
	d.want(err, cvd.ErrUnauthenticated)
	c := d.ask()
	_, err = d.SignInPasskey(ctx, c.ID, dev.Get(c.Options), "")
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.UseLink(ctx, link)
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.Token(ctx, token)
	d.want(err, cvd.ErrUnauthenticated)
	in, err := d.UseLink(ctx, code)
	d.ok(err)
	if in.Half || d.acts()[auth.ActReset] != 1 {
		t.Errorf("%+v", in)
	}
	if m, err := d.Means(ctx, d.lead.ID); err != nil || m.Password || m.Second() {
		t.Errorf("%+v %v", m, err)
	}
	d.ok(d.SetPassword(auth.InSession(ctx, in), d.lead, "", goodPassword))
	gone := d.member(bo.ID)
	gone.Active = false
	d.ok(d.ChangeMember(ctx, d.lead, gone))
	_, err = d.ResetMember(ctx, auth.Operator, bo.ID, time.Hour)
	d.want(err, cvd.ErrNotReady)
}
