package api

import (
	"net/http"

	"fairlead/internal/api/view"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// showDraft is the advisory of a case.
func (c *call) showDraft() error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	d, err := c.desk().Draft(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, view.DraftOf(d))
}

// rehearsal is what would be published.
type rehearsal struct {
	Documents []view.Document      `json:"documents"`
	Without   []register.Uncovered `json:"without" doc:"Formats in which nothing would be published."`
}

func (c *call) rehearse() error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return err
	}
	all, err := c.desk().Rehearse(c.r.Context(), id, nil)
	if err != nil {
		return err
	}
	if all.Without == nil {
		all.Without = []register.Uncovered{}
	}
	return c.answer(http.StatusOK, rehearsal{view.Documents(all.Documents), all.Without})
}

// checkBody is what a reporter found when they checked a fix.
type checkBody struct {
	Outcome string `json:"outcome" enum:"pass,fail" doc:"Whether the fix works."`
	Text    string `json:"text,omitempty" doc:"What you did, and what you saw."`
	Case    string `json:"case,omitempty" doc:"One of the receipt's cases; the newest, if left out."`
}

func (c *call) checked() error {
	var in checkBody
	if err := c.read(&in, false); err != nil {
		return err
	}
	return c.reporterDoes(http.StatusCreated, cvd.VerbCheckResult, in.Case, cvd.Input{Outcome: in.Outcome, Text: in.Text})
}
