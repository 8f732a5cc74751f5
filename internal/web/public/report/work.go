package report

import (
	"net/url"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/toll"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// early is a report that came before its stamp was worth anything.
type early struct{ left time.Duration }

func (e early) Error() string { return cvd.ErrLimited.Error() }
func (e early) Unwrap() error { return cvd.ErrLimited }

// worked asks for the price of a report, where the policy wants one. whose is the
// same for a report that is sent twice. from is whom limits are counted for: who
// waited instead of letting a script compute may not do so in great numbers.
func (p *pub) worked(pol *policy.Policy, typed url.Values, whose, from string) error {
	if !pol.Intake.ProofOfWork || p.Site.Work == nil {
		return nil
	}
	if !repeatable(typed.Get("once")) {
		whose = "" // it would pay for case after case: nothing tells that they are the same
	}
	verdict, left := p.Site.Work.Spend(typed.Get("work"), typed.Get("worked"), whose)
	switch verdict {
	case toll.Solved:
		return nil
	case toll.Waited:
		if ok, after := p.Site.Waited.Allow(from); !ok {
			return auth.Limited{After: after}
		}
		return nil
	case toll.Stale:
		typed.Del("work")
		typed.Del("worked")
		left = toll.Wait
	}
	return early{left}
}

// repeatable tells whether a form that is sent again is known to be the same one.
func repeatable(once string) bool { return len(once) >= 16 && len(once) <= 64 }

// price is what the form carries for that.
type price struct {
	Stamp, Answer string
	Bits          int
}

func (p *pub) priceOf(pol *policy.Policy, typed url.Values) *price {
	if !pol.Intake.ProofOfWork || p.Site.Work == nil {
		return nil
	}
	out := &price{typed.Get("work"), typed.Get("worked"), toll.Bits}
	if out.Stamp == "" {
		out.Stamp = p.Site.Work.Stamp()
	}
	return out
}
