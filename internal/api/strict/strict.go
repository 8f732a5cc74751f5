// Package strict reads what strangers send to the API: a body of one media type
// up to a limit, one JSON object into a struct, one file of a form. Everything
// that is wrong with it is told at once, in the catalogue's words.
//
// It never repeats a submitted value, keeps nothing, and takes nothing that two
// readers could understand differently.
package strict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/intake/load"
	"fairlead/internal/words"
)

// Limits of one text, in characters, and of a list.
const (
	MaxText  = 100_000
	MaxItems = 100
)

// grow is how much of a body has room before it comes, in bytes: most reports need no
// more.
const grow = 4 << 10

// ErrMedia is the refusal of a media type that is not read here.
var ErrMedia = errors.New("unsupported media type")

// Reader reads, and says in Voice what is wrong.
type Reader struct {
	Voice *words.Voice
}

// Fault is a fault with its words from the catalogue: api.fault.<id> is the
// problem and api.fault.<id>.remedy the remedy.
func (c Reader) Fault(field, id string, pairs ...any) cvd.Fault {
	id = "api.fault." + id
	return cvd.Fault{Field: field, Problem: c.Voice.Say(id, pairs...), Remedy: c.Voice.Say(id+".remedy", pairs...)}
}

// Instant is the fault of a text that is no instant from which dates are counted.
func (c Reader) Instant(field string) cvd.Fault {
	return c.Fault(field, "instant", "from", calendar.FirstYear, "to", calendar.LastAsked)
}

// Body reads the whole body of one of the media types, at most limit bytes. Over
// it is a cvd.ErrTooLarge, cut short a cvd.ErrUnreadable, of another type an
// ErrMedia.
func (c Reader) Body(w http.ResponseWriter, r *http.Request, limit int64, types ...string) ([]byte, error) {
	if err := media(r.Header, types...); err != nil {
		return nil, err
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	if r.ContentLength > 0 { // what is only declared gets no room of its own
		b.Grow(int(min(r.ContentLength, grow)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge(limit)
	}
	if errors.Is(err, load.ErrBusy) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the body ended before it was whole; send it again", cvd.ErrUnreadable)
	}
	return b.Bytes(), nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: the body is over %d KiB; shorten it, or add long material as a file", cvd.ErrTooLarge, limit>>10)
}

// media refuses bodies of other types, and packed ones: what a small body
// unpacks to has no limit. A body without a type is read as the first one.
func media(h http.Header, types ...string) error {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return fmt.Errorf("%w: packed bodies are not read; send it without Content-Encoding", ErrMedia)
	}
	given := h.Get("Content-Type")
	if given == "" {
		return nil
	}
	t, params, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(types, t) {
		return fmt.Errorf("%w: send the body as %s", ErrMedia, strings.Join(types, " or "))
	}
	if cs := params["charset"]; cs != "" && !strings.EqualFold(cs, "utf-8") {
		return fmt.Errorf("%w: send the body in UTF-8", ErrMedia)
	}
	return nil
}

// Object takes a JSON object, which intake.Scan let pass, into the struct that v points
// to. Members that it does not have are refused; null means left out. At most
// intake.MaxFaults come back.
func (c Reader) Object(v any, raw []byte) cvd.Faults {
	return c.fill(reflect.ValueOf(v).Elem(), raw, "")
}

// fill goes member by member, so that every fault is told and none repeats what
// was sent.
func (c Reader) fill(v reflect.Value, raw []byte, at string) cvd.Faults {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return cvd.Faults{c.Fault(cmp.Or(at, "body"), "object")}
	}
	fields := map[string]reflect.Value{}
	var known []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = v.Field(i)
		known = append(known, name)
	}
	var faults cvd.Faults
	list := strings.Join(known, ", ")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if len(faults) == intake.MaxFaults { // words cost more than what makes them
			return intake.Add(faults, cvd.Fault{})
		}
		f, ok := fields[name]
		if !ok {
			faults = intake.Add(faults, c.Fault(Join(at, Shown(name)), "unknown", "names", list))
			continue
		}
		faults = intake.Add(faults, c.value(f, members[name], Join(at, name))...)
	}
	if at == "" { // the body's own are missed by whoever needs them
		return faults
	}
	for i := range v.NumField() {
		name, more, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if one := bytes.TrimSpace(members[name]); (len(one) == 0 || string(one) == "null") && !strings.Contains(more, "omit") && !ours[Join(at, name)] {
			faults = intake.Add(faults, c.Fault(Join(at, name), "missing"))
		}
	}
	return faults
}

