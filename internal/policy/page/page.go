package page

import (
	"slices"
	"strings"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

func (p layout) sheet(v View) *sheet {
	g := &sheet{layout: p}
	p.head(g, v)
	p.reach(g, v)
	p.who(g)
	p.when(g)
	p.scope(g)
	p.rules(g)
	p.outcome(g, v)
	p.tell(g)
	p.privacy(g)
	p.review(g, v)
	return g
}

func (p layout) head(g *sheet, v View) {
	g.head(1, policy.PartPrefix+"policy", p.say("title", "organisation", escape(p.Organisation.Name)))
	var meta []string
	if v.Version > 0 && !v.Since.IsZero() {
		meta = append(meta, p.say("version-line", "number", v.Version, "day", p.day(v.Since)))
	} else {
		meta = append(meta, p.say("draft"))
	}
	meta = append(meta, p.say("revision-line", "revision", escape(p.Revision)), p.say("classified", "classification", p.classification()))
	switch {
	case v.Overdue():
		meta = append(meta, p.say("review-overdue", "day", p.day(v.ReviewDue)))
	case !v.ReviewDue.IsZero():
		meta = append(meta, p.say("review-due", "day", p.day(v.ReviewDue)))
	}
	g.say(strings.Join(meta, " "))
	if p.Intake.Paused != "" {
		g.say("**" + p.say("paused") + "**")
		g.quote(p.Intake.Paused)
	}
	if len(p.Sections) > 0 {
		g.part("about", p.say("about"))
		g.clauses(clauses, p.Policy, p.Sections)
	}
}

func (p layout) reach(g *sheet, v View) {
	g.part("contact", p.say("reach"))
	var lines []string
	for _, c := range p.Contacts {
		line := address(c.URI)
		var notes []string
		if c.Note != "" {
			notes = append(notes, p.theirs(strings.TrimSuffix(c.Note, ".")))
		}
		if c.Urgent {
			notes = append(notes, "**"+p.say("reach-urgent")+"**")
		}
		if c.Encryption != "" {
			notes = append(notes, p.say("reach-key", "key", address(c.Encryption)))
		}
		if len(notes) > 0 {
			line += ": " + strings.Join(notes, "; ")
		}
		lines = append(lines, line)
	}
	g.lines(lines)
	g.say(p.say("reach-form", "url", v.link("/report")))
	if p.TrackerURL != "" {
		g.say(p.say("reach-tracker", "url", p.TrackerURL))
	}
	g.say(p.say("reach-languages", "languages", escape(tongues(p.v, p.Languages))))
}

func (p layout) who(g *sheet) {
	g.part("team", p.say("who"))
	g.say(p.say("who-members", "count", p.Team.Minimum))
	g.quote(p.Team.Qualification)
	if p.Team.Duty == "weekly" {
		g.say(p.say("who-duty-weekly"))
	} else {
		g.say(p.say("who-duty-all"))
	}
	g.quote(p.Team.Prioritise)
	g.subclauses(p.Policy, "roles", p.say("who-roles"), "", p.Team.Roles)
}

func (p layout) when(g *sheet) {
	g.part("promises", p.say("when"))
	g.say(p.say("when-intro"))
	g.blocks = append(g.blocks, block{
		kind: table, header: []string{p.say("col-step"), p.say("col-time"), p.say("col-weight")}, rows: p.promiseRows(),
	})
	var texts []string
	for _, one := range p.Promises.All() {
		if one.Promise.Text != "" {
			texts = append(texts, strings.Join(strings.Fields(one.Promise.Text), " "))
		}
	}
	g.quotes(texts)
	g.say(strings.Join(p.hoursLines(), " "))
	g.say(p.say("when-late"))
	if len(p.Checklist) > 0 {
		g.head(3, policy.PartPrefix+"steps", p.say("when-steps"))
		g.clauses(steps, p.Policy, p.Checklist)
	}
	g.head(3, policy.PartPrefix+"severity", p.say("severity"))
	g.say(p.say("severity-method", "method", strings.ToUpper(strings.ReplaceAll(p.Severity.Method, "-", " "))))
	g.quote(p.Severity.Text)
	if p.Emergency.At != "" {
		g.head(3, policy.PartPrefix+"emergency", p.say("emergency"))
		g.say(p.say("emergency-lane", "band", p.v.Say("band."+string(p.Emergency.At))))
		g.quote(p.Emergency.Text)
		g.say(p.say("emergency-after", "whom", p.recipients(p.Emergency.ReportTo), "amount", p.amount(p.Emergency.AfterActionWithin)))
	}
}

// recipients names groups and roles in words.
func (p layout) recipients(names []string) string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if p.v.Has("policy.to." + n) {
			n = p.say("to." + n)
		} else if r, ok := p.Office(n); ok {
			n = p.say("to.office", "office", p.theirs(r.Title))
		} else {
			n = escape(n)
		}
		out = append(out, n)
	}
	return p.list("and", out)
}

