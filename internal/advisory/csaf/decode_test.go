package csaf_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/cvd"
)

// facts are what a record says, however it says it: each claim with its status,
// each vector with the versions that it is for.
func facts(t interface{ Fatal(...any) }, a *cvd.Advisory) map[string][]string {
	lang := a.Lang
	if lang == "" {
		lang = "en"
	}
	tlp := a.TLP
	if tlp == "" {
		tlp = cvd.TLPClear
	}
	out := map[string][]string{
		"header": {string(a.ID), a.Title, string(tlp), lang, a.Overview, a.Details, a.Why, fmt.Sprint(a.Revision)},
		"dates":  {a.Published.String(), a.Modified.String(), a.Withdrawn.String()},
		"names":  slices.Concat(a.Aliases, []string{"|"}, a.Upstream, []string{"|"}, a.Related),
	}
	add := func(key string, format string, values ...any) {
		out[key] = append(out[key], fmt.Sprintf(format, values...))
	}
	for _, p := range a.Products {
		vendor := p.Vendor
		if vendor == "" {
			vendor = advisorytest.Publisher.Name
		}
		add("products", "%s %s %s %s %s", p.ID, vendor, p.Name, p.PURL, p.CPE)
	}
	for i, v := range a.Vulnerabilities {
		key := fmt.Sprint("vulnerability ", i, " ")
		add(key, "%s %v %s %v %q %q %q %v %v", v.CVE, v.IDs, v.Title, v.CWE, v.Description, v.Impact, v.Exploited, v.Discovered, v.Disclosed)
		claims, err := advisory.Claims(a, i)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			add(key+"claims", "%s %s %v %q", c.Key(), c.Status, c.Justification, c.Statement)
			for _, s := range v.Scores {
				if c.Status == cvd.StatusAffected && (len(s.Products) == 0 || slices.Contains(s.Products, c.Product.ID)) {
					add(key+"scores", "%s %s", s.Vector, c.Key())
				}
			}
		}
		slices.Sort(out[key+"claims"])
		slices.Sort(out[key+"scores"])
	}
	for _, r := range a.References {
		if !strings.HasPrefix(r.URL, advisorytest.Publisher.Base) { // where we publish it ourselves
			add("references", "%+v", r)
		}
	}
	for _, c := range a.Credits {
		add("credits", "%+v", c)
	}
	for _, m := range a.Timeline {
		add("timeline", "%v %q", m.At, m.Text)
	}
	for _, h := range a.History {
		add("history", "%+v", h)
	}
	slices.Sort(out["references"])
	out["references"] = slices.Compact(out["references"])
	slices.Sort(out["products"])
	return out
}

// expected are products that a document of the record speaks of: those that a
// claim is about.
func expected(a *cvd.Advisory) *cvd.Advisory {
	a = a.Clone()
	named := map[string]bool{}
	for _, v := range a.Vulnerabilities {
		for _, af := range v.Affects {
			named[af.Product] = true
		}
	}
	a.Products = slices.DeleteFunc(a.Products, func(p cvd.AdvisoryProduct) bool { return !named[p.ID] })
	return a
}

func TestDecodeKeepsTheFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		b, err := csaf.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		got, lost, err := csaf.Format.Decode(b, advisorytest.Now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(facts(t, expected(a)), facts(t, got)); diff != "" {
			t.Fatalf("the record changed (-before +after):\n%s\n%s", diff, b)
		}
		// Nothing of a document of ours is lost but who published it, with what.
		for _, l := range lost {
			if l.Pointer != "/document/publisher" && l.Pointer != "/document/tracking/generator" {
				t.Fatalf("lost %+v", l)
			}
		}
		again, err := csaf.Format.Encode(got, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		third, _, err := csaf.Format.Decode(again, advisorytest.Now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(facts(t, got), facts(t, third)); diff != "" {
			t.Fatalf("the second journey changed it:\n%s", diff)
		}
	})
}

// Every member of other people's documents is in the record, or kept and listed.
func TestDecodeDropsNothingSilently(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(advisorytest.Shared(t, "oasis-csaf", "csaf_2.0", "examples"), "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), `"csaf_version"`) {
			continue
		}
		a, lost, err := csaf.Format.Decode(b, advisorytest.Now)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		listed := map[string]bool{}
		for _, l := range lost {
			listed[l.Pointer] = l.Why != ""
		}
		for pointer := range a.Source.Kept {
			if !listed[pointer] {
				t.Errorf("%s: %s is kept but not listed", filepath.Base(file), pointer)
			}
		}
		record, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts(doc, "", slices.Collect(maps.Keys(a.Source.Kept))) {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(record), strings.Trim(string(quoted), `"`)) {
				t.Errorf("%s: %q is neither in the record nor listed", filepath.Base(file), text)
			}
		}
	}
}

// derived are members whose value follows from others, or is said in the record's
// own way: ids within the document, instants, enumerations, scores of vectors, and
// names that repeat the branches above them.
var derived = regexp.MustCompile(`/(product_id|product_ids|product_status|products|group_id|group_ids|product_reference|relates_to_product_reference)$|` +
	`/document/(csaf_version|category|tracking/(status|version))$|/(category|label|number|purl|cpe|version)$|_?date$|/cvss_v[23]/|/tlp/|/cwe/name$|/(product|full_product_name)/name$`)

// texts are the texts of a document that are not below a kept pointer and not
// derived.
func texts(v any, at string, kept []string) []string {
	for _, k := range kept {
		if at == k {
			return nil
		}
	}
	switch v := v.(type) {
	case map[string]any:
		var out []string
		for name, one := range v {
			if pointer := at + advisory.Pointer(name); !derived.MatchString(pointer) {
				out = append(out, texts(one, pointer, kept)...)
			}
		}
		return out
	case []any:
		var out []string
		for i, one := range v {
			out = append(out, texts(one, at+advisory.Pointer(i), kept)...)
		}
		return out
	case string:
		return []string{v}
	}
	return nil
}

func TestDecodeRefusesWhatItIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		doc  string
		kind error
	}{
		"not JSON":      {`{`, cvd.ErrUnreadable},
		"not an object": {`[]`, cvd.ErrUnreadable},
		"empty":         {`{}`, cvd.ErrInvalid},
		"a report":      {`{"document":{"csaf_version":"2.1","category":"csaf_vulnerability_report","title":"x","tracking":{"id":"x"}}}`, cvd.ErrInvalid},
		"CSAF 2.1":      {`{"document":{"csaf_version":"2.1","title":"x","tracking":{"id":"x"}}}`, cvd.ErrInvalid},
		"no id":         {`{"document":{"csaf_version":"2.0","title":"x","tracking":{}}}`, cvd.ErrInvalid},
		"no instant":    {`{"document":{"csaf_version":"2.0","title":"x","tracking":{"id":"x","current_release_date":"yesterday"}}}`, cvd.ErrInvalid},
	} {
		if _, _, err := csaf.Format.Decode([]byte(c.doc), advisorytest.Now); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, a := range advisorytest.Records(f) {
		b, err := csaf.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _, err := csaf.Format.Decode(b, advisorytest.Now)
		if err == nil && (a.ID == "" || a.Published.IsZero() || a.Source == nil) {
			t.Errorf("%+v", a)
		}
		if err != nil && !errors.Is(err, cvd.ErrInvalid) && !errors.Is(err, cvd.ErrUnreadable) {
			t.Error(err)
		}
	})
}
