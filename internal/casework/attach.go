package casework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"fairlead/internal/casework/fresh"
	"fairlead/internal/casework/post"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/intake"
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
	if l.Key == nil || l.State.Closed() {
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
		return rule.Decide(c, rule.Deed{Verb: cvd.VerbAttach, In: in, By: s.actor, File: file}, now)
	})
	if err != nil {
		return Done{}, errors.Join(err, s.desk.Blobs.Delete(context.WithoutCancel(ctx), file.Blob))
	}
	return Done{Case: c, Events: evs}, nil
}

// offered is the file that came with an event, to be shown with a fix to check.
func (s *Session) offered(ctx context.Context, id cvd.CaseID, seq int64) (*cvd.Attachment, error) {
	l, err := s.load(ctx, id, cvd.VerbOfferCheck)
	if err != nil || seq == 0 {
		return nil, err
	}
	evs, err := s.desk.spine().History(ctx, l)
	return post.FileAt(evs, seq), err
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
func (d *Desk) keep(ctx context.Context, l *spine.Loaded, name string, r io.Reader) (*cvd.Attachment, error) {
	if err := d.roomFor(l.State); err != nil {
		return nil, err
	}
	limit := int64(25) << 20
	if v := d.Book.Version(l.State.Policy); v != nil {
		limit = int64(v.Policy.Intake.AttachmentMiB) << 20
	}
	blobName, err := fresh.Blob(d.Rand)
	if err != nil {
		return nil, err
	}
	file, err := l.Key.SealFile(blobName, blob.Limit(r, limit), func(sealed io.Reader) error {
		_, err := d.Blobs.Put(ctx, blobName, sealed)
		return err
	})
	if err != nil {
		return nil, err
	}
	file.Name = intake.FileName(name)
	return file, nil
}

var errPrivate = fmt.Errorf("%w: personal data was seen in this case, so its files open to leads, and to whom one of them gave the case", cvd.ErrForbidden)

// Attachment opens a file of the case by its generated name. The caller closes
// it.
func (s *Session) Attachment(ctx context.Context, id cvd.CaseID, blobName string) (*cvd.Attachment, io.ReadCloser, error) {
	l, err := s.load(ctx, id, cvd.VerbRead)
	if err != nil {
		return nil, nil, err
	}
	if !may.OpenFile(s.actor, l.State) {
		return nil, nil, errPrivate
	}
	evs, err := s.desk.spine().History(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	for i := range evs {
		if !may.See(s.actor, &evs[i].Head) {
			continue
		}
		if f := post.FileOf(&evs[i], blobName); f != nil {
			return s.open(ctx, l, f)
		}
	}
	return nil, nil, fmt.Errorf("%w: no such file", cvd.ErrNotFound)
}

// Raw opens the mail by which the words of an event came, as it came. The caller
// closes it. Nobody may who may not know who the reporter is.
func (s *Session) Raw(ctx context.Context, id cvd.CaseID, seq int64) (io.ReadCloser, error) {
	l, err := s.load(ctx, id, cvd.VerbRead)
	if err != nil {
		return nil, err
	}
	none := fmt.Errorf("%w: no such mail", cvd.ErrNotFound)
	if s.actor.Kind == cvd.ActorReporter || !may.Person(s.actor) {
		return nil, none
	}
	if !may.OpenFile(s.actor, l.State) {
		return nil, errPrivate
	}
	evs, err := s.desk.spine().History(ctx, l)
	i := slices.IndexFunc(evs, func(ev cvd.Event) bool { return ev.Seq == seq && ev.Body != nil && ev.Body.Mail != nil })
	switch {
	case err != nil:
		return nil, err
	case i < 0:
		return nil, none
	case evs[i].Body.Mail.File != nil:
		_, plain, err := s.open(ctx, l, evs[i].Body.Mail.File)
		return plain, err
	case evs[i].Body.Mail.Raw == nil:
		return nil, none
	}
	s.desk.looks.Note(ctx, s.actor, l.State.ID, "attachment", s.desk.Now())
	return io.NopCloser(bytes.NewReader(evs[i].Body.Mail.Raw)), nil
}

// open opens a file of the case. The look is recorded.
func (s *Session) open(ctx context.Context, l *spine.Loaded, f *cvd.Attachment) (*cvd.Attachment, io.ReadCloser, error) {
	sealed, err := s.desk.Blobs.Open(ctx, f.Blob)
	if err != nil {
		return nil, nil, err
	}
	plain, err := l.Key.OpenFile(f, sealed)
	if err != nil {
		return nil, nil, err
	}
	s.desk.looks.Note(ctx, s.actor, l.State.ID, "attachment", s.desk.Now())
	return f, plain, nil
}
