package register_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	ctx   = context.Background()
	start = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A translation has a document of its own, whose name nobody else's document has,
// whichever of the two came first.
func TestTranslationsThatClash(t *testing.T) {
	h := newHouse(t, engines.SQLite(t))
	r := register.Open(register.Config{
		Store: h.st, Vault: h.v, Now: func() time.Time { return start }, Formats: []advisory.Format{page.Format},
		Publisher: func() advisory.Publisher { return advisory.Publisher{Name: "Example"} },
	})
	one := advisorytest.Translate(draft("EX-1", 1), "de")
	must(t, r.Publish(ctx, one, draft("EX-1-FR", 1), draft("EX-1-more", 1)))
	if e, err := r.Entry(ctx, "EX-1"); err != nil || !slices.Equal(e.Languages(), []string{"de"}) || !e.Has("markdown/de") {
		t.Fatalf("%+v %v", e, err)
	}
	for name, a := range map[string]*cvd.Advisory{
		"an advisory named as a translation": draft("ex-1-DE", 1), "a translation named as an advisory": advisorytest.Translate(next(one), "fr"),
	} {
		if _, err := r.Prepare(ctx, a); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Prepare(ctx, advisorytest.Translate(draft("EX-2", 1), "de"), draft("EX-2-de", 1)); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("both at once: %v", err)
	}
	must(t, r.Publish(ctx, advisorytest.Translate(next(one), "pt")))
}

// plain writes the whole record; terse covers only what has a CVE id.
var (
	plain = advisory.Format{
		Name: "plain", Media: "application/json", Ext: ".json",
		Encode: func(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
			return json.Marshal(map[string]any{"record": a, "by": p.Name})
		},
	}
	terse = advisory.Format{
		Name: "terse", Media: "text/plain", Ext: ".txt",
		Covers: func(a *cvd.Advisory, _ advisory.Publisher) error {
			if len(a.CVEs()) == 0 {
				return cvd.ErrInvalid
			}
			return nil
		},
		Encode: func(a *cvd.Advisory, _ advisory.Publisher) ([]byte, error) {
			if a.Title == "broken" {
				return nil, errors.New("this encoder breaks")
			}
			return []byte(a.CVEs()[0]), nil
		},
	}
)

// house is one store with what opens it, over which registers are opened.
type house struct {
	t  *testing.T
	st store.Store
	v  *vault.Vault
}

func newHouse(t *testing.T, st store.Store) *house {
	t.Helper()
	v := vaulttest.Open(t, st, start)
	return &house{t, st, v}
}

func (h *house) register() *register.Register {
	return register.Open(register.Config{
		Store: h.st, Vault: h.v, Now: func() time.Time { return start },
		Formats:   []advisory.Format{plain, terse},
		Publisher: func() advisory.Publisher { return advisory.Publisher{Name: "Example", OSVPrefix: "x_"} },
		Sign:      func(b []byte, _ time.Time) ([]byte, error) { return fmt.Appendf(nil, "signed %d bytes", len(b)), nil },
	})
}

