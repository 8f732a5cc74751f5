package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/intake/sbom"
)

// Question asks which of our versions contain a component: by its package URL,
// or by words of its name. A version in the package URL stands for Versions,
// unless that is given.
type Question struct {
	PURL, Name string
	Versions   string // a range of the component's versions; see ParseRange
	// Wrong is what a door found wrong with it, told with the rest.
	Wrong cvd.Faults
}

// Found is one component, and which of our versions contain it.
type Found struct {
	Key     string // by which it is asked for again
	Name    string
	PURL    string // without a version; empty if no bill gives one
	Contact sbom.Contact
	// Recorded tells that a member wrote the contact down; else it is a bill's.
	Recorded bool
	In       []Holding
}

// Holding is a product of ours that contains a component.
type Holding struct {
	Product string
	// Spans are our versions, each a run without a gap among those whose bill is
	// in force.
	Spans []Span
	Uses  []Use // by our version
}

// Span is a run of our versions; From and To are the same for one alone.
type Span struct{ From, To string }

// Use is one version of ours, and the component's version in it; that is empty
// where the bill does not give it.
type Use struct{ Version, Component, Bill string }

// MaxFound is the most components of one answer.
const MaxFound = 100

// maxQuestion is the most characters of a question.
const maxQuestion = 1000

// Find answers a question, components whose whole name is asked for first. more
// tells that there are more than MaxFound.
func (v *Inventory) Find(ctx context.Context, by cvd.Actor, q Question) (out []Found, more bool, err error) {
	x, done, err := v.look(ctx, by)
	if err != nil {
		return nil, false, err
	}
	defer done()
	parts, within, err := x.asked(q)
	if err != nil {
		return nil, false, err
	}
	for _, p := range parts {
		f := x.found(p, within)
		if len(f.In) == 0 {
			continue
		}
		if len(out) == MaxFound {
			return out, true, nil
		}
		out = append(out, f)
	}
	return out, false, nil
}

// asked reads the question: which components, and which versions of them.
func (x *index) asked(q Question) ([]*part, Range, error) {
	var faults cvd.Faults
	within, err := ParseRange("versions", q.Versions)
	if wrong, ok := errors.AsType[cvd.Faults](err); ok {
		faults = append(faults, wrong...)
	}
	name, purl := strings.TrimSpace(q.Name), strings.TrimSpace(q.PURL)
	switch {
	case name == "" && purl == "":
		faults = append(faults, cvd.Fault{Field: "name", Problem: "is empty, and so is purl", Remedy: "give a name or a package URL"})
	case name != "" && purl != "":
		faults = append(faults, cvd.Fault{Field: "name", Problem: "is given beside purl", Remedy: "give one of them"})
	case len(name) > maxQuestion:
		faults = append(faults, cvd.Fault{Field: "name", Problem: fmt.Sprintf("is over %d bytes", maxQuestion), Remedy: "shorten it"})
	}
	p, ok := sbom.ParsePURL(purl)
	if purl != "" && !ok {
		faults = append(faults, cvd.Fault{Field: "purl", Problem: "is no package URL of at most 1000 characters", Remedy: "write it as pkg:npm/lodash, with or without @ and a version"})
	}
	if faults = intake.Join(q.Wrong, faults); len(faults) > 0 {
		return nil, nil, faults
	}
	if purl == "" {
		return x.named(name), within, nil
	}
	if within == nil && p.Version != "" {
		within = Range{{"=", p.Version}}
	}
	if one := x.byKey[p.Key]; one != nil {
		return []*part{one}, within, nil
	}
	return nil, within, nil
}

// named lists the components whose name holds all the words, in whatever order
// and case; those of just that name come first.
func (x *index) named(name string) []*part {
	name = strings.ToLower(strings.Join(strings.Fields(name), " "))
	words := strings.Fields(name)
	if len(words) == 0 {
		return nil
	}
	var out []*part
	for _, p := range x.parts {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(p.lower, w) }) {
			out = append(out, p)
		}
	}
	exact := func(p *part) int { return slices.Index([]bool{p.lower == name, p.short == name, true}, true) }
	slices.SortFunc(out, func(a, b *part) int {
		return cmp.Or(exact(a)-exact(b), strings.Compare(a.lower, b.lower), strings.Compare(a.key, b.key))
	})
	return out
}

// Component is what is known of the component of that key; a cvd.ErrNotFound if
// no bill lists it.
func (v *Inventory) Component(ctx context.Context, by cvd.Actor, key string) (Found, error) {
	x, done, err := v.look(ctx, by)
	if err != nil {
		return Found{}, err
	}
	defer done()
	p := x.byKey[key]
	if p == nil {
		return Found{}, fmt.Errorf("%w: no such component", cvd.ErrNotFound)
	}
	return x.found(p, nil), nil
}

// found gathers where the component is.
func (x *index) found(p *part, within Range) Found {
	f := Found{Key: p.key, Name: p.name}
	if strings.HasPrefix(p.key, "pkg:") {
		f.PURL = p.key
	}
	f.Contact, f.Recorded = x.contact(p)
	uses := slices.DeleteFunc(slices.Clone(p.uses), func(u use) bool { return !within.Holds(u.version) })
	slices.SortFunc(uses, func(a, b use) int {
		if a.bill != b.bill {
			return a.bill.rank - b.bill.rank
		}
		return CompareVersions(a.version, b.version)
	})
	var last *kept
	for _, u := range uses {
		if last == nil || last.Product != u.bill.Product {
			f.In = append(f.In, Holding{Product: u.bill.Product})
			last = nil
		}
		f.In[len(f.In)-1].take(u, last)
		last = u.bill
	}
	return f
}

// take adds a use to the holding; last is the bill of the use before, nil for the
// first. Versions whose bills are neighbours make one span.
func (h *Holding) take(u use, last *kept) {
	h.Uses = append(h.Uses, Use{u.bill.Version, u.version, u.bill.ID})
	switch {
	case last == u.bill:
	case last != nil && last.rank+1 == u.bill.rank:
		h.Spans[len(h.Spans)-1].To = u.bill.Version
	default:
		h.Spans = append(h.Spans, Span{u.bill.Version, u.bill.Version})
	}
}

// Versions names the component's versions that we ship, each once.
func (f Found) Versions() []string {
	var out []string
	for _, h := range f.In {
		out = append(out, h.Theirs()...)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(CompareVersions(a, b), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// String is the span as people read it.
func (s Span) String() string {
	if s.From == s.To {
		return s.From
	}
	return s.From + "–" + s.To
}

// Ours names our versions that contain the component, such as "1.2–1.4, 2.0".
func (h Holding) Ours() string {
	var out []string
	for _, s := range h.Spans {
		out = append(out, s.String())
	}
	return strings.Join(out, ", ")
}

// Theirs names the component's versions in them, each once.
func (h Holding) Theirs() []string {
	var out []string
	for _, u := range h.Uses {
		if u.Component != "" && !slices.Contains(out, u.Component) {
			out = append(out, u.Component)
		}
	}
	slices.SortFunc(out, CompareVersions)
	return out
}
