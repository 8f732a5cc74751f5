package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// wrongs is one request with as much wrong as can be, and the fields that are blamed.
type wrongs struct {
	path   string // what is asked, with its query
	body   string
	header []string
	fields string // blamed, by name, joined by blanks
}

// everyWrong holds one request for each operation but the verbs of a case, by its id.
func everyWrong(h *house, id, receipt string) map[string]wrongs {
	lead, officer, mine := "Bearer "+h.token(h.Lead, false), "Bearer "+h.token(h.Officer, false), "Receipt "+receipt
	as := func(who string, more ...string) []string { return append([]string{"Authorization", who}, more...) }
	form, formType := upload("a.txt", []byte("x"), "bogus", "x", "text", "a\x00b")
	bare := "--b\r\nContent-Disposition: form-data; name=\"silent\"\r\n\r\na\x00\r\n--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n--b--\r\n"
	thread, one := "/api/v1/thread", "/api/v1/cases/"+id
	return map[string]wrongs{
		"report": {
			"/api/v1/reports?foo=1", `{"description":"","title":5,"program":"q","x":1,"extra":[],"urls":[1],"reporter":{"email":"bad","y":1}}`,
			[]string{"Idempotency-Key", ""},
			"Idempotency-Key description extra foo program reporter.email reporter.y title urls[0] x",
		},
		"promises": {path: "/api/v1/promises?foo=1&received=zz", fields: "foo received"},
		"document": {path: "/api/openapi.json?foo=1", fields: "foo"},

		"thread":     {path: thread + "?foo=1", header: as(mine), fields: "foo"},
		"export":     {path: thread + "/export?foo=1", header: as(mine), fields: "foo"},
		"fetch-file": {path: thread + "/attachments/zz?foo=1", header: as(mine), fields: "foo"},
		"claim":      {path: thread + "/claim?foo=1", body: `{"code":"","x":1}`, fields: "code foo x"},
		"fetch-mail": {path: one + "/mails/zz?foo=1", header: as(lead), fields: "foo"},
		"say":        {thread + "/messages?foo=1", `{"text":" ","x":1,"case":5}`, as(mine, "Idempotency-Key", ""), "Idempotency-Key case foo text x"},
		"appeal":     {thread + "/appeal?foo=1", `{"text":7,"x":1}`, as(mine), "foo text x"},
		"leave":      {thread + "/withdraw?foo=1", `{"reason":[],"x":1,"x":2}`, as(mine), "foo reason x"},
		"change-contact": {
			thread + "/contact?foo=1", `{"email":"bad","name":5,"x":1,"name":6,"contact":{}}`, as(mine),
			"contact email foo name x",
		},
		"check-fix": {thread + "/check-result?foo=1", `{"outcome":"zz","text":5,"x":1}`, as(mine), "foo outcome text x"},
		"add-file":  {thread + "/attachments?foo=1", form, as(mine, "Content-Type", formType), "bogus foo text"},

		"cases": {
			path: "/api/v1/cases?state=zz&limit=x&sort=q&foo=1&after=b&program=q&severity=s&open=1&unread=true&unread=true", header: as(lead),
			fields: "after foo limit open program severity sort state unread",
		},
		"record": {
			"/api/v1/cases?foo=1", `{"channel":"pigeon","received_at":"x","internal":5,"program":"q","description":"","title":5,"x":1,"x":2}`, as(lead, "Idempotency-Key", "é"),
			"Idempotency-Key channel description foo internal program received_at title x",
		},
		"case":            {path: one + "?foo=1", header: as(lead), fields: "foo"},
		"fetch-case-file": {path: one + "/attachments/zz?foo=1", header: as(lead), fields: "foo"},
		"case-attach":     {one + "/attach?foo=1", bare, as(lead, "Content-Type", "multipart/form-data; boundary=b"), "file foo silent x"},

		"advisory": {path: one + "/advisory?foo=1", header: as(lead), fields: "foo"},
		"rehearse": {path: one + "/advisory/rehearsal?foo=1", header: as(lead), fields: "foo"},

		"report-document": {path: one + "/report.csaf.json?foo=1", header: as(lead), fields: "foo"},

		"components":  {path: "/api/v1/components?foo=1&versions=%3C%3C", header: as(lead), fields: "foo name versions"},
		"bills":       {path: "/api/v1/components/bills?foo=1", header: as(lead), fields: "foo"},
		"add-bill":    {"/api/v1/components?foo=1", bare, as(lead, "Content-Type", "multipart/form-data; boundary=b"), "file foo product silent version x"},
		"remove-bill": {"/api/v1/components/bills/zz/remove?foo=1", `{"reason":5,"x":1}`, as(lead), "foo reason x"},

		"mail":         {path: "/api/v1/mail?foo=1&shelf=zz&after=q", header: as(lead), fields: "after foo shelf"},
		"one-mail":     {path: "/api/v1/mail/zz?foo=1", header: as(lead), fields: "foo"},
		"raw-mail":     {path: "/api/v1/mail/zz/raw?foo=1", header: as(lead), fields: "foo"},
		"open-mail":    {"/api/v1/mail/zz/open?foo=1", `{"program":"zz","x":1}`, as(lead), "foo program x"},
		"add-mail":     {"/api/v1/mail/zz/add?foo=1", `{"case":"zz","x":1}`, as(lead), "case foo x"},
		"discard-mail": {"/api/v1/mail/zz/discard?foo=1", `{"reason":" ","x":1}`, as(lead), "foo reason x"},

		"policy":  {path: "/api/v1/policy?foo=1", fields: "foo"},
		"publish": {"/api/v1/policy?foo=1", "organisation: 5\nbogus: 1\n", as(lead, "Content-Type", "application/yaml"), "bogus foo organisation *"},
		"sign":    {"/api/v1/policy/1/sign?foo=1", `{"office":5,"act":"burn","digest":"","x":1}`, as(officer), "act digest foo office x"},

		"members": {path: "/api/v1/members?foo=1", header: as(lead), fields: "foo"},
		"add-member": {
			"/api/v1/members?foo=1", `{"name":"","email":"x","roles":["zz"],"q":1,"offices":5,"qualification":{}}`, as(lead),
			"email foo name offices q qualification roles",
		},
		"sign-in-link": {"/api/v1/members/" + h.Member.ID + "/link?foo=1", "{}", as(lead), "foo"},
		"tokens":       {path: "/api/v1/tokens?foo=1", header: as(lead), fields: "foo"},
		"add-token":    {"/api/v1/tokens?foo=1", `{"name":"","member":"nope","expires":"x","q":1}`, as(lead), "expires foo machine member name q"},
		"revoke-token": {path: "/api/v1/tokens/zz?foo=1", header: as(lead), fields: "foo"},
	}
}

