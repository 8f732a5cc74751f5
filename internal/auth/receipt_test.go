package auth_test

import (
	"context"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/auth"
	"fairlead/internal/auth/receipt/phrase"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// receipt makes and stores one, as casework does.
func (d *desk) receipt(cases ...cvd.CaseID) (string, cvd.Actor) {
	d.Helper()
	var reach []cvd.Reach
	for _, id := range cases {
		reach = append(reach, cvd.Reach{Case: id, Participant: "p1"})
	}
	code, rec, err := d.NewReceipt(reach, d.clock.now())
	d.ok(err)
	d.ok(d.store.Update(d.Context(), func(tx store.Tx) error { return tx.PutRecord(rec, 0) }))
	actor, err := d.Receipt(d.Context(), code)
	d.ok(err)
	return code, actor
}

var seven = regexp.MustCompile(`^[a-z]+(-[a-z]+){6}$`)

func TestReceiptOpensItsCases(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	code, actor := d.receipt("FL-2026-AAAAAA2", "FL-2026-BBBBBB3")
	if !seven.MatchString(code) {
		t.Errorf("the receipt is %d words, want 7 of a to z", strings.Count(code, "-")+1)
	}
	want := cvd.Actor{
		Kind: cvd.ActorReporter, Receipt: actor.Receipt,
		Cases: []cvd.Reach{{Case: "FL-2026-AAAAAA2", Participant: "p1"}, {Case: "FL-2026-BBBBBB3", Participant: "p1"}},
	}
	if diff := cmp.Diff(want, actor); diff != "" || actor.Receipt == "" {
		t.Error(diff)
	}
	w := strings.Split(code, "-")
	for name, typed := range map[string]string{
		"as shown":        code,
		"capitals":        strings.ToUpper(code),
		"blanks":          strings.Join(w, " "),
		"line breaks":     strings.Join(w[:4], "-") + "-\r\n  " + strings.Join(w[4:], "-"),
		"tabs":            "\t" + strings.Join(w, "\t") + "\n",
		"many hyphens":    strings.Join(w, "--") + "-",
		"dots":            strings.Join(w, ".") + ".",
		"commas":          strings.Join(w, ", "),
		"en dashes":       strings.Join(w, "–"),
		"em dashes":       strings.Join(w, " — "),
		"no-break hyphen": strings.Join(w, "\u2011"),
		"minus":           strings.Join(w, "−"),
		"no-break spaces": strings.Join(w, "\u00a0"),
		"soft hyphens":    w[0][:1] + "\u00ad" + w[0][1:] + "-" + strings.Join(w[1:], "-"),
		"zero width":      strings.Join(w, "\u200b-") + "\ufeff",
		"quotes":          "“" + code + "”",
		"list":            "1. " + strings.Join(w, " 2. "),
		"wide letters":    wide(code),
	} {
		if got := auth.NormaliseReceipt(typed); got != code {
			t.Errorf("%s: not read as it was shown", name)
		}
		if _, err := d.Receipt(ctx, typed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, wrong := range map[string]string{
		"empty": "", "one word short": strings.Join(w[:6], "-"), "another order": strings.Join(append(w[1:], w[0]), "-"),
		"no words": "…", "huge": strings.Repeat(code+" ", 1000),
	} {
		if got, err := d.Receipt(ctx, wrong); err != cvd.ErrUnauthenticated || len(got.Cases) > 0 { //nolint:errorlint // the very same answer is wanted
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' {
			return '－'
		}
		return r - 'a' + 'ａ'
	}, s)
}

func TestReceiptGrowsAndEnds(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	code, actor := d.receipt("FL-2026-AAAAAA2")
	s, err := d.StartReporter(ctx, actor)
	d.ok(err)
	var grown store.Record
	for range 2 { // the second time changes nothing
		d.ok(d.store.Update(ctx, func(tx store.Tx) error {
			rec, err := tx.Record(auth.RecordReceipt, actor.Receipt)
			if err != nil {
				return err
			}
			if grown, err = d.ExtendReceipt(rec, cvd.Reach{Case: "FL-2026-CCCCCC4", Participant: "p1"}); err != nil {
				return err
			}
			return tx.PutRecord(grown, rec.Version)
		}))
	}
	if grown.Owner != "FL-2026-AAAAAA2" {
		t.Errorf("the owner became %s", grown.Owner)
	}
	live, err := d.Look(ctx, s.Token)
	d.ok(err)
	byCode, err := d.Receipt(ctx, code)
	d.ok(err)
	for _, a := range []cvd.Actor{live.Actor, byCode} {
		if len(a.Cases) != 2 || a.Cases[1].Case != "FL-2026-CCCCCC4" || a.Kind != cvd.ActorReporter {
			t.Errorf("the successor is not in reach: %+v", a)
		}
	}
	mine, err := d.Sessions(ctx, live.Actor)
	d.ok(err)
	if len(mine) != 1 || mine[0].ID != s.ID {
		t.Errorf("the reporter's sessions are %+v", mine)
	}
	_, other := d.receipt("FL-2026-AAAAAA2") // another receipt for the same case
	d.want(d.EndSession(ctx, other, s.ID), cvd.ErrNotFound)

	d.ok(d.store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{Kind: auth.RecordReceipt, ID: actor.Receipt})
		return err
	}))
	if d.alive(s.Token) {
		t.Error("the session outlives its receipt")
	}
	_, err = d.Receipt(ctx, code)
	d.want(err, cvd.ErrUnauthenticated)

	for _, a := range []cvd.Actor{cvd.Stranger, d.lead, {Kind: cvd.ActorReporter}} {
		_, err := d.StartReporter(ctx, a)
		d.want(err, cvd.ErrUnauthenticated)
	}
	if _, _, err := d.NewReceipt(nil, d.clock.now()); err == nil {
		t.Error("a receipt for no case")
	}
	if _, err := d.ExtendReceipt(store.Record{Kind: auth.RecordToken}, cvd.Reach{}); err == nil {
		t.Error("a token was extended as a receipt")
	}
}

