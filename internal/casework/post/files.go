package post

import (
	"context"
	"errors"

	"fairlead/internal/cvd"
	"fairlead/internal/store/blob"
)

// Blobs are the names of the files that an event brought in.
func Blobs(ev *cvd.Event) []string {
	var out []string
	if ev.Body == nil {
		return nil
	}
	if ev.Body.File != nil {
		out = append(out, ev.Body.File.Blob)
	}
	if ev.Body.Mail != nil && ev.Body.Mail.File != nil {
		out = append(out, ev.Body.Mail.File.Blob)
	}
	for _, f := range ev.Body.Files {
		out = append(out, f.Blob)
	}
	return out
}

// FileOf is the file of that name that the event brought in, nil if it did not.
func FileOf(ev *cvd.Event, blobName string) *cvd.Attachment {
	if ev.Body == nil {
		return nil
	}
	if f := ev.Body.File; f != nil && f.Blob == blobName {
		return f
	}
	for i := range ev.Body.Files {
		if ev.Body.Files[i].Blob == blobName {
			return &ev.Body.Files[i]
		}
	}
	return nil
}

// Part takes one event out of a history.
func Part(evs []cvd.Event, seq int64) (one, others []cvd.Event) {
	for _, ev := range evs {
		if ev.Seq == seq {
			one = append(one, ev)
		} else {
			others = append(others, ev)
		}
	}
	return one, others
}

// Raw are events that name nothing but the mails of a history as they came.
func Raw(evs []cvd.Event) []cvd.Event {
	var out []cvd.Event
	for _, ev := range evs {
		if ev.Body != nil && ev.Body.Mail != nil {
			out = append(out, cvd.Event{Body: &cvd.Body{Mail: ev.Body.Mail}})
		}
	}
	return out
}

// Remove removes the files of events whose keys are gone already, but for those that
// an event which stays names too.
func Remove(ctx context.Context, blobs blob.Store, gone, stay []cvd.Event) error {
	var errs []error
	kept := map[string]bool{}
	for i := range stay {
		for _, name := range Blobs(&stay[i]) {
			kept[name] = true
		}
	}
	for i := range gone {
		for _, name := range Blobs(&gone[i]) {
			if !kept[name] {
				errs = append(errs, blobs.Delete(context.WithoutCancel(ctx), name))
			}
		}
	}
	return errors.Join(errs...)
}
