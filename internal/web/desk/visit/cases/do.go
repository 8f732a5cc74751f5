package cases

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/web/desk/visit/cases/post"
	"fairlead/internal/web/desk/visit/cases/tale"
)

// doView is the form of one verb, or what it will do once that is asked.
type doView struct {
	Case, Title string
	Way         visit.Way
	State       web.Badge
	Verb, Text  string
	About       string
	Parts       []partView
	Canned      []web.Option
	Direct      bool // nothing to show before: one step
	Upload      bool
	Ways        []moves.Way // who may get a file
	Says        string
	Seen        int64
	Since       []entryView // what others did meanwhile
	Refusal     *web.Notice
	Summary     *web.Summary
	Preview     *previewView
	World       *visit.World // what is released
	Hidden      []visit.Pair
	Mail        *post.Held  // the mail that the verb settles
	Last        []entryView // the latest words of the thread, where it settles none
	Report      *reportView // which is judged
	Letter      string      // what may be written to a component's own project
	Late        bool        // the verb is not possible any more; Last says what happened
	Most        int64       // bytes of a file; 0 where none is taken
	Large       string      // what is said of a larger one
}

// partView is a run of fields that are shown, or folded away, together.
type partView struct {
	Fold  string
	Open  bool
	Items []itemView
}

// deed is one verb on its way: what was typed, and what came of it.
type deed struct {
	file  *casework.File
	verb  cvd.Verb
	typed url.Values
	since []entryView
}

