package public

import (
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	policypage "fairlead/internal/policy/page"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// looks says how a field is asked for: its kind, rows and what browsers may
// fill in.
var looks = map[string]web.Field{
	"description":          {Kind: "area", Rows: 10},
	"steps":                {Kind: "area", Rows: 6},
	"impact":               {Kind: "area", Rows: 4},
	"proposed_fix":         {Kind: "area", Rows: 4},
	"disclosure_plan":      {Kind: "area", Rows: 2},
	"urls":                 {Kind: "area", Rows: 3},
	"tools":                {Kind: "area", Rows: 3},
	"ai_use":               {Kind: "area", Rows: 2},
	"sensitive_data_seen":  {Kind: "area", Rows: 2},
	"reporter.pgp_key":     {Kind: "area", Rows: 4},
	"reporter.name":        {Half: true, Autocomplete: "name"},
	"reporter.email":       {Half: true, Kind: "email", Autocomplete: "email"},
	"reporter.affiliation": {Half: true, Autocomplete: "organization"},
	"reporter.title":       {Half: true, Autocomplete: "organization-title"},
	"product":              {Half: true, Autocomplete: "off"},
	"cwe":                  {Half: true},
	"own_id":               {Half: true},
	"version":              {Half: true, Autocomplete: "off"},
}

// Asked is a field as it reads in the page's language. Where the policy has no words
// for it there, those of the house stand in: its fields are the same in every policy.
func (p *Door) Asked(pol *policy.Policy, f policy.Field) policy.Field {
	if pol == nil {
		return f
	}
	if id := "public.field." + f.Name; pol.Foreign(f.Label) != "" && p.Voice().Has(id) {
		f.Label = p.Say(id)
	}
	if id := "public.hint." + f.Name; pol.Foreign(f.Help) != "" && p.Voice().Has(id) {
		f.Help = p.Say(id)
	}
	return f
}

// Field is how a field of the policy's form is asked for, with what was typed.
func (p *Door) Field(pol *policy.Policy, f policy.Field, value string) web.Field {
	out := looks[f.Name]
	f = p.Asked(pol, f)
	out.Name, out.Label, out.Help, out.Required, out.Value = f.Name, f.Label, f.Help, f.Required || f.Name == "description", value
	if out.Help == "" {
		if id := "public.help." + f.Name; p.Voice().Has(id) {
			out.Help = p.Say(id)
		}
	}
	if f.Name == "description" && !policypage.Reads(pol, p.Voice()) {
		out.Help = strings.TrimSpace(out.Help + " " + p.Say("policy.reach.languages", "languages", policypage.Tongues(pol, p.Voice())))
	}
	for _, one := range pol.Beside(f.Name) {
		if one.Text != "" { // a title alone says nothing that the label does not
			out.Clauses = append(out.Clauses, one)
		}
	}
	out.Half = out.Half && len(out.Clauses) == 0
	switch f.Name {
	case "product":
		for _, prog := range pol.Programs {
			for _, one := range prog.Products {
				out.List = append(out.List, one.Name)
			}
		}
	case "third_party", "reported_elsewhere":
		out.List = []string{p.Say("public.yes"), p.Say("public.no"), p.Say("public.unknown")}
	case "reporter.contact_shareable":
		out.Kind, out.Options = "radio", p.yesOrNo(value)
	}
	if f.Name == "reporter.language" {
		open := p.Say("public.language.any")
		if pol != nil {
			open += " (" + words.Endonym(p.Site.Words.In(pol.Languages...).Lang()) + ")"
		}
		out.Kind, out.Half, out.Options = "select", true, web.Languages(open, value)
	}
	if f.Name == "reporter.reply_by" {
		out.Kind = "radio"
		for _, one := range []string{cvd.ReplyByWeb, cvd.ReplyByMail} {
			out.Options = append(out.Options, web.Option{Value: one, Label: p.Say("public.reply_by." + one), Chosen: one == value})
		}
	}
	return out
}

// yesOrNo are the choices of a consent. What was answered in other words before stays
// a choice.
func (p *Door) yesOrNo(value string) []web.Option {
	out := []web.Option{
		{Value: "yes", Label: p.Say("public.yes"), Chosen: value == "yes"},
		{Value: "no", Label: p.Say("public.no"), Chosen: value == "no"},
	}
	if value != "" && value != "yes" && value != "no" {
		out = append(out, web.Option{Value: value, Label: value, Chosen: true})
	}
	return out
}

// Asked are the fields that are asked for as a choice with room for words, and More is
// what the name of the room has behind that of the choice.
var Asked = []string{"exploited", "public"}

// More see Asked.
const More = ".more"

// YesNoMore are the choice between no, yes and unknown, and the room for words. Words
// that were given instead of a choice stand in that room.
func (p *Door) YesNoMore(pol *policy.Policy, f policy.Field, typed url.Values) []web.Field {
	choice, words := p.Field(pol, f, ""), typed.Get(f.Name+More)
	choice.Kind = "radio"
	value := typed.Get(f.Name)
	for _, one := range []string{"no", "yes", "unknown"} {
		choice.Options = append(choice.Options, web.Option{Value: one, Label: p.Say("public." + one), Chosen: one == value})
	}
	if value != "" && !slices.ContainsFunc(choice.Options, func(o web.Option) bool { return o.Chosen }) {
		words = strings.TrimSpace(value + " " + words)
	}
	return []web.Field{choice, {Name: f.Name + More, Only: true, Label: p.Say("public.more." + f.Name), Help: p.Say("public.more.help"), Value: words}}
}

// Credit are the fields that ask whether and how the reporter wishes to be named.
func (p *Door) Credit(pol *policy.Policy, f policy.Field, typed url.Values) []web.Field {
	f = p.Asked(pol, f)
	choice := web.Field{Name: f.Name, Kind: "radio", Label: f.Label, Help: f.Help, Required: f.Required}
	for _, value := range []string{"name", "anonymous", "none"} {
		choice.Options = append(choice.Options, web.Option{Value: value, Label: p.Say("public.credit." + value), Chosen: typed.Get(f.Name) == value})
	}
	as := web.Field{Name: f.Name + ".as", Only: true, Label: p.Say("public.credit.as"), Help: p.Say("public.credit.as.help"), Value: typed.Get(f.Name + ".as")}
	return []web.Field{choice, as}
}
