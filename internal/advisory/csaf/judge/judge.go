// Package judge says whether a CSAF 2.0 document keeps the standard: the shape of
// its schema and the tests of section 6, mandatory ones as errors, optional ones
// as warnings, informative ones as information. It looks at one document alone: it
// never follows a link (of 6.3.6 and 6.3.7 it finds what cannot resolve anywhere) and
// does not spell (6.3.8).
package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// NotRun are the tests of section 6 that need a dictionary.
var NotRun = []string{"6.3.8"}

// Check says everything that is wrong with a document; fields are JSON pointers.
// A document without an error is valid in the words of the standard.
func Check(b []byte) []advisory.Finding {
	j := &judge{order: map[string][]string{}}
	j.test, j.level = "json", advisory.LevelError
	doc, err := j.read(b)
	if err != nil {
		j.say("", "is no JSON document", "write one JSON object as UTF-8, and nothing behind it")
		return j.found
	}
	j.root = node{doc, ""}
	j.test, j.level = "schema", advisory.LevelError
	document.check(j, j.root)
	j.tree()
	for _, t := range tests {
		j.test, j.level = t.id, t.level()
		t.run(j)
	}
	return j.found
}

// read reads the document and remembers in which order its members stand.
func (j *judge) read(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, cvd.ErrUnreadable
	}
	d := json.NewDecoder(bytes.NewReader(b))
	doc, err := j.value(d, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, cvd.ErrUnreadable
	}
	return doc, nil
}

func (j *judge) value(d *json.Decoder, at string, depth int) (any, error) {
	t, err := d.Token()
	if err != nil || depth > maxDepth {
		return nil, cvd.ErrUnreadable
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := j.value(d, at+"/"+itoa(len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		members := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, _ := name.(string)
			below := at + advisory.Pointer(key)
			if _, twice := members[key]; twice {
				j.say(below, "stands there twice", "keep one")
			}
			if members[key], err = j.value(d, below, depth+1); err != nil {
				return nil, err
			}
			j.order[at] = append(j.order[at], key)
		}
		_, err = d.Token()
		return members, err
	}
	return t, nil
}

// test is one row: a test of section 6 and the function that runs it.
type test struct {
	id  string
	run func(*judge)
}

func (t test) level() advisory.Level {
	switch t.id[:3] {
	case "6.1":
		return advisory.LevelError
	case "6.2":
		return advisory.LevelWarning
	}
	return advisory.LevelInfo
}

// tests are all rows, in the order of the standard.
var tests = func() []test {
	var out []test
	for _, table := range [][]test{productTests, scoreTests, trackingTests, otherTests, profileTests, optionalTests, informativeTests} {
		out = append(out, table...)
	}
	return out
}()

// judge is one look at one document.
type judge struct {
	root  node
	test  string
	level advisory.Level
	found []advisory.Finding

	products []node // the full product names, wherever they are defined
	branches []node
	groups   map[string][]string
	order    map[string][]string // the names of members by the pointer of their object
}

// say writes a finding of the running test down.
func (j *judge) say(at, problem, remedy string) {
	j.found = append(j.found, advisory.Finding{Level: j.level, Rule: "csaf-" + j.test, Fault: cvd.Fault{Field: at, Problem: problem, Remedy: remedy}})
}

// need says it where the condition does not hold.
func (j *judge) need(ok bool, at node, problem, remedy string) {
	if !ok {
		j.say(at.at, problem, remedy)
	}
}

// node is a value of the document with its JSON pointer. One that is not there, or
// of another type than a test asks for, is empty: the schema has told it.
type node struct {
	v  any
	at string
}

func (n node) get(name string) node {
	m, _ := n.v.(map[string]any)
	return node{m[name], n.at + advisory.Pointer(name)}
}

// path goes down several members.
func (n node) path(names ...string) node {
	for _, name := range names {
		n = n.get(name)
	}
	return n
}

func (n node) has(name string) bool {
	m, _ := n.v.(map[string]any)
	_, ok := m[name]
	return ok
}

// each are the items of a member that is an array.
func (n node) each(name string) []node {
	member := n.get(name)
	list, _ := member.v.([]any)
	out := make([]node, len(list))
	for i, v := range list {
		out[i] = node{v, member.at + advisory.Pointer(i)}
	}
	return out
}

func (n node) text() string {
	s, _ := n.v.(string)
	return s
}

// say is the text of a member.
func (n node) say(name string) string { return n.get(name).text() }

// texts are the items of a member as texts.
func (n node) texts(name string) []string {
	var out []string
	for _, one := range n.each(name) {
		out = append(out, one.text())
	}
	return out
}

func (j *judge) vulnerabilities() []node { return j.root.each("vulnerabilities") }
func (j *judge) document() node          { return j.root.get("document") }
func (j *judge) tracking() node          { return j.root.path("document", "tracking") }

// tree gathers what the product tree defines.
func (j *judge) tree() {
	tree := j.root.get("product_tree")
	var walk func(n node, depth int)
	walk = func(n node, depth int) {
		for _, b := range n.each("branches") {
			j.branches = append(j.branches, b)
			if b.has("product") {
				j.products = append(j.products, b.get("product"))
			}
			if depth < maxDepth {
				walk(b, depth+1)
			}
		}
	}
	walk(tree, 0)
	j.products = append(j.products, tree.each("full_product_names")...)
	for _, r := range tree.each("relationships") {
		if r.has("full_product_name") {
			j.products = append(j.products, r.get("full_product_name"))
		}
	}
	j.groups = map[string][]string{}
	for _, g := range tree.each("product_groups") {
		j.groups[g.say("group_id")] = append(j.groups[g.say("group_id")], g.texts("product_ids")...)
	}
}

// maxDepth is how deep a document may be.
const maxDepth = 1000

// members are the products that an item is about, groups resolved.
func (j *judge) members(n node) map[string]bool {
	out := map[string]bool{}
	for _, id := range n.texts("product_ids") {
		out[id] = true
	}
	for _, g := range n.texts("group_ids") {
		for _, id := range j.groups[g] {
			out[id] = true
		}
	}
	return out
}

// twice says it of every node whose key was there before.
func (j *judge) twice(nodes []node, key func(node) string, problem, remedy string) {
	seen := map[string]bool{}
	for _, n := range nodes {
		k := key(n)
		j.need(k == "" || !seen[k], n, problem, remedy)
		seen[k] = true
	}
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }
