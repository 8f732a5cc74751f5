package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ann  = cvd.Actor{Kind: cvd.ActorMember, ID: "ann", Name: "Ann", Roles: []cvd.Role{cvd.RoleMember}}
	bob  = cvd.Actor{Kind: cvd.ActorMember, ID: "bob", Name: "Bob", Roles: []cvd.Role{cvd.RoleLead}}
	bot  = cvd.Actor{Kind: cvd.ActorMachine, ID: "bot", Name: "Bot", Roles: []cvd.Role{cvd.RoleMember}}
	rep  = cvd.Actor{Kind: cvd.ActorReporter}
)

// caseIn is a case in the state, made by hand so that each verb meets each.
func caseIn(s cvd.RM) *cvd.Case {
	return &cvd.Case{
		ID: "FL-2026-2222222", Program: "site", Policy: 1, Version: 7, Created: noon, Updated: noon,
		EM: cvd.EMNone, Facts: "Vfdpxa",
		Participants: []cvd.Participant{
			{ID: cvd.Vendor, Roles: []cvd.ParticipantRole{cvd.AsVendor}, RM: s, Consent: cvd.ConsentNone},
			{ID: cvd.Reporter, Roles: []cvd.ParticipantRole{cvd.AsFinder, cvd.AsReporter}, RM: cvd.RMAccepted, Consent: cvd.ConsentNone},
		},
	}
}

// ready sets what a verb needs of the case beyond its RM state.
func ready(c *cvd.Case, v cvd.Verb) *cvd.Case {
	switch v {
	case cvd.VerbProvide:
		c.Clocks = []cvd.Clock{{Kind: cvd.ClockNeedsInfo, Started: noon, Due: noon.Add(time.Hour)}}
	case cvd.VerbAppeal:
		c.ClosedInvalid = c.Closed()
	case cvd.VerbUphold:
		c.Flags.Appealed, c.Flags.Appeal, c.Ruled = true, true, ann.Ref()
	case cvd.VerbRelease:
		c.Assignee = "ann"
	case cvd.VerbConfirm, cvd.VerbRefuse:
		c.Pending = &cvd.Pending{Seq: 5, Verb: cvd.VerbNote, By: ann.Ref()}
	case cvd.VerbAct, cvd.VerbAfterAction:
		c.Flags.Emergency = true
	case cvd.VerbPostpone:
		c.Clocks = []cvd.Clock{{Kind: cvd.ClockFix, Started: noon, Due: noon.Add(time.Hour)}}
	case cvd.VerbFixDeployed:
		c.Facts = "VFdpxa"
	case cvd.VerbSchedule, cvd.VerbPublish:
		c.Release = cvd.Release{Advisory: "FLSA-2026-2222222", Draft: 1}
	case cvd.VerbUnschedule:
		c.Release = cvd.Release{Advisory: "FLSA-2026-2222222", Draft: 1, At: noon.Add(48 * time.Hour)}
	case cvd.VerbRetract:
		c.Release = cvd.Release{Advisory: "FLSA-2026-2222222", Draft: 1, Published: 1, Revision: 1}
	case cvd.VerbCheckResult:
		c.Release.Check = cvd.CheckOffered
	case cvd.VerbAdmit, cvd.VerbDismiss:
		c.HeldMail = []int64{deed(v, ann).In.Seq}
	case cvd.VerbReached:
		c.Undelivered = noon
	case cvd.VerbDropParty:
		c.Participants = append(c.Participants, cvd.Participant{ID: "carl", Roles: []cvd.ParticipantRole{cvd.AsObserver}, Contact: &cvd.Contact{Email: "carl@example.net"}})
	case cvd.VerbTrustKey:
		c.Offer = &cvd.KeyOffer{Seq: deed(v, ann).In.Seq}
		c.Participant(cvd.Reporter).Contact = &cvd.Contact{Name: "Rea"}
	}
	if c.Closed() {
		c.Accepted = noon
	}
	return c
}

// deed gives a verb all that it needs and nothing more.
func deed(v cvd.Verb, by cvd.Actor) Deed {
	d := Deed{Verb: v, By: by}
	for _, name := range SpecOf(v).Needs {
		fill(&d.In, name)
	}
	switch v {
	case cvd.VerbAsk:
		d.In.Missing = []string{"version"}
	case cvd.VerbSeverity:
		d.Score = &cvd.Score{Vector: "CVSS:3.1/…", Version: "3.1", Score: 8.1, Band: cvd.BandHigh}
	case cvd.VerbAttach:
		d.File = &cvd.Attachment{Blob: "b", Name: "poc.txt", Size: 3}
	case cvd.VerbConfirm:
		d.Ruling = &cvd.Input{Note: "as discussed"}
	case cvd.VerbCheckResult:
		d.In.Outcome = string(cvd.CheckPass)
	case cvd.VerbCVE:
		d.In.CVE, d.In.Outcome = "CVE-2026-12345", string(cvd.CVEReserved)
	case cvd.VerbPublish:
		d.In.Reason = "the first version" // of a second one it would be needed
	case cvd.VerbAdvise:
		d.Advisory = "FLSA-2026-2222222"
	case cvd.VerbAdmit:
		d.Held = &cvd.Body{Text: "words of the reporter", Mail: &cvd.Mail{From: "rea@example.net"}}
	case cvd.VerbTrustKey:
		d.Held = &cvd.Body{Key: "a key"}
	case cvd.VerbSuccessor:
		d.Link = &cvd.Link{Kind: cvd.LinkSucceededBy, Case: "FL-2026-3333333"}
	}
	return d
}

