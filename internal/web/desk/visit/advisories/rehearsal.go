package advisories

import (
	"net/http"
	"strconv"

	form "fairlead/internal/advisory/draft"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework"
	"fairlead/internal/casework/parcel"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/web/desk/visit"
)

// documentsView is what would be published, byte for byte.
type documentsView struct {
	Case, Title string
	Unsaved     bool
	World       *visit.World
	Documents   []documentView
	Without     []register.Uncovered
}

type documentView struct {
	Name, File, Media, SHA256, Text string
	Size                            int64
}

// rehearse shows the exact bytes of the latest draft in every format.
func (d *desk) rehearse(w http.ResponseWriter, r *http.Request, v lens) error {
	session := d.Site.Desk.As(v.Actor)
	draft, err := session.Draft(r.Context(), caseOf(r))
	if err != nil {
		return err
	}
	docs, err := session.Rehearse(r.Context(), caseOf(r), nil)
	if err != nil {
		return d.refused(w, r, v, draft, sheet{parts: fill(v, form.Write(draft.Record), 1), place: -1}, err)
	}
	return d.documents(w, r, v, draft, draft.Record, docs, draft.Seq == 0)
}

func (d *desk) documents(w http.ResponseWriter, r *http.Request, v lens, draft *casework.Draft, a *cvd.Advisory, all parcel.Rehearsal, unsaved bool) error {
	view := documentsView{Case: string(draft.Case.ID), Title: draft.Case.Title, Unsaved: unsaved, Without: all.Without}
	view.World = d.World(&v.Lens, release.Trial(a, draft.Before, draft.Policy.Policy.Advisories.Prefix, v.Now))
	for _, one := range all.Documents {
		view.Documents = append(view.Documents, documentView{one.Name, one.File, one.Media, one.SHA256, string(one.Bytes), int64(len(one.Bytes))})
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "rehearsal", v.Say("desk.advisory.rehearsal")+": "+view.Case, view)
}

// changesView compares two drafts, or the latest with what is published.
type changesView struct {
	Case, Title, Head string
	Changes           []release.Change
}

func (d *desk) changes(w http.ResponseWriter, r *http.Request, v lens) error {
	draft, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil {
		return err
	}
	view := changesView{Case: string(draft.Case.ID), Title: draft.Case.Title, Head: v.Say("desk.advisory.changes.published")}
	find := func(name string) *cvd.Advisory {
		for _, ev := range draft.Drafts {
			if strconv.FormatInt(ev.Seq, 10) == r.URL.Query().Get(name) {
				return ev.Body.Advisory
			}
		}
		return nil
	}
	to := find("to")
	switch {
	case to != nil:
		view.Head = v.Say("desk.advisory.changes.draft", "seq", r.URL.Query().Get("to"))
		view.Changes = release.Diff(find("from"), to)
	case draft.Before == nil:
		return cvd.ErrNotFound
	default:
		view.Changes = release.Diff(draft.Before, release.Revise(draft.Record, draft.Before, "", draft.Before.Modified))
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "changes", v.Say("desk.advisory.changes")+": "+view.Case, view)
}
