package mail

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
	"fairlead/internal/intake/mail/text"
)

// envelope reads what a corpus file says about the transport: a first line such as
// "X-Test-Envelope: null" or "X-Test-Envelope: a@example.org".
func envelope(raw []byte) Envelope {
	env := Envelope{From: "sender@example.net", To: []string{"security@example.org"}, Peer: "192.0.2.1"}
	line, _, _ := strings.Cut(string(raw), "\n")
	if v, ok := strings.CutPrefix(strings.TrimSpace(line), "X-Test-Envelope:"); ok {
		v = strings.TrimSpace(v)
		env.From, env.Null = v, false
		if v == "null" {
			env.From, env.Null = "", true
		}
	}
	return env
}

// golden is what is compared: octets as text, so that people can read the diff.
func golden(m *Message, err error) any {
	if err != nil {
		return map[string]any{"error": err.Error(), "unreadable": errors.Is(err, cvd.ErrUnreadable), "too_large": errors.Is(err, cvd.ErrTooLarge)}
	}
	type file struct{ Name, Type, Data string }
	shown := struct {
		Message
		Sealed, Signed, Signature, Autocrypt string
		Files                                []file
	}{Message: *m, Sealed: printable(m.Sealed), Signed: printable(m.Signed), Signature: printable(m.Signature), Autocrypt: printable(m.Autocrypt)}
	for _, f := range m.Files {
		shown.Files = append(shown.Files, file{f.Name, f.Type, printable(f.Data)})
	}
	return shown
}

func printable(b []byte) string {
	const most = 600
	s := string(b[:min(len(b), most)])
	if !utf8.ValidString(s) {
		s = strings.Map(func(r rune) rune {
			if r == utf8.RuneError {
				return '?'
			}
			return r
		}, s)
	}
	if len(b) > most {
		s += " …"
	}
	return s
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d messages in the corpus: %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(raw, envelope(raw))
			if err == nil {
				sound(t, m)
			}
			got, err := json.MarshalIndent(golden(m, err), "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(path, ".eml") + ".json"
			goldentest.Is(t, name, append(got, '\n'))
		})
	}
}

// sound holds a message to what callers rely on, whatever the bytes were.
func sound(t *testing.T, m *Message) {
	t.Helper()
	lines := []string{m.ID, m.Subject, string(m.Auto)}
	lines = append(append(append(append(lines, m.InReplyTo...), m.References...), m.Delivered...), m.Results...)
	for _, list := range [][]Address{m.From, m.ReplyTo, m.To, m.Cc} {
		for _, a := range list {
			lines = append(lines, a.Name, a.Email)
			if len(a.Email) > 254 || !strings.Contains(a.Email, "@") || utf8.RuneCountInString(a.Name) > maxName {
				t.Errorf("address %q", a)
			}
		}
		if len(list) > maxAddresses {
			t.Errorf("%d addresses", len(list))
		}
	}
	for _, f := range m.Files {
		lines = append(lines, f.Name, f.Type)
		if f.Name == "" || strings.ContainsAny(f.Name, "/\\") {
			t.Errorf("file name %q", f.Name)
		}
	}
	for _, s := range lines {
		if !utf8.ValidString(s) || text.Line(s) != s && !strings.Contains(s, "  ") {
			t.Errorf("not one line of text: %q", s)
		}
	}
	if !utf8.ValidString(m.Text) || strings.ContainsFunc(m.Text, text.IsControl) || strings.Contains(m.Text, "\r") {
		t.Error("the text is not clean")
	}
	if n := utf8.RuneCountInString(m.Text); n > maxText {
		t.Errorf("%d characters of text", n)
	}
	if utf8.RuneCountInString(m.Subject) > maxSubject || len(m.Files) > maxFiles || len(m.InReplyTo) > maxReferences ||
		len(m.References) > maxReferences || len(m.ID) > maxID || len(m.Delivered) > maxResults || len(m.Results) > maxResults {
		t.Error("a limit does not hold")
	}
	signed := m.Cipher == CipherPGPSigned || m.Cipher == CipherCMSSigned
	if whole := len(m.Signature) > 0 && len(m.Signed) > 0; whole != (len(m.Signature) > 0 || len(m.Signed) > 0) || signed && !whole && len(m.Sealed) == 0 || whole && !signed {
		t.Error("a signature without what it signs")
	}
	if !signed && (m.Cipher != CipherNone) != (len(m.Sealed) > 0) {
		t.Error("a cipher without what it sealed")
	}
}
