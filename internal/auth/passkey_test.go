package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/auth/passkey/passkeytest"
	"fairlead/internal/cvd"
)

const site = "https://security.example.org"

// place is where the tests' passkeys work.
func (d *desk) place(origin string) passkey.Place {
	d.Helper()
	p, err := passkey.At(origin, "Tidewater")
	d.ok(err)
	return p
}

// device makes a device with a passkey of the member, who has just signed in.
func (d *desk) device(by cvd.Actor, name string) *passkeytest.Device {
	d.Helper()
	dev := passkeytest.New(d.T, site)
	_, err := d.register(by, dev, name)
	d.ok(err)
	return dev
}

func (d *desk) register(by cvd.Actor, dev *passkeytest.Device, name string) (passkey.Key, error) {
	d.Helper()
	ctx := auth.InSession(d.Context(), d.operated(by))
	c, err := d.OfferPasskey(ctx, by, d.place(site), name)
	if err != nil {
		return passkey.Key{}, err
	}
	return d.AddPasskey(ctx, by, c.ID, dev.Create(c.Options))
}

// operated signs the member in by a link that the operator made, whole.
func (d *desk) operated(by cvd.Actor) auth.Session {
	d.Helper()
	ctx := auth.AskedBy(d.Context(), cvd.Actor{Kind: cvd.ActorMachine, ID: "operator", Name: "operator"})
	code, err := d.NewLink(ctx, by.ID, time.Hour)
	d.ok(err)
	s, err := d.UseLink(d.Context(), code)
	d.ok(err)
	return s
}

func (d *desk) ask() passkey.Ceremony {
	d.Helper()
	c, err := d.AskPasskey(d.Context(), d.place(site), "")
	d.ok(err)
	return c
}

// A passkey signs in without a name, and stands for the second factor.
func TestPasskeySignsIn(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	d.factor(d.lead)
	dev := d.device(d.lead, "Laptop")
	c := d.ask()
	s, err := d.SignInPasskey(ctx, c.ID, dev.Get(c.Options), "")
	d.ok(err)
	if s.Half || s.Actor.ID != d.lead.ID || s.Way != auth.WayPasskey || !d.alive(s.Token) {
		t.Errorf("%+v", s)
	}
	d.clock.pass(time.Hour)
	c = d.ask()
	if _, err := d.SignInPasskey(ctx, c.ID, dev.Get(c.Options), ""); err != nil {
		t.Fatal(err)
	}
	keys, err := d.Passkeys(ctx, d.lead.ID)
	d.ok(err)
	if len(keys) != 1 || keys[0].Name != "Laptop" || !keys[0].Used.Equal(d.clock.now()) || keys[0].Domain != "security.example.org" || keys[0].Synced {
		t.Errorf("%+v", keys)
	}
	if n := d.acts(); n[auth.ActPasskeyAdded] != 1 || n[auth.ActSignIn] != 2 {
		t.Errorf("%v", n)
	}
}

// A password alone no longer opens once there is a passkey.
func TestPasskeyIsASecondFactor(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	d.device(d.lead, "Laptop")
	s, err := d.SignIn(ctx, leadEmail, goodPassword, "")
	d.ok(err)
	if !s.Half {
		t.Error("a password alone opens")
	}
	if m, ok := d.Waiting(ctx, s.Token); !ok || m.Code || !m.Passkey {
		t.Errorf("%+v %v", m, ok)
	}
	_, err = d.Second(ctx, s.Token, "123456")
	d.want(err, cvd.ErrUnauthenticated)
	if d.link(d.lead).Half != true {
		t.Error("a link that no operator made opens alone")
	}
}

