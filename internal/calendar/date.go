package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Span is a run of working hours within one day, in minutes since midnight by the local clock: From is inside, To is
// not, 0 <= From < To <= 1440. A span never crosses midnight.
type Span struct{ From, To int }

const spanForm = `write it as "09:00-17:00", the first time before the second, the last possible one 24:00`

// ParseSpan reads working hours such as "09:00-17:00" or "00:00-24:00". Hours that are empty or
// cross midnight are a cvd.ErrInvalid, as is all else.
func ParseSpan(s string) (Span, error) {
	from, to, ok := strings.Cut(strings.TrimSpace(s), "-")
	start, okFrom := parseClock(strings.TrimSpace(from))
	end, okTo := parseClock(strings.TrimSpace(to))
	switch {
	case !ok || !okFrom || !okTo:
		return Span{}, badSpan("they are not readable: " + spanForm)
	case start == end:
		return Span{}, badSpan("they are empty: " + spanForm)
	case start > end:
		return Span{}, badSpan("they cross midnight: give each day its own part, up to 24:00 and from 00:00")
	}
	return Span{From: start, To: end}, nil
}

func badSpan(problem string) error {
	return fmt.Errorf("%w working hours: %s", cvd.ErrInvalid, problem)
}

// parseClock reads "HH:MM" up to 24:00 as minutes since midnight.
func parseClock(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	at := hour*60 + minute
	return at, minute < 60 && at <= 24*60
}

// valid reports whether the span keeps its bounds.
func (s Span) valid() bool { return s.From >= 0 && s.From < s.To && s.To <= 24*60 }

// String is the span as ParseSpan reads it back.
func (s Span) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
}

// MarshalText is String.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSpan.
func (s *Span) UnmarshalText(text []byte) error {
	parsed, err := ParseSpan(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// Date is a day of the Gregorian calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date such as "2026-12-24" (RFC 3339, section 5.6, full-date). All else is a cvd.ErrInvalid.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, badDate()
	}
	return DateOf(t), nil
}

func badDate() error {
	return fmt.Errorf(`%w date: no day of the calendar: write it as year-month-day, such as "2026-12-24"`, cvd.ErrInvalid)
}

// DateOf is the date of t in the zone that t carries.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String is the date as ParseDate reads it back.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Compare orders dates: -1 when d is before e, 0 when they are the same day, 1 when d is after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnight().Weekday() }

// MarshalText is String; it refuses a date that is not a day of the calendar.
func (d Date) MarshalText() ([]byte, error) {
	if DateOf(d.midnight()) != d || d.Year < 0 || d.Year > 9999 {
		return nil, badDate()
	}
	return []byte(d.String()), nil
}

// UnmarshalText is ParseDate.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// midnight is the start of the day in UTC, which has no clock changes.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// day is the number of days since 1 January 1970.
func (d Date) day() int64 { return d.midnight().Unix() / daySeconds }

// valid reports whether the date is a day of the calendar within FirstYear to LastYear.
func (d Date) valid() bool {
	return d.Year >= FirstYear && d.Year <= LastYear && DateOf(d.midnight()) == d
}

// dateOf is the date of a day number.
func dateOf(day int64) Date { return DateOf(time.Unix(day*daySeconds, 0).UTC()) }

// Holiday is a public holiday on one date, named in English.
type Holiday struct {
	Date Date
	Name string
}

// Closure is a run of days, first and last included, on which an organisation does not work.
type Closure struct {
	From, To Date
	Name     string
}

// AddMonths is so many months after the instant, at the same time of day in its
// zone, and on the last day of a month that is too short.
func AddMonths(t time.Time, months int) time.Time {
	due := t.AddDate(0, months, 0)
	if due.Day() != t.Day() {
		due = due.AddDate(0, 0, -due.Day())
	}
	return due
}
