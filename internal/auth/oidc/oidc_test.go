package oidc_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/oidc/oidctest"
	"fairlead/internal/cvd"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault/vaulttest"
)

const back = "https://security.example.org/desk/sign-in/provider/main/back"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// desk is a team whose members come by a provider.
type desk struct {
	*testing.T
	*auth.Auth
	*oidc.Ways
	ada   cvd.Actor
	logs  *strings.Builder
	mu    sync.Mutex
	clock time.Time
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.clock.IsZero() {
		return time.Now()
	}
	return d.clock
}

func (d *desk) pass(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(span)
}

// open makes the team: Ada leads, under the address that the providers vouch for. A
// zero instant is a clock that goes.
func open(t *testing.T, at time.Time, with func(*oidc.Config), providers ...oidc.Provider) *desk {
	t.Helper()
	d := &desk{T: t, clock: at, logs: &strings.Builder{}}
	st, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "fairlead.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	v := vaulttest.Open(t, st, d.now())
	d.Auth = auth.New(st, v, auth.Options{Now: d.now, DevFastHash: true})
	cfg := oidc.Config{Store: st, Vault: v, Auth: d.Auth, Now: d.now, Providers: providers, Log: slog.New(slog.NewTextHandler(d.logs, nil))}
	if with != nil {
		with(&cfg)
	}
	d.Ways = oidc.New(cfg)
	d.ada = d.add("Ada", "Ada@Example.org", cvd.RoleLead)
	return d
}

func (d *desk) add(name, email string, roles ...cvd.Role) cvd.Actor {
	d.Helper()
	m, err := d.AddMember(d.Context(), cvd.System, cvd.Member{Name: name, Email: email, Roles: roles})
	if err != nil {
		d.Fatal(err)
	}
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
}

// withPassword gives the member a way in of their own.
func (d *desk) withPassword(who cvd.Actor) auth.Session {
	d.Helper()
	code, err := d.NewLink(d.Context(), who.ID, time.Hour)
	if err != nil {
		d.Fatal(err)
	}
	s, err := d.UseLink(d.Context(), code)
	if err == nil {
		err = d.SetPassword(auth.InSession(d.Context(), s), who, "", "a long walk by the sea 1")
	}
	if err != nil {
		d.Fatal(err)
	}
	return s
}

func (d *desk) withSecond(who cvd.Actor) {
	d.Helper()
	_, secret, err := d.OfferSecond(d.Context(), who, "Fairlead")
	if err != nil {
		d.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, d.now())
	if err == nil {
		_, err = d.ConfirmSecond(d.Context(), who, code)
	}
	if err != nil {
		d.Fatal(err)
	}
}

func provider(d *oidctest.Double) oidc.Provider {
	return oidc.Provider{ID: "main", Name: "The House", Issuer: d.Issuer, ClientID: "fairlead", Secret: "s3cret"}
}

