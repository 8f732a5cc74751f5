// Package clerk sorts the mail that the doors took in: it reads a message, asks
// casework where it belongs, has the table of sorting decide, and does what that says.
// It is a carrier of the outbox: what fails for now comes back later.
//
// It never takes mail in, never throws one away, never answers one, and decides
// nothing that the table does not say. A mail that it cannot deal with ends on a shelf
// with the reason.
package clerk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/mailin/clerk/sorting"
	"fairlead/internal/pgp"
	"fairlead/internal/rulebook"
	"fairlead/internal/words"
)

// Config is what a clerk is built from. All of it is needed unless it says otherwise.
type Config struct {
	Desk   *casework.Desk
	Box    *inbox.Box
	Reader *mailroom.Reader
	Book   *rulebook.Book
	Words  *words.Book
	Now    func() time.Time
	Log    *slog.Logger
	// Proof says what is known of the sender's domain. It may ask the network, and
	// answers with what it has when its time is over.
	Proof func(ctx context.Context, raw []byte, env mail.Envelope, from string) cvd.Proof
	// Ours tells whether an address is one that we write from or are written to at;
	// may be nil.
	Ours func(address string) bool
	// Probe reads a Message-ID as one of our own tests: which way it went, and when.
	// May be nil.
	Probe func(messageID string) (route string, sent time.Time, ok bool)
	// Fetch asks the sender's domain for their OpenPGP key; may be nil. It answers within
	// its own time.
	Fetch func(ctx context.Context, email string) (*pgp.PublicKey, error)
	// Scan names the malware that a scanner knows in a mail or file, or ""; nil: nobody
	// scans. That it cannot be asked holds nothing up, and is noted at the door Scanner.
	Scan func(ctx context.Context, data io.Reader) (known string, err error)
	// Spam says that the verdict of the filter before us is believed; of mail that a
	// stranger's server brought, never.
	Spam bool
	// Unlimited lifts the limits of new reports, for load tests.
	Unlimited bool
}

// Clerk sorts mail. It is safe for concurrent use.
type Clerk struct {
	Config
	senders, all *auth.Limiter
	// away is until when name servers count as away.
	away atomic.Int64
}

// The limits of new reports by mail, a minute and at once: by sender as the form has
// them, and of everybody together. What is over them waits on a shelf.
const (
	senderMinute, senderBurst = 30, 60
	allMinute, allBurst       = 120, 600
	sendersKept               = 20000
)

// asked is for how long the sender's domain is asked about a mail that wants to speak
// in a case; what opens one is only labelled with the answer, and waits less. Where
// nobody answered just now, nobody is waited for.
const (
	asked      = 15 * time.Second
	askedFirst = 4 * time.Second
	askedAway  = 300 * time.Millisecond
	awayFor    = 30 * time.Second
)

// lastTry is the try after which a mail that keeps failing goes to a shelf: before the
// outbox gives up, which would leave it where nobody looks.
const lastTry = 8

// New makes a clerk.
func New(cfg Config) *Clerk {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	rate := func(minute, burst int) *auth.Limiter {
		if cfg.Unlimited {
			minute = 0
		}
		return auth.NewLimiter(minute, burst, sendersKept, cfg.Now)
	}
	return &Clerk{Config: cfg, senders: rate(senderMinute, senderBurst), all: rate(allMinute, allBurst)}
}

// later is the answer to an effect that is to come again without having failed.
type later time.Time

func (l later) Error() string    { return "not yet" }
func (l later) Until() time.Time { return time.Time(l) }

// Carry sorts one mail. A mail that is gone or on a shelf was sorted before, and that
// is no error.
func (c *Clerk) Carry(ctx context.Context, e casework.Effect) ([]byte, error) {
	it, err := c.Box.Item(ctx, e.Template)
	if errors.Is(err, cvd.ErrNotFound) {
		return nil, nil
	}
	if err != nil || it.State != inbox.Waiting {
		return nil, err
	}
	if c.Book.Current() == nil {
		return nil, later(c.Now().Add(time.Minute)) // no promise can be made yet; it waits, sealed
	}
	s := &sheet{Clerk: c, it: it}
	err = s.guarded(ctx)
	if err == nil || (passing(err) && e.Attempts+1 < lastTry) {
		return nil, err
	}
	c.Log.Error("a mail could not be sorted and stands on the shelf unsorted", "mail", it.ID, "err", err)
	return nil, s.shelve(ctx, inbox.Unsorted, reasonOf(err))
}

