package draft

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
)

// reader makes a record of what was typed.
type reader struct {
	form   url.Values
	latest *cvd.Advisory
	a      *cvd.Advisory
	fresh  map[int]string  // ids of products by their row, for those that had none
	gone   map[string]bool // ids of products that were taken out
	faults cvd.Faults
}

// Read puts what was typed over the latest draft, so that what a form does not show
// stays. from is the draft from which the form began, which is the latest unless another
// followed; nil if it is not known. A row whose main field is empty is left out, but not
// versions without a product. Faults name fields of the form.
func Read(from, latest *cvd.Advisory, form url.Values) (*cvd.Advisory, cvd.Faults) {
	r := &reader{form: form, latest: latest, a: latest.Clone(), fresh: map[int]string{}, gone: map[string]bool{}}
	a, get := r.a, form.Get
	a.Title, a.Overview, a.Details, a.Lang, a.TLP = get("title"), get("overview"), get("details"), get("lang"), cvd.TLP(get("tlp"))
	a.Aliases = list(get("aliases"))
	r.products()
	r.around()
	n, find := Flaws(form), roots(from, latest)
	a.Vulnerabilities = make([]cvd.Vulnerability, 0, n)
	for i := range n {
		v, untitled := cvd.Vulnerability{}, false
		if _, root := find(get(Name(Flaw(i), "key"))); root != nil {
			v, untitled = clone(root), root.Title == ""
		}
		r.flaw(i, &v)
		if v.Title == "" && n == 1 && !untitled {
			v.Title = a.Title
		}
		a.Vulnerabilities = append(a.Vulnerabilities, v)
	}
	return a, r.faults
}

func clone(v *cvd.Vulnerability) cvd.Vulnerability {
	return (&cvd.Advisory{Vulnerabilities: []cvd.Vulnerability{*v}}).Clone().Vulnerabilities[0]
}

// roots finds the vulnerability that a key of a form stands for: where the latest draft
// has it, -1 for nowhere, and its words there, or else in the draft from which the form
// began; nil for a new one.
func roots(from, latest *cvd.Advisory) func(key string) (int, *cvd.Vulnerability) {
	align := Align(from, latest)
	return func(key string) (int, *cvd.Vulnerability) {
		at := spot(latest, key, "s")
		if b := spot(from, key, "b"); b >= 0 {
			if at = align[b]; at < 0 {
				return -1, &from.Vulnerabilities[b]
			}
		} else if from == nil {
			at = max(at, spot(latest, key, "b"))
		}
		if at < 0 {
			return -1, nil
		}
		return at, &latest.Vulnerabilities[at]
	}
}

// spot is the place that a key of that kind names in a record, or -1.
func spot(a *cvd.Advisory, key, kind string) int {
	rest, is := strings.CutPrefix(key, kind)
	n, err := strconv.Atoi(rest)
	if !is || err != nil || a == nil || n < 0 || n >= len(a.Vulnerabilities) {
		return -1
	}
	return n
}

// Places says where in a form each vulnerability of the latest draft stands; -1: nowhere.
func Places(from, latest *cvd.Advisory, form url.Values) []int {
	out := make([]int, len(latest.Vulnerabilities))
	for i := range out {
		out[i] = -1
	}
	find := roots(from, latest)
	for i := range Flaws(form) {
		if at, _ := find(form.Get(Name(Flaw(i), "key"))); at >= 0 {
			out[at] = i
		}
	}
	return out
}

