package page

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"fairlead/internal/policy"
)

// Markdown is the policy as a text in Markdown (CommonMark with tables), with
// the id of each clause beside it.
func Markdown(p *policy.Policy, v View) []byte {
	var b bytes.Buffer
	for _, one := range v.layout(p).sheet(v).blocks {
		switch one.kind {
		case heading:
			fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", one.level), one.text)
		case paragraph:
			b.WriteString(one.text + "\n\n")
		case bullets:
			for _, it := range one.items {
				b.WriteString("- " + it.text + "\n")
			}
			b.WriteByte('\n')
		case steps, clauses:
			for i, it := range one.items {
				mark := "-"
				if one.kind == steps {
					mark = fmt.Sprintf("%d.", i+1)
				}
				markdownItem(&b, mark, it)
			}
		case table:
			markdownTable(&b, one)
		}
	}
	return append(bytes.TrimRight([]byte(unmarked.Replace(b.String())), "\n"), '\n')
}

func markdownItem(b *bytes.Buffer, mark string, it item) {
	indent := strings.Repeat(" ", len(mark)+1)
	fmt.Fprintf(b, "%s **%s** (`%s`)\n\n", mark, it.title, it.id)
	for _, part := range []string{it.text, it.note} {
		if part == "" {
			continue
		}
		for _, line := range strings.Split(part, "\n") {
			b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
		}
		b.WriteByte('\n')
	}
}

func markdownTable(b *bytes.Buffer, one block) {
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(one.header)
	rule := make([]string, len(one.header))
	for i := range rule {
		rule[i] = "---"
	}
	row(rule)
	for _, r := range one.rows {
		row(r)
	}
	b.WriteByte('\n')
}

// HTMLBody is the policy as the body of a page: one h1, parts under h2, each
// clause an element whose id is the clause's own. Whatever the policy says is
// escaped; raw HTML in its texts is dropped.
func HTMLBody(p *policy.Policy, v View) (template.HTML, error) {
	var b bytes.Buffer
	lay := v.layout(p)
	lang := lay.tongue()
	for _, one := range lay.sheet(v).blocks {
		cells := make([][]template.HTML, len(one.rows))
		for i, row := range one.rows {
			for _, cell := range row {
				cells[i] = append(cells[i], inline(cell))
			}
		}
		if err := bodyTemplate.ExecuteTemplate(&b, templateNames[one.kind], bodyBlock{block: one, Cells: cells, own: lang}); err != nil {
			return "", fmt.Errorf("policy page: %w", err)
		}
	}
	return marked(template.HTML(b.String()), lang), nil
}

// marked says of the author's words within ours which language they are in.
func marked(html template.HTML, lang string) template.HTML {
	return template.HTML(strings.NewReplacer(
		theirsBegin, `<span lang="`+template.HTMLEscapeString(lang)+`">`, theirsEnd, "</span>",
	).Replace(string(html)))
}

var templateNames = map[blockKind]string{
	heading: "heading", paragraph: "paragraph", bullets: "bullets", steps: "steps", clauses: "clauses", table: "table",
}

// bodyBlock shows a block to the template, with its Markdown turned into HTML.
type bodyBlock struct {
	block
	Cells [][]template.HTML
	own   string // the author's language where it is not the page's
}

// Lang is the language of a text that is the author's.
func (b bodyBlock) Lang() string {
	if b.theirs {
		return b.own
	}
	return ""
}

func (b bodyBlock) Level() int           { return b.level }
func (b bodyBlock) ID() string           { return b.id }
func (b bodyBlock) Prose() template.HTML { return prose(b.text) }
func (b bodyBlock) Line() template.HTML  { return inline(b.text) }

func (b bodyBlock) Header() []template.HTML {
	out := make([]template.HTML, len(b.header))
	for i, h := range b.header {
		out[i] = inline(h)
	}
	return out
}

