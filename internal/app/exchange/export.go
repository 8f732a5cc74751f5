package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// Page is a part of an export.
type Page struct {
	Documents []Exported `json:"documents"`
	Skipped   []Skipped  `json:"skipped,omitempty"`
	// Left are CVE ids without a document, in a format that writes one for each.
	Left []Left         `json:"left,omitempty"`
	Next cvd.AdvisoryID `json:"next,omitempty"` // go on after this one; empty: that was all
}

// Exported is one document.
type Exported struct {
	ID     cvd.AdvisoryID `json:"id"`
	File   string         `json:"file"` // several advisories about one CVE id share it; see Names
	Public bool           `json:"public"`
	Doc    []byte         `json:"doc"`
}

// Skipped is an advisory that the format cannot say.
type Skipped struct {
	ID  cvd.AdvisoryID `json:"id"`
	Why string         `json:"why"`
}

// The most of a page.
const (
	pageDocuments = 200
	pageBytes     = 16 << 20
)

// Writes names the formats that Export knows.
func (x *Exchange) Writes() []string {
	var out []string
	for _, f := range x.Formats {
		if f.Encode != nil {
			out = append(out, f.Name)
		}
	}
	return out
}

// Export writes the latest revision of the advisories whose id comes after the
// given one, as they were published; what was not published in the format is
// written now, if the format can say it. An unknown format is a cvd.ErrNotFound.
func (x *Exchange) Export(ctx context.Context, format string, after cvd.AdvisoryID) (Page, error) {
	at := slices.IndexFunc(x.Formats, func(f advisory.Format) bool { return f.Name == format && f.Encode != nil })
	if at < 0 {
		return Page{}, fmt.Errorf("%w: no format of that name is written", cvd.ErrNotFound)
	}
	entries, err := x.Register.Entries(ctx)
	if err != nil {
		return Page{}, err
	}
	var left []*register.Entry
	for _, e := range entries {
		if e.ID > after {
			left = append(left, e)
		}
	}
	slices.SortFunc(left, func(a, b *register.Entry) int { return cmp.Compare(a.ID, b.ID) })
	page, size := Page{Documents: []Exported{}}, 0
	for i, e := range left {
		if i == pageDocuments || size > pageBytes {
			page.Next = left[i-1].ID
			break
		}
		docs, err := x.documents(ctx, e, x.Formats[at])
		if err != nil {
			return page, err
		}
		why := ""
		if docs == nil {
			why = x.why(ctx, e, x.Formats[at])
			page.Skipped = append(page.Skipped, Skipped{e.ID, why})
		}
		if format == "cve5" {
			a, err := x.Register.Record(ctx, e.ID, 0)
			if err != nil {
				return page, err
			}
			page.Left = append(page.Left, leftOut(a, docs, why)...)
		}
		for _, d := range docs {
			size += len(d.Doc)
		}
		page.Documents = append(page.Documents, docs...)
	}
	return page, nil
}

// documents are those of one advisory, nil where the format cannot say it.
func (x *Exchange) documents(ctx context.Context, e *register.Entry, f advisory.Format) ([]Exported, error) {
	var out []Exported
	err := x.Register.Documents(ctx, []cvd.AdvisoryID{e.ID}, f.Name, func(d register.Document) error {
		out = append(out, Exported{ID: e.ID, File: d.File, Public: e.TLP.Public(), Doc: d.Bytes})
		return nil
	})
	if err != nil || len(out) > 0 {
		return out, err
	}
	a, err := x.Register.Record(ctx, e.ID, 0)
	if err != nil {
		return nil, err
	}
	docs, err := release.Print(f, a, x.Publisher())
	if errors.As(err, &release.Withheld{}) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("advisory %s as %s: %w", e.ID, f.Name, err)
	}
	for _, d := range docs {
		out = append(out, Exported{ID: e.ID, File: d.File, Public: e.TLP.Public(), Doc: d.Bytes})
	}
	return out, nil
}

func (x *Exchange) why(ctx context.Context, e *register.Entry, f advisory.Format) string {
	a, err := x.Register.Record(ctx, e.ID, 0)
	if err == nil {
		_, err = release.Print(f, a, x.Publisher())
	}
	if err == nil {
		return "it has no document"
	}
	return err.Error()
}
