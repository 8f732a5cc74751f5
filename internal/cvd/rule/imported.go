package rule

import (
	"time"

	"fairlead/internal/cvd"
)

// Old is one message of an old thread.
type Old struct {
	Author string // one of cvd's authors
	// Shown says that the reporter wrote or got it, so that it may stand in their thread.
	Shown bool
	Text  string
	Mail  *cvd.Mail // with its own date
	Files []cvd.Attachment
}

const silentImported = "imported from an old mailbox: whoever reported it was answered there, or was not; nothing is sent for what is old"

// Import opens a case with a thread out of an old mailbox: the first message from
// outside, then the others. answered is when the team first answered in the old
// thread; zero if it never did. o.Mail and o.Report are those of the first message,
// files what came with it. The reporter is told nothing.
func Import(o Opening, files []cvd.Attachment, others []Old, answered, now time.Time) ([]cvd.Event, error) {
	o.Channel = cvd.ChannelImported
	evs, err := Open(o, now)
	if err != nil {
		return nil, err
	}
	first := &evs[0]
	first.Tell, first.Body.Silence = cvd.TellNobody, silentImported
	first.Flags.Imported, first.Flags.Unread = true, unread(true, others)
	if !answered.IsZero() {
		first.Clocks = answers(answered)
	}
	if evs, err = imported(&cvd.Case{}, evs, files, true, o.By, now); err != nil {
		return nil, err
	}
	return appendOld(&cvd.Case{}, evs, others, o.By, now)
}

// Imported adds messages of the old thread to a case that was imported before.
func Imported(c *cvd.Case, others []Old, answered time.Time, by cvd.Actor, now time.Time) ([]cvd.Event, error) {
	evs, err := appendOld(c, nil, others, by, now)
	if err != nil || len(evs) == 0 {
		return nil, err
	}
	for _, met := range answers(answered) {
		if k := c.Clock(met.Kind); k != nil && k.Running() && !answered.IsZero() {
			kept := *k
			kept.Met = answered
			evs[0].Clocks = append(evs[0].Clocks, kept)
		}
	}
	if flags := c.Flags; unread(flags.Unread, others) != flags.Unread {
		flags.Unread = !flags.Unread
		evs[0].Flags = &flags
	}
	return evs, nil
}

// answers are the promises that an answer keeps.
func answers(at time.Time) []cvd.Clock {
	return []cvd.Clock{{Kind: cvd.ClockAcknowledge, Met: at}, {Kind: cvd.ClockFollowUp, Met: at}}
}

// unread tells whether the last word is the reporter's.
func unread(was bool, others []Old) bool {
	for _, o := range others {
		switch o.Author {
		case cvd.AuthorReporter:
			was = true
		case cvd.AuthorTeam:
			was = false
		}
	}
	return was
}

func appendOld(c *cvd.Case, evs []cvd.Event, others []Old, by cvd.Actor, now time.Time) ([]cvd.Event, error) {
	next, err := after(c, evs)
	if err != nil {
		return nil, err
	}
	id, seq := next.ID, next.Version
	for _, o := range others {
		seq++
		ev := cvd.Event{
			Head: cvd.Head{Case: id, Seq: seq, Type: cvd.EventImported, V: 1, At: now, Actor: by.Ref(), Human: by.Human(), Hands: Deed{By: by}.hands(), Tell: cvd.TellTeam},
			Body: &cvd.Body{Text: o.Text, Mail: o.Mail, Author: o.Author, Channel: cvd.ChannelImported},
		}
		if o.Shown && next.HasReporter() {
			ev.Tell = cvd.TellReporter
		}
		evs = append(evs, ev)
		if evs, err = imported(c, evs, o.Files, o.Shown, by, now); err != nil {
			return nil, err
		}
		seq = evs[len(evs)-1].Seq
	}
	return evs, nil
}

// imported adds the files that came with the last event.
func imported(c *cvd.Case, evs []cvd.Event, files []cvd.Attachment, shown bool, by cvd.Actor, now time.Time) ([]cvd.Event, error) {
	had := len(evs)
	evs, err := With(c, evs, files, by, now)
	if err != nil {
		return nil, err
	}
	for i := had; i < len(evs); i++ {
		evs[i].Body.Channel = cvd.ChannelImported
		if !shown {
			evs[i].Tell = cvd.TellTeam
		}
	}
	return evs, nil
}

// after is the case as the events leave it.
func after(c *cvd.Case, evs []cvd.Event) (*cvd.Case, error) {
	next := c.Clone()
	for _, ev := range evs {
		if err := next.Apply(ev); err != nil {
			return nil, err
		}
	}
	return next, nil
}
