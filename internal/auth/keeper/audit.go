package keeper

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Act is what an audit entry records. The words are stable.
type Act string

// The acts that are recorded.
const (
	ActSignIn        Act = "sign-in"
	ActSignInFailed  Act = "sign-in.failed"
	ActSignInLimited Act = "sign-in.limited"
	ActSignOut       Act = "sign-out"
	ActLinkMade      Act = "link.made"
	ActLinkUsed      Act = "link.used"
	ActPasswordSet   Act = "password.set"
	ActMemberAdded   Act = "member.added"
	ActMemberChanged Act = "member.changed"
	ActSessionEnded  Act = "session.ended"
	ActTokenMade     Act = "token.made"
	ActTokenRevoked  Act = "token.revoked"
	ActFactorPassed  Act = "second.passed"
	ActFactorFailed  Act = "second.failed"
	ActFactorSet     Act = "second.set"
	ActFactorPaper   Act = "second.codes"
	ActFactorGone    Act = "second.removed"
	ActPasskeyAdded  Act = "passkey.added"
	ActPasskeyGone   Act = "passkey.removed"
	ActPasskeyFailed Act = "passkey.failed"
	ActPasskeyCopied Act = "passkey.copied" // a signature counter went backwards
	ActProved        Act = "proved"         // somebody signed in showed again who they are
	ActPasswordGone  Act = "password.removed"
	ActReset         Act = "member.reset" // everything that lets a member in was taken away
	ActLinked        Act = "identity.linked"
	ActUnlinked      Act = "identity.removed"
	ActInvited       Act = "invitation.made"
	ActInvitedAgain  Act = "invitation.again"
	ActInviteRevoked Act = "invitation.revoked"
	ActInviteUsed    Act = "invitation.used"
)

// Acts are all that are recorded.
var Acts = []Act{
	ActSignIn, ActSignInFailed, ActSignInLimited, ActSignOut, ActLinkMade, ActLinkUsed,
	ActPasswordSet, ActMemberAdded, ActMemberChanged, ActSessionEnded, ActTokenMade, ActTokenRevoked,
	ActFactorPassed, ActFactorFailed, ActFactorSet, ActFactorPaper, ActFactorGone, ActPasskeyAdded,
	ActPasskeyGone, ActPasskeyFailed, ActPasskeyCopied, ActProved, ActPasswordGone, ActReset, ActLinked, ActUnlinked,
	ActInvited, ActInvitedAgain, ActInviteRevoked, ActInviteUsed,
}

// auditYears is how long an entry is kept.
const auditYears = 1

