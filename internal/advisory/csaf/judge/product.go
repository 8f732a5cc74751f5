package judge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"
	"golang.org/x/mod/semver"

	"fairlead/internal/advisory/cwe"
)

// statusGroups are the lists of a product status that contradict each other.
var statusGroups = [][]string{
	{"first_affected", "known_affected", "last_affected"},
	{"known_not_affected"},
	{"first_fixed", "fixed"},
	{"under_investigation"},
}

var allStatuses = strings.Fields("first_affected first_fixed fixed known_affected known_not_affected last_affected recommended under_investigation")

// about are the items of a vulnerability that name products.
var about = []string{"flags", "remediations", "threats"}

// used calls f for each place where a product_id is used.
func (j *judge) used(f func(id node)) {
	all := func(list []node) {
		for _, one := range list {
			f(one)
		}
	}
	tree := j.root.get("product_tree")
	for _, g := range tree.each("product_groups") {
		all(g.each("product_ids"))
	}
	for _, r := range tree.each("relationships") {
		f(r.get("product_reference"))
		f(r.get("relates_to_product_reference"))
	}
	for _, v := range j.vulnerabilities() {
		for _, name := range allStatuses {
			all(v.get("product_status").each(name))
		}
		for _, name := range about {
			for _, one := range v.each(name) {
				all(one.each("product_ids"))
			}
		}
		for _, s := range v.each("scores") {
			all(s.each("products"))
		}
	}
}

func (j *judge) defined() map[string]bool {
	out := map[string]bool{}
	for _, p := range j.products {
		out[p.say("product_id")] = true
	}
	return out
}

var productTests = []test{
	{"6.1.1", func(j *judge) {
		defined := j.defined()
		j.used(func(id node) {
			j.need(id.text() == "" || defined[id.text()], id, "is no product of the tree", "define it in the product tree")
		})
	}},
	{"6.1.2", func(j *judge) {
		j.twice(j.products, func(p node) string { return p.say("product_id") }, "has the id of another product", "give each product an id of its own")
	}},
	{"6.1.3", circles},
	{"6.1.4", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			for _, name := range about {
				for _, one := range v.each(name) {
					for _, id := range one.each("group_ids") {
						_, ok := j.groups[id.text()]
						j.need(ok, id, "is no product group", "define it in the product tree")
					}
				}
			}
		}
	}},
	{"6.1.5", func(j *judge) {
		j.twice(j.root.get("product_tree").each("product_groups"), func(g node) string { return g.say("group_id") },
			"has the id of another group", "give each group an id of its own")
	}},
	{"6.1.6", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			said := map[string]int{}
			for n, group := range statusGroups {
				for _, name := range group {
					for _, id := range v.get("product_status").each(name) {
						old, ok := said[id.text()]
						j.need(!ok || old == n, id, "has another status already", "keep one of them")
						if !ok {
							said[id.text()] = n
						}
					}
				}
			}
		}
	}},
	{"6.1.11", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			if !v.has("cwe") {
				continue
			}
			w, ok := cwe.Find(v.path("cwe", "id").text())
			j.need(ok, v.path("cwe", "id"), "is no weakness of CWE "+cwe.Version, "use a weakness, not a category or view")
			j.need(!ok || w.Name == v.path("cwe", "name").text(), v.path("cwe", "name"), "is not the weakness's name", "copy the name from the list")
		}
	}},
	{"6.1.13", func(j *judge) {
		for _, p := range j.products {
			h := p.path("product_identification_helper", "purl")
			u, err := packageurl.FromString(h.text())
			j.need(h.v == nil || err == nil, h, "is no package URL", "write pkg:TYPE/NAMESPACE/NAME@VERSION")
			short := u.Type == packageurl.TypeGolang && strings.HasPrefix(u.Version, "v") && semver.Canonical(u.Version)+semver.Build(u.Version) != u.Version
			j.need(!short, h, "is no package URL: its version of a Go module is none", "write MAJOR.MINOR.PATCH behind the v, or leave the v out")
		}
	}},
	{"6.1.25", func(j *judge) {
		for _, p := range j.products {
			for _, file := range p.get("product_identification_helper").each("hashes") {
				j.twice(file.each("file_hashes"), func(h node) string { return h.say("algorithm") }, "has the algorithm of another hash", "keep one hash an algorithm")
			}
		}
	}},
	{"6.1.29", func(j *judge) { j.unproductive("remediations") }},
	{"6.1.31", func(j *judge) {
		for _, b := range j.branches {
			j.need(b.say("category") != "product_version" || !spanning.MatchString(b.say("name")), b.get("name"), "names more than one version", "use product_version_range")
		}
	}},
	{"6.1.32", func(j *judge) { j.unproductive("flags") }},
	{"6.1.33", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			flagged := map[string]string{}
			for _, f := range v.each("flags") {
				for _, id := range slices.Sorted(keys(j.members(f))) {
					j.need(flagged[id] == "", f, "gives a product a second justification", "keep one a product")
					flagged[id] = f.say("label")
				}
			}
		}
	}},
}

// spanning are the signs and words of 6.1.31.
var spanning = regexp.MustCompile(`(?i)[<>]|(^|\s)(after|all|before|earlier|later|prior|versions)(\s|$)`)

func keys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// unproductive looks for items that name no product.
func (j *judge) unproductive(name string) {
	for _, v := range j.vulnerabilities() {
		for _, one := range v.each(name) {
			j.need(len(one.each("product_ids"))+len(one.each("group_ids")) > 0, one, "names neither a product nor a group", "say what it is for")
		}
	}
}

// circles looks for products that are made of themselves.
func circles(j *judge) {
	parts := map[string][]string{}
	relationships := j.root.get("product_tree").each("relationships")
	for _, r := range relationships {
		id := r.path("full_product_name", "product_id").text()
		parts[id] = append(parts[id], r.say("product_reference"), r.say("relates_to_product_reference"))
	}
	const asked, free = 1, 2
	state := map[string]int{}
	var circular func(id string) bool
	circular = func(id string) bool {
		switch state[id] {
		case asked:
			return true
		case free:
			return false
		}
		state[id] = asked
		for _, part := range parts[id] {
			if circular(part) {
				return true // and stays asked: whoever needs it is in the circle too
			}
		}
		state[id] = free
		return false
	}
	for _, r := range relationships {
		id := r.path("full_product_name", "product_id")
		j.need(!circular(id.text()), id, "is defined by itself", "let each product be made of others")
	}
}
