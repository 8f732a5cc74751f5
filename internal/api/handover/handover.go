// Package handover is the part of the API about reports as documents: one that is
// handed on, and one that comes in.
//
// It never decides who may have a report, and keeps nothing.
package handover

import (
	"encoding/json"
	"mime"
	"net/http"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/csaf/report"
	"fairlead/internal/api/asked"
	"fairlead/internal/api/openapi"
	"fairlead/internal/casework"
	casefile "fairlead/internal/casework/handover"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// Routes are the operations and what does them.
var Routes = []asked.Route[*casework.Desk]{{
	Operation: openapi.Operation{
		Method: http.MethodGet, Path: "/api/v1/cases/{case}/report.csaf.json", Access: openapi.ByToken, Name: "report-document", Status: http.StatusOK,
		Gives: map[string]any{}, Also: []int{http.StatusNotFound, http.StatusConflict},
		Short: "The report, to hand on",
		Long:  "As it was received, as a CSAF 2.1 document of the profile Vulnerability Report, which is a draft; TLP:AMBER. The reporter's name and address are in it only where they agreed, and nothing that the team wrote. For those who may hand the case on. The look is recorded.",
	},
	Do: show,
}}

func show(on *casework.Desk, q *asked.Request) error {
	id, err := cvd.ParseCaseID(q.R.PathValue("case"))
	if err != nil {
		return err
	}
	file, doc, err := casefile.Report(q.R.Context(), on, q.Actor, id)
	if err != nil {
		return err
	}
	h := q.W.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file}))
	_, err = q.W.Write(doc)
	return err
}

// Read reads a report from the members of one, or from a CSAF document of the profile
// Vulnerability Report; lost is what a report has no place for. Errors are those of
// intake.FromJSON: with cvd.Faults comes the report as far as it could be read.
func Read(raw []byte, now time.Time) (r *cvd.Report, lost []advisory.Lost, err error) {
	if advisory.Recognise(raw) != csaf.Format.Name {
		r, err = intake.FromJSON(raw)
		return r, nil, err
	}
	if err := intake.Scan(raw); err != nil {
		return &cvd.Report{}, nil, err
	}
	heard, lost, err := report.Decode(raw, now)
	if err != nil {
		return &cvd.Report{}, nil, err
	}
	members, err := json.Marshal(heard)
	if err != nil {
		return &cvd.Report{}, nil, err
	}
	r, err = intake.FromJSON(members)
	return r, lost, err
}
