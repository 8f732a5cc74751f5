package advisories

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	form "fairlead/internal/advisory/draft"
	"fairlead/internal/advisory/page"
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
	Typed       []visit.Pair // what is not saved, to go back to; empty where all is
	From        *visit.Pair  // the preview that it was opened from
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
	return d.documents(w, r, v, draft, draft.Record, docs, nil)
}

// opened is the preview of a verb from which the rehearsal was opened, to go back to it.
func (v lens) opened(r *http.Request) *visit.Pair {
	verb, kept := r.URL.Query().Get("verb"), r.URL.Query().Get("preview")
	if kept == "" || !slices.Contains(visit.Releases, cvd.Verb(verb)) && verb != string(cvd.VerbConfirm) {
		return nil
	}
	return &visit.Pair{Label: v.Say("verb." + verb), Text: "/desk/cases/" + string(caseOf(r)) + "/do/" + verb + "?" + url.Values{"preview": {kept}}.Encode()}
}

// documents shows what would be published of a record: of the latest draft, or of what was
// typed over it.
func (d *desk) documents(w http.ResponseWriter, r *http.Request, v lens, draft *casework.Draft, a *cvd.Advisory, all parcel.Rehearsal, typed url.Values) error {
	view := documentsView{Case: string(draft.Case.ID), Title: draft.Case.Title, From: v.opened(r)}
	for _, name := range visit.Sorted(typed) {
		for _, value := range typed[name] {
			if name != "step" {
				view.Typed = append(view.Typed, visit.Pair{Label: name, Text: value})
			}
		}
	}
	at, why := release.Planned(draft.Case, draft.Events, v.Now)
	trial := release.Trial(a, draft.Before, draft.Policy.Policy.Advisories.Prefix, why, at)
	if a.ID == "" && draft.Before == nil {
		trial.ID = "" // nobody will read the one that it is tried under
	}
	world, err := d.World(&v.Lens, trial, draft.Before)
	if err != nil {
		return err
	}
	view.World = world
	for _, one := range all.Documents {
		view.Documents = append(view.Documents, documentView{page.Called(v.Voice, one.Name), one.File, one.Media, one.SHA256, string(one.Bytes), int64(len(one.Bytes))})
	}
	for _, one := range all.Without {
		one.Name = page.Called(v.Voice, one.Name)
		view.Without = append(view.Without, one)
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "rehearsal", v.Say("desk.advisory.rehearsal")+": "+view.Case, view)
}

// changesView compares two drafts, or the latest with what is published.
type changesView struct {
	Case, Title, Head string
	Changes           []changeView
}

// changeView is a change of the record, named as the form names it.
type changeView struct {
	Where string
	release.Change
}

// told are the changes that somebody made: the number and the line of the history that a
// release adds by itself are left out.
func (v lens) told(all []release.Change, several bool) []changeView {
	var out []changeView
	for _, one := range all {
		if one.Field != "revision" && !strings.HasPrefix(one.Field, "history[") {
			out = append(out, changeView{v.place(one.Field, several), one})
		}
	}
	return out
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
		view.Changes = v.told(release.Diff(find("from"), to), len(to.Vulnerabilities) > 1)
	case draft.Before == nil:
		return cvd.ErrNotFound
	default:
		view.Changes = v.told(release.Diff(draft.Before, release.Revise(draft.Record, draft.Before, "", draft.Before.Modified)), len(draft.Record.Vulnerabilities) > 1)
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "changes", v.Say("desk.advisory.changes")+": "+view.Case, view)
}
