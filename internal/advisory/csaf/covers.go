package csaf

import (
	"errors"
	"fmt"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// covers says everything that keeps the record from being a document of the
// profile; the lint of the record says more, and what it calls a warning is none
// of it.
func (p profile) covers(a *cvd.Advisory, pub advisory.Publisher) error {
	var faults cvd.Faults
	need := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
		}
	}
	said := func(s string) bool { return strings.TrimSpace(s) != "" }
	need(said(string(a.ID)), "id", "is missing", "give the advisory an id")
	need(said(a.Title), "title", "is missing", "say in a line what the advisory is about")
	need(!a.Published.IsZero(), "published", "is missing", "set the instant of the first revision, planned or past")
	need(!a.Modified.IsZero(), "modified", "is missing", "set the instant of this revision, planned or past")
	need(said(pub.Name), "publisher.name", "is missing", "name the organisation in the policy")
	need(strings.HasPrefix(pub.Namespace, "https://"), "publisher.namespace", "is no https URL", "give a URL that the organisation controls")
	need(strings.HasPrefix(pub.Base, "https://"), "publisher.base", "is no https URL", "set the public URL under which documents are served")
	need(len(a.Vulnerabilities) > 0, "vulnerabilities", "is empty", "describe at least one vulnerability")
	for i := range a.Products {
		need(said(a.Products[i].Name), fmt.Sprintf("products[%d].name", i), "is missing", "name the product as people know it")
	}
	for i := range a.Vulnerabilities {
		field := fmt.Sprintf("vulnerabilities[%d].affects", i)
		need(len(a.Vulnerabilities[i].Affects) > 0, field, "is empty", "say which products are affected, fixed or not affected")
		var contradictions cvd.Faults
		if _, err := advisory.Claims(a, i); errors.As(err, &contradictions) {
			faults = append(faults, contradictions...)
		}
		for n, one := range a.Vulnerabilities[i].Affects {
			need(p.category != vexProfile.category || one.Status != cvd.StatusNotAffected || one.Justification != "" || said(one.Statement),
				fmt.Sprintf("%s[%d]", field, n), "does not say why the product is not affected", "choose a justification or write a statement")
		}
	}
	return faults.Err()
}