func (d *desk) begin(errand oidc.Errand) oidc.Start {
	d.Helper()
	errand.Back = back
	s, err := d.Begin(d.Context(), "main", errand)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

// walk goes to the double and back.
func (d *desk) walk(double *oidctest.Double) (oidc.Arrival, error) {
	d.Helper()
	s := d.begin(oidc.Errand{Next: "/desk/team"})
	return d.Finish(d.Context(), "main", s.Browser, cvd.Stranger, double.SignIn(s.Address))
}

func (d *desk) want(err error, why oidc.Reason) {
	d.Helper()
	var f *oidc.Failure
	if !errors.As(err, &f) || f.Reason != why {
		d.Errorf("%v, want %s", err, why)
	}
}

// A provider that is not ours, with its pages for signing in and agreeing: a member whom
// a lead named comes for the first time and again, another links an account, and nobody
// else comes in. The client shows its secret, or has none.
func TestRealProvider(t *testing.T) {
	for method, secret := range map[string]string{"client_secret_basic": "a secret with + and %", "none": ""} {
		t.Run(method, func(t *testing.T) {
			real := oidctest.Start(t, oidctest.Client{ID: "fairlead", Secret: secret, Redirects: []string{back}, Method: method})
			d := open(t, time.Time{}, nil, oidc.Provider{
				ID: "main", Name: "The House", Issuer: real.Issuer, ClientID: "fairlead", Secret: secret, MaxAge: time.Hour,
			})
			come := func(account, member string, here cvd.Actor) (oidc.Arrival, error) {
				s := d.begin(oidc.Errand{Link: member})
				at := real.SignIn(s.Address, account)
				if !strings.HasPrefix(at.String(), back+"?") {
					t.Fatalf("sent to %s", at)
				}
				return d.Finish(t.Context(), "main", s.Browser, here, at.Query())
			}
			for range 2 {
				a, err := come("ada", "", cvd.Stranger)
				if err != nil || a.Session.Actor.ID != d.ada.ID || a.Session.Half || a.Linked {
					t.Fatalf("%+v, %v", a, err)
				}
				if s, err := d.Look(t.Context(), a.Session.Token); err != nil || s.Actor.ID != d.ada.ID {
					t.Error(err)
				}
			}
			_, err := come("bob", "", cvd.Stranger)
			d.want(err, oidc.Unknown)
			bob := d.add("Bob", "robert@example.net", cvd.RoleMember)
			if a, err := come("bob", bob.ID, bob); err != nil || !a.Linked {
				t.Fatalf("%+v, %v", a, err)
			}
			if a, err := come("bob", "", cvd.Stranger); err != nil || a.Session.Actor.ID != bob.ID {
				t.Errorf("%+v, %v", a, err)
			}
			_, err = come("ada", bob.ID, bob)
			d.want(err, oidc.Taken)
			d.add("Eve", "unproved@example.org", cvd.RoleMember)
			_, err = come("unproved", "", cvd.Stranger)
			d.want(err, oidc.Unknown)
			list, err := d.Linked(t.Context(), bob.ID)
			if err != nil || len(list) != 1 || list[0].Email != "bob@example.org" || list[0].Used.IsZero() {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
}

// Every lie of a provider, and of somebody in its place, is found out.
func TestHostileProvider(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(*oidctest.Double)
		turn func(url.Values)
		want oidc.Reason
	}{
		"no lie":              {want: ""},
		"wrong nonce":         {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"nonce": "other"} }, want: oidc.Doubtful},
		"no nonce":            {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"nonce": nil} }, want: oidc.Doubtful},
		"wrong audience":      {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"aud": "other"} }, want: oidc.Doubtful},
		"several without azp": {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"aud": []string{"fairlead", "other"}} }, want: oidc.Doubtful},
		"several with our azp": {lie: func(p *oidctest.Double) {
			p.Claims = map[string]any{"aud": []string{"fairlead", "other"}, "azp": "fairlead"}
		}},
		"azp of another":          {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"azp": "other"} }, want: oidc.Doubtful},
		"wrong issuer in token":   {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"iss": "https://other.example.org"} }, want: oidc.Doubtful},
		"expired":                 {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"exp": noon.Add(-time.Second).Unix()} }, want: oidc.Doubtful},
		"made long ago":           {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"iat": noon.Add(-time.Hour).Unix()} }, want: oidc.Doubtful},
		"made tomorrow":           {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"iat": noon.Add(time.Hour).Unix()} }, want: oidc.Doubtful},
		"nobody":                  {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"sub": ""} }, want: oidc.Doubtful},
		"a hash of another token": {lie: func(p *oidctest.Double) { p.Claims = map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"} }, want: oidc.Doubtful},
		"alg none":                {lie: func(p *oidctest.Double) { p.Alg = "none" }, want: oidc.Doubtful},
		"alg of a shared secret":  {lie: func(p *oidctest.Double) { p.Alg = "HS256" }, want: oidc.Doubtful},
		"another key":             {lie: func(p *oidctest.Double) { p.Stranger = true }, want: oidc.Doubtful},
		"down at the end":         {lie: func(p *oidctest.Double) { p.Down = true }, want: oidc.Unreachable},
		"no iss, though promised": {turn: func(q url.Values) { q.Del("iss") }, want: oidc.Doubtful},
		"iss of another":          {turn: func(q url.Values) { q.Set("iss", "https://other.example.org") }, want: oidc.Doubtful},
		"code twice":              {turn: func(q url.Values) { q.Add("code", "other") }, want: oidc.Doubtful},
		"no code":                 {turn: func(q url.Values) { q.Del("code") }, want: oidc.Doubtful},
		"code of another":         {turn: func(q url.Values) { q.Set("code", "other") }, want: oidc.Doubtful},
		"state of another":        {turn: func(q url.Values) { q.Set("state", "other") }, want: oidc.Stale},
		"no state":                {turn: func(q url.Values) { q.Del("state") }, want: oidc.Stale},
		"the person says no":      {turn: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, want: oidc.Denied},
		"another error":           {turn: func(q url.Values) { q.Del("code"); q.Set("error", "server_error") }, want: oidc.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			double := oidctest.NewDouble(t, func() time.Time { return noon })
			d := open(t, noon, nil, provider(double))
			s := d.begin(oidc.Errand{Next: "/desk/team"})
			if c.lie != nil {
				double.Set(c.lie)
			}
			q := double.SignIn(s.Address)
			if c.turn != nil {
				c.turn(q)
			}
			a, err := d.Finish(t.Context(), "main", s.Browser, cvd.Stranger, q)
			if c.want == "" {
				if err != nil || a.Session.Actor.ID != d.ada.ID || a.Next != "/desk/team" {
					t.Errorf("%+v, %v", a, err)
				}
				return
			}
			d.want(err, c.want)
			if have, err := d.Linked(t.Context(), d.ada.ID); err != nil || len(have) != 0 {
				t.Errorf("an account was linked: %+v, %v", have, err)
			}
			if !strings.Contains(d.logs.String(), "reason="+string(c.want)) {
				t.Errorf("the log says nothing: %s", d.logs)
			}
		})
	}
}

