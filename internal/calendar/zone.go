package calendar

import (
	"math"
	"math/bits"
	"sort"
	"time"
)

const daySeconds = 24 * 60 * 60

// The day numbers, counted from 1 January 1970, that a dayset holds; lastDay is the first one past it.
var (
	firstDay = Date{FirstYear, time.January, 1}.day()
	lastDay  = Date{LastYear + 1, time.January, 1}.day()
)

// weekday is the day of the week of a day number; 1 January 1970 was a Thursday.
func weekday(day int64) int64 { return (day + int64(time.Thursday)) % 7 }

// shift is a change of a zone's offset from UTC, all in seconds. local is what the clock read when the change came,
// by the old offset.
type shift struct{ at, local, offset int64 }

// zone turns instants into clock readings and back without a gap or a step back: both ways the map is monotone, which
// the promises rest on. A reading that the clock skipped is the instant of the change. A reading that comes twice is
// its first instant; while the clock repeats an hour, the reading stands still at the end of that hour.
//
// It is a table because the standard library works each offset of a future date out of the zone's rule anew.
type zone struct {
	loc    *time.Location
	shifts []shift
}

func zoneOf(loc *time.Location) zone {
	const slack = 2 * daySeconds
	t := time.Unix(firstDay*daySeconds-slack, 0).In(loc)
	end := time.Unix(lastDay*daySeconds+slack, 0)
	z := zone{loc: loc, shifts: []shift{{at: math.MinInt64 / 2, local: math.MinInt64 / 2, offset: offsetOf(t)}}}
	for {
		_, next := t.ZoneBounds()
		if next.IsZero() || next.After(end) {
			return z
		}
		if !next.After(t) {
			// The standard library takes every year for 365 days here, and so stands still at the end of a leap year.
			next = firstChange(t, t.Add(daySeconds*time.Second))
		}
		if was, is := offsetOf(t), offsetOf(next); was != is {
			at := next.Unix()
			z.shifts = append(z.shifts, shift{at: at, local: at + was, offset: is})
		}
		t = next
	}
}

func offsetOf(t time.Time) int64 {
	_, offset := t.Zone()
	return int64(offset)
}

// firstChange is the first instant after from that has the offset of to, or to itself if they have the same.
func firstChange(from, to time.Time) time.Time {
	if offsetOf(from) == offsetOf(to) {
		return to
	}
	seconds := sort.Search(int(to.Sub(from)/time.Second), func(i int) bool {
		return offsetOf(from.Add(time.Duration(i)*time.Second)) == offsetOf(to)
	})
	return from.Add(time.Duration(seconds) * time.Second)
}

// reading is what the local clock shows at an instant, in seconds since 1 January 1970 00:00 by that clock.
func (z *zone) reading(unix int64) int64 {
	s := z.shifts[sort.Search(len(z.shifts)-1, func(i int) bool { return z.shifts[i+1].at > unix })]
	return max(unix+s.offset, s.local)
}

// instant is when the local clock first shows a reading.
func (z *zone) instant(reading int64) int64 {
	s := z.shifts[sort.Search(len(z.shifts)-1, func(i int) bool { return z.shifts[i+1].local > reading })]
	return max(reading-s.offset, s.at)
}

// dayset is a set of day numbers from firstDay up to lastDay.
type dayset []uint64

func newDayset(member func(day int64) bool) dayset {
	s := make(dayset, (lastDay-firstDay+63)/64)
	for day := firstDay; day < lastDay; day++ {
		if member(day) {
			s[(day-firstDay)/64] |= 1 << ((day - firstDay) % 64)
		}
	}
	return s
}

func (s dayset) has(day int64) bool {
	return day >= firstDay && day < lastDay && s[(day-firstDay)/64]>>((day-firstDay)%64)&1 == 1
}

func (s dayset) remove(day int64) {
	if day >= firstDay && day < lastDay {
		s[(day-firstDay)/64] &^= 1 << ((day - firstDay) % 64)
	}
}

// next is the first member at or after day, lastDay if there is none.
func (s dayset) next(day int64) int64 {
	i := max(day-firstDay, 0)
	if i >= lastDay-firstDay {
		return lastDay
	}
	for w := s[i/64] >> (i % 64) << (i % 64); ; w = s[i/64] {
		if w != 0 {
			return firstDay + i/64*64 + int64(bits.TrailingZeros64(w))
		}
		if i = (i/64 + 1) * 64; i/64 >= int64(len(s)) {
			return lastDay
		}
	}
}

// after is the nth member after day, lastDay if there are fewer; day itself for n = 0.
func (s dayset) after(day, n int64) int64 {
	if n == 0 {
		return day
	}
	i := max(day+1-firstDay, 0)
	if i >= lastDay-firstDay {
		return lastDay
	}
	w := s[i/64] >> (i % 64) << (i % 64)
	for word := i / 64; ; w = s[word] {
		if count := int64(bits.OnesCount64(w)); count < n {
			n -= count
			if word++; word >= int64(len(s)) {
				return lastDay
			}
			continue
		}
		for ; n > 1; n-- {
			w &= w - 1
		}
		return firstDay + word*64 + int64(bits.TrailingZeros64(w))
	}
}
