package cvd

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fairlead/internal/goldentest"
)

// matrix prints a machine whole: a row a state, a column a deed.
func matrix[S ~string](states []S, deeds []string, next func(S, string) (S, error)) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s", "")
	for _, do := range deeds {
		fmt.Fprintf(&b, "%-12s", do)
	}
	for _, s := range states {
		b.WriteString("\n")
		fmt.Fprintf(&b, "%-12s", string(s))
		for _, do := range deeds {
			cell := "-"
			if to, err := next(s, do); err == nil {
				cell = string(to)
			}
			fmt.Fprintf(&b, "%-12s", cell)
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestMatrices(t *testing.T) {
	goldentest.Is(t, "testdata/rm.golden", matrix(rmStates, rmDeeds, RM.Next))
	goldentest.Is(t, "testdata/em.golden", matrix(emStates, emDeeds, EM.Next))
	goldentest.Is(t, "testdata/consent.golden", matrix(consentStates, consentDeeds, Consent.Next))
	goldentest.Is(t, "testdata/cs.golden", matrix(factStates(), factDeeds, Facts.Next))
}

// The tables must not hold an arrow that the printed matrices would leave out.
func TestArrowsUseKnownStates(t *testing.T) {
	known(t, rmArrows, rmStates, rmDeeds)
	known(t, emArrows, emStates, emDeeds)
	known(t, consentArrows, consentStates, consentDeeds)
}

func known[S ~string](t *testing.T, arrows []arrow[S], states []S, deeds []string) {
	t.Helper()
	s, d, twice := map[S]bool{}, map[string]bool{}, map[string]bool{}
	for _, one := range states {
		s[one] = true
	}
	for _, one := range deeds {
		d[one] = true
	}
	for _, a := range arrows {
		if !s[a.From] || !s[a.To] || !d[a.Do] {
			t.Errorf("arrow %v uses a state or deed that is not listed", a)
		}
		if key := string(a.From) + a.Do; twice[key] {
			t.Errorf("two arrows %s from %s", a.Do, a.From)
		} else {
			twice[key] = true
		}
	}
}

// The counts are those of the model in the CERT Guide and in Vultron.
func TestFactCounts(t *testing.T) {
	states := factStates()
	steps := 0
	histories := map[Facts]int{FactsNone: 1}
	for _, s := range states { // breadth first: all ways into s are counted before s
		for _, d := range factDeeds {
			if to, err := s.Next(d); err == nil {
				steps++
				histories[to] += histories[s]
			}
		}
	}
	if len(states) != 32 || steps != 58 || histories["VFDPXA"] != 70 {
		t.Errorf("%d states, %d transitions, %d complete histories; want 32, 58, 70", len(states), steps, histories["VFDPXA"])
	}
}

func TestFactsNeverGoBack(t *testing.T) {
	for _, s := range factStates() {
		for _, d := range factDeeds {
			to, err := s.Next(d)
			if err != nil {
				if to != s {
					t.Errorf("%s refused %s but moved to %s", s, d, to)
				}
				continue
			}
			for _, f := range factDeeds {
				if s.Has(f) && !to.Has(f) {
					t.Errorf("%s %s forgot %s", s, d, f)
				}
			}
			if !to.Has(d) {
				t.Errorf("%s %s leads to %s, which does not hold it", s, d, to)
			}
		}
	}
}

func TestFactsRefuse(t *testing.T) {
	for _, c := range []struct {
		from Facts
		do   string
		want error
	}{
		{"vfdpxa", "F", ErrNotReady},
		{"Vfdpxa", "D", ErrNotReady},
		{"Vfdpxa", "V", ErrNotReady},
		{"vfdPxa", "A", ErrNotReady},
		{"VfdpXa", "F", ErrNotReady},
		{"Vfdpxa", "Q", ErrInvalid},
		{"Vfdpxa", "", ErrInvalid},
		{"", "V", ErrInvalid},
		{"Vfdpxaa", "F", ErrInvalid},
	} {
		if _, err := c.from.Next(c.do); !errors.Is(err, c.want) {
			t.Errorf("%q %q: %v, want %v", c.from, c.do, err, c.want)
		}
	}
}

func TestDeeds(t *testing.T) {
	for s, want := range map[RM]string{
		RMStart: "receive", RMReceived: "validate invalidate", RMInvalid: "validate close",
		RMValid: "accept defer", RMDeferred: "accept close", RMAccepted: "defer close", RMClosed: "",
	} {
		if got := strings.Join(s.Deeds(), " "); got != want {
			t.Errorf("from %s: %q, want %q", s, got, want)
		}
	}
}

func TestBandAtLeast(t *testing.T) {
	for i, b := range Bands {
		for j, o := range Bands {
			if got := b.AtLeast(o); got != (i >= j) {
				t.Errorf("%s at least %s: %v", b, o, got)
			}
		}
		if b.AtLeast("") || Band("").AtLeast(b) {
			t.Errorf("%s compares with an empty band", b)
		}
	}
}

// factStates lists all reachable states, breadth first from FactsNone.
func factStates() []Facts {
	seen := map[Facts]bool{FactsNone: true}
	order := []Facts{FactsNone}
	for i := 0; i < len(order); i++ {
		for _, d := range factDeeds {
			if n, err := order[i].Next(d); err == nil && !seen[n] {
				seen[n] = true
				order = append(order, n)
			}
		}
	}
	return order
}
