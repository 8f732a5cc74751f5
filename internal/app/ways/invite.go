package ways

import (
	"context"
	"errors"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/invite"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/words"
)

// Inviter carries the letters of invitations.
type Inviter struct {
	Invites *invite.Book
	Auth    *auth.Auth
	Book    *rulebook.Book
	Mail    *notify.Mail
	Words   *words.Book
	Base    func() string
}

// Carry writes one letter and sends it. An invitation that is not open any more is told
// nobody.
func (c Inviter) Carry(ctx context.Context, e store.Effect) ([]byte, error) {
	l, err := c.Invites.Letter(ctx, e.Template)
	if errors.Is(err, cvd.ErrNotFound) {
		return []byte(c.Words.In("en").Say("invite.letter.gone")), nil
	}
	if err != nil {
		return nil, err
	}
	out := notify.Invitation{To: l.To, URL: strings.TrimRight(c.Base(), "/") + onetime.Invitation(l.Code), Until: l.Until, Zone: time.UTC}
	if cur := c.Book.Current(); cur != nil {
		out.Organisation, out.Zone, out.Languages = cur.Policy.Organisation.Name, cur.Calendar.Zone(), cur.Policy.Languages
		if boxes := cur.Policy.Mailboxes(); len(boxes) > 0 {
			out.From = boxes[0].Address
		}
	}
	team, err := c.Auth.Team(ctx)
	if err != nil {
		return nil, err
	}
	if out.By = team[strings.TrimPrefix(l.By, "member/")].Name; out.By == "" {
		out.By = out.Organisation
	}
	return c.Mail.Invite(ctx, e.Key, out)
}
