package visit_test

import (
	"testing"
	"time"

	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// Each wall time is one instant, or is asked about: the hour that comes twice, and the one
// that does not come.
func TestInstant(t *testing.T) {
	const (
		twice  = "comes twice on that day: the clocks go back then"
		never  = "does not exist on that day: the clocks go forward then"
		wrong  = "has an offset that the clocks here do not have then"
		text   = "text"
		native = "datetime-local"
	)
	for _, one := range []struct{ zone, typed, want, problem, remedy, kind string }{
		{"Europe/Berlin", "2026-03-01T16:00", "2026-03-01T15:00:00Z", "", "", native},
		{"Europe/Berlin", "2026-03-01 16:00", "2026-03-01T15:00:00Z", "", "", native},
		{"Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59:00Z", "", "", native},
		{"Europe/Berlin", "2026-10-25T02:00", "", twice, "write 2026-10-25T02:00+02:00 for the first time, or 2026-10-25T02:00+01:00 for the second", text},
		{"Europe/Berlin", "2026-10-25T02:59", "", twice, "write 2026-10-25T02:59+02:00 for the first time, or 2026-10-25T02:59+01:00 for the second", text},
		{"Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T00:30:00Z", "", "", text},
		{"Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z", "", "", text},
		{"Europe/Berlin", "2026-10-25T02:30+05:00", "", wrong, "leave the offset out", text},
		{"Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z", "", "", native},
		{"Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00Z", "", "", native},
		{"Europe/Berlin", "2026-03-29T02:00", "", never, "give a time an hour earlier or later", native},
		{"Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z", "", "", native},
		{"America/Toronto", "2026-11-01T01:30", "", twice, "write 2026-11-01T01:30-04:00 for the first time, or 2026-11-01T01:30-05:00 for the second", text},
		{"Australia/Lord_Howe", "2026-04-05T01:45", "", twice, "write 2026-04-05T01:45+11:00 for the first time, or 2026-04-05T01:45+10:30 for the second", text},
		{"Australia/Lord_Howe", "2026-04-05T01:29", "2026-04-04T14:29:00Z", "", "", native},
		{"UTC", "2026-10-25T02:30", "2026-10-25T02:30:00Z", "", "", native},
		{"UTC", "2026-10-25T02:30Z", "2026-10-25T02:30:00Z", "", "", text},
		{"UTC", "soon", "", "is no date with a time", "write it as 2026-03-01T16:00", native},
	} {
		zone, err := time.LoadLocation(one.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, fault := visit.Instant("until", one.typed, zone)
		if got := at.UTC().Format(time.RFC3339); one.want != "" && (fault != nil || got != one.want) {
			t.Errorf("%s in %s is %s, %v", one.typed, one.zone, got, fault)
		}
		if one.problem != "" && (fault == nil || fault.Field != "until" || fault.Problem != one.problem || fault.Remedy != one.remedy) {
			t.Errorf("%s in %s: %+v", one.typed, one.zone, fault)
		}
		f := web.Field{}
		if visit.AskInstant(&f, one.typed, zone); f.Kind != one.kind || f.Value != one.typed {
			t.Errorf("%s in %s is asked for as %s with %q", one.typed, one.zone, f.Kind, f.Value)
		}
		if one.want == "" {
			continue
		}
		if again, fault := visit.Instant("", visit.Typed(at, zone), zone); fault != nil || !again.Equal(at) {
			t.Errorf("%s in %s reads back as %s, %v", one.typed, one.zone, again, fault)
		}
	}
}
