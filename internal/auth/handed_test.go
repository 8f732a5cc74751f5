package auth_test

import (
	"fmt"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// handed is what a lead hands out for somebody else to come in by.
type handed struct {
	link, session, token string
}

func (d *desk) handOut(by, to cvd.Actor) (h handed) {
	d.Helper()
	ctx := auth.AskedBy(d.Context(), by)
	var err error
	h.link, err = d.NewLink(ctx, to.ID, time.Hour)
	d.ok(err)
	used, err := d.NewLink(ctx, to.ID, time.Hour)
	d.ok(err)
	s, err := d.UseLink(ctx, used)
	d.ok(err)
	h.session = s.Token
	h.token, _, err = d.CreateToken(ctx, by, auth.Token{Name: "x", Member: to.ID, Machine: true})
	d.ok(err)
	return h
}

// lives tells which of them still open; it uses the link up.
func (d *desk) lives(h handed) (link, session, token bool) {
	d.Helper()
	_, err := d.UseLink(d.Context(), h.link)
	return err == nil, d.alive(h.session), d.opens(h.token)
}

// What somebody handed out ends with their right to hand it out, and with what ends
// everything that an intruder in their place may have made.
func TestWhatWasHandedOutEndsWithTheRightTo(t *testing.T) {
	type ways struct{ link, session, token bool }
	none, all, listed := ways{}, ways{true, true, true}, ways{token: true}
	change := func(to func(*cvd.Member)) func(*desk, cvd.Actor, auth.Session) {
		return func(d *desk, ed cvd.Actor, _ auth.Session) {
			was := d.member(ed.ID)
			m := was
			to(&m)
			d.ok(d.ChangeMember(d.Context(), d.lead, m))
			d.ok(d.ChangeMember(d.Context(), d.lead, was)) // it does not come back either
		}
	}
	for name, c := range map[string]struct {
		end  func(d *desk, ed cvd.Actor, s auth.Session)
		want ways
	}{
		"nothing":      {func(*desk, cvd.Actor, auth.Session) {}, all},
		"let go":       {change(func(m *cvd.Member) { m.Active = false }), none},
		"no lead":      {change(func(m *cvd.Member) { m.Roles = []cvd.Role{cvd.RoleMember} }), none},
		"another name": {change(func(m *cvd.Member) { m.Name = "Ed L." }), all},
		"signed out":   {func(d *desk, ed cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), d.lead, ed.ID)) }, none},
		"themselves":   {func(d *desk, ed cvd.Actor, _ auth.Session) { d.ok(d.EndSessions(t.Context(), ed, ed.ID)) }, none},
		"reset": {func(d *desk, ed cvd.Actor, _ auth.Session) {
			_, err := d.ResetMember(t.Context(), auth.Operator, ed.ID, time.Hour)
			d.ok(err)
		}, none},
		"password": {func(d *desk, ed cvd.Actor, s auth.Session) {
			d.ok(d.SetPassword(auth.InSession(t.Context(), s), ed, goodPassword, otherPassword))
		}, none},
		"other sessions": {func(d *desk, ed cvd.Actor, s auth.Session) {
			d.ok(d.EndOthers(auth.InSession(t.Context(), s), ed))
		}, listed},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			ed := d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
			bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
			s := d.password(ed, goodPassword)
			h, others := d.handOut(ed, bo), d.handOut(d.lead, bo)
			c.end(d, ed, s)
			var got ways
			if got.link, got.session, got.token = d.lives(h); got != c.want {
				t.Errorf("%+v live, want %+v", got, c.want)
			}
			if got.link, got.session, got.token = d.lives(others); got != all {
				t.Errorf("of what another lead handed out %+v live", got)
			}
		})
	}
}

// A right that is gone counts where it is used, even if what was handed out is brought
// back, as by an old backup.
func TestWhoVouchesIsAskedAtUse(t *testing.T) {
	d := open(t)
	ed := d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	h := d.handOut(ed, bo)
	kept := d.records(auth.RecordLink, auth.RecordSession, auth.RecordToken)
	m := d.member(ed.ID)
	m.Roles = []cvd.Role{cvd.RoleMember}
	d.ok(d.ChangeMember(t.Context(), d.lead, m))
	d.bringBack(kept)
	if link, session, token := d.lives(h); link || session || token {
		t.Errorf("link %t, session %t, token %t", link, session, token)
	}
}

