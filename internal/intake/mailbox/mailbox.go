// Package mailbox reads mailboxes that stand in files: mbox (RFC 4155 and its
// relatives) and Maildir; and puts the messages of a mailbox into the threads in
// which they were written.
//
// It never changes a mailbox, never holds more than one message in memory, and never
// skips one in silence: what it cannot read, it says where.
package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// Entry is one message of a mailbox, or a place where one should be.
type Entry struct {
	// File is the mailbox, or the file of a Maildir within it; At is the offset in octets
	// of the message in an mbox, else 0.
	File string
	At   int64
	// Begin is from where in an mbox it can be read again: At, or the From line before it.
	Begin int64
	Raw   []byte
	// Err is why it cannot be read; Raw is empty then.
	Err error
}

// Limit is the most octets of one message: what intake/mail reads.
const Limit = 36 << 20

// separator is what From_ lines look like: a date in the manner of asctime somewhere
// behind, or nothing at all. A line of a text that only begins so is none.
var separator = regexp.MustCompile(`^From (-?\s*|\S.*\d{1,2}:\d{2}(:\d{2})?\s.*\d{4}.*)$`)

var (
	errLarge = fmt.Errorf("%w: over %d MiB", cvd.ErrTooLarge, Limit>>20)
	errEmpty = fmt.Errorf("%w: nothing stands there", cvd.ErrUnreadable)
	errMbox  = fmt.Errorf("%w: no mbox: it begins with no From line and no header", cvd.ErrUnreadable)
)

// Mbox reads an mbox from its beginning and gives each message; each may end it by
// returning an error. A file that holds a single message without a From line is read
// too. Quoted From lines lose one > (the mboxrd way; an mboxo reads the same but for
// texts that quoted From lines themselves).
func Mbox(name string, r io.Reader, each func(Entry) error) error {
	m := mbox{name: name, r: bufio.NewReaderSize(r, 64<<10), each: each, blank: true}
	for {
		line, err := m.line()
		if len(line) > 0 {
			if err := m.take(line); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return m.end()
		case err != nil:
			return errors.Join(m.end(), each(Entry{File: name, At: m.at, Err: fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)}))
		}
	}
}

type mbox struct {
	name  string
	r     *bufio.Reader
	each  func(Entry) error
	at    int64 // of what is read next
	begin int64 // of the From line
	start int64 // of the message
	open  bool  // a message has begun
	blank bool  // the line before was empty
	cont  bool  // what comes is the rest of a long line
	lost  bool  // the file begins with nothing known
	raw   []byte
	over  bool
}

// line is the next line, or a piece of a very long one.
func (m *mbox) line() ([]byte, error) {
	b, err := m.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	return b, err
}

func (m *mbox) take(line []byte) error {
	from, whole := m.at, !m.cont
	m.at += int64(len(line))
	m.cont = line[len(line)-1] != '\n'
	bare := bytes.TrimRight(line, "\r\n")
	if whole && m.blank && bytes.HasPrefix(bare, []byte("From ")) && separator.Match(bare) {
		err := m.end()
		m.open, m.begin, m.start, m.blank = true, from, m.at, false
		return err
	}
	if !m.open && from == 0 {
		m.open, m.lost = true, !header.Match(bare) // a single message, or no mailbox at all
	}
	if whole {
		m.blank = len(bare) == 0
		if unquoted := bytes.TrimLeft(line, ">"); len(unquoted) < len(line) && bytes.HasPrefix(unquoted, []byte("From ")) {
			line = line[1:]
		}
	}
	if m.over = m.over || len(m.raw)+len(line) > Limit; !m.over && !m.lost {
		m.raw = append(m.raw, line...)
	}
	return nil
}

var header = regexp.MustCompile(`^[!-9;-~]+:`)

// end gives the message that was read. The empty line before a From line is the
// mailbox's and not the message's.
func (m *mbox) end() error {
	if !m.open {
		return nil
	}
	e := Entry{File: m.name, At: m.start, Begin: m.begin}
	raw := bytes.TrimSuffix(bytes.TrimSuffix(m.raw, []byte("\n")), []byte("\r"))
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = nil
	} else if !bytes.HasSuffix(raw, []byte("\n")) {
		raw = m.raw[:len(m.raw)] // it ended without an empty line
	}
	switch {
	case m.lost:
		e.Err = errMbox
	case m.over:
		e.Err = errLarge
	case raw == nil:
		e.Err = errEmpty
	default:
		e.Raw = slices.Clone(raw)
	}
	m.raw, m.open, m.over, m.lost = m.raw[:0], false, false, false
	return m.each(e)
}

// Maildir reads the messages of a Maildir, in the order of their names: by time, as
// deliverers name them. What is still being delivered, in tmp, is none yet. Folders
// below it are mailboxes of their own.
func Maildir(name string, dir fs.FS, each func(Entry) error) error {
	type place struct{ sub, base string }
	var all []place
	for _, sub := range []string{"cur", "new"} {
		files, err := fs.ReadDir(dir, sub)
		if errors.Is(err, fs.ErrNotExist) && sub == "new" {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: no Maildir: it holds no cur that can be read", cvd.ErrUnreadable)
		}
		for _, f := range files {
			if !strings.HasPrefix(f.Name(), ".") {
				all = append(all, place{sub, f.Name()})
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int { return strings.Compare(a.base, b.base) })
	for _, p := range all {
		if err := each(Single(name, dir, p.sub+"/"+p.base)); err != nil {
			return err
		}
	}
	return nil
}

// Single reads a file of a Maildir, which is one message.
func Single(name string, dir fs.FS, path string) Entry {
	e := Entry{File: name + "/" + path}
	if info, err := fs.Stat(dir, path); err != nil || !info.Mode().IsRegular() { // opening a pipe waits for its other end
		e.Err = fmt.Errorf("%w: it is no file", cvd.ErrUnreadable)
		return e
	}
	f, err := dir.Open(path)
	if err != nil {
		e.Err = fmt.Errorf("%w: it cannot be opened", cvd.ErrUnavailable)
		return e
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, Limit+1))
	switch {
	case err != nil:
		e.Err = fmt.Errorf("%w: it cannot be read", cvd.ErrUnavailable)
	case len(raw) > Limit:
		e.Err = errLarge
	case len(bytes.TrimSpace(raw)) == 0:
		e.Err = errEmpty
	default:
		e.Raw = raw
	}
	return e
}
