package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// layout lays a policy out in the order in which a finder asks: our words in the
// reader's language, the policy's in that one too where it has them.
type layout struct {
	*policy.Policy
	voice *words.Voice
}

func newSheet(own *policy.Policy, v View) *sheet {
	p := layout{own.In(v.Voice), v.Voice}
	g := &sheet{p: p}
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

// t is a phrase of ours.
func (p layout) t(id string, pairs ...any) string { return p.voice.Say("policy."+id, pairs...) }

// count is a small number as a word.
func (p layout) count(n int) string {
	if id := "policy.number." + strconv.Itoa(n); p.voice.Has(id) {
		return p.voice.Say(id)
	}
	return strconv.Itoa(n)
}

// list joins words by the last word of the kind, "and" or "or".
func (p layout) list(kind string, items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return p.t("list."+kind, "list", strings.Join(items[:len(items)-1], ", "), "last", items[len(items)-1])
}

// months is a phrase about a number of months; a whole year has its own.
func (p layout) months(id string, n int) string {
	if n == 12 {
		return p.t(id + ".year")
	}
	return p.t(id, "count", n)
}

func (p layout) head(g *sheet, v View) {
	g.head(1, policy.PartPrefix+"policy", p.t("title", "organisation", escape(p.Organisation.Name)))
	var meta []string
	if v.Version > 0 && !v.Since.IsZero() {
		meta = append(meta, p.t("version", "n", v.Version, "day", p.day(v.Since)))
	} else {
		meta = append(meta, p.t("draft"))
	}
	meta = append(meta, p.t("revision", "revision", escape(p.Revision)), p.t("classified", "class", p.class()))
	switch {
	case v.Overdue():
		meta = append(meta, p.t("review-overdue", "day", p.day(v.ReviewDue)))
	case !v.ReviewDue.IsZero():
		meta = append(meta, p.t("review-due", "day", p.day(v.ReviewDue)))
	}
	g.say(strings.Join(meta, " "))
	if p.Intake.Paused != "" {
		g.say("**" + p.t("paused") + "**")
		g.quote(p.Intake.Paused)
	}
	if len(p.Sections) > 0 {
		g.part("about", p.t("about"))
		g.clauses(clauses, p.Sections)
	}
}

func (p layout) reach(g *sheet, v View) {
	g.part("contact", p.t("reach"))
	var lines [][]part
	for _, c := range p.Contacts {
		line, joint := []part{{text: address(c.URI)}}, p.colon()
		if c.Note != "" {
			line = append(line, part{text: joint}, part{escape(strings.TrimSuffix(c.Note, ".")), p.Foreign(c.Note)})
			joint = p.voice.Say("mark.semicolon") + " "
		}
		if c.Urgent {
			line = append(line, part{text: joint + "**" + p.t("reach.urgent") + "**"})
			joint = p.voice.Say("mark.semicolon") + " "
		}
		if c.Encryption != "" {
			line = append(line, part{text: joint + p.t("reach.key", "key", address(c.Encryption))})
		}
		lines = append(lines, line)
	}
	g.lines(lines)
	g.say(p.t("reach.form", "url", v.link("/report")))
	if p.TrackerURL != "" {
		g.say(p.t("reach.tracker", "url", p.TrackerURL))
	}
	g.say(p.t("reach.languages", "languages", escape(p.tongues())))
}

func (p layout) who(g *sheet) {
	g.part("team", p.t("who"))
	if p.Team.Minimum == 1 {
		g.say(p.t("who.member"))
	} else {
		g.say(p.t("who.members", "number", p.count(p.Team.Minimum)))
	}
	g.quote(p.Team.Qualification)
	if p.Team.Duty == "weekly" {
		g.say(p.t("who.duty.weekly"))
	} else {
		g.say(p.t("who.duty.all"))
	}
	g.quote(p.Team.Prioritise)
	g.subclauses("roles", p.t("who.roles"), "", p.Team.Roles)
}

func (p layout) when(g *sheet) {
	g.part("promises", p.t("when"))
	g.say(p.t("when.intro"))
	g.blocks = append(g.blocks, block{
		kind: table, header: []string{p.t("col.step"), p.t("col.time"), p.t("col.weight")}, rows: p.promiseRows(),
	})
	var texts [][]part
	for _, one := range p.Promises.All() {
		if text := one.Promise.Text; text != "" {
			texts = append(texts, []part{{strings.Join(strings.Fields(text), " "), p.Foreign(text)}})
		}
	}
	g.lines(texts)
	g.say(strings.Join(p.hoursLines(), " "))
	g.say(p.t("when.late"))
	if len(p.Checklist) > 0 {
		g.head(3, policy.PartPrefix+"steps", p.t("when.steps"))
		g.clauses(steps, p.Checklist)
	}
	g.head(3, policy.PartPrefix+"severity", p.t("severity"))
	g.say(p.t("severity.method", "method", strings.ToUpper(strings.ReplaceAll(p.Severity.Method, "-", " "))))
	g.quote(p.Severity.Text)
	if p.Emergency.At != "" {
		g.head(3, policy.PartPrefix+"emergency", p.t("emergency"))
		g.say(p.t("emergency.lane", "severity", p.t("band."+string(p.Emergency.At))))
		g.quote(p.Emergency.Text)
		g.say(p.t("emergency.after", "to", escape(p.recipients(p.Emergency.ReportTo)), "span", policy.Span(p.voice, p.Emergency.AfterActionWithin)))
	}
}

// recipients names groups and roles in words.
func (p layout) recipients(names []string) string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if slices.Contains(policy.Targets, n) {
			n = p.t("to." + n)
		} else {
			n = p.t("to.office", "office", p.OfficeTitle(n))
		}
		out = append(out, n)
	}
	return p.list("and", out)
}

