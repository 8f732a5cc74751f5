package advisory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/advisory/shape"
	"fairlead/internal/cvd"
)

// Reading is a document while it is decoded: what is wrong with it, and what of
// it the record cannot hold.
type Reading struct {
	Faults cvd.Faults
	Lost   []Lost
	// Kept holds what has no place of its own, verbatim, by JSON pointer; it goes
	// into the record's source.
	Kept map[string]json.RawMessage
	now  time.Time
}

// maxLost bounds how many losses of one document are listed; the last line then
// says how many more there were.
const maxLost = 200

// maxKept bounds each member that is kept, in bytes.
const maxKept = 64 << 10

// Read decodes a JSON document into v, a pointer to a struct of the format's own,
// and lists what v has no member for. What cannot be read at all is an
// ErrUnreadable, so is one of more than 64 levels; a member of a wrong type is a fault.
func Read(b []byte, v any, now time.Time) (*Reading, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: not UTF-8", cvd.ErrUnreadable)
	}
	if shape.Deeper(b) {
		return nil, fmt.Errorf("%w: nests deeper than %d levels", cvd.ErrUnreadable, shape.MaxDepth)
	}
	r := &Reading{now: now.UTC(), Kept: map[string]json.RawMessage{}}
	if err := json.Unmarshal(b, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) || wrong.Field == "" {
			return nil, fmt.Errorf("%w: not a JSON document of this format", cvd.ErrUnreadable)
		}
		r.Fault(wrong.Field, "is of another JSON type than the format says", "write it as the format's schema has it")
	}
	if at := shape.Twice(b); at != nil {
		r.Fault(strings.ReplaceAll(Visible(Pointer(at...)[1:]), "/", "."), "stands there twice", "write each member once")
	}
	r.unread(b, reflect.TypeOf(v), "")
	r.clean(v)
	return r, nil
}

// Fault writes down something wrong.
func (r *Reading) Fault(field, problem, remedy string) {
	r.Faults = append(r.Faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
}

// Lose writes down something that the record cannot hold.
func (r *Reading) Lose(pointer, why string) {
	r.Lost = append(r.Lost, Lost{Pointer: pointer, Why: why})
}

// Keep writes down something that the record has no place for but keeps.
func (r *Reading) Keep(pointer string, v json.RawMessage) {
	r.Kept[pointer] = v
}

// Losses is the list of losses, with an end where there are very many.
func (r *Reading) Losses() []Lost {
	if len(r.Lost) <= maxLost {
		return r.Lost
	}
	more := Lost{Pointer: "", Why: fmt.Sprintf("and %d more", len(r.Lost)-maxLost)}
	return append(slices.Clone(r.Lost[:maxLost]), more)
}

// Source is what the record says of where it came from.
func (r *Reading) Source(format, schema string) *cvd.AdvisorySource {
	s := &cvd.AdvisorySource{Format: format, Schema: schema}
	if len(r.Kept) > 0 {
		s.Kept = r.Kept
	}
	return s
}

// Time reads an RFC 3339 instant. Empty, and the year 1 by which some databases
// say that they do not know, is zero; what is no instant is a fault.
func (r *Reading) Time(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00"} {
		// CVE records of older years carry no zone; their schema reads them as UTC.
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() <= 1 {
				return time.Time{}
			}
			return t.UTC()
		}
	}
	r.Fault(field, "is no instant", "write it as RFC 3339, such as 2026-11-25T12:00:00Z")
	return time.Time{}
}

// Assumed is what a record keeps whose source does not say when it was modified:
// its Modified is then the import's, and tells nothing of the source.
const Assumed = "/modified"

