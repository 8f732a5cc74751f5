package release

import (
	"slices"

	"fairlead/internal/cvd"
)

// Owed is what the record of a CVE id is to be.
type Owed struct {
	State cvd.CVEState // published or rejected; empty: nothing is owed
	// Why nothing is owed: unpublished, closed (not for everybody to read) or
	// unnamed (the advisory does not name the id).
	Why    string
	Reason string // of a rejection, where somebody gave one
}

// Owe says what the record of a CVE id of the case is to be now. published is the
// latest revision of the case's advisory, or nil, and evs the history; seq is the
// event that asked. It goes by how things stand, not by what the event said, so an
// answer that comes late undoes nothing that came after it.
func Owe(c *cvd.Case, evs []cvd.Event, seq int64, published *cvd.Advisory, id string) Owed {
	if slices.Contains(c.CVEs, cvd.CVE{ID: id, State: cvd.CVERejected}) {
		return Owed{State: cvd.CVERejected, Reason: rejection(evs, id)}
	}
	switch {
	case published == nil:
		declined := slices.ContainsFunc(evs, func(ev cvd.Event) bool { return ev.Seq == seq && ev.Type == cvd.EventNoAdvisory })
		if declined {
			return Owed{State: cvd.CVERejected} // why no advisory was written is not for the world
		}
		return Owed{Why: "unpublished"}
	case !published.TLP.Public():
		return Owed{Why: "closed"}
	case !slices.Contains(published.CVEs(), id):
		return Owed{Why: "unnamed"}
	case !published.Withdrawn.IsZero():
		return Owed{State: cvd.CVERejected, Reason: published.Why}
	}
	return Owed{State: cvd.CVEPublished}
}

// rejection is the reason that was given when the id was rejected.
func rejection(evs []cvd.Event, id string) string {
	for _, ev := range slices.Backward(evs) {
		if ev.Type == cvd.EventCVE && ev.Body != nil && ev.Body.CVE == id && cvd.CVEState(ev.Body.Outcome) == cvd.CVERejected && ev.Body.Reason != "" {
			return ev.Body.Reason
		}
	}
	return ""
}
