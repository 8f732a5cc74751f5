package cvd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ann  = Actor{Kind: ActorMember, ID: "ann", Name: "Ann", Roles: []Role{RoleMember}}
	bob  = Actor{Kind: ActorMember, ID: "bob", Name: "Bob", Roles: []Role{RoleLead}}
	bot  = Actor{Kind: ActorMachine, ID: "bot", Name: "Bot", Roles: []Role{RoleMember}}
	rep  = Actor{Kind: ActorReporter}
)

// caseIn is a case in the state, made by hand so that each verb meets each.
func caseIn(s RM) *Case {
	return &Case{
		ID: "FL-2026-2222222", Program: "site", Policy: 1, Version: 7, Created: noon, Updated: noon,
		EM: EMNone, Facts: "Vfdpxa",
		Participants: []Participant{
			{ID: Vendor, Roles: []ParticipantRole{AsVendor}, RM: s, Consent: ConsentNone},
			{ID: Reporter, Roles: []ParticipantRole{AsFinder, AsReporter}, RM: RMAccepted, Consent: ConsentNone},
		},
	}
}

// ready sets what a verb needs of the case beyond its RM state.
func ready(c *Case, v Verb) *Case {
	switch v {
	case VerbProvide:
		c.Clocks = []Clock{{Kind: ClockNeedsInfo, Started: noon, Due: noon.Add(time.Hour)}}
	case VerbRelease:
		c.Assignee = "ann"
	case VerbConfirm, VerbRefuse:
		c.Pending = &Pending{Seq: 5, Verb: VerbNote, By: ann.Ref()}
	case VerbAct, VerbAfterAction:
		c.Flags.Emergency = true
	case VerbPostpone:
		c.Clocks = []Clock{{Kind: ClockFix, Started: noon, Due: noon.Add(time.Hour)}}
	case VerbFixDeployed:
		c.Facts = "VFdpxa"
	}
	return c
}

// deed gives a verb all that it needs and nothing more.
func deed(v Verb, by Actor) Deed {
	d := Deed{Verb: v, By: by}
	for _, name := range SpecOf(v).Needs {
		fill(&d.In, name)
	}
	switch v {
	case VerbAsk:
		d.In.Missing = []string{"version"}
	case VerbSeverity:
		d.Score = &Score{Vector: "CVSS:3.1/…", Version: "3.1", Score: 8.1, Band: BandHigh}
	case VerbAttach:
		d.File = &Attachment{Blob: "b", Name: "poc.txt", Size: 3}
	case VerbConfirm:
		d.Ruling = &Input{Note: "as discussed"}
	case VerbSuccessor:
		d.Link = &Link{Kind: LinkSucceededBy, Case: "FL-2026-3333333"}
	}
	return d
}

func fill(in *Input, name string) {
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
		in.Clock = ClockFix
	case "until":
		in.Until = noon.Add(48 * time.Hour)
	case "seq":
		in.Seq = 1
	case "contact":
		in.Contact = &Contact{Name: "Rea"}
	}
}

// walked prints the arrows of one row of the table from one state.
func walked(spec *Spec, from RM) string {
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
		for _, s := range rmStates {
			fmt.Fprintf(&b, "  %-10s%s\n", s, walked(spec, s))
		}
	}
	golden(t, "verbs", b.String())
}

// The golden is printed from Specs; this holds Decide to it.
func TestDecideWalksTheTable(t *testing.T) {
	for i := range Specs {
		spec := &Specs[i]
		if spec.Verb == VerbReceive {
			continue
		}
		for _, s := range rmStates {
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
func neverSilent(t interface{ Errorf(string, ...any) }, ev Event) {
	switch {
	case ev.Tell == TellReporter:
	case ev.Tell == TellNobody && ev.Body != nil && strings.TrimSpace(ev.Body.Silence) != "":
	case ev.Tell == TellTeam && len(ev.Arrows) == 0:
	default:
		t.Errorf("%s tells %q, walks %v and gives no reason for silence", ev.Type, ev.Tell, ev.Arrows)
	}
}

func TestSpecsAreWhole(t *testing.T) {
	verbs, events := map[Verb]bool{}, map[EventType]bool{}
	known := Input{
		Text: "x", Note: "x", Reason: "x", Silent: "x", Clauses: []string{"x"}, Missing: []string{"x"}, Vector: "x",
		To: "x", Outcome: "x", Clock: "x", Until: noon, Seq: 1, Contact: &Contact{},
	}.given()
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
		if s.Tell != TellReporter && slices.Contains(s.Takes, "silent") {
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
				if to == RMClosed && (at == RMValid || at == RMReceived) {
					t.Errorf("%s closes from %s", Specs[i].Verb, at)
				}
				at = to
			}
		}
	}
}
