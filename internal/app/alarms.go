package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/app/clerks"
	"fairlead/internal/app/mailbox"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// keyAlarm is how long ahead the end of the signing key is an alarm.
const keyAlarm = 60 * 24 * time.Hour

// stuckAfter is how long a due notice may wait before the outbox counts as
// stuck.
const stuckAfter = 10 * time.Minute

// alarms is every failure that the team must see: the desk counts them on each page, and says
// them where it begins and where they belong (invariant 8).
func (h *House) alarms(r *http.Request, v *words.Voice) []web.Notice {
	var out []web.Notice
	add := func(kind, id, href string, pairs ...any) {
		out = append(out, web.Notice{Kind: kind, Title: v.Say("alarm."+id, pairs...), Href: href, Label: v.Say("alarm.open")})
	}
	if s, err := h.Outbox.Status(r.Context()); err != nil {
		add("alarm", "outbox-unknown", "/desk/outbox")
	} else {
		if s.Dead > 0 {
			add("alarm", "outbox-dead", "/desk/outbox", "count", s.Dead)
		}
		if s.Waiting > stuckAfter {
			add("alarm", "outbox-stuck", "/desk/outbox")
		}
	}
	h.elsewhere(add, v)
	if unsorted, dead, err := h.Clerks.Alarms(r.Context()); err != nil {
		add("alarm", "mail-unknown", "/desk/mail")
	} else {
		if unsorted > 0 {
			add("alarm", "mail-unsorted", "/desk/mail", "count", unsorted)
		}
		for _, id := range []string{clerks.ChannelDead, clerks.LettersDead} {
			if names := dead[id]; len(names) > 0 {
				add("alarm", id, "/desk/channels", "count", len(names), "names", strings.Join(names, ", "))
			}
		}
	}
	if s := h.cert.State(); s.Alarm(h.Options.Clock.Now()) != "" {
		add("alarm", s.Alarm(h.Options.Clock.Now()), "", "why", s.Trouble, "when", v.Day(s.Ends, time.UTC))
	}
	if why := h.stuck.Load(); why != nil {
		add("alarm", "clock-stuck", "/desk/", "why", *why)
	}
	if rev, ok := h.Book.Review(); ok && rev.Overdue {
		add("alarm", "review-overdue", "/desk/policy", "date", v.Day(rev.Due, h.Book.Current().Calendar.Zone()))
	} else if ok && rev.Warning {
		add("warn", "review-soon", "/desk/policy", "date", v.Day(rev.Due, h.Book.Current().Calendar.Zone()))
	}
	if n := len(h.Book.Versions().Waiting()); n > 0 {
		add("warn", "policy-waiting", "/desk/policy", "count", n)
	}
	if id := h.Unsigned(); id != "" {
		add("alarm", id, "/desk/policy")
	} else if at, ok := h.KeyExpiry(); ok && at.Sub(h.Options.Clock.Now()) < keyAlarm {
		add("alarm", "key-expiry", "/desk/policy", "date", v.Day(at, time.UTC))
	}
	if !h.signing.Reads(r.Context()) {
		add("alarm", "key-sign-only", "/desk/policy")
	}
	if have, want, err := h.strength(r.Context()); err == nil && have < want {
		add("alarm", "team-small", "/desk/team", "have", fmt.Sprint(have), "want", fmt.Sprint(want))
	}
	return out
}

// elsewhere tells of a disk or a budget without room, and of servers of others that do
// not answer.
func (h *House) elsewhere(add func(kind, id, href string, pairs ...any), v *words.Voice) {
	if h.full() {
		add("alarm", "disk-full", "")
	}
	if until, full := h.uploads.Full(); full {
		add("alarm", "uploads-spent", "", "when", v.Instant(until, time.UTC))
	}
	if until, full := h.texts.Full(); full {
		add("alarm", "words-spent", "", "when", v.Instant(until, time.UTC))
	}
	for _, p := range h.pollers {
		if p.Failures() >= mailbox.Alarm {
			add("alarm", "imap-failing", "/desk/channels", "name", p.Door(), "count", p.Failures())
		}
	}
	for _, p := range h.Ways.List() {
		if p.Failing {
			add("alarm", "provider-failing", "/desk/me/providers", "name", p.Name)
		}
	}
}

// strength counts the members who work cases, and how many the policy asks for.
func (h *House) strength(ctx context.Context) (have, want int, err error) {
	cur := h.Book.Current()
	if cur == nil {
		return 0, 0, nil
	}
	team, err := h.Auth.Team(ctx)
	for _, m := range team {
		if m.Active && !m.Away && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			have++
		}
	}
	return have, cur.Policy.Team.Minimum, err
}
