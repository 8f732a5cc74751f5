package page

import (
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	policypage "fairlead/internal/policy/page"
)

// maxRounds is how often a text is read again after tags of it were taken apart:
// without them, what they held may be read otherwise.
const maxRounds = 4

var (
	reading = goldmark.New(goldmark.WithExtensions(extension.Table)).Parser()
	tag     = regexp.MustCompile(`\\?<[A-Za-z/!?]`)
	auto    = regexp.MustCompile(`^<((https?://|mailto:)[^\s<>"'=]+)>`)
	target  = regexp.MustCompile(`\](\(|:|\[)`)
)

// Neutral is an author's Markdown without HTML and without links that are more than
// addresses: they stand there as text, for readers of any kind. Code stays as it is.
func Neutral(markdown string) string {
	text, _ := neutral(markdown)
	return text
}

// neutral is Neutral, and tells whether the text was read for it, or is too long or too
// entangled to be.
func neutral(markdown string) (text string, read bool) {
	if !strings.Contains(markdown, "<") && !strings.Contains(markdown, "](") && !strings.Contains(markdown, "]:") {
		return markdown, true
	}
	if len(markdown) > maxProse {
		return apart(markdown, nil), false
	}
	for range maxRounds {
		if heavy(markdown) {
			return apart(markdown, nil), false
		}
		code, safe := survey(markdown)
		next := apart(markdown, code)
		if !safe {
			next = target.ReplaceAllString(next, `]\$1`)
		}
		if next == markdown {
			return next, true
		}
		markdown = next
	}
	return apart(markdown, nil), true
}

// survey finds what of a text is code, by byte, and tells whether all its links are
// addresses that a page may lead to.
func survey(markdown string) (code []bool, safe bool) {
	source := []byte(markdown)
	code, safe = make([]bool, len(source)), true
	mark := func(s text.Segment) {
		for i := s.Start; i < s.Stop; i++ {
			code[i] = true
		}
	}
	_ = ast.Walk(reading.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				mark(n.Lines().At(i))
			}
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if one, ok := c.(*ast.Text); ok {
					mark(one.Segment)
				}
			}
		case *ast.Link:
			safe = safe && harmless(string(n.Destination))
		case *ast.Image:
			safe = safe && harmless(string(n.Destination))
		}
		return ast.WalkContinue, nil
	})
	return code, safe
}

// apart takes each tag outside code apart.
func apart(markdown string, code []bool) string {
	var b strings.Builder
	last := 0
	for _, at := range tag.FindAllStringIndex(markdown, -1) {
		open := at[1] - 2 // of the "<"
		if (code != nil && code[open]) || (open == at[0] && auto.MatchString(markdown[open:])) {
			continue
		}
		b.WriteString(markdown[last:at[0]])
		b.WriteString("&lt;")
		last = open + 1
	}
	return b.String() + markdown[last:]
}

// harmless tells whether a link leads to a page, to a mailbox or within this site.
func harmless(destination string) bool {
	u, err := url.Parse(html.UnescapeString(destination))
	return err == nil && (u.Scheme == "" || u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto")
}

// Linkable tells whether an address of the record may become a link.
func Linkable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !policypage.Astray(address) && !strings.ContainsAny(address, "<>\"`\\ \t\r\n")
}

// address is an address in Markdown: a link, or the text of what is none.
func address(s string) string {
	if Linkable(s) {
		return "<" + s + ">"
	}
	return "`" + strings.NewReplacer("`", "'", "\r", " ", "\n", " ").Replace(s) + "`"
}
