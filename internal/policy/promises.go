package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// HouseUpdate is how long the house itself lets a reporter wait for news where
// the policy gives no interval; it is a target, never a promise.
var HouseUpdate = calendar.Amount{N: 14, Unit: calendar.Days}

// UpdatePromise is the interval of news: the policy's, or else the house's
// target of 14 days.
func (p *Promises) UpdatePromise() Promise {
	if p.Update != nil {
		return *p.Update
	}
	return Promise{Within: HouseUpdate, Target: true}
}

// Given is a promise that the file gives, with where it stands.
type Given struct {
	Path    string // such as promises.fix.high
	Kind    cvd.ClockKind
	Band    cvd.Band // of a fix
	Promise Promise
}

// All lists the promises that the file gives, in the order of Kinds.
func (p *Promises) All() []Given {
	out := []Given{{"promises.acknowledge", cvd.ClockAcknowledge, "", p.Acknowledge}}
	add := func(path string, k cvd.ClockKind, one *Promise) {
		if one != nil {
			out = append(out, Given{path, k, "", *one})
		}
	}
	add("promises.follow_up", cvd.ClockFollowUp, p.FollowUp)
	add("promises.verify", cvd.ClockVerify, p.Verify)
	add("promises.update", cvd.ClockUpdate, p.Update)
	add("promises.needs_information", cvd.ClockNeedsInfo, &p.NeedsInformation)
	for _, b := range cvd.Bands {
		if one, ok := p.Fix[b]; ok {
			out = append(out, Given{"promises.fix." + string(b), cvd.ClockFix, b, one})
		}
	}
	add("promises.disclose", cvd.ClockDisclose, p.Disclose)
	return out
}

// WorkTime is the policy's working calendar. A policy that Parse returned has
// one; the error lists what is wrong with it.
func (p *Policy) WorkTime() (*calendar.Calendar, error) {
	cfg, faults := p.Calendar.config()
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: %s: %s", cvd.ErrInvalid, faults[0].path, faults[0].problem)
	}
	c, err := calendar.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: working calendar: %w", cvd.ErrInvalid, err)
	}
	return c, nil
}

type unfit struct{ path, problem, remedy string }

// config turns the file's calendar into the one that is counted by.
func (w *WorkCalendar) config() (calendar.Config, []unfit) {
	cfg := calendar.Config{Zone: w.Zone, Region: w.Holidays.Region, Week: map[time.Weekday][]calendar.Span{}}
	var faults []unfit
	for _, name := range slices.Sorted(maps.Keys(w.Hours)) {
		day := weekdays[name]
		for i, text := range w.Hours[name] {
			span, err := calendar.ParseSpan(text)
			if err != nil && text != "" {
				faults = append(faults, unfit{fmt.Sprintf("calendar.hours.%s[%d]", name, i), "is no span of working hours within one day", "write two clock times, the earlier first, such as \"09:00-17:00\""})
			}
			if err == nil {
				cfg.Week[day] = append(cfg.Week[day], span)
			}
		}
	}
	date := func(path, text string) calendar.Date {
		d, err := calendar.ParseDate(text)
		if err != nil && text != "" {
			faults = append(faults, unfit{path, "is not a day of the calendar", "write a date such as 2026-12-24"})
		}
		return d
	}
	for i, h := range w.Holidays.Add {
		name := h.Name
		if name == "" {
			name = h.Date
		}
		cfg.Add = append(cfg.Add, calendar.Holiday{Date: date(fmt.Sprintf("calendar.holidays.add[%d].date", i), h.Date), Name: name})
	}
	for i, h := range w.Holidays.Remove {
		cfg.Remove = append(cfg.Remove, date(fmt.Sprintf("calendar.holidays.remove[%d].date", i), h.Date))
	}
	for i, c := range w.Closures {
		path := fmt.Sprintf("calendar.closures[%d]", i)
		cfg.Closures = append(cfg.Closures, calendar.Closure{From: date(path+".from", c.From), To: date(path+".to", c.To), Name: c.Name})
	}
	return cfg, faults
}

