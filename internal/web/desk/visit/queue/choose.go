package queue

import (
	"cmp"
	"html/template"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// toolbarView is what stands above the list: what is sought, and the choices beside the view.
type toolbarView struct {
	View, Text string
	Fields     []choiceField
	Chosen     int // how many choices are made
}

// toolbarKey is all that the toolbar depends on, but for a text that is sought.
type toolbarKey struct {
	view, chosen, team string
	policy             int
}

// toolbar renders what stands above the list. With a text or a product that is sought it
// is not kept, since nothing would forget it.
func (d *desk) toolbar(v lens, view string, chosen url.Values) (template.HTML, error) {
	text := chosen.Get("q")
	made := func() any {
		return toolbarView{View: view, Text: text, Fields: d.chooser(v, chosen), Chosen: narrowed(chosen)}
	}
	if text != "" || chosen.Has("product") {
		return d.Pages.Part(v.Tone(), "queue", "toolbar", made())
	}
	_, names := d.holders(v)
	key := toolbarKey{view: view, chosen: chosen.Encode(), team: names}
	if cur := d.Site.Book.Current(); cur != nil {
		key.policy = cur.Number
	}
	return d.Pages.Kept(v.Tone(), "queue", "toolbar", key, made)
}

// choiceField is one choice: a list to choose one of, or boxes to tick several.
type choiceField struct {
	Name, Label string
	Options     []web.Option
	Several     bool
}

// chooser is the fields of the choices.
func (d *desk) chooser(v lens, chosen url.Values) []choiceField {
	var out []choiceField
	choose := func(name string, options ...web.Option) {
		for _, value := range chosen[name] {
			if !slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == value }) { // of an earlier policy or team: it still narrows the list
				options = append(options, web.Option{Value: value, Label: v.former(name, value)})
			}
		}
		for i := range options {
			options[i].Chosen = slices.Contains(chosen[name], options[i].Value) || options[i].Value == "" && !chosen.Has(name)
		}
		out = append(out, choiceField{Name: name, Label: v.Say("desk.filter." + name), Options: options, Several: slices.Contains(several, name)})
	}
	say := func(prefix string, values ...string) (out []web.Option) {
		for _, s := range values {
			out = append(out, web.Option{Value: s, Label: v.Say(prefix + s)})
		}
		return out
	}
	any := web.Option{Label: v.Say("desk.filter.any")}
	holders, _ := d.holders(v)
	choose("holder", append([]web.Option{{Value: "me", Label: v.Say("desk.filter.me")}, {Value: "none", Label: v.Say("desk.nobody")}}, holders...)...)
	choose("state", say("rm.", known["state"]...)...)
	rated := len(known["severity"]) - 1
	choose("severity", append(say("band.", known["severity"][:rated]...), web.Option{Value: unrated, Label: v.Say("desk.unrated")})...)
	choose("due", append([]web.Option{any}, say("desk.filter.due.", known["due"]...)...)...)
	choose("flag", append([]web.Option{any}, say("desk.flag.", known["flag"]...)...)...)
	products, programs := []web.Option{any}, []web.Option{any}
	if cur := d.Site.Book.Current(); cur != nil {
		for _, p := range cur.Policy.Programs {
			programs = append(programs, web.Option{Value: p.ID, Label: p.Name})
			for _, one := range p.Products {
				products = append(products, web.Option{Value: one.Name, Label: one.Name})
			}
		}
	}
	if len(products) > 1 || chosen.Has("product") {
		choose("product", products...)
	}
	if len(programs) > 2 || chosen.Has("program") {
		choose("program", programs...)
	}
	orders := []web.Option{{Label: v.Say("desk.filter.sort.view")}}
	for _, by := range casework.ByDue.All() {
		orders = append(orders, web.Option{Value: string(by), Label: v.Say("desk.filter.sort." + wordOf(by))})
	}
	choose("sort", orders...)
	return out
}

// former is the text of a choice that is not offered any more.
func (l lens) former(name, value string) string {
	if name == "holder" {
		return l.Member(value)
	}
	return value
}

// team is the members who may hold cases, of one reading of the team.
type team struct {
	of    uintptr // which reading
	list  []web.Option
	names string
}

// holders are the members who may hold cases, and all their names in one text. They are
// kept for as long as the team is: it is shared and never changed.
func (d *desk) holders(v lens) ([]web.Option, string) {
	of := reflect.ValueOf(v.Team).Pointer()
	kept := d.team.Load()
	if kept == nil || kept.of != of || len(v.Team) == 0 {
		kept = &team{of: of, list: v.holders()}
		for _, o := range kept.list {
			kept.names += o.Value + "\x00" + o.Label + "\x00"
		}
		d.team.Store(kept)
	}
	return kept.list, kept.names
}

// holders are the members who may hold cases, by name.
func (l lens) holders() []web.Option {
	var out []web.Option
	for _, m := range slices.SortedFunc(maps.Values(l.Team), func(a, b cvd.Member) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	}) {
		if m.Active && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			out = append(out, web.Option{Value: m.ID, Label: m.Name})
		}
	}
	return out
}
