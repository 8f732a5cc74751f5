package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// Each refusal of a number or a date names its field, what is wrong or the limit, and the
// remedy; and what was typed comes back with it.
func TestRefusedNumbersAndDates(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	at := "/desk/cases/" + id + "/do/"
	for _, verb := range []cvd.Verb{cvd.VerbAcknowledge, cvd.VerbValidate} {
		h.Do(h.Lead, cvd.CaseID(id), verb, cvd.Input{Text: "yes"})
	}
	h.Do(h.Lead, cvd.CaseID(id), cvd.VerbAdvise, cvd.Input{Advisory: &cvd.Advisory{Title: "A title", Lang: "en"}})
	b := in(h, "lead@example.org")
	for name, c := range map[string]struct {
		path string
		form url.Values
		want []string
	}{
		"postponed to no date": {
			at + "postpone",
			url.Values{"clock": {"update"}, "until": {"soon"}, "reason": {"kept words"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“New date” is no date with a time", "write it as 2026-03-01T16:00", `value="soon"`, "kept words", "kept text"},
		},
		"postponed too far": {
			at + "postpone",
			url.Values{"clock": {"update"}, "until": {"2999-01-01T00:00"}, "reason": {"kept words"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“New date” lies outside the years 1970 to 2100", "write a date within those years", `value="2999-01-01T00:00"`, "kept words"},
		},
		"postponed into an hour that is skipped": {
			at + "postpone",
			url.Values{"clock": {"update"}, "until": {"2026-03-08T02:30"}, "reason": {"kept words"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“New date” does not exist on that day", "give a time an hour earlier or later", `value="2026-03-08T02:30"`},
		},
		"postponed into an hour that comes twice": {
			at + "postpone",
			url.Values{"clock": {"update"}, "until": {"2026-11-01T01:30"}, "reason": {"kept words"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“New date” comes twice on that day", "write 2026-11-01T01:30-04:00 for the first time, or 2026-11-01T01:30-05:00 for the second", `<input type="text" id="f-until" name="until" value="2026-11-01T01:30"`},
		},
		"postponed to the past": {
			at + "postpone",
			url.Values{"clock": {"update"}, "until": {"2026-01-01T00:00"}, "reason": {"kept words"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“New date” is not later than now and than the date the reporter was told", "give a later instant", `value="2026-01-01T00:00"`},
		},
		"released in the past": {
			at + "schedule",
			url.Values{"seq": {"4"}, "until": {"2026-01-01T00:00"}, "text": {"kept text"}, "step": {"preview"}},
			[]string{"“Instant of the release” is not in the future", "give a later instant, or publish now", `value="2026-01-01T00:00"`, "kept text"},
		},
		"rated by nothing": {
			at + "severity",
			url.Values{"vector": {"CVSS:3.1/AV:N"}, "reason": {"kept words"}, "step": {"preview"}},
			[]string{"CVSS vector", `value="CVSS:3.1/AV:N"`, "kept words"},
		},
		"received on no date": {
			"/desk/record",
			url.Values{"received_at": {"monday"}, "channel": {"phone"}, "description": {"kept words"}},
			[]string{"“When did it reach you?” is no date with a time", "write it as 2026-03-01T16:00", `value="monday"`, "kept words"},
		},
		"received long ago": {
			"/desk/record",
			url.Values{"received_at": {"1999-01-01T00:00"}, "channel": {"phone"}, "description": {"kept words"}},
			[]string{"“When did it reach you?” lies more than 5 years back", "record today", `value="1999-01-01T00:00"`},
		},
		"received before all time": {
			"/desk/record",
			url.Values{"received_at": {"1066-10-14T09:00"}, "channel": {"phone"}, "description": {"kept words"}},
			[]string{"“When did it reach you?” lies outside the years 1970 to 2100", `value="1066-10-14T09:00"`},
		},
		"a token for ever": {
			"/desk/me/tokens",
			url.Values{"name": {"kept name"}, "days": {"99999"}, "scopes": {"all"}, "machine": {"yes"}},
			[]string{"Valid for is no number of days from 1 to 365", "choose one of those offered", `value="kept name"`, `name="machine" value="yes" checked`},
		},
		"a remedy on no day": {
			"/desk/cases/" + id + "/advisory",
			url.Values{"title": {"kept title"}, "lang": {"en"}, "flaw.0.key": {""}, "flaw.0.remedy.0.kind": {"vendor_fix"}, "flaw.0.remedy.0.text": {"kept words"}, "flaw.0.remedy.0.date": {"3026-13-01"}},
			[]string{"is no date", "write it as 2026-03-01", `value="3026-13-01"`, "kept title"},
		},
	} {
		page := b.Post(c.path, c.form).Check(h, http.StatusUnprocessableEntity)
		whole(t, name, page)
		for _, want := range c.want {
			if !strings.Contains(page.Text(), want) && !strings.Contains(page.Body, want) {
				t.Errorf("%s does not say %q: %s", name, want, page.Text())
			}
		}
	}
}
