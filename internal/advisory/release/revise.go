package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// firstRevision is what the history of an advisory says of its first revision.
const firstRevision = "First revision."

// untold stands in a trial for what a correction changes: it is said when that is released.
const untold = "What this revision changes is said at its release."

// closedRevision is what it says of one that only a few could read, once everybody
// may: what such a revision said of itself was for those few.
const closedRevision = "This revision was not public."

// Revise makes of a draft the revision that is published now: with its number, its
// instants and its line of the history. before is the latest revision that is
// published, or nil; why says what this one changes, for all but the first. The
// draft is not changed.
func Revise(draft, before *cvd.Advisory, why string, now time.Time) *cvd.Advisory {
	a := draft.Clone()
	a.Source = nil // else an import could follow what was written here
	now = now.UTC().Truncate(time.Second)
	a.Revision, a.Published, a.Modified, a.Withdrawn, a.Why, a.History = 1, now, now, time.Time{}, "", nil
	if before != nil {
		a.ID, a.Revision, a.Published, a.History = before.ID, before.Revision+1, before.Published, before.Clone().History
		if a.Modified.Before(before.Modified) {
			a.Modified = before.Modified
		}
	} else {
		why = firstRevision
	}
	now = a.Modified
	why, others := Languages(why, a.Texts)
	change := cvd.AdvisoryChange{Revision: a.Revision, At: now, Text: why}
	if a.TLP.Public() {
		now = disclose(a, now)
	} else {
		change.TLP = a.TLP
	}
	a.History = append(a.History, change)
	translateReasons(a, before, why, others)
	Enumerate(a, before)
	for i := range a.Vulnerabilities {
		if v := &a.Vulnerabilities[i]; v.Disclosed.IsZero() && a.TLP.Public() {
			v.Disclosed = now
		}
	}
	return a
}

// disclose takes out of the history what was for a few, and returns when everybody
// could first read the advisory.
func disclose(a *cvd.Advisory, now time.Time) time.Time {
	first := now
	for i := range a.History {
		c := &a.History[i]
		if !c.TLP.Public() {
			c.Text = closedRevision
		} else if c.At.Before(first) {
			first = c.At
		}
	}
	return first
}

// Due is when an advisory goes out that is planned for an instant, or for none: no instant
// is made up for.
func Due(planned, now time.Time) time.Time {
	if planned.After(now) {
		return planned
	}
	return now
}

// Reason is what was said at the last scheduling of what the revision changes.
func Reason(events []cvd.Event) string {
	for _, ev := range slices.Backward(events) {
		if ev.Type == cvd.EventScheduled && ev.Body != nil {
			return ev.Body.Reason
		}
	}
	return ""
}

// Planned is when the advisory of a case would go out, and what the history would say of
// it: as it is scheduled, or now, which nobody has said anything of yet.
func Planned(c *cvd.Case, events []cvd.Event, now time.Time) (at time.Time, why string) {
	if c.Release.At.IsZero() {
		return now, ""
	}
	return Due(c.Release.At, now), Reason(events)
}

// Trial makes what a draft would be published as at that instant, to be judged and
// shown; one without an id yet gets one that nothing has. why may be empty.
func Trial(draft, before *cvd.Advisory, prefix, why string, at time.Time) *cvd.Advisory {
	if why == "" {
		why = untold
	}
	a := Revise(draft, before, why, at)
	if a.ID == "" {
		a.ID = cvd.AdvisoryID(fmt.Sprintf("%s-%d-0000000", prefix, at.Year()))
	}
	return a
}

// Narrowed is the finding on a draft that would take from everybody what they read
// already: its page and its documents would be gone, where a withdrawal leaves both.
func Narrowed(draft, before *cvd.Advisory) advisory.Findings {
	var out advisory.Findings
	if before != nil && before.TLP.Public() && !draft.TLP.Public() {
		out.Err("record-audience", "tlp", "is for a few, while everybody reads what is published: its page and documents would vanish", "keep it public; to take it back, withdraw it, and it stays readable as withdrawn")
	}
	return out
}

// Withdraw makes the revision that takes a published advisory back, with the
// reason. It stays readable.
func Withdraw(before *cvd.Advisory, why string, now time.Time) *cvd.Advisory {
	a := Revise(before, before, why, now)
	a.Withdrawn = a.Modified
	a.Why, _ = Languages(why, a.Texts)
	return a
}

// Languages takes a reason apart that is given in several languages: a line that begins
// with the tag of one into which the record is translated, such as "[de] ", goes on in
// that language. Other brackets are part of the text, and so is all of one that says
// nothing in the record's own.
func Languages(why string, texts map[string]cvd.AdvisoryText) (own string, others map[string]string) {
	others = map[string]string{}
	var lang string
	var mine []string
	for line := range strings.SplitSeq(why, "\n") {
		if tag, rest, ok := strings.Cut(strings.TrimPrefix(line, "["), "] "); ok && strings.HasPrefix(line, "[") {
			for known := range texts {
				if strings.EqualFold(known, tag) {
					lang, line = known, rest
				}
			}
		}
		if lang == "" {
			mine = append(mine, line)
		} else {
			others[lang] = strings.TrimSpace(others[lang] + "\n" + line)
		}
	}
	if own = strings.TrimSpace(strings.Join(mine, "\n")); own == "" {
		return why, nil
	}
	return own, others
}

// translateReasons keeps what the revision before said of earlier reasons in other
// languages, and adds what is said of the new one.
func translateReasons(a, before *cvd.Advisory, why string, others map[string]string) {
	for lang, t := range a.Texts {
		add := func(of, text string) {
			spoken := func(p cvd.TextPart) bool { return p.Of == of }
			stands := slices.ContainsFunc(a.History, func(c cvd.AdvisoryChange) bool { return c.Text == of })
			if text != "" && stands && !slices.ContainsFunc(t.Parts, spoken) {
				t.Parts = append(t.Parts, cvd.TextPart{Of: of, Text: text})
			}
		}
		if before != nil {
			for _, p := range before.Texts[lang].Parts {
				add(p.Of, p.Text)
			}
		}
		add(why, others[lang])
		a.Texts[lang] = t
	}
}
