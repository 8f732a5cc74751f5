// Package thread is a reporter's own case: what happened, what is next and by
// when, and everything that a reporter may do.
//
// It shows no case but through the receipt that opens it, and never puts that
// receipt into an address.
package thread

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
	"fairlead/internal/words"
)

// Templates are the pages of this room; the storybook shows them with invented data.
//
//go:embed templates
var Templates embed.FS

// pub serves one request.
type pub struct {
	public.Door
	once string   // said above a form that waited for the receipt
	done string   // what was just done, where the address does not name it
	kept []string // files that were stored although others were not
}

// Register adds the pages to the mux.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(Templates, "templates")
	if err != nil {
		return err
	}
	serve := func(do func(*pub, http.ResponseWriter, *http.Request) error) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			p := &pub{Door: public.Door{Site: site, Pages: pages, R: r}}
			err := do(p, w, r)
			if errors.Is(err, cvd.ErrUnauthenticated) {
				return p.ended(w, r)
			}
			return err
		}
	}
	for pattern, do := range map[string]func(*pub, http.ResponseWriter, *http.Request) error{
		"GET /thread":                     (*pub).thread,
		"POST /thread":                    (*pub).again,
		"POST /thread/open":               (*pub).openThread,
		"POST /thread/claim":              (*pub).claim,
		"POST /thread/leave":              (*pub).leave,
		"POST /thread/message":            (*pub).message,
		"POST /thread/appeal":             (*pub).appeal,
		"POST /thread/withdraw":           (*pub).withdraw,
		"POST /thread/contact":            (*pub).contact,
		"POST /thread/check":              (*pub).checked,
		"GET /thread/files/{case}/{blob}": (*pub).file,
		"GET /thread/export.json":         (*pub).exportJSON,
		"GET /thread/export.txt":          (*pub).exportText,
	} {
		mux.Handle(pattern, site.Private(serve(do)))
	}
	mux.Handle("POST /thread/attach", site.Upload(func() int64 { return public.UploadLimit(site) }, serve((*pub).attach)))
	return nil
}

// openView asks for the receipt.
type openView struct {
	Name  web.Field // under which a password manager keeps the receipt
	Field web.Field
	Shown bool      // the receipt may be read while it is typed
	Code  web.Field // of a letter
	Wrong bool
	Ended bool // the session is over
	Left  bool
	// Limited keeps what was typed while too many tries came, unless it is Unshown:
	// too large to be read then.
	Limited, Unshown bool
	Kept             *kept // what was typed before, if anything
}

// maxCode is the most bytes of a receipt, a code or a case that the page gives back.
const maxCode = 16 << 10

func (p *pub) askReceipt(w http.ResponseWriter, r *http.Request, status int, v openView) error {
	v.Field.Name, v.Field.Label, v.Field.Required, v.Field.Autocomplete = "receipt", p.Say("public.open.label"), true, "current-password"
	v.Field.Help = p.Say("public.open.help")
	// Managers fill and save nothing but a field of type password, with a name for it in a
	// field before it; there the receipt's page puts the case. Seven words are hard to type
	// unseen: one button shows them, by a script at once, else by asking for the page again.
	// A receipt that was wrong is shown, for only so it can be mended.
	if v.Shown = v.Shown || v.Wrong; !v.Shown {
		v.Field.Kind = "password"
	}
	v.Name.Name, v.Name.Label, v.Name.Autocomplete, v.Name.Half = "username", p.Say("public.open.case"), "username", true
	v.Name.Help = p.Say("public.open.case.help")
	if v.Code.Name == "" {
		v.Code = p.codeField("", false)
	}
	for _, f := range []*web.Field{&v.Name, &v.Field, &v.Code} {
		if len(f.Value) > maxCode {
			f.Value = ""
		}
	}
	if v.Wrong {
		v.Field.Focus = true
		v.Field.Faults = []cvd.Fault{{Problem: p.Say("public.open.wrong"), Remedy: p.Say("public.open.remedy")}}
	}
	page := p.Page(p.Say("public.open.title"), "/thread")
	page.Tongues = p.Site.ByForm(r, "open", "/thread/open?step=lang")
	page.Scripts = []string{"report.js"}
	return p.Pages.Render(w, r, status, "open", page, v)
}

