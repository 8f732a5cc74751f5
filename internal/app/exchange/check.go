package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf"
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
	if err := json.Unmarshal(bytes.TrimPrefix(doc, bom), new(any)); err != nil {
		return "", []advisory.Finding{{Level: advisory.LevelError, Rule: "json", Fault: cvd.Fault{
			Problem: "is unreadable JSON " + offset(err), Remedy: "write one JSON document, whole, as UTF-8",
		}}}
	}
	return "", []advisory.Finding{{Level: advisory.LevelError, Rule: "format", Fault: cvd.Fault{
		Problem: "is no advisory of a format known here", Remedy: "give a JSON document of CSAF 2.0, OSV, CVE 5, OpenVEX, CycloneDX or GitHub",
	}}}
}

// CheckFile is Check of a document that lies in a file of that name, which CSAF makes of
// the id (CSAF 2.0, section 5.1).
func (x *Exchange) CheckFile(path string, doc []byte) (format string, found []advisory.Finding) {
	format, found = x.Check(doc)
	var t told
	if format != csaf.Format.Name || json.Unmarshal(doc, &t) != nil || t.Document.Tracking.ID == "" {
		return format, found
	}
	if want := csaf.FileName(t.Document.Tracking.ID); filepath.Base(path) != want {
		found = append(found, advisory.Finding{Level: advisory.LevelWarning, Rule: "csaf-5.1", Fault: cvd.Fault{
			Field: "/document/tracking/id", Problem: "asks for another file name", Remedy: "call the file " + want,
		}})
	}
	return format, found
}

var bom = []byte("\xef\xbb\xbf")

// offset says where JSON stops being readable, if the error tells.
func offset(err error) string {
	var wrong *json.SyntaxError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("at offset %d: %v", wrong.Offset, wrong)
	}
	return "somewhere"
}
