package rulebook

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/store"
)

// Versions is every version of the policy, and which one is in effect. It is
// never changed once made.
type Versions struct {
	All     []*Version
	Acts    []Act // what made them so, oldest first
	current int
	seq     int64
	warned  time.Time
	alarmed time.Time
}

// Act is one event of the policy's history: who published or signed which version, and
// when one took effect.
type Act struct {
	Seq     int64
	At      time.Time
	Type    string // published, signed, effective
	Actor   string // as cvd.Actor.Ref gives it
	Version int
	Digest  string
	Sign    *Sign // of a signature
}

// Version is one immutable version of the policy.
type Version struct {
	Number    int
	Policy    *policy.Policy
	Calendar  *calendar.Calendar
	Source    []byte // the file, byte for byte
	Digest    string // SHA-256 of Source, in hex; what officers sign
	Published time.Time
	By        string
	// Needs are the sign-offs without which it does not take effect: its own, and
	// those of each version that was in effect from the day it came until its own, so
	// that nobody drops a signature by publishing a version that asks for none, nor by
	// having one wait while another takes effect that asks for more.
	Needs     []policy.SignOff
	Signs     []Sign
	Effective time.Time // zero: waits for its sign-offs
}

// Sign is one officer's act over a version's digest.
type Sign struct {
	Office string    `json:"office"` // empty: a lead's or officer's word that it stays as it is
	Act    string    `json:"act"`    // reviewed, approved
	Member string    `json:"member"`
	Name   string    `json:"name"`
	Digest string    `json:"digest"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
}

// Version returns the version of that number, or nil.
func (b *Versions) Version(n int) *Version {
	if n < 1 || n > len(b.All) {
		return nil
	}
	return b.All[n-1]
}

// HasProgram tells whether any version has a program of that id.
func (b *Versions) HasProgram(id string) bool {
	return slices.ContainsFunc(b.All, func(v *Version) bool { _, ok := v.Policy.Program(id); return ok })
}

// Current is the version in effect, or nil before the first one is.
func (b *Versions) Current() *Version { return b.Version(b.current) }

// Waiting lists the versions that still wait for a sign-off.
func (b *Versions) Waiting() []*Version {
	var out []*Version
	for _, v := range b.All {
		if v.Effective.IsZero() && v.Number > b.current {
			out = append(out, v)
		}
	}
	return out
}

// Missing lists the sign-offs that the version still needs.
func (v *Version) Missing() []policy.SignOff {
	var given []policy.SignOff
	for _, s := range v.Signs {
		given = append(given, policy.SignOff{Office: s.Office, Act: s.Act})
	}
	return policy.Outstanding(v.Needs, given)
}

// Unsigned tells whether the version asks no office for a review, so that a lead's
// word is one.
func (v *Version) Unsigned() bool {
	return !slices.ContainsFunc(v.Needs, func(s policy.SignOff) bool { return s.Act == "reviewed" })
}

// Spent tells whether the member signed the waiting version for another office than that:
// two offices are two people.
func (v *Version) Spent(member, office string) bool {
	return v.Effective.IsZero() && slices.ContainsFunc(v.Signs, func(s Sign) bool { return s.Member == member && s.Office != office })
}

// takes says why the version does not take that signature of that member now, or nil.
func (v *Version) takes(s policy.SignOff, member string, current int) error {
	bare := s == policy.SignOff{Act: "reviewed"} && v.Unsigned()
	if s.Office == "" && !bare {
		return fmt.Errorf("%w: only the offices that the version names sign it", cvd.ErrForbidden)
	}
	if !bare && !slices.Contains(v.Needs, s) {
		return cvd.Faults{{Field: "act", Problem: "this version does not ask that office for it", Remedy: "sign what it asks for"}}
	}
	if v.Number < current {
		return fmt.Errorf("%w: a later version is in effect", cvd.ErrNotReady)
	}
	if bare && v.Effective.IsZero() {
		return fmt.Errorf("%w: the version is not in effect yet", cvd.ErrNotReady)
	}
	if v.Spent(member, s.Office) {
		return fmt.Errorf("%w: you signed this version for another office; two offices need two people. Where one person holds both, a version says so by naming one office for both signatures", cvd.ErrNotReady)
	}
	if again := !slices.Contains(v.Missing(), s); again && (v.Effective.IsZero() || s.Act != "reviewed") {
		return fmt.Errorf("%w: signed already", cvd.ErrNotReady)
	}
	return nil
}

// needs joins what a version demands with what the one in effect does.
func needs(v, current *Version) []policy.SignOff {
	return joined(slices.Clone(v.Policy.Review.SignOffs), current)
}

func joined(own []policy.SignOff, current *Version) []policy.SignOff {
	if current == nil {
		return own
	}
	return append(own, policy.Outstanding(current.Policy.Review.SignOffs, own)...)
}

// Reviewed is when the version was last reviewed: its latest signature of that
// act, or when it took effect.
func (v *Version) Reviewed() time.Time {
	last := v.Effective
	for _, s := range v.Signs {
		if s.Act == "reviewed" && s.At.After(last) {
			last = s.At
		}
	}
	return last
}

// ActTypes are the types of acts.
var ActTypes = []string{"published", "signed", "effective"}

// policyHead is the open part of an event of the policy's stream.
type policyHead struct {
	Stream  string    `json:"stream"`
	Seq     int64     `json:"seq"`
	Type    string    `json:"type"` // published, signed, effective, review-warned, review-overdue
	V       int       `json:"v"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Version int       `json:"version"`
	Digest  string    `json:"digest,omitempty"`
}

