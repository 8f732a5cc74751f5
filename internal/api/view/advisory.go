package view

import (
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// Release is how far the advisory of a case is.
type Release struct {
	Advisory  cvd.AdvisoryID `json:"advisory,omitempty"`
	Draft     int64          `json:"draft,omitempty" doc:"Number of the event that holds the latest draft; for the team."`
	Confirmed bool           `json:"confirmed,omitempty" doc:"A second person stands behind the latest draft; for the team."`
	Scheduled time.Time      `json:"scheduled_at,omitzero"`
	Revision  int            `json:"revision,omitempty" doc:"The latest that is published."`
	Published time.Time      `json:"published_at,omitzero" doc:"The instant of the first revision."`
	Withdrawn bool           `json:"withdrawn,omitempty"`
	Check     cvd.FixCheck   `json:"fix_check,omitempty" enum:"offered,pass,fail,none"`
	CVEs      []cvd.CVE      `json:"cves,omitempty"`
}

// ReleaseOf is the release of a case, nil where there is nothing to tell. A
// reporter hears of an advisory once they were told of one, and of no draft.
func ReleaseOf(c *cvd.Case, team bool) *Release {
	r := c.Release
	out := Release{
		Advisory: r.Advisory, Draft: r.Draft, Confirmed: r.Draft != 0 && r.Confirmed == r.Draft, Scheduled: r.At,
		Revision: r.Revision, Published: r.First, Withdrawn: r.Withdrawn, Check: r.Check, CVEs: c.CVEs,
	}
	if !team {
		out.Draft, out.Confirmed = 0, false
		if r.Told.IsZero() && r.Revision == 0 {
			out.Advisory = ""
		}
	}
	if out.Advisory == "" && out.Check == "" && len(out.CVEs) == 0 && out.Scheduled.IsZero() {
		return nil
	}
	return &out
}

// Draft is the advisory of a case, as the team works on it.
type Draft struct {
	Case      cvd.CaseID         `json:"case"`
	Seq       int64              `json:"seq" doc:"Number of the event that holds the record; 0 while none was saved and the record is filled from the case."`
	Release   *Release           `json:"release"`
	Record    *cvd.Advisory      `json:"record"`
	Published *cvd.Advisory      `json:"published" doc:"The latest revision that is published, or null."`
	Changes   []release.Change   `json:"changes" doc:"What the record says otherwise than what is published."`
	Gates     []release.Gate     `json:"gates" doc:"What stands between the record and its release."`
	Findings  []advisory.Finding `json:"findings" doc:"What the lint has to say."`
	Drafts    []Edit             `json:"drafts" doc:"What was saved, latest first."`
}

// Edit is one saved draft.
type Edit struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Note  string    `json:"note,omitempty"`
}

// DraftOf is a draft as the API shows it.
func DraftOf(d *casework.Draft) Draft {
	out := Draft{
		Case: d.Case.ID, Seq: d.Seq, Release: ReleaseOf(d.Case, true), Record: d.Record, Published: d.Before,
		Changes: []release.Change{}, Gates: d.Gates, Findings: d.Findings, Drafts: []Edit{},
	}
	if d.Before != nil {
		out.Changes = release.Diff(d.Before, release.Revise(d.Record, d.Before, "", d.Before.Modified))
	}
	if out.Findings == nil {
		out.Findings = []advisory.Finding{}
	}
	for i := range d.Drafts {
		ev := &d.Drafts[i]
		out.Drafts = append(out.Drafts, Edit{ev.Seq, ev.At, ev.Actor, ev.Body.Note})
	}
	return out
}

// Document is one document of a rehearsal, exactly as it would be published.
type Document struct {
	Name   string `json:"name" doc:"The format, and behind a slash what tells it from others of the format."`
	File   string `json:"file"`
	Media  string `json:"media"`
	SHA256 string `json:"sha256"`
	Text   string `json:"text"`
}

// Documents are the documents of a rehearsal.
func Documents(all []register.Document) []Document {
	out := make([]Document, 0, len(all))
	for _, d := range all {
		out = append(out, Document{d.Name, d.File, d.Media, d.SHA256, string(d.Bytes)})
	}
	return out
}
