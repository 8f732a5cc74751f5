package tell_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/tell"
)

// What the CVE Programme hears of an event: nothing while an id is only spoken of,
// nothing of what the house itself records, and each effect under a key of its own.
func TestProgramme(t *testing.T) {
	ids := []cvd.CVE{{State: cvd.CVERequested}, {ID: "CVE-2026-1000", State: cvd.CVEReserved}, {ID: "CVE-2026-1001", State: cvd.CVEPublished}}
	both := []string{"FL-2026-2222222/3/cve-record/CVE-2026-1000", "FL-2026-2222222/3/cve-record/CVE-2026-1001"}
	for name, c := range map[string]struct {
		typ            cvd.EventType
		actor, id, how string
		revision       int
		want           []string
	}{
		"released by the clock":   {typ: cvd.EventPublished, actor: "system", want: both},
		"withdrawn":               {typ: cvd.EventRetracted, actor: "member/m-1", want: both},
		"declined":                {typ: cvd.EventNoAdvisory, actor: "member/m-1", want: both},
		"held":                    {typ: cvd.EventHeld, actor: "system"},
		"scheduled":               {typ: cvd.EventScheduled, actor: "member/m-1"},
		"asked for":               {typ: cvd.EventCVE, actor: "member/m-1", how: "requested", want: []string{"FL-2026-2222222/3/cve-reserve/cve-services"}},
		"asked for by number":     {typ: cvd.EventCVE, actor: "member/m-1", id: "CVE-2026-1000", how: "requested", revision: 1},
		"reserved by hand":        {typ: cvd.EventCVE, actor: "member/m-1", id: "CVE-2026-1000", how: "reserved"},
		"reserved after the page": {typ: cvd.EventCVE, actor: "member/m-1", id: "CVE-2026-1000", how: "reserved", revision: 1, want: both[:1]},
		"rejected by hand":        {typ: cvd.EventCVE, actor: "machine/m-1", id: "CVE-2026-1001", how: "rejected", want: both[1:]},
		"reserved by the house":   {typ: cvd.EventCVE, actor: "system", id: "CVE-2026-1000", how: "reserved", revision: 1},
		"rejected by the house":   {typ: cvd.EventCVE, actor: "system", id: "CVE-2026-1000", how: "rejected", revision: 1},
	} {
		after := caseOf("")
		after.CVEs, after.Release.Revision = ids, c.revision
		ev := event(c.typ, c.actor, cvd.TellReporter)
		ev.Body.CVE, ev.Body.Outcome = c.id, c.how
		var got []string
		for _, e := range tell.Programme(after, ev) {
			got = append(got, e.Key)
		}
		if diff := cmp.Diff(slices.Clone(c.want), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
