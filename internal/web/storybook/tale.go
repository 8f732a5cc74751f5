package storybook

import (
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

//go:embed canned
var canned embed.FS

// tale is one page in one state.
type tale struct {
	Alarms []web.Notice
	Tools  template.HTML
	View   any
}

// teller reads invented data. A view is plain YAML; its tags say what YAML cannot:
//
//	!at -3d       an instant before or after that of the storybook; !at alone is none
//	!band high    a severity
//	!size 24000   a number of bytes
//	!list [a, b]  words to be joined
//	!field {…}    a field of a form; !summary {…} the faults of one
//	!html <p>     markup that a page was given by its door
//	!href tel:+1  an address of a scheme that templates know nothing of
//	!say ID       a text of the catalogue; !say {id: ID, name: Kim} one with blanks
//	!outcome ID   what became of a case
//	!brief 1d     an instant in the words of a column; !short its day, !distance how far off
//	!odd long     words that are hard to lay out
//	!part {…}     a template of the page, with what it is given, and what its script would change
type teller struct {
	now   time.Time
	voice *words.Voice
	part  func(name string, view any) (template.HTML, error)
	// names are all that the templates ask of a view. What a tale leaves out is nothing:
	// it tells only what matters to its state.
	names []string
}

// written is what was written down of a page: the names of its states, each before
// what it tells.
func written(shelf, page string) ([]*yaml.Node, error) {
	raw, err := canned.ReadFile("canned/" + shelf + "/" + page + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%w: no tale of %s/%s", cvd.ErrNotFound, shelf, page)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", shelf, page, err)
	}
	return doc.Content[0].Content, nil
}

// tale reads one state of a page.
func (t teller) tale(shelf, page, name string) (tale, error) {
	all, err := written(shelf, page)
	if err != nil {
		return tale{}, err
	}
	for i := 0; i+1 < len(all); i += 2 {
		if all[i].Value != name {
			continue
		}
		v, err := t.object(all[i+1])
		if err != nil {
			return tale{}, fmt.Errorf("%s/%s/%s: %w", shelf, page, name, err)
		}
		one := tale{View: v["view"]}
		one.Tools, _ = v["tools"].(template.HTML)
		alarms, _ := v["alarms"].([]any)
		for _, a := range alarms {
			notice, _ := a.(web.Notice)
			one.Alarms = append(one.Alarms, notice)
		}
		return one, nil
	}
	return tale{}, fmt.Errorf("%w: no tale %s of %s/%s", cvd.ErrNotFound, name, shelf, page)
}

func (t teller) value(n *yaml.Node) (any, error) {
	if own(n) {
		v, err := t.tagged(n)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return v, nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return t.value(n.Alias)
	case yaml.MappingNode:
		return t.object(n)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := t.value(c)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	var v any
	return v, n.Decode(&v)
}

// own tells whether the node has a tag of ours.
func own(n *yaml.Node) bool { return strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") }

// object reads a mapping. Under the key << stands another whose entries it takes over.
func (t teller) object(n *yaml.Node) (map[string]any, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	out := make(map[string]any, len(t.names))
	for _, name := range t.names {
		out[name] = nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i].Value, n.Content[i+1]
		if key == "<<" {
			base, err := t.object(val)
			if err != nil {
				return nil, err
			}
			for k, v := range base {
				if out[k] == nil {
					out[k] = v
				}
			}
			continue
		}
		v, err := t.value(val)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// tagged reads what stands under a tag.
func (t teller) tagged(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!at":
		return t.at(n.Value)
	case "!band":
		return cvd.Band(n.Value), nil
	case "!size":
		return strconv.ParseInt(n.Value, 10, 64)
	case "!html":
		return template.HTML(n.Value), nil //nolint:gosec // it is ours
	case "!say":
		return t.said(n)
	case "!href":
		return template.URL(n.Value), nil //nolint:gosec // it is ours
	case "!outcome":
		return t.voice.Outcome(n.Value), nil
	case "!odd":
		return odd[n.Value], nil
	case "!list":
		return as[[]string](t, n)
	case "!field":
		return as[web.Field](t, n)
	case "!summary":
		return as[*web.Summary](t, n)
	case "!notice":
		return as[web.Notice](t, n)
	case "!part":
		return t.made(n)
	}
	if date, ok := dates[n.Tag]; ok {
		at, err := t.at(n.Value)
		return date(t, at), err
	}
	return nil, fmt.Errorf("%w: no tag %s", cvd.ErrInvalid, n.Tag)
}

// as reads a type of the site's as it is.
func as[T any](t teller, n *yaml.Node) (v T, err error) {
	settled, err := t.settled(n)
	if err != nil {
		return v, err
	}
	err = settled.Decode(&v)
	return v, err
}

// bare is the node without its tag. The node itself may be read again, by its alias.
func bare(n *yaml.Node) *yaml.Node {
	out := *n
	out.Tag = ""
	return &out
}

// at is an instant by its distance from now, in days or in what Go calls a duration.
func (t teller) at(distance string) (time.Time, error) {
	if distance == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(distance, "d"); ok {
		n, err := strconv.Atoi(days)
		return t.now.AddDate(0, 0, n), err
	}
	d, err := time.ParseDuration(distance)
	return t.now.Add(d), err
}

// made renders a part. What a script would change afterwards stands under put: what is
// replaced, and by what.
func (t teller) made(n *yaml.Node) (any, error) {
	var of struct {
		Name string
		View yaml.Node
		Each []yaml.Node
		Put  []struct {
			Old string
			New []yaml.Node
		}
	}
	if err := bare(n).Decode(&of); err != nil {
		return nil, err
	}
	if of.Each == nil {
		of.Each = []yaml.Node{of.View}
	}
	var out strings.Builder
	for _, one := range of.Each {
		view, err := t.value(&one)
		if err != nil {
			return nil, err
		}
		html, err := t.part(of.Name, view)
		if err != nil {
			return nil, err
		}
		out.WriteString(string(html))
	}
	html := out.String()
	for _, p := range of.Put {
		var by strings.Builder
		for _, piece := range p.New {
			v, err := t.value(&piece)
			if err != nil {
				return nil, err
			}
			fmt.Fprint(&by, v)
		}
		if !strings.Contains(html, p.Old) {
			return nil, fmt.Errorf("%s holds no %s", of.Name, p.Old)
		}
		html = strings.Replace(html, p.Old, by.String(), 1)
	}
	return template.HTML(html), nil //nolint:gosec // the template escaped it, and the rest is ours
}
