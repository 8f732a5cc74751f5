package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

const (
	goodPassword  = "plover gantry ochre vestibule"
	otherPassword = "quartz anvil meadow 7 thimble"
)

func TestLinkWorksOnce(t *testing.T) {
	d := open(t)
	code, err := d.NewLink(t.Context(), d.lead.ID, time.Hour)
	d.ok(err)
	var token string
	won := 0
	tokens := make(chan string, 16)
	at := d.meeting(16)
	for _, err := range together(t.Context(), 16, func(ctx context.Context) error {
		s, err := at.UseLink(ctx, code)
		if err == nil {
			tokens <- s.Token
		}
		return err
	}) {
		if err == nil {
			won++
			token = <-tokens
			continue
		}
		d.want(err, cvd.ErrUnauthenticated)
	}
	if won != 1 {
		t.Fatalf("%d of 16 uses of one link got in, want exactly 1", won)
	}
	if _, err := d.UseLink(t.Context(), code); !errors.Is(err, cvd.ErrUnauthenticated) {
		t.Errorf("a used link gives %v", err)
	}
	s, err := d.Look(t.Context(), token)
	d.ok(err)
	if s.Actor.ID != d.lead.ID || !s.Actor.Is(cvd.RoleLead) || !s.ViaLink || s.Token != "" {
		t.Errorf("the session of the link is %+v", s)
	}
	mine, err := d.Sessions(t.Context(), s.Actor)
	d.ok(err)
	if len(mine) != 1 {
		t.Errorf("one link made %d sessions", len(mine))
	}
}

func TestLinkRunsOut(t *testing.T) {
	d := open(t)
	code, err := d.NewLink(t.Context(), d.lead.ID, 15*time.Minute)
	d.ok(err)
	d.clock.pass(15 * time.Minute)
	_, err = d.UseLink(t.Context(), code)
	d.want(err, cvd.ErrUnauthenticated)
	for _, bad := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 1<<20)} {
		_, err = d.UseLink(t.Context(), bad)
		d.want(err, cvd.ErrUnauthenticated)
	}
	for _, life := range []time.Duration{0, -time.Hour, auth.MaxLinkLife + 1} {
		_, err = d.NewLink(t.Context(), d.lead.ID, life)
		d.want(err, cvd.ErrInvalid)
	}
	_, err = d.NewLink(t.Context(), "m-nobody22", time.Hour)
	d.want(err, cvd.ErrNotFound)
}

func TestSignInRefusalsAreEqual(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	gone := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	d.password(gone, goodPassword)
	m := d.member(gone.ID)
	m.Active = false
	d.ok(d.ChangeMember(t.Context(), d.lead, m))
	d.add("Cy Moss", "cy@example.org", cvd.RoleMember) // never had a password

	for name, try := range map[string][2]string{
		"wrong password":   {leadEmail, goodPassword + "!"},
		"empty password":   {leadEmail, ""},
		"huge password":    {leadEmail, goodPassword + strings.Repeat("x", 1<<20)},
		"unknown address":  {"nobody@example.org", goodPassword},
		"inactive":         {"bo@example.org", goodPassword},
		"without password": {"cy@example.org", goodPassword},
		"no address":       {"", goodPassword},
		"huge address":     {strings.Repeat("a", 1<<20), goodPassword},
	} {
		s, err := d.SignIn(t.Context(), try[0], try[1], "")
		if err != cvd.ErrUnauthenticated { //nolint:errorlint // the very same answer is wanted
			t.Errorf("%s: %v", name, err)
		}
		if s.Token != "" {
			t.Errorf("%s: got a token", name)
		}
	}
	for _, spelling := range []string{leadEmail, " Ada.Quill@EXAMPLE.org ", "ａda.quill@example.org"} {
		s, err := d.SignIn(t.Context(), spelling, goodPassword, "")
		d.ok(err)
		if s.ViaLink || !d.alive(s.Token) {
			t.Errorf("%q: session %+v", spelling, s)
		}
	}
	if n := d.acts(); n[auth.ActSignInFailed] != 8 || n[auth.ActSignIn] != 3 {
		t.Errorf("the audit holds %v", n)
	}
}

