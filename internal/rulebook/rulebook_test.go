package rulebook_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	ctx     = context.Background()
	start   = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	lead    = cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Name: "Lead", Roles: []cvd.Role{cvd.RoleLead}}
	privacy = officer("m-2", "Privacy and Security Officer")
	chief   = officer("m-3", "Chief Executive Officer")
)

func officer(id, office string) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: id, Name: id, Roles: []cvd.Role{cvd.RoleOfficer}, Offices: []string{office}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func source(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", name))
	must(t, err)
	return b
}

// revised is the same policy with another revision number: other bytes.
func revised(t *testing.T, b []byte, n int) []byte {
	t.Helper()
	i := bytes.Index(b, []byte("revision: \""))
	if i < 0 {
		t.Fatal("the example has no revision")
	}
	return fmt.Appendf(nil, "%srevision: \"%d.7\"%s", b[:i], n, b[i+len("revision: \"1.0\""):])
}

// shelf is one store with what opens it, in which several books can be kept.
type shelf struct {
	t   *testing.T
	st  store.Store
	v   *vault.Vault
	mu  sync.Mutex
	now time.Time
}

func newShelf(t *testing.T, st store.Store) *shelf {
	t.Helper()
	keys, err := seal.NewKeyring()
	must(t, err)
	s := &shelf{t: t, st: st, now: start}
	s.v, err = vault.Open(ctx, st, keys, start)
	must(t, err)
	return s
}

func (s *shelf) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *shelf) at(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = t
}

func (s *shelf) book() *rulebook.Book {
	s.t.Helper()
	b, err := rulebook.Open(ctx, rulebook.Config{Store: s.st, Vault: s.v, Now: s.clock, Name: func() (string, error) {
		var n [16]byte
		_, err := rand.Read(n[:])
		return hex.EncodeToString(n[:]), err
	}})
	must(s.t, err)
	return b
}

func TestPublishAndSign(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		b := newShelf(t, open(t)).book()
		if b.Current() != nil || b.Version(1) != nil {
			t.Fatal("an empty book has a version")
		}
		src := source(t, "signed-policy.yaml")
		v, err := b.Publish(ctx, lead, src)
		must(t, err)
		if v.Number != 1 || !v.Effective.IsZero() || len(v.Missing()) != 2 || b.Current() != nil || len(b.Versions().Waiting()) != 1 {
			t.Fatalf("published as %d, effective %s, missing %v", v.Number, v.Effective, v.Missing())
		}
		if !bytes.Equal(v.Source, src) || v.Digest != policy.Digest(src) || v.By != "Lead" {
			t.Error("not kept byte for byte, with who published it")
		}
		again, err := b.Publish(ctx, lead, src)
		must(t, err)
		if again.Number != 1 || len(b.Versions().All) != 1 {
			t.Error("the same bytes made another version")
		}
		v, err = b.Sign(ctx, privacy, 1, privacy.Offices[0], "reviewed", v.Digest, "read it all")
		must(t, err)
		if b.Current() != nil || len(v.Missing()) != 1 {
			t.Error("in effect before the last sign-off")
		}
		v, err = b.Sign(ctx, chief, 1, chief.Offices[0], "approved", v.Digest, "")
		must(t, err)
		if b.Current() == nil || !v.Effective.Equal(start) || len(v.Missing()) != 0 || len(b.Versions().Waiting()) != 0 {
			t.Error("the last sign-off does not bring it into effect")
		}
		if len(v.Signs) != 2 || v.Signs[0].Note != "read it all" || v.Signs[0].Member != "m-2" || v.Signs[0].Digest != v.Digest {
			t.Errorf("signed as %+v", v.Signs)
		}
	})
}

