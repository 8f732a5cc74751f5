// Package notify writes to people by e-mail: that there is something to see,
// where, and by when.
//
// It never decides whom to tell, nor what plain mail may carry: a letter holds what
// the notice gives it (see notice.Mail) and nothing else, so a mail to the team and a
// bare one hold no word of a case, and none holds a receipt. What may only go out
// encrypted never goes out otherwise. It never sends HTML.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/pgp"
	"fairlead/internal/words"
)

// Notices tells what may be said about an effect, and to whom.
type Notices interface {
	Notice(ctx context.Context, e casework.Effect) (*casework.Notice, error)
}

// Message is one mail on its way to one recipient.
type Message struct {
	From  string // the envelope's sender, where bounces go; empty is the null sender
	To    string // the envelope's recipient
	ID    string // as in Message-ID, without brackets
	UTF8  bool   // an address needs SMTPUTF8 (RFC 6531)
	Bytes []byte // headers and body, lines ended by CRLF
}

// Sender hands one message to whoever delivers it. When it returns nil, they
// have taken it over. An error with a method Permanent() bool that says true
// means that no further try can help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Keep is the sender of an installation that sends no mail, such as the demo:
// notices stay in the outbox, where the team sees them.
type Keep struct{}

// Send sends nothing.
func (Keep) Send(context.Context, Message) error { return nil }

// Config is what the door is built from.
type Config struct {
	Notices Notices
	Words   *words.Book
	Sender  Sender
	Now     func() time.Time
	// BaseURL is the origin of links where the policy names none.
	BaseURL func() string
	// From is the address in the header From; without it, the policy's own mail
	// contact. A display name in it wins over the organisation's name.
	From string
	// Bounce is the envelope's sender; without it, the address of From. "<>" is
	// the null sender, by which bounces are lost.
	Bounce string
	// Plus says that what stands behind a plus before the @ reaches the same mailbox
	// (RFC 5233); then answers and bounces carry a tag that says to what they belong.
	Plus bool
	// Answered says that an answer by mail reaches the case. Letters say so only then.
	Answered bool
	// KeyPath is the path of our own public key on the site; empty if there is none to
	// which people can encrypt, or nobody would read it. Nil: always empty.
	KeyPath func(ctx context.Context) string
	// Seal encrypts a whole letter to one key and signs it by ours, as pgp/letter
	// does. Without it, no letter goes out that must be encrypted.
	Seal func(ctx context.Context, letter []byte, to *pgp.PublicKey) ([]byte, error)
	// Sign puts the domain's signature on top of a whole message (see dkim); none if
	// nil. A letter that cannot be signed waits.
	Sign func(message []byte) ([]byte, error)
}

// Mail carries effects as e-mail. It is safe for concurrent use.
type Mail struct {
	cfg    Config
	from   *mail.Address // nil: the policy's
	bounce string
	null   bool

	mu sync.Mutex
	// took remembers who took over a mail that others refused, so that the next
	// try spares them. It is lost with the process; then they get it twice,
	// under the same Message-ID.
	took map[string]map[string]bool
}

