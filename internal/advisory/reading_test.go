package advisory_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

type outer struct {
	Name  string          `json:"name"`
	Inner []inner         `json:"inner"`
	One   *inner          `json:"one"`
	Free  json.RawMessage `json:"free"`
	At    time.Time       `json:"at"`
}

type inner struct {
	A string `json:"a"`
}

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// What a format has no member for is kept, wherever it stands.
func TestReadKeepsWhatIsUnknown(t *testing.T) {
	doc := `{"name":"n","at":"2026-01-01T00:00:00Z","free":{"any":1},"one":{"a":"x","b/c":[1, 2]},"inner":[{"a":"y"},{"~":{"k":true}}],"nothing":null,"empty":[],"more":"m"}`
	var v outer
	r, err := advisory.Read([]byte(doc), &v, now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for p, raw := range r.Kept {
		got[p] = string(raw)
	}
	if diff := cmp.Diff(map[string]string{"/more": `"m"`, "/one/b~1c": `[1, 2]`, "/inner/1/~0": `{"k":true}`}, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Losses()) != 3 || r.Losses()[0].Pointer != "/inner/1/~0" {
		t.Errorf("%+v", r.Losses())
	}
}

func TestReadRefuses(t *testing.T) {
	for _, doc := range []string{"", "nothing", `"text"`, "[]", `{"name":"` + "\xff" + `"}`, `{"name":"a"} {}`} {
		if _, err := advisory.Read([]byte(doc), &outer{}, now); !errors.Is(err, cvd.ErrUnreadable) {
			t.Errorf("%q: %v", doc, err)
		}
	}
	r, err := advisory.Read([]byte(`{"inner":[{"a":7}]}`), &outer{}, now)
	if err != nil || len(r.Faults) != 1 || strings.Contains(r.Faults.Error(), "7") {
		t.Errorf("%v, %v", err, r)
	}
}

func TestReadTime(t *testing.T) {
	r, err := advisory.Read([]byte(`{}`), &outer{}, now)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2026-11-25T12:00:00Z": "2026-11-25T12:00:00Z", "2026-11-25T12:00:00.5+02:00": "2026-11-25T10:00:00.5Z",
		"2026-11-25T12:00:00": "2026-11-25T12:00:00Z", "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z", "": "0001-01-01T00:00:00Z",
	} {
		if got := r.Time("at", in).Format(time.RFC3339Nano); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
	if r.Time("at", "yesterday"); len(r.Faults) != 1 {
		t.Error("yesterday is an instant")
	}
}

// Instants that a source does not give never come after those it gives.
func TestReadDates(t *testing.T) {
	early, late := now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)
	for _, tt := range []struct{ published, modified, withdrawn, wantPublished, wantModified time.Time }{
		{early, late, time.Time{}, early, late},
		{time.Time{}, time.Time{}, time.Time{}, now, now},
		{time.Time{}, early, time.Time{}, early, early},
		{late, time.Time{}, time.Time{}, late, late},
		{time.Time{}, time.Time{}, early, early, early},
		{late, early, time.Time{}, late, late},
	} {
		r, err := advisory.Read([]byte(`{}`), &outer{}, now)
		if err != nil {
			t.Fatal(err)
		}
		a := &cvd.Advisory{Published: tt.published, Modified: tt.modified, Withdrawn: tt.withdrawn}
		r.Dates(a)
		if !a.Published.Equal(tt.wantPublished) || !a.Modified.Equal(tt.wantModified) {
			t.Errorf("%+v: published %s, modified %s", tt, a.Published, a.Modified)
		}
		missing := 0
		if tt.modified.Before(tt.published) && !tt.modified.IsZero() {
			missing++
		}
		for _, at := range []time.Time{tt.published, tt.modified} {
			if at.IsZero() {
				missing++
			}
		}
		if len(r.Losses()) != missing {
			t.Errorf("%+v: %v", tt, r.Losses())
		}
	}
}

func TestReadID(t *testing.T) {
	for id, ok := range map[string]bool{
		"GO-2021-0001": true, "SUSE-FU-2022:0444-1": true, "x_nls-1": true,
		"": false, "../../etc": false, "a..b": false, "a b": false, "a/b": false, ".hidden": false, strings.Repeat("a", 129): false,
	} {
		r, err := advisory.Read([]byte(`{}`), &outer{}, now)
		if err != nil {
			t.Fatal(err)
		}
		if r.ID("id", id); (len(r.Faults) == 0) != ok {
			t.Errorf("%q: %v", id, r.Faults)
		}
	}
}

// What nobody sees is left out and listed, what has no bounds or stands twice is
// refused, and an instant of another millennium is none.
func TestReadKeepsOutWhatMisleads(t *testing.T) {
	type doc struct {
		Title string   `json:"title"`
		Names []string `json:"names"`
		Deep  struct {
			A string `json:"a"`
		} `json:"deep"`
	}
	var d doc
	r, err := advisory.Read([]byte(`{"title": "a\u001b[31m\u0000b \u202etxet\n\tc", "names": ["x", "\u2066y"], "deep": {"a": "b"}}`), &d, time.Time{})
	if err != nil || d.Title != "a[31mb txet\n\tc" || d.Names[1] != "y" || len(r.Lost) != 2 || r.Lost[0].Pointer != "/title" || r.Lost[1].Pointer != "/names/1" {
		t.Errorf("%q %v %v", d, r.Lost, err)
	}
	r, err = advisory.Read([]byte(`{"title": "`+strings.Repeat("x", advisory.MaxText+1)+`"}`), &doc{}, time.Time{})
	if err != nil || len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Problem, "256 KiB") {
		t.Errorf("a long text: %v %v", r.Faults, err)
	}
	for in, field := range map[string]string{
		`{"title": "a", "title": "b"}`:            "title",
		`{"names": [], "deep": {"a": "", "a":1}}`: "deep.a",
		`{"x": [{"k": 1}, {"k": 1, "k": 2}]}`:     "x.1.k",
		`{"title": "title", "names": ["title"]}`:  "",
		`{"x": {"k": 1}, "y": {"k": "k"}}`:        "",
		`{"": 1, "x": 2}`:                         "",
	} {
		r, err := advisory.Read([]byte(in), &doc{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range r.Faults {
			if f.Problem == "stands there twice" {
				got = f.Field
			}
		}
		if got != field {
			t.Errorf("%s: %v", in, r.Faults)
		}
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	r, _ = advisory.Read([]byte(`{}`), &doc{}, now)
	a := &cvd.Advisory{Published: now, Modified: now.AddDate(973, 0, 0)}
	if r.Dates(a); !a.Modified.Equal(now) || len(r.Lost) != 1 {
		t.Errorf("%v %v", a.Modified, r.Lost)
	}
}
