package csaf

import (
	"strconv"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// FileName is the name under which a document is published: its tracking id in
// lower case, each run of other characters than "+", "-", letters and digits as
// one underscore (CSAF 2.0, 5.1).
func FileName(id string) string { return advisory.Stem(cvd.AdvisoryID(id)) + ".json" }

// Folder is where documents of a label and a year of first release stand below
// /.well-known/csaf/, such as "white/2026" (CSAF 2.0, 7.1.11).
func Folder(t cvd.TLP, year int) string {
	return strings.ToLower(Label(t)) + "/" + strconv.Itoa(year)
}

// Label is the label of TLP 1 that CSAF 2.0 knows for one of TLP 2.0: WHITE for
// CLEAR, AMBER for AMBER+STRICT, which a text beside it makes strict.
func Label(t cvd.TLP) string {
	switch t {
	case "", cvd.TLPClear:
		return "WHITE"
	case cvd.TLPAmberStrict:
		return string(cvd.TLPAmber)
	}
	return string(t)
}

// vexSuffix tells the VEX document of an advisory from the advisory: two
// documents of one publisher never have the same tracking id.
const vexSuffix = "-VEX"

// file names the record's document of the profile.
func (p profile) file(a *cvd.Advisory, _ advisory.Publisher) string { return FileName(p.id(a)) }

// url is where the document stands below the publisher's base, for a record that
// has its first instant.
func (p profile) url(base string, a *cvd.Advisory) string {
	return base + "/.well-known/csaf/" + Folder(a.TLP, a.Published.UTC().Year()) + "/" + FileName(p.id(a))
}

// profile is one of the two kinds of document written here.
type profile struct {
	category string
	suffix   string
	self     string // the text beside the reference to the document itself
	next     bool   // CSAF 2.1, a draft
}

var (
	advisoryProfile = profile{"csaf_security_advisory", "", "csaf.self.csaf", false}
	vexProfile      = profile{"csaf_vex", vexSuffix, "csaf.self.vex", false}
	nextProfile     = profile{"csaf_security_advisory", "", "csaf.self.csaf21", true}
)

// id is the document's tracking id. A translation has one of its own, made of the
// original's and its language, as CSAF 2.0 lets an issuer do that translates itself
// (9.1.7).
func (p profile) id(a *cvd.Advisory) string {
	return string(a.ID) + p.suffix + advisory.Translation(a)
}
