// Package draft turns the record of an advisory into the texts of a form and back, and
// brings together what two people made of the same draft.
//
// A form is names and values: "title", "credit.0.name", and of each vulnerability
// "flaw.0.cve" and "flaw.0.remedy.1.text". It knows no page and no language, asks nobody
// and keeps nothing.
package draft

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// The lists of a form: their fields, with the one first without which a row is none.
var (
	lists = map[string][]string{
		"product":   {"name", "purl", "id"},
		"credit":    {"name", "organisation", "kind"},
		"reference": {"url", "kind", "text"},
		"time":      {"text", "at"},
	}
	flawLists = map[string][]string{
		"affect": {"product", "status", "ranges", "versions", "because", "statement"},
		"remedy": {"text", "kind", "url", "date", "for"},
	}
	fields     = []string{"title", "overview", "details", "lang", "tlp", "aliases"}
	flawFields = []string{"title", "cve", "ids", "cwe", "vectors", "description", "impact", "exploited"}
	// chosen are fields that always hold something, so they say nothing alone.
	chosen = []string{"status", "kind", "id"}
)

// Lists names the lists of a form, and those of each vulnerability in it.
func Lists() (whole, flaw []string) {
	return []string{"product", "credit", "reference", "time"}, []string{"affect", "remedy"}
}

// IsList tells whether a field of that name, without what stands before its last dot, is a list.
func IsList(name string) bool {
	name = name[strings.LastIndexByte(name, '.')+1:]
	return lists[name] != nil || flawLists[name] != nil
}

// columns are the fields of a list's rows.
func columns(list string) []string {
	name := list[strings.LastIndexByte(list, '.')+1:]
	if c := lists[name]; c != nil {
		return c
	}
	return flawLists[name]
}

// held tells whether a row is one: its main field holds something, of a credit the name
// or the organisation. What is said of versions is one without a product too: the form
// offers "none" first, and nobody's words may go unseen.
func held(form url.Values, list string, i int) bool {
	return form.Get(Name(list, i, columns(list)[0])) != "" || list == "credit" && form.Get(Name(list, i, "organisation")) != "" ||
		strings.HasSuffix(list, ".affect") && !blank(form, list, i)
}

// Flaw is the name under which a vulnerability stands in a form, from 0.
func Flaw(i int) string { return "flaw." + strconv.Itoa(i) }

// Name joins parts of a name.
func Name(parts ...any) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			b.WriteString(strconv.Itoa(p))
		}
	}
	return b.String()
}

// Rows is how many rows of a list a form holds, those that say nothing among them.
func Rows(form url.Values, list string) int { return count(form, list, columns(list)[0]) }

// Flaws is how many vulnerabilities a form holds.
func Flaws(form url.Values) int { return count(form, "flaw", "key") }

func count(form url.Values, list, field string) int {
	n := 0
	for form.Has(Name(list, n, field)) {
		n++
	}
	return n
}

// Fresh is the value by which a vulnerability names the product in that row of the form
// that has no id yet.
func Fresh(row int) string { return "+" + strconv.Itoa(row) }

// key names a vulnerability of the draft from which a form began.
func key(i int) string { return "b" + strconv.Itoa(i) }

// Write is a record as its form would be sent unchanged. There is at least one
// vulnerability in it; one alone that has the advisory's title has none of its own.
func Write(a *cvd.Advisory) url.Values {
	f := write(a)
	alone(f)
	return f
}

// alone takes the title of the only vulnerability out of a form that says it already.
func alone(f url.Values) {
	if name := Name(Flaw(0), "title"); Flaws(f) == 1 && f.Get(name) == f.Get("title") {
		f.Set(name, "")
	}
}

