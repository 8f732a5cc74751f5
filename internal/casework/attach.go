package casework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"fairlead/internal/casework/post"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
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
	limits, err := s.desk.limits(l.State)
	if err != nil {
		return Done{}, err
	}
	file, err := s.desk.taker(l).File(ctx, name, r, limits, l.State.Files)
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbAttach, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		if err := post.Room(limits, c.Files); err != nil {
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
		if !may.See(s.actor, &evs[i].Head) || (s.actor.Kind == cvd.ActorReporter && may.Withholds(evs, i)) {
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
