package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// recordRules are what any reader may ask of an advisory.
var recordRules = []rule{
	{"record-id", LevelError, func(l *lint) {
		l.need(plainID.MatchString(string(l.a.ID)) && !strings.Contains(string(l.a.ID), ".."), "id",
			"is no usable id", "letters, digits and . _ : + @ ~ -, at most 128 of them, a letter or digit first")
	}},
	{"record-title", LevelError, func(l *lint) {
		l.need(said(l.a.Title), "title", "is missing", "say in a line what the advisory is about")
	}},
	{"record-title-line", LevelWarning, func(l *lint) {
		l.need(len(l.a.Title) <= maxTitle && !strings.ContainsAny(l.a.Title, "\r\n"), "title",
			fmt.Sprintf("is longer than a line of %d bytes", maxTitle), "shorten it; the overview has room")
	}},
	{"record-overview", LevelWarning, func(l *lint) {
		l.need(said(l.a.Overview), "overview", "is missing", "say in a paragraph who is concerned and what to do")
	}},
	{"record-dates", LevelError, func(l *lint) {
		a := l.a
		l.need(a.Modified.IsZero() || !a.Modified.Before(a.Published), "modified", "is before the advisory was published", "set it to the instant of this revision")
		l.need(a.Withdrawn.IsZero() || !a.Withdrawn.Before(a.Published), "withdrawn", "is before the advisory was published", "set it to the instant of the withdrawal")
	}},
	{"record-withdrawn", LevelWarning, func(l *lint) {
		l.need(l.a.Withdrawn.IsZero() || said(l.a.Why), "why", "is missing", "say why the advisory was withdrawn")
	}},
	{"record-words", LevelError, enumerations},
	{"record-control", LevelError, func(l *lint) {
		l.texts(func(field, text string) {
			l.need(Visible(text) == text, field, "holds control characters, or marks that turn a line around", "take them out; line ends and tabs may stay")
		})
	}},
	{"record-html", LevelWarning, func(l *lint) {
		l.texts(func(field, text string) {
			l.need(!html.MatchString(code.ReplaceAllString(text, "")), field, "holds HTML", "write Markdown, and code between backticks")
		})
	}},
	{"record-link", LevelError, func(l *lint) {
		l.links(func(field, link string) {
			l.need(IsURI(link) && len(link) <= maxLink, field,
				fmt.Sprintf("is no URL of at most %d bytes", maxLink), "give an absolute one, such as https://…")
			l.need(!IsURI(link) || scheme(link) == "https" || scheme(link) == "http", field, "leads to no page of the web", "give an https address")
		})
	}},
	{"record-contact", LevelError, func(l *lint) {
		for n, c := range l.a.Credits {
			for m, contact := range c.Contact {
				l.need(IsURI(contact) && slices.Contains([]string{"https", "http", "mailto"}, scheme(contact)), fmt.Sprintf("credits[%d].contact[%d]", n, m),
					"is neither an https address nor a mailto", "write it as https://… or mailto:…")
			}
		}
	}},
	{"record-https", LevelWarning, func(l *lint) {
		l.links(func(field, link string) {
			l.need(!strings.HasPrefix(strings.ToLower(link), "http:"), field, "is not https", "link to the https address")
		})
	}},
	{"record-fix", LevelWarning, func(l *lint) {
		l.vulnerabilities(func(field string, i int, v *cvd.Vulnerability) {
			claims, err := Claims(l.a, i)
			for n, r := range v.Remedies {
				fixed := func(c Claim) bool {
					return c.Status == cvd.StatusFixed && (len(r.Products) == 0 || slices.Contains(r.Products, c.Product.ID))
				}
				l.need(err != nil || r.Kind != cvd.RemedyFix || slices.ContainsFunc(claims, fixed),
					fmt.Sprintf("%s.remedies[%d]", field, n), "promises a fix, but no version is said to be fixed", "name the fixed version of the product")
			}
		})
	}},
	{"record-unused", LevelWarning, func(l *lint) {
		used := map[string]bool{}
		l.affects(func(_ string, _ *cvd.Vulnerability, af *cvd.Affect) { used[af.Product] = true })
		l.products(func(field string, p *cvd.AdvisoryProduct) {
			l.need(used[p.ID], field, "no vulnerability says anything of it", "say whether it is affected, or leave it out")
		})
	}},
	{"record-backport", LevelWarning, backports},
}

const (
	maxTitle = 150
	maxLink  = 2048 // CVE record format 5, references[].url
)