// A code of somebody else's sign-in does not fit the verifier of this one, and what
// came back once, late, or to another browser opens nothing.
func TestReplays(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	mine, theirs := d.begin(oidc.Errand{}), d.begin(oidc.Errand{})
	swapped := double.SignIn(mine.Address)
	swapped.Set("code", double.SignIn(theirs.Address).Get("code"))
	_, err := d.Finish(t.Context(), "main", mine.Browser, cvd.Stranger, swapped)
	d.want(err, oidc.Doubtful)

	s := d.begin(oidc.Errand{})
	q := double.SignIn(s.Address)
	for _, browser := range []string{"", "other", mine.Browser} {
		_, err = d.Finish(t.Context(), "main", browser, cvd.Stranger, q)
		d.want(err, oidc.Stale)
	}
	if _, err := d.Finish(t.Context(), "main", s.Browser, cvd.Stranger, q); err != nil {
		t.Fatal(err)
	}
	_, err = d.Finish(t.Context(), "main", s.Browser, cvd.Stranger, q)
	d.want(err, oidc.Stale)

	s = d.begin(oidc.Errand{})
	q = double.SignIn(s.Address)
	d.pass(oidc.FlowLife)
	_, err = d.Finish(t.Context(), "main", s.Browser, cvd.Stranger, q)
	d.want(err, oidc.Stale)
}

// What was begun with one provider is not finished with another.
func TestMixUp(t *testing.T) {
	honest, evil := oidctest.NewDouble(t, func() time.Time { return noon }), oidctest.NewDouble(t, func() time.Time { return noon })
	other := provider(evil)
	other.ID = "other"
	d := open(t, noon, nil, provider(honest), other)
	s := d.begin(oidc.Errand{})
	q := honest.SignIn(s.Address)
	_, err := d.Finish(t.Context(), "other", s.Browser, cvd.Stranger, q)
	d.want(err, oidc.Doubtful)
	if evil.Got != nil {
		t.Error("the code was shown to the other provider")
	}
}