// AuditEntry is one line of the security log (ASVS 5.0.0 V16.2.1: when, where,
// who and what).
type AuditEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`                // UTC
	By      string    `json:"by"`                // as cvd.Actor.Ref gives it; "stranger" before a sign-in
	Act     Act       `json:"act"`               // what was done
	Subject string    `json:"subject,omitempty"` // the member it was done to; empty for an unknown account
	Object  string    `json:"object,omitempty"`  // the session or token it was done to, as lists name it
	From    string    `json:"from,omitempty"`    // the address, as the door saw it
	Agent   string    `json:"agent,omitempty"`   // the program, as it called itself
	Detail  string    `json:"detail,omitempty"`  // what changed, without secrets
	About   []string  `json:"about,omitempty"`   // as what it is told, where the act does not say it alone
	Through string    `json:"through,omitempty"` // who let the subject in, where the house carried it out
	Former  string    `json:"former,omitempty"`  // the subject's address until then, which hears of it too
}

// Entry seals what is to be recorded, with the letters that tell of it: to the member it
// was done to, and to the leads, where they hear of such a thing. It is made before the
// transaction that stores both.
func (k *Keeper) Entry(ctx context.Context, e AuditEntry, leads ...string) (Put, error) {
	e.ID, e.At = rand.Text(), k.Now()
	o := OriginOf(ctx)
	if e.From == "" {
		e.From = o.From
	}
	e.Agent = o.Agent
	rec := store.Record{Kind: RecordAudit, ID: e.ID, At: e.At, Expires: e.At.AddDate(auditYears, 0, 0)}
	if len(e.ToldOwn()) > 0 {
		rec.Owner = e.Subject
	}
	rec, err := k.Vault.Seal(rec, e)
	return Put{Rec: rec, letters: e.letters(leads)}, err
}

// Failure records a refused sign-in. A flood of them is counted, not stored
// one by one, or it would fill the disk.
func (k *Keeper) Failure(ctx context.Context, e AuditEntry) error {
	if ok, _ := k.failures.Allow(""); !ok {
		k.unwritten.Add(1)
		return nil
	}
	n := k.unwritten.Swap(0)
	if n > 0 {
		e.Detail = fmt.Sprintf("%d more were not recorded one by one", n)
	}
	e.By = cvd.Stranger.Ref()
	note, err := k.Entry(ctx, e)
	if err == nil {
		err = k.Store.Update(ctx, func(tx store.Tx) error { return PutAll(tx, note) })
	}
	if err != nil {
		k.unwritten.Add(n + 1)
	}
	return err
}

// Sought narrows the trail. Zero members narrow nothing.
type Sought struct {
	// Person is a member's id, of whoever did it or of whom it was done to; or an actor's
	// reference: the house's own, or a stranger's.
	Person   string
	Act      Act
	From, To time.Time // from the first instant to before the second
	After    string    // the next of the page before
}

func (f *Sought) holds(e *AuditEntry) bool {
	_, id, _ := strings.Cut(e.By, "/")
	return (f.Act == "" || e.Act == f.Act) && (f.Person == "" || f.Person == id || f.Person == e.By || f.Person == e.Subject)
}

// Trail is Audit as far as it is sought, one page at a time; next is empty on the last.
// Far back it costs as much as all that is newer. Errors: those of Audit, and
// cvd.ErrUnreadable for what is no next of a page before.
func (k *Keeper) Trail(ctx context.Context, by cvd.Actor, f Sought, limit int) (out []AuditEntry, next string, err error) {
	if !reads(by) {
		return nil, "", cvd.ErrNotFound
	}
	after, err := store.ReadPlace(f.After)
	if err != nil {
		return nil, "", cvd.ErrUnreadable
	}
	var last store.Place
	err = k.Store.View(ctx, func(tx store.Tx) error {
		out, next, last = nil, "", store.Place{}
		return store.Walk(tx, RecordAudit, "", func(rec *store.Record) (bool, error) {
			if !f.From.IsZero() && rec.At.Before(f.From) {
				return false, nil
			}
			if !after.Holds(rec) || !f.To.IsZero() && !rec.At.Before(f.To) {
				return true, nil
			}
			var e AuditEntry
			if err := k.Vault.Read(*rec, &e); err != nil {
				return false, err
			}
			if !f.holds(&e) {
				return true, nil
			}
			if len(out) == limit {
				next = last.String()
				return false, nil
			}
			out, last = append(out, e), store.Place{At: rec.At, ID: rec.ID}
			return true, nil
		})
	})
	return out, next, err
}

// reads tells who may read the trail.
func reads(by cvd.Actor) bool {
	return by.Kind == cvd.ActorSystem || by.Is(cvd.RoleLead) || by.Is(cvd.RoleAuditor)
}

// Audit lists up to limit entries (at most 1,000), newest first. Leads and
// auditors may read them; to others the answer is cvd.ErrNotFound.
func (k *Keeper) Audit(ctx context.Context, by cvd.Actor, limit int) ([]AuditEntry, error) {
	if !reads(by) {
		return nil, cvd.ErrNotFound
	}
	if limit <= 0 || limit > ListLimit {
		limit = ListLimit
	}
	var out []AuditEntry
	err := k.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(RecordAudit, "", limit)
		out = make([]AuditEntry, len(recs))
		for i, rec := range recs {
			if err != nil {
				break
			}
			err = k.Vault.Read(rec, &out[i])
		}
		return err
	})
	return out, err
}
