package calendar

import (
	"testing"
	"time"
)

func TestAddRule(t *testing.T) {
	plain := build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-17:00")})
	lunch := build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-12:00", "13:00-17:00")})
	week := hoursOn(t, "09:00-17:00")
	week[time.Wednesday] = spansOf(t, "10:00-12:00", "14:00-15:00")
	uneven := build(t, Config{Zone: "Europe/Berlin", Week: week})
	joined := build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-12:00", "12:00-17:00")})
	always := build(t, Config{Zone: "UTC", Week: allWeek(t, "00:00-24:00")})

	// 2 June 2026 is a Tuesday.
	for _, tc := range []struct {
		c                  *Calendar
		from, amount, want string
	}{
		{plain, "2026-06-02 10:30", "1 business day", "2026-06-03 10:30"},
		{plain, "2026-06-02 20:00", "1 business day", "2026-06-03 17:00"},
		{plain, "2026-06-02 08:00", "1 business day", "2026-06-02 17:00"},
		{plain, "2026-06-02 09:00", "1 business day", "2026-06-02 17:00"},
		{plain, "2026-06-02 09:00:00.000000001", "1 business day", "2026-06-03 09:00:00.000000001"},
		{plain, "2026-06-02 17:00", "1 business day", "2026-06-03 17:00"},
		{plain, "2026-06-02 16:59:59.5", "1 business day", "2026-06-03 16:59:59.5"},
		{plain, "2026-06-05 16:59", "1 business day", "2026-06-08 16:59"},
		{plain, "2026-06-06 11:00", "2 business days", "2026-06-09 17:00"},
		{plain, "2026-06-02 10:30", "0 business days", "2026-06-02 10:30"},
		{plain, "2026-06-02 17:00", "0 business days", "2026-06-03 09:00"},
		{plain, "2026-06-02 10:30:15.25", "250 business days", "2027-05-18 10:30:15.25"},
		{lunch, "2026-06-02 12:30", "1 business day", "2026-06-03 13:00"},
		{lunch, "2026-06-02 12:00", "2 business days", "2026-06-04 13:00"},
		{lunch, "2026-06-02 11:59", "1 business day", "2026-06-03 11:59"},
		{uneven, "2026-06-02 09:30", "1 business day", "2026-06-03 10:00"},
		{uneven, "2026-06-02 12:00", "1 business day", "2026-06-03 12:00"},
		{uneven, "2026-06-02 12:00:00.5", "1 business day", "2026-06-03 12:00"},
		{uneven, "2026-06-02 13:30", "1 business day", "2026-06-03 12:00"},
		{uneven, "2026-06-02 14:00:07", "1 business day", "2026-06-03 14:00:07"},
		{uneven, "2026-06-02 16:00", "1 business day", "2026-06-03 15:00"},
		{uneven, "2026-06-02 09:00", "2 business days", "2026-06-03 15:00"},
		{joined, "2026-06-02 12:00", "1 business day", "2026-06-03 12:00"},
		{always, "2026-06-02 00:00", "1 business day", "2026-06-03 00:00"},
		{always, "2026-06-02 00:01", "1 business day", "2026-06-03 00:01"},

		{plain, "2026-06-02 16:00", "1 business hour", "2026-06-02 17:00"},
		{plain, "2026-06-02 16:00", "2 business hours", "2026-06-03 10:00"},
		{plain, "2026-06-02 17:00", "8 business hours", "2026-06-03 17:00"},
		{plain, "2026-06-06 11:00", "40 business hours", "2026-06-12 17:00"},
		{plain, "2026-06-02 08:00", "0 business hours", "2026-06-02 09:00"},
		{lunch, "2026-06-02 11:30:30", "4 business hours", "2026-06-02 16:30:30"},
		{lunch, "2026-06-02 11:00", "1 business hour", "2026-06-02 12:00"},

		{plain, "2026-06-05 18:00", "48 hours", "2026-06-07 18:00"},
		{plain, "2026-03-28 12:00", "1 day", "2026-03-29 13:00"},
		{plain, "2026-06-05 18:00", "1 week", "2026-06-12 18:00"},
	} {
		a, err := ParseAmount(tc.amount)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tc.c.Add(when(t, tc.c, tc.from), a), when(t, tc.c, tc.want); !got.Equal(want) {
			t.Errorf("%s + %s = %s, want %s", tc.from, a, got, want)
		} else if got.Location() != tc.c.Zone() {
			t.Errorf("%s + %s is in zone %s", tc.from, a, got.Location())
		}
	}
}

