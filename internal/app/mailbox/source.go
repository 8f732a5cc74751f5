package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	intake "fairlead/internal/intake/mailbox"
	"fairlead/internal/mailin/imap"
)

// found is a message in one of the mailboxes.
type found struct {
	intake.Entry
	had   time.Time                      // when the mailbox had it
	again func() (raw []byte, err error) // reads it once more
}

// Source is one mailbox to be read; each is called for every message.
type Source func(ctx context.Context, each func(found) error) error

// imapPrefix is before the name of an account of the configuration.
const imapPrefix = "imap:"

// Sources finds what the arguments name: an mbox file, a Maildir, or imap:NAME for the
// mailboxes of an account in the configuration, imap:NAME/MAILBOX for another one of
// that account. close ends the connections.
func Sources(names []string, accounts []config.IMAP) (out []Source, closeAll func(), err error) {
	var closers []func()
	closeAll = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, imapPrefix); ok {
			account, box, _ := strings.Cut(rest, "/")
			i := slices.IndexFunc(accounts, func(a config.IMAP) bool { return a.Name == account })
			if i < 0 {
				return nil, closeAll, wrong("the configuration has no account of that name under mail.imap", "name the configuration by --config, and an account in it by imap:NAME")
			}
			boxes := accounts[i].Mailboxes
			if box != "" {
				boxes = []string{box}
			}
			s := &server{account: accounts[i]}
			closers = append(closers, s.close)
			for _, b := range boxes {
				out = append(out, s.mailbox(b))
			}
			continue
		}
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, closeAll, fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		case info.IsDir():
			out = append(out, maildir(name))
		case info.Mode().IsRegular():
			out = append(out, mbox(name))
		default:
			return nil, closeAll, wrong("is neither a file nor a folder", "name an mbox file, a Maildir, or imap:NAME")
		}
	}
	return out, closeAll, nil
}

func wrong(problem, remedy string) error {
	return cvd.Faults{{Field: "mailbox", Problem: problem, Remedy: remedy}}
}

func mbox(name string) Source {
	return func(ctx context.Context, each func(found) error) error {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		defer f.Close()
		return intake.Mbox(name, f, func(e intake.Entry) error {
			return errors.Join(ctx.Err(), each(found{Entry: e, again: func() ([]byte, error) { return rereadMbox(name, e.Begin) }}))
		})
	}
}

// errEnough ends reading an mbox.
var errEnough = errors.New("enough")

func rereadMbox(name string, begin int64) (raw []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(begin, io.SeekStart); err != nil {
		return nil, err
	}
	wrong := intake.Mbox(name, f, func(e intake.Entry) error {
		raw, err = e.Raw, e.Err
		return errEnough
	})
	if err == nil && !errors.Is(wrong, errEnough) {
		err = errors.Join(errChanged, wrong)
	}
	return raw, err
}

var errChanged = errors.New("the mailbox was changed while it was read")

func maildir(name string) Source {
	return func(ctx context.Context, each func(found) error) error {
		root := os.DirFS(name)
		return intake.Maildir(name, root, func(e intake.Entry) error {
			path, had := strings.TrimPrefix(e.File, name+"/"), time.Time{}
			if info, err := os.Stat(e.File); err == nil {
				had = info.ModTime()
			}
			return errors.Join(ctx.Err(), each(found{Entry: e, had: had, again: func() ([]byte, error) {
				again := intake.Single(name, root, path)
				return again.Raw, again.Err
			}}))
		})
	}
}

// server is one connection to an account; it is used by one goroutine.
type server struct {
	account config.IMAP
	conn    imap.Server
	open    string
}

func (s *server) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *server) choose(ctx context.Context, mailbox string) error {
	if s.conn == nil {
		access, err := Access(s.account)
		if err != nil {
			return err
		}
		access.Moves = false // nothing is marked or moved
		if s.conn, err = access.Dial(ctx); err != nil {
			return err
		}
	}
	if s.open == mailbox {
		return nil
	}
	_, _, err := s.conn.Open(ctx, mailbox)
	s.open = mailbox
	return err
}

const listed = 200

func (s *server) mailbox(name string) Source {
	return func(ctx context.Context, each func(found) error) error {
		if err := s.choose(ctx, name); err != nil {
			return fmt.Errorf("%w: %s%s/%s: %w", cvd.ErrUnavailable, imapPrefix, s.account.Name, name, err)
		}
		for above := uint32(0); ; {
			all, left, err := s.conn.List(ctx, above, nil, listed)
			if err != nil || len(all) == 0 {
				return err
			}
			for _, one := range all {
				above = one.UID
				f := found{had: one.Arrived, again: func() ([]byte, error) { return s.fetch(ctx, name, one) }}
				f.File, f.At = imapPrefix+s.account.Name+"/"+name, int64(one.UID)
				f.Raw, f.Err = f.again()
				if err := each(f); err != nil {
					return err
				}
			}
			if left == 0 {
				return nil
			}
		}
	}
}

func (s *server) fetch(ctx context.Context, mailbox string, one imap.Found) ([]byte, error) {
	if err := s.choose(ctx, mailbox); err != nil {
		return nil, err
	}
	got, err := s.conn.Fetch(ctx, []imap.Found{one}, intake.Limit, false)
	m, ok := got[one.UID]
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errChanged
	case m.Cut:
		return nil, fmt.Errorf("%w: over %d MiB", cvd.ErrTooLarge, intake.Limit>>20)
	}
	return m.Raw, nil
}