func TestWhoMayNotSign(t *testing.T) {
	b := newShelf(t, engines.SQLite(t)).book()
	v, err := b.Publish(ctx, lead, source(t, "signed-policy.yaml"))
	must(t, err)
	bot := privacy
	bot.Kind = cvd.ActorMachine
	plain := privacy
	plain.Roles = []cvd.Role{cvd.RoleMember}
	office := privacy.Offices[0]
	for name, c := range map[string]struct {
		by          cvd.Actor
		number      int
		office, act string
		digest      string
		want        error
	}{
		"another's office":     {chief, 1, office, "reviewed", v.Digest, cvd.ErrForbidden},
		"a machine":            {bot, 1, office, "reviewed", v.Digest, cvd.ErrForbidden},
		"no officer any more":  {plain, 1, office, "reviewed", v.Digest, cvd.ErrForbidden},
		"a lead":               {lead, 1, office, "reviewed", v.Digest, cvd.ErrForbidden},
		"a stranger":           {cvd.Stranger, 1, office, "reviewed", v.Digest, cvd.ErrForbidden},
		"another text":         {privacy, 1, office, "reviewed", strings.Repeat("0", 64), cvd.ErrConflict},
		"no digest":            {privacy, 1, office, "reviewed", "", cvd.ErrConflict},
		"an act not asked for": {privacy, 1, office, "approved", v.Digest, cvd.ErrInvalid},
		"no such version":      {privacy, 2, office, "reviewed", v.Digest, cvd.ErrNotFound},
		"version 0":            {privacy, 0, office, "reviewed", v.Digest, cvd.ErrNotFound},
	} {
		if _, err := b.Sign(ctx, c.by, c.number, c.office, c.act, c.digest, ""); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if len(b.Version(1).Signs) != 0 {
		t.Error("a refused signature is kept")
	}
	_, err = b.Sign(ctx, privacy, 1, office, "reviewed", v.Digest, "")
	must(t, err)
	if _, err := b.Sign(ctx, privacy, 1, office, "reviewed", v.Digest, ""); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("signed twice: %v", err)
	}
	for _, by := range []cvd.Actor{cvd.Stranger, bot, plain, {Kind: cvd.ActorReporter}} {
		if by.Is(cvd.RoleOfficer) {
			continue // an officer's machine may bring a file in; it may not sign
		}
		if _, err := b.Publish(ctx, by, source(t, "two-person-team.yaml")); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s %v published: %v", by.Kind, by.Roles, err)
		}
	}
	if _, err := b.Publish(ctx, lead, []byte("revision: [")); err == nil || len(b.Versions().All) != 1 {
		t.Errorf("a broken file: %v", err)
	}
}

func TestOlderVersionsStay(t *testing.T) {
	b := newShelf(t, engines.SQLite(t)).book()
	signed, plain := source(t, "signed-policy.yaml"), source(t, "two-person-team.yaml")
	waits, err := b.Publish(ctx, lead, signed)
	must(t, err)
	now, err := b.Publish(ctx, lead, plain) // demands no sign-off
	must(t, err)
	if b.Current().Number != 2 || now.Effective.IsZero() {
		t.Fatalf("in effect: %d", b.Current().Number)
	}
	if _, err := b.Sign(ctx, privacy, 1, privacy.Offices[0], "reviewed", waits.Digest, ""); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("an outdated version was signed: %v", err)
	}
	next, err := b.Publish(ctx, lead, revised(t, plain, 2))
	must(t, err)
	back, err := b.Publish(ctx, lead, plain) // back to older words is a version of its own
	must(t, err)
	if next.Number != 3 || back.Number != 4 || b.Current().Number != 4 || back.Digest != now.Digest {
		t.Errorf("published %d, %d; in effect %d", next.Number, back.Number, b.Current().Number)
	}
	for i, want := range [][]byte{signed, plain, revised(t, plain, 2), plain} {
		if v := b.Version(i + 1); v.Number != i+1 || !bytes.Equal(v.Source, want) {
			t.Errorf("version %d is not as it was published", i+1)
		}
	}
}

func notices(t *testing.T, s *shelf) map[string]int {
	t.Helper()
	out := map[string]int{}
	must(t, s.st.View(ctx, func(tx store.Tx) error {
		all, err := tx.Effects("", "", nil, 100)
		for _, e := range all {
			out[e.Template+" "+e.To]++
		}
		return err
	}))
	return out
}

func TestReviewIsWarnedOfOnceAndOverdueOnce(t *testing.T) {
	s := newShelf(t, engines.SQLite(t))
	b, other := s.book(), s.book()
	must(t, b.Tick(ctx))
	if _, ok := b.Review(); ok {
		t.Error("nothing in effect, and yet a review")
	}
	v, err := b.Publish(ctx, lead, source(t, "signed-policy.yaml"))
	must(t, err)
	sign := func(by cvd.Actor, act string) {
		t.Helper()
		_, err := b.Sign(ctx, by, 1, by.Offices[0], act, v.Digest, "")
		must(t, err)
	}
	sign(privacy, "reviewed")
	sign(chief, "approved")
	must(t, other.Reload(ctx))
	tick := func(at time.Time) {
		t.Helper()
		s.at(at)
		for range 2 {
			must(t, b.Tick(ctx))
			must(t, other.Tick(ctx)) // a second process on the same data
		}
	}
	check := func(when string, warned, overdue int) {
		t.Helper()
		got := notices(t, s)
		for _, to := range []string{"officers", "lead"} {
			if got["review-warned "+to] != warned || got["review-overdue "+to] != overdue {
				t.Errorf("%s: %v", when, got)
			}
		}
	}
	tick(start.AddDate(0, 10, 0))
	check("long before", 0, 0)
	tick(start.AddDate(1, 0, -29))
	check("a month ahead", 1, 0)
	tick(start.AddDate(1, 0, 1))
	tick(start.AddDate(1, 3, 0))
	check("overdue", 1, 1)
	sign(privacy, "reviewed") // the yearly review of the version in effect
	if r, _ := b.Review(); r.Overdue || !r.Due.Equal(start.AddDate(2, 3, 0)) {
		t.Errorf("a review starts the year anew: %+v", r)
	}
	must(t, other.Reload(ctx))
	tick(start.AddDate(1, 6, 0))
	check("reviewed", 1, 1)
	tick(start.AddDate(2, 3, -1))
	check("a month ahead again", 2, 1)
}

