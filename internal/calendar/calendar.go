// Package calendar is business time: which hours and days an organisation works, and when an amount of that time
// has passed. It knows time zones with their clock changes, weekly hours, public holidays by region and the
// organisation's own closures. It never reads the clock, never decides which promise runs, and holds no state: a
// Calendar is immutable and safe for concurrent use.
package calendar

import (
	"cmp"
	"slices"
	"time"
)

// The years a Calendar computes business time for. Before the first it counts from the first opening of FirstYear,
// after the last it gives up: see Calendar.Add.
const (
	FirstYear = 1970
	LastYear  = 2149
)

// LastAsked is the last year of the instants from which promises are counted: what
// falls due from there lies before the end of LastYear.
const LastAsked = 2100

// Askable reports whether promises can be counted from t: it lies in the years, in UTC,
// FirstYear to LastAsked.
func Askable(t time.Time) bool { y := t.UTC().Year(); return y >= FirstYear && y <= LastAsked }

// longestClosure is the longest run of days without any work that New accepts: beyond it a promise in business days
// would silently be worth more than a year.
const longestClosure = 400

// Config is what a policy says about working time. See New for the faults it may have.
type Config struct {
	// Zone is the IANA name of the time zone in which all hours and dates are meant, such as "Europe/Berlin".
	Zone string
	// Week holds the spans worked on each weekday, sorted and not overlapping. A weekday without spans is not worked.
	Week map[time.Weekday][]Span
	// Region is an ISO 3166 code out of Regions, whose public holidays are not worked, or "" for none.
	Region string
	// Add holds further public holidays; where a date is also one of the region, the name given here is shown.
	Add []Holiday
	// Remove holds public holidays of the region that this organisation works.
	Remove []Date
	// Closures are runs of days on which nobody works, whatever else holds.
	Closures []Closure
}

// Calendar answers what the working time of one organisation is. The zero value is of no use: see New.
type Calendar struct {
	zone     zone
	week     [7][]hours
	days     dayset
	holidays []Holiday
}

// hours is a span in seconds since midnight by the local clock.
type hours struct{ from, to int64 }

// New builds a calendar. It reports all faults of the configuration at once, as cvd.Faults whose fields are named
// "zone", "week.monday[1]", "region", "add[0]", "remove[0]", "closures[2]" or "closures[2].from": an unknown
// zone or region, a week without hours, spans that are out of order or overlap, impossible dates, dates outside
// FirstYear to LastYear, dates both added and removed, closures that end before they begin, and closures and
// holidays that together leave more than 400 days without work.
func New(cfg Config) (*Calendar, error) {
	var f faults
	c := &Calendar{zone: f.zone(cfg.Zone)}
	f.week(cfg.Week)
	region := f.region(cfg.Region)
	f.dates(cfg)
	if err := f.list.Err(); err != nil {
		return nil, err
	}

	for day, spans := range cfg.Week {
		c.week[day] = merge(spans)
	}
	c.holidays = observed(region, cfg.Add, cfg.Remove)
	c.days = newDayset(func(day int64) bool { return len(c.week[weekday(day)]) > 0 })
	for _, h := range c.holidays {
		c.days.remove(h.Date.day())
	}
	for _, cl := range cfg.Closures {
		for day := cl.From.day(); day <= cl.To.day(); day++ {
			c.days.remove(day)
		}
	}
	f.gap(c.days)
	if err := f.list.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// merge turns checked spans into hours and joins those that touch, so that a break is always a real one.
func merge(spans []Span) []hours {
	var out []hours
	for _, s := range spans {
		h := hours{int64(s.From) * 60, int64(s.To) * 60}
		if n := len(out); n > 0 && out[n-1].to == h.from {
			out[n-1].to = h.to
			continue
		}
		out = append(out, h)
	}
	return out
}

// observed is the sorted list of public holidays of one organisation, one entry a date.
func observed(region, add []Holiday, remove []Date) []Holiday {
	own := make(map[Date]bool, len(add)+len(remove))
	for _, d := range remove {
		own[d] = true
	}
	out := make([]Holiday, 0, len(region)+len(add))
	for _, h := range add {
		own[h.Date] = true
		out = append(out, h)
	}
	for _, h := range region {
		if !own[h.Date] {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	return out
}

// Zone is the time zone the calendar counts in.
func (c *Calendar) Zone() *time.Location { return c.zone.loc }

// IsWorkingDay reports whether any hours of the day are worked. No day outside FirstYear to LastYear is.
func (c *Calendar) IsWorkingDay(d Date) bool { return d.valid() && c.days.has(d.day()) }

// Holidays lists the public holidays of a year, in order and named in English: those of the region, with the
// organisation's own dates added and removed. Closures are not among them, holidays on a weekend are.
func (c *Calendar) Holidays(year int) []Holiday {
	first := func(year int) int {
		at, _ := slices.BinarySearchFunc(c.holidays, year, func(h Holiday, year int) int { return cmp.Compare(h.Date.Year, year) })
		return at
	}
	return slices.Clone(c.holidays[first(year):first(year+1)])
}
