package advisories

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/web/desk/visit"
)

// reader makes a record of what was typed.
type reader struct {
	form   url.Values
	faults cvd.Faults
}

// read puts what was typed over the base, so that what the form does not show
// stays. A row whose main field is empty is left out. Faults name fields of the
// form.
func read(base *cvd.Advisory, form url.Values) (*cvd.Advisory, cvd.Faults) {
	r := &reader{form: form}
	a := base.Clone()
	get := form.Get
	a.Title, a.Overview, a.Details, a.Lang, a.TLP = get("title"), get("overview"), get("details"), get("lang"), cvd.TLP(get("tlp"))
	a.Aliases = list(get("aliases"))
	if len(a.Vulnerabilities) == 0 {
		a.Vulnerabilities = []cvd.Vulnerability{{}}
	}
	v := &a.Vulnerabilities[0]
	v.Title = a.Title
	v.CVE, v.CWE, v.Description, v.Impact, v.Exploited = strings.ToUpper(get("cve")), list(strings.ToUpper(get("cwe"))), get("description"), get("impact"), get("exploited")
	scores := v.Scores
	v.Scores = nil
	for i, vector := range intake.SplitLines(get("vectors")) {
		one := cvd.AdvisoryScore{Vector: vector}
		if i < len(scores) {
			one.Products = scores[i].Products
		}
		v.Scores = append(v.Scores, one)
	}
	r.products(a, v)
	r.lists(a, v)
	return a, r.faults
}

// rows is how many rows of a list were sent.
func (r *reader) rows(list, field string) int {
	n := 0
	for r.form.Has(row(list, n, field)) {
		n++
	}
	return n
}