var (
	code = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	html = regexp.MustCompile(`<(/?[a-zA-Z][a-zA-Z0-9-]*(\s[^<>]*)?/?|!--[^<>]*)>`)
)

func said(text string) bool { return strings.TrimSpace(text) != "" }

// links are all URLs of the record that become links.
func (l *lint) links(f func(field, link string)) {
	for n, r := range l.a.References {
		f(fmt.Sprintf("references[%d].url", n), r.URL)
	}
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		for n, r := range v.Remedies {
			if r.URL != "" {
				f(fmt.Sprintf("%s.remedies[%d].url", field, n), r.URL)
			}
		}
	})
}

// enumerations are the words that each have a list.
var (
	tlps           = []cvd.TLP{"", cvd.TLPClear, cvd.TLPGreen, cvd.TLPAmber, cvd.TLPAmberStrict, cvd.TLPRed}
	statuses       = []cvd.ProductStatus{cvd.StatusAffected, cvd.StatusFixed, cvd.StatusNotAffected, cvd.StatusInvestigating}
	justifications = []cvd.Justification{"", cvd.NoComponent, cvd.NoVulnerableCode, cvd.CodeNotExecuted, cvd.CodeUnreachable, cvd.InlineMitigation}
	remedyKinds    = []cvd.RemedyKind{cvd.RemedyFix, cvd.RemedyWorkaround, cvd.RemedyMitigation, cvd.RemedyNonePlanned, cvd.RemedyNoneYet}
	rangeKinds     = []cvd.RangeKind{cvd.RangeSemver, cvd.RangeEcosystem, cvd.RangeGit}
	referenceKinds = strings.Fields("ADVISORY ARTICLE DETECTION DISCUSSION REPORT FIX INTRODUCED PACKAGE EVIDENCE WEB GIT")
	creditKinds    = append(strings.Fields("FINDER REPORTER ANALYST COORDINATOR REMEDIATION_DEVELOPER REMEDIATION_REVIEWER REMEDIATION_VERIFIER TOOL SPONSOR OTHER"), "")
)

// oneOf is a remedy that says the whole list: who writes to a program sees no other.
func oneOf[S ~string](list []S) string {
	var names []string
	otherwise := ""
	for _, s := range list {
		if s == "" {
			otherwise = ", or leave it out"
		} else {
			names = append(names, string(s))
		}
	}
	return "choose one of " + strings.Join(names, ", ") + otherwise
}

func enumerations(l *lint) {
	const problem = "is none of the words that may stand here"
	l.need(slices.Contains(tlps, l.a.TLP), "tlp", problem, oneOf(tlps))
	for n, r := range l.a.References {
		l.need(slices.Contains(referenceKinds, r.Kind), fmt.Sprintf("references[%d].kind", n), problem, oneOf(referenceKinds))
	}
	for n, c := range l.a.Credits {
		l.need(slices.Contains(creditKinds, c.Kind), fmt.Sprintf("credits[%d].kind", n), problem, oneOf(creditKinds))
		l.need(said(c.Name) || said(c.Organisation), fmt.Sprintf("credits[%d].name", n), "is missing", "name a person or an organisation, or leave the credit out")
	}
	l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) {
		l.need(slices.Contains(statuses, af.Status), field+".status", problem, oneOf(statuses))
		l.need(slices.Contains(justifications, af.Justification), field+".justification", problem, oneOf(justifications))
	})
	l.ranges(func(field string, r *cvd.VersionRange) {
		l.need(slices.Contains(rangeKinds, r.Kind), field+".kind", problem, oneOf(rangeKinds))
	})
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		for n, r := range v.Remedies {
			l.need(slices.Contains(remedyKinds, r.Kind), fmt.Sprintf("%s.remedies[%d].kind", field, n), problem, oneOf(remedyKinds))
			l.need(said(r.Text), fmt.Sprintf("%s.remedies[%d].text", field, n), "is missing", "say what is to be done")
		}
	})
}

// backports looks for single versions inside a range of another status. It may be
// meant so, but machines that read the range alone will say otherwise.
func backports(l *lint) {
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		for n, one := range v.Affects {
			for m, version := range one.Versions {
				inside := func(af cvd.Affect) bool {
					return af.Product == one.Product && af.Status != one.Status &&
						slices.ContainsFunc(af.Ranges, func(r cvd.VersionRange) bool { return r.Kind == cvd.RangeSemver && contains(r, version) })
				}
				l.need(!slices.ContainsFunc(v.Affects, inside), fmt.Sprintf("%s.affects[%d].versions[%d]", field, n, m),
					"lies in a range that says something else of the product", "end the range before it and begin it again behind it")
			}
		}
	})
}
