package fields

import (
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// Part is a run of fields that are shown, or folded away, together.
type Part struct {
	Fold  string
	Open  bool
	Items []Item
}

// Parts folds away what is rarely needed, unless something is in it.
func Parts(items []Item) []Part {
	var out []Part
	for _, it := range items {
		if len(out) == 0 || out[len(out)-1].Fold != it.Fold {
			out = append(out, Part{Fold: it.Fold})
		}
		p := &out[len(out)-1]
		p.Items = append(p.Items, it)
		p.Open = p.Open || it.used()
	}
	return out
}

// used tells whether something was typed or chosen there, or is wrong with it.
func (it Item) used() bool {
	if it.Checks == nil {
		return it.Field.Value != "" || len(it.Field.Faults) > 0
	}
	on := func(g visit.CheckGroup) bool {
		return slices.ContainsFunc(g.Items, func(i visit.CheckItem) bool { return i.On })
	}
	return len(it.Checks.Faults) > 0 || slices.ContainsFunc(it.Checks.Groups, on)
}

// named tells whether a fault's field is this one.
func (it Item) named(field string) bool {
	name, _, _ := strings.Cut(field, "[")
	if it.Checks != nil {
		return it.Checks.Name == name
	}
	return it.Field.Name == name
}

// Blame puts each fault to its field; those of none come back.
func Blame(items []Item, faults cvd.Faults) []cvd.Fault {
	var rest []cvd.Fault
	for _, fault := range faults {
		at := slices.IndexFunc(items, func(it Item) bool { return it.named(fault.Field) })
		switch {
		case at < 0:
			rest = append(rest, fault)
		case items[at].Checks != nil:
			items[at].Checks.Faults = append(items[at].Checks.Faults, fault)
		default:
			items[at].Field.Faults = append(items[at].Field.Faults, fault)
		}
	}
	return rest
}

// Summary lists what is wrong with the fields, and the faults of none.
func Summary(title string, items []Item, rest []cvd.Fault) *web.Summary {
	var out []web.Field
	for _, it := range items {
		if it.Field != nil {
			out = append(out, *it.Field)
		} else {
			out = append(out, web.Field{Name: it.Checks.Name, Label: it.Checks.Legend, Faults: it.Checks.Faults})
		}
	}
	return web.Summarise(title, out, rest)
}

// Hidden carries what was typed through a preview.
func Hidden(typed url.Values) []visit.Pair {
	var out []visit.Pair
	for _, name := range visit.Sorted(typed) {
		if name == "step" || name == "canned" || name == "seen" || name == "kept" {
			continue
		}
		for _, value := range typed[name] {
			out = append(out, visit.Pair{Label: name, Text: value})
		}
	}
	return out
}
