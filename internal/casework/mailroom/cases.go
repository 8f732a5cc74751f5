package mailroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	"fairlead/internal/intake/mail"
	"fairlead/internal/may"
)

// Open opens a case from a mail, as a report by its sender, received when the mail
// came. program may be empty: then the address tells that it was sent to. One that
// cannot be decrypted opens a case too: a line says why, in place of its words.
func (r *Room) Open(ctx context.Context, by cvd.Actor, id, program string, wrong ...cvd.Fault) (casework.Accepted, error) {
	if err := enter(by, may.Change); err != nil {
		return casework.Accepted{}, err
	}
	faults := cvd.Faults(wrong)
	if cur := r.Book.Current(); program != "" && cur != nil {
		if _, ok := cur.Policy.Program(program); !ok {
			faults = intake.Join(faults, cvd.Faults{{Field: "program", Problem: "no such program", Remedy: "leave it out, or choose one that the policy names"}})
		}
	}
	if err := faults.Err(); err != nil {
		return casework.Accepted{}, err
	}
	it, read, err := r.whole(ctx, by, id)
	if err != nil {
		return casework.Accepted{}, err
	}
	made, err := r.Desk.As(by).Receive(ctx, casework.Submission{
		Report: Report(r.legible(read), cmp.Or(program, it.Program), r.key(ctx, read), r.wordless()), Channel: "mail", Received: it.Received,
		Mail: Mail(it, read, r.proof(ctx, it, read)), Once: Key(it),
	})
	if err != nil {
		return casework.Accepted{}, err
	}
	return made, r.Box.Move(ctx, id, inbox.Filing{State: inbox.Filed})
}

// legible is the message with a line before its words where it stays encrypted: that
// it could not be read, and why.
func (r *Room) legible(read *Read) *mail.Message {
	if read.Lock == Unlocked {
		return read.Message
	}
	m := *read.Message
	m.Text = strings.TrimSpace(r.Words.In("en").Say("mail.unread."+string(read.Lock)) + "\n\n" + m.Text)
	return &m
}

// key is the sender's own: without one, whoever wrote encrypted cannot be answered.
func (r *Room) key(ctx context.Context, read *Read) string {
	if read.Key != "" || r.Fetch == nil {
		return read.Key
	}
	key, err := r.Fetch(ctx, Author(read.Message))
	if err != nil {
		return ""
	}
	armored, err := key.Armor()
	if err != nil {
		return ""
	}
	return string(armored)
}

// whole is a mail of a shelf of which there is anything to read, if only who wrote it.
func (r *Room) whole(ctx context.Context, by cvd.Actor, id string) (*inbox.Item, *Read, error) {
	it, err := r.item(ctx, by, may.Change, id)
	if err != nil {
		return nil, nil, err
	}
	read, err := r.Reader.Open(ctx, r.Reader.Parse(it.Raw, it.Envelope), "", r.Now())
	if err != nil {
		return nil, nil, err
	}
	if read.Message == nil {
		return nil, nil, fmt.Errorf("%w: nothing can be made of the mail, not even who sent it; look at it as it came, and record a report by hand or set it aside", cvd.ErrNotReady)
	}
	r.Looks.Note(ctx, by, look(id), "mail", r.Now())
	return it, &read, nil
}

// proof is what is known of the sender's domain now, for the record: a member has
// vouched for the mail already.
func (r *Room) proof(ctx context.Context, it *inbox.Item, read *Read) cvd.Proof {
	if r.Proof == nil {
		return cvd.Proof{}
	}
	return r.Proof(ctx, it.Raw, it.Envelope, Author(read.Message))
}

// Add adds a mail to a case, as the words of its reporter and on the member's word.
func (r *Room) Add(ctx context.Context, by cvd.Actor, id, to string, wrong ...cvd.Fault) (cvd.CaseID, error) {
	if err := enter(by, may.Change); err != nil {
		return "", err
	}
	faults := cvd.Faults(wrong)
	target, err := cvd.ParseCaseID(to)
	if err != nil {
		faults = intake.Join(faults, cvd.Faults{{Field: "case", Problem: "is no case id", Remedy: "write it as the case shows it, such as FL-2026-7KQ4MXZ"}})
	}
	if err := faults.Err(); err != nil {
		return "", err
	}
	if may.Of(by, cvd.VerbAdmit) != may.All {
		return "", fmt.Errorf("%w: only a person may say whose words a mail holds", cvd.ErrNotReady)
	}
	it, read, err := r.whole(ctx, by, id)
	if err != nil {
		return "", err
	}
	m := Mail(it, read, r.proof(ctx, it, read))
	m.Held = it.Reason
	held, err := r.Desk.As(cvd.System).Do(ctx, target, cvd.VerbHoldMail, cvd.Input{Text: Words(r.legible(read), r.wordless()), Mail: m})
	if errors.Is(err, cvd.ErrNotFound) {
		return "", cvd.Faults{{Field: "case", Problem: "there is no such case", Remedy: "look its id up in the queue"}}
	}
	if err != nil {
		return "", err
	}
	// From here on it stands at the case: held, if the rest fails.
	if err := r.Box.Move(ctx, id, inbox.Filing{State: inbox.Filed}); err != nil {
		return "", err
	}
	done, err := r.Desk.As(by).Do(ctx, target, cvd.VerbAdmit, cvd.Input{Seq: held.Events[0].Seq})
	if err == nil && done.Successor != nil {
		target = done.Successor.Case
	}
	return target, err
}
