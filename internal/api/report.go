package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/api/handover"
	"fairlead/internal/calendar"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/policy"
)

// received is the answer to a report.
type received struct {
	Case      cvd.CaseID         `json:"case"`
	Receipt   string             `json:"receipt" doc:"Opens the thread. Shown once and kept nowhere: write it down."`
	ThreadURL string             `json:"thread_url" doc:"Where the receipt is shown. It never goes into an address."`
	Received  time.Time          `json:"received_at"`
	Promises  []casework.Promise `json:"promises" doc:"The dates to count on, soonest first."`
	Paused    string             `json:"paused,omitempty" doc:"What the team says of its pause, while it has one. The report is kept, and the dates hold."`
	Lost      []advisory.Lost    `json:"lost,omitempty" doc:"What of a CSAF document a report has no place for; send the document as a file too."`
}

// receive takes a stranger's report. When it answers 201, the report is
// committed and synced.
func (c *call) receive() error {
	raw, err := c.body(maxReport, typeJSON)
	if err != nil {
		return err
	}
	once := c.once("stranger/", raw)
	if once != nil {
		once.Among = c.From(c.r) // else whoever is first to use a key that others may guess spoils theirs
	}
	report, lost, err := handover.Read(raw, c.Now())
	if err := c.note(err); err != nil {
		return err
	}
	var got casework.Accepted
	err = c.Texts.Spend(c.From(c.r), int64(len(raw)), func() (err error) {
		got, err = c.desk().Receive(c.r.Context(), casework.Submission{Report: report, Channel: "api", Once: once, Wrong: c.found})
		return err
	})
	if err != nil {
		return err
	}
	base := c.BaseURL(c.r)
	c.w.Header().Set("Location", base+pathThread)
	return c.answer(http.StatusCreated, received{got.Case, got.Receipt, base + "/thread", got.Received, got.Promises, got.Paused, lost})
}

// once reads the Idempotency-Key. scope keeps the keys of each member and those of
// strangers apart; each has one of its own, so that no key can reach into another.
func (c *call) once(scope string, raw []byte) *casework.Once {
	given := c.r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return nil
	}
	if len(given) > 1 || !plainKey.MatchString(given[0]) {
		c.found = intake.Join(c.found, cvd.Faults{c.Fault("Idempotency-Key", "key")})
		return nil
	}
	sum := sha256.Sum256(raw)
	return &casework.Once{Key: scope + given[0], Digest: hex.EncodeToString(sum[:])}
}

var plainKey = regexp.MustCompile(`^[ -~]{1,255}$`)

// Recording is what a member adds to a report that reached the team elsewhere.
type Recording struct {
	Channel  string    `json:"channel" enum:"phone,in person,mail,internal" doc:"How it reached the team."`
	Received time.Time `json:"received_at,omitzero" doc:"When it truly reached the team; now, if left out."`
	Internal bool      `json:"internal,omitempty" doc:"Found by ourselves: nobody outside waits."`
}

// recordedReport is the body of a recorded report.
type recordedReport struct {
	cvd.Report
	Recording
}

// recorded is the answer to a report that a member took.
type recorded struct {
	Case     cvd.CaseID         `json:"case"`
	Receipt  string             `json:"receipt,omitempty" doc:"To hand to the reporter, shown once; none for an internal finding."`
	Received time.Time          `json:"received_at"`
	Promises []casework.Promise `json:"promises"`
}

// record takes a report that a member got by phone or in person, or an internal
// finding.
func (c *call) record() error {
	raw, err := c.body(maxReport, typeJSON)
	if err != nil {
		return err
	}
	once := c.once(c.actor.Ref()+"/", raw)
	rec, report, err := c.split(raw)
	if err != nil {
		return err
	}
	sub := casework.Submission{Report: report, Channel: rec.Channel, Received: rec.Received.UTC(), Internal: rec.Internal, Once: once, Wrong: c.found}
	got, err := c.desk().Receive(c.r.Context(), sub)
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.BaseURL(c.r)+pathCases+"/"+string(got.Case))
	return c.answer(http.StatusCreated, recorded{got.Case, got.Receipt, got.Received, got.Promises})
}

// split parts the members of Recording from those of the report, and notes what is
// wrong with them.
func (c *call) split(raw []byte) (Recording, *cvd.Report, error) {
	var rec Recording
	if err := c.note(intake.Scan(raw)); err != nil {
		return rec, nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return rec, &cvd.Report{}, c.note(cvd.Faults{c.Fault("body", "object")})
	}
	ours := map[string]json.RawMessage{}
	for _, name := range []string{"channel", "received_at", "internal"} {
		if one, ok := members[name]; ok {
			ours[name] = one
			delete(members, name)
		}
	}
	head, err := json.Marshal(ours)
	if err != nil {
		return rec, nil, err
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return rec, nil, err
	}
	faults := intake.Join(c.found, c.Object(&rec, head))
	if rec.Channel == "" && rec.Internal {
		rec.Channel = "internal"
	}
	switch rec.Channel {
	case "phone", "in person", "mail", "internal":
	default:
		faults = intake.Join(faults, cvd.Faults{c.Fault("channel", "channel")})
	}
	c.found = faults
	report, err := intake.FromJSON(rest)
	return rec, report, c.note(err)
}

// promised is the answer to the question what would be promised.
type promised struct {
	Received time.Time    `json:"received_at"`
	Policy   int          `json:"policy" doc:"The version in effect."`
	Promises []policy.Due `json:"promises"`
}

// promises tells what a report received at an instant would be promised.
func (c *call) promises() error {
	at := c.Now()
	if s := c.r.URL.Query().Get("received"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil || !calendar.Askable(t) {
			c.found = intake.Join(c.found, cvd.Faults{c.Instant("received")})
		}
		at = t
	}
	if len(c.found) > 0 {
		return c.found
	}
	at = at.UTC()
	v := c.Book.Current()
	if v == nil {
		return fmt.Errorf("%w: no version of the policy is in effect", cvd.ErrNotFound)
	}
	due, err := v.Policy.PromisedAt(c.Voice, at)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, promised{at, v.Number, due})
}
