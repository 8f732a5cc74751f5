package calendar

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sample is one calendar that the properties are tried on. steady says that each worked day has the same hours and no
// clock changes fall into them.
type sample struct {
	name   string
	c      *Calendar
	steady bool
}

func samples(t testing.TB) []sample {
	t.Helper()
	odd := hoursOn(t, "09:00-12:00", "13:00-17:30")
	odd[time.Wednesday] = spansOf(t, "07:00-08:00", "09:30-11:15", "15:00-24:00")
	odd[time.Saturday] = spansOf(t, "00:00-01:30", "23:00-24:00")
	nights := allWeek(t, "00:00-01:30", "01:45-02:30", "22:00-24:00")
	closures := []Closure{{Date{2027, 12, 20}, Date{2028, 1, 9}, "Winter break"}}
	out := []sample{
		{"Berlin", berlin(t), true},
		{"Toronto", toronto(t), true},
		{"lunch", build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-12:00", "13:00-17:00"), Region: "DE-BE", Closures: closures}), true},
		{"utc always", build(t, Config{Zone: "UTC", Week: allWeek(t, "00:00-24:00")}), true},
		{"odd", build(t, Config{Zone: "Europe/Berlin", Week: odd, Region: "DE", Closures: closures}), false},
	}
	for _, zone := range []string{"Europe/Berlin", "America/Havana", "Asia/Beirut", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"} {
		out = append(out,
			sample{zone + " always", build(t, Config{Zone: zone, Week: allWeek(t, "00:00-24:00")}), false},
			sample{zone + " nights", build(t, Config{Zone: zone, Week: nights}), false})
	}
	return out
}

var (
	anyAmount = rapid.Custom(func(t *rapid.T) Amount {
		return Amount{rapid.IntRange(0, 60).Draw(t, "n"), rapid.SampledFrom([]Unit{BusinessDays, BusinessHours}).Draw(t, "unit")}
	})
	// The years in which the sampled zones changed their clocks in every odd way.
	earliest = time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	latest   = time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// instant draws times that matter: anywhere, near a change of the clock, and to the minute.
func instant(c *Calendar) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		unix := rapid.Int64Range(earliest, latest).Draw(t, "unix")
		if len(c.zone.shifts) > 1 && rapid.Bool().Draw(t, "near a change") {
			var near []int64
			for _, s := range c.zone.shifts {
				if s.at > earliest && s.at < latest {
					near = append(near, s.at)
				}
			}
			unix = rapid.SampledFrom(near).Draw(t, "change") + rapid.Int64Range(-30*3600, 30*3600).Draw(t, "off")
		}
		nano := int64(0)
		if rapid.Bool().Draw(t, "to the minute") {
			unix -= unix % 300
		} else {
			nano = rapid.Int64Range(0, 999_999_999).Draw(t, "nano")
		}
		return c.at(unix, nano)
	})
}

// inside reports whether t is worked, a closing counting as such.
func inside(c *Calendar, t time.Time) bool {
	return c.Open(t) || c.Open(t.Add(-1))
}

func each(t *testing.T, try func(*rapid.T, sample)) {
	t.Helper()
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) { try(r, s) })
		})
	}
}

func TestAddIsMonotone(t *testing.T) {
	each(t, func(r *rapid.T, s sample) {
		from, a := instant(s.c).Draw(r, "t"), anyAmount.Draw(r, "a")
		due := s.c.Add(from, a)
		later := from.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(r, "later")))
		if next := s.c.Add(later, a); next.Before(due) {
			r.Fatalf("%s + %s = %s, but %s + %s = %s", from, a, due, later, a, next)
		}
		more := Amount{a.N + rapid.IntRange(1, 3).Draw(r, "more"), a.Unit}
		if next := s.c.Add(from, more); next.Before(due) {
			r.Fatalf("%s + %s = %s, but + %s = %s", from, a, due, more, next)
		}
		if due.Before(from) {
			r.Fatalf("%s + %s = %s", from, a, due)
		}
	})
}

