// Package handover writes the report of a case down for whom it is handed on to, who
// are another vendor, a coordinator or a component's own project.
//
// It never sends it, gives the reporter's name and address only where they agreed,
// and takes nothing of what the team wrote about the case.
package handover

import (
	"context"
	"fmt"
	"strings"

	"fairlead/internal/advisory/csaf/report"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// Report is the report of a case as a CSAF 2.1 document of the profile Vulnerability
// Report, with the name of its file. Whoever may hand the case on may have it, which is
// recorded as a look at the case. Where the words are gone it is a cvd.ErrNotReady.
func Report(ctx context.Context, desk *casework.Desk, by cvd.Actor, id cvd.CaseID) (file string, doc []byte, err error) {
	f, err := desk.As(by).Case(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if err := may.Allow(by, cvd.VerbHandOn, f.Case); err != nil {
		return "", nil, err
	}
	if f.Erased || f.Policy == nil {
		return "", nil, fmt.Errorf("%w: the case is erased", cvd.ErrNotReady)
	}
	if desk.Register == nil {
		return "", nil, fmt.Errorf("%w: nobody is named here in whose name it could be written", cvd.ErrUnavailable)
	}
	h := handed(f)
	h.At = desk.Now()
	doc, err = report.Encode(h, desk.Register.Publisher())
	return h.File(), doc, err
}

func handed(f *casework.File) *report.Handed {
	c := f.Case
	h := &report.Handed{ID: string(c.ID), Band: c.Band, Disclose: c.Release.At, Embargoed: c.Embargoed()}
	for i := range f.Events {
		if b := f.Events[i].Body; f.Events[i].Type == cvd.EventReceived && b != nil && b.Report != nil {
			h.Report = b.Report
		}
	}
	if who := c.Participant(cvd.Reporter); who != nil && who.Contact != nil && words.Consents(who.Contact.ContactShareable) {
		h.Contact = who.Contact
	}
	if c.Score != nil {
		h.Vector = c.Score.Vector
	}
	for _, one := range c.CVEs {
		if h.CVE == "" && one.State != cvd.CVERejected {
			h.CVE = one.ID
		}
	}
	h.Product, h.Vendor, h.PURL = product(c, f.Policy.Policy)
	return h
}

// product is what the report is about: a product that the policy names as ours, one
// that the reporter named, or all that the case's program is about.
func product(c *cvd.Case, p *policy.Policy) (name, vendor, purl string) {
	for _, prog := range p.Programs {
		for _, one := range prog.Products {
			if strings.EqualFold(one.Name, strings.TrimSpace(c.Product)) {
				return one.Name, p.Organisation.Name, one.PURL
			}
		}
	}
	if !cvd.Blank(c.Product) {
		return strings.TrimSpace(c.Product), "", ""
	}
	if prog, ok := p.Program(c.Program); ok && prog.Name != "" {
		return prog.Name, p.Organisation.Name, ""
	}
	return p.Organisation.Name, p.Organisation.Name, ""
}
