package parts

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"fairlead/internal/intake/sbom"
)

// index is what questions are answered from. Versions of a product share most of
// their components, so each component stands here once, with a short entry for
// each bill that lists it.
type index struct {
	seq      int64
	bills    map[string]*kept
	recorded map[string]sbom.Contact // by members, by key
	changes  []Change                // oldest first, at most maxChanges

	parts  []*part
	byKey  map[string]*part
	byName map[string][]*part // in lower case: whole, and the last part alone
	spaced []*part            // those of more than one word
	texts  map[string]string  // each version string once
	stale  bool               // a bill went: settle has to look for what is left
}

// kept is a bill in force. Its rank is its place among all, by product and
// version: neighbours of one product have neighbouring ranks.
type kept struct {
	Bill
	rank int
}

// part is one component, whatever its version.
type part struct {
	key, name string
	lower     string // the name in lower case
	short     string // its last part, in lower case
	uses      []use
}

type use struct {
	bill    *kept
	version string        // the component's
	contact *sbom.Contact // as the bill tells it; nil if it tells none
}

// loading is the index while events are taken into it, and what each line of a
// bill came to.
type loading struct {
	*index
	lines map[string]entry
}

type entry struct {
	part    *part
	version string
	contact *sbom.Contact
}

func newIndex() *index {
	return &index{
		bills: map[string]*kept{}, recorded: map[string]sbom.Contact{}, byKey: map[string]*part{},
		byName: map[string][]*part{}, texts: map[string]string{},
	}
}

// take applies one event, with the packed components of a bill that is in force.
func (l *loading) take(ev event, packed string, shown bool) {
	h, b := ev.head, ev.body
	l.seq = h.Seq
	c := Change{At: h.At, Type: h.Type, Actor: h.Actor, Who: b.Who, Bill: b.Bill, Reason: b.Reason, Component: b.Name, Contact: b.Contact}
	switch h.Type {
	case typeAdded:
		if h.Replaces != "" {
			l.drop(h.Replaces)
			c.Type = "bill-replaced"
		}
		if packed != "" {
			l.add(&kept{Bill: *b.Bill}, packed)
		}
	case typeRemoved:
		l.drop(h.Bill)
	case typeContact:
		l.recorded[b.Component] = *b.Contact
	}
	if shown {
		if l.changes = append(l.changes, c); len(l.changes) > maxChanges {
			l.changes = slices.Clone(l.changes[len(l.changes)-maxChanges:])
		}
	}
}

func (l *loading) add(bill *kept, packed string) {
	l.bills[bill.ID] = bill
	for text := range strings.Lines(packed) {
		one, ok := l.lines[text]
		if !ok {
			one = l.read(strings.Clone(text)) // so that the whole bill is not kept for a line
			l.lines[text] = one
		}
		one.part.uses = append(one.part.uses, use{bill, one.version, one.contact})
	}
}

func (l *loading) read(text string) entry {
	c := unpack(strings.TrimSuffix(text, "\n"))
	key := c.Key()
	p := l.byKey[key]
	if p == nil {
		p = newPart(key, &c)
		l.byKey[key] = p
		l.list(p)
	}
	one := entry{part: p, version: l.text(c.Version)}
	if c.Contact != (sbom.Contact{}) {
		one.contact = &c.Contact
	}
	return one
}

func newPart(key string, c *sbom.Component) *part {
	p := &part{key: key, name: c.Name, lower: strings.ToLower(c.Name)}
	p.short = p.lower
	if purl, ok := sbom.ParsePURL(c.PURL); ok {
		p.short = strings.ToLower(purl.Short)
	} else if i := strings.LastIndexByte(p.lower, '/'); i >= 0 {
		p.short = p.lower[i+1:]
	}
	return p
}

// list puts a component under its names.
func (x *index) list(p *part) {
	x.parts = append(x.parts, p)
	x.byName[p.lower] = append(x.byName[p.lower], p)
	if p.short != p.lower {
		x.byName[p.short] = append(x.byName[p.short], p)
	}
	if strings.Contains(p.lower, " ") {
		x.spaced = append(x.spaced, p)
	}
}

func (x *index) text(s string) string {
	if known, ok := x.texts[s]; ok {
		return known
	}
	x.texts[s] = s
	return s
}

func (x *index) drop(id string) {
	if x.bills[id] != nil {
		delete(x.bills, id)
		x.stale = true
	}
}

// settle ranks the bills, and takes out what only bills that went have listed,
// once for all of them.
func (x *index) settle() {
	order := slices.SortedFunc(maps.Values(x.bills), func(a, b *kept) int {
		return cmp.Or(
			strings.Compare(strings.ToLower(a.Product), strings.ToLower(b.Product)),
			CompareVersions(a.Version, b.Version), strings.Compare(a.Version, b.Version),
		)
	})
	for i, b := range order {
		b.rank = i
	}
	if !x.stale {
		return
	}
	x.stale = false
	parts := x.parts
	x.parts, x.spaced, x.byName = nil, nil, make(map[string][]*part, len(x.byName))
	x.texts = map[string]string{}
	for _, p := range parts {
		p.uses = slices.DeleteFunc(p.uses, func(u use) bool { return x.bills[u.bill.ID] != u.bill })
		if len(p.uses) == 0 {
			delete(x.byKey, p.key)
			continue
		}
		for i := range p.uses {
			p.uses[i].version = x.text(p.uses[i].version)
		}
		x.list(p)
	}
}

// of is the bill in force for the version of the product, or nil.
func (x *index) of(product, version string) *kept {
	for _, b := range x.bills {
		if strings.EqualFold(b.Product, product) && b.Version == version {
			return b
		}
	}
	return nil
}

// ours tells whether a bill is of that product.
func (x *index) ours(product string) bool {
	product = strings.TrimSpace(product)
	for _, b := range x.bills {
		if strings.EqualFold(b.Product, product) {
			return true
		}
	}
	return false
}

// spelling is the product's name as earlier bills write it.
func (x *index) spelling(product string) string {
	for _, id := range slices.Sorted(maps.Keys(x.bills)) {
		if strings.EqualFold(x.bills[id].Product, product) {
			return x.bills[id].Product
		}
	}
	return product
}

// contact is how the component's project is reached: as a member recorded it, or
// else as the newest bill tells that tells anything.
func (x *index) contact(p *part) (c sbom.Contact, recorded bool) {
	if c = x.recorded[p.key]; c != (sbom.Contact{}) {
		return c, true
	}
	var newest time.Time
	for _, u := range p.uses {
		if u.contact != nil && !u.bill.At.Before(newest) {
			c, newest = *u.contact, u.bill.At
		}
	}
	return c, false
}
