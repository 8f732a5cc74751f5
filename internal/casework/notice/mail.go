package notice

import (
	"context"
	"slices"
	"strings"

	"fairlead/internal/casework/claim"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/reply"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/words"
)

// Why a letter carries nothing of what was said.
const (
	BareEmbargo = "embargo" // an embargo binds the case, and the letter is not encrypted
	BarePrivacy = "privacy" // personal data was seen, and the letter is not encrypted
	BareWeb     = "web"     // they read answers in the thread
	BareNoKey   = "no-key"  // they wrote encrypted, and no key of theirs is known
	BareGone    = "gone"    // the words were removed meanwhile
	BareDoubt   = "doubt"   // somebody else may have reported in the name of the address
)

// mostBefore bounds how many earlier messages of a thread are named beside its first.
const mostBefore = 20

// mail gathers what a letter to the reporter about an event may carry.
func (b Book) mail(ctx context.Context, n *Notice, l *spine.Loaded, contact *cvd.Contact, v *rulebook.Version) error {
	e := n.Effect
	m := &Mail{
		Ref: post.Ref(b.Vault, e.Case, e.Seq), ReplyTag: post.ReplyTag(b.Vault, e.Case, cvd.Reporter),
		BounceTag: post.BounceTag(b.Vault, e.Case, e.Seq), Key: contact.PGPKey,
	}
	n.Mail = m
	if l.Key == nil {
		m.Bare = BareGone
		return nil
	}
	evs, err := b.History(ctx, l)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(evs, func(ev cvd.Event) bool { return ev.Seq == e.Seq })
	if i < 0 {
		m.Bare = BareGone
		return nil
	}
	byMail, sealed := habits(evs[:i+1])
	wanted := contact.ReplyBy == cvd.ReplyByMail || (contact.ReplyBy == "" && byMail)
	m.Sealed = sealed || (wanted && m.Key != "")
	if m.Key == "" {
		m.Unfit = unfit(evs[:i+1])
	}
	m.References = b.thread(evs[:i])
	if b := evs[i].Body; b != nil && b.Mail != nil && b.Mail.MessageID != "" { // what the letter answers
		m.References = append(m.References, b.Mail.MessageID)
	}
	if b := evs[i].Body; e.Template == string(cvd.EventReceived) && b != nil && b.Mail != nil {
		n.Unanswered = b.Mail.Unanswered
	}
	switch m.Bare = BareOf(l.State, m.Sealed, m.Key != "", wanted); {
	case m.Bare != "":
	case doubtful(evs[:i+1]) && !m.Sealed:
		m.Bare = BareDoubt
	case evs[i].Body == nil:
		m.Bare = BareGone
	default:
		m.Text, m.Subject, m.Event = said(&evs[i]), subject(evs), headed(&evs[i])
	}
	if e.Template == string(cvd.EventReceived) && evs[i].Body != nil && evs[i].Body.Mail != nil {
		m.Promises = reply.Promises(l.State)
		if m.Missing, err = missing(evs[i].Body.Report, contact, v); err != nil {
			return err
		}
	}
	if m.Bare == BareNoKey {
		return nil // a code in the clear would open what they encrypted
	}
	return b.claim(ctx, n)
}

// doubtful tells whether the report may have been sent in somebody else's name, and
// no mail since was vouched for by the domain of its sender.
func doubtful(evs []cvd.Event) bool {
	out := false
	for _, ev := range evs {
		if ev.Body == nil || ev.Body.Mail == nil {
			continue
		}
		if out = out || ev.Body.Mail.Unanswered == "doubtful"; out && ev.Body.Mail.Proof.Aligned && ev.Actor == string(cvd.ActorReporter) {
			out = false
		}
	}
	return out
}

// habits tells whether the reporter last wrote by mail, and whether any mail of theirs
// was encrypted: then no answer may quote it in the clear.
func habits(evs []cvd.Event) (byMail, sealed bool) {
	for _, ev := range evs {
		if ev.Body == nil {
			continue
		}
		m := ev.Body.Mail
		sealed = sealed || (m != nil && m.Encrypted)
		switch {
		case ev.Type == cvd.EventMailHeld || ev.Body.With > 0:
		case ev.Type == cvd.EventReceived || ev.Actor == string(cvd.ActorReporter) || ev.Type == cvd.EventMailAdmitted:
			byMail = m != nil
		}
	}
	return byMail, sealed
}

// unfit is what is wrong with the key that came last with a mail of the participant's
// own.
func unfit(evs []cvd.Event) string {
	for _, ev := range slices.Backward(evs) {
		if ev.Type != cvd.EventMailHeld && ev.Body != nil && ev.Body.With == 0 && ev.Body.Mail != nil && ev.Body.Mail.Unfit != "" {
			return ev.Body.Mail.Unfit
		}
	}
	return ""
}

