package fields

import (
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web"
)

// files are the files of a case by the events that they came with, latest first, behind
// the choice of none.
func files(evs []cvd.Event, chosen, none string) []web.Option {
	out := []web.Option{{Label: none, Chosen: chosen == ""}}
	for _, ev := range slices.Backward(evs) {
		if ev.Type == cvd.EventAttached && ev.Body != nil && ev.Body.File != nil {
			seq := strconv.FormatInt(ev.Seq, 10)
			out = append(out, web.Option{Value: seq, Label: ev.Body.File.Name, Chosen: seq == chosen})
		}
	}
	return out
}

// parties are whom a case names to be told of a release.
func parties(c *cvd.Case, chosen string) []web.Option {
	var out []web.Option
	for i := range c.Participants {
		if p := &c.Participants[i]; rule.Party(p) && p.Contact != nil {
			out = append(out, web.Option{Value: string(p.ID), Label: strings.TrimSpace(p.Contact.Name + " " + p.Contact.Email), Chosen: string(p.ID) == chosen})
		}
	}
	return out
}

// outcomes are what may come of a case, behind the choice that its state says it. They
// are kept as words, for whoever reads the case; one that was chosen otherwise stays.
func outcomes(state, list, chosen string) []web.Option {
	out := []web.Option{{Label: state, Chosen: chosen == ""}}
	values := strings.Split(list, "|")
	if chosen != "" && !slices.Contains(values, chosen) {
		values = append(values, chosen)
	}
	for _, s := range values {
		out = append(out, web.Option{Value: s, Label: s, Chosen: s == chosen})
	}
	return out
}