// Whatever is wrong with an answer is refused alike, and each ceremony works once.
func TestPasskeyRefusals(t *testing.T) {
	for name, spoil := range map[string]func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string{
		"another origin": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Origin = "https://security.example.org.evil.example"
			return dev.Get(c.Options)
		},
		"without https": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Origin = "http://security.example.org"
			return dev.Get(c.Options)
		},
		"another port": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Origin = site + ":8443"
			return dev.Get(c.Options)
		},
		"another domain": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Domain = "example.org"
			return dev.Get(c.Options)
		},
		"owner not verified": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Unverified = true
			return dev.Get(c.Options)
		},
		"another owner": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Handle = d.add("Bo", "bo@example.org", cvd.RoleLead).ID
			return dev.Get(c.Options)
		},
		"kept by a service since": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Synced = true
			return dev.Get(c.Options)
		},
		"another ceremony": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			answer := dev.Get(c.Options)
			*c = d.ask()
			return answer
		},
		"used already": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			answer := dev.Get(c.Options)
			_, err := d.SignInPasskey(d.Context(), c.ID, answer, "")
			d.ok(err)
			return answer
		},
		"tried already": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			_, err := d.SignInPasskey(d.Context(), c.ID, "{}", "")
			d.want(err, cvd.ErrUnauthenticated)
			return dev.Get(c.Options)
		},
		"too late": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			d.clock.pass(passkey.Life)
			return dev.Get(c.Options)
		},
		"a passkey that was removed": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			keys, err := d.Passkeys(d.Context(), d.lead.ID)
			d.ok(err)
			d.ok(d.RemovePasskey(auth.InSession(d.Context(), d.operated(d.lead)), d.lead, keys[0].ID))
			return dev.Get(c.Options)
		},
		"a device nobody registered": func(d *desk, _ *passkeytest.Device, c *passkey.Ceremony) string {
			stranger := passkeytest.New(d.T, site)
			made, err := d.OfferPasskey(auth.InSession(d.Context(), d.operated(d.lead)), d.lead, d.place(site), "Never kept")
			d.ok(err)
			stranger.Create(made.Options)
			return stranger.Get(c.Options)
		},
		"no answer":          func(*desk, *passkeytest.Device, *passkey.Ceremony) string { return "" },
		"no JSON":            func(*desk, *passkeytest.Device, *passkey.Ceremony) string { return "\x00{" },
		"a very long answer": func(*desk, *passkeytest.Device, *passkey.Ceremony) string { return strings.Repeat(" ", 1<<20) },
		"nothing in it": func(*desk, *passkeytest.Device, *passkey.Ceremony) string {
			return `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`
		},
		"an unknown ceremony": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			c.ID = strings.Repeat("a", len(c.ID))
			return dev.Get(c.Options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			dev := d.device(d.lead, "Laptop")
			c := d.ask()
			answer := spoil(d, dev, &c)
			if _, err := d.SignInPasskey(t.Context(), c.ID, answer, ""); !errors.Is(err, cvd.ErrUnauthenticated) {
				t.Errorf("%v", err)
			}
			if n := d.acts()[auth.ActPasskeyFailed]; n == 0 {
				t.Error("not recorded")
			}
		})
	}
}

// A counter that goes backwards tells of a copy: it is refused, recorded and shown,
// and the device that is ahead goes on.
func TestPasskeyCopy(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	dev := passkeytest.New(t, site)
	dev.Counter = 1
	_, err := d.register(d.lead, dev, "Stick")
	d.ok(err)
	copied := dev.Clone()
	c := d.ask()
	_, err = d.SignInPasskey(ctx, c.ID, dev.Get(c.Options), "")
	d.ok(err)
	c = d.ask()
	_, err = d.SignInPasskey(ctx, c.ID, copied.Get(c.Options), "")
	d.want(err, cvd.ErrUnauthenticated)
	d.want(err, passkey.ErrCopied)
	keys, err := d.Passkeys(ctx, d.lead.ID)
	d.ok(err)
	if keys[0].Copied.IsZero() || d.acts()[auth.ActPasskeyCopied] != 1 {
		t.Errorf("%+v %v", keys, d.acts())
	}
	c = d.ask()
	_, err = d.SignInPasskey(ctx, c.ID, dev.Get(c.Options), "")
	d.ok(err)
}

