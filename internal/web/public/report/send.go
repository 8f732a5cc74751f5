package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// digest is a hash over all fields, whatever their order.
func digest(fields url.Values) string {
	sum := sha256.Sum256([]byte(fields.Encode()))
	return hex.EncodeToString(sum[:])
}

// confirmation is the page that shows the receipt.
type confirmation struct {
	Case       cvd.CaseID
	Receipt    string
	Once       string // the number of the form that it came by
	Accepted   casework.Accepted
	Promises   []public.Promised
	Kept       []string
	Refused    []refused
	Urgent     []public.Reach
	Sensitive  bool
	Attacked   bool // they say that it is exploited
	Known      bool // they say that it is public
	Mail       bool
	Thread     string
	Paused     string
	NewProduct bool
}

// errFiles refuses files that are larger together than a case may hold.
var errFiles = fmt.Errorf("%w", cvd.ErrTooLarge)

// refused is a file that was not kept, with the reason.
type refused struct{ Name, Why string }

// send takes a report. Once the report is stored, nothing that happens to its
// files can take it back.
func (p *pub) send(w http.ResponseWriter, r *http.Request) error {
	many := p.Site.Reports
	if looks := r.URL.Query().Get("step"); looks == "preview" || looks == "lang" {
		many = p.Site.Looks
	}
	if ok, after := many.Allow(p.Site.From(r)); !ok {
		return p.tooOften(w, r, auth.Limited{After: after})
	}
	body := r.Body
	in, err := public.ReadPosted(r)
	if err != nil {
		return p.unread(w, r, in, body, err)
	}
	once, step := in.Fields.Get("once"), cmp.Or(r.URL.Query().Get("step"), in.Fields.Get("step"))
	typed := apart(in)
	if r.URL.Query().Get("lang") == "" {
		web.Choose(r, typed.Get("lang"))
	}
	switch step {
	case "preview":
		return p.showPreview(w, r, in, typed)
	case "lang":
		return p.showAgain(w, r, in, typed)
	}
	if public.TooLarge(p.Site, r) {
		return p.refuse(w, r, in, typed, errFiles)
	}
	return p.take(w, r, in, typed, once)
}

// take stores the report of a form that was read, and answers with its receipt.
func (p *pub) take(w http.ResponseWriter, r *http.Request, in *public.Posted, typed url.Values, once string) error {
	cur, err := p.Current()
	if err != nil {
		return p.refuse(w, r, in, typed, err)
	}
	if in.Fields.Get("reporter.email") != "" && in.Fields.Get("reporter.language") == "" {
		in.Fields.Set("reporter.language", p.Voice().Lang()) // letters come in the language of the form
	}
	report, err := intake.FromForm(in.Fields)
	wrong, ok := public.FaultsOf(err)
	if err != nil && !ok {
		return p.refuse(w, r, in, typed, err)
	}
	wrong = intake.Join(wrong, p.lacking(report, cur.Policy))
	if c := report.Reporter; c != nil && c.Language == "" {
		c.Language = p.Voice().Lang() // letters go on in the language of the page
	}
	sub := casework.Submission{Report: report, Channel: "web", Wrong: wrong}
	sum := digest(in.Fields)
	if len(wrong) == 0 {
		if err := p.worked(cur.Policy, typed, once+sum, p.Site.From(r)); err != nil {
			return p.refuse(w, r, in, typed, err)
		}
	}
	if repeatable(once) {
		// With its body in the key, a step back with other words is a new
		// report and not a refusal.
		sub.Once = &casework.Once{Key: "web/" + once + "/" + sum, Digest: sum}
	}
	var taken casework.Accepted
	err = p.Pay(public.Size(in.Fields), func() (err error) {
		taken, err = p.Site.Desk.As(cvd.Stranger).Receive(r.Context(), sub)
		return err
	})
	if err != nil {
		return p.refuse(w, r, in, typed, err)
	}
	v := p.confirm(r, cur.Policy, report, taken)
	if sub.Once != nil {
		v.Once = once
	}
	p.keepFiles(r, in, taken, &v)
	page := p.Page(p.Say("public.sent.title"), "")
	if taken.Again {
		page.Title = p.Say("public.sent.again.title")
	}
	page.Scripts = []string{"report.js"}
	return p.Pages.Render(w, r, http.StatusCreated, "sent", page, v)
}

