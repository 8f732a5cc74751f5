package keeper

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// EffectAccount is a letter to a member about an entry of the audit: Template is the id
// of the entry.
const EffectAccount cvd.EffectKind = "account"

// What changes are told as where the act does not say it alone.
const (
	ToldFactors = "factors" // second factor and passkeys were taken away
	ToldRoles   = "roles"   // their roles or offices are others
	ToldAddress = "address" // their address is another
	ToldGone    = "gone"    // they are no longer active
	ToldBack    = "back"    // they are active again
	ToldAdded   = "added"   // they are new
	ToldLead    = "lead"    // they became a lead
)

// hearing is who hears of something: the member to whom it was done, always or only if
// somebody else did it; and all active leads.
type hearing struct{ always, byOthers, leads bool }

// hears is the table of what is told. What is not in it is in the audit alone. What lets
// somebody in is told whoever did it, since an intruder acts in the member's name; what one
// lead could do alone to become two is told to all of them.
var hears = map[string]hearing{
	string(ActLinkMade):     {always: true},
	string(ActSessionEnded): {byOthers: true},
	string(ActTokenMade):    {always: true},
	string(ActTokenRevoked): {byOthers: true},
	string(ActPasswordSet):  {always: true},
	string(ActPasswordGone): {always: true},
	string(ActFactorSet):    {always: true},
	string(ActFactorPaper):  {always: true},
	string(ActFactorGone):   {always: true},
	string(ActPasskeyAdded): {always: true},
	string(ActPasskeyGone):  {always: true},
	string(ActReset):        {always: true},
	string(ActLinked):       {always: true},
	string(ActUnlinked):     {always: true},
	ToldFactors:             {always: true},
	ToldRoles:               {always: true},
	ToldAddress:             {always: true},
	ToldGone:                {always: true},
	ToldBack:                {always: true, leads: true},
	ToldAdded:               {leads: true},
	ToldLead:                {leads: true},
}

// words are what an entry may be told as: nothing, where the house did it in nobody's
// name. So it begins, with a first lead and the link to let them in.
func (e *AuditEntry) words() []string {
	switch {
	case e.Subject == "" || e.By == cvd.System.Ref() && e.Through == "":
		return nil
	case len(e.About) > 0:
		return slices.Clone(e.About)
	}
	return []string{string(e.Act)}
}

// ToldOwn are the words by which the member hears of what was done to them; none if they
// do not.
func (e *AuditEntry) ToldOwn() []string {
	own := refOf(e.Subject)
	return slices.DeleteFunc(e.words(), func(word string) bool {
		h := hears[word]
		return !h.always && (!h.byOthers || e.By == own)
	})
}

// ToldLeads are the words by which the leads hear of it.
func (e *AuditEntry) ToldLeads() []string {
	return slices.DeleteFunc(e.words(), func(word string) bool { return !hears[word].leads })
}

// former ends the key of a letter to the address that a member had before.
const former = "/former"

// letters are those that an entry causes, one for each who hears of it. Leads are by id.
func (e *AuditEntry) letters(leads []string) (out []store.Effect) {
	add := func(member, suffix string) {
		out = append(out, store.Effect{State: store.EffectPending, Effect: cvd.Effect{
			Key: string(EffectAccount) + "/" + e.ID + "/" + member + suffix, Kind: EffectAccount, To: refOf(member), Template: e.ID, At: e.At,
		}})
	}
	if len(e.ToldOwn()) > 0 {
		add(e.Subject, "")
		if e.Former != "" {
			add(e.Subject, former)
		}
	}
	if len(e.ToldLeads()) > 0 {
		for _, id := range leads {
			if id != e.Subject {
				add(id, "")
			}
		}
	}
	return out
}

// Doer is who is named as the one who did it, as cvd.Actor.Ref gives it.
func (e *AuditEntry) Doer() string { return cmp.Or(e.Through, e.By) }

// ToFormer tells whether the letter goes to the address that the member had before.
func ToFormer(e store.Effect) bool { return strings.HasSuffix(e.Key, former) }

// Told gives the entry with this id; cvd.ErrNotFound once it is no longer kept.
func (k *Keeper) Told(ctx context.Context, id string) (e AuditEntry, err error) {
	err = k.Store.View(ctx, func(tx store.Tx) error {
		_, err := k.Read(tx, RecordAudit, id, &e)
		return err
	})
	return e, err
}

const (
	// toldFor is how long a member finds on their page what was done to their account.
	toldFor = 90 * 24 * time.Hour
	// toldMost is how much of it.
	toldMost = 100
)

// Changes lists what changed on the actor's own account in the last 90 days, newest first,
// whether or not a letter about it arrived.
func (k *Keeper) Changes(ctx context.Context, by cvd.Actor) (out []AuditEntry, err error) {
	if by.Kind != cvd.ActorMember || by.ID == "" {
		return nil, fmt.Errorf("%w: only members have an account", cvd.ErrForbidden)
	}
	err = k.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		recs, err := tx.Records(RecordAudit, by.ID, toldMost)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			if rec.At.Before(k.Now().Add(-toldFor)) {
				break
			}
			var e AuditEntry
			if err := k.Vault.Read(rec, &e); err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}