func TestAddIsNeverOutsideWorkingTime(t *testing.T) {
	each(t, func(r *rapid.T, s sample) {
		from, a := instant(s.c).Draw(r, "t"), anyAmount.Draw(r, "a")
		if s.name == "odd" || s.steady || a.Unit == BusinessHours || a.N == 0 {
			if due := s.c.Add(from, a); !inside(s.c, due) {
				r.Fatalf("%s + %s = %s", from, a, due)
			}
			return
		}
		// Where the clock skips a whole span, a business day may fall due at the very change: no open time touches it.
		due := s.c.Add(from, a)
		if !inside(s.c, due) && !changesAt(s.c, due) {
			r.Fatalf("%s + %s = %s", from, a, due)
		}
	})
}

func changesAt(c *Calendar, t time.Time) bool {
	for _, s := range c.zone.shifts {
		if s.at == t.Unix() && t.Nanosecond() == 0 {
			return true
		}
	}
	return false
}

func TestAddAddsUp(t *testing.T) {
	each(t, func(r *rapid.T, s sample) {
		from, a := instant(s.c).Draw(r, "t"), anyAmount.Draw(r, "a")
		if a.Unit == BusinessDays && !s.steady {
			return
		}
		b := Amount{rapid.IntRange(1, 40).Draw(r, "b"), a.Unit}
		both := s.c.Add(from, Amount{a.N + b.N, a.Unit})
		if got := s.c.Add(s.c.Add(from, a), b); !got.Equal(both) {
			r.Fatalf("%s + %s + %s = %s, at once %s", from, a, b, got, both)
		}
	})
}

func TestWorkingUndoesAddWorking(t *testing.T) {
	each(t, func(r *rapid.T, s sample) {
		from := instant(s.c).Draw(r, "t")
		d := time.Duration(rapid.Int64Range(0, int64(300*time.Hour)).Draw(r, "d"))
		due := s.c.AddWorking(from, d)
		if got := s.c.Working(from, due); got != d {
			r.Fatalf("%s + %s = %s, of which %s are worked", from, d, due, got)
		}
		part := time.Duration(rapid.Int64Range(0, int64(d)).Draw(r, "part"))
		if part < d {
			if got := s.c.AddWorking(s.c.AddWorking(from, part), d-part); !got.Equal(due) {
				r.Fatalf("%s + %s + %s = %s, at once %s", from, part, d-part, got, due)
			}
		}
		mid := from.Add(due.Sub(from) / 2)
		if got := s.c.Working(from, mid) + s.c.Working(mid, due); got != d {
			r.Fatalf("in two halves %s of %s", got, d)
		}
	})
}

// The same hours, minute by minute, by the standard library's own clock: Open is where the clock reads a worked time,
// and Working is the number of open minutes.
func TestOpenByTheMinute(t *testing.T) {
	for _, s := range samples(t) {
		for year := 2010; year <= 2027; year += 17 {
			for _, sh := range s.c.zone.shifts {
				if time.Unix(sh.at, 0).UTC().Year() != year {
					continue
				}
				from := time.Unix(sh.at-sh.at%60-26*3600, 0).In(s.c.Zone())
				minutes, repeated := 0, repeats(s.c, sh)
				for m := range 52 * 60 {
					at := from.Add(time.Duration(m) * time.Minute)
					open := s.c.Open(at)
					if open {
						minutes++
					}
					if !at.Before(repeated[0]) && at.Before(repeated[1]) {
						continue
					}
					if open != reads(s.c, at) {
						t.Fatalf("%s: Open(%s) = %t", s.name, at, open)
					}
				}
				if got := s.c.Working(from, from.Add(52*time.Hour)); got != time.Duration(minutes)*time.Minute {
					t.Errorf("%s: %s are worked from %s, open %d minutes", s.name, got, from, minutes)
				}
			}
		}
	}
}

