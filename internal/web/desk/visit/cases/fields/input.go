package fields

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/intake"
	"fairlead/internal/web/desk/visit"
)

// Input makes the verb's input of what was typed, as far as it takes it.
func Input(v *visit.Lens, f *casework.File, verb cvd.Verb, typed url.Values) (cvd.Input, cvd.Faults) {
	var in cvd.Input
	var faults cvd.Faults
	get := typed.Get
	for _, name := range rule.SpecOf(verb).Takes {
		switch name {
		case "text":
			in.Text = get("text")
		case "note":
			in.Note = get("note")
		case "reason":
			in.Reason = get("reason")
		case "silent":
			in.Silent = get("silent")
		case "clauses":
			in.Clauses = typed["clauses"]
		case "missing":
			in.Missing = append(slices.Clone(typed["missing"]), intake.SplitLines(get("missing_more"))...)
		case "vector":
			in.Vector = cmp.Or(builtVector(typed), get("vector"))
		case "to":
			in.To = get("to")
			if verb == cvd.VerbClaim && in.To == v.Actor.ID && f.Case.Assignee == "" {
				in.To = ""
			}
		case "outcome":
			in.Outcome = get("outcome")
		case "clock":
			in.Clock = cvd.ClockKind(get("clock"))
		case "seq":
			in.Seq = visit.Number(get("seq"))
		case "until":
			if get("until") == "" {
				continue
			}
			t, fault := visit.Instant("until", get("until"), v.Zone)
			if fault != nil {
				faults = append(faults, *fault)
			}
			in.Until = t
		case "cve":
			in.CVE = strings.ToUpper(strings.TrimSpace(get("cve")))
		case "contact":
			var wrong cvd.Faults
			in.Contact, wrong = contactOf(typed)
			faults = append(faults, wrong...)
		}
	}
	return in, faults
}

// contactOf reads a contact as a report's form does, with its limits.
func contactOf(typed url.Values) (*cvd.Contact, cvd.Faults) {
	form := url.Values{"description": {"-"}} // every report has one
	for _, name := range contactNames {
		if s := typed.Get("reporter." + name); s != "" {
			form.Set("reporter."+name, s)
		}
	}
	r, err := intake.FromForm(form)
	if faults, ok := errors.AsType[cvd.Faults](err); ok {
		return &cvd.Contact{}, faults
	}
	if err != nil || r.Reporter == nil {
		return &cvd.Contact{}, nil
	}
	return r.Reporter, nil
}
