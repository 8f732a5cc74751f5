// Package archive takes in the threads of an old mailbox as cases: each is marked as
// imported, and what was answered there is not answered again.
//
// It never tells anybody anything, never asks who brings the mailbox, and changes no
// case that came in otherwise.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework/fresh"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/intake/mail"
	"fairlead/internal/policy"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
)

// Letter is one message of a thread, read.
type Letter struct {
	Message *mail.Message
	Raw     []byte
	// At is when it was received, or sent: as its trace says, else its Date.
	At time.Time
}

// Thread is what is to become a case: the messages by their time.
type Thread struct {
	Letters []Letter
	Program string // empty: the first of the policy
	// Ours tells whether an address is the team's.
	Ours func(address string) bool
	// Wordless stands where a message has no text that can be read.
	Wordless string
	Dry      bool // only say what would be done
}

// What became of a thread.
const (
	New   = "new"   // it is a case
	Added = "added" // to the case that it was imported as before
	Known = "known" // all of it stands in a case already
	Left  = "left"  // not taken in; Why says why
)

// Why a thread was left.
const (
	WhyNobody    = "nobody from outside wrote it"
	WhyAutomatic = "no person wrote it: lists, automatic answers, notices of delivery"
	WhyOtherwise = "its case came in otherwise, and is worked as it is"
	WhyErased    = "its case is erased"
	WhyClosed    = "its case is closed"
)

// Result is what became of a thread. It holds no word of it.
type Result struct {
	Done     string     `json:"done"`
	Why      string     `json:"why,omitempty"`
	Case     cvd.CaseID `json:"case,omitempty"`
	Messages int        `json:"messages"` // how many the thread has
	Taken    int        `json:"taken"`    // how many of them were taken in now
	Received time.Time  `json:"received,omitzero"`
	Answered time.Time  `json:"answered,omitzero"` // when the team first did, in the old thread
}

// Digest is that of a message without its header, by which copies of it are known.
func Digest(raw []byte) [32]byte { return post.Digest(raw) }

// Archive is what taking in needs.
type Archive struct {
	Spine *spine.Spine
	Blobs blob.Store
	Rand  io.Reader
	Now   func() time.Time
	// Receipt makes the receipt of a case; nobody is told its code.
	Receipt func(reach []cvd.Reach, at time.Time) (code string, rec store.Record, err error)
}

// Take takes a thread in, all of it or nothing. Done twice it is once: a message is
// known by its Message-ID and body. Only one may run at a time.
func (a *Archive) Take(ctx context.Context, t Thread) (Result, error) {
	out := Result{Messages: len(t.Letters)}
	in, fresh, err := a.known(ctx, t)
	if err != nil {
		return out, err
	}
	if in != "" {
		return a.add(ctx, t, in, fresh, out)
	}
	opening, why := t.opening()
	if why != "" {
		out.Done, out.Why = Left, why
		return out, nil
	}
	return a.open(ctx, t, opening, out)
}

// known finds the case in which a message of the thread stands, and which of its
// messages do not.
func (a *Archive) known(ctx context.Context, t Thread) (in cvd.CaseID, fresh []int, err error) {
	for i, l := range t.Letters {
		p, err := post.Find(ctx, a.Spine.Store, a.Spine.Vault, post.Letter{
			ID: l.Message.ID, Digest: post.Digest(l.Raw), From: from(l.Message),
			Refs: slices.Concat([]string{l.Message.ID}, l.Message.InReplyTo, l.Message.References),
		}, a.Now())
		if err != nil {
			return "", nil, err
		}
		if p.Case != "" && in == "" {
			in = p.Case
		}
		if !p.Seen {
			fresh = append(fresh, i)
		}
	}
	return in, fresh, nil
}

// opening is the message that reports: the first from outside that a person wrote.
func (t *Thread) opening() (at int, why string) {
	why = WhyNobody
	for i, l := range t.Letters {
		switch {
		case from(l.Message) == "" || t.Ours(from(l.Message)):
		case !t.person(l.Message):
			why = WhyAutomatic
		default:
			return i, ""
		}
	}
	return 0, why
}

