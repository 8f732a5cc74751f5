package cases

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/fields"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/web/desk/visit/cases/post"
	"fairlead/internal/web/desk/visit/cases/tale"
	"fairlead/internal/words"
)

// caseView is one case with all that the team needs to go on.
type caseView struct {
	ID, Title, Product, Affects string
	Version                     int64
	Erased                      bool
	State, Band                 web.Badge
	Score                       *cvd.Score
	Flags                       []web.Badge
	Created                     time.Time
	Holder                      string
	Outcome                     string
	Pending                     *pendingView
	Missing                     []string
	Move                        moveView
	Clocks                      []visit.ClockView
	Past                        []visit.ClockView
	Facts                       []factView
	People                      []personView
	Contact                     *contactView
	Nobody                      bool // is outside: there is no reporter
	Report                      *reportView
	Steps                       []stepView
	Also                        []readerView
	Links                       []linkView
	Policy                      int
	Revision                    string
	Entries                     []entryView
	Middle, Latest              []entryView // behind them: what is folded, and what stands open
	Shows                       []visit.Tab // the kinds of entries that can be shown alone
	Whole                       bool        // nothing is folded
	Raw                         bool        // the words stand as they were written
	Next                        []actionView
	Groups                      []groupView
	Quick                       []actionView
	Leads                       bool // what comes next stands before what one press does
	Message, Note, Attach       bool // may write, or add a file
	Canned                      []web.Option
	Told                        string
	Notices                     []web.Notice
	Held                        []post.Held
	Suggested                   []suggestedView // components that the report may mean
	Place                       visit.Place
	Way                         visit.Way
	Said                        bool // what was done is an entry, which is led to
}

// moveView says who has to do what next.
type moveView struct {
	Whose, What string
	Clock       *visit.ClockView
}

type pendingView struct {
	Verb, By string
	Own      bool
}

type factView struct {
	Text string
	Done bool
}

type personView struct{ Name, Part, State string }

type contactView struct {
	Name, Email, Affiliation, Title, Credit, Shareable, Key string
	Reserved                                                string // what was answered in place of a plain yes or no
}

type stepView struct {
	Title    string
	Optional bool
	Done     string // yes, no; empty where the history cannot tell
}

type readerView struct {
	Name string
	At   time.Time
	Here bool // within the last quarter of an hour
}

type linkView struct{ Kind, Case string }