// Somebody who proved who they are does not depend on who let them in.
func TestAProvedSessionIsTheMembersOwn(t *testing.T) {
	d := open(t)
	ed := d.add("Ed Lane", "ed@example.org", cvd.RoleLead)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	d.password(bo, goodPassword)
	h := d.handOut(ed, bo)
	s, err := d.Prove(t.Context(), h.session, auth.Proof{Password: goodPassword})
	d.ok(err)
	d.ok(d.EndSessions(t.Context(), d.lead, ed.ID))
	if !d.alive(s.Token) {
		t.Error("their session ended")
	}
}

// Nobody has so many tokens that one could hide behind the others: each member has a
// hundred at most, and a lead sees and revokes all of them.
func TestNoTokenHides(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	first, oldest, err := d.CreateToken(ctx, bo, auth.Token{Name: "x"})
	d.ok(err)
	const each = 100
	made := 1
	for n := range 11 {
		who := bo
		if n > 0 {
			who = d.add(fmt.Sprintf("N%d", n), fmt.Sprintf("n%d@example.org", n), cvd.RoleMember)
		}
		d.clock.pass(time.Second)
		for made < each*(n+1) {
			_, _, err := d.CreateToken(ctx, who, auth.Token{Name: "x"})
			d.ok(err)
			made++
		}
		_, _, err = d.CreateToken(ctx, who, auth.Token{Name: "x"})
		d.want(err, cvd.ErrInvalid)
	}
	if list, err := d.Tokens(ctx, d.lead); err != nil || len(list) != made {
		t.Errorf("%d of %d are listed, %v", len(list), made, err)
	}
	d.ok(d.RevokeToken(ctx, d.lead, oldest.ID))
	if d.opens(first) {
		t.Error("it opens still")
	}
	_, _, err = d.CreateToken(ctx, bo, auth.Token{Name: "x"})
	d.ok(err)
}

// An actor says through whom they come, where a colleague made the token or the link,
// until they show who they are. The house and the operator are nobody's colleague.
func TestWhomSomebodyComesThrough(t *testing.T) {
	d := open(t)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	d.password(bo, goodPassword)
	for name, c := range map[string]struct {
		by   cvd.Actor
		want string
	}{
		"a lead":       {d.lead, d.lead.Ref()},
		"the house":    {cvd.System, ""},
		"the operator": {auth.Operator, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := d.NewLink(auth.AskedBy(t.Context(), c.by), bo.ID, time.Hour)
			d.ok(err)
			s, err := d.UseLink(t.Context(), code)
			d.ok(err)
			seen, err := d.Look(t.Context(), s.Token)
			d.ok(err)
			secret, _, err := d.CreateToken(t.Context(), c.by, auth.Token{Name: "x", Member: bo.ID, Machine: true})
			d.ok(err)
			robot, err := d.Token(t.Context(), secret)
			d.ok(err)
			for what, who := range map[string]cvd.Actor{"at once": s.Actor, "later": seen.Actor, "machine": robot} {
				if who.Through != c.want || who.Human() != (c.want == "" && who.Kind == cvd.ActorMember) {
					t.Errorf("%s: through %q, human %v", what, who.Through, who.Human())
				}
			}
			shown, err := d.Prove(t.Context(), s.Token, auth.Proof{Password: goodPassword})
			d.ok(err)
			seen, err = d.Look(t.Context(), shown.Token)
			d.ok(err)
			if shown.Actor.Through+seen.Actor.Through != "" || !seen.Actor.Human() {
				t.Errorf("proved, and through %q", shown.Actor.Through)
			}
		})
	}
	secret, _, err := d.CreateToken(t.Context(), bo, auth.Token{Name: "own", Machine: true})
	d.ok(err)
	if own, err := d.Token(t.Context(), secret); err != nil || own.Through != "" {
		t.Errorf("their own: %+v, %v", own, err)
	}
}
