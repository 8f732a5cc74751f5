package notify

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Account is a letter to a member about what was done to an account: their own, or to
// leads that of a colleague. It knows of no case.
type Account struct {
	To           string
	Languages    []string
	Organisation string
	From         string // the policy's mail contact
	Base         string // the origin of links

	Lead   bool     // it is a colleague's, who is called Name
	Name   string   // empty for the own one
	Did    []string // what was done, as keeper.AuditEntry.ToldOwn and ToldLeads say it
	By     string   // by whom, as keeper.AuditEntry.Doer says it
	ByName string   // of the member in By
	Own    bool     // by the account's own holder, as far as the house knows
	Desk   bool     // they can get at the desk, so the letter may lead there
	At     time.Time
	Origin string // the address from which it was asked; other text is left out
}

// Account writes one and sends it.
func (m *Mail) Account(ctx context.Context, key string, a Account) ([]byte, error) {
	voice := m.cfg.Words.In(a.Languages...)
	n := &casework.Notice{
		Effect: casework.Effect{Effect: cvd.Effect{Key: key, Kind: keeper.EffectAccount}}, To: []casework.Address{{Email: a.To}},
		Organisation: a.Organisation, From: a.From,
	}
	l := a.write(voice, n)
	return m.alone(ctx, voice, n, l, l.text)
}

func (a Account) write(v *words.Voice, n *casework.Notice) letter {
	stem, place := "account.own", "/desk/me"
	if a.Lead {
		stem, place = "account.lead", "/desk/team"
	}
	did := make([]string, len(a.Did))
	for i, word := range a.Did {
		did[i] = v.Say(stem+"."+word, "name", line(a.Name))
	}
	facts := []string{v.Say("account.when", "when", v.Instant(a.At, time.UTC)), v.Say("account.by", "who", a.who(v))}
	if from, err := netip.ParseAddr(a.Origin); err == nil {
		facts = append(facts, v.Say("account.from", "address", from.String()))
	}
	parts := []string{wrap(strings.Join(did, " ")), strings.Join(facts, "\n"), wrap(v.Say(a.advice()))}
	if a.Desk {
		parts = append(parts, wrap(v.Say(stem+".open"))+"\n"+strings.TrimRight(a.Base, "/")+place)
	}
	return letter{
		subject: v.Say(stem+".subject", "organisation", line(a.Organisation)),
		text:    page(append(parts, wrap(v.Say(stem+".why")), sign(v, n))...),
	}
}

// advice is the id of what to do about it.
func (a Account) advice() string {
	switch {
	case a.Lead:
		return "account.advice.lead"
	case a.Own:
		return "account.advice.self"
	}
	return "account.advice.others"
}

// who is who did it.
func (a Account) who(v *words.Voice) string {
	switch {
	case a.Own:
		return v.Say("account.by.self")
	case a.By == keeper.Operator.Ref():
		return v.Say("account.by.operator")
	case a.ByName == "":
		return v.Say("account.by.nobody")
	}
	return line(a.ByName)
}
