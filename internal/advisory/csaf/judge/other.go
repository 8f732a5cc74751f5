package judge

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// otherTests are those of texts, languages and single vulnerabilities.
var otherTests = []test{
	{"6.1.12", func(j *judge) {
		for _, name := range []string{"lang", "source_lang"} {
			tag := j.document().get(name)
			_, err := language.Parse(tag.text())
			j.need(tag.v == nil || err == nil, tag, "is no language that is registered", "write a BCP 47 tag such as en or pt-BR")
		}
	}},
	{"6.1.15", func(j *judge) {
		translator := j.document().path("publisher", "category").text() == "translator"
		j.need(!translator || j.document().say("source_lang") != "", j.document(), "is a translation, but lacks source_lang", "say from which language")
	}},
	{"6.1.23", func(j *judge) {
		var cves []node
		for _, v := range j.vulnerabilities() {
			cves = append(cves, v.get("cve"))
		}
		j.twice(cves, node.text, "is another vulnerability's", "one id stands for one vulnerability")
	}},
	{"6.1.24", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			j.twice(v.each("involvements"), func(n node) string { return n.say("party") + " " + n.say("date") },
				"has the party and date of another involvement", "join them, or give each its date")
		}
	}},
	{"6.1.26", func(j *judge) {
		category := j.document().get("category")
		said := category.text()
		if _, ok := profiles[said]; ok || said == "csaf_base" || said == "" {
			return
		}
		j.need(!strings.HasPrefix(strings.ToLower(said), "csaf_"), category, "begins with the reserved csaf_", "name a profile exactly, or choose another word")
		for profile := range profiles {
			j.need(plain(said) != plain(profile) && plain(said) != plain(strings.TrimPrefix(profile, "csaf_")), category,
				"looks like a profile, but is none", "name the profile exactly, or choose another word")
		}
	}},
	{"6.1.28", func(j *judge) {
		lang := j.document().say("lang")
		j.need(lang == "" || !strings.EqualFold(lang, j.document().say("source_lang")), j.document().get("source_lang"),
			"is the language of the document", "say from which language it was translated, or leave it out")
	}},
}

// plain is a category without what 6.1.26 does not look at.
func plain(category string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(category, func(r rune) bool {
		return r == '-' || r == '_' || r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0'
	}), ""))
}

// Profiles other than CSAF Base, by their category, in short.
var profiles = map[string]string{
	"csaf_security_incident_response": "incident", "csaf_informational_advisory": "informational", "csaf_security_advisory": "advisory", "csaf_vex": "vex",
}

// profile tells whether the document is of one of the profiles, by their short
// names.
func (j *judge) profile(names ...string) bool {
	return slices.Contains(names, profiles[j.document().say("category")])
}

var profileTests = []test{
	{"6.1.27.1", func(j *judge) {
		tells := func(n node) bool {
			return slices.Contains([]string{"description", "details", "general", "summary"}, n.say("category"))
		}
		j.need(!j.profile("incident", "informational") || slices.ContainsFunc(j.document().each("notes"), tells), j.document().get("notes"),
			"has no note that tells what it is about", "add one of category description, details, general or summary")
	}},
	{"6.1.27.2", func(j *judge) {
		external := func(n node) bool { return n.say("category") != "self" }
		j.need(!j.profile("incident", "informational") || slices.ContainsFunc(j.document().each("references"), external), j.document().get("references"),
			"has no external reference", "say where more can be read")
	}},
	{"6.1.27.3", func(j *judge) {
		j.need(!j.profile("informational") || !j.root.has("vulnerabilities"), j.root.get("vulnerabilities"), "has no place in this profile", "use csaf_security_advisory")
	}},
	{"6.1.27.4", func(j *judge) {
		j.need(!j.profile("advisory", "vex") || j.root.has("product_tree"), j.root, "lacks product_tree, which the profile asks for", "add it")
	}},
	{"6.1.27.5", func(j *judge) {
		j.each("notes", "advisory", "vex")
	}},
	{"6.1.27.6", func(j *judge) {
		j.each("product_status", "advisory")
	}},
	{"6.1.27.7", func(j *judge) {
		for _, v := range j.ofVEX() {
			s := v.get("product_status")
			j.need(s.has("fixed") || s.has("known_affected") || s.has("known_not_affected") || s.has("under_investigation"), v,
				"says no status of any product", "say fixed, known_affected, known_not_affected or under_investigation")
		}
	}},
	{"6.1.27.8", func(j *judge) {
		for _, v := range j.ofVEX() {
			j.need(v.has("cve") || v.has("ids"), v, "has neither cve nor ids", "give it a name")
		}
	}},
	{"6.1.27.9", func(j *judge) {
		for _, v := range j.ofVEX() {
			why := v.each("flags")
			for _, t := range v.each("threats") {
				if t.say("category") == "impact" {
					why = append(why, t)
				}
			}
			j.covered(v.get("product_status").each("known_not_affected"), why, "is not affected, but nothing says why", "add a flag, or a threat of category impact")
		}
	}},
	{"6.1.27.10", func(j *judge) {
		for _, v := range j.ofVEX() {
			j.covered(v.get("product_status").each("known_affected"), v.each("remediations"), "is affected, but nothing says what to do", "add a remediation")
		}
	}},
	{"6.1.27.11", func(j *judge) {
		j.need(!j.profile("advisory", "vex") || j.root.has("vulnerabilities"), j.root, "lacks vulnerabilities, which the profile asks for", "add at least one")
	}},
}

// each asks for a member of every vulnerability in some profiles.
func (j *judge) each(member string, profiles ...string) {
	if !j.profile(profiles...) {
		return
	}
	for _, v := range j.vulnerabilities() {
		j.need(v.has(member), v, "lacks "+member+", which the profile asks for", "add it")
	}
}

func (j *judge) ofVEX() []node {
	if !j.profile("vex") {
		return nil
	}
	return j.vulnerabilities()
}

// covered says it of each product that none of the items is about.
func (j *judge) covered(products, items []node, problem, remedy string) {
	about := map[string]bool{}
	for _, one := range items {
		for id := range j.members(one) {
			about[id] = true
		}
	}
	for _, id := range products {
		j.need(about[id.text()], id, problem, remedy)
	}
}
