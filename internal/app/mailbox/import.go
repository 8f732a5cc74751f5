package mailbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/casework/archive"
	"fairlead/internal/cvd"
	intake "fairlead/internal/intake/mailbox"
)

// Path is where a running server takes threads.
const Path = "/api/v1/admin/mailbox"

// chunk is the most octets of messages in one request; a longer thread comes in
// several, of which the later ones add to the case of the first.
const chunk = 40 << 20

// Import reads mailboxes, puts the messages into threads and hands each to the server.
// What cannot be read is told at the end.
type Import struct {
	Accounts []config.IMAP // that imap:NAME may name
	Team     []string
	Program  string
	Dry      bool
	JSON     bool
	Now      time.Time
	Ask      func(method, path, contentType string, body []byte, into any) error
	Out      io.Writer

	notes  []intake.Note
	places []found
	heads  []head
	report Report
}

// head is what a dry run shows of a message.
type head struct{ from, subject string }

// Report is what an import tells.
type Report struct {
	Threads []Told         `json:"threads"`
	Unread  []Unread       `json:"unread"`
	Doubled int            `json:"doubled"` // messages that are in the mailboxes twice
	Counts  map[string]int `json:"counts"`  // threads, by what became of them
}

// Told is one thread as it is told. From and Subject are a stranger's text, and only
// there in a dry run.
type Told struct {
	archive.Result
	From    string `json:"from,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// Run imports the mailboxes that the names tell; see Sources. failed says that
// something could not be read.
func (im *Import) Run(ctx context.Context, names []string) (failed bool, err error) {
	sources, closeAll, err := Sources(names, im.Accounts)
	defer closeAll()
	if err != nil {
		return false, err
	}
	im.report = Report{Threads: []Told{}, Unread: []Unread{}, Counts: map[string]int{}}
	for _, s := range sources {
		if err := s(ctx, im.look); err != nil {
			return false, err
		}
	}
	threads, doubled := intake.Threads(im.notes)
	im.report.Doubled = len(doubled)
	for _, t := range threads {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := im.thread(t); err != nil {
			return false, err
		}
	}
	return len(im.report.Unread) > 0, im.tell()
}

// look notes a message and lets go of its words.
func (im *Import) look(f found) error {
	err := f.Err
	if err == nil {
		f.Raw = wire(f.Raw)
		l, bad := Read(Raw{Raw: f.Raw, Had: f.had}, im.Now)
		if err = bad; err == nil {
			n := intake.Note{ID: l.Message.ID, At: l.At, Digest: archive.Digest(f.Raw)}
			n.Refs = append(append(n.Refs, l.Message.InReplyTo...), l.Message.References...)
			f.Raw = nil
			h := head{subject: l.Message.Subject}
			if len(l.Message.From) > 0 {
				h.from = l.Message.From[0].Email
			}
			im.notes, im.places, im.heads = append(im.notes, n), append(im.places, f), append(im.heads, h)
		}
	}
	if err != nil {
		im.unread(f, err)
	}
	return nil
}

func (im *Import) unread(f found, err error) {
	im.report.Unread = append(im.report.Unread, Unread{f.File, f.At, err.Error()})
}

// thread hands a thread over and notes what became of it.
func (im *Import) thread(of []int) error {
	told := Told{}
	if im.Dry {
		told.From, told.Subject = im.heads[of[0]].from, im.heads[of[0]].subject
	}
	for rest := of; len(rest) > 0; {
		next := Thread{Team: im.Team, Program: im.Program, Dry: im.Dry}
		size := 0
		for len(rest) > 0 {
			f := im.places[rest[0]]
			raw, err := f.again()
			raw = wire(raw)
			if err == nil && len(next.Messages) > 0 && size+len(raw) > chunk {
				break
			}
			rest = rest[1:]
			if err != nil {
				im.unread(f, err)
				continue
			}
			size += len(raw)
			next.Messages = append(next.Messages, Raw{File: f.File, At: f.At, Raw: raw, Had: f.had})
		}
		if len(next.Messages) == 0 {
			break
		}
		if err := im.hand(next, &told); err != nil {
			return err
		}
	}
	if told.Done == "" {
		return nil
	}
	im.report.Counts[told.Done]++
	im.report.Threads = append(im.report.Threads, told)
	if !im.JSON {
		return told.print(im.Out, im.Dry)
	}
	return nil
}

func (im *Import) hand(t Thread, told *Told) error {
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	var got Taken
	if err := im.Ask("POST", Path, "application/json", body, &got); err != nil {
		return err
	}
	im.report.Unread = append(im.report.Unread, got.Unread...)
	if told.Done != "" { // a further part of the thread
		got.Messages, got.Taken = got.Messages+told.Messages, got.Taken+told.Taken
		got.Done, got.Why = told.Done, told.Why
	}
	told.Result = got.Result
	return nil
}

func (t *Told) print(w io.Writer, dry bool) error {
	day := func(at time.Time) string {
		if at.IsZero() {
			return "never"
		}
		return at.Format(time.DateOnly)
	}
	parts := []string{t.Done}
	if t.Case != "" {
		parts = append(parts, string(t.Case))
	}
	what := fmt.Sprintf("%d messages", t.Messages)
	if t.Done == archive.Added {
		what = fmt.Sprintf("%d of %d messages", t.Taken, t.Messages)
	}
	parts = append(parts, what)
	if t.Why != "" {
		parts = append(parts, t.Why)
	} else if !t.Received.IsZero() {
		parts = append(parts, "received "+day(t.Received), "answered "+day(t.Answered))
	}
	if dry {
		parts = append(parts, fmt.Sprintf("%q from %q", t.Subject, t.From)) // quoted: it may hold anything
	}
	_, err := fmt.Fprintln(w, strings.Join(parts, ": "))
	return err
}

// tell ends the import with what could not be read, and the counts.
func (im *Import) tell() error {
	if im.JSON {
		return json.NewEncoder(im.Out).Encode(im.report)
	}
	for _, u := range im.report.Unread {
		place := u.File
		if u.At > 0 {
			place += fmt.Sprintf(" at %d", u.At)
		}
		if _, err := fmt.Fprintf(im.Out, "not read: %s: %s\n", place, u.Why); err != nil {
			return err
		}
	}
	var parts []string
	for _, what := range []string{archive.New, archive.Added, archive.Known, archive.Left} {
		parts = append(parts, fmt.Sprintf("%d %s", im.report.Counts[what], what))
	}
	what := "threads: "
	if im.Dry {
		what = "nothing was taken in; threads: "
	}
	_, err := fmt.Fprintf(im.Out, "%s%s; messages not read: %d, there twice: %d\n", what, strings.Join(parts, ", "), len(im.report.Unread), im.report.Doubled)
	return err
}

// Faults says what is wrong with the names of the team.
func (im *Import) Faults() error {
	var out cvd.Faults
	for _, t := range im.Team {
		if local, domain, _ := strings.Cut(t, "@"); !strings.Contains(local+domain, ".") || strings.ContainsAny(t, " <>,") {
			out = append(out, cvd.Fault{Field: "team", Problem: "is neither an address nor a domain", Remedy: "write security@example.org, or example.org for all of it"})
		}
	}
	return out.Err()
}
