package parts_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/cvd"
	"fairlead/internal/parts"
)

// What a report names is found where it can hardly mean anything else, and a
// word of a sentence is not taken for a component of that name.
func TestSuggest(t *testing.T) {
	v := newShelf(t, sqlite(t)).open()
	add(t, v, "Gateway", "1.2",
		"pkg:npm/lodash@4.17.15", "pkg:npm/request@2.88.2", "pkg:npm/%40angular/core@17.0.0", "pkg:npm/body-parser@1.0.0",
		"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0", "pkg:golang/golang.org/x/net@v0.1.0", "pkg:generic/openssl@3.0.1",
		"pkg:github/madler/zlib@v1.3", "pkg:pypi/django@4.0", "image decoder")
	for name, c := range map[string]struct {
		in   cvd.Report
		want []string // how and what
	}{
		"nothing":                      {cvd.Report{Description: "The request to the server crashes the core of it."}, nil},
		"a package URL":                {cvd.Report{Description: "See pkg:npm/lodash@4.17.15."}, []string{"purl lodash"}},
		"one in brackets, in capitals": {cvd.Report{Steps: "(PKG:maven/org.apache.logging.log4j/log4j-core@2.14.0?type=jar)"}, []string{"purl org.apache.logging.log4j:log4j-core"}},
		"one we have not":              {cvd.Report{Description: "pkg:npm/left-pad@1.0.0 and left-pad 1.0.0"}, nil},
		"the asked question":           {cvd.Report{ThirdParty: "yes, in request"}, []string{"name request"}},
		"its whole name":               {cvd.Report{ThirdParty: "the Image Decoder"}, []string{"name image decoder"}},
		"a name of two words anywhere": {cvd.Report{Description: "A crafted picture makes the image decoder read on."}, []string{"name image decoder"}},
		"a component as product":       {cvd.Report{Product: "OpenSSL"}, []string{"name openssl"}},
		"our product is no component":  {cvd.Report{Product: "gateway"}, nil},
		"a name with its version":      {cvd.Report{Title: "Prototype pollution in lodash 4.17.15"}, []string{"name lodash"}},
		"a file name":                  {cvd.Report{Steps: "unzip log4j-core-2.14.0.jar"}, []string{"name org.apache.logging.log4j:log4j-core"}},
		"as npm writes it":             {cvd.Report{Steps: "npm install lodash@4.17.15 @angular/core@17.0.0"}, []string{"name @angular/core", "name lodash"}},
		"a name with a mark":           {cvd.Report{Description: "It is body-parser, not ours."}, []string{"name body-parser"}},
		"a registry's page":            {cvd.Report{URLs: cvd.Lines{"https://www.npmjs.com/package/@angular/core/v/17.0.0", "https://pypi.org/project/Django/"}}, []string{"url @angular/core", "url django"}},
		"its source":                   {cvd.Report{Description: "https://github.com/madler/zlib/blob/develop/inflate.c#L200."}, []string{"url madler/zlib"}},
		"a Go package":                 {cvd.Report{URLs: cvd.Lines{"https://pkg.go.dev/golang.org/x/net/http2#Server"}}, []string{"url golang.org/x/net"}},
		"extra":                        {cvd.Report{Extra: cvd.Extra{"component": json.RawMessage(`{"is": ["pkg:generic/openssl"]}`)}}, []string{"purl openssl"}},
		"stronger first": {
			cvd.Report{ThirdParty: "request or lodash", URLs: cvd.Lines{"https://github.com/madler/zlib"}, Description: "pkg:generic/openssl"},
			[]string{"purl openssl", "url madler/zlib", "name lodash", "name request"},
		},
		"no more than five": {
			cvd.Report{ThirdParty: "lodash request openssl django body-parser zlib"},
			[]string{"name openssl", "name madler/zlib", "name body-parser", "name lodash", "name request"},
		},
	} {
		got, err := v.Suggest(ctx, lead, &c.in)
		must(t, err)
		var said []string
		for _, s := range got {
			said = append(said, s.By+" "+s.Name)
			if len(s.In) != 1 || s.In[0].Ours() != "1.2" {
				t.Errorf("%s: in %+v", name, s.In)
			}
		}
		if d := cmp.Diff(c.want, said); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	add(t, v, "Console", "7", "pkg:npm/lodash@4.17.20", "pkg:npm/left-pad@1.0.0")
	got, err := v.Suggest(ctx, lead, &cvd.Report{Product: "gateway ", ThirdParty: "left-pad, lodash"})
	must(t, err)
	if len(got) != 2 || got[0].Name != "lodash" || got[0].In[0].Product != "Gateway" {
		t.Errorf("the product that the report names does not come first: %+v", got)
	}
	if got, err := v.Suggest(ctx, lead, nil); err != nil || got != nil {
		t.Errorf("no report: %v %v", got, err)
	}
}

// FuzzSuggest: no words of a report break the search, and what is found exists.
func FuzzSuggest(f *testing.F) {
	v := newShelf(f, sqlite(f)).open()
	add(f, v, "Gateway", "1.2", "pkg:npm/lodash@4.17.15", "image decoder")
	for _, s := range []string{"pkg:npm/lodash@1", "https://github.com/%zz", "lodash 4.17", "image\ndecoder", "\xff pkg:npm/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := v.Suggest(ctx, lead, &cvd.Report{Description: s, ThirdParty: cvd.Answer(s), URLs: cvd.Lines{s}})
		if err != nil || len(got) > 2 {
			t.Fatalf("%v %v", got, err)
		}
	})
}

