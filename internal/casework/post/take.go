package post

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"

	"fairlead/internal/casework/fresh"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/policy"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/vault"
)

// inline is the size to which a message as it came stands in its event: each look at
// the case reads it along.
const inline = 64 << 10

// Taker seals what came with a mail into files.
type Taker struct {
	Blobs blob.Store
	Rand  io.Reader
	Key   *vault.Key // of the case
}

// Taken is a mail whose bytes are kept, and its files.
type Taken struct {
	Mail  *cvd.Mail
	Files []cvd.Attachment
	blobs blob.Store
}

// Take keeps the bytes of a mail for a case that has so many files already. What the
// policy takes no more stands in the message as it came, and is counted.
func (t Taker) Take(ctx context.Context, m *cvd.Mail, limits policy.Intake, had int) (*Taken, error) {
	mail := *m
	mail.Files = nil
	digest := Digest(m.Raw)
	mail.Digest = hex.EncodeToString(digest[:])
	out := &Taken{Mail: &mail, blobs: t.Blobs}
	if len(m.Raw) > inline {
		file, err := t.keep(ctx, m.Raw)
		if err != nil {
			return nil, err
		}
		file.Name = "message.eml"
		mail.Raw, mail.File = nil, file
	}
	for _, f := range m.Files {
		if int64(len(f.Data)) > int64(limits.AttachmentMiB)<<20 || had+len(out.Files) >= limits.AttachmentsTotal {
			mail.Left++
			continue
		}
		file, err := t.keep(ctx, f.Data)
		if err != nil {
			return nil, errors.Join(err, out.Undo(ctx))
		}
		file.Name = intake.FileName(f.Name)
		out.Files = append(out.Files, *file)
	}
	return out, nil
}

func (t Taker) keep(ctx context.Context, data []byte) (*cvd.Attachment, error) {
	name, err := fresh.Blob(t.Rand)
	if err != nil {
		return nil, err
	}
	return t.Key.SealFile(name, bytes.NewReader(data), func(sealed io.Reader) error {
		_, err := t.Blobs.Put(ctx, name, sealed)
		return err
	})
}

// Undo removes the files of a mail that is not taken in after all. It returns nil for
// a nil receiver.
func (t *Taken) Undo(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var errs []error
	if t.Mail.File != nil {
		errs = append(errs, t.blobs.Delete(context.WithoutCancel(ctx), t.Mail.File.Blob))
	}
	for _, f := range t.Files {
		errs = append(errs, t.blobs.Delete(context.WithoutCancel(ctx), f.Blob))
	}
	return errors.Join(errs...)
}

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

// FileAt is the file that came with the event of that number, or nil.
func FileAt(evs []cvd.Event, seq int64) *cvd.Attachment {
	for i := range evs {
		if b := evs[i].Body; evs[i].Seq == seq && b != nil && b.File != nil {
			f := *b.File
			return &f
		}
	}
	return nil
}