func TestAddOverHolidays(t *testing.T) {
	de, on := berlin(t), toronto(t)
	for _, tc := range []struct {
		c                  *Calendar
		from, amount, want string
	}{
		{de, "2026-04-02T15:00:00+02:00", "1 business day", "2026-04-07T15:00:00+02:00"},
		{de, "2026-12-24T16:30:00Z", "1 business day", "2026-12-28T17:00:00+01:00"},
		{de, "2026-03-27T16:00:00+01:00", "1 business day", "2026-03-30T16:00:00+02:00"},
		{de, "2026-10-23T16:00:00+02:00", "2 business hours", "2026-10-26T10:00:00+01:00"},
		{on, "2026-12-24T11:00:00-05:00", "2 business days", "2026-12-29T11:00:00-05:00"},
		{on, "2027-12-24T11:00:00-05:00", "1 business day", "2027-12-27T11:00:00-05:00"},
		{on, "2026-02-13T23:00:00-05:00", "2 business days", "2026-02-18T17:00:00-05:00"},
		{on, "2026-08-01T12:00:00-04:00", "1 business day", "2026-08-03T17:00:00-04:00"},
	} {
		a, err := ParseAmount(tc.amount)
		if err != nil {
			t.Fatal(err)
		}
		if got := tc.c.Add(when(t, tc.c, tc.from), a).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s + %s = %s, want %s", tc.from, a, got, tc.want)
		}
	}
}

// Where the clock changes within working hours: 29 March 2026 at 02:00 to 03:00 and 25 October 2026 at 03:00 to 02:00
// in Berlin, 5 April 2026 at 00:00 to 01:00 and 1 November 2026 at 01:00 to 00:00 in Havana, 29 March 2026 at 00:00 to
// 01:00 and 25 October 2026 at 00:00 to 23:00 of the day before in Beirut.
func TestAddOverClockChanges(t *testing.T) {
	week := allWeek(t, "00:00-24:00")
	b := build(t, Config{Zone: "Europe/Berlin", Week: week})
	night := build(t, Config{Zone: "Europe/Berlin", Week: allWeek(t, "02:00-03:00")})
	h := build(t, Config{Zone: "America/Havana", Week: week})
	l := build(t, Config{Zone: "Asia/Beirut", Week: week})
	for _, tc := range []struct {
		c                  *Calendar
		from, amount, want string
	}{
		{b, "2026-03-28T02:30:10+01:00", "1 business day", "2026-03-29T03:00:00+02:00"},
		{b, "2026-03-28T02:30:10.5+01:00", "1 business day", "2026-03-29T03:00:00+02:00"},
		{night, "2026-03-28T12:00:00+01:00", "0 business days", "2026-03-30T02:00:00+02:00"},
		{b, "2026-03-29T01:30:00+01:00", "1 business hour", "2026-03-29T03:30:00+02:00"},
		{b, "2026-03-29T00:00:00+01:00", "23 business hours", "2026-03-30T00:00:00+02:00"},
		{b, "2026-10-24T02:30:00+02:00", "1 business day", "2026-10-25T02:30:00+02:00"},
		{b, "2026-10-25T02:30:00+02:00", "1 business day", "2026-10-26T02:30:00+01:00"},
		{b, "2026-10-25T02:30:00+01:00", "1 business day", "2026-10-26T03:00:00+01:00"},
		{b, "2026-10-25T00:00:00+02:00", "25 business hours", "2026-10-26T00:00:00+01:00"},
		{night, "2026-03-28T12:00:00+01:00", "1 business hour", "2026-03-30T03:00:00+02:00"},
		{night, "2026-10-25T01:00:00+02:00", "2 business hours", "2026-10-25T03:00:00+01:00"},
		{h, "2026-03-08T00:00:00-05:00", "1 business hour", "2026-03-08T02:00:00-04:00"},
		{h, "2026-11-01T00:30:00-05:00", "1 business day", "2026-11-02T01:00:00-05:00"},
		{l, "2026-03-28T12:00:00+02:00", "1 business day", "2026-03-29T12:00:00+03:00"},
		{l, "2026-10-24T23:30:00+02:00", "1 business day", "2026-10-26T00:00:00+02:00"},
		{l, "2026-10-24T00:00:00+03:00", "1 business day", "2026-10-25T00:00:00+02:00"},
	} {
		a, err := ParseAmount(tc.amount)
		if err != nil {
			t.Fatal(err)
		}
		if got := tc.c.Add(when(t, tc.c, tc.from), a).Format(time.RFC3339Nano); got != tc.want {
			t.Errorf("%s: %s + %s = %s, want %s", tc.c.Zone(), tc.from, a, got, tc.want)
		}
	}
}

