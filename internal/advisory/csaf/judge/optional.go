package judge

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"fairlead/internal/severity"
)

var (
	cveID     = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)
	specifier = regexp.MustCompile(`^vers:[a-z.+-][a-z0-9.+-]*/.+`)
	fileChars = regexp.MustCompile(`[^+\-a-z0-9]+`)
)

var optionalTests = []test{
	{"6.2.1", func(j *judge) {
		if j.profile("informational") {
			return
		}
		used := map[string]bool{}
		j.used(func(id node) { used[id.text()] = true })
		for _, p := range j.products {
			j.need(used[p.say("product_id")], p.get("product_id"), "is used nowhere", "say something of it, or leave it out")
		}
	}},
	{"6.2.2", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			for _, name := range append(slices.Clone(statusGroups[0]), "under_investigation") {
				j.covered(v.get("product_status").each(name), v.each("remediations"), "has no remediation", "say what to do, or that there is nothing yet")
			}
		}
	}},
	{"6.2.3", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			scored := map[string]bool{}
			for _, s := range v.each("scores") {
				for _, id := range s.texts("products") {
					scored[id] = true
				}
			}
			for _, name := range statusGroups[0] {
				for _, id := range v.get("product_status").each(name) {
					j.need(scored[id.text()], id, "has no score", "add one")
				}
			}
		}
	}},
	{"6.2.4", func(j *judge) {
		for _, r := range j.history() {
			j.need(!r.number.build(), r.get("number"), "has build metadata", "leave it out of the history")
		}
	}},
	{"6.2.5", func(j *judge) {
		if h := j.history(); len(h) > 0 {
			first := j.tracking().get("initial_release_date")
			j.need(!first.instant().Before(h[0].at), first, "is older than the oldest revision", "set it to that date")
		}
	}},
	{"6.2.6", func(j *judge) {
		if h := j.history(); len(h) > 0 {
			current := j.tracking().get("current_release_date")
			j.need(!current.instant().Before(h[len(h)-1].at), current, "is older than the newest revision", "set it to that date")
		}
	}},
	{"6.2.7", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			for _, i := range v.each("involvements") {
				j.need(i.has("date"), i, "has no date", "say when")
			}
		}
	}},
	{"6.2.8", func(j *judge) { j.onlyHash("md5") }},
	{"6.2.9", func(j *judge) { j.onlyHash("sha1") }},
	{"6.2.10", func(j *judge) {
		j.need(j.document().path("distribution", "tlp").has("label"), j.document().path("distribution", "tlp", "label"), "is missing", "say who may read it")
	}},
	{"6.2.11", func(j *judge) {
		file := fileChars.ReplaceAllString(strings.ToLower(j.tracking().say("id")), "_") + ".json"
		canonical := func(r node) bool {
			return r.say("category") == "self" && strings.HasPrefix(r.say("url"), "https://") && strings.HasSuffix(r.say("url"), "/"+file)
		}
		j.need(slices.ContainsFunc(j.document().each("references"), canonical), j.document().get("references"), "has no canonical URL of the document", "add a self reference that ends with the file's name")
	}},
	{"6.2.12", func(j *judge) { j.need(j.document().has("lang"), j.document(), "has no language", "add lang") }},
	{"6.2.13", func(j *judge) { unsorted(j, j.root, collate.New(language.Und)) }},
	{"6.2.14", func(j *judge) {
		for _, name := range []string{"lang", "source_lang"} {
			j.need(!private(j.document().say(name)), j.document().get(name), "is a language of private use", "use a registered tag")
		}
	}},
	{"6.2.15", func(j *judge) {
		for _, name := range []string{"lang", "source_lang"} {
			j.need(!strings.EqualFold(j.document().say(name), "i-default"), j.document().get(name), "is the default language", "name the language")
		}
	}},
	{"6.2.16", func(j *judge) {
		for _, p := range j.products {
			j.need(p.has("product_identification_helper"), p, "has nothing by which machines know it", "add a package URL or a CPE name")
		}
	}},
	{"6.2.17", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			for _, id := range v.each("ids") {
				j.need(!cveID.MatchString(id.say("text")), id.get("text"), "is a CVE id", "put it into cve")
			}
		}
	}},
	{"6.2.18", func(j *judge) {
		for _, b := range j.branches {
			j.need(b.say("category") != "product_version_range" || specifier.MatchString(b.say("name")), b.get("name"), "is no version range specifier", "write vers:SCHEME/CONSTRAINTS")
		}
	}},
	{"6.2.19", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			fixed := append(v.get("product_status").texts("first_fixed"), v.get("product_status").texts("fixed")...)
			for _, s := range v.each("scores") {
				if slices.ContainsFunc(s.texts("products"), func(id string) bool { return slices.Contains(fixed, id) }) {
					j.need(harmless(s), s, "scores a fixed product above 0", "leave fixed products out, or add the environment in which nothing is left")
				}
			}
		}
	}},
	{"6.2.20", func(j *judge) { document.unknown(j, j.root) }},
}

// onlyHash looks for files whose hashes are all of one weak algorithm.
func (j *judge) onlyHash(algorithm string) {
	for _, p := range j.products {
		for _, file := range p.get("product_identification_helper").each("hashes") {
			hashes := file.each("file_hashes")
			strong := func(h node) bool { return h.say("algorithm") != algorithm }
			j.need(len(hashes) == 0 || slices.ContainsFunc(hashes, strong), file, "has no hash but one that can be forged", "add sha256 or sha512")
		}
	}
}

// unsorted looks for members that do not stand in the order of the alphabet.
func unsorted(j *judge, n node, c *collate.Collator) {
	names := j.order[n.at]
	for i := 1; i < len(names); i++ {
		if c.CompareString(names[i-1], names[i]) > 0 {
			j.say(n.at, "has members out of the order of the alphabet", "sort them")
			break
		}
	}
	switch v := n.v.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			unsorted(j, n.get(name), c)
		}
	case []any:
		for i, item := range v {
			unsorted(j, node{item, n.at + "/" + itoa(i)}, c)
		}
	}
}

// private tells whether a tag says a language of private use.
func private(tag string) bool {
	tag = strings.ToLower(tag)
	first, _, _ := strings.Cut(tag, "-")
	return first == "x" || strings.Contains(tag, "-x-") || len(first) == 3 && first >= "qaa" && first <= "qtz" || slices.ContainsFunc(strings.Split(tag, "-")[1:], privatePart)
}

// privatePart tells whether a part of a tag is a script or a region of private use.
func privatePart(part string) bool {
	return len(part) == 4 && part >= "qaaa" && part <= "qabx" || part == "aa" || part == "zz" || len(part) == 2 && (part >= "qm" && part <= "qz" || part >= "xa" && part <= "xz")
}

// harmless tells whether a score leaves nothing of the vulnerability.
func harmless(s node) bool {
	for _, member := range []string{"cvss_v2", "cvss_v3"} {
		if !s.has(member) {
			continue
		}
		if given, ok := s.path(member, "environmentalScore").v.(float64); ok && given > 0 {
			return false
		}
		r, err := severity.Read(s.path(member, "vectorString").text())
		if err != nil || r.Environmental > 0 && !zeroed(s.get(member)) {
			return false
		}
	}
	return true
}

// zeroed tells whether the members beside the vector say that nothing is left.
func zeroed(s node) bool {
	if s.say("targetDistribution") == "NONE" {
		return true
	}
	for _, name := range []string{"modifiedConfidentialityImpact", "modifiedIntegrityImpact", "modifiedAvailabilityImpact"} {
		if s.say(name) != "NONE" {
			return false
		}
	}
	return true
}
