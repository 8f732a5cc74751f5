package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// Gate is one condition of a release, as it stands.
type Gate struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Why    string `json:"why"`              // how it stands, in a sentence
	Remedy string `json:"remedy,omitempty"` // what opens it
	// Stops says that nothing is published while the gate is shut; the others only
	// warn.
	Stops bool `json:"stops,omitempty"`
	// Early gates must be open when a release is scheduled already: waiting opens
	// none of them.
	Early bool `json:"early,omitempty"`
}

// ground is what gates look at.
type ground struct {
	c        *cvd.Case
	evs      []cvd.Event
	a        *cvd.Advisory
	findings []advisory.Finding
	p        *policy.Policy
	now      time.Time
}

// gates is the table, in the order in which they are shown. Each says whether it
// is open, why, and what opens it; stops may be softened by what it finds.
var gates = []struct {
	name         string
	stops, early bool
	look         func(g *ground) (ok bool, why, remedy string)
}{
	{"text", true, true, (*ground).text},
	{"lint", true, true, (*ground).lint},
	{"fix", true, false, (*ground).fix},
	{"check", false, false, (*ground).check},
	{"cve", false, false, (*ground).cve},
	{"embargo", true, false, (*ground).embargo},
	{"told", true, false, (*ground).told},
	{"credit", true, true, (*ground).credit},
	{"second-person", true, false, (*ground).second},
}

// Gates says of each condition of the release of a's draft in c how it stands
// now. evs is the history of c; findings are the lint's; p is the policy under which the case runs.
func Gates(c *cvd.Case, evs []cvd.Event, a *cvd.Advisory, findings []advisory.Finding, p *policy.Policy, now time.Time) []Gate {
	g := &ground{c, evs, a, findings, p, now}
	out := make([]Gate, 0, len(gates))
	for _, one := range gates {
		ok, why, remedy := one.look(g)
		gate := Gate{Name: one.name, OK: ok, Why: why, Remedy: remedy, Stops: one.stops, Early: one.early}
		if one.name == "check" && c.Release.Check == cvd.CheckFail || one.name == "cve" && g.rejected() != "" {
			gate.Stops = !ok
		}
		if one.name == "credit" && g.unasked() {
			gate.Early = false // scheduling asks them
		}
		out = append(out, gate)
	}
	return out
}

// Shut lists the gates that stop a release; early asks only for those that must be
// open when it is scheduled.
func Shut(all []Gate, early bool) []Gate {
	var out []Gate
	for _, g := range all {
		if !g.OK && g.Stops && (g.Early || !early) {
			out = append(out, g)
		}
	}
	return out
}

// Refuse is the error for shut gates, or nil: cvd.ErrEmbargoed if an embargo is
// among them, else cvd.ErrNotReady. It names them all, with what opens each.
func Refuse(shut []Gate) error {
	if len(shut) == 0 {
		return nil
	}
	kind := cvd.ErrNotReady
	if slices.ContainsFunc(shut, func(g Gate) bool { return g.Name == "embargo" }) {
		kind = cvd.ErrEmbargoed
	}
	return fmt.Errorf("%w: %s", kind, Sentences(shut))
}

// Sentences names gates in one line.
func Sentences(all []Gate) string {
	parts := make([]string, len(all))
	for i, g := range all {
		parts[i] = g.Why + " (" + g.Remedy + ")"
	}
	return strings.Join(parts, "; ")
}

// text asks for the record's own text in a language that the policy speaks; what else
// is said of languages, the lint says.
func (g *ground) text() (bool, string, string) {
	lang := cmp.Or(g.a.Lang, "en")
	spoken := g.p.Languages
	if len(spoken) == 0 {
		spoken = []string{"en"}
	}
	speaks := func(tag string) bool {
		return strings.EqualFold(tag, lang) || strings.HasPrefix(strings.ToLower(lang), strings.ToLower(tag)+"-")
	}
	switch {
	case !slices.ContainsFunc(spoken, speaks):
		return false, "the advisory's own text is in a language that the policy does not name", "write it in a language of the policy, and put the other beside it as a translation"
	case cvd.Blank(g.a.Title) || cvd.Blank(g.a.Overview+g.a.Details):
		return false, "the title or the text is empty", "write a title and an overview"
	}
	if also := advisory.Languages(g.a); len(also) > 0 {
		return true, "there is a text, and translations: " + strings.Join(also, ", "), ""
	}
	return true, "there is a text in a language of the policy", ""
}

