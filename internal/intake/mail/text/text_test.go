package text

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHTML(t *testing.T) {
	for doc, want := range map[string]string{
		"one  two\nthree":                                       "one two three",
		"<p>a</p><p>b</p>":                                      "a\n\nb",
		"<div>a</div><div>b</div>":                              "a\nb",
		"a<br><br><br><br><br>b":                                "a\n\n\nb",
		"<b>bo</b>ld":                                           "bold",
		"x &lt;script&gt; y":                                    "x <script> y",
		"<script>x</script>a<style>y</style>b":                  "ab",
		"<SCRIPT/x>alert(1)</SCRIPT>a":                          "a",
		"<a href='https://e.org/p'>here</a>":                    "here <https://e.org/p>",
		"<a href='https://e.org/p'>https://e.org/p</a>":         "https://e.org/p",
		"<a href='https://evil.example'>bank.example</a>":       "bank.example <https://evil.example>",
		"<a href='mailto:a@e.org'>a@e.org</a>":                  "a@e.org",
		"<a href='https://e.org/q'><img src=x></a>":             "<https://e.org/q>",
		"<a href='data:text/html,x'>x</a>":                      "x",
		"<a href='https://e.org/1'>a <a href=#>b</a>":           "a <https://e.org/1>b",
		"<blockquote>q<blockquote>r</blockquote></blockquote>s": "> q\n\n>> r\n\ns",
		"<pre>a\n  b</pre>c":                                    "a\n  b\n\nc",
		"<ol><li>a</li><li>b</li></ol>":                         "- a\n- b",
		"<textarea><b>x</b></textarea>":                         "<b>x</b>",
		"a <unclosed b":                                         "a <unclosed b",
		"":                                                      "",
	} {
		if got := HTML(doc, 10); got != want {
			t.Errorf("%s:\n got %q\nwant %q", doc, got, want)
		}
	}
}

func TestQuotesAreBounded(t *testing.T) {
	if got := HTML(strings.Repeat("<blockquote>", 500)+"x", 3); got != ">>> x" {
		t.Errorf("%.100q", got)
	}
}

func TestTransferEncodings(t *testing.T) {
	for in, want := range map[string]string{"QUJD": "ABC", "QUI=": "AB", "Q U\r\nJ D": "ABC", "QUJDR": "ABC", "QUI=\r\n\r\nfooter = x": "AB\nfooter = x", "QUJD\r\n\r\n-- \r\nhi": "ABC\n-- \r\nhi", "": ""} {
		if got, _ := Base64([]byte(in), true); string(got) != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	// A line of garbage must not shift the digits behind it.
	for in, want := range map[string]string{
		"%%% no base64 %%%\r\nVGhlIHdvcmRzLg==":  "The words.",
		"VGhlIHdv\r\n<<not base64>>\r\ncmRzLg==": "The words.",
		"VGhl*IHdv\r\ncmRz(Lg==":                 "The words.",
		"***\r\nVGhlIHdvcmRzLg==":                "The words.",
	} {
		if got, whole := Base64([]byte(in), true); string(got) != want || whole {
			t.Errorf("%q: %q, whole %v", in, got, whole)
		}
	}
	in := []byte("QUI=x\r\nyyyy\r\nzz")
	if Base64(in, true); string(in) != "QUI=x\r\nyyyy\r\nzz" {
		t.Errorf("reading changed what was read: %q", in)
	}
	for in, want := range map[string]string{"a=3Db": "a=b", "a=\r\nb": "ab", "a=": "a", "a=4": "a=4", "x  \r\ny": "x\r\ny", "=c3=A4": "ä"} {
		if got, _ := QuotedPrintable([]byte(in)); string(got) != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"=?utf-8?Q?a_b?= =?utf-8?Q?c?=":           "a bc",
		"=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=":         "ä",
		"=?iso-8859-1?Q?=E4?= =?utf-8?Q?=C3=A4?=": "ää",
		"=?utf-8?B?w6Q?=":                         "ä",
		"=?utf-8*de?Q?=C3=A4?= plain":             "ä plain",
		"a =?utf-8?Q?b?= c":                       "a b c",
		"=?utf-8?Q?with blanks?=":                 "with blanks",
		"=?utf-8?B?!!?= x":                        "=?utf-8?B?!!?= x",
		"=?nonsense?Q?x?=":                        "x",
		"caf\xe9":                                 "café",
	} {
		if got := Words(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<a href='https://e.org'>x", "<blockquote><pre>\n</pre>", "<style>", "<table><td><td>", "&#x202e;<img alt=x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		valid := utf8.ValidString(doc)
		got := HTML(doc, 10)
		if valid && !utf8.ValidString(got) {
			t.Error("valid HTML became invalid text")
		}
		if got != HTML(doc, 10) {
			t.Error("not the same twice")
		}
		if len(got) > 16*len(doc)+16 {
			t.Errorf("%d octets became %d", len(doc), len(got))
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\xe4"), "utf-8")
	f.Add([]byte("\x1b$B5"), "")
	f.Add([]byte("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?="), "hz-gb-2312")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		s, _ := Decode(b, label)
		tidied, _ := Tidy(s)
		for _, out := range []string{s, tidied, Words(string(b)), Line(Words(string(b))), Unflow(tidied, true)} {
			if !utf8.ValidString(out) {
				t.Errorf("not UTF-8: %q", out)
			}
		}
		if line := Line(s); strings.ContainsAny(line, "\r\n\t\x00") || Line(line) != line {
			t.Errorf("not one line: %q", line)
		}
		as := bytes.Clone(b)
		Base64(b, true)
		QuotedPrintable(b)
		if !bytes.Equal(as, b) {
			t.Error("reading changed what was read")
		}
	})
}
