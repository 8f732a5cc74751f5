package sbom_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
)

// sample is a bill as the format's own library writes it.
func sample() *cdx.BOM {
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{Type: "application", Name: "Gateway", Version: "1.2"}}
	bom.Components = &[]cdx.Component{
		{
			Type: "library", Group: "org.apache.logging.log4j", Name: "log4j-core", Version: "2.14.0",
			PackageURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0?type=jar",
			Supplier:   &cdx.OrganizationalEntity{Name: "The Apache Software Foundation", URL: &[]string{"https://logging.apache.org/"}},
			ExternalReferences: &[]cdx.ExternalReference{
				{Type: "vcs", URL: "https://github.com/apache/logging-log4j2"}, {Type: "issue-tracker", URL: "https://issues.example.org/log4j"},
			},
			Components: &[]cdx.Component{{Type: "library", Name: "shaded", Version: "1", PackageURL: "pkg:npm/%40angular/core@1.0.0"}},
		},
		{Type: "library", Name: "image decoder", Version: "3.1", Publisher: "Decoder Project"},
		{Type: "library", Name: "image decoder", Version: "3.1", Publisher: "Decoder Project"},
	}
	return bom
}

func encoded(t *testing.T, bom *cdx.BOM, format cdx.BOMFileFormat, version cdx.SpecVersion) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := cdx.NewBOMEncoder(&b, format).EncodeVersion(bom, version); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCycloneDX(t *testing.T) {
	want := []sbom.Component{
		{
			PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0?type=jar", Name: "org.apache.logging.log4j:log4j-core", Version: "2.14.0",
			Contact: sbom.Contact{Name: "The Apache Software Foundation", URL: "https://logging.apache.org/"},
		},
		{PURL: "pkg:npm/%40angular/core@1.0.0", Name: "@angular/core", Version: "1"},
		{Name: "image decoder", Version: "3.1", Contact: sbom.Contact{Name: "Decoder Project"}},
	}
	for _, version := range []cdx.SpecVersion{cdx.SpecVersion1_2, cdx.SpecVersion1_3, cdx.SpecVersion1_4, cdx.SpecVersion1_5, cdx.SpecVersion1_6, cdx.SpecVersion1_7} {
		for name, format := range map[string]cdx.BOMFileFormat{"JSON": cdx.BOMFileFormatJSON, "XML": cdx.BOMFileFormatXML} {
			got, err := sbom.Read(encoded(t, sample(), format, version))
			if err != nil {
				t.Errorf("%s %s: %v", version, name, err)
				continue
			}
			if want := "CycloneDX " + version.String() + " " + name; got.Format != want {
				t.Errorf("format %q, want %q", got.Format, want)
			}
			if d := cmp.Diff(want, got.Components); d != "" {
				t.Errorf("%s %s (-want +got):\n%s", version, name, d)
			}
		}
	}
}

const spdxTagValue = `SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: gateway
DocumentNamespace: https://example.org/gateway
Creator: Tool: none
Created: 2026-01-01T00:00:00Z

PackageName: zlib
SPDXID: SPDXRef-zlib
PackageVersion: 1.3.1
PackageSupplier: Person: Mark Adler (zlib@gzip.org)
PackageDownloadLocation: https://zlib.net/
PackageHomePage: https://zlib.net/
FilesAnalyzed: false
PackageLicenseComments: <text>PackageName: not one

SPDXID: SPDXRef-nothing</text>
ExternalRef: PACKAGE-MANAGER purl pkg:generic/zlib@1.3.1
ExternalRefComment: <text>a
b</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-zlib

FileName: ./zlib.c
SPDXID: SPDXRef-file
LicenseConcluded: Zlib

SnippetSPDXID: SPDXRef-Snippet
PackageName: Decoder
SPDXID: SPDXRef-decoder
PackageSupplier: NOASSERTION
PackageOriginator: Organization: Decoder Project (mailto:security@decoder.example)
`

const spdxJSON = `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"gateway","packages":[
{"name":"zlib","SPDXID":"SPDXRef-zlib","versionInfo":"1.3.1","supplier":"Person: Mark Adler (zlib@gzip.org)","homepage":"https://zlib.net/",
"externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*"},
{"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl","referenceLocator":"pkg:generic/zlib@1.3.1"}]}, null,
{"name":"Decoder","SPDXID":"SPDXRef-decoder","versionInfo":"NOASSERTION","supplier":"NOASSERTION","originator":"Organization: Decoder Project (security@decoder.example)"}],
"relationships":[null,null],"files":[{"fileName":"./zlib.c"}]}`

