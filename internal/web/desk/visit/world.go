package visit

import (
	"context"
	"html/template"
	"slices"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/page"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// World is a revision of an advisory as its readers will see it: what stands in it is laid
// out and written by what makes the public page.
type World struct {
	*page.Reading
	Few    bool // read with a token alone; there is no page
	Others []Translation
}

// Translation is the same in another language, as the page of that language speaks.
type Translation struct {
	Name, Lang string
	HTML       template.HTML
}

// worldLevel is that of the heading which the title is on the desk: the part of the page
// that shows it has one of its own.
const worldLevel = 3

// World lays out a revision that is not published yet, and follows before; nil where
// nothing is published from here.
func (d *Desk) World(l *Lens, a, before *cvd.Advisory) (*World, error) {
	if d.Site.Register == nil {
		return nil, nil
	}
	public := 0
	if before != nil && before.TLP.Public() {
		public = before.Revision
	}
	by := d.Site.Register.Publisher()
	out := &World{Reading: page.Read(a, by, l.Voice, worldLevel, public), Few: !a.TLP.Public()}
	for _, lang := range advisory.Languages(a) {
		voice := d.Site.Words.In(lang, l.Voice.Lang())
		one := page.Read(advisory.In(a, lang), by, voice, worldLevel, public)
		one.Mark = lang + "-"
		html, err := d.Pages.Part(web.Tone{Lang: voice.Lang(), Chosen: words.Spoken(lang)}, "rehearsal", "article", one)
		if err != nil {
			return nil, err
		}
		out.Others = append(out.Others, Translation{page.Spoken(lang), voice.Lang(), html})
	}
	return out, nil
}

// Releases are the verbs after which others than the reporter read an advisory.
var Releases = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract}

// Released is the advisory as it will be read once the verb is done; nil where the verb
// releases none. A second person sees it as whoever proposed it asked for it.
func (d *Desk) Released(ctx context.Context, v *Visit, f *casework.File, verb cvd.Verb, in cvd.Input) (*World, error) {
	c := f.Case
	if verb == cvd.VerbConfirm && c.Pending != nil {
		verb = c.Pending.Verb
		for _, ev := range f.Events {
			if ev.Seq == c.Pending.Seq && ev.Body != nil && ev.Body.Input != nil {
				in = *ev.Body.Input
			}
		}
	}
	if !slices.Contains(Releases, verb) {
		return nil, nil
	}
	draft, err := d.Site.Desk.As(v.Actor).Draft(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	at := v.Now
	if verb == cvd.VerbSchedule {
		at = release.Due(in.Until, at)
	}
	switch {
	case verb == cvd.VerbRetract && draft.Before != nil:
		return d.World(&v.Lens, release.Withdraw(draft.Before, in.Reason, at), draft.Before)
	case verb != cvd.VerbRetract && draft.Seq != 0:
		return d.World(&v.Lens, release.Revise(draft.Record, draft.Before, in.Reason, at), draft.Before)
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
