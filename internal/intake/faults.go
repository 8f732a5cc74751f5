package intake

import "fairlead/internal/cvd"

// MaxFaults is the most faults that are told of one input: whoever can make more
// wrong with a few bytes would get an answer far larger than the question.
const MaxFaults = 100

// moreFaults stands in the last place of a full list.
var moreFaults = cvd.Fault{Field: "body", Problem: "has more faults than these", Remedy: "mend these first, then send it again"}

// Add appends faults to a list, up to MaxFaults of them; the last then says that
// there are more.
func Add(to cvd.Faults, more ...cvd.Fault) cvd.Faults {
	for _, one := range more {
		if len(to) == MaxFaults {
			to[MaxFaults-1] = moreFaults
			return to
		}
		to = append(to, one)
	}
	return to
}

// Join adds those of more whose field is not blamed yet (cvd.Faults.And), up to
// MaxFaults of them.
func Join(to, more cvd.Faults) cvd.Faults { return Add(to, to.And(more)[len(to):]...) }
