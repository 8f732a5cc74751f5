package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/advisory/ghsa"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault/vaulttest"
)

var ctx = context.Background()

// newExchange is one over a fresh store; its clock moves a minute at each look.
func newExchange(t *testing.T) *Exchange {
	t.Helper()
	st, err := sqlstore.OpenSQLite(ctx, t.TempDir()+"/fairlead.db", sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	v := vaulttest.Open(t, st, advisorytest.Now)
	at := advisorytest.Now
	now := func() time.Time { at = at.Add(time.Minute); return at }
	formats := []advisory.Format{csaf.Format, osv.Format, cve5.Format}
	publisher := func() advisory.Publisher { return advisorytest.Publisher }
	return &Exchange{
		Register: register.Open(register.Config{Store: st, Vault: v, Now: now, Formats: formats, Publisher: publisher}),
		Formats:  append(formats, ghsa.Format), Publisher: publisher, Now: now,
	}
}

func (x *Exchange) in(t *testing.T, docs ...string) []string {
	t.Helper()
	var files []File
	for i, d := range docs {
		files = append(files, File{Name: fmt.Sprint(i), Doc: []byte(d)})
	}
	results, err := x.Import(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range results {
		if (r.Done == Refused) != (r.Why != "" || len(r.Faults) > 0) && r.Done != Older && r.Done != Unchanged && r.Done != Copy {
			t.Errorf("%+v says not why, or says it of what was taken", r)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %d", r.ID, r.Done, r.Revision)))
	}
	return out
}

// record is an OSV document; empty instants are left out.
func record(id, modified, summary string) string {
	m := map[string]any{"id": id, "summary": summary, "affected": []any{}}
	if modified != "" {
		m["modified"] = modified
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRevisions(t *testing.T) {
	x := newExchange(t)
	const first, second = "2026-10-20T00:00:00Z", "2026-10-21T00:00:00Z"
	expect(t, x.in(t, record("x_a", first, "one"), record("x_b", "", "one")), "x_a new 1", "x_b new 1")
	expect(t, x.in(t, record("x_a", first, "one"), record("x_b", "", "one")), "x_a unchanged 1", "x_b unchanged 1")
	expect(t, x.in(t, record("x_a", second, "one")), "x_a revised 2") // a later instant is a change
	expect(t, x.in(t, record("x_a", first, "zero")), "x_a older 2")
	expect(t, x.in(t, record("x_a", second, "two")), "x_a revised 3") // changed without saying when
	// The instant of an import says nothing about which is the newer.
	expect(t, x.in(t, record("x_b", first, "two")), "x_b revised 2")
	expect(t, x.in(t, record("x_b", "", "three")), "x_b revised 3")
	a, err := x.Register.Record(ctx, "x_b", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.History) != 3 || a.History[2].Revision != 3 || a.Title != "three" {
		t.Errorf("%+v", a)
	}
	// Two documents about one advisory, in one go.
	expect(t, x.in(t, record("x_c", first, "one"), record("x_c", second, "two"), record("x_c", first, "one")), "x_c new 1", "x_c revised 2", "x_c older 2")
}

func TestRefusals(t *testing.T) {
	x := newExchange(t)
	own := advisorytest.Example()
	own.Revision = 1
	if err := x.Register.Publish(ctx, own); err != nil {
		t.Fatal(err)
	}
	forged, err := csaf.Format.Encode(own, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, x.in(
		t, "", "nonsense", "[]", "[1]", `{"a":1}`, `{"bomFormat":"CycloneDX"}`, `{"id":"x_../../a","modified":"2026-01-01T00:00:00Z"}`,
		string(forged), record("x_A", "", "one"), record("x_a", "", "two"), record("feed", "", "taken"), record("x_good", "", "good"),
	),
		"refused 0", "refused 0", "refused 0", "refused 0", "refused 0", "refused 0", "refused 0",
		"NLSA-2026-7KQ4MXZ refused 0", "x_A new 1", "x_a refused 0", "feed refused 0", "x_good new 1")
	if got, err := x.Register.Record(ctx, own.ID, 0); err != nil || got.Source != nil {
		t.Errorf("ours was replaced: %v", err)
	}
}

// The same advisory from another source replaces what is here only if it is newer.
func TestOtherFormats(t *testing.T) {
	x := newExchange(t)
	github := func(at string) string {
		return `{"ghsa_id":"GHSA-aaaa-bbbb-cccc","summary":"s","description":"d","published_at":"2026-01-01T00:00:00Z","updated_at":"` + at + `"}`
	}
	const first, second = "2026-10-20T00:00:00Z", "2026-10-21T00:00:00Z"
	expect(t, x.in(t, record("GHSA-aaaa-bbbb-cccc", first, "one")), "GHSA-aaaa-bbbb-cccc new 1")
	expect(t, x.in(t, github(first)), "GHSA-aaaa-bbbb-cccc unchanged 1")
	expect(t, x.in(t, github(second)), "GHSA-aaaa-bbbb-cccc revised 2")
	expect(t, x.in(t, record("GHSA-aaaa-bbbb-cccc", second, "one")), "GHSA-aaaa-bbbb-cccc unchanged 2")
}

// A CSAF document keeps its publisher's version.
func TestVersionsOfOthers(t *testing.T) {
	x := newExchange(t)
	a := advisorytest.Example()
	doc, err := csaf.Format.Encode(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, x.in(t, string(doc)), "NLSA-2026-7KQ4MXZ new 2")
	expect(t, x.in(t, string(doc)), "NLSA-2026-7KQ4MXZ unchanged 2")
	a.Revision, a.Modified, a.Overview = 4, a.Modified.Add(48*time.Hour), "Changed."
	a.History = append(a.History, cvd.AdvisoryChange{Revision: 3, At: a.Modified.Add(-time.Hour), Text: "Three."}, cvd.AdvisoryChange{Revision: 4, At: a.Modified, Text: "Four."})
	if doc, err = csaf.Format.Encode(a, advisorytest.Publisher); err != nil {
		t.Fatal(err)
	}
	expect(t, x.in(t, string(doc)), "NLSA-2026-7KQ4MXZ revised 4")
}

func TestExportPages(t *testing.T) {
	x := newExchange(t)
	var docs []string
	for i := range pageDocuments + 3 {
		docs = append(docs, record(fmt.Sprintf("x_%04d", i), "2026-10-20T00:00:00Z", "s"))
	}
	x.in(t, docs...)
	seen, pages := map[string]bool{}, 0
	for after := cvd.AdvisoryID(""); ; pages++ {
		p, err := x.Export(ctx, "osv", after)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Documents {
			seen[d.File] = true
		}
		if after = p.Next; after == "" {
			break
		}
	}
	if len(seen) != len(docs) || pages != 1 {
		t.Errorf("%d files on %d pages", len(seen), pages+1)
	}
	if p, err := x.Export(ctx, "cve5", ""); err != nil || len(p.Documents) != 0 || len(p.Skipped) != pageDocuments || p.Skipped[0].Why == "" || p.Next == "" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := x.Export(ctx, "ghsa", ""); err == nil {
		t.Error("a format that is only read was written")
	}
}

// Several advisories about one CVE id are several files, and each further CVE id of
// one vulnerability is said to have none.
func TestExportOfSharedIDs(t *testing.T) {
	x := newExchange(t)
	written := func(id string, aliases ...string) string {
		list, err := json.Marshal(aliases)
		if err != nil {
			t.Fatal(err)
		}
		return `{"id":"` + id + `","modified":"2026-10-20T00:00:00Z","summary":"s","details":"d","aliases":` + string(list) + `,
			"affected":[{"package":{"ecosystem":"Go","name":"example.org/a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}]}],
			"references":[{"type":"WEB","url":"https://example.org/a"}]}`
	}
	for _, doc := range []string{written("x_1", "CVE-2026-1000"), written("x_2", "CVE-2026-1000"), written("x_3", "CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1000"), written("x_4")} {
		rec, _, err := osv.Format.Decode([]byte(doc), advisorytest.Now)
		if err != nil {
			t.Fatal(err)
		}
		rec.Source, rec.Revision = nil, 1 // ours: of others' records nobody here knows who assigned the id
		if err := x.Register.Publish(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	p, err := x.Export(ctx, "cve5", "")
	if err != nil {
		t.Fatal(err)
	}
	var n Names
	var files []string
	for _, d := range p.Documents {
		files = append(files, n.Of(d))
	}
	expect(t, files, "CVE-2026-1000.json", "CVE-2026-1000.x_2.json", "CVE-2026-1001.json")
	if len(n.Doubled) != 1 || n.Doubled[0] != (Doubled{ID: "x_2", File: "CVE-2026-1000.x_2.json", As: "CVE-2026-1000.json", With: "x_1"}) {
		t.Errorf("%+v", n.Doubled)
	}
	if left := n.Without(p.Left); len(left) != 1 || left[0].ID != "x_3" || left[0].CVE != "CVE-2026-1002" || !strings.Contains(left[0].Why, "CVE-2026-1001") {
		t.Errorf("%+v of %+v", left, p.Left)
	}
}

// What our own rules call wrong is not published in that format, and that is told: one
// wrong document makes others refuse all that a provider has. A draft is not published.
func TestNothingWrongIsPublished(t *testing.T) {
	own, err := csaf.Format.Encode(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	if found := errorsOf(csaf.Check(own)); found != nil {
		t.Fatal(found)
	}
	spoilt := func(spoil func(doc, tracking map[string]any)) string {
		var doc map[string]any
		if err := json.Unmarshal(own, &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc, doc["document"].(map[string]any)["tracking"].(map[string]any))
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	flaw := func(doc map[string]any, n int) map[string]any {
		return doc["vulnerabilities"].([]any)[n].(map[string]any)
	}
	for name, one := range map[string]struct {
		spoil func(doc, tracking map[string]any)
		want  string // the rule, or where it is refused
	}{
		"id":       {func(doc, _ map[string]any) { flaw(doc, 0)["cve"] = "CVE-2024-1" }, "csaf-schema"},
		"language": {func(doc, _ map[string]any) { doc["document"].(map[string]any)["lang"] = "xx-invalid_" }, "csaf-schema"},
		"twice": {func(doc, _ map[string]any) {
			doc["vulnerabilities"] = []any{flaw(doc, 0), flaw(doc, 0)}
		}, "csaf-6.1.23"},
		"order": {func(_, tracking map[string]any) {
			h := tracking["revision_history"].([]any)
			h[0].(map[string]any)["number"], h[1].(map[string]any)["number"] = "5", "3"
			tracking["version"] = "5"
		}, "csaf-6.1.14"},
		"draft": {func(_, tracking map[string]any) { tracking["status"] = "draft" }, "document.tracking.status"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newExchange(t)
			results, err := x.Import(ctx, []File{{Name: "f", Doc: []byte(spoilt(one.spoil))}})
			if err != nil || len(results) != 1 {
				t.Fatal(results, err)
			}
			told := results[0].Faults.Error()
			for _, u := range results[0].Unpublished {
				told += " " + u.Faults.Error()
			}
			if !strings.Contains(told, one.want) {
				t.Errorf("%s: told %q", results[0].Done, told)
			}
			err = x.Register.Documents(ctx, []cvd.AdvisoryID{"NLSA-2026-7KQ4MXZ"}, "csaf", func(d register.Document) error {
				return errorsOf(csaf.Check(d.Bytes)).Err()
			})
			if err != nil {
				t.Errorf("served: %v", err)
			}
			page, err := x.Export(ctx, "csaf", "")
			if err != nil || len(page.Documents) != 0 || (results[0].Done != Refused) != (len(page.Skipped) == 1) {
				t.Errorf("%+v %v", page, err)
			}
		})
	}
}

func errorsOf(found []advisory.Finding) (out cvd.Faults) {
	for _, f := range found {
		if f.Level == advisory.LevelError {
			out = append(out, f.Fault)
		}
	}
	return out
}

// A mirror of a provider holds the VEX document and the translations of an advisory
// beside it: the advisory comes in, whatever the order, and the others are told.
func TestCopiesOfAMirror(t *testing.T) {
	a := advisorytest.Translate(advisorytest.Example(), "fr")
	vex, err := csaf.VEX.Encode(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := csaf.Format.Documents(a, advisorytest.Publisher)
	if err != nil || len(docs) != 2 {
		t.Fatal(docs, err)
	}
	own, french := string(docs[0].Bytes), string(docs[1].Bytes)
	const id = "NLSA-2026-7KQ4MXZ"
	for _, in := range [][]string{{string(vex), french, own}, {french, own, string(vex)}, {own, string(vex), french}} {
		x := newExchange(t)
		var want []string
		for _, doc := range in {
			if doc == own {
				want = append(want, id+" new 2")
			} else {
				want = append(want, id+" copy 0")
			}
		}
		expect(t, x.in(t, in...), want...)
		expect(t, x.in(t, string(vex)), id+" copy 0")
	}
	expect(t, newExchange(t).in(t, string(vex)), id+"-VEX new 2") // an orphan
}

func TestWalkKnowsOriginalsFirst(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b-1-vex.json", "b-1.json", "b-2.json", "b-1-fr.json", "a.json", "a.json.asc"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	passed, err := Walk([]string{dir}, func(path string, err error) error {
		got = append(got, filepath.Base(path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, "a.json", "b-1.json", "b-2.json", "b-1-fr.json", "b-1-vex.json")
	expect(t, passed, filepath.Join(dir, "a.json.asc"))
}
