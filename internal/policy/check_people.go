package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
)

// people holds every alarm, report and signature to have somebody to go to.
func (c *checker) people() {
	p := c.p
	known := slices.Clone(Targets)
	var offices []string
	for _, r := range p.Team.Roles {
		known = append(known, r.ID)
		offices = append(offices, r.Title)
	}
	for i, to := range p.Emergency.ReportTo {
		if to != "" && !slices.Contains(known, to) {
			c.fault(fmt.Sprintf("emergency.report_to[%d]", i), "names nobody whom this policy knows",
				source.DidYouMean(to, known, "write "+source.OrList(Targets)+", or the id of one of the team's roles"))
		}
	}
	seen := map[string]bool{}
	for i, s := range p.Review.SignOffs {
		path := fmt.Sprintf("review.sign_offs[%d]", i)
		if s.Office == "" {
			continue
		}
		if _, ok := p.Office(s.Office); !ok {
			c.fault(path+".office", "is no office of the team", source.DidYouMean(s.Office, offices, "add it to team.roles, or write the title or id of a role that stands there"))
		}
		key := strings.ToLower(s.Office) + "\x00" + s.Act
		if seen[key] {
			c.fault(path, "the same signature is demanded twice", "remove one of the two")
		}
		seen[key] = true
	}
	var before time.Duration
	for i, e := range p.Promises.Escalation {
		if d := rough(e.After); d < before {
			c.fault(fmt.Sprintf("promises.escalation[%d].after", i), "comes before the step above it", "put the earliest step first")
		} else {
			before = d
		}
	}
}

// rough orders amounts for the eye; eight business hours make a day.
func rough(a calendar.Amount) time.Duration {
	switch a.Unit {
	case calendar.BusinessDays, calendar.Days:
		return time.Duration(a.N) * 24 * time.Hour
	case calendar.BusinessHours:
		return time.Duration(a.N) * 3 * time.Hour
	}
	return time.Duration(a.N) * time.Hour
}

var weekdays = map[string]time.Weekday{
	"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday,
	"friday": time.Friday, "saturday": time.Saturday, "sunday": time.Sunday,
}

// calendar holds the working calendar to be one that can be counted by.
func (c *checker) calendar() {
	if c.p.Calendar.Zone == "" || len(c.p.Calendar.Hours) == 0 {
		return
	}
	cfg, faults := c.p.Calendar.config()
	for _, f := range faults {
		c.fault(f.path, f.problem, f.remedy)
	}
	if len(faults) > 0 { // check the rest alone, or numbers of items would shift
		nine := []calendar.Span{{From: 9 * 60, To: 17 * 60}}
		cfg = calendar.Config{Zone: cfg.Zone, Region: cfg.Region, Week: map[time.Weekday][]calendar.Span{time.Monday: nine}}
	}
	_, err := calendar.New(cfg)
	var found cvd.Faults
	if err != nil && !errors.As(err, &found) {
		found = cvd.Faults{{Problem: err.Error()}}
	}
	for _, f := range found {
		if f.Field == "region" {
			f.Remedy = source.DidYouMean(cfg.Region, calendar.Regions(), f.Remedy)
		}
		c.fault(calendarPath(f.Field), f.Problem, f.Remedy)
	}
}

// calendarPath is where a member of calendar.Config stands in the file.
func calendarPath(field string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(field, "[", "."), ".")
	switch head {
	case "week":
		return "calendar.hours" + strings.TrimPrefix(field, "week")
	case "region", "add", "remove":
		return "calendar.holidays." + field
	case "":
		return "calendar"
	}
	return "calendar." + field
}

// unwise warns of what is allowed but most likely not meant.
func (c *checker) unwise() {
	p := c.p
	urgent := func(one Contact) bool { return one.Urgent }
	if i := slices.IndexFunc(p.Guidelines, func(g Clause) bool { return g.Urgent }); i >= 0 && !slices.ContainsFunc(p.Contacts, urgent) {
		c.warn(fmt.Sprintf("guidelines[%d].urgent", i), "asks for contact at once, but no contact is marked urgent", "mark one of the contacts with urgent: true")
	}
	if !slices.ContainsFunc(p.Contacts, func(one Contact) bool { return strings.HasPrefix(one.URI, "mailto:") }) && len(p.Contacts) > 0 {
		c.warn("contacts", "no mail address among them", "add one: many finders have no other way")
	}
	english := func(tag string) bool { return tag == "en" || strings.HasPrefix(tag, "en-") }
	if len(p.Languages) > 0 && !slices.ContainsFunc(p.Languages, english) {
		c.warn("languages", "English is not among them", "add en: most finders write it (BSI TR-03183-3, section 4.2)")
	}
	if len(p.Information) > 0 && !slices.ContainsFunc(p.Information, func(f Field) bool { return f.Name == "reporter.email" }) {
		c.warn("information", "does not ask for a mail address", "add reporter.email, or reporters hear of news only by looking")
	}
	for i, f := range p.Information {
		if f.Required && f.Name != "description" {
			c.warn(fmt.Sprintf("information[%d].required", i), "turns away whoever cannot answer", "leave it to be asked for later")
		}
	}
	if p.Promises.Acknowledge.Target {
		c.warn("promises.acknowledge.target", "the acknowledgement is only a target", "make it a promise: reporters rely on it")
	}
	sp := p.SecondPerson
	if p.Team.Minimum == 1 && (sp.Invalidate || sp.OutOfScope || sp.Publish || sp.Noncompliance) {
		c.warn("team.minimum", "rulings need a second person, but one member is enough", "write 2 or more")
	}
	if p.Intake.Paused != "" {
		c.warn("intake.paused", "the page tells reporters that the team pauses", "remove it when the pause is over")
	}
	if p.Classification != "public" && p.Classification != "" {
		c.warn("classification", "the policy is not public", "write public, or finders cannot read it")
	}
}
