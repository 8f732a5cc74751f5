// Package report is the form by which a stranger reports a vulnerability, and
// what answers it: the receipt and the dates.
//
// It loses nothing that was typed, and once a report is stored, nothing that
// happens to its files takes it back.
package report

import (
	"cmp"
	"crypto/rand"
	"embed"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// Templates are the pages of this room; the storybook shows them with invented data.
//
//go:embed templates
var Templates embed.FS

// pub serves one request.
type pub struct{ public.Door }

// Register adds the pages to the mux.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(Templates, "templates")
	if err != nil {
		return err
	}
	serve := func(do func(*pub, http.ResponseWriter, *http.Request) error) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			return do(&pub{public.Door{Site: site, Pages: pages, R: r}}, w, r)
		}
	}
	mux.Handle("GET /report", site.Open(serve((*pub).reportForm)))
	mux.Handle("POST /report", site.Upload(func() int64 { return public.UploadLimit(site) }, serve((*pub).send)))
	mux.Handle("POST /receipt", site.Private(serve((*pub).receiptFile)))
	return nil
}

// reportView is the report form.
type reportView struct {
	Policy  *policy.Policy
	Foreign bool // the policy has no words in the page's language
	Urgent  []public.Reach
	Rules   []policy.Clause // guidelines that are not urgent
	AtOnce  []policy.Clause // guidelines that ask for immediate contact
	Fields  []web.Field     // in the order of the policy
	Steps   []step          // the same fields, as they are asked for
	Files   *web.Field
	Once    string
	Lost    []string     // files that were chosen and did not come along, until others are
	Price   *price       // nil where the policy asks for none
	Privacy public.Reach // whom to ask about personal data
	Summary *web.Summary
	Notice  *web.Notice
	Preview *preview
	Seen    bool // not the first look: what stands before the form is folded
	At      int  // the number of the step to show where no address names one; 0 for the first that is wrong
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
	v.Steps = p.steps(v.Fields, v.Files, v.At)
	v.Seen = r.Method == http.MethodPost
	title := p.Say("public.report.title")
	switch {
	case v.Summary != nil || v.Notice != nil && v.Notice.Kind == "alarm":
		title = p.Say("public.fault.title", "title", title)
	case v.Preview != nil:
		title = p.Say("public.preview.page", "title", title)
	}
	page := p.Page(title, "/report")
	page.Tongues = p.Site.ByForm(r, "whole", "/report?step=lang")
	page.Scripts = []string{"report.js", "files.js"}
	return p.Pages.Render(w, r, status, "report", page, v)
}

// formView builds the form with the values that were typed so far.
func (p *pub) formView(typed url.Values) (reportView, error) {
	cur, err := p.Current()
	if err != nil {
		return reportView{}, err
	}
	pol := cur.Policy
	typed, cut := web.Echo(typed)
	v := reportView{Policy: pol, Foreign: !slices.Contains(p.Site.TermsSpoken(cur), p.Voice().Lang()), Urgent: public.Ways(pol.UrgentContacts()), Once: typed.Get("once"), Price: p.priceOf(pol, typed)}
	if cut {
		v.Notice = &web.Notice{Kind: "alarm", Title: p.Say("public.report.too-large.title"), Text: p.Say("public.report.too-large.text")}
	}
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
		v.Privacy = public.ReachAt(pol.Privacy.Contact)
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
			v.Fields = append(v.Fields, p.Credit(pol, f, typed)...)
		case "exploited", "public":
			v.Fields = append(v.Fields, p.YesNoMore(pol, f, typed)...)
		default:
			one := p.Field(pol, f, typed.Get(f.Name))
			if f.Name == "reporter.language" {
				one.Options[0].Label = p.Say("public.language.page") // as send takes it
			}
			v.Fields = append(v.Fields, one)
			if f.Name == "reporter.email" {
				v.Fields = append(v.Fields, p.besideMail(pol, typed)...)
			}
		}
	}
	v.Lost = lostOf(typed)
	v.Fields = append(v.Fields, p.unasked(pol, v.Fields, typed)...)
	inOrder(v.Fields)
	return v, nil
}

// besideMail are what an address alone makes sense of: where answers are read, and the
// key that they are encrypted to. A policy that asks for them itself says how.
func (p *pub) besideMail(pol *policy.Policy, typed url.Values) []web.Field {
	var out []web.Field
	for _, name := range []string{"reporter.reply_by", "reporter.pgp_key"} {
		if slices.ContainsFunc(pol.Information, func(f policy.Field) bool { return f.Name == name }) {
			continue
		}
		value := typed.Get(name)
		if name == "reporter.reply_by" {
			value = cmp.Or(value, cvd.ReplyByWeb) // as it is without an answer
		}
		one := p.Field(pol, policy.Field{Name: name, Label: p.Say("public.field." + name)}, value)
		one.Help = p.Say("public.beside.mail") + " " + one.Help
		out = append(out, one)
	}
	return out
}

// unasked are the fields that were filled in and that the policy does not ask for: the form
// may be older than the version in effect, and what was typed into it stays.
func (p *pub) unasked(pol *policy.Policy, asked []web.Field, typed url.Values) []web.Field {
	var out []web.Field
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		value := typed.Get(name)
		label, extra := strings.CutPrefix(name, "extra.")
		if cvd.Blank(value) || (intake.Most(name) == 0 && !extra) || slices.ContainsFunc(asked, func(f web.Field) bool { return f.Name == name }) {
			continue
		}
		if id := "public.field." + name; p.Voice().Has(id) {
			label = p.Say(id)
		}
		out = append(out, p.Field(pol, policy.Field{Name: name, Label: label}, value))
	}
	return out
}

