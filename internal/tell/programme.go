package tell

import "fairlead/internal/cvd"

// Programme says what the CVE Programme must hear of an event, where this house is
// a CNA: an id that was asked for, and each id whose record may have to change.
// What the record is to say is decided when it is carried, from what is published
// then. An effect of a release is written in the transaction that publishes the
// advisory, so no record is ever public before the page (CNA rules 5.3.1).
//
// What the house itself records of an id asks for nothing: it says what was done.
func Programme(after *cvd.Case, ev *cvd.Event) []cvd.Effect {
	var out []cvd.Effect
	add := func(kind cvd.EffectKind, to string) { out = append(out, effect(ev, kind, to, string(kind))) }
	switch ev.Type {
	case cvd.EventPublished, cvd.EventRetracted, cvd.EventNoAdvisory:
		for _, one := range after.CVEs {
			if one.ID != "" {
				add(cvd.EffectCVERecord, one.ID)
			}
		}
	case cvd.EventCVE:
		if ev.Body == nil || ev.Actor == cvd.System.Ref() {
			break
		}
		state := cvd.CVEState(ev.Body.Outcome)
		switch {
		case ev.Body.CVE == "":
			add(cvd.EffectCVEReserve, ToServices)
		case state == cvd.CVERejected, state != cvd.CVERequested && after.Release.Revision > 0:
			add(cvd.EffectCVERecord, ev.Body.CVE)
		}
	}
	return out
}

// ToServices is where ids are reserved.
const ToServices = "cve-services"
