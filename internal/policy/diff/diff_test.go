package diff

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

func TestDiff(t *testing.T) {
	days := func(n int) calendar.Amount { return calendar.Amount{N: n, Unit: calendar.Days} }
	for name, c := range map[string]struct {
		edit func(p *policy.Policy)
		want []Change
	}{
		"nothing": {func(*policy.Policy) {}, nil},
		"an amount": {
			func(p *policy.Policy) { p.Promises.Verify.Within = days(5) },
			[]Change{{"promises.verify.within", "7 days", "5 days"}},
		},
		"a promise added and one removed": {
			func(p *policy.Policy) {
				p.Promises.Verify = nil
				p.Promises.Disclose = &policy.Promise{Within: days(90)}
			},
			[]Change{
				{"promises.verify", "within: 7 days; target: true; text: We verify a report as soon as we can, usually within a week.", ""},
				{"promises.disclose", "", "within: 90 days"},
			},
		},
		"a fix by severity": {
			func(p *policy.Policy) {
				p.Promises.Fix = map[cvd.Band]policy.Promise{"high": {Within: days(30), Target: true}}
			},
			[]Change{{"promises.fix.high", "", "within: 30 days; target: true"}},
		},
		"a clause inserted in front": {
			func(p *policy.Policy) {
				p.Guidelines = append([]policy.Clause{{ID: "new", Title: "New"}}, p.Guidelines...)
			},
			[]Change{{"guidelines[new]", "", "id: new; title: New"}},
		},
		"a clause removed": {
			func(p *policy.Policy) { p.Scope.Out = p.Scope.Out[1:] },
			[]Change{{"scope.out[denial-of-service]", "id: denial-of-service; title: Denial of service; text: Attacks that exhaust a service or disturb its operation.\n", ""}},
		},
		"a clause reworded": {
			func(p *policy.Policy) { p.Guidelines[1].Title = "Hands off our data" },
			[]Change{{"guidelines[no-data-access].title", "Leave our data alone", "Hands off our data"}},
		},
		"another order": {
			func(p *policy.Policy) { p.Scope.Out[0], p.Scope.Out[1] = p.Scope.Out[1], p.Scope.Out[0] },
			[]Change{{"scope.out (order)", "denial-of-service, physical-testing, social-engineering", "physical-testing, denial-of-service, social-engineering"}},
		},
		"working hours": {
			func(p *policy.Policy) {
				p.Calendar.Hours["friday"] = []string{"09:00-13:00"}
				delete(p.Calendar.Hours, "monday")
			},
			[]Change{
				{"calendar.hours.monday", "09:00-17:00", ""},
				{"calendar.hours.friday[09:00-13:00]", "", "09:00-13:00"},
				{"calendar.hours.friday[09:00-17:00]", "09:00-17:00", ""},
			},
		},
		"a stance": {
			func(p *policy.Policy) { p.SafeHarbour.NoLegalAction = false; p.Disclosure.DefaultEmbargo = days(45) },
			[]Change{{"safe_harbour.no_legal_action", "true", "false"}, {"disclosure.default_embargo", "", "45 days"}},
		},
		"a translation": {
			func(p *policy.Policy) {
				p.Translations["fr"]["retention.text"] = "Toujours."
				delete(p.Translations["fr"], "clauses.step-cve.title")
				p.Translations["de"] = policy.Texts{"retention.text": "Immer."}
			},
			[]Change{
				{"translations.de", "", "retention.text: Immer."},
				{"translations.fr.clauses.step-cve.title", "Demander un identifiant CVE", ""},
				{"translations.fr.retention.text", "Les dossiers clos sont conservés aussi longtemps que le produit concerné est pris en charge.", "Toujours."},
			},
		},
		"a revision": {
			func(p *policy.Policy) { p.Revision = "1.1" },
			[]Change{{"revision", "1.0", "1.1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := example(t, "signed-policy"), example(t, "signed-policy")
			c.edit(b)
			if diff := cmp.Diff(trimmed(c.want), trimmed(Between(a, b))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			back := Between(b, a)
			if len(back) != len(c.want) {
				t.Errorf("there %d changes, back %d: %v", len(c.want), len(back), back)
			}
		})
	}
}

func trimmed(list []Change) []Change {
	for i := range list {
		for _, s := range []*string{&list[i].From, &list[i].To} {
			for len(*s) > 0 && (*s)[len(*s)-1] == '\n' {
				*s = (*s)[:len(*s)-1]
			}
		}
	}
	return list
}

func example(t *testing.T, name string) *policy.Policy {
	t.Helper()
	path := "../../../examples/policies/" + name + ".yaml"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A text that repeats a promise is found when the promise changes, in each language; what
// did not change is left alone.
func TestStillSaid(t *testing.T) {
	b, err := os.ReadFile("../../../examples/policies/signed-policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := policy.Parse("signed-policy.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	next := *a
	if got := StillSaid(a, &next); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	next.Promises.Acknowledge.Within = calendar.Amount{N: 3, Unit: calendar.BusinessDays}
	next.Translations = map[string]policy.Texts{"de": {"x": "Antwort innerhalb von zwei Werktagen"}}
	var got []string
	for _, one := range StillSaid(a, &next) {
		got = append(got, one.Path+": "+one.Says+", "+one.Promise+", "+one.To.String())
	}
	want := []string{
		"checklist[step-acknowledge]: two business days, promises.acknowledge, 3 business days",
		"translations.de: zwei Werktagen, promises.acknowledge, 3 business days",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
