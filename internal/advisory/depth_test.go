package advisory_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// nested is a document of so many levels, each with a name of a hundred bytes.
func nested(levels int) []byte {
	return []byte(strings.Repeat(`{"`+strings.Repeat("n", 100)+`":`, levels) + "{}" + strings.Repeat("}", levels))
}

// A document of very many levels costs no more than its own length to refuse.
func TestReadRefusesTheBottomless(t *testing.T) {
	doc := nested(9000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := advisory.Read(doc, &outer{}, now)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, cvd.ErrUnreadable) || !strings.Contains(err.Error(), "64 levels") {
		t.Errorf("%v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were read with %d bytes of memory", len(doc), used)
	}
	if _, err := advisory.Read(nested(63), &outer{}, now); err != nil {
		t.Errorf("63 levels: %v", err)
	}
	if _, err := advisory.Read([]byte(`{"name":"`+strings.Repeat(`[{\"`, 200)+`"}`), &outer{}, now); err != nil {
		t.Errorf("brackets in a text: %v", err)
	}
	for doc, want := range map[string]string{
		`{"free":{"a":[0,[],{"b":1,"c/d":{"e":1},"c/d":2}]}}`: "free.a.2.c~1d",
		`{"inner":[{"a":"x"},{"a":"y","a":"z"}]}`:             "inner.1.a",
		`{"free":{"a":"a","b":"a","k":["k","k"],"k":0}}`:      "free.k",
	} {
		r, err := advisory.Read([]byte(doc), &outer{}, now)
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Field != want {
			t.Errorf("%s: %v %v", doc, r, err)
		}
	}
}
