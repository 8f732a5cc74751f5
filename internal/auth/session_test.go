package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

func (d *desk) phc(id string) string {
	d.Helper()
	var c struct {
		PHC string `json:"phc"`
	}
	d.ok(d.store.View(d.Context(), func(tx store.Tx) error {
		rec, err := tx.Record(auth.RecordCredential, id)
		if err != nil {
			return err
		}
		return d.vault.Read(rec, &c)
	}))
	return c.PHC
}

func TestSessionsRunOut(t *testing.T) {
	type step struct {
		pass  time.Duration
		alive bool
	}
	use := func(every time.Duration, n int) []step {
		steps := make([]step, n)
		for i := range steps {
			steps[i] = step{every, true}
		}
		return steps
	}
	for name, c := range map[string]struct {
		reporter bool
		steps    []step
	}{
		"member at once":            {false, []step{{0, true}}},
		"member just not idle":      {false, []step{{time.Hour - time.Second, true}}},
		"member idle":               {false, []step{{time.Hour, false}}},
		"member used, then idle":    {false, []step{{59 * time.Minute, true}, {59 * time.Minute, true}, {time.Hour, false}}},
		"member used for 12 hours":  {false, append(use(30*time.Minute, 23), step{30*time.Minute - time.Second, true}, step{time.Second, false})},
		"reporter just not idle":    {true, []step{{30*time.Minute - time.Second, true}}},
		"reporter idle":             {true, []step{{30 * time.Minute, false}}},
		"reporter used, then idle":  {true, []step{{29 * time.Minute, true}, {29 * time.Minute, true}, {30 * time.Minute, false}}},
		"reporter used for 12 hour": {true, append(use(20*time.Minute, 35), step{20 * time.Minute, false})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			s := auth.Session{}
			if c.reporter {
				_, actor := d.receipt("FL-2026-AAAAAA2")
				var err error
				s, err = d.StartReporter(t.Context(), actor)
				d.ok(err)
			} else {
				s = d.link(d.lead)
			}
			for i, step := range c.steps {
				d.clock.pass(step.pass)
				if got := d.alive(s.Token); got != step.alive {
					t.Fatalf("step %d, %s later: alive %t, want %t", i, step.pass, got, step.alive)
				}
			}
		})
	}
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	d := open(t)
	s := d.link(d.lead)
	start := d.clock.now()
	for _, c := range []struct{ pass, seen time.Duration }{
		{30 * time.Second, 0}, {29 * time.Second, 0}, {time.Second, time.Minute}, {59 * time.Second, time.Minute}, {time.Second, 2 * time.Minute},
	} {
		d.clock.pass(c.pass)
		got, err := d.Look(t.Context(), s.Token)
		d.ok(err)
		if want := start.Add(c.seen); !got.Seen.Equal(want) {
			t.Errorf("seen %s, want %s", got.Seen, want)
		}
		mine, err := d.Sessions(t.Context(), d.lead)
		d.ok(err)
		if !mine[0].Seen.Equal(got.Seen) {
			t.Errorf("stored %s, answered %s", mine[0].Seen, got.Seen)
		}
	}
}

// A page that asks by itself keeps nobody signed in.
func TestAGlanceIsNoUse(t *testing.T) {
	d := open(t)
	s := d.link(d.lead)
	for range 3 {
		d.clock.pass(19 * time.Minute)
		got, err := d.Glance(t.Context(), s.Token)
		d.ok(err)
		if got.Actor.ID != d.lead.ID || !got.Seen.Equal(s.Seen) {
			t.Errorf("%+v", got)
		}
	}
	d.clock.pass(3 * time.Minute)
	if _, err := d.Glance(t.Context(), s.Token); !errors.Is(err, cvd.ErrUnauthenticated) || d.alive(s.Token) {
		t.Errorf("after an hour: %v", err)
	}
	if _, err := d.Glance(t.Context(), "x"); !errors.Is(err, cvd.ErrUnauthenticated) {
		t.Error(err)
	}
}

