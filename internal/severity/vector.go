// Package severity reads CVSS vectors and rates them. It holds the rules of the standard and nothing of a case: who scored,
// when and why is recorded elsewhere, and no score is ever made up for a vector that is incomplete or wrong.
package severity

import (
	"fmt"
	"slices"
	"strings"

	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"fairlead/internal/cvd"
)

// Score is a vector with the score and the band that follow from it.
type Score struct {
	Vector  string   // in the standard's order, metrics left undefined ("X") dropped
	Version string   // "3.1" or "4.0"
	Score   float64  // 0.0 to 10.0, one decimal
	Band    cvd.Band // Rate(Score)
}

// field is the name of the vector in faults, as the API has it.
const field = "vector"

// maxVector is the most bytes a vector may have; the longest that says anything has about 220.
const maxVector = 512

// metric is one metric of a standard with the values it may take.
type metric struct {
	name     string
	values   string // separated by blanks
	required bool
}

func (m metric) allows(value string) bool {
	return slices.Contains(strings.Fields(m.values), value)
}

// metrics31 are those of CVSS v3.1, specification section 6.
var metrics31 = []metric{
	{"AV", "N A L P", true},
	{"AC", "L H", true},
	{"PR", "N L H", true},
	{"UI", "N R", true},
	{"S", "U C", true},
	{"C", "N L H", true},
	{"I", "N L H", true},
	{"A", "N L H", true},
	{"E", "X U P F H", false},
	{"RL", "X O T W U", false},
	{"RC", "X U R C", false},
	{"CR", "X L M H", false},
	{"IR", "X L M H", false},
	{"AR", "X L M H", false},
	{"MAV", "X N A L P", false},
	{"MAC", "X L H", false},
	{"MPR", "X N L H", false},
	{"MUI", "X N R", false},
	{"MS", "X U C", false},
	{"MC", "X N L H", false},
	{"MI", "X N L H", false},
	{"MA", "X N L H", false},
}

// metrics40 are those of CVSS v4.0, specification section 7, which also fixes their order.
var metrics40 = []metric{
	{"AV", "N A L P", true},
	{"AC", "L H", true},
	{"AT", "N P", true},
	{"PR", "N L H", true},
	{"UI", "N P A", true},
	{"VC", "H L N", true},
	{"VI", "H L N", true},
	{"VA", "H L N", true},
	{"SC", "H L N", true},
	{"SI", "H L N", true},
	{"SA", "H L N", true},
	{"E", "X A P U", false},
	{"CR", "X H M L", false},
	{"IR", "X H M L", false},
	{"AR", "X H M L", false},
	{"MAV", "X N A L P", false},
	{"MAC", "X L H", false},
	{"MAT", "X N P", false},
	{"MPR", "X N L H", false},
	{"MUI", "X N P A", false},
	{"MVC", "X H L N", false},
	{"MVI", "X H L N", false},
	{"MVA", "X H L N", false},
	{"MSC", "X H L N", false},
	{"MSI", "X S H L N", false},
	{"MSA", "X S H L N", false},
	{"S", "X N P", false},
	{"AU", "X N Y", false},
	{"R", "X A U I", false},
	{"V", "X D C", false},
	{"RE", "X L M H", false},
	{"U", "X Clear Green Amber Red", false},
}

// Parse reads a vector that starts CVSS:3.1/ or CVSS:4.0/ and scores it with every metric it defines: a 3.1 vector with
// environmental metrics gets its environmental score, one with temporal metrics its temporal score, any other its base
// score; a 4.0 vector gets the one score of its metrics. Other versions are refused. Errors: cvd.Faults, all at once, each
// naming the metric or the position, never the submitted words.
func Parse(vector string) (Score, error) {
	if len(vector) > maxVector {
		return Score{}, refuse(fmt.Sprintf("is longer than %d bytes", maxVector), "give the vector alone")
	}
	version, rest, ok := cut(vector)
	if !ok {
		return Score{}, refuse("does not start with CVSS:3.1/ or CVSS:4.0/",
			"give a vector of version 3.1 or 4.0 with its prefix, without blanks around it")
	}
	metrics, score := metrics31, score31
	if version == "4.0" {
		metrics, score = metrics40, score40
	}
	if faults := check(rest, version, metrics); len(faults) > 0 {
		return Score{}, faults
	}
	canonical, number, err := score(vector)
	if err != nil {
		return Score{}, refuse("is no CVSS "+version+" vector", "make it anew with a calculator of that version")
	}
	number = decimal(number)
	return Score{Vector: canonical, Version: version, Score: number, Band: Rate(number)}, nil
}

