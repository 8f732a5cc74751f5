package draft

import (
	"net/url"
	"reflect"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// Clash is one field, list or vulnerability that others changed while a form was open.
type Clash struct {
	// Field is its name in the form that Merge made, such as "impact" or "remedy" of a
	// vulnerability; empty for the whole vulnerability.
	Field string
	// Flaw is the place of its vulnerability there, from 0; -1 for what is of none, or of one
	// that stands there no more.
	Flaw              int
	Was, Theirs, Mine string
	Both              bool // else only they changed it, and theirs stands in the form
}

// Align finds the vulnerabilities of one draft in a later one: the place of each there,
// or -1. One is known again by all that it says, else by its number, CVE id, another id or
// title, else by its place, unless title and description there are others. Whoever is
// not known again was taken out, and nobody's words are put into another.
func Align(old, now *cvd.Advisory) []int {
	if old == nil {
		return nil
	}
	out, taken := make([]int, len(old.Vulnerabilities)), map[int]bool{}
	for i := range out {
		out[i] = -1
	}
	if now == nil {
		return out
	}
	find := func(same func(i, n int, was, is *cvd.Vulnerability) bool) {
		for i := range out {
			for n := range now.Vulnerabilities {
				if out[i] < 0 && !taken[n] && same(i, n, &old.Vulnerabilities[i], &now.Vulnerabilities[n]) {
					out[i], taken[n] = n, true
				}
			}
		}
	}
	alike := func(was, is *cvd.Vulnerability) bool { return was.CVE == "" || is.CVE == "" || was.CVE == is.CVE }
	find(func(i, n int, was, is *cvd.Vulnerability) bool { return old == now && i == n })
	find(func(_, _ int, was, is *cvd.Vulnerability) bool { return reflect.DeepEqual(was, is) })
	find(func(_, _ int, was, is *cvd.Vulnerability) bool { return was.Number != 0 && was.Number == is.Number })
	find(func(_, _ int, was, is *cvd.Vulnerability) bool { return was.CVE != "" && was.CVE == is.CVE })
	find(func(_, _ int, was, is *cvd.Vulnerability) bool {
		return slices.ContainsFunc(was.IDs, func(id cvd.ForeignID) bool { return slices.Contains(is.IDs, id) })
	})
	find(func(_, _ int, was, is *cvd.Vulnerability) bool {
		return was.Title != "" && was.Title == is.Title && alike(was, is)
	})
	only := len(old.Vulnerabilities) == 1 && len(now.Vulnerabilities) == 1
	find(func(i, n int, was, is *cvd.Vulnerability) bool {
		same := was.Title == "" || is.Title == "" || was.Description != "" && was.Description == is.Description
		return only || i == n && same && alike(was, is)
	})
	return out
}

// rowsOf are the rows of a list that hold something, as one text; sep stands between the
// fields of a row, and all says whether empty fields count.
func rowsOf(form url.Values, list, sep string, all bool) string {
	var rows []string
	for i := range Rows(form, list) {
		if !held(form, list, i) {
			continue
		}
		var values []string
		for _, name := range columns(list) {
			if s := form.Get(Name(list, i, name)); all || s != "" && name != "id" {
				values = append(values, s)
			}
		}
		rows = append(rows, strings.Join(values, sep))
	}
	return strings.Join(rows, "\n")
}

// said is what a form says in a field, or a list, to be compared or, if shown, read.
func said(form url.Values, name string, shown bool) string {
	switch {
	case !IsList(name):
		return form.Get(name)
	case shown:
		return rowsOf(form, name, " · ", false)
	}
	return rowsOf(form, name, "\x00", true)
}

// whole is all that a form says of a vulnerability.
func whole(form url.Values, at string, shown bool) string {
	if form == nil {
		return ""
	}
	var out []string
	_, flaw := Lists()
	for _, name := range slices.Concat(flawFields, flaw) {
		if s := said(form, Name(at, name), shown); s != "" || !shown {
			out = append(out, s)
		}
	}
	if shown {
		return strings.Join(out, "\n")
	}
	return strings.Join(out, "\x01")
}

// take puts what stands under a name in one form under a name of another, in place of
// what stands there.
func take(into url.Values, to string, from url.Values, name string) {
	for field := range into {
		if field == to || strings.HasPrefix(field, to+".") {
			delete(into, field)
		}
	}
	for field, values := range from {
		if rest, is := strings.CutPrefix(field, name); is && (rest == "" || rest[0] == '.') {
			into[to+rest] = values
		}
	}
}

// unit is one vulnerability: its place in the draft from which the form began, in the
// latest, and in the form; -1 for nowhere.
type unit struct {
	from, latest, mine int
	base               url.Values // the form with what was typed over, and its place there; nil: not known
	at                 int
}

// merger brings forms together: of the draft from which one began, of the latest, and
// what was typed.
type merger struct {
	base, theirs, mine, out url.Values
	clashes                 []Clash
}

// Merge brings what was typed together with the latest draft: of each field, list and
// vulnerability, what one of the two changed since the draft from which the form began.
// Where both did, what was typed stays, and the clash says so. shown is the draft that the
// form showed last, which one that was brought together before has seen besides. from and
// shown are nil where they are not known: then all that differs is changed by both. What
// was typed must be readable.
func Merge(from, shown, latest *cvd.Advisory, typed url.Values) (url.Values, []Clash) {
	mine, faults := Read(from, latest, typed)
	m := &merger{theirs: write(latest), mine: write(mine), out: url.Values{}}
	if len(faults) > 0 {
		m.mine = Tidy(typed)
	}
	if from != nil {
		m.base = write(from)
	}
	for name, values := range typed { // what is none of the record's
		if head, _, _ := strings.Cut(name, "."); head != "flaw" && !slices.Contains(fields, head) && lists[head] == nil {
			m.out[name] = values
		}
	}
	units := pair(from, shown, latest, typed)
	lists, _ := Lists()
	for _, name := range slices.Concat(fields, lists) {
		take(m.out, name, m.mine, name)
		m.field(name, -1, m.base, name, name, name)
	}
	n := 0
	for _, u := range units {
		if m.flaw(n, u) {
			n++
		}
	}
	m.products()
	alone(m.out)
	return m.out, m.clashes
}

// field brings one field, or list, together; the names are those in the four forms.
func (m *merger) field(name string, flaw int, base url.Values, inBase, inTheirs, inMine string) {
	their, my := said(m.theirs, inTheirs, false), said(m.mine, inMine, false)
	if their == my || base != nil && said(base, inBase, false) == their {
		return
	}
	one := Clash{Field: name[strings.LastIndexByte(name, '.')+1:], Flaw: flaw, Theirs: said(m.theirs, inTheirs, true), Both: base == nil || said(base, inBase, false) != my}
	if base != nil {
		one.Was = said(base, inBase, true)
	}
	if one.Both {
		one.Mine = said(m.mine, inMine, true)
	} else {
		take(m.out, name, m.theirs, inTheirs)
	}
	m.clashes = append(m.clashes, one)
}

// flaw brings one vulnerability together, and tells whether it stands in the form.
func (m *merger) flaw(n int, u unit) bool {
	at, base := Flaw(n), Flaw(u.at)
	was, theirs, mine := whole(u.base, base, false), whole(m.theirs, Flaw(u.latest), false), whole(m.mine, Flaw(u.mine), false)
	one := Clash{Flaw: -1, Was: whole(u.base, base, true)}
	switch {
	case u.mine >= 0 && u.latest >= 0:
		take(m.out, at, m.mine, Flaw(u.mine))
		_, flaw := Lists()
		for _, name := range slices.Concat(flawFields, flaw) {
			m.field(Name(at, name), n, u.base, Name(base, name), Name(Flaw(u.latest), name), Name(Flaw(u.mine), name))
		}
	case u.mine >= 0 && u.base == nil && u.from < 0: // mine is new
		take(m.out, at, m.mine, Flaw(u.mine))
	case u.mine >= 0 && u.base != nil && was == mine: // they took it out
		m.clashes = append(m.clashes, one)
		return false
	case u.mine >= 0: // they took out what was changed here
		take(m.out, at, m.mine, Flaw(u.mine))
		one.Flaw, one.Mine, one.Both = n, whole(m.mine, Flaw(u.mine), true), true
		m.clashes = append(m.clashes, one)
	case u.latest < 0 || u.base != nil && was == theirs: // it is taken out, here or there
		return false
	default:
		one.Theirs, one.Both = whole(m.theirs, Flaw(u.latest), true), u.base != nil
		if !one.Both { // theirs is new
			take(m.out, at, m.theirs, Flaw(u.latest))
			one.Flaw = n
		}
		m.clashes = append(m.clashes, one)
		if one.Both {
			return false
		}
	}
	m.out.Set(Name(at, "key"), u.key())
	return true
}

// key names it in the form that was brought together.
func (u unit) key() string {
	switch {
	case u.from >= 0:
		return key(u.from)
	case u.latest >= 0:
		return "s" + strings.TrimPrefix(key(u.latest), "b")
	}
	return ""
}

// products sees to it that what was taken from the latest draft names products of the form.
func (m *merger) products() {
	there := func(form url.Values, id string) int {
		for i := range Rows(form, "product") {
			if form.Get(Name("product", i, "id")) == id && form.Get(Name("product", i, "name")) != "" {
				return i
			}
		}
		return -1
	}
	for i := range Flaws(m.out) {
		list := Name(Flaw(i), "affect")
		for n := range Rows(m.out, list) {
			id := m.out.Get(Name(list, n, "product"))
			if at := there(m.theirs, id); at >= 0 && there(m.out, id) < 0 {
				take(m.out, Name("product", Rows(m.out, "product")), m.theirs, Name("product", at))
			}
		}
	}
}

// pair lists the vulnerabilities of the three: those of the form in its order, and new
// ones of the latest draft behind the one that they follow there.
func pair(from, shown, latest *cvd.Advisory, typed url.Values) []unit {
	var out []unit
	fromLatest, shownLatest := Align(from, latest), Align(shown, latest)
	var began, showed url.Values
	if from != nil {
		began = write(from)
	}
	if shown != nil {
		showed = write(shown)
	}
	find := func(ok func(unit) bool) int { return slices.IndexFunc(out, ok) }
	for i := range Flaws(typed) {
		u := unit{from: -1, latest: -1, mine: i}
		key := typed.Get(Name(Flaw(i), "key"))
		if s := spot(shown, key, "s"); s >= 0 {
			if u.latest = shownLatest[s]; u.latest < 0 { // it came and went
				u.base, u.at = showed, s
			}
		}
		if b := spot(from, key, "b"); b >= 0 {
			u.from, u.latest, u.base, u.at = b, fromLatest[b], began, b
		} else if b := spot(latest, key, "b"); b >= 0 && from == nil {
			u.from, u.latest = b, b
		}
		out = append(out, u)
	}
	for b, n := range fromLatest {
		if find(func(u unit) bool { return u.from == b }) < 0 {
			out = append(out, unit{from: b, latest: n, mine: -1, base: began, at: b})
		}
	}
	for n := range latest.Vulnerabilities {
		if find(func(u unit) bool { return u.latest == n }) >= 0 {
			continue
		}
		u := unit{from: -1, latest: n, mine: -1}
		if s := slices.Index(shownLatest, n); s >= 0 && from != shown { // taken out after it was shown
			u.base, u.at = url.Values{}, 0
		}
		out = slices.Insert(out, 1+find(func(u unit) bool { return u.latest == n-1 && n > 0 }), u)
	}
	return out
}