// promiseRows is the table of promises: what, how soon, with what weight.
func (p layout) promiseRows() [][]part {
	row := func(step, time, weight string) []part { return []part{{text: step}, {text: time}, {text: weight}} }
	from := map[cvd.ClockKind]string{cvd.ClockUpdate: "last", cvd.ClockNeedsInfo: "question", cvd.ClockFix: "acceptance"}
	span := func(kind cvd.ClockKind, a calendar.Amount) string {
		return p.t("from."+cmp.Or(from[kind], "receipt"), "span", policy.Span(p.voice, a))
	}
	rows := [][]part{row(p.t("step.receipt"), p.t("from.at-once"), p.t("is.promise"))}
	update := false
	for _, one := range p.Promises.All() {
		update = update || one.Kind == cvd.ClockUpdate
		if one.Kind == cvd.ClockNeedsInfo && !update {
			rows = append(rows, row(p.t("step.update"), span(cvd.ClockUpdate, policy.HouseUpdate), p.t("is.house")))
		}
		step, weight := "", p.t("is.promise")
		if one.Promise.Target {
			weight = p.t("is.target")
		}
		switch one.Kind {
		case cvd.ClockFix:
			step = p.t("step.fix", "severity", p.t("band."+string(one.Band)))
		case cvd.ClockNeedsInfo:
			step, weight = p.t("step."+string(one.Kind)), ""
		default:
			step = p.t("step." + string(one.Kind))
		}
		rows = append(rows, row(step, span(one.Kind, one.Promise.Within), weight))
	}
	return rows
}

func (p layout) hoursLines() []string {
	lines := []string{p.t("when.hours", "hours", escape(p.Calendar.Summary(p.voice)))}
	if region := p.Calendar.Holidays.Region; region != "" {
		lines = append(lines, p.t("when.holidays.region", "region", escape(region)))
	} else if len(p.Calendar.Holidays.Add) > 0 {
		lines = append(lines, p.t("when.holidays"))
	}
	for _, c := range p.Calendar.Closures {
		lines = append(lines, p.t("when.closures", "from", p.date(c.From), "to", p.date(c.To), "name", escape(c.Name)))
	}
	return append(lines, p.t("when.plain"))
}

// date writes a day of the file as people read it.
func (p layout) date(iso string) string {
	d, err := calendar.ParseDate(iso)
	if err != nil {
		return escape(iso)
	}
	return p.voice.Day(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), time.UTC)
}

func (p layout) scope(g *sheet) {
	g.part("scope", p.t("scope"))
	g.head(3, policy.PartPrefix+"products", p.t("scope.products"))
	for _, one := range p.Programs {
		if len(p.Programs) > 1 {
			g.say("**" + escape(one.Name) + "**")
		}
		g.quote(one.About)
		if one.Mail != "" {
			g.say(p.t("scope.mail", "address", address("mailto:"+one.Mail)))
		}
		var lines [][]part
		for _, product := range one.Products {
			name := escape(product.Name)
			if len(product.Versions) > 0 {
				name += " " + escape(strings.Join(product.Versions, ", "))
			}
			line := []part{{text: name}}
			if product.Note != "" {
				line = append(line, part{text: p.colon()}, part{escape(product.Note), p.Foreign(product.Note)})
			}
			lines = append(lines, line)
		}
		g.lines(lines)
	}
	g.subclauses("in-scope", p.t("scope.in"), "", p.Scope.In)
	g.subclauses("out-of-scope", p.t("scope.out"), "", p.Scope.Out)
	if p.Scope.ThirdParty.ID != "" {
		g.subclauses("third-party", p.t("scope.third-party"), "", []policy.Clause{p.Scope.ThirdParty})
	}
	g.subclauses("non-issues", p.t("scope.non-issues"), p.t("scope.non-issues.intro"), p.Scope.NonIssues)
}

