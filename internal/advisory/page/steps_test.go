package page

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// meter counts the bytes that the reader of Markdown looks at, and the delimiters, however
// fast the machine is: each of its parsers is given the text through it.
type meter struct{ steps int }

type metered struct {
	text.Reader
	m *meter
	// whole says that a line that is asked for is looked at to its end, as parsers of blocks
	// do; those of what stands within one look at its beginning.
	whole bool
}

func (r metered) count(n int) { r.m.steps += n + 1 }

// rest is how much of the text is still to come.
func (r metered) rest() int {
	line, at := r.Position()
	defer r.SetPosition(line, at)
	n := 0
	for b, _ := r.Reader.PeekLine(); b != nil; b, _ = r.Reader.PeekLine() {
		n += len(b)
		r.Reader.AdvanceLine()
	}
	return n
}

func (r metered) PeekLine() ([]byte, text.Segment) {
	b, s := r.Reader.PeekLine()
	if r.whole {
		r.count(len(b))
	}
	r.count(0)
	return b, s
}

func (r metered) Peek() byte {
	r.count(1)
	return r.Reader.Peek()
}

func (r metered) ReadRune() (rune, int, error) {
	r.count(1)
	return r.Reader.ReadRune()
}

// dry has an expression read the text as it will, and counts how far.
func (r metered) dry(reg *regexp.Regexp) {
	line, at := r.Position()
	reg.FindReaderIndex(r)
	r.SetPosition(line, at)
}

func (r metered) Match(reg *regexp.Regexp) bool {
	r.dry(reg)
	return r.Reader.Match(reg)
}

func (r metered) FindSubMatch(reg *regexp.Regexp) [][]byte {
	r.dry(reg)
	return r.Reader.FindSubMatch(reg)
}

func (r metered) FindClosure(opener, closer byte, options text.FindClosureOptions) (*text.Segments, bool) {
	found, ok := r.Reader.FindClosure(opener, closer, options)
	if !ok {
		r.count(r.rest())
		return found, ok
	}
	for i := range found.Len() {
		s := found.At(i)
		r.count(s.Len())
	}
	return found, ok
}

type inline struct {
	parser.InlineParser
	m   *meter
	far bool // what it cannot make anything of, it looked at to the end
}

// Parse counts each delimiter that is open as well: emphasis is held against all before it.
func (p inline) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	for d := pc.LastDelimiter(); d != nil; d = d.PreviousDelimiter {
		p.m.steps++
	}
	r := metered{Reader: block, m: p.m}
	n := p.InlineParser.Parse(parent, r, pc)
	if _, unclosed := n.(*ast.Text); unclosed || n == nil && p.far { // such as backticks without others
		r.count(r.rest())
	}
	return n
}

func (p inline) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := p.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, metered{Reader: block, m: p.m}, pc)
	}
}

type block struct {
	parser.BlockParser
	m *meter
}

func (p block) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	return p.BlockParser.Open(parent, metered{Reader: r, m: p.m, whole: true}, pc)
}

func (p block) Continue(n ast.Node, r text.Reader, pc parser.Context) parser.State {
	return p.BlockParser.Continue(n, metered{Reader: r, m: p.m, whole: true}, pc)
}

type paragraph struct {
	parser.ParagraphTransformer
	m *meter
}

// Transform counts the paragraph for each definition that it takes out of it, and the cells
// of tables, which short rows have too.
func (p paragraph) Transform(n *ast.Paragraph, r text.Reader, pc parser.Context) {
	lines := n.Lines().Len()
	p.m.steps += lines
	if lines > 0 {
		p.m.steps += n.Lines().At(lines-1).Stop - n.Lines().At(0).Start
	}
	p.ParagraphTransformer.Transform(n, metered{Reader: r, m: p.m, whole: true}, pc)
}

// far are the places of the parsers of links and of HTML among those of lines.
var far = []int{200, 400}

// examined is how many bytes and delimiters the reader looks at for a text, and how many
// nodes it makes of it.
func examined(markdown string) int {
	m := &meter{}
	wrap := func(all []util.PrioritizedValue, one func(util.PrioritizedValue) any) (out []util.PrioritizedValue) {
		for _, v := range all {
			out = append(out, util.Prioritized(one(v), v.Priority))
		}
		return out
	}
	p := parser.NewParser(
		parser.WithBlockParsers(wrap(parser.DefaultBlockParsers(), func(v util.PrioritizedValue) any { return block{v.Value.(parser.BlockParser), m} })...),
		parser.WithInlineParsers(wrap(parser.DefaultInlineParsers(), func(v util.PrioritizedValue) any {
			return inline{v.Value.(parser.InlineParser), m, slices.Contains(far, v.Priority)}
		})...),
		parser.WithParagraphTransformers(wrap(append(parser.DefaultParagraphTransformers(), util.Prioritized(extension.NewTableParagraphTransformer(), 200)),
			func(v util.PrioritizedValue) any { return paragraph{v.Value.(parser.ParagraphTransformer), m} })...),
	)
	_ = ast.Walk(p.Parse(text.NewReader([]byte(markdown))), func(_ ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			m.steps++
		}
		return ast.WalkContinue, nil
	})
	return m.steps
}

// mostExamined is what a text may cost that is read: so many looks at each byte, and what
// the bound on its effort lets through.
func mostExamined(n int) int { return 200*n + maxSteps }

// The count sees what is quadratic: else the fuzz target could not fail for it.
func TestTheCountSeesTangles(t *testing.T) {
	for name, one := range map[string]string{
		"emphasis":        strings.Repeat("*a_ ", 4_000),
		"brackets":        strings.Repeat("[", 8_000) + strings.Repeat("]", 8_000),
		"tags":            strings.Repeat("<a b=\"", 3_000),
		"a list in lists": strings.Repeat("- ", 1_000) + "a" + strings.Repeat("\n", 4_000),
	} {
		n := examined(one)
		if n <= mostExamined(len(one)) {
			t.Errorf("%s: only %d looks at %d bytes", name, n, len(one))
		}
	}
	for name, one := range hostile {
		if one = one[:min(len(one), full/4)]; heavy(one) {
			continue
		}
		if n := examined(one); n > mostExamined(len(one)) {
			t.Errorf("%s: %d looks at %d bytes", name, n, len(one))
		}
	}
}
