package advisories

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// clashView is what others saved while a form was open, beside what was typed into it.
type clashView struct {
	From    int64 // the draft that the form began from
	Saved   []savedView
	Rows    []clashRow
	Replace *web.Field // asked for where both changed the same; nil where nobody's words go
}

// savedView is one draft that came between.
type savedView struct {
	Who, Note string
	At        time.Time
}

// clashRow is one field, or list, in which the two differ.
type clashRow struct {
	Label, Was, Theirs, Mine string
	Both                     bool // else only they changed it, and theirs stands in the form
}

// lists are those of the form: their part, and their fields with the one first without
// which a row is none.
var lists = map[string]struct {
	part   string
	fields []string
}{
	"product":   {"products", []string{"name", "purl", "status", "ranges", "versions", "because", "statement"}},
	"remedy":    {"remedies", []string{"text", "kind", "url", "date"}},
	"credit":    {"credits", []string{"name", "organisation", "kind"}},
	"reference": {"references", []string{"url", "kind", "text"}},
	"time":      {"timeline", []string{"text", "at"}},
}

// behind tells whether a form was made of a draft that is no longer the latest.
func behind(draft *casework.Draft, typed url.Values) bool {
	return draft.Seq != visit.Number(typed.Get("seq"))
}

// began is the draft from which a form began, which another that was brought together
// with it may have followed.
func began(typed url.Values) int64 {
	if typed.Has("from") {
		return visit.Number(typed.Get("from"))
	}
	return visit.Number(typed.Get("seq"))
}

// saved is the record of a draft, or nil.
func saved(draft *casework.Draft, seq int64) *cvd.Advisory {
	for _, ev := range draft.Drafts {
		if ev.Seq == seq {
			return ev.Body.Advisory
		}
	}
	return nil
}

// sent is a record as its form would be sent unchanged.
func sent(v lens, a *cvd.Advisory) url.Values {
	out := url.Values{}
	parts := fill(v, a, 0)
	each(parts, func(f *web.Field) { out.Set(f.Name, strings.TrimSpace(f.Value)) })
	return out
}

// rowsOf are the rows of a list that hold something, as one text; sep stands between
// the fields of a row, and all says whether empty fields count.
func rowsOf(form url.Values, list, sep string, all bool) string {
	r, fields := reader{form: form}, lists[list].fields
	var rows []string
	for i := range r.rows(list, fields[0]) {
		if form.Get(row(list, i, fields[0])) == "" {
			continue
		}
		var values []string
		for _, name := range fields {
			if s := form.Get(row(list, i, name)); all || s != "" {
				values = append(values, s)
			}
		}
		rows = append(rows, strings.Join(values, sep))
	}
	return strings.Join(rows, "\n")
}

// said is what a form says in a field, or a list, to be compared or, if shown, read.
func said(form url.Values, name string, shown bool) string {
	if _, is := lists[name]; !is {
		return form.Get(name)
	}
	if shown {
		return rowsOf(form, name, " · ", false)
	}
	return rowsOf(form, name, "\x00", true)
}

// merge brings what was typed together with the latest draft: of each field, or list,
// what one of the two changed since the draft from which the form began. Where both
// did, what was typed stays, and the row says so.
func merge(v lens, draft *casework.Draft, typed url.Values) (url.Values, []clashRow) {
	theirs, base := sent(v, draft.Record), url.Values(nil)
	if a := saved(draft, began(typed)); a != nil {
		base = sent(v, a)
	}
	out := url.Values{}
	for name, values := range typed {
		out[name] = values
	}
	var rows []clashRow
	var seen []string
	parts := fill(v, draft.Record, 1)
	each(parts, func(f *web.Field) {
		name, _, _ := strings.Cut(f.Name, ".")
		if name == "others" || slices.Contains(seen, name) {
			return
		}
		seen = append(seen, name)
		their, mine := said(theirs, name, false), said(typed, name, false)
		if their == mine || base != nil && said(base, name, false) == their {
			return
		}
		one := clashRow{Label: v.label(name), Theirs: said(theirs, name, true), Both: base == nil || said(base, name, false) != mine}
		if base != nil {
			one.Was = said(base, name, true)
		}
		if one.Both {
			one.Mine = said(typed, name, true)
		} else {
			take(out, theirs, name)
		}
		rows = append(rows, one)
	})
	return out, rows
}

// label is what the form calls a field or a list.
func (v lens) label(name string) string {
	if l, is := lists[name]; is {
		return v.Say("desk.advisory.part." + l.part)
	}
	return v.Say("desk.advisory." + name)
}

// take puts a field, or a list, of one form in place of another's.
func take(into, from url.Values, name string) {
	for _, form := range []url.Values{into, from} {
		for _, field := range visit.Sorted(form) {
			if field != name && !strings.HasPrefix(field, name+".") {
				continue
			}
			delete(into, field)
			if from.Has(field) {
				into[field] = from[field]
			}
		}
	}
}

// clash is what stands between a form and the latest draft.
func (v lens) clash(draft *casework.Draft, typed url.Values, rows []clashRow) *clashView {
	out := &clashView{From: began(typed), Rows: rows}
	for _, ev := range draft.Drafts {
		if ev.Seq > out.From {
			out.Saved = append(out.Saved, savedView{v.Who(ev.Actor), ev.Body.Note, ev.At})
		}
	}
	var both []string
	for _, one := range rows {
		if one.Both {
			both = append(both, one.Label)
		}
	}
	if len(both) > 0 {
		out.Replace = &web.Field{
			Name: "replace", Kind: "tick", Required: true,
			Label: v.Say("desk.advisory.clash.replace", "fields", strings.Join(both, ", ")), Help: v.Say("desk.advisory.clash.replace.help"),
		}
	}
	return out
}

// overtaken answers a save of a form whose draft others followed, or nil where there is
// nothing to settle.
func (d *desk) overtaken(w http.ResponseWriter, r *http.Request, v lens, draft *casework.Draft, typed url.Values) (bool, error) {
	late := behind(draft, typed)
	if !late && !typed.Has("from") {
		return false, nil
	}
	joined, rows := merge(v, draft, typed)
	view := v.clash(draft, typed, rows)
	if !late && (view.Replace == nil || typed.Get("replace") != "") {
		return false, nil
	}
	a, faults := read(draft.Record, joined)
	joined.Set("seq", strconv.FormatInt(draft.Seq, 10))
	joined.Set("from", strconv.FormatInt(view.From, 10))
	return true, d.show(w, r, v, http.StatusConflict, draft, sheet{parts: fill(v, a, 1), faults: faults, typed: joined, clash: view})
}

// lost tells whether a save lost a race, and reads the draft that won it.
func (d *desk) lost(r *http.Request, v lens, typed url.Values, err error) (*casework.Draft, error) {
	if !errors.Is(err, cvd.ErrConflict) {
		return nil, nil
	}
	draft, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil || !behind(draft, typed) {
		return nil, err
	}
	return draft, nil
}