// classification says who may read the policy.
func (p layout) classification() string {
	if id := "classification." + p.Classification; p.v.Has("policy." + id) {
		return p.say(id)
	}
	return p.theirs(p.Classification)
}

// promiseRows is the table of promises: what, how soon, with what weight.
func (p layout) promiseRows() [][]string {
	rows := [][]string{{p.say("step-receipt"), p.say("at-once"), p.say("is-promise")}}
	steps := map[cvd.ClockKind][2]string{
		cvd.ClockAcknowledge: {"step-acknowledge", "from-receipt"},
		cvd.ClockFollowUp:    {"step-follow-up", "from-receipt"},
		cvd.ClockVerify:      {"step-verify", "from-receipt"},
		cvd.ClockUpdate:      {"step-update", "from-last"},
		cvd.ClockNeedsInfo:   {"step-needs-info", "from-question"},
		cvd.ClockDisclose:    {"step-disclose", "from-receipt"},
		cvd.ClockFix:         {"step-fix", "from-acceptance"},
	}
	update := false
	house := []string{p.say("step-update"), p.say("from-last", "amount", p.amount(policy.HouseUpdate)), p.say("is-house")}
	for _, one := range p.Promises.All() {
		update = update || one.Kind == cvd.ClockUpdate
		if one.Kind == cvd.ClockNeedsInfo && !update {
			rows = append(rows, house)
		}
		ids, weight := steps[one.Kind], p.say("is-promise")
		if one.Promise.Target {
			weight = p.say("is-target")
		}
		if one.Kind == cvd.ClockNeedsInfo {
			weight = ""
		}
		what := p.say(ids[0], "band", p.v.Say("band."+string(one.Band)))
		rows = append(rows, []string{what, p.say(ids[1], "amount", p.amount(one.Promise.Within)), weight})
	}
	return rows
}

func (p layout) hoursLines() []string {
	lines := []string{p.say("when-hours", "hours", escape(hours(p.v, &p.Calendar)))}
	if region := p.Calendar.Holidays.Region; region != "" {
		lines = append(lines, p.say("when-holidays-region", "region", escape(region)))
	} else if len(p.Calendar.Holidays.Add) > 0 {
		lines = append(lines, p.say("when-holidays"))
	}
	for _, c := range p.Calendar.Closures {
		lines = append(lines, p.say("when-closures", "from", p.date(c.From), "to", p.date(c.To), "name", p.theirs(c.Name)))
	}
	return append(lines, p.say("when-plain"))
}

// date is a date of the file as people read it.
func (p layout) date(iso string) string {
	d, err := calendar.ParseDate(iso)
	if err != nil {
		return escape(iso)
	}
	return p.v.Day(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), time.UTC)
}

func (p layout) scope(g *sheet) {
	g.part("scope", p.say("scope"))
	g.head(3, policy.PartPrefix+"products", p.say("scope-products"))
	for _, one := range p.Programs {
		if len(p.Programs) > 1 {
			g.say("**" + p.theirs(one.Name) + "**")
		}
		g.quote(one.About)
		if one.Mail != "" {
			g.say(p.say("program-mail", "address", address("mailto:"+one.Mail)))
		}
		var lines []string
		for _, product := range one.Products {
			line := escape(product.Name)
			if len(product.Versions) > 0 {
				line += " " + escape(strings.Join(product.Versions, ", "))
			}
			if product.Note != "" {
				line += ": " + escape(product.Note)
			}
			lines = append(lines, line)
		}
		g.quotes(lines)
	}
	g.subclauses(p.Policy, "in-scope", p.say("scope-in"), "", p.Scope.In)
	g.subclauses(p.Policy, "out-of-scope", p.say("scope-out"), "", p.Scope.Out)
	if p.Scope.ThirdParty.ID != "" {
		g.subclauses(p.Policy, "third-party", p.say("scope-third"), "", []policy.Clause{p.Scope.ThirdParty})
	}
	g.subclauses(p.Policy, "non-issues", p.say("non-issues"), p.say("non-issues-intro"), p.Scope.NonIssues)
}

func (p layout) rules(g *sheet) {
	if len(p.Guidelines) > 0 {
		g.part("guidelines", p.say("guidelines"))
		g.say(p.say("guidelines-intro"))
		g.clauses(clauses, p.Policy, p.Guidelines)
	}
	g.part("safe-harbour", p.say("safe-harbour"))
	h := p.SafeHarbour
	if h.NoLegalAction {
		g.say(p.say("harbour-legal"))
	}
	if h.NoLawEnforcement {
		g.say(p.say("harbour-police"))
	}
	if !h.NoLegalAction && !h.NoLawEnforcement && h.Text == "" {
		g.say(p.say("harbour-none"))
	}
	p.stance(g, 0)
	if len(p.Legal) > 0 {
		g.part("legal", p.say("legal"))
		g.clauses(clauses, p.Policy, p.Legal)
	}
}

