package thread

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
	"fairlead/internal/words"
)

// reportQuotes are the words of the report, as the reporter sent them.
func reportQuotes(p *pub, f *casework.File, r *cvd.Report) []words.Quote {
	label := func(name string) string {
		if terms := p.Terms(f.Policy); terms != nil {
			for _, one := range terms.Information {
				if one.Name == name {
					return p.Asked(terms, one).Label
				}
			}
		}
		return p.Say("public.field." + name)
	}
	var out []words.Quote
	add := func(name, text string) {
		if text != "" {
			out = append(out, words.Quote{Label: label(name), Text: text})
		}
	}
	add("title", r.Title)
	add("product", r.Product)
	add("version", r.Version)
	add("description", p.Voice().StandIn(r.Description))
	add("steps", r.Steps)
	add("impact", r.Impact)
	add("cwe", r.CWE)
	add("urls", strings.Join(r.URLs, "\n"))
	add("tools", strings.Join(r.Tools, "\n"))
	add("ai_use", p.Voice().Answer(r.AIUse))
	add("found_at", r.FoundAt)
	add("exploited", p.Voice().Answer(r.Exploited))
	add("public", p.Voice().Answer(r.Public))
	add("sensitive_data_seen", p.Voice().Answer(r.SensitiveDataSeen))
	add("proposed_fix", r.ProposedFix)
	add("third_party", p.Voice().Answer(r.ThirdParty))
	add("reported_elsewhere", p.Voice().Answer(r.ReportedElsewhere))
	add("disclosure_plan", r.DisclosurePlan)
	add("own_id", r.OwnID)
	for _, name := range slices.Sorted(maps.Keys(r.Extra)) {
		out = append(out, words.Quote{Label: name, Text: words.Value(r.Extra[name])})
	}
	return out
}

// asked is a form about one case of the session.
type asked struct {
	session *casework.Session
	id      cvd.CaseID
	form    url.Values
	typed   url.Values // what stands in all fields of the thread's page, by their full names
}

// ask reads a form of the thread. A case that the receipt does not open answers
// like one that does not exist, by casework.
func (p *pub) ask(r *http.Request) (*asked, error) {
	s, err := p.reporter(r)
	if err != nil {
		return nil, err
	}
	if err := web.Form(r); err != nil {
		return nil, err
	}
	return newAsked(r, s, r.PostForm), nil
}

func newAsked(r *http.Request, s *casework.Session, form url.Values) *asked {
	id := caseOf(r, form)
	return &asked{s, id, form, spokenIn(r, form, id)}
}

// refuse shows the thread with what was typed and why it was refused. Errors that
// are not about the input go on.
func (p *pub) refuse(w http.ResponseWriter, r *http.Request, a *asked, cause error) error {
	faults, ok := public.FaultsOf(cause)
	if !ok {
		plain := web.Plain(cause)
		if limited, ok := errors.AsType[auth.Limited](cause); ok {
			plain = p.Say("public.report.limited.text", "count", web.RetryAfter(w, limited))
		}
		if said := p.Said(w, "", cause); said != nil {
			plain = said[0].Problem
		}
		if plain == "" || errors.Is(cause, cvd.ErrNotFound) {
			return cause
		}
		faults = cvd.Faults{{Field: p.Say("public.thread.refused"), Problem: plain}}
	}
	return p.showThread(w, r, a.session, web.Status(cause), func(v *caseView) {
		v.fill(a.typed)
		v.Lost = a.lost(v.ID)
		if v.ID != a.id {
			return
		}
		v.Summary = &web.Summary{Title: p.Say("public.faults")}
		if len(p.kept) > 0 {
			v.Summary.Title = p.Say("public.thread.partly")
			v.Stored = p.Say("public.thread.stored", "names", strings.Join(p.kept, ", "))
		}
		for _, f := range faults {
			item := web.SummaryItem{Label: f.Field, Problem: f.Problem, Remedy: f.Remedy, Whole: true}
			switch {
			case f.Field == "text" && r.URL.Path == "/thread/appeal":
				item.Label, item.Href = p.Say("public.thread.appeal"), "#appeal-"+string(v.ID)
			case f.Field == "text":
				item.Label, item.Href = p.Say("public.thread.write"), "#text-"+string(v.ID)
			}
			v.Summary.Items = append(v.Summary.Items, item)
		}
	})
}