func TestReceiptsDiffer(t *testing.T) {
	d := open(t)
	seen := map[string]bool{}
	words := map[string]bool{}
	for range 300 {
		code, _, err := d.NewReceipt([]cvd.Reach{{Case: "FL-2026-AAAAAA2"}}, d.clock.now())
		d.ok(err)
		if seen[code] || !seven.MatchString(code) || auth.NormaliseReceipt(code) != code {
			t.Fatal("a receipt came twice or is not canonical")
		}
		seen[code] = true
		for _, w := range strings.Split(code, "-") {
			words[w] = true
		}
	}
	if len(words) < 1500 { // of 2,100 draws from 7,776 about 1,840 differ
		t.Errorf("300 receipts use only %d words", len(words))
	}
}

func TestReceiptEntropy(t *testing.T) {
	words := phrase.List()
	distinct := map[string]bool{}
	for _, w := range words {
		if !regexp.MustCompile(`^[a-z]{3,}$`).MatchString(w) {
			t.Errorf("%q is not a word of a to z", w)
		}
		distinct[w] = true
	}
	if bits := auth.ReceiptWords * math.Log2(float64(len(distinct))); bits < 90 || len(distinct) != len(words) {
		t.Errorf("%d words, %d of them distinct, make %.2f bits, want at least 90", len(words), len(distinct), bits)
	}
}

var canonical = regexp.MustCompile(`^([a-z]+(-[a-z]+)*)?$`)

func TestNormaliseReceiptProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := auth.NormaliseReceipt(rapid.String().Draw(t, "typed"))
		if !canonical.MatchString(s) || auth.NormaliseReceipt(s) != s {
			t.Fatalf("%q is not canonical", s)
		}
	})
}

func FuzzNormaliseReceipt(f *testing.F) {
	for _, s := range []string{"", "a-b", "A  B\r\nC", "ﬁn–ﬁn", "İstanbul ılık", "\xff\xfe", "1. a 2. b", "\u00ad\u200b-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		s := auth.NormaliseReceipt(typed)
		if !canonical.MatchString(s) || auth.NormaliseReceipt(s) != s {
			t.Fatalf("%q gives %q, which is not canonical", typed, s)
		}
	})
}

