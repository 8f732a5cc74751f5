package office

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// recordView is the form for a report that came by another way than the site.
type recordView struct {
	How     []web.Field // how and when it came
	Report  []web.Field // what somebody on the telephone says first
	Row     []web.Field // in what it is
	Person  []web.Field
	More    []web.Field // all else that the policy asks for
	Open    bool        // something was typed there, or is wrong
	Summary *web.Summary
	Refusal *web.Notice
}

// channels by which a member may have received it; the last is our own finding.
var channels = []string{"phone", "in person", "mail", "other", "internal"}

func (d *desk) record(w http.ResponseWriter, r *http.Request, v lens) error {
	if may.Of(v.Actor, cvd.VerbReceive) != may.All {
		return cvd.ErrNotFound
	}
	typed := url.Values{"received_at": {visit.Typed(v.Now, v.Zone)}, "channel": {"phone"}}
	return d.showRecord(w, r, v, http.StatusOK, v.recordView(d.Site.Terms(v.Voice, d.Site.Book.Current()), typed))
}

func (d *desk) showRecord(w http.ResponseWriter, r *http.Request, v lens, status int, view *recordView) error {
	return d.show(w, r, v, status, "record", v.Say("desk.record.title"), view)
}

// kinds of the report's fields that are not one line.
var kinds = map[string]string{
	"description": "area", "steps": "area", "impact": "area", "urls": "area", "tools": "area", "proposed_fix": "area",
	"disclosure_plan": "area", "reporter.email": "email", "reporter.credit": "select", "reporter.pgp_key": "area",
}

// places are those of the fields that stand open; the others are folded away.
var places = map[string]func(*recordView) *[]web.Field{
	"title": (*recordView).report, "description": (*recordView).report, "product": (*recordView).row, "version": (*recordView).row,
	"reporter.name": (*recordView).person, "reporter.email": (*recordView).person,
}

func (v *recordView) report() *[]web.Field { return &v.Report }
func (v *recordView) row() *[]web.Field    { return &v.Row }
func (v *recordView) person() *[]web.Field { return &v.Person }

// sort puts the fields into the order of the public form.
func (v *recordView) sort() {
	for _, fields := range [][]web.Field{v.Report, v.Person, v.More} {
		slices.SortStableFunc(fields, func(a, b web.Field) int { return rank(a.Name) - rank(b.Name) })
	}
	v.Open = slices.ContainsFunc(v.More, func(f web.Field) bool { return f.Value != "" })
}

// rank is the order of the public form: what was found, what more is known, who tells.
func rank(name string) int {
	first := []string{"title", "description", "program", "steps", "impact"}
	switch i := slices.Index(first, name); {
	case i >= 0:
		return i
	case strings.HasPrefix(name, "reporter."):
		return len(first) + 1
	}
	return len(first)
}

