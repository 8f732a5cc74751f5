package severity

import (
	"fmt"
	"math"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"
)

// Reading is a vector of any version of the standard with the scores that follow from it. Older versions are read because
// imported records and other people's documents carry them; Parse alone judges what is scored here.
type Reading struct {
	Version string // "2.0", "3.0", "3.1" or "4.0"
	Vector  string // as it was given
	// Base, Temporal and Environmental are the three scores of versions 2 and 3, each with the metrics not defined left out
	// as the standard says. Version 4.0 has one score, which is in all three.
	Base, Temporal, Environmental float64
	// HasTemporal and HasEnvironmental tell whether the vector defines a metric of that group.
	HasTemporal, HasEnvironmental bool

	metrics map[string]string
}

// Metric is the value of a metric by its short name, or "" where the vector does not have it.
func (r Reading) Metric(name string) string { return r.metrics[name] }

// Groups of metrics beyond the base, by version.
const (
	temporal3      = "E RL RC"
	environmental3 = "CR IR AR MAV MAC MPR MUI MS MC MI MA"
	base2          = "AV AC Au C I A"
	temporal2      = "E RL RC"
	environmental2 = "CDP TD CR IR AR"
)

// scored is what the library gives for versions 2 and 3.
type scored interface {
	BaseScore() float64
	TemporalScore() float64
	EnvironmentalScore() float64
}

// Read reads a vector of version 2.0 (which has no prefix), 3.0, 3.1 or 4.0 and scores it. Errors: cvd.Faults that never
// repeat the vector.
func Read(vector string) (Reading, error) {
	if len(vector) > maxVector {
		return Reading{}, refuse(fmt.Sprintf("is longer than %d bytes", maxVector), "give the vector alone")
	}
	r := Reading{Vector: vector, Version: "2.0", metrics: map[string]string{}}
	rest := vector
	if tail, ok := strings.CutPrefix(vector, "CVSS:"); ok {
		r.Version, rest, _ = strings.Cut(tail, "/")
	}
	for part := range strings.SplitSeq(rest, "/") {
		name, value, _ := strings.Cut(part, ":")
		r.metrics[name] = value
	}
	var s scored
	var err error
	switch r.Version {
	case "2.0":
		s, err = gocvss20.ParseVector(complete(rest, r.metrics))
	case "3.0":
		s, err = gocvss30.ParseVector(vector)
	case "3.1":
		s, err = gocvss31.ParseVector(vector)
	case "4.0":
		var v *gocvss40.CVSS40
		if v, err = gocvss40.ParseVector(vector); err == nil {
			s = one(v.Score())
		}
	default:
		return Reading{}, refuse("is of a version that nobody here reads", "give a vector of CVSS 2.0, 3.0, 3.1 or 4.0")
	}
	if err != nil {
		return Reading{}, refuse("is no CVSS "+r.Version+" vector", "make it anew with a calculator of that version")
	}
	r.Base, r.Temporal, r.Environmental = decimal(s.BaseScore()), decimal(s.TemporalScore()), decimal(s.EnvironmentalScore())
	switch r.Version {
	case "2.0":
		r.HasTemporal, r.HasEnvironmental = r.any(temporal2, "ND"), r.any(environmental2, "ND")
	case "3.0", "3.1":
		r.HasTemporal, r.HasEnvironmental = r.any(temporal3, "X"), r.any(environmental3, "X")
	}
	return r, nil
}

// complete adds what a vector of version 2.0 leaves undefined of a group of which
// it defines something; the library wants whole groups, the standard's schema does
// not. A vector that is wrong stays as it is.
func complete(vector string, metrics map[string]string) string {
	var out []string
	known := 0
	for _, group := range []string{base2, temporal2, environmental2} {
		var parts []string
		some := false
		for name := range strings.FieldsSeq(group) {
			value, ok := metrics[name]
			switch {
			case ok:
				known, some = known+1, true
			case group == base2:
				return vector
			default:
				value = "ND"
			}
			parts = append(parts, name+":"+value)
		}
		if some {
			out = append(out, parts...)
		}
	}
	if known != strings.Count(vector, "/")+1 {
		return vector
	}
	return strings.Join(out, "/")
}

// Score is the score of every metric that the vector defines: environmental, else temporal, else base.
func (r Reading) Score() float64 {
	switch {
	case r.HasEnvironmental:
		return r.Environmental
	case r.HasTemporal:
		return r.Temporal
	}
	return r.Base
}

// any tells whether a metric of the group is there with a value other than the one for not defined.
func (r Reading) any(group, undefined string) bool {
	for name := range strings.FieldsSeq(group) {
		if v := r.metrics[name]; v != "" && v != undefined {
			return true
		}
	}
	return false
}

// one is the single score of version 4.0.
type one float64

func (o one) BaseScore() float64          { return float64(o) }
func (o one) TemporalScore() float64      { return float64(o) }
func (o one) EnvironmentalScore() float64 { return float64(o) }

// decimal undoes what binary arithmetic adds to a score of one decimal.
func decimal(score float64) float64 { return math.Round(score*10) / 10 }