// unread answers a form that could not be read to its end.
func (p *pub) unread(w http.ResponseWriter, r *http.Request, in *public.Posted, body io.Reader, err error) error {
	if !errors.Is(err, cvd.ErrTooLarge) {
		if public.TooLarge(p.Site, r) {
			return cvd.ErrTooLarge
		}
		return err
	}
	web.Drain(body)
	return p.refuse(w, r, in, in.Fields, err)
}

// lacking is what the form asks for and the report leaves out.
func (p *pub) lacking(report *cvd.Report, pol *policy.Policy) cvd.Faults {
	out := intake.Missing(report, pol.Information)
	if c := report.Reporter; c != nil && c.ReplyBy == cvd.ReplyByMail && c.Email == "" {
		out = append(out, cvd.Fault{Field: "reporter.email", Problem: p.Say("public.contact.nowhere"), Remedy: p.Say("public.contact.nowhere.remedy")})
	}
	return out
}

// apart takes what only this page means out of the fields, and keeps all as it was
// typed.
func apart(in *public.Posted) url.Values {
	typed := url.Values{}
	for name, values := range in.Fields {
		typed[name] = slices.Clone(values)
	}
	for _, ours := range []string{"once", "step", "lang", "work", "worked", "lost[]"} {
		delete(in.Fields, ours)
	}
	if strings.TrimSpace(in.Fields.Get("reporter.email")) == "" && in.Fields.Get("reporter.reply_by") == cvd.ReplyByWeb {
		delete(in.Fields, "reporter.reply_by") // the form's own default says nothing about an anonymous reporter
	}
	for _, name := range public.Asked {
		choice, more := in.Fields.Get(name), strings.TrimSpace(in.Fields.Get(name+public.More))
		delete(in.Fields, name+public.More)
		if choice != "" && more != "" {
			more = choice + ": " + more
		}
		if more != "" {
			in.Fields.Set(name, more)
		}
	}
	return typed
}

// confirm is what the reporter is told of a report that is stored.
func (p *pub) confirm(r *http.Request, pol *policy.Policy, report *cvd.Report, taken casework.Accepted) confirmation {
	return confirmation{
		Case: taken.Case, Receipt: taken.Receipt, Accepted: taken, Promises: p.promisedNow(taken.Promises),
		Urgent: public.Ways(pol.UrgentContacts()), Sensitive: report.SensitiveDataSeen.Yes(), Paused: pol.Intake.Paused,
		Attacked: report.Exploited.Yes(), Known: report.Public.Yes(),
		Mail: report.Reporter != nil && report.Reporter.Email != "", Thread: p.Site.BaseURL(r) + "/thread",
	}
}

// tooOften refuses a report of which little is read: the words that stand before its
// files, to show again what was typed. What is longer is still in the browser.
func (p *pub) tooOften(w http.ResponseWriter, r *http.Request, limited auth.Limited) error {
	whole := r.ContentLength >= 0 && r.ContentLength <= public.MaxShown
	r.Body = io.NopCloser(io.LimitReader(r.Body, public.MaxShown))
	in, err := public.ReadPosted(r)
	if in != nil && (in.HasFiles() || whole && err == nil) {
		return p.refuse(w, r, in, apart(in), limited)
	}
	return p.refuse(w, r, &public.Posted{}, url.Values{}, unshown{limited})
}

// unshown is a refusal of words that were not read.
type unshown struct{ auth.Limited }

func (u unshown) Unwrap() error { return u.Limited }

