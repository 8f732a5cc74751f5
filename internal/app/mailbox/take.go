package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/casework/archive"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	intake "fairlead/internal/intake/mailbox"
	"fairlead/internal/policy"
)

// Raw is a message of an old mailbox on its way in.
type Raw struct {
	File string    `json:"file"`
	At   int64     `json:"at,omitempty"` // where in the file
	Raw  []byte    `json:"raw"`
	Had  time.Time `json:"had,omitzero"` // when the mailbox had it, where it says so
}

// Thread is what one request of an import brings: a thread, or a part of one.
type Thread struct {
	Messages []Raw    `json:"messages"`
	Team     []string `json:"team,omitempty"` // addresses, and domains
	Program  string   `json:"program,omitempty"`
	Dry      bool     `json:"dry,omitempty"`
}

// Unread is a message that could not be read.
type Unread struct {
	File string `json:"file"`
	At   int64  `json:"at,omitempty"`
	Why  string `json:"why"`
}

// Taken is what became of a thread.
type Taken struct {
	archive.Result
	Unread []Unread `json:"unread,omitempty"`
}

// Importer takes old threads in.
type Importer struct {
	Archive func() (*archive.Archive, error)
	Policy  func() *policy.Policy // in effect, or nil
	Members func(ctx context.Context) ([]cvd.Member, error)
	// Wordless stands where a message has no text.
	Wordless string
	Now      func() time.Time
}

// one makes sure that imports come one after the other: what is known is looked up
// before a case is made.
var one sync.Mutex

// Take takes a thread in, or says what would be done. Errors: cvd.ErrNotReady while no
// policy is in effect.
func (im Importer) Take(ctx context.Context, t Thread) (Taken, error) {
	one.Lock()
	defer one.Unlock()
	var out Taken
	a, err := im.Archive()
	if err != nil {
		return out, err
	}
	p := im.Policy()
	if p == nil {
		return out, fmt.Errorf("%w: no version of the policy is in effect yet, so no case can be opened", cvd.ErrNotReady)
	}
	ours, err := im.ours(ctx, p, t.Team)
	if err != nil {
		return out, err
	}
	thread := archive.Thread{Program: t.Program, Ours: ours, Wordless: im.Wordless, Dry: t.Dry}
	for _, r := range t.Messages {
		l, err := Read(r, im.Now())
		if err != nil {
			out.Unread = append(out.Unread, Unread{r.File, r.At, err.Error()})
			continue
		}
		thread.Letters = append(thread.Letters, l)
	}
	if len(thread.Letters) == 0 {
		out.Result = archive.Result{Done: archive.Left, Why: "nothing of it can be read"}
		return out, nil
	}
	slices.SortStableFunc(thread.Letters, func(a, b archive.Letter) int { return a.At.Compare(b.At) })
	out.Result, err = a.Take(ctx, thread)
	return out, err
}

// wire gives a message the line ends of the net (RFC 5322 section 2.1), which it had
// before a mailbox kept it: so copies of it are alike, wherever they were kept.
func wire(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

var errUndated = errors.New("it bears no date that can be read")

// Read reads one message.
func Read(r Raw, now time.Time) (archive.Letter, error) {
	m, err := mail.Parse(r.Raw, mail.Envelope{})
	if err != nil {
		return archive.Letter{}, err
	}
	at := intake.Arrived(r.Raw, now)
	if at.IsZero() && !r.Had.After(now) {
		at = r.Had.UTC()
	}
	if at.IsZero() {
		return archive.Letter{}, errUndated
	}
	return archive.Letter{Message: m, Raw: r.Raw, At: at}, nil
}

// ours tells whether an address is the team's: that of a contact or a program of the
// policy, of a member, or of what the operator named, an address or a domain. A tag
// behind a plus makes no difference.
func (im Importer) ours(ctx context.Context, p *policy.Policy, team []string) (func(string) bool, error) {
	members, err := im.Members(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, m := range members {
		known[bare(m.Email)] = true
	}
	for _, box := range p.Mailboxes() {
		known[bare(box.Address)] = true
	}
	for _, t := range team {
		known[bare(t)] = true
	}
	delete(known, "")
	return func(address string) bool {
		a := bare(address)
		_, domain, _ := strings.Cut(a, "@")
		return known[a] || (domain != "" && (known[domain] || known["@"+domain]))
	}, nil
}

// bare is an address without its tag, in lower case.
func bare(address string) string {
	local, domain, whole := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if !whole {
		return local
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}
