package sorting_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/goldentest"
	"fairlead/internal/intake/mail"
	"fairlead/internal/mailin/clerk/sorting"
)

var both = []bool{false, true}

// every calls do with each combination of facts that the table can tell apart.
func every(do func(sorting.Facts)) {
	autos := append([]mail.Auto{""}, sorting.Autos...)
	for bits := range 1 << 10 {
		on := func(n int) bool { return bits&(1<<n) != 0 }
		f := sorting.Facts{
			Probe: on(0), Echo: on(1), Self: on(7) && on(9), Malware: on(7) && on(6), Again: on(2), Spam: on(3), Known: on(4), Aligned: on(5), Signed: on(6), Forged: on(7), Empty: on(9),
			Loose: on(5) && on(6), Flood: on(8), Unasked: on(8), // the one only matters nowhere, the other only in a case
		}
		for _, f.Reading = range []sorting.Reading{sorting.Whole, sorting.Unreadable, sorting.TooLarge, sorting.LongHeader} {
			for _, f.Lock = range []sorting.Lock{sorting.Open, sorting.NoKey, sorting.Exposed, sorting.Broken, sorting.SMIME, sorting.Part} {
				for _, f.Return = range []sorting.Return{sorting.NoReturn, sorting.Failed, sorting.Under} {
					for _, f.Auto = range autos {
						for _, f.Place = range []sorting.Place{sorting.Nowhere, sorting.InCase, sorting.Erased} {
							for _, over := range []int{0, 1, 2} {
								f.Hops, f.Lately = sorting.MostHops, sorting.MostAnHour-1
								if over == 1 {
									f.Hops++
								} else if over == 2 {
									f.Lately++
								}
								do(f)
							}
						}
					}
				}
			}
		}
	}
}

// What must hold whatever the facts are.
func TestNoCombinationBreaksTheRules(t *testing.T) {
	known := []sorting.Do{sorting.Report, sorting.Words, sorting.Hold, sorting.Bounced, sorting.Probe, sorting.Aside, sorting.Spam, sorting.Unsorted}
	reasons := map[string]bool{}
	for _, r := range sorting.Reasons() {
		reasons[r] = false
	}
	wrong := 0
	every(func(f sorting.Facts) {
		v := sorting.Decide(f)
		bad := func(why string) {
			if wrong++; wrong < 20 {
				t.Errorf("%+v -> %+v: %s", f, v, why)
			}
		}
		if !slices.Contains(known, v.Do) {
			bad("no such fate")
		}
		if _, ok := reasons[v.Reason]; !ok {
			bad("a reason that Reasons does not list")
		}
		reasons[v.Reason] = true
		speaks := v.Do == sorting.Report || v.Do == sorting.Words
		switch {
		case f.Auto != "" && f.Auto != mail.AutoSuppress && (speaks || v.Do == sorting.Hold):
			bad("a machine's mail reaches a case")
		case v.Do == sorting.Words && (!f.Aligned || !f.Known || f.Loose):
			bad("somebody speaks whom nobody vouches for")
		case v.Do == sorting.Words && f.Place != sorting.InCase:
			bad("words in no case")
		case v.Do == sorting.Report && f.Place != sorting.Nowhere:
			bad("what belongs to a case opens another")
		case v.Do == sorting.Hold && f.Place != sorting.InCase:
			bad("held at no case")
		case speaks && (f.Lock != sorting.Open || f.Malware || f.Reading != sorting.Whole || f.Empty || f.Again || f.Echo):
			bad("it cannot say anything")
		case v.Do == sorting.Bounced && f.Return != sorting.Failed:
			bad("nothing came back")
		case v.Do == sorting.Spam && !f.Spam:
			bad("nobody called it spam")
		case f.Probe && v.Do != sorting.Probe:
			bad("a test of ours is taken for mail")
		}
	})
	for r, seen := range reasons {
		if !seen {
			t.Errorf("no combination leads to %s", r)
		}
	}
}

// A sender who is vouched for less, or a mail that is worse, never gets further.
func TestVouchingOnlyHelps(t *testing.T) {
	every(func(f sorting.Facts) {
		f.Loose = false
		if f.Aligned || sorting.Decide(f).Do != sorting.Words {
			return
		}
		f.Aligned = true
		if v := sorting.Decide(f); v.Do != sorting.Words {
			t.Errorf("%+v: an aligned mail is worse off: %+v", f, v)
		}
	})
}

