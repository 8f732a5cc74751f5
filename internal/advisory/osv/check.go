package osv

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// Check says all that is wrong with an OSV document: as errors what the schema
// 1.7 forbids, as warnings what makes it useless to those who match by it. It
// looks at one document alone, never at what it names.
func Check(b []byte) []advisory.Finding {
	var d document
	r, err := advisory.Read(b, &d, time.Time{})
	if err != nil {
		return []advisory.Finding{{Level: advisory.LevelError, Rule: "osv-schema", Fault: cvd.Fault{
			Field: "", Problem: "is no readable JSON document", Remedy: "write one OSV record as UTF-8 JSON",
		}}}
	}
	c := &checking{}
	for _, f := range r.Faults {
		c.Err("osv-schema", f.Field, f.Problem, f.Remedy)
	}
	for _, l := range r.Lost {
		if strings.Count(l.Pointer, "/") == 1 {
			c.Err("osv-schema", strings.TrimPrefix(l.Pointer, "/"), "is no member of an OSV record", "put it under database_specific")
		}
	}
	c.head(&d)
	for i, s := range d.Severity {
		c.severity(fmt.Sprintf("severity[%d]", i), s)
	}
	for i := range d.Affected {
		c.affected(fmt.Sprintf("affected[%d]", i), &d.Affected[i], len(d.Severity) > 0)
	}
	if len(d.Affected) == 0 && d.Withdrawn == "" {
		c.Warn("osv-affected", "affected", "names nothing, so no scanner will find it", "name a package with its ranges")
	}
	c.rest(&d)
	return c.Findings
}

type checking struct{ advisory.Findings }

func (c *checking) head(d *document) {
	switch {
	case d.ID == "":
		c.Err("osv-id", "id", "is missing", "give the record an id")
	case !prefixes().MatchString(d.ID):
		c.Err("osv-id", "id", "begins with no prefix that is registered at OSV", "begin it with x_, or register the database")
	}
	if slices.Contains(d.Aliases, d.ID) && d.ID != "" {
		c.Warn("osv-aliases", "aliases", "name the record itself", "take its own id out")
	}
	if c.instant("modified", d.Modified); d.Modified == "" {
		c.Err("osv-modified", "modified", "is missing", "give the instant of the last change in UTC")
	}
	c.instant("published", d.Published)
	c.instant("withdrawn", d.Withdrawn)
	if d.Summary == "" && d.Details == "" {
		c.Warn("osv-details", "details", "is missing, and so is the summary", "say what the flaw is")
	}
	if strings.Contains(d.Summary, "\n") {
		c.Warn("osv-summary", "summary", "is longer than a line", "move the rest into details")
	}
}