func TestTwoBooksOnOneStore(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		s := newShelf(t, open(t))
		a, b := s.book(), s.book()
		_, err := a.Publish(ctx, lead, source(t, "two-person-team.yaml"))
		must(t, err)
		must(t, b.Reload(ctx))
		if b.Current() == nil || b.Current().Digest != a.Current().Digest {
			t.Fatal("the other book does not see it")
		}
		plain := source(t, "two-person-team.yaml")
		var wg sync.WaitGroup
		numbers := make([]int, 8)
		for i := range numbers {
			wg.Go(func() {
				book := a
				if i%2 == 1 {
					book = b
				}
				v, err := book.Publish(ctx, lead, revised(t, plain, 10+i/2)) // each text by both at once
				if err != nil {
					t.Error(err)
					return
				}
				numbers[i] = v.Number
				if !bytes.Equal(v.Source, revised(t, plain, 10+i/2)) {
					t.Errorf("got version %d, which holds another text", v.Number)
				}
			})
		}
		wg.Wait()
		must(t, a.Reload(ctx))
		must(t, b.Reload(ctx))
		if x, y := len(a.Versions().All), len(b.Versions().All); x != y || x < 5 || x > 9 {
			t.Errorf("%d and %d versions", x, y)
		}
		for i, v := range a.Versions().All {
			if v.Number != i+1 || v.Digest != b.Version(i+1).Digest {
				t.Errorf("version %d differs", i+1)
			}
		}
		if fresh := s.book(); len(fresh.Versions().All) != len(a.Versions().All) || fresh.Current().Number != a.Current().Number {
			t.Error("a new book reads another history")
		}
	})
}

func TestSuggestions(t *testing.T) {
	s := newShelf(t, engines.SQLite(t))
	b := s.book()
	for name, text := range map[string]string{"blank": " \n", "too long": strings.Repeat("ä", 10001)} {
		if err := b.Suggest(ctx, text); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, b.Suggest(ctx, "first"))
	_, err := b.Publish(ctx, lead, source(t, "two-person-team.yaml"))
	must(t, err)
	s.at(start.Add(time.Hour))
	must(t, b.Suggest(ctx, strings.Repeat("ä", 10000)))
	got, err := b.Suggestions(ctx, privacy)
	must(t, err)
	if len(got) != 2 || got[0].Policy != 1 || got[1].Text != "first" || got[1].Policy != 0 {
		t.Errorf("%d suggestions", len(got))
	}
	reader := cvd.Actor{Kind: cvd.ActorMember, ID: "m-9", Roles: []cvd.Role{cvd.RoleReader}}
	for _, by := range []cvd.Actor{cvd.Stranger, reader} {
		if _, err := b.Suggestions(ctx, by); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("a %s reads them: %v", by.Kind, err)
		}
	}
}

// A version that asks for no signature still needs those of the version that it
// replaces: else publishing would be a way around the officers.
func TestSignOffsAreNotDroppedByPublishing(t *testing.T) {
	b := newShelf(t, engines.SQLite(t)).book()
	signAll := func(v *rulebook.Version) *rulebook.Version {
		for _, want := range v.Missing() {
			var err error
			v, err = b.Sign(ctx, officer("m-"+want.Office, want.Office), v.Number, want.Office, want.Act, v.Digest, "")
			must(t, err)
		}
		return v
	}
	first, err := b.Publish(ctx, lead, source(t, "signed-policy.yaml"))
	must(t, err)
	first = signAll(first)
	bare, err := b.Publish(ctx, lead, source(t, "two-person-team.yaml"))
	must(t, err)
	if !bare.Effective.IsZero() || len(bare.Missing()) != len(first.Needs) || len(first.Needs) == 0 {
		t.Fatalf("it took effect at %s, still needing %v", bare.Effective, bare.Missing())
	}
	if bare = signAll(bare); b.Current().Number != bare.Number {
		t.Fatalf("signed as before, but version %d is in effect", b.Current().Number)
	}
	next, err := b.Publish(ctx, lead, revised(t, source(t, "two-person-team.yaml"), 2))
	must(t, err)
	if next.Effective.IsZero() {
		t.Errorf("the officers agreed to sign no more, yet the next version waits for %v", next.Missing())
	}
}

