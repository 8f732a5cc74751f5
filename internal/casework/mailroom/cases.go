package mailroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	"fairlead/internal/may"
)

// Open opens a case from a mail, as a report by its sender, received when the mail
// came. program may be empty: then the address tells that it was sent to.
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
		Report: Report(read.Message, cmp.Or(program, it.Program), read.Key, r.wordless()), Channel: "mail", Received: it.Received,
		Mail: Mail(it, read, r.proof(ctx, it, read)), Once: Key(it),
	})
	if err != nil {
		return casework.Accepted{}, err
	}
	return made, r.Box.Move(ctx, id, inbox.Filing{State: inbox.Filed})
}

// whole is a mail of a shelf that could be read whole.
func (r *Room) whole(ctx context.Context, by cvd.Actor, id string) (*inbox.Item, *Read, error) {
	it, err := r.item(ctx, by, may.Change, id)
	if err != nil {
		return nil, nil, err
	}
	read, err := r.Reader.Open(ctx, r.Reader.Parse(it.Raw, it.Envelope), "", r.Now())
	if err != nil {
		return nil, nil, err
	}
	if !read.Says() {
		return nil, nil, fmt.Errorf("%w: the mail cannot be read; ask its sender for it again", cvd.ErrNotReady)
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
	held, err := r.Desk.As(cvd.System).Do(ctx, target, cvd.VerbHoldMail, cvd.Input{Text: Words(read.Message, r.wordless()), Mail: m})
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