// draft is a record ready to be published, n days after the start.
func draft(id cvd.AdvisoryID, n int) *cvd.Advisory {
	at := start.AddDate(0, 0, n)
	return &cvd.Advisory{
		ID: id, Revision: 1, Title: "A flaw in " + string(id), Published: at, Modified: at, Details: "secret words",
		Aliases:  []string{"GHSA-x", "CVE-2026-0001"},
		Products: []cvd.AdvisoryProduct{{ID: "a", Name: "Gateway", PURL: "pkg:golang/example.org/gw", Ecosystem: "Go"}, {ID: "b", Name: "Gateway", Ecosystem: "Debian:12"}},
		Vulnerabilities: []cvd.Vulnerability{{Scores: []cvd.AdvisoryScore{
			{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}, {Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {Vector: "CVSS:2.0/old"},
		}}},
	}
}

func next(a *cvd.Advisory) *cvd.Advisory {
	b := a.Clone()
	b.Revision++
	b.Modified = b.Modified.Add(time.Hour)
	return b
}

func TestPublishAndRead(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		h := newHouse(t, open(t))
		r, other := h.register(), h.register()
		if n, err := r.Generation(ctx); n != 0 || err != nil {
			t.Fatalf("an empty register is at %d, %v", n, err)
		}
		one, two := draft("EX-2026-ONE", 1), draft("EX-2026-TWO", 2)
		two.Aliases, two.TLP = nil, cvd.TLPAmber
		must(t, r.Publish(ctx, one, two))
		for _, reg := range []*register.Register{r, other, h.register()} {
			all, err := reg.Entries(ctx)
			must(t, err)
			if len(all) != 2 || all[0].ID != two.ID || all[1].ID != one.ID {
				t.Fatalf("%d entries, newest first", len(all))
			}
			e, err := reg.Entry(ctx, one.ID)
			must(t, err)
			if e.Revision != 1 || e.Band != cvd.BandCritical || e.Score != 9.8 || e.TLP != cvd.TLPClear || !e.Withdrawn.IsZero() ||
				!slices.Equal(e.Aliases, []string{"CVE-2026-0001", "GHSA-x"}) || !slices.Equal(e.Products, []string{"Gateway"}) ||
				!slices.Equal(e.Ecosystems, []string{"Go", "Debian"}) || !slices.Equal(e.Documents, []string{"plain", "terse"}) {
				t.Errorf("entry %+v", e)
			}
			d, err := reg.Document(ctx, one.ID, "plain")
			must(t, err)
			want, _ := plain.Encode(one, advisory.Publisher{Name: "Example"})
			long := sha512.Sum512(want)
			if string(d.Bytes) != string(want) || d.SHA512 != hex.EncodeToString(long[:]) || len(d.SHA256) != 64 || d.Ext != ".json" ||
				string(d.Signature) != fmt.Sprintf("signed %d bytes", len(want)) || !d.Modified.Equal(one.Modified) {
				t.Errorf("document %+v", d)
			}
			if _, err := reg.Document(ctx, two.ID, "terse"); !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("a format that does not cover it: %v", err)
			}
			if d, err := reg.Document(ctx, two.ID, "plain"); err != nil || d.TLP != cvd.TLPAmber {
				t.Errorf("amber: %s, %v", d.TLP, err)
			}
			for _, id := range []cvd.AdvisoryID{"EX-2026-NONE", "ex-2026-one", ""} {
				_, err1 := reg.Entry(ctx, id)
				_, err2 := reg.Document(ctx, id, "plain")
				_, err3 := reg.Record(ctx, id, 0)
				for _, err := range []error{err1, err2, err3} {
					if !errors.Is(err, cvd.ErrNotFound) {
						t.Errorf("%q: %v", id, err)
					}
				}
			}
		}
	})
}

