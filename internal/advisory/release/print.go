package release

import (
	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Withheld is why a record is not published in a format. It unwraps to what Covers
// says, or to the Faults of the document that would come of it.
type Withheld struct{ Why error }

func (w Withheld) Error() string { return w.Why.Error() }

// Unwrap is the reason.
func (w Withheld) Unwrap() error { return w.Why }

// Print writes the documents under which a record is published in a format, or says
// by a Withheld why there are none. Records of others never passed our lint: theirs
// are checked here, for one wrong document makes others refuse all that a provider
// has. Other errors are those of Encode.
func Print(f advisory.Format, a *cvd.Advisory, p advisory.Publisher) ([]advisory.Document, error) {
	if f.Covers != nil {
		if err := f.Covers(a, p); err != nil {
			return nil, Withheld{err}
		}
	}
	docs, err := f.Documents(a, p)
	if err != nil || a.Source == nil || f.Check == nil {
		return docs, err
	}
	var faults cvd.Faults
	for _, d := range docs {
		for _, one := range f.Check(d.Bytes) {
			if one.Level == advisory.LevelError {
				one.Problem += " (" + one.Rule + ")"
				faults = append(faults, one.Fault)
			}
		}
	}
	if len(faults) > 0 {
		return nil, Withheld{faults}
	}
	return docs, nil
}
