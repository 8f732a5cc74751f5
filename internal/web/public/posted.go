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
	"time"

	"fairlead/internal/auth/limit"
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
	// maxAhead is the most bytes behind the start of the first file that are held to
	// look for more fields: browsers send the files where they stand in the form.
	maxAhead = 1 << 20
	// MaxShown is the most bytes of a form that are read though it came too
	// often, only to show again what was typed.
	MaxShown = 256 << 10
)

// Posted is a form as it comes in: its fields, and the files, which are read from
// the connection one by one. Only what is small is held in between, so that fields
// behind it count too.
type Posted struct {
	Fields url.Values

	held  []item
	last  error // how the body ended, once that is known
	files *multipart.Reader
	end   *ending
}

// item is a file that was begun, or a field that comes too late to count.
type item struct {
	file, field string
	body        io.Reader
}

// cut is a file up to where its connection broke.
type cut struct{ err error }

func (c cut) Read([]byte) (int, error) { return 0, c.err }

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

// ReadPosted reads the fields: those before the first file, and those behind it as
// far as it looks ahead. With a cvd.ErrTooLarge comes what was read until then.
func ReadPosted(r *http.Request) (*Posted, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, web.FormLimit)
		if err := web.Form(r); err != nil {
			return &Posted{Fields: url.Values{}}, err
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
		part := in.next()
		if errors.Is(in.last, io.EOF) {
			return in, nil
		}
		if in.last != nil {
			return in, in.broken(in.last)
		}
		if part.FileName() != "" {
			end.free = true
			in.look(part, parts)
			return in, nil
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return in, in.broken(err)
		}
		if parts >= maxParts {
			return in, errFields
		}
		add(in.Fields, part.FormName(), b)
	}
}

// next is the next part, or nil; then last tells why.
func (in *Posted) next() *multipart.Part {
	if in.files == nil {
		in.last = io.EOF
		return nil
	}
	part, err := in.files.NextPart()
	switch {
	case err == nil:
		return part
	case errors.Is(err, io.EOF) && in.end.seen():
		in.last = io.EOF
	case errors.Is(err, io.EOF):
		in.last = io.ErrUnexpectedEOF
	default:
		in.last = err
	}
	return nil
}

func add(to url.Values, name string, value []byte) {
	if name != "attachments" && name != "file" && !strings.HasPrefix(name, "file.") { // a file field that was left empty
		to.Add(name, string(value))
	}
}

// look reads on from the first file for as long as it is little.
func (in *Posted) look(part *multipart.Part, parts int) {
	for room := int64(maxAhead); part != nil; parts++ {
		b, err := io.ReadAll(io.LimitReader(part, room+1))
		room -= int64(len(b) + len(part.FormName()) + len(part.FileName()))
		over := room < 0 || parts >= maxParts
		switch {
		case part.FileName() != "":
			rest := io.Reader(part)
			if err != nil {
				rest = cut{err}
			}
			in.held = append(in.held, item{file: part.FileName(), body: io.MultiReader(bytes.NewReader(b), rest)})
		case err == nil && !over:
			add(in.Fields, part.FormName(), b)
		default:
			in.held = append(in.held, item{field: part.FormName()})
		}
		if err != nil || over {
			return
		}
		part = in.next()
	}
}

// take is the next file or late field; without one, last tells why.
func (in *Posted) take() (item, bool) {
	if len(in.held) > 0 {
		one := in.held[0]
		in.held = in.held[1:]
		return one, true
	}
	if in.last != nil {
		return item{}, false
	}
	part := in.next()
	if part == nil {
		return item{}, false
	}
	if part.FileName() == "" {
		return item{field: part.FormName(), body: part}, true
	}
	return item{file: part.FileName(), body: part}, true
}

// HasFiles tells whether files came with the form.
func (in *Posted) HasFiles() bool { return len(in.held) > 0 }

// First is the name of the first file, if there is one.
func (in *Posted) First() string {
	if !in.HasFiles() {
		return ""
	}
	return FileLabel(in.held[0].file)
}

