package rulebook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// recordFeedback keeps suggestions about the policy itself. They are no cases;
// they join the policy's yearly review.
const recordFeedback store.RecordKind = "feedback"

// maxFeedback is the most characters of one suggestion.
const maxFeedback = 10000

// Suggestion is what somebody suggests about the policy.
type Suggestion struct {
	Text   string    `json:"text"`
	Policy int       `json:"policy"` // the version they read
	At     time.Time `json:"at"`
}

// Suggest keeps a suggestion about the policy. Anybody may.
func (d *Book) Suggest(ctx context.Context, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return cvd.Faults{{Field: "text", Problem: "is empty", Remedy: "write what should change, and why"}}
	case len([]rune(text)) > maxFeedback:
		return cvd.Faults{{Field: "text", Problem: fmt.Sprintf("is over %d characters", maxFeedback), Remedy: "shorten it"}}
	}
	now := d.Now()
	name, err := d.Name()
	if err != nil {
		return err
	}
	sug := Suggestion{Text: text, At: now}
	if cur := d.Current(); cur != nil {
		sug.Policy = cur.Number
	}
	rec, err := d.Vault.Seal(store.Record{Kind: recordFeedback, ID: name, At: now}, sug)
	if err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
}

// Suggestions lists what was suggested, newest first, to members and officers.
func (d *Book) Suggestions(ctx context.Context, by cvd.Actor) ([]Suggestion, error) {
	outside := len(by.Roles) == 1 && by.Is(cvd.RoleReader)
	if (by.Kind != cvd.ActorMember && by.Kind != cvd.ActorMachine) || outside {
		return nil, cvd.ErrNotFound
	}
	var out []Suggestion
	err := d.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(recordFeedback, "", 200)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var sug Suggestion
			if err := d.Vault.Read(rec, &sug); err != nil {
				return err
			}
			out = append(out, sug)
		}
		return nil
	})
	return out, err
}
