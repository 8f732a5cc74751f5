package advisory

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/package-url/packageurl-go"

	"fairlead/internal/advisory/cwe"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// csafRules are the tests of CSAF 2.0, section 6, as far as a record can fail
// them: what the encoder makes right by itself is not asked.
var csafRules = []rule{
	{"csaf-https", LevelWarning, func(l *lint) {
		l.need(l.p.Base == "" || strings.HasPrefix(l.p.Base, "https:"), "publisher.base", "is not https, so nothing is published as CSAF or OpenVEX",
			"give the server a public_url that begins with https")
	}},
	{"csaf-6.1.1", LevelError, func(l *lint) {
		known := func(field string, ids ...string) {
			for _, id := range ids {
				l.need(l.a.Product(id) != nil, field, "is no product of the advisory", "name one of its products by id")
			}
		}
		l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) { known(field+".product", af.Product) })
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			for n, s := range v.Scores {
				known(fmt.Sprintf("%s.scores[%d].products", field, n), s.Products...)
			}
			for n, r := range v.Remedies {
				known(fmt.Sprintf("%s.remedies[%d].products", field, n), r.Products...)
			}
		})
	}},
	{"csaf-6.1.2", LevelError, func(l *lint) {
		seen := map[string]bool{"": true}
		l.products(func(field string, p *cvd.AdvisoryProduct) {
			l.need(!seen[p.ID], field+".id", "is missing or another product's", "give each product an id of its own")
			l.need(said(p.Name), field+".name", "is missing", "name the product as people know it")
			seen[p.ID] = true
		})
	}},
	{"csaf-6.1.6", LevelError, func(l *lint) {
		l.vulnerabilities(func(_ string, i int, _ *cvd.Vulnerability) {
			var faults cvd.Faults
			if _, err := Claims(l.a, i); errors.As(err, &faults) {
				for _, f := range faults {
					if !strings.HasSuffix(f.Field, ".product") { // 6.1.1
						l.say(f.Field, f.Problem, f.Remedy)
					}
				}
			}
		})
	}},
	{"csaf-6.1.7", LevelError, oneScore},
	{"csaf-6.1.8", LevelError, func(l *lint) {
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			for n, s := range v.Scores {
				_, err := severity.Read(s.Vector)
				var faults cvd.Faults
				if errors.As(err, &faults) {
					l.say(fmt.Sprintf("%s.scores[%d].vector", field, n), faults[0].Problem, faults[0].Remedy)
				}
			}
		})
	}},
	{"csaf-6.1.11", LevelError, func(l *lint) {
		l.weaknesses(func(field string, w cwe.Weakness, known bool) {
			l.need(known, field, "is no weakness of CWE "+cwe.Version, "write CWE- and the number of a weakness, not of a category or view")
			l.need(!known || w.Usage != cwe.Prohibited, field, "is a weakness that vulnerabilities must not be mapped to", "choose the one that takes its place, or a more exact one")
		})
	}},
	{"cwe-discouraged", LevelWarning, func(l *lint) {
		l.weaknesses(func(field string, w cwe.Weakness, known bool) {
			l.need(!known || w.Usage != cwe.Discouraged, field, "is so general that mapping to it is discouraged", "choose one of its children")
		})
	}},
	{"csaf-6.1.13", LevelError, func(l *lint) {
		l.products(func(field string, p *cvd.AdvisoryProduct) {
			u, err := packageurl.FromString(p.PURL)
			l.need(p.PURL == "" || err == nil, field+".purl", "is no package URL", "write pkg:TYPE/NAMESPACE/NAME")
			l.need(err != nil || u.Version == "", field+".purl", "has a version", "leave it out; versions stand where it is said what holds for them")
		})
	}},
	{"csaf-cpe", LevelError, func(l *lint) {
		l.products(func(field string, p *cvd.AdvisoryProduct) {
			l.need(p.CPE == "" || cpe().MatchString(p.CPE), field+".cpe", "is no CPE 2.3 name", "write cpe:2.3: and eleven parts, special characters quoted")
		})
	}},
	{"csaf-6.1.14", LevelError, history},
	{"csaf-6.1.23", LevelError, func(l *lint) {
		seen := map[string]bool{}
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			l.need(v.CVE == "" || cveID.MatchString(v.CVE), field+".cve", "is no CVE id", "write CVE-YEAR-NUMBER")
			l.need(v.CVE == "" || !seen[v.CVE], field+".cve", "is another vulnerability's of this advisory", "one id stands for one vulnerability")
			seen[v.CVE] = true
		})
	}},
	{"csaf-6.1.27.9", LevelError, func(l *lint) {
		l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) {
			l.need(af.Status != cvd.StatusNotAffected || af.Justification != "" || said(af.Statement), field+".justification",
				"is missing", "choose why the product is not affected, or say it in a statement")
		})
	}},
	{"csaf-6.1.27.10", LevelWarning, func(l *lint) {
		l.affects(func(field string, v *cvd.Vulnerability, af *cvd.Affect) {
			helps := func(r cvd.Remedy) bool { return len(r.Products) == 0 || slices.Contains(r.Products, af.Product) }
			l.need(af.Status != cvd.StatusAffected || slices.ContainsFunc(v.Remedies, helps), field,
				"is affected, but nothing says what to do", "add a remedy; without one documents say where it is fixed, or that there is none yet")
		})
	}},
	{"csaf-6.1.27.11", LevelError, func(l *lint) {
		l.need(len(l.a.Vulnerabilities) > 0, "vulnerabilities", "is empty", "describe at least one")
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			l.need(len(v.Affects) > 0, field+".affects", "is empty", "say which products are affected, fixed or not affected")
		})
	}},
	{"csaf-6.1.29", LevelError, func(l *lint) {
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			for n, r := range v.Remedies {
				spoken := func(af cvd.Affect) bool { return slices.Contains(r.Products, af.Product) }
				l.need(len(r.Products) == 0 || slices.ContainsFunc(v.Affects, spoken), fmt.Sprintf("%s.remedies[%d].products", field, n),
					"has no product that the vulnerability speaks of", "name those that it helps")
			}
		})
	}},
	{"csaf-6.1.31", LevelError, func(l *lint) {
		l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) {
			for n, v := range af.Versions {
				l.need(said(v) && !spanning.MatchString(v), fmt.Sprintf("%s.versions[%d]", field, n), "is no single version", "write a range for more than one")
			}
		})
	}},
	{"csaf-6.1.32", LevelWarning, func(l *lint) {
		l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) {
			l.need(af.Status == cvd.StatusNotAffected || af.Justification == "" && !said(af.Statement), field,
				"says why not of a product that is not said to be unaffected", "move it to the remedies, or change the status")
		})
	}},
	{"csaf-6.2.3", LevelWarning, unscored},
	{"csaf-6.2.17", LevelWarning, func(l *lint) {
		l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
			for n, id := range v.IDs {
				at := fmt.Sprintf("%s.ids[%d]", field, n)
				l.need(!cveID.MatchString(id.ID), at, "is a CVE id", "put it where CVE ids stand")
				l.need(said(id.System) && said(id.ID), at, "lacks the system or the id", "give both")
			}
		})
	}},
}