// TestNothingIsCut signs in with the longest password there can be, and with
// more behind it.
func TestNothingIsCut(t *testing.T) {
	d := open(t)
	var longest strings.Builder
	for i := range 128 {
		longest.WriteRune(rune(0x20000 + i*i))
	}
	d.password(d.lead, longest.String())
	_, err := d.SignIn(t.Context(), leadEmail, longest.String(), "")
	d.ok(err)
	_, err = d.SignIn(t.Context(), leadEmail, longest.String()+"x", "")
	d.want(err, cvd.ErrUnauthenticated)
}

// TestSignInDoesNotPassANewPassword: the old password was right when it was
// read, and is not any more when the session would be stored.
func TestSignInDoesNotPassANewPassword(t *testing.T) {
	d := open(t)
	s := d.password(d.lead, goodPassword)
	meeting := meet(d.store, 2)
	at := auth.New(meeting, d.vault, auth.Options{Now: d.clock.now, DevFastHash: true})
	refused := make(chan error, 1)
	go func() {
		_, err := at.SignIn(t.Context(), leadEmail, goodPassword, "")
		refused <- err
	}()
	<-meeting.came // it has read the old password
	d.ok(d.SetPassword(auth.InSession(t.Context(), s), d.lead, "", otherPassword))
	_, err := at.Members(t.Context()) // the second view lets it go on
	d.ok(err)
	d.want(<-refused, cvd.ErrUnauthenticated)
	mine, err := d.Sessions(t.Context(), d.lead)
	d.ok(err)
	if len(mine) != 1 || mine[0].ID != s.ID {
		t.Errorf("%d sessions are alive, want only the one that set the password", len(mine))
	}
}

func TestSignInIsLimited(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	limited := func(email, from string) bool {
		_, err := d.SignIn(t.Context(), email, "wrong", from)
		var l auth.Limited
		if errors.As(err, &l) {
			d.want(err, cvd.ErrLimited)
			if l.After <= 0 || l.After > 2*time.Minute {
				t.Errorf("try again after %s", l.After)
			}
			return true
		}
		d.want(err, cvd.ErrUnauthenticated)
		return false
	}
	for _, email := range []string{leadEmail, "nobody@example.org"} { // alike for known and unknown
		n := 0
		for !limited(email, "") {
			n++
		}
		if n != 10 {
			t.Errorf("%d tries in one go, want 10", n)
		}
	}
	if _, err := d.SignIn(t.Context(), leadEmail, goodPassword, ""); !errors.Is(err, cvd.ErrLimited) {
		t.Errorf("the right password over the limit gives %v", err)
	}
	d.clock.pass(2 * time.Minute)
	for range 15 { // what is right does not count
		if _, err := d.SignIn(t.Context(), leadEmail, goodPassword, ""); err != nil {
			t.Errorf("two minutes later: %v", err)
		}
	}
	n := 0
	for !limited(strings.Repeat("x", n+1)+"@example.org", "192.0.2.7") {
		n++
	}
	if n != 20 {
		t.Errorf("%d addresses tried from one source, want 20", n)
	}
	if limited("y@example.org", "192.0.2.8") {
		t.Error("another source is limited too")
	}
}

func TestConcurrentSignIns(t *testing.T) {
	d := openWith(t, auth.Options{DevFastHash: true, Unlimited: true})
	d.password(d.lead, goodPassword)
	for _, err := range together(t.Context(), 24, func(ctx context.Context) error {
		_, err := d.SignIn(ctx, leadEmail, goodPassword, "")
		return err
	}) {
		d.ok(err)
	}
}

func TestFloodOfFailuresDoesNotFillTheDisk(t *testing.T) {
	d := openWith(t, auth.Options{DevFastHash: true, Unlimited: true})
	for range 70 {
		_, err := d.SignIn(t.Context(), "nobody@example.org", "wrong", "")
		d.want(err, cvd.ErrUnauthenticated)
	}
	if n := d.acts()[auth.ActSignInFailed]; n != 60 {
		t.Errorf("%d failures were stored, want 60", n)
	}
	d.clock.pass(time.Minute)
	_, _ = d.SignIn(t.Context(), "nobody@example.org", "wrong", "192.0.2.7")
	last, err := d.Audit(t.Context(), d.lead, 1)
	d.ok(err)
	if last[0].Detail != "10 more were not recorded one by one" || last[0].From != "192.0.2.7" || last[0].By != "stranger" {
		t.Errorf("the failure after the flood is %+v", last[0])
	}
}

