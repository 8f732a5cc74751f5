package page

import "strings"

// publication says who decides when something is made public, and where.
func (p layout) publication(g *sheet, v View) {
	g.part("publication", p.say("publication"))
	if p.Disclosure.By == "coordinated" {
		g.say(p.say("publication-joint"))
	} else {
		g.say(p.say("publication-vendor"))
	}
	if p.Disclosure.DefaultEmbargo.IsZero() {
		g.say(p.say("publication-no-embargo"))
	} else {
		g.say(p.say("publication-embargo", "amount", p.amount(p.Disclosure.DefaultEmbargo)))
	}
	lines := []string{p.say("advisories", "url", v.link("/advisories"))}
	if a := p.Advisories.HeadsUp; !a.IsZero() {
		lines = append(lines, p.say("advisories-heads-up", "amount", p.amount(a)))
	}
	if a := p.Advisories.UnpublishedAfter; !a.IsZero() {
		lines = append(lines, p.say("advisories-alarm", "amount", p.amount(a)))
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 2)
	g.part("cve", p.say("cve"))
	lines = []string{map[string]string{"vendor": p.say("cve-vendor"), "reporter": p.say("cve-reporter"), "either": p.say("cve-either")}[p.CVE.InitiatedBy]}
	if p.CVE.CNA != "" {
		lines = append(lines, p.say("cve-cna", "cna", p.theirs(p.CVE.CNA)))
	}
	if p.CVE.AfterFix {
		lines = append(lines, p.say("cve-after-fix"))
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 3)
}
