package thread

import (
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// reviewed tells whether the one appeal of the case waits for its answer.
func reviewed(c *cvd.Case) bool { return c.Flags.Appeal && c.RM() == cvd.RMInvalid }

// nextOf is the clock of what comes next: the answer to an appeal before all others.
func nextOf(c *cvd.Case) *cvd.Clock {
	if k := c.Clock(cvd.ClockFollowUp); reviewed(c) && k != nil && k.Ticking() {
		return k
	}
	return c.NextPromise()
}

// promise tells how one clock of the case stands.
func (p *pub) promise(c *cvd.Case, k *cvd.Clock) public.Promised {
	one := public.Promised{What: p.Say("clock." + string(k.Kind)), Due: k.Due, Target: k.Target}
	if reviewed(c) && k.Kind == cvd.ClockFollowUp {
		one.What = p.Say("public.thread.appeal.answer")
	}
	state, kind := "open", "info"
	switch {
	case !k.Met.IsZero() && k.Met.After(k.Due):
		state, kind = "late", "warn"
	case !k.Met.IsZero():
		state, kind = "kept", "good"
	case !k.Stopped.IsZero():
		state, kind = "over", "quiet"
	case !k.Paused.IsZero():
		state, kind = "paused", "neutral"
	case k.Theirs():
		state, kind = "yours", "warn"
	case !k.Breached.IsZero() && !k.Target:
		state, kind = "missed", "alarm"
	case k.Missed(p.Site.Now()):
		state, kind = "passed", "warn"
	case k.Due.Before(p.Site.Now()):
		state, kind = "missed", "alarm"
	}
	one.State, one.Late = web.Badge{Kind: kind, Text: p.Say("public.promise." + state)}, kind == "alarm"
	one.Open = k.Running()
	switch {
	case !k.Met.IsZero():
		one.Note = p.Say("public.promise.met", "when", p.Voice().Instant(k.Met, p.Site.Zone()))
	case k.Running() && !k.Paused.IsZero():
		one.Still, one.Note = true, p.Say("public.promise.waits")
	case k.Running() && !k.Expected.IsZero() && !k.Expected.Equal(k.Due):
		one.Note = p.Say("public.promise.expected", "when", p.Voice().Instant(k.Expected, p.Site.Zone()))
	}
	return one
}