func TestTokens(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	bo, err := d.AddMember(ctx, d.lead, cvd.Member{Name: "Bo Lark", Email: "bo@example.org", Roles: []cvd.Role{cvd.RoleMember, cvd.RoleOfficer}, Offices: []string{"Privacy officer"}})
	d.ok(err)
	boActor := cvd.Actor{Kind: cvd.ActorMember, ID: bo.ID, Roles: bo.Roles}
	own, made, err := d.CreateToken(ctx, boActor, auth.Token{Name: "laptop"})
	d.ok(err)
	if !regexp.MustCompile(`^fl_[A-Za-z0-9_-]{43}$`).MatchString(own) || !made.Expires.Equal(d.clock.now().Add(auth.TokenLife)) || made.Member != bo.ID {
		t.Errorf("the token is %+v", made)
	}
	robot, _, err := d.CreateToken(ctx, d.lead, auth.Token{Name: "scanner", Member: bo.ID, Machine: true, Expires: d.clock.now().Add(time.Hour)})
	d.ok(err)

	person, err := d.Token(ctx, own)
	d.ok(err)
	machine, err := d.Token(ctx, robot)
	d.ok(err)
	listed, err := d.Tokens(ctx, d.lead)
	d.ok(err)
	ids := map[string]string{}
	for _, one := range listed {
		ids[one.Name] = one.ID
	}
	want := []cvd.Actor{
		{Kind: cvd.ActorMember, ID: bo.ID, Name: "Bo Lark", Roles: bo.Roles, Offices: bo.Offices, Token: made.ID},
		{Kind: cvd.ActorMachine, ID: bo.ID, Name: "scanner", Roles: bo.Roles, Token: ids["scanner"], Through: d.lead.Ref()},
	}
	if diff := cmp.Diff(want, []cvd.Actor{person, machine}); diff != "" {
		t.Error(diff)
	}

	for name, c := range map[string]struct {
		by   cvd.Actor
		t    auth.Token
		want error
	}{
		"for another":     {boActor, auth.Token{Name: "x", Member: d.lead.ID}, cvd.ErrForbidden},
		"by a machine":    {machine, auth.Token{Name: "x"}, cvd.ErrForbidden},
		"by a stranger":   {cvd.Stranger, auth.Token{Name: "x"}, cvd.ErrForbidden},
		"without a name":  {boActor, auth.Token{}, cvd.ErrInvalid},
		"for two years":   {boActor, auth.Token{Name: "x", Expires: d.clock.now().AddDate(2, 0, 0)}, cvd.ErrInvalid},
		"over already":    {boActor, auth.Token{Name: "x", Expires: d.clock.now()}, cvd.ErrInvalid},
		"unknown member":  {d.lead, auth.Token{Name: "x", Member: "m-nobody22", Machine: true}, cvd.ErrInvalid},
		"in person":       {d.lead, auth.Token{Name: "x", Member: bo.ID}, cvd.ErrInvalid},
		"system, no name": {cvd.System, auth.Token{Name: "x"}, cvd.ErrInvalid},
	} {
		if _, _, err := d.CreateToken(ctx, c.by, c.t); err == nil {
			t.Errorf("%s: made", name)
		} else {
			d.want(err, c.want)
		}
	}
	for _, bad := range []string{"", "fl_", own[:len(own)-1], own + "x", "FL_" + own[3:], strings.Repeat("x", 46)} {
		_, err := d.Token(ctx, bad)
		d.want(err, cvd.ErrUnauthenticated)
	}

	d.clock.pass(time.Hour)
	_, err = d.Token(ctx, robot)
	d.want(err, cvd.ErrUnauthenticated)
	_, err = d.Token(ctx, own)
	d.ok(err)

	for by, n := range map[string]int{"own": 2, "all": 2} {
		who := boActor
		if by == "all" {
			who = d.lead
		}
		list, err := d.Tokens(ctx, who)
		d.ok(err)
		if len(list) != n {
			t.Errorf("%s: %d tokens", by, len(list))
		}
		for _, one := range list {
			if one.ID == made.ID && !one.Used.Equal(d.clock.now()) {
				t.Errorf("used %s, want now", one.Used)
			}
		}
	}
	cy := d.add("Cy Moss", "cy@example.org", cvd.RoleMember)
	d.want(d.RevokeToken(ctx, cy, made.ID), cvd.ErrNotFound)
	d.want(d.RevokeToken(ctx, boActor, ""), cvd.ErrNotFound)
	d.ok(d.RevokeToken(ctx, boActor, made.ID))
	_, err = d.Token(ctx, own)
	d.want(err, cvd.ErrUnauthenticated)
	if n := d.acts(); n[auth.ActTokenMade] != 2 || n[auth.ActTokenRevoked] != 1 {
		t.Errorf("the audit holds %v", n)
	}
}

func TestSweep(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	s := d.link(d.lead)
	_, err := d.NewLink(ctx, d.lead.ID, time.Hour)
	d.ok(err)
	code, _ := d.receipt("FL-2026-AAAAAA2")
	d.clock.pass(30 * time.Minute)
	if n, err := d.Sweep(ctx); n != 0 || err != nil || !d.alive(s.Token) {
		t.Errorf("too early %d were swept, %v", n, err)
	}
	d.clock.pass(13 * time.Hour)
	if n, err := d.Sweep(ctx); n != 2 || err != nil {
		t.Errorf("%d were swept, %v, want the link and the session", n, err)
	}
	d.clock.pass(366 * 24 * time.Hour)
	n, err := d.Sweep(ctx)
	d.ok(err)
	if left, _ := d.Audit(ctx, d.lead, 0); n != 4 || len(left) != 0 {
		t.Errorf("%d were swept, %d entries are left of 4 a year old", n, len(left))
	}
	if _, err := d.Receipt(ctx, code); err != nil {
		t.Error("a receipt was swept")
	}
	if !d.alive(d.link(d.lead).Token) {
		t.Error("the member was swept")
	}
	for _, err := range together(ctx, 2, func(ctx context.Context) error { _, err := d.Sweep(ctx); return err }) {
		d.ok(err)
	}
}
