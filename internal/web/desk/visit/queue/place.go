package queue

import (
	"net/http"
	"net/url"
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web/desk/visit"
)

// Beside finds where a case stands in the page of the queue that its address names under
// visit.List, which is read as the queue itself reads it: for this reader, and from memory
// until the next commit. What is no list of ours is the one that the desk opens with.
func Beside(shared *visit.Desk) visit.Beside {
	d := &desk{Desk: shared}
	return func(r *http.Request, v *visit.Visit, id cvd.CaseID) (visit.Place, error) {
		return d.place(r, lens{Visit: v}, id)
	}
}

func (d *desk) place(r *http.Request, v lens, id cvd.CaseID) (visit.Place, error) {
	q, _ := url.ParseQuery(r.URL.Query().Get(visit.List)) // what makes no sense in it is left out
	session := d.Site.Desk.As(v.Actor)
	var err error
	if views[viewOf(q)].id == viewMail {
		if v.mail, err = d.waiting(r.Context(), v, session); err != nil {
			return visit.Place{}, err
		}
	}
	chosen, f := finer(q), v.filterOf(q)
	page, _, err := v.list(r.Context(), session, f, chosen.Get("q"), chosen.Get("product"))
	if err != nil {
		return visit.Place{}, err
	}
	out := visit.Place{Back: address(backOf(q)) + "#c-" + string(id)}
	if out.List, err = d.called(r, v, q); err != nil {
		return visit.Place{}, err
	}
	ids := make([]string, len(page.Rows))
	for i := range page.Rows {
		ids[i] = string(page.Rows[i].ID)
	}
	at, before, next := besides(ids, string(id), r.URL.Query().Get(visit.Then))
	link := func(row *casework.Row) *visit.PlaceLink {
		return &visit.PlaceLink{Href: "/desk/cases/" + string(row.ID) + wayFrom(backOf(q)), Title: v.batchCase(row).Title}
	}
	if next >= 0 {
		out.Then = visit.ThenNone
	}
	if before >= 0 {
		out.Before = link(&page.Rows[before])
	}
	switch {
	case next >= 0 && next < len(ids):
		out.Next, out.Then = link(&page.Rows[next]), ids[next]
	case next >= 0 && page.Next != nil:
		_, more := paging(views[viewOf(q)].id, chosen, false, page.Next)
		out.Next = &visit.PlaceLink{Href: more, Title: v.Say("desk.place.more")}
	}
	return out, d.number(r, v, &out, f, page, at)
}

// besides are where a case stands in a list, and what stands before and after it; -1 for
// nowhere, and behind the end for what stands on the next page. then is the case that came
// after it before something was done: the list goes on there, wherever the case stands now.
func besides(ids []string, id, then string) (at, before, next int) {
	at, next = slices.Index(ids, id), slices.Index(ids, then)
	switch {
	case then == visit.ThenNone:
		next = len(ids)
	case next >= 0 && then != id:
	case at >= 0:
		return at, at - 1, at + 1
	case then == "":
		return -1, -1, -1
	default: // it left the list too
		next = 0
	}
	if before = next - 1; before >= 0 && ids[before] == id {
		before--
	}
	return -1, before, next
}

// wayFrom is what the address of a case says of the page of the queue that it is opened from.
func wayFrom(back string) string {
	if back == "" {
		return ""
	}
	return "?" + url.Values{visit.List: {back}}.Encode()
}

// number says the number of the case in its list and how many there are. Nobody has counted
// what stands before a later page, nor the lines in which a text was not looked for yet.
func (d *desk) number(r *http.Request, v lens, out *visit.Place, f casework.Filter, page casework.Page, at int) error {
	if f.After != nil || at < 0 {
		return nil
	}
	n := len(page.Rows)
	if page.Next != nil {
		q, _ := url.ParseQuery(r.URL.Query().Get(visit.List))
		if sought(q) != "" || choice(q, "product") != "" {
			return nil
		}
		counts, err := d.Site.Desk.As(v.Actor).Count(r.Context(), f)
		if err != nil {
			return err
		}
		n = counts[0]
	}
	out.Number = v.Say("desk.place.number", "n", v.count(at+1), "of", v.count(n))
	return nil
}

// called is the name of a list: that under which the reader keeps it, or its view's.
func (d *desk) called(r *http.Request, v lens, q url.Values) (string, error) {
	name := v.Say("desk.tab." + views[viewOf(q)].id)
	if len(finer(q)) == 0 {
		return name, nil
	}
	if d.Site.Filters != nil {
		own, err := d.Site.Filters.Of(r.Context(), v.Actor)
		if err != nil {
			return "", err
		}
		for _, one := range own {
			if kept, err := url.ParseQuery(one.Query); err == nil && canonical(kept) == canonical(q) {
				return one.Name, nil
			}
		}
	}
	return v.Say("desk.place.filtered", "list", name), nil
}
