package page

import (
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// rating spells a vector out. One that cannot be scored is shown as it is.
func (l layout) rating(s cvd.AdvisoryScore) Rating {
	r := Rating{Vector: s.Vector, Of: l.products(s.Products)}
	score, err := severity.Parse(s.Vector)
	if err != nil {
		return r
	}
	r.Vector, r.Version, r.Band = score.Vector, score.Version, score.Band
	r.Score = strconv.FormatFloat(score.Score, 'f', 1, 64)
	_, rest, _ := strings.Cut(score.Vector, "/")
	for part := range strings.SplitSeq(rest, "/") {
		name, value, _ := strings.Cut(part, ":")
		r.Metrics = append(r.Metrics, l.metric(score.Version, name, value))
	}
	return r
}

// metric says one metric. A modified one (MAV) reads as what it modifies.
func (l layout) metric(version, name, value string) Metric {
	base, modified := name, false
	if id := "cvss." + version + "." + name; !l.v.Has(id) && strings.HasPrefix(name, "M") {
		base, modified = name[1:], true
	}
	m := Metric{name, value}
	if id := "cvss." + version + "." + base; l.v.Has(id) {
		m.Name = l.v.Say(id)
		if modified {
			m.Name = l.v.Say("cvss.modified", "metric", m.Name)
		}
	}
	if id := "cvss." + version + "." + base + "." + value; l.v.Has(id) {
		m.Value = l.v.Say(id)
	}
	return m
}