// ofVerb is as much wrong as can be with a verb: members of the wrong type, unknown
// ones, ones that it does not take, and what it needs left out.
func ofVerb(h *house, id string, verb cvd.Verb) wrongs {
	w := wrongs{
		path:   "/api/v1/cases/" + id + "/" + string(verb) + "?preview=1&foo=1",
		body:   `{"bogus":1,"text":5,"clauses":["q"],"contact":{"email":"bad","x":1},"until":"yesterday","vector":"zz","clock":"zz","note":"a","note":"b"}`,
		header: []string{"Authorization", "Bearer " + h.token(h.Lead, false)},
	}
	blamed := []string{"bogus", "clauses", "contact.email", "contact.x", "foo", "note", "preview", "text", "until", "vector"}
	spec := rule.SpecOf(verb)
	if slices.Contains(spec.Takes, "clauses") {
		blamed[1] = "clauses[0]"
	}
	if !slices.Contains(spec.Takes, "clock") || verb == cvd.VerbPostpone { // not taken, or not running
		blamed = append(blamed, "clock")
	}
	given := []string{"text", "clauses", "contact", "until", "vector", "clock", "note"}
	for _, name := range spec.Needs {
		if !slices.Contains(given, name) {
			blamed = append(blamed, name)
		}
	}
	if verb == cvd.VerbAsk {
		blamed = append(blamed, "missing")
	}
	slices.Sort(blamed)
	w.fields = strings.Join(blamed, " ")
	return w
}