// stance adds the own words of a stance, under its id if it has one; where
// the id is that of a clause elsewhere, it is cited there.
func (p layout) stance(g *sheet, i int) {
	s := p.Stances()[i].Clause
	for _, at := range p.Placed() {
		if at.Clause.ID == s.ID && s.ID != "" {
			g.quote(s.Text)
			g.say(p.say("cite", "clause", "["+p.theirs(at.Clause.Title)+"](#"+s.ID+")") + ".")
			return
		}
	}
	g.cited(s.ID, s.Title, s.Text)
}

func (p layout) outcome(g *sheet, v View) {
	g.part("rewards", p.say("rewards"))
	if p.Rewards.Bounty {
		g.say(p.say("rewards-bounty"))
	} else {
		g.say(p.say("rewards-no-bounty"))
	}
	g.say(map[string]string{"none": p.say("recognition-none"), "cve-credit": p.say("recognition-cve"), "page": p.say("recognition-page")}[p.Rewards.Recognition])
	p.stance(g, 1)
	p.publication(g, v)
}

func (p layout) tell(g *sheet) {
	g.part("information", p.say("tell"))
	g.say(p.say("tell-intro"))
	var lines []string
	for _, f := range p.Information {
		line := "**" + p.theirs(f.Label) + "**"
		if f.Required || f.Name == "description" {
			line += " (" + p.say("tell-required") + ")"
		}
		if f.Help != "" {
			line += ": " + p.theirs(f.Help)
		}
		lines = append(lines, line)
	}
	g.lines(lines)
	g.subclauses(p.Policy, "evidence", p.say("evidence"), p.say("evidence-intro"), p.Evidence)
}

func (p layout) privacy(g *sheet) {
	g.part("privacy", p.say("privacy"))
	g.quote(p.Privacy.Notice)
	lines := []string{p.say("privacy-controller", "who", p.theirs(p.Privacy.Controller))}
	if p.Privacy.Contact != "" {
		lines = append(lines, p.say("privacy-contact", "address", address(p.Privacy.Contact)))
	}
	if len(p.Privacy.BreachRegimes) > 0 {
		lines = append(lines, p.say("privacy-breach", "regimes", p.theirs(strings.Join(p.Privacy.BreachRegimes, "; "))))
	}
	if m := p.Retention.ClosedCasesMonths; m > 0 {
		lines = append(lines, p.months("kept-for", m))
	} else {
		lines = append(lines, p.say("kept-open"))
	}
	g.say(strings.Join(lines, " "))
	g.quote(p.Retention.Text)
}

// months says an interval: twelve of them are a year.
func (p layout) months(id string, n int) string {
	if n == 12 {
		return p.say(id + ".year")
	}
	return p.say(id+".months", "count", n)
}

func (p layout) review(g *sheet, v View) {
	g.part("review", p.say("review"))
	g.say(p.months("review-every", p.Review.EveryMonths))
	var signs []string
	for _, s := range p.Review.SignOffs {
		id := "sign-reviewed"
		if s.Act == "approved" {
			id = "sign-approved"
		}
		signs = append(signs, p.say(id, "office", p.theirs(s.Office)))
	}
	if len(signs) > 0 {
		g.say(p.say("review-signed", "signs", strings.Join(signs, ", ")))
	}
	g.head(3, policy.PartPrefix+"history", p.say("review-history"))
	if rows := History(p.Policy, v.Recorded); len(rows) > 0 {
		g.blocks = append(g.blocks, p.revisionTable(rows))
		if slices.ContainsFunc(rows, func(r RevisionRow) bool { return r.Declared }) {
			g.say(p.say("review-declared"))
		}
	} else {
		g.say(p.say("review-none"))
	}
	g.head(3, policy.PartPrefix+"feedback", p.say("suggest"))
	if p.Feedback.Text == "" {
		g.say(p.say("suggest-intro"))
	}
	g.quote(p.Feedback.Text)
	if p.SourceURL != "" {
		g.say(p.say("suggest-source", "url", p.SourceURL))
	}
}

func (p layout) revisionTable(rows []RevisionRow) block {
	b := block{kind: table, header: []string{
		p.say("col-revision"), p.say("col-date"), p.say("col-changes"), p.say("col-reviewed"), p.say("col-approved"), p.say("col-origin"),
	}}
	for _, r := range rows {
		origin := p.say("origin-declared")
		if !r.Declared {
			origin = p.say("origin-version", "number", r.Version)
		}
		b.rows = append(b.rows, []string{
			escape(r.Revision), escape(r.Date), p.theirs(r.Changes),
			names(r.ReviewedBy), names(r.ApprovedBy), origin,
		})
	}
	return b
}
