package auth_test

import (
	"testing"
	"time"
)

// The trail is written in UTC, whatever zone the house's clock shows (ASVS 5.0.0, V16.2.2).
func TestTheTrailIsInUTC(t *testing.T) {
	d := open(t)
	at := time.Date(2026, 3, 2, 23, 30, 0, 0, time.FixedZone("UTC-5", -5*3600))
	d.clock.at = at
	d.link(d.lead)
	entries, err := d.Audit(t.Context(), d.lead, 1)
	d.ok(err)
	if len(entries) != 1 || !entries[0].At.Equal(at) || entries[0].At.Format(time.RFC3339) != "2026-03-03T04:30:00Z" {
		t.Errorf("%+v", entries)
	}
}