func cut(vector string) (version, rest string, ok bool) {
	for _, version := range []string{"3.1", "4.0"} {
		if rest, ok := strings.CutPrefix(vector, "CVSS:"+version+"/"); ok {
			return version, rest, true
		}
	}
	return "", "", false
}

func refuse(problem, remedy string) cvd.Faults {
	return cvd.Faults{{Field: field, Problem: problem, Remedy: remedy}}
}

// check names what the library would only call an invalid value or order.
func check(rest, version string, metrics []metric) cvd.Faults {
	var faults cvd.Faults
	add := func(problem, remedy string) { faults = append(faults, refuse(problem, remedy)...) }
	seen, last := map[string]bool{}, -1
	for i, part := range strings.Split(rest, "/") {
		name, value, _ := strings.Cut(part, ":")
		at := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
		switch {
		case at < 0:
			add(fmt.Sprintf("part %d is no metric of CVSS %s", i+1, version), "write METRIC:VALUE, parts separated by one slash")
			continue
		case seen[name]:
			add(fmt.Sprintf("the metric %s is there twice", name), "keep one")
		case at < last && version == "4.0":
			add(fmt.Sprintf("the metric %s comes too late", name), fmt.Sprintf("put it before %s, version 4.0 fixes the order", metrics[last].name))
		}
		if !metrics[at].allows(value) {
			add(fmt.Sprintf("the metric %s has a value CVSS %s does not know", name, version), "use one of "+strings.Join(strings.Fields(metrics[at].values), ", "))
		}
		seen[name], last = true, max(last, at)
	}
	for _, m := range metrics {
		if m.required && !seen[m.name] {
			add(fmt.Sprintf("the base metric %s is missing", m.name), "add it with one of "+strings.Join(strings.Fields(m.values), ", "))
		}
	}
	return faults
}

func score31(vector string) (string, float64, error) {
	v, err := gocvss31.ParseVector(vector)
	if err != nil {
		return "", 0, err
	}
	// The environmental equations differ from the base ones even when nothing is defined (CVSS v3.1 section 7.3), so they
	// apply only where a metric asks for them.
	switch canonical := v.Vector(); {
	case defines(canonical, environmental3):
		return canonical, v.EnvironmentalScore(), nil
	case defines(canonical, temporal3):
		return canonical, v.TemporalScore(), nil
	default:
		return canonical, v.BaseScore(), nil
	}
}

// defines tells whether a metric of the group is in the vector, from which those that are not defined were dropped.
func defines(canonical, group string) bool {
	for name := range strings.FieldsSeq(group) {
		if strings.Contains(canonical, "/"+name+":") {
			return true
		}
	}
	return false
}

func score40(vector string) (string, float64, error) {
	v, err := gocvss40.ParseVector(vector)
	if err != nil {
		return "", 0, err
	}
	return v.Vector(), v.Score(), nil
}

// Rate gives the band of a score: none 0.0, low to 3.9, medium to 6.9, high to 8.9, critical to 10.0 (CVSS v3.1 section 5,
// v4.0 section 6).
func Rate(score float64) cvd.Band {
	switch {
	case score >= 9:
		return cvd.BandCritical
	case score >= 7:
		return cvd.BandHigh
	case score >= 4:
		return cvd.BandMedium
	case score >= 0.1:
		return cvd.BandLow
	default:
		return cvd.BandNone
	}
}