func (p layout) rules(g *sheet) {
	if len(p.Guidelines) > 0 {
		g.part("guidelines", p.t("guidelines"))
		g.say(p.t("guidelines.intro"))
		g.clauses(clauses, p.Guidelines)
	}
	g.part("safe-harbour", p.t("harbour"))
	h := p.SafeHarbour
	if h.NoLegalAction {
		g.say(p.t("harbour.legal"))
	}
	if h.NoLawEnforcement {
		g.say(p.t("harbour.police"))
	}
	if !h.NoLegalAction && !h.NoLawEnforcement && h.Text == "" {
		g.say(p.t("harbour.none"))
	}
	p.stance(g, 0)
	if len(p.Legal) > 0 {
		g.part("legal", p.t("legal"))
		g.clauses(clauses, p.Legal)
	}
}

// stance adds the own words of a stance, under its id if it has one; where
// the id is that of a clause elsewhere, it is cited there.
func (p layout) stance(g *sheet, i int) {
	s := p.Stances()[i].Clause
	for _, at := range p.Placed() {
		if at.Clause.ID == s.ID && s.ID != "" {
			g.quote(s.Text)
			g.say(p.t("cite", "clause", "["+escape(at.Clause.Title)+"](#"+s.ID+")"))
			return
		}
	}
	g.cited(s.ID, s.Title, s.Text)
}

func (p layout) outcome(g *sheet, v View) {
	g.part("rewards", p.t("rewards"))
	if p.Rewards.Bounty {
		g.say(p.t("rewards.bounty"))
	} else {
		g.say(p.t("rewards.no-bounty"))
	}
	g.say(p.t("recognition." + p.Rewards.Recognition))
	p.stance(g, 1)
	p.publication(g, v)
}

func (p layout) tell(g *sheet) {
	g.part("information", p.t("tell"))
	g.say(p.t("tell.intro"))
	var lines [][]part
	for _, f := range p.Information {
		line := []part{{"**" + escape(f.Label) + "**", p.Foreign(f.Label)}}
		if f.Required || f.Name == "description" {
			line = append(line, part{text: " (" + p.t("tell.required") + ")"})
		}
		if f.Help != "" {
			line = append(line, part{text: p.colon()}, part{escape(f.Help), p.Foreign(f.Help)})
		}
		lines = append(lines, line)
	}
	g.lines(lines)
	g.subclauses("evidence", p.t("evidence"), p.t("evidence.intro"), p.Evidence)
}

func (p layout) privacy(g *sheet) {
	g.part("privacy", p.t("privacy"))
	g.quote(p.Privacy.Notice)
	lines := []string{p.t("privacy.controller", "who", escape(p.Privacy.Controller))}
	if p.Privacy.Contact != "" {
		lines = append(lines, p.t("privacy.contact", "address", address(p.Privacy.Contact)))
	}
	if len(p.Privacy.BreachRegimes) > 0 {
		lines = append(lines, p.t("privacy.breach", "regimes", escape(strings.Join(p.Privacy.BreachRegimes, "; "))))
	}
	if m := p.Retention.ClosedCasesMonths; m > 0 {
		lines = append(lines, p.months("privacy.kept", m))
	} else {
		lines = append(lines, p.t("privacy.kept.open"))
	}
	g.say(strings.Join(lines, " "))
	g.quote(p.Retention.Text)
}

func (p layout) review(g *sheet, v View) {
	g.part("review", p.t("review"))
	g.say(p.months("review.every", p.Review.EveryMonths))
	var signs []string
	for _, s := range p.Review.SignOffs {
		signs = append(signs, p.t("review.by."+s.Act, "office", escape(p.OfficeTitle(s.Office))))
	}
	if len(signs) > 0 {
		g.say(p.t("review.signed", "signatures", strings.Join(signs, ", ")))
	}
	g.head(3, policy.PartPrefix+"history", p.t("review.history"))
	if rows := History(p.Policy, v.Recorded); len(rows) > 0 {
		g.blocks = append(g.blocks, p.revisionTable(rows))
		if slices.ContainsFunc(rows, func(r RevisionRow) bool { return r.Declared }) {
			g.say(p.t("review.declared"))
		}
	} else {
		g.say(p.t("review.none"))
	}
	g.head(3, policy.PartPrefix+"feedback", p.t("suggest"))
	if p.Feedback.Text == "" {
		g.say(p.t("suggest.intro"))
	}
	g.quote(p.Feedback.Text)
	if p.SourceURL != "" {
		g.say(p.t("suggest.source", "url", p.SourceURL))
	}
}

func (p layout) revisionTable(rows []RevisionRow) block {
	b := block{kind: table, header: []string{
		p.t("col.revision"), p.t("col.date"), p.t("col.changes"), p.t("col.reviewed"), p.t("col.approved"), p.t("col.origin"),
	}}
	for _, r := range rows {
		origin := p.t("origin.declared")
		if !r.Declared {
			origin = p.t("origin.version", "n", r.Version)
		}
		b.rows = append(b.rows, []part{
			{text: escape(r.Revision)},
			{text: escape(r.Date)},
			{escape(r.Changes), p.Foreign(r.Changes)},
			{text: names(r.ReviewedBy)},
			{text: names(r.ApprovedBy)},
			{text: origin},
		})
	}
	return b
}
