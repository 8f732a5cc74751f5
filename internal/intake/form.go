package intake

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// FromForm reads the fields of a form. They are named as the API's members are,
// with a dot between reporter and its own; a list takes one entry a line; what
// begins with "extra." is kept under extra. Everything wrong comes as
// cvd.Faults at once, with the report as far as it could be read.
func FromForm(fields url.Values) (*cvd.Report, error) {
	in := &reading{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		values := fields[name]
		l := byName[name]
		extra, isExtra := strings.CutPrefix(name, "extra.")
		switch {
		case l == nil && !isExtra:
			in.fault(nameable(name), "is no field of a report", "use the form as it is shown")
		case len(values) == 0:
		case isExtra && strings.TrimSpace(strings.Join(values, "")) == "":
		case l != nil && l.shape == list:
			in.putList(l, SplitLines(strings.ReplaceAll(strings.Join(values, "\n"), "\r", "\n")))
		case len(values) > 1:
			in.fault(nameable(name), "is given more than once", "fill it in once")
		case isExtra:
			in.putExtra(extra, node{kind: 's', text: values[0]})
		default:
			in.put(l, name, values[0])
		}
	}
	return in.done()
}

// Missing lists the fields that the policy's form requires and the report leaves
// out, beyond the description. Files are not looked at.
func Missing(r *cvd.Report, form []policy.Field) cvd.Faults {
	var out cvd.Faults
	for _, f := range form {
		if f.Required && f.Name != "description" && !given(r, f.Name) {
			out = append(out, cvd.Fault{Field: f.Name, Problem: "is missing", Remedy: "fill it in; the policy asks for it"})
		}
	}
	return out
}

// Lacking lists the evidence that the policy asks for and the report does not show to
// hold: of a field that is empty, or of no field, so that only a reader can tell.
func Lacking(r *cvd.Report, evidence []policy.Clause) []string {
	var out []string
	for _, e := range evidence {
		if !e.Optional && (e.Field == "" || !given(r, e.Field)) {
			out = append(out, e.Title)
		}
	}
	return out
}

// given tells whether the report holds anything in the field.
func given(r *cvd.Report, name string) bool {
	if extra, ok := strings.CutPrefix(name, "extra."); ok {
		switch string(r.Extra[extra]) {
		case "", `""`, "null":
			return false
		}
		return true
	}
	p := r.Reporter
	if p == nil {
		p = &cvd.Contact{}
	}
	switch name {
	case "urls":
		return len(r.URLs) > 0
	case "tools":
		return len(r.Tools) > 0
	case "attachments":
		return true
	}
	value, known := map[string]string{
		"program": r.Program, "product": r.Product, "version": r.Version, "title": r.Title, "description": r.Description,
		"steps": r.Steps, "impact": r.Impact, "cwe": r.CWE, "ai_use": string(r.AIUse), "found_at": r.FoundAt,
		"exploited": string(r.Exploited), "public": string(r.Public), "sensitive_data_seen": string(r.SensitiveDataSeen),
		"proposed_fix": r.ProposedFix, "third_party": string(r.ThirdParty), "reported_elsewhere": string(r.ReportedElsewhere),
		"disclosure_plan": r.DisclosurePlan, "own_id": r.OwnID, "reporter.name": p.Name, "reporter.email": p.Email,
		"reporter.affiliation": p.Affiliation, "reporter.title": p.Title, "reporter.credit": p.Credit.Wanted,
		"reporter.contact_shareable": string(p.ContactShareable), "reporter.pgp_key": p.PGPKey, "reporter.reply_by": p.ReplyBy, "reporter.language": p.Language,
	}[name]
	return !known || value != ""
}