func (c *checking) instant(field, s string) {
	if s == "" {
		return
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	switch {
	case err != nil || !strings.HasSuffix(s, "Z"):
		c.Err("osv-time", field, "is no RFC 3339 instant in UTC", "write it as 2026-11-25T12:00:00Z")
	case t.Year() <= 1:
		c.Warn("osv-time", field, "is in the year 1, which says nothing", "give the real instant")
	}
}

var (
	vector2 = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^((AV:[NAL]|AC:[LMH]|Au:[MSN]|[CIA]:[NPC]|E:(U|POC|F|H|ND)|RL:(OF|TF|W|U|ND)|RC:(UC|UR|C|ND)|CDP:(N|L|LM|MH|H|ND)|TD:(N|L|M|H|ND)|[CIA]R:(L|M|H|ND))(/|$))+$`)
	})
	ubuntu = []string{"negligible", "low", "medium", "high", "critical"}
	hash   = regexp.MustCompile(`^(0|[a-f0-9]{40}|[a-f0-9]{64})$`)
)

func (c *checking) severity(field string, s score) {
	ok := false
	switch s.Type {
	case "CVSS_V2":
		ok = vector2().MatchString(s.Score) && !strings.HasSuffix(s.Score, "/")
	case "CVSS_V3":
		// The vectors of 3.0 and 3.1 are written alike; only their scores differ.
		v, err := severity.Parse(strings.Replace(s.Score, "CVSS:3.0/", "CVSS:3.1/", 1))
		ok = err == nil && v.Version == "3.1"
	case "CVSS_V4":
		v, err := severity.Parse(s.Score)
		ok = err == nil && v.Version == "4.0"
	case "Ubuntu":
		ok = slices.Contains(ubuntu, s.Score)
	default:
		c.Err("osv-severity", field+".type", "is no type of severity", "one of CVSS_V2, CVSS_V3, CVSS_V4, Ubuntu")
		return
	}
	if !ok {
		c.Err("osv-severity", field+".score", "is no vector of its type", "give the whole vector, not a number")
	}
}

func (c *checking) affected(field string, a *affected, rated bool) {
	switch {
	case a.Package == nil:
		c.Warn("osv-package", field+".package", "is missing, so that only commits can be matched", "name the package")
	case a.Package.Name == "" || a.Package.Ecosystem == "":
		c.Err("osv-package", field+".package", "lacks its name or its ecosystem", "give both")
	default:
		if _, known := ecosystem.Find(a.Package.Ecosystem); !known {
			c.Err("osv-ecosystem", field+".package.ecosystem", "is not registered", "use a name of the OSV schema, spelled as there")
		}
	}
	for i, s := range a.Severity {
		c.severity(fmt.Sprintf("%s.severity[%d]", field, i), s)
	}
	if rated && len(a.Severity) > 0 {
		c.Err("osv-severity", field+".severity", "stands beside a severity of the whole record", "keep one of the two")
	}
	if len(a.Ranges) == 0 && len(a.Versions) == 0 {
		c.Warn("osv-ranges", field, "has neither ranges nor versions, and matches nothing", "give ranges")
	}
	for i := range a.Ranges {
		c.span(fmt.Sprintf("%s.ranges[%d]", field, i), &a.Ranges[i])
	}
}

func (c *checking) span(field string, s *span) {
	git := s.Type == string(cvd.RangeGit)
	if !slices.Contains(rangeKinds, s.Type) {
		c.Err("osv-ranges", field+".type", "is no kind of range", "one of "+strings.Join(rangeKinds, ", "))
	}
	if git && s.Repo == "" {
		c.Err("osv-ranges", field+".repo", "is missing", "name the repository of the commits")
	}
	var introduced, fixed, last bool
	seen := map[string]bool{}
	for i, e := range s.Events {
		at := fmt.Sprintf("%s.events[%d]", field, i)
		said := 0
		for _, v := range []string{e.Introduced, e.Fixed, e.LastAffected, e.Limit} {
			if v == "" {
				continue
			}
			said++
			if git && !hash.MatchString(v) {
				c.Err("osv-git", at, "is no full commit hash", "write 40 or 64 hexadecimal digits")
			}
			if seen[v] {
				c.Warn("osv-events", at, "repeats a version of the range", "let each event have a version of its own")
			}
			seen[v] = true
		}
		if said != 1 {
			c.Err("osv-events", at, "is not exactly one of introduced, fixed, last_affected, limit", "make an event for each")
		}
		introduced, fixed, last = introduced || e.Introduced != "", fixed || e.Fixed != "", last || e.LastAffected != ""
	}
	if !introduced {
		c.Err("osv-events", field+".events", "never says introduced", `begin with introduced, "0" for the beginning`)
	}
	if fixed && last {
		c.Err("osv-events", field+".events", "has both fixed and last_affected", "use fixed where there is a fix, else last_affected")
	}
}

func (c *checking) rest(d *document) {
	for i, r := range d.References {
		field := fmt.Sprintf("references[%d]", i)
		if !slices.Contains(referenceKinds, r.Type) {
			c.Err("osv-references", field+".type", "is no type of reference", "one of "+strings.Join(referenceKinds, ", "))
		}
		if !advisory.IsURI(r.URL) {
			c.Err("osv-references", field+".url", "is no absolute URL", "write it with its scheme")
		}
	}
	for i, one := range d.Credits {
		field := fmt.Sprintf("credits[%d]", i)
		if one.Name == "" {
			c.Err("osv-credits", field+".name", "is missing", "name whoever is credited")
		}
		if one.Type != "" && !slices.Contains(creditKinds, one.Type) {
			c.Err("osv-credits", field+".type", "is no type of credit", "one of "+strings.Join(creditKinds, ", "))
		}
	}
}