// Dates gives a record its instants where the source says none: the import's, or
// the withdrawal's if that is earlier. Each is listed among the losses.
func (r *Reading) Dates(a *cvd.Advisory) {
	r.past(a)
	known := r.now
	if !a.Withdrawn.IsZero() && a.Withdrawn.Before(known) {
		known = a.Withdrawn
	}
	if a.Modified.IsZero() {
		if a.Modified = known; a.Published.After(known) {
			a.Modified = a.Published
		}
		r.Keep(Assumed, json.RawMessage("null"))
		r.Lose("/modified", "the source does not say when it was modified; the instant of the import stands instead")
	}
	if a.Published.IsZero() {
		a.Published = known
		if a.Modified.Before(known) {
			a.Published = a.Modified
		}
		r.Lose("/published", "the source does not say when it was published; the earliest instant known stands instead")
	}
	if a.Modified.Before(a.Published) {
		a.Modified = a.Published
		r.Lose("/modified", "the source says that it was modified before it was published; the later instant stands for both")
	}
}

// past takes out instants that no source can mean: over ten years ahead.
func (r *Reading) past(a *cvd.Advisory) {
	for _, one := range []struct {
		name string
		at   *time.Time
	}{{"modified", &a.Modified}, {"published", &a.Published}, {"withdrawn", &a.Withdrawn}} {
		if r.now.IsZero() || !one.at.After(r.now.AddDate(10, 0, 0)) {
			continue
		}
		r.Lose("/"+one.name, "the source says an instant that is over ten years ahead; that of the import stands instead")
		if *one.at = r.now; one.name == "modified" {
			r.Keep(Assumed, json.RawMessage("null"))
		}
	}
}

// plainID is what an id may look like: it becomes part of file names and links.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+@~-]{0,127}$`)

// ID reads an advisory's id; an unusable one is a fault.
func (r *Reading) ID(field, s string) cvd.AdvisoryID {
	switch {
	case s == "":
		r.Fault(field, "is missing", "give the advisory its id")
	case !plainID.MatchString(s) || strings.Contains(s, ".."):
		r.Fault(field, "is no usable id", "letters, digits and . _ : + @ ~ -, at most 128 of them, a letter or digit first")
	}
	return cvd.AdvisoryID(s)
}

// Pointer joins the parts to a JSON pointer (RFC 6901).
func Pointer(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(fmt.Sprint(p)))
	}
	return b.String()
}

var (
	rawType  = reflect.TypeFor[json.RawMessage]()
	ownsJSON = reflect.TypeFor[json.Unmarshaler]()
)

// unread walks a document beside the type that it was decoded into and keeps
// each member that the type does not have.
func (r *Reading) unread(raw json.RawMessage, t reflect.Type, at string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == rawType || reflect.PointerTo(t).Implements(ownsJSON) {
		return
	}
	switch t.Kind() {
	case reflect.Slice:
		var items []json.RawMessage
		if plain(t.Elem()) || json.Unmarshal(raw, &items) != nil {
			return
		}
		for i, item := range items {
			r.unread(item, t.Elem(), at+Pointer(i))
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return
		}
		known := fields(t)
		for _, name := range sorted(members) {
			pointer := at + Pointer(name)
			if field, ok := known[name]; ok {
				if !plain(field) {
					r.unread(members[name], field, pointer)
				}
			} else if !hollow(members[name]) {
				if len(members[name]) > maxKept {
					r.Lose(pointer, "the record has no place for it, and it is too large to be kept beside its source")
					continue
				}
				r.Keep(pointer, members[name])
				r.Lose(pointer, "the record has no place for it; it is kept verbatim beside its source")
			}
		}
	}
}

func plain(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Bool || t.Kind() == reflect.Int || t.Kind() == reflect.Float64
}

// fields are the members of a struct by their JSON names, those of embedded
// structs among them; one with the tag read:"-" is only written.
func fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("read") == "-" {
			continue
		}
		if f.Anonymous && name == "" {
			for n, inner := range fields(f.Type) {
				out[n] = inner
			}
			continue
		}
		out[name] = f.Type
	}
	return out
}

// hollow tells whether a value says nothing.
func hollow(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Marshal writes a document as people can read it: indented, without the escapes
// that only HTML needs, with a line end.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