func TestRevisions(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		h := newHouse(t, open(t))
		r, reader := h.register(), h.register()
		a := draft("EX-2026-ONE", 1)
		must(t, r.Publish(ctx, a))
		before, err := reader.Generation(ctx)
		must(t, err)
		b := next(a)
		b.Aliases, b.Title, b.Withdrawn = nil, "Taken back", b.Modified
		must(t, r.Publish(ctx, b))
		after, err := reader.Generation(ctx)
		must(t, err)
		if after == before {
			t.Error("the generation stands still")
		}
		e, err := reader.Entry(ctx, a.ID)
		must(t, err)
		if e.Revision != 2 || e.Title != "Taken back" || !e.Withdrawn.Equal(b.Modified) || e.Seq != after {
			t.Errorf("entry %+v", e)
		}
		if _, err := reader.Document(ctx, a.ID, "terse"); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("a document of the revision before: %v", err)
		}
		d, err := reader.Document(ctx, a.ID, "plain")
		must(t, err)
		if d.Revision != 2 || !strings.Contains(string(d.Bytes), "Taken back") {
			t.Error("the document is not of the latest revision")
		}
		for n, title := range map[int]string{0: "Taken back", 1: a.Title, 2: "Taken back"} {
			if got, err := reader.Record(ctx, a.ID, n); err != nil || got.Title != title {
				t.Errorf("revision %d: %v", n, err)
			}
		}
		if _, err := reader.Record(ctx, a.ID, 3); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("a revision to come: %v", err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	r := newHouse(t, engines.SQLite(t)).register()
	a := draft("EX-2026-ONE", 1)
	must(t, r.Publish(ctx, a))
	for name, c := range map[string]struct {
		change func(b *cvd.Advisory)
		field  string
	}{
		"the same revision":  {func(b *cvd.Advisory) { b.Revision = 1 }, "revision"},
		"a gap":              {func(b *cvd.Advisory) { b.Revision = 3 }, "revision"},
		"another first day":  {func(b *cvd.Advisory) { b.Published = b.Published.Add(time.Second) }, "published"},
		"back in time":       {func(b *cvd.Advisory) { b.Modified = b.Published.Add(-time.Second) }, "modified"},
		"no instant":         {func(b *cvd.Advisory) { b.Published = time.Time{} }, "published"},
		"the same file name": {func(b *cvd.Advisory) { b.ID, b.Revision = "ex-2026-One", 1 }, "id"},
		"a VEX document":     {func(b *cvd.Advisory) { b.ID, b.Revision = "EX-2026-ONE-VEX", 1 }, "id"},
		"no id":              {func(b *cvd.Advisory) { b.ID, b.Revision = "", 1 }, "id"},
		"a path":             {func(b *cvd.Advisory) { b.ID, b.Revision = "../x", 1 }, "id"},
		"the feed":           {func(b *cvd.Advisory) { b.ID, b.Revision = "Feed", 1 }, "id"},
		"a line end":         {func(b *cvd.Advisory) { b.ID, b.Revision = "x\ny", 1 }, "id"},
		"too long":           {func(b *cvd.Advisory) { b.ID, b.Revision = cvd.AdvisoryID(strings.Repeat("ä", 201)), 1 }, "id"},
		"no title":           {func(b *cvd.Advisory) { b.Title = " " }, "title"},
		"no label":           {func(b *cvd.Advisory) { b.TLP = "WHITE" }, "tlp"},
	} {
		b := next(a)
		c.change(b)
		_, err := r.Prepare(ctx, b)
		var faults cvd.Faults
		if !errors.As(err, &faults) || !slices.ContainsFunc(faults, func(f cvd.Fault) bool { return f.Field == c.field }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Prepare(ctx, draft("feed", 1)); err == nil || !strings.Contains(err.Error(), "reserved word") {
		t.Errorf("the feed: %v", err)
	}
	bad := draft("", 1)
	bad.Title = ""
	_, err := r.Prepare(ctx, draft("EX-2026-TWO", 2), bad)
	var faults cvd.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Field != "advisories[1].id" {
		t.Errorf("all faults at once: %v", err)
	}
	broken := draft("EX-2026-BROKEN", 3)
	broken.Title = "broken"
	if err := r.Publish(ctx, draft("EX-2026-TWO", 2), broken); err == nil {
		t.Error("an encoder's error is swallowed")
	}
	if n, err := r.Generation(ctx); n != 1 || err != nil {
		t.Errorf("something refused was stored: %d, %v", n, err)
	}
}

// A publication belongs to the caller's transaction: nothing of it stands if that
// fails, and all of it if not.
func TestWriteIsPartOfTheCallersTransaction(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		h := newHouse(t, open(t))
		r := h.register()
		p, err := r.Prepare(ctx, draft("EX-2026-ONE", 1), draft("EX-2026-TWO", 1))
		must(t, err)
		stop := errors.New("stop")
		err = h.st.Update(ctx, func(tx store.Tx) error {
			if err := p.Write(tx); err != nil {
				return err
			}
			return stop
		})
		if n, _ := r.Generation(ctx); !errors.Is(err, stop) || n != 0 {
			t.Errorf("an undone transaction leaves %d, %v", n, err)
		}
		must(t, r.Publish(ctx, draft("EX-2026-OTHER", 1))) // somebody was faster; p goes behind it
		must(t, h.st.Update(ctx, p.Write))
		if all, err := r.Entries(ctx); err != nil || len(all) != 3 {
			t.Errorf("%d entries, %v", len(all), err)
		}
		if err := h.st.Update(ctx, p.Write); !errors.Is(err, cvd.ErrConflict) {
			t.Errorf("written twice: %v", err)
		}
		stale, err := r.Prepare(ctx, next(draft("EX-2026-ONE", 1)))
		must(t, err)
		must(t, r.Publish(ctx, next(draft("EX-2026-ONE", 1))))
		if err := h.st.Update(ctx, stale.Write); !errors.Is(err, cvd.ErrConflict) {
			t.Errorf("the same revision by two: %v", err)
		}
	})
}