// repeats is the time around a change in which the clock shows every reading for the first or the second time.
func repeats(c *Calendar, s shift) [2]time.Time {
	old := s.local - s.at
	return [2]time.Time{c.at(s.at-max(old-s.offset, 0), 0), c.at(s.at+max(old-s.offset, 0), 0)}
}

// reads reports whether the clock reads a worked time on a working day.
func reads(c *Calendar, t time.Time) bool {
	if !c.IsWorkingDay(DateOf(t)) {
		return false
	}
	clock := int64(t.Hour()*3600 + t.Minute()*60 + t.Second())
	for _, h := range c.week[t.Weekday()] {
		if h.from <= clock && clock < h.to {
			return true
		}
	}
	return false
}

// The zone's table and the standard library agree at every instant, and back again where a reading is not repeated.
func TestZoneReading(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				at := instant(s.c).Draw(r, "t")
				_, offset := at.Zone()
				reading := s.c.zone.reading(at.Unix())
				if local := at.Unix() + int64(offset); reading != local {
					if back := s.c.zone.instant(reading); back <= at.Unix() || back-at.Unix() > 24*3600 {
						r.Fatalf("%s reads %d, which is the instant %d", at, reading, back)
					}
				} else if back := s.c.zone.instant(reading); back > at.Unix() || at.Unix()-back > 2*3600 {
					r.Fatalf("%s reads %d, which is the instant %d", at, reading, back)
				}
			})
		})
	}
}

func TestZoneKnowsEveryChange(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Toronto", "America/Havana", "Asia/Beirut", "Pacific/Apia", "UTC", "Africa/Casablanca"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := zoneOf(loc)
		seen := 0
		last := offsetOf(time.Unix(firstDay*daySeconds, 0).In(loc))
		for unix := firstDay * daySeconds; unix < lastDay*daySeconds; unix += 6 * 3600 {
			if offset := offsetOf(time.Unix(unix, 0).In(loc)); offset != last {
				seen, last = seen+1, offset
			}
		}
		if got := len(z.shifts) - 1; got < seen || got > seen+2 {
			t.Errorf("%s: %d changes, the standard library shows %d", name, got, seen)
		}
	}
}

func TestDayset(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		step, rest := rapid.Int64Range(1, 90).Draw(r, "step"), rapid.Int64Range(0, 89).Draw(r, "rest")
		in := func(day int64) bool { return day%step == rest%step }
		s := newDayset(in)
		day := rapid.Int64Range(firstDay-2, lastDay+2).Draw(r, "day")
		n := rapid.Int64Range(1, 200).Draw(r, "n")
		want, left := day, n
		for left > 0 && want < lastDay {
			if want++; want >= firstDay && want < lastDay && in(want) {
				left--
			}
		}
		want = min(want, lastDay)
		if got := s.after(day, n); got != want {
			r.Fatalf("day %d after %d = %d, want %d", n, day, got, want)
		}
		if got, want := s.next(day), s.after(day-1, 1); got != want {
			r.Fatalf("next(%d) = %d, want %d", day, got, want)
		}
		if day >= firstDay && day < lastDay && s.has(day) != in(day) {
			r.Fatalf("has(%d) = %t", day, s.has(day))
		}
	})
}

func ExampleCalendar_Add() {
	week := map[time.Weekday][]Span{}
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = []Span{{From: 9 * 60, To: 17 * 60}}
	}
	c, err := New(Config{Zone: "Europe/Berlin", Week: week, Region: "DE"})
	if err != nil {
		panic(err)
	}
	thursday := time.Date(2026, 4, 2, 15, 30, 0, 0, c.Zone())
	fmt.Println(c.Add(thursday, Amount{N: 1, Unit: BusinessDays}).Format(time.RFC3339))
	// Output: 2026-04-07T15:30:00+02:00
}
