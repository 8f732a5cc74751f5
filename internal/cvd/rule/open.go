package rule

import (
	"time"

	"fairlead/internal/cvd"
)

// Opening is everything the first event of a case needs.
type Opening struct {
	ID      cvd.CaseID
	Program string
	Policy  int
	Report  *cvd.Report
	Contact *cvd.Contact // nil: no way to reach the reporter but the thread
	// Received is the instant the report reached the organisation.
	Received time.Time
	Channel  string // web, api, mail, phone, in person, internal
	By       cvd.Actor
	Internal bool // found by ourselves: nobody outside waits
	Link     *cvd.Link
	Appeal   bool      // of a closed case: the one appeal is used
	Mail     *cvd.Mail // it came by mail
}

// Open decides the first event of a case: the organisation receives the report
// and is aware of it; the reporter appears already accepted.
func Open(o Opening, now time.Time) ([]cvd.Event, error) {
	if cvd.Blank(o.Report.Description) {
		return nil, cvd.Faults{{Field: "description", Problem: "is empty", Remedy: "describe what you found in a sentence or more"}}
	}
	ev := cvd.Event{Head: cvd.Head{
		Case: o.ID, Seq: 1, Type: cvd.EventReceived, V: 1, At: now, Actor: o.By.Ref(), Human: o.By.Human(), Hands: Deed{By: o.By}.hands(),
		Tell: cvd.TellReporter, Program: o.Program, Policy: o.Policy, Created: o.Received, Link: o.Link,
		Joined: []cvd.Participant{{ID: cvd.Vendor, Roles: []cvd.ParticipantRole{cvd.AsVendor}, RM: cvd.RMStart, Consent: cvd.ConsentNone}},
		Arrows: []cvd.Arrow{
			{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: string(cvd.RMStart), Do: "receive", To: string(cvd.RMReceived)},
			{Machine: cvd.MachineCS, Participant: "", From: string(cvd.FactsNone), Do: cvd.FactVendorAware, To: "Vfdpxa"},
		},
		Flags: &cvd.Flags{Appealed: o.Appeal, Appeal: o.Appeal, Internal: o.Internal, Unread: !o.Internal, Privacy: o.Report.SensitiveDataSeen.Yes()},
	}}
	ev.Body = &cvd.Body{Report: o.Report, Channel: o.Channel, Contact: o.Contact, Mail: o.Mail}
	if o.Internal {
		ev.Tell, ev.Body.Silence = cvd.TellNobody, silentInternal
		return []cvd.Event{ev}, nil
	}
	ev.Joined = append(ev.Joined, cvd.Participant{
		ID: cvd.Reporter, Roles: []cvd.ParticipantRole{cvd.AsFinder, cvd.AsReporter}, RM: cvd.RMAccepted, Consent: cvd.ConsentNone,
	})
	return []cvd.Event{ev}, nil
}

const silentInternal = "an internal finding: nobody outside waits for an answer"
