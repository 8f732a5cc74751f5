package release

import (
	"regexp"
	"strings"
	"time"

	"fairlead/internal/advisory/cwe"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// Prefill makes the first draft from what a case holds: evs is its whole history,
// others are the reporters of linked duplicates. Nothing that is only the team's
// goes into it, and neither steps to reproduce nor proposed fixes, which help
// attackers first. A member edits it before anybody sees it.
func Prefill(c *cvd.Case, evs []cvd.Event, others []cvd.Contact, p *policy.Policy) *cvd.Advisory {
	a := &cvd.Advisory{ID: c.Release.Advisory, TLP: p.Advisories.TLP, Lang: "en", Title: c.Title}
	v := cvd.Vulnerability{Title: c.Title}
	report := &cvd.Report{}
	for _, ev := range evs {
		if ev.Type == cvd.EventReceived && ev.Body != nil && ev.Body.Report != nil {
			report = ev.Body.Report
		}
	}
	v.Description, v.Impact = report.Description, report.Impact
	a.Overview = firstParagraph(report.Description)
	v.CWE = weaknesses(report.CWE)
	if product := product(c, p); product != nil {
		a.Products = append(a.Products, *product)
		v.Affects = append(v.Affects, cvd.Affect{Product: product.ID, Status: cvd.StatusAffected, Versions: versions(c.Affects)})
	}
	if c.Score != nil {
		v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: c.Score.Vector})
	}
	for _, one := range c.CVEs {
		switch {
		case one.ID == "" || one.State == cvd.CVERejected:
		case v.CVE == "":
			v.CVE = one.ID
		default:
			a.Aliases = append(a.Aliases, one.ID)
		}
	}
	for _, url := range report.URLs {
		if url = strings.TrimSpace(url); strings.HasPrefix(url, "https://") && !strings.ContainsAny(url, " \t") {
			a.References = append(a.References, cvd.Reference{Kind: "WEB", URL: url})
		}
	}
	if r := c.Participant(cvd.Reporter); r != nil && r.Contact != nil {
		others = append([]cvd.Contact{*r.Contact}, others...)
	}
	for _, who := range others {
		if one, ok := Credit(who); ok {
			a.Credits = append(a.Credits, one)
		}
	}
	a.Timeline = timeline(c, evs)
	v.Remedies = remedies(c, evs)
	a.Vulnerabilities = []cvd.Vulnerability{v}
	return a
}

// Credit is how a finder is named, as they asked; ok is false for who did not.
func Credit(who cvd.Contact) (cvd.AdvisoryCredit, bool) {
	name := strings.TrimSpace(who.Credit.As)
	if name == "" {
		name = strings.TrimSpace(who.Name)
	}
	if who.Credit.Wanted != "name" || name == "" {
		return cvd.AdvisoryCredit{}, false
	}
	one := cvd.AdvisoryCredit{Name: name, Kind: "FINDER"}
	if who.Credit.As == "" { // who chose the words chose all of them
		one.Organisation = strings.TrimSpace(who.Affiliation)
	}
	return one, true
}

// longest is how much of a description makes an overview.
const longest = 600

func firstParagraph(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n"), "\n\n")
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest])
		if i := strings.LastIndexByte(s, ' '); i > 0 {
			s = s[:i]
		}
		s += "…"
	}
	return s
}

var weakness = regexp.MustCompile(`(?i)\bcwe[-_: ]?([0-9]{1,5})\b|^\s*([0-9]{1,5})\b`)

// weaknesses reads what a reporter wrote of a CWE; what is none is left out.
func weaknesses(s string) []string {
	var out []string
	for _, m := range weakness.FindAllStringSubmatch(s, 5) {
		if w, ok := cwe.Find("CWE-" + strings.TrimLeft(m[1]+m[2], "0")); ok && !w.Deprecated() {
			out = once(out, w.ID)
		}
	}
	return out
}

func once(list []string, s string) []string {
	for _, one := range list {
		if one == s {
			return list
		}
	}
	return append(list, s)
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// product is what the case is about: a product of the policy, or what the reporter
// called it, or nil.
func product(c *cvd.Case, p *policy.Policy) *cvd.AdvisoryProduct {
	name := strings.TrimSpace(c.Product)
	if name == "" {
		return nil
	}
	out := &cvd.AdvisoryProduct{Name: name}
	for _, prog := range p.Programs {
		for _, one := range prog.Products {
			if strings.EqualFold(one.Name, name) {
				out.Name, out.PURL = one.Name, one.PURL
			}
		}
	}
	if eco, pkg, ok := ecosystem.FindPURL(out.PURL); ok {
		out.Ecosystem, out.Package = eco, pkg
	}
	if out.ID = strings.Trim(notInID.ReplaceAllString(strings.ToLower(out.Name), "-"), "-"); out.ID == "" {
		out.ID = "product"
	}
	return out
}

func versions(s string) []string {
	var out []string
	for _, one := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if one = strings.TrimSpace(one); one != "" {
			out = once(out, one)
		}
	}
	return out
}

// milestones are the events that the public may know of, in its words.
var milestones = map[cvd.EventType]string{
	cvd.EventValidated: "The report is confirmed.",
	cvd.EventFixReady:  "A fix is ready.",
	cvd.EventPublic:    "The vulnerability is public.",
	cvd.EventAttacks:   "Attacks are observed.",
}

func timeline(c *cvd.Case, evs []cvd.Event) []cvd.Milestone {
	first := "The vulnerability is reported to us."
	if !c.HasReporter() {
		first = "We find the vulnerability."
	}
	out := []cvd.Milestone{{At: day(c.Created), Text: first}}
	seen := map[cvd.EventType]bool{}
	for _, ev := range evs {
		if text := milestones[ev.Type]; text != "" && !seen[ev.Type] {
			seen[ev.Type] = true
			out = append(out, cvd.Milestone{At: day(ev.At), Text: text})
		}
	}
	return out
}

// day forgets the time of day, which is nobody's matter.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// remedies is the fix, from the day on which it was ready.
func remedies(c *cvd.Case, evs []cvd.Event) []cvd.Remedy {
	if !c.Facts.Has(cvd.FactFixReady) {
		return nil
	}
	r := cvd.Remedy{Kind: cvd.RemedyFix, Text: "Update to a version with the fix."}
	for _, ev := range evs {
		if ev.Type == cvd.EventFixReady {
			r.Date = day(ev.At)
		}
	}
	return []cvd.Remedy{r}
}