func TestCompareVersions(t *testing.T) {
	rising := []string{
		"0", "0.9-alpha", "0.9", "1.0a1", "1.0-beta.2", "1.0-rc.1", "1.0-rc.10", "1.0-SNAPSHOT", "v1.0", "1.0.0-final", "1.0.1", "1.0.2",
		"1.0.2a", "1.0.2k", "1.2", "1.9", "1.10", "1.10.3", "2.0.0-pre", "2", "2026.3.1", "20240101000000000000000000", "20240101000000000000000001",
	}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got := parts.CompareVersions(a, b); got != want {
				t.Errorf("%s and %s compare as %d, want %d", a, b, got, want)
			}
		}
	}
	for _, same := range [][2]string{{"1.0", "1"}, {"V1.2", "1.2.0"}, {"1.0+build.5", "1.0"}, {"01.02", "1.2"}, {"1-0", "1.0"}} {
		if got := parts.CompareVersions(same[0], same[1]); got != 0 {
			t.Errorf("%s and %s compare as %d", same[0], same[1], got)
		}
	}
}

// The order is one: sorting by it cannot depend on where it begins.
func TestVersionsAreOrdered(t *testing.T) {
	version := rapid.StringMatching(`v?[0-9a-c]{1,3}([.+-]?(rc|[a-c]|[0-2]{1,3}|beta)){0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
		ab, ba, bc, ac := parts.CompareVersions(a, b), parts.CompareVersions(b, a), parts.CompareVersions(b, c), parts.CompareVersions(a, c)
		if ab != -ba {
			t.Fatalf("%d one way, %d the other", ab, ba)
		}
		if ab <= 0 && bc <= 0 && ac > 0 {
			t.Fatal("a <= b <= c < a")
		}
	})
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		in, holds, not string
	}{
		{"", "1 x ?", ""},
		{"1.2.3", "1.2.3 v1.2.3 1.2.3+b ?", "1.2.4 1.2"},
		{"==2", "2.0 ?", "2.1"},
		{">=2.0 <2.17.1", "2.0 2.17.0 2.17.1-rc1 ?", "1.9 2.17.1 2.0-rc1"},
		{">= 2.0 , <3", "2.5 ?", "3 1"},
		{"<=1,>0.5", "1.0 0.6 ?", "0.5 1.0.1"},
	} {
		r, err := parts.ParseRange("versions", c.in)
		must(t, err)
		for _, s := range strings.Fields(c.holds) {
			if !r.Holds(strings.Trim(s, "?")) {
				t.Errorf("%q does not hold %s", c.in, s)
			}
		}
		for _, s := range strings.Fields(c.not) {
			if r.Holds(s) {
				t.Errorf("%q holds %s", c.in, s)
			}
		}
	}
}

// What other tools call a range and this one does not read is refused, not taken for a
// version that nothing has.
func TestRangesOfOtherTools(t *testing.T) {
	for _, in := range []string{"^4", "~4", "~>4.1", "4.x", "4.X.1", "4.*", "*", "abc", "x", "vers:npm/>=4|<5", ">=4 || <2", "1.2 - 2.0", "[1.0,2.0)", "!=3"} {
		if r, err := parts.ParseRange("versions", in); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%q: %v %v", in, r, err)
		}
	}
	for _, in := range []string{"v4", "r1234", "2:1.0-3", "1.0~rc1", "RELEASE.2024-01-02", "jdk8u412-b08", "0.9x1"} {
		if _, err := parts.ParseRange("versions", in); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
}