func (g *ground) lint() (bool, string, string) {
	errors, warnings, first := 0, 0, ""
	for _, f := range g.findings {
		switch f.Level {
		case advisory.LevelError:
			if errors++; errors == 1 {
				first = f.Field + " " + f.Problem
			}
		case advisory.LevelWarning:
			warnings++
		}
	}
	if errors > 0 {
		return false, fmt.Sprintf("the lint finds what other people's programs would refuse (%d in all): %s", errors, first), "mend what is listed as an error"
	}
	if warnings > 0 {
		return true, fmt.Sprintf("the lint finds no error; warnings: %d", warnings), ""
	}
	return true, "the lint finds nothing", ""
}

func (g *ground) fix() (bool, string, string) {
	none, way := false, false
	for _, v := range g.a.Vulnerabilities {
		for _, r := range v.Remedies {
			none = none || r.Kind == cvd.RemedyNonePlanned
			way = way || r.Kind == cvd.RemedyWorkaround || r.Kind == cvd.RemedyMitigation
		}
	}
	switch {
	case g.c.Facts.Has(cvd.FactFixReady):
		return true, "a fix is ready", ""
	case none:
		return true, "the advisory says that no fix is planned", ""
	case way && (g.c.Facts.Has(cvd.FactPublic) || g.c.Facts.Has(cvd.FactAttacks)):
		return true, "it is known or attacked already, and the advisory says what can be done meanwhile", ""
	}
	return false, "no fix is recorded, and the advisory does not say that none is planned", "record the fix, or add the remedy that no fix is planned"
}

func (g *ground) check() (bool, string, string) {
	switch g.c.Release.Check {
	case cvd.CheckPass:
		return true, "the reporter checked the fix, and it works", ""
	case cvd.CheckNone:
		return true, "the reporter was asked to check the fix and gave no answer", ""
	case cvd.CheckFail:
		return false, "the reporter checked the fix, and it does not work", "mend the fix and offer it for a check again, or record what became of it"
	case cvd.CheckOffered:
		return false, "the reporter was asked to check the fix and has not answered", "wait, or record that no answer came"
	}
	if !g.c.Waited() {
		return true, "nobody outside could check the fix", ""
	}
	return false, "the reporter was not asked to check the fix", "offer it for a check, if they wish to help"
}

// rejected is a CVE id of the advisory that was rejected, or "".
func (g *ground) rejected() string {
	for _, one := range g.c.CVEs {
		if one.State == cvd.CVERejected && slices.Contains(g.a.CVEs(), one.ID) {
			return one.ID
		}
	}
	return ""
}

func (g *ground) cve() (bool, string, string) {
	named := g.a.CVEs()
	if id := g.rejected(); id != "" {
		return false, id + " was rejected, and the advisory names it", "a rejected id is never used again: take it out, and have a new one reserved (cve, requested)"
	}
	for _, one := range g.c.CVEs {
		if one.State != cvd.CVERejected && one.ID != "" && !slices.Contains(named, one.ID) {
			return false, one.ID + " is reserved, and the advisory does not name it", "name it in the advisory"
		}
	}
	for _, id := range named {
		if !slices.ContainsFunc(g.c.CVEs, func(one cvd.CVE) bool { return one.ID == id }) {
			return false, "the advisory names " + id + ", of which the case knows nothing", "record that it is reserved, so that the reporter hears of it"
		}
	}
	if len(named) == 0 {
		return false, "there is no CVE id", "reserve one, or ask for one; an advisory may go without"
	}
	return true, "the CVE ids are recorded; their records come after this page, never before", ""
}

func (g *ground) embargo() (bool, string, string) {
	if g.c.Embargoed() {
		return false, "an embargo is active", "wait until it ends, or end it with all who agreed to it"
	}
	return true, "no embargo is active", ""
}

func (g *ground) told() (bool, string, string) {
	r := g.c.Release
	switch {
	case !g.c.Waited():
		return true, "nobody outside waits for it", ""
	case r.Revision > 0:
		return true, "the reporter knows the published advisory", ""
	case g.c.Facts.Has(cvd.FactPublic) || g.c.Facts.Has(cvd.FactAttacks):
		return true, "it is known or attacked already, so nothing is gained by waiting", ""
	case !r.Ahead.IsZero() || !r.Told.IsZero():
		return true, "the reporter was told the date", ""
	}
	return false, "the reporter was not told of the release", "schedule it: they hear the date then, and again before it"
}

func (g *ground) second() (bool, string, string) {
	switch {
	case !g.p.SecondPerson.Publish:
		return true, "the policy asks for no second person", ""
	case g.c.Release.Confirmed == g.c.Release.Draft && g.c.Release.Draft != 0:
		return true, "a second person stands behind this draft", ""
	}
	return false, "the policy asks for a second person, who has not confirmed this draft", "schedule or publish it; another member then confirms"
}
