package mail

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

const top = "From: Ada <ada@example.net>\r\nTo: security@example.org\r\nSubject: Overflow\r\nMessage-ID: <m1@example.net>\r\n"

func parse(t *testing.T, raw string) *Message {
	t.Helper()
	m, err := Parse([]byte(raw), Envelope{From: "ada@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, m)
	return m
}

func doubted(m *Message, d doubt) bool { return slices.Contains(m.Doubts, string(d)) }

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		kind error
	}{
		"too large":       {bytes.Repeat([]byte("a: b\r\n"), MaxMessage/6+1), cvd.ErrTooLarge},
		"one long line":   {[]byte("X-Long: " + strings.Repeat("x", 1<<20) + "\r\n" + top + "\r\nText.\r\n"), cvd.ErrTooLarge},
		"endless header":  {[]byte(top + strings.Repeat("X-A: b\r\n", maxHeader/8) + "\r\nText.\r\n"), cvd.ErrTooLarge},
		"too many fields": {[]byte(top + strings.Repeat("X: b\r\n", maxFields) + "\r\nText.\r\n"), cvd.ErrTooLarge},
		"nothing":         {nil, cvd.ErrUnreadable},
		"nul":             {make([]byte, 1000), cvd.ErrUnreadable},
	} {
		if m, err := Parse(c.raw, Envelope{}); !errors.Is(err, c.kind) || m != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongFieldIsCut(t *testing.T) {
	m := parse(t, "X-Spam-Report: "+strings.Repeat("x", maxField+10)+"\r\n"+top+"\r\nText.\r\n")
	if !doubted(m, doubtLongField) || m.Text != "Text." || m.Subject != "Overflow" {
		t.Errorf("%+v", m)
	}
}

func TestLongTextIsAFileToo(t *testing.T) {
	long := strings.Repeat("äöü words ", maxText/5)
	m := parse(t, top+"Content-Type: text/plain; charset=utf-8\r\n\r\n"+long+"\r\n")
	if !doubted(m, doubtText) || len(m.Files) != 1 || m.Files[0].Name != "message.txt" || string(m.Files[0].Data) != strings.TrimSpace(long) {
		t.Errorf("%v, %d files", m.Doubts, len(m.Files))
	}
	if !strings.HasPrefix(long, m.Text) || len([]rune(m.Text)) < maxText-1 {
		t.Errorf("%d characters kept", len([]rune(m.Text)))
	}
}

// TestNothingIsLostBehindALimit sends more than is read, with a mark in every part: each
// mark must be in the text or in a file.
func TestNothingIsLostBehindALimit(t *testing.T) {
	for name, c := range map[string]struct {
		count int
		part  string
		doubt doubt
	}{
		"parts": {maxParts + 50, "\r\nmark-%04d-end\r\n", doubtParts},
		"files": {maxFiles + 50, "Content-Type: application/octet-stream\r\n\r\nmark-%04d-end\r\n", doubtFiles},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n")
			for i := range c.count {
				fmt.Fprintf(&b, "--b\r\n"+c.part, i)
			}
			b.WriteString("--b--\r\n")
			m := parse(t, b.String())
			if !doubted(m, c.doubt) {
				t.Errorf("%v", m.Doubts)
			}
			all := []byte(m.Text)
			for _, f := range m.Files {
				all = append(all, f.Data...)
			}
			for i := range c.count {
				if n := bytes.Count(all, fmt.Appendf(nil, "mark-%04d-end", i)); n != 1 {
					t.Fatalf("part %d is there %d times", i, n)
				}
			}
		})
	}
}

func TestDepth(t *testing.T) {
	for _, levels := range []int{maxDepth, maxDepth + 1} {
		var b, end strings.Builder
		b.WriteString(top)
		for i := range levels {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n", i, i)
			fmt.Fprintf(&end, "--n%d--\r\n", levels-1-i)
		}
		m := parse(t, b.String()+"\r\nDeep down.\r\n"+end.String())
		if deep := levels > maxDepth; deep != doubted(m, doubtDepth) || deep == (m.Text == "Deep down.") || deep != (len(m.Files) == 1) {
			t.Errorf("%d levels: %q, %d files, %v", levels, m.Text, len(m.Files), m.Doubts)
		}
	}
}

