// Package page writes the disclosure policy out for people: as the body of a web
// page and as Markdown, both from one layout, so that they cannot differ.
//
// It never looks at a clock, never reads a file, and lets no HTML of the policy
// through.
package page

import (
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// View is what a render must be told beside the policy itself.
type View struct {
	// Voice is the reader's; it must be given.
	Voice *words.Voice
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
	return p.voice.Day(t, t.Location())
}

// class is who may read the policy, in words.
func (p layout) class() string {
	if id := "policy.class." + p.Classification; p.voice.Has(id) {
		return p.voice.Say(id)
	}
	return escape(p.Classification)
}

func (v View) link(path string) string { return strings.TrimSuffix(v.BaseURL, "/") + path }

// sheet is the policy as a sequence of blocks, from which both the Markdown and
// the HTML are written, so that they cannot differ. Plain values are escaped
// on their way in; the texts of the policy are Markdown already.
type sheet struct {
	p      layout
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
	lang   string // of the text
	items  []item
	header []string
	rows   [][]part
}

type item struct {
	id   string
	line []part // all that it has, or its title
	text string // Markdown
	lang string // of the text
	note string // Markdown
}

// part is a piece of a line: Markdown, and its language where that is not the
// page's.
type part struct{ text, lang string }

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

// quote is say for a text of the policy.
func (g *sheet) quote(markdown string) {
	if text := strings.TrimSpace(markdown); text != "" {
		g.blocks = append(g.blocks, block{kind: paragraph, text: text, lang: g.p.Foreign(text)})
	}
}

func (g *sheet) lines(lines [][]part) {
	b := block{kind: bullets}
	for _, l := range lines {
		b.items = append(b.items, item{line: l})
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
	g.blocks = append(g.blocks, block{kind: clauses, items: []item{{id: id, line: []part{{text: title}}, text: text, lang: g.p.Foreign(text)}}})
}

func (g *sheet) clauses(kind blockKind, list []policy.Clause) {
	b := block{kind: kind}
	for _, c := range list {
		it := item{id: c.ID, line: []part{{escape(c.Title), g.p.Foreign(c.Title)}}, text: strings.TrimSpace(c.Text), lang: g.p.Foreign(c.Text)}
		if c.Optional {
			it.line = append(it.line, part{text: " " + g.p.t("when.optional")})
		}
		if c.Urgent {
			var ways []string
			for _, one := range g.p.UrgentContacts() {
				ways = append(ways, address(one.URI))
			}
			it.note = g.p.t("guidelines.urgent", "ways", g.p.list("or", ways))
		}
		b.items = append(b.items, it)
	}
	if len(b.items) > 0 {
		g.blocks = append(g.blocks, b)
	}
}

// subclauses adds clauses under a heading of the third level, if there are any.
func (g *sheet) subclauses(name, title, intro string, list []policy.Clause) {
	if len(list) == 0 {
		return
	}
	g.head(3, policy.PartPrefix+name, title)
	g.say(intro)
	g.clauses(clauses, list)
}

var escaper = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>",
	"|", "\\|", "~", "\\~", "#", "\\#", "!", "\\!", "&", "\\&", "\n", " ", "\r", " ", "\t", " ",
)

// escape makes a plain value safe within Markdown.
func escape(s string) string {
	s = escaper.Replace(strings.TrimSpace(s))
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

// tongues names the languages of the policy in the reader's.
func (p layout) tongues() string {
	namer := display.Tags(language.Make(p.voice.Lang()))
	if namer == nil {
		namer = display.English.Tags()
	}
	out := make([]string, len(p.Languages))
	for i, tag := range p.Languages {
		out[i] = tag
		if t, err := language.Parse(tag); err == nil {
			out[i] = namer.Name(t) + " (" + tag + ")"
		}
	}
	return strings.Join(out, ", ")
}

// colon joins what is named with what is said of it.
func (p layout) colon() string { return p.voice.Say("mark.colon") + " " }
