package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	imapv2 "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"fairlead/internal/cvd"
)

// The ways to a server.
const (
	SecurityTLS      = "tls"      // TLS from the first byte (RFC 8314 section 3.2)
	SecurityStartTLS = "starttls" // the upgrade is required
	SecurityNone     = "none"     // on this machine only
)

// Access is an account on a server.
type Access struct {
	Addr     string // HOST:PORT
	Security string
	// TLS may name other authorities than the system's; nil: the system's.
	TLS      *tls.Config
	Username string
	Password string
	// Moves says that messages will be moved, so that a server that cannot is refused
	// at once.
	Moves bool
	// Limit is the most time that one call may take; fetching may take longer for large
	// messages. 0 means a minute.
	Limit time.Duration
}

// slowest is the rate, in bytes a second, that fetching is given time for.
const slowest = 16 << 10

// most bounds how many messages a mailbox may claim to hold.
const most = 1 << 20

var (
	errRefused = fmt.Errorf("%w: the server refused the user name or the password", cvd.ErrUnavailable)
	errLate    = fmt.Errorf("%w: the server did not answer in time", cvd.ErrUnavailable)
	errLost    = fmt.Errorf("%w: the connection to the server broke", cvd.ErrUnavailable)
	errPlain   = fmt.Errorf("%w: a connection without TLS is for servers on this machine only", cvd.ErrForbidden)
	errNoMove  = fmt.Errorf("%w: the server cannot move messages in one step (RFC 6851), and Fairlead deletes none; leave \"move\" out", cvd.ErrUnavailable)
)

// Dial connects and signs in. No error holds the password, or a word of the server.
func (a Access) Dial(ctx context.Context) (Server, error) {
	if a.Limit == 0 {
		a.Limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, a.Limit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: the server cannot be reached", cvd.ErrUnavailable)
	}
	s := &session{conn: conn, limit: a.Limit}
	if err := s.within(ctx, a.Limit, func() error { return a.greet(ctx, s) }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (a Access) greet(ctx context.Context, s *session) error {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.TLS != nil {
		cfg = a.TLS.Clone()
	}
	if host, _, err := net.SplitHostPort(a.Addr); err == nil && cfg.ServerName == "" {
		cfg.ServerName = host
	}
	switch a.Security {
	case SecurityTLS:
		conn := tls.Client(s.conn, cfg)
		if err := conn.HandshakeContext(ctx); err != nil {
			return errTLS
		}
		s.conn = conn
		s.imap = imapclient.New(conn, nil)
	case SecurityStartTLS:
		c, err := imapclient.NewStartTLS(s.conn, &imapclient.Options{TLSConfig: cfg})
		if err != nil {
			return errTLS
		}
		s.imap = c
	case SecurityNone:
		if addr, ok := s.conn.RemoteAddr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
			return errPlain
		}
		s.imap = imapclient.New(s.conn, nil)
	default:
		return fmt.Errorf("%w: security is none of tls, starttls, none", cvd.ErrInvalid)
	}
	if err := s.imap.WaitGreeting(); err != nil {
		return errLost
	}
	if err := s.imap.Login(a.Username, a.Password).Wait(); err != nil {
		var no *imapv2.Error
		if errors.As(err, &no) {
			return errRefused
		}
		return errLost
	}
	if a.Moves && !s.imap.Caps().Has(imapv2.CapMove) {
		return errNoMove // the library would copy, mark as deleted and expunge
	}
	return nil
}

var errTLS = fmt.Errorf("%w: TLS with the server failed; its certificate must be good for the name in addr", cvd.ErrUnavailable)

// session is one connection.
type session struct {
	conn   net.Conn
	imap   *imapclient.Client
	limit  time.Duration
	listed []uint32 // UIDs of the open mailbox, ascending, once they were asked for
}

// within does one thing and breaks the connection when the time is up: that ends
// whatever the other side keeps waiting.
func (s *session) within(ctx context.Context, limit time.Duration, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err := do()
	if !stop() && err != nil {
		return errLate
	}
	return err
}

// plain turns an error of the library into ours: a refusal, or a connection that is
// gone.
func plain(command string, err error) error {
	var no *imapv2.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no) && no.Type != imapv2.StatusResponseTypeBye:
		return &Refusal{Command: command, Code: string(no.Code)}
	}
	return errLost
}

// Open is SELECT.
func (s *session) Open(ctx context.Context, mailbox string) (validity, next uint32, err error) {
	s.listed = nil
	err = s.within(ctx, s.limit, func() error {
		data, err := s.imap.Select(mailbox, nil).Wait()
		if err != nil {
			return plain("to open the mailbox", err)
		}
		validity, next = data.UIDValidity, uint32(data.UIDNext)
		return nil
	})
	if err == nil && validity == 0 {
		err = &Refusal{Command: "lasting numbers for messages (UIDVALIDITY), without which none can be known again"}
	}
	return validity, next, err
}