// recordView asks for what the policy asks reporters for, and for what it does
// not name but a report may hold.
func (v lens) recordView(p *policy.Policy, typed url.Values) *recordView {
	view := &recordView{}
	channel := web.Field{Name: "channel", Kind: "radio", Label: v.Say("desk.record.channel"), Required: true}
	for _, c := range channels {
		channel.Options = append(channel.Options, web.Option{Value: c, Label: v.Channel(c), Chosen: typed.Get("channel") == c})
	}
	received := web.Field{
		Name: "received_at", Label: v.Say("desk.record.received"), Required: true,
		Help: v.Say("desk.record.received.help", "zone", v.Zone.String()),
	}
	visit.AskInstant(&received, typed.Get("received_at"), v.Zone)
	view.How = []web.Field{channel, received}
	seen := map[string]bool{"attachments": true}
	add := func(f policy.Field) {
		if seen[f.Name] {
			return
		}
		seen[f.Name] = true
		field := web.Field{
			Name: f.Name, Kind: kinds[f.Name], Label: f.Label, Help: f.Help, Value: typed.Get(f.Name), Rows: 3,
			Required: f.Name == "description", Autocomplete: "off",
		}
		for _, id := range []string{"desk.report." + f.Name, "desk.field." + f.Name} {
			if v.Voice.Has(id) { // the policy's words ask the reporter, in languages of its own
				field.Label, field.Help = v.Say(id), ""
			}
		}
		switch f.Name {
		case "reporter.credit":
			v.CreditOptions(&field)
		case "reporter.reply_by":
			v.ReplyOptions(&field)
		case "description":
			field.Rows = 8
		case "product":
			for _, prog := range p.Programs {
				for _, product := range prog.Products {
					field.List = append(field.List, product.Name)
				}
			}
		}
		place := &view.More
		if at := places[f.Name]; at != nil {
			place = at(view)
		}
		*place = append(*place, field)
	}
	for _, f := range p.Information {
		add(f)
	}
	for _, name := range []string{"title", "product", "version", "description", "steps", "impact", "reporter.name", "reporter.email"} {
		id := "desk.report." + name
		if name == "reporter.name" || name == "reporter.email" {
			id = "desk.field." + name
		}
		add(policy.Field{Name: name, Label: v.Say(id)})
	}
	view.sort()
	return view
}

// recordReport takes the report in and shows the receipt to hand over.
func (d *desk) recordReport(w http.ResponseWriter, r *http.Request, v lens) error {
	if may.Of(v.Actor, cvd.VerbReceive) != may.All {
		return cvd.ErrNotFound
	}
	if err := web.Form(r); err != nil {
		return err
	}
	cur := d.Site.Book.Current()
	if cur == nil {
		return cvd.ErrUnavailable
	}
	form := url.Values{}
	for name, values := range r.PostForm {
		if name != "channel" && name != "received_at" {
			form[name] = values
		}
	}
	report, err := intake.FromForm(form)
	var faults cvd.Faults
	if err != nil && !visit.AsFaults(err, &faults) {
		return err
	}
	at, fault := visit.Instant("received_at", r.PostForm.Get("received_at"), v.Zone)
	if fault != nil {
		faults = append(faults, *fault)
	}
	channel := r.PostForm.Get("channel")
	if !slices.Contains(channels, channel) {
		faults = append(faults, cvd.Fault{Field: "channel", Problem: "is not chosen", Remedy: "say how it reached you"})
	}
	internal := channel == "internal"
	got, err := d.Site.Desk.As(v.Actor).Receive(r.Context(), casework.Submission{
		Report: report, Channel: channel, Received: at, Internal: internal, Wrong: faults,
	})
	if faults = nil; visit.AsFaults(err, &faults) { // with those that were found before
		return d.recordAgain(w, r, v, d.Site.Terms(v.Voice, cur), faults)
	}
	if err != nil {
		return err
	}
	view := visit.Receipt{Case: string(got.Case), Receipt: got.Receipt, Internal: internal}
	for _, p := range got.Promises {
		view.Promises = append(view.Promises, visit.Promise{Text: v.Say("clock." + string(p.Kind)), Due: p.Due, Target: p.Target})
	}
	return d.ShowReceipt(w, r, v.Visit, view)
}

func (d *desk) recordAgain(w http.ResponseWriter, r *http.Request, v lens, p *policy.Policy, faults cvd.Faults) error {
	view := v.recordView(p, r.PostForm)
	rest := []cvd.Fault(faults)
	all := [][]web.Field{view.How, view.Report, view.Row, view.Person, view.More}
	for _, fields := range all {
		rest = web.Blame(fields, rest)
	}
	view.Open = view.Open || slices.ContainsFunc(view.More, func(f web.Field) bool { return len(f.Faults) > 0 })
	view.Summary = web.Summarise(v.Say("desk.faults"), slices.Concat(all...), rest)
	return d.showRecord(w, r, v, http.StatusUnprocessableEntity, view)
}
