package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

const whole = `{
 "program": "p", "product": "Widget", "version": "1.2", "title": "Overflow", "description": "one\r\ntwo",
 "steps": "1. run", "impact": "crash", "cwe": 79, "urls": "https://example.org/a\nhttps://example.org/b", "tools": ["afl 4", "gdb"],
 "ai_use": false, "found_at": "yesterday", "exploited": true, "public": "no", "sensitive_data_seen": null, "proposed_fix": "check",
 "third_party": "maybe libfoo", "reported_elsewhere": "no", "disclosure_plan": "in March", "own_id": "A-1",
 "reporter": {"name": "N", "email": "n@example.org", "affiliation": "E", "title": "Dr", "credit": {"wanted": true, "as": "N of E"}, "contact_shareable": true},
 "extra": {"Build flags": "-O2"}}`

func wholeReport() *cvd.Report {
	return &cvd.Report{
		Program: "p", Product: "Widget", Version: "1.2", Title: "Overflow", Description: "one\ntwo",
		Steps: "1. run", Impact: "crash", CWE: "CWE-79", URLs: cvd.Lines{"https://example.org/a", "https://example.org/b"},
		Tools: cvd.Lines{"afl 4", "gdb"}, AIUse: "no", FoundAt: "yesterday", Exploited: "yes", Public: "no", ProposedFix: "check",
		ThirdParty: "maybe libfoo", ReportedElsewhere: "no", DisclosurePlan: "in March", OwnID: "A-1",
		Reporter: &cvd.Contact{Name: "N", Email: "n@example.org", Affiliation: "E", Title: "Dr", Credit: cvd.Credit{Wanted: "name", As: "N of E"}, ContactShareable: "yes"},
		Extra:    cvd.Extra{"Build flags": json.RawMessage(`"-O2"`)},
	}
}