// Where the operator names what stands for a second factor, it must be shown there or
// here; where not, the own one is asked.
func TestSecondFactor(t *testing.T) {
	for name, c := range map[string]struct {
		acr, amr    []string
		claims      map[string]any
		own         bool
		half, fails bool
	}{
		"nothing asked, none here":  {},
		"nothing asked, own":        {own: true, half: true},
		"nothing asked, amr shown":  {own: true, claims: map[string]any{"amr": []string{"mfa"}}, half: true},
		"acr met":                   {acr: []string{"gold", "silver"}, claims: map[string]any{"acr": "silver"}, own: true},
		"acr missed, own":           {acr: []string{"gold"}, claims: map[string]any{"acr": "0"}, own: true, half: true},
		"acr missed":                {acr: []string{"gold"}, fails: true},
		"amr met":                   {amr: []string{"pwd", "otp"}, claims: map[string]any{"amr": []string{"otp", "x", "pwd"}}},
		"amr half met":              {amr: []string{"pwd", "otp"}, claims: map[string]any{"amr": []string{"pwd"}}, fails: true},
		"acr met and amr not, both": {acr: []string{"gold"}, amr: []string{"otp"}, claims: map[string]any{"acr": "gold"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			double := oidctest.NewDouble(t, func() time.Time { return noon })
			p := provider(double)
			p.ACR, p.AMR = c.acr, c.amr
			d := open(t, noon, nil, p)
			if c.own {
				d.withSecond(d.ada)
			}
			double.Set(func(x *oidctest.Double) { x.Claims = c.claims })
			a, err := d.walk(double)
			if c.fails {
				d.want(err, oidc.Weak)
				return
			}
			if err != nil || a.Session.Half != c.half {
				t.Errorf("half %v, %v", a.Session.Half, err)
			}
		})
	}
}

// Somebody who signed in at the provider too long ago does so again.
func TestMaxAge(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	p := provider(double)
	p.MaxAge = time.Hour
	d := open(t, noon, nil, p)
	if s := d.begin(oidc.Errand{}); !strings.Contains(s.Address, "max_age=3600") {
		t.Error(s.Address)
	}
	_, err := d.walk(double)
	d.want(err, oidc.Doubtful)
	double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"auth_time": noon.Add(-2 * time.Hour).Unix()} })
	_, err = d.walk(double)
	d.want(err, oidc.Old)
	double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"auth_time": noon.Add(-time.Minute).Unix()} })
	if _, err = d.walk(double); err != nil {
		t.Error(err)
	}
}

// A sign-in is a proof of the moment only if the provider says that the person showed it
// lately who they are; it can be asked to ask them.
func TestKnownThereIsNoProof(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	for name, c := range map[string]struct {
		at    any
		fresh bool
	}{
		"not said": {nil, false}, "long ago": {noon.Add(-12 * time.Hour).Unix(), false}, "a while ago": {noon.Add(-auth.FreshFor - time.Minute).Unix(), false},
		"just now": {noon.Add(-time.Minute).Unix(), true}, "by a clock that is ahead": {noon.Add(time.Minute).Unix(), true}, "never": {0, false}, "before time": {-1, false},
	} {
		double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"auth_time": c.at} })
		a, err := d.walk(double)
		if err != nil || a.Session.Fresh(noon) != c.fresh {
			t.Errorf("%s: fresh %t, %v", name, a.Session.Fresh(noon), err)
			continue
		}
		if s, err := d.Auth.Look(t.Context(), a.Session.Token); err != nil || s.Fresh(noon) != c.fresh {
			t.Errorf("%s: looked at, fresh %t, %v", name, s.Fresh(noon), err)
		}
	}
	if s := d.begin(oidc.Errand{Anew: true}); !strings.Contains(s.Address, "max_age=0") || !strings.Contains(s.Address, "prompt=login") {
		t.Error(s.Address)
	}
}

