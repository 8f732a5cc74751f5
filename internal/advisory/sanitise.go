package advisory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"fairlead/internal/cvd"
)

// MaxText bounds each text of a document that is read, in bytes.
const MaxText = 256 << 10

// unseen tells whether a rune steers a terminal or turns a line around, instead of
// being read: controls but tab and line ends, and those of Unicode's Bidi_Control.
func unseen(r rune) bool {
	return (unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r') || unicode.Is(unicode.Bidi_Control, r)
}

// Visible is a text without the characters that nobody sees and that change how it
// is read.
func Visible(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s)
}

// Cleared is the record with visible texts, for encoders; the record itself where
// all of them are.
func Cleared(a *cvd.Advisory) *cvd.Advisory {
	hidden := false
	texts(reflect.ValueOf(a), "", func(_, s string) string {
		hidden = hidden || strings.ContainsFunc(s, unseen)
		return s
	})
	if !hidden {
		return a
	}
	out := a.Clone()
	texts(reflect.ValueOf(out), "", func(_, s string) string { return Visible(s) })
	return out
}

// clean takes what nobody sees out of a document that was decoded into v, and refuses
// texts without bounds.
func (r *Reading) clean(v any) {
	texts(reflect.ValueOf(v), "", func(at, s string) string {
		if len(s) > MaxText {
			r.Fault(at, fmt.Sprintf("is longer than %d KiB", MaxText>>10), "shorten it, and link to the rest")
			return ""
		}
		out := Visible(s)
		if out != s {
			r.Lose(at, "it holds control characters or marks that turn a line around; they are left out")
		}
		return out
	})
}

// texts walks all strings of a value, but not JSON that is kept verbatim.
func texts(v reflect.Value, at string, f func(at, s string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), at, f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case !field.IsExported() && !field.Anonymous:
			case field.Anonymous && name == "":
				texts(v.Field(i), at, f)
			default:
				texts(v.Field(i), at+Pointer(name), f)
			}
		}
	case reflect.Slice:
		if v.Type() == rawType {
			return
		}
		for i := range v.Len() {
			texts(v.Index(i), at+Pointer(i), f)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			one := reflect.New(v.Type().Elem()).Elem()
			one.Set(v.MapIndex(key))
			texts(one, at+Pointer(key), f)
			v.SetMapIndex(key, one)
		}
	case reflect.String:
		if s := v.String(); v.CanSet() {
			if out := f(at, s); out != s {
				v.SetString(out)
			}
		}
	}
}

// Reference tells whether an address may stand in the record; one that is no absolute
// URI is listed and kept beside the source.
func (r *Reading) Reference(pointer, address string) bool {
	if IsURI(address) {
		return true
	}
	if b, err := json.Marshal(address); err == nil {
		r.Keep(pointer, b)
	}
	r.Lose(pointer, "no absolute URI; it is kept beside the source")
	return false
}