func TestSPDX(t *testing.T) {
	want := []sbom.Component{
		{PURL: "pkg:generic/zlib@1.3.1", Name: "zlib", Version: "1.3.1", Contact: sbom.Contact{Name: "Mark Adler", Email: "zlib@gzip.org", URL: "https://zlib.net/"}},
		{Name: "Decoder", Contact: sbom.Contact{Name: "Decoder Project", Email: "security@decoder.example"}},
	}
	for format, text := range map[string]string{
		"SPDX 2.3 tag-value": spdxTagValue, "SPDX 2.3 JSON": spdxJSON,
		"SPDX 2.2 JSON":      strings.Replace(spdxJSON, "SPDX-2.3", "SPDX-2.2", 1),
		"SPDX 2.2 tag-value": "\xef\xbb\xbf\r\n" + strings.ReplaceAll(strings.Replace(spdxTagValue, "SPDX-2.3", "SPDX-2.2", 1), "\n", "\r\n"),
	} {
		got, err := sbom.Read([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if d := cmp.Diff(want, got.Components); d != "" || got.Format != format || got.Notes != nil {
			t.Errorf("%s: %q, notes %v (-want +got):\n%s", format, got.Format, got.Notes, d)
		}
	}
}

// A contact is the nearest to security that the bill gives, and never a link of
// another scheme than the web's.
func TestContact(t *testing.T) {
	for name, c := range map[string]struct {
		in   cdx.Component
		want sbom.Contact
	}{
		"a security contact before the supplier": {cdx.Component{
			Supplier:           &cdx.OrganizationalEntity{Name: "Acme", Contact: &[]cdx.OrganizationalContact{{Name: "Sales", Email: "sales@acme.example"}}},
			ExternalReferences: &[]cdx.ExternalReference{{Type: "website", URL: "https://acme.example"}, {Type: "security-contact", URL: "mailto:security@acme.example"}},
		}, sbom.Contact{Name: "Acme", Email: "security@acme.example", URL: "https://acme.example"}},
		"the supplier's people": {cdx.Component{
			Supplier: &cdx.OrganizationalEntity{Contact: &[]cdx.OrganizationalContact{{Name: "Ann", Email: "not an address"}, {Name: "Bo", Email: "bo@acme.example"}}},
		}, sbom.Contact{Name: "Ann", Email: "bo@acme.example"}},
		"hostile links": {cdx.Component{
			Author: "A\u202eB\x00 C",
			ExternalReferences: &[]cdx.ExternalReference{
				{Type: "security-contact", URL: "javascript:alert(1)"}, {Type: "issue-tracker", URL: "https://user:secret@acme.example/"}, {Type: "website", URL: "//acme.example"},
			},
		}, sbom.Contact{Name: "AB C"}},
		"authors": {cdx.Component{Authors: &[]cdx.OrganizationalContact{{Name: "Ann", Email: "ann@acme.example"}}}, sbom.Contact{Name: "Ann", Email: "ann@acme.example"}},
	} {
		c.in.Type, c.in.Name = "library", "x"
		bom := cdx.NewBOM()
		bom.Components = &[]cdx.Component{c.in}
		got, err := sbom.Read(encoded(t, bom, cdx.BOMFileFormatJSON, cdx.SpecVersion1_6))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got.Components[0].Contact); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if s := (sbom.Contact{Name: "Ann", Email: "ann@acme.example", URL: "https://acme.example"}).String(); s != "Ann <ann@acme.example> <https://acme.example>" {
		t.Errorf("written as %q", s)
	}
	if _, ok := (sbom.Contact{Email: "ann@"}).Clean(); ok {
		t.Error("an address that is none is taken for clean")
	}
}

// What is odd is kept as far as it can be, and said with its place.
func TestNotes(t *testing.T) {
	long := strings.Repeat("n", 400)
	got, err := sbom.Read([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[
		{"type":"library","name":"odd","purl":"odd@1"},{"type":"library","name":"` + long + `"},{"type":"file","name":"/bin/true"},
		{"type":"library","name":"long","version":"` + long + `"},{"type":"file","name":"packed","purl":"pkg:deb/debian/true@1"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []sbom.Component{{Name: "odd"}, {Name: "long"}, {PURL: "pkg:deb/debian/true@1", Name: "debian/true", Version: "1"}}
	if d := cmp.Diff(want, got.Components); d != "" {
		t.Errorf("components (-want +got):\n%s", d)
	}
	var fields []string
	for _, n := range got.Notes {
		fields = append(fields, n.Field)
	}
	if d := cmp.Diff([]string{"components[0].purl", "components[1].name", "components[2]", "components[3].version"}, fields); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	many, err := sbom.Read([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"}` +
		strings.Repeat(`,{"type":"library","name":"b","purl":"b"}`, 30) + `]}`))
	if err != nil || len(many.Notes) != 21 || !strings.HasPrefix(many.Notes[20].Problem, "10 more") {
		t.Errorf("%v, notes %v", err, many)
	}
}

func TestRefused(t *testing.T) {
	open := `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`
	xml := func(s string) string { return `<bom xmlns="http://cyclonedx.org/schema/bom/1.6">` + s + `</bom>` }
	for name, c := range map[string]struct{ in, says string }{
		"nothing":                  {"  \n", "is empty"},
		"a zip":                    {"PK\x03\x04canary", "packed"},
		"a gzip":                   {"\x1f\x8bcanary", "packed"},
		"a text":                   {"canary", "no format that is read here"},
		"other JSON":               {`{"canary":1}`, "no format that is read here"},
		"SPDX 3":                   {`{"@context":"https://canary","@graph":[]}`, "JSON-LD"},
		"broken JSON":              {open + "\n{\"name\":\"canary\",}", "broken JSON in line 2"},
		"cut JSON":                 {open + `{"name":"canary`, "broken JSON"},
		"a wrong type":             {open + `{"name":["canary"]}]}`, "wrong type at components"},
		"an old CycloneDX":         {`{"bomFormat":"CycloneDX","specVersion":"1.0","components":[]}`, "version of CycloneDX"},
		"a coming SPDX":            {`{"spdxVersion":"SPDX-9.9"}`, "version of SPDX"},
		"a supplier of no kind":    {`{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","supplier":"canary"}]}`, "not as its format asks for"},
		"no component":             {open + `]}`, "no component"},
		"only files":               {open + `{"type":"file","name":"canary"}]}`, "no component"},
		"deep JSON":                {open + strings.Repeat(`{"components":[`, 40), "deeper than 64"},
		"very deep JSON":           {open + strings.Repeat(`[`, 1<<20), "deeper than 64"},
		"very many":                {open + strings.Repeat(`{},`, sbom.MaxComponents) + `{}]}`, "more than 50000 components"},
		"many nulls":               {open + strings.Repeat(`null,`, 3<<20) + `null]}`, "more than 50000 components"},
		"many, escaped":            {`{"bomFormat":"CycloneDX","specVersion":"1.6","\u0043omponents":[` + strings.Repeat(`1,`, 1<<20) + `1]}`, "more than 50000 components"},
		"many within":              {open + `{"name":"a","pedigree":{"ancestors":[` + strings.Repeat(`0,`, 1<<20) + `0]}}]}`, "more than 50000 components"},
		"many values":              {open + `{"name":"a","properties":[` + strings.Repeat(`0,`, 1<<20) + `0]}]}`, "more than 600000 items"},
		"many packages":            {`{"spdxVersion":"SPDX-2.3","packages":[` + strings.Repeat(`null,`, 1<<20) + `null]}`, "more than 50000 components"},
		"broken XML":               {xml("\n<components><canary></components>"), "broken XML in line 2"},
		"cut XML":                  {`<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components`, "broken XML"},
		"other XML":                {`<canary/>`, "no format that is read here"},
		"no namespace":             {`<bom><components><component><name>canary</name></component></components></bom>`, "no format that is read here"},
		"an external entity":       {`<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + xml("&e;"), "document type"},
		"a billion laughs":         {`<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>` + xml("&b;"), "document type"},
		"an entity of nobody":      {xml(`<components><component><name>&canary;</name></component></components>`), "broken XML"},
		"another character set":    {`<?xml version="1.0" encoding="UTF-16"?>` + xml(""), "no format that is read here"},
		"deep XML":                 {xml(strings.Repeat(`<components><component>`, 40)), "deeper than 64"},
		"many elements":            {xml(strings.Repeat(`<a/>`, 1<<20)), "more than 600000 items"},
		"many component elements":  {xml(strings.Repeat(`<x:component/>`, sbom.MaxComponents+1)), "more than 50000 components"},
		"many attributes":          {xml(`<component ` + strings.Repeat(`a=">" `, 1<<20) + `/>`), "attributes"},
		"a long line":              {"SPDXVersion: SPDX-2.3\nPackageName: " + strings.Repeat("canary", 20000), "bytes or more in line 2"},
		"many lines":               {"SPDXVersion: SPDX-2.3\n" + strings.Repeat("\n", 1<<20) + "x", "lines"},
		"a text without end":       {"SPDXVersion: SPDX-2.3\nPackageComment: <text>canary", "within a text"},
		"a package without name":   {"SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nPackageVersion: canary\n", "not whole"},
		"a reference of no form":   {"SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nExternalRef: canary\n", "not whole"},
		"packages without an id":   {"SPDXVersion: SPDX-2.3\nPackageName: a\nPackageName: canary\nSPDXID: SPDXRef-a\n", "not whole"},
		"tag-value of a far past":  {"SPDXVersion: SPDX-1.0\nPackageName: a\nSPDXID: SPDXRef-a\n", "version of SPDX"},
		"tag-value without a name": {"SPDXVersion: SPDX-2.3\nPackageName: <text></text>\nSPDXID: SPDXRef-a\n", "no component"},
	} {
		_, err := sbom.Read([]byte(c.in))
		faults, ok := errors.AsType[cvd.Faults](err)
		if !ok || len(faults) != 1 || faults[0].Field != "file" || faults[0].Remedy == "" || !strings.Contains(faults[0].Problem, c.says) {
			t.Errorf("%s: got %v, want a fault of the file that says %q", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: repeats what was sent: %v", name, err)
		}
	}
	if _, err := sbom.Read(make([]byte, sbom.MaxBytes+1)); !errors.Is(err, cvd.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

// What a bill may cost in memory is bounded by the limits, not by how cleverly it
// is made: the reader's own allocations count, whether they are freed or not.
func TestMemory(t *testing.T) {
	fill := func(open, item, end string) []byte {
		n := min(sbom.MaxComponents-3, (sbom.MaxBytes-len(open)-len(end))/len(item))
		return []byte(open + strings.Repeat(item, n) + end)
	}
	for name, b := range map[string][]byte{
		"components":  fill(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`, `{"name":"a"},`, `{"name":"a"}]}`),
		"within":      fill(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","components":[`, `{},`, `{}]}]}`),
		"elements":    fill(`<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>`, `<component/>`, `<component><name>a</name></component></components></bom>`),
		"packages":    fill(`{"spdxVersion":"SPDX-2.3","packages":[`, `{"name":"a"},`, `{"name":"a"}]}`),
		"nulls":       []byte(`{"spdxVersion":"SPDX-2.3","packages":[{"name":"a"}],"relationships":[` + strings.Repeat("null,", 500_000) + `null]}`),
		"texts":       []byte("SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nPackageComment: <text>" + strings.Repeat("\n", 300_000) + "</text>\n"),
		"repetitions": []byte("SPDXVersion: SPDX-2.3\nPackageName: a\n" + strings.Repeat("SPDXID: SPDXRef-a\n", 49_000)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := sbom.Read(b)
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 256 {
			t.Errorf("%s: %d MiB for %d bytes", name, used, len(b))
		} else {
			t.Logf("%s: %d MiB for %d bytes", name, used, len(b))
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPURL(t *testing.T) {
	for in, want := range map[string]sbom.PURL{
		"pkg:npm/lodash@4.17.20":                            {"pkg:npm/lodash@4.17.20", "pkg:npm/lodash", "lodash", "lodash", "4.17.20"},
		"PKG://NPM/%40angular/core@1":                       {"pkg:npm/%40angular/core@1", "pkg:npm/%40angular/core", "@angular/core", "core", "1"},
		"pkg:golang/GitHub.com/A/B@v1#sub/dir":              {"pkg:golang/github.com/a/b@v1#sub/dir", "pkg:golang/github.com/a/b", "github.com/a/b", "b", "v1"},
		"pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jes": {"pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jes", "pkg:deb/debian/curl", "debian/curl", "curl", "7.50.3-1"},
		"pkg:pypi/Django_X":                                 {"pkg:pypi/django-x", "pkg:pypi/django-x", "django-x", "django-x", ""},
		"pkg:maven/a.b/c@1":                                 {"pkg:maven/a.b/c@1", "pkg:maven/a.b/c", "a.b:c", "c", "1"},
	} {
		if got, ok := sbom.ParsePURL(in); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "lodash", "pkg:npm", "pkg:npm/", "http://npm/a", "pkg:npm/a%00b", "pkg:npm/" + strings.Repeat("a", 2000), "pkg:npm/a\u202eb"} {
		if got, ok := sbom.ParsePURL(in); ok {
			t.Errorf("%.40q is taken for %+v", in, got)
		}
	}
}

// The official test suite of package URLs: what it asks for comes out canonical,
// and the key of the canonical form is its own key.
func TestPURLSuite(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "data", "purl", "tests")
	files, err := filepath.Glob(filepath.Join(root, "*", "*-test.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("needs the purl test suite in ../shared/data/purl")
	}
	n, missed := 0, []string{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var suite struct {
			Tests []struct {
				Description string          `json:"description"`
				Type        string          `json:"test_type"`
				Input       json.RawMessage `json:"input"`
				Output      json.RawMessage `json:"expected_output"`
				Failure     bool            `json:"expected_failure"`
			} `json:"tests"`
		}
		if err := json.Unmarshal(raw, &suite); err != nil {
			t.Fatal(err)
		}
		for _, c := range suite.Tests {
			var in, out string
			if json.Unmarshal(c.Input, &in) != nil || c.Type == "build" {
				continue
			}
			n++
			got, ok := sbom.ParsePURL(in)
			if ok == c.Failure {
				missed = append(missed, filepath.Base(name)+": "+c.Description)
				continue
			}
			if json.Unmarshal(c.Output, &out) == nil && out != "" && out != got.Full {
				missed = append(missed, filepath.Base(name)+": "+c.Description)
			}
			if key, again := sbom.ParsePURL(got.Key); ok && (!again || key.Key != got.Key) {
				t.Errorf("%s: the key %s has the key %s", in, got.Key, key.Key)
			}
		}
	}
	slices.Sort(missed)
	t.Logf("%d of %d as expected; not: %s", n-len(missed), n, strings.Join(missed, "; "))
	// The library takes qualifiers in capitals, which the suite wants refused when
	// strictly read, and keeps the capitals of one type's names.
	known := []string{
		"gem-test.json: Ruby gems can use qualifiers",
		"git-test.json: git namespace and name should be lowercased. Validate an input purl.",
		"rpm-test.json: rpm often use qualifiers",
	}
	if d := cmp.Diff(known, missed); n < 400 || d != "" {
		t.Errorf("%d cases; known misses and ours (-known +ours):\n%s", n, d)
	}
}

func seeds(f *testing.F) {
	f.Add([]byte(spdxTagValue))
	f.Add([]byte(spdxJSON))
	for _, format := range []cdx.BOMFileFormat{cdx.BOMFileFormatJSON, cdx.BOMFileFormatXML} {
		var b bytes.Buffer
		if err := cdx.NewBOMEncoder(&b, format).Encode(sample()); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
}

// sound fails if a bill breaks what the house relies on.
func sound(t *testing.T, in []byte) {
	got, err := sbom.Read(in)
	if err != nil {
		if _, ok := errors.AsType[cvd.Faults](err); !ok && !errors.Is(err, cvd.ErrTooLarge) {
			t.Fatalf("an error of no kind: %v", err)
		}
		return
	}
	if len(got.Components) == 0 || len(got.Components) > sbom.MaxComponents || got.Format == "" {
		t.Fatalf("%d components of %q", len(got.Components), got.Format)
	}
	for _, c := range got.Components {
		if clean, ok := c.Contact.Clean(); c.Name == "" || strings.ContainsAny(c.Name+c.Version+c.PURL, "\n\x00") || !ok || clean != c.Contact {
			t.Fatalf("kept as %+v", c)
		}
		if p, ok := sbom.ParsePURL(c.PURL); c.PURL != "" && (!ok || p.Full != c.PURL || p.Key != c.Key()) {
			t.Fatalf("the package URL of %+v is not its own canonical form", c)
		}
	}
}

func FuzzCycloneDX(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, open := range []string{"", `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"},`, `<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>`} {
			sound(t, append([]byte(open), in...))
		}
	})
}

func FuzzSPDX(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, open := range []string{"", `{"spdxVersion":"SPDX-2.3","packages":[{"name":"a"},`, "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\n"} {
			sound(t, append([]byte(open), in...))
		}
	})
}

func FuzzPURL(f *testing.F) {
	for _, s := range []string{"pkg:npm/%40angular/core@1?a=b#c", "pkg:julia/Dates?uuid=ade2ca70-3891-5945-98fb-dc099432e06a", "pkg:mlflow/A@1?repository_url=https://x.databricks.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := sbom.ParsePURL(in)
		if !ok {
			return
		}
		for _, s := range []string{got.Full, got.Key} {
			if again, ok := sbom.ParsePURL(s); !ok || again.Key != got.Key {
				t.Fatalf("%q: %q has the key %q, not %q", in, s, again.Key, got.Key)
			}
		}
	})
}