// TestTable prints the rules by what decides: for readers of the review.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	hits := map[sorting.Verdict]int{}
	total := 0
	every(func(f sorting.Facts) { hits[sorting.Decide(f)]++; total++ })
	fmt.Fprintf(&out, "# Of %d combinations of facts, how many get which verdict.\n", total)
	var rows []string
	for v, n := range hits {
		rows = append(rows, fmt.Sprintf("%-9s %-20s %7d", v.Do, v.Reason, n))
	}
	slices.Sort(rows)
	out.WriteString(strings.Join(rows, "\n") + "\n\n# A readable mail, by where it belongs and who vouches: the whole table.\n")
	fmt.Fprintf(&out, "%-7s %-9s %-4s %-5s %-5s %-7s %-6s %-6s -> verdict\n", "place", "auto", "spam", "flood", "known", "aligned", "signed", "forged")
	yes := map[bool]string{true: "yes", false: "-"}
	for _, place := range []sorting.Place{sorting.Nowhere, sorting.InCase, sorting.Erased} {
		for _, auto := range []mail.Auto{"", mail.AutoList, mail.AutoSubmitted} {
			for _, spam := range both {
				for bits := range 32 {
					f := sorting.Facts{
						Place: place, Auto: auto, Spam: spam,
						Flood: bits&16 != 0, Known: bits&8 != 0, Aligned: bits&4 != 0, Signed: bits&2 != 0, Forged: bits&1 != 0,
					}
					if (place == sorting.Nowhere && (f.Known || f.Signed)) || (f.Signed && f.Forged) {
						continue // cannot be
					}
					v := sorting.Decide(f)
					fmt.Fprintf(&out, "%-7s %-9.9s %-4s %-5s %-5s %-7s %-6s %-6s -> %s %s\n", "."+string(place), "."+string(auto),
						yes[spam], yes[f.Flood], yes[f.Known], yes[f.Aligned], yes[f.Signed], yes[f.Forged], v.Do, v.Reason)
				}
			}
		}
	}
	const path = "testdata/table.golden"
	goldentest.Is(t, path, out.Bytes())
}

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name string
		f    sorting.Facts
		want sorting.Verdict
	}{
		{"a stranger's first mail", sorting.Facts{}, sorting.Verdict{Do: sorting.Report, Reason: "report"}},
		{"a bounce that is also automatic", sorting.Facts{Return: sorting.Failed, Auto: mail.AutoReport}, sorting.Verdict{Do: sorting.Bounced, Reason: "bounced"}},
		{"a bounce of what we never sent", sorting.Facts{Auto: mail.AutoReport}, sorting.Verdict{Do: sorting.Aside, Reason: "auto-delivery-status"}},
		{"out of office", sorting.Facts{Auto: mail.AutoSubmitted, Place: sorting.InCase, Known: true, Aligned: true}, sorting.Verdict{Do: sorting.Aside, Reason: "auto-auto-submitted"}},
		{"thirty a hour are taken", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Lately: sorting.MostAnHour - 1}, sorting.Verdict{Do: sorting.Words, Reason: "words"}},
		{"the one after waits for a member", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Lately: sorting.MostAnHour}, sorting.Verdict{Do: sorting.Unsorted, Reason: "busy"}},
		{"of nobody's, it is a loop", sorting.Facts{Place: sorting.InCase, Known: true, Lately: sorting.MostAnHour}, sorting.Verdict{Do: sorting.Aside, Reason: "busy"}},
		{"a machine's loop", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Auto: mail.AutoSubmitted, Lately: sorting.MostAnHour}, sorting.Verdict{Do: sorting.Aside, Reason: "auto-auto-submitted"}},
		{"thirty hops are taken", sorting.Facts{Hops: sorting.MostHops}, sorting.Verdict{Do: sorting.Report, Reason: "report"}},
		{"encrypted to a key that is gone, in a case", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Lock: sorting.NoKey}, sorting.Verdict{Do: sorting.Hold, Reason: "locked-no-key"}},
		{"encrypted to a key that is gone", sorting.Facts{Lock: sorting.NoKey}, sorting.Verdict{Do: sorting.Unsorted, Reason: "locked-no-key"}},
		{"spam that answers us, vouched for", sorting.Facts{Spam: true, Place: sorting.InCase, Known: true, Aligned: true}, sorting.Verdict{Do: sorting.Words, Reason: "words"}},
		{"spam that answers us, of nobody's", sorting.Facts{Spam: true, Place: sorting.InCase, Known: true}, sorting.Verdict{Do: sorting.Spam, Reason: "spam"}},
		{"signed, and perhaps sent again by somebody", sorting.Facts{Place: sorting.InCase, Known: true, Signed: true}, sorting.Verdict{Do: sorting.Hold, Reason: "signed"}},
		{"vouched for, but not which case", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Loose: true}, sorting.Verdict{Do: sorting.Hold, Reason: "loose"}},
		{"wants no automatic answer, in a case", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Auto: mail.AutoSuppress}, sorting.Verdict{Do: sorting.Words, Reason: "words"}},
		{"from a machine's address", sorting.Facts{Auto: mail.AutoSender}, sorting.Verdict{Do: sorting.Unsorted, Reason: "auto-sender"}},
		{"from a machine's address, in a case", sorting.Facts{Auto: mail.AutoSender, Place: sorting.InCase}, sorting.Verdict{Do: sorting.Aside, Reason: "auto-sender"}},
		{"flooding, in a case", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Flood: true}, sorting.Verdict{Do: sorting.Words, Reason: "words"}},
		{"malware, in a case", sorting.Facts{Place: sorting.InCase, Known: true, Aligned: true, Malware: true}, sorting.Verdict{Do: sorting.Hold, Reason: "malware"}},
		{"malware", sorting.Facts{Malware: true}, sorting.Verdict{Do: sorting.Unsorted, Reason: "malware"}},
		{"flooding", sorting.Facts{Flood: true}, sorting.Verdict{Do: sorting.Unsorted, Reason: "flood"}},
	} {
		if got := sorting.Decide(c.f); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// The code of an automatic answer opens the thread: it goes to nobody who may not have
// written (EM-1, EM-2).
func TestUnanswered(t *testing.T) {
	for _, c := range []struct {
		name string
		a    sorting.Asker
		want string
	}{
		{"vouched for", sorting.Asker{Named: true, Aligned: true}, ""},
		{"a domain without records", sorting.Asker{Named: true}, ""},
		{"vouched for, by the servers of a sender for many", sorting.Asker{Named: true, Aligned: true, Other: true}, ""},
		{"the domain says that it is not its mail", sorting.Asker{Named: true, Failed: true}, sorting.Doubtful},
		{"the envelope names somebody else", sorting.Asker{Named: true, Other: true}, sorting.Doubtful},
		{"no address of ours stands in it", sorting.Asker{Aligned: true}, sorting.NotNamed},
		{"it wants none", sorting.Asker{Named: true, Aligned: true, Suppress: true}, sorting.Suppressed},
	} {
		if got := sorting.Unanswered(c.a); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