func TestEndingSessions(t *testing.T) {
	d := open(t)
	ctx := auth.WithOrigin(t.Context(), "192.0.2.7", "Walker/1.0\r\nX: y"+strings.Repeat("z", 500))
	code, err := d.NewLink(ctx, d.lead.ID, time.Hour)
	d.ok(err)
	one, err := d.UseLink(ctx, code)
	d.ok(err)
	two, three := d.link(d.lead), d.link(d.lead)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	his := d.link(bo)

	d.ok(d.SignOut(ctx, three.Token))
	d.ok(d.SignOut(ctx, three.Token))
	d.ok(d.SignOut(ctx, "nonsense"))
	mine, err := d.Sessions(ctx, d.lead)
	d.ok(err)
	if len(mine) != 2 {
		t.Fatalf("%d sessions are listed, want 2", len(mine))
	}
	for _, s := range mine {
		if s.Token != "" || (s.ID == one.ID && !strings.HasPrefix(s.Agent, "Walker/1.0X: yzz")) || len(s.Agent) > 200 {
			t.Errorf("listed: %+v", s)
		}
	}
	d.want(d.EndSession(ctx, d.lead, his.ID), cvd.ErrNotFound)
	d.want(d.EndSession(ctx, bo, one.ID), cvd.ErrNotFound)
	d.want(d.EndSession(ctx, d.lead, ""), cvd.ErrNotFound)
	d.ok(d.EndSession(ctx, d.lead, one.ID))
	if d.alive(one.Token) || !d.alive(two.Token) || d.alive(three.Token) || !d.alive(his.Token) {
		t.Error("not the right sessions ended")
	}
	d.want(d.EndSessions(ctx, bo, d.lead.ID), cvd.ErrForbidden)
	d.ok(d.EndSessions(ctx, d.lead, bo.ID))
	d.want(d.EndSessions(ctx, d.lead, ""), cvd.ErrNotFound)
	if d.alive(his.Token) || !d.alive(two.Token) {
		t.Error("a lead ends one member's sessions, not everybody's")
	}
	if n := d.acts(); n[auth.ActSignOut] != 1 || n[auth.ActSessionEnded] != 2 || n[auth.ActLinkUsed] != 4 {
		t.Errorf("the audit holds %v", n)
	}
	_, err = d.Sessions(ctx, cvd.Stranger)
	d.want(err, cvd.ErrForbidden)
}

func TestRolesAreReadAfresh(t *testing.T) {
	d := open(t)
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	s := d.link(bo)
	secret, _, err := d.CreateToken(t.Context(), bo, auth.Token{Name: "build"})
	d.ok(err)
	m := d.member(bo.ID)
	m.Roles, m.Name = []cvd.Role{cvd.RoleAuditor}, "Bo L."
	d.ok(d.ChangeMember(t.Context(), d.lead, m))
	got, err := d.Look(t.Context(), s.Token)
	d.ok(err)
	actor, err := d.Token(t.Context(), secret)
	d.ok(err)
	for _, a := range []cvd.Actor{got.Actor, actor} {
		if a.Is(cvd.RoleMember) || !a.Is(cvd.RoleAuditor) || a.Name != "Bo L." {
			t.Errorf("the actor is still %+v", a)
		}
	}
}

func TestDeactivatedMemberLosesEverything(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	bo := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	s := d.password(bo, goodPassword)
	secret, _, err := d.CreateToken(ctx, bo, auth.Token{Name: "build"})
	d.ok(err)
	code, err := d.NewLink(ctx, bo.ID, time.Hour)
	d.ok(err)
	kept := d.recordsOf(bo.ID, auth.RecordSession, auth.RecordToken, auth.RecordLink, auth.RecordCredential)
	m := d.member(bo.ID)
	m.Active = false
	d.ok(d.ChangeMember(ctx, d.lead, m))

	check := func(when string) {
		t.Helper()
		if d.alive(s.Token) {
			t.Errorf("%s: the session lives", when)
		}
		_, err = d.Token(ctx, secret)
		d.want(err, cvd.ErrUnauthenticated)
		_, err = d.UseLink(ctx, code)
		d.want(err, cvd.ErrUnauthenticated)
		_, err = d.SignIn(ctx, "bo@example.org", goodPassword, "")
		d.want(err, cvd.ErrUnauthenticated)
	}
	check("inactive")
	_, err = d.NewLink(ctx, bo.ID, time.Hour)
	d.want(err, cvd.ErrNotReady)
	_, _, err = d.CreateToken(ctx, d.lead, auth.Token{Name: "build", Member: bo.ID, Machine: true})
	d.want(err, cvd.ErrNotReady)
	m.Active = true
	d.ok(d.ChangeMember(ctx, d.lead, m))
	check("active again")
	m.Active = false
	d.ok(d.ChangeMember(ctx, d.lead, m))
	d.bringBack(kept)
	check("inactive, with all of it brought back")
	m.Active = true
	d.ok(d.ChangeMember(ctx, d.lead, m))
	if !d.alive(d.link(bo).Token) {
		t.Error("a new link does not let the member in again")
	}
	if len(kept) != 4 {
		t.Errorf("%d things were kept of the member, want a session, a token, a link and a password", len(kept))
	}
}

