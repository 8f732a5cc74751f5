package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store/blob"
)

func isConflict(err error) bool { return errors.Is(err, cvd.ErrConflict) }

// Attach streams a file to the case, sealed under a key of its own, and records
// it. The name is kept as a label only. When it returns an error, nothing of
// the file is kept.
func (s *Session) Attach(ctx context.Context, id cvd.CaseID, name string, r io.Reader, in cvd.Input) (Done, error) {
	l, err := s.load(ctx, id, cvd.VerbAttach)
	if err != nil {
		return Done{}, err
	}
	if l.key == nil || l.state.Closed() {
		return Done{}, fmt.Errorf("%w: the case is closed; send new evidence as a message and attach to the case that it opens", cvd.ErrNotReady)
	}
	file, err := s.desk.keep(ctx, l, name, r)
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbAttach, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		if err := s.desk.roomFor(c); err != nil {
			return nil, err
		}
		return cvd.Decide(c, cvd.Deed{Verb: cvd.VerbAttach, In: in, By: s.actor, File: file}, now)
	})
	if err != nil {
		return Done{}, errors.Join(err, s.desk.Blobs.Delete(context.WithoutCancel(ctx), file.Blob))
	}
	return Done{Case: c, Events: evs}, nil
}

// roomFor refuses a file more than the policy allows.
func (d *Desk) roomFor(c *cvd.Case) error {
	v := d.Book.Version(c.Policy)
	if v != nil && c.Files >= v.Policy.Intake.AttachmentsTotal {
		return fmt.Errorf("%w: the case holds %d files, which is the most it takes; put several files into one archive, or ask the team", cvd.ErrTooLarge, c.Files)
	}
	return nil
}

// keep seals the bytes into the blob store, no more of them than the policy
// allows.
func (d *Desk) keep(ctx context.Context, l *loaded, name string, r io.Reader) (*cvd.Attachment, error) {
	if err := d.roomFor(l.state); err != nil {
		return nil, err
	}
	limit := int64(25) << 20
	if v := d.Book.Version(l.state.Policy); v != nil {
		limit = int64(v.Policy.Intake.AttachmentMiB) << 20
	}
	blobName, err := d.newName()
	if err != nil {
		return nil, err
	}
	key, wrapped, err := l.key.Sub("blob/" + blobName)
	if err != nil {
		return nil, err
	}
	pr, pw := io.Pipe()
	sum := sha256.New()
	size := make(chan int64, 1)
	go func() {
		sealed, err := key.SealStream(pw, "blob/"+blobName)
		var n int64
		if err == nil {
			n, err = io.Copy(io.MultiWriter(sealed, sum), blob.Limit(r, limit))
		}
		if err == nil {
			err = sealed.Close()
		}
		size <- n
		pw.CloseWithError(err)
	}()
	_, err = d.Blobs.Put(ctx, blobName, pr)
	pr.CloseWithError(err)
	n := <-size
	if err != nil {
		return nil, err
	}
	return &cvd.Attachment{
		Blob: blobName, Name: cvd.FileName(name), Size: n,
		SHA256: hex.EncodeToString(sum.Sum(nil)), Key: wrapped,
	}, nil
}

// Attachment opens a file of the case by its generated name. The caller closes
// it.
func (s *Session) Attachment(ctx context.Context, id cvd.CaseID, blobName string) (*cvd.Attachment, io.ReadCloser, error) {
	l, err := s.load(ctx, id, cvd.VerbRead)
	if err != nil {
		return nil, nil, err
	}
	if !may.OpenFile(s.actor, l.state) {
		return nil, nil, fmt.Errorf("%w: personal data was seen in this case, so only its holder and leads open its files", cvd.ErrForbidden)
	}
	evs, err := s.desk.history(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	for _, ev := range evs {
		if ev.Body == nil || ev.Body.File == nil || ev.Body.File.Blob != blobName || !may.See(s.actor, &ev.Head) {
			continue
		}
		f := ev.Body.File
		key, err := l.key.OpenSub("blob/"+f.Blob, f.Key)
		if err != nil {
			return nil, nil, err
		}
		sealed, err := s.desk.Blobs.Open(ctx, f.Blob)
		if err != nil {
			return nil, nil, err
		}
		plain, err := key.OpenStream(sealed, "blob/"+f.Blob)
		if err != nil {
			return nil, nil, errors.Join(err, sealed.Close())
		}
		s.desk.looks.Note(ctx, s.actor, l.state.ID, "attachment", s.desk.Now())
		return f, &both{plain, sealed}, nil
	}
	return nil, nil, fmt.Errorf("%w: no such file", cvd.ErrNotFound)
}

type both struct {
	io.Reader
	io.Closer
}
