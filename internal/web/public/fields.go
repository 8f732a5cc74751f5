package public

import (
	"net/url"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
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

// Field is how a field of the policy's form is asked for, with what was typed.
func (p *Door) Field(pol *policy.Policy, f policy.Field, value string) web.Field {
	out := looks[f.Name]
	out.Name, out.Label, out.Help, out.Required, out.Value = f.Name, f.Label, f.Help, f.Required || f.Name == "description", value
	if out.Help == "" {
		if id := "public.help." + f.Name; p.Voice().Has(id) {
			out.Help = p.Say(id)
		}
	}
	out.Clauses = pol.Beside(f.Name)
	out.Half = out.Half && len(out.Clauses) == 0
	switch f.Name {
	case "product":
		for _, prog := range pol.Programs {
			for _, one := range prog.Products {
				out.List = append(out.List, one.Name)
			}
		}
	case "exploited", "public", "third_party", "reported_elsewhere", "reporter.contact_shareable":
		out.List = []string{p.Say("public.yes"), p.Say("public.no"), p.Say("public.unknown")}
	}
	if f.Name == "reporter.language" {
		out.Kind, out.Half, out.Options = "select", true, web.Languages(p.Say("public.language.any"), value)
	}
	if f.Name == "reporter.reply_by" {
		out.Kind = "radio"
		for _, one := range []string{cvd.ReplyByWeb, cvd.ReplyByMail} {
			out.Options = append(out.Options, web.Option{Value: one, Label: p.Say("public.reply_by." + one), Chosen: one == value})
		}
	}
	return out
}

// Credit are the fields that ask whether and how the reporter wishes to be named.
func (p *Door) Credit(f policy.Field, typed url.Values) []web.Field {
	choice := web.Field{Name: f.Name, Kind: "radio", Label: f.Label, Help: f.Help, Required: f.Required}
	for _, value := range []string{"name", "anonymous", "none"} {
		choice.Options = append(choice.Options, web.Option{Value: value, Label: p.Say("public.credit." + value), Chosen: typed.Get(f.Name) == value})
	}
	as := web.Field{Name: f.Name + ".as", Label: p.Say("public.credit.as"), Help: p.Say("public.credit.as.help"), Value: typed.Get(f.Name + ".as")}
	return []web.Field{choice, as}
}