func (d *desk) caseFile(w http.ResponseWriter, r *http.Request, v lens) error {
	f, err := d.Site.Desk.As(v.Actor).Case(r.Context(), cvd.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	as := tale.Reading{Whole: r.URL.Query().Get("whole") != "", Raw: r.URL.Query().Get("raw") != ""}
	view := v.caseFile(f, as)
	if view.Place, err = d.Beside(r, v.Visit, f.Case.ID); err != nil {
		return err
	}
	view.Entries, view.Shows = v.shown(view.ID, view.Entries, r.URL.Query().Get("show"), as)
	view.Entries, view.Middle, view.Latest = tale.Parts(view.Entries, as)
	suggested, failed := d.suggested(r, v, f)
	if view.Suggested = suggested; failed != nil {
		view.Notices = append(view.Notices, *failed)
	}
	if done := cvd.Verb(r.URL.Query().Get("done")); rule.SpecOf(done) != nil {
		view.Told, view.Said = v.saysDone(f, done), slices.Contains(moves.Said, done)
	}
	title := view.ID
	if view.Title != "" {
		title += " " + view.Title
	}
	return d.show(w, r, v, http.StatusOK, "case", title, view)
}

func (l lens) caseFile(f *casework.File, as tale.Reading) caseView {
	c := f.Case
	v := caseView{
		ID: string(c.ID), Version: c.Version, Title: c.Title, Product: c.Product, Affects: c.Affects, Erased: f.Erased,
		State: web.State(l.Voice, c.RM()), Band: l.Band(c.Band),
		Score: c.Score, Flags: l.Flags(marksOf(c)), Created: c.Created, Outcome: l.Voice.Outcome(c.Outcome), Missing: c.Missing,
		Move: l.move(f), Contact: l.contact(c), Nobody: !c.HasReporter(), Report: l.report(f, as), Whole: as.Whole, Raw: as.Raw, Links: l.links(c), Also: l.also(f.Readers),
		People: l.people(c), Facts: l.facts(c), Steps: l.steps(f), Policy: c.Policy, Entries: l.entries(f, as),
		Way: l.Way, Notices: l.notices(f), Message: slices.Contains(f.Verbs, cvd.VerbMessage), Note: slices.Contains(f.Verbs, cvd.VerbNote), Attach: slices.Contains(f.Verbs, cvd.VerbAttach),
	}
	if f.Erased {
		v.Title = l.Say("desk.erased")
	}
	if f.Policy != nil {
		v.Revision = f.Policy.Policy.Revision
	}
	if c.Assignee != "" {
		v.Holder = l.Member(c.Assignee)
	}
	if c.Pending != nil {
		v.Pending = &pendingView{l.Say("verb." + string(c.Pending.Verb)), l.Who(c.Pending.By), rule.Proposer(c, l.Actor)}
	}
	for _, k := range casework.Clocks(c) {
		if k.Running() {
			v.Clocks = append(v.Clocks, l.Clock(&k))
		} else {
			v.Past = append(v.Past, l.Clock(&k))
		}
	}
	v.Next, v.Groups, v.Quick = l.actions(f)
	v.Leads = len(v.Next) > 0 && v.Next[0].Main
	if kind, name := moves.Advisory(&c.Release); name != "" {
		v.Flags = append(v.Flags, web.Badge{Kind: kind, Text: l.Say("desk.flag." + name)})
	}
	if v.Message {
		v.Canned = fields.Replies(&l.Lens, f)
	}
	asks := post.Of(&l.Lens, f)
	v.Held, v.Notices = asks.Held, append(v.Notices, asks.Notices...)
	return v
}

// saysDone says what was just done.
func (l lens) saysDone(f *casework.File, verb cvd.Verb) string {
	if p := f.Case.Pending; p != nil && p.Verb == verb {
		return l.Say("desk.case.proposed", "verb", l.Say("verb."+string(verb)))
	}
	own := "desk.case.done." + string(verb)
	holder := f.Case.Assignee
	switch {
	case verb == cvd.VerbClaim && holder != "" && holder != l.Actor.ID:
		return l.Say("desk.case.done.assign", "name", l.Member(holder))
	case !l.Voice.Has(own), verb == cvd.VerbClaim && holder == "", verb == cvd.VerbRelease && holder != "":
		return l.Say("desk.case.done", "verb", l.Say("verb."+string(verb)))
	}
	if moves.Told(f.Events, verb) {
		return l.Say(own) + " " + l.Say("desk.case.told")
	}
	return l.Say(own)
}

func marksOf(c *cvd.Case) visit.Marks {
	return visit.Marks{
		Emergency: c.Flags.Emergency, Breached: c.Breached(), Appeal: c.Flags.Appeal, Privacy: c.Flags.Privacy, Unread: c.Flags.Unread, Mail: len(c.HeldMail) > 0,
		Pending: c.Pending != nil, Appealed: c.Flags.Appealed, Paused: c.Paused(), Internal: c.Flags.Internal,
	}
}

// move says whose turn it is: the reporter's while they were asked, else that
// of whoever holds the case, else of everybody on duty.
func (l lens) move(f *casework.File) moveView {
	c := f.Case
	k := c.NextDue()
	if c.Closed() && k == nil {
		return moveView{Whose: l.Say("desk.move.nobody"), What: l.Say("desk.move.closed")}
	}
	m := moveView{Whose: l.Say("desk.move.unowned"), What: l.Say("desk.move." + moves.Stage(c))}
	switch {
	case c.Flags.Appeal && c.RM() == cvd.RMInvalid && !c.Awaiting():
		m = l.appeal(c)
		if due := c.Clock(cvd.ClockFollowUp); due != nil && due.Ticking() {
			k = due
		}
	case c.Awaiting():
		m = moveView{Whose: l.Say("desk.move.reporter"), What: l.Say("desk.move.answer")}
	case c.Assignee == l.Actor.ID:
		m.Whose = l.Say("desk.move.you")
	case c.Assignee != "":
		m.Whose = l.Member(c.Assignee)
	}
	if c.Pending != nil {
		verb := l.Say("verb." + string(c.Pending.Verb))
		m = moveView{Whose: l.Say("desk.move.second"), What: l.Say("desk.move.confirm", "verb", verb)}
		if l.rules(f) {
			m = moveView{Whose: l.Say("desk.move.you"), What: l.Say("desk.move.confirm.you", "verb", verb)}
		}
	}
	if k != nil {
		one := l.Clock(k)
		m.Clock = &one
	}
	return m
}

func (l lens) facts(c *cvd.Case) []factView {
	var out []factView
	for _, f := range moves.Facts {
		out = append(out, factView{l.Say("desk.fact." + f), c.Facts.Has(f)})
	}
	return out
}

func (l lens) people(c *cvd.Case) []personView {
	var out []personView
	for _, p := range c.Participants {
		one := personView{Name: l.Say("desk.participant.gone")}
		if id := "desk.participant." + string(p.ID); l.Voice.Has(id) {
			one.Name = l.Say(id)
		}
		switch {
		case p.Member != "":
			one.Name = l.Member(p.Member)
		case p.ID == cvd.Vendor:
			one.Name = l.Site.Organisation()
		case p.Contact != nil && p.Contact.Name != "":
			one.Name = p.Contact.Name
		}
		var parts []string
		for _, r := range p.Roles {
			parts = append(parts, l.Say("desk.part."+string(r)))
		}
		one.Part = strings.Join(parts, ", ")
		if p.ID == cvd.Reporter && p.RM == cvd.RMClosed {
			one.State = l.Say("desk.reporter.left")
		}
		out = append(out, one)
	}
	return out
}

func (l lens) contact(c *cvd.Case) *contactView {
	p := c.Participant(cvd.Reporter)
	if p == nil || p.Contact == nil {
		return nil
	}
	k := p.Contact
	v := &contactView{Name: k.Name, Email: k.Email, Affiliation: k.Affiliation, Title: k.Title, Key: k.PGPKey}
	switch {
	case words.Consents(k.ContactShareable):
		v.Shareable = l.Say("public.yes")
	case k.ContactShareable.Yes():
		v.Shareable, v.Reserved = l.Say("desk.contact.reserved"), string(k.ContactShareable)
	case k.ContactShareable != "":
		v.Shareable = l.Say("public.no")
	}
	if k.Credit.Wanted != "" {
		v.Credit = l.Say("desk.credit." + k.Credit.Wanted)
	}
	if k.Credit.As != "" {
		v.Credit = strings.TrimSpace(v.Credit + " " + l.Say("desk.credit.as", "name", k.Credit.As))
	}
	return v
}

func (l lens) links(c *cvd.Case) []linkView {
	var out []linkView
	for _, k := range c.Links {
		out = append(out, linkView{l.Say("desk.link." + string(k.Kind)), string(k.Case)})
	}
	return out
}

// lately is how fresh a look is for its reader to count as still there.
const lately = 15 * time.Minute

// also lists who else looked, each once, the latest first.
func (l lens) also(reads []casework.Read) []readerView {
	var out []readerView
	seen := map[string]bool{l.Actor.Ref(): true}
	for _, r := range reads {
		if !seen[r.Actor] && len(out) < 5 {
			seen[r.Actor] = true
			out = append(out, readerView{l.Who(r.Actor), r.At, l.Now.Sub(r.At) < lately})
		}
	}
	return out
}

func (l lens) steps(f *casework.File) []stepView {
	if f.Policy == nil {
		return nil
	}
	var out []stepView
	for _, s := range l.Site.Terms(l.Voice, f.Policy).Checklist {
		one, name := stepView{Title: s.Title, Optional: s.Optional}, s.ID[strings.LastIndex(s.ID, "-")+1:]
		if slices.Contains(moves.Answers, name) && !f.Case.HasReporter() {
			continue
		}
		if done := moves.StepDone[name]; done != nil {
			one.Done = map[bool]string{true: "yes", false: "no"}[done(f.Case)]
		}
		out = append(out, one)
	}
	return out
}

// citeView is a clause that somebody cites, in the version that the case pins.
type citeView struct{ ID, Title, Link string }

func (l lens) clauses(f *casework.File, ids []string) []citeView {
	var out []citeView
	for _, id := range ids {
		c := citeView{ID: id, Title: id}
		if f.Policy != nil {
			if known, ok := l.Site.Terms(l.Voice, f.Policy).Clause(id); ok {
				c.Title, c.Link = known.Title, fmt.Sprintf("/policy/versions/%d#%s", f.Policy.Number, id)
			}
		}
		out = append(out, c)
	}
	return out
}

// claims are what the report says of attacks and of being public, until somebody of
// the team records it or rules on the case.
func (l lens) claims(f *casework.File) []web.Notice {
	if len(f.Events) == 0 || f.Events[0].Body == nil || f.Events[0].Body.Report == nil {
		return nil
	}
	var out []web.Notice
	r := f.Events[0].Body.Report
	for _, one := range []struct {
		says cvd.Answer
		fact string
		verb cvd.Verb
	}{{r.Exploited, cvd.FactAttacks, cvd.VerbAttacks}, {r.Public, cvd.FactPublic, cvd.VerbPublic}} {
		if one.says.Yes() && !f.Case.Facts.Has(one.fact) {
			out = append(out, web.Notice{
				Kind: "alarm", Title: l.Say("desk.case.claim." + string(one.verb)), Text: l.Say("desk.case.claim.text"),
				Href: "/desk/cases/" + string(f.Case.ID) + "/do/" + string(one.verb), Label: l.Say("verb." + string(one.verb)),
			})
		}
	}
	return out
}

// notices say what is special about the case, in the policy's own words where
// it has any.
func (l lens) notices(f *casework.File) []web.Notice {
	var out []web.Notice
	if f.Policy == nil || f.Case.Closed() {
		return nil
	}
	if f.Case.Flags.Emergency {
		out = append(out, web.Notice{Kind: "alarm", Title: l.Say("desk.case.emergency"), Text: l.Site.Terms(l.Voice, f.Policy).Emergency.Text})
	}
	out = append(out, l.claims(f)...)
	if f.Case.Flags.Privacy {
		n := web.Notice{Kind: "warn", Title: l.Say("desk.case.privacy"), Text: l.Say("desk.case.privacy.none")}
		if r := f.Policy.Policy.Privacy.BreachRegimes; len(r) > 0 {
			n.Text = l.Say("desk.case.privacy.text", "regimes", strings.Join(r, ", "))
		}
		out = append(out, n)
	}
	return out
}
