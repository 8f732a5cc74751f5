package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// layout lays a policy out in the order in which a finder asks.
type layout struct{ *policy.Policy }

func (p layout) sheet(v View) *sheet {
	g := &sheet{}
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
	g.head(1, policy.PartPrefix+"policy", fmt.Sprintf(english.Title, escape(p.Organisation.Name)))
	var meta []string
	if v.Version > 0 && !v.Since.IsZero() {
		meta = append(meta, fmt.Sprintf(english.VersionLine, v.Version, p.day(v.Since)))
	} else {
		meta = append(meta, english.Draft)
	}
	meta = append(meta, fmt.Sprintf(english.RevisionLine, escape(p.Revision)), fmt.Sprintf(english.Classified, escape(p.Classification)))
	switch {
	case v.Overdue():
		meta = append(meta, fmt.Sprintf(english.ReviewOverdue, p.day(v.ReviewDue)))
	case !v.ReviewDue.IsZero():
		meta = append(meta, fmt.Sprintf(english.ReviewDue, p.day(v.ReviewDue)))
	}
	g.say(strings.Join(meta, " "))
	if p.Intake.Paused != "" {
		g.say("**" + english.Paused + "**")
		g.say(p.Intake.Paused)
	}
	if len(p.Sections) > 0 {
		g.part("about", english.About)
		g.clauses(clauses, p.Policy, p.Sections)
	}
}

func (p layout) reach(g *sheet, v View) {
	g.part("contact", english.Reach)
	var lines []string
	for _, c := range p.Contacts {
		line := address(c.URI)
		var notes []string
		if c.Note != "" {
			notes = append(notes, escape(strings.TrimSuffix(c.Note, ".")))
		}
		if c.Urgent {
			notes = append(notes, "**"+english.ReachUrgent+"**")
		}
		if c.Encryption != "" {
			notes = append(notes, fmt.Sprintf(english.ReachKey, address(c.Encryption)))
		}
		if len(notes) > 0 {
			line += ": " + strings.Join(notes, "; ")
		}
		lines = append(lines, line)
	}
	g.list(lines)
	g.say(fmt.Sprintf(english.ReachForm, v.link("/report")))
	if p.TrackerURL != "" {
		g.say(fmt.Sprintf(english.ReachTracker, p.TrackerURL))
	}
	g.say(fmt.Sprintf(english.ReachLanguages, escape(tongues(p.Languages))))
}

func (p layout) who(g *sheet) {
	g.part("team", english.Who)
	if p.Team.Minimum == 1 {
		g.say(english.WhoMember)
	} else {
		g.say(fmt.Sprintf(english.WhoMembers, count(p.Team.Minimum)))
	}
	g.say(p.Team.Qualification)
	if p.Team.Duty == "weekly" {
		g.say(english.WhoDutyWeekly)
	} else {
		g.say(english.WhoDutyAll)
	}
	g.say(p.Team.Prioritise)
	g.subclauses(p.Policy, "roles", english.WhoRoles, "", p.Team.Roles)
}

func (p layout) when(g *sheet) {
	g.part("promises", english.When)
	g.say(english.WhenIntro)
	g.blocks = append(g.blocks, block{
		kind: table, header: []string{english.ColStep, english.ColTime, english.ColWeight}, rows: p.promiseRows(),
	})
	var texts []string
	for _, one := range p.Promises.All() {
		if one.Promise.Text != "" {
			texts = append(texts, strings.Join(strings.Fields(one.Promise.Text), " "))
		}
	}
	g.list(texts)
	g.say(strings.Join(p.hoursLines(), " "))
	g.say(english.WhenLate)
	if len(p.Checklist) > 0 {
		g.head(3, policy.PartPrefix+"steps", english.WhenSteps)
		g.clauses(steps, p.Policy, p.Checklist)
	}
	g.head(3, policy.PartPrefix+"severity", english.Severity)
	g.say(fmt.Sprintf(english.SeverityMethod, strings.ToUpper(strings.ReplaceAll(p.Severity.Method, "-", " "))))
	g.say(p.Severity.Text)
	if p.Emergency.At != "" {
		g.head(3, policy.PartPrefix+"emergency", english.Emergency)
		g.say(fmt.Sprintf(english.EmergencyLane, escape(string(p.Emergency.At))))
		g.say(p.Emergency.Text)
		g.say(fmt.Sprintf(english.EmergencyAfter, escape(p.recipients(p.Emergency.ReportTo)), p.Emergency.AfterActionWithin))
	}
}

