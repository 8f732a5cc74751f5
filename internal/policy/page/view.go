// Package page writes the disclosure policy out for people: as the body of a web
// page and as Markdown, both from one layout, so that they cannot differ.
//
// It never looks at a clock, never reads a file, and lets no HTML of the policy
// through.
package page

import (
	"strings"
	"time"

	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// View is what a render must be told beside the policy itself.
type View struct {
	// Version numbers the recorded version; 0 is a draft.
	Version int
	// Since is when the version took effect; zero if it has not.
	Since time.Time
	// Recorded are the versions that the system knows, the oldest first. The
	// lines that the policy declares are shown before them by themselves.
	Recorded []RevisionRow
	// ReviewDue is when the next review is due; zero is not shown.
	ReviewDue time.Time
	// Now decides whether the review is overdue.
	Now time.Time
	// BaseURL is the origin of the site, without a slash at its end; empty
	// makes the links relative.
	BaseURL string
	// Voice is the language of what is not the author's own; nil is English.
	Voice *words.Voice
}

// layout lays the policy out as the view is read.
func (v View) layout(p *policy.Policy) layout {
	if v.Voice == nil {
		v.Voice = English()
	}
	return layout{p, v.Voice}
}

// Overdue tells whether the policy's review is late.
func (v View) Overdue() bool { return !v.ReviewDue.IsZero() && v.Now.After(v.ReviewDue) }

// RevisionRow is one line of the revision history.
type RevisionRow struct {
	Version    int    // 0 for a declared line
	Revision   string // the author's label
	Date       string // YYYY-MM-DD
	Changes    string
	ReviewedBy []string
	ApprovedBy []string
	Declared   bool
}

// History is the revision table: what the policy declares, then what was
// recorded.
func History(p *policy.Policy, recorded []RevisionRow) []RevisionRow {
	var out []RevisionRow
	for _, r := range p.Revisions {
		out = append(out, RevisionRow{
			Revision: r.Revision, Date: r.Date, Changes: r.Changes,
			ReviewedBy: r.ReviewedBy, ApprovedBy: r.ApprovedBy, Declared: true,
		})
	}
	return append(out, recorded...)
}

// day is a date as people read it, in the policy's zone.
func (p layout) day(t time.Time) string {
	if loc, err := time.LoadLocation(p.Calendar.Zone); err == nil {
		t = t.In(loc)
	}
	return p.v.Day(t, t.Location())
}

func (v View) link(path string) string { return strings.TrimSuffix(v.BaseURL, "/") + path }

// sheet is the policy as a sequence of blocks, from which both the Markdown and
// the HTML are written, so that they cannot differ. Plain values are escaped
// on their way in; the texts of the policy are Markdown already.
type sheet struct {
	layout
	blocks []block
}

type blockKind int

const (
	heading blockKind = iota
	paragraph
	bullets
	steps
	clauses
	table
)

type block struct {
	kind   blockKind
	level  int    // of a heading
	id     string // of a heading
	text   string // Markdown
	theirs bool   // the text, or that of the items, is the author's
	items  []item
	header []string
	rows   [][]string
}

type item struct {
	id    string
	title string // Markdown
	text  string // Markdown
	note  string // Markdown
}

func (g *sheet) part(name, title string) { g.head(2, policy.PartPrefix+name, title) }
func (g *sheet) head(level int, id, title string) {
	g.blocks = append(g.blocks, block{kind: heading, level: level, id: id, text: title})
}

// say adds a paragraph; an empty one adds nothing.
func (g *sheet) say(markdown string) {
	if markdown = strings.TrimSpace(markdown); markdown != "" {
		g.blocks = append(g.blocks, block{kind: paragraph, text: markdown})
	}
}

// quote adds a paragraph of the author's.
func (g *sheet) quote(markdown string) {
	if markdown = strings.TrimSpace(markdown); markdown != "" {
		g.blocks = append(g.blocks, block{kind: paragraph, text: markdown, theirs: true})
	}
}

func (g *sheet) lines(lines []string) { g.bullets(lines, false) }

// quotes adds a list of the author's.
func (g *sheet) quotes(lines []string) { g.bullets(lines, true) }

func (g *sheet) bullets(lines []string, theirs bool) {
	b := block{kind: bullets, theirs: theirs}
	for _, l := range lines {
		b.items = append(b.items, item{text: l})
	}
	if len(b.items) > 0 {
		g.blocks = append(g.blocks, b)
	}
}

// cited adds a text under the id that cites it.
func (g *sheet) cited(id, title, text string) {
	text = strings.TrimSpace(text)
	if id == "" || text == "" {
		g.quote(text)
		return
	}
	g.blocks = append(g.blocks, block{kind: clauses, theirs: true, items: []item{{id: id, title: title, text: text}}})
}

func (g *sheet) clauses(kind blockKind, p *policy.Policy, list []policy.Clause) {
	b := block{kind: kind, theirs: true}
	for _, c := range list {
		it := item{id: c.ID, title: g.theirs(c.Title), text: strings.TrimSpace(c.Text)}
		if c.Optional {
			it.title += " " + g.layout.say("when-optional")
		}
		if c.Urgent {
			var ways []string
			for _, one := range p.UrgentContacts() {
				ways = append(ways, address(one.URI))
			}
			it.note = g.layout.say("urgent", "ways", g.list("or", ways))
		}
		b.items = append(b.items, it)
	}
	if len(b.items) > 0 {
		g.blocks = append(g.blocks, b)
	}
}

// subclauses adds clauses under a heading of the third level, if there are any.
func (g *sheet) subclauses(p *policy.Policy, name, title, intro string, list []policy.Clause) {
	if len(list) == 0 {
		return
	}
	g.head(3, policy.PartPrefix+name, title)
	g.say(intro)
	g.clauses(clauses, p, list)
}

var escaper = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>",
	"|", "\\|", "~", "\\~", "#", "\\#", "!", "\\!", "&", "\\&", "\n", " ", "\r", " ", "\t", " ",
)

// escape makes a plain value safe within Markdown.
func escape(s string) string {
	s = escaper.Replace(unmarked.Replace(strings.TrimSpace(s)))
	if s == "" {
		return s
	}
	if strings.ContainsRune("+-=:", rune(s[0])) {
		return "\\" + s
	}
	digits := strings.TrimLeft(s, "0123456789")
	if n := len(s) - len(digits); n > 0 && digits != "" && strings.ContainsRune(".)", rune(digits[0])) && (len(digits) == 1 || digits[1] == ' ') {
		return s[:n] + "\\" + digits // would begin a numbered list
	}
	return s
}

// unlinked takes from people's names what would be made a link without a mark.
var unlinked = strings.NewReplacer("://", "\\://", "@", "\\@", "www.", "www\\.", "WWW.", "WWW\\.")

// names lists people. A name is its owner's to choose, and never a link.
func names(list []string) string { return unlinked.Replace(escape(strings.Join(list, ", "))) }

// address is a URI as a link whose words are what people would write down.
func address(uri string) string {
	words := uri
	for _, scheme := range []string{"mailto:", "tel:"} {
		words = strings.TrimPrefix(words, scheme)
	}
	return "[" + escape(words) + "](<" + strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", " ", "%20").Replace(uri) + ">)"
}