type policyBody struct {
	Source []byte `json:"source,omitempty"`
	Name   string `json:"name,omitempty"` // of who published
	Sign   *Sign  `json:"sign,omitempty"`
}

func (d *Book) readPolicyEvent(b *Versions, row store.Event) error {
	var h policyHead
	var body policyBody
	if err := json.Unmarshal(row.Head, &h); err != nil {
		return err
	}
	plain, err := d.Vault.Stream(Stream).OpenEvent(row)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, &body); err != nil {
		return err
	}
	b.seq = h.Seq
	if slices.Contains(ActTypes, h.Type) {
		b.Acts = append(b.Acts, Act{Seq: h.Seq, At: h.At, Type: h.Type, Actor: h.Actor, Version: h.Version, Digest: h.Digest, Sign: body.Sign})
	}
	switch h.Type {
	case "published":
		v, err := readVersion(body.Source)
		if err != nil {
			return err
		}
		v.Number, v.Published, v.By = h.Version, h.At, body.Name
		v.Needs = needs(v, b.Current())
		b.All = append(b.All, v)
	case "signed":
		v := b.Version(h.Version)
		v.Signs = append(v.Signs, *body.Sign)
	case "effective":
		b.Version(h.Version).Effective = h.At
		b.current = h.Version
		for _, one := range b.Waiting() {
			one.Needs = joined(one.Needs, b.Current())
		}
		b.warned, b.alarmed = time.Time{}, time.Time{}
	case "review-warned":
		b.warned = h.At
	case "review-overdue":
		b.alarmed = h.At
	}
	if h.Type == "signed" && body.Sign.Act == "reviewed" {
		b.warned, b.alarmed = time.Time{}, time.Time{}
	}
	return nil
}

func readVersion(source []byte) (*Version, error) {
	p, err := policy.Parse("policy.yaml", source)
	if err != nil {
		return nil, err
	}
	cal, err := p.WorkTime()
	if err != nil {
		return nil, err
	}
	return &Version{Policy: p, Calendar: cal, Source: source, Digest: policy.Digest(source)}, nil
}

func sealPolicyEvent(d *Book, h policyHead, body policyBody) (store.Event, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return store.Event{}, err
	}
	b, err := json.Marshal(body)
	if err != nil {
		return store.Event{}, err
	}
	return d.Vault.Stream(Stream).SealEvent(Stream, h.Seq, head, b)
}
