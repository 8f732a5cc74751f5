package page

import (
	"strings"
	"testing"
)

// full is as much as one message or report holds.
const full = 64 << 10

// fill repeats a text until it is that long.
func fill(head, one string) string {
	return head + strings.Repeat(one, max(1, (full-len(head))/len(one)))
}

// hostile are texts that are as long as a message may be, each of one thing that a reader of
// Markdown looks at more than once.
var hostile = map[string]string{
	"emphasis, nested":        strings.Repeat("*a ", full/6) + strings.Repeat("a* ", full/6),
	"emphasis, unclosed":      fill("", "**a "),
	"emphasis, mixed":         fill("", "*a_b* c_ "),
	"emphasis, long runs":     fill("", strings.Repeat("*", 50)+"a "),
	"emphasis, paragraphs":    fill("", strings.Repeat("*a _b ", 100)+"\n\n"),
	"links, unclosed":         fill("", "[a](b "),
	"links, nested":           strings.Repeat("[", full/5) + "a" + strings.Repeat("](b)", full/5),
	"links, paragraphs":       fill("", strings.Repeat("[a ", 100)+"\n\n"),
	"links, whole":            fill("", "[a](https://example.com) "),
	"links, titles":           fill("", "[a](b \"c "),
	"backticks, unclosed":     fill("", "`a"),
	"backticks, growing":      ticks(),
	"entities":                fill("", "&amp;&#x41;&copy;"),
	"entities, unclosed":      fill("", "&a"),
	"tables, wide":            strings.Repeat("|a", 1_000) + "|\n" + strings.Repeat("|-", 1_000) + "|\n" + strings.Repeat("|\n", 16),
	"tables, long":            fill("|a|b|\n|-|-|\n", "|a|b|\n"),
	"tables, many":            fill("", "|a|b|\n|-|-|\n|c|d|\n\n"),
	"definitions":             fill("", "[a]: b\n"),
	"definitions, titles":     fill("", "[a]: b 'c\n"),
	"definitions, many, used": fill("", "[a]: b\n\n[a][a] "),
	"lists, nested":           strings.Repeat("- ", 60) + "a\n" + fill("", "b\n"),
	"lists, steps":            fill("", staircase(60)),
	"lists, long":             fill("", "- a\n"),
	"lists, loose":            fill("", "- a\n\n"),
	"quotes, nested":          fill("", strings.Repeat("> ", 60)+"a\n"),
	"quotes, lazy":            fill(strings.Repeat("> ", 60), "a\n"),
	"quotes and lists":        fill("", "> - > 1. a\n"),
	"a long line":             strings.Repeat("a", full),
	"a long line of words":    fill("", "a "),
	"spaces":                  strings.Repeat(" ", full-1) + "a",
	"tabs":                    fill("", "\ta\n"),
	"blank lines":             "a" + strings.Repeat("\n", full),
	"tags":                    fill("", "<a b='c' "),
	"tags, whole":             fill("", "<b>x</b>"),
	"comments":                fill("", "<!-- a "),
	"html blocks":             fill("", "<div>\n\n"),
	"addresses":               fill("", "https://example.com/a(b "),
	"addresses, one word":     fill("", "www.a."),
	"addresses, at":           fill("", "a@b."),
	"addresses, long":         fill("https://example.com/", "a.b)"),
	"escapes":                 fill("", "\\*\\["),
	"headings":                fill("", "# a\n"),
	"underlined":              fill("", "a\n=\n"),
	"underlines":              fill("a\n", "b\n"),
	"fences":                  fill("", "```\na\n```\n"),
	"fences, unclosed":        fill("", "~~~\n\n> "),
	"rulers":                  fill("", "* * * *\n"),
	"line ends":               fill("", "a  \n"),
	"null":                    fill("", "\x00a"),
	"not UTF-8":               fill("", "\xffa"),
	"strikes":                 fill("", "~~a "),
	"pictures":                fill("", "![a](b) "),
	"definitions of terms":    fill("", "a\n: b\n"),
}

// ticks are runs of backticks of every length, none of which closes another.
func ticks() string {
	var b strings.Builder
	for n := 1; b.Len() < full; n++ {
		b.WriteString(strings.Repeat("`", n) + "a")
	}
	return b.String()[:full]
}

func BenchmarkHostile(b *testing.B) {
	for name, one := range hostile {
		b.Run(name, func(b *testing.B) {
			plain := 0
			for b.Loop() {
				if _, p := Shown(one); p {
					plain = 1
				}
			}
			b.ReportMetric(float64(plain), "plain")
		})
	}
}
