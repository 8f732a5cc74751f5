package cases

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"fairlead/internal/casework"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/fields"
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
	Parts       []fields.Part
	Canned      []web.Option
	Direct      bool // nothing to show before: one step
	Upload      bool
	Ways        []moves.Way // who may get a file
	Says        string
	Send        string // the button that does it, after the preview
	Seen        int64
	Since       []entryView // what others did meanwhile
	Refusal     *web.Notice
	Summary     *web.Summary
	Preview     *previewView
	World       *visit.World // what is released
	Kept        string       // names what was typed, for the address that changes it
	Hidden      []visit.Pair
	Mail        *post.Held  // the mail that the verb settles
	Last        []entryView // the latest words of the thread, where it settles none
	Report      *reportView // which is judged
	Letter      string      // what may be written to a component's own project
	Late        bool        // the verb is not possible any more; Last says what happened
	Most        int64       // bytes of a file; 0 where none is taken
	Large       string      // what is said of a larger one
	With        string      // marks a file that goes with words
	File        *web.Field  // which goes with what is shown before
}

// deed is one verb on its way: what was typed, and what came of it.
type deed struct {
	file  *casework.File
	verb  cvd.Verb
	typed url.Values
	kept  string // the name under which it is kept for the preview
	since []entryView

	uploaded bool // it came with a file, or should have
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
	q := r.URL.Query()
	if o.kept = cmp.Or(q.Get("preview"), q.Get("edit")); o.kept != "" {
		return d.again(w, r, v, o)
	}
	if !o.possible() {
		return d.late(w, r, v, o)
	}
	for _, name := range []string{"seq", "to", "component"} {
		if s := q.Get(name); s != "" {
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
		fields.Insert(&v.Lens, o.file, o.verb, o.typed, d.Site.BaseURL(r))
	}
	switch {
	case step == "edit" || len(faults) > 0 && (step == "insert" || o.verb == cvd.VerbAttach):
		return d.form(w, r, v, o, statusOf(faults), faults.Err())
	case step == "insert" || o.verb == cvd.VerbAttach && step != "preview":
		return d.keep(w, r, v, o, "edit")
	}
	if _, err := d.Site.Unsent.Read(r.Context(), v.deed(o), o.typed.Get("kept")); step == "do" && errors.Is(err, unsent.ErrDone) {
		return d.past(w, r, v, o, "done") // from a page that the browser kept whole
	}
	if o.since = v.since(o); len(o.since) > 0 {
		return d.form(w, r, v, o, http.StatusConflict, nil)
	}
	session := d.Site.Desk.As(v.Actor)
	in, more := fields.Input(&v.Lens, o.file, o.verb, o.typed)
	if faults = faults.And(more); len(faults) > 0 {
		return d.refused(w, r, v, o, session.Judge(r.Context(), o.file.Case.ID, o.verb, in, faults))
	}
	if step == "do" {
		return d.carry(w, r, v, o, in)
	}
	if _, err := session.Preview(r.Context(), o.file.Case.ID, o.verb, in); err != nil {
		return d.refused(w, r, v, o, err)
	}
	return d.keep(w, r, v, o, "preview")
}

// keep keeps what was typed and leads to where it is shown, to be changed or as a preview: a
// page that a form made itself is none that the browser's way back leads to.
func (d *desk) keep(w http.ResponseWriter, r *http.Request, v lens, o *deed, as string) error {
	kept, err := d.Site.Unsent.Keep(r.Context(), v.deed(o), o.typed)
	if err != nil {
		return err
	}
	return web.See(w, r, r.URL.Path+"?"+url.Values{as: {kept}}.Encode()+string(v.Way.And))
}

// carry does what was asked for, and leads on.
func (d *desk) carry(w http.ResponseWriter, r *http.Request, v lens, o *deed, in cvd.Input) error {
	if err := v.Proven(may.DeedOf(may.For(o.verb, in))); err != nil {
		return err
	}
	before, err := d.Beside(r, v.Visit, o.file.Case.ID)
	if err != nil {
		return err
	}
	done, err := d.Site.Desk.As(v.Actor).Do(r.Context(), o.file.Case.ID, o.verb, in)
	if err != nil {
		return d.refused(w, r, v, o, err)
	}
	d.sent(r, v, o)
	return d.done(w, r, v, o, done, before)
}

// sent marks what was kept for a preview as done.
func (d *desk) sent(r *http.Request, v lens, o *deed) {
	if err := d.Site.Unsent.Done(context.WithoutCancel(r.Context()), v.deed(o), o.typed.Get("kept")); err != nil {
		d.Site.Log.Error("what was done stays kept as it was typed, until tomorrow", "case", o.file.Case.ID, "err", err)
	}
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
	if o.answers() && o.uploaded {
		return d.withFile(w, r, v, o, status, problem)
	}
	view := d.doView(v, o)
	items := append(fields.Of(&v.Lens, o.file, o.verb, o.typed), carried(o)...)
	if o.answers() {
		items = slices.DeleteFunc(items, func(it fields.Item) bool { return it.Field != nil && it.Field.Kind == "file" })
	}
	var err error
	if view.Letter, err = d.upstream(r, v, o, false); err != nil {
		return err
	}
	v.blame(&view, o, items, problem)
	view.Parts = fields.Parts(items)
	return d.showDo(w, r, v, status, view)
}

// blame says what is wrong with a form, at its fields where they are to blame.
func (v lens) blame(view *doView, o *deed, items []fields.Item, problem error) {
	var faults cvd.Faults
	switch {
	case errors.As(problem, &faults):
		view.Summary = fields.Summary(v.Say("desk.faults"), items, fields.Blame(items, faults))
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
	view.Send = view.Text
	if o.verb == cvd.VerbMessage {
		view.Send = v.Say("desk.send")
	}
	if view.Upload {
		view.Ways = v.ways(c)
		view.Most, view.Large = int64(fields.Mebibytes(o.file))<<20, v.Say("desk.file.large", "mib", fields.Mebibytes(o.file))
	}
	view.About = fields.About(&v.Lens, c, o.verb)
	if o.answers() {
		view.Text, view.About, view.Send = v.Say("desk.answer.file"), v.Say("desk.about.answer.file"), v.Say("desk.send")
		view.With, view.Ways, view.Direct, view.Upload = withWords, nil, false, false
	}
	if fields.Replied(c, o.verb) {
		view.Canned = fields.Replies(&v.Lens, o.file)
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