func (b bodyBlock) Items() []bodyItem {
	out := make([]bodyItem, len(b.items))
	for i, it := range b.items {
		out[i] = bodyItem{Lang: b.Lang(), ID: it.id, Title: inline(it.title), Line: inline(it.text), Text: prose(it.text), Note: prose(it.note)}
	}
	return out
}

type bodyItem struct {
	ID, Lang                string
	Title, Line, Text, Note template.HTML
}

var bodyTemplate = template.Must(template.New("body").Parse(`
{{- define "heading"}}{{if eq .Level 1}}<h1 id="{{.ID}}">{{.Line}}</h1>
{{else if eq .Level 2}}<h2 id="{{.ID}}">{{.Line}}</h2>
{{else}}<h3 id="{{.ID}}">{{.Line}}</h3>
{{end}}{{end}}
{{- define "paragraph"}}{{if .Lang}}<div lang="{{.Lang}}">
{{.Prose}}</div>
{{else}}{{.Prose}}{{end}}{{end}}
{{- define "bullets"}}<ul{{with .Lang}} lang="{{.}}"{{end}}>
{{range .Items}}<li>{{.Line}}</li>
{{end}}</ul>
{{end}}
{{- define "item"}}<li class="clause" id="{{.ID}}">
<p class="clause-title"><strong>{{.Title}}</strong> <a class="clause-id" href="#{{.ID}}">{{.ID}}</a></p>
{{if .Lang}}<div lang="{{.Lang}}">
{{.Text}}</div>
{{else}}{{.Text}}{{end}}{{if .Note}}<div class="clause-note">
{{.Note}}</div>
{{end}}</li>
{{end}}
{{- define "steps"}}<ol class="clauses">
{{range .Items}}{{template "item" .}}{{end}}</ol>
{{end}}
{{- define "clauses"}}<ul class="clauses">
{{range .Items}}{{template "item" .}}{{end}}</ul>
{{end}}
{{- define "table"}}<section class="table-scroll" aria-label="{{index .Header 0}}" tabindex="0"><table>
<thead><tr>{{range .Header}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>
{{range .Cells}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody>
</table></section>
{{end}}`))

// writer turns Markdown into HTML: raw HTML and links of unsafe schemes are
// dropped by it, pictures and deep headings by tidy.
var writer = goldmark.New(
	goldmark.WithExtensions(extension.Linkify, extension.Table),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tidy{}, 500))),
)

// prose turns a text of the policy into HTML paragraphs.
func prose(markdown string) template.HTML {
	if markdown == "" {
		return ""
	}
	var b bytes.Buffer
	if err := writer.Convert([]byte(markdown), &b); err != nil {
		return template.HTML("<p>" + template.HTMLEscapeString(markdown) + "</p>\n")
	}
	return template.HTML(b.String())
}

// Prose turns a text of the policy, such as a clause's, into HTML for other
// pages that show it: escaped, without raw HTML, pictures or headings above
// the fourth level.
func Prose(markdown string) template.HTML { return prose(markdown) }

// inline is prose without its paragraph, for a single line.
func inline(markdown string) template.HTML {
	s := strings.TrimSpace(string(prose(markdown)))
	if rest, ok := strings.CutPrefix(s, "<p>"); ok {
		if rest, ok = strings.CutSuffix(rest, "</p>"); ok && !strings.Contains(rest, "<p>") {
			return template.HTML(rest)
		}
	}
	return template.HTML(s)
}

// tidy keeps the author's headings below the page's own, and turns pictures
// into links: a page of ours never makes a reader's browser ask somebody else.
type tidy struct{}

func (tidy) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var pictures []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+3, 6)
		case *ast.Image:
			pictures = append(pictures, n)
		}
		return ast.WalkContinue, nil
	})
	for _, image := range pictures {
		link := ast.NewLink()
		link.Destination, link.Title = image.Destination, image.Title
		for c := image.FirstChild(); c != nil; {
			next := c.NextSibling()
			link.AppendChild(link, c)
			c = next
		}
		image.Parent().ReplaceChild(image.Parent(), image, link)
	}
}