// deedOf reads the case and makes sure that the verb is there to be done. What
// the role does not hold does not exist; what the case does not allow now is
// said.
func (d *desk) deedOf(r *http.Request, v lens) (*deed, error) {
	f, err := d.Site.Desk.As(v.Actor).Case(r.Context(), cvd.CaseID(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	verb := cvd.Verb(r.PathValue("verb"))
	if verb == cvd.VerbReceive || rule.SpecOf(verb) == nil || may.Allow(v.Actor, verb, f.Case) != nil {
		return nil, cvd.ErrNotFound
	}
	return &deed{file: f, verb: verb, typed: url.Values{}}, nil
}

func (o *deed) possible() bool { return slices.Contains(o.file.Verbs, o.verb) }

// ask shows the form of a verb.
func (d *desk) ask(w http.ResponseWriter, r *http.Request, v lens) error {
	o, err := d.deedOf(r, v)
	if err != nil {
		return err
	}
	if o.verb == cvd.VerbAdvise {
		return web.See(w, r, "/desk/cases/"+string(o.file.Case.ID)+"/advisory")
	}
	if !o.possible() {
		return d.late(w, r, v, o)
	}
	for _, name := range []string{"seq", "to", "component"} {
		if s := r.URL.Query().Get(name); s != "" {
			o.typed.Set(name, s)
		}
	}
	if _, err := d.upstream(r, v, o, true); err != nil {
		return err
	}
	return d.form(w, r, v, o, http.StatusOK, nil)
}

// act takes a form: it shows what would happen, or does it.
func (d *desk) act(w http.ResponseWriter, r *http.Request, v lens) error {
	o, err := d.deedOf(r, v)
	if err != nil {
		return err
	}
	switch o.verb {
	case cvd.VerbAttach:
		if visit.Uploads(r) { // words that want a file come without one
			return d.attach(w, r, v, o)
		}
	case cvd.VerbAdvise: // by its own page
		return cvd.ErrNotFound
	}
	if err := web.Form(r); err != nil {
		return err
	}
	var faults cvd.Faults
	o.typed, faults = visit.Clean(r.PostForm)
	step := o.typed.Get("step")
	if step == "insert" {
		d.insert(r, o)
	}
	if step == "insert" || step == "edit" || o.verb == cvd.VerbAttach {
		return d.form(w, r, v, o, statusOf(faults), faults.Err())
	}
	if o.since = v.since(o); len(o.since) > 0 {
		return d.form(w, r, v, o, http.StatusConflict, nil)
	}
	session := d.Site.Desk.As(v.Actor)
	in, more := v.input(o)
	if faults = faults.And(more); len(faults) > 0 {
		return d.refused(w, r, v, o, session.Judge(r.Context(), o.file.Case.ID, o.verb, in, faults))
	}
	if step == "do" {
		if err := v.Proven(may.DeedOf(may.For(o.verb, in))); err != nil {
			return err
		}
		before, err := d.Beside(r, v.Visit, o.file.Case.ID)
		if err != nil {
			return err
		}
		done, err := session.Do(r.Context(), o.file.Case.ID, o.verb, in)
		if err != nil {
			return d.refused(w, r, v, o, err)
		}
		return d.done(w, r, v, o, done, before)
	}
	p, err := session.Preview(r.Context(), o.file.Case.ID, o.verb, in)
	if err != nil {
		return d.refused(w, r, v, o, err)
	}
	view := d.doView(v, o)
	view.Preview, view.Hidden = v.preview(o.file, &p), hidden(o.typed)
	if view.World, err = d.Released(r.Context(), v.Visit, o.file, o.verb, in.Reason); err != nil {
		return err
	}
	return d.showDo(w, r, v, http.StatusOK, view)
}

func statusOf(faults cvd.Faults) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// refused keeps what was typed and says why it cannot be.
func (d *desk) refused(w http.ResponseWriter, r *http.Request, v lens, o *deed, err error) error {
	status := web.Status(err)
	if errors.Is(err, cvd.ErrForbidden) {
		status = http.StatusConflict // the role is held, see deedOf: a rule of the case forbids it
	}
	if status >= http.StatusInternalServerError || status == http.StatusNotFound {
		return err
	}
	return d.form(w, r, v, o, status, err)
}

// done leads on after a verb; before is where the case stood in its list.
func (d *desk) done(w http.ResponseWriter, r *http.Request, v lens, o *deed, done casework.Done, before visit.Place) error {
	if done.Receipt != "" {
		return d.ShowReceipt(w, r, v.Visit, visit.Receipt{Case: string(o.file.Case.ID), Receipt: done.Receipt, Again: true})
	}
	if done.Successor != nil {
		return d.led(w, r, string(done.Successor.Case), o.verb, before, nil)
	}
	return d.led(w, r, string(o.file.Case.ID), o.verb, before, done.Events)
}

// led leads to the case: to its head, or to what was added to its history.
func (d *desk) led(w http.ResponseWriter, r *http.Request, id string, verb cvd.Verb, before visit.Place, evs []cvd.Event) error {
	to := "/desk/cases/" + id + "?done=" + string(verb) + string(visit.WayAfter(r, before).And)
	if at := moves.Landing(verb, evs); at > 0 {
		to += "#e" + strconv.FormatInt(at, 10)
	}
	return web.See(w, r, to)
}

// form shows the verb's form with everything that was typed, and what is wrong
// with it.
func (d *desk) form(w http.ResponseWriter, r *http.Request, v lens, o *deed, status int, problem error) error {
	view := d.doView(v, o)
	items := append(v.fields(o.file, o.verb, o.typed), carried(o)...)
	var err error
	if view.Letter, err = d.upstream(r, v, o, false); err != nil {
		return err
	}
	var faults cvd.Faults
	switch {
	case errors.As(problem, &faults):
		view.Summary = v.summary(items, blame(items, faults))
	case problem != nil:
		text := v.Voice.Gloss(web.Plain(problem))
		if errors.Is(problem, cvd.ErrForbidden) && o.verb == cvd.VerbConfirm {
			text = v.Say("desk.pending.own")
		}
		if text == "" {
			text = v.Say("desk.refused.text")
		}
		view.Refusal = &web.Notice{Kind: "warn", Title: v.Say("desk.refused"), Text: text}
	case !o.possible():
		view.Refusal = &web.Notice{Kind: "warn", Title: v.Say("desk.refused"), Text: v.Say("desk.refused.text")}
	}
	view.Parts = parts(items)
	return d.showDo(w, r, v, status, view)
}

func (d *desk) showDo(w http.ResponseWriter, r *http.Request, v lens, status int, view doView) error {
	return d.show(w, r, v, status, "do", view.Text+": "+view.Case, view)
}

func (d *desk) doView(v lens, o *deed) doView {
	c := o.file.Case
	view := doView{
		Case: string(c.ID), Title: c.Title, Way: v.Way, State: web.State(v.Voice, c.RM()), Verb: string(o.verb), Text: v.Say("verb." + string(o.verb)),
		Direct: slices.Contains(moves.Direct, o.verb), Upload: o.verb == cvd.VerbAttach, Says: v.says(c, o.verb),
		Seen: c.Version, Since: o.since, Report: v.report(o.file, tale.Reading{}),
	}
	if view.Upload {
		view.Ways = v.ways(c)
		view.Most, view.Large = int64(mebibytes(o.file))<<20, v.Say("desk.file.large", "mib", mebibytes(o.file))
	}
	if id := "desk.about." + string(o.verb); v.Voice.Has(id) {
		view.About = v.Say(id)
	}
	if slices.Contains(rule.SpecOf(o.verb).Takes, "text") && o.verb != cvd.VerbProvide && o.verb != cvd.VerbSuccessor {
		view.Canned = v.replies(o.file)
	}
	if view.Mail = post.About(&v.Lens, o.file, o.verb, visit.Number(o.typed.Get("seq"))); view.Mail != nil {
		return view
	}
	entries := v.entries(o.file, tale.Reading{})
	for _, e := range slices.Backward(entries) {
		told := slices.ContainsFunc(o.since, func(s entryView) bool { return s.Seq == e.Seq })
		if len(view.Last) < 3 && len(e.Said) > 0 && !told {
			view.Last = append(view.Last, e)
		}
	}
	return view
}

// insert puts a prepared reply below what was typed.
func (d *desk) insert(r *http.Request, o *deed) {
	if o.file.Policy == nil {
		return
	}
	id, lang, _ := strings.Cut(o.typed.Get("canned"), "/")
	p := d.Site.Terms(d.Site.Words.In(lang), o.file.Policy)
	origin := p.PublicURL
	if origin == "" {
		origin = d.Site.BaseURL(r)
	}
	reply, err := p.Reply(id, origin)
	if err != nil {
		return // none was chosen
	}
	text := o.typed.Get("text")
	if text != "" {
		text += "\n\n"
	}
	o.typed.Set("text", text+moves.Unwrapped(reply.Text))
	if reply.Clause != "" && slices.Contains(rule.SpecOf(o.verb).Takes, "clauses") && !slices.Contains(o.typed["clauses"], reply.Clause) {
		o.typed.Add("clauses", reply.Clause)
	}
}

// since lists what other people did to the case after the form was opened.
func (v lens) since(o *deed) []entryView {
	seen := visit.Number(o.typed.Get("seen"))
	if seen == 0 {
		return nil
	}
	var out []entryView
	for i := range o.file.Events {
		ev := &o.file.Events[i]
		if ev.Seq > seen && ev.Actor != v.Actor.Ref() && ev.Actor != cvd.System.Ref() {
			out = append(out, v.entry(o.file, ev, tale.Reading{}))
		}
	}
	return out
}

// parts folds away what is rarely needed, unless something is in it.
func parts(items []itemView) []partView {
	var out []partView
	for _, it := range items {
		if len(out) == 0 || out[len(out)-1].Fold != it.Fold {
			out = append(out, partView{Fold: it.Fold})
		}
		p := &out[len(out)-1]
		p.Items = append(p.Items, it)
		p.Open = p.Open || (it.Field != nil && (it.Field.Value != "" || len(it.Field.Faults) > 0))
	}
	return out
}

// blame puts each fault to its field; those of none come back.
func blame(items []itemView, faults cvd.Faults) []cvd.Fault {
	var rest []cvd.Fault
	for _, fault := range faults {
		at := slices.IndexFunc(items, func(it itemView) bool { return it.named(fault.Field) })
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

func (v lens) summary(items []itemView, rest []cvd.Fault) *web.Summary {
	var fields []web.Field
	for _, it := range items {
		if it.Field != nil {
			fields = append(fields, *it.Field)
		} else {
			fields = append(fields, web.Field{Name: it.Checks.Name, Label: it.Checks.Legend, Faults: it.Checks.Faults})
		}
	}
	return web.Summarise(v.Say("desk.faults"), fields, rest)
}

// hidden carries what was typed through the preview.
func hidden(typed url.Values) []visit.Pair {
	var out []visit.Pair
	for _, name := range visit.Sorted(typed) {
		if name == "step" || name == "canned" || name == "seen" {
			continue
		}
		for _, value := range typed[name] {
			out = append(out, visit.Pair{Label: name, Text: value})
		}
	}
	return out
}
