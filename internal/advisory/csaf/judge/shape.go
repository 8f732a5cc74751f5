package judge

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// shape is what the schema says of a value: its JSON type and its limits.
type shape struct {
	is       string // object, array, string, number
	members  map[string]*shape
	required []string
	fewest   int // members of an object, items of an array
	most     int // members of an object; 0 is no limit
	item     *shape
	unique   bool
	enum     []string
	pattern  func() *regexp.Regexp
	format   func(string) bool
	any      []*shape // one of these, as the member version says
}

type fields map[string]*shape

// object is an object; required names its members that must be there, blanks
// between them.
func object(required string, members fields) *shape {
	return &shape{is: "object", members: members, required: strings.Fields(required)}
}

func (s *shape) atLeast(n int) *shape { c := *s; c.fewest = n; return &c }
func (s *shape) exactly(n int) *shape { c := *s; c.fewest, c.most = n, n; return &c }

// list is an array of one item or more.
func list(item *shape) *shape { return &shape{is: "array", item: item, fewest: 1} }

// set is a list without an item twice.
func set(item *shape) *shape { return &shape{is: "array", item: item, fewest: 1, unique: true} }

func words(list string) *shape { return &shape{is: "string", enum: strings.Fields(list)} }

func like(pattern string) *shape {
	return &shape{is: "string", pattern: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
}

var (
	text    = &shape{is: "string"}
	uri     = &shape{is: "string", format: isURI}
	instant = &shape{is: "string", format: isInstant}
	number  = &shape{is: "number"}
)

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && !strings.ContainsAny(s, " \t\n<>\"{}|\\^`")
}

func isInstant(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	return err == nil
}

// check says where a value is not of the shape.
func (s *shape) check(j *judge, n node) {
	if s.any != nil {
		s.choose(n).check(j, n)
		return
	}
	switch v := n.v.(type) {
	case map[string]any:
		j.need(s.is == "object", n, "is an object, but should be of type "+s.is, "look the member up in the schema")
		if s.is == "object" {
			s.checkObject(j, n, v)
		}
	case []any:
		j.need(s.is == "array", n, "is an array, but should be of type "+s.is, "look the member up in the schema")
		if s.is == "array" {
			s.checkArray(j, n, v)
		}
	case string:
		j.need(s.is == "string", n, "is a string, but should be of type "+s.is, "look the member up in the schema")
		if s.is == "string" {
			s.checkString(j, n, v)
		}
	case float64:
		j.need(s.is == "number", n, "is a number, but should be of type "+s.is, "look the member up in the schema")
		j.need(s.is != "number" || v >= 0 && v <= 10, n, "is not between 0 and 10", "give the score that follows from the vector")
	default:
		j.say(n.at, "is neither text, number, object nor array", "leave out what has no value")
	}
}

func (s *shape) checkObject(j *judge, n node, v map[string]any) {
	for _, name := range s.required {
		j.need(n.has(name), n, "lacks its member "+name, "add it")
	}
	j.need(len(v) >= s.fewest, n, "has fewer members than "+count(s.fewest, "that it must have"), "add what is missing, or leave it out")
	j.need(s.most == 0 || len(v) <= s.most, n, "has more members than "+count(s.most, "that it may have"), "keep those that belong here")
	for _, name := range sorted(v) {
		if member := s.members[name]; member != nil {
			member.check(j, n.get(name))
		}
	}
}

func (s *shape) checkArray(j *judge, n node, v []any) {
	j.need(len(v) >= s.fewest, n, "has fewer than "+count(s.fewest, "items"), "add one, or leave the list out")
	seen := map[string]bool{}
	for i, item := range v {
		at := node{item, n.at + "/" + itoa(i)}
		if s.unique {
			key, err := json.Marshal(item)
			j.need(err == nil && !seen[string(key)], at, "stands in the list twice", "keep one")
			seen[string(key)] = true
		}
		s.item.check(j, at)
	}
}

func (s *shape) checkString(j *judge, n node, v string) {
	switch {
	case s.enum != nil:
		j.need(slices.Contains(s.enum, v), n, "is none of the words that may stand here", "use one of "+strings.Join(s.enum, ", "))
	case s.pattern != nil:
		j.need(s.pattern().MatchString(v), n, "is not written as the schema asks", "write it as "+s.pattern().String())
	case s.format != nil:
		j.need(s.format(v), n, "is no URI, or no instant of RFC 3339, whichever belongs here", "write https://…, or such as 2026-11-25T12:00:00Z")
	default:
		j.need(v != "", n, "is empty", "say something, or leave it out")
	}
}

// choose is the shape whose version the value names, else the last.
func (s *shape) choose(n node) *shape {
	for _, one := range s.any {
		if slices.Contains(one.members["version"].enum, n.say("version")) {
			return one
		}
	}
	return s.any[len(s.any)-1]
}

// unknown says it of members that the schema does not have.
func (s *shape) unknown(j *judge, n node) {
	if s.any != nil {
		s = s.choose(n)
	}
	switch v := n.v.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			if member := s.members[name]; member != nil {
				member.unknown(j, n.get(name))
			} else if s.is == "object" {
				j.say(n.get(name).at, "is no member of CSAF 2.0", "leave it out; readers may refuse it")
			}
		}
	case []any:
		for i, item := range v {
			if s.item != nil {
				s.item.unknown(j, node{item, n.at + "/" + itoa(i)})
			}
		}
	}
}
