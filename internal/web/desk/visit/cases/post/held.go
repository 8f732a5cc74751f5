package post

import (
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// standing says of a mail that waits or waited whether its sender's address is the
// reporter's, which weighs more than what their domain says. It is empty where nothing
// is doubted, or where the reader may not know the reporter's address.
func standing(l *visit.Lens, c *cvd.Case, m *cvd.Mail) web.Badge {
	if m.Held == "" {
		return web.Badge{}
	}
	known, same := false, false
	if p := c.Participant(cvd.Reporter); p != nil && p.Contact != nil {
		known, same = true, p.Contact.Email != "" && strings.EqualFold(p.Contact.Email, m.From)
	}
	switch {
	case same && m.Proof.Aligned && m.Held != "loose":
		return web.Badge{}
	case same, !known && slices.Contains([]string{"unaligned", "unasked", "loose"}, m.Held):
		return web.Badge{Kind: "warn", Text: l.Say("desk.post.standing.unproven")}
	case known, m.Held == "another-address":
		return web.Badge{Kind: "alarm", Text: l.Say("desk.post.standing.other")}
	}
	return web.Badge{}
}

// About is the mail that a verb settles, so that nobody decides beside other words; nil
// for verbs that settle none.
func About(l *visit.Lens, f *casework.File, verb cvd.Verb, seq int64) *Held {
	if verb != cvd.VerbAdmit && verb != cvd.VerbDismiss {
		return nil
	}
	for i := range f.Events {
		if ev := &f.Events[i]; ev.Seq == seq && ev.Type == cvd.EventMailHeld && ev.Body != nil {
			return &Held{Seq: seq, Text: ev.Body.Text, Origin: OriginOf(l, f, ev)}
		}
	}
	return nil
}

// Became says what became of a held mail, and by whom; empty while it waits.
func Became(l *visit.Lens, f *casework.File, ev *cvd.Event) string {
	if ev.Type != cvd.EventMailHeld || slices.Contains(f.Case.HeldMail, ev.Seq) {
		return ""
	}
	for i := range f.Events {
		by := &f.Events[i]
		switch {
		case by.Mail == ev.Seq && by.Type == cvd.EventMailAdmitted:
			return l.Say("desk.post.became.admitted", "who", l.Who(by.Actor))
		case by.Mail == ev.Seq && by.Type == cvd.EventMailDismissed:
			return l.Say("desk.post.became.dismissed", "who", l.Who(by.Actor))
		case by.Redacts == ev.Seq:
			return l.Say("desk.post.became.redacted", "who", l.Who(by.Actor))
		}
	}
	return ""
}