// TestOneHugeLine holds a message that says nothing in many octets, of which each could
// be the start of something: reading it must not go back over what was read.
func TestOneHugeLine(t *testing.T) {
	for name, c := range map[string]struct{ start, again string }{
		"delimiters":  {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b", " --b"},
		"near misses": {"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\n--bx"},
		"elements":    {"Content-Type: text/html\r\n\r\n", "<a "},
		"padding":     {"Content-Transfer-Encoding: base64\r\n\r\n", "A=\n"},
	} {
		t.Run(name, func(t *testing.T) {
			parse(t, top+c.start+strings.Repeat(c.again, (8<<20)/len(c.again)))
		})
	}
}

func TestLongHTMLIsAFileToo(t *testing.T) {
	doc := "<p>words</p>" + strings.Repeat("<!-- nothing -->", maxHTML/16)
	m := parse(t, top+"Content-Type: text/html\r\n\r\n"+doc)
	if m.Text != "words" || !doubted(m, doubtHTMLLong) || len(m.Files) != 1 || string(m.Files[0].Data) != doc {
		t.Errorf("%q, %d files, %v", m.Text, len(m.Files), m.Doubts)
	}
}

func TestReferencesKeepTheLast(t *testing.T) {
	var b strings.Builder
	for i := range maxReferences + 20 {
		fmt.Fprintf(&b, " <r%d@example.org>\r\n", i)
	}
	m := parse(t, top+"References:"+b.String()+"\r\nText.\r\n")
	if len(m.References) != maxReferences || m.References[maxReferences-1] != "r119@example.org" || !doubted(m, doubtReferences) {
		t.Errorf("%d: %v", len(m.References), m.Doubts)
	}
}

func outer(t *testing.T, name string) *Message {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".eml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(raw, Envelope{From: "ada@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInner(t *testing.T) {
	for name, c := range map[string]struct {
		outer, plain   string
		subject, text  string
		files          []string
		cipher         Cipher
		signed, doubts int
	}{
		"an entity":          {"pgp-encrypted", "Content-Type: text/plain; charset=utf-8\r\n\r\nL\u00e4nge\r\n", "...", "Länge", nil, CipherNone, 0, 0},
		"protected subject":  {"pgp-encrypted", "Content-Type: text/plain; hp=\"cipher\"\r\nSubject: =?utf-8?Q?=C3=9Cberlauf?=\r\n\r\nWords\r\n", "Überlauf", "Words", nil, CipherNone, 0, 0},
		"legacy display":     {"pgp-encrypted", "Content-Type: text/plain; hp-legacy-display=1; hp=\"cipher\"\r\nSubject: Real\r\n\r\nSubject: Real\r\n\r\nWords\r\n", "Real", "Words", nil, CipherNone, 0, 0},
		"older legacy part":  {"pgp-encrypted", "Content-Type: multipart/mixed; boundary=x; protected-headers=\"v1\"\r\nSubject: Real\r\n\r\n--x\r\nContent-Type: text/plain; protected-headers=\"v1\"\r\nContent-Disposition: inline\r\n\r\nSubject: Real\r\n--x\r\nContent-Type: text/plain\r\n\r\nWords\r\n--x--\r\n", "Real", "Words", nil, CipherNone, 0, 0},
		"signed inside":      {"pgp-encrypted", "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nWords\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--s--\r\n", "...", "Words", nil, CipherPGPSigned, 33, 0},
		"with a file":        {"pgp-encrypted", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nWords\r\n--x\r\nContent-Type: text/x-python; name=poc.py\r\n\r\npass\r\n--x--\r\n", "...", "Words", []string{"poc.py"}, CipherNone, 0, 0},
		"no entity":          {"pgp-encrypted", "Note: these are words\r\nand no header.\r\n", "...", "Note: these are words\nand no header.", nil, CipherNone, 0, 0},
		"rfc822 within":      {"cms-encrypted", "Content-Type: message/rfc822; forwarded=no\r\n\r\nSubject: Hidden\r\nContent-Type: text/plain\r\n\r\nWords\r\n", "Hidden", "Words", nil, CipherNone, 0, 0},
		"rfc822 forwarded":   {"pgp-encrypted", "Content-Type: message/rfc822\r\n\r\nSubject: Other\r\n\r\nWords\r\n", "...", "", []string{"attached-message.eml"}, CipherNone, 0, 0},
		"inline keeps files": {"pgp-inline-with-file", "Subject: no header here\r\n\r\nWords", "Overflow in the parser", "Subject: no header here\n\nWords", []string{"poc.py.pgp"}, CipherNone, 0, 0},
		"clear-signed":       {"pgp-clear-signed", "The words.\r\n", "Overflow in the parser", "The words.", nil, CipherNone, 0, 0},
		"signed again":       {"pgp-signed", "Content-Type: text/plain\r\nSubject: Mine\r\n\r\nSigned words.\r\n", "Mine", "Signed words.", nil, CipherNone, 0, 0},
		"HTML":               {"pgp-encrypted", "Content-Type: text/html\r\n\r\n<p>Words<img src=\"https://attacker.example/\">", "...", "Words", nil, CipherNone, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := outer(t, c.outer)
			before := fmt.Sprintf("%+v", o)
			m, err := Inner(o, []byte(c.plain))
			if err != nil {
				t.Fatal(err)
			}
			sound(t, m)
			var files []string
			for _, f := range m.Files {
				files = append(files, f.Name)
			}
			if m.Subject != c.subject || m.Text != c.text || !slices.Equal(files, c.files) || m.Cipher != c.cipher || len(m.Signed) != c.signed || len(m.Doubts) != c.doubts {
				t.Errorf("%+v", m)
			}
			if m.ID != o.ID || m.From[0] != o.From[0] || fmt.Sprintf("%+v", o) != before {
				t.Error("the outer message changed, or its ids did not stay")
			}
		})
	}
	if _, err := Inner(outer(t, "pgp-encrypted"), make([]byte, MaxMessage+1)); !errors.Is(err, cvd.ErrTooLarge) {
		t.Error(err)
	}
}

func TestFresh(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"answer above":       {"Yes.\nIt is.\n\nOn Tue, 24 Nov 2026, Security wrote:\n> Is it?\n>\n> Regards", "Yes.\nIt is."},
		"folded attribution": {"Yes.\n\nOn Tue, 24 Nov 2026 at 10:00, A Very Long Name\nof a Team wrote:\n> Is it?\n", "Yes."},
		"German":             {"Ja.\n\nAm 24.11.26 um 10:00 schrieb Security:\n> Stimmt das?", "Ja."},
		"nothing new":        {"On Tue Security wrote:\n> Is it?", "On Tue Security wrote:\n> Is it?"},
		"answers between":    {"On Tue Security wrote:\n> Is it?\nYes.\n> And?\nNo.", "On Tue Security wrote:\n> Is it?\nYes.\n> And?\nNo."},
		"no attribution":     {"Output:\n> ls\n> poc", "Output:\n> ls\n> poc"},
		"a word at the end":  {"He wrote to me.\n> x", "He wrote to me.\n> x"},
		"words below":        {"Yes.\nSecurity wrote:\n> Is it?\nThanks", "Yes.\nSecurity wrote:\n> Is it?\nThanks"},
		"no quote":           {"Yes.", "Yes."},
		"empty":              {"", ""},
	} {
		if got := Fresh(c.text); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAuthors(t *testing.T) {
	for raw, want := range map[string]int{
		top + "\r\nText.": 1,
		"From: a@example.net, b@example.net\r\nFROM : c@example.net\r\n\r\n": 3,
		"Subject: x\r\n\r\nFrom: a@example.net\r\n":                          0,
	} {
		if got := Authors([]byte(raw)); len(got) != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := os.ReadDir("testdata")
	for _, file := range files {
		if raw, err := os.ReadFile("testdata/" + file.Name()); err == nil && strings.HasSuffix(file.Name(), ".eml") {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		as := bytes.Clone(raw)
		defer func() {
			if !bytes.Equal(as, raw) {
				t.Error("the message was changed by reading it")
			}
		}()
		m, err := Parse(raw, Envelope{})
		if (m == nil) == (err == nil) {
			t.Fatal("a message and an error, or neither")
		}
		if err != nil {
			if !errors.Is(err, cvd.ErrTooLarge) && !errors.Is(err, cvd.ErrUnreadable) {
				t.Fatal(err)
			}
			return
		}
		sound(t, m)
		again, err := Parse(raw, Envelope{})
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatal("the same bytes read twice say different things")
		}
		Fresh(m.Text)
		if got := Authors(raw); len(got) != len(m.From) && len(raw) < maxHeader {
			t.Errorf("%d authors, but %d senders", len(got), len(m.From))
		}
	})
}

func FuzzInner(f *testing.F) {
	for _, s := range []string{"Content-Type: text/plain; hp=\"cipher\"\r\nSubject: x\r\n\r\nWords", "words", "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, plain string, inline bool) {
		o := &Message{ID: "m@example.net", From: []Address{{"Ada", "ada@example.net"}}, Cipher: CipherPGP, Files: []File{{Name: "f"}}}
		if inline {
			o.Cipher = CipherPGPInline
		}
		m, err := Inner(o, []byte(plain))
		if err != nil {
			return
		}
		sound(t, m)
		if m.ID != o.ID || len(m.From) != 1 || len(o.Doubts) != 0 || len(o.Files) != 1 {
			t.Error("the outer message changed, or its ids did not stay")
		}
	})
}
