package source

import (
	"maps"
	"slices"
	"strconv"
)

// cut removes the value at a path: members go, items become empty, so that
// the others keep their numbers.
func (f *File) cut(steps []string) {
	if len(steps) == 0 {
		f.value = map[string]any{}
		return
	}
	at := f.value
	for i, step := range steps {
		last := i == len(steps)-1
		switch v := at.(type) {
		case map[string]any:
			if last {
				delete(v, step)
			}
			at = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(v) {
				return
			}
			if last {
				v[n] = nil
			}
			at = v[n]
		default:
			return
		}
	}
}

// texts checks every text that has a check of its own, and cuts away those that
// do not pass.
func (f *File) texts(s *Schema, steps []string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.texts(s, append(slices.Clone(steps), k), v[k])
		}
	case []any:
		for i, item := range v {
			f.texts(s, append(slices.Clone(steps), strconv.Itoa(i)), item)
		}
	case string:
		check := s.further(steps)
		if check == nil {
			return
		}
		if err := check(v); err != nil {
			path := f.display(steps)
			f.add(f.whereValue(path), path, err.Error(), s.remedy(steps))
			f.cut(steps)
		}
	}
}
