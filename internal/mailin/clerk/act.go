package clerk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/mailin/clerk/sorting"
)

// act does what the table says. Each step may be done again: what is done in a case
// is done once by the mail's name, and the mail leaves the inbox last.
func (s *sheet) act(ctx context.Context, v sorting.Verdict, f *sorting.Facts) error {
	switch v.Do {
	case sorting.Probe:
		route, sent, _ := s.probe()
		at := s.it.Received
		if at.Before(sent) {
			at = sent // mailboxes keep whole seconds
		}
		s.Box.NoteDoor(inbox.Note{Door: route, At: at, Probe: max(at.Sub(sent), 1)})
		return s.file(ctx)
	case sorting.Bounced:
		err := s.Desk.As(cvd.System).Bounced(ctx, s.place.Case, s.place.Effect, s.read.Message.Delivery.Status)
		if err != nil {
			return err
		}
		return s.shelve(ctx, inbox.Aside, v.Reason) // kept, for whoever wants to read why
	case sorting.Aside:
		return s.shelve(ctx, inbox.Aside, v.Reason)
	case sorting.Spam:
		return s.shelve(ctx, inbox.Spam, v.Reason)
	case sorting.Report:
		return s.report(ctx)
	case sorting.Words:
		return s.words(ctx, f)
	case sorting.Hold:
		return s.hold(ctx, v.Reason)
	}
	return s.shelve(ctx, inbox.Unsorted, v.Reason)
}

// report opens a case.
func (s *sheet) report(ctx context.Context) error {
	s.fetch(ctx)
	m := mailroom.Mail(s.it, &s.read, s.proof)
	m.Unanswered = sorting.Unanswered(s.asker())
	_, err := s.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Report:  mailroom.Report(s.read.Message, s.it.Program, s.read.Key, s.wordless()),
		Channel: "mail", Received: s.it.Received, Mail: m, Once: mailroom.Key(s.it),
	})
	if err != nil {
		return err
	}
	return s.file(ctx)
}

// asker is whoever would get the automatic answer.
func (s *sheet) asker() sorting.Asker {
	m, e := s.read.Message, s.it.Envelope
	own := slices.Concat(e.To, m.Delivered)
	named := slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a mail.Address) bool {
		return (s.Ours != nil && s.Ours(a.Email)) || slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, a.Email) })
	})
	failed := s.proof.DMARC == "fail" || (s.proof.DMARC != "pass" && s.proof.SPF == "fail")
	return sorting.Asker{
		Suppress: m.Auto == mail.AutoSuppress, Named: named, Aligned: s.proof.Aligned, Failed: failed,
		Other: e.From != "" && !strings.EqualFold(e.From, mailroom.Author(m)),
	}
}

// fetch asks for the key of a reporter who sent none. Without one they are written to
// as anybody is.
func (s *sheet) fetch(ctx context.Context) {
	if s.Fetch == nil || s.read.Key != "" || s.place.Key != "" {
		return
	}
	key, err := s.Fetch(ctx, mailroom.Author(s.read.Message))
	if err != nil {
		return
	}
	if armored, err := key.Armor(); err == nil {
		s.read.Key, s.read.How = string(armored), mailroom.ByDirectory
	}
}

// words says in a case what the mail says, as whoever it is from.
func (s *sheet) words(ctx context.Context, f *sorting.Facts) error {
	_, err := s.Desk.As(s.place.Actor()).Once(mailroom.Key(s.it)).Do(ctx, s.place.Case, cvd.VerbMessage, cvd.Input{
		Text: mailroom.Words(s.read.Message, s.wordless()), Mail: mailroom.Mail(s.it, &s.read, s.proof),
	})
	if err != nil {
		return err
	}
	return errors.Join(s.learn(ctx, s.place.Case, f), s.file(ctx))
}

// hold keeps the mail at its case until a member has looked at it.
func (s *sheet) hold(ctx context.Context, why string) error {
	m := mailroom.Mail(s.it, &s.read, s.proof)
	m.Held = why
	text := ""
	if s.read.Says() {
		text = mailroom.Words(s.read.Message, s.wordless())
	}
	_, err := s.Desk.As(cvd.System).Once(mailroom.Key(s.it)).Do(ctx, s.place.Case, cvd.VerbHoldMail, cvd.Input{Text: text, Mail: m})
	if err != nil {
		return err
	}
	return s.file(ctx)
}

// learn takes over the key that a participant's own mail brings. Whether it is the
// first one or another than before, the case knows.
func (s *sheet) learn(ctx context.Context, id cvd.CaseID, f *sorting.Facts) error {
	if s.read.Key == "" || s.read.Lock != mailroom.Unlocked || (!f.Signed && (!f.Known || !f.Aligned)) {
		return nil
	}
	return s.Desk.As(cvd.System).Learn(ctx, id, s.read.Key, s.read.How)
}

// file takes the mail out of the inbox: its words stand in a case.
func (s *sheet) file(ctx context.Context) error {
	return s.Box.Move(ctx, s.it.ID, inbox.Filing{State: inbox.Filed})
}

func (s *sheet) shelve(ctx context.Context, shelf inbox.State, reason string) error {
	m := cmp.Or(s.read.Message, s.read.Glimpse)
	return s.Box.Move(ctx, s.it.ID, inbox.Filing{
		State: shelf, Reason: reason, Case: s.place.Case, From: mailroom.Sender(m), Subject: mailroom.Subject(m),
	})
}

func (s *sheet) wordless() string { return s.Words.In("en").Say("desk.mail.wordless") }
