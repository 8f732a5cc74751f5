package rule

import (
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// checkInput refuses members that the verb does not take and misses those it
// needs, all at once.
func checkInput(spec *Spec, d Deed) cvd.Faults {
	var faults cvd.Faults
	in := d.In
	given := given(in)
	for _, name := range given {
		if !slices.Contains(spec.Takes, name) {
			faults = append(faults, cvd.Fault{Field: name, Problem: fmt.Sprintf("is not taken by %s", spec.Verb), Remedy: "leave it out"})
		}
	}
	for _, name := range spec.Needs {
		if !slices.Contains(given, name) {
			faults = append(faults, cvd.Fault{Field: name, Problem: "is missing", Remedy: "give it"})
		}
	}
	if spec.Verb == cvd.VerbAsk && in.Text == "" && len(in.Missing) == 0 {
		faults = append(faults, cvd.Fault{Field: "missing", Problem: "nothing is asked for", Remedy: "list what is missing, or write it as text"})
	}
	if spec.Verb == cvd.VerbSeverity && in.Vector != "" && d.Score == nil {
		faults = append(faults, cvd.Fault{Field: "vector", Problem: "was not rated", Remedy: "give a CVSS vector that can be rated"})
	}
	if spec.Verb == cvd.VerbAttach && d.File == nil {
		faults = append(faults, cvd.Fault{Field: "file", Problem: "is missing", Remedy: "send a file"})
	}
	faults = append(faults, checkRelease(spec.Verb, in)...)
	if in.Silent != "" && in.Text != "" {
		faults = append(faults, cvd.Fault{Field: "silent", Problem: "a text to the reporter and a reason for silence exclude each other", Remedy: "give one of them"})
	}
	return faults
}

// tidy takes blanks for nothing, so that no reason for silence and no word to
// the reporter is one that cannot be read.
func tidy(in cvd.Input) cvd.Input {
	for _, s := range []*string{&in.Text, &in.Note, &in.Reason, &in.Silent, &in.Vector, &in.To, &in.Outcome, &in.CVE} {
		if strings.TrimSpace(*s) == "" {
			*s = ""
		}
	}
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	if slices.ContainsFunc(in.Missing, blank) {
		in.Missing = slices.DeleteFunc(slices.Clone(in.Missing), blank)
	}
	return in
}

// given names the members that hold something.
func given(in cvd.Input) []string {
	var out []string
	has := func(name string, ok bool) {
		if ok {
			out = append(out, name)
		}
	}
	has("text", in.Text != "")
	has("note", in.Note != "")
	has("reason", in.Reason != "")
	has("silent", in.Silent != "")
	has("clauses", len(in.Clauses) > 0)
	has("missing", len(in.Missing) > 0)
	has("vector", in.Vector != "")
	has("to", in.To != "")
	has("outcome", in.Outcome != "")
	has("clock", in.Clock != "")
	has("until", !in.Until.IsZero())
	has("seq", in.Seq != 0)
	has("contact", in.Contact != nil)
	has("advisory", in.Advisory != nil)
	has("others", in.Others)
	has("cve", in.CVE != "")
	return out
}

// checkRelease finds what is wrong with the input of the verbs of a release.
func checkRelease(v cvd.Verb, in cvd.Input) cvd.Faults {
	var out cvd.Faults
	switch v {
	case cvd.VerbCheckResult:
		if !slices.Contains([]cvd.FixCheck{"", cvd.CheckPass, cvd.CheckFail, cvd.CheckNone}, cvd.FixCheck(in.Outcome)) {
			out = append(out, cvd.Fault{Field: "outcome", Problem: "is no result of a check", Remedy: "give pass, fail or none"})
		}
	case cvd.VerbCVE:
		state := cvd.CVEState(in.Outcome)
		if in.Outcome != "" && !slices.Contains(cvd.CVEStates, state) {
			out = append(out, cvd.Fault{Field: "outcome", Problem: "is no state of a CVE id", Remedy: "give requested, reserved, published or rejected"})
		}
		if in.CVE == "" && in.Outcome != "" && state != cvd.CVERequested {
			out = append(out, cvd.Fault{Field: "cve", Problem: "is missing", Remedy: "give the id; only one that was merely asked for has none yet"})
		}
		if in.CVE != "" && !validCVE(in.CVE) {
			out = append(out, cvd.Fault{Field: "cve", Problem: "is no CVE id", Remedy: "write it as CVE-2026-12345"})
		}
	}
	return out
}

// validCVE tells whether the text has the form of a CVE id.
func validCVE(id string) bool {
	parts := strings.Split(id, "-")
	if len(parts) != 3 || parts[0] != "CVE" || len(parts[1]) != 4 || len(parts[2]) < 4 || len(parts[2]) > 19 {
		return false
	}
	return strings.Trim(parts[1]+parts[2], "0123456789") == ""
}

// Meant is the verb that a reporter's message or appeal is: an answer where information
// is awaited. On a closed case, which it tells, new evidence opens a successor, and so
// does the appeal that outlived the case.
func Meant(c *cvd.Case, v cvd.Verb) (meant cvd.Verb, closed bool) {
	switch {
	case v == cvd.VerbAppeal:
		return v, c.Closed()
	case c.Closed():
		return cvd.VerbSuccessor, true
	case c.Awaiting():
		return cvd.VerbProvide, false
	}
	return v, false
}
