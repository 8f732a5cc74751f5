// Package advisory holds what surrounds the one advisory record: what a format
// is, what a published document must satisfy, and how a record is first filled
// from a case. One folder each holds a format with its pure encoder.
//
// It never publishes, never keeps anything and never looks at a clock: the
// instant stands in the record.
package advisory

import (
	"time"

	"fairlead/internal/cvd"
)

// Publisher is who publishes, as documents name them. It comes from the policy
// and the configuration, never from the record.
type Publisher struct {
	Name string // the organisation
	// Category is what it is to the products, in the words of CSAF 2.0
	// (3.2.1.8.1): vendor, coordinator, discoverer, translator, user, other; empty
	// is vendor.
	Category  string
	Namespace string // an https URL that the organisation controls (CSAF 2.0, 3.2.1.8.4)
	Contact   string // how to reach it, such as a mail address
	// Base is the https origin under which documents are served, without a slash
	// at its end.
	Base string
	// OSVPrefix stands before ids of our own that no registered OSV database
	// issued, such as "x_" (OSV schema, id).
	OSVPrefix string
	// CVEOrg is the UUID by which CVE Services know the organisation, and
	// CVEShort its short name; both empty for one that is no CNA.
	CVEOrg, CVEShort string
	// Engine is the name and version of this program, for generator members.
	Engine string
}

// Format is one way to write an advisory. Encode is pure: the same record and
// publisher give the same bytes, for ever.
type Format struct {
	Name  string // as the command line, the API and the desk name it
	Media string // MIME type
	Ext   string // with its dot
	// Covers says why the record cannot be said in this format, or nil.
	Covers func(a *cvd.Advisory, p Publisher) error
	// Split divides a record into those that Encode writes one document each for,
	// in a stable order, the one that stands for the advisory first; nil for a
	// format that says any record in one document. Encode of a record that was not
	// divided writes its first part.
	Split func(a *cvd.Advisory, p Publisher) []Part
	// File names the document of a part in a folder of documents; nil is the
	// advisory's id with Ext.
	File   func(a *cvd.Advisory, p Publisher) string
	Encode func(a *cvd.Advisory, p Publisher) ([]byte, error)
	// Decode reads a document of this format; nil for formats that are only
	// written. now is the instant of the import. Lost lists what the record cannot
	// hold. A document that cannot be read is an ErrUnreadable or Faults.
	Decode func(b []byte, now time.Time) (a *cvd.Advisory, lost []Lost, err error)
	// Check says what is wrong with anybody's document of this format; nil: nothing.
	Check func(doc []byte) []Finding
}

// Lost is something of an imported document that the record has no place for.
type Lost struct {
	Pointer string `json:"pointer"` // RFC 6901
	Why     string `json:"why"`
}

// Level is how much a finding of the lint matters.
type Level string

// The levels. An error stops a release; a warning is shown and may be released.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelInfo    Level = "info"
)

// Finding is one thing that the lint has to say of a record. Fields are named as
// the record's JSON names them, such as "vulnerabilities[0].cwe[0]".
type Finding struct {
	Level Level  `json:"level"`
	Rule  string `json:"rule"` // the clause behind it, such as "csaf-6.1.11"
	cvd.Fault
}

// Findings gathers what a check finds.
type Findings []Finding

// Err adds what stops a release.
func (f *Findings) Err(rule, field, problem, remedy string) {
	*f = append(*f, Finding{LevelError, rule, cvd.Fault{Field: field, Problem: problem, Remedy: remedy}})
}

// Warn adds what is shown and may be released.
func (f *Findings) Warn(rule, field, problem, remedy string) {
	*f = append(*f, Finding{LevelWarning, rule, cvd.Fault{Field: field, Problem: problem, Remedy: remedy}})
}
