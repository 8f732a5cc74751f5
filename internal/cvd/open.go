package cvd

import "time"

// Opening is everything the first event of a case needs.
type Opening struct {
	ID      CaseID
	Program string
	Policy  int
	Report  *Report
	Contact *Contact // nil: no way to reach the reporter but the thread
	// Received is the instant the report reached the organisation.
	Received time.Time
	Channel  string // web, api, mail, phone, in person, internal
	By       Actor
	Internal bool // found by ourselves: nobody outside waits
	Link     *Link
}

// Open decides the first event of a case: the organisation receives the report
// and is aware of it; the reporter appears already accepted.
func Open(o Opening, now time.Time) ([]Event, error) {
	if Blank(o.Report.Description) {
		return nil, Faults{{Field: "description", Problem: "is empty", Remedy: "describe what you found in a sentence or more"}}
	}
	ev := Event{Head: Head{
		Case: o.ID, Seq: 1, Type: EventReceived, V: 1, At: now, Actor: o.By.Ref(), Human: o.By.Human(),
		Tell: TellReporter, Program: o.Program, Policy: o.Policy, Created: o.Received, Link: o.Link,
		Joined: []Participant{{ID: Vendor, Roles: []ParticipantRole{AsVendor}, RM: RMStart, Consent: ConsentNone}},
		Arrows: []Arrow{
			{MachineRM, Vendor, string(RMStart), "receive", string(RMReceived)},
			{MachineCS, "", string(FactsNone), FactVendorAware, "Vfdpxa"},
		},
		Flags: &Flags{Internal: o.Internal, Unread: !o.Internal, Privacy: o.Report.SensitiveDataSeen.Yes()},
	}}
	ev.Body = &Body{Report: o.Report, Channel: o.Channel, Contact: o.Contact}
	if o.Internal {
		ev.Tell, ev.Body.Silence = TellNobody, silentInternal
		return []Event{ev}, nil
	}
	ev.Joined = append(ev.Joined, Participant{
		ID: Reporter, Roles: []ParticipantRole{AsFinder, AsReporter}, RM: RMAccepted, Consent: ConsentNone,
	})
	return []Event{ev}, nil
}

const silentInternal = "an internal finding: nobody outside waits for an answer"