func TestFromJSONWhole(t *testing.T) {
	got, err := FromJSON([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wholeReport(), got); d != "" {
		t.Error(d)
	}
}

func TestFromFormWhole(t *testing.T) {
	got, err := FromForm(url.Values{
		"program": {"p"}, "product": {" Widget "}, "version": {"1.2"}, "title": {"Overflow"}, "description": {"one\r\ntwo"},
		"steps": {"1. run"}, "impact": {"crash"}, "cwe": {"cwe 79"}, "urls": {"https://example.org/a\r\n\r\nhttps://example.org/b"}, "tools": {"afl 4\ngdb"},
		"ai_use": {"no"}, "found_at": {"yesterday"}, "exploited": {"yes"}, "public": {"no"}, "sensitive_data_seen": {""}, "proposed_fix": {"check"},
		"third_party": {"maybe libfoo"}, "reported_elsewhere": {"no"}, "disclosure_plan": {"in March"}, "own_id": {"A-1"},
		"reporter.name": {"N"}, "reporter.email": {"n@example.org"}, "reporter.affiliation": {"E"}, "reporter.title": {"Dr"},
		"reporter.credit": {"name"}, "reporter.credit.as": {"N of E"}, "reporter.contact_shareable": {"yes"}, "extra.Build flags": {"-O2"}, "extra.x": {" "},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wholeReport(), got); d != "" {
		t.Error(d)
	}
}

// Every member of a report can be sent, and nothing else.
func TestTheTableKnowsEveryFieldOfAPolicy(t *testing.T) {
	for _, name := range policy.FieldNames {
		if name != "attachments" && Most(name) == 0 {
			t.Errorf("%s has no limit", name)
		}
	}
}

// Both doors take a field up to its last character and no further, and of a list its
// last item; a field of fixed choices takes nothing else (ASVS 5.0.0, V2.2.1).
func TestEveryFieldHasAnEndAtEveryDoor(t *testing.T) {
	doors := map[string]func(field, value string) error{
		"form": func(field, value string) error {
			_, err := FromForm(url.Values{"description": {"x"}, field: {value}})
			return err
		},
		"JSON": func(field, value string) error {
			whole := map[string]any{"description": "x"}
			at, parts := whole, strings.Split(field, ".")
			if field == "reporter.credit" || field == "reporter.credit.as" {
				parts = []string{"reporter", "credit", map[bool]string{true: "wanted", false: "as"}[field == "reporter.credit"]}
			}
			for _, part := range parts[:len(parts)-1] {
				inner := map[string]any{}
				at[part], at = inner, inner
			}
			at[parts[len(parts)-1]] = value
			body, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			_, err = FromJSON(body)
			return err
		},
	}
	chosen := []string{"cwe", "reporter.email", "reporter.credit", "reporter.reply_by", "reporter.language", "reporter.pgp_key"}
	for _, l := range limits {
		for door, send := range doors {
			if slices.Contains(chosen, l.name) {
				if got := fieldsOf(send(l.name, "no such thing")); len(got) != 1 || !strings.HasPrefix(got[0], l.name) {
					t.Errorf("%s: anything is taken as %s: %v", door, l.name, got)
				}
			} else if err := send(l.name, strings.Repeat("é", l.most)); err != nil {
				t.Errorf("%s: %s of %d characters: %v", door, l.name, l.most, err)
			}
			if got := fieldsOf(send(l.name, strings.Repeat("é", l.most+1))); len(got) != 1 || !strings.HasPrefix(got[0], l.name) {
				t.Errorf("%s: %s of more than %d characters: %v", door, l.name, l.most, got)
			}
			if l.items > 0 {
				if err := send(l.name, strings.Repeat("x\n", l.items)); err != nil {
					t.Errorf("%s: %d %s: %v", door, l.items, l.name, err)
				}
				if err := send(l.name, strings.Repeat("x\n", l.items+1)); err == nil {
					t.Errorf("%s: more than %d %s", door, l.items, l.name)
				}
			}
		}
	}
}

// known tells whether the error is of a kind that doors can answer.
func known(err error) bool {
	return errors.Is(err, cvd.ErrInvalid) || errors.Is(err, cvd.ErrUnreadable) || errors.Is(err, cvd.ErrTooLarge)
}

func fieldsOf(err error) []string {
	faults, _ := errors.AsType[cvd.Faults](err)
	var out []string
	for _, f := range faults {
		out = append(out, f.Field)
		if f.Problem == "" || f.Remedy == "" {
			out = append(out, "without words")
		}
	}
	slices.Sort(out)
	return out
}

const canary = "cAnArY"

func TestFromJSONRefuses(t *testing.T) {
	long := strings.Repeat("x", 301)
	for _, c := range []struct {
		name, body string
		kind       error
		fields     []string
	}{
		{"nothing", "", cvd.ErrUnreadable, nil},
		{"cut short", `{"description": "` + canary, cvd.ErrUnreadable, nil},
		{"two values", `{"description":"x"} {}`, cvd.ErrUnreadable, nil},
		{"a list", `["` + canary + `"]`, cvd.ErrInvalid, []string{"body"}},
		{"deep", strings.Repeat("[", 10000) + strings.Repeat("]", 10000), cvd.ErrUnreadable, nil},
		{"deep objects", strings.Repeat(`{"extra":`, 10000), cvd.ErrUnreadable, nil},
		{"large", `{"description": "` + strings.Repeat("x", MaxBody) + `"}`, cvd.ErrTooLarge, nil},
		{"empty object", `{}`, cvd.ErrInvalid, []string{"description"}},
		{"all at once", `{"title":"` + long + `","reporter":{"email":"` + canary + `"},"cwe":"` + canary + `"}`, cvd.ErrInvalid, []string{"cwe", "description", "reporter.email", "title"}},
		{"unknown member", `{"description":"x","nope":1,"reporter":{"admin":true}}`, cvd.ErrInvalid, []string{"nope", "reporter.admin"}},
		{"our own flag", `{"description":"x","unknown_product":true}`, cvd.ErrInvalid, []string{"unknown_product"}},
		{"dotted member", `{"description":"x","reporter.name":"y"}`, cvd.ErrInvalid, []string{"reporter.name"}},
		{"member of another case", `{"Description":"x"}`, cvd.ErrInvalid, []string{"Description", "description"}},
		{"hostile member", `{"description":"x","<b>` + canary + `":1}`, cvd.ErrInvalid, []string{"(a member whose name cannot be shown)"}},
		{"twice", `{"description":"x","description":"` + canary + `"}`, cvd.ErrInvalid, []string{"description"}},
		{"twice inside", `{"description":"x","extra":{"a":"1","a":"2"}}`, cvd.ErrInvalid, []string{"extra.a"}},
		{"NUL", `{"description":"a\u0000b"}`, cvd.ErrInvalid, []string{"description"}},
		{"escape", `{"description":"a\u001b[2J"}`, cvd.ErrInvalid, []string{"description"}},
		{"two lines", `{"description":"x","title":"a\nb"}`, cvd.ErrInvalid, []string{"title"}},
		{"turned text", "{\"description\":\"x\",\"title\":\"a\u202egnp.exe\"}", cvd.ErrInvalid, []string{"title"}},
		{"not UTF-8", "{\"description\":\"x\",\"title\":\"\xff\xfe\"}", cvd.ErrInvalid, []string{"title"}},
		{"half a pair", `{"description":"a\ud800b"}`, cvd.ErrInvalid, []string{"description"}},
		{"nothing to see", `{"description":" \u200b\u2060 "}`, cvd.ErrInvalid, []string{"description"}},
		{"a list keeps its numbers", `{"description":"x","tools":[1,"` + strings.Repeat("x", 501) + `"]}`, cvd.ErrInvalid, []string{"tools[0]", "tools[1]"}},
		{"not UTF-8 in a list", "{\"description\":\"x\",\"tools\":[\"a\",\"\xff\"]}", cvd.ErrInvalid, []string{"tools[1]"}},
		{"wrong types", `{"description":["x"],"title":1,"urls":[1],"extra":[],"reporter":"me","exploited":{}}`, cvd.ErrInvalid, []string{"description", "exploited", "extra", "reporter", "title", "urls[0]"}},
		{"two addresses", `{"description":"x","reporter":{"email":"a@example.org, b@example.org"}}`, cvd.ErrInvalid, []string{"reporter.email"}},
		{"header in address", `{"description":"x","reporter":{"email":"a@example.org\r\nBcc: b@example.org"}}`, cvd.ErrInvalid, []string{"reporter.email"}},
		{"address literal", `{"description":"x","reporter":{"email":"a@[127.0.0.1]"}}`, cvd.ErrInvalid, []string{"reporter.email"}},
		{"named address", `{"description":"x","reporter":{"email":"A <a@example.org>"}}`, cvd.ErrInvalid, []string{"reporter.email"}},
		{"no key", `{"description":"x","reporter":{"pgp_key":"` + canary + `"}}`, cvd.ErrInvalid, []string{"reporter.pgp_key"}},
		{"credit", `{"description":"x","reporter":{"credit":"` + canary + `"}}`, cvd.ErrInvalid, []string{"reporter.credit"}},
		{"credit member", `{"description":"x","reporter":{"credit":{"wanted":"` + canary + `","z":1}}}`, cvd.ErrInvalid, []string{"reporter.credit.wanted", "reporter.credit.z"}},
		{"long list", `{"description":"x","tools":[` + strings.Repeat(`"a",`, 50) + `"a"]}`, cvd.ErrInvalid, []string{"tools"}},
		{"control characters deep in extra", `{"description":"x","extra":{"a":[{"b":"\u0000"}],"c\u0001":1,"d":{"\u0002":1}}}`, cvd.ErrInvalid, []string{"extra", "extra.a[0].b", "extra.d"}},
		{"twice deep in extra", `{"description":"x","extra":{"a":{"b":1,"b":2}}}`, cvd.ErrInvalid, []string{"extra.a.b"}},
		{"long value of extra", `{"description":"x","extra":{"a":[` + strings.Repeat("1,", 2000) + `1]}}`, cvd.ErrInvalid, []string{"extra.a"}},
		{"long extra", `{"description":"x","extra":{"` + strings.Repeat("k", 65) + `":"v"}}`, cvd.ErrInvalid, []string{"extra"}},
		{"a flood of values", `{"description":"x","urls":[` + strings.Repeat(`1,`, 500_000) + `1]}`, cvd.ErrInvalid, []string{"body"}},
		{"no CWE", `{"description":"x","cwe":"CWE-0"}`, cvd.ErrInvalid, []string{"cwe"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := FromJSON([]byte(c.body))
			if r == nil || !errors.Is(err, c.kind) {
				t.Fatalf("%v", err)
			}
			if d := cmp.Diff(c.fields, fieldsOf(err)); d != "" {
				t.Error(d)
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "exe") {
				t.Errorf("repeats what was sent: %v", err)
			}
		})
	}
}

// However much is wrong, the answer stays short and says that it is cut.
func TestFaultsAreBounded(t *testing.T) {
	_, fromList := FromJSON([]byte(`{"description":"x","urls":[` + strings.Repeat(`1,`, 9000) + `1]}`))
	var names strings.Builder
	fields := url.Values{"description": {"x"}}
	for i := range 4000 {
		fmt.Fprintf(&names, `"m%d":1,`, i)
		fields.Set("m"+strconv.Itoa(i), "x")
	}
	_, fromNames := FromJSON([]byte(`{` + names.String() + `"description":"x"}`))
	_, fromTwice := FromJSON([]byte(`{"description":"x"` + strings.Repeat(`,"title":"y"`, 4000) + `}`))
	_, fromForm := FromForm(fields)
	for name, err := range map[string]error{"list": fromList, "names": fromNames, "twice": fromTwice, "form": fromForm} {
		faults, ok := errors.AsType[cvd.Faults](err)
		if !ok || len(faults) != MaxFaults {
			t.Errorf("%s: %d faults, want %d", name, len(faults), MaxFaults)
			continue
		}
		if last := faults[len(faults)-1]; !strings.Contains(last.Problem, "more faults") {
			t.Errorf("%s: the last fault reads %+v", name, last)
		}
	}
}

func TestFromFormRefuses(t *testing.T) {
	many := url.Values{"description": {"x"}}
	for i := range maxExtra + 1 {
		many.Set("extra."+string(rune('A'+i)), "v")
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		fields []string
	}{
		{"nothing", url.Values{}, []string{"description"}},
		{"blank", url.Values{"description": {" \r\n"}}, []string{"description"}},
		{"not UTF-8", url.Values{"description": {"\xc3\x28"}}, []string{"description"}},
		{"unknown", url.Values{"description": {"x"}, "role": {"lead"}}, []string{"role"}},
		{"twice", url.Values{"description": {"x", "y"}}, []string{"description"}},
		{"extra", many, []string{"extra"}},
		{"long", url.Values{"description": {strings.Repeat("é", 100_001)}}, []string{"description"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromForm(c.form)
			if d := cmp.Diff(c.fields, fieldsOf(err)); d != "" {
				t.Error(d)
			}
		})
	}
	if _, err := FromForm(url.Values{"description": {strings.Repeat("é", 100_000)}}); err != nil {
		t.Errorf("characters are counted as bytes: %v", err)
	}
}

func TestCWE(t *testing.T) {
	for in, want := range map[string]string{
		"79": "CWE-79", "cwe-79": "CWE-79", "CWE 079": "CWE-79", "CWE_79": "CWE-79", "CWE-79: Cross-site Scripting": "CWE-79",
		"XSS": "", "CWE-": "", "123456": "", "79 or 80 perhaps": "CWE-79", "0": "",
	} {
		if got, ok := cweID(in); (want != "") != ok || ok && got != want {
			t.Errorf("%q reads %q", in, got)
		}
	}
}

func TestMissing(t *testing.T) {
	form := []policy.Field{
		{Name: "description", Required: true},
		{Name: "reporter.email", Required: true},
		{Name: "version"},
		{Name: "extra.room", Required: true},
		{Name: "title", Required: true},
	}
	got := fieldsOf(Missing(&cvd.Report{Title: "t"}, form))
	if d := cmp.Diff([]string{"extra.room", "reporter.email"}, got); d != "" {
		t.Error(d)
	}
}

// sane is what every report that was let in must be, whatever bytes it came
// from.
func sane(t *testing.T, r *cvd.Report) {
	t.Helper()
	if strings.TrimSpace(r.Description) == "" {
		t.Error("no description")
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b) || strings.Contains(string(b), `\u0000`) || strings.Contains(r.Title, "\n") || r.UnknownProduct {
		t.Errorf("let in: %q", b)
	}
	if len(r.Extra) > maxExtra || len(r.URLs) > 50 || len(r.Tools) > 50 {
		t.Error("too many entries")
	}
}

func FuzzFromJSON(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"description":"x","extra":{"a":"1"}}`))
	f.Add([]byte(`{"description":"\ud800","urls":null}`))
	f.Add([]byte("{\"description\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := FromJSON(b)
		if err != nil {
			if !known(err) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if !json.Valid(b) {
			t.Errorf("no JSON, but let in: %q", b)
		}
		sane(t, r)
	})
}

func FuzzFromForm(f *testing.F) {
	f.Add("description=x&reporter.email=a@example.org")
	f.Add("description=x&extra.a=b&urls=a%0ab&cwe=79")
	f.Add("description=%ff")
	f.Fuzz(func(t *testing.T, q string) {
		form, err := url.ParseQuery(q)
		if err != nil {
			return
		}
		if r, err := FromForm(form); err == nil {
			sane(t, r)
		} else if !known(err) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}

// Whatever JSON stands in extra is kept as it was sent: digits, order, and all.
func TestExtraIsKeptAsItIs(t *testing.T) {
	want := cvd.Extra{}
	var members []string
	for name, raw := range map[string]string{
		"text": `"a\nb \ud83d\ude00"`, "blank": `""`, "number": `1.50e400`, "long": `12345678901234567890.10`, "yes": `true`, "nothing": `null`,
		"list": `[1, [true ,null], {"z":1,"a":"<b>"}]`, "object": `{ "z" : {"y":[]} , "a" : "" }`, "empty": `{}`,
	} {
		want[name] = json.RawMessage(raw)
		members = append(members, ` "`+name+`" :  `+raw+" ")
	}
	r, err := FromJSON([]byte(`{"description":"x","extra":{` + strings.Join(members, ",") + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, r.Extra); d != "" {
		t.Error(d)
	}
	var stored cvd.Report // as it was kept while extra held texts only
	if err := json.Unmarshal([]byte(`{"description":"x","extra":{"a":"b"}}`), &stored); err != nil || string(stored.Extra["a"]) != `"b"` {
		t.Errorf("an older report reads %s, %v", stored.Extra["a"], err)
	}
}

// What was written as the replacement character, or as a whole pair, is kept.
func TestReplacementCharactersAndPairsAreText(t *testing.T) {
	for _, text := range []string{`a�b`, `a\ufffdb`, `\ud83d\ude00`, `😀 \uFFFD`} {
		if _, err := FromJSON([]byte(`{"description":"` + text + `"}`)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What only a reader of the words can find is asked for too; what is optional is not.
func TestLacking(t *testing.T) {
	evidence := []policy.Clause{
		{Title: "the version", Field: "version"},
		{Title: "the steps", Field: "steps"},
		{Title: "who could do it"},
		{Title: "the tools", Field: "tools", Optional: true},
	}
	if got := Lacking(&cvd.Report{Steps: "1. open it"}, evidence); !slices.Equal(got, []string{"the version", "who could do it"}) {
		t.Errorf("%q", got)
	}
}
