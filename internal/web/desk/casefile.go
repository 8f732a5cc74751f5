package desk

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
)

// caseView is one case with all that the team needs to go on.
type caseView struct {
	ID, Title, Product, Affects string
	Erased                      bool
	State, Band                 web.Badge
	Meaning                     string
	Score                       *cvd.Score
	Flags                       []web.Badge
	Created                     time.Time
	Holder                      string
	Outcome                     string
	Pending                     *pendingView
	Missing                     []string
	Move                        moveView
	Clocks                      []clockView
	Past                        []clockView
	Facts                       []factView
	People                      []personView
	Contact                     *contactView
	Report                      *reportView
	Steps                       []stepView
	Also                        []readerView
	Links                       []linkView
	Policy                      int
	Revision                    string
	Entries                     []entryView
	Groups                      []groupView
	Quick                       []actionView
	Message, Note               bool // may write
	Told                        string
}

// moveView says who has to do what next.
type moveView struct {
	Whose, What string
	Clock       *clockView
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

func (d *desk) caseFile(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := d.site.Desk.As(v.actor).Case(r.Context(), cvd.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	view := v.caseFile(f)
	if done := cvd.Verb(r.URL.Query().Get("done")); cvd.SpecOf(done) != nil {
		view.Told = v.say("desk.case.done", "verb", v.say("verb."+string(done)))
	}
	title := view.ID
	if view.Title != "" {
		title += " " + view.Title
	}
	return d.show(w, r, v, http.StatusOK, "case", title, view)
}

func (l *lens) caseFile(f *casework.File) caseView {
	c := f.Case
	v := caseView{
		ID: string(c.ID), Title: c.Title, Product: c.Product, Affects: c.Affects, Erased: f.Erased,
		State: l.site.State(c.RM()), Band: l.band(c.Band), Meaning: l.say("desk.meaning." + string(c.RM())),
		Score: c.Score, Flags: l.flags(marksOf(c)), Created: c.Created, Outcome: c.Outcome, Missing: c.Missing,
		Move: l.move(f), Contact: l.contact(c), Report: l.report(f), Links: l.links(c), Also: l.also(f.Readers),
		People: l.people(c), Facts: l.facts(c), Steps: steps(f), Policy: c.Policy, Entries: l.entries(f),
		Message: slices.Contains(f.Verbs, cvd.VerbMessage), Note: slices.Contains(f.Verbs, cvd.VerbNote),
	}
	if f.Erased {
		v.Title = l.say("desk.erased")
	}
	if f.Policy != nil {
		v.Revision = f.Policy.Policy.Revision
	}
	if c.Assignee != "" {
		v.Holder = l.member(c.Assignee)
	}
	if c.Pending != nil {
		v.Pending = &pendingView{l.say("verb." + string(c.Pending.Verb)), l.who(c.Pending.By), c.Pending.By == l.actor.Ref()}
	}
	for _, k := range casework.Clocks(c) {
		if k.Running() {
			v.Clocks = append(v.Clocks, l.clock(&k))
		} else {
			v.Past = append(v.Past, l.clock(&k))
		}
	}
	v.Groups, v.Quick = l.actions(f)
	return v
}

func marksOf(c *cvd.Case) marks {
	return marks{
		emergency: c.Flags.Emergency, breached: c.Breached(), privacy: c.Flags.Privacy, unread: c.Flags.Unread,
		pending: c.Pending != nil, appealed: c.Flags.Appealed, paused: c.Paused(), internal: c.Flags.Internal,
	}
}

// move says whose turn it is: the reporter's while they were asked, else that
// of whoever holds the case, else of everybody on duty.
func (l *lens) move(f *casework.File) moveView {
	c := f.Case
	k := c.NextDue()
	if c.Closed() && k == nil {
		return moveView{Whose: l.say("desk.move.nobody"), What: l.say("desk.move.closed")}
	}
	var m moveView
	switch {
	case c.Awaiting():
		m = moveView{Whose: l.say("desk.move.reporter"), What: l.say("desk.move.answer")}
	case c.Assignee == l.actor.ID:
		m = moveView{Whose: l.say("desk.move.you"), What: l.say("desk.move." + string(c.RM()))}
	case c.Assignee != "":
		m = moveView{Whose: l.member(c.Assignee), What: l.say("desk.move." + string(c.RM()))}
	default:
		m = moveView{Whose: l.say("desk.move.unowned"), What: l.say("desk.move." + string(c.RM()))}
	}
	if c.Pending != nil {
		m = moveView{Whose: l.say("desk.move.second"), What: l.say("desk.move.confirm", "verb", l.say("verb."+string(c.Pending.Verb)))}
	}
	if k != nil {
		one := l.clock(k)
		m.Clock = &one
	}
	return m
}

var facts = []string{cvd.FactVendorAware, cvd.FactFixReady, cvd.FactFixDeployed, cvd.FactPublic, cvd.FactExploitPublic, cvd.FactAttacks}

func (l *lens) facts(c *cvd.Case) []factView {
	var out []factView
	for _, f := range facts {
		out = append(out, factView{l.say("desk.fact." + f), c.Facts.Has(f)})
	}
	return out
}

func (l *lens) people(c *cvd.Case) []personView {
	var out []personView
	for _, p := range c.Participants {
		one := personView{Name: l.say("desk.participant." + string(p.ID))}
		switch {
		case p.Member != "":
			one.Name = l.member(p.Member)
		case p.ID == cvd.Vendor:
			one.Name = l.site.Organisation()
		case p.Contact != nil && p.Contact.Name != "":
			one.Name = p.Contact.Name
		}
		var parts []string
		for _, r := range p.Roles {
			parts = append(parts, l.say("desk.part."+string(r)))
		}
		one.Part = strings.Join(parts, ", ")
		if p.ID == cvd.Reporter && p.RM == cvd.RMClosed {
			one.State = l.say("desk.reporter.left")
		}
		out = append(out, one)
	}
	return out
}

func (l *lens) contact(c *cvd.Case) *contactView {
	p := c.Participant(cvd.Reporter)
	if p == nil || p.Contact == nil {
		return nil
	}
	k := p.Contact
	v := &contactView{Name: k.Name, Email: k.Email, Affiliation: k.Affiliation, Title: k.Title, Shareable: string(k.ContactShareable), Key: k.PGPKey}
	if k.Credit.Wanted != "" {
		v.Credit = l.say("desk.credit." + k.Credit.Wanted)
	}
	if k.Credit.As != "" {
		v.Credit = strings.TrimSpace(v.Credit + " " + l.say("desk.credit.as", "name", k.Credit.As))
	}
	return v
}

func (l *lens) links(c *cvd.Case) []linkView {
	var out []linkView
	for _, k := range c.Links {
		out = append(out, linkView{l.say("desk.link." + string(k.Kind)), string(k.Case)})
	}
	return out
}

// lately is how fresh a look is for its reader to count as still there.
const lately = 15 * time.Minute

// also lists who else looked, each once, the latest first.
func (l *lens) also(reads []casework.Read) []readerView {
	var out []readerView
	seen := map[string]bool{l.actor.Ref(): true}
	for _, r := range reads {
		if !seen[r.Actor] && len(out) < 5 {
			seen[r.Actor] = true
			out = append(out, readerView{l.who(r.Actor), r.At, l.now.Sub(r.At) < lately})
		}
	}
	return out
}

// stepDone tells from the case how far a step of the checklist is, by the word
// that its id ends with. Steps of other names are shown without a mark.
var stepDone = map[string]func(c *cvd.Case) bool{
	"acknowledge": func(c *cvd.Case) bool { return c.Replied },
	"inform":      func(c *cvd.Case) bool { return c.Replied },
	"understand":  func(c *cvd.Case) bool { return c.RM() != cvd.RMReceived },
	"verify":      func(c *cvd.Case) bool { return c.RM() != cvd.RMReceived },
	"severity":    func(c *cvd.Case) bool { return c.Band != "" },
	"fix":         func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactFixReady) },
	"deploy":      func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactFixDeployed) },
	"publish":     func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactPublic) },
}

