package post

import (
	"context"
	"encoding/hex"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Letter is what a mail says of itself that tells where it belongs.
type Letter struct {
	Item   string   // its id in the inbox: coming again under it is no duplicate
	ID     string   // Message-ID without brackets
	Refs   []string // of In-Reply-To and References, without brackets
	To     []string // all recipients
	From   string
	Digest [32]byte // as Digest makes it
}

// The ways in which a mail names its case, the strongest first.
const (
	ByTag       = "tag"       // it came to the address that we gave them to answer to
	ByReference = "reference" // it answers a letter of ours
	ByEarlier   = "earlier"   // it answers a mail that came in before
)

// Placement is where a mail belongs, as far as it says so. Whether its sender may
// speak there is another question.
type Placement struct {
	Case        cvd.CaseID // empty: nowhere
	Participant cvd.ParticipantID
	By          string
	// Known says that From is the address on record. Who controls that address is
	// told by the proof of the mail's domain only.
	Known  bool
	Erased bool
	Closed bool
	Seen   bool   // the same mail came in before
	Effect string // the letter of ours that came back to its bounce address, by the key of its effect
	// Answers is the letter of ours that a reference names, by the key of its effect.
	Answers string
	Signer  string // the fingerprint of the key on record
	Key     string // that key, armored
	// Taken says that the words of this very mail, by its name in the inbox, stand in
	// the case already: an earlier try got so far.
	Taken  bool
	Lately int // mails of the case in the last hour
}

// Actor is the participant for whom the mail speaks, once somebody has decided that
// it does.
func (p Placement) Actor() cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: p.Case, Participant: p.Participant}}}
}

// hour is how far back mails are counted.
const hour = time.Hour

// Find says which case the letter names, without a look into the case.
func Find(ctx context.Context, st store.Store, v *vault.Vault, l Letter, now time.Time) (Placement, error) {
	p := Placement{Participant: cvd.Reporter}
	err := st.View(ctx, func(tx store.Tx) error {
		again, err := read(tx, v, KindSeen, seenID(v, l.ID, hex.EncodeToString(l.Digest[:])))
		if err != nil {
			return err
		}
		if again != nil {
			p.Case, p.Taken = again.Case, again.Item != "" && again.Item == l.Item
			p.Seen = !p.Taken
		} else if err := p.find(tx, v, l); err != nil {
			return err
		}
		if p.Case != "" {
			p.Lately, err = lately(tx, p.Case, now.Add(-hour))
		}
		return err
	})
	if p.Case == "" {
		return Placement{}, err
	}
	return p, err
}

func (p *Placement) find(tx store.Tx, v *vault.Vault, l Letter) error {
	for _, to := range l.To {
		if id, seq, ok := ParseBounce(v, to); ok {
			p.Case, p.By, p.Effect = id, ByTag, LetterKey(id, seq)
			return nil
		}
		if id, ok := ParseReply(v, to); ok {
			p.Case, p.By = id, ByTag
			return nil
		}
	}
	for _, ref := range l.Refs {
		if id, seq, ok := ParseRef(v, ref); ok {
			p.Case, p.By, p.Answers = id, ByReference, LetterKey(id, seq)
			return nil
		}
	}
	for _, ref := range l.Refs {
		before, err := read(tx, v, KindThread, threadID(v, ref))
		if err != nil {
			return err
		}
		if before != nil {
			p.Case, p.By = before.Case, ByEarlier
			return nil
		}
	}
	return nil
}
