package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// told is how a CSAF document names itself.
type told struct {
	Document struct {
		Category   string `json:"category"`
		Lang       string `json:"lang"`
		SourceLang string `json:"source_lang"`
		Tracking   struct {
			ID string `json:"id"`
		} `json:"tracking"`
	} `json:"document"`
}

// copied says of which advisory a CSAF document is only another document, as providers
// publish beside it: its VEX document, or a translation (CSAF 2.0, 9.1.7). what says
// which of the two; id is empty for an advisory.
func copied(doc []byte) (id cvd.AdvisoryID, what string) {
	var t told
	if advisory.Recognise(doc) != "csaf" || json.Unmarshal(doc, &t) != nil {
		return "", ""
	}
	d := &t.Document
	cut := func(suffix string) cvd.AdvisoryID {
		n := len(d.Tracking.ID) - len(suffix)
		if n > 0 && strings.EqualFold(d.Tracking.ID[n:], suffix) {
			return cvd.AdvisoryID(d.Tracking.ID[:n])
		}
		return ""
	}
	if d.Category == "csaf_vex" {
		return cut("-vex"), "the VEX document"
	}
	if d.Lang != "" && d.SourceLang != "" && !strings.EqualFold(d.Lang, d.SourceLang) {
		return cut("-" + d.Lang), "a translation"
	}
	return "", ""
}

// comes are the stems of the CSAF documents that are handed in.
func comes(files []File) map[string]bool {
	out := map[string]bool{}
	for _, f := range files {
		var t told
		if json.Unmarshal(f.Doc, &t) == nil && t.Document.Tracking.ID != "" {
			out[advisory.Stem(cvd.AdvisoryID(t.Document.Tracking.ID))] = true
		}
	}
	return out
}

// copyOf sets a document aside whose advisory is here or comes along: the advisory
// wins, whatever the order of the files. An orphan is an advisory of its own.
func (b *batch) copyOf(ctx context.Context, f File) (bool, error) {
	id, what := copied(f.Doc)
	if id == "" {
		return false, nil
	}
	if !b.comes[advisory.Stem(id)] {
		_, err := b.x.Register.Record(ctx, id, 0)
		if errors.Is(err, cvd.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	b.results = append(b.results, Result{
		File: f.Name, Format: "csaf", ID: id, Done: Copy, Why: "it is " + what + " of that advisory, whose own document is what counts",
	})
	return true, nil
}
