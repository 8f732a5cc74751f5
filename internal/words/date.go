package words

import (
	"strconv"
	"strings"
	"time"
)

// calendar is how a language writes dates: names as in the Unicode CLDR, and the
// order of things. Hours are those of a day of 24 in all of them.
type calendar struct {
	months, short [12]string
	weekdays      [7]string // short, Sunday first
	first         string    // how the first of a month is written, where that is special
	dot           string    // after the number of a day
	comma         string    // after the weekday
	decimal       string    // between whole and part of a number
	zones         map[string]string
}

var calendars = map[string]*calendar{
	"en": {
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		short:    [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		decimal:  ".",
	},
	"de": {
		months: [12]string{
			"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
		},
		short:    [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
		weekdays: [7]string{"So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."},
		dot:      ".", comma: ",", decimal: ",",
		zones: map[string]string{"CET": "MEZ", "CEST": "MESZ"},
	},
	"fr": {
		months: [12]string{
			"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
		},
		short:    [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		weekdays: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		first:    "1er", decimal: ",",
	},
}

// of writes the day of the month, the month by its name in months, and the year.
func (c *calendar) of(t time.Time, months *[12]string) string {
	day := strconv.Itoa(t.Day()) + c.dot
	if t.Day() == 1 && c.first != "" {
		day = c.first
	}
	return day + " " + months[t.Month()-1] + " " + t.Format("2006")
}

// Instant writes an exact instant as people read it, with its zone.
func (v *Voice) Instant(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	c := calendars[v.lang]
	return c.weekdays[t.Weekday()] + c.comma + " " + c.of(t, &c.short) + ", " + t.Format("15:04") + " " + c.zone(t)
}

// zone is the name of the zone with its offset beside it: "EST" alone is one place for
// some and another for others. A zone without a name of its own is its offset.
func (c *calendar) zone(t time.Time) string {
	name, seconds := t.Zone()
	offset := "UTC" + t.Format("-07:00")
	switch {
	case seconds == 0 && name == "UTC":
		return name
	case name == "" || name[0] == '+' || name[0] == '-':
		return offset
	}
	if ours, ok := c.zones[name]; ok {
		name = ours
	}
	return name + " (" + offset + ")"
}

// Day writes a date without its time.
func (v *Voice) Day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	c := calendars[v.lang]
	return c.of(t.In(zone), &c.months)
}

// Short writes a date without its time, for a column of them: the year only where it is
// another than the one given.
func (v *Voice) Short(t time.Time, zone *time.Location, year int) string {
	if t.IsZero() {
		return ""
	}
	c := calendars[v.lang]
	t = t.In(zone)
	s := c.of(t, &c.short)
	if t.Year() == year {
		s = strings.TrimSuffix(s, t.Format(" 2006"))
	}
	return s
}

// Brief writes an instant for a column of them: the year as Short does, and the zone by
// its name alone. Whoever shows it says the offset elsewhere.
func (v *Voice) Brief(t time.Time, zone *time.Location, year int) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	c := calendars[v.lang]
	name, _, _ := strings.Cut(c.zone(t), " (")
	return c.weekdays[t.Weekday()] + c.comma + " " + v.Short(t, zone, year) + ", " + t.Format("15:04") + " " + name
}

// Weekday is the short name of a day of the week, without a dot.
func (v *Voice) Weekday(d time.Weekday) string {
	return strings.TrimSuffix(calendars[v.lang].weekdays[d], ".")
}

// Decimal writes a number with so many places after the point, or the comma.
func (v *Voice) Decimal(n float64, places int) string {
	return strings.Replace(strconv.FormatFloat(n, 'f', places, 64), ".", calendars[v.lang].decimal, 1)
}

// Distance writes how far an instant lies from now, to the nearest of the largest unit
// that is still exact enough to act on.
func (v *Voice) Distance(t, now time.Time) string {
	d := t.Sub(now)
	id := "distance.in"
	if d < 0 {
		d, id = -d, "distance.ago"
	}
	d = d.Round(time.Minute) // two days less a second are two days
	n, unit := int(d/time.Minute), "minute"
	switch {
	case d >= 48*time.Hour:
		n, unit = int(d.Round(24*time.Hour)/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int(d.Round(time.Hour)/time.Hour), "hour"
	case d == 0:
		return v.Say("distance.now")
	}
	key := spanKey{id, unit, n}
	if s, ok := v.plain.Load(key); ok {
		return s.(string)
	}
	// One text for each: "3 Tage", but "in 3 Tagen".
	s := v.Say(id+"."+unit, "count", n)
	if n < spansKept {
		v.plain.Store(key, s)
	}
	return s
}

// spanKey names a distance that was said before; those up to spansKept of a unit
// are remembered.
type spanKey struct {
	id, unit string
	n        int
}

const spansKept = 400