// both asks for two signatures, of two offices.
const both = "  sign_offs:\n    - office: Security team\n      act: reviewed\n    - office: The whole team\n      act: approved\n"

func asking(t *testing.T, signs string, n int) []byte {
	t.Helper()
	plain := revised(t, source(t, "two-person-team.yaml"), n)
	out := bytes.Replace(plain, []byte("  sign_offs: []\n"), []byte(signs), 1)
	if bytes.Equal(out, plain) && signs != "  sign_offs: []\n" {
		t.Fatal("the example asks for signatures already")
	}
	return out
}

// Two offices are two people, and one office may be asked for both signatures.
func TestTwoOfficesAreTwoPeople(t *testing.T) {
	b := newShelf(t, engines.SQLite(t)).book()
	v, err := b.Publish(ctx, lead, asking(t, both, 2))
	must(t, err)
	one := officer("m-4", "Security team")
	one.Offices = append(one.Offices, "The whole team")
	v, err = b.Sign(ctx, one, v.Number, "Security team", "reviewed", v.Digest, "")
	must(t, err)
	if !v.Spent(one.ID, "The whole team") || v.Spent(one.ID, "Security team") || v.Spent("m-5", "The whole team") {
		t.Error("who signed for what is not told")
	}
	if _, err := b.Sign(ctx, one, v.Number, "The whole team", "approved", v.Digest, ""); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("one member signed for two offices: %v", err)
	}
	lent := officer("m-5", "The whole team")
	lent.Through = "member/m-4"
	if _, err := b.Sign(ctx, lent, v.Number, "The whole team", "approved", v.Digest, ""); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("signed by what a colleague made: %v", err)
	}
	v, err = b.Sign(ctx, officer("m-5", "The whole team"), v.Number, "The whole team", "approved", v.Digest, "")
	must(t, err)
	if v.Effective.IsZero() {
		t.Fatal("two signed, and it waits")
	}
	// Reviewed anew, by whoever holds the office now.
	_, err = b.Sign(ctx, officer("m-5", "Security team"), v.Number, "Security team", "reviewed", v.Digest, "")
	must(t, err)

	// A team in which one person holds both says so: one office for both signatures.
	small := newShelf(t, engines.SQLite(t)).book()
	v, err = small.Publish(ctx, lead, asking(t, strings.ReplaceAll(both, "The whole team", "Security team"), 2))
	must(t, err)
	for _, act := range []string{"reviewed", "approved"} {
		v, err = small.Sign(ctx, one, v.Number, "Security team", act, v.Digest, "")
		must(t, err)
	}
	if v.Effective.IsZero() {
		t.Error("it waits")
	}
}

// A version that waits gets no way around the signatures that a version asks for which
// takes effect meanwhile.
func TestAWaitingVersionDropsNoSignature(t *testing.T) {
	s := newShelf(t, engines.SQLite(t))
	b := s.book()
	sign := func(v *rulebook.Version, office, act string) *rulebook.Version {
		t.Helper()
		v, err := b.Sign(ctx, officer("m-"+office, office), v.Number, office, act, v.Digest, "")
		must(t, err)
		return v
	}
	_, err := b.Publish(ctx, lead, source(t, "two-person-team.yaml"))
	must(t, err)
	strict, err := b.Publish(ctx, lead, asking(t, both, 2))
	must(t, err)
	lax, err := b.Publish(ctx, lead, asking(t, "  sign_offs:\n    - office: Security team\n      act: reviewed\n", 3))
	must(t, err)
	sign(strict, "Security team", "reviewed")
	if strict = sign(strict, "The whole team", "approved"); strict.Effective.IsZero() {
		t.Fatal("the strict one waits")
	}
	lax = sign(lax, "Security team", "reviewed")
	if !lax.Effective.IsZero() || len(lax.Missing()) != 1 || lax.Missing()[0].Office != "The whole team" {
		t.Fatalf("one signed, and it is in effect since %s, missing %v", lax.Effective, lax.Missing())
	}
	if again := s.book().Version(lax.Number); len(again.Missing()) != 1 {
		t.Errorf("read again it misses %v", again.Missing())
	}
	if lax = sign(lax, "The whole team", "approved"); lax.Effective.IsZero() {
		t.Error("both signed, and it waits")
	}
}
