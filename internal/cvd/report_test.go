package cvd

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestReportJSON(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Report
	}{
		"answers": {
			`{"description":"d","exploited":true,"public":false,"ai_use":"a bit","third_party":null}`,
			Report{Description: "d", Exploited: "yes", Public: "no", AIUse: "a bit"},
		},
		"lines":         {`{"description":"d","urls":["https://example.org/a","b"]}`, Report{Description: "d", URLs: Lines{"https://example.org/a", "b"}}},
		"no lines":      {`{"description":"d","tools":null}`, Report{Description: "d"}},
		"credit word":   {`{"description":"d","reporter":{"credit":"anonymous"}}`, Report{Description: "d", Reporter: &Contact{Credit: Credit{Wanted: "anonymous"}}}},
		"credit object": {`{"description":"d","reporter":{"credit":{"wanted":"name","as":"Rea"}}}`, Report{Description: "d", Reporter: &Contact{Credit: Credit{Wanted: "name", As: "Rea"}}}},
		"credit yes":    {`{"description":"d","reporter":{"credit":{"wanted":true,"as":"Rea"}}}`, Report{Description: "d", Reporter: &Contact{Credit: Credit{Wanted: "name", As: "Rea"}}}},
		"credit no":     {`{"description":"d","reporter":{"credit":{"wanted":false}}}`, Report{Description: "d", Reporter: &Contact{Credit: Credit{Wanted: "none"}}}},
		"extra":         {`{"description":"d","extra":{"shoe_size":"43"}}`, Report{Description: "d", Extra: Extra{"shoe_size": json.RawMessage(`"43"`)}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got Report
			if err := json.Unmarshal([]byte(c.in), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReportJSONRefuses(t *testing.T) {
	for _, in := range []string{
		`{"public":7}`,
		`{"public":["yes"]}`,
		`{"reporter":{"credit":"SECRET"}}`,
		`{"reporter":{"credit":{"wanted":"SECRET"}}}`,
		`{"reporter":{"credit":{"wanted":"name","SECRET":"x"}}}`,
		`{"reporter":{"credit":7}}`,
	} {
		var r Report
		err := json.Unmarshal([]byte(in), &r)
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", in, err)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error repeats what was sent: %v", err)
		}
	}
}

func TestAnswerYes(t *testing.T) {
	for a, want := range map[Answer]bool{
		"": false, "no": false, " No ": false, "n": false, "false": false, "none": false, "unknown": false,
		"Nein": false, "Non.": false, "Je ne sais pas": false, "Unbekannt": false, "...": false, "Ja": true, "Oui": true,
		"yes": true, "Yes, on 3 March": true, "not sure, maybe": true,
	} {
		if a.Yes() != want {
			t.Errorf("%q: %v", a, a.Yes())
		}
	}
}

func TestHeadline(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for name, c := range map[string]struct {
		r    Report
		want string
	}{
		"title":       {Report{Title: " Login\n bypass ", Description: "d"}, "Login bypass"},
		"description": {Report{Title: " ", Description: "First words.\nMore."}, "First words. More."},
		"cut":         {Report{Description: long}, strings.TrimSpace(long[:75]) + "…"},
		"turned":      {Report{Description: "a\u202egnp.exe\u2066b"}, "agnp.exeb"},
		"one word":    {Report{Description: strings.Repeat("ü", 100)}, strings.Repeat("ü", 79) + "…"},
	} {
		if got := c.r.Headline(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	var none Faults
	if none.Err() != nil {
		t.Error("no fault is an error")
	}
	f := Faults{{Field: "a", Problem: "is empty", Remedy: "fill it"}, {Field: "b", Problem: "is long"}}
	if got := f.Err().Error(); got != "a: is empty (fill it); b: is long" {
		t.Errorf("%q", got)
	}
	if !errors.Is(f.Err(), ErrInvalid) || errors.Is(f.Err(), ErrNotFound) {
		t.Error("faults are ErrInvalid and nothing else")
	}
}

func TestActor(t *testing.T) {
	ann := Actor{Kind: ActorMember, ID: "ann", Name: "Ann", Roles: []Role{RoleMember}}
	bob := Actor{Kind: ActorMember, ID: "bob", Name: "Bob", Roles: []Role{RoleLead}}
	bot := Actor{Kind: ActorMachine, ID: "bot", Name: "Bot", Roles: []Role{RoleMember}}
	for _, c := range []struct {
		a     Actor
		ref   string
		human bool
	}{
		{ann, "member/ann", true},
		{bot, "machine/bot", false},
		{Actor{Kind: ActorReporter, ID: "never shown"}, "reporter", true},
		{Stranger, "stranger", false},
		{System, "system", false},
	} {
		if c.a.Ref() != c.ref || c.a.Human() != c.human {
			t.Errorf("%+v: %q, human %v", c.a, c.a.Ref(), c.a.Human())
		}
	}
	if !bob.Is(RoleLead) || ann.Is(RoleLead) {
		t.Error("roles are mixed up")
	}
}

// What was read once is written and read again to the same bytes.
func FuzzReport(f *testing.F) {
	for _, s := range []string{
		`{"description":"it breaks","title":"T","urls":"a\nb","tools":["x"],"public":true}`,
		`{"description":"d","reporter":{"name":"R","credit":{"wanted":true,"as":"R"}},"extra":{"a":"b"}}`,
		`{"description":"` + "\xff\u0000<script>" + `"}`, `null`, `[]`, `{"reporter":null}`, `{"urls":[null,"a"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Report
		if json.Unmarshal(b, &r) != nil {
			return
		}
		if h := r.Headline(); utf8.RuneCountInString(h) > 80 || strings.ContainsAny(h, "\n\r\t") {
			t.Errorf("headline %q", h)
		}
		once, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Report
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("%s does not read back: %v", once, err)
		}
		twice, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if string(once) != string(twice) {
			t.Errorf("%s\n%s", once, twice)
		}
	})
}
