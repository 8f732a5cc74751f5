package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// Limits of bodies, in bytes, and of one text in one, in characters.
const (
	maxReport = intake.MaxBody
	maxBody   = 512 << 10
	maxPolicy = 1 << 20
	maxText   = 100_000
	maxDepth  = 16
)

const typeJSON = "application/json"

// body reads the whole body of one of the media types, at most limit bytes.
func (c *call) body(limit int64, types ...string) ([]byte, error) {
	if err := media(c.r.Header, types...); err != nil {
		return nil, err
	}
	if c.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	if c.r.ContentLength > 0 {
		b.Grow(int(c.r.ContentLength) + bytes.MinRead)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, limit))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge(limit)
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
		return fmt.Errorf("%w: packed bodies are not read; send it without Content-Encoding", errMedia)
	}
	given := h.Get("Content-Type")
	if given == "" {
		return nil
	}
	t, params, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(types, t) {
		return fmt.Errorf("%w: send the body as %s", errMedia, strings.Join(types, " or "))
	}
	if cs := params["charset"]; cs != "" && !strings.EqualFold(cs, "utf-8") {
		return fmt.Errorf("%w: send the body in UTF-8", errMedia)
	}
	return nil
}

// read takes a JSON object as body into the struct at v. Members that it does
// not have are refused. Where empty is set, a body may be left out.
func (c *call) read(v any, empty bool) error {
	raw, err := c.body(maxBody, typeJSON)
	if err != nil {
		return err
	}
	if empty && len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if err := c.scan(raw); err != nil {
		return err
	}
	return c.fill(reflect.ValueOf(v).Elem(), raw, "").Err()
}

// scan refuses what two readers could take differently, or neither could take
// at all: broken UTF-8 or JSON, deep nesting, a member given twice.
func (c *call) scan(raw []byte) error {
	if !utf8.Valid(raw) {
		return fmt.Errorf("%w: the body is not UTF-8; send it in that encoding", cvd.ErrUnreadable)
	}
	if !json.Valid(raw) {
		return fmt.Errorf("%w: the body is not JSON; check it with any JSON tool", cvd.ErrUnreadable)
	}
	var faults cvd.Faults
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := c.walk(d, "", 0, &faults); err != nil {
		return err
	}
	return faults.Err()
}

func (c *call) walk(d *json.Decoder, at string, depth int, faults *cvd.Faults) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: the body is nested over %d deep; flatten it", cvd.ErrUnreadable, maxDepth)
	}
	tok, err := d.Token()
	if err != nil {
		return fmt.Errorf("%w: the body is not JSON", cvd.ErrUnreadable)
	}
	opens, _ := tok.(json.Delim)
	if opens != '{' && opens != '[' {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		to := at
		if opens == '{' {
			key, err := d.Token()
			name, ok := key.(string)
			if err != nil || !ok {
				return fmt.Errorf("%w: the body is not JSON", cvd.ErrUnreadable)
			}
			to = join(at, shown(name))
			if seen[name] && len(*faults) < 100 {
				*faults = append(*faults, c.fault(to, "twice"))
			}
			seen[name] = true
		}
		if err := c.walk(d, to, depth+1, faults); err != nil {
			return err
		}
	}
	if _, err = d.Token(); err != nil {
		return fmt.Errorf("%w: the body is not JSON", cvd.ErrUnreadable)
	}
	return nil
}

// fill takes an object into a struct, member by member, so that every fault is
// told and none repeats what was sent. Null means left out.
func (c *call) fill(v reflect.Value, raw []byte, at string) cvd.Faults {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return cvd.Faults{c.fault(either(at, "body"), "object")}
	}
	fields := map[string]reflect.Value{}
	var known []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = v.Field(i)
		known = append(known, name)
	}
	var faults cvd.Faults
	for _, name := range sortedKeys(members) {
		one, to := members[name], join(at, name)
		f, ok := fields[name]
		switch {
		case !ok:
			faults = append(faults, c.fault(join(at, shown(name)), "unknown", "names", strings.Join(known, ", ")))
		case string(bytes.TrimSpace(one)) == "null":
		case plainStruct(f):
			faults = append(faults, c.fill(made(f), one, to)...)
		default:
			if err := json.Unmarshal(one, f.Addr().Interface()); err != nil {
				faults = append(faults, c.fault(to, "type", "want", c.voice.Say("api.type."+typeWord(f.Type()))))
				continue
			}
			faults = append(faults, c.texts(f, to)...)
		}
	}
	return faults
}

// texts checks the texts in a member.
func (c *call) texts(f reflect.Value, at string) cvd.Faults {
	switch {
	case f.Kind() == reflect.String:
		return c.text(f.String(), at)
	case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.String:
		if f.Len() > 100 {
			return cvd.Faults{c.fault(at, "many", "limit", 100)}
		}
		var faults cvd.Faults
		for i := range f.Len() {
			faults = append(faults, c.text(f.Index(i).String(), fmt.Sprintf("%s[%d]", at, i))...)
		}
		return faults
	}
	return nil
}

func (c *call) text(s, at string) cvd.Faults {
	if utf8.RuneCountInString(s) > maxText {
		return cvd.Faults{c.fault(at, "long", "limit", maxText)}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }) {
		return cvd.Faults{c.fault(at, "control")}
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
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Map:
		return "object"
	}
	return "number"
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.\-]{1,40}$`)

// shown is a name that a stranger chose, if it is plain enough to be repeated.
func shown(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "(unknown)"
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func parseQuery(raw string) (url.Values, error) {
	v, err := url.ParseQuery(raw)
	if err != nil || !utf8.ValidString(raw) {
		return nil, fmt.Errorf("%w: the query of the address is not well-formed", cvd.ErrUnreadable)
	}
	return v, nil
}