func (p *pub) programField(pol *policy.Policy, value string) web.Field {
	f := web.Field{Name: "program", Kind: "radio", Label: p.Say("public.field.program")}
	for _, one := range pol.Programs {
		f.Options = append(f.Options, web.Option{Value: one.ID, Label: one.Name, Help: one.About, Chosen: one.ID == value})
	}
	return f
}

func (p *pub) filesField(pol *policy.Policy, f policy.Field) web.Field {
	f = p.Asked(pol, f)
	help := p.Say("public.files.help", "mib", pol.Intake.AttachmentMiB, "count", pol.Intake.AttachmentsTotal)
	if f.Help != "" {
		help = f.Help + " " + help
	}
	return web.Field{Name: "attachments", Kind: "file", Multiple: true, MiB: pol.Intake.AttachmentMiB, Count: pol.Intake.AttachmentsTotal, Label: f.Label, Help: help}
}

// blame puts the faults to the fields and lists them above the form.
func (p *pub) blame(v *reportView, faults cvd.Faults) {
	rest := web.Blame(v.Fields, faults)
	shown := slices.Clone(v.Fields)
	for i := range shown {
		p.inChoices(&shown[i])
	}
	v.Fields = shown
	if v.Files != nil {
		shown = append(slices.Clone(shown), *v.Files)
	}
	v.Summary = web.Summarise(p.Say("public.faults"), shown, rest)
}

// inChoices names the choices of a field as they read, and not as programs send them.
func (p *pub) inChoices(f *web.Field) {
	for i, fault := range f.Faults {
		if len(f.Options) > 0 && strings.HasPrefix(fault.Remedy, "choose ") {
			var labels []string
			for _, one := range f.Options {
				labels = append(labels, one.Label)
			}
			f.Faults[i].Remedy = p.Say("public.choose", "labels", strings.Join(labels, ", "))
		}
	}
}

// chooseAgain says which files are lost, since a browser chooses none by itself.
func (p *pub) chooseAgain(v *reportView, lost []string) {
	if len(lost) > 0 && v.Files != nil {
		v.Files.Faults = cvd.Faults{{
			Field: "attachments", Problem: p.Say("public.files.lost", "names", strings.Join(lost, ", ")), Remedy: p.Say("public.files.again"),
		}}
	}
}

// maxLost is the most files that a form goes on to name as lost.
const maxLost = 20

// lostOf are the files that the form before named as lost.
func lostOf(typed url.Values) []string {
	var out []string
	for _, name := range typed["lost[]"] {
		if name != "" && len(out) < maxLost {
			out = append(out, public.FileLabel(name))
		}
	}
	return out
}

// lose reads the rest of a form that is not taken. The files in it are named until others
// are chosen, so what is typed then stands for what was.
func lose(in *public.Posted, typed url.Values) []string {
	lost := in.Drop(typed)
	if len(lost) > 0 {
		typed["lost[]"] = lost
	}
	return lost
}

// refuse shows the form again with everything that was typed, and what is wrong.
func (p *pub) refuse(w http.ResponseWriter, r *http.Request, in *public.Posted, typed url.Values, cause error) error {
	if files := errors.Is(cause, errFiles); !files {
		lose(in, typed)
	} else if in.HasFiles() { // the rest is not waited for
		typed["lost[]"] = []string{in.First()}
	}
	v, err := p.formView(typed)
	if err != nil {
		return err
	}
	p.chooseAgain(&v, v.Lost)
	if faults, ok := public.FaultsOf(cause); ok {
		p.blame(&v, faults)
		return p.showForm(w, r, http.StatusUnprocessableEntity, v)
	}
	v.Notice = p.noticeOf(w, &v, cause)
	return p.showForm(w, r, web.Status(cause), v)
}

// noticeOf says why a report that is well written was not taken, and what to do.
func (p *pub) noticeOf(w http.ResponseWriter, v *reportView, cause error) *web.Notice {
	alarm := func(id string, pairs ...any) *web.Notice {
		return &web.Notice{Kind: "alarm", Title: p.Say("public.report." + id + ".title"), Text: p.Say("public.report."+id+".text", pairs...)}
	}
	if soon, ok := errors.AsType[early](cause); ok {
		out := alarm("work", "count", web.RetryAfter(w, auth.Limited{After: soon.left}))
		out.Kind = "warn"
		return out
	}
	switch {
	case errors.Is(cause, cvd.ErrLimited):
		wait := 0
		if limited, ok := errors.AsType[auth.Limited](cause); ok {
			wait = web.RetryAfter(w, limited)
		}
		if errors.Is(cause, limit.ErrSaid) {
			web.Refused(p.R, cause)
			out := alarm("spent")
			out.Text = p.Why(cause) + " " + out.Text
			return out
		}
		out := alarm("limited", "count", wait)
		if _, lost := errors.AsType[unshown](cause); lost {
			out.Text = p.Say("public.limited.unshown")
		}
		return out
	case errors.Is(cause, errFiles):
		in := v.Policy.Intake
		v.At = p.reached(v.Fields, true)
		return alarm("files", "mib", in.AttachmentMiB, "count", in.AttachmentsTotal)
	case errors.Is(cause, cvd.ErrTooLarge):
		return alarm("too-large")
	}
	ref := web.NewID()
	p.Site.Log.Error("a report could not be stored", "id", ref, "err", cause)
	return alarm("failed", "id", ref)
}