// say does a verb that carries a text.
func (p *pub) speak(w http.ResponseWriter, r *http.Request, verb cvd.Verb, field string) error {
	a, err := p.ask(r)
	if err != nil {
		return err
	}
	text, err := intake.Message("text", a.said(field), intake.MaxMessage)
	if err == nil && text == "" {
		err = cvd.Faults{{Field: "text", Problem: p.Say("public.thread.empty"), Remedy: p.Say("public.thread.empty.remedy")}}
	}
	if err == nil && a.form.Get("step") == "preview" {
		return p.showThread(w, r, a.session, http.StatusOK, func(v *caseView) {
			v.fill(a.typed)
			if v.Lost = a.lost(v.ID); v.ID == a.id {
				v.Preview = text
			}
		})
	}
	var did casework.Done
	if err == nil {
		err = p.allowSuccessor(r, a)
	}
	if err == nil {
		did, err = p.do(r, a, verb, cvd.Input{Text: text})
	}
	if err != nil {
		return p.refuse(w, r, a, err)
	}
	if did.Successor != nil {
		return p.onward(w, r, a, "linked", did.Successor.Case, field)
	}
	what := string(verb)
	if verb == cvd.VerbMessage && a.form.Get("file."+string(a.id)) != "" { // its name alone came along
		what = "unsent"
	}
	return p.onward(w, r, a, what, a.id, field)
}

// allowSuccessor counts words about a closed case as a report, since they may open
// another case.
func (p *pub) allowSuccessor(r *http.Request, a *asked) error {
	f, err := a.session.Case(r.Context(), a.id)
	if err != nil || !f.Case.Closed() {
		return err
	}
	if ok, after := p.Site.Reports.Allow(p.Site.From(r)); !ok {
		return auth.Limited{After: after}
	}
	return nil
}

func (p *pub) message(w http.ResponseWriter, r *http.Request) error {
	return p.speak(w, r, cvd.VerbMessage, "text")
}

func (p *pub) appeal(w http.ResponseWriter, r *http.Request) error {
	return p.speak(w, r, cvd.VerbAppeal, "appeal")
}

// withdrawView asks once more before a report is withdrawn.
type withdrawView struct {
	Again  string
	Case   cvd.CaseID
	Title  string
	Reason web.Field
	Typed  []web.Field // on the page before
}

func (p *pub) withdraw(w http.ResponseWriter, r *http.Request) error {
	a, err := p.ask(r)
	if err != nil {
		return err
	}
	f, err := a.session.Case(r.Context(), a.id)
	if err != nil {
		return err
	}
	reason, err := intake.Message("reason", a.form.Get("reason"), intake.Most("disclosure_plan"))
	status := http.StatusOK
	faults, wrong := public.FaultsOf(err)
	if wrong {
		status = http.StatusUnprocessableEntity
	}
	if err == nil && a.form.Get("step") == "do" && r.URL.Query().Get("step") != "lang" {
		_, err = p.do(r, a, cvd.VerbWithdraw, cvd.Input{Reason: reason})
		if err == nil {
			return p.onward(w, r, a, "withdrawn", a.id)
		}
		if faults = p.Said(w, "reason", err); faults == nil {
			return err
		}
		status = http.StatusTooManyRequests
	}
	return p.showWithdraw(w, r, status, f, a.form.Get("reason"), a.typed, faults)
}

func (p *pub) showWithdraw(w http.ResponseWriter, r *http.Request, status int, f *casework.File, reason string, before url.Values, faults cvd.Faults) error {
	v := withdrawView{Again: p.once, Typed: carry(before), Case: f.Case.ID, Title: f.Case.Title, Reason: web.Field{
		Name: "reason", Kind: "area", Rows: 3, Label: p.Say("public.withdraw.reason"), Help: p.Say("public.withdraw.help"), Value: reason, Faults: faults,
	}}
	page := p.Page(p.Say("public.withdraw.title"), "/thread")
	page.Tongues = p.Site.ByForm(r, "withdraw", "/thread/withdraw?step=lang")
	return p.Pages.Render(w, r, status, "withdraw", page, v)
}

// contactView changes how the reporter is reached and named.
type contactView struct {
	Again   string
	Case    cvd.CaseID
	Fields  []web.Field
	Typed   []web.Field // on the page before
	Summary *web.Summary
}

var contactFields = []string{
	"reporter.name", "reporter.email", "reporter.affiliation", "reporter.title", "reporter.credit",
	"reporter.contact_shareable", "reporter.reply_by", "reporter.language", "reporter.pgp_key",
}