// PromisedAt is what a report received at an instant is promised, the earliest
// first: acknowledgement, follow-up, verification, the next news, and
// publication where the policy promises one. Instants are in the policy's
// zone. An instant that nothing can be counted from (calendar.Askable) comes back as
// cvd.Faults of the field "received".
func (p *Policy) PromisedAt(v *words.Voice, received time.Time) ([]Due, error) {
	if !calendar.Askable(received) {
		return nil, cvd.Faults{{
			Field: "received", Problem: fmt.Sprintf("is no instant of the years %d to %d, from which dates can be counted", calendar.FirstYear, calendar.LastAsked),
			Remedy: "give one of them",
		}}
	}
	work, err := p.WorkTime()
	if err != nil {
		return nil, err
	}
	return p.PromisedBy(v, work, received), nil
}

// PromisedBy is PromisedAt by a working calendar that was built before.
func (p *Policy) PromisedBy(v *words.Voice, work *calendar.Calendar, received time.Time) []Due {
	var out []Due
	add := func(kind cvd.ClockKind, one *Promise, note string) {
		if one == nil {
			return
		}
		basis := p.basis(v, work, one.Within, received)
		if note != "" {
			basis += v.Say("mark.semicolon") + " " + note
		}
		out = append(out, Due{Kind: kind, Due: work.Add(received, one.Within), Basis: basis, Target: one.Target})
	}
	add(cvd.ClockAcknowledge, &p.Promises.Acknowledge, "")
	add(cvd.ClockFollowUp, p.Promises.FollowUp, "")
	add(cvd.ClockVerify, p.Promises.Verify, "")
	update, note := p.Promises.UpdatePromise(), ""
	if p.Promises.Update == nil {
		note = v.Say("basis.house")
	}
	add(cvd.ClockUpdate, &update, note)
	add(cvd.ClockDisclose, p.Promises.Disclose, "")
	slices.SortStableFunc(out, func(a, b Due) int { return a.Due.Compare(b.Due) })
	return out
}

// basis says by what rule a due instant was found.
func (p *Policy) basis(v *words.Voice, work *calendar.Calendar, within calendar.Amount, received time.Time) string {
	if !within.Business() {
		return v.Say("basis.plain", "span", Span(v, within))
	}
	s := v.Say("basis.business", "span", Span(v, within), "hours", p.Calendar.Summary(v))
	if !work.Open(received) {
		s += v.Say("mark.semicolon") + " " + v.Say("basis.opening", "when", v.Instant(work.NextOpening(received), work.Zone()))
	}
	return s
}

// Span is an amount of time in words.
func Span(v *words.Voice, a calendar.Amount) string {
	return v.Say("amount."+string(a.Unit), "count", a.N)
}

// Summary is the week in short, such as "Mon-Fri 09:00-17:00 Europe/Berlin":
// neighbouring days with the same hours share a part.
func (w *WorkCalendar) Summary(v *words.Voice) string {
	day := func(name string) string { return v.Weekday(weekdays[name]) }
	to := func(from, to string) string { return v.Say("amount.from-to", "from", from, "to", to) }
	week := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	var parts []string
	for i := 0; i < len(week); {
		hours := strings.Join(w.Hours[week[i]], ", ")
		j := i
		for j+1 < len(week) && strings.Join(w.Hours[week[j+1]], ", ") == hours {
			j++
		}
		if hours != "" {
			days := day(week[i])
			if j > i {
				days = to(days, day(week[j]))
			}
			spans := slices.Clone(w.Hours[week[i]])
			for k, one := range spans {
				if from, until, ok := strings.Cut(one, "-"); ok {
					spans[k] = to(from, until)
				}
			}
			parts = append(parts, days+" "+strings.Join(spans, ", "))
		}
		i = j + 1
	}
	return strings.Join(parts, v.Say("mark.semicolon")+" ") + " " + w.Zone
}