// openThread turns a receipt into a session. A wrong one costs the same work and
// tells nothing.
func (p *pub) openThread(w http.ResponseWriter, r *http.Request) error {
	if ok, after := p.Site.Looks.Allow(p.Site.From(r)); !ok {
		return p.limited(w, r, auth.Limited{After: after})
	}
	if err := web.Form(r); err != nil {
		return err
	}
	code, before := r.PostForm.Get("receipt"), p.keptBefore(r.PostForm)
	v := openView{Name: web.Field{Value: r.PostForm.Get("username")}, Field: web.Field{Value: code}, Kept: before}
	if step := cmp.Or(r.URL.Query().Get("step"), r.PostForm.Get("step")); step == "show" || step == "hide" || step == "lang" {
		v.Shown = step == "show"
		return p.askReceipt(w, r, http.StatusOK, v)
	}
	var limited auth.Limited
	if err := p.AllowCode(r); errors.As(err, &limited) {
		return p.limited(w, r, limited)
	}
	actor, err := p.Site.Auth.Receipt(r.Context(), code)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		v.Wrong = true
		return p.askReceipt(w, r, http.StatusUnauthorized, v)
	}
	if err != nil {
		return err
	}
	if old := p.Site.Token(r, web.ReporterJar); old != "" {
		if err := p.Site.Auth.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	session, err := p.Site.Auth.StartReporter(r.Context(), actor)
	if err != nil {
		return err
	}
	p.Site.Remember(w, r, web.ReporterJar, session.Token)
	if before != nil {
		return p.back(w, r, p.Site.Desk.As(session.Actor), before)
	}
	return web.See(w, r, "/thread")
}

// limited asks for the receipt later. What was typed is given back only if it is no
// larger than a person's form: whoever is refused may not have megabytes read and sent.
func (p *pub) limited(w http.ResponseWriter, r *http.Request, l auth.Limited) error {
	web.RetryAfter(w, l)
	v := openView{Limited: true, Unshown: r.ContentLength < 0 || r.ContentLength > public.MaxShown}
	if !v.Unshown {
		if err := web.Form(r); err != nil {
			return err
		}
		v.Name.Value, v.Field.Value, v.Kept = r.PostForm.Get("username"), r.PostForm.Get("receipt"), p.keptBefore(r.PostForm)
	}
	return p.askReceipt(w, r, http.StatusTooManyRequests, v)
}

func (p *pub) leave(w http.ResponseWriter, r *http.Request) error {
	if token := p.Site.Token(r, web.ReporterJar); token != "" {
		if err := p.Site.Auth.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	p.Site.Forget(w, r, web.ReporterJar)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return web.See(w, r, "/thread?done=left")
}

// reporter is the desk as the holder of the receipt may use it.
func (p *pub) reporter(r *http.Request) (*casework.Session, error) {
	s, err := p.Site.Session(r, web.ReporterJar)
	if err != nil {
		return nil, err
	}
	return p.Site.Desk.As(s.Actor), nil
}

// threadView is everything under one receipt.
type threadView struct {
	Cases   []caseView
	Done    string // what was just done, in words
	Unsent  bool   // something that was chosen did not come along
	Idle    int    // minutes
	Several bool
}

// caseView is one case as its reporter sees it.
type caseView struct {
	ID        cvd.CaseID
	Title     string
	Received  time.Time
	State     web.Badge
	Meaning   string
	Band      web.Badge
	Next      *public.Promised // the next date, ours
	Yours     *public.Promised // the date by which an answer is awaited
	Missing   []string
	Promises  []public.Promised
	Timeline  []entry
	Closed    bool
	Erased    bool
	CanWrite  bool
	CanAttach bool
	CanAppeal bool
	CanLeave  bool // withdraw
	CanChange bool // contact
	Withdrawn bool
	Plan      string // the reporter's own plan to publish
	Policy    int
	Links     []cvd.Link
	FileMiB   int
	FileCount int // how many more the case takes
	Release   *releaseView
	// What was typed and refused:
	Draft   string
	Preview string // the same, as it will be read
	Appeal  string
	Back    string // where that stands, if it waited for the receipt
	Rest    string // the same, if something else was done
	Summary *web.Summary
	Lost    string // the files that were chosen and did not come along
	Stored  string // which files were stored nevertheless
}

// entry is one thing that happened.
type entry struct {
	At      time.Time
	Who     string
	Class   string // you, person, or empty for the house
	Heading string
	Meaning string
	Report  []words.Quote // the fields of the report
	Quotes  []words.Quote
	Clauses []policy.Clause
	Missing []string
	File    *cvd.Attachment
	Link    string // address of the file
	Erased  bool
}

func (p *pub) thread(w http.ResponseWriter, r *http.Request) error {
	s, err := p.reporter(r)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		v := openView{Left: r.URL.Query().Get("done") == "left"}
		if p.Site.Token(r, web.ReporterJar) != "" {
			p.Site.Forget(w, r, web.ReporterJar)
			v.Ended = true
		}
		return p.askReceipt(w, r, http.StatusOK, v)
	}
	if err != nil {
		return err
	}
	return p.showThread(w, r, s, http.StatusOK, nil)
}

// done are the words after a change, by what the address names.
var done = []string{"message", "linked", "appeal", "withdrawn", "contact", "file", "checked", "unsent"}

// showThread shows the cases; change may put into one what was refused.
func (p *pub) showThread(w http.ResponseWriter, r *http.Request, s *casework.Session, status int, change func(*caseView)) error {
	files, err := s.Thread(r.Context())
	if err != nil {
		return err
	}
	v := threadView{Idle: int(auth.ReporterIdle / time.Minute), Several: len(files) > 1}
	if what := cmp.Or(p.done, r.URL.Query().Get("done")); slices.Contains(done, what) {
		v.Done, v.Unsent = p.Say("public.done."+what), what == "unsent"
	}
	for _, f := range files {
		one := p.caseView(r.Context(), f)
		if change != nil {
			change(&one)
		}
		v.Cases = append(v.Cases, one)
	}
	page := p.Page(p.Say("public.thread.title"), "/thread")
	page.Scripts = []string{"files.js"}
	if slices.ContainsFunc(v.Cases, func(c caseView) bool { return !c.Erased }) {
		page.Tongues = p.Site.ByForm(r, "thread", "/thread") // what was typed goes along
	}
	return p.Pages.Render(w, r, status, "thread", page, v)
}

func (p *pub) caseView(ctx context.Context, f *casework.File) caseView {
	c := f.Case
	v := caseView{
		ID: c.ID, Title: cmp.Or(c.Title, string(c.ID)), Received: c.Created, State: web.State(p.Voice(), c.RM()), Meaning: p.Voice().State(c),
		Band: web.Band(p.Voice(), c.Band), Closed: c.Closed(), Erased: f.Erased, Policy: c.Policy, Links: c.Links, Missing: c.Missing,
		Withdrawn: c.HasReporter() && !c.Waited(),
		CanWrite:  slices.Contains(f.Verbs, cvd.VerbMessage), CanAttach: slices.Contains(f.Verbs, cvd.VerbAttach),
		CanAppeal: slices.Contains(f.Verbs, cvd.VerbAppeal), CanLeave: slices.Contains(f.Verbs, cvd.VerbWithdraw),
		CanChange: slices.Contains(f.Verbs, cvd.VerbContact), Release: p.release(ctx, c),
	}
	if f.Policy != nil {
		in := f.Policy.Policy.Intake
		v.FileMiB, v.FileCount = in.AttachmentMiB, max(in.AttachmentsTotal-c.Files, 0)
	}
	if f.Erased {
		v.Title = p.Say("public.thread.erased")
	}
	if reviewed(c) {
		v.State = web.Badge{Kind: "info", Text: p.Say("rm.invalid.appeal")}
	}
	next, nextKind := nextOf(c), cvd.ClockKind("")
	if next != nil && !next.Theirs() {
		one := p.promise(c, next)
		v.Next, nextKind = &one, next.Kind
	}
	for _, k := range casework.Clocks(c) {
		if k.Internal() {
			continue
		}
		one := p.promise(c, &k)
		if k.Theirs() && k.Running() {
			v.Yours = &one
		}
		if k.Kind != nextKind && !(k.Theirs() && k.Running()) { // those stand above
			v.Promises = append(v.Promises, one)
		}
	}
	for i := range f.Events {
		v.Timeline = append(v.Timeline, p.entry(f, &f.Events[i]))
		if b := f.Events[i].Body; b != nil && b.Report != nil {
			v.Plan = b.Report.DisclosurePlan
		}
	}
	return v
}

func (p *pub) entry(f *casework.File, ev *cvd.Event) entry {
	told := p.Voice().Event(ev, words.ForReporter, p.Site.Zone())
	e := entry{
		At: ev.At, Heading: told.Heading, Meaning: p.Voice().Standing(f.Case, ev.Type, told.Meaning), Quotes: told.Quotes, Missing: told.Missing,
		Erased: told.Erased, Who: p.Say("public.who.house"),
	}
	switch {
	case ev.Actor == string(cvd.ActorReporter), ev.Type == cvd.EventReceived, ev.Type == cvd.EventMailAdmitted:
		e.Who, e.Class = p.Say("public.who.you"), "you"
	case ev.Body != nil && ev.Body.Author == cvd.AuthorReporter:
		e.Who, e.Class = p.Say("public.who.you"), "you"
	case ev.ByMember(), ev.Body != nil && ev.Body.Author == cvd.AuthorTeam:
		e.Who, e.Class = p.Say("public.who.team"), "person"
	}
	e.Meaning = cmp.Or(e.Meaning, p.Voice().Changed(ev))
	if terms := p.Terms(f.Policy); terms != nil {
		for _, id := range told.Clauses {
			if c, ok := terms.Clause(id); ok {
				e.Clauses = append(e.Clauses, c)
			}
		}
	}
	if ev.Body != nil {
		e.File = ev.Body.File
		if r := ev.Body.Report; r != nil {
			e.Report = reportQuotes(p, f, r)
		}
	}
	if e.File != nil {
		e.Link = "/thread/files/" + string(f.Case.ID) + "/" + e.File.Blob
	}
	return e
}
