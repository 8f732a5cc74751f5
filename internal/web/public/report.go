package public

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
)

// reportView is the report form.
type reportView struct {
	Policy  *policy.Policy
	Urgent  []reach
	Rules   []policy.Clause // guidelines that are not urgent
	AtOnce  []policy.Clause // guidelines that ask for immediate contact
	Fields  []web.Field
	Files   *web.Field
	Once    string
	Privacy reach // whom to ask about personal data
	Summary *web.Summary
	Notice  *web.Notice
}

func (p *pub) reportForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.formView(url.Values{})
	if err != nil {
		return err
	}
	// The form must survive a step back in the browser with everything typed.
	w.Header().Set("Cache-Control", "private, no-cache")
	return p.showForm(w, r, http.StatusOK, v)
}

func (p *pub) showForm(w http.ResponseWriter, r *http.Request, status int, v reportView) error {
	return p.pages.Render(w, r, status, "report", p.page(p.say("public.report.title"), "/report"), v)
}

// formView builds the form with the values that were typed so far.
func (p *pub) formView(typed url.Values) (reportView, error) {
	cur, err := p.current()
	if err != nil {
		return reportView{}, err
	}
	pol := cur.Policy
	v := reportView{Policy: pol, Urgent: ways(pol.UrgentContacts()), Once: typed.Get("once")}
	if v.Once == "" {
		v.Once = rand.Text()
	}
	for _, g := range pol.Guidelines {
		if g.Urgent {
			v.AtOnce = append(v.AtOnce, g)
		} else {
			v.Rules = append(v.Rules, g)
		}
	}
	if pol.Privacy.Contact != "" {
		v.Privacy = reach{Href: pol.Privacy.Contact, Label: uriWords(pol.Privacy.Contact)}
	}
	if len(pol.Programs) > 1 {
		v.Fields = append(v.Fields, p.programField(pol, typed.Get("program")))
	}
	for _, f := range pol.Information {
		switch f.Name {
		case "program":
		case "attachments":
			one := p.filesField(pol, f)
			v.Files = &one
		case "reporter.credit":
			v.Fields = append(v.Fields, p.creditFields(f, typed)...)
		default:
			v.Fields = append(v.Fields, p.field(pol, f, typed.Get(f.Name)))
		}
	}
	return v, nil
}

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

func (p *pub) field(pol *policy.Policy, f policy.Field, value string) web.Field {
	out := looks[f.Name]
	out.Name, out.Label, out.Help, out.Required, out.Value = f.Name, f.Label, f.Help, f.Required || f.Name == "description", value
	if out.Help == "" {
		if id := "public.help." + f.Name; p.voice().Has(id) {
			out.Help = p.say(id)
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
		out.List = []string{p.say("public.yes"), p.say("public.no"), p.say("public.unknown")}
	}
	if f.Name == "reporter.reply_by" {
		out.Kind = "radio"
		for _, one := range []string{cvd.ReplyByWeb, cvd.ReplyByMail} {
			out.Options = append(out.Options, web.Option{Value: one, Label: p.say("public.reply_by." + one), Chosen: one == value})
		}
	}
	return out
}

func (p *pub) programField(pol *policy.Policy, value string) web.Field {
	f := web.Field{Name: "program", Kind: "radio", Label: p.say("public.field.program")}
	for _, one := range pol.Programs {
		f.Options = append(f.Options, web.Option{Value: one.ID, Label: one.Name, Help: one.About, Chosen: one.ID == value})
	}
	return f
}

// creditFields ask whether and how the reporter wishes to be named.
func (p *pub) creditFields(f policy.Field, typed url.Values) []web.Field {
	choice := web.Field{Name: f.Name, Kind: "radio", Label: f.Label, Help: f.Help, Required: f.Required}
	for _, value := range []string{"name", "anonymous", "none"} {
		choice.Options = append(choice.Options, web.Option{Value: value, Label: p.say("public.credit." + value), Chosen: typed.Get(f.Name) == value})
	}
	as := web.Field{Name: f.Name + ".as", Label: p.say("public.credit.as"), Help: p.say("public.credit.as.help"), Value: typed.Get(f.Name + ".as")}
	return []web.Field{choice, as}
}

func (p *pub) filesField(pol *policy.Policy, f policy.Field) web.Field {
	help := p.say("public.files.help", "mib", pol.Intake.AttachmentMiB, "count", pol.Intake.AttachmentsTotal)
	if f.Help != "" {
		help = f.Help + " " + help
	}
	return web.Field{Name: "attachments", Kind: "file", Multiple: true, Label: f.Label, Help: help}
}

// refuse shows the form again with everything that was typed, and what is wrong.
func (p *pub) refuse(w http.ResponseWriter, r *http.Request, typed url.Values, cause error) error {
	v, err := p.formView(typed)
	if err != nil {
		return err
	}
	if faults, ok := faultsOf(cause); ok {
		rest := web.Blame(v.Fields, faults)
		v.Summary = web.Summarise(p.say("public.faults"), v.Fields, rest)
		return p.showForm(w, r, http.StatusUnprocessableEntity, v)
	}
	status := web.Status(cause)
	id := "failed"
	switch {
	case errors.Is(cause, cvd.ErrLimited):
		id = "limited"
	case status >= http.StatusInternalServerError:
		ref := web.NewID()
		p.site.Log.Error("a report could not be stored", "id", ref, "err", cause)
		v.Notice = &web.Notice{Kind: "alarm", Title: p.say("public.report.failed.title"), Text: p.say("public.report.failed.text", "id", ref)}
		return p.showForm(w, r, status, v)
	}
	v.Notice = &web.Notice{Kind: "alarm", Title: p.say("public.report." + id + ".title"), Text: p.say("public.report."+id+".text", "id", "")}
	return p.showForm(w, r, status, v)
}

func faultsOf(err error) (cvd.Faults, bool) { return errors.AsType[cvd.Faults](err) }
