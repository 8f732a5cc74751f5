package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/web/webtest"
)

const canary = "quetzal"

// problemOf checks that a refusal is a problem detail that repeats nothing.
func problemOf(t *testing.T, a answer) object {
	t.Helper()
	if ct := a.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q: %s", ct, a.Body)
	}
	if cc := a.Header().Get("Cache-Control"); cc != "no-store" {
		t.Errorf("Cache-Control %q", cc)
	}
	o := a.object(t)
	if typ, _ := o["type"].(string); !strings.HasPrefix(typ, "urn:fairlead:problem:") || o["status"] != float64(a.Code) || o["title"] == "" {
		t.Errorf("not a problem: %s", a.Body)
	}
	if strings.Contains(strings.ToLower(a.Body.String()), canary) {
		t.Errorf("the answer repeats what was sent: %s", a.Body)
	}
	if strings.Contains(a.Body.String(), "⟦") {
		t.Errorf("a text is missing: %s", a.Body)
	}
	return o
}

func fieldsOf(o object) []string {
	var out []string
	list, _ := o["errors"].([]any)
	for _, e := range list {
		out = append(out, e.(object)["field"].(string))
	}
	slices.Sort(out)
	return out
}

func TestHostileReports(t *testing.T) {
	h := open(t, true)
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for _, c := range []struct {
		name, body string
		header     []string
		status     int
		fields     []string
	}{
		{"empty", "", nil, 400, []string{"body"}},
		{"truncated", `{"description":"` + canary, nil, 400, []string{"body"}},
		{"two values", `{"description":"x"}{"description":"x"}`, nil, 400, []string{"body"}},
		{"not an object", `["` + canary + `"]`, nil, 422, []string{"body"}},
		{"oversized", `{"description":"` + strings.Repeat(canary, 200_000) + `"}`, nil, 413, nil},
		{"text too long", `{"description":"` + strings.Repeat("x", 100_001) + `"}`, nil, 422, []string{"description"}},
		{"deep", `{"description":` + deep + `}`, nil, 400, []string{"body"}},
		{"deeper than any reader", strings.Repeat(`{"a":`, 100_000), nil, 400, []string{"body"}},
		{"not UTF-8", "{\"description\":\"\xff\xfe" + canary + "\"}", nil, 422, []string{"description"}},
		{"UTF-16", "\xff\xfe{\x00\"\x00", nil, 400, []string{"body"}},
		{"twice", `{"description":"a","description":"` + canary + `"}`, nil, 422, []string{"description"}},
		{"wrong types", `{"description":["` + canary + `"],"title":17,"urls":{"a":1},"reporter":"` + canary + `"}`, nil, 422, []string{"description", "reporter", "title", "urls"}},
		{"huge number", `{"description":1e999999}`, nil, 422, []string{"description"}},
		{"unknown members, all at once", `{"description":"x","severity":"` + canary + `","reporter":{"phone":"` + canary + `"}}`, nil, 422, []string{"reporter.phone", "severity"}},
		{"no description", `{"title":"` + canary + `"}`, nil, 422, []string{"description"}},
		{"blank description", `{"description":" \n\t"}`, nil, 422, []string{"description"}},
		{"unknown program", `{"description":"x","program":"` + canary + `"}`, nil, 422, []string{"program"}},
		{"form", "description=" + canary, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, nil},
		{"charset", `{"description":"x"}`, []string{"Content-Type", "application/json; charset=utf-16"}, 415, nil},
		{"broken content type", `{"description":"x"}`, []string{"Content-Type", ";;" + canary}, 415, nil},
		{"packed", "\x1f\x8b" + canary, []string{"Content-Encoding", "gzip"}, 415, nil},
		{"key too long", `{"description":"x"}`, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 422, []string{"Idempotency-Key"}},
		{"key not ASCII", `{"description":"x"}`, []string{"Idempotency-Key", canary + "é"}, 422, []string{"Idempotency-Key"}},
		{"empty key", `{"description":"x"}`, []string{"Idempotency-Key", ""}, 422, []string{"Idempotency-Key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.ask("POST", "/api/v1/reports", c.body, append([]string{"Content-Type", "application/json"}, c.header...)...)
			if a.Code != c.status {
				t.Fatalf("status %d, want %d: %s", a.Code, c.status, a.Body)
			}
			o := problemOf(t, a)
			if got := fieldsOf(o); !slices.Equal(got, c.fields) {
				t.Errorf("faults of %v, want %v", got, c.fields)
			}
		})
	}
	counts, err := h.Desk.As(h.Lead).Count(t.Context(), casework.Filter{})
	if err != nil || counts[0] != 0 {
		t.Errorf("%d cases came of refused reports (%v)", counts[0], err)
	}
}