var (
	cveID = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	// spanning are the signs and words of test 6.1.31.
	spanning = regexp.MustCompile(`(?i)[<>]|(^|\s)(after|all|before|earlier|later|prior|versions)(\s|$)`)
	// cpe is the formatted string of NISTIR 7695, as far as CSAF's schema asks.
	cpe = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^cpe:2\.3:[aho*-](:(\?*([a-zA-Z0-9._-]|\\[^a-zA-Z0-9 ])+[?*]*|[*-])){5}:([a-zA-Z]{2,3}(-([a-zA-Z]{2}|[0-9]{3}))?|[*-])(:(\?*([a-zA-Z0-9._-]|\\[^a-zA-Z0-9 ])+[?*]*|[*-])){4}$`)
	})
)

func (l *lint) weaknesses(f func(field string, w cwe.Weakness, known bool)) {
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		for n, id := range v.CWE {
			w, ok := cwe.Find(id)
			f(fmt.Sprintf("%s.cwe[%d]", field, n), w, ok)
		}
	})
}

// oneScore looks for two vectors of one version of the standard and one product.
func oneScore(l *lint) {
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		scored := map[string]bool{}
		for n, s := range v.Scores {
			r, err := severity.Read(s.Vector)
			if err != nil {
				continue // 6.1.8
			}
			products := s.Products
			if len(products) == 0 {
				for _, af := range v.Affects {
					if af.Status == cvd.StatusAffected && !slices.Contains(products, af.Product) {
						products = append(products, af.Product)
					}
				}
			}
			twice := false
			for _, p := range products {
				key := r.Version + " " + p
				twice = twice || scored[key]
				scored[key] = true
			}
			l.need(!twice, fmt.Sprintf("%s.scores[%d]", field, n), "a product has another vector of this version already", "keep one a version and product")
		}
	})
}

// unscored looks for affected products without a vector that CSAF 2.0 can hold.
func unscored(l *lint) {
	l.affects(func(field string, v *cvd.Vulnerability, af *cvd.Affect) {
		scores := func(s cvd.AdvisoryScore) bool {
			r, err := severity.Read(s.Vector)
			return err == nil && r.Version != "4.0" && (len(s.Products) == 0 || slices.Contains(s.Products, af.Product))
		}
		l.need(af.Status != cvd.StatusAffected || slices.ContainsFunc(v.Scores, scores), field,
			"has no vector of CVSS 3", "add one; CSAF 2.0 cannot say CVSS 4.0 but in a note")
	})
}

// history holds the tests of revisions: 6.1.14 sorted, 6.1.16 the latest is the
// record's, 6.1.21 none missing, 6.1.22 none twice, 6.2.5 and 6.2.6 the dates.
func history(l *lint) {
	a := l.a
	n := len(a.History)
	if n == 0 {
		return
	}
	for i, c := range a.History {
		field := fmt.Sprintf("history[%d]", i)
		l.need(c.Revision == i+1, field+".revision", "is not the next one", "count from 1, one revision a line, the oldest first")
		l.need(i == 0 || !c.At.Before(a.History[i-1].At), field+".at", "is before the revision before it", "put the lines in the order of time")
		l.need(!c.At.IsZero(), field+".at", "is missing", "give the instant of the revision")
	}
	l.need(a.History[n-1].Revision == a.Revision, "revision", "is not the last of the history", "add the line of this revision")
	l.need(a.Published.IsZero() || a.History[0].At.Equal(a.Published), "published", "is not the instant of the first revision", "set both to the same")
	l.need(a.Modified.IsZero() || !a.Modified.Before(a.History[n-1].At), "modified", "is before the last revision", "set it to that instant")
}