func (r *reader) products(a *cvd.Advisory, v *cvd.Vulnerability) {
	old, affects := a.Products, v.Affects
	a.Products, v.Affects = nil, nil
	for i := range r.rows("product", "name") {
		get := func(name string) string { return r.form.Get(row("product", i, name)) }
		if get("name") == "" {
			continue
		}
		p := cvd.AdvisoryProduct{ID: get("id")}
		if n := slices.IndexFunc(old, func(o cvd.AdvisoryProduct) bool { return o.ID == p.ID && p.ID != "" }); n >= 0 {
			p = old[n]
		}
		if p.ID == "" {
			p.ID = freshID(get("name"), a.Products, old)
		}
		if purl := get("purl"); purl != p.PURL {
			p.PURL, p.Ecosystem, p.Package = purl, "", ""
			if eco, name, ok := ecosystem.FindPURL(purl); ok {
				p.Ecosystem, p.Package = eco, name
			}
		}
		p.Name = get("name")
		a.Products = append(a.Products, p)
		one := cvd.Affect{Product: p.ID}
		if n := slices.IndexFunc(affects, func(x cvd.Affect) bool { return x.Product == p.ID }); n >= 0 {
			one = affects[n]
		}
		one.Status, one.Versions = cvd.ProductStatus(get("status")), list(get("versions"))
		one.Justification, one.Statement = cvd.Justification(get("because")), get("statement")
		if text := get("ranges"); text != rangesText(one.Ranges) {
			one.Ranges = r.ranges(row("product", i, "ranges"), text)
		}
		v.Affects = append(v.Affects, one)
	}
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// freshID names a new product within the advisory.
func freshID(name string, lists ...[]cvd.AdvisoryProduct) string {
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if id == "" {
		id = "product"
	}
	for n := 1; ; n++ {
		one := id
		if n > 1 {
			one += "-" + strconv.Itoa(n)
		}
		taken := slices.ContainsFunc(lists, func(ps []cvd.AdvisoryProduct) bool {
			return slices.ContainsFunc(ps, func(p cvd.AdvisoryProduct) bool { return p.ID == one })
		})
		if !taken {
			return one
		}
	}
}

func (r *reader) lists(a *cvd.Advisory, v *cvd.Vulnerability) {
	old := v.Remedies
	v.Remedies, a.References, a.Timeline = nil, nil, nil
	credits := a.Credits
	a.Credits = nil
	each := func(name, main string, add func(i int, get func(string) string)) {
		for i := range r.rows(name, main) {
			get := func(field string) string { return r.form.Get(row(name, i, field)) }
			if get(main) != "" {
				add(i, get)
			}
		}
	}
	each("remedy", "text", func(i int, get func(string) string) {
		one := cvd.Remedy{Kind: cvd.RemedyKind(get("kind")), Text: get("text"), URL: get("url"), Date: r.day(row("remedy", i, "date"), get("date"))}
		if i < len(old) {
			one.Products = old[i].Products
		}
		v.Remedies = append(v.Remedies, one)
	})
	each("credit", "name", func(i int, get func(string) string) {
		one := cvd.AdvisoryCredit{Name: get("name"), Organisation: get("organisation"), Kind: get("kind")}
		if i < len(credits) && credits[i].Name == one.Name {
			one.Contact = credits[i].Contact
		}
		a.Credits = append(a.Credits, one)
	})
	each("reference", "url", func(_ int, get func(string) string) {
		a.References = append(a.References, cvd.Reference{Kind: get("kind"), URL: get("url"), Text: get("text")})
	})
	each("time", "text", func(i int, get func(string) string) {
		a.Timeline = append(a.Timeline, cvd.Milestone{At: r.day(row("time", i, "at"), get("at")), Text: get("text")})
	})
}

// list reads words between commas.
func list(s string) []string {
	var out []string
	for _, one := range strings.Split(s, ",") {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func (r *reader) day(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, fault := visit.Day(field, s, time.UTC)
	if fault != nil {
		r.faults = append(r.faults, *fault)
	}
	return t
}

// rangesText writes ranges as people type them, one a line: ">= 1.0, < 1.4".
func rangesText(all []cvd.VersionRange) string {
	var lines []string
	for _, one := range all {
		line := ""
		flush := func() {
			if line != "" {
				lines = append(lines, line)
			}
			line = ""
		}
		for _, ev := range one.Events {
			switch {
			case ev.Introduced != "":
				flush()
				line = ">= " + ev.Introduced
			case ev.Fixed != "":
				line += ", < " + ev.Fixed
				flush()
			case ev.LastAffected != "":
				line += ", <= " + ev.LastAffected
				flush()
			}
		}
		flush()
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), ">= 0, ", "")
}

var (
	bound  = regexp.MustCompile(`^(>=|<=|<)\s*([^\s,<>=]+)$`)
	semver = regexp.MustCompile(`^(0|[0-9]+\.[0-9]+\.[0-9]+([-+].*)?)$`)
)

// ranges reads lines such as ">= 1.0, < 1.4", "< 1.4" and ">= 2.0".
func (r *reader) ranges(field, text string) []cvd.VersionRange {
	out := cvd.VersionRange{Kind: cvd.RangeSemver}
	for n, line := range intake.SplitLines(text) {
		events := []cvd.VersionEvent{{Introduced: "0"}}
		for _, part := range strings.Split(line, ",") {
			m := bound.FindStringSubmatch(strings.TrimSpace(part))
			if m == nil {
				r.faults = append(r.faults, cvd.Fault{
					Field: field, Problem: fmt.Sprintf("line %d is no range of versions", n+1), Remedy: "write it as >= 1.0, < 1.4, or < 1.4, or >= 2.0",
				})
				return nil
			}
			if !semver.MatchString(m[2]) {
				out.Kind = cvd.RangeEcosystem
			}
			switch m[1] {
			case ">=":
				events[0].Introduced = m[2]
			case "<":
				events = append(events, cvd.VersionEvent{Fixed: m[2]})
			default:
				events = append(events, cvd.VersionEvent{LastAffected: m[2]})
			}
		}
		out.Events = append(out.Events, events...)
	}
	if len(out.Events) == 0 {
		return nil
	}
	return []cvd.VersionRange{out}
}
