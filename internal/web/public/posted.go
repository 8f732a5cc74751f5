package public

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// Limits of a form with files, beside those of the files themselves.
const (
	// maxFields is the most bytes of all fields together, with their names and
	// whatever else stands before the first file.
	maxFields = 1 << 21
	// maxParts is the most fields.
	maxParts = 200
	// maxRefused is how many files or late fields may be refused before the
	// rest is not read any more.
	maxRefused = 20
	// MaxShown is the most bytes of a form that is read though it came too
	// often, only to show again what was typed.
	MaxShown = 1 << 20
)

// Posted is a form as it comes in: its fields, and the files after them, which
// are read from the connection one by one and never kept in between.
type Posted struct {
	Fields url.Values
	Next   *multipart.Part // the first file, if any
	files  *multipart.Reader
	end    *ending
}

// errFields is the refusal of fields that are too many or too long.
var errFields = fmt.Errorf("%w: the fields of the form are over %d MiB together or more than %d; shorten them, or send the long parts as files", cvd.ErrTooLarge, maxFields>>20, maxParts)

// ErrRefused ends the reading of files of which too many were refused.
var ErrRefused = fmt.Errorf("%w: over %d files or fields before were refused, so these were not read; send the files again, one by one", cvd.ErrTooLarge, maxRefused)

// ending remembers the last bytes of a body, by which one that was cut short is
// told from a whole one: the library reports both as the end. It also counts:
// names and heads of parts cost memory as their values do.
type ending struct {
	r    io.Reader
	mark []byte
	tail []byte
	left int64 // bytes that may still come; below 0 once there were more
	free bool  // the files have begun, which are bounded elsewhere
}

func (e *ending) Read(p []byte) (int, error) {
	if e.left < 0 && !e.free {
		return 0, errFields
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	const kept = 256 // a boundary has at most 70 characters (RFC 2046, section 5.1.1)
	e.tail = append(e.tail, p[max(0, n-kept):n]...)
	if len(e.tail) > kept {
		e.tail = append(e.tail[:0], e.tail[len(e.tail)-kept:]...)
	}
	return n, err
}

func (e *ending) seen() bool { return bytes.Contains(e.tail, e.mark) }

// ReadPosted reads the fields up to the first file.
func ReadPosted(r *http.Request) (*Posted, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, web.FormLimit)
		if err := web.Form(r); err != nil {
			return nil, err
		}
		return &Posted{Fields: r.PostForm}, nil
	}
	end := &ending{r: r.Body, mark: []byte("--" + params["boundary"] + "--"), left: maxFields}
	r.Body = io.NopCloser(end)
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, cvd.ErrUnreadable
	}
	in := &Posted{Fields: url.Values{}, files: mr, end: end}
	for parts := 0; ; parts++ {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) && end.seen() {
			return in, nil
		}
		if err != nil {
			return nil, in.broken(err)
		}
		if part.FileName() != "" {
			in.Next, end.free = part, true
			return in, nil
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, in.broken(err)
		}
		if parts >= maxParts {
			return nil, errFields
		}
		if part.FormName() == "attachments" || part.FormName() == "file" {
			continue // a file field that was left empty
		}
		in.Fields.Add(part.FormName(), string(b))
	}
}

// broken says why the fields could not be read. The library does not pass on
// every error as it was.
func (in *Posted) broken(err error) error {
	if in.end.left < 0 && !in.end.free {
		return errFields
	}
	return web.BodyError(err)
}

// Each hands every file to keep, until that fails. Fields that come after the
// first file are named in late. The error that comes back is keep's, or about the
// connection, or that too many files and late fields were refused.
func (in *Posted) Each(keep func(name string, r io.Reader) (kept bool, err error)) (late []string, err error) {
	refused := 0
	for part := in.Next; part != nil; {
		if part.FileName() == "" {
			refused++
			if name := clip(part.FormName()); !slices.Contains(late, name) {
				late = append(late, name)
			}
		} else if kept, err := keep(part.FileName(), part); err != nil {
			return late, err
		} else if !kept {
			refused++
		}
		if refused > maxRefused {
			return late, ErrRefused
		}
		part, err = in.files.NextPart()
		if errors.Is(err, io.EOF) && in.end.seen() {
			return late, nil
		}
		if err != nil {
			return late, web.BodyError(err)
		}
	}
	return late, nil
}

// FileLabel is the last part of a file's name as its sender gave it; it is shown
// and never used as a path.
func FileLabel(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return clip(strings.ToValidUTF8(name, "_"))
}

func clip(s string) string {
	if rs := []rune(s); len(rs) > 120 {
		return string(rs[:119]) + "…"
	}
	return s
}

// why says in words for the reader why a file was not kept.
func (p *Door) Why(err error) string {
	if plain := web.Plain(err); plain != "" {
		return plain
	}
	switch {
	case errors.Is(err, cvd.ErrTooLarge):
		return p.Say("public.why.too-large")
	case errors.Is(err, cvd.ErrUnreadable):
		return p.Say("public.why.broken")
	}
	id := web.NewID()
	p.Site.Log.Error("a file could not be kept", "id", id, "err", err)
	return p.Say("public.why.internal", "id", id)
}