// New makes the door. It refuses addresses and a sender that cannot work.
func New(cfg Config) (*Mail, error) {
	if cfg.Notices == nil || cfg.Words == nil || cfg.Sender == nil || cfg.Now == nil || cfg.BaseURL == nil {
		return nil, errors.New("mail: notices, words, sender, clock and base URL must be given")
	}
	m := &Mail{cfg: cfg, took: map[string]map[string]bool{}}
	if cfg.From != "" {
		var err error
		if m.from, err = mail.ParseAddress(cfg.From); err != nil {
			return nil, errors.New("mail: the sender's address cannot be read; give it as name@example.org")
		}
		if m.from.Address, err = address(m.from.Address); err != nil {
			return nil, fmt.Errorf("mail: sender: %w", err)
		}
	}
	switch cfg.Bounce {
	case "":
	case "<>":
		m.null = true
	default:
		var err error
		if m.bounce, err = address(cfg.Bounce); err != nil {
			return nil, fmt.Errorf("mail: bounce address: %w", err)
		}
	}
	if c, ok := cfg.Sender.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Carry writes one notice and sends it. It returns what may be kept of the mail. A
// reporter whose address is gone is told nothing, and the returned text says so;
// a notice to the team that reaches nobody is an error.
func (m *Mail) Carry(ctx context.Context, e casework.Effect) ([]byte, error) {
	n, err := m.cfg.Notices.Notice(ctx, e)
	if err != nil {
		return nil, err
	}
	voice := m.voice(n)
	switch {
	case n.Held:
		return []byte(voice.Say("notice.held")), nil
	case n.Unanswered != "":
		return []byte(voice.Say("notice.unanswered." + n.Unanswered)), nil
	case !n.Place.Later.IsZero():
		return nil, waits{n.Place.Later}
	case !n.Place.With.IsZero():
		return []byte(voice.Say("notice.together", "count", n.Place.Together, "when", voice.Instant(n.Place.With, zone(n)))), nil
	}
	if len(n.To) == 0 {
		if n.ToReporter || n.Gone {
			return []byte(voice.Say("notice.nobody")), nil
		}
		return nil, &Failure{Stage: StageAddress, Text: "nobody of the team has an address", Final: true}
	}
	return m.letters(ctx, e.Key, n)
}

// letters writes one letter for each language that its recipients read, and hands them
// over.
func (m *Mail) letters(ctx context.Context, key string, n *casework.Notice) ([]byte, error) {
	var kept []byte
	var unsent Unsent
	for i, group := range m.groups(n) {
		d, err := m.compose(ctx, group.voice, group.notice, i)
		if err != nil {
			return kept, err
		}
		unsent = append(unsent, m.deliver(ctx, key, d)...)
		if _, ok := m.cfg.Sender.(Keep); ok && len(unsent) == 0 {
			d.kept = append([]byte(group.voice.Say("notice.kept", "to", strings.Join(d.to, ", "))+"\r\n\r\n"), d.kept...)
		}
		if i > 0 {
			kept = append(kept, "\r\n\r\n"...)
		}
		kept = append(kept, d.kept...)
	}
	if len(unsent) > 0 {
		return kept, unsent
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.took, key)
	return kept, nil
}

// group is a notice as those read it who read one language.
type group struct {
	voice  *words.Voice
	notice *casework.Notice
}

func (m *Mail) groups(n *casework.Notice) []group {
	var out []group
	for _, to := range n.To {
		voice := m.cfg.Words.In(to.Languages...)
		i := slices.IndexFunc(out, func(g group) bool { return g.voice == voice })
		if i < 0 {
			one := *n
			one.To, i = nil, len(out)
			out = append(out, group{voice, &one})
		}
		out[i].notice.To = append(out[i].notice.To, to)
	}
	return out
}

// waits asks to be carried again later, together with others.
type waits struct{ until time.Time }

func (w waits) Error() string    { return "told later, together with others" }
func (w waits) Until() time.Time { return w.until }

func (m *Mail) voice(n *casework.Notice) *words.Voice {
	if len(n.To) > 0 {
		return m.cfg.Words.In(n.To[0].Languages...)
	}
	return m.cfg.Words.In()
}

// deliver hands the mail over for each recipient who does not have it yet.
func (m *Mail) deliver(ctx context.Context, key string, d *draft) Unsent {
	var unsent Unsent
	for _, to := range d.to {
		if m.has(key, to) {
			continue
		}
		err := m.cfg.Sender.Send(ctx, Message{From: d.envelope, To: to, ID: d.id, UTF8: d.utf8, Bytes: d.bytes})
		if err != nil {
			unsent = append(unsent, Refusal{to, err})
			continue
		}
		m.note(key, to)
	}
	return append(unsent, d.unusable...)
}

func (m *Mail) has(key, to string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.took[key][to]
}

// remembered bounds how many unfinished mails are remembered.
const remembered = 1024

func (m *Mail) note(key, to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.took[key] == nil {
		if len(m.took) >= remembered {
			clear(m.took)
		}
		m.took[key] = map[string]bool{}
	}
	m.took[key][to] = true
}
