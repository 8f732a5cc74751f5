// Package suspect hands out the files of a case, after a scanner was asked about them
// where one is configured.
//
// It never keeps a file back for good: malware may be just what a finder has to show. It
// warns, and whoever wants the file all the same says so.
package suspect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// Warning stands in the way of a file until its reader says that they want it. It is a
// cvd.ErrNotReady.
type Warning struct {
	File *cvd.Attachment
	// Known is the scanner's name for what it found; empty: it gave no verdict.
	Known string
}

func (w *Warning) Error() string {
	if w.Known == "" {
		return fmt.Sprintf("%v: the malware scanner gave no verdict on this file; ask again later, or with risk=true", cvd.ErrNotReady)
	}
	return fmt.Sprintf("%v: the malware scanner knows this file as %s, which may be what the finder found; with risk=true it is handed out", cvd.ErrNotReady, w.Known)
}

// Unwrap makes it one.
func (w *Warning) Unwrap() error { return cvd.ErrNotReady }

// Open opens a file of the case as casework.Session.Attachment does. Unless the risk is
// taken, a member or a machine gets a *Warning where the scanner finds something or cannot be
// asked. It is asked each time, since it learns.
func Open(ctx context.Context, s *casework.Session, id cvd.CaseID, blob string, taken bool) (*cvd.Attachment, io.ReadCloser, error) {
	f, body, err := s.Attachment(ctx, id, blob)
	scan := s.Scanner()
	if err != nil || taken || scan == nil || s.Actor().Kind == cvd.ActorReporter {
		return f, body, err
	}
	known, unasked := scan(ctx, body)
	if err := errors.Join(body.Close(), ctx.Err()); err != nil {
		return nil, nil, err
	}
	if known != "" || unasked != nil {
		return nil, nil, &Warning{File: f, Known: known}
	}
	return s.Attachment(ctx, id, blob)
}
