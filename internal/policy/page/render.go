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
	for _, one := range newSheet(p, v).blocks {
		switch one.kind {
		case heading:
			fmt.Fprintf(&b, "%s %s\n\n", strings.Repeat("#", one.level), one.text)
		case paragraph:
			b.WriteString(one.text + "\n\n")
		case bullets:
			for _, it := range one.items {
				b.WriteString("- " + plain(it.line) + "\n")
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
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

func markdownItem(b *bytes.Buffer, mark string, it item) {
	indent := strings.Repeat(" ", len(mark)+1)
	fmt.Fprintf(b, "%s **%s** (`%s`)\n\n", mark, plain(it.line), it.id)
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

// plain joins the parts of a line.
func plain(line []part) string {
	var b strings.Builder
	for _, one := range line {
		b.WriteString(one.text)
	}
	return b.String()
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
		cells := make([]string, len(r))
		for i, cell := range r {
			cells[i] = cell.text
		}
		row(cells)
	}
	b.WriteByte('\n')
}

// HTMLBody is the policy as the body of a page: one h1, parts under h2, each
// clause an element whose id is the clause's own. Whatever the policy says is
// escaped; raw HTML in its texts is dropped.
func HTMLBody(p *policy.Policy, v View) (template.HTML, error) {
	var b bytes.Buffer
	for _, one := range newSheet(p, v).blocks {
		cells := make([][]template.HTML, len(one.rows))
		for i, row := range one.rows {
			for _, cell := range row {
				cells[i] = append(cells[i], pieces([]part{cell}))
			}
		}
		if err := bodyTemplate.ExecuteTemplate(&b, templateNames[one.kind], bodyBlock{block: one, Cells: cells}); err != nil {
			return "", fmt.Errorf("policy page: %w", err)
		}
	}
	return template.HTML(b.String()), nil
}

var templateNames = map[blockKind]string{
	heading: "heading", paragraph: "paragraph", bullets: "bullets", steps: "steps", clauses: "clauses", table: "table",
}

// bodyBlock shows a block to the template, with its Markdown turned into HTML.
type bodyBlock struct {
	block
	Cells [][]template.HTML
}

func (b bodyBlock) Level() int           { return b.level }
func (b bodyBlock) ID() string           { return b.id }
func (b bodyBlock) Prose() template.HTML { return foreign(b.lang, prose(b.text)) }
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
		out[i] = bodyItem{ID: it.id, Line: pieces(it.line), Text: foreign(it.lang, prose(it.text)), Note: prose(it.note)}
	}
	return out
}

type bodyItem struct {
	ID               string
	Line, Text, Note template.HTML
}

var bodyTemplate = template.Must(template.New("body").Parse(`
{{- define "heading"}}{{if eq .Level 1}}<h1 id="{{.ID}}">{{.Line}}</h1>
{{else if eq .Level 2}}<h2 id="{{.ID}}">{{.Line}}</h2>
{{else}}<h3 id="{{.ID}}">{{.Line}}</h3>
{{end}}{{end}}
{{- define "paragraph"}}{{.Prose}}{{end}}
{{- define "bullets"}}<ul>
{{range .Items}}<li>{{.Line}}</li>
{{end}}</ul>
{{end}}
{{- define "item"}}<li class="clause" id="{{.ID}}">
<p class="clause-title"><strong>{{.Line}}</strong> <a class="clause-id" href="#{{.ID}}">{{.ID}}</a></p>
{{.Text}}{{if .Note}}<div class="clause-note">
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
{{range .Cells}}<tr>{{range $i, $cell := .}}<td data-label="{{index $.Header $i}}">{{$cell}}</td>{{end}}</tr>
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

// pieces is a line of parts; what is in another language than the page says so.
func pieces(line []part) template.HTML {
	var b strings.Builder
	for i := 0; i < len(line); {
		one := line[i]
		for i++; i < len(line) && line[i].lang == one.lang; i++ {
			one.text += line[i].text
		}
		core := strings.TrimSpace(one.text)
		before, after, _ := strings.Cut(one.text, core)
		html := string(inline(core))
		if one.lang != "" {
			html = `<span lang="` + template.HTMLEscapeString(one.lang) + `">` + html + "</span>"
		}
		b.WriteString(before + html + after)
	}
	return template.HTML(b.String())
}

// foreign marks paragraphs that are in another language than the page.
func foreign(lang string, html template.HTML) template.HTML {
	if lang == "" || html == "" {
		return html
	}
	return template.HTML(`<div lang="` + template.HTMLEscapeString(lang) + "\">\n" + string(html) + "</div>\n")
}

// tidy keeps the author's headings below the page's own, and turns pictures
// into links, for a page of ours never makes a reader's browser ask somebody else, and
// links that lead astray into text.
type tidy struct{}

func (tidy) Transform(doc *ast.Document, in text.Reader, _ parser.Context) {
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
	unlink(doc, in.Source())
}
