package mailbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mailbox"
)

func read(t *testing.T, r io.Reader) (out []mailbox.Entry) {
	t.Helper()
	err := mailbox.Mbox("old.mbox", r, func(e mailbox.Entry) error { out = append(out, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func raws(entries []mailbox.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, string(e.Raw))
	}
	return out
}

const (
	one   = "Subject: one\n\nFirst.\n"
	two   = "Subject: two\n\nFrom here on\n\nFrom here on it is text.\nEnd.\n"
	three = "Subject: three\n\n>From a friend\nFrom quoted\n"
)

func TestMbox(t *testing.T) {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"nothing":              {"", nil},
		"one":                  {"From ada@example.org Sat Jan  3 01:05:34 1996\n" + one + "\n", []string{one}},
		"no empty line at end": {"From ada@example.org Sat Jan  3 01:05:34 1996\n" + one, []string{one}},
		"several": {
			"From a@b Sat Jan  3 01:05:34 1996\n" + one + "\nFrom - Mon Jan 01 00:00:00 2024\n" + two +
				"\nFrom MAILER-DAEMON Fri Jul  8 12:08:34 2011 +0200\nSubject: three\n\n>>From a friend\n>From quoted\n\n",
			[]string{one, two, three},
		},
		"CRLF":             {crlf("From a@b Sat Jan  3 01:05:34 1996\n" + one + "\nFrom a@b Sat Jan  3 01:05:34 1996\n" + two + "\n"), []string{crlf(one), crlf(two)}},
		"bare From lines":  {"From \n" + one + "\nFrom -\n" + one + "\n", []string{one, one}},
		"a single message": {one, []string{one}},
		"no empty line between, as some write": {
			"From a@b Sat Jan  3 01:05:34 1996\nSubject: x\n\ntext\nFrom a@b Sat Jan  3 01:05:34 1996\n",
			[]string{"Subject: x\n\ntext\nFrom a@b Sat Jan  3 01:05:34 1996\n"}, // quoted it should have been, so it is text
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.file), iotest.OneByteReader(strings.NewReader(c.file))} {
				got := read(t, r)
				if !slices.Equal(raws(got), c.want) {
					t.Errorf("got %q\nwant %q", raws(got), c.want)
				}
				for _, e := range got {
					if e.Err != nil || e.File != "old.mbox" || e.At > int64(len(c.file)) || !strings.HasPrefix(c.file[e.At:], "Subject: ") {
						t.Errorf("%+v", e)
					}
				}
			}
		})
	}
}

func TestWhatAnMboxCannotGive(t *testing.T) {
	from := "From a@b Sat Jan  3 01:05:34 1996\n"
	large := "Subject: large\n\n" + strings.Repeat(strings.Repeat("x", 1<<20)+"\n", 37)
	got := read(t, strings.NewReader(from+one+"\n"+from+"\n"+from+large+"\n"+from+two+"\n"))
	if len(got) != 4 || string(got[0].Raw) != one || string(got[3].Raw) != two {
		t.Fatalf("%d entries", len(got))
	}
	if !errors.Is(got[1].Err, cvd.ErrUnreadable) || !errors.Is(got[2].Err, cvd.ErrTooLarge) || got[2].Raw != nil {
		t.Errorf("%v, %v", got[1].Err, got[2].Err)
	}
	if want := int64(len(from + one + "\n" + from + "\n" + from)); got[2].At != want {
		t.Errorf("at %d, want %d", got[2].At, want)
	}
	got = read(t, bytes.NewReader([]byte("\x1f\x8b\x08binary\nFrom here\n")))
	if len(got) != 1 || !errors.Is(got[0].Err, cvd.ErrUnreadable) {
		t.Errorf("%+v", got)
	}
	got = read(t, io.MultiReader(strings.NewReader(from+one), iotest.ErrReader(errors.New("input/output error"))))
	if len(got) != 2 || string(got[0].Raw) != one || !errors.Is(got[1].Err, cvd.ErrUnavailable) {
		t.Errorf("%+v", got)
	}
}

func TestMaildir(t *testing.T) {
	dir := fstest.MapFS{
		"cur/1700000002.b.host:2,S": {Data: []byte(two)},
		"new/1700000001.a.host":     {Data: []byte(one)},
		"cur/1700000003.c.host:2,":  {Data: []byte(" \n")},
		"tmp/1700000004.d.host":     {Data: []byte("half")},
		"cur/.hidden":               {Data: []byte("x")},
		"cur/1700000005.e/inner":    {Data: []byte("a folder where a message should be")},
		".Sent/cur/1.x":             {Data: []byte(three)},
	}
	var got []mailbox.Entry
	if err := mailbox.Maildir("m", dir, func(e mailbox.Entry) error { got = append(got, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(raws(got), []string{one, two, "", ""}) || got[0].File != "m/new/1700000001.a.host" {
		t.Fatalf("%+v", got)
	}
	for _, e := range got[2:] {
		if !errors.Is(e.Err, cvd.ErrUnreadable) {
			t.Errorf("%s: %v", e.File, e.Err)
		}
	}
	if err := mailbox.Maildir("m", fstest.MapFS{"x": {}}, nil); !errors.Is(err, cvd.ErrUnreadable) {
		t.Error(err)
	}
}

// A pipe in the place of a message would be waited for without end.
func TestMaildirOnDisk(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 30 {
		if err := os.WriteFile(filepath.Join(dir, "cur", fmt.Sprintf("%03d.x:2,S", n)), []byte(one), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "cur", "999.endless")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "cur", "999.pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, bad := 0, 0
	err := mailbox.Maildir("m", os.DirFS(dir), func(e mailbox.Entry) error {
		n++
		if e.Err != nil {
			bad++
		}
		return nil
	})
	if err != nil || n != 32 || bad != 2 {
		t.Errorf("%d messages, %d of them bad: %v", n, bad, err)
	}
}

// Whatever stands in a file, every octet of it but From lines and empty lines is in
// some message, or an entry says why not.
func FuzzMbox(f *testing.F) {
	f.Add([]byte("From a@b Sat Jan  3 01:05:34 1996\n" + one + "\nFrom -\n" + two))
	f.Add([]byte(one))
	f.Add([]byte("\n\nFrom \n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		sum, bad := 0, 0
		last := int64(-1)
		err := mailbox.Mbox("x", bytes.NewReader(b), func(e mailbox.Entry) error {
			if e.At < last || e.At > int64(len(b)) || (e.Err == nil) == (len(e.Raw) == 0) {
				t.Fatalf("%d after %d of %d: %v", e.At, last, len(b), e.Err)
			}
			last = e.At
			if e.Err != nil {
				bad++
			}
			sum += len(e.Raw)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if sum > len(b) || (sum == 0 && bad == 0 && len(bytes.TrimSpace(b)) > 0) {
			t.Fatalf("%d octets of %d, %d bad", sum, len(b), bad)
		}
	})
}
