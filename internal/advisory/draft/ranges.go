package draft

import (
	"fmt"
	"regexp"
	"strings"

	"fairlead/internal/cvd"
)

// rangesText writes ranges as people type them, one a line: ">= 1.0, < 1.4".
func rangesText(all []cvd.VersionRange) string {
	var lines []string
	for _, one := range all {
		line := ""
		flush := func() {
			if line != "" {
				lines = append(lines, line)
			}
			line = ""
		}
		for _, ev := range one.Events {
			switch {
			case ev.Introduced != "":
				flush()
				line = ">= " + ev.Introduced
			case ev.Fixed != "":
				line += ", < " + ev.Fixed
				flush()
			case ev.LastAffected != "":
				line += ", <= " + ev.LastAffected
				flush()
			}
		}
		flush()
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), ">= 0, ", "")
}

var (
	bound  = regexp.MustCompile(`^(>=|<=|<)\s*([^\s,<>=]+)$`)
	semver = regexp.MustCompile(`^(0|[0-9]+\.[0-9]+\.[0-9]+([-+].*)?)$`)
)

// ranges reads lines such as ">= 1.0, < 1.4", "< 1.4" and ">= 2.0".
func (r *reader) ranges(field, text string) []cvd.VersionRange {
	out := cvd.VersionRange{Kind: cvd.RangeSemver}
	for n, line := range lines(text) {
		events := []cvd.VersionEvent{{Introduced: "0"}}
		for _, part := range strings.Split(line, ",") {
			m := bound.FindStringSubmatch(strings.TrimSpace(part))
			if m == nil {
				r.faults = append(r.faults, cvd.Fault{
					Field: field, Problem: fmt.Sprintf("line %d is no range of versions", n+1), Remedy: "write it as >= 1.0, < 1.4, or < 1.4, or >= 2.0",
				})
				return nil
			}
			if !semver.MatchString(m[2]) {
				out.Kind = cvd.RangeEcosystem
			}
			switch m[1] {
			case ">=":
				events[0].Introduced = m[2]
			case "<":
				events = append(events, cvd.VersionEvent{Fixed: m[2]})
			default:
				events = append(events, cvd.VersionEvent{LastAffected: m[2]})
			}
		}
		out.Events = append(out.Events, events...)
	}
	if len(out.Events) == 0 {
		return nil
	}
	return []cvd.VersionRange{out}
}
