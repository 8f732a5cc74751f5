package page

import (
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// Astray tells whether an address of the web names somebody before its host, as
// https://example.com@evil.example/ does: who reads it takes the name for the host. It
// judges as browsers do (WHATWG URL), who take \ for /, and any number of them.
func Astray(address string) bool {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case r < ' ': // browsers drop what breaks a line, and what stands before
			return -1
		}
		return r
	}, html.UnescapeString(address))
	s = strings.ToLower(strings.TrimSpace(s))
	scheme := false
	for _, one := range []string{"https:", "http:"} {
		if rest, ok := strings.CutPrefix(s, one); ok {
			s, scheme = rest, true
			break
		}
	}
	if !scheme && !strings.HasPrefix(s, "//") {
		return false
	}
	s = strings.TrimLeft(s, "/")
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s = s[:end]
	}
	return strings.Contains(s, "@")
}

// unlink puts text in the place of links that lead astray: what they are called, and
// their whole address.
func unlink(doc ast.Node, source []byte) {
	var links []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if Astray(string(n.Destination)) {
				links = append(links, n)
			}
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && Astray(string(n.URL(source))) {
				links = append(links, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range links {
		parent := n.Parent()
		put := func(text string) {
			s := ast.NewString([]byte(text))
			s.SetRaw(true) // escaped, and read no further
			parent.InsertBefore(parent, n, s)
		}
		switch n := n.(type) {
		case *ast.Link:
			for c := n.FirstChild(); c != nil; c = n.FirstChild() {
				parent.InsertBefore(parent, n, c)
			}
			put(" <" + string(n.Destination) + ">")
		case *ast.AutoLink:
			put(string(n.Label(source)))
		}
		parent.RemoveChild(parent, n)
	}
}
