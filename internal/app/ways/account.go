package ways

import (
	"context"
	"errors"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/words"
)

// Teller carries the letters about members' accounts.
type Teller struct {
	Auth  *auth.Auth
	Book  *rulebook.Book
	Mail  *notify.Mail
	Words *words.Book
	Base  func() string
}

// Carry writes one letter and sends it. That an address which is no longer the member's,
// or that of somebody who was let go, takes no mail is no alarm: nobody could mend it.
func (t Teller) Carry(ctx context.Context, e store.Effect) ([]byte, error) {
	entry, err := t.Auth.Told(ctx, e.Template)
	if errors.Is(err, cvd.ErrNotFound) {
		return []byte(t.Words.In("en").Say("account.gone")), nil
	}
	if err != nil {
		return nil, err
	}
	team, err := t.Auth.Team(ctx)
	if err != nil {
		return nil, err
	}
	m, former := team[id(e.To)], keeper.ToFormer(e)
	a := notify.Account{
		To: m.Email, Did: entry.ToldOwn(), By: entry.Doer(), ByName: team[id(entry.Doer())].Name, At: entry.At, Origin: entry.From,
		Own: entry.Doer() == e.To, Desk: m.Active && !former, Base: t.Base(),
	}
	if former {
		a.To = entry.Former
	}
	if m.ID != entry.Subject {
		a.Lead, a.Name, a.Did, a.Own = true, team[entry.Subject].Name, entry.ToldLeads(), false
	}
	if m.Language != "" {
		a.Languages = []string{m.Language}
	}
	if cur := t.Book.Current(); cur != nil {
		a.Organisation, a.Languages = cur.Policy.Organisation.Name, append(a.Languages, cur.Policy.Languages...)
		if boxes := cur.Policy.Mailboxes(); len(boxes) > 0 {
			a.From = boxes[0].Address
		}
	}
	kept, err := t.Mail.Account(ctx, e.Key, a)
	if unsent, refused := errors.AsType[notify.Unsent](err); refused && unsent.Permanent() && !a.Desk {
		return append([]byte(unsent.Error()+"\n\n"), kept...), nil
	}
	return kept, err
}

// id is that of the member whom a reference names, if it names one.
func id(ref string) string {
	_, id, _ := strings.Cut(ref, "/")
	return id
}
