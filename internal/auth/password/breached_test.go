package password

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// listOf writes a list of breached passwords, with the ends that such files have.
func listOf(t testing.TB, end string, counted bool, words ...string) Breached {
	t.Helper()
	var lines []string
	for i, w := range words {
		line := fmt.Sprintf("%X", sha1.Sum([]byte(w)))
		if counted {
			line += fmt.Sprintf(":%d", i*i*i*997+1)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return raw(t, strings.Join(lines, end))
}

func raw(t testing.TB, text string) Breached {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Breached(path)
}

// Whatever the size of the list and the ends of its lines, each word of it is found,
// and no other.
func TestBreachedHolds(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 64, 1501} {
		words := make([]string, n)
		for i := range words {
			words[i] = fmt.Sprintf("breached %d", i)
		}
		for name, b := range map[string]Breached{
			"as given away": listOf(t, "\r\n", true, words...),
			"line feeds":    listOf(t, "\n", true, words...),
			"no counts":     listOf(t, "\n", false, words...),
		} {
			if err := b.Check(); err != nil {
				t.Errorf("%s, %d: %v", name, n, err)
			}
			for _, w := range words {
				if held, err := b.Holds(w); !held || err != nil {
					t.Fatalf("%s, %d: %q is not found: %v", name, n, w, err)
				}
			}
			for i := range 200 {
				if held, err := b.Holds(fmt.Sprintf("fresh %d", i)); held || err != nil {
					t.Fatalf("%s, %d: %d is found: %v", name, n, i, err)
				}
			}
		}
	}
	small := raw(t, strings.ToLower(fmt.Sprintf("%x:3\n", sha1.Sum([]byte("x")))))
	if held, err := small.Holds("x"); !held || err != nil {
		t.Errorf("small letters: %t, %v", held, err)
	}
	if held, err := Breached("").Holds("x"); held || err != nil || Breached("").Check() != nil {
		t.Errorf("without a list: %t, %v", held, err)
	}
}

// A list that is not there, or is something else, is no list in which nothing stands.
func TestBreachedListIsLookedAt(t *testing.T) {
	var sorted []string
	for i := range 5000 {
		sorted = append(sorted, fmt.Sprintf("%X:%d", sha1.Sum(fmt.Append(nil, i)), i))
	}
	byCount := strings.Join(sorted, "\n")
	slices.Sort(sorted)
	swapped := slices.Clone(sorted[:50])
	swapped[20], swapped[21] = swapped[21], swapped[20]
	twice := slices.Insert(slices.Clone(sorted[:50]), 7, sorted[7])
	for name, c := range map[string]struct {
		b    Breached
		want string
	}{
		"missing":    {Breached(filepath.Join(t.TempDir(), "none")), "no such file"},
		"a folder":   {Breached(t.TempDir()), "no file"},
		"empty":      {raw(t, ""), "SHA-1"},
		"by count":   {raw(t, byCount), "sorted"},
		"two lines":  {raw(t, strings.Join(swapped, "\n")), "sorted"},
		"one twice":  {raw(t, strings.Join(twice, "\n")), "sorted"},
		"NTLM":       {raw(t, strings.Repeat("0123456789ABCDEF0123456789ABCDEF:1\n", 9)), "SHA-1"},
		"plain text": {raw(t, "password\nletmein\n"), "SHA-1"},
		"one line":   {raw(t, strings.Repeat("A", 1<<16)), "SHA-1"},
		"packed":     {raw(t, "7z\xbc\xaf\x27\x1c"+strings.Repeat("\x00\x01", 400)), "SHA-1"},
	} {
		if err := c.b.Check(); !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Breached(filepath.Join(t.TempDir(), "none")).Holds("x"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("a missing list holds nothing: %v", err)
	}
	if _, err := raw(t, "password\nletmein\n").Holds("x"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("plain text holds nothing: %v", err)
	}
}

// Whatever stands in the file, a look into it ends.
func FuzzBreached(f *testing.F) {
	f.Add("", "x")
	f.Add("\n\n\n", "x")
	f.Add(fmt.Sprintf("%X:1\r\n", sha1.Sum([]byte("x"))), "x")
	f.Add(strings.Repeat("A", 300), "x")
	f.Fuzz(func(t *testing.T, text, password string) {
		b := raw(t, text)
		if held, err := b.Holds(password); held && (err != nil || !strings.Contains(strings.ToUpper(text), fmt.Sprintf("%X", sha1.Sum([]byte(password))))) {
			t.Errorf("found where it is not: %v", err)
		}
		_ = b.Check()
	})
}
