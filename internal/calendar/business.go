package calendar

import "time"

// Add is the instant at which amount a, counted from t, has passed, in the calendar's zone.
//
// Hours and days are plain elapsed time. Business hours consume working time, and end at a closing rather than at the
// opening after it. Business days keep the time of day: due is the same time of the local clock N working days later.
// Counted from the opening of a day, due is the closing of the Nth working day, that day being the first. Outside
// working hours the count starts at the next opening, which after a break is no opening of a day. A time of day that
// is not worked on the day it falls due moves to that day's opening, to the start of the break, or to its closing,
// whichever it has just passed, the opening if none. No business days or hours at all are due at t, or at the next
// opening when t is outside working hours.
//
// A time of day that the clock skips on the due day is the instant of the change; one that comes twice is the first.
// A t within an hour that the clock repeats counts as the end of that hour for its time of day, so that a later t is
// never due earlier.
//
// N below 0 counts as 0 and above MaxAmount as MaxAmount, an unknown unit as no time. Business time is known from
// FirstYear to LastYear: what would be due later is due when LastYear ends, and a t after that is returned as it is.
func (c *Calendar) Add(t time.Time, a Amount) time.Time {
	switch a.Unit {
	case BusinessDays:
		return c.addDays(t, a.count())
	case BusinessHours:
		return c.AddWorking(t, time.Duration(a.count())*time.Hour)
	default:
		return t.Add(a.plain()).In(c.zone.loc)
	}
}

// at is an instant in the calendar's zone.
func (c *Calendar) at(unix, nano int64) time.Time { return time.Unix(unix, nano).In(c.zone.loc) }

// end is the instant at which the last known year ends.
func (c *Calendar) end() int64 { return c.zone.instant(lastDay * daySeconds) }

// never is the answer where no working time is known any more.
func (c *Calendar) never(t time.Time) time.Time {
	if end := c.at(c.end(), 0); end.After(t) {
		return end
	}
	return t.In(c.zone.loc)
}

// dayOf is the day number an instant belongs to. It goes by instants, not by the date shown: where the clock goes
// back across midnight the two differ.
func (c *Calendar) dayOf(unix int64) int64 {
	day := c.zone.reading(unix) / daySeconds
	if c.zone.instant(day*daySeconds) > unix {
		day--
	}
	return max(day, firstDay)
}

// bounds are the instants between which hours of a day are worked; they are equal where the clock skips them all.
func (c *Calendar) bounds(day int64, h hours) (from, to int64) {
	return c.zone.instant(day*daySeconds + h.from), c.zone.instant(day*daySeconds + h.to)
}

// seek is the first instant at or after unix that is worked, and its day; lastDay if there is none.
func (c *Calendar) seek(unix int64) (day, open int64) {
	for day = c.days.next(c.dayOf(unix)); day < lastDay; day = c.days.next(day + 1) {
		for _, h := range c.week[weekday(day)] {
			if from, to := c.bounds(day, h); from < to && unix < to {
				return day, max(unix, from)
			}
		}
	}
	return lastDay, 0
}

// addDays is Add for business days.
func (c *Calendar) addDays(t time.Time, n int64) time.Time {
	unix, nano := t.Unix(), int64(t.Nanosecond())
	day, open := c.seek(unix)
	if day == lastDay {
		return c.never(t)
	}
	if open != unix {
		nano = 0
	}
	if n == 0 {
		return c.at(open, nano)
	}

	first, _ := c.bounds(day, c.week[weekday(day)][0])
	if open == first && nano == 0 {
		day = c.days.after(day, n-1)
		if day == lastDay {
			return c.never(t)
		}
		spans := c.week[weekday(day)]
		return c.at(c.zone.instant(day*daySeconds+spans[len(spans)-1].to), 0)
	}

	reading := c.zone.reading(open)
	if c.zone.instant(reading) != open {
		nano = 0 // the reading stands still
	}
	clock := reading - day*daySeconds
	if day = c.days.after(day, n); day == lastDay {
		return c.never(t)
	}
	clock, nano = settle(c.week[weekday(day)], clock, nano)
	due := c.zone.instant(day*daySeconds + clock)
	if c.zone.reading(due) != day*daySeconds+clock {
		nano = 0
	}
	return c.at(due, nano)
}

// settle moves a time of day to where it is due on a day with these hours. A closing counts as worked.
func settle(spans []hours, clock, nano int64) (int64, int64) {
	if clock < spans[0].from {
		return spans[0].from, 0
	}
	closing := spans[0].to
	for _, h := range spans {
		if clock < h.from {
			break
		}
		if clock < h.to {
			return clock, nano
		}
		closing = h.to
	}
	return closing, 0
}

// AddWorking is the instant at which d of working time has passed after t: at a closing rather than at the opening
// after it. For d of 0 or less it is t, or the next opening when t is outside working hours. Its bounds are Add's.
func (c *Calendar) AddWorking(t time.Time, d time.Duration) time.Time {
	unix, nano := t.Unix(), int64(t.Nanosecond())
	day, open := c.seek(unix)
	if day == lastDay {
		return c.never(t)
	}
	if open != unix {
		nano = 0
	}
	if d <= 0 {
		return c.at(open, nano)
	}
	for ; day < lastDay; day = c.days.next(day + 1) {
		for _, h := range c.week[weekday(day)] {
			from, to := c.bounds(day, h)
			if to <= open {
				continue
			}
			if from > open {
				open, nano = from, 0
			}
			left := time.Duration(to-open)*time.Second - time.Duration(nano)
			if d <= left {
				return c.at(open, nano+int64(d))
			}
			d -= left
			open, nano = to, 0
		}
	}
	return c.never(t)
}

// Working is the working time between two instants, 0 when to is not after from. Time outside FirstYear to LastYear
// does not count.
func (c *Calendar) Working(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	var sum time.Duration
	begin, beginNano := from.Unix(), int64(from.Nanosecond())
	end, endNano := to.Unix(), int64(to.Nanosecond())
	for day := c.days.next(c.dayOf(begin)); day < lastDay; day = c.days.next(day + 1) {
		for _, h := range c.week[weekday(day)] {
			open, shut := c.bounds(day, h)
			if open > end {
				return sum
			}
			if shut <= begin || open >= shut {
				continue
			}
			openNano, shutNano := int64(0), int64(0)
			if begin >= open {
				open, openNano = begin, beginNano
			}
			if end < shut {
				shut, shutNano = end, endNano
			}
			sum += time.Duration(shut-open)*time.Second + time.Duration(shutNano-openNano)
		}
	}
	return sum
}

// Span is the time between two instants, 0 when to is not after from: working time if business, else plain.
func (c *Calendar) Span(from, to time.Time, business bool) time.Duration {
	if business {
		return c.Working(from, to)
	}
	return max(to.Sub(from), 0)
}

// Open reports whether t lies within working hours. An opening does, a closing does not.
func (c *Calendar) Open(t time.Time) bool {
	day, open := c.seek(t.Unix())
	return day < lastDay && open == t.Unix()
}

// NextOpening is the first instant at or after t within working hours: t itself when open. Its bounds are Add's.
func (c *Calendar) NextOpening(t time.Time) time.Time { return c.addDays(t, 0) }
