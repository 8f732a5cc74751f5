package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// app is somebody's app that makes codes.
type app struct {
	d      *desk
	secret string
}

func (a app) code() string {
	a.d.Helper()
	c, err := totp.GenerateCode(a.secret, a.d.clock.now())
	a.d.ok(err)
	return c
}

// factor sets a second factor up for the member and returns their app and the
// codes on paper. A minute passes, so that the next code is another.
func (d *desk) factor(by cvd.Actor) (app, []string) {
	d.Helper()
	_, secret, err := d.OfferSecond(d.Context(), by, "Tidewater")
	d.ok(err)
	phone := app{d, secret}
	paper, err := d.ConfirmSecond(d.Context(), by, phone.code())
	d.ok(err)
	d.clock.pass(time.Minute)
	return phone, paper
}

func (d *desk) halfway(token string) bool {
	_, ok := d.Waiting(d.Context(), token)
	return ok
}

// With a second factor the password alone opens nothing, whatever is asked with
// the token that it gives; a code makes another token of it, once.
func TestSecondFactor(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	phone, paper := d.factor(d.lead)
	half, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	if !half.Half || !d.halfway(half.Token) {
		t.Fatalf("the password alone gives %+v", half)
	}
	_, err = d.Look(ctx, half.Token)
	d.want(err, cvd.ErrUnauthenticated)
	mine, err := d.Sessions(ctx, d.lead)
	d.ok(err)
	for _, s := range mine {
		if s.ID == half.ID {
			t.Error("half a session is listed as one")
		}
	}
	_, err = d.Second(ctx, half.Token, "000000")
	d.want(err, cvd.ErrUnauthenticated)
	code := phone.code()
	whole, err := d.Second(ctx, half.Token, code)
	d.ok(err)
	if whole.Half || whole.Token == half.Token {
		t.Errorf("%+v", whole)
	}
	_, err = d.Look(ctx, whole.Token)
	d.ok(err)
	_, err = d.Second(ctx, half.Token, paper[0]) // the half one is gone
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.Second(ctx, whole.Token, paper[0]) // and a whole one is none
	d.want(err, cvd.ErrUnauthenticated)
	again, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	_, err = d.Second(ctx, again.Token, code) // a code works once
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.Second(ctx, again.Token, paper[0])
	d.ok(err)
	has, err := d.HasSecond(ctx, d.lead.ID)
	d.ok(err)
	if !has.On || has.Paper != len(paper)-1 {
		t.Errorf("%+v", has)
	}
}

// Of many tries of one code at once, one gets in.
func TestOneCodeOneSession(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	phone, _ := d.factor(d.lead)
	tokens := make(chan string, 8)
	for range 8 {
		half, err := d.SignIn(t.Context(), leadEmail, goodPassword, "")
		d.ok(err)
		tokens <- half.Token
	}
	code, won := phone.code(), 0
	for _, err := range together(t.Context(), 8, func(ctx context.Context) error {
		_, err := d.Second(ctx, <-tokens, code)
		return err
	}) {
		if err == nil {
			won++
			continue
		}
		d.want(err, cvd.ErrUnauthenticated)
	}
	if won != 1 {
		t.Errorf("one code opened %d sessions", won)
	}
}

// Half a session runs out by itself, and guesses of the code are limited wherever
// they come from.
func TestHalfASessionRunsOut(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	phone, _ := d.factor(d.lead)
	half, err := d.SignIn(t.Context(), leadEmail, goodPassword, "")
	d.ok(err)
	limited := false
	for range 20 {
		_, err := d.Second(t.Context(), half.Token, "000000")
		limited = limited || (err != nil && errors.Is(err, cvd.ErrLimited))
	}
	if !limited {
		t.Error("guesses of a code are not limited")
	}
	d.clock.pass(11 * time.Minute)
	_, err = d.Second(t.Context(), half.Token, phone.code())
	d.want(err, cvd.ErrUnauthenticated)
	if d.halfway(half.Token) {
		t.Error("it is still half a session")
	}
}

