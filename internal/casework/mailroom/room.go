// Package mailroom reads mail that came in, and lets members deal with what stands on
// the shelves: look at it, open a case from it, add it to one, set it aside.
//
// It never takes mail in, never decides by itself what becomes of one (the clerk
// does, for what nobody has looked at), never throws one away, and records who read
// what.
package mailroom

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	"fairlead/internal/intake/mail"
	"fairlead/internal/may"
	"fairlead/internal/pgp"
	"fairlead/internal/rulebook"
	"fairlead/internal/store/vault/looks"
	"fairlead/internal/words"
)

// Config is what the room is built from.
type Config struct {
	Desk   *casework.Desk
	Box    *inbox.Box
	Book   *rulebook.Book
	Reader *Reader
	Words  *words.Book
	Looks  *looks.Book
	Now    func() time.Time
	// Proof says what is known of a sender's domain; may be nil.
	Proof func(ctx context.Context, raw []byte, env mail.Envelope, from string) cvd.Proof
	// Fetch asks the sender's domain for their OpenPGP key; may be nil. It answers within
	// its own time.
	Fetch func(ctx context.Context, email string) (*pgp.PublicKey, error)
}

// Room is where members deal with mail. It is safe for concurrent use.
type Room struct{ Config }

// New makes a room.
func New(cfg Config) *Room { return &Room{cfg} }

// Shelves in the order in which they are shown.
var Shelves = []inbox.State{inbox.Unsorted, inbox.Spam, inbox.Aside}

// Row is a mail as a shelf lists it.
type Row struct {
	ID            string
	Shelf         inbox.State
	Received      time.Time
	Door          string
	From, Subject string
	Reason        string
	Case          cvd.CaseID
	Program       string
	Size          int64
	Expires       time.Time // when it leaves by itself; zero for never
	By, Note      string    // the member who put it there, and why
}

// Why says in words why the mail stands there; who names an actor's reference.
func (r *Row) Why(v *words.Voice, who func(ref string) string) string {
	if r.By != "" {
		return v.Say("desk.mail.discarded", "who", who(r.By), "why", r.Note)
	}
	if id := "mail.reason." + r.Reason; v.Has(id) {
		return v.Say(id)
	}
	return v.Say("mail.reason.failed")
}

// Letter is one mail as a member reads it.
type Letter struct {
	Row
	Envelope mail.Envelope
	Read     Read
	Raw      []byte
	Looks    []looks.Read // who read it before
}

// enter refuses whoever the shelves do not exist for, and who may only look.
func enter(by cvd.Actor, use may.Use) error {
	switch got := may.Tend(by, may.AreaMail); {
	case got == may.Closed:
		return cvd.ErrNotFound
	case got < use:
		return fmt.Errorf("%w: leads and members deal with mail", cvd.ErrForbidden)
	}
	return nil
}

// PageSize is how many mails a page of a shelf lists.
const PageSize = 50

// Shelf lists a shelf, newest first. after is the Next of the page before; next is
// empty on the last one.
func (r *Room) Shelf(ctx context.Context, by cvd.Actor, shelf inbox.State, after string, wrong ...cvd.Fault) (rows []Row, next string, err error) {
	if err := enter(by, may.Look); err != nil {
		return nil, "", err
	}
	faults := cvd.Faults(wrong)
	if !slices.Contains(Shelves, shelf) {
		faults = intake.Join(faults, cvd.Faults{{Field: "shelf", Problem: "does not exist", Remedy: "choose one of unsorted, spam and aside"}})
	}
	before, ok := cursor(after)
	if !ok {
		faults = intake.Join(faults, cvd.Faults{{Field: "after", Problem: "is not the next of a page before", Remedy: "leave it out to begin anew"}})
	}
	if err := faults.Err(); err != nil {
		return nil, "", err
	}
	items, err := r.Box.List(ctx, shelf, before, PageSize+1)
	if err != nil {
		return nil, "", err
	}
	if len(items) > PageSize {
		items = items[:PageSize]
		last := items[PageSize-1]
		next = strconv.FormatInt(last.Received.UnixMicro(), 36) + "-" + last.ID
	}
	for _, it := range items {
		rows = append(rows, rowOf(it))
	}
	return rows, next, nil
}

// cursor reads the Next of a page.
func cursor(s string) (c *inbox.Cursor, ok bool) {
	if s == "" {
		return nil, true
	}
	at, id, ok := strings.Cut(s, "-")
	n, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil {
		return nil, false
	}
	return &inbox.Cursor{At: time.UnixMicro(n), ID: id}, true
}

