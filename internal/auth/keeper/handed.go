package keeper

import (
	"math"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// handed are the records that say who let somebody in by them: what a lead hands out
// to others ends with the lead's right to.
var handed = []store.RecordKind{RecordLink, RecordSession, RecordToken, RecordInvitation}

// Vouched refuses (cvd.ErrUnauthenticated) what was handed out by somebody who may not
// any more: by, as cvd.Actor.Ref gave it, is the house, the operator or an active lead.
func (k *Keeper) Vouched(tx store.Tx, by string) error {
	if by == cvd.System.Ref() || by == Operator.Ref() {
		return nil
	}
	id := memberOf(by)
	if id == "" {
		return cvd.ErrUnauthenticated
	}
	who, err := k.ActiveIn(tx, id)
	if err == nil && !Leads(who) {
		err = cvd.ErrUnauthenticated
	}
	return err
}

// refOf is how records name the member as a maker.
func refOf(member string) string { return cvd.Actor{Kind: cvd.ActorMember, ID: member}.Ref() }

// memberOf is the id of the member who is named so; empty for anybody else.
func memberOf(ref string) string {
	prefix := refOf("")
	if len(ref) <= len(prefix) || ref[:len(prefix)] != prefix {
		return ""
	}
	return ref[len(prefix):]
}

// Lends tells whether who vouches is a member: the house and the operator lend nobody's
// name, they own the machine.
func Lends(by string) bool { return memberOf(by) != "" }

// Lender is the member who vouches, as an actor's Through has it; empty where none does.
func Lender(by string) string {
	if !Lends(by) {
		return ""
	}
	return by
}

// ForOthers is who vouches for what by made for the member: nobody need for oneself.
func ForOthers(by, member string) string {
	if by == refOf(member) {
		return ""
	}
	return by
}

// Recall deletes what the member made for others to come in by: links, the sessions
// that those opened and in which nobody proved since who they are, tokens and
// invitations, or only the kinds that are named. An intruder in the member's place may
// have made them. What is the member's own is not touched.
func (k *Keeper) Recall(tx store.Tx, member string, kinds ...store.RecordKind) error {
	if member == "" {
		return cvd.ErrNotFound
	}
	if len(kinds) == 0 {
		kinds = handed
	}
	by := refOf(member)
	for _, kind := range kinds {
		err := k.drop(tx, kind, func(rec store.Record, c content) bool { return c.By == by && rec.Owner != member })
		if err != nil {
			return err
		}
	}
	return nil
}

// Uninvite deletes the invitations to an address that fits.
func (k *Keeper) Uninvite(tx store.Tx, fits func(email string) bool) error {
	return k.drop(tx, RecordInvitation, func(_ store.Record, c content) bool { return fits(c.Email) })
}

// content is what the kinds in handed have in common, and the address of an invitation.
type content struct {
	By    string `json:"by"`
	Email string `json:"email"`
}

func (k *Keeper) drop(tx store.Tx, kind store.RecordKind, which func(store.Record, content) bool) error {
	// All of them: among more than a list shows, the one in question might hide.
	recs, err := tx.Records(kind, "", math.MaxInt32)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		var c content
		if err := k.Vault.Read(rec, &c); err != nil {
			return err
		}
		if !which(rec, c) {
			continue
		}
		if _, err := tx.DeleteRecords(store.Selection{Kind: kind, ID: rec.ID}); err != nil {
			return err
		}
	}
	return nil
}