func TestSetPassword(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.want(d.SetPassword(ctx, d.lead, "", goodPassword), cvd.ErrForbidden) // no session: a token cannot make a password
	first := d.link(d.lead)
	in := auth.InSession(ctx, first)
	d.want(d.SetPassword(in, d.lead, "", "too short"), cvd.ErrInvalid)
	d.ok(d.SetPassword(in, d.lead, "", goodPassword))
	if !d.alive(first.Token) {
		t.Error("the session that set the password ended")
	}
	other, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	d.want(d.SetPassword(auth.InSession(ctx, other), d.lead, "", otherPassword), cvd.ErrInvalid) // not from a link
	d.ok(d.SetPassword(in, d.lead, "", otherPassword))                                           // within 10 minutes of the link
	if d.alive(other.Token) || !d.alive(first.Token) {
		t.Error("setting a password must end the other sessions and only them")
	}
	d.clock.pass(10*time.Minute + time.Second)

	err = d.SetPassword(in, d.lead, "", "short")
	var faults cvd.Faults
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("a missing current and a short new password give %v, want both faults", err)
	}
	d.want(d.SetPassword(in, d.lead, "wrong", goodPassword), cvd.ErrInvalid)
	d.ok(d.SetPassword(in, d.lead, otherPassword, goodPassword))
	_, err = d.SignIn(ctx, leadEmail, otherPassword, "")
	d.want(err, cvd.ErrUnauthenticated)

	code, err := d.NewLink(ctx, d.lead.ID, time.Hour)
	d.ok(err)
	d.ok(d.SetPassword(ctx, d.lead, goodPassword, otherPassword)) // without a session in ctx
	if d.alive(first.Token) {
		t.Error("without a session in ctx all must end")
	}
	_, err = d.UseLink(ctx, code)
	d.want(err, cvd.ErrUnauthenticated)

	stranger := d.add("Bo Lark", "bo@example.org", cvd.RoleMember)
	d.want(d.SetPassword(auth.InSession(ctx, first), stranger, "", goodPassword), cvd.ErrUnauthenticated)
	machine := d.lead
	machine.Kind = cvd.ActorMachine
	d.want(d.SetPassword(ctx, machine, otherPassword, goodPassword), cvd.ErrForbidden)
}

func TestGuessingThePresentPasswordIsLimited(t *testing.T) {
	d := open(t)
	s := d.password(d.lead, goodPassword)
	d.clock.pass(30 * time.Minute)
	in := auth.InSession(t.Context(), s)
	for range 10 {
		d.want(d.SetPassword(in, d.lead, "guess", otherPassword), cvd.ErrInvalid)
	}
	d.want(d.SetPassword(in, d.lead, "guess", otherPassword), cvd.ErrLimited)
}

// TestCostRisesAtSignIn starts with cheap hashes and then opens the same house
// with real ones.
func TestCostRisesAtSignIn(t *testing.T) {
	d := open(t)
	d.password(d.lead, goodPassword)
	real := auth.New(d.store, d.vault, auth.Options{Now: d.clock.now})
	before := d.phc(d.lead.ID)
	for range 2 {
		_, err := real.SignIn(t.Context(), leadEmail, goodPassword, "")
		d.ok(err)
	}
	after := d.phc(d.lead.ID)
	if !strings.Contains(before, "m=64,t=1,p=1") || !strings.Contains(after, "m=19456,t=2,p=1") {
		t.Errorf("the hash went from %s to %s", before, after)
	}
	_, err := d.SignIn(t.Context(), leadEmail, goodPassword, "")
	d.ok(err)
	if d.phc(d.lead.ID) != after {
		t.Error("a cheaper house made the hash cheaper again")
	}
}
