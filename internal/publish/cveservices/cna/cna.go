// Package cna does for the cases of a CNA what the CVE Programme asks of it: it
// has ids reserved and records published, brought up to date and rejected, each
// because an effect in the outbox asks for it.
//
// It never decides that an id is needed or that an advisory is public: effects of
// a release exist only because the transaction that published the page was
// committed. It never says that something was done before it was, and in a dry run
// sends nothing and records nothing on a case.
package cna

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/advisory/release"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/publish/cveservices"
	"fairlead/internal/words"
)

// Cases is the desk as the house itself may use it.
type Cases interface {
	Case(ctx context.Context, id cvd.CaseID) (*casework.File, error)
	Do(ctx context.Context, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (casework.Done, error)
}

// Published reads what is published; revision 0 is the latest.
type Published interface {
	Record(ctx context.Context, id cvd.AdvisoryID, revision int) (*cvd.Advisory, error)
}

// Config is what the carrier is built from. All of it is needed but Live.
type Config struct {
	Cases     Cases
	Published Published
	Client    *cveservices.Client
	Org       string // the CNA's short name
	Live      bool   // as in Client
	// Kept lists the ids that were reserved under a key.
	Kept      func(ctx context.Context, key string) ([]string, error)
	Publisher func() advisory.Publisher
	Voice     *words.Voice
}

// Carrier carries effects of the kinds cvd.EffectCVERecord and
// cvd.EffectCVEReserve. Carrying one twice is harmless: the client looks at what
// there is before it does anything, and the case is told only what it does not
// know.
type Carrier struct{ cfg Config }

// New makes a carrier.
func New(cfg Config) (*Carrier, error) {
	if cfg.Cases == nil || cfg.Published == nil || cfg.Client == nil || cfg.Org == "" || cfg.Kept == nil || cfg.Publisher == nil || cfg.Voice == nil {
		return nil, fmt.Errorf("%w: the CNA's carrier needs all of its configuration", cvd.ErrInvalid)
	}
	return &Carrier{cfg}, nil
}

// final is a failure that no further try can mend.
type final struct{ error }

func (f final) Unwrap() error   { return f.error }
func (f final) Permanent() bool { return true }

// told marks as final what is refused for what it is, not for when it is.
func told(err error) error {
	if errors.Is(err, cvd.ErrNotReady) || errors.Is(err, cvd.ErrInvalid) || errors.Is(err, cvd.ErrUnreadable) {
		return final{err}
	}
	return err
}

// Carry does what the effect asks for and returns what was sent, or why nothing
// was.
func (c *Carrier) Carry(ctx context.Context, e casework.Effect) ([]byte, error) {
	f, err := c.cfg.Cases.Case(ctx, e.Case)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case cvd.EffectCVEReserve:
		return c.reserve(ctx, f, e.Seq)
	case cvd.EffectCVERecord:
		return c.record(ctx, f, e.Seq, e.To)
	}
	return nil, final{fmt.Errorf("%w: no effect of a CNA", cvd.ErrInvalid)}
}

// record brings the record of an id to what it is to be.
func (c *Carrier) record(ctx context.Context, f *casework.File, seq int64, id string) ([]byte, error) {
	var published *cvd.Advisory
	var err error
	if r := f.Case.Release; r.Revision > 0 {
		if published, err = c.cfg.Published.Record(ctx, r.Advisory, 0); err != nil {
			return nil, err
		}
	}
	owed := release.Owe(f.Case, f.Events, seq, published, id)
	if owed.State == "" {
		return c.say("nothing."+owed.Why, id), nil
	}
	if c.cfg.Live {
		known, err := c.cfg.Client.Look(ctx, id)
		if err != nil {
			return nil, told(err)
		}
		if !strings.EqualFold(known.Owner, c.cfg.Org) {
			return c.say("nothing.foreign", id), nil
		}
	}
	var container []byte
	do := c.cfg.Client.Publish
	if owed.State == cvd.CVEPublished {
		container, err = cve5.Container(published, id, c.cfg.Publisher())
	} else {
		do = c.cfg.Client.Reject
		reason := owed.Reason
		if reason == "" {
			reason = c.cfg.Voice.Say("cna.unused")
		}
		container, err = cve5.Rejected(reason, nil, c.cfg.Publisher())
	}
	if err != nil {
		return nil, final{err}
	}
	done, err := do(ctx, id, container)
	if err != nil {
		return act(done.Act), told(err)
	}
	text := slices.Concat(c.say(string(owed.State)+"."+done.Did, id), act(done.Act))
	if done.Did == cveservices.Planned {
		return text, nil
	}
	return text, c.tell(ctx, f, id, owed.State)
}

// reserve has an id reserved for the case, if it still asks for one. The key under
// which it is kept is the case and how many ids it had when it asked: asking twice
// before there is one is asking once.
func (c *Carrier) reserve(ctx context.Context, f *casework.File, seq int64) ([]byte, error) {
	i := slices.IndexFunc(f.Events, func(ev cvd.Event) bool { return ev.Seq == seq && ev.Body != nil })
	if f.Erased || i < 0 {
		return c.say("nothing.unasked", ""), nil
	}
	asked, n := f.Events[i], 0
	for _, one := range asked.Body.CVEs {
		if one.ID != "" {
			n++
		}
	}
	key := fmt.Sprintf("%s/%d", f.Case.ID, n)
	kept, err := c.cfg.Kept(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 && !slices.ContainsFunc(f.Case.CVEs, func(one cvd.CVE) bool { return one.ID == "" }) {
		return c.say("nothing.unasked", ""), nil
	}
	// The year is that of the asking, so that a try after New Year's Eve finds what
	// one before it reserved.
	got, err := c.cfg.Client.Reserve(ctx, cveservices.Request{Key: key, Year: asked.At.UTC().Year(), Amount: 1})
	switch {
	case err != nil:
		return nil, told(err)
	case got.Planned != nil:
		return slices.Concat(c.say("reserved.planned", ""), act(got.Planned)), nil
	case len(got.IDs) == 0:
		return nil, fmt.Errorf("%w: CVE Services have no id to give", cvd.ErrUnavailable)
	}
	return c.say("reserved", got.IDs[0]), c.tell(ctx, f, got.IDs[0], cvd.CVEReserved)
}

// tell records on the case how far the id is; the reporter hears of it there. What
// the case knows already, or knows to be further, is not said again.
func (c *Carrier) tell(ctx context.Context, f *casework.File, id string, state cvd.CVEState) error {
	if f.Erased {
		return nil
	}
	for _, one := range f.Case.CVEs {
		if one.ID == id && (one.State == state || (state == cvd.CVEReserved && one.State != cvd.CVERequested)) {
			return nil
		}
	}
	_, err := c.cfg.Cases.Do(ctx, f.Case.ID, cvd.VerbCVE, cvd.Input{CVE: id, Outcome: string(state)})
	return err
}

func (c *Carrier) say(what, id string) []byte {
	return []byte(c.cfg.Voice.Say("cna."+what, "cve", id) + "\n")
}

// act shows a request as it is sent, without the credentials.
func act(a *cveservices.Act) []byte {
	if a == nil {
		return nil
	}
	return fmt.Appendf(nil, "\n%s %s\n%s", a.Method, a.Path, a.Body)
}
