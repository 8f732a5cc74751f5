package calendar

import (
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// region is a list of public holidays. actual leaves out the days observed in place of one that fell on a weekend.
type region struct {
	list   []*cal.Holiday
	actual bool
}

// Holidays that the library does not know.
var (
	ontarioFamilyDay  = weekdayOf("Family Day", time.February, time.Monday, 3, 2008)
	italySaintFrancis = dayOf("Saint Francis of Assisi", time.October, 4, 2026)
	polandChristmas   = dayOf("Christmas Eve", time.December, 24, 2025)
	schwerinWomen     = dayOf("International Women's Day", time.March, 8, 2023)
	berlinLiberation  = onceOn("Eightieth Anniversary of the Liberation", 2025, time.May, 8)
	berlinUprising    = onceOn("Seventy-fifth Anniversary of the 1953 Uprising", 2028, time.June, 17)
	matariki          = &cal.Holiday{Name: "Matariki", Func: calcMatariki}
)

// regions holds what is offered. The library's lists are used as they are where they agree with the law, with
// additions where it moved on; own lists stand where the library's is another one than its name says. A region whose
// list could be neither confirmed nor mended is left out: its holidays belong into the policy as dates.
var regions = map[string]region{
	"AT": {list: at.Holidays},
	// The library knows the states only; these are the days that all of them keep.
	"AU": {list: []*cal.Holiday{
		au.NewYear, au.AustraliaDay, au.GoodFriday, au.EasterMonday, au.AnzacDay, au.ChristmasDay, au.BoxingDay,
	}},
	"BE": {list: be.Holidays},
	// The general holidays of the Canada Labour Code, section 166; the library adds two that it does not name.
	"CA": {list: []*cal.Holiday{
		ca.NewYear, ca.GoodFriday, ca.VictoriaDay, ca.CanadaDay, ca.LabourDay,
		ca.NationalDayForTruthAndReconciliation, ca.ThanksgivingDay, ca.RemembranceDay, ca.ChristmasDay, ca.BoxingDay,
	}},
	// The nine of the Ontario Employment Standards Act, 2000. The library has no provinces. A substitute day is a
	// matter between employer and employee there, so only the dates themselves count.
	"CA-ON": {actual: true, list: []*cal.Holiday{
		ca.NewYear, ontarioFamilyDay, ca.GoodFriday, ca.VictoriaDay, ca.CanadaDay, ca.LabourDay,
		ca.ThanksgivingDay, ca.ChristmasDay, ca.BoxingDay,
	}},
	// The days kept in every canton. The library gives the union of most cantons under the country's name, and of
	// its cantons only those below were found right.
	"CH":    {list: []*cal.Holiday{ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag}},
	"CH-BE": {list: ch.HolidaysBE},
	"CH-BS": {list: ch.HolidaysBS},
	"CH-ZH": {list: ch.HolidaysZH},
	"CZ":    {list: cz.Holidays},
	// The nine of the whole country; the states add theirs, some of them in parts of the state only: those are left
	// out.
	"DE":    {list: de.Holidays},
	"DE-BB": {list: de.HolidaysBB},
	"DE-BE": {list: with(de.HolidaysBE, berlinLiberation, berlinUprising)},
	"DE-BW": {list: de.HolidaysBW},
	"DE-BY": {list: de.HolidaysBY},
	"DE-HB": {list: de.HolidaysHB},
	"DE-HE": {list: de.HolidaysHE},
	"DE-HH": {list: de.HolidaysHH},
	"DE-MV": {list: with(de.HolidaysMV, schwerinWomen)},
	"DE-NI": {list: de.HolidaysNI},
	"DE-NW": {list: de.HolidaysNW},
	"DE-RP": {list: de.HolidaysRP},
	"DE-SH": {list: de.HolidaysSH},
	"DE-SL": {list: de.HolidaysSL},
	"DE-SN": {list: de.HolidaysSN},
	"DE-ST": {list: de.HolidaysST},
	"DE-TH": {list: de.HolidaysTH},
	"DK":    {list: dk.Holidays},
	"ES":    {list: es.Holidays},
	"FR":    {list: fr.Holidays},
	// The bank holidays of England and Wales.
	"GB": {list: gb.Holidays},
	"GR": {list: gr.Holidays},
	"HR": {list: hr.Holidays},
	"IE": {list: ie.Holidays},
	"IT": {list: with(it.Holidays, italySaintFrancis)},
	"JP": {list: jp.Holidays},
	"LT": {list: lt.Holidays},
	"LV": {list: lv.Holidays},
	// The days of the Dutch law on terms, on which no term ends: Good Friday and every 5 May are among them.
	"NL": {list: nl.Holidays},
	"NO": {list: no.Holidays},
	"NZ": {list: with(nz.Holidays, matariki)},
	"PL": {list: with(pl.Holidays, polandChristmas)},
	"SE": {list: se.Holidays},
	"SI": {list: si.Holidays},
	// The federal holidays.
	"US": {list: us.Holidays},
	"ZA": {list: za.Holidays},
}

func with(list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return append(slices.Clone(list), more...)
}

func dayOf(name string, month time.Month, day, since int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: since, Func: cal.CalcDayOfMonth}
}

func onceOn(name string, year int, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: year, EndYear: year, Func: cal.CalcDayOfMonth}
}

// weekdayOf is the nth of a weekday in a month.
func weekdayOf(name string, month time.Month, day time.Weekday, n, since int) *cal.Holiday {
	return &cal.Holiday{
		Name: name, Month: month, Weekday: day, Offset: n, StartYear: since, Func: cal.CalcWeekdayOffset,
	}
}

// matarikiDays are the dates, as month and day, from 2022 on: they follow the Maori lunar calendar, and the Te Kahui o
// Matariki Public Holiday Act 2022, schedule 1, fixes them up to 2052.
var matarikiDays = [...]int{
	624, 714, 628, 620, 710, 625, 714, 706, 621, 711, 702, 624, 707, 629, 718, 710,
	625, 715, 706, 719, 711, 703, 624, 707, 629, 719, 703, 625, 715, 630, 621,
}

func calcMatariki(_ *cal.Holiday, year int) time.Time {
	if i := year - 2022; i >= 0 && i < len(matarikiDays) {
		return time.Date(year, time.Month(matarikiDays[i]/100), matarikiDays[i]%100, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// tables keeps the holidays of a region once they are worked out. The lock also guards the library, some of whose
// rules write to what they share.
var tables = struct {
	sync.Mutex
	done map[string][]Holiday
}{done: make(map[string][]Holiday)}

// regionHolidays is the list of a region from FirstYear to LastYear, one entry a date and in order. It is shared: do
// not write to it.
func regionHolidays(code string) ([]Holiday, bool) {
	r, ok := regions[code]
	if !ok {
		return nil, false
	}
	tables.Lock()
	defer tables.Unlock()
	list, ok := tables.done[code]
	if !ok {
		list = r.holidays()
		tables.done[code] = list
	}
	return list, true
}

// holidays asks the library. The years around the first and the last are asked too: a substitute day may fall into
// another year than its holiday.
func (r region) holidays() []Holiday {
	// At midnight UTC no clock ever changes; the host's zone could shift a holiday to the day before.
	cal.DefaultLoc = time.UTC

	var all []Holiday
	keep := func(t time.Time, name string) {
		if d := DateOf(t); d.valid() {
			all = append(all, Holiday{Date: d, Name: name})
		}
	}
	for year := FirstYear - 1; year <= LastYear+1; year++ {
		for _, h := range r.list {
			actual, observed := h.Calc(year)
			if actual.IsZero() {
				continue
			}
			name := english(h.Name)
			keep(actual, name)
			if !r.actual && !observed.Equal(actual) {
				keep(observed, name+" (substitute day)")
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Holiday) int { return a.Date.Compare(b.Date) })

	out := all[:0]
	for _, h := range all {
		if n := len(out); n > 0 && out[n-1].Date == h.Date {
			out[n-1].Name += " and " + h.Name
			continue
		}
		out = append(out, h)
	}
	return slices.Clip(out)
}
