package exchange

import (
	"bytes"
	"encoding/json"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

// follow makes a the revision after before, if it is one.
func follow(a, before *cvd.Advisory, now time.Time) (done, why string) {
	switch {
	case before.Source == nil:
		return Refused, "an advisory of that id was written here; its case publishes it"
	case same(a, before):
		return Unchanged, ""
	case known(a) && known(before) && a.Modified.Before(before.Modified):
		return Older, "what is here was modified later"
	case a.Source.Format != before.Source.Format && !(known(a) && a.Modified.After(before.Modified)):
		return Unchanged, "it is here already, from a document in another format that is as new"
	}
	next := before.Revision + 1
	if n := len(a.History); n == 0 || a.History[n-1].Revision < next {
		if n == 0 {
			a.History = before.History
		}
		if len(a.History) == 0 {
			a.History = []cvd.AdvisoryChange{{Revision: before.Revision, At: before.Published}}
		}
		a.Revision = next
	}
	a.Published = before.Published // it names the folder that others have linked to
	if a.Modified.Before(before.Modified) {
		a.Modified = now.UTC()
	}
	if last := a.History[len(a.History)-1]; last.Revision < a.Revision {
		a.History = append(a.History[:len(a.History):len(a.History)], cvd.AdvisoryChange{Revision: a.Revision, At: a.Modified})
	}
	release.Enumerate(a, before)
	return Revised, ""
}

// known tells whether the source says when it was modified.
func known(a *cvd.Advisory) bool {
	if a.Source == nil {
		return true
	}
	_, assumed := a.Source.Kept[advisory.Assumed]
	return !assumed
}

// same tells whether two records say the same, whatever their numbers here.
func same(a, b *cvd.Advisory) bool {
	x, err := json.Marshal(bare(a))
	y, err2 := json.Marshal(bare(b))
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// bare leaves out what the register gives, and instants that no source gave.
func bare(a *cvd.Advisory) *cvd.Advisory {
	out := *release.Unnumbered(a)
	out.Revision, out.History, out.Published = 0, nil, time.Time{}
	if !known(a) {
		out.Modified = time.Time{}
	}
	return &out
}
