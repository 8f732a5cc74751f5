package api

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
)

// upload is the one file of a multipart body, as a stream. What comes after it
// is refused before the file is kept, so that nothing is kept by half.
type upload struct {
	c     *call
	name  string
	part  io.Reader
	rest  func() error // what may not follow
	n     int64
	fault error
}

// Read hands on the file's bytes, and at its end looks that the body is whole.
func (u *upload) Read(p []byte) (int, error) {
	if u.fault != nil {
		return 0, u.fault
	}
	n, err := u.part.Read(p)
	u.n += int64(n)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		u.fault = errMultipart
	case u.n == 0:
		u.fault = cvd.Faults{u.c.fault("file", "empty")}
	default:
		u.fault = u.rest()
	}
	if err != nil && u.fault == nil {
		return n, io.EOF
	}
	return n, u.fault
}

var errMultipart = fmt.Errorf("%w: the body is not whole multipart/form-data; send the file again", cvd.ErrUnreadable)

// maxFields bounds what comes before the file.
const maxFields = 64 << 10

// file reads the parts of a multipart body up to its file. Fields must come
// before it and be among names.
func (c *call) file(names ...string) (*upload, map[string]string, error) {
	if err := media(c.r.Header, "multipart/form-data"); err != nil {
		return nil, nil, err
	}
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: send the body as multipart/form-data", errMedia)
	}
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil, cvd.Faults{c.fault("file", "nofile")}
		}
		if err != nil {
			return nil, nil, errMultipart
		}
		name := part.FormName()
		if name == "file" {
			rest := func() error {
				if _, err := parts.NextPart(); err == nil {
					return cvd.Faults{c.fault("file", "onefile")}
				} else if !errors.Is(err, io.EOF) {
					return errMultipart
				}
				return nil
			}
			return &upload{c: c, name: part.FileName(), part: part, rest: rest}, fields, nil
		}
		if _, twice := fields[name]; twice || !slices.Contains(names, name) {
			return nil, nil, cvd.Faults{c.fault(shown(name), "unknown", "names", strings.Join(append(names, "file"), ", "))}
		}
		b, err := io.ReadAll(io.LimitReader(part, maxFields+1))
		switch {
		case err != nil:
			return nil, nil, errMultipart
		case len(b) > maxFields:
			return nil, nil, tooLarge(maxFields)
		case !utf8.Valid(b):
			return nil, nil, cvd.Faults{c.fault(name, "type", "want", c.voice.Say("api.type.text"))}
		}
		if faults := c.text(string(b), name); len(faults) > 0 {
			return nil, nil, faults
		}
		fields[name] = string(b)
	}
}
