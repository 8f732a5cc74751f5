package calendar

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a server without zone files must count as every other one does

	"fairlead/internal/cvd"
)

// faults gathers all that is wrong, so that a policy's author mends it in one go.
type faults struct{ list cvd.Faults }

func (f *faults) add(field, problem, remedy string) {
	f.list = append(f.list, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
}

func (f *faults) zone(name string) zone {
	if name != "" && name != "Local" {
		if loc, err := time.LoadLocation(name); err == nil {
			return zoneOf(loc)
		}
	}
	f.add("zone", "no known time zone", `give its IANA name, such as "Europe/Berlin" or "UTC"`)
	return zone{}
}

func (f *faults) week(week map[time.Weekday][]Span) {
	worked := false
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := "week." + strings.ToLower(day.String())
		for i, s := range week[day] {
			field := fmt.Sprintf("%s[%d]", name, i)
			worked = true
			if !s.valid() {
				f.add(field, "no span of one day", spanForm)
			} else if i > 0 && s.From < week[day][i-1].To {
				f.add(field, "begins before the span ahead of it ends", "sort the spans of a day and leave no overlap")
			}
		}
	}
	for day := range week {
		if day < time.Sunday || day > time.Saturday {
			f.add("week", "a day that is no weekday", "weekdays run from 0 for Sunday to 6 for Saturday")
		}
	}
	if !worked {
		f.add("week", "no hours are worked", "give at least one weekday a span such as 09:00-17:00")
	}
}

func (f *faults) region(code string) []Holiday {
	if code == "" {
		return nil
	}
	list, ok := regionHolidays(code)
	if !ok {
		f.add("region", "its public holidays are not known",
			"leave it out and list the dates, or use one of "+strings.Join(Regions(), ", "))
	}
	return list
}

func (f *faults) date(field string, d Date) bool {
	if !d.valid() {
		f.add(field, "no day of the calendar", fmt.Sprintf("give a date from the years %d to %d", FirstYear, LastYear))
	}
	return d.valid()
}

func (f *faults) dates(cfg Config) {
	seen := make(map[Date]string)
	once := func(field string, d Date) {
		if !f.date(field, d) {
			return
		}
		if other, ok := seen[d]; ok {
			f.add(field, "the same date as "+other, "keep one of them")
			return
		}
		seen[d] = field
	}
	for i, h := range cfg.Add {
		once(fmt.Sprintf("add[%d]", i), h.Date)
	}
	for i, d := range cfg.Remove {
		once(fmt.Sprintf("remove[%d]", i), d)
	}
	for i, cl := range cfg.Closures {
		field := fmt.Sprintf("closures[%d]", i)
		from, to := f.date(field+".from", cl.From), f.date(field+".to", cl.To)
		if from && to && cl.From.Compare(cl.To) > 0 {
			f.add(field, "ends before it begins", "swap the two dates")
		}
	}
}

// gap refuses a calendar that is shut for longer than a promise can bear.
func (f *faults) gap(days dayset) {
	last := firstDay - 1
	for last < lastDay {
		next := days.next(last + 1)
		if next-last-1 > longestClosure {
			f.add("closures", fmt.Sprintf("nobody works from %s to %s", dateOf(last+1), dateOf(next-1)),
				fmt.Sprintf("leave no more than %d days in a row without work", longestClosure))
		}
		last = next
	}
}

// Regions lists the regions whose public holidays are known, as ISO 3166-1 or 3166-2 codes in order.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }
