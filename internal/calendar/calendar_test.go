package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

// hoursOn gives Monday to Friday the same spans.
func hoursOn(t testing.TB, spans ...string) map[time.Weekday][]Span {
	t.Helper()
	week := make(map[time.Weekday][]Span)
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = spansOf(t, spans...)
	}
	return week
}

func spansOf(t testing.TB, texts ...string) []Span {
	t.Helper()
	var out []Span
	for _, text := range texts {
		s, err := ParseSpan(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// allWeek gives every day the same spans.
func allWeek(t testing.TB, spans ...string) map[time.Weekday][]Span {
	t.Helper()
	week := hoursOn(t, spans...)
	week[time.Saturday], week[time.Sunday] = week[time.Monday], week[time.Monday]
	return week
}

func build(t testing.TB, cfg Config) *Calendar {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func berlin(t testing.TB) *Calendar {
	t.Helper()
	return build(t, Config{Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-17:00"), Region: "DE"})
}

func toronto(t testing.TB) *Calendar {
	t.Helper()
	return build(t, Config{Zone: "America/Toronto", Week: hoursOn(t, "09:00-17:00"), Region: "CA-ON"})
}

// when reads local clock time in the calendar's zone.
func when(t testing.TB, c *Calendar, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04", "2006-01-02 15:04:05.999999999"} {
		if at, err := time.ParseInLocation(layout, text, c.Zone()); err == nil {
			return at.In(c.Zone())
		}
	}
	t.Fatalf("no time: %s", text)
	return time.Time{}
}

func date(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func listing(c *Calendar) string {
	var b strings.Builder
	for year := 2025; year <= 2030; year++ {
		for _, h := range c.Holidays(year) {
			fmt.Fprintf(&b, "%s %s %s\n", h.Date, h.Date.Weekday().String()[:3], h.Name)
		}
	}
	return b.String()
}

func TestHolidaysGolden(t *testing.T) {
	goldentest.Is(t, "testdata/holidays-DE.golden", listing(berlin(t)))
	goldentest.Is(t, "testdata/holidays-CA-ON.golden", listing(toronto(t)))
}

// The regions change by hand only: a new release of the library must not move a promise unseen.
func TestRegionsGolden(t *testing.T) {
	var b strings.Builder
	for _, code := range Regions() {
		list, _ := regionHolidays(code)
		for _, h := range list {
			if h.Date.Year == 2027 || h.Date.Year == 2028 {
				fmt.Fprintf(&b, "%s %s %s %s\n", code, h.Date, h.Date.Weekday().String()[:3], h.Name)
			}
		}
	}
	goldentest.Is(t, "testdata/regions.golden", b.String())
}

// easter is the rule of Gauss with the two exceptions he named, not the one the library works by.
func easter(year int) time.Time {
	a, b, c := year%19, year%4, year%7
	k := year / 100
	p := (13 + 8*k) / 25
	q := k / 4
	m := (15 - p + k - q) % 30
	n := (4 + k - q) % 7
	d := (19*a + m) % 30
	e := (2*b + 4*c + 6*d + n) % 7
	days := d + e
	if d == 29 && e == 6 || d == 28 && e == 6 && (11*m+11)%30 < 19 {
		days -= 7
	}
	return time.Date(year, time.March, 22+days, 0, 0, 0, 0, time.UTC)
}

// nth is the nth Monday of a month.
func nthMonday(year int, month time.Month, n int) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (8-int(first.Weekday()))%7+7*(n-1))
}

func TestHolidaysByHand(t *testing.T) {
	if got := easter(2026).Format(time.DateOnly); got != "2026-04-05" {
		t.Fatalf("Easter 2026 by hand is %s", got)
	}
	de, on := berlin(t), toronto(t)
	for year := 1991; year <= LastYear; year++ {
		fixed := func(m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
		e := easter(year)
		check(t, de, year, []time.Time{
			fixed(1, 1), e.AddDate(0, 0, -2), e.AddDate(0, 0, 1), fixed(5, 1), e.AddDate(0, 0, 39), e.AddDate(0, 0, 50),
			fixed(10, 3), fixed(12, 25), fixed(12, 26),
		})
		if year < 2008 {
			continue
		}
		victoria := fixed(5, 24)
		for victoria.Weekday() != time.Monday {
			victoria = victoria.AddDate(0, 0, -1)
		}
		check(t, on, year, []time.Time{
			fixed(1, 1), nthMonday(year, 2, 3), e.AddDate(0, 0, -2), victoria, fixed(7, 1), nthMonday(year, 9, 1),
			nthMonday(year, 10, 2), fixed(12, 25), fixed(12, 26),
		})
	}
}

func check(t *testing.T, c *Calendar, year int, want []time.Time) {
	t.Helper()
	var dates []Date
	for _, w := range want {
		dates = append(dates, DateOf(w))
	}
	slices.SortFunc(dates, Date.Compare)
	dates = slices.Compact(dates)
	var got []Date
	for _, h := range c.Holidays(year) {
		got = append(got, h.Date)
		if c.IsWorkingDay(h.Date) {
			t.Errorf("%s is worked", h.Date)
		}
	}
	if diff := cmp.Diff(dates, got); diff != "" {
		t.Errorf("%s %d (-want +got):\n%s", c.Zone(), year, diff)
	}
}

func TestMatarikiIsAFriday(t *testing.T) {
	for year := 2022; year <= 2052; year++ {
		if at := calcMatariki(nil, year); at.Weekday() != time.Friday {
			t.Errorf("%s is a %s", at.Format(time.DateOnly), at.Weekday())
		}
	}
	if at := calcMatariki(nil, 2053); !at.IsZero() {
		t.Errorf("2053 is not fixed, got %s", at)
	}
}

func TestRegionsAreEnglish(t *testing.T) {
	for _, code := range Regions() {
		list, ok := regionHolidays(code)
		if !ok || len(list) < 4*(LastYear-FirstYear) {
			t.Errorf("%s: %d holidays", code, len(list))
		}
		for _, h := range list {
			if strings.ContainsFunc(h.Name, func(r rune) bool { return r > 126 }) {
				t.Errorf("%s: %q is not English", code, h.Name)
			}
		}
	}
}

func TestOwnDatesWin(t *testing.T) {
	c := build(t, Config{
		Zone: "Europe/Berlin", Week: hoursOn(t, "09:00-17:00"), Region: "DE",
		Add:    []Holiday{{date(t, "2026-12-24"), "Christmas Eve"}, {date(t, "2026-12-25"), "Winter Feast"}},
		Remove: []Date{date(t, "2026-04-06")},
		Closures: []Closure{
			{date(t, "2026-12-28"), date(t, "2027-01-03"), "Winter break"},
			{date(t, "2026-12-30"), date(t, "2027-01-04"), "Moving house"},
		},
	})
	var names []string
	for _, h := range c.Holidays(2026) {
		names = append(names, h.Date.String()[5:]+" "+h.Name)
	}
	want := []string{
		"01-01 New Year's Day", "04-03 Good Friday", "05-01 Labour Day", "05-14 Ascension Day", "05-25 Whit Monday",
		"10-03 Day of German Unity", "12-24 Christmas Eve", "12-25 Winter Feast", "12-26 Second Day of Christmas",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("holidays (-want +got):\n%s", diff)
	}
	for day, worked := range map[string]bool{
		"2026-04-06": true, "2026-12-23": true, "2026-12-24": false, "2026-12-28": false, "2027-01-04": false,
		"2027-01-05": true, "2026-04-04": false, "1969-12-31": false, "2150-01-02": false,
	} {
		if got := c.IsWorkingDay(date(t, day)); got != worked {
			t.Errorf("IsWorkingDay(%s) = %t", day, got)
		}
	}
	if c.IsWorkingDay(Date{2026, 2, 30}) {
		t.Error("30 February is worked")
	}
	due := c.Add(when(t, c, "2026-12-23 10:00"), Amount{1, BusinessDays})
	if want := when(t, c, "2027-01-05 10:00"); !due.Equal(want) {
		t.Errorf("across the break: %s, want %s", due, want)
	}
	c.Holidays(2026)[0].Name = "changed"
	if c.Holidays(2026)[0].Name != "New Year's Day" {
		t.Error("the list handed out is the calendar's own")
	}
}

func TestNewListsAllFaults(t *testing.T) {
	week := hoursOn(t, "09:00-17:00")
	week[time.Monday] = []Span{{540, 720}, {700, 1020}, {1200, 300}}
	_, err := New(Config{
		Zone: "Mars/Olympus", Week: week, Region: "ZZ",
		Add:      []Holiday{{Date{2026, 2, 30}, "No day"}, {Date{2026, 5, 5}, "Twice"}},
		Remove:   []Date{{2026, 5, 5}, {1066, 10, 14}},
		Closures: []Closure{{Date{2026, 8, 9}, Date{2026, 8, 1}, "Backwards"}, {Date{}, Date{2026, 1, 1}, ""}},
	})
	var list cvd.Faults
	if !errors.As(err, &list) || !errors.Is(err, cvd.ErrInvalid) {
		t.Fatalf("got %T: %v", err, err)
	}
	var fields []string
	for _, f := range list {
		fields = append(fields, f.Field)
		if f.Problem == "" || f.Remedy == "" {
			t.Errorf("%s names no problem or no remedy: %v", f.Field, f)
		}
	}
	want := []string{
		"zone", "week.monday[1]", "week.monday[2]", "region", "add[0]", "remove[0]", "remove[1]", "closures[0]",
		"closures[1].from",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestNewRefuses(t *testing.T) {
	week := hoursOn(t, "09:00-17:00")
	for name, tc := range map[string]struct {
		cfg   Config
		field string
	}{
		"no zone":          {Config{Week: week}, "zone"},
		"the host's zone":  {Config{Zone: "Local", Week: week}, "zone"},
		"no week":          {Config{Zone: "UTC"}, "week"},
		"days, no hours":   {Config{Zone: "UTC", Week: map[time.Weekday][]Span{time.Monday: nil}}, "week"},
		"an eighth day":    {Config{Zone: "UTC", Week: map[time.Weekday][]Span{1: week[1], 7: week[1]}}, "week"},
		"closed for years": {Config{Zone: "UTC", Week: week, Closures: []Closure{{Date{2026, 1, 1}, Date{2027, 6, 1}, ""}}}, "closures"},
		"closed for good": {Config{Zone: "UTC", Week: week, Closures: []Closure{
			{Date{2030, 1, 1}, Date{2030, 12, 31}, ""}, {Date{2031, 1, 1}, Date{LastYear, 12, 31}, ""},
		}}, "closures"},
	} {
		c, err := New(tc.cfg)
		var list cvd.Faults
		if c != nil || !errors.As(err, &list) || len(list) != 1 || list[0].Field != tc.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Zone: "UTC", Week: week, Closures: []Closure{{Date{2026, 1, 1}, Date{2026, 12, 31}, ""}}}); err != nil {
		t.Errorf("closed for one year: %v", err)
	}
}

func TestCalendarIsShared(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := New(Config{Zone: "Asia/Tokyo", Week: map[time.Weekday][]Span{time.Monday: {{540, 1020}}}, Region: []string{"JP", "US"}[i%2]})
			if err != nil {
				t.Error(err)
				return
			}
			c.Add(time.Unix(1_800_000_000, 0), Amount{3, BusinessDays})
		}()
	}
	wg.Wait()
}