// An address takes nobody's account over: it counts for whom a lead named, as long as
// they have no way in, and only if the provider vouches for it.
func TestAddressesTakeNothingOver(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	for _, claims := range []map[string]any{
		{"email_verified": false}, {"email_verified": nil}, {"email_verified": "no"}, {"email": nil}, {"email": "eve@example.org"},
	} {
		double.Set(func(x *oidctest.Double) { x.Claims = claims })
		_, err := d.walk(double)
		d.want(err, oidc.Unknown)
	}
	double.Set(func(x *oidctest.Double) { x.Claims = nil })
	d.withPassword(d.ada)
	_, err := d.walk(double)
	d.want(err, oidc.Unknown)

	bob := d.add("Bob", "bob@example.org", cvd.RoleMember)
	double.Set(func(x *oidctest.Double) {
		x.Claims = map[string]any{"sub": "b1", "email": "BOB@example.org", "email_verified": "true"}
	})
	if a, err := d.walk(double); err != nil || a.Session.Actor.ID != bob.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	// A second account with the same address is another one.
	double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"sub": "b2", "email": "bob@example.org"} })
	_, err = d.walk(double)
	d.want(err, oidc.Unknown)
	// And the address may change: the account stays.
	double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"sub": "b1", "email": "ada@example.org"} })
	if a, err := d.walk(double); err != nil || a.Session.Actor.ID != bob.ID {
		t.Errorf("%+v, %v", a, err)
	}
	// Who is no longer active does not come in, nor by an old account when they are again.
	m, err := d.Member(t.Context(), bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, active := range []bool{false, true} {
		m.Active = active
		if err := d.ChangeMember(t.Context(), cvd.System, m); err != nil {
			t.Fatal(err)
		}
		_, err = d.walk(double)
		d.want(err, oidc.Unknown)
	}
}

// What the token does not say is asked for, and counts only if it is about the same.
func TestUserInfo(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	double.Set(func(x *oidctest.Double) {
		x.Claims = map[string]any{"email": nil, "email_verified": nil}
		x.Info = map[string]any{"sub": "mallory", "email": "ada@example.org", "email_verified": true}
	})
	_, err := d.walk(double)
	d.want(err, oidc.Doubtful)
	double.Set(func(x *oidctest.Double) { x.Info["sub"] = "ada" })
	if a, err := d.walk(double); err != nil || a.Session.Actor.ID != d.ada.ID {
		t.Errorf("%+v, %v", a, err)
	}
}

