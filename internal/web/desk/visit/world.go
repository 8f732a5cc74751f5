package visit

import (
	"cmp"
	"context"
	"slices"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/page"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// World is a revision of an advisory as its readers will see it.
type World struct {
	*page.Sheet
	Lang string              // of its own words
	Band web.Badge           // of the worst rating
	New  *cvd.AdvisoryChange // its own line of the history
	Few  bool                // read with a token alone; there is no page
}

// World lays out a revision that is not published yet; nil where nothing is published
// from here.
func (d *Desk) World(l *Lens, a *cvd.Advisory) *World {
	if d.Site.Register == nil {
		return nil
	}
	out := &World{Sheet: page.In(a, d.Site.Register.Publisher(), l.Voice), Lang: cmp.Or(a.Lang, "en"), Few: !a.TLP.Public()}
	if out.Worst != nil {
		out.Band = web.Band(l.Voice, out.Worst.Band)
	}
	if n := len(a.History); n > 0 {
		out.New = &a.History[n-1]
	}
	return out
}

// Tongues are the languages in which the record has a page of its own, besides its own.
func (w *World) Tongues() []string { return advisory.Languages(w.Record) }

// releases are the verbs after which others than the reporter read an advisory.
var releases = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract}

// Released is the advisory as it will be read once the verb is done; nil where the verb
// releases none. A second person sees it with the reason of whoever proposed it.
func (d *Desk) Released(ctx context.Context, v *Visit, f *casework.File, verb cvd.Verb, reason string) (*World, error) {
	c := f.Case
	if verb == cvd.VerbConfirm && c.Pending != nil {
		verb = c.Pending.Verb
		for _, ev := range f.Events {
			if ev.Seq == c.Pending.Seq && ev.Body != nil && ev.Body.Input != nil {
				reason = ev.Body.Input.Reason
			}
		}
	}
	if !slices.Contains(releases, verb) {
		return nil, nil
	}
	draft, err := d.Site.Desk.As(v.Actor).Draft(ctx, c.ID)
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

// Outspoken tells whether the reason of a verb becomes a line of what everybody reads.
func Outspoken(c *cvd.Case, verb cvd.Verb) bool {
	switch verb {
	case cvd.VerbRetract:
		return true
	case cvd.VerbSchedule, cvd.VerbPublish:
		return c.Release.Revision > 0 // the first revision says only that it is the first
	}
	return false
}
