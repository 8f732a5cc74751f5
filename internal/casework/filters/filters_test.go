package filters_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault/vaulttest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

func member(id string, role cvd.Role) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: id, Roles: []cvd.Role{role}}
}

func open(t *testing.T, st store.Store) *filters.Book {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	v := vaulttest.Open(t, st, now())
	return filters.New(st, v, now)
}

func TestFiltersAreEachMembersOwn(t *testing.T) {
	engines.Each(t, func(t *testing.T, fresh func(*testing.T) store.Store) {
		st := fresh(t)
		b := open(t, st)
		ann, ben := member("ann", cvd.RoleLead), member("ben", cvd.RoleAuditor)
		keep := func(by cvd.Actor, name, query string) {
			t.Helper()
			if err := b.Keep(ctx, by, name, query); err != nil {
				t.Fatal(err)
			}
		}
		list := func(by cvd.Actor) string {
			t.Helper()
			all, err := b.Of(ctx, by)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, f := range all {
				out = append(out, f.Name+"="+f.Query)
			}
			return strings.Join(out, " ")
		}
		keep(ann, "high", "severity=high")
		keep(ann, "  all   mine ", "q=canary")
		keep(ben, "high", "view=closed")
		keep(ann, "high", "severity=critical")
		if got := list(ann); got != "all mine=q=canary high=severity=critical" {
			t.Errorf("ann has %s", got)
		}
		all, _ := b.Of(ctx, ann)
		if err := b.Drop(ctx, ben, all[0].ID); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("ben drops ann's: %v", err)
		}
		if err := b.Drop(ctx, ann, all[0].ID); err != nil || list(ann) != "high=severity=critical" || list(ben) != "high=view=closed" {
			t.Errorf("%v: ann has %s, ben %s", err, list(ann), list(ben))
		}
		_ = st.View(ctx, func(tx store.Tx) error {
			recs, err := tx.Records("filter", "", 100)
			for _, r := range recs {
				if bytes.Contains(r.Sealed, []byte("critical")) || strings.Contains(r.ID, "high") {
					t.Errorf("a thief reads %s %s", r.ID, r.Sealed)
				}
			}
			return err
		})
		for _, who := range []cvd.Actor{member("otto", cvd.RoleOfficer), {Kind: cvd.ActorReporter, Receipt: "r"}, cvd.Stranger} {
			_, err := b.Of(ctx, who)
			if !errors.Is(err, cvd.ErrNotFound) || !errors.Is(b.Keep(ctx, who, "x", ""), cvd.ErrNotFound) || !errors.Is(b.Drop(ctx, who, "x"), cvd.ErrNotFound) {
				t.Errorf("%s has filters: %v", who.Kind, err)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	engines.Each(t, func(t *testing.T, fresh func(*testing.T) store.Store) {
		b := open(t, fresh(t))
		ann := member("ann", cvd.RoleFixer)
		for name, want := range map[string]string{
			"": "is empty", " \n": "is empty", strings.Repeat("ä", 41): "over 40 characters", "a\x00b": "no text", "a\xffb": "no text",
		} {
			err := b.Keep(ctx, ann, name, "")
			if _, ok := errors.AsType[cvd.Faults](err); !ok || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if err := b.Keep(ctx, ann, "long", strings.Repeat("x", 2001)); !errors.Is(err, cvd.ErrInvalid) {
			t.Error(err)
		}
		for n := range filters.Most {
			if err := b.Keep(ctx, ann, fmt.Sprint(n), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Keep(ctx, ann, "3", "q=x"); err != nil {
			t.Errorf("one of the same name is refused: %v", err)
		}
		if err := b.Keep(ctx, ann, "more", ""); err == nil || !strings.Contains(err.Error(), "remove one first") {
			t.Error(err)
		}
	})
}
