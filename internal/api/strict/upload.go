package strict

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/intake/load"
)

// Upload is the one file of a multipart body, as a stream. What comes after it
// is refused before the file is kept, so that nothing is kept by half.
type Upload struct {
	Name  string // as the sender calls it; never a path
	c     Reader
	part  io.Reader
	rest  func() error // what may not follow
	n     int64
	fault error
}

// Read hands on the file's bytes, and at its end looks that the body is whole.
func (u *Upload) Read(p []byte) (int, error) {
	if u.fault != nil {
		return 0, u.fault
	}
	n, err := u.part.Read(p)
	u.n += int64(n)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		u.fault = broken(err)
	case u.n == 0:
		u.fault = cvd.Faults{u.c.Fault("file", "empty")}
	default:
		u.fault = u.rest()
	}
	if err != nil && u.fault == nil {
		return n, io.EOF
	}
	return n, u.fault
}

// Fault is what was wrong with the body, as far as it was read.
func (u *Upload) Fault() error { return u.fault }

var errMultipart = fmt.Errorf("%w: the body is not whole multipart/form-data; send the file again", cvd.ErrUnreadable)

// broken is why a body could not be read on.
func broken(err error) error {
	if errors.Is(err, load.ErrBusy) {
		return err
	}
	return errMultipart
}

// maxFields bounds each of what comes before the file, in bytes, and maxParts all in
// number.
const (
	maxFields = 64 << 10
	maxParts  = 200
)

// File reads the parts of a multipart body up to its file. Fields must come
// before it and be among names; what is wrong with them comes as cvd.Faults, with
// what could be read. The file is whole only once it was read to its end and Fault is
// nil.
func (c Reader) File(r *http.Request, names ...string) (*Upload, map[string]string, error) {
	if err := media(r.Header, "multipart/form-data"); err != nil {
		return nil, nil, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: send the body as multipart/form-data", ErrMedia)
	}
	fields := map[string]string{}
	var faults cvd.Faults
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fields, intake.Add(faults, c.Fault("file", "nofile"))
		}
		if err != nil {
			return nil, nil, broken(err)
		}
		name := part.FormName()
		if name == "file" {
			rest := func() error {
				if _, err := parts.NextPart(); err == nil {
					return cvd.Faults{c.Fault("file", "onefile")}
				} else if !errors.Is(err, io.EOF) {
					return errMultipart
				}
				return nil
			}
			return &Upload{c: c, Name: part.FileName(), part: part, rest: rest}, fields, faults.Err()
		}
		b, err := io.ReadAll(io.LimitReader(part, maxFields+1))
		_, twice := fields[name]
		switch {
		case err != nil:
			return nil, nil, broken(err)
		case len(b) > maxFields || n == maxParts:
			return nil, nil, tooLarge(maxFields)
		case !slices.Contains(names, name):
			faults = intake.Add(faults, c.Fault(Shown(name), "unknown", "names", strings.Join(append(slices.Clip(names), "file"), ", ")))
			continue
		case twice:
			faults = intake.Add(faults, c.Fault(name, "twice"))
		case !utf8.Valid(b):
			faults = intake.Add(faults, c.Fault(name, "type", "want", c.Voice.Say("api.type.text")))
		default:
			faults = intake.Add(faults, c.text(string(b), name)...)
		}
		fields[name] = string(b)
	}
}