// Of two whose files would have one name only one is published, also where both were
// prepared before either was.
func TestNamesThatClashAtOnce(t *testing.T) {
	for _, pair := range [][2]cvd.AdvisoryID{{"EX 2026:1", "ex_2026_1"}, {"EX-1", "ex-1-VEX"}, {"EX-1-VEX", "EX-1"}, {"EX-1", "x_EX-1"}, {"x_ex-1", "EX-1"}, {"EX-1", "EX-1"}} {
		h := newHouse(t, engines.SQLite(t))
		r, other := h.register(), h.register()
		first, err := r.Prepare(ctx, draft(pair[0], 1))
		must(t, err)
		second, err := other.Prepare(ctx, draft("EX-ELSE", 1), draft(pair[1], 1))
		must(t, err)
		must(t, h.st.Update(ctx, first.Write))
		if err := h.st.Update(ctx, second.Write); !errors.Is(err, cvd.ErrConflict) {
			t.Errorf("%q after %q: %v", pair[1], pair[0], err)
		}
		if all, err := other.Entries(ctx); err != nil || len(all) != 1 || all[0].ID != pair[0] {
			t.Errorf("%q after %q: %d are published, %v", pair[1], pair[0], len(all), err)
		}
		if _, err := other.Prepare(ctx, draft(pair[1], 1)); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("prepared again: %v", err)
		}
		if v, err := other.Verify(ctx); err != nil || len(v.Faults) > 0 {
			t.Errorf("the register has faults: %v %v", v.Faults, err)
		}
	}
}

func TestManyPublishAtOnce(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		h := newHouse(t, open(t))
		var wg sync.WaitGroup
		for i := range 4 {
			r := h.register()
			wg.Go(func() {
				for j := range 5 {
					if err := r.Publish(ctx, draft(cvd.AdvisoryID(fmt.Sprintf("EX-%d-%d", i, j)), j)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r := h.register()
		all, err := r.Entries(ctx)
		must(t, err)
		v, err := r.Verify(ctx)
		must(t, err)
		if len(all) != 20 || v.Events != 20 || len(v.Faults) != 0 {
			t.Errorf("%d entries, %d events, %v", len(all), v.Events, v.Faults)
		}
	})
}

func TestImportsComeInBatches(t *testing.T) {
	r := newHouse(t, engines.SQLite(t)).register()
	var recs []*cvd.Advisory
	for i := range 250 {
		recs = append(recs, draft(cvd.AdvisoryID(fmt.Sprintf("IMPORT-%03d", i)), i))
	}
	recs = append(recs, next(recs[0]))
	must(t, r.Publish(ctx, recs...))
	all, err := r.Entries(ctx)
	must(t, err)
	if len(all) != 250 || all[0].ID != "IMPORT-249" {
		t.Errorf("%d entries", len(all))
	}
	var ids []cvd.AdvisoryID
	for _, e := range all[:3] {
		ids = append(ids, e.ID)
	}
	var got []cvd.AdvisoryID
	must(t, r.Documents(ctx, append(ids, "GONE"), "plain", func(d register.Document) error {
		got = append(got, d.ID)
		return nil
	}))
	if !slices.Equal(got, ids) {
		t.Errorf("documents of %v", got)
	}
	if e, err := r.Entry(ctx, "IMPORT-000"); err != nil || e.Revision != 2 {
		t.Errorf("both revisions of one call: %v", err)
	}
}

// What a copy of the database tells: not the words, and not what there is about.
func TestNothingIsReadableInTheDatabase(t *testing.T) {
	h := newHouse(t, engines.SQLite(t))
	must(t, h.register().Publish(ctx, draft("EX-2026-CANARY", 1)))
	must(t, h.st.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Events(register.Stream, 0, 10)
		must(t, err)
		text := ""
		for _, row := range rows {
			text += fmt.Sprintf("%s %s %s", row.Head, row.BodyKey, row.Sealed)
		}
		for _, kind := range []store.RecordKind{"advisory-document", "advisory-record"} {
			recs, err := tx.Records(kind, "", 10)
			must(t, err)
			if len(recs) == 0 {
				t.Errorf("no %s", kind)
			}
			for _, rec := range recs {
				text += fmt.Sprintf("%s %s %s", rec.ID, rec.Owner, rec.Sealed)
			}
		}
		for _, word := range []string{"CANARY", "secret", "Gateway", "CVE-"} {
			if strings.Contains(text, word) {
				t.Errorf("%q stands open", word)
			}
		}
		return nil
	}))
}

func TestVerifyFindsWhatWasEdited(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(tx store.Tx, recs, docs []store.Record) error
		want string
	}{
		"nothing":                 {func(store.Tx, []store.Record, []store.Record) error { return nil }, ""},
		"a document is gone":      {func(tx store.Tx, _, docs []store.Record) error { return gone(tx, docs[0]) }, "is gone"},
		"a record is gone":        {func(tx store.Tx, recs, _ []store.Record) error { return gone(tx, recs[0]) }, "is gone"},
		"a document is another's": {func(tx store.Tx, _, docs []store.Record) error { return swap(tx, docs) }, "is not as it was published"},
		"a record is another's":   {func(tx store.Tx, recs, _ []store.Record) error { return swap(tx, recs) }, "is not as it was published"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, engines.SQLite(t))
			must(t, h.register().Publish(ctx, draft("EX-2026-ONE", 1), draft("EX-2026-TWO", 2)))
			must(t, h.st.Update(ctx, func(tx store.Tx) error {
				recs, err := tx.Records("advisory-record", "", 10)
				must(t, err)
				docs, err := tx.Records("advisory-document", "", 10)
				must(t, err)
				return c.edit(tx, recs, docs)
			}))
			v, err := h.register().Verify(ctx)
			must(t, err)
			if text := strings.Join(v.Faults, "\n"); (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
				t.Errorf("found %q", text)
			}
		})
	}
}