// Drop reads the rest of a form that is not taken, and names the files that are lost
// by it. The fields among it are added to what was typed.
func (in *Posted) Drop(typed url.Values) []string {
	var names []string
	for fields, room := 0, int64(maxFields); len(names) < maxParts && fields < maxParts; {
		one, ok := in.take()
		if !ok {
			break
		}
		if one.file != "" {
			names = append(names, FileLabel(one.file))
			_, _ = io.Copy(io.Discard, one.body)
			continue
		}
		if fields++; one.body == nil {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(one.body, room))
		if room -= int64(len(b) + len(one.field)); err != nil || room <= 0 {
			break
		}
		add(typed, one.field, b)
	}
	return names
}

// broken says why the fields could not be read. The library does not pass on
// every error as it was.
func (in *Posted) broken(err error) error {
	if in.end.left < 0 && !in.end.free {
		return errFields
	}
	return web.BodyError(err)
}

// Each hands every file to keep, until that fails. Fields that come too far behind
// the first file to count are named in late. The error that comes back is keep's, or about the
// connection, or that too many files and late fields were refused.
func (in *Posted) Each(keep func(name string, r io.Reader) (kept bool, err error)) (late []string, err error) {
	refused := 0
	for one, ok := in.take(); ok; one, ok = in.take() {
		if one.file == "" {
			refused++
			if name := clip(one.field); !slices.Contains(late, name) {
				late = append(late, name)
			}
		} else if kept, err := keep(one.file, one.body); err != nil {
			return late, err
		} else if !kept {
			refused++
		}
		if refused > maxRefused {
			return late, ErrRefused
		}
	}
	if !errors.Is(in.last, io.EOF) {
		return late, web.BodyError(in.last)
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
	if spent, ok := errors.AsType[limit.Spent](err); ok {
		return p.whySpent(spent)
	}
	switch {
	case errors.Is(err, cvd.ErrTooLarge):
		return p.Say("public.why.too-large")
	case errors.Is(err, cvd.ErrFull):
		return p.Say("public.why.full")
	case errors.Is(err, cvd.ErrUnreadable):
		return p.Say("public.why.broken")
	}
	id := web.NewID()
	p.Site.Log.Error("a file could not be kept", "id", id, "err", err)
	return p.Say("public.why.internal", "id", id)
}

// whySpent says which budget of bytes has no room for a file or for words, and when it
// will have.
func (p *Door) whySpent(spent limit.Spent) string {
	id, span := "public.why.spent.", "hour"
	if spent.Words {
		id = "public.spent."
	}
	if spent.All {
		id += "all."
	}
	if spent.Span > time.Hour {
		span = "day"
	}
	when := p.Site.Now().Add(spent.After).Truncate(time.Minute).Add(time.Minute)
	return p.Say(id+span, "mib", int(spent.Most>>20), "when", p.Voice().Instant(when, p.Site.Zone()))
}

// Pay does what stores words of a stranger, n bytes, at the cost of their network.
func (p *Door) Pay(n int, do func() error) error {
	return p.Site.Texts.Spend(p.Site.From(p.R), int64(n), do)
}

// Said is the fault of words that a budget has no room for, or nil. It tells the answer
// and the log.
func (p *Door) Said(w http.ResponseWriter, field string, err error) cvd.Faults {
	limited, ok := errors.AsType[limit.Limited](err)
	if !ok || !errors.Is(err, limit.ErrSaid) {
		return nil
	}
	web.RetryAfter(w, limited)
	web.Refused(p.R, err)
	return cvd.Faults{{Field: field, Problem: p.Why(err)}}
}

// Size is how many bytes stand in the fields.
func Size(fields url.Values) (n int) {
	for _, values := range fields {
		for _, one := range values {
			n += len(one)
		}
	}
	return n
}

// Spent tells whether a file was refused because a budget of bytes is spent, and tells the
// log.
func (p *Door) Spent(r *http.Request, err error) bool {
	if !errors.Is(err, limit.ErrSpent) {
		return false
	}
	web.Refused(r, err)
	return true
}