// Groups make members only where the operator says which become what.
func TestRoles(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	p := provider(double)
	p.RolesClaim, p.Roles = "realm.groups", map[string][]cvd.Role{"psirt": {cvd.RoleMember, cvd.RoleAuditor}}
	d := open(t, noon, nil, p)
	claims := map[string]any{"sub": "n", "email": "new@example.org", "name": "New \u0007 One", "realm": map[string]any{"groups": []string{"sales"}}}
	double.Set(func(x *oidctest.Double) { x.Claims = claims })
	_, err := d.walk(double)
	d.want(err, oidc.Unknown)
	double.Set(func(*oidctest.Double) { claims["realm"] = map[string]any{"groups": []string{"sales", "psirt"}} })
	for range 2 {
		a, err := d.walk(double)
		if err != nil || a.Session.Actor.Name != "new" || !a.Session.Actor.Is(cvd.RoleAuditor) || a.Session.Actor.Is(cvd.RoleLead) {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	// A group opens nothing for somebody who is a member already.
	d.withPassword(d.ada)
	double.Set(func(*oidctest.Double) { claims["sub"], claims["email"] = "a", "ada@example.org" })
	_, err = d.walk(double)
	d.want(err, oidc.Unknown)
}

// Somebody invited by the address comes in as the member that the invitation makes.
func TestInvited(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	var d *desk
	d = open(t, noon, func(c *oidc.Config) {
		c.Invited = func(ctx context.Context, email, name string) (cvd.Member, error) {
			if email != "ivy@example.org" {
				return cvd.Member{}, cvd.ErrNotFound
			}
			return d.AddMember(ctx, cvd.System, cvd.Member{Name: name, Email: email, Roles: []cvd.Role{cvd.RoleFixer}})
		}
	}, provider(double))
	double.Set(func(x *oidctest.Double) {
		x.Claims = map[string]any{"sub": "i", "email": "ivy@example.org", "name": "Ivy"}
	})
	if a, err := d.walk(double); err != nil || a.Session.Actor.Name != "Ivy" {
		t.Errorf("%+v, %v", a, err)
	}
	double.Set(func(x *oidctest.Double) { x.Claims = map[string]any{"sub": "j", "email": "joy@example.org"} })
	_, err := d.walk(double)
	d.want(err, oidc.Unknown)
}

// Who does not get in for want of a second factor is not made a member either, and
// their invitation is not used up.
func TestWeakMakesNobody(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	p := provider(double)
	p.AMR, p.RolesClaim, p.Roles = []string{"otp"}, "groups", map[string][]cvd.Role{"psirt": {cvd.RoleMember}}
	asked := 0
	d := open(t, noon, func(c *oidc.Config) {
		c.Invited = func(context.Context, string, string) (cvd.Member, error) {
			asked++
			return cvd.Member{}, cvd.ErrNotFound
		}
	}, p)
	claims := map[string]any{"sub": "i", "name": "Ivy Reed", "email": "ivy@example.org", "groups": []string{"psirt"}}
	double.Set(func(x *oidctest.Double) { x.Claims = claims })
	_, err := d.walk(double)
	d.want(err, oidc.Weak)
	if team, err := d.Members(t.Context()); err != nil || len(team) != 1 || asked != 0 {
		t.Errorf("%d members, %d invitations asked for, %v", len(team), asked, err)
	}
	double.Set(func(*oidctest.Double) { claims["amr"] = []string{"pwd", "otp"} })
	if a, err := d.walk(double); err != nil || !a.Session.Actor.Is(cvd.RoleMember) {
		t.Errorf("%+v, %v", a, err)
	}
}

// Whom a group of a provider makes a member all leads hear of, as the operator's doing;
// and nobody gets in by it under a name that looks like a colleague's.
func TestArrivalsAreTold(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	p := provider(double)
	p.RolesClaim, p.Roles = "groups", map[string][]cvd.Role{"psirt": {cvd.RoleMember}}
	d := open(t, noon, nil, p)
	claims := map[string]any{"sub": "i", "name": "ADA", "email": "ivy@example.org", "groups": []string{"psirt"}}
	double.Set(func(x *oidctest.Double) { x.Claims = claims })
	_, err := d.walk(double)
	d.want(err, oidc.Unknown)
	double.Set(func(*oidctest.Double) { claims["name"] = "Ivy Reed" })
	if _, err = d.walk(double); err != nil {
		t.Fatal(err)
	}
	entries, err := d.Audit(t.Context(), cvd.System, 100)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(entries, func(e auth.AuditEntry) bool { return e.Act == auth.ActMemberAdded && e.Subject != d.ada.ID })
	if e := entries[i]; !slices.Equal(e.ToldLeads(), []string{"added"}) || e.Doer() != auth.Operator.Ref() {
		t.Errorf("%+v", e)
	}
}

// Linking is for the member who began it, and the last way in stays.
func TestLinking(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	bob := d.add("Bob", "bob@example.org", cvd.RoleMember)
	link := func(begins, here cvd.Actor) error {
		s := d.begin(oidc.Errand{Link: begins.ID})
		_, err := d.Finish(t.Context(), "main", s.Browser, here, double.SignIn(s.Address))
		return err
	}
	for _, here := range []cvd.Actor{d.ada, cvd.Stranger, {}} {
		d.want(link(bob, here), oidc.Stale)
	}
	for range 2 { // a second time changes nothing
		if err := link(bob, bob); err != nil {
			t.Fatal(err)
		}
	}
	d.want(link(d.ada, d.ada), oidc.Taken)
	list, err := d.Linked(t.Context(), bob.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := d.Unlink(t.Context(), d.ada, list[0].ID); !errors.Is(err, cvd.ErrNotFound) {
		t.Error(err)
	}
	if err := d.Unlink(t.Context(), bob, list[0].ID); !errors.Is(err, cvd.ErrNotReady) {
		t.Error(err)
	}
	d.withPassword(bob)
	if err := d.Unlink(t.Context(), bob, list[0].ID); err != nil {
		t.Error(err)
	}
	_, err = d.walk(double)
	if err != nil { // Ada has no way in yet, and the account is nobody's
		t.Error(err)
	}
	for who, want := range map[string]int{bob.ID: 3, d.ada.ID: 1} { // both of Bob's, and his password
		mine, err := d.Changes(t.Context(), cvd.Actor{Kind: cvd.ActorMember, ID: who})
		if err != nil || len(mine) != want {
			t.Errorf("%s hears of %+v, %v", who, mine, err)
		}
	}
	acts := map[auth.Act]int{}
	entries, err := d.Audit(t.Context(), cvd.System, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		acts[e.Act]++
	}
	if acts["identity.linked"] != 2 || acts["identity.removed"] != 1 || acts["sign-in"] != 1 || acts["sign-in.failed"] != 4 {
		t.Errorf("%v", acts)
	}
}

// A provider that fails is asked again later, is told apart from others, and what was
// known goes on to be believed.
func TestDiscovery(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	if double.Asked != 0 || d.List()[0].Failing {
		t.Error("it was asked before anybody came")
	}
	double.Set(func(x *oidctest.Double) { x.Down = true })
	for range 3 {
		_, err := d.Begin(t.Context(), "main", oidc.Errand{Back: back})
		d.want(err, oidc.Unreachable)
		if !errors.Is(err, cvd.ErrUnavailable) || !d.List()[0].Failing {
			t.Error(err)
		}
	}
	double.Set(func(x *oidctest.Double) { x.Down = false })
	_, err := d.Begin(t.Context(), "main", oidc.Errand{Back: back})
	d.want(err, oidc.Unreachable) // it is left in peace for a moment
	d.pass(time.Minute)
	d.begin(oidc.Errand{})
	if d.List()[0].Failing {
		t.Error("it still counts as failing")
	}
	d.pass(24 * time.Hour)
	double.Set(func(x *oidctest.Double) { x.Down = true })
	d.begin(oidc.Errand{})
	if !d.List()[0].Failing {
		t.Error("nobody would hear that it fails")
	}
	for _, doc := range []map[string]any{
		{"issuer": "https://other.example.org"},
		{"token_endpoint": "ftp://127.0.0.1/"},
		{"authorization_endpoint": "javascript:alert(1)"},
		{"jwks_uri": ""},
		{"code_challenge_methods_supported": []string{"plain"}},
	} {
		double := oidctest.NewDouble(t, func() time.Time { return noon })
		double.Document = doc
		d := open(t, noon, nil, provider(double))
		_, err := d.Begin(t.Context(), "main", oidc.Errand{Back: back})
		d.want(err, oidc.Unreachable)
	}
}

// What is begun is limited, for each begin is written down.
func TestBeginningIsLimited(t *testing.T) {
	double := oidctest.NewDouble(t, func() time.Time { return noon })
	d := open(t, noon, nil, provider(double))
	var err error
	for range 30 {
		if _, err = d.Begin(t.Context(), "main", oidc.Errand{Back: back, From: "192.0.2.1"}); err != nil {
			break
		}
	}
	if !errors.Is(err, cvd.ErrLimited) {
		t.Error(err)
	}
	if _, err := d.Begin(t.Context(), "other", oidc.Errand{}); !errors.Is(err, cvd.ErrNotFound) {
		t.Error(err)
	}
	d.pass(time.Hour)
	if n, err := d.Sweep(t.Context()); err != nil || n < 20 {
		t.Errorf("%d flows were swept, %v", n, err)
	}
}