// recipients names groups and roles in words.
func (p layout) recipients(names []string) string {
	words := map[string]string{"on-duty": "whoever is on duty", "other": "the other members", "team": "the team", "lead": "the team lead", "officers": "the officers"}
	out := make([]string, 0, len(names))
	for _, n := range names {
		if w, ok := words[n]; ok {
			n = w
		} else if r, ok := p.Office(n); ok {
			n = "the " + r.Title
		}
		out = append(out, n)
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// promiseRows is the table of promises: what, how soon, with what weight.
func (p layout) promiseRows() [][]string {
	rows := [][]string{{english.StepReceipt, english.AtOnce, english.IsPromise}}
	steps := map[cvd.ClockKind][2]string{
		cvd.ClockAcknowledge: {english.StepAcknowledge, english.FromReceipt},
		cvd.ClockFollowUp:    {english.StepFollowUp, english.FromReceipt},
		cvd.ClockVerify:      {english.StepVerify, english.FromReceipt},
		cvd.ClockUpdate:      {english.StepUpdate, english.FromLast},
		cvd.ClockNeedsInfo:   {english.StepNeedsInfo, english.FromQuestion},
		cvd.ClockDisclose:    {english.StepDisclose, english.FromReceipt},
	}
	update := false
	house := []string{english.StepUpdate, fmt.Sprintf(english.FromLast, policy.HouseUpdate), english.IsHouse}
	for _, one := range p.Promises.All() {
		update = update || one.Kind == cvd.ClockUpdate
		if one.Kind == cvd.ClockNeedsInfo && !update {
			rows = append(rows, house)
		}
		words, weight := steps[one.Kind], english.IsPromise
		if one.Promise.Target {
			weight = english.IsTarget
		}
		if one.Kind == cvd.ClockFix {
			words = [2]string{fmt.Sprintf(english.StepFix, one.Band), english.FromAcceptance}
		}
		if one.Kind == cvd.ClockNeedsInfo {
			weight = ""
		}
		rows = append(rows, []string{words[0], fmt.Sprintf(words[1], one.Promise.Within), weight})
	}
	return rows
}

func (p layout) hoursLines() []string {
	lines := []string{fmt.Sprintf(english.WhenHours, escape(p.Calendar.Summary()))}
	if region := p.Calendar.Holidays.Region; region != "" {
		lines = append(lines, fmt.Sprintf(english.WhenHolidaysRegion, escape(region)))
	} else if len(p.Calendar.Holidays.Add) > 0 {
		lines = append(lines, english.WhenHolidays)
	}
	for _, c := range p.Calendar.Closures {
		lines = append(lines, fmt.Sprintf(english.WhenClosures, longDate(c.From), longDate(c.To), escape(c.Name)))
	}
	return append(lines, english.WhenPlain)
}

func longDate(iso string) string {
	d, err := calendar.ParseDate(iso)
	if err != nil {
		return escape(iso)
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format("2 January 2006")
}

func (p layout) scope(g *sheet) {
	g.part("scope", english.Scope)
	g.head(3, policy.PartPrefix+"products", english.ScopeProducts)
	for _, one := range p.Programs {
		if len(p.Programs) > 1 {
			g.say("**" + escape(one.Name) + "**")
		}
		g.say(one.About)
		if one.Mail != "" {
			g.say(fmt.Sprintf(english.ProgramMail, address("mailto:"+one.Mail)))
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
		g.list(lines)
	}
	g.subclauses(p.Policy, "in-scope", english.ScopeIn, "", p.Scope.In)
	g.subclauses(p.Policy, "out-of-scope", english.ScopeOut, "", p.Scope.Out)
	if p.Scope.ThirdParty.ID != "" {
		g.subclauses(p.Policy, "third-party", english.ScopeThird, "", []policy.Clause{p.Scope.ThirdParty})
	}
	g.subclauses(p.Policy, "non-issues", english.NonIssues, english.NonIssuesIntro, p.Scope.NonIssues)
}

func (p layout) rules(g *sheet) {
	if len(p.Guidelines) > 0 {
		g.part("guidelines", english.Guidelines)
		g.say(english.GuidelinesIntro)
		g.clauses(clauses, p.Policy, p.Guidelines)
	}
	g.part("safe-harbour", english.SafeHarbour)
	h := p.SafeHarbour
	if h.NoLegalAction {
		g.say(english.HarbourLegal)
	}
	if h.NoLawEnforcement {
		g.say(english.HarbourPolice)
	}
	if !h.NoLegalAction && !h.NoLawEnforcement && h.Text == "" {
		g.say(english.HarbourNone)
	}
	p.stance(g, 0)
	if len(p.Legal) > 0 {
		g.part("legal", english.Legal)
		g.clauses(clauses, p.Policy, p.Legal)
	}
}

// stance adds the own words of a stance, under its id if it has one; where
// the id is that of a clause elsewhere, it is cited there.
func (p layout) stance(g *sheet, i int) {
	s := p.Stances()[i].Clause
	for _, at := range p.Placed() {
		if at.Clause.ID == s.ID && s.ID != "" {
			g.say(s.Text)
			g.say(fmt.Sprintf(english.Cite, "["+escape(at.Clause.Title)+"](#"+s.ID+")") + ".")
			return
		}
	}
	g.cited(s.ID, s.Title, s.Text)
}

func (p layout) outcome(g *sheet, v View) {
	g.part("rewards", english.Rewards)
	if p.Rewards.Bounty {
		g.say(english.RewardsBounty)
	} else {
		g.say(english.RewardsNoBounty)
	}
	g.say(map[string]string{"none": english.RecognitionNone, "cve-credit": english.RecognitionCVE, "page": english.RecognitionPage}[p.Rewards.Recognition])
	p.stance(g, 1)
	p.publication(g, v)
}

func (p layout) tell(g *sheet) {
	g.part("information", english.Tell)
	g.say(english.TellIntro)
	var lines []string
	for _, f := range p.Information {
		line := "**" + escape(f.Label) + "**"
		if f.Required || f.Name == "description" {
			line += " (" + english.TellRequired + ")"
		}
		if f.Help != "" {
			line += ": " + escape(f.Help)
		}
		lines = append(lines, line)
	}
	g.list(lines)
	g.subclauses(p.Policy, "evidence", english.Evidence, english.EvidenceIntro, p.Evidence)
}

func (p layout) privacy(g *sheet) {
	g.part("privacy", english.Privacy)
	g.say(p.Privacy.Notice)
	lines := []string{fmt.Sprintf(english.PrivacyController, escape(p.Privacy.Controller))}
	if p.Privacy.Contact != "" {
		lines = append(lines, fmt.Sprintf(english.PrivacyContact, address(p.Privacy.Contact)))
	}
	if len(p.Privacy.BreachRegimes) > 0 {
		lines = append(lines, fmt.Sprintf(english.PrivacyBreach, escape(strings.Join(p.Privacy.BreachRegimes, "; "))))
	}
	if m := p.Retention.ClosedCasesMonths; m > 0 {
		lines = append(lines, fmt.Sprintf(english.KeptFor, months(m)))
	} else {
		lines = append(lines, english.KeptOpen)
	}
	g.say(strings.Join(lines, " "))
	g.say(p.Retention.Text)
}

func months(n int) string {
	switch {
	case n == 12:
		return "year"
	case n == 1:
		return "month"
	}
	return fmt.Sprintf("%d months", n)
}

func (p layout) review(g *sheet, v View) {
	g.part("review", english.Review)
	g.say(fmt.Sprintf(english.ReviewEvery, months(p.Review.EveryMonths)))
	var signs []string
	for _, s := range p.Review.SignOffs {
		words := english.SignReviewed
		if s.Act == "approved" {
			words = english.SignApproved
		}
		signs = append(signs, fmt.Sprintf(words, escape(s.Office)))
	}
	if len(signs) > 0 {
		g.say(fmt.Sprintf(english.ReviewSigned, strings.Join(signs, ", ")))
	}
	g.head(3, policy.PartPrefix+"history", english.ReviewHistory)
	if rows := History(p.Policy, v.Recorded); len(rows) > 0 {
		g.blocks = append(g.blocks, revisionTable(rows))
		if slices.ContainsFunc(rows, func(r RevisionRow) bool { return r.Declared }) {
			g.say(english.ReviewDeclared)
		}
	} else {
		g.say(english.ReviewNone)
	}
	g.head(3, policy.PartPrefix+"feedback", english.Suggest)
	if p.Feedback.Text == "" {
		g.say(english.SuggestIntro)
	}
	g.say(p.Feedback.Text)
	if p.SourceURL != "" {
		g.say(fmt.Sprintf(english.SuggestSource, p.SourceURL))
	}
}

func revisionTable(rows []RevisionRow) block {
	b := block{kind: table, header: []string{
		english.ColRevision, english.ColDate, english.ColChanges, english.ColReviewed, english.ColApproved, english.ColOrigin,
	}}
	for _, r := range rows {
		origin := english.OriginDeclared
		if !r.Declared {
			origin = fmt.Sprintf(english.OriginVersion, r.Version)
		}
		b.rows = append(b.rows, []string{
			escape(r.Revision), escape(r.Date), escape(r.Changes),
			names(r.ReviewedBy), names(r.ApprovedBy), origin,
		})
	}
	return b
}
