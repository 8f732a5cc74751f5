package visit

import (
	"fmt"
	"slices"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// The spellings of an instant in a form: as a browser's own field writes it, and with the
// offset that tells one of two hours of the same name from the other.
const (
	wallTime   = "2006-01-02T15:04"
	wallOffset = "2006-01-02T15:04Z07:00"
)

// Instants are those at which the clocks of the zone show the wall time, whose own zone
// means nothing, from the earliest on: one mostly, none in an hour that is skipped in
// spring, two in the one that comes again in autumn.
func Instants(wall time.Time, zone *time.Location) (out []time.Time) {
	wall = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, time.UTC)
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if t.Format(wallTime) == wall.Format(wallTime) && !slices.ContainsFunc(out, t.Equal) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Typed is how a form shows an instant in the zone, so that Instant reads the same.
func Typed(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	if len(Instants(t, zone)) > 1 {
		return t.Format(wallOffset)
	}
	return t.Format(wallTime)
}

// Instant reads what was typed for an instant, in the zone. The fault names the field and
// what is wrong, and is nil where an instant stands from which dates can be counted. A time
// that the zone skips is refused, and of one that it has twice is asked which is meant:
// neither is ours to choose.
func Instant(field, s string, zone *time.Location) (time.Time, *cvd.Fault) {
	if t, err := time.Parse(wallOffset, s); err == nil {
		if t.In(zone).Format(wallOffset) != t.Format(wallOffset) {
			return time.Time{}, &cvd.Fault{Field: field, Problem: "has an offset that the clocks here do not have then", Remedy: "leave the offset out"}
		}
		return within(field, t.In(zone))
	}
	for _, layout := range []string{wallTime, "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		wall, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		switch at := Instants(wall, zone); len(at) {
		case 0:
			return time.Time{}, &cvd.Fault{
				Field: field, Problem: "does not exist on that day: the clocks go forward then", Remedy: "give a time an hour earlier or later",
			}
		case 1:
			return within(field, at[0])
		default:
			return time.Time{}, &cvd.Fault{
				Field: field, Problem: "comes twice on that day: the clocks go back then",
				Remedy: fmt.Sprintf("write %s for the first time, or %s for the second", at[0].Format(wallOffset), at[1].Format(wallOffset)),
			}
		}
	}
	return time.Time{}, &cvd.Fault{Field: field, Problem: "is no date with a time", Remedy: "write it as 2026-03-01T16:00"}
}

// AskInstant makes a field ask for an instant with what was typed. What a browser's own
// field cannot hold, an hour that comes twice, is asked for as text.
func AskInstant(f *web.Field, typed string, zone *time.Location) {
	f.Kind, f.Value = "datetime-local", typed
	wall, err := time.Parse(wallTime, typed)
	_, offset := time.Parse(wallOffset, typed)
	if offset == nil || err == nil && len(Instants(wall, zone)) > 1 {
		f.Kind = "text"
	}
}
