package judge

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var vDigit = regexp.MustCompile(`^[vV][0-9].*$`)

var informativeTests = []test{
	{"6.3.1", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			newer := map[string]bool{}
			for _, s := range v.each("scores") {
				for _, id := range s.texts("products") {
					newer[id] = newer[id] || s.has("cvss_v3")
				}
			}
			for _, s := range v.each("scores") {
				only := slices.ContainsFunc(s.texts("products"), func(id string) bool { return !newer[id] })
				j.need(!s.has("cvss_v2") || !only, s, "scores by CVSS 2 alone", "add a vector of CVSS 3")
			}
		}
	}},
	{"6.3.2", func(j *judge) {
		j.scored(func(s node, _ []metric) {
			j.need(s.say("version") != "3.0", s.get("version"), "is 3.0", "score by CVSS 3.1")
		})
	}},
	{"6.3.3", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			j.need(v.has("cve"), v, "has no CVE id", "ask for one")
		}
	}},
	{"6.3.4", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			j.need(v.has("cwe"), v, "has no weakness", "name one of CWE")
		}
	}},
	{"6.3.5", func(j *judge) {
		const short = 64
		for _, p := range j.products {
			for _, file := range p.get("product_identification_helper").each("hashes") {
				for _, h := range file.each("file_hashes") {
					j.need(len(h.say("value")) >= short, h.get("value"), "is short", "use a hash of at least 256 bits")
				}
			}
		}
	}},
	{"6.3.6", func(j *judge) { j.dead("external") }},
	{"6.3.7", func(j *judge) { j.dead("self") }},
	{"6.3.9", func(j *judge) {
		var walk func(n node, path []string)
		walk = func(n node, path []string) {
			for _, b := range n.each("branches") {
				if here := append(path[:len(path):len(path)], b.say("category")); len(here) < maxDepth {
					j.need(!b.has("product") || ordered(here), b, "has no vendor, product name and version above each other", "order branches so")
					walk(b, here)
				}
			}
		}
		walk(j.root.get("product_tree"), nil)
	}},
	{"6.3.10", func(j *judge) {
		for _, b := range j.branches {
			j.need(b.say("category") != "product_version_range", b.get("category"), "is a range of versions", "list the versions where they are known")
		}
	}},
	{"6.3.11", func(j *judge) {
		for _, b := range j.branches {
			j.need(b.say("category") != "product_version" || !vDigit.MatchString(b.say("name")), b.get("name"), "begins with a v", "write the version alone")
		}
	}},
}

// ordered tells whether a path of branches holds a vendor, then a product name,
// then a version or a range.
func ordered(path []string) bool {
	vendor := slices.Index(path, "vendor")
	name := slices.Index(path, "product_name")
	version := slices.IndexFunc(path, func(c string) bool { return c == "product_version" || c == "product_version_range" })
	return vendor >= 0 && vendor < name && name < version
}

// dead looks for references of a category that nobody can follow, as far as that is
// known without the network: no name below .invalid ever resolves (RFC 6761, 6.4).
func (j *judge) dead(category string) {
	for _, at := range append(j.vulnerabilities(), j.root.get("document")) {
		for _, r := range at.each("references") {
			if cmp.Or(r.say("category"), "external") != category {
				continue
			}
			u, err := url.Parse(r.say("url"))
			never := err == nil && (u.Hostname() == "invalid" || strings.HasSuffix(u.Hostname(), ".invalid"))
			j.need(!never, r.get("url"), "never resolves", "give an address that can be followed")
		}
	}
}
