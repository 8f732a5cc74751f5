package cve5

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// member says how the JSON of CVSS names a metric and its values.
type member struct {
	metric, name string
	values       map[string]string
}

var (
	levels  = map[string]string{"H": "HIGH", "M": "MEDIUM", "L": "LOW", "N": "NONE"}
	network = map[string]string{"N": "NETWORK", "A": "ADJACENT_NETWORK", "L": "LOCAL", "P": "PHYSICAL"}
	vector4 = map[string]string{"N": "NETWORK", "A": "ADJACENT", "L": "LOCAL", "P": "PHYSICAL"}
	acts    = map[string]string{"N": "NONE", "R": "REQUIRED"}
	acts4   = map[string]string{"N": "NONE", "P": "PASSIVE", "A": "ACTIVE"}
	scope   = map[string]string{"U": "UNCHANGED", "C": "CHANGED"}
	needs   = map[string]string{"N": "NONE", "P": "PRESENT"}
	safety  = map[string]string{"H": "HIGH", "L": "LOW", "N": "NONE", "S": "SAFETY"}
)

// members31 follows FIRST's cvss-v3.1.json, in its order.
var members31 = []member{
	{"AV", "attackVector", network},
	{"AC", "attackComplexity", levels},
	{"PR", "privilegesRequired", levels},
	{"UI", "userInteraction", acts},
	{"S", "scope", scope},
	{"C", "confidentialityImpact", levels},
	{"I", "integrityImpact", levels},
	{"A", "availabilityImpact", levels},
	{"E", "exploitCodeMaturity", map[string]string{"U": "UNPROVEN", "P": "PROOF_OF_CONCEPT", "F": "FUNCTIONAL", "H": "HIGH"}},
	{"RL", "remediationLevel", map[string]string{"O": "OFFICIAL_FIX", "T": "TEMPORARY_FIX", "W": "WORKAROUND", "U": "UNAVAILABLE"}},
	{"RC", "reportConfidence", map[string]string{"U": "UNKNOWN", "R": "REASONABLE", "C": "CONFIRMED"}},
	{"CR", "confidentialityRequirement", levels},
	{"IR", "integrityRequirement", levels},
	{"AR", "availabilityRequirement", levels},
	{"MAV", "modifiedAttackVector", network},
	{"MAC", "modifiedAttackComplexity", levels},
	{"MPR", "modifiedPrivilegesRequired", levels},
	{"MUI", "modifiedUserInteraction", acts},
	{"MS", "modifiedScope", scope},
	{"MC", "modifiedConfidentialityImpact", levels},
	{"MI", "modifiedIntegrityImpact", levels},
	{"MA", "modifiedAvailabilityImpact", levels},
}

// members40 follows FIRST's cvss-v4.0.json, in its order.
var members40 = []member{
	{"AV", "attackVector", vector4},
	{"AC", "attackComplexity", levels},
	{"AT", "attackRequirements", needs},
	{"PR", "privilegesRequired", levels},
	{"UI", "userInteraction", acts4},
	{"VC", "vulnConfidentialityImpact", levels},
	{"VI", "vulnIntegrityImpact", levels},
	{"VA", "vulnAvailabilityImpact", levels},
	{"SC", "subConfidentialityImpact", levels},
	{"SI", "subIntegrityImpact", levels},
	{"SA", "subAvailabilityImpact", levels},
	{"E", "exploitMaturity", map[string]string{"U": "UNREPORTED", "P": "PROOF_OF_CONCEPT", "A": "ATTACKED"}},
	{"CR", "confidentialityRequirement", levels},
	{"IR", "integrityRequirement", levels},
	{"AR", "availabilityRequirement", levels},
	{"MAV", "modifiedAttackVector", vector4},
	{"MAC", "modifiedAttackComplexity", levels},
	{"MAT", "modifiedAttackRequirements", needs},
	{"MPR", "modifiedPrivilegesRequired", levels},
	{"MUI", "modifiedUserInteraction", acts4},
	{"MVC", "modifiedVulnConfidentialityImpact", levels},
	{"MVI", "modifiedVulnIntegrityImpact", levels},
	{"MVA", "modifiedVulnAvailabilityImpact", levels},
	{"MSC", "modifiedSubConfidentialityImpact", levels},
	{"MSI", "modifiedSubIntegrityImpact", safety},
	{"MSA", "modifiedSubAvailabilityImpact", safety},
	{"S", "Safety", map[string]string{"N": "NEGLIGIBLE", "P": "PRESENT"}},
	{"AU", "Automatable", map[string]string{"N": "NO", "Y": "YES"}},
	{"R", "Recovery", map[string]string{"A": "AUTOMATIC", "U": "USER", "I": "IRRECOVERABLE"}},
	{"V", "valueDensity", map[string]string{"D": "DIFFUSE", "C": "CONCENTRATED"}},
	{"RE", "vulnerabilityResponseEffort", map[string]string{"L": "LOW", "M": "MODERATE", "H": "HIGH"}},
	{"U", "providerUrgency", map[string]string{"Clear": "CLEAR", "Green": "GREEN", "Amber": "AMBER", "Red": "RED"}},
}

// The first metrics of each version are the base ones, then come in version 3.1
// the temporal ones.
const (
	base31     = 8
	temporal31 = 11
	base40     = 11
)

// metrics writes each vector as a whole CVSS object.
func metrics(v *cvd.Vulnerability) []metric {
	var out []metric
	seen := map[string]bool{}
	for _, s := range v.Scores {
		got, err := severity.Parse(s.Vector)
		if err != nil || seen[got.Vector] {
			continue
		}
		seen[got.Vector] = true
		m := metric{Format: "CVSS", Scenarios: []text{{"en", "GENERAL"}}}
		if got.Version == "3.1" {
			m.V31 = object(got, members31, base31)
		} else {
			m.V40 = object(got, members40, base40)
		}
		out = append(out, m)
	}
	return out
}

// object writes the metrics that the vector defines. The base score is that of
// the base metrics alone, whatever else the vector says.
func object(s severity.Score, members []member, base int) json.RawMessage {
	var b bytes.Buffer
	given := map[string]string{}
	for _, part := range strings.Split(s.Vector, "/")[1:] {
		k, v, _ := strings.Cut(part, ":")
		given[k] = v
	}
	score := func(n int) severity.Score {
		vector := "CVSS:" + s.Version
		for _, m := range members[:n] {
			if v, ok := given[m.metric]; ok {
				vector += "/" + m.metric + ":" + v
			}
		}
		part, err := severity.Parse(vector)
		if err != nil {
			return s // cannot be: the base metrics of a vector that parsed are a vector
		}
		return part
	}
	fmt.Fprintf(&b, `{"version":%q,"vectorString":%q`, s.Version, s.Vector)
	rate := func(what string, of severity.Score) {
		fmt.Fprintf(&b, `,"%sScore":%.3g,"%sSeverity":%q`, what, of.Score, what, strings.ToUpper(string(of.Band)))
	}
	rate("base", score(base))
	var defined [2]bool // temporal, environmental
	for i, m := range members {
		if v, ok := m.values[given[m.metric]]; ok {
			fmt.Fprintf(&b, `,%q:%q`, m.name, v)
			defined[0] = defined[0] || (i >= base31 && i < temporal31)
			defined[1] = defined[1] || i >= temporal31
		}
	}
	if s.Version == "3.1" && defined[0] {
		rate("temporal", score(temporal31))
	}
	if s.Version == "3.1" && defined[1] {
		rate("environmental", s)
	}
	b.WriteByte('}')
	return b.Bytes()
}