// A body of a megabyte never gets an answer of many.
func TestAnswersToManyFaultsAreShort(t *testing.T) {
	h := open(t, true)
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"m%d":1`, i)
		}
		return b.String()
	}
	id, _ := h.report(`{"description":"x"}`)
	for name, a := range map[string]answer{
		"values":  h.ask("POST", "/api/v1/reports", `{"description":"x","urls":[`+strings.Repeat(`1,`, 500_000)+`1]}`),
		"members": h.ask("POST", "/api/v1/reports", `{"description":"x"`+names(5000)+`}`),
		"verb":    h.as(h.Member, "POST", "/api/v1/cases/"+id+"/note", `{"text":"x"`+names(40_000)+`}`),
	} {
		if n := len(fieldsOf(problemOf(t, a.want(t, 422)))); n > intake.MaxFaults || n == 0 || a.Body.Len() > 200_000 {
			t.Errorf("%s: %d faults in %d bytes", name, n, a.Body.Len())
		}
	}
}

func TestWhatIsTakenAllTheSame(t *testing.T) {
	h := open(t, true)
	for name, body := range map[string]string{
		"an unknown product is flagged":    `{"description":"x","product":"Nothing we make"}`,
		"markup is words":                  `{"description":"<script>alert(1)</script>"}`,
		"extra takes anything by name":     `{"description":"x","extra":{"anything at all":["yes",{"no":[null,1e999]}]}}`,
		"true and false are answers":       `{"description":"x","exploited":true,"public":false,"ai_use":"for the English"}`,
		"credit in short, and in full":     `{"description":"x","reporter":{"credit":{"wanted":"name","as":"Kim"}}}`,
		"null is left out":                 `{"description":"x","title":null}`,
		"members of a list, or one a line": `{"description":"x","urls":"https://example.org/a\nhttps://example.org/b","tools":["one","two"]}`,
	} {
		if a := h.ask("POST", "/api/v1/reports", body); a.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
	if a := h.ask("POST", "/api/v1/reports", `{"description":"x"}`, "Content-Type", ""); a.Code != http.StatusCreated {
		t.Errorf("without a content type: %d", a.Code)
	}
}

func TestHostileVerbs(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x"}`)
	for _, c := range []struct {
		name, path, body string
		status           int
		fields           []string
	}{
		{"not JSON", "ask", canary, 400, []string{"body"}},
		{"not UTF-8", "note", "{\"note\":\"\xff\"}", 422, []string{"note"}},
		{"deep", "note", `{"note":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, 400, []string{"body"}},
		{"twice", "note", `{"note":"a","note":"` + canary + `"}`, 422, []string{"note"}},
		{"unknown", "note", `{"note":"a","` + canary + ` with blanks":1}`, 422, []string{"(unknown)"}},
		{"wrong types, all at once", "postpone", `{"until":"` + canary + `","clock":7,"clauses":"` + canary + `","seq":1e400,"text":{}}`, 422, []string{"clauses", "clock", "reason", "seq", "text", "until"}},
		{"NUL", "note", `{"note":"a\u0000b"}`, 422, []string{"note"}},
		{"too long", "note", `{"note":"` + strings.Repeat("x", 100_001) + `"}`, 422, []string{"note"}},
		{"oversized", "note", `{"note":"` + strings.Repeat("x", 600_000) + `"}`, 413, nil},
		{"empty where something is needed", "note", "", 400, []string{"body"}},
		{"needed members", "invalidate", "{}", 422, []string{"reason"}},
		{"members that it does not take", "claim", `{"vector":"` + canary + `"}`, 422, []string{"vector"}},
		{"bad vector", "severity", `{"vector":"` + canary + `"}`, 422, []string{"vector"}},
		{"unknown clause", "ask", `{"text":"x","clauses":["` + canary + `"]}`, 422, []string{"clauses[0]"}},
		{"contact by the rules of reports", "contact", `{"contact":{"email":"` + canary + `"}}`, 422, []string{"contact.email"}},
		{"what is wrong in form and what in meaning", "invalidate", `{"bogus":1,"text":7,"vector":"x","clauses":["` + canary + `"]}`, 422, []string{"bogus", "clauses[0]", "reason", "text", "vector"}},
		{"a contact beside other things", "contact", `{"contact":{"email":"` + canary + `","name":7},"note":"x","bogus":1}`, 422, []string{"bogus", "contact.email", "contact.name", "note"}},
		{"a name and a clause", "claim", `{"to":"` + canary + `","reason":"x","clauses":["` + canary + `"],"note":1}`, 422, []string{"clauses", "note", "reason", "to"}},
		{"twice and unknown", "note", `{"note":"a","note":"b","bogus":1,"reason":"x"}`, 422, []string{"bogus", "note", "reason"}},
		{"a promise that is not running, to no later date", "postpone", `{"clock":"fix","until":"2001-01-01T00:00:00Z"}`, 422, []string{"clock", "reason", "until"}},
		{"not from here, and not readable either", "close", `{"bogus":1}`, 422, []string{"bogus"}},
		{"not from here", "close", `{}`, 409, nil},
		{"no such verb", "frobnicate", `{}`, 404, nil},
		{"the reporter's verb", "withdraw", `{}`, 404, nil},
		{"mistyped preview", "acknowledge?preview=1", `{}`, 422, []string{"preview"}},
		{"unknown query", "acknowledge?dry_run=true", `{}`, 422, []string{"dry_run"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/"+c.path, c.body)
			if a.Code != c.status {
				t.Fatalf("status %d, want %d: %s", a.Code, c.status, a.Body)
			}
			if got := fieldsOf(problemOf(t, a)); !slices.Equal(got, c.fields) {
				t.Errorf("faults of %v, want %v", got, c.fields)
			}
		})
	}
}

func TestHostileFiles(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	whole, ct := upload("a.txt", []byte(canary), "text", "see file")
	tooBig, ctBig := upload("big.bin", make([]byte, 26<<20))
	late, ctLate := upload("a.txt", []byte("x"))
	late = strings.TrimSuffix(strings.TrimSpace(late), "--") + "\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nlate\r\n--" + strings.TrimPrefix(ctLate, "multipart/form-data; boundary=") + "--\r\n"
	empty, ctEmpty := upload("a.txt", nil)
	other, ctOther := upload("a.txt", []byte("x"), "silent", "x")
	for _, c := range []struct {
		name, body, ct string
		status         int
	}{
		{"no multipart", `{"file":"` + canary + `"}`, "application/json", 415},
		{"no boundary", whole, "multipart/form-data", 415},
		{"other boundary", whole, "multipart/form-data; boundary=zzz", 422},
		{"truncated in the file", whole[:len(whole)-70], ct, 400},
		{"truncated at the end", whole[:len(whole)-6], ct, 400},
		{"too big", tooBig, ctBig, 413},
		{"field after the file", late, ctLate, 422},
		{"no bytes", empty, ctEmpty, 422},
		{"the team's field", other, ctOther, 422},
		{"nothing", "--x--\r\n", "multipart/form-data; boundary=x", 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.ask("POST", "/api/v1/thread/attachments", c.body, "Authorization", "Receipt "+receipt, "Content-Type", c.ct)
			if a.Code != c.status {
				t.Fatalf("status %d, want %d: %s", a.Code, c.status, a.Body)
			}
			problemOf(t, a)
		})
	}
	f, err := h.Desk.As(h.Lead).Case(t.Context(), cvd.CaseID(id))
	if err != nil || f.Case.Files != 0 {
		t.Errorf("%d files were kept of refused ones (%v)", f.Case.Files, err)
	}
}

func TestAddressesAndMethods(t *testing.T) {
	h := open(t, true)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/", 404},
		{"GET", "/api/v2/" + canary, 404},
		{"GET", "/api/v1/../v1/thread", 404},
		{"POST", "/api//v1/reports", 404},
		{"GET", "/api/v1/reports", 405},
		{"DELETE", "/api/v1/cases", 405},
		{"OPTIONS", "/api/v1/reports", 405},
		{"GET", "/api/v1/promises?received=" + canary, 422},
		{"GET", "/api/v1/promises?received=9999-01-01T00:00:00Z", 422},
		{"GET", "/api/v1/promises?x=%zz", 400},
		{"GET", "/api/v1/promises?" + canary + "=1;2", 400},
	} {
		a := h.ask(c.method, c.path, "")
		if a.Code != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, a.Code, c.status, a.Body)
			continue
		}
		if !strings.Contains(c.path, canary+"=") {
			problemOf(t, a)
		}
		for name := range a.Header() {
			if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" {
				t.Errorf("%s %s answers with %s", c.method, c.path, name)
			}
		}
	}
}

func TestListFilters(t *testing.T) {
	h := open(t, true)
	for _, q := range []string{"state=lost", "sort=name", "limit=0", "limit=201", "limit=x", "after=!!", "after=ZHVlfHw", "severity=huge", "unread=1", "foo=bar", "state=valid&state=closed"} {
		a := h.as(h.Lead, "GET", "/api/v1/cases?"+q, "")
		if a.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", q, a.Code, a.Body)
		}
	}
	var ids []string
	for i := range 5 {
		id, _ := h.report(fmt.Sprintf(`{"description":"number %d"}`, i))
		ids = append(ids, id)
		h.Pass(1e9)
	}
	slices.Reverse(ids)
	for _, order := range []string{"created", "updated"} {
		var got []string
		after := ""
		for range 4 {
			o := h.as(h.Lead, "GET", "/api/v1/cases?limit=2&sort="+order+after, "").want(t, 200).object(t)
			for _, one := range o["cases"].([]any) {
				got = append(got, one.(object)["case"].(string))
			}
			next, ok := o["next"].(string)
			if !ok {
				break
			}
			after = "&after=" + next
		}
		if !slices.Equal(got, ids) {
			t.Errorf("by %s: %v, want %v", order, got, ids)
		}
	}
	h.as(h.Member, "POST", "/api/v1/cases/"+ids[2]+"/claim", "").want(t, 200)
	h.as(h.Member, "POST", "/api/v1/cases/"+ids[2]+"/note", `{"note":"seen"}`).want(t, 200) // a claim alone deals with no word
	for q, n := range map[string]int{"": 5, "assignee=me": 1, "assignee=none": 4, "assignee=" + h.Member.ID: 1, "state=received,valid": 5, "state=closed": 0, "unread=true": 4, "overdue=true": 0, "open=true&sort=due": 5} {
		o := h.as(h.Member, "GET", "/api/v1/cases?"+q, "").want(t, 200).object(t)
		if got := len(o["cases"].([]any)); got != n {
			t.Errorf("%q lists %d, want %d", q, got, n)
		}
	}
}

// Without what it needs the door refuses, says when to come back, and shows
// nothing of the machine.
func TestOutage(t *testing.T) {
	check := func(h *house, a answer) {
		t.Helper()
		if a.Code != 500 && a.Code != 503 {
			t.Fatalf("status %d: %s", a.Code, a.Body)
		}
		o := problemOf(t, a)
		if a.Code == 503 && a.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		id := strings.TrimPrefix(fmt.Sprint(o["instance"]), "urn:fairlead:error:")
		if !strings.Contains(h.Log.String(), id) || strings.Contains(a.Body.String(), "closed") {
			t.Errorf("%s\n%s", a.Body, h.Log)
		}
	}
	h := open(t, true)
	_, receipt := h.report(`{"description":"x"}`)
	token := h.token(h.Lead, false)
	if err := h.Store.Close(); err != nil {
		t.Fatal(err)
	}
	check(h, h.ask("POST", "/api/v1/reports", `{"description":"x"}`))
	check(h, h.ask("GET", "/api/v1/thread", "", "Authorization", "Receipt "+receipt))
	check(h, h.ask("GET", "/api/v1/cases", "", "Authorization", "Bearer "+token))

	h = &house{House: webtest.New(t, "", nil)}
	h.build(true)
	check(h, h.ask("POST", "/api/v1/reports", `{"description":"x"}`).want(t, 503))
}