// passing tells whether a failure may be over at the next try: everything that is not
// about the mail itself.
func passing(err error) bool {
	for _, lasting := range []error{cvd.ErrInvalid, cvd.ErrTooLarge, cvd.ErrUnreadable, cvd.ErrNotFound, cvd.ErrForbidden, cvd.ErrNotReady, errPanicked} {
		if errors.Is(err, lasting) {
			return false
		}
	}
	return true
}

func reasonOf(err error) string {
	if errors.Is(err, cvd.ErrInvalid) || errors.Is(err, cvd.ErrTooLarge) {
		return "refused"
	}
	return "failed"
}

var errPanicked = errors.New("sorting broke down; the log holds the stack")

// sheet is one mail while it is sorted.
type sheet struct {
	*Clerk
	it    *inbox.Item
	read  mailroom.Read
	place casework.Placement
	proof cvd.Proof
}

// guarded sorts and survives it: one mail that breaks the clerk must not stop the
// others, nor be tried for ever.
func (s *sheet) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold a stranger's words; the stack holds none.
			s.Log.Error("sorting a mail panicked", "mail", s.it.ID, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return s.sort(ctx)
}

func (s *sheet) sort(ctx context.Context) error {
	facts, err := s.facts(ctx)
	if err != nil {
		return err
	}
	if s.place.Taken { // an earlier try got so far
		return errors.Join(s.learn(ctx, s.place.Case, &facts), s.file(ctx))
	}
	return s.act(ctx, sorting.Decide(facts), &facts)
}

// facts reads the mail and asks about it.
func (s *sheet) facts(ctx context.Context) (sorting.Facts, error) {
	s.read = s.Reader.Parse(s.it.Raw, s.it.Envelope)
	m := s.read.Message
	if m == nil {
		f := sorting.Facts{Reading: sorting.Unreadable}
		switch {
		case errors.Is(s.read.Problem, mail.ErrHeader):
			f.Reading = sorting.LongHeader
		case errors.Is(s.read.Problem, cvd.ErrTooLarge):
			f.Reading = sorting.TooLarge
		}
		return f, nil
	}
	f := sorting.Facts{Hops: m.Received, Auto: m.Auto, Spam: m.Spam && s.Spam && s.it.Envelope.Peer == ""}
	if _, _, f.Probe = s.probe(); f.Probe {
		return f, nil
	}
	if err := s.find(ctx, &f); err != nil {
		return f, err
	}
	var err error
	if s.read, err = s.Reader.Open(ctx, s.read, s.place.Key, s.Now()); err != nil {
		return f, err
	}
	m = s.read.Message
	f.Lock = sorting.Lock(s.read.Lock)
	f.Empty = s.read.Lock == mailroom.Unlocked && cvd.Blank(m.Text) && len(m.Files) == 0
	f.Signed = s.read.Signature == cvd.SignatureGood && s.place.Signer != "" && s.read.Signer == s.place.Signer
	f.Forged = s.read.Signature == cvd.SignatureBad
	s.prove(ctx, &f)
	f.Malware = s.scan(ctx)
	if f.Place == sorting.Nowhere && sorting.Decide(f).Do == sorting.Report {
		f.Flood = !s.room()
	}
	return f, nil
}

