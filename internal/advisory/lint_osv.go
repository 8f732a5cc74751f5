package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
)

// osvRules are the rules of the OSV schema 1.7 that the encoder cannot make right
// by itself.
var osvRules = []rule{
	{"osv-id", LevelWarning, func(l *lint) {
		l.need(l.p.OSVPrefix != "", "id", "will have no prefix in OSV", "set the prefix x_, or that of your registered database")
	}},
	{"osv-aliases", LevelWarning, func(l *lint) {
		for _, one := range l.a.Aliases {
			l.need(one != string(l.a.ID), "aliases", "name the advisory itself", "take its own id out")
			l.need(!slices.Contains(l.a.Upstream, one) && !slices.Contains(l.a.Related, one), "aliases",
				"are upstream or related too", "an alias is the same vulnerability, the others are not")
		}
	}},
	{"osv-introduced", LevelError, func(l *lint) {
		l.ranges(func(field string, r *cvd.VersionRange) {
			l.need(len(r.Events) > 0 && r.Events[0].Introduced != "", field+".events", "does not begin where it was introduced", `begin with introduced, "0" for always`)
			for n, e := range r.Events {
				l.need(turns(e) == 1, fmt.Sprintf("%s.events[%d]", field, n), "has not exactly one turn", "one of introduced, fixed, last_affected, limit")
			}
		})
	}},
	{"osv-fixed", LevelError, func(l *lint) {
		l.ranges(func(field string, r *cvd.VersionRange) {
			fixed := func(e cvd.VersionEvent) bool { return e.Fixed != "" }
			last := func(e cvd.VersionEvent) bool { return e.LastAffected != "" }
			l.need(!slices.ContainsFunc(r.Events, fixed) || !slices.ContainsFunc(r.Events, last), field+".events",
				"says fixed and last_affected", "say one of them; the fixed version is worth more")
		})
	}},
	{"osv-order", LevelError, func(l *lint) {
		l.ranges(func(field string, r *cvd.VersionRange) {
			for n, e := range r.Events {
				if r.Kind != cvd.RangeSemver || turns(e) != 1 {
					continue
				}
				at := fmt.Sprintf("%s.events[%d]", field, n)
				l.need(version(e) == "0" || semantic(version(e)), at, "is no semantic version", "write MAJOR.MINOR.PATCH, or use the ecosystem's own order")
				if n > 0 && semantic(version(e)) && semantic(version(r.Events[n-1])) {
					before := compare(version(r.Events[n-1]), version(e))
					l.need(before < 0 || before == 0 && e.LastAffected != "", at, "is not above the event before it", "put the events in the order of versions")
				}
				l.need(n == 0 || (e.Introduced == "") != (r.Events[n-1].Introduced == ""), at, "does not turn what the event before it said", "let introduced and its end take turns")
			}
		})
	}},
	{"osv-git", LevelError, func(l *lint) {
		l.ranges(func(field string, r *cvd.VersionRange) {
			l.need((r.Kind == cvd.RangeGit) == (r.Repo != ""), field+".repo", "is missing, or is there without commits", "ranges of commits name their repository, no others do")
			for n, e := range r.Events {
				l.need(r.Kind != cvd.RangeGit || version(e) == "0" || commit.MatchString(version(e)), fmt.Sprintf("%s.events[%d]", field, n),
					"is no commit", "write all 40 or 64 hexadecimal digits")
			}
		})
	}},
	{"osv-ecosystem", LevelError, func(l *lint) {
		l.products(func(field string, p *cvd.AdvisoryProduct) {
			_, known := ecosystem.Find(p.Ecosystem)
			l.need(p.Ecosystem == "" || known, field+".ecosystem", "is not registered at OSV", oneOf(ecosystems()))
			l.need((p.Ecosystem == "") == (p.Package == ""), field+".package", "goes with an ecosystem", "give both or neither")
		})
	}},
}

// ecosystems are the names that OSV has registered, and that they may be left out.
func ecosystems() []string {
	out := []string{""}
	for _, e := range ecosystem.All() {
		out = append(out, e.Name)
	}
	return out
}

var commit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

