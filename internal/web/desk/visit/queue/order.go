package queue

import (
	"maps"
	"net/url"

	"fairlead/internal/casework"
)

// wordOf names an order in the message catalogue.
func wordOf(by casework.Sort) string {
	if plain := by.Plain(); plain != by {
		return string(plain) + ".turned"
	}
	return string(by)
}

// columnsView is the head of the table, and in which order it stands.
type columnsView struct {
	Pick   bool
	Order  string // as a sentence
	Other  string // link to the order that the reader may want instead; empty for none
	Usual  bool   // that one is the view's own
	Zone   string // of the dates, as a sentence
	Sorted []columnView
}

// columnView is the head of a column that can order the list.
type columnView struct {
	Name string
	Text string
	Link string
	Way  string // of aria-sort; empty where the list stands in another order
}

// columns is the head for the list as it stands; query is the address without where a page
// starts.
func (l lens) columns(pick bool, by, usual casework.Sort, query url.Values) columnsView {
	link := func(by casework.Sort) string {
		q := maps.Clone(query)
		q.Set("sort", string(by))
		if by == usual {
			q.Del("sort")
		}
		return address(q.Encode())
	}
	v := columnsView{Pick: pick, Order: l.Say("desk.order." + wordOf(by)), Zone: l.Say("desk.order.zone", "zone", l.Zone.String())}
	for _, c := range sorted {
		one := columnView{Name: c.name, Text: l.Say("desk.col." + c.name), Link: link(c.first)}
		switch by {
		case c.first:
			one.Link, one.Way = link(c.first.Turned()), towards(c.rising)
		case c.first.Turned():
			one.Way = towards(!c.rising)
		case casework.ByUrgency:
			if c.first == casework.ByDue {
				one.Way = "other"
			}
		}
		v.Sorted = append(v.Sorted, one)
	}
	switch {
	case by == casework.ByUrgency:
		v.Other = link(casework.ByDue)
	case by != usual:
		v.Usual, v.Other = true, link(usual)
	}
	return v
}

// sorted are the columns that can order the list, each as people look for it first;
// pressed again, it goes the other way.
var sorted = []struct {
	name   string
	first  casework.Sort
	rising bool
}{
	{"due", casework.ByDue, true},
	{"came", casework.ByCreated, false},
	{"moved", casework.ByUpdated, false},
	{"severity", casework.BySeverity, false},
}

// towards is the value of aria-sort.
func towards(rising bool) string {
	if rising {
		return "ascending"
	}
	return "descending"
}

// columnsKey is all that the head depends on, but for a text that is sought.
type columnsKey struct {
	pick  bool
	by    casework.Sort
	query string
}