// Whatever is wrong with a request is told at once, whether it could not be read, is
// not taken, or means nothing here; and nothing of it is done. A new operation needs
// a row here.
func TestEveryFaultIsToldAtOnce(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	h.ask("GET", "/api/openapi.json", "").into(t, &doc)
	rows := everyWrong(h, id, receipt)
	for _, ops := range doc.Paths {
		for method, op := range ops {
			w, ok := rows[op.OperationID]
			if verb, isVerb := strings.CutPrefix(op.OperationID, "case-"); isVerb && !ok {
				w, ok = ofVerb(h, id, cvd.Verb(verb)), true
			}
			if !ok {
				t.Errorf("%s has no row in this test", op.OperationID)
				continue
			}
			a := h.ask(strings.ToUpper(method), w.path, w.body, w.header...)
			if a.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", op.OperationID, a.Code, a.Body)
				continue
			}
			got := strings.Join(slices.Compact(fieldsOf(problemOf(t, a))), " ")
			want, more := strings.CutSuffix(w.fields, " *") // and whatever else
			if more {
				for _, field := range strings.Fields(want) {
					if !strings.Contains(" "+got+" ", " "+field+" ") {
						t.Errorf("%s: faults of %s, without %s", op.OperationID, got, field)
					}
				}
			} else if got != want {
				t.Errorf("%s: faults of\n%s\nwant\n%s", op.OperationID, got, want)
			}
		}
	}
	f, err := h.Desk.As(h.Lead).Case(t.Context(), cvd.CaseID(id))
	if err != nil || len(f.Events) != 1 {
		t.Errorf("the case has %d events: %v", len(f.Events), err)
	}
	if list, err := h.Auth.Members(t.Context()); err != nil || len(list) != 5 || len(h.Book.Versions().All) != 1 {
		t.Errorf("%d members, %d versions: %v", len(list), len(h.Book.Versions().All), err)
	}
}

// What is needed of the body is missed also where another fault was found before.
func TestFaultsOfOneKindDoNotHideOthers(t *testing.T) {
	h := open(t, true)
	for _, c := range []struct{ body, fields string }{
		{`{"description":"","program":"q"}`, "description program"},
		{`{"description":"x","program":"q","title":5}`, "program title"},
		{`[]`, "body"},
	} {
		a := h.ask("POST", "/api/v1/reports", c.body).want(t, http.StatusUnprocessableEntity)
		if got := strings.Join(fieldsOf(problemOf(t, a)), " "); got != c.fields {
			t.Errorf("%s: faults of %s, want %s", c.body, got, c.fields)
		}
	}
	a := h.as(h.Lead, "POST", "/api/v1/tokens", `{"name":"x","member":"m-nobody","machine":true}`).want(t, 422)
	if got := strings.Join(fieldsOf(problemOf(t, a)), " "); got != "member" {
		t.Errorf("faults of %s", got)
	}
}

