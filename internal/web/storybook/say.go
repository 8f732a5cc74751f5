package storybook

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"fairlead/internal/cvd"
)

// said is a text of the catalogue in the reader's language: its id alone, a mapping of
// that and what fills its blanks, or a list of ids and numbers that stand behind one
// another. A number under count picks the plural.
func (t teller) said(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode {
		out := make([]string, 0, len(n.Content))
		for _, c := range n.Content {
			s, err := c.Value, error(nil)
			if c.Tag != "!!int" {
				s, err = t.said(c)
			}
			if err != nil {
				return "", err
			}
			out = append(out, s)
		}
		return strings.Join(out, " "), nil
	}
	id, pairs := n.Value, []any(nil)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i].Value, n.Content[i+1]
		if key == "id" {
			id = val.Value
			continue
		}
		v, err := t.value(val)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, key, v)
	}
	if !t.voice.Has(id) {
		return "", fmt.Errorf("%w: the catalogue has no %s", cvd.ErrInvalid, id)
	}
	return t.voice.Say(id, pairs...), nil
}

// dates are how instants stand in words that a page was given by its door.
var dates = map[string]func(t teller, at time.Time) string{
	"!brief":    func(t teller, at time.Time) string { return t.voice.Brief(at, time.UTC, t.now.Year()) },
	"!short":    func(t teller, at time.Time) string { return t.voice.Short(at, time.UTC, t.now.Year()) },
	"!distance": func(t teller, at time.Time) string { return t.voice.Distance(at, t.now) },
}

// settled is the node without its tag, and with words for every tag below it that stands
// for words, so that a type of the site's can be read from it. The node itself may be
// read again, by its alias.
func (t teller) settled(n *yaml.Node) (*yaml.Node, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	out := *n
	out.Tag, out.Anchor, out.Content = "", "", make([]*yaml.Node, len(n.Content))
	for i, c := range n.Content {
		if !own(c) {
			settled, err := t.settled(c)
			if err != nil {
				return nil, err
			}
			settled.Tag = c.Tag
			out.Content[i] = settled
			continue
		}
		v, err := t.value(c)
		if err != nil {
			return nil, err
		}
		out.Content[i] = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: fmt.Sprint(v)}
	}
	return &out, nil
}
