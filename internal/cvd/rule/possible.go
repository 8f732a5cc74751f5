package rule

import "fairlead/internal/cvd"

// Possible tells whether the verb could be done to the case now by this actor,
// given the input it needs.
func Possible(c *cvd.Case, v cvd.Verb, by cvd.Actor) bool {
	spec := SpecOf(v)
	if spec == nil {
		return false
	}
	if _, ok := spec.Walk[c.RM()]; !ok {
		return false
	}
	if len(spec.Facts) > 0 {
		if _, err := c.Facts.Next(spec.Facts[0]); err != nil {
			return false
		}
	}
	// Whether somebody else could answer an appeal is not known here.
	d := Deed{Verb: v, By: by, In: cvd.Input{Reason: "as will be said"}, Alone: v == cvd.VerbUphold}
	switch v {
	case cvd.VerbAdvise:
		d.In.Seq = c.Release.Draft
	case cvd.VerbPostpone, cvd.VerbRedact: // depend on what is named
		return true
	case cvd.VerbAdmit, cvd.VerbDismiss:
		return len(c.HeldMail) > 0
	case cvd.VerbTrustKey:
		return c.Offer != nil
	case cvd.VerbClaim:
		return c.Assignee != by.ID
	}
	return checkState(c, d, c.Updated) == nil
}
