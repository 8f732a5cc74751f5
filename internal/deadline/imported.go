package deadline

import (
	"fairlead/internal/cvd"
)

// isImport tells whether the event opens a case out of an old mailbox.
func isImport(ev *cvd.Event) bool {
	return ev.Seq == 1 && ev.Flags != nil && ev.Flags.Imported
}

// imported starts the clocks of a case out of an old mailbox. Whether somebody
// answered was settled there: the promises of an answer run from the receipt, and
// count as kept where the event says when somebody did, or else as broken since then.
// Nobody promised anything more there, so all other promises run from the import on.
func imported(after *cvd.Case, ev *cvd.Event, t Terms) {
	met := ev.Clocks
	after.Clocks = nil
	for i := range Rules {
		r := &Rules[i]
		_, starts := r.Starts(after, ev)
		p := r.Amount(t, after)
		if !starts || !p.ok {
			continue
		}
		if r.Kind != cvd.ClockAcknowledge && r.Kind != cvd.ClockFollowUp {
			after.Clocks = append(after.Clocks, begin(r.Kind, ev.At, p, t))
			continue
		}
		k := begin(r.Kind, after.Created, p, t)
		for _, m := range met {
			if m.Kind == k.Kind {
				k.Met = m.Met
			}
		}
		after.Clocks = append(after.Clocks, k)
		if last := &after.Clocks[len(after.Clocks)-1]; last.Running() && last.Due.Before(ev.At) {
			missed(last, after, ev, t)
		}
	}
}

// missed marks a promise that was over before it came in: the next date is told on
// the desk, and nobody is called for what nobody here could do.
func missed(k *cvd.Clock, c *cvd.Case, ev *cvd.Event, t Terms) {
	k.Expected = later(k, c, t, ev.At)
	k.Warned, k.Since, k.Slips = ev.At, ev.At, 1
	k.Escalated = len(t.Policy.Promises.Escalation)
	if !k.Target {
		k.Breached = ev.At
	}
}
