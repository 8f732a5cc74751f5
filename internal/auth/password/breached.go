package password

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the lists of breached passwords are made so; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"fairlead/internal/cvd"
)

// Breached is the path of a list of passwords that stood in breaches: a text file with
// the SHA-1 digest of one password a line, in hexadecimal, sorted by it, each followed
// by a colon and how often it was seen, or by nothing, as Have I Been Pwned gives it
// away. The file is asked where it lies and never loaded; it may be replaced, by a
// rename, at any time. The empty path holds nothing.
type Breached string

const (
	longestLine = 128 // bytes, far above a digest with a count
	digestChars = 2 * sha1.Size
	samples     = 1000
)

var (
	errNoList   = fmt.Errorf("%w: the list of breached passwords holds a line that is no SHA-1 digest in hexadecimal, alone or before a colon", cvd.ErrUnavailable)
	errUnsorted = fmt.Errorf("%w: the list of breached passwords is not sorted by digest", cvd.ErrUnavailable)
)

// Check looks whether the list is there and, at a thousand places, whether its lines are
// digests in order. The error, of the kind cvd.ErrUnavailable, says what is wrong.
func (b Breached) Check() error {
	if b == "" {
		return nil
	}
	l, err := b.open()
	if err != nil {
		return err
	}
	defer l.f.Close()
	if l.size == 0 {
		return errNoList
	}
	var before []byte // the first line of the place before, which may be this one again
	for i := range int64(samples) {
		at, err := l.next(l.size * i / samples)
		if err != nil {
			return err
		}
		if at >= l.size {
			break
		}
		first, after, err := l.line(at)
		if err != nil {
			return err
		}
		if bytes.Compare(before, first) > 0 {
			return errUnsorted
		}
		before = first
		if after >= l.size {
			continue
		}
		second, _, err := l.line(after)
		if err != nil {
			return err
		}
		if bytes.Compare(first, second) >= 0 {
			return errUnsorted
		}
	}
	return nil
}

// Holds tells whether the password stands in the list. Errors are those of Check.
func (b Breached) Holds(password string) (bool, error) {
	if b == "" {
		return false, nil
	}
	l, err := b.open()
	if err != nil {
		return false, err
	}
	defer l.f.Close()
	want := sha1.Sum([]byte(password)) //nolint:gosec // see above
	// What is looked for begins at lo or behind it, and before hi.
	for lo, hi := int64(0), l.size; lo < hi; {
		mid := lo + (hi-lo)/2
		at, err := l.next(mid)
		if err != nil {
			return false, err
		}
		if at >= hi {
			hi = mid
			continue
		}
		digest, after, err := l.line(at)
		if err != nil {
			return false, err
		}
		switch c := bytes.Compare(digest, want[:]); {
		case c == 0:
			return true, nil
		case c < 0:
			lo = after
		default:
			hi = mid
		}
	}
	return false, nil
}

type list struct {
	f    *os.File
	size int64
}

func (b Breached) open() (list, error) {
	f, err := os.Open(string(b))
	if err != nil {
		return list{}, fmt.Errorf("%w: the list of breached passwords: %w", cvd.ErrUnavailable, err)
	}
	is, err := f.Stat()
	if err == nil && !is.Mode().IsRegular() {
		err = errors.New("is no file")
	}
	if err != nil {
		f.Close()
		return list{}, fmt.Errorf("%w: the list of breached passwords: %w", cvd.ErrUnavailable, err)
	}
	return list{f, is.Size()}, nil
}

// read gives what stands at an offset, as much as a line may have.
func (l list) read(at int64) ([]byte, error) {
	buf := make([]byte, longestLine)
	n, err := l.f.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: the list of breached passwords: %w", cvd.ErrUnavailable, err)
	}
	return buf[:n], nil
}

// next is where the first line begins that begins at the offset or behind it; the size
// of the file if there is none.
func (l list) next(at int64) (int64, error) {
	if at == 0 {
		return 0, nil
	}
	buf, err := l.read(at - 1)
	if err != nil {
		return 0, err
	}
	switch end := bytes.IndexByte(buf, '\n'); {
	case end >= 0:
		return at + int64(end), nil
	case len(buf) < longestLine:
		return l.size, nil
	}
	return 0, errNoList
}

// line reads the digest of the line that begins at the offset, and where the next one
// begins.
func (l list) line(at int64) (digest []byte, after int64, err error) {
	buf, err := l.read(at)
	if err != nil {
		return nil, 0, err
	}
	end := bytes.IndexByte(buf, '\n')
	if after = at + int64(end) + 1; end < 0 {
		end, after = len(buf), l.size
	}
	text, _, _ := bytes.Cut(bytes.TrimSuffix(buf[:end], []byte("\r")), []byte(":"))
	digest, wrong := hex.DecodeString(string(text))
	if wrong != nil || len(text) != digestChars {
		return nil, 0, errNoList
	}
	return digest, after, nil
}