// person tells whether a person wrote it. Where the team's address is a list, each
// report bears the marks of one.
func (t *Thread) person(m *mail.Message) bool {
	if m.Auto == mail.AutoList {
		return !m.Spam && slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a mail.Address) bool { return t.Ours(a.Email) })
	}
	return m.Auto == "" && !m.Spam
}

func from(m *mail.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return m.From[0].Email
}

// old says who wrote a message, and whether the reporter wrote or got it. What the
// team and others wrote among themselves is no part of the conversation.
func (t *Thread) old(l Letter, reporter string) rule.Old {
	o := rule.Old{Author: cvd.AuthorOther, Text: l.text(t.Wordless)}
	who := from(l.Message)
	switch {
	case reporter != "" && strings.EqualFold(who, reporter):
		o.Author, o.Shown = cvd.AuthorReporter, true
		return o
	case t.Ours(who):
		o.Author = cvd.AuthorTeam
	}
	o.Shown = reporter != "" && slices.ContainsFunc(slices.Concat(l.Message.To, l.Message.Cc), func(a mail.Address) bool { return strings.EqualFold(a.Email, reporter) })
	return o
}

func (l *Letter) text(wordless string) string {
	if strings.TrimSpace(l.Message.Text) == "" {
		return wordless
	}
	return l.Message.Text
}

// mail is how the words came.
func (l *Letter) mail() *cvd.Mail {
	m := &cvd.Mail{
		MessageID: l.Message.ID, From: from(l.Message), Subject: l.Message.Subject, At: l.At.UTC(), Door: "import", Raw: l.Raw,
		Encrypted: l.Message.Closed || slices.Contains([]mail.Cipher{mail.CipherPGP, mail.CipherPGPInline, mail.CipherCMS}, l.Message.Cipher),
	}
	for _, f := range l.Message.Files {
		m.Files = append(m.Files, cvd.MailFile{Name: f.Name, Data: f.Data})
	}
	return m
}

// answered is when the team first wrote to the reporter after the report.
func (t *Thread) answered(reporter string, since time.Time) time.Time {
	for _, l := range t.Letters {
		if o := t.old(l, reporter); o.Author == cvd.AuthorTeam && o.Shown && l.Message.Auto == "" && !l.At.Before(since) {
			return l.At.UTC()
		}
	}
	return time.Time{}
}

// open makes a case of the thread.
func (a *Archive) open(ctx context.Context, t Thread, at int, out Result) (Result, error) {
	now, cur := a.Now(), a.Spine.Book.Current()
	if cur == nil {
		return out, fmt.Errorf("%w: no version of the policy is in effect yet, so no case can be opened", cvd.ErrNotReady)
	}
	prog := cur.Policy.Programs[0]
	if p, ok := cur.Policy.Program(t.Program); ok {
		prog = p
	} else if t.Program != "" {
		return out, cvd.Faults{{Field: "program", Problem: "no such program", Remedy: "leave it out, or name one of the policy"}}
	}
	first := t.Letters[at]
	reporter := from(first.Message)
	out.Done, out.Taken, out.Received, out.Answered = New, len(t.Letters), first.At.UTC(), t.answered(reporter, first.At)
	if t.Dry {
		return out, nil
	}
	id, err := fresh.CaseID(a.Rand, prog.Prefix, first.At.In(cur.Calendar.Zone()).Year())
	if err != nil {
		return out, err
	}
	key, err := a.Spine.Vault.NewCase(id)
	if err != nil {
		return out, err
	}
	keeping := taking{post.Taker{Blobs: a.Blobs, Rand: a.Rand, Key: key}, cur.Policy.Intake, 0, nil}
	opener, others, err := keeping.all(ctx, t, at, reporter)
	if err != nil {
		return out, errors.Join(err, keeping.undo(ctx))
	}
	opening := rule.Opening{
		ID: id, Program: prog.ID, Policy: cur.Number, Received: first.At.UTC(), By: cvd.System, Mail: opener.Mail,
		Report:  &cvd.Report{Program: t.Program, Title: first.Message.Subject, Description: first.text(t.Wordless)},
		Contact: &cvd.Contact{Name: first.Message.From[0].Name, Email: reporter, ReplyBy: cvd.ReplyByMail},
	}
	evs, err := rule.Import(opening, opener.Files, others, out.Answered, now)
	if err == nil {
		err = a.write(ctx, &spine.Loaded{Key: key, State: &cvd.Case{}}, evs)
	}
	if err != nil {
		return out, errors.Join(err, keeping.undo(ctx))
	}
	out.Case = id
	return out, nil
}

