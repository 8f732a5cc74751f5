package post

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
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

// Room refuses a file more than the policy allows a case that has so many already.
func Room(limits policy.Intake, had int) error {
	if had >= limits.AttachmentsTotal {
		return fmt.Errorf("%w: the case holds %d files, which is the most it takes; put several files into one archive, or ask the team", cvd.ErrTooLarge, had)
	}
	return nil
}

// File seals a file that somebody sends, no more of it than the policy allows.
func (t Taker) File(ctx context.Context, name string, r io.Reader, limits policy.Intake, had int) (*cvd.Attachment, error) {
	if err := Room(limits, had); err != nil {
		return nil, err
	}
	file, err := t.seal(ctx, blob.Limit(r, int64(limits.AttachmentMiB)<<20))
	if err != nil {
		return nil, err
	}
	file.Name = intake.FileName(name)
	return file, nil
}

func (t Taker) keep(ctx context.Context, data []byte) (*cvd.Attachment, error) {
	return t.seal(ctx, bytes.NewReader(data))
}

func (t Taker) seal(ctx context.Context, plain io.Reader) (*cvd.Attachment, error) {
	name, err := fresh.Blob(t.Rand)
	if err != nil {
		return nil, err
	}
	return t.Key.SealFile(name, plain, func(sealed io.Reader) error {
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