// An advisory is read to its last member: what would be dropped is refused, with its
// path, and what is missing is missed.
func TestAdvisoryIsReadToItsLastMember(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x"}`)
	for _, c := range []struct{ body, fields string }{
		{`{}`, "advisory.title"},
		{`{"title":null}`, "advisory.title"},
		{`{"bogus":1,"title":"x"}`, "advisory.bogus"},
		{
			`{"title":5,"products":[{"id":"x","name":7,"bogus":1}],"vulnerabilities":[{"bogus":2,"cwe":["CWE-79",8],"affects":[{"product":"x","status":"affected","from":"3.0.0","fixed":"3.2.1"}]}]}`,
			"advisory.products[0].bogus advisory.products[0].name advisory.title advisory.vulnerabilities[0].affects[0].fixed advisory.vulnerabilities[0].affects[0].from advisory.vulnerabilities[0].bogus advisory.vulnerabilities[0].cwe[1]",
		},
		{
			`{"products":[{}],"references":{},"texts":{"fr":{"titre":"x"},"<b>":5},"timeline":[{"at":"monday","text":"a\u0000b"}],"vulnerabilities":[{"affects":[{"ranges":[{"kind":"SEMVER","events":[{"from":"1"}]}]}]}]}`,
			"advisory.products[0].id advisory.products[0].name advisory.references advisory.texts.(unknown) advisory.texts.fr.titre advisory.timeline[0].at advisory.timeline[0].text advisory.title advisory.vulnerabilities[0].affects[0].product advisory.vulnerabilities[0].affects[0].ranges[0].events[0].from advisory.vulnerabilities[0].affects[0].status",
		},
		{`[]`, "advisory"},
	} {
		a := h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/advise", `{"advisory":`+c.body+`}`).want(t, http.StatusUnprocessableEntity)
		if got := strings.Join(slices.Compact(fieldsOf(problemOf(t, a))), " "); got != c.fields {
			t.Errorf("%s: faults of\n%s\nwant\n%s", c.body, got, c.fields)
		}
		if strings.Contains(a.Body.String(), "3.2.1") || strings.Contains(a.Body.String(), "monday") {
			t.Errorf("repeats what was sent: %s", a.Body)
		}
	}
}

// What cannot be read at all says where it lies, and what to do.
func TestUnreadableSaysWhere(t *testing.T) {
	h := open(t, true)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, c := range []struct{ path, body, field, problem, remedy string }{
		{"/api/v1/reports", deep, "body", "nests deeper than 16 levels", "flatten it"},
		{"/api/v1/reports", "{", "body", "is no JSON", "look near byte 1"},
		{"/api/v1/reports?a=%zz", "{}", "query", "is not well-formed", "encode each value, and join them by &"},
	} {
		o := problemOf(t, h.ask("POST", c.path, c.body).want(t, http.StatusBadRequest))
		got := o["errors"].([]any)[0].(object)
		if got["field"] != c.field || got["problem"] != c.problem || got["remedy"] != c.remedy {
			t.Errorf("%s: %v", c.path, got)
		}
	}
}

// Each thing wrong with a vector is an entry of its own.
func TestFaultsOfAVector(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x"}`)
	a := h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/severity", `{"vector":"CVSS:3.1/AV:Z/AC:L/ZZ:N"}`).want(t, 422)
	list := problemOf(t, a)["errors"].([]any)
	for _, one := range list {
		if f := one.(object); f["field"] != "vector" || strings.Contains(f["problem"].(string), "vector:") || strings.Contains(f["problem"].(string), ";") {
			t.Errorf("%v", f)
		}
	}
	if len(list) < 3 {
		t.Errorf("%d faults: %s", len(list), a.Body)
	}
	a = h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/claim", `{"vector":"zz"}`).want(t, 422)
	if f := problemOf(t, a)["errors"].([]any)[0].(object); f["problem"] != "is not taken by claim" {
		t.Errorf("%v", f)
	}
}

// An erased case takes no verb, and says so from the first answer on.
func TestErasedTakesNoVerb(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x"}`)
	for _, step := range []string{"severity", "hand-on", "erase"} {
		body := map[string]string{
			"severity": `{"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}`,
			"hand-on":  `{"to":"upstream","reason":"theirs"}`, "erase": `{"reason":"asked for"}`,
		}[step]
		o := h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/"+step, body).want(t, 200).object(t)
		if verbs := o["verbs"].([]any); (len(verbs) == 0) != (step == "erase") {
			t.Errorf("after %s: %v", step, verbs)
		}
	}
	a := h.as(h.Lead, "GET", "/api/v1/cases/"+id, "").want(t, 200)
	if o := a.object(t); len(o["verbs"].([]any)) != 0 || !strings.Contains(a.Body.String(), "Severity set to (erased)") {
		t.Errorf("%s", a.Body)
	}
}