func (p *pub) contact(w http.ResponseWriter, r *http.Request) error {
	a, err := p.ask(r)
	if err != nil {
		return err
	}
	f, err := a.session.Case(r.Context(), a.id)
	if err != nil {
		return err
	}
	typed := url.Values{"description": {"-"}}
	for _, name := range append(slices.Clone(contactFields), "reporter.credit.as") {
		typed.Set(name, a.form.Get(name))
	}
	switch {
	case r.URL.Query().Get("step") == "lang":
		return p.showContact(w, r, http.StatusOK, f, typed, a.typed, nil)
	case a.form.Get("step") != "do":
		return p.showContact(w, r, http.StatusOK, f, typedContact(f.Case), a.typed, nil)
	}
	report, err := intake.FromForm(typed)
	if err == nil && typed.Get("reporter.reply_by") == cvd.ReplyByMail && strings.TrimSpace(typed.Get("reporter.email")) == "" {
		err = cvd.Faults{{Field: "reporter.email", Problem: p.Say("public.contact.nowhere"), Remedy: p.Say("public.contact.nowhere.remedy")}}
	}
	if err == nil {
		contact := report.Reporter
		if contact == nil {
			contact = &cvd.Contact{}
		}
		_, err = p.do(r, a, cvd.VerbContact, cvd.Input{Contact: contact})
		if faults := p.Said(w, p.Say("public.thread.refused"), err); faults != nil {
			return p.showContact(w, r, http.StatusTooManyRequests, f, typed, a.typed, faults)
		}
	}
	if faults, ok := public.FaultsOf(err); ok {
		return p.showContact(w, r, http.StatusUnprocessableEntity, f, typed, a.typed, faults)
	}
	if err != nil {
		return err
	}
	return p.onward(w, r, a, "contact", a.id)
}

func typedContact(c *cvd.Case) url.Values {
	v := url.Values{}
	p := c.Participant(cvd.Reporter)
	if p == nil || p.Contact == nil {
		return v
	}
	for name, value := range map[string]string{
		"reporter.name": p.Contact.Name, "reporter.email": p.Contact.Email, "reporter.affiliation": p.Contact.Affiliation,
		"reporter.title": p.Contact.Title, "reporter.credit": p.Contact.Credit.Wanted, "reporter.credit.as": p.Contact.Credit.As,
		"reporter.contact_shareable": string(p.Contact.ContactShareable), "reporter.pgp_key": p.Contact.PGPKey, "reporter.reply_by": p.Contact.ReplyBy, "reporter.language": p.Contact.Language,
	} {
		v.Set(name, value)
	}
	return v
}

func (p *pub) showContact(w http.ResponseWriter, r *http.Request, status int, f *casework.File, typed, before url.Values, faults cvd.Faults) error {
	v := contactView{Again: p.once, Typed: carry(before), Case: f.Case.ID}
	for _, name := range contactFields {
		label := p.contactLabel(f, name)
		if name == "reporter.credit" {
			v.Fields = append(v.Fields, p.Credit(p.Terms(f.Policy), label, typed)...)
			continue
		}
		v.Fields = append(v.Fields, p.Field(p.Terms(f.Policy), label, typed.Get(name)))
	}
	for i := range v.Fields {
		v.Fields[i].Required, v.Fields[i].Clauses = false, nil
	}
	rest := web.Blame(v.Fields, faults)
	v.Summary = web.Summarise(p.Say("public.faults"), v.Fields, rest)
	page := p.Page(p.Say("public.contact.title"), "/thread")
	page.Tongues = p.Site.ByForm(r, "contact", "/thread/contact?step=lang")
	return p.Pages.Render(w, r, status, "contact", page, v)
}

// attach adds files to a case. The case is named before the files.
func (p *pub) attach(w http.ResponseWriter, r *http.Request) error {
	s, err := p.reporter(r)
	if err != nil {
		return err
	}
	in, err := public.ReadPosted(r)
	if err != nil {
		return err
	}
	a := newAsked(r, s, in.Fields)
	var faults cvd.Faults
	var kept []string
	var spent error
	if public.TooLarge(p.Site, r) {
		return p.refuse(w, r, a, errors.Join(cvd.Faults{{
			Field: p.Say("public.thread.file"), Problem: p.Say("public.thread.large"), Remedy: p.Say("public.thread.large.remedy"),
		}}, cvd.ErrTooLarge))
	}
	if in.HasFiles() {
		_, err = in.Each(func(name string, body io.Reader) (bool, error) {
			err := p.Site.Uploads.Keep(p.Site.From(r), body, func(paid io.Reader) error {
				_, err := s.Attach(r.Context(), a.id, name, paid, cvd.Input{})
				return err
			})
			if errors.Is(err, cvd.ErrNotFound) || errors.Is(err, cvd.ErrForbidden) {
				return false, err
			}
			if err != nil {
				faults = append(faults, cvd.Fault{Field: public.FileLabel(name), Problem: p.Why(err)})
			} else {
				kept = append(kept, public.FileLabel(name))
			}
			if p.Spent(r, err) {
				spent = err
			}
			return err == nil, nil
		})
	} else {
		faults = append(faults, cvd.Fault{Field: p.Say("public.thread.file"), Problem: p.Say("public.thread.nofile")})
	}
	if errors.Is(err, public.ErrRefused) {
		faults, err = append(faults, cvd.Fault{Field: p.Say("public.sent.rest"), Problem: p.Why(err)}), nil
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		if limited, ok := errors.AsType[auth.Limited](spent); ok {
			web.RetryAfter(w, limited)
		}
		p.kept = kept
		return p.refuse(w, r, a, errors.Join(faults, spent))
	}
	return p.onward(w, r, a, "file", a.id)
}
