package ghsa

import (
	"encoding/json"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// semver are the ecosystems whose versions are those of semver.org.
var semver = map[string]bool{"Go": true, "npm": true, "crates.io": true}

// readPackage reads one entry of the list of vulnerable packages.
func readPackage(r *advisory.Reading, a *cvd.Advisory, v *cvd.Vulnerability, i int, in *vulnerable) {
	at := advisory.Pointer("vulnerabilities", i)
	if in.Package.Name == "" {
		r.Lose(at, "it names no package")
		return
	}
	ecosystem, known := ecosystems[strings.ToLower(in.Package.Ecosystem)]
	if !known {
		r.Lose(at+"/package/ecosystem", "the OSV schema registers no such ecosystem; the package is kept by its name")
	}
	id := ecosystem + ":" + in.Package.Name
	if !known {
		id = in.Package.Name
	}
	if a.Product(id) == nil {
		p := cvd.AdvisoryProduct{ID: id, Vendor: in.Package.Name, Name: in.Package.Name}
		if known {
			p.Ecosystem, p.Package = ecosystem, in.Package.Name
		}
		a.Products = append(a.Products, p)
	}
	af := cvd.Affect{Product: id, Status: cvd.StatusAffected}
	if len(in.Functions) > 0 {
		// So GitHub's own export to OSV names them.
		af.Specific, _ = json.Marshal(map[string][]string{"affected_functions": in.Functions})
	}
	kind := cvd.RangeEcosystem
	if semver[ecosystem] {
		kind = cvd.RangeSemver
	}
	ranges, versions, sharp, ok := parseRange(in.Range, kind)
	if !ok {
		r.Lose(at+"/vulnerable_version_range", "it cannot be read; all versions are listed as affected")
		r.Keep(at, mustJSON(in))
	} else if !sharp {
		r.Lose(at+"/vulnerable_version_range", "the record knows no open beginning of a range, so the version behind > is in it")
	}
	af.Ranges, af.Versions = ranges, versions
	v.Affects = append(v.Affects, af)
	var fixed []string
	for _, p := range patched(in) {
		if !ends(ranges, p) {
			fixed = append(fixed, p)
		}
	}
	if len(fixed) > 0 {
		v.Affects = append(v.Affects, cvd.Affect{Product: id, Status: cvd.StatusFixed, Versions: fixed})
	}
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

// patched lists the versions that are said to be fixed.
func patched(in *vulnerable) []string {
	var first string
	var object struct {
		Identifier string `json:"identifier"`
	}
	if json.Unmarshal(in.First, &first) != nil {
		_ = json.Unmarshal(in.First, &object) // of another shape says nothing we know
		first = object.Identifier
	}
	var out []string
	for _, p := range append([]string{first}, strings.Split(in.Patched, ",")...) {
		p = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(p), "=>"))
		if p != "" && !strings.ContainsAny(p, "<> ") && (len(out) == 0 || out[len(out)-1] != p) {
			out = append(out, p)
		}
	}
	return out
}

func ends(ranges []cvd.VersionRange, version string) bool {
	for _, r := range ranges {
		for _, e := range r.Events {
			if e.Fixed == version {
				return true
			}
		}
	}
	return false
}

// parseRange reads comparisons joined by commas, such as ">= 1.0, < 1.4". An empty
// text is every version. sharp is false where a range begins behind a version, which
// becomes one with it.
func parseRange(s string, kind cvd.RangeKind) (ranges []cvd.VersionRange, versions []string, sharp, ok bool) {
	from, to, sharp := "", cvd.VersionEvent{}, true
	begun := false
	flush := func() {
		if !begun {
			return
		}
		if from == "" {
			from = "0"
		}
		events := []cvd.VersionEvent{{Introduced: from}}
		if to != (cvd.VersionEvent{}) {
			events = append(events, to)
		}
		ranges = append(ranges, cvd.VersionRange{Kind: kind, Events: events})
		from, to, begun = "", cvd.VersionEvent{}, false
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil, true, true
	}
	for part := range strings.SplitSeq(s, ",") {
		op, version := compare(part)
		switch op {
		case ">=", ">":
			flush() // a new beginning ends the range before
			from, begun, sharp = version, true, sharp && op == ">="
		case "<", "<=":
			if to != (cvd.VersionEvent{}) {
				flush()
			}
			if begun = true; op == "<" {
				to = cvd.VersionEvent{Fixed: version}
			} else {
				to = cvd.VersionEvent{LastAffected: version}
			}
		case "=":
			versions = append(versions, version)
		default:
			return nil, nil, true, false
		}
	}
	flush()
	return ranges, versions, sharp, true
}

// compare divides a comparison; op is empty for what is none.
func compare(s string) (op, version string) {
	s = strings.TrimSpace(s)
	for _, op := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			version = strings.TrimSpace(rest)
			if version == "" || strings.ContainsAny(version, " <>=") {
				return "", ""
			}
			return op, version
		}
	}
	return "", ""
}
