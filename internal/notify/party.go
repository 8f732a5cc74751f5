package notify

import (
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/tell"
	"fairlead/internal/words"
)

// partyKinds says in which words a party outside hears of an event.
var partyKinds = map[string]string{
	tell.Moved:                   "again",
	string(cvd.EventUnscheduled): "off",
	string(cvd.EventHeld):        "moved",
	string(cvd.EventPublished):   "published",
}

// toParty tells somebody outside of a release: a date and an address, and nothing of what
// it is about. A notice that was held up until the date passed names none.
func toParty(v *words.Voice, n *casework.Notice, base string, now time.Time) letter {
	what, ok := partyKinds[n.Effect.Template]
	if !ok {
		what = "ahead"
	}
	if what != "published" && !n.Due.After(now) {
		what = "off" // no date holds when this is carried
	}
	id := "notice.party." + what
	parts := []string{wrap(v.Say(id+".lead", "organisation", line(n.Organisation), "when", v.Instant(n.Due, zone(n))))}
	if what != "published" {
		parts = append(parts, wrap(v.Say("notice.party.quiet")))
	}
	parts = append(parts, v.Say("notice.party.open")+"\n"+base+"/advisories", wrap(v.Say("notice.party.why", "organisation", line(n.Organisation))), sign(v, n))
	return letter{subject: v.Say(id+".subject", "organisation", line(n.Organisation)), text: page(parts...)}
}
