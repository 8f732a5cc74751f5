package page

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// What a reader of Markdown may be asked to do for one text, in steps of a
// nanosecond or two. What authors mean needs far less; some texts are not meant to be read,
// and the reader's time grows with the square of what is open in them, or worse.
const (
	maxSteps = 16 << 20
	// maxDeep bounds the quotes and lists within one another, and maxNested lines times the quotes and lists that stand within one another:
	// each line is held against all that are open, an empty one too.
	maxDeep, maxNested = 64, 128 << 10
	// cellSteps is what one cell of a table costs. A short row costs all of its columns.
	cellSteps = 512
)

// blocks reads what is a paragraph and what is code, and nothing within a line. It
// makes no tables and no definitions of links, so its time grows with the text alone.
var blocks = parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))

var (
	marks     = regexp.MustCompile(`(?m)^(?:[ \t]*(?:>|(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]|\r?$)))+`)
	mark      = regexp.MustCompile(`[>+*.)-]`)
	wholeLink = regexp.MustCompile(`\]\([^()<>\[\]\s]*([ \t]+"[^"\n]*")?\)`)
	someTag   = regexp.MustCompile(`<[A-Za-z/!?]`)
	wholeTag  = regexp.MustCompile(`<[A-Za-z/](?:[^<>"']|"[^"<>]*"|'[^'<>]*')*>`)
	ruler     = regexp.MustCompile(`(?m)^[ \t]*[|:-][|: \t-]*\r?$`)
)

// heavy tells whether a text would take far longer to read than its length. The answer
// itself takes time that grows with the length alone.
func heavy(markdown string) bool {
	deep := nested(markdown)
	return deep > maxDeep || deep*strings.Count(markdown, "\n") > maxNested || steps(markdown) > maxSteps
}

// nested is the most quotes and lists that a line of the text can be in. A list within
// a list stands two columns further in, whichever line began it.
func nested(markdown string) int {
	deep := 0
	for _, begin := range marks.FindAllString(markdown, -1) {
		column := 0
		for _, c := range begin {
			if column++; c == '\t' {
				column += 3
			}
		}
		deep = max(deep, column/2, len(mark.FindAllString(begin, -1)))
	}
	return deep
}

// steps is about how many a reader takes for what stands in the lines of a text.
func steps(markdown string) int {
	source := []byte(markdown)
	sum := 0
	_ = ast.Walk(blocks.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() != ast.TypeBlock {
			return ast.WalkContinue, nil
		}
		switch n.(type) {
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
			if n.Lines().Len() > 0 {
				sum += effort(n.Lines().Value(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return sum
}

// effort is the steps for one paragraph: emphasis is held against all emphasis before
// it; each bracket and tag that nothing closes makes the reader look at all of the rest;
// and in each word, addresses are looked for wherever one may begin.
func effort(b []byte) int {
	count := func(chars string) (n int) {
		for i := range len(chars) {
			n += bytes.Count(b, []byte(chars[i:i+1]))
		}
		return n
	}
	emphasis := count("*_")
	open := max(0, count("[]")-2*len(wholeLink.FindAllIndex(b, -1)))
	open += max(0, len(someTag.FindAllIndex(b, -1))-len(wholeTag.FindAllIndex(b, -1)))
	sum := len(b) + 2*emphasis*emphasis + open*len(b)
	if ruler := ruler.FindAll(b, -1); ruler != nil {
		columns := 0
		for _, one := range ruler {
			columns = max(columns, bytes.Count(one, []byte("|"))+1)
		}
		sum += cellSteps * columns * bytes.Count(b, []byte("\n"))
	}
	for word := range bytes.FieldsSeq(b) {
		begin := 0
		for _, c := range word {
			if slices.Contains([]byte("*_~("), c) {
				begin++
			}
		}
		sum += begin * len(word)
	}
	return sum
}