// find asks where the mail belongs, and whether it is one of ours that came back.
func (s *sheet) find(ctx context.Context, f *sorting.Facts) error {
	m := s.read.Message
	system := s.Desk.As(cvd.System)
	var err error
	s.place, err = system.Place(ctx, casework.Letter{
		Item: s.it.ID, ID: m.ID, Refs: slices.Concat(m.InReplyTo, m.References), To: recipients(s.it, m),
		From: mailroom.Author(m), Digest: casework.MailDigest(s.it.Raw),
	})
	if err != nil {
		return err
	}
	if m.Delivery != nil {
		if err := s.returned(ctx, f); err != nil {
			return err
		}
	}
	f.Self = s.Ours != nil && s.Ours(mailroom.Author(m))
	if m.ID != "" {
		own, err := system.Place(ctx, casework.Letter{Refs: []string{m.ID}})
		if err != nil {
			return err
		}
		f.Echo = own.Answers != ""
	}
	f.Again, f.Known, f.Lately = s.place.Seen, s.place.Known, s.place.Lately
	switch {
	case s.place.Case == "":
	case s.place.Erased:
		f.Place = sorting.Erased
	default:
		f.Place = sorting.InCase
	}
	return nil
}

// returned tells whether a delivery notice is about a letter of ours: by the address
// that it came to, or by the Message-ID that it names. Nobody can guess either.
func (s *sheet) returned(ctx context.Context, f *sorting.Facts) error {
	d := s.read.Message.Delivery
	if s.place.Effect == "" && d.Original != "" {
		about, err := s.Desk.As(cvd.System).Place(ctx, casework.Letter{Refs: []string{d.Original}})
		if err != nil {
			return err
		}
		if about.Answers != "" {
			about.Effect = about.Answers
			s.place = about
		}
	}
	switch {
	case s.place.Effect == "":
	case d.Failed:
		f.Return = sorting.Failed
	default:
		f.Return = sorting.Under
	}
	return nil
}

// recipients are all addresses that a mail was sent to, of its envelope first.
func recipients(it *inbox.Item, m *mail.Message) []string {
	out := slices.Concat(it.Envelope.To, m.Delivered)
	for _, a := range slices.Concat(m.To, m.Cc) {
		out = append(out, a.Email)
	}
	return out
}

// prove asks about the sender's domain. That it cannot be asked holds nothing up.
func (s *sheet) prove(ctx context.Context, f *sorting.Facts) {
	limit := asked
	switch now := s.Now(); {
	case f.Place == sorting.InCase:
	case now.UnixNano() < s.away.Load():
		limit = askedAway
	default:
		limit = askedFirst
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s.proof = s.Proof(bounded, s.it.Raw, s.it.Envelope, mailroom.Author(s.read.Message))
	f.Aligned, f.Loose = s.proof.Aligned, s.proof.Loose
	if bounded.Err() != nil {
		s.away.Store(s.Now().Add(awayFor).UnixNano())
	}
	f.Unasked = !f.Aligned && slices.Contains([]string{s.proof.SPF, s.proof.DKIM, s.proof.DMARC}, "temperror")
}

// Scanner is the name under which the scanner stands among the channels.
const Scanner = "clamav"

// scan asks the scanner about the mail as it came, and about the files of one that
// was encrypted.
func (s *sheet) scan(ctx context.Context) bool {
	if s.Scan == nil {
		return false
	}
	all := [][]byte{s.it.Raw}
	if s.read.Encrypted {
		for _, f := range s.read.Message.Files {
			all = append(all, f.Data)
		}
	}
	bounded, cancel := context.WithTimeout(ctx, asked)
	defer cancel()
	for _, data := range all {
		known, err := s.Scan(bounded, bytes.NewReader(data))
		if err != nil {
			s.Box.NoteDoor(inbox.Note{Door: Scanner, Err: "channel.unscanned"})
			return false
		}
		s.Box.NoteDoor(inbox.Note{Door: Scanner, Worked: true})
		if known != "" {
			return true
		}
	}
	return false
}

// room tells whether one more report is taken of this sender, and at all.
func (s *sheet) room() bool {
	sender, _ := s.senders.Allow(mailroom.Author(s.read.Message))
	if !sender {
		return false
	}
	everybody, _ := s.all.Allow("mail")
	return everybody
}

func (s *sheet) probe() (route string, sent time.Time, ok bool) {
	if s.Probe == nil {
		return "", time.Time{}, false
	}
	return s.Probe(s.read.Message.ID)
}