// What another server on the same store changes counts here with the next
// request, although nothing of it was asked for again meanwhile.
func TestWhatOthersChangeCountsAtOnce(t *testing.T) {
	d := open(t)
	other := auth.New(d.store, d.vault, auth.Options{Now: d.clock.now, DevFastHash: true})
	ben := d.add("Ben", "ben@example.org", cvd.RoleMember)
	s, mine := d.link(ben), d.link(d.lead)
	looked, err := d.Look(t.Context(), s.Token)
	d.ok(err)
	if looked.Actor.ID != ben.ID || looked.Actor.Is(cvd.RoleLead) {
		t.Fatalf("the session is %v's", looked.Actor)
	}
	m := d.member(ben.ID)
	m.Roles, m.Name = []cvd.Role{cvd.RoleLead}, "Benedict"
	d.ok(other.ChangeMember(t.Context(), d.lead, m))
	looked, err = d.Look(t.Context(), s.Token)
	d.ok(err)
	if !looked.Actor.Is(cvd.RoleLead) {
		t.Error("the new role does not count")
	}
	team, err := d.Members(t.Context())
	d.ok(err)
	if len(team) != 2 || team[1].Name != "Benedict" {
		t.Errorf("the team is %v", team)
	}
	team[1].Name = "scribbled" // what a caller does to its copy is its own
	team, err = d.Members(t.Context())
	d.ok(err)
	if team[1].Name != "Benedict" {
		t.Error("one caller's list is another's")
	}
	d.ok(other.SignOut(t.Context(), s.Token))
	if d.alive(s.Token) || !d.alive(mine.Token) {
		t.Error("the session that was ended lives, or another does not")
	}
	m = d.member(ben.ID)
	m.Active = false
	again := d.link(ben)
	d.ok(other.ChangeMember(t.Context(), d.lead, m))
	if d.alive(again.Token) {
		t.Error("the session of a member who is no longer active lives")
	}
}

// StartMember opens for active members only, and stands for the second factor
// only where it is said to.
func TestStartMember(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	m := d.member(d.add("Mara Lind", "mara@example.org", cvd.RoleMember).ID)
	for _, c := range []struct {
		id    string
		whole bool
		want  error
	}{{m.ID, false, nil}, {m.ID, true, nil}, {"m-nobody", true, cvd.ErrUnauthenticated}, {"", true, cvd.ErrUnauthenticated}} {
		s, err := d.StartMember(ctx, c.id, auth.WayProvider, c.whole, nil)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%q: %v", c.id, err)
		}
		if c.want == nil {
			got, err := d.Look(ctx, s.Token)
			d.ok(err)
			if got.Actor.ID != m.ID || got.Way != auth.WayProvider || got.ViaLink {
				t.Errorf("%+v", got)
			}
		}
	}
	refuse := errors.New("no")
	if _, err := d.StartMember(ctx, m.ID, auth.WayProvider, true, func(store.Tx) error { return refuse }); !errors.Is(err, refuse) {
		t.Errorf("what else belongs to it was not done, and yet: %v", err)
	}
	own, err := d.Sessions(ctx, cvd.Actor{Kind: cvd.ActorMember, ID: m.ID})
	d.ok(err)
	if len(own) != 2 {
		t.Errorf("%d sessions", len(own))
	}
	m.Active = false
	d.ok(d.ChangeMember(ctx, d.lead, m))
	if _, err := d.StartMember(ctx, m.ID, auth.WayProvider, true, nil); !errors.Is(err, cvd.ErrUnauthenticated) {
		t.Errorf("inactive: %v", err)
	}
}
