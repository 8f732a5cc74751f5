package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
)

// Placed is a clause with the path at which it stands.
type Placed struct {
	Path   string
	Clause Clause
}

// Placed lists every clause of the lists, in the order of the file.
func (p *Policy) Placed() []Placed {
	var out []Placed
	for _, list := range p.lists() {
		for i, c := range *list.clauses {
			out = append(out, Placed{fmt.Sprintf("%s[%d]", list.path, i), c})
		}
		if list.path == "scope.out" {
			out = append(out, Placed{"scope.third_party", p.Scope.ThirdParty})
		}
	}
	return out
}

type clauseList struct {
	path    string
	clauses *[]Clause
}

// lists are all lists of clauses, in the order of the file.
func (p *Policy) lists() []clauseList {
	return []clauseList{
		{"sections", &p.Sections},
		{"scope.in", &p.Scope.In},
		{"scope.out", &p.Scope.Out},
		{"scope.known_non_issues", &p.Scope.NonIssues},
		{"guidelines", &p.Guidelines},
		{"legal", &p.Legal},
		{"evidence", &p.Evidence},
		{"team.roles", &p.Team.Roles},
		{"checklist", &p.Checklist},
	}
}

// Stance is a text outside the lists that has an id to be cited by.
type Stance struct {
	Placed
	Cites bool // the id may also be that of a clause elsewhere
}

// Stances are the texts on safe harbour, rewards, publication and CVE
// identifiers, in this order; those without a text or an id are empty there.
func (p *Policy) Stances() []Stance {
	harbour := p.SafeHarbour.Text
	if p.SafeHarbour.Reservation != "" {
		harbour = strings.TrimSpace(harbour + "\n\n" + p.SafeHarbour.Reservation)
	}
	stance := func(name, title, id, text string, cites bool) Stance {
		if said, ok := p.Spoken.titles[name]; ok {
			title = said
		}
		return Stance{Placed{name + ".clause", Clause{ID: id, Title: title, Text: text}}, cites}
	}
	return []Stance{
		stance("safe_harbour", "Safe harbour", p.SafeHarbour.Clause, harbour, false),
		stance("rewards", "Rewards", p.Rewards.Clause, p.Rewards.Text, true),
		stance("disclosure", "Publication", p.Disclosure.Clause, p.Disclosure.Text, false),
		stance("cve", "CVE identifiers", p.CVE.Clause, p.CVE.Text, false),
	}
}

// Clause finds a clause anywhere in the policy by the id that cites it.
func (p *Policy) Clause(id string) (Clause, bool) {
	if id == "" {
		return Clause{}, false
	}
	for _, at := range p.Placed() {
		if at.Clause.ID == id {
			return at.Clause, true
		}
	}
	for _, s := range p.Stances() {
		if s.Clause.ID == id && s.Clause.Text != "" {
			return s.Clause, true
		}
	}
	return Clause{}, false
}

// Cite refuses the ids that cite no clause of this version, each with those that
// a ruling may cite.
func (p *Policy) Cite(ids []string) cvd.Faults {
	var faults cvd.Faults
	for i, id := range ids {
		if _, ok := p.Clause(id); ok {
			continue
		}
		var known []string
		for _, group := range [][]Clause{p.Scope.Out, p.Scope.NonIssues, p.Guidelines} {
			for _, c := range group {
				known = append(known, c.ID)
			}
		}
		faults = append(faults, cvd.Fault{
			Field:   fmt.Sprintf("clauses[%d]", i),
			Problem: "the policy version of this case has no such clause",
			Remedy:  "use one of its ids: " + strings.Join(known, ", "),
		})
	}
	return faults
}

// Beside lists the clauses that the form shows beside a field, in order.
func (p *Policy) Beside(field string) []Clause {
	var out []Clause
	for _, at := range p.Placed() {
		if field != "" && at.Clause.Field == field {
			out = append(out, at.Clause)
		}
	}
	return out
}

// Program finds a program by its id; an empty id is the first one.
func (p *Policy) Program(id string) (Program, bool) {
	for _, one := range p.Programs {
		if one.ID == id || id == "" {
			return one, true
		}
	}
	return Program{}, false
}

// ProgramOf finds the program that has a product of this name, whatever the
// case of its letters.
func (p *Policy) ProgramOf(product string) (Program, bool) {
	for _, one := range p.Programs {
		for _, has := range one.Products {
			if strings.EqualFold(has.Name, strings.TrimSpace(product)) {
				return one, true
			}
		}
	}
	return Program{}, false
}

// Mailbox is an address that people may write to.
type Mailbox struct {
	Address string
	Program string // whose it is; empty for what is of no program in particular
}

// Mailboxes are the addresses that the policy names: those of programs, then those
// among the contacts.
func (p *Policy) Mailboxes() []Mailbox {
	var out []Mailbox
	for _, one := range p.Programs {
		if one.Mail != "" {
			out = append(out, Mailbox{one.Mail, one.ID})
		}
	}
	for _, c := range p.Contacts {
		if addr, ok := strings.CutPrefix(c.URI, "mailto:"); ok {
			out = append(out, Mailbox{Address: addr})
		}
	}
	return out
}

// UrgentContacts are those for what cannot wait; where none is marked, all.
func (p *Policy) UrgentContacts() []Contact {
	var out []Contact
	for _, c := range p.Contacts {
		if c.Urgent {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return slices.Clone(p.Contacts)
	}
	return out
}

// Office finds the role that an office names by its title or id.
func (p *Policy) Office(name string) (Clause, bool) {
	for _, r := range p.Team.Roles {
		if strings.EqualFold(r.Title, name) || r.ID == name {
			return r, true
		}
	}
	return Clause{}, false
}

// Reply resolves a canned reply: each {{clause-id}} becomes the clause's title
// and its address on the policy page under the origin. It is a cvd.ErrNotFound
// if there is no such reply.
func (p *Policy) Reply(id, origin string) (CannedReply, error) {
	for _, r := range p.CannedReplies {
		if r.ID != id {
			continue
		}
		r.Text = placeholder.ReplaceAllStringFunc(r.Text, func(m string) string {
			c, ok := p.Clause(placeholder.FindStringSubmatch(m)[1])
			if !ok {
				return m
			}
			return fmt.Sprintf("\"%s\" (%s/policy#%s)", c.Title, strings.TrimSuffix(origin, "/"), c.ID)
		})
		return r, nil
	}
	return CannedReply{}, fmt.Errorf("canned reply: %w", cvd.ErrNotFound)
}

// Outstanding lists which of the signatures asked for were not given. An office
// counts by the very name under which it was asked: what a version calls its
// offices must not make one signature pass for another.
func Outstanding(asked, given []SignOff) []SignOff {
	var out []SignOff
	for _, want := range asked {
		if !slices.Contains(given, want) {
			out = append(out, want)
		}
	}
	return out
}

// NextReview is when the review is due of a version that took effect, or was
// last reviewed, at the instant, in the zone of since.
func (p *Policy) NextReview(since time.Time) time.Time {
	return calendar.AddMonths(since, p.Review.EveryMonths)
}

// clip keeps a word of the file short enough to be shown in a fault.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 40 {
		return s
	}
	return string([]rune(s)[:39]) + "…"
}
