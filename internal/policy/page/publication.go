package page

import (
	"fmt"
	"strings"
)

// publication says who decides when something is made public, and where.
func (p layout) publication(g *sheet, v View) {
	g.part("publication", english.Publication)
	if p.Disclosure.By == "coordinated" {
		g.say(english.PublicationJoint)
	} else {
		g.say(english.PublicationVendor)
	}
	if p.Disclosure.DefaultEmbargo.IsZero() {
		g.say(english.PublicationNoEmbargo)
	} else {
		g.say(fmt.Sprintf(english.PublicationEmbargo, p.Disclosure.DefaultEmbargo))
	}
	lines := []string{fmt.Sprintf(english.Advisories, v.link("/advisories"))}
	if a := p.Advisories.HeadsUp; !a.IsZero() {
		lines = append(lines, fmt.Sprintf(english.AdvisoriesHeadsUp, a))
	}
	if a := p.Advisories.UnpublishedAfter; !a.IsZero() {
		lines = append(lines, fmt.Sprintf(english.AdvisoriesAlarm, a))
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 2)
	g.part("cve", english.CVE)
	lines = []string{map[string]string{"vendor": english.CVEVendor, "reporter": english.CVEReporter, "either": english.CVEEither}[p.CVE.InitiatedBy]}
	if p.CVE.CNA != "" {
		lines = append(lines, fmt.Sprintf(english.CVECNA, escape(p.CVE.CNA)))
	}
	if p.CVE.AfterFix {
		lines = append(lines, english.CVEAfterFix)
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 3)
}