func fill(in *cvd.Input, name string) {
	switch name {
	case "text":
		in.Text = "words to the reporter"
	case "note":
		in.Note = "words to the team"
	case "reason":
		in.Reason = "because"
	case "silent":
		in.Silent = "they asked not to be told"
	case "clauses":
		in.Clauses = []string{"scope-1"}
	case "missing":
		in.Missing = []string{"version"}
	case "vector":
		in.Vector = "CVSS:3.1/…"
	case "to":
		in.To = "carl"
	case "outcome":
		in.Outcome = "resolved upstream"
	case "clock":
		in.Clock = cvd.ClockFix
	case "until":
		in.Until = noon.Add(48 * time.Hour)
	case "seq":
		in.Seq = 1
	case "contact":
		in.Contact = &cvd.Contact{Name: "Rea", Email: "rea@example.net"}
	case "advisory":
		in.Advisory = &cvd.Advisory{Title: "Login bypass", Details: "It breaks."}
	case "cve":
		in.CVE = "CVE-2026-12345"
	}
}

// walked prints the arrows of one row of the table from one state.
func walked(spec *Spec, from cvd.RM) string {
	deeds, ok := spec.Walk[from]
	if !ok {
		return "-"
	}
	parts := slices.Clone(deeds)
	for i, f := range spec.Facts {
		if i > 0 {
			f += "?" // only if it does not hold yet
		}
		parts = append(parts, "+"+f)
	}
	if spec.Leaves {
		parts = append(parts, "reporter:close")
	}
	if len(parts) == 0 {
		return "stay"
	}
	return strings.Join(parts, " ")
}

func TestVerbTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("verb -> arrows by the organisation's own RM state; - refuses the verb, +X records a case fact, +X? unless it holds\n\n")
	for i := range Specs {
		spec := &Specs[i]
		fmt.Fprintf(&b, "%s -> %s, tells %s\n", spec.Verb, spec.Event, spec.Tell)
		for _, s := range states {
			fmt.Fprintf(&b, "  %-10s%s\n", s, walked(spec, s))
		}
	}
	goldentest.Is(t, "testdata/verbs.golden", b.String())
}

// The golden is printed from Specs; this holds Decide to it.
func TestDecideWalksTheTable(t *testing.T) {
	for i := range Specs {
		spec := &Specs[i]
		if spec.Verb == cvd.VerbReceive {
			continue
		}
		for _, s := range states {
			c := ready(caseIn(s), spec.Verb)
			evs, err := Decide(c, deed(spec.Verb, bob), noon)
			deeds, may := spec.Walk[s]
			if may != (err == nil) {
				t.Errorf("%s from %s: %v", spec.Verb, s, err)
				continue
			}
			if err != nil {
				continue
			}
			want := append(slices.Clone(deeds), spec.Facts...)
			if spec.Leaves {
				want = append(want, "close")
			}
			var got []string
			for _, a := range evs[0].Arrows {
				got = append(got, a.Do)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s from %s (-table +decided):\n%s", spec.Verb, s, diff)
			}
			for _, ev := range evs {
				neverSilent(t, ev)
				if err := c.Apply(ev); err != nil {
					t.Errorf("%s from %s: decided but refused: %v", spec.Verb, s, err)
				}
			}
		}
	}
}

// neverSilent is invariant 2 for one event: what moves tells the reporter, or
// records why not.
func neverSilent(t interface{ Errorf(string, ...any) }, ev cvd.Event) {
	switch {
	case ev.Tell == cvd.TellReporter:
	case ev.Tell == cvd.TellNobody && ev.Body != nil && strings.TrimSpace(ev.Body.Silence) != "":
	case ev.Tell == cvd.TellTeam && len(ev.Arrows) == 0:
	default:
		t.Errorf("%s tells %q, walks %v and gives no reason for silence", ev.Type, ev.Tell, ev.Arrows)
	}
}

func TestSpecsAreWhole(t *testing.T) {
	verbs, events := map[cvd.Verb]bool{}, map[cvd.EventType]bool{}
	known := given(cvd.Input{
		Text: "x", Note: "x", Reason: "x", Silent: "x", Clauses: []string{"x"}, Missing: []string{"x"}, Vector: "x",
		To: "x", Outcome: "x", Clock: "x", Until: noon, Seq: 1, Contact: &cvd.Contact{}, Advisory: &cvd.Advisory{}, Others: true, CVE: "x",
	})
	for _, s := range Specs {
		if verbs[s.Verb] || events[s.Event] {
			t.Errorf("%s or its event stands twice", s.Verb)
		}
		verbs[s.Verb], events[s.Event] = true, true
		for _, n := range s.Needs {
			if !slices.Contains(s.Takes, n) {
				t.Errorf("%s needs %s but does not take it", s.Verb, n)
			}
		}
		for _, n := range s.Takes {
			if !slices.Contains(known, n) {
				t.Errorf("%s takes %s, which is no member of Input", s.Verb, n)
			}
		}
		if s.Tell != cvd.TellReporter && slices.Contains(s.Takes, "silent") {
			t.Errorf("%s tells nobody and yet takes a reason for silence", s.Verb)
		}
	}
	if SpecOf("no-such-verb") != nil {
		t.Error("an unknown verb has a row")
	}
}

func TestNeverClosedFromValidOrReceived(t *testing.T) {
	for i := range Specs {
		for from, deeds := range Specs[i].Walk {
			at := from
			for _, do := range deeds {
				to, err := at.Next(do)
				if err != nil {
					t.Errorf("%s from %s: %v", Specs[i].Verb, from, err)
				}
				if to == cvd.RMClosed && (at == cvd.RMValid || at == cvd.RMReceived) {
					t.Errorf("%s closes from %s", Specs[i].Verb, at)
				}
				at = to
			}
		}
	}
}