func steps(f *casework.File) []stepView {
	if f.Policy == nil {
		return nil
	}
	var out []stepView
	for _, s := range f.Policy.Policy.Checklist {
		one := stepView{Title: s.Title, Optional: s.Optional}
		if done := stepDone[s.ID[strings.LastIndex(s.ID, "-")+1:]]; done != nil {
			one.Done = map[bool]string{true: "yes", false: "no"}[done(f.Case)]
		}
		out = append(out, one)
	}
	return out
}

// clauses resolves cited ids in the version that the case pins.
func clauses(f *casework.File, ids []string) []policy.Clause {
	var out []policy.Clause
	for _, id := range ids {
		c := policy.Clause{ID: id, Title: id}
		if f.Policy != nil {
			if known, ok := f.Policy.Policy.Clause(id); ok {
				c = known
			}
		}
		out = append(out, c)
	}
	return out
}

// file sends an attachment: as a download, of no type that a browser opens.
func (d *desk) file(w http.ResponseWriter, r *http.Request, v *visit) error {
	a, body, err := d.site.Desk.As(v.actor).Attachment(r.Context(), cvd.CaseID(r.PathValue("id")), r.PathValue("blob"))
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	_, err = io.Copy(w, body)
	if err != nil {
		// The answer has begun: ending the connection is the only way left to say so.
		d.site.Log.Error("a file broke off", "case", r.PathValue("id"), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
