// Package vers writes ranges of versions as version range specifiers and reads
// them back: "vers:semver/>=1.0.0|<1.2.3". It never compares two versions and
// never decides whether one lies in a range.
package vers

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"fairlead/internal/cvd"
)

// All is the specifier of every version there is.
const All = "vers:all/*"

// The schemes that are not named after an ecosystem.
const (
	Semver  = "semver"
	Git     = "git"     // commits; ">=" is "descends from"
	Generic = "generic" // nobody said how versions compare
)

// Range is what a specifier says.
type Range struct {
	Scheme string // "" for one that came without "vers:scheme/"
	// Events are the turns of the range in their order. Upper bounds that exclude
	// their version are Limits: whether it is fixed there the specifier does not say.
	Events   []cvd.VersionEvent
	Versions []string // single versions beside the range
}

// All tells whether the range holds every version.
func (r Range) All() bool {
	return r.Scheme == "all" && len(r.Versions) == 0 && len(r.Events) == 1 && r.Events[0].Introduced == "0"
}

// Constraints writes the events alone, such as ">=1.0.0|<1.2.3". Introduced "0"
// with an upper bound behind it goes without saying; alone it is "*".
func Constraints(events []cvd.VersionEvent) string {
	var out []string
	for i, e := range events {
		switch {
		case e.Introduced == "0" && i+1 < len(events) && events[i+1].Introduced == "":
		case e.Introduced == "0" && len(events) == 1:
			out = append(out, "*")
		case e.Introduced != "" && i+1 < len(events) && events[i+1].LastAffected == e.Introduced:
			// One version: ">=1|<=1" would name it twice, which specifiers forbid.
		case e.LastAffected != "" && i > 0 && events[i-1].Introduced == e.LastAffected:
			out = append(out, escape(e.LastAffected))
		case e.Introduced != "":
			out = append(out, ">="+escape(e.Introduced))
		case e.Fixed != "":
			out = append(out, "<"+escape(e.Fixed))
		case e.Limit != "":
			out = append(out, "<"+escape(e.Limit))
		case e.LastAffected != "":
			out = append(out, "<="+escape(e.LastAffected))
		}
	}
	return strings.Join(out, "|")
}

// Write writes the events as a specifier of the scheme.
func Write(scheme string, events []cvd.VersionEvent) string {
	return "vers:" + scheme + "/" + Constraints(events)
}

// specifier is the form that CSAF 2.0 test 6.2.18 asks for.
var specifier = regexp.MustCompile(`^vers:([a-z.+-][a-z0-9.+-]*)/(.+)$`)

// Read reads a specifier, or constraints without their scheme (CSAF 2.0,
// 3.1.2.3.2, calls them vers-like). Bounds that a range of events cannot hold
// (">" and "!=") are an error, as is what is no specifier at all.
func Read(s string) (Range, error) {
	var r Range
	rest := s
	if m := specifier.FindStringSubmatch(s); m != nil {
		r.Scheme, rest = m[1], m[2]
	} else if strings.HasPrefix(s, "vers:") || strings.IndexAny(s, "<>=*") != 0 {
		return r, fmt.Errorf("%w: no version range specifier", cvd.ErrUnreadable)
	}
	if strings.TrimSpace(rest) == "*" {
		r.Events = []cvd.VersionEvent{{Introduced: "0"}}
		return r, nil
	}
	open := false // whether a lower bound waits for its upper one
	for one := range strings.SplitSeq(rest, "|") {
		op, version, err := constraint(one)
		if err != nil {
			return r, err
		}
		if (op == "<" || op == "<=") && !open && len(r.Events) == 0 {
			r.Events = append(r.Events, cvd.VersionEvent{Introduced: "0"})
		}
		switch op {
		case ">=":
			r.Events = append(r.Events, cvd.VersionEvent{Introduced: version})
			open = true
		case "<":
			r.Events = append(r.Events, cvd.VersionEvent{Limit: version})
			open = false
		case "<=":
			r.Events = append(r.Events, cvd.VersionEvent{LastAffected: version})
			open = false
		case "=":
			r.Versions = append(r.Versions, version)
		default:
			return r, fmt.Errorf("%w: a range of events has no place for the comparator %s", cvd.ErrInvalid, op)
		}
	}
	return r, nil
}

// constraint divides a constraint into its comparator and its version.
func constraint(s string) (op, version string, err error) {
	s = strings.TrimSpace(s)
	op = "="
	for _, c := range []string{">=", "<=", "!=", "<", ">", "="} {
		if tail, ok := strings.CutPrefix(s, c); ok {
			op, s = c, strings.TrimSpace(tail)
			break
		}
	}
	version, err = url.PathUnescape(s)
	if err != nil || version == "" || strings.ContainsAny(s, "<>=!* \t") {
		return "", "", fmt.Errorf("%w: no version in a constraint", cvd.ErrUnreadable)
	}
	return op, version, nil
}

// escape quotes what may not stand in a version of a specifier.
func escape(version string) string {
	var b strings.Builder
	for i := range len(version) {
		c := version[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".-_~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// schemes are the names of ecosystems, as the OSV schema registers them, whose
// versions a scheme orders.
var schemes = map[string]string{
	"Alpine": "alpine", "Bitnami": "semver", "CRAN": "cran", "crates.io": "cargo", "Debian": "deb", "Go": "golang", "Hackage": "hackage",
	"Hex": "hex", "Maven": "maven", "npm": "npm", "NuGet": "nuget", "Packagist": "composer", "Pub": "pub", "PyPI": "pypi",
	"Red Hat": "rpm", "RubyGems": "gem", "SwiftURL": "swift", "Ubuntu": "deb", "openSUSE": "rpm", "SUSE": "rpm", "AlmaLinux": "rpm", "Rocky Linux": "rpm",
}

// Scheme names the scheme by which versions of a range compare: the kind's own
// for SEMVER and GIT, else that of the product's ecosystem or package URL, else
// Generic.
func Scheme(kind cvd.RangeKind, p *cvd.AdvisoryProduct) string {
	switch kind {
	case cvd.RangeSemver:
		return Semver
	case cvd.RangeGit:
		return Git
	case cvd.RangeEcosystem:
	}
	ecosystem, _, _ := strings.Cut(p.Ecosystem, ":")
	if s := schemes[ecosystem]; s != "" && s != Semver {
		return s
	}
	if kind, _, ok := strings.Cut(strings.TrimPrefix(p.PURL, "pkg:"), "/"); ok && p.PURL != "" && specifier.MatchString("vers:"+kind+"/*") && kind != Semver && kind != Git {
		return kind
	}
	return Generic
}

// Kind is the kind of range whose versions the scheme orders.
func Kind(scheme string) cvd.RangeKind {
	switch scheme {
	case Semver:
		return cvd.RangeSemver
	case Git:
		return cvd.RangeGit
	}
	return cvd.RangeEcosystem
}
