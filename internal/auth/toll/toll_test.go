package toll

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// house is a gate on a clock that stands.
func house() (*Gate, *time.Time) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	mac := func(text string) string {
		sum := sha256.Sum256([]byte("key of the test" + text))
		return hex.EncodeToString(sum[:16])
	}
	return New(mac, func() time.Time { return now }), &now
}

// solve does what a browser does.
func solve(t *testing.T, stamp string) string {
	t.Helper()
	for i := range 1 << 24 {
		if answer := strconv.Itoa(i); solves(stamp, answer) {
			return answer
		}
	}
	t.Fatal("no answer was found")
	return ""
}

func TestSpend(t *testing.T) {
	g, now := house()
	start := *now
	stamp := g.Stamp()
	answer := solve(t, stamp)
	other, wrong := g.Stamp(), "x"
	for solves(other, answer) {
		other = g.Stamp()
	}
	for solves(stamp, wrong) {
		wrong += "x"
	}
	for _, one := range []struct {
		name          string
		after         time.Duration
		stamp, answer string
		want          Verdict
		left          time.Duration
	}{
		{"nothing", 0, "", "", Stale, 0},
		{"not ours", 0, strings.Replace(stamp, ".", ".A", 1), answer, Stale, 0},
		{"no dot", 0, "abc", answer, Stale, 0},
		{"endless", 0, strings.Repeat("a.", 200), answer, Stale, 0},
		{"from the future", -time.Second, stamp, answer, Stale, 0},
		{"no answer at once", 0, stamp, "", Early, Wait},
		{"wrong answer soon", 5 * time.Second, stamp, wrong, Early, Wait - 5*time.Second},
		{"another's answer", 5 * time.Second, other, answer, Early, Wait - 5*time.Second},
		{"an answer that is too long", 0, stamp, answer + strings.Repeat(" ", 30), Early, Wait},
		{"solved", 0, stamp, answer, Solved, 0},
		{"spent", 0, stamp, answer, Stale, 0},
		{"spent, and held", Wait, stamp, "", Stale, 0},
		{"held", Wait, other, "", Waited, 0},
		{"held, spent", Wait, other, "", Stale, 0},
	} {
		*now = start.Add(one.after)
		if v, left := g.Spend(one.stamp, one.answer, ""); v != one.want || left != one.left {
			t.Errorf("%s: %v, %v; want %v, %v", one.name, v, left, one.want, one.left)
		}
	}
	*now = start
	twice := g.Stamp()
	*now = start.Add(Wait)
	for i, one := range []struct {
		whose string
		want  Verdict
	}{{"a form", Waited}, {"a form", Waited}, {"another", Stale}, {"", Stale}} {
		if v, _ := g.Spend(twice, "", one.whose); v != one.want {
			t.Errorf("%d: a stamp that is spent for %q is worth %v", i, one.whose, v)
		}
	}
	*now = start
	old := g.Stamp()
	*now = start.Add(Life + time.Second)
	if v, _ := g.Spend(old, "", ""); v != Stale {
		t.Error("a stamp of yesterday is worth", v)
	}
}

// However many send it at once, a stamp is spent once.
func TestAStampIsSpentOnce(t *testing.T) {
	g, now := house()
	stamp := g.Stamp()
	*now = now.Add(Wait)
	var mu sync.Mutex
	var all sync.WaitGroup
	worth := 0
	for range 32 {
		all.Go(func() {
			if v, _ := g.Spend(stamp, "", ""); v == Waited {
				mu.Lock()
				worth++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if worth != 1 {
		t.Errorf("a stamp was spent %d times", worth)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	g, now := house()
	first := g.Stamp()
	*now = now.Add(Wait)
	g.Spend(first, "", "")
	for i := len(g.spent); i < kept; i++ {
		g.spent[strconv.Itoa(i)] = spent{until: now.Add(-time.Second)}
	}
	second := g.Stamp()
	*now = now.Add(Wait)
	if v, _ := g.Spend(second, "", ""); v != Waited {
		t.Fatal(v)
	}
	if v, _ := g.Spend(first, "", ""); len(g.spent) != 2 || v != Stale {
		t.Errorf("%d are remembered; the first is worth %v", len(g.spent), v)
	}
}

func FuzzSpend(f *testing.F) {
	g, _ := house()
	f.Add(g.Stamp(), "12")
	f.Add("a.b.c", "")
	f.Fuzz(func(t *testing.T, stamp, answer string) {
		g, now := house()
		*now = now.Add(time.Minute)
		if v, _ := g.Spend(stamp, answer, ""); v == Waited || v == Solved {
			if at := strings.LastIndexByte(stamp, '.'); stamp[at+1:] != g.mac(stamp[:at]) {
				t.Errorf("%q is worth %v", stamp, v)
			}
		}
	})
}
