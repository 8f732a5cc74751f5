package judge

import (
	"strings"

	"fairlead/internal/severity"
)

// metric is a metric of CVSS as JSON has it: the member's name, the short name,
// and each value with its short one.
type metric struct{ member, short, values string }

const (
	high3  = "NONE:N LOW:L HIGH:H"
	need3  = "LOW:L MEDIUM:M HIGH:H NOT_DEFINED:X"
	part2  = "NONE:N PARTIAL:P COMPLETE:C"
	need2  = "LOW:L MEDIUM:M HIGH:H NOT_DEFINED:ND"
	vector = "NETWORK:N ADJACENT_NETWORK:A LOCAL:L PHYSICAL:P"
)

var metrics3 = []metric{
	{"attackVector", "AV", vector},
	{"attackComplexity", "AC", "HIGH:H LOW:L"},
	{"privilegesRequired", "PR", high3},
	{"userInteraction", "UI", "NONE:N REQUIRED:R"},
	{"scope", "S", "UNCHANGED:U CHANGED:C"},
	{"confidentialityImpact", "C", high3},
	{"integrityImpact", "I", high3},
	{"availabilityImpact", "A", high3},
	{"exploitCodeMaturity", "E", "UNPROVEN:U PROOF_OF_CONCEPT:P FUNCTIONAL:F HIGH:H NOT_DEFINED:X"},
	{"remediationLevel", "RL", "OFFICIAL_FIX:O TEMPORARY_FIX:T WORKAROUND:W UNAVAILABLE:U NOT_DEFINED:X"},
	{"reportConfidence", "RC", "UNKNOWN:U REASONABLE:R CONFIRMED:C NOT_DEFINED:X"},
	{"confidentialityRequirement", "CR", need3},
	{"integrityRequirement", "IR", need3},
	{"availabilityRequirement", "AR", need3},
	{"modifiedAttackVector", "MAV", vector + " NOT_DEFINED:X"},
	{"modifiedAttackComplexity", "MAC", "HIGH:H LOW:L NOT_DEFINED:X"},
	{"modifiedPrivilegesRequired", "MPR", high3 + " NOT_DEFINED:X"},
	{"modifiedUserInteraction", "MUI", "NONE:N REQUIRED:R NOT_DEFINED:X"},
	{"modifiedScope", "MS", "UNCHANGED:U CHANGED:C NOT_DEFINED:X"},
	{"modifiedConfidentialityImpact", "MC", high3 + " NOT_DEFINED:X"},
	{"modifiedIntegrityImpact", "MI", high3 + " NOT_DEFINED:X"},
	{"modifiedAvailabilityImpact", "MA", high3 + " NOT_DEFINED:X"},
}

var metrics2 = []metric{
	{"accessVector", "AV", "NETWORK:N ADJACENT_NETWORK:A LOCAL:L"},
	{"accessComplexity", "AC", "HIGH:H MEDIUM:M LOW:L"},
	{"authentication", "Au", "MULTIPLE:M SINGLE:S NONE:N"},
	{"confidentialityImpact", "C", part2},
	{"integrityImpact", "I", part2},
	{"availabilityImpact", "A", part2},
	{"exploitability", "E", "UNPROVEN:U PROOF_OF_CONCEPT:POC FUNCTIONAL:F HIGH:H NOT_DEFINED:ND"},
	{"remediationLevel", "RL", "OFFICIAL_FIX:OF TEMPORARY_FIX:TF WORKAROUND:W UNAVAILABLE:U NOT_DEFINED:ND"},
	{"reportConfidence", "RC", "UNCONFIRMED:UC UNCORROBORATED:UR CONFIRMED:C NOT_DEFINED:ND"},
	{"collateralDamagePotential", "CDP", "NONE:N LOW:L LOW_MEDIUM:LM MEDIUM_HIGH:MH HIGH:H NOT_DEFINED:ND"},
	{"targetDistribution", "TD", "NONE:N LOW:L MEDIUM:M HIGH:H NOT_DEFINED:ND"},
	{"confidentialityRequirement", "CR", need2},
	{"integrityRequirement", "IR", need2},
	{"availabilityRequirement", "AR", need2},
}

