package cvd

import (
	"fmt"
	"strings"
	"time"
)

// Release is how far the advisory of a case is. It stands in the open heads of
// events, so there is no word of the advisory in it.
type Release struct {
	Advisory AdvisoryID `json:"advisory,omitempty"` // made with the first draft
	Draft    int64      `json:"draft,omitempty"`    // the event that holds the latest draft; 0: none
	// Confirmed is the draft that a second person stood behind, or somebody
	// single-handed.
	Confirmed int64 `json:"confirmed,omitempty"`

	At    time.Time `json:"at,omitzero"`    // when it is to be published; zero: not scheduled
	Told  time.Time `json:"told,omitzero"`  // when the reporter was told of a date
	Ahead time.Time `json:"ahead,omitzero"` // when they were told that it is near

	Revision  int       `json:"revision,omitempty"`  // the latest that is published; 0: none
	Published int64     `json:"published,omitempty"` // the draft that it was made of
	First     time.Time `json:"first,omitzero"`      // when revision 1 was published
	Withdrawn bool      `json:"withdrawn,omitempty"`

	Check FixCheck `json:"check,omitempty"`
}

// Fresh tells whether there is a draft that is not published.
func (r *Release) Fresh() bool { return r.Draft != 0 && r.Draft != r.Published }

// FixCheck is how far the reporter's own check of the fix is.
type FixCheck string

// The states of the check; an empty one was never asked for. The last three are
// the outcomes that the verb check-result takes.
const (
	CheckOffered FixCheck = "offered"
	CheckPass    FixCheck = "pass"
	CheckFail    FixCheck = "fail"
	CheckNone    FixCheck = "none" // no answer came
)

// CVE is a CVE id of the case with how far it is. An id that was only asked for is
// empty.
type CVE struct {
	ID    string   `json:"id,omitempty"`
	State CVEState `json:"state"`
}

// CVEState is how far a CVE id is.
type CVEState string

// The states of a CVE id.
const (
	CVERequested CVEState = "requested"
	CVEReserved  CVEState = "reserved" // allocated to this vulnerability, not public
	CVEPublished CVEState = "published"
	CVERejected  CVEState = "rejected"
)

// CVEStates in the order of their lives.
var CVEStates = []CVEState{CVERequested, CVEReserved, CVEPublished, CVERejected}

// String names the CVE with its state.
func (c CVE) String() string { return strings.TrimSpace(fmt.Sprintf("%s %s", c.ID, c.State)) }
