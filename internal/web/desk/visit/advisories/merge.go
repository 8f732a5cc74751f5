package advisories

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory/draft"
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

// behind tells whether a form was made of a draft that is no longer the latest.
func behind(now *casework.Draft, typed url.Values) bool {
	return now.Seq != visit.Number(typed.Get("seq"))
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
func saved(now *casework.Draft, seq int64) *cvd.Advisory {
	for _, ev := range now.Drafts {
		if ev.Seq == seq {
			return ev.Body.Advisory
		}
	}
	return nil
}

// ends are the drafts between which a form stands: the one from which it began, and the
// one that it showed last; nil for what is not kept.
func ends(now *casework.Draft, typed url.Values) (from, shown *cvd.Advisory) {
	at := func(seq int64) *cvd.Advisory {
		if seq == now.Seq {
			return now.Record
		}
		return saved(now, seq)
	}
	return at(began(typed)), at(visit.Number(typed.Get("seq")))
}

// merge brings what was typed together with the latest draft, and names what clashes as
// the form does.
func merge(v lens, now *casework.Draft, typed url.Values) (url.Values, []clashRow) {
	from, shown := ends(now, typed)
	joined, clashes := draft.Merge(from, shown, now.Record, typed)
	rows := make([]clashRow, 0, len(clashes))
	for _, c := range clashes {
		one := clashRow{v.clashing(c, draft.Flaws(joined)), c.Was, c.Theirs, c.Mine, c.Both}
		if gone := v.Say("desk.advisory.clash.gone"); c.Field == "" && one.Theirs == "" {
			one.Theirs = gone
		} else if c.Field == "" && one.Both && one.Mine == "" {
			one.Mine = gone
		}
		rows = append(rows, one)
	}
	return joined, rows
}

// parts are those in which the lists of the form stand.
var partOf = map[string]string{
	"product": "products", "affect": "affects", "remedy": "remedies", "credit": "credits", "reference": "references", "time": "timeline",
}

// clashing is what the form calls a field, a list or a vulnerability.
func (v lens) clashing(c draft.Clash, flaws int) string {
	which := v.Say("desk.advisory.flaw.one")
	if c.Flaw >= 0 {
		which = v.Say("desk.advisory.flaw", "n", c.Flaw+1)
	}
	if c.Field == "" {
		return which
	}
	label := "desk.advisory." + c.Field
	if part := partOf[c.Field]; part != "" {
		label = "desk.advisory.part." + part
	} else if c.Flaw >= 0 {
		label = "desk.advisory." + naming(draft.Name(draft.Flaw(c.Flaw), c.Field))
	}
	if c.Flaw < 0 || flaws < 2 {
		return v.Say(label)
	}
	return v.Say("desk.advisory.flaw.of", "flaw", which, "what", v.Say(label))
}

// clash is what stands between a form and the latest draft.
func (v lens) clash(now *casework.Draft, typed url.Values, rows []clashRow) *clashView {
	out := &clashView{From: began(typed), Rows: rows}
	for _, ev := range now.Drafts {
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
func (d *desk) overtaken(w http.ResponseWriter, r *http.Request, v lens, now *casework.Draft, typed url.Values) (bool, error) {
	late := behind(now, typed)
	if !late && !typed.Has("from") {
		return false, nil
	}
	joined, rows := merge(v, now, typed)
	view := v.clash(now, typed, rows)
	if !late && (view.Replace == nil || typed.Get("replace") != "") {
		return false, nil
	}
	from, _ := ends(now, typed)
	_, faults := draft.Read(from, now.Record, joined)
	joined.Del("others") // said of another draft
	joined.Set("seq", strconv.FormatInt(now.Seq, 10))
	joined.Set("from", strconv.FormatInt(view.From, 10))
	return true, d.show(w, r, v, http.StatusConflict, now, sheet{parts: fill(v, joined, 1), faults: faults, typed: joined, clash: view, place: -1})
}

// lost tells whether a save lost a race, and reads the draft that won it.
func (d *desk) lost(r *http.Request, v lens, typed url.Values, err error) (*casework.Draft, error) {
	if !errors.Is(err, cvd.ErrConflict) {
		return nil, nil
	}
	now, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil || !behind(now, typed) {
		return nil, err
	}
	return now, nil
}
