package text

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// block are the elements that begin a line of their own; the value says whether a
// blank line sets them apart.
var block = map[atom.Atom]bool{
	atom.P: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Ul: true, atom.Ol: true, atom.Dl: true, atom.Pre: true, atom.Table: true, atom.Blockquote: true, atom.Hr: true,
	atom.Div: false, atom.Li: false, atom.Tr: false, atom.Dt: false, atom.Dd: false, atom.Section: false, atom.Article: false,
	atom.Header: false, atom.Footer: false, atom.Main: false, atom.Address: false, atom.Center: false, atom.Fieldset: false,
	atom.Figure: false, atom.Form: false, atom.Body: false, atom.Caption: false,
}

// page gathers the text of an HTML document.
type page struct {
	out      strings.Builder
	space    bool // a blank is due before the next word
	lines    int  // line ends at the end of out
	quotes   int
	most     int // levels of quotation marks
	pre      int
	link     string // of the open a element
	linkFrom int    // where its words begin in out
	skip     atom.Atom
}

// HTML makes text of HTML: links stand beside their words, an image is its
// description, and nothing is fetched. What style sheets hide is shown all the same,
// since a reader of the case must see what a program would see. Quotation marks stand
// at most so many levels deep.
func HTML(doc string, quotes int) string {
	p := &page{lines: 2, most: quotes}
	z := html.NewTokenizer(strings.NewReader(doc))
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.text(string(z.Raw())) // an element that has no end: what it swallowed are perhaps words
			p.closeLink()
			return strings.TrimSpace(p.out.String())
		case html.TextToken:
			if p.skip == 0 {
				p.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(z.Token())
		case html.EndTagToken:
			p.close(z.Token().DataAtom)
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

func (p *page) open(t html.Token) {
	p.skip = 0
	if apart, ok := block[t.DataAtom]; ok {
		p.breakLine(apart)
	}
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Title:
		// The tokenizer reads what they hold as one text, so that nothing in it is taken for an element.
		if t.Type == html.StartTagToken {
			p.skip = t.DataAtom
		}
	case atom.Br:
		p.newLine()
	case atom.Hr:
		p.word("---")
		p.breakLine(true)
	case atom.Li:
		p.word("- ")
	case atom.Td, atom.Th:
		if p.lines == 0 {
			p.word("  ")
		}
	case atom.Blockquote:
		p.quotes++
	case atom.Pre:
		p.pre++
	case atom.Img:
		if alt := strings.TrimSpace(attr(t, "alt")); alt != "" {
			p.text("[" + alt + "]")
		}
	case atom.A:
		p.closeLink()
		if href := strings.TrimSpace(attr(t, "href")); shown.MatchString(href) {
			p.link, p.linkFrom = href, p.out.Len()
		}
	}
}

func (p *page) close(a atom.Atom) {
	p.skip = 0
	switch a {
	case atom.A:
		p.closeLink()
	case atom.Blockquote:
		p.breakLine(true)
		p.quotes = max(0, p.quotes-1)
	case atom.Pre:
		p.pre = max(0, p.pre-1)
	}
	if apart, ok := block[a]; ok {
		p.breakLine(apart)
	}
}

// shown are the links that say something to a reader.
var shown = regexp.MustCompile(`^(?i:https?|ftp|mailto|tel):`)

// closeLink writes the address of a link beside its words, unless they are the same.
func (p *page) closeLink() {
	if p.link == "" {
		return
	}
	words := strings.TrimSpace(p.out.String()[min(p.linkFrom, p.out.Len()):])
	bare := func(s string) string {
		s = strings.TrimSuffix(strings.ToLower(s), "/")
		for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
			s = strings.TrimPrefix(s, scheme)
		}
		return s
	}
	if words == "" || bare(words) != bare(p.link) {
		p.text(" <" + p.link + ">")
	}
	p.link = ""
}

func attr(t html.Token, name string) string {
	i := slices.IndexFunc(t.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return t.Attr[i].Val
}

// text writes words; runs of blanks count as one, except in pre.
func (p *page) text(s string) {
	if p.pre > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				p.newLine()
			}
			p.word(line)
		}
		return
	}
	const blanks = " \t\r\n\f\u00a0"
	if s == "" {
		return
	}
	if strings.ContainsRune(blanks, rune(s[0])) {
		p.space = true
	}
	for i, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(blanks, r) }) {
		if (i > 0 || p.space) && p.lines == 0 {
			w = " " + w
		}
		p.space = false
		p.word(w)
	}
	if strings.ContainsRune(blanks, rune(s[len(s)-1])) {
		p.space = true
	}
}

// word writes as it stands, after the quotation marks of a new line.
func (p *page) word(s string) {
	if s == "" {
		return
	}
	if p.lines > 0 && p.quotes > 0 {
		p.out.WriteString(strings.Repeat(">", min(p.quotes, p.most)) + " ")
	}
	p.out.WriteString(s)
	p.lines = 0
}

// newLine ends the line, whatever stands in it; at most two are blank.
func (p *page) newLine() {
	p.space = false
	if p.lines < 3 {
		p.out.WriteByte('\n')
		p.lines++
	}
}

// breakLine begins a new line, after a blank one if it is to stand apart.
func (p *page) breakLine(apart bool) {
	p.space = false
	for p.lines < 1 || apart && p.lines < 2 {
		p.newLine()
	}
}
