package page

import (
	"runtime"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// tangles are texts that take the square of their length to read, or its memory.
var tangles = map[string]string{
	"emphasis":          "<a " + strings.Repeat("*a_ ", 20_000),
	"words of emphasis": strings.Repeat("_a_a", 20_000),
	"emphasis in lines": strings.Repeat("*a\n_b\n+\n", 10_000),
	"a long word":       strings.Repeat("~a", 40_000),
	"brackets":          strings.Repeat("[", 40_000) + strings.Repeat("]", 40_000),
	"pictures":          strings.Repeat("![", 40_000),
	"references":        "[a]: b\n\n" + strings.Repeat("[a][", 20_000),
	"definitions":       strings.Repeat("[a]: b \"\n", 8_000),
	"tags":              strings.Repeat("<a b=\"", 12_000),
	"comments":          "x " + strings.Repeat("<!--", 20_000),
	"a list in lists":   strings.Repeat("- ", 4_000) + "a" + strings.Repeat("\n", 8_000),
	"quotes in quotes":  strings.Repeat("> ", 4_000) + "a" + strings.Repeat("\nb", 8_000),
	"steps of lists":    staircase(300) + strings.Repeat("\n", 20_000),
	"few lists, long":   strings.Repeat("- ", 50) + "a" + strings.Repeat("\n", 20_000),
	"short rows":        strings.Repeat("|a", 2_000) + "|\n" + strings.Repeat("|-", 2_000) + "|\n" + strings.Repeat("|\n", 4_000),
	"rows in a quote":   "> " + strings.Repeat("|a", 2_000) + "|\n> " + strings.Repeat("|-", 2_000) + "|\n" + strings.Repeat("> |\n", 4_000),
}

func staircase(steps int) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(strings.Repeat(" ", 2*i) + "- a\n")
	}
	return b.String()
}

func TestTangledTextsAreNotRead(t *testing.T) {
	for name, one := range tangles {
		if !heavy(one) {
			t.Errorf("%s: %d bytes are read, %d steps, %d deep", name, len(one), steps(one), nested(one))
		}
		if got, plain := Shown(one); !plain || !strings.HasPrefix(string(got), "<pre>") {
			t.Errorf("%s: laid out", name)
		}
	}
	log := "The server says:\n\n```\n" + strings.Repeat("#0 0x7f __libc_start_main (/lib/x86_64/libc.so.6+0x29d8f) [main] *ptr_ = a[i] <td class=x>\n", 600) + "```\n"
	for name, one := range map[string]string{
		"a log in a fence":      log,
		"a log that is quoted":  "> " + strings.ReplaceAll(log, "\n", "\n> "),
		"a list of changes":     strings.Repeat("- **Fixed** `a_b_c` in [the parser](https://example.com/x?a=_b_), see [#1]\n", 600),
		"a table":               "| a | b | c |\n|---|:-:|---|\n" + strings.Repeat("| `x_y` | **1** | [x](https://example.com) |\n", 200),
		"markup without fences": strings.Repeat("<tr><td class=\"a\">x</td></tr>\n", 400),
		"steps":                 strings.Repeat("1. Do *this*\n   - and `that`\n     > seen\n", 300),
	} {
		if _, plain := Shown(one); plain {
			t.Errorf("%s: %d bytes are not laid out, %d steps, %d deep", name, len(one), steps(one), nested(one))
		}
	}
}

// Whatever is read is looked at, takes memory and makes a tree in proportion to its length,
// however it is repeated.
func FuzzEffort(f *testing.F) {
	for _, one := range tangles {
		f.Add(one[:min(len(one), 600)])
	}
	f.Fuzz(func(t *testing.T, in string) {
		if in == "" || len(in) > 4<<10 {
			return
		}
		one := strings.Repeat(in, 1+(16<<10)/len(in))
		if heavy(one) {
			return
		}
		if n, most := examined(one), mostExamined(len(one)); n > most {
			t.Errorf("%d bytes took %d looks, at most %d", len(one), n, most)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc := reading.Parse(text.NewReader([]byte(one)))
		runtime.ReadMemStats(&after)
		nodes := 0
		_ = ast.Walk(doc, func(_ ast.Node, entering bool) (ast.WalkStatus, error) {
			if entering {
				nodes++
			}
			return ast.WalkContinue, nil
		})
		if most := 4*len(one) + maxSteps/cellSteps; nodes > most {
			t.Errorf("%d bytes became %d nodes", len(one), nodes)
		}
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(2_000*len(one)+256*maxNested); used > most {
			t.Errorf("%d bytes took %d bytes to read", len(one), used)
		}
	})
}
