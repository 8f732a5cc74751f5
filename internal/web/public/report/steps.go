package report

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/intake"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// step is one part of the form. All of them stand in one page, which shows one at
// a time: nothing is asked of the server in between, so nothing can be lost, and
// one slow load is enough.
type step struct {
	N, Of       int
	Title, Lead string
	Fields      []web.Field
	First, Last bool
	Wrong       bool // one of its fields is
	Shown       bool // where no address names a step
}

// Back is the number of the step before it.
func (s step) Back() int { return s.N - 1 }

// Next is the number of the step after it.
func (s step) Next() int { return s.N + 1 }

// places is where fields stand in the form, before those that it does not name: what
// is wrong and in what is all that somebody in a hurry has to tell.
var places = map[string]int{"description": -6, "program": -5, "product": -4, "version": -3, "title": -2, "steps": -1, "impact": -1}

// inOrder puts the fields of the policy into the order of the form.
func inOrder(fields []web.Field) {
	slices.SortStableFunc(fields, func(a, b web.Field) int {
		return cmp.Or(stepOf(a)-stepOf(b), places[a.Name]-places[b.Name])
	})
}

// stepOf is the step that asks for a field. What the policy demands of the finding is
// asked first, so that nobody who sends early is sent back.
func stepOf(f web.Field) int {
	at, of := places[f.Name]
	switch {
	case strings.HasPrefix(f.Name, "reporter."):
		return 2
	case of && (at < -2 || f.Required):
		return 0
	}
	return 1
}

// steps sorts the fields into what was found, what more is known of it, and who
// tells. The step at is shown where no address names one, or without it the first
// that is wrong. The files, which the first step asks for, are no field of it: they stand
// behind all of them.
func (p *pub) steps(fields []web.Field, files *web.Field, at int) []step {
	var sorted [3][]web.Field
	for _, f := range fields {
		n := stepOf(f)
		sorted[n] = append(sorted[n], f)
	}
	var out []step
	for i, name := range []string{"find", "more", "you"} {
		if i == 1 && len(sorted[i]) == 0 {
			continue // the last one holds the button, so it is always there
		}
		out = append(out, step{Title: p.Say("public.step." + name), Lead: p.Say("public.step." + name + ".lead"), Fields: sorted[i]})
	}
	for i := range out {
		out[i].N, out[i].Of = i+1, len(out)
		out[i].First, out[i].Last = i == 0, i == len(out)-1
		out[i].Wrong = slices.ContainsFunc(out[i].Fields, func(f web.Field) bool { return len(f.Faults) > 0 })
	}
	out[0].Wrong = out[0].Wrong || files != nil && len(files.Faults) > 0
	first := slices.IndexFunc(out, func(s step) bool { return s.Wrong })
	if first < 0 {
		first = min(at, len(out)) - 1
	}
	out[max(first, 0)].Shown = true
	return out
}

// preview is what was typed, as it will be read.
type preview struct {
	Fields []web.Field
	Last   int      // the number of the step with the button
	Lost   []string // the files that were chosen, which a browser does not choose again
	Wrong  bool     // it cannot be sent as it is
}

// showPreview shows what was typed as it will be read, what is wrong with it, and
// the form again. Nothing is stored.
func (p *pub) showPreview(w http.ResponseWriter, r *http.Request, in *public.Posted, typed url.Values) error {
	lose(in, typed)
	v, err := p.formView(typed)
	if err != nil {
		return err
	}
	report, err := intake.FromForm(in.Fields)
	faults, ok := public.FaultsOf(err)
	if err != nil && !ok {
		return p.refuse(w, r, in, typed, err)
	}
	if faults = intake.Join(faults, p.lacking(report, v.Policy)); len(faults) > 0 {
		p.blame(&v, faults)
	}
	v.Preview = &preview{Lost: v.Lost, Last: len(p.steps(v.Fields, v.Files, 0)), Wrong: len(faults) > 0}
	for _, f := range v.Fields {
		for _, o := range f.Options {
			if o.Chosen {
				f.Value = o.Label
			}
		}
		alone := f.Name == "reporter.reply_by" && in.Fields.Get(f.Name) == ""
		if !alone && strings.TrimSpace(f.Value) != "" && len(f.Faults) == 0 { // what is wrong stands below, with the reason
			v.Preview.Fields = append(v.Preview.Fields, f)
		}
	}
	return p.showForm(w, r, http.StatusOK, v)
}

// showAgain shows the form as it was typed, in another language.
func (p *pub) showAgain(w http.ResponseWriter, r *http.Request, in *public.Posted, typed url.Values) error {
	lost := lose(in, typed)
	v, err := p.formView(typed)
	if err != nil {
		return err
	}
	p.chooseAgain(&v, lost)
	if len(lost) > 0 {
		v.Notice = &web.Notice{Kind: "warn", Title: p.Say("public.files.again.title"), Text: p.Say("public.files.again.text", "names", strings.Join(lost, ", "))}
	}
	v.At = p.reached(v.Fields, len(lost) > 0)
	return p.showForm(w, r, http.StatusOK, v)
}

// reached is the number of the last step in which something was typed: a form that
// is sent does not say which of them was shown.
func (p *pub) reached(fields []web.Field, files bool) int {
	if files {
		return 1 // where they are chosen again
	}
	steps, at := p.steps(fields, nil, 0), 0
	for _, s := range steps {
		for _, f := range s.Fields {
			if f.Kind != "select" && (f.Value != "" || slices.ContainsFunc(f.Options, func(o web.Option) bool { return o.Chosen })) {
				at = s.N
			}
		}
	}
	return at
}