// A link of a lead does not stand for the second factor; one of the operator of
// the machine does.
func TestLinksAndTheSecondFactor(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	d.factor(d.lead)
	operator := cvd.Actor{Kind: cvd.ActorMachine, ID: "operator", Roles: []cvd.Role{cvd.RoleLead}}
	for _, c := range []struct {
		by   cvd.Actor
		half bool
	}{{d.lead, true}, {cvd.System, true}, {operator, false}} {
		code, err := d.NewLink(auth.AskedBy(ctx, c.by), d.lead.ID, time.Hour)
		d.ok(err)
		s, err := d.UseLink(ctx, code)
		d.ok(err)
		if s.Half != c.half {
			t.Errorf("by %s: half is %v", c.by.Ref(), s.Half)
		}
	}
}

// What was only offered counts for nothing, and runs out.
func TestOfferedIsNotSet(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	_, secret, err := d.OfferSecond(t.Context(), d.lead, "Tidewater")
	d.ok(err)
	s, err := d.SignIn(t.Context(), leadEmail, goodPassword, "")
	d.ok(err)
	if s.Half {
		t.Error("a factor of which no code was shown is asked for")
	}
	_, err = d.ConfirmSecond(t.Context(), d.lead, "000000")
	d.want(err, cvd.ErrInvalid)
	d.clock.pass(16 * time.Minute)
	_, err = d.ConfirmSecond(t.Context(), d.lead, app{d, secret}.code())
	d.want(err, cvd.ErrNotReady)
}

// Setting one ends the other sessions; new codes end the old; both of that and taking it
// away want a proof of the moment (ASVS 5.0.0 V7.5.1); another lead can do it for somebody, and nobody else.
func TestSecondFactorOverItsLife(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	other, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	phone, old := d.factor(d.lead)
	_, err = d.Look(ctx, other.Token)
	d.want(err, cvd.ErrUnauthenticated)
	s := d.operated(d.lead)
	d.clock.pass(auth.FreshFor + time.Second)
	stale := auth.InSession(ctx, s)
	_, err = d.NewPaper(stale, d.lead)
	d.want(err, cvd.ErrNotReady)
	d.want(d.RemoveSecond(stale, d.lead), cvd.ErrNotReady)
	d.want(d.RemoveSecond(ctx, d.lead), cvd.ErrNotReady)
	s, err = d.Prove(ctx, s.Token, auth.Proof{Password: goodPassword, Code: phone.code()})
	d.ok(err)
	fresh := auth.InSession(ctx, s)
	renewed, err := d.NewPaper(fresh, d.lead)
	d.ok(err)
	for code, want := range map[string]bool{old[0]: false, renewed[0]: true} {
		next, err := d.Prove(ctx, s.Token, auth.Proof{Password: goodPassword, Code: code})
		if want != (err == nil) {
			t.Errorf("a code on paper: %v, want %t", err, want)
		}
		if want {
			s = next
		}
	}
	d.want(d.ResetSecond(ctx, d.lead, d.lead.ID), cvd.ErrForbidden)
	d.want(d.ResetSecond(ctx, cvd.Actor{Kind: cvd.ActorMember, ID: "x", Roles: []cvd.Role{cvd.RoleMember}}, d.lead.ID), cvd.ErrForbidden)
	d.want(d.ResetSecond(ctx, cvd.Actor{Kind: cvd.ActorMember, ID: "x", Roles: []cvd.Role{cvd.RoleLead}}, "m-nobody22"), cvd.ErrNotFound)
	d.ok(d.ResetSecond(ctx, cvd.Actor{Kind: cvd.ActorMember, ID: "x", Roles: []cvd.Role{cvd.RoleLead}}, d.lead.ID))
	has, err := d.HasSecond(ctx, d.lead.ID)
	d.ok(err)
	if has.On {
		t.Error("it is still there")
	}
	d.clock.pass(time.Minute)
	d.factor(d.lead)
	d.ok(d.RemoveSecond(auth.InSession(ctx, d.operated(d.lead)), d.lead))
	s, err = d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	if s.Half {
		t.Error("a factor that was taken away is asked for")
	}
}
