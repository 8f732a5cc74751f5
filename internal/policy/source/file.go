package source

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Limits of a file. It is written by hand, so all are generous.
const (
	MaxBytes = 1 << 20 // of the file
	MaxDepth = 32      // of groups and lists within each other
)

// place is a position in the file, both from 1.
type place struct{ line, column int }

// File is a file as plain values (map, list, string, int64, float64, bool,
// nil), with the place of each by its path.
type File struct {
	file   string
	value  any
	values map[string]place // where the value stands
	keys   map[string]place // where its key stands
	faults Faults
}

// Read reads one YAML document of at most MaxBytes in UTF-8; name is what faults
// call it. Its faults so far are those of YAML itself: what has no plain value,
// or could be read in two ways.
func Read(file string, data []byte) *File {
	f := &File{file: file, values: map[string]place{}, keys: map[string]place{}}
	top := place{1, 1}
	switch {
	case len(data) > MaxBytes:
		f.add(top, "", fmt.Sprintf("the file has %d bytes, more than the limit of %d", len(data), MaxBytes), "shorten the texts, or link to them")
		return f
	case !utf8.Valid(data):
		f.add(top, "", "the file is not UTF-8", "save it as UTF-8")
		return f
	}
	var doc yaml.Node
	err := yaml.Load(data, &doc, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		f.unreadable(err, data)
		return f
	}
	n := &doc
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind != yaml.MappingNode {
		f.add(top, "", "the file holds no keys with values", "write a key, a colon and a value on each line")
		return f
	}
	f.value = f.read(n, "", 0)
	return f
}

func (f *File) add(at place, path, problem, remedy string) {
	if len(f.faults) > maxFaults {
		return
	}
	f.faults = append(f.faults, Fault{File: f.file, Line: at.line, Column: at.column, Clause: path, Problem: problem, Remedy: remedy})
}

// unreadable turns the reader's own error into a fault.
func (f *File) unreadable(err error, data []byte) {
	at, message := place{1, 1}, err.Error()
	var one *yaml.LoadError
	if errors.As(err, &one) {
		message = one.Message
		if one.Mark.Line > 0 {
			at = place{one.Mark.Line, max(one.Mark.Column, 1)}
		}
	}
	remedy := "mend the indentation, quotes and brackets around this line"
	switch {
	case strings.TrimSpace(string(data)) == "":
		message, remedy = "the file is empty", "write its keys and values"
	case strings.Contains(message, "document"):
		at = secondDocument(data)
		message, remedy = "the file does not hold exactly one YAML document", "keep one document, and drop the lines that read ---"
	case strings.Contains(message, "depth"):
		message, remedy = fmt.Sprintf("the file is nested deeper than %d levels", MaxDepth), "flatten it"
	case strings.Contains(message, "control characters"):
		message, remedy = "the file holds a control character", "remove it"
	default:
		message = "not readable as YAML: " + message
	}
	f.add(at, "", message, remedy)
}

// secondDocument is where a line --- follows other lines.
func secondDocument(data []byte) place {
	begun := false
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimRight(line, " \r")
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "%"):
		case strings.HasPrefix(line, "---") && begun:
			return place{i + 1, 1}
		default:
			begun = true
		}
	}
	return place{1, 1}
}

// read turns a node into its plain value.
func (f *File) read(n *yaml.Node, path string, depth int) any {
	at := place{max(n.Line, 1), max(n.Column, 1)}
	f.values[path] = at
	if depth > MaxDepth {
		f.add(at, path, fmt.Sprintf("nested deeper than %d levels", MaxDepth), "flatten it")
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return f.readMap(n, path, depth)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = f.read(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
		return list
	case yaml.AliasNode:
		f.add(at, path, "a reference (*) to another part of the file stands here", "write the value itself; references are not accepted")
		return nil
	}
	return f.readScalar(n, path, at)
}

func (f *File) readMap(n *yaml.Node, path string, depth int) any {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := place{max(key.Line, 1), max(key.Column, 1)}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			f.add(at, path, "a key that is no plain word stands here", "write the keys and their values out; merges and references are not accepted")
			continue
		}
		child := Join(path, key.Value)
		if _, twice := m[key.Value]; twice {
			f.add(at, child, fmt.Sprintf("the key stands twice, first on line %d", f.keys[child].line), "remove one of the two")
			continue
		}
		f.keys[child] = at
		m[key.Value] = f.read(value, child, depth+1)
	}
	return m
}

func (f *File) readScalar(n *yaml.Node, path string, at place) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
		return n.Value
	case "!!float":
		if x, err := strconv.ParseFloat(n.Value, 64); err == nil && x-x == 0 {
			return x
		}
		return n.Value
	case "!!str", "!!timestamp":
		return n.Value
	}
	f.add(at, path, fmt.Sprintf("the tag %s is not known here", n.ShortTag()), "remove the tag")
	return nil
}

// Join is the path of a key below a path.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Unreadable tells whether nothing could be read at all.
func (f *File) Unreadable() bool { return f.value == nil }

// Value is the file as plain values: map[string]any, []any, string, int64,
// float64, bool and nil. After Check it holds only what fits the schema.
func (f *File) Value() any { return f.value }

// Faults are all that were found so far, in the order of the lines.
func (f *File) Faults() Faults { return f.faults.InOrder() }

// Has tells whether the file gives a value at a path.
func (f *File) Has(path string) bool {
	_, ok := f.values[path]
	return ok
}

// Line is the line on which the value at a path stands.
func (f *File) Line(path string) int { return f.whereValue(path).line }

// Fault adds a fault of the value at a path.
func (f *File) Fault(path, problem, remedy string) {
	f.add(f.whereValue(path), path, problem, remedy)
}

// Note is a fault at the key of a path that is not added: a warning.
func (f *File) Note(path, problem, remedy string) Fault {
	at := f.where(path)
	return Fault{File: f.file, Line: at.line, Column: at.column, Clause: path, Problem: problem, Remedy: remedy}
}

// where is the place of a path, or of the nearest part above it that stands in
// the file; parts that are named by a key stand at the key.
func (f *File) where(path string) place {
	for {
		if at, ok := f.keys[path]; ok {
			return at
		}
		if at, ok := f.values[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return place{1, 1}
		}
		path = path[:cut]
	}
}

// whereValue is the place of the value at a path, or where there is none the
// place that where finds.
func (f *File) whereValue(path string) place {
	if at, ok := f.values[path]; ok && path != "" {
		return at
	}
	return f.where(path)
}
