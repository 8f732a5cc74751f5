package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

var monday = time.Date(2026, time.March, 2, 15, 4, 5, 600, time.UTC)

func terms(t *testing.T) *policy.Policy {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "policies", "signed-policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("signed-policy.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readyCase is one whose gates are all open for readyRecord.
func readyCase() *cvd.Case {
	return &cvd.Case{
		ID: "FL-2026-2222222", EM: cvd.EMNone, Facts: "VFdpxa", Created: monday, Title: "Session fixation", Product: "northlake gateway", Affects: "5.0, 5.1",
		Participants: []cvd.Participant{
			{ID: cvd.Vendor, RM: cvd.RMAccepted},
			{ID: cvd.Reporter, RM: cvd.RMAccepted, Contact: &cvd.Contact{Name: "Rea Finder", Affiliation: "Finders", Credit: cvd.Credit{Wanted: "name"}}},
		},
		CVEs:    []cvd.CVE{{ID: "CVE-2026-12345", State: cvd.CVEReserved}},
		Release: cvd.Release{Advisory: "NLSA-2026-2222222", Draft: 9, Confirmed: 9, Told: monday, Check: cvd.CheckPass},
	}
}

func readyRecord() *cvd.Advisory {
	return &cvd.Advisory{
		Title: "Session fixation", Overview: "Sessions can be fixed.", Credits: []cvd.AdvisoryCredit{{Name: "Rea Finder", Organisation: "Finders"}},
		Vulnerabilities: []cvd.Vulnerability{{CVE: "CVE-2026-12345"}},
	}
}

// Each gate shut by one thing, and nothing else.
func TestGates(t *testing.T) {
	reporter := func(c *cvd.Case) *cvd.Contact { return c.Participant(cvd.Reporter).Contact }
	for _, c := range []struct {
		name string
		set  func(c *cvd.Case, a *cvd.Advisory, p *policy.Policy)
		shut string // the gates, those that stop with !
		lint []advisory.Finding
	}{
		{"all open", nil, "", nil},
		{"a warning of the lint", nil, "", []advisory.Finding{{Level: advisory.LevelWarning}}},
		{"an error of the lint", nil, "lint!", []advisory.Finding{{Level: advisory.LevelWarning}, {Level: advisory.LevelError}}},
		{"no overview", func(_ *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { a.Overview = " " }, "text!", nil},
		{"Portuguese, which the policy does not speak", func(_ *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { a.Lang = "pt" }, "text!", nil},
		{"French where the policy speaks it", func(_ *cvd.Case, a *cvd.Advisory, p *policy.Policy) {
			a.Lang, p.Languages = "fr-CA", []string{"en", "fr"}
		}, "", nil},
		{"French where the policy speaks it in France alone", func(_ *cvd.Case, a *cvd.Advisory, p *policy.Policy) {
			a.Lang, p.Languages = "fr-CA", []string{"en", "fr-FR"}
		}, "text!", nil},
		{"English where the policy speaks none", func(_ *cvd.Case, a *cvd.Advisory, p *policy.Policy) {
			a.Lang, p.Languages = "", []string{"fr"}
		}, "text!", nil},
		{"English with French", func(_ *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			a.Lang, a.Texts = "en-CA", map[string]cvd.AdvisoryText{"fr": {Title: "x", Overview: "y"}}
		}, "", nil},
		{"no fix", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Facts = "Vfdpxa" }, "fix!", nil},
		{"no fix planned", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			c.Facts = "Vfdpxa"
			a.Vulnerabilities[0].Remedies = []cvd.Remedy{{Kind: cvd.RemedyNonePlanned, Text: "x"}}
		}, "", nil},
		{"a workaround for what nobody knows", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			c.Facts = "Vfdpxa"
			a.Vulnerabilities[0].Remedies = []cvd.Remedy{{Kind: cvd.RemedyWorkaround, Text: "x"}}
		}, "fix!", nil},
		{"a workaround for what is attacked", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			c.Facts = "VfdpxA"
			a.Vulnerabilities[0].Remedies = []cvd.Remedy{{Kind: cvd.RemedyWorkaround, Text: "x"}}
		}, "", nil},
		{"a fix that does not work", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Release.Check = cvd.CheckFail }, "check!", nil},
		{"a check without answer yet", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Release.Check = cvd.CheckOffered }, "check", nil},
		{"no check at all", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Release.Check = "" }, "check", nil},
		{"no CVE", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { c.CVEs, a.Vulnerabilities = nil, nil }, "cve", nil},
		{"a CVE out of nowhere", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.CVEs = nil }, "cve", nil},
		{"a CVE that is left out", func(_ *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { a.Vulnerabilities = nil }, "cve", nil},
		{"a CVE that was rejected", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.CVEs[0].State = cvd.CVERejected }, "cve!", nil},
		{"an embargo", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.EM = cvd.EMRevise }, "embargo!", nil},
		{"an embargo that was proposed", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.EM = cvd.EMProposed }, "", nil},
		{"a reporter who was not told", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Release.Told = time.Time{} }, "told!", nil},
		{"a reporter who has left", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) {
			c.Release.Told, c.Participants[1].RM = time.Time{}, cvd.RMClosed
		}, "", nil},
		{"credit forgotten", func(_ *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { a.Credits = nil }, "credit!", nil},
		{"credit by another name", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { reporter(c).Credit.As = "r34" }, "credit!", nil},
		{"credit against the wish", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { reporter(c).Credit.Wanted = "anonymous" }, "credit!", nil},
		{"credit that nobody asked for", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { reporter(c).Credit.Wanted = "" }, "credit!", nil},
		{"anonymous", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			reporter(c).Credit.Wanted, a.Credits = "anonymous", nil
		}, "", nil},
		{"a name in a text", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			reporter(c).Credit.Wanted, a.Credits, a.Details = "anonymous", nil, "Found by R. FINDER."
		}, "credit!", nil},
		{"an address in a text", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			reporter(c).Email, a.Vulnerabilities[0].Description = "rea@example.net", "Ask Rea@Example.net."
		}, "credit!", nil},
		{"a name behind another", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			reporter(c).Credit.As, a.Credits[0].Name, a.Overview = "r34", "r34", "Thanks to Rea  Finder."
		}, "credit!", nil},
		{"anybody, for somebody unnamed", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			*reporter(c), a.Credits = cvd.Contact{Credit: cvd.Credit{Wanted: "none"}}, []cvd.AdvisoryCredit{{Name: "Another"}}
		}, "credit!", nil},
		{"Anonymous", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) {
			*reporter(c), a.Credits = cvd.Contact{Credit: cvd.Credit{Wanted: "anonymous"}}, []cvd.AdvisoryCredit{{Name: "Anonymous"}}
		}, "", nil},
		{"a contact forgotten", func(c *cvd.Case, _ *cvd.Advisory, _ *policy.Policy) { c.Participants[1].Contact = nil }, "credit!", nil},
		{"asked, and no word", func(c *cvd.Case, a *cvd.Advisory, _ *policy.Policy) { reporter(c).Credit.Wanted, a.Credits = "", nil }, "", nil},
		{"a draft that nobody confirmed", func(c *cvd.Case, _ *cvd.Advisory, p *policy.Policy) {
			p.SecondPerson.Publish, c.Release.Confirmed = true, 8
		}, "second-person!", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cs, a, p := readyCase(), readyRecord(), *terms(t)
			if c.set != nil {
				c.set(cs, a, &p)
			}
			var shut []string
			all := Gates(cs, nil, a, c.lint, &p, monday)
			for _, g := range all {
				if g.Why == "" || (g.OK != (g.Remedy == "")) {
					t.Errorf("%s: %+v", g.Name, g)
				}
				if !g.OK {
					name := g.Name
					if g.Stops {
						name += "!"
					}
					shut = append(shut, name)
				}
			}
			if got := strings.Join(shut, " "); got != c.shut {
				t.Errorf("shut: %q, want %q", got, c.shut)
			}
			err := Refuse(Shut(all, false))
			if (err != nil) != strings.Contains(c.shut, "!") || (err != nil && strings.Contains(c.shut, "embargo") != errors.Is(err, cvd.ErrEmbargoed)) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPrefill(t *testing.T) {
	c := readyCase()
	c.Score = &cvd.Score{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}
	evs := []cvd.Event{
		{Head: cvd.Head{Seq: 1, Type: cvd.EventReceived, At: monday}, Body: &cvd.Body{Report: &cvd.Report{
			Description: "The cookie is not renewed.\r\n\r\nMore.", Steps: "secret-steps", ProposedFix: "secret-fix", Impact: "Takes sessions over.",
			CWE: "cwe-384, or CWE 9999999 and CWE-384", URLs: cvd.Lines{"https://example.net/notes", "http://10.0.0.1/admin", "see my mail"},
		}}},
		{Head: cvd.Head{Seq: 2, Type: cvd.EventNoted, At: monday}, Body: &cvd.Body{Note: "secret-note"}},
		{Head: cvd.Head{Seq: 3, Type: cvd.EventValidated, At: monday.Add(24 * time.Hour), Tell: cvd.TellReporter}, Body: &cvd.Body{Text: "secret-text"}},
		{Head: cvd.Head{Seq: 4, Type: cvd.EventFixReady, At: monday.Add(72 * time.Hour)}, Body: &cvd.Body{Note: "secret-note"}},
	}
	others := []cvd.Contact{{Name: "Ben Twice", Credit: cvd.Credit{Wanted: "name", As: "ben2"}}, {Name: "Shy", Credit: cvd.Credit{Wanted: "anonymous"}}}
	day := monday.Truncate(24 * time.Hour)
	want := &cvd.Advisory{
		ID: "NLSA-2026-2222222", TLP: cvd.TLPClear, Lang: "en", Title: "Session fixation", Overview: "The cookie is not renewed.",
		Products: []cvd.AdvisoryProduct{{
			ID: "northlake-gateway", Name: "Northlake Gateway", PURL: "pkg:golang/example.com/northlake/gateway", Ecosystem: "Go", Package: "example.com/northlake/gateway",
		}},
		Vulnerabilities: []cvd.Vulnerability{{
			CVE: "CVE-2026-12345", Title: "Session fixation", CWE: []string{"CWE-384"}, Description: "The cookie is not renewed.\r\n\r\nMore.", Impact: "Takes sessions over.",
			Scores:   []cvd.AdvisoryScore{{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}},
			Affects:  []cvd.Affect{{Product: "northlake-gateway", Status: cvd.StatusAffected, Versions: []string{"5.0", "5.1"}}},
			Remedies: []cvd.Remedy{{Kind: cvd.RemedyFix, Text: "Update to a version with the fix.", Date: day.Add(72 * time.Hour)}},
		}},
		References: []cvd.Reference{{Kind: "WEB", URL: "https://example.net/notes"}},
		Credits:    []cvd.AdvisoryCredit{{Name: "Rea Finder", Organisation: "Finders", Kind: "FINDER"}, {Name: "ben2", Kind: "FINDER"}},
		Timeline: []cvd.Milestone{
			{At: day, Text: "The vulnerability is reported to us."}, {At: day.Add(24 * time.Hour), Text: "The report is confirmed."}, {At: day.Add(72 * time.Hour), Text: "A fix is ready."},
		},
	}
	if diff := cmp.Diff(want, Prefill(c, evs, others, terms(t))); diff != "" {
		t.Error(diff)
	}
	// An empty case makes a draft too.
	if a := Prefill(&cvd.Case{Created: monday}, nil, nil, terms(t)); len(a.Products) != 0 || len(a.Timeline) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestRevise(t *testing.T) {
	draft := readyRecord()
	draft.Source = &cvd.AdvisorySource{Format: "osv"} // whoever saves a draft may say so
	one := Revise(draft, nil, "ignored", monday)
	sec := monday.Truncate(time.Second)
	if one.Revision != 1 || !one.Published.Equal(sec) || !one.Modified.Equal(sec) || len(one.History) != 1 || one.History[0].Text != firstRevision || !one.Vulnerabilities[0].Disclosed.Equal(sec) {
		t.Errorf("%+v", one)
	}
	if one.Source != nil {
		t.Error("it says that it was imported, so an import could follow it")
	}
	if draft.Revision != 0 || draft.History != nil {
		t.Error("the draft was changed")
	}
	draft.Title = "Another"
	two := Revise(draft, one, "the title", monday.Add(time.Hour))
	if two.Revision != 2 || !two.Published.Equal(sec) || !two.Modified.Equal(sec.Add(time.Hour)) || len(two.History) != 2 || two.History[1].Text != "the title" || two.Title != "Another" {
		t.Errorf("%+v", two)
	}
	gone := Withdraw(two, "it is none", monday.Add(2*time.Hour))
	if gone.Revision != 3 || !gone.Withdrawn.Equal(gone.Modified) || gone.Why != "it is none" || gone.Title != "Another" || len(gone.History) != 3 {
		t.Errorf("%+v", gone)
	}
	if back := Revise(draft, gone, "it is one", monday.Add(3*time.Hour)); !back.Withdrawn.IsZero() || back.Why != "" || back.Revision != 4 {
		t.Errorf("%+v", back)
	}
}

// What a revision for a few said of itself is not told to everybody by the next one,
// and the day on which a few read it is not that of the disclosure.
func TestReviseOpensAnAdvisory(t *testing.T) {
	at := func(n int) time.Time { return monday.Truncate(time.Second).Add(time.Duration(n) * time.Hour) }
	draft := readyRecord()
	var a *cvd.Advisory
	for n, step := range []struct {
		tlp cvd.TLP
		why string
		say []string
		out time.Time // when it was disclosed
	}{
		{cvd.TLPAmber, "", []string{firstRevision}, time.Time{}},
		{cvd.TLPAmberStrict, "secret-one", []string{firstRevision, "secret-one"}, time.Time{}},
		{cvd.TLPClear, "for all", []string{closedRevision, closedRevision, "for all"}, at(2)},
		{"", "open", []string{closedRevision, closedRevision, "for all", "open"}, at(2)},
		{cvd.TLPRed, "secret-two", []string{closedRevision, closedRevision, "for all", "open", "secret-two"}, time.Time{}},
		{cvd.TLPGreen, "again", []string{closedRevision, closedRevision, "for all", "open", closedRevision, "again"}, at(2)},
	} {
		draft.TLP = step.tlp
		a = Revise(draft, a, step.why, at(n))
		var said []string
		for _, c := range a.History {
			said = append(said, c.Text)
		}
		if !slices.Equal(said, step.say) || a.Revision != n+1 || !a.Published.Equal(at(0)) {
			t.Errorf("revision %d says %q", n+1, said)
		}
		if got := a.Vulnerabilities[0].Disclosed; !got.Equal(step.out) {
			t.Errorf("revision %d was disclosed at %s", n+1, got)
		}
	}
	if gone := Withdraw(a, "none", at(9)); strings.Contains(fmt.Sprint(gone.History), "secret") {
		t.Errorf("withdrawn, it says %v", gone.History)
	}
}

func TestDiff(t *testing.T) {
	a, b := readyRecord(), readyRecord()
	if d := Diff(a, b); len(d) != 0 {
		t.Errorf("%v", d)
	}
	b.Title, b.Credits, b.Aliases = "Another", nil, []string{"GHSA-1"}
	want := []Change{{"title", "Session fixation", "Another"}, {"aliases[0]", "", "GHSA-1"}, {"credits[0].name", "Rea Finder", ""}, {"credits[0].organisation", "Finders", ""}}
	if diff := cmp.Diff(want, Diff(a, b)); diff != "" {
		t.Error(diff)
	}
	if len(Diff(nil, b)) == 0 || len(Diff(a, nil)) == 0 {
		t.Error("everything is new, or gone")
	}
}
