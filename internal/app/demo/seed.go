package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/store"
)

// Seeded is what a demo house was furnished with.
type Seeded struct {
	Lead   cvd.Member
	Member cvd.Member
	Fixer  cvd.Member
	// Again is set when the house was furnished before.
	Again bool
}

// recordSeeded marks a demo house that is furnished, so that nothing is done
// twice.
const recordSeeded store.RecordKind = "demo"

// Seed furnishes a demo house: a policy in effect, members in every role, and
// unless empty a case in every state, one with a broken promise and one with
// paused clocks. The cases are worked through the same verbs as any other, on a
// clock that is led from four weeks ago up to now. Of a house that was furnished
// before nothing is done again, except that one which was left without cases is given
// them once they are asked for; but the policy that source holds is brought into effect
// as its next version, if another one is. Without source it is the signed example, or
// what is in effect.
func Seed(ctx context.Context, h *app.House, source []byte, empty bool) (*Seeded, error) {
	s := &seeder{h: h, now: h.Options.Clock.Now()}
	done, err := s.before(ctx)
	if err == nil && done && source != nil {
		err = s.inEffect(ctx, source)
	}
	if err != nil {
		return nil, err
	}
	bare := false
	if done && !empty {
		bare, err = caseless(ctx, h)
	}
	if err != nil || done && !bare {
		return &s.Seeded, err
	}
	if source == nil {
		source = examples.SignedPolicy
	}
	clock := h.Options.Clock
	clock.Set(s.now.AddDate(0, 0, -30))
	defer clock.Run(s.now)
	if !done {
		err = s.people(ctx, source)
		if err == nil {
			// Made now, it is older than all that the cases sign, also those that come into an
			// empty demo later. One that cannot be read is an alarm of its own.
			_, _ = h.PublicKey(ctx)
		}
	}
	if err == nil && !empty {
		err = s.cases(ctx)
	}
	if err != nil {
		return nil, err
	}
	clock.Set(s.now)
	if err := h.Turn(ctx); err != nil {
		return nil, err
	}
	mark := store.Record{Kind: recordSeeded, ID: "1", At: s.now}
	return &s.Seeded, h.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(mark, -1) })
}

// caseless tells whether a demo was begun without cases and has taken none since. A
// house that no demo furnished never counts: nothing invented comes into it.
func caseless(ctx context.Context, h *app.House) (bool, error) {
	bare := false
	err := h.Store.View(ctx, func(tx store.Tx) error {
		_, err := tx.Record(recordSeeded, "1")
		if errors.Is(err, cvd.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := tx.CountCases(store.Filter{}, 1)
		bare = n == 0
		return err
	})
	return bare, err
}

const qualified = "Years of work on application security"

type seeder struct {
	Seeded
	h     *app.House
	now   time.Time
	acts  []act
	named map[string]casework.Accepted
}

// act is one thing that somebody did, so long before now.
type act struct {
	ago time.Duration
	do  func(ctx context.Context) error
}

// before finds the people of a house that was furnished earlier.
func (s *seeder) before(ctx context.Context) (bool, error) {
	members, err := s.h.Auth.Members(ctx)
	if err != nil || len(members) == 0 {
		return false, err
	}
	s.Again = true
	for _, m := range members {
		switch {
		case m.Is(cvd.RoleLead) && s.Lead.ID == "":
			s.Lead = m
		case m.Is(cvd.RoleMember):
			s.Member = m
		case m.Is(cvd.RoleFixer):
			s.Fixer = m
		}
	}
	return true, nil
}

func (s *seeder) people(ctx context.Context, source []byte) error {
	add := func(name, email string, roles []cvd.Role) (cvd.Member, error) {
		return s.arrives(ctx, cvd.Member{Name: name, Email: email, Roles: roles, Active: true, Qualification: qualified})
	}
	var errs []error
	keep := func(m cvd.Member, err error) cvd.Member { errs = append(errs, err); return m }
	s.Lead = keep(add("Mara Lindqvist", "mara@example.org", []cvd.Role{cvd.RoleLead}))
	s.Member = keep(add("Tomas Okafor", "tomas@example.org", []cvd.Role{cvd.RoleMember}))
	s.Fixer = keep(add("Ines Duarte", "ines@example.org", []cvd.Role{cvd.RoleFixer}))
	keep(add("Sol Okada", "sol@example.org", []cvd.Role{cvd.RoleAuditor}))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.inEffect(ctx, source)
}

// arrives adds a member who was there: the team's page would call whoever works cases
// and signs policies here somebody who never signed in.
func (s *seeder) arrives(ctx context.Context, m cvd.Member) (cvd.Member, error) {
	m, err := s.h.Auth.AddMember(ctx, cvd.System, m)
	if err != nil {
		return m, err
	}
	code, err := s.h.Auth.NewLink(ctx, m.ID, time.Hour)
	if err != nil {
		return m, err
	}
	_, err = s.h.Auth.UseLink(ctx, code)
	return m, err
}

// inEffect brings a policy into effect with the signatures that it demands, unless it
// is already.
func (s *seeder) inEffect(ctx context.Context, source []byte) error {
	if cur := s.h.Book.Current(); cur != nil && cur.Digest == policy.Digest(source) {
		return nil
	}
	v, err := s.h.Book.Publish(ctx, cvd.System, source)
	if err != nil {
		return err
	}
	for _, want := range v.Missing() {
		m, err := s.officer(ctx, want.Office)
		if err != nil {
			return err
		}
		if _, err := s.h.Book.Sign(ctx, member(m), v.Number, want.Office, want.Act, v.Digest, "Signed for the demonstration."); err != nil {
			return err
		}
	}
	return nil
}

// officer finds who holds an office, or invents somebody.
func (s *seeder) officer(ctx context.Context, office string) (cvd.Member, error) {
	members, err := s.h.Auth.Members(ctx)
	if err != nil {
		return cvd.Member{}, err
	}
	n := 0
	for _, m := range members {
		if m.Active && m.Is(cvd.RoleOfficer) && slices.Contains(m.Offices, office) {
			return m, nil
		}
		if m.Is(cvd.RoleOfficer) {
			n++
		}
	}
	names := []string{"Priya Raman", "Jonas Feld", "Noor Haddad", "Emil Sato"}
	return s.arrives(ctx, cvd.Member{
		Name: names[n%len(names)], Email: fmt.Sprintf("officer%d@example.org", n+1), Roles: []cvd.Role{cvd.RoleOfficer}, Offices: []string{office},
		Qualification: qualified,
	})
}

func member(m cvd.Member) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

func (s *seeder) cases(ctx context.Context) error {
	s.named = map[string]casework.Accepted{}
	s.script(s.h.Book.Current().Policy)
	slices.SortStableFunc(s.acts, func(a, b act) int { return int(b.ago - a.ago) })
	for _, a := range s.acts {
		if err := s.until(ctx, s.now.Add(-a.ago)); err != nil {
			return err
		}
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("demo, %s ago: %w", a.ago, err)
		}
	}
	return s.until(ctx, s.now)
}