// List is UID SEARCH, once for an opened mailbox, and UID FETCH of what it found.
func (s *session) List(ctx context.Context, above uint32, also []uint32, most int) (found []Found, left int, err error) {
	if s.listed == nil {
		if err := s.within(ctx, s.limit, func() error { return s.search(above, also) }); err != nil {
			return nil, 0, err
		}
	}
	from, _ := slices.BinarySearch(s.listed, above+1)
	if above == ^uint32(0) {
		from = len(s.listed)
	}
	fresh := s.listed[from:]
	left = max(0, len(fresh)-most)
	var set imapv2.UIDSet
	for _, uid := range also {
		if _, ok := slices.BinarySearch(s.listed, uid); ok {
			set.AddNum(imapv2.UID(uid))
		}
	}
	for _, uid := range fresh[:len(fresh)-left] {
		set.AddNum(imapv2.UID(uid))
	}
	if len(set) == 0 {
		return nil, left, nil
	}
	err = s.within(ctx, s.limit, func() error {
		cmd := s.imap.Fetch(set, &imapv2.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			b, err := m.Collect()
			if err != nil {
				break // Close tells it
			}
			found = append(found, Found{
				UID: uint32(b.UID), Size: b.RFC822Size, Seen: slices.Contains(b.Flags, imapv2.FlagSeen), Arrived: b.InternalDate,
			})
		}
		return plain("to list messages", cmd.Close())
	})
	slices.SortFunc(found, func(a, b Found) int { return int(int64(a.UID) - int64(b.UID)) })
	return found, left, err
}

// search remembers every UID above one, and those of also that are there.
func (s *session) search(above uint32, also []uint32) error {
	s.listed = []uint32{}
	var sets imapv2.UIDSet
	if above < ^uint32(0) {
		sets.AddRange(imapv2.UID(above+1), 0) // to the last; that itself is always in it (RFC 9051 section 9, seq-range)
	}
	for _, uid := range also {
		sets.AddNum(imapv2.UID(uid))
	}
	if len(sets) == 0 {
		return nil
	}
	data, err := s.imap.UIDSearch(&imapv2.SearchCriteria{UID: []imapv2.UIDSet{sets}}, nil).Wait()
	if err != nil {
		return plain("to search", err)
	}
	set, _ := data.All.(imapv2.UIDSet)
	n := int64(0)
	for _, r := range set {
		n += int64(r.Stop) - int64(r.Start) + 1
	}
	if set.Dynamic() || n > most {
		return errLost
	}
	for _, uid := range data.AllUIDs() {
		s.listed = append(s.listed, uint32(uid))
	}
	slices.Sort(s.listed)
	s.listed = slices.Compact(s.listed)
	return nil
}

// Fetch is UID FETCH with BODY.PEEK, which sets no flag.
func (s *session) Fetch(ctx context.Context, of []Found, limit int64, headers bool) (map[uint32]Message, error) {
	var set imapv2.UIDSet
	bytes := int64(0)
	for _, f := range of {
		set.AddNum(imapv2.UID(f.UID))
		bytes += min(max(f.Size, 0), limit)
	}
	section := &imapv2.FetchItemBodySection{Peek: true, Partial: &imapv2.SectionPartial{Size: limit + 1}}
	if headers {
		section.Specifier = imapv2.PartSpecifierHeader
	}
	out := map[uint32]Message{}
	err := s.within(ctx, s.limit+time.Duration(bytes/slowest)*time.Second, func() error {
		cmd := s.imap.Fetch(set, &imapv2.FetchOptions{UID: true, BodySection: []*imapv2.FetchItemBodySection{section}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			uid, msg, ok, err := read(m, limit)
			if err != nil {
				_ = s.conn.Close() // half a message is none, and what follows it is not wanted
				break
			}
			if ok {
				out[uid] = msg
			}
		}
		return plain("to give a message", cmd.Close())
	})
	return out, err
}

// read reads one answer of Fetch, never more than the limit of it into memory.
func read(m *imapclient.FetchMessageData, limit int64) (uid uint32, msg Message, ok bool, err error) {
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil { // NIL: the server cannot give it
				continue
			}
			if msg.Raw, err = io.ReadAll(io.LimitReader(item.Literal, limit+1)); err != nil {
				return 0, Message{}, false, err
			}
			if size := item.Literal.Size(); int64(len(msg.Raw)) < min(size, limit+1) {
				return 0, Message{}, false, io.ErrUnexpectedEOF
			}
			if int64(len(msg.Raw)) > limit {
				msg.Raw, msg.Cut = msg.Raw[:limit], true
			}
			ok = true
		}
	}
	return uid, msg, ok && uid != 0, nil
}

// Done is UID STORE and, if a mailbox is named, UID MOVE.
func (s *session) Done(ctx context.Context, uids []uint32, move string) error {
	var set imapv2.UIDSet
	for _, uid := range uids {
		set.AddNum(imapv2.UID(uid))
	}
	return s.within(ctx, s.limit, func() error {
		if move != "" && !s.imap.Caps().Has(imapv2.CapMove) {
			return errNoMove
		}
		seen := &imapv2.StoreFlags{Op: imapv2.StoreFlagsAdd, Silent: true, Flags: []imapv2.Flag{imapv2.FlagSeen}}
		if err := s.imap.Store(set, seen, nil).Close(); err != nil {
			return plain("to mark messages as seen", err)
		}
		if move == "" {
			return nil
		}
		_, err := s.imap.Move(set, move).Wait()
		return plain("to move messages", err)
	})
}

// Close ends the connection, politely if that does not have to be waited for.
func (s *session) Close() error {
	if s.imap == nil {
		return s.conn.Close()
	}
	_ = s.within(context.Background(), min(s.limit, byeLimit), func() error { return s.imap.Logout().Wait() })
	_ = s.imap.Close() // says once more what was said before
	return nil
}

// byeLimit is how long a server may take to say goodbye.
const byeLimit = 5 * time.Second
