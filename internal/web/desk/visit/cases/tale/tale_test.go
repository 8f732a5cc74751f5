package tale_test

import (
	"slices"
	"testing"

	"fairlead/internal/web/desk/visit/cases/tale"
)

// Of a long history the middle is folded, and nothing of it is lost; a short one, and one
// that is read whole, is not.
func TestTheMiddleIsFolded(t *testing.T) {
	for _, c := range []struct {
		entries, folded int
		as              tale.Reading
	}{{0, 0, tale.Reading{}}, {30, 0, tale.Reading{}}, {31, 9, tale.Reading{}}, {203, 181, tale.Reading{}}, {203, 0, tale.Reading{Whole: true}}} {
		all := make([]int, c.entries)
		for i := range all {
			all[i] = i
		}
		began, middle, latest := tale.Parts(all, c.as)
		if len(middle) != c.folded || !slices.Equal(slices.Concat(began, middle, latest), all) {
			t.Errorf("of %d entries %d are folded, want %d", c.entries, len(middle), c.folded)
		}
		if len(middle) > 0 && (len(began) == 0 || len(latest) == 0) {
			t.Error("nothing stands before the fold, or nothing behind it")
		}
	}
}
