// Package diff says what two versions of the disclosure policy differ in.
//
// It never judges a change, and never looks at who made it.
package diff

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"fairlead/internal/policy"
	"fairlead/internal/policy/source"
)

// Change is one difference between two policies. From is empty for what was
// added, To for what was removed.
type Change struct {
	Path string `json:"path"` // such as promises.verify.within or guidelines[respect].text
	From string `json:"from"`
	To   string `json:"to"`
}

// Between lists what changed from a to b, in the order of the file. Items of lists
// are matched by their id or name and not by their number, so that an inserted
// clause is one change; a list that only changed its order is one change too.
func Between(a, b *policy.Policy) []Change {
	d := &differ{}
	d.value("", reflect.ValueOf(*a), reflect.ValueOf(*b))
	return d.out
}

type differ struct{ out []Change }

func (d *differ) note(path, from, to string) {
	if from != to {
		d.out = append(d.out, Change{path, from, to})
	}
}

func (d *differ) value(path string, a, b reflect.Value) {
	if _, isText := a.Interface().(encoding.TextMarshaler); isText {
		d.note(path, shown(a), shown(b))
		return
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			d.note(path, shown(a), shown(b))
			return
		}
		d.value(path, a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if name := tag(a.Type().Field(i)); name != "-" {
				d.value(source.Join(path, name), a.Field(i), b.Field(i))
			}
		}
	case reflect.Slice:
		d.list(path, a, b)
	case reflect.Map:
		d.table(path, a, b)
	default:
		d.note(path, shown(a), shown(b))
	}
}

// list matches items by key; b's order leads, and what is gone comes last.
func (d *differ) list(path string, a, b reflect.Value) {
	old, now := keyed(a), keyed(b)
	var common, before []string
	for i, key := range now.keys {
		at := path + "[" + key + "]"
		j, had := old.index[key]
		if !had {
			d.note(at, "", shown(b.Index(i)))
			continue
		}
		common = append(common, key)
		d.value(at, a.Index(j), b.Index(i))
	}
	for j, key := range old.keys {
		if _, has := now.index[key]; !has {
			d.note(path+"["+key+"]", shown(a.Index(j)), "")
			continue
		}
		before = append(before, key)
	}
	if !slices.Equal(common, before) {
		d.note(path+" (order)", strings.Join(before, ", "), strings.Join(common, ", "))
	}
}

func (d *differ) table(path string, a, b reflect.Value) {
	seen := map[string]reflect.Value{}
	var names []string
	for _, m := range []reflect.Value{a, b} {
		for _, k := range m.MapKeys() {
			if _, twice := seen[k.String()]; !twice {
				seen[k.String()] = k
				names = append(names, k.String())
			}
		}
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), strings.Compare(x, y)) })
	for _, name := range names {
		x, y := a.MapIndex(seen[name]), b.MapIndex(seen[name])
		if x.IsValid() && y.IsValid() {
			d.value(source.Join(path, name), x, y)
			continue
		}
		d.note(source.Join(path, name), shown(x), shown(y))
	}
}

// rank keeps the days of the week in their order; other names have none.
func rank(name string) int {
	return 1 + slices.Index(week, name)
}

var week = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

type keys struct {
	keys  []string
	index map[string]int
}

// keyed names each item of a list by what stays the same when it is edited,
// and by its number where nothing does.
func keyed(list reflect.Value) keys {
	k := keys{index: map[string]int{}}
	for i := range list.Len() {
		name := keyOf(list.Index(i))
		if _, taken := k.index[name]; taken || name == "" {
			name = fmt.Sprint(i)
		}
		k.keys = append(k.keys, name)
		k.index[name] = i
	}
	return k
}

func keyOf(item reflect.Value) string {
	switch v := item.Interface().(type) {
	case string:
		return v
	case policy.Clause:
		return v.ID
	case policy.Program:
		return v.ID
	case policy.Product:
		return v.Name
	case policy.Contact:
		return v.URI
	case policy.Field:
		return v.Name
	case policy.Revision:
		return v.Revision
	case policy.CannedReply:
		return v.ID
	case policy.Day:
		return v.Date
	case policy.Closure:
		return v.From
	case policy.SignOff:
		return v.Office + ", " + v.Act
	case policy.Escalation:
		return v.To
	}
	return ""
}

// shown is a value on one line: the parts of a group by name, those that are
// empty left out.
func shown(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	if text, ok := v.Interface().(encoding.TextMarshaler); ok && v.Kind() != reflect.Pointer {
		if b, err := text.MarshalText(); err == nil {
			return string(b)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return shown(v.Elem())
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				parts = append(parts, tag(v.Type().Field(i))+": "+shown(f))
			}
		}
		return strings.Join(parts, "; ")
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = shown(v.Index(i))
		}
		return strings.Join(parts, ", ")
	case reflect.Map:
		var parts []string
		for _, k := range v.MapKeys() {
			parts = append(parts, k.String()+": "+shown(v.MapIndex(k)))
		}
		slices.Sort(parts)
		return strings.Join(parts, "; ")
	}
	return fmt.Sprint(v.Interface())
}

// tag is the name of a part as the file writes it.
func tag(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}
