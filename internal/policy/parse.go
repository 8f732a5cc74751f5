package policy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // for the schema
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
)

// Fault is one thing wrong with a policy file, with its place and its remedy.
type Fault = source.Fault

// Faults lists everything wrong with a policy file; as an error it is a
// cvd.ErrInvalid.
type Faults = source.Faults

//go:embed policy.schema.json
var schemaText []byte

// Schema is the JSON Schema (draft 2020-12) of the policy file, with a
// description of every property. The keyword x-remedy holds what to write
// where a value does not fit.
func Schema() []byte { return bytes.Clone(schemaText) }

var compiled = sync.OnceValues(func() (*source.Schema, error) {
	s, err := source.NewSchema(schemaText)
	if err != nil {
		return nil, err
	}
	s.Texts = map[string]func(string) error{"amount": func(text string) error {
		if _, err := calendar.ParseAmount(text); err != nil {
			return errors.New("is not an amount of time")
		}
		return nil
	}}
	return s, nil
})

// Parse reads and checks a policy file of at most 1 MiB: one YAML document,
// every key known and given once, no references from one part to another. The
// name is what faults call the file. An error is a Faults, all of them at once.
func Parse(name string, data []byte) (*Policy, error) {
	p, faults, _ := Check(name, data)
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// Check is Parse that also tells the warnings: what is allowed, but is most
// likely not meant. The policy is nil if there are faults.
func Check(name string, data []byte) (p *Policy, faults, warnings Faults) {
	f := source.Read(name, data)
	if f.Unreadable() {
		return nil, f.Faults(), nil
	}
	s, err := compiled()
	if err != nil {
		return nil, Faults{{File: name, Line: 1, Column: 1, Problem: err.Error()}}, nil
	}
	f.Check(s)
	p, err = read(f.Value())
	if err != nil {
		f.Fault("", err.Error(), "")
		return nil, f.Faults(), nil
	}
	c := &checker{p: p, f: f}
	c.run()
	if faults = f.Faults(); len(faults) > 0 {
		return nil, faults, c.warnings.InOrder()
	}
	return p, nil, c.warnings.InOrder()
}

// Digest is the SHA-256 of the file's bytes in hex: what officers sign.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// read takes what the schema left of the file, and fills in the defaults
// that the schema names.
func read(value any) (*Policy, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("not readable as a policy: %w", err)
	}
	p := defaults()
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("not readable as a policy: %w", err)
	}
	if p.Promises.NeedsInformation.Within.IsZero() {
		p.Promises.NeedsInformation.Within = defaults().Promises.NeedsInformation.Within
	}
	p.Advisories.fill(p)
	return p, nil
}

// fill takes from the rest of the policy what the section leaves out.
func (a *Advisories) fill(p *Policy) {
	if a.Prefix == "" && len(p.Programs) > 0 && p.Programs[0].Prefix != "" {
		a.Prefix = p.Programs[0].Prefix + "SA"
	}
	if a.Namespace == "" {
		a.Namespace = cmp.Or(p.Organisation.URL, p.PublicURL)
	}
}

// defaults are the values of what a file may leave out.
func defaults() *Policy {
	p := &Policy{Classification: "public"}
	p.Promises.NeedsInformation = Promise{Within: calendar.Amount{N: 14, Unit: calendar.Days}}
	p.Severity.Method = "cvss-3.1"
	p.Advisories.OSVPrefix, p.Advisories.TLP = "x_", cvd.TLPClear
	p.Team.Duty = "all"
	p.Review.WarnDays = 30
	p.Intake.AttachmentMiB = 25
	p.Intake.AttachmentsTotal = 20
	return p
}

// Kinds are the clocks that a policy can promise or warn of, in the order in
// which they are told.
var Kinds = []cvd.ClockKind{
	cvd.ClockAcknowledge, cvd.ClockFollowUp, cvd.ClockVerify, cvd.ClockUpdate,
	cvd.ClockNeedsInfo, cvd.ClockFix, cvd.ClockDisclose, cvd.ClockReview,
}

// FieldNames are the members of a report that a policy can ask for. Beside
// them stand names that begin with "extra.".
var FieldNames = []string{
	"program", "product", "version", "title", "description", "steps", "impact", "cwe", "urls", "tools", "ai_use",
	"found_at", "exploited", "public", "sensitive_data_seen", "proposed_fix", "third_party", "reported_elsewhere",
	"disclosure_plan", "own_id", "reporter.name", "reporter.email", "reporter.affiliation", "reporter.title",
	"reporter.credit", "reporter.contact_shareable", "reporter.reply_by", "reporter.pgp_key", "attachments",
}

// Targets are whom an alarm or a report afterwards can reach by duty.
var Targets = []string{"on-duty", "other", "team", "lead", "officers"}
