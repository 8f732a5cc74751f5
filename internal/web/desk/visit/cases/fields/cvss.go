package fields

import (
	"net/url"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

func (v form) vectorField(f *casework.File, typed url.Values) *web.Field {
	field := v.field(cvd.VerbSeverity, "vector", "", typed, false)
	field.Help = v.Say("desk.field.vector.help", "method", strings.ToUpper(method(f)))
	if f.Case.Score != nil && !typed.Has("vector") {
		field.Value = f.Case.Score.Vector
	}
	return field
}

func method(f *casework.File) string {
	if f.Policy != nil && f.Policy.Policy.Severity.Method != "" {
		return strings.Replace(f.Policy.Policy.Severity.Method, "-", " ", 1)
	}
	return "cvss 3.1"
}

// metric is one base metric of CVSS 3.1 (specification, section 2) with its
// values.
type metric struct{ name, values string }

var metrics = []metric{
	{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"S", "UC"}, {"C", "NLH"}, {"I", "NLH"}, {"A", "NLH"},
}

// metricFields let a member pick the base metrics in place of typing a vector.
func (v form) metricFields(f *casework.File, typed url.Values) []Item {
	if method(f) != "cvss 3.1" {
		return nil
	}
	var out []Item
	for _, m := range metrics {
		field := &web.Field{Name: "metric." + m.name, Kind: "select", Label: v.Say("desk.cvss." + m.name)}
		field.Options = []web.Option{{Label: v.Say("desk.cvss.none")}}
		for _, val := range m.values {
			id := string(val)
			field.Options = append(field.Options, web.Option{
				Value: id, Label: v.Say("desk.cvss." + m.name + "." + id), Chosen: typed.Get(field.Name) == id,
			})
		}
		out = append(out, Item{Field: field, Fold: v.Say("desk.fold.cvss")})
	}
	return out
}

// builtVector puts the picked metrics together; empty if none was picked.
func builtVector(typed url.Values) string {
	var b strings.Builder
	for _, m := range metrics {
		if val := typed.Get("metric." + m.name); val != "" {
			b.WriteString("/" + m.name + ":" + val)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "CVSS:3.1" + b.String()
}