// What is wrong in making one is refused alike.
func TestPasskeyMaking(t *testing.T) {
	for name, spoil := range map[string]func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string{
		"another origin": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Origin = "https://example.org"
			return dev.Create(c.Options)
		},
		"another domain": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Domain = "example.org"
			return dev.Create(c.Options)
		},
		"owner not verified": func(_ *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			dev.Unverified = true
			return dev.Create(c.Options)
		},
		"an answer to a sign-in": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			*c = d.ask()
			return dev.Get(c.Options)
		},
		"another member's": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			bo := d.add("Bo", "bo@example.org", cvd.RoleMember)
			var err error
			*c, err = d.OfferPasskey(auth.InSession(d.Context(), d.operated(bo)), bo, d.place(site), "Bo's")
			d.ok(err)
			return dev.Create(c.Options)
		},
		"too late": func(d *desk, dev *passkeytest.Device, c *passkey.Ceremony) string {
			answer := dev.Create(c.Options)
			d.clock.pass(passkey.Life)
			return answer
		},
		"nothing": func(*desk, *passkeytest.Device, *passkey.Ceremony) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			dev := passkeytest.New(t, site)
			ctx := auth.InSession(t.Context(), d.operated(d.lead))
			c, err := d.OfferPasskey(ctx, d.lead, d.place(site), "Laptop")
			d.ok(err)
			_, err = d.AddPasskey(ctx, d.lead, c.ID, spoil(d, dev, &c))
			d.want(err, cvd.ErrUnauthenticated)
			keys, err := d.Passkeys(t.Context(), d.lead.ID)
			d.ok(err)
			if len(keys) != 0 {
				t.Errorf("%+v", keys)
			}
		})
	}
}

// One device keeps one passkey of a member, a member as many as the limit says,
// and nobody makes one in a session that has not been proved lately.
func TestPasskeyLimits(t *testing.T) {
	d := open(t)
	dev := d.device(d.lead, "Laptop")
	ctx := auth.InSession(t.Context(), d.operated(d.lead))
	c, err := d.OfferPasskey(ctx, d.lead, d.place(site), "Again")
	d.ok(err)
	if dev.Create(c.Options) != "" {
		t.Error("the device was not told that it has one")
	}
	for name, bad := range map[string]string{"empty": " ", "long": strings.Repeat("x", 61), "two lines": "a\nb"} {
		if _, err := d.OfferPasskey(ctx, d.lead, d.place(site), bad); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range passkey.Most - 1 {
		d.device(d.lead, "More")
	}
	_, err = d.OfferPasskey(ctx, d.lead, d.place(site), "One too many")
	d.want(err, cvd.ErrNotReady)

	s := d.operated(d.lead)
	d.clock.pass(auth.FreshFor + time.Second)
	for name, ctx := range map[string]context.Context{"old session": auth.InSession(t.Context(), s), "no session": t.Context()} {
		_, err = d.OfferPasskey(ctx, d.lead, d.place(site), "Late")
		if !errors.Is(err, cvd.ErrNotReady) {
			t.Errorf("%s: %v", name, err)
		}
		d.want(d.RemovePasskey(ctx, d.lead, "x"), cvd.ErrNotReady)
	}
}

// Removing one ends the other sessions; nobody removes another member's.
func TestPasskeyRemoval(t *testing.T) {
	d := open(t)
	bo := d.add("Bo", "bo@example.org", cvd.RoleMember)
	d.device(d.lead, "Laptop")
	d.device(bo, "Bo's")
	keys, err := d.Passkeys(t.Context(), d.lead.ID)
	d.ok(err)
	other, here := d.operated(d.lead), d.operated(d.lead)
	d.want(d.RemovePasskey(auth.InSession(t.Context(), d.operated(bo)), bo, keys[0].ID), cvd.ErrNotFound)
	d.ok(d.RemovePasskey(auth.InSession(t.Context(), here), d.lead, keys[0].ID))
	if d.alive(other.Token) || !d.alive(here.Token) {
		t.Error("the wrong sessions ended")
	}
	if m, err := d.Means(t.Context(), d.lead.ID); err != nil || m.Passkey {
		t.Errorf("%+v %v", m, err)
	}
	d.ok(d.ResetSecond(t.Context(), d.lead, bo.ID))
	if m, err := d.Means(t.Context(), bo.ID); err != nil || m.Second() {
		t.Errorf("%+v %v", m, err)
	}
	d.device(bo, "Bo's next")
	gone := d.member(bo.ID)
	gone.Active = false
	d.ok(d.ChangeMember(t.Context(), d.lead, gone))
	if m, err := d.Means(t.Context(), bo.ID); err != nil || m.Passkey {
		t.Errorf("a member who left keeps %+v %v", m, err)
	}
}

// Where passkeys work, and why not elsewhere.
func TestPlace(t *testing.T) {
	for origin, want := range map[string]error{
		"https://security.example.org": nil, "https://security.example.org:8443": nil, "http://localhost:8080": nil, "https://localhost": nil,
		"http://desk.localhost": nil, "http://security.example.org": passkey.ErrInsecure, "http://127.0.0.1:8080": passkey.ErrAddress,
		"https://192.0.2.1": passkey.ErrAddress, "https://[2001:db8::1]": passkey.ErrAddress, "": passkey.ErrInsecure, "ftp://x.example": passkey.ErrInsecure,
	} {
		p, err := passkey.At(origin, "")
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v", origin, err)
		}
		if err == nil && (p.Origin != origin || strings.ContainsAny(p.Domain, ":/")) {
			t.Errorf("%s: %+v", origin, p)
		}
	}
}