func TestWorking(t *testing.T) {
	c := berlin(t)
	for _, tc := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-06-02 10:00", "2026-06-02 10:00", 0},
		{"2026-06-02 10:00", "2026-06-01 10:00", 0},
		{"2026-06-02 10:00", "2026-06-02 10:00:00.25", 250 * time.Millisecond},
		{"2026-06-02 16:00", "2026-06-03 10:00", 2 * time.Hour},
		{"2026-06-05 12:00", "2026-06-08 08:00", 5 * time.Hour},
		{"2026-06-06 00:00", "2026-06-08 00:00", 0},
		{"2026-06-01 00:00", "2026-07-01 00:00", 22 * 8 * time.Hour}, // 22 weekdays, of which 4 June is no holiday nationwide
		{"2026-12-21 00:00", "2026-12-31 00:00", 7 * 8 * time.Hour},  // less Friday 25 December
	} {
		from, to := when(t, c, tc.from), when(t, c, tc.to)
		if got := c.Working(from, to); got != tc.want {
			t.Errorf("Working(%s, %s) = %s, want %s", tc.from, tc.to, got, tc.want)
		}
		if got := c.Span(from, to, true); got != tc.want {
			t.Errorf("Span(%s, %s, true) = %s, want %s", tc.from, tc.to, got, tc.want)
		}
		if got := c.Span(from, to, false); got != max(to.Sub(from), 0) {
			t.Errorf("Span(%s, %s, false) = %s", tc.from, tc.to, got)
		}
	}
}

func TestOpen(t *testing.T) {
	c := build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-12:00", "13:00-17:00"), Region: "DE"})
	for text, open := range map[string]bool{
		"2026-06-02 08:59:59.999": false, "2026-06-02 09:00": true, "2026-06-02 11:59:59.999999999": true,
		"2026-06-02 12:00": false, "2026-06-02 13:00": true, "2026-06-02 17:00": false, "2026-06-06 10:00": false,
		"2026-04-03 10:00": false,
	} {
		at := when(t, c, text)
		if got := c.Open(at); got != open {
			t.Errorf("Open(%s) = %t", text, got)
		}
		if next := c.NextOpening(at); next.Equal(at) != open || !c.Open(next) {
			t.Errorf("NextOpening(%s) = %s", text, next)
		}
	}
}

// Beyond the years it knows a calendar neither loops nor panics, and says so by the end of the last one.
func TestBounds(t *testing.T) {
	c := berlin(t)
	first, end := time.Date(FirstYear, 1, 2, 9, 0, 0, 0, c.Zone()), time.Date(LastYear+1, 1, 1, 0, 0, 0, 0, c.Zone())
	late := time.Date(9999, 1, 1, 0, 0, 0, 0, c.Zone())
	day, huge := Amount{1, BusinessDays}, Amount{1 << 40, BusinessDays}
	if got := c.NextOpening(time.Time{}); !got.Equal(first) {
		t.Errorf("the first opening is %s", got)
	}
	if got := c.Add(time.Time{}, day); !got.Equal(first.Add(8 * time.Hour)) {
		t.Errorf("the first due is %s", got)
	}
	if got := c.Add(first, huge); !got.Equal(end) {
		t.Errorf("the last due is %s", got)
	}
	for _, got := range []time.Time{c.Add(late, day), c.Add(late, huge), c.AddWorking(late, time.Hour), c.NextOpening(late)} {
		if !got.Equal(late) {
			t.Errorf("after the end: %s", got)
		}
	}
	if got := c.AddWorking(first, 1<<63-1); !got.Equal(end) {
		t.Errorf("all working time ends %s", got)
	}
	if c.Open(late) || c.Open(time.Time{}) || c.Working(end, late) != 0 || c.Working(time.Time{}, first) != 0 {
		t.Error("working time outside the years known")
	}
	if got := c.Add(first, Amount{-5, BusinessDays}); !got.Equal(first) {
		t.Errorf("less than nothing: %s", got)
	}
	if got := c.Add(first, Amount{5, "fortnights"}); !got.Equal(first) {
		t.Errorf("an unknown unit: %s", got)
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	c := berlin(t)
	from := when(t, c, "2026-06-02 10:30")
	for _, a := range []Amount{{2, BusinessDays}, {250, BusinessDays}, {40, BusinessHours}, {7, Days}} {
		if n := testing.AllocsPerRun(100, func() { c.Add(from, a) }); n != 0 {
			t.Errorf("%s: %g allocations", a, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Working(from, from.AddDate(0, 1, 0)) }); n != 0 {
		t.Errorf("Working: %g allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	c := berlin(b)
	from := when(b, c, "2026-06-02 10:30")
	for _, a := range []Amount{{1, BusinessDays}, {90, BusinessDays}, {4, BusinessHours}, {40, BusinessHours}, {7, Days}} {
		b.Run(a.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Add(from, a)
			}
		})
	}
}

func BenchmarkWorkingYear(b *testing.B) {
	c := berlin(b)
	from := when(b, c, "2026-06-02 10:30")
	to := from.AddDate(1, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		c.Working(from, to)
	}
}

func BenchmarkNew(b *testing.B) {
	cfg := Config{Zone: "Europe/Berlin", Week: hoursOn(b, "09:00-17:00"), Region: "DE"}
	for b.Loop() {
		if _, err := New(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
