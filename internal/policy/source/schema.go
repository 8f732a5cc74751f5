package source

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Schema is a compiled JSON Schema (draft 2020-12) beside its plain text, from
// which remedies and suggestions are taken: the keyword x-remedy, or else the
// examples, and the properties' names.
type Schema struct {
	// Texts checks further what a definition ($defs) of that name wants.
	Texts    map[string]func(string) error
	compiled *jsonschema.Schema
	root     map[string]any
}

// NewSchema compiles a schema, which must have an $id.
func NewSchema(text []byte) (*Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	root, ok := doc.(map[string]any)
	if !ok {
		return nil, errors.New("schema: not an object")
	}
	name, _ := root["$id"].(string)
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return &Schema{compiled: compiled, root: root}, nil
}

// at lists what the schema says about the value at a path of keys and indices:
// the place itself first, then what it refers to.
func (s *Schema) at(path []string) []map[string]any {
	found := s.resolve(s.root)
	for _, step := range path {
		var next map[string]any
		for _, one := range found {
			if props, ok := one["properties"].(map[string]any); ok {
				next, _ = props[step].(map[string]any)
			} else if items, ok := one["items"].(map[string]any); ok {
				next = items
			}
			if others, ok := one["additionalProperties"].(map[string]any); ok && next == nil {
				next = others
			}
			if next != nil {
				break
			}
		}
		if next == nil {
			return nil
		}
		found = s.resolve(next)
	}
	return found
}

func (s *Schema) resolve(one map[string]any) []map[string]any {
	out := []map[string]any{one}
	for range 8 {
		ref, ok := one["$ref"].(string)
		if !ok {
			break
		}
		defs, _ := s.root["$defs"].(map[string]any)
		if one, ok = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any); !ok {
			break
		}
		out = append(out, one)
	}
	return out
}

// remedy is what to write at a path.
func (s *Schema) remedy(path []string) string {
	chain := s.at(path)
	for _, one := range chain {
		if r, ok := one["x-remedy"].(string); ok {
			return r
		}
	}
	for _, one := range chain {
		switch one["type"] {
		case "boolean":
			return "write true or false"
		case "integer":
			least, most := one["minimum"], one["maximum"]
			switch {
			case least != nil && most != nil:
				return fmt.Sprintf("write a whole number from %v to %v", least, most)
			case least != nil:
				return fmt.Sprintf("write a whole number, %v or more", least)
			case most != nil:
				return fmt.Sprintf("write a whole number, at most %v", most)
			}
			return "write a whole number"
		}
	}
	if e := s.example(path); e != "" {
		return "write for example " + e
	}
	for _, one := range chain {
		switch one["type"] {
		case "object":
			if keys := s.keys(path); len(keys) > 0 {
				return "write its keys below it, indented: " + strings.Join(keys, ", ")
			}
		case "array":
			return "write a list, each item after a hyphen"
		}
	}
	return ""
}

// example is a value that fits, as it would stand in the file.
func (s *Schema) example(path []string) string {
	chain := s.at(path)
	for _, one := range chain {
		list, _ := one["examples"].([]any)
		if len(list) == 0 {
			continue
		}
		switch v := list[0].(type) {
		case string:
			if strings.HasPrefix(v, "#") || strings.HasPrefix(v, "0") {
				return strconv.Quote(v)
			}
			return v
		case []any:
			quoted := make([]string, len(v))
			for i, item := range v {
				quoted[i] = strconv.Quote(fmt.Sprint(item))
			}
			return "[" + strings.Join(quoted, ", ") + "]"
		default:
			return fmt.Sprint(v)
		}
	}
	for _, one := range chain {
		if one["type"] == "boolean" {
			return "false"
		}
	}
	return ""
}

