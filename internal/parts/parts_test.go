package parts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/parts"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	ctx     = context.Background()
	start   = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	lead    = cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Name: "Lena Lead", Roles: []cvd.Role{cvd.RoleLead}}
	build   = cvd.Actor{Kind: cvd.ActorMachine, ID: "m-2", Name: "build", Roles: []cvd.Role{cvd.RoleMember}}
	auditor = cvd.Actor{Kind: cvd.ActorMember, ID: "m-3", Name: "Ada", Roles: []cvd.Role{cvd.RoleAuditor}}
	officer = cvd.Actor{Kind: cvd.ActorMember, ID: "m-4", Name: "Otto", Roles: []cvd.Role{cvd.RoleOfficer}}
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sqlite is a fresh store, for benchmarks and fuzzing too.
func sqlite(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(t.TempDir(), "store.sqlite"), sqlstore.Options{})
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// shelf is one store, in which several processes may keep an inventory.
type shelf struct {
	st store.Store
	v  *vault.Vault
	mu sync.Mutex
	n  int
}

func newShelf(t testing.TB, st store.Store) *shelf {
	t.Helper()
	keys, err := seal.NewKeyring()
	must(t, err)
	s := &shelf{st: st}
	s.v, err = vault.Open(ctx, st, keys, start)
	must(t, err)
	return s
}

// open is the inventory as one process sees it; each look at the clock is a
// minute later.
func (s *shelf) open() *parts.Inventory {
	next := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.n++
		return s.n
	}
	return parts.New(parts.Config{
		Store: s.st, Vault: s.v,
		Now:  func() time.Time { return start.Add(time.Duration(next()) * time.Minute) },
		Name: func() (string, error) { return fmt.Sprintf("bill-%d", next()), nil },
	})
}