// BareOf says why a letter carries nothing of what was said; empty where it may.
// sealed is that it goes out encrypted or not at all, key that there is a key, wanted
// that they read answers by mail.
func BareOf(c *cvd.Case, sealed, key, wanted bool) string {
	switch {
	case sealed && !key:
		return BareNoKey
	case sealed:
		return ""
	case c.Embargoed():
		return BareEmbargo
	case c.Flags.Privacy:
		return BarePrivacy
	case !wanted:
		return BareWeb
	}
	return ""
}

// said is what the event says to the reporter in words; nothing where they are theirs.
func said(ev *cvd.Event) string {
	switch ev.Type {
	case cvd.EventReceived, cvd.EventMailAdmitted, cvd.EventProvided:
		return ""
	}
	var parts []string
	if ev.Body.Text != "" {
		parts = append(parts, ev.Body.Text)
	}
	if len(ev.Body.Missing) > 0 {
		parts = append(parts, "- "+strings.Join(ev.Body.Missing, "\n- "))
	}
	if ev.Body.Reason != "" && ev.Tell == cvd.TellReporter {
		parts = append(parts, ev.Body.Reason)
	}
	return strings.Join(parts, "\n\n")
}

// headed is what the heading of the event may name, and no more of it: no note of the
// team's, and nothing of the report.
func headed(ev *cvd.Event) *cvd.Event {
	if ev.Type == cvd.EventReceived || ev.Type == cvd.EventProvided {
		return nil
	}
	b := ev.Body
	out := &cvd.Event{Head: ev.Head, Body: &cvd.Body{
		Clock: b.Clock, Until: b.Until, To: b.To, Outcome: b.Outcome, CVE: b.CVE, Score: b.Score,
	}}
	if b.File != nil {
		out.Body.File = &cvd.Attachment{Name: b.File.Name}
	}
	return out
}

// thread names the messages before, oldest first: theirs, and ours without a host.
func (b Book) thread(evs []cvd.Event) []string {
	var out []string
	for _, ev := range evs {
		switch {
		case ev.Type == cvd.EventMailHeld || (ev.Body != nil && ev.Body.With > 0):
		case ev.Type == cvd.EventImported && ev.Tell != cvd.TellReporter: // the team's own, in an old mailbox
		case ev.Body != nil && ev.Body.Mail != nil && ev.Body.Mail.MessageID != "":
			out = append(out, ev.Body.Mail.MessageID)
		}
		if ev.Tell == cvd.TellReporter && ev.Actor != string(cvd.ActorReporter) && ev.Type != cvd.EventImported && (ev.Body == nil || ev.Body.With == 0) {
			out = append(out, post.Ref(b.Vault, ev.Case, ev.Seq))
		}
	}
	if over := len(out) - mostBefore - 1; over > 0 {
		out = append(out[:1:1], out[1+over:]...)
	}
	return out
}

// subject is the one of the participant's own first mail.
func subject(evs []cvd.Event) string {
	for _, ev := range evs {
		if ev.Type != cvd.EventMailHeld && ev.Body != nil && ev.Body.Mail != nil {
			if ev.Body.Mail.Encrypted {
				return "" // it may be somebody else's, sent again
			}
			return ev.Body.Mail.Subject
		}
	}
	return ""
}

// missing is what the policy asks for and the report does not hold, in the language
// of the letter.
func missing(r *cvd.Report, contact *cvd.Contact, v *rulebook.Version) ([]string, error) {
	if r == nil {
		return nil, nil
	}
	book, err := words.Load()
	if err != nil {
		return nil, err
	}
	said := v.Policy.In(book.In(languages(contact.Language, v.Policy)...))
	whole := *r
	whole.Reporter = contact
	var out []string
	for _, f := range intake.Missing(&whole, v.Policy.Information) {
		out = append(out, f.Field)
	}
	return append(out, intake.Lacking(&whole, said.Evidence)...), nil
}

// claim names the code that opens the thread, as long as it works.
func (b Book) claim(ctx context.Context, n *Notice) error {
	return b.Store.View(ctx, func(tx store.Tx) error {
		ends, err := claim.Live(tx, b.Vault, n.Effect.Case, n.Effect.Seq, b.Now())
		if !ends.IsZero() {
			n.Mail.Claim, n.Mail.ClaimEnds = claim.Code(b.Vault, n.Effect.Case, n.Effect.Seq), ends
		}
		return err
	})
}
