// Package draft changes a policy's file without anybody touching its YAML: the common
// changes of a review, by their values.
//
// It never judges a value (policy.Parse does), and leaves what it does not know as it
// stands, comments included; blank lines and the folding of lines may move.
package draft

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"fairlead/internal/policy/source"
)

// Amounts are the undertakings whose amount of time can be changed, as keys of the
// file below promises.
var Amounts = []string{
	"acknowledge", "follow_up", "verify", "update", "needs_information", "disclose",
	"fix.critical", "fix.high", "fix.medium", "fix.low", "fix.none",
}

// Contact is a way to reach the team.
type Contact struct{ URI, Note string }

// Draft is what can be changed.
type Draft struct {
	Revision      string
	Languages     []string
	Contacts      []Contact
	Amounts       map[string]string // by the names of Amounts; none: no such undertaking
	Minimum       string            // members of the team
	Qualification string
	EveryMonths   string // until the next review
	WarnDays      string
}

// Read takes the values out of a file. One that cannot be read is an error of its
// faults.
func Read(file []byte) (Draft, error) {
	root, err := load(file)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Revision: text(root, "revision"), Amounts: map[string]string{},
		Minimum: text(root, "team", "minimum"), Qualification: text(root, "team", "qualification"),
		EveryMonths: text(root, "review", "every_months"), WarnDays: text(root, "review", "warn_days"),
	}
	if list := at(root, "languages"); list != nil {
		for _, n := range list.Content {
			d.Languages = append(d.Languages, n.Value)
		}
	}
	if list := at(root, "contacts"); list != nil {
		for _, n := range list.Content {
			d.Contacts = append(d.Contacts, Contact{text(n, "uri"), text(n, "note")})
		}
	}
	for _, name := range Amounts {
		if v := text(root, amount(name)...); v != "" {
			d.Amounts[name] = v
		}
	}
	return d, nil
}

// Write puts the values into a file in place of those that it holds. Contacts are in
// the order of the file: one whose URI is empty is taken out, and those beyond are
// added. An undertaking without an amount is taken out. A file in which nothing
// changes comes back byte for byte.
func (d Draft) Write(file []byte) ([]byte, error) {
	was, err := Read(file)
	if err != nil {
		return nil, err
	}
	root, err := load(file)
	if err != nil {
		return nil, err
	}
	changed := false
	put := func(from, to string, path ...string) {
		if from != to {
			changed = true
			set(root, to, path...)
		}
	}
	put(was.Revision, d.Revision, "revision")
	put(was.Minimum, d.Minimum, "team", "minimum")
	put(was.Qualification, d.Qualification, "team", "qualification")
	if was.Qualification != d.Qualification {
		untranslate(root, "team", "qualification")
	}
	put(was.EveryMonths, d.EveryMonths, "review", "every_months")
	put(was.WarnDays, d.WarnDays, "review", "warn_days")
	for _, name := range Amounts {
		put(was.Amounts[name], d.Amounts[name], amount(name)...)
		if d.Amounts[name] == "" {
			untranslate(root, "promises", name)
		}
	}
	if !slices.Equal(was.Languages, d.Languages) {
		changed = true
		d.languages(root)
	}
	if !slices.Equal(was.Contacts, d.Contacts) {
		changed = true
		d.contacts(root)
	}
	if !changed {
		return file, nil
	}
	return yaml.Dump(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}, yaml.WithIndent(2), yaml.WithLineWidth(-1))
}

func (d Draft) languages(root *yaml.Node) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, l := range d.Languages {
		list.Content = append(list.Content, scalar(l))
	}
	replace(root, "languages", list)
}

func (d Draft) contacts(root *yaml.Node) {
	list := at(root, "contacts")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode}
		replace(root, "contacts", list)
	}
	have := list.Content
	list.Content = nil
	for i, c := range d.Contacts {
		n := &yaml.Node{Kind: yaml.MappingNode}
		if i < len(have) {
			n = have[i]
			retranslate(root, text(n, "uri"), text(n, "note"), c)
		}
		if c.URI == "" {
			continue
		}
		set(n, c.URI, "uri")
		set(n, c.Note, "note")
		list.Content = append(list.Content, n)
	}
}

// untranslate takes the translations of a text out that is another now, or gone: one
// of what was said before would be worse than none.
func untranslate(root *yaml.Node, path ...string) {
	for _, lang := range languagesOf(root) {
		set(lang, "", path...)
		if at(lang, path...) != nil {
			drop(at(lang, path[:len(path)-1]...), path[len(path)-1])
		}
	}
}

// retranslate keeps the translations of a contact's note at its address.
func retranslate(root *yaml.Node, uri, note string, next Contact) {
	for _, lang := range languagesOf(root) {
		all := at(lang, "contacts")
		if all == nil {
			continue
		}
		if next.URI == "" || next.Note != note {
			drop(all, uri)
		}
		for i := 0; i+1 < len(all.Content); i += 2 {
			if all.Content[i].Value == uri {
				all.Content[i].Value = next.URI
			}
		}
		if len(all.Content) == 0 {
			drop(lang, "contacts")
		}
	}
}

// languagesOf are the translations of a file, each of them a mapping.
func languagesOf(root *yaml.Node) []*yaml.Node {
	all := at(root, "translations")
	if all == nil || all.Kind != yaml.MappingNode {
		return nil
	}
	var out []*yaml.Node
	for i := 1; i < len(all.Content); i += 2 {
		if all.Content[i].Kind == yaml.MappingNode {
			out = append(out, all.Content[i])
		}
	}
	return out
}

func amount(name string) []string {
	return append(append([]string{"promises"}, strings.Split(name, ".")...), "within")
}

func load(file []byte) (*yaml.Node, error) {
	f := source.Read("policy.yaml", file)
	if f.Unreadable() {
		return nil, f.Faults()
	}
	var doc yaml.Node
	if err := yaml.Load(file, &doc); err != nil {
		return nil, err
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return doc.Content[0], nil
	}
	return &doc, nil
}

// at finds what stands under the keys; nil where nothing does.
func at(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				next = n.Content[i+1]
			}
		}
		n = next
	}
	return n
}

func text(n *yaml.Node, path ...string) string {
	if n = at(n, path...); n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

func scalar(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	n.Tag = "" // a number stays one, as it would be read from a file
	return n
}

// set writes a value under the keys, or takes it out where it is empty, with what then
// stands empty above it.
func set(n *yaml.Node, value string, path ...string) {
	if len(path) == 0 {
		return
	}
	key, rest := path[0], path[1:]
	if len(rest) == 0 {
		put(n, value, key)
		return
	}
	under := at(n, key)
	if under == nil {
		if value == "" {
			return
		}
		under = &yaml.Node{Kind: yaml.MappingNode}
		replace(n, key, under)
	}
	set(under, value, rest...)
	// An undertaking is nothing without its amount of time.
	if value == "" && (len(under.Content) == 0 || slices.Equal(rest, []string{"within"})) {
		drop(n, key)
	}
}

// put writes one value, or takes it out where it is empty.
func put(n *yaml.Node, value, key string) {
	old := at(n, key)
	switch {
	case value == "":
		drop(n, key)
	case old != nil && old.Kind == yaml.ScalarNode:
		old.Value = value
		if strings.Contains(value, "\n") {
			old.Style = yaml.LiteralStyle
		}
	default:
		replace(n, key, scalar(value))
	}
}

func replace(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, scalar(key), value)
}

func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
