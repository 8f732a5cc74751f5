package trail

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// kindLook is the kind of entries that say who opened a case or a mail. They stand in a
// list of their own, and are the only ones about a case.
const kindLook = "look"

// sift is what of the audit is looked for, as it was typed and as it is meant.
type sift struct {
	person, kind, about, from, until string

	of       cvd.CaseID
	since    time.Time
	before   time.Time // the midnight after the last day
	faults   cvd.Faults
	lookless bool // a case is asked for with a kind that no case has
}

// siftOf reads the address.
func (l lens) siftOf(q url.Values) sift {
	typed, faults := visit.Clean(q)
	s := sift{person: typed.Get("who"), kind: typed.Get("kind"), about: typed.Get("case"), from: typed.Get("from"), until: typed.Get("until"), faults: faults}
	day := func(field, text string) (t time.Time) {
		if text == "" {
			return t
		}
		t, fault := visit.Day(field, text, l.Zone)
		if fault != nil {
			s.faults = append(s.faults, *fault)
			return time.Time{}
		}
		return t
	}
	s.since = day("from", s.from)
	if last := day("until", s.until); !last.IsZero() {
		if !s.since.IsZero() && last.Before(s.since) {
			s.faults = append(s.faults, cvd.Fault{Field: "until", Problem: "is before the first day", Remedy: "choose the first day or a later one"})
		}
		s.before = last.AddDate(0, 0, 1)
	}
	if s.about != "" {
		var err error
		if s.of, err = cvd.ParseCaseID(s.about); err != nil {
			s.faults = append(s.faults, cvd.Fault{Field: "case", Problem: "is no case id", Remedy: "write it as the case shows it, such as FL-2026-7KQ4MXZ"})
		}
		s.lookless = s.kind != "" && s.kind != kindLook
	}
	if s.kind != "" && s.kind != kindLook && !slices.Contains(auth.Acts, auth.Act(s.kind)) && !slices.Contains(rulebook.ActTypes, strings.TrimPrefix(s.kind, kindPolicy)) {
		s.faults = append(s.faults, cvd.Fault{Field: "kind", Problem: "does not exist", Remedy: "choose another"})
	}
	return s
}

// looks tells whether the entries are those of looks.
func (s *sift) looks() bool { return s.kind == kindLook || s.about != "" }

// any tells whether something is looked for at all.
func (s *sift) any() bool { return s.person+s.kind+s.about+s.from+s.until != "" }

// query is the address of the same search without where its page starts.
func (s *sift) query() url.Values {
	out := url.Values{}
	for name, text := range map[string]string{"who": s.person, "kind": s.kind, "case": s.about, "from": s.from, "until": s.until} {
		if text != "" {
			out.Set(name, text)
		}
	}
	return out
}

// fields are those of the search, with what was typed.
func (l lens) fields(s *sift) []web.Field {
	people := []web.Option{{Label: l.Say("desk.filter.any")}}
	for _, id := range visit.Sorted(l.Team) {
		people = append(people, web.Option{Value: id, Label: l.Member(id)})
	}
	slices.SortStableFunc(people[1:], func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	people = append(people,
		web.Option{Value: cvd.System.Ref(), Label: l.Say("desk.house")}, web.Option{Value: cvd.Stranger.Ref(), Label: l.Say("desk.audit.unknown")})
	kinds := []web.Option{{Label: l.Say("desk.filter.any")}, {Value: kindLook, Label: l.Say("desk.audit.look")}}
	for _, act := range rulebook.ActTypes {
		kinds = append(kinds, web.Option{Value: kindPolicy + act, Label: l.Say("desk.audit." + kindPolicy + act)})
	}
	for _, act := range auth.Acts {
		kinds = append(kinds, web.Option{Value: string(act), Label: l.Say("desk.audit." + string(act))})
	}
	out := []web.Field{
		{Name: "who", Kind: "select", Label: l.Say("desk.audit.sift.who"), Value: s.person, Options: people},
		{Name: "kind", Kind: "select", Label: l.Say("desk.audit.sift.kind"), Value: s.kind, Options: kinds},
		{Name: "case", Label: l.Say("desk.audit.sift.case"), Value: s.about},
		{Name: "from", Kind: "date", Label: l.Say("desk.audit.sift.from"), Value: s.from},
		{Name: "until", Kind: "date", Label: l.Say("desk.audit.sift.until"), Value: s.until},
	}
	for i := range out {
		f := &out[i]
		for j := range f.Options {
			f.Options[j].Chosen = f.Options[j].Value == f.Value
		}
		for _, fault := range s.faults {
			if fault.Field == f.Name {
				f.Faults = append(f.Faults, fault)
			}
		}
	}
	return out
}

// sifted reads one page of what is looked for.
func (d *desk) sifted(r *http.Request, v lens, s *sift) (rows []auditRow, next string, err error) {
	after := r.URL.Query().Get("after")
	switch {
	case len(s.faults) > 0 || s.lookless:
		return nil, "", nil
	case s.looks():
		var all []casework.Look
		all, next, err = d.Site.Desk.As(v.Actor).Looks(r.Context(), casework.LookFilter{
			Case: s.of, Member: s.person, From: s.since, To: s.before, After: after,
		}, listed)
		for i := range all {
			rows = append(rows, v.lookRow(&all[i]))
		}
	default:
		return d.trail(r, v, s, after)
	}
	return rows, next, err
}

// lookRow is a look as an entry.
func (l lens) lookRow(one *casework.Look) auditRow {
	row := auditRow{AuditEntry: auth.AuditEntry{At: one.At}, Who: l.Who(one.Actor), What: l.Say("desk.audit.look")}
	if id := "desk.audit.look." + one.What; l.Voice.Has(id) {
		row.What = l.Say(id)
	}
	if mail, ok := strings.CutPrefix(one.Of, "mail/"); ok {
		row.Of, row.Link = l.Say("desk.audit.look.of-mail"), "/desk/mail/"+url.PathEscape(mail)
	} else {
		row.Of, row.Link = one.Of, "/desk/cases/"+url.PathEscape(one.Of)
	}
	return row
}