// cvss2 and cvss3 are the shapes of scores (FIRST's JSON schemas of CVSS 2.0, 3.0
// and 3.1); the vector itself is read by 6.1.8.
var (
	cvss2 = scoreShape("2.0", "version vectorString baseScore", metrics2)
	cvss3 = &shape{any: []*shape{
		scoreShape("3.0", "version vectorString baseScore baseSeverity", metrics3),
		scoreShape("3.1", "version vectorString baseScore baseSeverity", metrics3),
	}}
)

func scoreShape(version, required string, metrics []metric) *shape {
	bands := words("NONE LOW MEDIUM HIGH CRITICAL")
	members := fields{
		"version": words(version), "vectorString": text,
		"baseScore": number, "temporalScore": number, "environmentalScore": number,
	}
	if version != "2.0" {
		members["baseSeverity"], members["temporalSeverity"], members["environmentalSeverity"] = bands, bands, bands
	}
	for _, m := range metrics {
		var values []string
		for pair := range strings.FieldsSeq(m.values) {
			value, _, _ := strings.Cut(pair, ":")
			values = append(values, value)
		}
		members[m.member] = &shape{is: "string", enum: values}
	}
	return object(required, members)
}

// scored calls f for each score of CVSS 2 and 3 in the document.
func (j *judge) scored(f func(s node, metrics []metric)) {
	for _, v := range j.vulnerabilities() {
		for _, score := range v.each("scores") {
			if score.has("cvss_v2") {
				f(score.get("cvss_v2"), metrics2)
			}
			if score.has("cvss_v3") {
				f(score.get("cvss_v3"), metrics3)
			}
		}
	}
}

// read reads the vector of a score, if it is one of the version that it says.
func (n node) reading() (severity.Reading, bool) {
	r, err := severity.Read(n.say("vectorString"))
	return r, err == nil && r.Version == n.say("version")
}

var scoreTests = []test{
	{"6.1.7", func(j *judge) {
		for _, v := range j.vulnerabilities() {
			seen := map[string]bool{}
			for _, score := range v.each("scores") {
				for _, member := range []string{"cvss_v2", "cvss_v3"} {
					if !score.has(member) {
						continue
					}
					for _, id := range score.each("products") {
						key := score.path(member, "version").text() + " " + id.text()
						j.need(!seen[key], id, "has a score of this version of CVSS already", "keep one score a version and product")
						seen[key] = true
					}
				}
			}
		}
	}},
	{"6.1.8", func(j *judge) {
		j.scored(func(s node, _ []metric) {
			_, ok := s.reading()
			j.need(ok, s.get("vectorString"), "is no vector of the version beside it", "make it anew with a calculator of that version")
		})
	}},
	{"6.1.9", func(j *judge) {
		j.scored(func(s node, _ []metric) {
			r, ok := s.reading()
			if !ok {
				return
			}
			for _, one := range []struct {
				name  string
				score float64
			}{{"base", r.Base}, {"temporal", r.Temporal}, {"environmental", r.Environmental}} {
				given, is := s.get(one.name + "Score").v.(float64)
				j.need(!is || given == one.score, s.get(one.name+"Score"), "does not follow from the vector", "give the score of the vector, or another vector")
				band := s.get(one.name + "Severity")
				j.need(band.v == nil || band.text() == strings.ToUpper(string(severity.Rate(one.score))), band, "does not follow from the score", "give the band of the score")
			}
		})
	}},
	{"6.1.10", func(j *judge) {
		j.scored(func(s node, metrics []metric) {
			r, ok := s.reading()
			if !ok {
				return
			}
			for _, m := range metrics {
				given := s.say(m.member)
				for pair := range strings.FieldsSeq(m.values) {
					value, short, _ := strings.Cut(pair, ":")
					said := r.Metric(m.short)
					if undefined := short == "X" || short == "ND"; said == "" && undefined {
						said = short
					}
					j.need(value != given || said == "" || said == short, s.get(m.member), "is another value than the vector has", "make both the same")
				}
			}
		})
	}},
}
