package web

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/accent"
)

func TestPlainShowsOnlyWordsForReaders(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("%w: the case is closed", cvd.ErrNotReady), "the case is closed"},
		{fmt.Errorf("case 7: %w: your role may not close", cvd.ErrForbidden), ""},
		{fmt.Errorf("%w: dial tcp 10.0.0.1", cvd.ErrUnavailable), ""},
		{fmt.Errorf("%w: no such case", cvd.ErrNotFound), ""},
		{errors.New("sql: secret"), ""},
		{cvd.ErrConflict, ""},
		{cvd.Faults{{Field: "text"}}, ""},
	} {
		if got := Plain(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

func TestEveryKindHasItsStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{cvd.ErrNotFound, 404},
		{cvd.ErrUnauthenticated, 401},
		{cvd.ErrForbidden, 404},
		{cvd.ErrInvalid, 422},
		{cvd.ErrUnreadable, 400},
		{cvd.ErrTooLarge, 413},
		{cvd.ErrNotReady, 409},
		{cvd.ErrEmbargoed, 409},
		{cvd.ErrConflict, 409},
		{cvd.ErrLimited, 429},
		{cvd.ErrUnavailable, 503},
		{errors.New("x"), 500},
		{cvd.Faults{{Field: "a"}}, 422},
	} {
		if got := Status(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

// The organisation's colour has a style sheet; what is none is not used.
func TestAccent(t *testing.T) {
	if newTheme("red").name != "" {
		t.Error("a name was taken for a colour")
	}
	for _, colour := range []string{"#1d4f91", "#000000", "#ffee00", "#0b6b3a", "#7a1fa2"} {
		if newTheme(colour).name == "" {
			t.Errorf("%s was refused", colour)
		}
	}
}

// Every pair of colours that words and grounds make in the style sheet is
// readable, in both themes (WCAG 2.2, 1.4.3 and 1.4.11).
func TestColoursAreReadable(t *testing.T) {
	b, err := staticFiles.ReadFile("static/site.css")
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]map[string]accent.Colour{"old": {}, "light": {}, "dark": {}}
	keep := func(set, name, hex string) {
		c, ok := accent.Parse(hex)
		if !ok {
			t.Fatalf("%s is no colour", hex)
		}
		sets[set][name] = c
	}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(string(b), -1) {
		if sets["old"][m[1]] == (accent.Colour{}) { // the first; print has its own
			keep("old", m[1], m[2])
		}
	}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`).FindAllStringSubmatch(string(b), -1) {
		keep("light", m[1], m[2])
		keep("dark", m[1], m[3])
	}
	if len(sets["dark"]) < 20 || !maps.Equal(sets["old"], sets["light"]) {
		t.Errorf("browsers without light-dark see other colours: %v, %v", sets["old"], sets["light"])
	}
	for name, set := range sets {
		pairs := [][2]string{{"on-accent", "accent"}, {"on-accent", "accent-strong"}}
		for _, ground := range []string{"ground", "sunk", "raised"} {
			for _, ink := range []string{"ink", "soft", "accent", "accent-strong", "alarm", "warn"} {
				pairs = append(pairs, [2]string{ink, ground})
			}
		}
		for _, kind := range []string{"good", "info", "warn", "alarm", "quiet"} {
			pairs = append(pairs, [2]string{kind, kind + "-bg"}, [2]string{"ink", kind + "-bg"}, [2]string{"accent", kind + "-bg"})
		}
		for _, p := range pairs {
			a, okA := set[p[0]]
			b, okB := set[p[1]]
			if !okA || !okB {
				t.Fatalf("%s: no %v", name, p)
			}
			if c := accent.Contrast(a, b); c < accent.Readable {
				t.Errorf("%s: %s on %s is %.2f", name, p[0], p[1], c)
			}
		}
		if c := accent.Contrast(set["line-strong"], set["ground"]); c < 3 {
			t.Errorf("%s: the edge of a field is %.2f", name, c)
		}
	}
}