func (r *reader) fault(field, problem, remedy string) {
	r.faults = append(r.faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
}

// each calls add for every row of a list that is one.
func (r *reader) each(list string, add func(i int, get func(string) string)) {
	for i := range Rows(r.form, list) {
		if held(r.form, list, i) {
			add(i, func(field string) string { return r.form.Get(Name(list, i, field)) })
		}
	}
}

func (r *reader) products() {
	old := r.latest.Products
	r.a.Products = nil
	for i := range Rows(r.form, "product") {
		get := func(name string) string { return r.form.Get(Name("product", i, name)) }
		if get("name") == "" {
			r.gone[get("id")] = true
			continue
		}
		p := cvd.AdvisoryProduct{ID: get("id")}
		if n := slices.IndexFunc(old, func(o cvd.AdvisoryProduct) bool { return o.ID == p.ID && p.ID != "" }); n >= 0 {
			p = old[n]
		}
		if p.ID == "" {
			p.ID = freshID(get("name"), r.a.Products, old)
			r.fresh[i] = p.ID
		}
		if purl := get("purl"); purl != p.PURL {
			p.PURL, p.Ecosystem, p.Package = purl, "", ""
			if eco, name, ok := ecosystem.FindPURL(purl); ok {
				p.Ecosystem, p.Package = eco, name
			}
		}
		p.Name = get("name")
		r.a.Products = append(r.a.Products, p)
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

func (r *reader) around() {
	a := r.a
	credits, told := a.Credits, a.Timeline
	var lines []int
	a.References, a.Timeline, a.Credits = nil, nil, nil
	r.each("credit", func(_ int, get func(string) string) {
		one := cvd.AdvisoryCredit{Name: get("name"), Organisation: get("organisation"), Kind: get("kind")}
		if n := slices.IndexFunc(credits, func(c cvd.AdvisoryCredit) bool { return c.Name == one.Name }); n >= 0 {
			one.Contact = credits[n].Contact
		}
		a.Credits = append(a.Credits, one)
	})
	r.each("reference", func(_ int, get func(string) string) {
		a.References = append(a.References, cvd.Reference{Kind: get("kind"), URL: get("url"), Text: get("text")})
	})
	r.each("time", func(i int, get func(string) string) {
		one := cvd.Milestone{At: r.day(Name("time", i, "at"), get("at")), Text: get("text")}
		if n := next(&lines, func(n int) bool { return told[n].Text == one.Text && dayText(told[n].At) == get("at") }, len(told)); n >= 0 {
			one.At = told[n].At
		}
		a.Timeline = append(a.Timeline, one)
	})
}

// flaw reads one vulnerability over what it was.
func (r *reader) flaw(i int, v *cvd.Vulnerability) {
	at := Flaw(i)
	get := func(name string) string { return r.form.Get(Name(at, name)) }
	v.Title, v.CVE, v.CWE = get("title"), strings.ToUpper(get("cve")), list(strings.ToUpper(get("cwe")))
	v.Description, v.Impact, v.Exploited = get("description"), get("impact"), get("exploited")
	v.IDs = nil
	for n, line := range lines(get("ids")) {
		cut := strings.LastIndex(line, ": ")
		if cut <= 0 {
			r.fault(Name(at, "ids"), fmt.Sprintf("line %d names no system", n+1), "write it as GitHub: GHSA-xxxx-xxxx-xxxx")
			continue
		}
		v.IDs = append(v.IDs, cvd.ForeignID{System: strings.TrimSpace(line[:cut]), ID: strings.TrimSpace(line[cut+2:])})
	}
	v.Scores = nil
	for _, line := range lines(get("vectors")) {
		vector, of, some := strings.Cut(line, "[")
		one := cvd.AdvisoryScore{Vector: strings.TrimSpace(vector)}
		if some {
			one.Products = r.named(Name(at, "vectors"), strings.TrimSuffix(strings.TrimSpace(of), "]"))
		}
		v.Scores = append(v.Scores, one)
	}
	r.affects(at, v)
	old := v.Remedies
	var taken []int
	v.Remedies = nil
	r.each(Name(at, "remedy"), func(n int, get func(string) string) {
		name := func(field string) string { return Name(at, "remedy", n, field) }
		one := cvd.Remedy{
			Kind: cvd.RemedyKind(get("kind")), Text: get("text"), URL: get("url"), Date: r.day(name("date"), get("date")), Products: r.named(name("for"), get("for")),
		}
		if n := next(&taken, func(n int) bool { return old[n].Text == one.Text && dayText(old[n].Date) == get("date") }, len(old)); n >= 0 {
			one.Date = old[n].Date
		}
		v.Remedies = append(v.Remedies, one)
	})
}

// named reads names, or ids, of products of the advisory.
func (r *reader) named(field, text string) []string {
	var out []string
	for _, name := range strings.Split(text, ";") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		id := ""
		for _, products := range [][]cvd.AdvisoryProduct{r.a.Products, r.latest.Products} { // as they are called now, or were
			for _, p := range products {
				if id == "" && (p.ID == name || strings.EqualFold(p.Name, name)) && r.a.Product(p.ID) != nil {
					id = p.ID
				}
			}
		}
		if id == "" {
			r.fault(field, "names no product of the advisory", "write names of its products, with semicolons between them")
			continue
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (r *reader) affects(at string, v *cvd.Vulnerability) {
	old := v.Affects
	v.Affects = nil
	var taken []int
	r.each(Name(at, "affect"), func(n int, get func(string) string) {
		name := func(field string) string { return Name(at, "affect", n, field) }
		id := get("product")
		if row, is := strings.CutPrefix(id, "+"); is {
			if blank(r.form, Name(at, "affect"), n) {
				return
			}
			number, _ := strconv.Atoi(row)
			id = r.fresh[number]
		}
		switch {
		case r.gone[id] && id != "", get("product") == "" && n < len(old) && unsaid(old[n], get):
			return
		case get("product") == "":
			r.fault(name("product"), "is missing", "choose a product for these versions, or empty the row")
			return
		case r.a.Product(id) == nil:
			r.fault(name("product"), "names no product of the advisory", "give the product its name above, or choose another")
			return
		}
		one := cvd.Affect{Product: id}
		i := next(&taken, func(i int) bool {
			return old[i].Product == id && string(old[i].Status) == get("status") && rangesText(old[i].Ranges) == get("ranges")
		}, len(old))
		if i < 0 {
			i = next(&taken, func(i int) bool { return old[i].Product == id }, len(old))
		}
		if i >= 0 {
			one = old[i]
		}
		one.Status, one.Versions = cvd.ProductStatus(get("status")), list(get("versions"))
		one.Justification, one.Statement = cvd.Justification(get("because")), get("statement")
		if text := get("ranges"); text != rangesText(one.Ranges) {
			one.Ranges = r.ranges(name("ranges"), text)
		}
		v.Affects = append(v.Affects, one)
	})
}

// unsaid tells whether nothing was typed into a row but that its product is none, which
// takes it out.
func unsaid(was cvd.Affect, get func(string) string) bool {
	return get("ranges") == rangesText(was.Ranges) && get("versions") == strings.Join(was.Versions, ", ") &&
		get("because") == string(was.Justification) && get("statement") == strings.TrimSpace(was.Statement)
}

// next is the first of n that is the same and was not taken before, or -1: a form knows
// the day of an instant alone, and not what an ecosystem adds.
func next(taken *[]int, same func(int) bool, n int) int {
	for i := range n {
		if !slices.Contains(*taken, i) && same(i) {
			*taken = append(*taken, i)
			return i
		}
	}
	return -1
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

// lines reads what stands on each line, without empty ones.
func lines(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (r *reader) day(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err != nil:
		r.fault(field, "is no date", "write it as 2026-03-01")
	case !calendar.Askable(t):
		r.fault(field, fmt.Sprintf("lies outside the years %d to %d", calendar.FirstYear, calendar.LastAsked), "write a date within those years")
	default:
		return t
	}
	return time.Time{}
}