func (p *pub) promisedNow(list []casework.Promise) []public.Promised {
	var out []public.Promised
	for _, one := range list {
		out = append(out, public.Promised{What: p.Say("clock." + string(one.Kind)), Due: one.Due, Target: one.Target})
	}
	return out
}

// keepFiles attaches the files of a report that is stored already.
func (p *pub) keepFiles(r *http.Request, in *public.Posted, taken casework.Accepted, v *confirmation) {
	if !in.HasFiles() {
		return
	}
	actor, err := p.Site.Auth.Receipt(r.Context(), taken.Receipt)
	if err != nil {
		v.Refused = append(v.Refused, refused{in.First(), p.Why(err)})
		return
	}
	session := p.Site.Desk.As(actor)
	var known []string
	if taken.Again {
		known = p.filesOf(r, session, taken.Case)
	}
	late, err := in.Each(func(name string, body io.Reader) (bool, error) {
		shown := public.FileLabel(name)
		if i := slices.Index(known, shown); i >= 0 {
			known = slices.Delete(known, i, i+1)
			v.Kept = append(v.Kept, shown) // came with the first sending
			return true, nil
		}
		err := p.Site.Uploads.Keep(p.Site.From(r), body, func(paid io.Reader) error {
			_, err := session.Attach(r.Context(), taken.Case, name, paid, cvd.Input{})
			return err
		})
		if err != nil {
			p.Spent(r, err)
			v.Refused = append(v.Refused, refused{shown, p.Why(err)})
			return false, nil
		}
		v.Kept = append(v.Kept, shown)
		return true, nil
	})
	for _, name := range late {
		v.Refused = append(v.Refused, refused{p.Say("public.sent.field"), p.Say("public.sent.late", "name", name)})
	}
	if err != nil {
		v.Refused = append(v.Refused, refused{p.Say("public.sent.rest"), p.Why(err)})
	}
}

// filesOf lists the names of the files that the case holds.
func (p *pub) filesOf(r *http.Request, s *casework.Session, id cvd.CaseID) []string {
	f, err := s.Case(r.Context(), id)
	if err != nil {
		return nil
	}
	var out []string
	for _, ev := range f.Events {
		if ev.Body != nil && ev.Body.File != nil {
			out = append(out, ev.Body.File.Name)
		}
	}
	return out
}

// receiptFile is the receipt as a text to keep. It is made for a receipt that
// opens something only, so the site prints no words of others.
func (p *pub) receiptFile(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := p.AllowCode(r); err != nil {
		return err
	}
	code := auth.NormaliseReceipt(r.PostForm.Get("receipt"))
	actor, err := p.Site.Auth.Receipt(r.Context(), code)
	if err != nil {
		return err
	}
	files, err := p.Site.Desk.As(actor).Thread(r.Context())
	if err != nil {
		return err
	}
	voice, zone := p.Site.Voice(r), p.Site.Zone()
	var b strings.Builder
	b.WriteString(voice.Say("public.receipt.head", "organisation", p.Site.Organisation()) + "\n\n")
	for _, f := range files {
		b.WriteString(voice.Say("public.receipt.case", "case", f.Case.ID) + "\n")
		b.WriteString(voice.Say("public.receipt.received", "when", voice.Instant(f.Case.Created, zone)) + "\n")
		for _, one := range f.Promises() {
			line := "public.receipt.promise"
			if one.Target {
				line = "public.receipt.target"
			}
			b.WriteString(voice.Say(line, "what", voice.Say("clock."+string(one.Kind)), "when", voice.Instant(one.Due, zone)) + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString(voice.Say("public.receipt.code", "receipt", code) + "\n")
	b.WriteString(voice.Say("public.receipt.use", "url", p.Site.BaseURL(r)+"/thread") + "\n")
	web.Download(w, "receipt-"+string(files[len(files)-1].Case.ID)+".txt")
	return web.Write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
}
