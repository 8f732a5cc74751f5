package notify

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFlow(t *testing.T) {
	long := strings.Repeat("word ", 20) + "end"
	url := "https://security.example.org/" + strings.Repeat("a", 100)
	for _, c := range []struct{ in, out string }{
		{"", ""},
		{"a\r\nb", "a\nb"},
		{"one line  ", "one line"},
		{"\n\n", "\n\n"},
		{long, strings.Repeat("word ", 15) + "\n" + strings.Repeat("word ", 5) + "end"},
		{url, url},
		{"see " + url + " there", "see \n" + url + " \nthere"},
		{" indented", "  indented"},
		{"From here", " From here"},
		{"-- ", "--"},
		{"> quoted", "> quoted"},
		{">quoted", "> quoted"},
		{">> twice", ">> twice"},
		{">", ">"},
		{"a\x00b\x1bc\u200bd\u2028e", "abcd e"},
		{"\ta\tb", "\ta\tb"},
		{"a\u200cb\u202ec", "a\u200cbc"},
	} {
		if got := flow(c.in); got != c.out {
			t.Errorf("%q: got %q, want %q", c.in, got, c.out)
		}
	}
}

// unflow is a reader of its own, by the letter of RFC 3676 section 4.
func unflow(s string) string {
	var out []string
	open, depth := false, 0
	for l := range strings.SplitSeq(s, "\n") {
		d := len(l) - len(strings.TrimLeft(l, ">"))
		l = strings.TrimPrefix(l[d:], " ")
		if open && d == depth {
			out[len(out)-1] += l
		} else if d > 0 && l != "" {
			out = append(out, strings.Repeat(">", d)+" "+l)
		} else {
			out = append(out, strings.Repeat(">", d)+l)
		}
		open, depth = strings.HasSuffix(l, " ") && l != "-- ", d
	}
	return strings.Join(out, "\n")
}

// What a reader puts together again is what was given.
func TestFlowIsJoinedAgain(t *testing.T) {
	word := rapid.OneOf(rapid.StringMatching(`[a-zäß日>.-]{1,12}`), rapid.SampledFrom([]string{"From", "--", " ", "  ", strings.Repeat("x", 90)}))
	rapid.Check(t, func(r *rapid.T) {
		lines := rapid.SliceOf(rapid.Custom(func(r *rapid.T) string {
			l := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(r, "words"), " ")
			if q := strings.TrimLeft(l, ">"); q != l { // one way to write a quote
				l = l[:len(l)-len(q)] + " " + strings.TrimPrefix(q, " ")
			}
			return strings.TrimRight(l, " ")
		})).Draw(r, "lines")
		in := strings.Join(lines, "\n")
		out := flow(in)
		if got := unflow(out); got != in {
			r.Fatalf("%q becomes %q, read as %q", in, out, got)
		}
		for l := range strings.SplitSeq(out, "\n") {
			if utf8.RuneCountInString(l) > 78 && strings.Contains(strings.Trim(strings.TrimLeft(l, ">"), " "), " ") && len(l) < 90 {
				r.Fatalf("a line of %d: %q", utf8.RuneCountInString(l), l)
			}
			if l == "-- " {
				r.Fatalf("a signature: %q", out)
			}
		}
	})
}

// A space that keeps two things together does so in a letter too: no line of French
// begins with a colon.
func TestNoLineEndsAtASpaceThatJoins(t *testing.T) {
	for n := range 150 {
		text := strings.Repeat("x", n) + " Ensuite\u00a0: «\u202fune réponse\u202f»\u00a0; puis rien."
		for how, got := range map[string]string{"wrapped": wrap(text), "flowed": flow(text)} {
			for _, kept := range []string{"Ensuite\u00a0:", "«\u202fune", "réponse\u202f»\u00a0;"} {
				if !strings.Contains(got, kept) {
					t.Fatalf("%s behind %d letters, %q is cut: %q", how, n, kept, got)
				}
			}
		}
	}
}
