package advisories

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory/draft"
	"fairlead/internal/severity"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// flawView is one vulnerability of the form.
type flawView struct {
	ID     string
	Place  int    // from 0, as its buttons send it
	Number int    // from 1, as people say it
	Title  string // "Vulnerability 2", or what one alone is called
	Name   string // what people know it by: its CVE id, its title
	About  string // what stands in it, in a line
	Band   web.Badge
	Errors string // how many, in words; empty: none
	May    bool   // may be changed
	Alone  bool   // then it can neither be folded nor taken out
	Open   bool
	Asked  bool // whether it is to be taken out
	Fields []web.Field
	Lists  []part
}

// flaw is one of n vulnerabilities of the form.
func (f *filler) flaw(i, n int) flawView {
	at := draft.Flaw(i)
	get := func(name string) string { return f.form.Get(draft.Name(at, name)) }
	out := flawView{
		ID: "flaw-" + strconv.Itoa(i+1), Place: i, Number: i + 1, Alone: n == 1, Open: n == 1, Title: f.v.Say("desk.advisory.flaw", "n", i+1),
		Name: strings.TrimSpace(get("cve") + " " + get("title")),
	}
	if vector, _, _ := strings.Cut(strings.TrimSpace(get("vectors")), "\n"); vector != "" {
		vector, _, _ = strings.Cut(vector, " ")
		if one, err := severity.Parse(vector); err == nil {
			out.Band = web.Band(f.v.Voice, one.Band)
		}
	}
	out.Fields = append(out.Fields, web.Field{Name: draft.Name(at, "key"), Kind: "hidden", Value: get("key")})
	for _, name := range []string{"title", "cve", "ids", "cwe", "vectors", "description", "impact", "exploited"} {
		kind := "area"
		if name == "title" || name == "cve" || name == "cwe" {
			kind = ""
		}
		one := f.field(draft.Name(at, name), kind)
		if name == "ids" || name == "vectors" || name == "exploited" {
			one.Rows = 2
		}
		out.Fields = append(out.Fields, one)
	}
	list := func(id, name string, make func(at string) []web.Field) {
		title, help := f.words(id)
		legend := title
		if n > 1 {
			legend = out.Title + ", " + title
		}
		out.Lists = append(out.Lists, part{ID: id, Title: title, Help: help, Rows: f.rows(draft.Name(at, name), legend, make)})
	}
	rest := draft.Rows(f.form, draft.Name(at, "affect"))
	list("affects", "affect", func(row string) []web.Field {
		return []web.Field{
			f.product(row, n == 1, rest), f.field(row+".status", "select", statuses...), f.field(row+".ranges", "area"),
			f.field(row+".versions", ""), f.field(row+".because", "select", because...), f.field(row+".statement", ""),
		}
	})
	list("remedies", "remedy", func(row string) []web.Field {
		return []web.Field{
			f.field(row+".kind", "select", remedies...), f.field(row+".text", "area"), f.field(row+".url", "url"),
			f.field(row+".date", "date"), f.field(row+".for", ""),
		}
	})
	out.About = f.v.Say("desk.advisory.flaw.about", "affects", rest, "remedies", draft.Rows(f.form, draft.Name(at, "remedy")))
	return out
}

// product chooses one of the form's, those among them that have no id yet. Of the only
// vulnerability, an empty row is about the product that is added beside it.
func (f *filler) product(row string, alone bool, rest int) web.Field {
	out := f.field(row+".product", "select")
	value := out.Value
	out.Options = []web.Option{{Label: f.v.Say("desk.advisory.affect.product.none"), Chosen: value == ""}}
	add := func(value, label string) {
		out.Options = append(out.Options, web.Option{Value: value, Label: label, Chosen: value == out.Value})
	}
	var fresh []string
	known := value == ""
	for i := range f.products() {
		id, name := f.form.Get(draft.Name("product", i, "id")), f.form.Get(draft.Name("product", i, "name"))
		if id == "" {
			id = draft.Fresh(i)
			if name == "" {
				fresh = append(fresh, id)
			}
			name = cmp.Or(name, f.v.Say("desk.advisory.affect.product.new", "n", i+1))
		}
		known = known || id == value
		add(id, cmp.Or(name, id))
	}
	if !known {
		add(value, value)
	}
	number, _ := strconv.Atoi(strings.Split(row, ".")[3])
	if k := number - rest; alone && value == "" && k >= 0 && k < len(fresh) {
		out.Value = fresh[k]
		for i := range out.Options {
			out.Options[i].Chosen = out.Options[i].Value == out.Value
		}
	}
	return out
}

// unfold opens the vulnerability at that place, and each with a fault, or else the first,
// and says how many faults each has.
func (v lens) unfold(parts []part, place int, may bool) {
	for p := range parts {
		some := false
		for i := range parts[p].Flaws {
			one, faults := &parts[p].Flaws[i], 0
			each([]part{{Flaws: []flawView{*one}}}, func(f *web.Field) { faults += len(f.Faults) })
			if faults > 0 {
				one.Errors = v.Say("desk.advisory.flaw.errors", "count", faults)
			}
			one.May, one.Open = may, i == place || faults > 0
			some = some || one.Open
		}
		if !some && len(parts[p].Flaws) > 0 {
			parts[p].Flaws[0].Open = true
		}
	}
}

// turn is what a button of the form does to its vulnerabilities, before anything is read:
// the form after it, where its focus goes, and what is said of it.
type turn struct {
	form  url.Values
	empty int
	place int // the vulnerability that is opened
	focus string
	asked int // the vulnerability to be taken out, if its writer says so; -1: none
	done  string
}

// turned does what a step asks for; false where it is none of these.
func (v lens) turned(typed url.Values, step string) (turn, bool) {
	name, number, _ := strings.Cut(step, ".")
	at := int(visit.Number(number))
	out := turn{form: typed, empty: 1, place: -1, asked: -1}
	n := draft.Flaws(typed)
	there := at >= 0 && at < n
	switch {
	case name == "back": // from the rehearsal of what was typed
		return out, true
	case !slices.Contains([]string{"more", "add", "rows", "drop", "keep", "dropped"}, name):
		return out, false
	case name != "more" && name != "add" && !there || name == "dropped" && n == 1:
		return out, true // nothing is to be done
	}
	switch name {
	case "more":
		out.empty = 3
	case "rows":
		out.empty, out.place = 3, at
		out.focus = draft.Name(draft.Flaw(at), "affect", draft.Rows(draft.Tidy(typed), draft.Name(draft.Flaw(at), "affect")), "product")
	case "add":
		out.form, out.place = draft.Add(typed), n
		out.focus = draft.Name(draft.Flaw(n), "title")
		out.done = v.Say("desk.advisory.flaw.added", "n", n+1)
	case "drop":
		out.place, out.asked = at, at
	case "keep":
		out.place, out.focus = at, draft.Name(draft.Flaw(at), "title")
	case "dropped":
		out.form, out.place = draft.Drop(typed, at), min(at, n-2)
		out.focus = draft.Name(draft.Flaw(out.place), "title")
		out.done = v.Say("desk.advisory.flaw.dropped", "n", at+1)
	}
	return out, true
}

// marked puts the focus and the question of a turn into the form.
func marked(parts []part, to turn) {
	each(parts, func(f *web.Field) { f.Focus = f.Name == to.focus && to.focus != "" })
	for p := range parts {
		for i := range parts[p].Flaws {
			parts[p].Flaws[i].Asked = i == to.asked
		}
	}
}
