package trail

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/rulebook"
)

// kindPolicy begins the kinds of entries that say what was done to the policy. They are
// the policy's own history, kept for ever, and stand among the others by their instant.
const kindPolicy = "policy."

// actPlace is where a page of both ends: which acts were shown, and where the rest of the
// trail goes on; ended is a trail without a rest.
type actPlace struct {
	below int64 // acts from this number on were shown; 0: none was
	trail string
	ended bool
}

const trailEnded = "-"

func (p actPlace) String() string {
	if p.ended {
		p.trail = trailEnded
	}
	return strconv.FormatInt(p.below, 10) + "!" + p.trail
}

func readActPlace(s string) (actPlace, error) {
	if s == "" {
		return actPlace{}, nil
	}
	number, trail, ok := strings.Cut(s, "!")
	below, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || below < 0 {
		return actPlace{}, cvd.ErrUnreadable
	}
	if trail == trailEnded {
		return actPlace{below: below, ended: true}, nil
	}
	return actPlace{below: below, trail: trail}, nil
}

// trail reads one page of the sign-ins and changes, with what was done to the policy
// meanwhile.
func (d *desk) trail(r *http.Request, v lens, s *sift, after string) (rows []auditRow, next string, err error) {
	at, err := readActPlace(after)
	if err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(s.kind, kindPolicy) {
		at.ended = true
	}
	var all []auth.AuditEntry
	if !at.ended {
		all, at.trail, err = d.Site.Auth.Trail(r.Context(), v.Actor, auth.Sought{
			Person: s.person, Act: auth.Act(s.kind), From: s.since, To: s.before, After: at.trail,
		}, listed)
		if err != nil {
			return nil, "", err
		}
		at.ended = at.trail == ""
	}
	for i := range all {
		rows = append(rows, v.auditRow(&all[i]))
	}
	acts := s.acts(d.Site.Book.Versions().Acts, at.below)
	for len(acts) > 0 && len(rows) < len(all)+listed {
		act := &acts[0]
		if !at.ended && act.At.Before(all[len(all)-1].At) {
			break
		}
		rows, at.below, acts = append(rows, v.actRow(act)), act.Seq, acts[1:]
	}
	slices.SortStableFunc(rows, func(a, b auditRow) int { return b.At.Compare(a.At) })
	if !at.ended || len(acts) > 0 {
		next = at.String()
	}
	return rows, next, nil
}

// acts are those of the policy that are sought, the latest first.
func (s *sift) acts(all []rulebook.Act, below int64) (out []rulebook.Act) {
	for _, act := range slices.Backward(all) {
		_, id, _ := strings.Cut(act.Actor, "/")
		if (below == 0 || act.Seq < below) && (s.kind == "" || s.kind == kindPolicy+act.Type) &&
			(s.person == "" || s.person == id || s.person == act.Actor) &&
			(s.since.IsZero() || !act.At.Before(s.since)) && (s.before.IsZero() || act.At.Before(s.before)) {
			out = append(out, act)
		}
	}
	return out
}

// actRow is an act as an entry.
func (l lens) actRow(act *rulebook.Act) auditRow {
	number := strconv.Itoa(act.Version)
	row := auditRow{
		AuditEntry: auth.AuditEntry{At: act.At}, Who: l.Who(act.Actor), What: l.Say("desk.audit." + kindPolicy + act.Type),
		Of: l.Say("desk.policy.version", "number", number), Link: "/desk/policy/" + number,
	}
	row.Detail = l.Say("desk.audit.policy.digest", "digest", act.Digest[:min(12, len(act.Digest))])
	if sign := act.Sign; sign != nil {
		if row.What = l.Say("desk.act.unchanged"); sign.Office != "" {
			row.What = l.Say("desk.act."+sign.Act, "office", sign.Office)
		}
		if sign.Note != "" {
			row.Detail += "; " + sign.Note
		}
	}
	return row
}