// bill is a CycloneDX document of package URLs, or of names.
func bill(components ...string) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`)
	for i, c := range components {
		if i > 0 {
			b.WriteString(",")
		}
		if name, contact, ok := strings.Cut(c, " by "); ok {
			fmt.Fprintf(&b, `{"type":"library","name":"x","purl":%q,"supplier":{"name":"the project","contact":[{"email":%q}]}}`, name, contact)
		} else if strings.HasPrefix(c, "pkg:") {
			fmt.Fprintf(&b, `{"type":"library","name":"x","purl":%q}`, c)
		} else {
			fmt.Fprintf(&b, `{"type":"library","name":%q}`, c)
		}
	}
	b.WriteString("]}")
	return b.Bytes()
}

func add(t testing.TB, v *parts.Inventory, product, version string, components ...string) parts.Added {
	t.Helper()
	got, err := v.Add(ctx, lead, parts.Upload{Product: product, Version: version, File: "bom.json", Bytes: bill(components...)})
	must(t, err)
	return got
}

// contains is the answer to a question, as one text.
func contains(t testing.TB, v *parts.Inventory, q parts.Question) string {
	t.Helper()
	found, _, err := v.Find(ctx, auditor, q)
	must(t, err)
	return told(found)
}

func told(found []parts.Found) string {
	var out []string
	for _, f := range found {
		for _, h := range f.In {
			out = append(out, fmt.Sprintf("%s %s in %s %s", f.Name, strings.Join(h.Theirs(), "+"), h.Product, h.Ours()))
		}
	}
	return strings.Join(out, "; ")
}

func TestWhichVersionsContain(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		s := newShelf(t, open(t))
		v := s.open()
		if got := contains(t, v, parts.Question{Name: "lodash"}); got != "" {
			t.Errorf("an empty inventory contains %s", got)
		}
		add(t, v, "Gateway", "1.2", "pkg:npm/lodash@4.17.15", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0")
		add(t, v, "Gateway", "1.10", "pkg:npm/lodash@4.17.21")
		add(t, v, "Gateway", "1.9", "pkg:npm/lodash@4.17.20")
		add(t, v, "Gateway", "2.0", "pkg:npm/lodash-es@4.17.21", "image decoder")
		add(t, v, "Gateway", "2.1", "pkg:npm/lodash@4.17.21", "pkg:npm/lodash@3.0.0")
		add(t, v, "Console", "1", "pkg:npm/lodash", "pkg:npm/%40acme/lodash@1")
		for _, c := range []struct {
			q    parts.Question
			want string
		}{
			{parts.Question{PURL: "pkg:npm/lodash"}, "lodash  in Console 1; lodash 3.0.0+4.17.15+4.17.20+4.17.21 in Gateway 1.2–1.10, 2.1"},
			{parts.Question{PURL: "PKG:npm/lodash@4.17.20?x=y#z"}, "lodash  in Console 1; lodash 4.17.20 in Gateway 1.9"},
			{parts.Question{PURL: "pkg:npm/lodash@9", Versions: "<4.17.21, >=4"}, "lodash  in Console 1; lodash 4.17.15+4.17.20 in Gateway 1.2–1.9"},
			{parts.Question{PURL: "pkg:npm/lodas"}, ""},
			{parts.Question{Name: " LODASH "}, "lodash  in Console 1; lodash 3.0.0+4.17.15+4.17.20+4.17.21 in Gateway 1.2–1.10, 2.1; @acme/lodash 1 in Console 1; lodash-es 4.17.21 in Gateway 2.0"},
			{parts.Question{Name: "log4j-core"}, "org.apache.logging.log4j:log4j-core 2.14.0 in Gateway 1.2"},
			{parts.Question{Name: "apache core", Versions: "2.14"}, "org.apache.logging.log4j:log4j-core 2.14.0 in Gateway 1.2"},
			{parts.Question{Name: "apache core", Versions: "> 2.14"}, ""},
			{parts.Question{Name: "Decoder"}, "image decoder  in Gateway 2.0"},
		} {
			if got := contains(t, v, c.q); got != c.want {
				t.Errorf("%+v: %q, want %q", c.q, got, c.want)
			}
		}
		// Another process sees it all, and what comes later.
		other := s.open()
		if got := contains(t, other, parts.Question{Name: "decoder"}); got != "image decoder  in Gateway 2.0" {
			t.Errorf("another process reads %q", got)
		}
		add(t, v, "Console", "2", "pkg:npm/left-pad@1.0.0")
		if got := contains(t, other, parts.Question{Name: "left-pad"}); got != "left-pad 1.0.0 in Console 2" {
			t.Errorf("another process reads %q", got)
		}
	})
}

// Replacing and removing leave nothing of the old bill but its history.
func TestReplaceAndRemove(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		s := newShelf(t, open(t))
		v, other := s.open(), s.open()
		first := add(t, v, "Gateway", "1.2", "pkg:npm/lodash@4.17.15", "pkg:npm/a@1")
		if first.Replaced != nil || first.Same || first.Components != 2 || first.Product != "Gateway" || first.By != "Lena Lead" {
			t.Errorf("first: %+v", first)
		}
		if again := add(t, v, "gateway", "1.2", "pkg:npm/lodash@4.17.15", "pkg:npm/a@1"); !again.Same || again.ID != first.ID {
			t.Errorf("the same file again: %+v", again)
		}
		if got := contains(t, other, parts.Question{Name: "lodash"}); got != "lodash 4.17.15 in Gateway 1.2" {
			t.Errorf("before: %q", got)
		}
		second := add(t, v, " gateway ", "1.2", "pkg:npm/lodash@4.17.21")
		if second.Replaced == nil || second.Replaced.ID != first.ID || second.Product != "Gateway" {
			t.Errorf("second: %+v", second)
		}
		for _, one := range []*parts.Inventory{v, other, s.open()} {
			if got := contains(t, one, parts.Question{PURL: "pkg:npm/lodash"}) + contains(t, one, parts.Question{PURL: "pkg:npm/a"}); got != "lodash 4.17.21 in Gateway 1.2" {
				t.Errorf("after: %q", got)
			}
		}
		if err := v.Remove(ctx, lead, first.ID, "gone"); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("removing what was replaced: %v", err)
		}
		must(t, other.Remove(ctx, build, second.ID, "Never shipped."))
		for _, one := range []*parts.Inventory{v, other, s.open()} {
			if got := contains(t, one, parts.Question{Name: "l"}); got != "" {
				t.Errorf("after removal: %q", got)
			}
			bills, err := one.Bills(ctx, auditor)
			must(t, err)
			changes, err := one.Changes(ctx, auditor)
			must(t, err)
			var got []string
			for _, c := range changes {
				got = append(got, fmt.Sprintf("%s %s %s %d %s %s", c.Type, c.Actor, c.Bill.Version, c.Bill.Components, c.Bill.Digest[:4], c.Reason))
			}
			want := []string{
				"bill-removed machine/m-2 1.2 1 " + second.Digest[:4] + " Never shipped.",
				"bill-replaced member/m-1 1.2 1 " + second.Digest[:4] + " ",
				"bill-added member/m-1 1.2 2 " + first.Digest[:4] + " ",
			}
			if d := cmp.Diff(want, got); d != "" || len(bills) != 0 {
				t.Errorf("%d bills, history (-want +got):\n%s", len(bills), d)
			}
		}
		// What is gone is gone from the store too.
		must(t, s.st.View(ctx, func(tx store.Tx) error {
			recs, err := tx.Records("bill", "", 10)
			if len(recs) != 0 {
				t.Errorf("%d bills are left in the store", len(recs))
			}
			return err
		}))
	})
}

// Many hands at once: each version keeps the bill of whoever came last, and
// nothing is lost.
func TestAtOnce(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		s := newShelf(t, open(t))
		var wg sync.WaitGroup
		for i := range 6 {
			v := s.open()
			wg.Go(func() {
				_, err := v.Add(ctx, lead, parts.Upload{Product: "Gateway", Version: fmt.Sprint(i / 2), Bytes: bill(fmt.Sprintf("pkg:npm/a@%d", i))})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		v := s.open()
		bills, err := v.Bills(ctx, lead)
		must(t, err)
		changes, err := v.Changes(ctx, lead)
		must(t, err)
		if len(bills) != 3 || len(changes) != 6 {
			t.Errorf("%d bills and %d changes, want 3 and 6", len(bills), len(changes))
		}
	})
}

func TestContact(t *testing.T) {
	s := newShelf(t, sqlite(t))
	v := s.open()
	add(t, v, "Gateway", "1", "pkg:npm/lodash@1 by old@lodash.example", "decoder")
	second := add(t, v, "Gateway", "2", "pkg:npm/lodash@2 by new@lodash.example")
	add(t, v, "Gateway", "3", "pkg:npm/lodash@3")
	is := func(key, want string, recorded bool) {
		t.Helper()
		for _, one := range []*parts.Inventory{v, s.open()} {
			f, err := one.Component(ctx, auditor, key)
			must(t, err)
			if f.Contact.String() != want || f.Recorded != recorded {
				t.Errorf("%s: %q, recorded %v; want %q", key, f.Contact, f.Recorded, want)
			}
		}
	}
	is("pkg:npm/lodash", "the project <new@lodash.example>", false)
	is("name:decoder", "", false)
	must(t, v.RecordContact(ctx, lead, "pkg:npm/lodash", sbom.Contact{Email: " security@lodash.example "}))
	is("pkg:npm/lodash", "security@lodash.example", true)
	must(t, v.RecordContact(ctx, lead, "pkg:npm/lodash", sbom.Contact{}))
	is("pkg:npm/lodash", "the project <new@lodash.example>", false)
	err := v.RecordContact(ctx, lead, "pkg:npm/lodash", sbom.Contact{Name: strings.Repeat("canary", 100), Email: "canary", URL: "javascript:canary"})
	faults, _ := errors.AsType[cvd.Faults](err)
	if len(faults) != 3 || strings.Contains(err.Error(), "canary") {
		t.Errorf("a wrong contact: %v", err)
	}
	must(t, v.Remove(ctx, lead, second.ID, "Never shipped."))
	is("pkg:npm/lodash", "the project <old@lodash.example>", false)
	if err := v.RecordContact(ctx, lead, "pkg:npm/other", sbom.Contact{}); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("the contact of nothing: %v", err)
	}
	if _, err := v.Component(ctx, lead, "pkg:npm/other"); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("a component of nothing: %v", err)
	}
}

func TestWhoMay(t *testing.T) {
	v := newShelf(t, sqlite(t)).open()
	in := parts.Upload{Product: "Gateway", Version: "1", Bytes: bill("a")}
	for _, c := range []struct {
		by           cvd.Actor
		look, change error
	}{
		{lead, nil, nil},
		{build, nil, nil},
		{auditor, nil, cvd.ErrForbidden},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-9", Roles: []cvd.Role{cvd.RoleFixer}}, nil, cvd.ErrForbidden},
		{officer, cvd.ErrNotFound, cvd.ErrNotFound},
		{cvd.Stranger, cvd.ErrNotFound, cvd.ErrNotFound},
		{cvd.Actor{Kind: cvd.ActorReporter, Receipt: "r"}, cvd.ErrNotFound, cvd.ErrNotFound},
	} {
		_, err1 := v.Bills(ctx, c.by)
		_, err2 := v.Changes(ctx, c.by)
		_, _, err3 := v.Find(ctx, c.by, parts.Question{Name: "a"})
		_, err4 := v.Suggest(ctx, c.by, &cvd.Report{})
		for _, err := range []error{err1, err2, err3, err4} {
			if !errors.Is(err, c.look) {
				t.Errorf("%s %v looks: %v, want %v", c.by.Kind, c.by.Roles, err, c.look)
			}
		}
		if _, err := v.Add(ctx, c.by, in); !errors.Is(err, c.change) {
			t.Errorf("%s %v adds: %v, want %v", c.by.Kind, c.by.Roles, err, c.change)
		}
		if err := v.RecordContact(ctx, c.by, "name:a", sbom.Contact{}); !errors.Is(err, c.change) {
			t.Errorf("%s %v records a contact: %v, want %v", c.by.Kind, c.by.Roles, err, c.change)
		}
		if c.change != nil {
			if err := v.Remove(ctx, c.by, "bill-1", "x"); !errors.Is(err, c.change) {
				t.Errorf("%s %v removes: %v, want %v", c.by.Kind, c.by.Roles, err, c.change)
			}
		}
	}
}

// Everything that is wrong comes at once, and repeats nothing.
func TestFaults(t *testing.T) {
	v := newShelf(t, sqlite(t)).open()
	_, err := v.Add(ctx, lead, parts.Upload{Product: " ", Version: strings.Repeat("canary", 50), Bytes: []byte("canary")})
	faults, _ := errors.AsType[cvd.Faults](err)
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	if d := cmp.Diff([]string{"product", "version", "file"}, fields); d != "" || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for _, q := range []parts.Question{
		{},
		{Name: "a", PURL: "pkg:npm/a"},
		{PURL: "canary"},
		{Name: "a", Versions: "><canary"},
		{Name: strings.Repeat("canary", 1000)},
		{Name: "a", Versions: ">="},
		{Name: "a", Versions: "1 2 3 4 5 6 7 8 9"},
		{Name: "a", Versions: "> >1"},
		{Name: "a", Versions: "=>1"},
	} {
		_, _, err := v.Find(ctx, lead, q)
		if !errors.Is(err, cvd.ErrInvalid) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.60v: %v", q, err)
		}
	}
	_, _, err = v.Find(ctx, lead, parts.Question{PURL: "canary", Versions: "<>"})
	if faults, _ := errors.AsType[cvd.Faults](err); len(faults) != 2 {
		t.Errorf("not all at once: %v", err)
	}
	if err := v.Remove(ctx, lead, "x", " "); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("no reason: %v", err)
	}
	if err := v.Remove(ctx, lead, "x", "y"); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("no bill: %v", err)
	}
}

// Nothing of a bill can be read from the database.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	st := sqlite(t)
	v := newShelf(t, st).open()
	add(t, v, "canary-product", "canary-version", "pkg:npm/canary-part@1 by canary@example.org")
	must(t, v.RecordContact(ctx, lead, "pkg:npm/canary-part", sbom.Contact{Name: "canary"}))
	must(t, st.Backup(ctx, dir))
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("canary")) {
			t.Errorf("%s holds words of a bill", e.Name())
		}
		return err
	}))
}

// A bill whose components are gone from the store is told loudly.
func TestLostBill(t *testing.T) {
	st := sqlite(t)
	s := newShelf(t, st)
	a := add(t, s.open(), "Gateway", "1", "a")
	must(t, st.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{Kind: "bill", ID: a.ID})
		return err
	}))
	if _, err := s.open().Bills(ctx, lead); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("a lost bill: %v", err)
	}
}

// BenchmarkFind asks a house of 300 versions with 1,500 components each, of which
// neighbours share nearly all.
func BenchmarkFind(b *testing.B) {
	st := sqlite(b)
	s := newShelf(b, st)
	v := s.open()
	for version := range 300 {
		var all []string
		for i := range 1500 {
			all = append(all, fmt.Sprintf("pkg:npm/%%40scope/component-number-%d@%d.%d.0", i, i%7, version/(1+i%40)))
		}
		add(b, v, fmt.Sprintf("product %d", version%10), fmt.Sprintf("1.%d", version), all...)
	}
	for name, q := range map[string]parts.Question{
		"purl":  {PURL: "pkg:npm/%40scope/component-number-77"},
		"range": {PURL: "pkg:npm/%40scope/component-number-77", Versions: ">=0.1 <0.3"},
		"name":  {Name: "number-1234"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if contains(b, v, q) == "" {
					b.Fatal("nothing found")
				}
			}
		})
	}
	b.Run("suggest", func(b *testing.B) {
		r := &cvd.Report{Description: strings.Repeat("The component-number-77 reads past its buffer. ", 500)}
		for b.Loop() {
			if got, err := v.Suggest(ctx, lead, r); err != nil || len(got) != 1 {
				b.Fatal(got, err)
			}
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			if contains(b, s.open(), parts.Question{Name: "number-1234"}) == "" {
				b.Fatal("nothing found")
			}
		}
	})
}
