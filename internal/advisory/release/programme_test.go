package release_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

func TestOwe(t *testing.T) {
	const id = "CVE-2026-1000"
	out := func(change func(a *cvd.Advisory)) *cvd.Advisory {
		a := &cvd.Advisory{Vulnerabilities: []cvd.Vulnerability{{CVE: id}}}
		change(a)
		return a
	}
	evs := []cvd.Event{
		{Head: cvd.Head{Seq: 1, Type: cvd.EventCVE}, Body: &cvd.Body{CVE: id, Outcome: "rejected", Reason: "A mistake."}},
		{Head: cvd.Head{Seq: 2, Type: cvd.EventCVE}, Body: &cvd.Body{CVE: "CVE-2026-1001", Outcome: "rejected", Reason: "Another's."}},
		{Head: cvd.Head{Seq: 3, Type: cvd.EventNoAdvisory}, Body: &cvd.Body{Reason: "Only we know."}},
		{Head: cvd.Head{Seq: 4, Type: cvd.EventPublished}},
	}
	for name, c := range map[string]struct {
		state cvd.CVEState
		seq   int64
		a     *cvd.Advisory
		want  release.Owed
	}{
		"published":               {cvd.CVEReserved, 4, out(func(*cvd.Advisory) {}), release.Owed{State: cvd.CVEPublished}},
		"published after all":     {cvd.CVEReserved, 3, out(func(*cvd.Advisory) {}), release.Owed{State: cvd.CVEPublished}},
		"not yet":                 {cvd.CVEReserved, 4, nil, release.Owed{Why: "unpublished"}},
		"never":                   {cvd.CVEReserved, 3, nil, release.Owed{State: cvd.CVERejected}},
		"for a few":               {cvd.CVEReserved, 4, out(func(a *cvd.Advisory) { a.TLP = cvd.TLPAmber }), release.Owed{Why: "closed"}},
		"not named":               {cvd.CVEReserved, 4, out(func(a *cvd.Advisory) { a.Vulnerabilities = nil }), release.Owed{Why: "unnamed"}},
		"withdrawn":               {cvd.CVEPublished, 4, out(func(a *cvd.Advisory) { a.Withdrawn, a.Why = time.Unix(1, 0), "No flaw." }), release.Owed{State: cvd.CVERejected, Reason: "No flaw."}},
		"withdrawn and not named": {cvd.CVEPublished, 4, out(func(a *cvd.Advisory) { a.Withdrawn, a.Vulnerabilities = time.Unix(1, 0), nil }), release.Owed{Why: "unnamed"}},
		"rejected by hand":        {cvd.CVERejected, 1, out(func(*cvd.Advisory) {}), release.Owed{State: cvd.CVERejected, Reason: "A mistake."}},
	} {
		got := release.Owe(&cvd.Case{CVEs: []cvd.CVE{{ID: id, State: c.state}}}, evs, c.seq, c.a, id)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
