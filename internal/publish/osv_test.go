package publish_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

func sumOf(name string, b []byte) string {
	if strings.HasSuffix(name, ".sha512") {
		sum := sha512.Sum512(b)
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// unzip gives each file of an archive.
func unzip(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		out[f.Name] = string(text)
	}
	return out
}

// Archive, index and single documents hold the same, and each ecosystem what
// concerns it.
func TestOSVExport(t *testing.T) {
	s := newStand(t)
	npm := s.record("EX-2026-NPM", cvd.TLPClear)
	npm.Products[0].PURL, npm.Products[0].Ecosystem, npm.Products[0].Package = "pkg:npm/gateway", "npm", "gateway"
	none := s.record("EX-2026-NONE", cvd.TLPClear) // nothing in an ecosystem
	none.Products[0].PURL, none.Products[0].Ecosystem, none.Products[0].Package = "", "", ""
	s.publish(s.record("EX-2026-ONE", cvd.TLPClear), npm, s.record("GO-2026-0001", cvd.TLPGreen), s.record("EX-2026-AMBER", cvd.TLPAmber), none)
	all := unzip(t, s.get("/osv/all.zip", 200))
	var index struct {
		Advisories []struct {
			ID         string   `json:"id"`
			Ecosystems []string `json:"ecosystems"`
		} `json:"advisories"`
	}
	must(t, json.Unmarshal(s.get("/osv/index.json", 200), &index))
	if !bytes.Equal(s.get("/osv/", 200), s.get("/osv/index.json", 200)) {
		t.Error("two indexes")
	}
	want := map[string]string{"x_EX-2026-ONE": "[Go]", "x_EX-2026-NPM": "[npm]", "GO-2026-0001": "[Go]"}
	if len(index.Advisories) != len(want) || len(all) != len(want) {
		t.Fatalf("the index names %d, the archive holds %d", len(index.Advisories), len(all))
	}
	for _, one := range index.Advisories {
		if fmt.Sprint(one.Ecosystems) != want[one.ID] {
			t.Errorf("%s is in %v", one.ID, one.Ecosystems)
		}
		if got := string(s.get("/osv/"+one.ID+".json", 200)); got != all[one.ID+".json"] {
			t.Errorf("%s differs from the archive", one.ID)
		}
	}
	if got := unzip(t, s.get("/osv/npm/all.zip", 200)); len(got) != 1 || got["x_EX-2026-NPM.json"] == "" {
		t.Errorf("npm holds %d", len(got))
	}
}

// An archive that grew is byte for byte the one that is made at once.
func TestArchivesAreDeterministic(t *testing.T) {
	s, fresh := newStand(t), newStand(t)
	a := s.record("EX-2026-ONE", cvd.TLPClear)
	recs := []*cvd.Advisory{a}
	s.publish(a)
	fresh.later(s.clock().Sub(fresh.clock()))
	first := s.get("/osv/Go/all.zip", 200)
	for i := range 5 {
		one := s.record(cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%d", i)), cvd.TLPClear)
		recs = append(recs, one)
		s.publish(one)
		if b := s.get("/osv/Go/all.zip", 200); bytes.Equal(b, first) {
			t.Error("it did not grow")
		}
	}
	recs = append(recs, s.revise(a, func(b *cvd.Advisory) { b.Title = "Another title" }))
	grown := s.get("/osv/Go/all.zip", 200)
	fresh.publish(recs...)
	if !bytes.Equal(grown, fresh.get("/osv/Go/all.zip", 200)) {
		t.Error("the archive depends on when it was asked for")
	}
	if got := unzip(t, grown); len(got) != 6 || !strings.Contains(got["x_EX-2026-ONE.json"], "Another title") {
		t.Errorf("it holds %d documents, one of them old", len(got))
	}
}

// An advisory of two flaws is two OSV records, each found by its own name.
func TestTwoFlawsAreTwoRecords(t *testing.T) {
	s := newStand(t)
	a := s.record("EX-2026-TWO", cvd.TLPClear)
	second := a.Clone().Vulnerabilities[0]
	second.Title, second.CVE, second.IDs = "Another flaw", "CVE-2026-7777", nil
	a.Vulnerabilities[0].CVE = "CVE-2026-7776"
	a.Vulnerabilities = append(a.Vulnerabilities, second)
	s.publish(a)
	for _, name := range []string{"x_EX-2026-TWO", "x_EX-2026-TWO-2"} {
		var doc struct {
			ID string `json:"id"`
		}
		must(t, json.Unmarshal(s.get("/osv/"+name+".json", 200), &doc))
		if doc.ID != name {
			t.Errorf("%s holds %s", name, doc.ID)
		}
	}
	e, err := s.reg.Entry(ctx, "EX-2026-TWO")
	must(t, err)
	for _, name := range e.Documents {
		s.get("/advisories/EX-2026-TWO/"+name+".json", 200)
	}
	if got := unzip(t, s.get("/osv/all.zip", 200)); len(got) != 2 {
		t.Errorf("the archive holds %d", len(got))
	}
}
