package page

import (
	"strings"

	"fairlead/internal/policy"
)

// publication says who decides when something is made public, and where.
func (p layout) publication(g *sheet, v View) {
	g.part("publication", p.t("publication"))
	g.say(p.t("publication." + p.Disclosure.By))
	if p.Disclosure.DefaultEmbargo.IsZero() {
		g.say(p.t("publication.no-embargo"))
	} else {
		g.say(p.t("publication.embargo", "span", policy.Span(p.voice, p.Disclosure.DefaultEmbargo)))
	}
	lines := []string{p.t("publication.advisories", "url", v.link("/advisories"))}
	if a := p.Advisories.HeadsUp; !a.IsZero() {
		lines = append(lines, p.t("publication.heads-up", "span", policy.Span(p.voice, a)))
	}
	if a := p.Advisories.UnpublishedAfter; !a.IsZero() {
		lines = append(lines, p.t("publication.alarm", "span", policy.Span(p.voice, a)))
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 2)
	g.part("cve", p.t("cve"))
	lines = []string{p.t("cve." + p.CVE.InitiatedBy)}
	if p.CVE.CNA != "" {
		lines = append(lines, p.t("cve.cna", "cna", escape(p.CVE.CNA)))
	}
	if p.CVE.AfterFix {
		lines = append(lines, p.t("cve.after-fix"))
	}
	g.say(strings.Join(lines, " "))
	p.stance(g, 3)
}
