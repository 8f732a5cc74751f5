package csaf_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/csaf/judge"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/cvd"
)

// others is a document of another publisher with this product tree and this member of its
// only vulnerability.
func others(tree, vulnerability string) []byte {
	return fmt.Appendf(nil, `{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","lang":"en","title":"T",
		"notes":[{"category":"summary","text":"S"}],
		"publisher":{"category":"coordinator","name":"Somebody Else","namespace":"https://else.example"},
		"references":[{"category":"self","summary":"here","url":"https://else.example/e-1.json"},{"category":"external","summary":"more","url":"https://else.example/more"}],
		"tracking":{"id":"E-1","status":"final","version":"1","initial_release_date":"2026-01-01T00:00:00Z","current_release_date":"2026-01-01T00:00:00Z",
			"revision_history":[{"number":"1","date":"2026-01-01T00:00:00Z","summary":"First."}]}},
		"product_tree":%s,"vulnerabilities":[%s]}`, tree, vulnerability)
}

// What a document of others says of products is said again, or listed.
func TestProductsOfOthers(t *testing.T) {
	branch := func(below string) string {
		return `{"branches":[{"category":"vendor","name":"Cisco","branches":[{"category":"product_name","name":"IOS","branches":[` + below + `]}]}]}`
	}
	product := func(category, name string) string {
		return `{"category":"` + category + `","name":"` + name + `","product":{"product_id":"P","name":"whatever"}}`
	}
	affected := `{"cve":"CVE-2026-20001","product_status":{"known_affected":["P"]}}`
	for name, one := range map[string]struct {
		tree, vulnerability string
		product, version    string // as the record has them, its vendor first
		says, never         string // the document that comes of it
		lost                string
	}{
		"a whole version below a train": {
			branch(`{"category":"product_version","name":"12.2SE","branches":[` + product("service_pack", "12.2(55)SE") + `]}`), affected,
			"Cisco/IOS", "12.2(55)SE", `"name": "12.2(55)SE"`, `"name": "12.2SE"`, "/product_tree/branches/0/branches/0/branches/0/name",
		},
		"a service pack of a version": {
			branch(`{"category":"product_version","name":"10","branches":[` + product("service_pack", "SP1") + `]}`), affected,
			"Cisco/IOS", "10 SP1", `"name": "10 SP1"`, `"name": "IOS SP1"`, "",
		},
		"no vendor": {
			`{"full_product_names":[{"product_id":"P","name":"Acme Box 3"}]}`, affected,
			"/Acme Box 3", "", `"name": "Acme Box 3"`, `"vendor",`, "",
		},
		"a scheme": {
			branch(product("product_version_range", "vers:npm/>=4|<5")), affected,
			"Cisco/IOS", "", "", "", "scheme npm",
		},
		"the last one": {
			branch(product("product_version", "1.0")), `{"cve":"CVE-2026-20001","product_status":{"last_affected":["P"]}}`,
			"Cisco/IOS", "1.0", "", "", "/vulnerabilities/0/product_status/last_affected/0",
		},
		"a flag on what is affected": {
			branch(product("product_version", "1.0")),
			`{"cve":"CVE-2026-20001","flags":[{"label":"component_not_present","product_ids":["P"]}],"product_status":{"known_affected":["P"]}}`,
			"Cisco/IOS", "1.0", "", "", "/vulnerabilities/0/flags/0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, lost, err := csaf.Format.Decode(others(one.tree, one.vulnerability), advisorytest.Now)
			if err != nil {
				t.Fatal(err)
			}
			p := a.Products[0]
			if got := p.Vendor + "/" + p.Name; got != one.product || len(a.Products) != 1 {
				t.Errorf("products %+v", a.Products)
			}
			if v := a.Vulnerabilities[0].Affects[0].Versions; strings.Join(v, " ") != one.version {
				t.Errorf("versions %q", v)
			}
			if told, _ := json.Marshal(lost); !strings.Contains(string(told), one.lost) {
				t.Errorf("lost %s", told)
			}
			b, err := csaf.Format.Encode(a, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), one.says) || one.never != "" && strings.Contains(string(b[strings.Index(string(b), "product_tree"):]), one.never) {
				t.Errorf("%s", b)
			}
			for _, f := range judge.Check(b) {
				if f.Level != "info" && f.Rule != "csaf-6.2.3" { // that is the source's
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// A document about an advisory of others does not claim to be its vendor's: it says
// whose it is and leads to the original, and is still valid.
func TestWhoseAdvisoryItIs(t *testing.T) {
	tree := `{"full_product_names":[{"product_id":"P","name":"Acme Box 3"}]}`
	a, _, err := csaf.Format.Decode(others(tree, `{"cve":"CVE-2026-20001","product_status":{"known_affected":["P"]}}`), advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	go1, _, err := osv.Format.Decode([]byte(`{"id":"GO-2026-0001","modified":"2026-01-01T00:00:00Z","summary":"s","affected":[{"package":{"ecosystem":"Go","name":"example.org/a"},
		"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}`), advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		a          *cvd.Advisory
		note, link string
	}{
		{a, "published by Somebody Else https://else.example as E-1", "https://else.example/e-1.json"},
		{go1, "published by others as GO-2026-0001", "https://osv.dev/vulnerability/GO-2026-0001"},
	} {
		for _, f := range []advisory.Format{csaf.Format, csaf.VEX} {
			b, err := f.Encode(one.a, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			s := string(b)
			if !strings.Contains(s, one.note) || !strings.Contains(s, `"url": "`+one.link) || !strings.Contains(s, `"category": "other",
      "contact_details"`) {
				t.Error(s)
			}
			for _, found := range judge.Check(b) {
				if found.Level == advisory.LevelError {
					t.Errorf("%+v", found)
				}
			}
		}
	}
}
