package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
	"fairlead/internal/words"
)

func file(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var examples = []string{"two-person-team", "signed-policy"}

func example(t testing.TB, name string) *Policy {
	t.Helper()
	p, err := Parse(name+".yaml", file(t, "../../examples/policies/"+name+".yaml"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

func voice(t testing.TB) *words.Voice {
	t.Helper()
	b, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b.In("en")
}

func TestExamplesAreClean(t *testing.T) {
	for _, name := range append([]string{}, examples...) {
		_, faults, warnings := Check(name, file(t, "../../examples/policies/"+name+".yaml"))
		if len(faults)+len(warnings) > 0 {
			t.Errorf("%s: faults:\n%v\nwarnings:\n%v", name, faults, warnings)
		}
	}
	if _, faults, warnings := Check("small.yaml", file(t, "testdata/small.yaml")); len(faults)+len(warnings) > 0 {
		t.Errorf("small: %v %v", faults, warnings)
	}
}

// TestSeedNumbers holds the figures of the two seed policies, clause by clause.
func TestSeedNumbers(t *testing.T) {
	two, signed := example(t, "two-person-team"), example(t, "signed-policy")
	for _, c := range []struct {
		clause    string
		got, want any
	}{
		{"I1", two.TrackerURL != "", true},
		{"I2", two.Contacts[0].URI, "mailto:security@example.org"},
		{"I3", two.Promises.Acknowledge.Within.String(), "1 business day"},
		{"I4", two.Promises.FollowUp.Within.String(), "48 hours"},
		{"I6", two.Scope.ThirdParty.Field, "third_party"},
		{"I7", two.Team.Minimum, 2},
		{"I8", two.Team.Duty, "all"},
		{"I11", two.Emergency.At, cvd.BandHigh},
		{"I11 recipients", strings.Join(two.Emergency.ReportTo, " "), "team"},
		{"I12 no fix promise", len(two.Promises.Fix), 0},
		{"I13", two.SourceURL != "" && two.Feedback.Text != "", true},
		{"I14", two.Rewards.Bounty, false},
		{"two-person sign-offs", len(two.Review.SignOffs), 0},
		{"S1", signed.Classification, "public"},
		{"S2 months", signed.Review.EveryMonths, 12},
		{"S2 sign-offs", fmt.Sprint(signed.Review.SignOffs), "[{Privacy and Security Officer reviewed} {Chief Executive Officer approved}]"},
		{"S3 lines", len(signed.Revisions), 2},
		{"S3 two reviewers", len(signed.Revisions[0].ReviewedBy), 2},
		{"S3 no approver", len(signed.Revisions[0].ApprovedBy), 0},
		{"S4", signed.SafeHarbour.NoLegalAction && signed.SafeHarbour.NoLawEnforcement && signed.SafeHarbour.Reservation != "", true},
		{"S4 second person", signed.SecondPerson.Noncompliance, true},
		{"S5", len(signed.Beside("proposed_fix")), 1},
		{"S6", signed.Rewards.Recognition, "cve-credit"},
		{"S7", len(signed.Guidelines), 8},
		{"S7 urgent", len(signed.Beside("sensitive_data_seen")), 2},
		{"S8", signed.Promises.Acknowledge.Within.String(), "2 business days"},
		{"S9 first", signed.Information[0].Name, "reporter.name"},
		{"S10", signed.Promises.Verify.Within.String(), "7 days"},
		{"S10 target", signed.Promises.Verify.Target, true},
		{"S11", signed.CVE.InitiatedBy == "vendor" && signed.CVE.AfterFix, true},
		{"S12", len(signed.Scope.Out), 3},
		{"S13", signed.Disclosure.By, "vendor-discretion"},
		{"S13 no disclose promise", signed.Promises.Disclose == nil && signed.Disclosure.DefaultEmbargo.IsZero(), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.clause, c.got, c.want)
		}
	}
}

func TestPromises(t *testing.T) {
	moments := map[string][]string{
		"two-person-team": {
			"2026-11-24T10:30:00+01:00", // Tuesday, at work
			"2026-11-24T06:00:00+01:00", // before opening
			"2026-11-24T09:00:00+01:00", // at opening
			"2026-11-24T20:00:00+01:00", // after closing
			"2026-11-27T16:59:00+01:00", // Friday, just before closing
			"2026-11-28T12:00:00+01:00", // Saturday
			"2026-12-24T11:00:00+01:00", // before two holidays and a weekend
			"2026-04-02T15:00:00+02:00", // before Good Friday and Easter Monday
			"2026-03-27T15:00:00+01:00", // before the clocks go forward
			"2026-10-23T15:00:00+02:00", // before the clocks go back
		},
		"signed-policy": {
			"2026-11-24T10:30:00-05:00",
			"2026-11-27T16:59:00-05:00",
			"2026-12-24T11:00:00-05:00", // Boxing Day falls on a Saturday and is not moved
			"2026-05-15T18:00:00-04:00", // before Victoria Day
			"2026-03-06T12:00:00-05:00", // before the clocks go forward
			"2026-10-30T12:00:00-04:00", // before the clocks go back
			"2026-11-28T03:00:00Z",      // Friday night there, Saturday in UTC
		},
	}
	var b bytes.Buffer
	for _, name := range examples {
		p := example(t, name)
		for _, m := range moments[name] {
			at, err := time.Parse(time.RFC3339, m)
			if err != nil {
				t.Fatal(err)
			}
			dues, err := p.PromisedAt(voice(t), at)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s received %s\n", name, at.Format("Mon 2006-01-02 15:04 -07:00"))
			for _, d := range dues {
				fmt.Fprintf(&b, "  %-12s %s target=%-5t %s\n", d.Kind, d.Due.Format("Mon 2006-01-02 15:04 -07:00"), d.Target, d.Basis)
			}
		}
	}
	goldentest.Is(t, "testdata/promises.golden", b.Bytes())
}

func TestPromisedAtIsOrderedAndJSON(t *testing.T) {
	p, err := Parse("small.yaml", file(t, "testdata/small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dues, err := p.PromisedAt(voice(t), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(dues)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"kind":"acknowledge","due":"2026-11-30T17:00:00+01:00","basis":"1 business day from receipt (Mon 09:00-12:00, 13:00-17:00 Europe/Berlin); counted from the next opening, Mon 30 Nov 2026, 09:00 CET (UTC+01:00)"},` +
		`{"kind":"update","due":"2026-12-08T10:00:00+01:00","basis":"14 days from receipt, nights, weekends and holidays included; house target, since the policy sets no interval for news","target":true}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSchemaAgrees walks the schema and the type side by side.
func TestSchemaAgrees(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	agree(t, root, root, reflect.TypeFor[Policy](), "policy")
}

func agree(t *testing.T, root, node map[string]any, typ reflect.Type, path string) {
	t.Helper()
	if d, _ := node["description"].(string); d == "" {
		t.Errorf("%s: no description", path)
	}
	if ref, ok := node["$ref"].(string); ok {
		def := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")]
		agree(t, root, def.(map[string]any), typ, path)
		return
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	props, _ := node["properties"].(map[string]any)
	switch {
	case node["type"] == "string" || typ.Kind() == reflect.String || typ.Kind() == reflect.Bool || typ.Kind() == reflect.Int:
	case typ.Kind() == reflect.Slice:
		items, _ := node["items"].(map[string]any)
		if _, bounded := node["maxItems"]; !bounded {
			t.Errorf("%s: no bound on its items", path)
		}
		if ref, ok := items["$ref"].(string); ok {
			items = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		agree(t, root, items, typ.Elem(), path+"[]")
	case typ.Kind() == reflect.Map:
		for name, sub := range props {
			agree(t, root, sub.(map[string]any), typ.Elem(), path+"."+name)
		}
	case typ.Kind() == reflect.Struct:
		if node["additionalProperties"] != false {
			t.Errorf("%s: takes unknown keys", path)
		}
		seen := map[string]bool{}
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if fromJSON, _, _ := strings.Cut(f.Tag.Get("json"), ","); fromJSON != name {
				t.Errorf("%s.%s: the tags differ: %q, %q", path, f.Name, name, fromJSON)
			}
			if name == "-" {
				continue // not of the file
			}
			seen[name] = true
			sub, ok := props[name].(map[string]any)
			if !ok {
				t.Errorf("%s.%s is not in the schema", path, name)
				continue
			}
			agree(t, root, sub, f.Type, path+"."+name)
		}
		for name := range props {
			if !seen[name] {
				t.Errorf("%s.%s is in the schema only", path, name)
			}
		}
	default:
		t.Errorf("%s: no rule for %s", path, typ)
	}
}

func TestDefaultsAgreeWithSchema(t *testing.T) {
	p, err := Parse("small.yaml", file(t, "testdata/small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(map[string]any{
		"classification": p.Classification, "needs_information": p.Promises.NeedsInformation, "severity": p.Severity.Method,
		"duty": p.Team.Duty, "warn_days": p.Review.WarnDays, "attachment_mib": p.Intake.AttachmentMiB, "attachments_total": p.Intake.AttachmentsTotal,
	})
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	def := func(path ...string) any {
		at := root
		for _, step := range path {
			at = at["properties"].(map[string]any)[step].(map[string]any)
		}
		return at["default"]
	}
	want, err := json.Marshal(map[string]any{
		"classification": def("classification"), "needs_information": def("promises", "needs_information"), "severity": def("severity", "method"),
		"duty": def("team", "duty"), "warn_days": def("review", "warn_days"), "attachment_mib": def("intake", "attachment_mib"),
		"attachments_total": def("intake", "attachments_total"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the program fills in %s, the schema says %s", got, want)
	}
}

func TestFaultsAreInvalid(t *testing.T) {
	_, err := Parse("x.yaml", nil)
	var faults Faults
	if !errors.Is(err, cvd.ErrInvalid) || !errors.As(err, &faults) {
		t.Errorf("an empty file gives %v", err)
	}
}

func TestNextReview(t *testing.T) {
	p := &Policy{Review: Review{EveryMonths: 12}}
	for since, want := range map[string]string{"2026-11-21": "2027-11-21", "2024-02-29": "2025-02-28"} {
		at, _ := time.Parse(time.DateOnly, since)
		if got := p.NextReview(at).Format(time.DateOnly); got != want {
			t.Errorf("from %s: %s, want %s", since, got, want)
		}
	}
	p.Review.EveryMonths = 6
	if got := p.NextReview(time.Date(2026, 8, 31, 9, 0, 0, 0, time.UTC)).Format(time.DateOnly); got != "2027-02-28" {
		t.Errorf("half a year after 31 August is %s", got)
	}
}

func TestRepliesAndSignOffs(t *testing.T) {
	p := example(t, "signed-policy")
	r, err := p.Reply("do-you-pay", "https://x.example.org/")
	if err != nil || !strings.Contains(r.Text, `"Rewards" (https://x.example.org/policy#no-bounty)`) {
		t.Errorf("reply %q, %v", r.Text, err)
	}
	if _, err := p.Reply("none-such", ""); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("an unknown reply gives %v", err)
	}
	left := Outstanding(p.Review.SignOffs, []SignOff{{Office: "Privacy and Security Officer", Act: "reviewed"}, {Office: "Chief Executive Officer", Act: "reviewed"}})
	if len(left) != 1 || left[0] != (SignOff{Office: "Chief Executive Officer", Act: "approved"}) {
		t.Errorf("outstanding: %v", left)
	}
}

// Dates are counted only from instants whose dates are known.
func TestExtremeInstantsPromiseNothing(t *testing.T) {
	p := example(t, "signed-policy")
	for year, ok := range map[int]bool{1: false, 1700: false, 1969: false, 1970: true, 2026: true, 2100: true, 2101: false, 9999: false} {
		at := time.Date(year, 6, 1, 12, 0, 0, 0, time.UTC)
		due, err := p.PromisedAt(voice(t), at)
		if ok != (err == nil) {
			t.Errorf("%d: %v", year, err)
		}
		var faults cvd.Faults
		if !ok && (!errors.As(err, &faults) || !strings.Contains(err.Error(), "1970 to 2100")) {
			t.Errorf("%d: %v names no limit", year, err)
		}
		for _, d := range due {
			if d.Due.Before(at) || d.Due.Year() > year+2 {
				t.Errorf("%d: %s is due %s", year, d.Kind, d.Due)
			}
		}
	}
}

// A program's own address leads to it, a contact's to none in particular.
func TestMailboxes(t *testing.T) {
	small := strings.Replace(string(file(t, "testdata/small.yaml")), "prefix: EX", "prefix: EX\n    mail: server@example.org", 1)
	p, err := Parse("policy.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := []Mailbox{{"server@example.org", "main"}, {"security@example.org", ""}}
	if diff := cmp.Diff(want, p.Mailboxes()); diff != "" {
		t.Error(diff)
	}
}