func turns(e cvd.VersionEvent) int {
	n := 0
	for _, v := range []string{e.Introduced, e.Fixed, e.LastAffected, e.Limit} {
		if v != "" {
			n++
		}
	}
	return n
}

func version(e cvd.VersionEvent) string { return e.Introduced + e.Fixed + e.LastAffected + e.Limit }

// semantic tells whether the text is a version of SemVer 2.0, without a v.
func semantic(v string) bool {
	core, _, _ := strings.Cut(v, "-")
	core, _, _ = strings.Cut(core, "+")
	return semver.IsValid("v"+v) && strings.Count(core, ".") == 2
}

func compare(a, b string) int { return semver.Compare("v"+a, "v"+b) }

// contains tells whether a range of semantic versions holds one, by the OSV
// schema's evaluation.
func contains(r cvd.VersionRange, v string) bool {
	if !semantic(v) {
		return false
	}
	in := false
	for _, e := range r.Events {
		switch {
		case e.Introduced == "0" || e.Introduced != "" && compare(v, e.Introduced) >= 0:
			in = true
		case e.Fixed != "" && compare(v, e.Fixed) >= 0, e.Limit != "" && compare(v, e.Limit) >= 0, e.LastAffected != "" && compare(v, e.LastAffected) > 0:
			in = false
		}
	}
	return in
}

// cveRules are the rules for CNAs and of the CVE record format; they hold for
// vulnerabilities that have a CVE id.
var cveRules = []rule{
	{"cve-description", LevelError, func(l *lint) {
		l.numbered(func(field string, v *cvd.Vulnerability) {
			l.need(said(v.Description), field+".description", "is missing", "describe the vulnerability in a sentence of its own; the record at CVE is made of it")
		})
	}},
	{"cve-english", LevelWarning, func(l *lint) {
		english := func(tag string) bool {
			tag = strings.ToLower(tag)
			return tag == "" || tag == "en" || strings.HasPrefix(tag, "en-")
		}
		said := english(l.a.Lang) || slices.ContainsFunc(Languages(l.a), english)
		l.numbered(func(field string, _ *cvd.Vulnerability) {
			l.need(said, field+".description", "is not there in English, so no CVE record is written", "write a translation into English, for CVE asks for one")
		})
	}},
	{"cve-affected", LevelError, func(l *lint) {
		l.numbered(func(field string, v *cvd.Vulnerability) {
			concerned := func(af cvd.Affect) bool {
				return af.Status == cvd.StatusAffected || af.Status == cvd.StatusInvestigating
			}
			l.need(!l.a.Withdrawn.IsZero() || slices.ContainsFunc(v.Affects, concerned), field+".affects", "has no product that is affected", "name one, or reject the CVE id")
		})
	}},
	{"cve-reference", LevelError, func(l *lint) {
		l.numbered(func(_ string, _ *cvd.Vulnerability) {
			l.need(len(l.a.References) > 0 || Page(l.a, l.p) != "", "references", "is empty", "CVE asks for a public page")
			l.need(len(l.a.References) <= maxReferences, "references", fmt.Sprintf("has more than %d", maxReferences), "keep those that help")
		})
	}},
	{"cve-weakness", LevelWarning, func(l *lint) {
		l.numbered(func(field string, v *cvd.Vulnerability) {
			l.need(len(v.CWE) > 0, field+".cwe", "is empty", "name the weakness; the rules for CNAs prefer CWE")
		})
	}},
	{"cve-credits", LevelWarning, func(l *lint) {
		l.numbered(func(field string, v *cvd.Vulnerability) {
			for _, c := range l.a.Credits {
				l.need(len(c.Name) < 4 || !strings.Contains(v.Description, c.Name), field+".description", "names somebody who is credited", "credits have their own place")
			}
		})
	}},
}

// maxReferences is the most that the CVE record format takes.
const maxReferences = 512

// numbered walks the vulnerabilities that CVE will hear of: none before anybody
// may read the advisory.
func (l *lint) numbered(f func(field string, v *cvd.Vulnerability)) {
	if !l.a.TLP.Public() {
		return
	}
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		if v.CVE != "" {
			f(field, v)
		}
	})
}
