// Package exchange brings advisories into the register from other people's
// documents, and writes them out again.
//
// It never opens a file and never drops anything in silence: each document that
// is handed in has its result, with what the record cannot hold or why it was
// refused.
package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// Exchange is one register with the formats that are read and written.
type Exchange struct {
	Register *register.Register
	Formats  []advisory.Format // those with a Decode are read, those with an Encode written
	// Checks say what is wrong with a document of a format, by its name. A format
	// without one is checked by being read.
	Checks    map[string]func(doc []byte) []advisory.Finding
	Publisher func() advisory.Publisher
	Now       func() time.Time
}

// File is a document that is handed in.
type File struct {
	Name string `json:"name"` // as the result names it
	Doc  []byte `json:"doc"`
}

// What became of a document.
const (
	New       = "new"       // the first revision here
	Revised   = "revised"   // a further revision of what was here
	Unchanged = "unchanged" // it says what is here already
	Older     = "older"     // it was modified before what is here; left alone
	Copy      = "copy"      // another document of the advisory of that ID, such as its VEX document; Why says which
	Refused   = "refused"   // it could not be read or published; Why says why
)

// Result is what became of one document.
type Result struct {
	File     string          `json:"file"`
	Format   string          `json:"format,omitempty"`
	ID       cvd.AdvisoryID  `json:"id,omitempty"`
	Revision int             `json:"revision,omitempty"`
	Done     string          `json:"done"`
	Why      string          `json:"why,omitempty"`
	Faults   cvd.Faults      `json:"faults,omitempty"`
	Lost     []advisory.Lost `json:"lost,omitempty"`
	// Unpublished are the formats in which an advisory that was taken is not
	// published, because the document would be wrong.
	Unpublished []Unpublished `json:"unpublished,omitempty"`
}

// Unpublished is a format in which an advisory is not published, and all that would be
// wrong with its document.
type Unpublished struct {
	Format string     `json:"format"`
	Faults cvd.Faults `json:"faults"`
}

// batch is a run of records that are published together.
type batch struct {
	x       *Exchange
	recs    []*cvd.Advisory
	at      []int // the result of each
	results []Result
	comes   map[string]bool // stems of the CSAF documents
}

// Import reads the documents, one advisory each or a list of them, and publishes
// what is new, each document's outcome in the order of the documents. The error
// is what stopped it, such as a store that fails; what came before stays.
func (x *Exchange) Import(ctx context.Context, files []File) ([]Result, error) {
	b := &batch{x: x, comes: comes(files)}
	for _, f := range files {
		docs, err := elements(f)
		if err != nil {
			b.results = append(b.results, Result{File: f.Name, Done: Refused, Why: err.Error()})
			continue
		}
		for _, one := range docs {
			if aside, err := b.copyOf(ctx, one); aside || err != nil {
				if err != nil {
					return b.results, err
				}
				continue
			}
			if err := b.take(ctx, one); err != nil {
				return b.results, err
			}
		}
	}
	return b.results, b.flush(ctx)
}

// elements divides a list of documents, as REST interfaces answer with.
func elements(f File) ([]File, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(f.Doc), []byte("[")) {
		return []File{f}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(f.Doc, &list); err != nil {
		return nil, fmt.Errorf("%w: not JSON", cvd.ErrUnreadable)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: an empty list", cvd.ErrUnreadable)
	}
	out := make([]File, len(list))
	for i, doc := range list {
		out[i] = File{Name: fmt.Sprintf("%s#%d", f.Name, i+1), Doc: doc}
	}
	return out, nil
}

// take decides what one document means.
func (b *batch) take(ctx context.Context, f File) error {
	r := Result{File: f.Name, Format: advisory.Recognise(f.Doc)}
	a, err := b.x.read(f, &r)
	if err != nil {
		b.refuse(r, err)
		return nil
	}
	for _, waiting := range b.recs {
		// Another document about the same advisory is held against this one.
		if advisory.Stem(waiting.ID) == advisory.Stem(a.ID) {
			if err := b.flush(ctx); err != nil {
				return err
			}
			break
		}
	}
	before, err := b.x.Register.Record(ctx, a.ID, 0)
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		r.Done, a.Revision = New, max(a.Revision, 1)
	case err != nil:
		return err
	default:
		if r.Done, r.Why = follow(a, before, b.x.Now()); r.Done != Refused {
			r.Revision = before.Revision
		}
	}
	if r.Done == New || r.Done == Revised {
		r.Revision = a.Revision
		b.recs, b.at = append(b.recs, a), append(b.at, len(b.results))
	}
	b.results = append(b.results, r)
	return nil
}

func (x *Exchange) read(f File, r *Result) (*cvd.Advisory, error) {
	for _, format := range x.Formats {
		if format.Name != r.Format || format.Decode == nil {
			continue
		}
		a, lost, err := format.Decode(f.Doc, x.Now())
		r.Lost = lost
		if a != nil {
			r.ID = a.ID
		}
		return a, err
	}
	if err := json.Unmarshal(bytes.TrimPrefix(f.Doc, bom), new(any)); err != nil {
		return nil, fmt.Errorf("%w: not JSON %s", cvd.ErrUnreadable, offset(err))
	}
	if r.Format != "" {
		return nil, fmt.Errorf("%w: documents of this format are not read", cvd.ErrUnreadable)
	}
	return nil, fmt.Errorf("%w: no advisory of a format known here", cvd.ErrUnreadable)
}

func (b *batch) refuse(r Result, err error) {
	r.Done, r.Revision = Refused, 0
	if !errors.As(err, &r.Faults) {
		r.Why = err.Error()
	}
	b.results = append(b.results, r)
}

// flush publishes what has gathered. Where one record is refused the others are
// published without it.
func (b *batch) flush(ctx context.Context) error {
	recs, at := b.recs, b.at
	b.recs, b.at = nil, nil
	if len(recs) == 0 {
		return nil
	}
	err := b.x.Register.Publish(ctx, recs...)
	if err == nil {
		for i, a := range recs {
			b.withheld(a, &b.results[at[i]])
		}
		return nil
	}
	if !errors.Is(err, cvd.ErrInvalid) {
		return err
	}
	for i, a := range recs {
		err := b.x.Register.Publish(ctx, a)
		r := &b.results[at[i]]
		switch {
		case err == nil:
			b.withheld(a, r)
		case errors.Is(err, cvd.ErrInvalid):
			r.Done, r.Revision = Refused, 0
			if !errors.As(err, &r.Faults) {
				r.Why = err.Error()
			}
		default:
			return err
		}
	}
	return nil
}

// withheld lists in which formats a record that was published is not: not those that
// are for other kinds of advisory.
func (b *batch) withheld(a *cvd.Advisory, r *Result) {
	for _, u := range b.x.Register.Uncovered(a) {
		if len(u.Faults) > 0 {
			r.Unpublished = append(r.Unpublished, Unpublished{u.Name, u.Faults})
		}
	}
}