// Counts is how many mails stand on each shelf.
func (r *Room) Counts(ctx context.Context, by cvd.Actor) (map[inbox.State]int, error) {
	if err := enter(by, may.Look); err != nil {
		return nil, err
	}
	out := map[inbox.State]int{}
	for _, s := range Shelves {
		n, err := r.Box.Count(ctx, s)
		if err != nil {
			return nil, err
		}
		out[s] = n
	}
	return out, nil
}

// Unplaced is how many mails nobody could place, at most inbox.Counted+1, and how many of
// them seem to belong to which case. about is shared and must not be changed.
func (r *Room) Unplaced(ctx context.Context, by cvd.Actor) (n int, about map[cvd.CaseID]int, err error) {
	if err := enter(by, may.Look); err != nil {
		return 0, nil, err
	}
	if n, err = r.Box.Count(ctx, inbox.Unsorted); err != nil || n == 0 {
		return 0, nil, err
	}
	about, err = r.Box.About(ctx, inbox.Unsorted)
	return n, about, err
}

func rowOf(it *inbox.Item) Row {
	return Row{
		ID: it.ID, Shelf: it.State, Received: it.Received, Door: it.Door, From: it.From, Subject: it.Subject,
		Reason: it.Reason, Case: it.Case, Program: it.Program, Size: it.Size, Expires: it.Expires, By: it.By, Note: it.Note,
	}
}

// item is one mail that stands on a shelf. One that waits to be sorted, or is filed,
// is none.
func (r *Room) item(ctx context.Context, by cvd.Actor, use may.Use, id string) (*inbox.Item, error) {
	if err := enter(by, use); err != nil {
		return nil, err
	}
	it, err := r.Box.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Shelves, it.State) {
		return nil, cvd.ErrNotFound
	}
	return it, nil
}

// look is what a look at a mail is recorded under.
func look(id string) cvd.CaseID { return cvd.CaseID("mail/" + id) }

// Letter reads one mail of a shelf. The look is recorded.
func (r *Room) Letter(ctx context.Context, by cvd.Actor, id string) (*Letter, error) {
	it, err := r.item(ctx, by, may.Look, id)
	if err != nil {
		return nil, err
	}
	now := r.Now()
	l := &Letter{Row: rowOf(it), Envelope: it.Envelope, Raw: it.Raw}
	if l.Read, err = r.Reader.Open(ctx, r.Reader.Parse(it.Raw, it.Envelope), "", now); err != nil {
		return nil, err
	}
	if l.Looks, err = r.Looks.Latest(ctx, look(id)); err != nil {
		return nil, err
	}
	r.Looks.Note(ctx, by, look(id), "mail", now)
	return l, nil
}

// File is one attachment of a mail of a shelf, by its place among them. The look is
// recorded.
func (r *Room) File(ctx context.Context, by cvd.Actor, id string, n int) (mail.File, error) {
	l, err := r.Letter(ctx, by, id)
	if err != nil {
		return mail.File{}, err
	}
	if l.Read.Message == nil || n < 0 || n >= len(l.Read.Message.Files) {
		return mail.File{}, cvd.ErrNotFound
	}
	return l.Read.Message.Files[n], nil
}

// Discard moves a mail to the shelf of what needs nobody. It stays there until the
// time of that shelf is over.
func (r *Room) Discard(ctx context.Context, by cvd.Actor, id, reason string, wrong ...cvd.Fault) error {
	if err := enter(by, may.Change); err != nil {
		return err
	}
	faults := cvd.Faults(wrong)
	if reason = line(reason, 500); cvd.Blank(reason) {
		faults = intake.Join(faults, cvd.Faults{{Field: "reason", Problem: "is empty", Remedy: "say in a few words why nobody needs this mail"}})
	}
	if err := faults.Err(); err != nil {
		return err
	}
	it, err := r.item(ctx, by, may.Change, id)
	if err != nil {
		return err
	}
	if it.State == inbox.Aside {
		return fmt.Errorf("%w: it is set aside already", cvd.ErrNotReady)
	}
	return r.Box.Move(ctx, id, inbox.Filing{
		State: inbox.Aside, Reason: "discarded", Case: it.Case, From: it.From, Subject: it.Subject, By: by.Ref(), Note: reason,
	})
}

// wordless stands in for the text of a mail that has none.
func (r *Room) wordless() string { return r.Words.In("en").Say("desk.mail.wordless") }