func write(a *cvd.Advisory) url.Values {
	f := url.Values{}
	set := func(name, value string) { f.Set(name, strings.TrimSpace(value)) }
	for name, value := range map[string]string{
		"title": a.Title, "overview": a.Overview, "details": a.Details, "lang": a.Lang, "tlp": string(a.TLP), "aliases": strings.Join(a.Aliases, ", "),
	} {
		set(name, value)
	}
	row := func(list string, i int, values ...string) {
		for n, name := range columns(list) {
			set(Name(list, i, name), values[n])
		}
	}
	for i, p := range a.Products {
		row("product", i, p.Name, p.PURL, p.ID)
	}
	for i, c := range a.Credits {
		row("credit", i, c.Name, c.Organisation, c.Kind)
	}
	for i, r := range a.References {
		row("reference", i, r.URL, r.Kind, r.Text)
	}
	for i, m := range a.Timeline {
		row("time", i, m.Text, dayText(m.At))
	}
	for i := range max(1, len(a.Vulnerabilities)) {
		v, at := &cvd.Vulnerability{}, Flaw(i)
		if i < len(a.Vulnerabilities) {
			v = &a.Vulnerabilities[i]
		}
		for n, value := range []string{v.Title, v.CVE, idsText(v.IDs), strings.Join(v.CWE, ", "), vectorsText(a, v.Scores), v.Description, v.Impact, v.Exploited} {
			set(Name(at, flawFields[n]), value)
		}
		set(Name(at, "key"), key(i))
		for n, one := range v.Affects {
			row(Name(at, "affect"), n, one.Product, string(one.Status), rangesText(one.Ranges), strings.Join(one.Versions, ", "), string(one.Justification), one.Statement)
		}
		for n, one := range v.Remedies {
			row(Name(at, "remedy"), n, one.Text, string(one.Kind), one.URL, dayText(one.Date), namesText(a, one.Products))
		}
	}
	return f
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func idsText(ids []cvd.ForeignID) string {
	var lines []string
	for _, id := range ids {
		lines = append(lines, id.System+": "+id.ID)
	}
	return strings.Join(lines, "\n")
}

// namesText names products: by their ids where they share a name.
func namesText(a *cvd.Advisory, ids []string) string {
	var out []string
	for _, id := range ids {
		name, same := id, 0
		if p := a.Product(id); p != nil {
			for i := range a.Products {
				if a.Products[i].Name == p.Name {
					same++
				}
			}
			if same == 1 && !strings.ContainsAny(p.Name, ";[]") {
				name = p.Name
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, "; ")
}

func vectorsText(a *cvd.Advisory, scores []cvd.AdvisoryScore) string {
	var lines []string
	for _, s := range scores {
		line := s.Vector
		if len(s.Products) > 0 {
			line += " [" + namesText(a, s.Products) + "]"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Tidy is a form without rows in which nothing was typed.
func Tidy(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = values
	}
	tidy := func(list string) {
		n, columns := 0, columns(list)
		rows := Rows(form, list)
		for i := range rows {
			if blank(form, list, i) {
				continue
			}
			for _, c := range columns {
				out[Name(list, n, c)] = form[Name(list, i, c)]
			}
			n++
		}
		for ; n < rows; n++ {
			for _, c := range columns {
				delete(out, Name(list, n, c))
			}
		}
	}
	whole, flaw := Lists()
	for _, list := range whole {
		if list != "product" { // vulnerabilities name its rows
			tidy(list)
		}
	}
	for i := range Flaws(form) {
		for _, list := range flaw {
			tidy(Name(Flaw(i), list))
		}
	}
	return out
}

// blank tells whether a row says nothing. One of a vulnerability does not if it names a
// product that has no name yet, and nothing else.
func blank(form url.Values, list string, i int) bool {
	for _, c := range columns(list) {
		value := form.Get(Name(list, i, c))
		if c == "product" && strings.HasPrefix(value, "+") && form.Get(Name("product", strings.TrimPrefix(value, "+"), "name")) == "" {
			value = ""
		}
		if value != "" && !slices.Contains(chosen, c) {
			return false
		}
	}
	return true
}

// Add is a form with an empty vulnerability behind the others.
func Add(form url.Values) url.Values {
	out, at := Tidy(form), Flaw(Flaws(form))
	if name := Name(Flaw(0), "title"); Flaws(form) == 1 && form.Get(name) == "" { // it is told from the other
		out.Set(name, form.Get("title"))
	}
	for _, name := range append([]string{"key"}, flawFields...) {
		out.Set(Name(at, name), "")
	}
	return out
}

// Drop is a form without the vulnerability at that place, which may be none.
func Drop(form url.Values, i int) url.Values {
	n := Flaws(form)
	if i < 0 || i >= n {
		return form
	}
	out := url.Values{}
	for name, values := range form {
		rest, is := strings.CutPrefix(name, "flaw.")
		number, field, _ := strings.Cut(rest, ".")
		at, err := strconv.Atoi(number)
		switch {
		case !is || err != nil || at < i:
			out[name] = values
		case at > i:
			out[Name(Flaw(at-1), field)] = values
		}
	}
	return out
}