// until leads the clock to an instant and lets it do its part on the way, each
// thing at its own time.
func (s *seeder) until(ctx context.Context, at time.Time) error {
	for {
		wake := at
		err := s.h.Store.View(ctx, func(tx store.Tx) error {
			ids, err := tx.Wake(at, 1)
			if err != nil || len(ids) == 0 {
				return err
			}
			row, err := tx.Case(ids[0])
			wake = row.Wake
			return err
		})
		if err != nil {
			return err
		}
		s.h.Options.Clock.Set(wake)
		if !wake.Before(at) {
			return nil
		}
		if _, err := s.h.Desk.Tick(ctx); err != nil {
			return err
		}
	}
}

const day = 24 * time.Hour

// report adds a submission by a stranger.
func (s *seeder) report(name string, ago time.Duration, r cvd.Report) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		a, err := s.h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Report: &r, Channel: "web"})
		s.named[name] = a
		return err
	}})
}

// record adds a report that a member took.
func (s *seeder) record(name string, ago time.Duration, sub casework.Submission) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		sub.Received = s.h.Options.Clock.Now().Add(-2 * time.Hour)
		a, err := s.h.Desk.As(member(s.Member)).Receive(ctx, sub)
		s.named[name] = a
		return err
	}})
}

// do adds a verb of a member.
func (s *seeder) do(name string, ago time.Duration, by *cvd.Member, verb cvd.Verb, in cvd.Input) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		if in.To == "fixer" {
			in.To = s.Fixer.ID
		}
		_, err := s.h.Desk.As(member(*by)).Do(ctx, s.named[name].Case, verb, in)
		return err
	}})
}

// reporter adds something that the reporter did in the thread.
func (s *seeder) reporter(name string, ago time.Duration, verb cvd.Verb, in cvd.Input) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		actor, err := s.h.Auth.Receipt(ctx, s.named[name].Receipt)
		if err != nil {
			return err
		}
		_, err = s.h.Desk.As(actor).Do(ctx, s.named[name].Case, verb, in)
		return err
	}})
}

// file adds a file of the reporter.
func (s *seeder) file(name string, ago time.Duration, filename string, data []byte) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		actor, err := s.h.Auth.Receipt(ctx, s.named[name].Receipt)
		if err != nil {
			return err
		}
		_, err = s.h.Desk.As(actor).Attach(ctx, s.named[name].Case, filename, bytes.NewReader(data), cvd.Input{})
		return err
	}})
}

// product returns the policy's products in turn, so that any policy can be
// shown.
func product(p *policy.Policy, i int) (name, version string) {
	var all []policy.Product
	for _, prog := range p.Programs {
		all = append(all, prog.Products...)
	}
	if len(all) == 0 {
		return "the product", ""
	}
	one := all[i%len(all)]
	if len(one.Versions) > 0 {
		version = one.Versions[0]
	}
	return one.Name, version
}
