package auth_test

import (
	"errors"
	"fmt"
	"slices"
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
		stay []string
	}{
		"a new password": {func(d *desk, bo cvd.Actor, s auth.Session) {
			d.ok(d.SetPassword(auth.InSession(t.Context(), s), bo, "", goodPassword))
		}, []string{"of a lead"}},
		"the member":               {func(d *desk, bo cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), bo, bo.ID)) }, []string{"of a lead"}},
		"a lead":                   {func(d *desk, bo cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), d.lead, bo.ID)) }, nil},
		"a lead, of another":       {func(d *desk, _ cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), d.lead, d.lead.ID)) }, []string{"own", "own machine"}},
		"another's first password": {func(d *desk, _ cvd.Actor, _ auth.Session) { d.password(d.lead, otherPassword) }, []string{"own", "own machine", "of a lead"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
			s := d.link(bo)
			secrets := d.tokensOf(bo)
			c.end(d, bo, s)
			for kind, secret := range secrets {
				if want := slices.Contains(c.stay, kind); d.opens(secret) != want {
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

// One source that guesses for hours, as fast as it may, takes nothing from the others: not
// for the member, nor for an address that nobody has.
func TestOneSourceStarvesNobody(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	for i := range 3 * 60 {
		for _, email := range []string{leadEmail, "nobody@example.org"} {
			for range 5 {
				if _, err := d.SignIn(t.Context(), email, "wrong", "192.0.2.66"); err == nil {
					t.Fatal("a wrong password opens")
				}
			}
			if i%10 > 0 {
				continue
			}
			want := cvd.ErrUnauthenticated
			if _, err := d.SignIn(t.Context(), email, "wrong", fmt.Sprintf("198.51.%d.%d", i/250, i%250)); !errors.Is(err, want) {
				t.Fatalf("minute %d, %s from elsewhere: %v", i, email, err)
			}
		}
		d.clock.pass(time.Minute)
	}
}

// A flood from everywhere stops those who come from where nobody came in before, and says
// so; whoever comes from where they signed in, or set the password, is not stopped, after a
// restart neither. How many sources are remembered has an end.
func TestAFloodLocksNobodyOutWhereTheyWere(t *testing.T) {
	d := open(t)
	first := d.link(d.lead)
	d.ok(d.SetPassword(auth.WithOrigin(auth.InSession(t.Context(), first), "203.0.113.1", ""), d.lead, "", goodPassword))
	for i := 2; i <= 8; i++ {
		_, err := d.SignIn(t.Context(), leadEmail, goodPassword, fmt.Sprintf("203.0.113.%d", i))
		d.ok(err)
		d.clock.pass(time.Minute)
	}
	again := auth.New(d.store, d.vault, auth.Options{Now: d.clock.now, DevFastHash: true})
	tries := 0
	flood := func() {
		t.Helper()
		for i := 0; ; i++ {
			if i > 400 {
				t.Fatal("a flood of guesses from everywhere has no limit")
			}
			_, err := again.SignIn(t.Context(), leadEmail, "wrong", fmt.Sprintf("198.51.100.%d", i))
			if errors.Is(err, cvd.ErrLimited) {
				return
			}
			tries++
		}
	}
	from := func(where, secret string) error {
		_, err := again.SignIn(t.Context(), leadEmail, secret, where)
		return err
	}
	flood()
	if tries != 100 {
		t.Errorf("%d guesses in one go from everywhere", tries)
	}
	d.want(from("192.0.2.1", goodPassword), cvd.ErrLimited)
	for i := 1; i <= 8; i++ {
		d.ok(from(fmt.Sprintf("203.0.113.%d", i), goodPassword))
	}
	for range 10 { // there too, only so many may fail
		d.want(from("203.0.113.5", "wrong"), cvd.ErrUnauthenticated)
	}
	d.want(from("203.0.113.5", goodPassword), cvd.ErrLimited)
	for range 20 { // to be refused for the sake of others takes nothing
		d.want(from("192.0.2.1", goodPassword), cvd.ErrLimited)
	}
	d.clock.pass(30 * time.Second)
	d.ok(from("192.0.2.1", goodPassword))
	flood()
	d.want(from("203.0.113.1", goodPassword), cvd.ErrLimited) // the ninth: forgotten
	d.ok(from("192.0.2.1", goodPassword))

	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	d.password(bo, otherPassword)
	for i := range 100 {
		_, err := again.SignIn(t.Context(), "bo@example.org", "wrong", fmt.Sprintf("198.51.100.%d", i%20))
		d.want(err, cvd.ErrUnauthenticated)
		d.clock.pass(time.Millisecond)
		if i%20 == 19 {
			d.clock.pass(4 * time.Second) // sources may do only so much
		}
	}
	_, err := again.SignIn(t.Context(), "bo@example.org", otherPassword, "192.0.2.1")
	d.want(err, cvd.ErrLimited) // where another member came in says nothing of this one
}

// What strangers may write as an address never reaches the tries of those who are in.
func TestGuessesReachNoProof(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	phone, _ := d.factor(d.lead)
	half, err := d.SignIn(t.Context(), leadEmail, goodPassword, "")
	d.ok(err)
	s, err := d.Second(t.Context(), half.Token, phone.code())
	d.ok(err)
	d.clock.pass(time.Minute)
	for i := range 300 {
		for _, email := range []string{"second/" + d.lead.ID, d.lead.ID, "proof\n" + d.lead.ID, leadEmail} {
			_, _ = d.SignIn(t.Context(), email, "wrong", fmt.Sprintf("198.51.%d.%d", i/200, i%200))
		}
	}
	_, err = d.Prove(t.Context(), s.Token, auth.Proof{Password: goodPassword, Code: phone.code()})
	d.ok(err)
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

// Whoever took a browser over whose member has no password sets none to prove with: a
// first one wants a proof of the moment, however the session began.
func TestAFirstPasswordWantsAProof(t *testing.T) {
	for way, start := range map[auth.Way]func(d *desk, bo cvd.Actor) auth.Session{
		auth.WayLink: func(d *desk, bo cvd.Actor) auth.Session { return d.operated(bo) },
		auth.WayPasskey: func(d *desk, bo cvd.Actor) auth.Session {
			s, err := d.StartMember(t.Context(), bo.ID, auth.WayPasskey, true, nil)
			d.ok(err)
			return s
		},
		auth.WayProvider: func(d *desk, bo cvd.Actor) auth.Session {
			s, err := d.StartMember(t.Context(), bo.ID, auth.WayProvider, true, nil)
			d.ok(err)
			return s
		},
	} {
		d := open(t)
		bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
		dev := d.device(bo, "Laptop")
		s := start(d, bo)
		other := start(d, bo)
		d.clock.pass(auth.FreshFor + time.Second)
		if err := d.SetPassword(auth.InSession(t.Context(), s), bo, "", goodPassword); !errors.Is(err, cvd.ErrNotReady) || !d.alive(other.Token) {
			t.Errorf("%s: %v", way, err)
		}
		c, err := d.AskProof(t.Context(), bo, d.place(site))
		d.ok(err)
		s, err = d.Prove(t.Context(), s.Token, auth.Proof{Ceremony: c.ID, Answer: dev.Get(c.Options)})
		d.ok(err)
		d.ok(d.SetPassword(auth.InSession(t.Context(), s), bo, "", goodPassword))
	}
}

// Whoever makes a link for a member sets no password over the one that there is: it would
// stand for the member's name to them. A lead takes a forgotten one away instead, which
// its owner notices and the trail tells.
func TestALentSessionReplacesNoPassword(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	own := d.password(bo, goodPassword)
	lent := func() auth.Session {
		code, err := d.NewLink(auth.AskedBy(ctx, d.lead), bo.ID, time.Hour)
		d.ok(err)
		s, err := d.UseLink(ctx, code)
		d.ok(err)
		return s
	}
	s := lent()
	d.want(d.SetPassword(auth.InSession(ctx, s), bo, "", otherPassword), cvd.ErrInvalid)
	_, err := d.Prove(ctx, s.Token, auth.Proof{Password: otherPassword})
	d.want(err, cvd.ErrInvalid)
	if _, err := d.SignIn(ctx, "bo@example.org", goodPassword, ""); err != nil {
		t.Fatalf("their password is another: %v", err)
	}

	token, _, err := d.CreateToken(ctx, bo, auth.Token{Name: "own"})
	d.ok(err)
	for name, by := range map[string]cvd.Actor{"themselves": bo, "a stranger": cvd.Stranger} {
		if err := d.ForgetPassword(ctx, by, bo.ID); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.want(d.ForgetPassword(ctx, d.lead, d.lead.ID), cvd.ErrForbidden)
	d.want(d.ForgetPassword(ctx, d.lead, "m-nobody22"), cvd.ErrNotFound)
	d.ok(d.ForgetPassword(ctx, d.lead, bo.ID))
	if d.alive(own.Token) || d.alive(s.Token) || d.opens(token) || d.acts()[auth.ActPasswordGone] != 1 {
		t.Error("something goes on, or the trail does not tell")
	}
	_, err = d.SignIn(ctx, "bo@example.org", goodPassword, "")
	d.want(err, cvd.ErrUnauthenticated)
	d.want(d.ForgetPassword(ctx, d.lead, bo.ID), cvd.ErrNotReady)
	d.ok(d.SetPassword(auth.InSession(ctx, lent()), bo, "", otherPassword))

	// Who shows their second factor behind the link has shown something of their own.
	_, paper := d.factor(bo)
	code, err := d.NewLink(auth.AskedBy(ctx, d.lead), bo.ID, time.Hour)
	d.ok(err)
	waits, err := d.UseLink(ctx, code)
	d.ok(err)
	whole, err := d.Second(ctx, waits.Token, paper[0])
	d.ok(err)
	d.ok(d.SetPassword(auth.InSession(ctx, whole), bo, "", goodPassword))
}