func gone(tx store.Tx, rec store.Record) error {
	_, err := tx.DeleteRecords(store.Selection{Kind: rec.Kind, ID: rec.ID})
	return err
}

func swap(tx store.Tx, recs []store.Record) error {
	recs[0].Sealed = recs[1].Sealed
	return tx.PutRecord(recs[0], -1)
}

func TestEverythingOfAHouseThatCannotRead(t *testing.T) {
	h := newHouse(t, engines.SQLite(t))
	must(t, h.register().Publish(ctx, draft("EX-2026-ONE", 1)))
	must(t, h.st.Update(ctx, func(tx store.Tx) error {
		row, err := h.v.Stream(register.Stream).SealEvent(register.Stream, 2, []byte("{}"), []byte("no JSON"))
		must(t, err)
		return tx.Append([]store.Event{row})
	}))
	r := h.register()
	if _, err := r.Entries(ctx); err == nil {
		t.Error("an event that cannot be read is passed over")
	}
	if _, err := r.Prepare(ctx, draft("EX-2026-TWO", 1)); err == nil {
		t.Error("published behind an event that cannot be read")
	}
	v, err := r.Verify(ctx)
	if err != nil || len(v.Faults) != 1 || !strings.Contains(v.Faults[0], "event 2") {
		t.Errorf("%v, %v", v.Faults, err)
	}
}

// When another key signs, all that is published gets its signatures; the
// documents stay as they are.
func TestResign(t *testing.T) {
	h := newHouse(t, engines.SQLite(t))
	key, signed := "A", 0
	r := register.Open(register.Config{
		Store: h.st, Vault: h.v, Now: func() time.Time { return start }, Formats: []advisory.Format{plain, terse},
		Publisher: func() advisory.Publisher { return advisory.Publisher{Name: "Example"} },
		Sign:      func(b []byte, _ time.Time) ([]byte, error) { signed++; return []byte("by " + key), nil },
		Key:       func() (string, error) { return key, nil },
	})
	resign := func(want int) {
		t.Helper()
		if n, err := r.Resign(ctx); n != want || err != nil {
			t.Errorf("signed %d anew, %v; want %d", n, err, want)
		}
	}
	resign(0) // nothing is published
	must(t, r.Publish(ctx, draft("EX-2026-ONE", 1)))
	resign(0)
	key = "B"
	must(t, r.Publish(ctx, draft("EX-2026-TWO", 2)))
	before, err := r.Document(ctx, "EX-2026-ONE", "plain")
	must(t, err)
	resign(2)
	after, err := r.Document(ctx, "EX-2026-ONE", "plain")
	must(t, err)
	if string(before.Signature) != "by A" || string(after.Signature) != "by B" || string(before.Bytes) != string(after.Bytes) || before.SHA256 != after.SHA256 {
		t.Errorf("signed %s, then %s", before.Signature, after.Signature)
	}
	was := signed
	resign(0)
	if signed != was {
		t.Error("signed again for nothing")
	}
	if v, err := r.Verify(ctx); err != nil || len(v.Faults) > 0 {
		t.Errorf("%v, %v", v.Faults, err)
	}
}