// keys are the properties known at a path, sorted.
func (s *Schema) keys(path []string) []string {
	var out []string
	for _, one := range s.at(path) {
		props, _ := one["properties"].(map[string]any)
		for k := range props {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

// further is what checks a text at a path beyond the schema, if anything does.
func (s *Schema) further(path []string) func(string) error {
	for _, one := range s.at(path) {
		ref, _ := one["$ref"].(string)
		if check, ok := s.Texts[strings.TrimPrefix(ref, "#/$defs/")]; ok {
			return check
		}
	}
	return nil
}

// Check checks the file against the schema and cuts away every value that does
// not fit, so that what is left can be read into the schema's own type.
func (f *File) Check(s *Schema) {
	err := s.compiled.Validate(f.value)
	var top *jsonschema.ValidationError
	if err == nil || !errors.As(err, &top) {
		f.texts(s, nil, f.value)
		return
	}
	faulty, before := map[string][]string{}, map[string]bool{}
	for _, told := range f.faults {
		before[told.Clause] = true
	}
	for _, leaf := range leaves(top, nil) {
		path := f.display(leaf.InstanceLocation)
		told := len(f.faults)
		f.explain(s, path, leaf)
		switch leaf.ErrorKind.(type) {
		case *kind.Required, *kind.AdditionalProperties:
		default:
			if _, twice := faulty[path]; twice || before[path] {
				f.faults = f.faults[:told] // what was said of the value first is its cause
			}
			faulty[path] = leaf.InstanceLocation
		}
	}
	for _, steps := range faulty {
		f.cut(steps)
	}
	f.texts(s, nil, f.value)
}

func leaves(e *jsonschema.ValidationError, out []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(out, e)
	}
	for _, c := range e.Causes {
		out = leaves(c, out)
	}
	return out
}

// display writes a schema library's location the way authors read it.
func (f *File) display(steps []string) string {
	path, at := "", f.value
	for _, step := range steps {
		switch v := at.(type) {
		case []any:
			i, _ := strconv.Atoi(step)
			path += "[" + step + "]"
			if at = nil; i < len(v) {
				at = v[i]
			}
		case map[string]any:
			path, at = Join(path, step), v[step]
		default:
			path, at = Join(path, step), nil
		}
	}
	return path
}

// explain turns one finding of the schema into faults.
func (f *File) explain(s *Schema, path string, e *jsonschema.ValidationError) {
	steps := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			f.missing(s, path, steps, name)
		}
		return
	case *kind.AdditionalProperties:
		names := slices.Sorted(slices.Values(k.Properties))
		known := s.keys(steps)
		for _, name := range names {
			if len(f.faults) > maxFaults {
				return
			}
			child := Join(path, name)
			f.add(f.where(child), child, "is not a known key", DidYouMean(name, known, "known here are "+strings.Join(known, ", ")))
		}
		return
	}
	problem, remedy := complaint(e.ErrorKind), s.remedy(steps)
	if k, ok := e.ErrorKind.(*kind.Enum); ok {
		want := make([]string, len(k.Want))
		for i, w := range k.Want {
			want[i] = fmt.Sprint(w)
		}
		remedy = "write " + OrList(want)
		if got, ok := k.Got.(string); ok {
			remedy = DidYouMean(got, want, remedy)
		}
	}
	f.add(f.whereValue(path), path, problem, remedy)
}

func (f *File) missing(s *Schema, path string, steps []string, name string) {
	child := append(slices.Clone(steps), name)
	line := name + ": " + s.example(child)
	if s.example(child) == "" {
		line = name + ":"
		if required := s.required(child); len(required) > 0 {
			line += " with " + strings.Join(required, ", ")
		}
	}
	remedy := "write " + strings.TrimSpace(line)
	if path != "" {
		remedy += " under " + path
	}
	f.add(f.where(path), Join(path, name), "is missing", remedy)
}

func (s *Schema) required(path []string) []string {
	var out []string
	for _, one := range s.at(path) {
		list, _ := one["required"].([]any)
		for _, r := range list {
			out = append(out, fmt.Sprint(r))
		}
	}
	return out
}

func complaint(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("is %s, but must be %s", article(k.Got), article(strings.Join(k.Want, " or ")))
	case *kind.Enum:
		return "is none of the values known here"
	case *kind.Pattern:
		return "is not written as it must be"
	case *kind.MinLength:
		return "is empty or too short"
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, more than the limit of %d", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, but needs at least %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, more than the limit of %d", k.Got, k.Want)
	case *kind.MinProperties:
		return "is empty"
	case *kind.Minimum:
		return fmt.Sprintf("is below the least of %s", k.Want.RatString())
	case *kind.Maximum:
		return fmt.Sprintf("is above the limit of %s", k.Want.RatString())
	}
	return "does not fit the schema"
}

// article names a JSON type in words.
func article(name string) string {
	switch name {
	case "string":
		return "a text"
	case "object":
		return "a group of keys"
	case "array":
		return "a list"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "null":
		return "empty"
	}
	return name
}
