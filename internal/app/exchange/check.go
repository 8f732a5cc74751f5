package exchange

import (
	"errors"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Check says what is wrong with a document, and which format it is of; "" if of
// none that is known here. It needs no register.
func (x *Exchange) Check(doc []byte) (format string, found []advisory.Finding) {
	format = advisory.Recognise(doc)
	if check := x.Checks[format]; check != nil {
		return format, check(doc)
	}
	for _, f := range x.Formats {
		if f.Name != format || f.Decode == nil {
			continue
		}
		_, _, err := f.Decode(doc, x.Now())
		var faults cvd.Faults
		if err != nil && !errors.As(err, &faults) {
			faults = cvd.Faults{{Problem: err.Error(), Remedy: "write it as its format's schema has it"}}
		}
		for _, one := range faults {
			found = append(found, advisory.Finding{Level: advisory.LevelError, Rule: format + "-schema", Fault: one})
		}
		return format, found
	}
	return "", []advisory.Finding{{Level: advisory.LevelError, Rule: "format", Fault: cvd.Fault{
		Problem: "is no advisory of a format known here", Remedy: "give a JSON document of CSAF 2.0, OSV, CVE 5, OpenVEX, CycloneDX or GitHub",
	}}}
}