// ours are members that are never left out of what is sent and never taken from what
// comes in.
var ours = map[string]bool{"advisory.id": true, "advisory.revision": true}

// value takes one value, going into objects, lists of anything and objects by name.
func (c Reader) value(f reflect.Value, raw []byte, at string) cvd.Faults {
	switch t := f.Type(); {
	case string(bytes.TrimSpace(raw)) == "null":
		return nil
	case plainStruct(f):
		return c.fill(made(f), raw, at)
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !reflect.PointerTo(t).Implements(unmarshaler):
		return c.items(f, raw, at)
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct:
		return c.byName(f, raw, at)
	}
	if err := json.Unmarshal(raw, f.Addr().Interface()); err != nil {
		return cvd.Faults{c.wrongType(f, at)}
	}
	if t, ok := f.Interface().(time.Time); ok && !calendar.Askable(t) {
		return cvd.Faults{c.Instant(at)}
	}
	if f.Kind() == reflect.String {
		return c.text(f.String(), at)
	}
	return nil
}

func (c Reader) wrongType(f reflect.Value, at string) cvd.Fault {
	return c.Fault(at, "type", "want", c.Voice.Say("api.type."+typeWord(f.Type())))
}

// items takes a list. One within an object is bounded by the body alone.
func (c Reader) items(f reflect.Value, raw []byte, at string) cvd.Faults {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return cvd.Faults{c.wrongType(f, at)}
	}
	if len(all) > MaxItems && !strings.ContainsAny(at, ".[") {
		return cvd.Faults{c.Fault(at, "many", "limit", MaxItems)}
	}
	f.Set(reflect.MakeSlice(f.Type(), len(all), len(all)))
	var faults cvd.Faults
	for i, one := range all {
		faults = intake.Add(faults, c.value(f.Index(i), one, fmt.Sprintf("%s[%d]", at, i))...)
	}
	return faults
}

// byName takes objects by names that the sender chose.
func (c Reader) byName(f reflect.Value, raw []byte, at string) cvd.Faults {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return cvd.Faults{c.wrongType(f, at)}
	}
	f.Set(reflect.MakeMap(f.Type()))
	var faults cvd.Faults
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := reflect.New(f.Type().Elem()).Elem()
		faults = intake.Add(faults, c.value(one, all[name], Join(at, Shown(name)))...)
		f.SetMapIndex(reflect.ValueOf(name), one)
	}
	return faults
}

func (c Reader) text(s, at string) cvd.Faults {
	if utf8.RuneCountInString(s) > MaxText {
		return cvd.Faults{c.Fault(at, "long", "limit", MaxText)}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }) {
		return cvd.Faults{c.Fault(at, "control")}
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// plainStruct tells whether a member is an object of ours.
func plainStruct(f reflect.Value) bool {
	t := f.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(unmarshaler)
}

// made is the struct that the member holds, made if it is not there yet.
func made(f reflect.Value) reflect.Value {
	if f.Kind() != reflect.Pointer {
		return f
	}
	if f.IsNil() {
		f.Set(reflect.New(f.Type().Elem()))
	}
	return f.Elem()
}

// typeWord names what a member holds, as the catalogue does.
func typeWord(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "instant"
	case t == reflect.TypeFor[cvd.Answer](), t == reflect.TypeFor[cvd.Credit]():
		return "answer"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "bool"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "items"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Map:
		return "object"
	}
	return "number"
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.\-]{1,40}$`)

// Shown is a name that a stranger chose, if it is plain enough to be repeated.
func Shown(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "(unknown)"
}

// Join names a member within another.
func Join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// ErrQuery is the refusal of a malformed query; it is a cvd.ErrUnreadable.
var ErrQuery = fmt.Errorf("%w: the query is not well-formed; encode each value, and join them by &", cvd.ErrUnreadable)

// Query reads the query of an address.
func Query(raw string) (url.Values, error) {
	v, err := url.ParseQuery(raw)
	if err != nil || !utf8.ValidString(raw) {
		return nil, ErrQuery
	}
	return v, nil
}
