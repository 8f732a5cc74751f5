package web

import (
	"errors"
	"fmt"
	"testing"

	"fairlead/internal/cvd"
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
		{cvd.ErrNotFound, 404}, {cvd.ErrUnauthenticated, 401}, {cvd.ErrForbidden, 404}, {cvd.ErrInvalid, 422},
		{cvd.ErrUnreadable, 400}, {cvd.ErrTooLarge, 413}, {cvd.ErrNotReady, 409}, {cvd.ErrEmbargoed, 409},
		{cvd.ErrConflict, 409}, {cvd.ErrLimited, 429}, {cvd.ErrUnavailable, 503}, {errors.New("x"), 500},
		{cvd.Faults{{Field: "a"}}, 422},
	} {
		if got := Status(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

// A colour that could not be read on the page is not used; any other is moved
// until it can be, in both themes.
func TestAccentIsReadable(t *testing.T) {
	if newTheme("#ffee00").name != "" {
		t.Error("yellow words on white were let through")
	}
	if newTheme("red").name != "" {
		t.Error("a name was taken for a colour")
	}
	for _, accent := range []string{"#1d4f91", "#000000", "#0b6b3a", "#7a1fa2"} {
		if newTheme(accent).name == "" {
			t.Errorf("%s was refused", accent)
		}
	}
	if c := contrast(colour{}, lightGround); c < 20.9 || c > 21.1 {
		t.Errorf("black on white is %.2f", c)
	}
}
