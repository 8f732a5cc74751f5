package notify

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// reporterKinds says which events have a notice of their own for reporters. All
// others share one, so that nobody on the way reads from it what was decided.
var reporterKinds = map[string]string{
	string(cvd.EventReceived): "received",
	string(cvd.EventSlipped):  "late",
	string(cvd.EventHeld):     "late",
	string(cvd.EventReissued): "receipt",
}

// teamKinds says the same for the team. What tells of the matter itself, such
// as personal data that was seen, is only "news".
var teamKinds = map[string]string{
	string(cvd.EventReceived):  "new",
	string(cvd.EventProvided):  "wrote",
	string(cvd.EventMessage):   "wrote",
	string(cvd.EventAttached):  "wrote",
	string(cvd.EventWithdrawn): "wrote",
	string(cvd.EventAppealed):  "wrote",
	string(cvd.EventContact):   "wrote",
	string(cvd.EventChecked):   "wrote",
	string(cvd.EventHeld):      "held",
	string(cvd.EventWarned):    "soon",
	string(cvd.EventSlipped):   "late",
	string(cvd.EventBreached):  "broken",
	string(cvd.EventEscalated): "escalated",
	string(cvd.EventProceeded): "silent",
	string(cvd.EventRetires):   "erasure",
	string(cvd.EventRuled):     "ruling",
	string(cvd.EventEmergency): "emergency",
	// The team hears of a rating only if it opened the emergency lane.
	string(cvd.EventRated):   "emergency",
	string(cvd.EventInvited): "named",
	"review-warned":          "review.soon",
	"review-overdue":         "review.overdue",
	"openpgp-60":             "openpgp.60",
	"openpgp-30":             "openpgp.30",
	"openpgp-7":              "openpgp.7",
	"openpgp-ended":          "openpgp.ended",
	"openpgp-renewed":        "openpgp.renewed",
}

func kind(of map[string]string, template string) string {
	if k, ok := of[template]; ok {
		return k
	}
	return "news"
}

// letter is what a mail says.
type letter struct {
	subject string
	text    string // lines ended by LF
}

func write(v *words.Voice, n *casework.Notice, base string, now time.Time) letter {
	if n.ToReporter {
		return toReporter(v, n, base, now)
	}
	if n.ToParty {
		return toParty(v, n, base, now)
	}
	return toTeam(v, n, base, now)
}

func toReporter(v *words.Voice, n *casework.Notice, base string, now time.Time) letter {
	id := "notice.reporter." + kind(reporterKinds, n.Effect.Template)
	next := v.Say("notice.reporter.next.none")
	// A mail that was held up names no date that has passed meanwhile.
	if n.Next != nil && !n.Closed && n.Next.Due.After(now) {
		say := "notice.reporter.next"
		if n.Next.Target {
			say += ".target"
		}
		next = v.Say(say, "what", date(v, "notice.date.", n.Next.Kind), "when", v.Instant(n.Next.Due, zone(n)))
	}
	entry := "notice.reporter.entry"
	if v.Has(id + ".entry") {
		entry = id + ".entry"
	}
	return letter{
		subject: v.Say("notice.subject", "case", string(n.Effect.Case), "what", v.Say(id+".subject")),
		text: page(
			wrap(v.Say(id+".lead")),
			v.Say("notice.reporter.reference", "case", string(n.Effect.Case))+"\n"+
				v.Say("notice.reporter.open")+"\n"+base+"/thread",
			wrap(next),
			wrap(v.Say(entry)),
			sign(v, n),
		),
	}
}

func toTeam(v *words.Voice, n *casework.Notice, base string, now time.Time) letter {
	what := kind(teamKinds, n.Effect.Template)
	if what == "soon" && !n.Due.IsZero() && !n.Due.After(now) {
		what = "passed" // held up, or an aim that was not looked at in time
	}
	id := "notice.team." + what
	if n.Place.Together > 1 {
		return toTeamOfMany(v, n, base)
	}
	subject, where := v.Say(id+".subject"), base+"/desk/policy"
	parts := []string{wrap(v.Say(id + ".lead"))}
	if n.Effect.Case != "" {
		subject = v.Say("notice.subject", "case", string(n.Effect.Case), "what", subject)
		where = v.Say("notice.team.case", "case", string(n.Effect.Case)) + "\n" +
			v.Say("notice.team.open") + "\n" + base + "/desk/cases/" + string(n.Effect.Case)
	} else {
		where = v.Say("notice.team.open") + "\n" + where
	}
	parts = append(parts, where)
	var dates []string
	say := func(id string, k cvd.ClockKind, at time.Time) {
		dates = append(dates, wrap(v.Say(id, "what", date(v, "notice.team.date.", k), "when", v.Instant(at, zone(n)))))
	}
	if !n.Due.IsZero() {
		say("notice.team.due", n.Clock, n.Due)
	}
	if n.Next != nil && !n.Closed && (n.Next.Kind != n.Clock || !n.Next.Due.Equal(n.Due)) {
		say("notice.team.next", n.Next.Kind, n.Next.Due)
	}
	if len(dates) > 0 {
		parts = append(parts, strings.Join(dates, "\n"))
	}
	last := why(v, n)
	if n.Effect.Case != "" {
		last += " " + v.Say("notice.team.bare")
	}
	return letter{subject, page(append(parts, wrap(last), sign(v, n))...)}
}

// toTeamOfMany tells of several new reports at once.
func toTeamOfMany(v *words.Voice, n *casework.Notice, base string) letter {
	count := n.Place.Together
	return letter{v.Say("notice.team.many.subject", "count", count), page(
		wrap(v.Say("notice.team.many.lead", "count", count)),
		v.Say("notice.team.open")+"\n"+base+"/desk/",
		wrap(v.Say("notice.team.many.why")+" "+why(v, n)),
		sign(v, n),
	)}
}

// date says what falls due. Kinds that would tell how far a case is have no
// words of their own here.
func date(v *words.Voice, prefix string, k cvd.ClockKind) string {
	if v.Has(prefix + string(k)) {
		return v.Say(prefix + string(k))
	}
	return v.Say(prefix + "other")
}

func why(v *words.Voice, n *casework.Notice) string {
	to, _, _ := strings.Cut(n.Effect.To, "/")
	if id := "notice.why." + to; v.Has(id) {
		return v.Say(id)
	}
	return v.Say("notice.why.member")
}

func sign(v *words.Voice, n *casework.Notice) string {
	return "-- \n" + v.Say("notice.sign", "organisation", line(n.Organisation)) + "\n" + v.Say("notice.automatic")
}

func zone(n *casework.Notice) *time.Location {
	if n.Zone == nil {
		return time.UTC
	}
	return n.Zone
}

func page(parts ...string) string { return strings.Join(parts, "\n\n") + "\n" }

// line makes one line of a text that may hold anything.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

// width is where lines end (RFC 5322 section 2.1.1 wants 78 at most).
const width = 76

// wrap breaks a paragraph into lines.
func wrap(s string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
