package visit

import (
	"cmp"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/page"
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
