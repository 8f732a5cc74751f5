package calendar

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

func TestTextForms(t *testing.T) {
	type doc struct {
		Within Amount  `json:"within"`
		None   Amount  `json:"none"`
		Left   Amount  `json:"left,omitzero"`
		Day    Date    `json:"day"`
		Hours  []Span  `json:"hours"`
		Feast  Holiday `json:"feast"`
	}
	const text = `{"within":"2 business days","none":"","day":"2026-12-24","hours":["09:00-12:00","13:00-24:00"],` +
		`"feast":{"Date":"2028-02-29","Name":"Leap day"}}`
	var d doc
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(d)
	if err != nil || string(back) != text {
		t.Errorf("got %s, %v", back, err)
	}
	for _, bad := range []string{
		`{"within":"soon"}`, `{"day":"2026-02-29"}`, `{"day":"24.12.2026"}`, `{"hours":["17:00-09:00"]}`, `{"hours":["9-17"]}`,
	} {
		if err := json.Unmarshal([]byte(bad), &d); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []Amount{{-1, Days}, {3, "fortnights"}, {3, ""}, {MaxAmount + 1, Hours}} {
		if out, err := bad.MarshalText(); err == nil {
			t.Errorf("%v marshals as %s", bad, out)
		}
	}
	if out, err := (Date{2026, 2, 30}).MarshalText(); err == nil {
		t.Errorf("30 February marshals as %s", out)
	}
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]Amount{
		"1 business day": {1, BusinessDays}, "2 Business  Days": {2, BusinessDays}, "4 business hours": {4, BusinessHours},
		"48 hours": {48, Hours}, "1 hour": {1, Hours}, "7 days": {7, Days}, "1 week": {7, Days}, "2 weeks": {14, Days},
		" 90 days\n": {90, Days}, "0 business days": {0, BusinessDays}, "100000 days": {100000, Days},
	} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "1", "days", "-1 days", "+1 days", "1.5 days", "1 month", "1 business week", "one day", "1 day ago", "100001 hours",
		"99999999999999999999 days", "15000 weeks", "1day", "१ days",
	} {
		if got, err := ParseAmount(text); !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), "business days") {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
	if !(Amount{0, Days}).IsZero() || (Amount{1, Days}).IsZero() || (Amount{1, Days}).Business() || !(Amount{1, BusinessHours}).Business() {
		t.Error("IsZero or Business")
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]Span{
		"09:00-17:00": {540, 1020}, "00:00-24:00": {0, 1440}, " 09:30 - 12:15 ": {570, 735}, "23:59-24:00": {1439, 1440},
	} {
		if got, err := ParseSpan(text); err != nil || got != want {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "-", "09:00", "9:00-17:00", "09:00-24:01", "09:60-17:00", "17:00-09:00", "22:00-06:00", "09:00-09:00", "09:00-17:00-18:00",
		"09.00-17.00", "0९:00-17:00",
	} {
		if got, err := ParseSpan(text); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"", "1 business day", "48 hours", "1 week", "99999999999999999999 days", "-3 days", "\x00 days", "٣ days"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAmount(text)
		if err != nil {
			return
		}
		if back, err := ParseAmount(a.String()); err != nil || back != a {
			t.Errorf("%q is %v, which reads back as %v, %v", text, a, back, err)
		}
		if a.N < 0 || a.N > MaxAmount {
			t.Errorf("%q is out of bounds: %v", text, a)
		}
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, seed := range []string{"", "09:00-17:00", "00:00-24:00", "22:00-06:00", "9-5", "09:00-17:00-", "::::::-::::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err != nil {
			return
		}
		if back, err := ParseSpan(s.String()); err != nil || back != s || !s.valid() {
			t.Errorf("%q is %v, which reads back as %v, %v", text, s, back, err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"", "2026-12-24", "2026-02-29", "0000-01-01", "26-1-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDate(text)
		if err != nil {
			return
		}
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Errorf("%q is %v, which reads back as %v, %v", text, d, back, err)
		}
	})
}