// write commits what happened; a new case gets a receipt.
func (a *Archive) write(ctx context.Context, l *spine.Loaded, evs []cvd.Event) error {
	p, err := a.Spine.Prepare(l, evs)
	if err != nil {
		return err
	}
	if l.Row.Version > 0 {
		return a.Spine.Store.Update(ctx, p.Write())
	}
	_, rec, err := a.Receipt([]cvd.Reach{{Case: p.State.ID, Participant: cvd.Reporter}}, a.Now())
	if err != nil {
		return err
	}
	return a.Spine.Store.Update(ctx, p.Write(func(tx store.Tx) error { return tx.PutRecord(rec, 0) }))
}

// add takes messages of a thread into the case that it was imported as.
func (a *Archive) add(ctx context.Context, t Thread, id cvd.CaseID, fresh []int, out Result) (Result, error) {
	out.Case, out.Done = id, Known
	if len(fresh) == 0 {
		return out, nil
	}
	l, err := a.Spine.Load(ctx, id)
	if err != nil {
		return out, err
	}
	out.Done = Left
	switch {
	case l.Key == nil:
		out.Why = WhyErased
	case !l.State.Flags.Imported:
		out.Why = WhyOtherwise
	case l.State.Closed():
		out.Why = WhyClosed
	}
	v := a.Spine.Book.Version(l.State.Policy)
	if out.Why != "" || v == nil {
		return out, nil
	}
	reporter := ""
	if p := l.State.Participant(cvd.Reporter); p != nil && p.Contact != nil {
		reporter = p.Contact.Email
	}
	out.Done, out.Taken, out.Received, out.Answered = Added, len(fresh), l.State.Created, t.answered(reporter, l.State.Created)
	if t.Dry {
		return out, nil
	}
	var more Thread
	more.Ours, more.Wordless = t.Ours, t.Wordless
	for _, i := range fresh {
		more.Letters = append(more.Letters, t.Letters[i])
	}
	keeping := taking{post.Taker{Blobs: a.Blobs, Rand: a.Rand, Key: l.Key}, v.Policy.Intake, l.State.Files, nil}
	_, others, err := keeping.all(ctx, more, -1, reporter)
	if err == nil {
		var evs []cvd.Event
		if evs, err = rule.Imported(l.State, others, out.Answered, cvd.System, a.Now()); err == nil {
			err = a.write(ctx, l, evs)
		}
	}
	if err != nil {
		return out, errors.Join(err, keeping.undo(ctx))
	}
	return out, nil
}

// taking keeps the bytes of messages for one case.
type taking struct {
	post.Taker
	limits policy.Intake
	had    int
	taken  []*post.Taken
}

// all keeps every message: the opening one, and the others in their order.
func (k *taking) all(ctx context.Context, t Thread, opening int, reporter string) (first rule.Old, others []rule.Old, err error) {
	for i, l := range t.Letters {
		got, err := k.Take(ctx, l.mail(), k.limits, k.had)
		if err != nil {
			return first, nil, err
		}
		k.taken, k.had = append(k.taken, got), k.had+len(got.Files)
		o := t.old(l, reporter)
		o.Mail, o.Files = got.Mail, got.Files
		if i == opening {
			first = o
		} else {
			others = append(others, o)
		}
	}
	return first, others, nil
}

// undo removes what was kept for a case that did not come to be.
func (k *taking) undo(ctx context.Context) error {
	var errs []error
	for _, one := range k.taken {
		errs = append(errs, one.Undo(ctx))
	}
	return errors.Join(errs...)
}
