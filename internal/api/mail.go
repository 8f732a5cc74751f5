package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"fairlead/internal/api/problem"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// claimBody carries the code of a letter.
type claimBody struct {
	Code string `json:"code" doc:"Four groups of five letters or digits. It works once, for three days."`
}

// claimed is what the code gives.
type claimed struct {
	Receipt string       `json:"receipt" doc:"Shown once. It opens the thread."`
	Cases   []cvd.CaseID `json:"cases" doc:"What it opens, oldest first."`
	Thread  string       `json:"thread_url"`
}

// claim takes the code of a letter for a receipt.
func (c *call) claim() error {
	var in claimBody
	if err := c.readUpTo(maxClaim, &in, false); err != nil {
		return err
	}
	var wrong cvd.Faults
	if cvd.Blank(in.Code) {
		wrong = append(wrong, c.Fault("code", "code"))
	}
	if err := intake.Join(c.found, wrong).Err(); err != nil {
		return err
	}
	got, err := c.desk().Claim(c.r.Context(), in.Code)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		err = errors.Join(problem.ErrCode, err)
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, claimed{got.Receipt, got.Cases, c.BaseURL(c.r) + "/thread"})
}

// fetchMail sends a mail as it came: a download, never a page.
func (c *call) fetchMail() error {
	id, err := cvd.ParseCaseID(c.r.PathValue("case"))
	if err != nil {
		return cvd.ErrNotFound
	}
	seq, err := strconv.ParseInt(c.r.PathValue("seq"), 10, 64)
	if err != nil {
		return cvd.ErrNotFound
	}
	r, err := c.desk().Raw(c.r.Context(), id, seq)
	if err != nil {
		return err
	}
	defer r.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": string(id) + "-" + strconv.FormatInt(seq, 10) + ".eml"}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	c.w.WriteHeader(http.StatusOK)
	if c.r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(c.w, r); err != nil {
		panic(http.ErrAbortHandler) // so that half a mail is not taken for a whole one
	}
	return nil
}
