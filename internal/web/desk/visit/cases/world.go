package cases

import (
	"net/http"
	"slices"

	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web/desk/visit"
)

// releases are the verbs after which others than the reporter read an advisory.
var releases = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract}

// world is the advisory as it will be read once the verb is done; nil where the verb
// releases none. A second person sees it with the reason of whoever proposed it.
func (d *desk) world(r *http.Request, v lens, o *deed, reason string) (*visit.World, error) {
	verb, c := o.verb, o.file.Case
	if verb == cvd.VerbConfirm && c.Pending != nil {
		verb = c.Pending.Verb
		for _, ev := range o.file.Events {
			if ev.Seq == c.Pending.Seq && ev.Body != nil && ev.Body.Input != nil {
				reason = ev.Body.Input.Reason
			}
		}
	}
	if !slices.Contains(releases, verb) {
		return nil, nil
	}
	draft, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), c.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case verb == cvd.VerbRetract && draft.Before != nil:
		return d.World(&v.Lens, release.Withdraw(draft.Before, reason, v.Now)), nil
	case verb != cvd.VerbRetract && draft.Seq != 0:
		return d.World(&v.Lens, release.Revise(draft.Record, draft.Before, reason, v.Now)), nil
	}
	return nil, nil
}

// published tells whether the reason of a verb becomes a line of what everybody reads.
func published(c *cvd.Case, spec *rule.Spec) bool {
	switch spec.Verb {
	case cvd.VerbRetract:
		return true
	case cvd.VerbSchedule, cvd.VerbPublish:
		return c.Release.Revision > 0 // the first revision says only that it is the first
	}
	return false
}