// A proof of the moment puts the session under another token.
func TestProve(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.password(d.lead, goodPassword)
	phone, paper := d.factor(d.lead)
	dev := d.device(d.lead, "Laptop")
	bo := d.add("Bo", "bo@example.org", cvd.RoleMember)
	foreign := d.device(bo, "Bo's")
	s := d.operated(d.lead)
	ask := func() passkey.Ceremony {
		c, err := d.AskProof(ctx, d.lead, d.place(site))
		d.ok(err)
		return c
	}
	show := func(dev *passkeytest.Device, c passkey.Ceremony) auth.Proof {
		return auth.Proof{Ceremony: c.ID, Answer: dev.Get(c.Options)}
	}
	open := d.ask()
	for name, c := range map[string]struct {
		proof func() auth.Proof
		field string
	}{
		"nothing":            {func() auth.Proof { return auth.Proof{} }, "password"},
		"wrong password":     {func() auth.Proof { return auth.Proof{Password: "not it at all", Code: phone.code()} }, "password"},
		"wrong code":         {func() auth.Proof { return auth.Proof{Password: goodPassword, Code: "000000"} }, "code"},
		"password alone":     {func() auth.Proof { return auth.Proof{Password: goodPassword} }, "code"},
		"code alone":         {func() auth.Proof { return auth.Proof{Code: phone.code()} }, "password"},
		"paper alone":        {func() auth.Proof { return auth.Proof{Code: paper[0]} }, "password"},
		"somebody else's":    {func() auth.Proof { return auth.Proof{Ceremony: open.ID, Answer: foreign.Get(open.Options)} }, "passkey"},
		"no passkey at all":  {func() auth.Proof { return auth.Proof{Ceremony: ask().ID, Answer: "{}"} }, "passkey"},
		"ceremony unrelated": {func() auth.Proof { o := d.ask(); return show(dev, o) }, "passkey"},
	} {
		_, err := d.Prove(ctx, s.Token, c.proof())
		faults, ok := errors.AsType[cvd.Faults](err)
		if !ok || faults[0].Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, proof := range map[string]func() auth.Proof{
		"code":    func() auth.Proof { return auth.Proof{Password: goodPassword, Code: phone.code()} },
		"paper":   func() auth.Proof { return auth.Proof{Password: goodPassword, Code: paper[0]} },
		"passkey": func() auth.Proof { return show(dev, ask()) },
	} {
		d.clock.pass(auth.FreshFor + time.Minute)
		old, err := d.Look(ctx, s.Token)
		d.ok(err)
		if old.Fresh(d.clock.now()) {
			t.Fatalf("%s: the session is fresh", name)
		}
		next, err := d.Prove(ctx, s.Token, proof())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.alive(s.Token) || !d.alive(next.Token) || !next.Fresh(d.clock.now()) || !next.Started.Equal(s.Started) || !next.Until.Equal(s.Until) {
			t.Errorf("%s: %+v", name, next)
		}
		got, err := d.Look(ctx, next.Token)
		d.ok(err)
		if !got.Fresh(d.clock.now()) {
			t.Errorf("%s: not fresh when it is looked at", name)
		}
		s = next
	}
	if n := d.acts()[auth.ActProved]; n != 3 {
		t.Errorf("%d proofs recorded", n)
	}
	_, err := d.Prove(ctx, "x", auth.Proof{Password: goodPassword})
	d.want(err, cvd.ErrUnauthenticated)
}

// A proof of the moment asks for no less than a sign-in, whatever somebody has.
func TestAProofAsksWhatASignInAsks(t *testing.T) {
	for name, c := range map[string]struct {
		password, code, passkey bool
		alone, codeAlone, both  string // the field of the refusal, or empty
	}{
		"nothing":           {alone: "password", codeAlone: "code", both: "password"},
		"password":          {password: true, codeAlone: "password"},
		"code":              {code: true, alone: "code", both: "password"},
		"passkey":           {passkey: true, alone: "passkey", codeAlone: "passkey", both: "passkey"},
		"password, code":    {password: true, code: true, alone: "code", codeAlone: "password"},
		"password, passkey": {password: true, passkey: true, alone: "passkey", codeAlone: "passkey", both: "passkey"},
		"code, passkey":     {code: true, passkey: true, alone: "passkey", codeAlone: "passkey", both: "passkey"},
		"all":               {password: true, code: true, passkey: true, alone: "code", codeAlone: "password"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.both == "" && !c.code { // what is not asked for is not looked at, and fails
				c.both = "code"
			}
			d := open(t)
			if c.password {
				d.password(d.lead, goodPassword)
			}
			code := func() string { return "000000" }
			if c.code {
				phone, _ := d.factor(d.lead)
				code = phone.code
			}
			if c.passkey {
				d.device(d.lead, "Laptop")
			}
			for proof, field := range map[string]string{"alone": c.alone, "code alone": c.codeAlone, "both": c.both} {
				s := d.operated(d.lead)
				d.clock.pass(auth.FreshFor + time.Minute)
				p := auth.Proof{Password: goodPassword, Code: code()}
				switch proof {
				case "alone":
					p.Code = ""
				case "code alone":
					p.Password = ""
				}
				s, err := d.Prove(t.Context(), s.Token, p)
				faults, _ := errors.AsType[cvd.Faults](err)
				switch {
				case field == "" && (err != nil || !s.Fresh(d.clock.now())):
					t.Errorf("%s: %v", proof, err)
				case field != "" && (len(faults) == 0 || faults[0].Field != field):
					t.Errorf("%s: %v, want %s", proof, err, field)
				}
			}
		})
	}
}

// The page of a sign-in asks for a passkey by itself, so asking is counted apart from
// the tries, and has a limit of its own.
func TestAskingForAPasskeyTakesNoTries(t *testing.T) {
	d := open(t)
	asked := 0
	for ; asked < 100; asked++ {
		if _, err := d.AskPasskey(t.Context(), d.place(site), "192.0.2.1"); err != nil {
			d.want(err, cvd.ErrLimited)
			break
		}
	}
	if asked != 20 {
		t.Errorf("asked %d times", asked)
	}
	_, err := d.SignInPasskey(t.Context(), "none", "{}", "192.0.2.1")
	d.want(err, cvd.ErrUnauthenticated)
}
