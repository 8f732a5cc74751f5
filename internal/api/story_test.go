package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/casework/claim"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

func TestReportAnswer(t *testing.T) {
	h := open(t, true)
	a := h.ask("POST", "/api/v1/reports", `{"description":"the parser reads past its end"}`).want(t, http.StatusCreated)
	var got struct {
		Case      string    `json:"case"`
		Receipt   string    `json:"receipt"`
		ThreadURL string    `json:"thread_url"`
		Received  time.Time `json:"received_at"`
		Promises  []struct {
			Kind   string    `json:"kind"`
			Due    time.Time `json:"due"`
			Target *bool     `json:"target"`
		} `json:"promises"`
	}
	a.into(t, &got)
	if _, err := cvd.ParseCaseID(got.Case); err != nil || len(strings.Split(got.Receipt, "-")) != 7 || got.ThreadURL != "https://security.example.org/thread" || !got.Received.Equal(h.Now()) {
		t.Errorf("%s", a.Body)
	}
	if len(got.Promises) == 0 || got.Promises[0].Kind != "acknowledge" || !got.Promises[0].Due.After(h.Now()) {
		t.Errorf("promises %v", got.Promises)
	}
	for _, p := range got.Promises {
		if p.Target != nil && !*p.Target {
			t.Error("target is written though it is none")
		}
	}
	if loc := a.Header().Get("Location"); loc != "https://security.example.org/api/v1/thread" {
		t.Errorf("Location %q", loc)
	}
	// The dates are those that the policy gives to anybody who asks.
	want := h.ask("GET", "/api/v1/promises?received="+h.Now().Format(time.RFC3339), "").want(t, 200).object(t)["promises"].([]any)
	for i, p := range want {
		due, err := time.Parse(time.RFC3339, p.(object)["due"].(string))
		if err != nil || len(want) != len(got.Promises) || !due.Equal(got.Promises[i].Due) {
			t.Fatalf("promised %v, but asked for in advance %v", got.Promises, want)
		}
	}
}

func TestIdempotency(t *testing.T) {
	h := open(t, true)
	send := func(key, body string) answer { return h.ask("POST", "/api/v1/reports", body, "Idempotency-Key", key) }
	first := send("k1", `{"description":"once"}`).want(t, 201)
	again := send("k1", `{"description":"once"}`).want(t, 201)
	if first.Body.String() != again.Body.String() {
		t.Errorf("first %s, again %s", first.Body, again.Body)
	}
	if o := problemOf(t, send("k1", `{"description":"twice"}`).want(t, 422)); !slices.Equal(fieldsOf(o), []string{"Idempotency-Key"}) {
		t.Errorf("%v", o)
	}
	if other := send("k2", `{"description":"once"}`).want(t, 201); other.Body.String() == first.Body.String() {
		t.Error("another key got the same answer")
	}
	h.Pass(25 * time.Hour)
	if later := send("k1", `{"description":"twice"}`).want(t, 201); later.Body.String() == first.Body.String() {
		t.Error("the key outlived its day")
	}
	var wg sync.WaitGroup
	bodies := make([]string, 16)
	for i := range bodies {
		wg.Go(func() { bodies[i] = send("race", `{"description":"all at once"}`).Body.String() })
	}
	wg.Wait()
	if slices.Sort(bodies); bodies[0] != bodies[15] || !strings.Contains(bodies[0], "receipt") {
		t.Errorf("concurrent duplicates got different answers: %s and %s", bodies[0], bodies[15])
	}
	if n := len(h.as(h.Lead, "GET", "/api/v1/cases", "").object(t)["cases"].([]any)); n != 4 {
		t.Errorf("%d cases, want 4", n)
	}
	// A member's keys are not a stranger's.
	rec := h.ask("POST", "/api/v1/cases", `{"description":"once","channel":"phone"}`, "Authorization", "Bearer "+h.token(h.Lead, false), "Idempotency-Key", "k2").want(t, 201)
	if rec.object(t)["case"] == nil {
		t.Error("no case")
	}
	// Nor can a stranger take one of theirs by writing its full name.
	planted := send(h.Lead.Ref()+"/k9", `{"description":"planted"}`).want(t, 201).object(t)
	own := h.ask("POST", "/api/v1/cases", `{"description":"planted","channel":"phone"}`, "Authorization", "Bearer "+h.token(h.Lead, false), "Idempotency-Key", "k9").want(t, 201).object(t)
	if own["case"] == planted["case"] {
		t.Error("a stranger's key answers a member")
	}
}

// Strangers who choose the same key do not meet: neither takes the other's answer, nor
// makes the other's report fail. A client that sends again from elsewhere is known by its body.
func TestNoStrangerSpoilsTheKeyOfAnother(t *testing.T) {
	h := open(t, true)
	send := func(from, body string) answer {
		r := httptest.NewRequest("POST", "/api/v1/reports", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "report-1")
		r.RemoteAddr = from + ":1"
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		return answer{w}
	}
	const one, two, a, b, c = "192.0.2.1", "192.0.2.2", `{"description":"a"}`, `{"description":"b"}`, `{"description":"c"}`
	first := send(one, a).want(t, 201)
	victim := send(two, b).want(t, 201)
	if first.Body.String() == victim.Body.String() {
		t.Error("one stranger got the answer of another")
	}
	for _, again := range []struct {
		from, body string
		like       answer
	}{{one, a, first}, {two, b, victim}, {"198.51.100.7", b, victim}} {
		if got := send(again.from, again.body).want(t, 201); got.Body.String() != again.like.Body.String() {
			t.Errorf("%s sends %s again and gets %s", again.from, again.body, got.Body)
		}
	}
	for _, from := range []string{one, two} {
		if o := problemOf(t, send(from, c).want(t, 422)); !slices.Equal(fieldsOf(o), []string{"Idempotency-Key"}) {
			t.Errorf("%v", o)
		}
	}
	h.as(h.Lead, "POST", "/api/v1/cases/"+victim.object(t)["case"].(string)+"/acknowledge", "").want(t, 200)
	if n := len(h.as(h.Lead, "GET", "/api/v1/cases", "").object(t)["cases"].([]any)); n != 2 {
		t.Errorf("%d cases, want 2", n)
	}
	// Both at once from two networks with one body are one report.
	var wg sync.WaitGroup
	bodies := make([]string, 16)
	for i := range bodies {
		wg.Go(func() { bodies[i] = send(fmt.Sprintf("203.0.113.%d", i%4), `{"description":"at once"}`).Body.String() })
	}
	wg.Wait()
	if slices.Sort(bodies); bodies[0] != bodies[15] || !strings.Contains(bodies[0], "receipt") {
		t.Errorf("got %s and %s", bodies[0], bodies[15])
	}
}

// One report walks from receipt to its end and beyond, each side through its own
// part of the door.
func TestThreadAndVerbs(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"the parser reads past its end","title":"Overread","reporter":{"email":"kim@example.org"}}`)
	mine := func(method, path, body string) answer {
		return h.ask(method, "/api/v1/thread"+path, body, "Authorization", "receipt "+strings.ToUpper(strings.ReplaceAll(receipt, "-", " ")))
	}
	verb := func(name, body string) object {
		t.Helper()
		return h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/"+name, body).want(t, 200).object(t)
	}
	o := mine("GET", "", "").want(t, 200).object(t)
	if o["state"] != "received" || o["case"] != id || o["next"] == nil || len(o["linked"].([]any)) != 0 {
		t.Errorf("%v", o)
	}
	if m := o["messages"].([]any)[0].(object); m["from"] != "you" || m["text"] != "the parser reads past its end" {
		t.Errorf("first message %v", m)
	}
	p := verb("acknowledge?preview=true", `{"text":"thank you, we look at it"}`)
	if told := p["told"].([]any); len(told) != 1 || told[0].(object)["text"] != "thank you, we look at it" {
		t.Errorf("preview %v", p)
	}
	if n := len(mine("GET", "", "").object(t)["messages"].([]any)); n != 1 {
		t.Errorf("a preview left %d messages", n)
	}
	verb("acknowledge", `{"text":"thank you, we look at it"}`)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/acknowledge", "").want(t, 409)
	verb("note", `{"note":"team-only words"}`)
	verb("ask", `{"missing":["a reproducer"],"clauses":[]}`)
	if o := mine("GET", "", "").object(t); !slices.Equal(o["missing"].([]any), []any{"a reproducer"}) {
		t.Errorf("missing %v", o["missing"])
	}
	mine("POST", "/messages", `{"text":"here it is"}`).want(t, 201)
	body, ct := upload(`..\..\evil"name.bin`, []byte("attached words"), "text", "the file")
	f := h.ask("POST", "/api/v1/thread/attachments", body, "Authorization", "Receipt "+receipt, "Content-Type", ct).want(t, 201).object(t)
	got := mine("GET", "/attachments/"+f["id"].(string), "").want(t, 200)
	if got.Body.String() != "attached words" || got.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment") || got.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
	fetch := "/api/v1/cases/" + id + "/attachments/" + f["id"].(string)
	h.as(h.Lead, "GET", fetch, "").want(t, 200)
	h.Desk.Scan = func(_ context.Context, r io.Reader) (string, error) {
		read, err := io.ReadAll(r)
		return strings.ReplaceAll(string(read), "attached words", "Test-1"), err
	}
	if a := h.as(h.Lead, "GET", fetch, "").want(t, 409); !strings.Contains(a.Body.String(), "as Test-1, which may be what the finder found") {
		t.Error(a.Body)
	}
	h.as(h.Lead, "GET", fetch+"?risk=yes", "").want(t, 422)
	h.as(h.Lead, "GET", fetch+"?risk=true", "").want(t, 200)
	mine("GET", "/attachments/"+f["id"].(string), "").want(t, 200)
	h.Desk.Scan = nil
	verb("validate", "")
	verb("accept", `{"reason":"ours"}`)
	if d := verb("severity", `{"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}`); d["severity"] != "medium" {
		t.Errorf("%v", d["severity"])
	}
	mine("POST", "/contact", `{"name":"Kim","email":"no address"}`).want(t, 422)
	mine("POST", "/contact", `{"name":"Kim Doe","email":"kim.doe@example.org","credit":"name"}`).want(t, 200)
	file := h.as(h.Member, "GET", "/api/v1/cases/"+id, "").want(t, 200)
	for _, want := range []string{"kim.doe@example.org", "team-only words", "a reproducer", "here it is", `"verbs"`, `"history"`} {
		if !strings.Contains(file.Body.String(), want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	verb("close", `{"text":"fixed in 1.2"}`)
	o = mine("POST", "/messages", `{"text":"it is back in 1.3"}`).want(t, 201).object(t)
	if o["successor_of"] != id || o["case"] == id {
		t.Errorf("%v", o)
	}
	view := mine("GET", "", "").want(t, 200)
	o = view.object(t)
	if linked := o["linked"].([]any); len(linked) != 1 || linked[0].(object)["case"] != id || linked[0].(object)["state"] != "closed" {
		t.Errorf("linked %v", linked)
	}
	export := mine("GET", "/export", "").want(t, 200)
	if !strings.Contains(export.Body.String(), "kim.doe@example.org") || !strings.Contains(export.Body.String(), "it is back") {
		t.Errorf("%s", export.Body)
	}
	if strings.Contains(view.Body.String()+export.Body.String(), "team-only") {
		t.Error("the reporter reads the team's words")
	}
	if !strings.Contains(verb("reissue", `{"reason":"called back, knew the report"}`)["receipt"].(string), "-") {
		t.Error("no new receipt")
	}
	mine("GET", "", "").want(t, 401)
}

func TestWithdrawAndAppeal(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	mine := func(path, body string) answer {
		return h.ask("POST", "/api/v1/thread"+path, body, "Authorization", "Receipt "+receipt)
	}
	mine("/appeal", `{"text":"wrong"}`).want(t, 409)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/invalidate", `{"reason":"cannot reproduce"}`).want(t, 200)
	mine("/appeal", `{"text":"try with 1.1"}`).want(t, 201)
	mine("/appeal", `{"text":"again"}`).want(t, 409)
	if o := mine("/withdraw", "").want(t, 200).object(t); o["state"] != "closed" || o["next"] != nil {
		t.Errorf("%v", o)
	}
}

// A case that was closed is appealed like one that is open, once, also when the request
// comes twice.
func TestAppealAfterClosing(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/invalidate", `{"reason":"cannot reproduce"}`).want(t, 200)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/close", `{}`).want(t, 200)
	mine := func(key, text string) answer {
		return h.ask("POST", "/api/v1/thread/appeal", `{"text":"`+text+`","case":"`+id+`"}`, "Authorization", "Receipt "+receipt, "Idempotency-Key", key)
	}
	first := mine("k-1", "try with 1.1").want(t, 201).object(t)
	if first["successor_of"] != id || first["state"] != "received" || first["next"] == nil {
		t.Errorf("%v", first)
	}
	if again := mine("k-1", "try with 1.1").want(t, 201).object(t); again["case"] != first["case"] {
		t.Errorf("%v", again)
	}
	mine("k-2", "again").want(t, 409)
}

// Every verb that a member may do has its own address, and answers by the table
// of roles: what is not seen is not there, what is seen but not allowed says so.
func TestVerbsByRole(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x"}`)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/invite", `{"to":"`+h.Fixer.ID+`"}`).want(t, 200)
	for _, spec := range rule.Specs {
		if may.Of(h.Lead, spec.Verb) == may.Nowhere || spec.Verb == cvd.VerbReceive || spec.Verb == cvd.VerbAttach {
			continue
		}
		for _, who := range []cvd.Actor{h.Lead, h.Member, h.Fixer, h.Auditor, h.Officer} {
			path := "/api/v1/cases/" + id + "/" + string(spec.Verb) + "?preview=true"
			a := h.as(who, "POST", path, `{}`)
			switch {
			case may.Of(who, cvd.VerbRead) == may.Nowhere:
				a.want(t, 404)
			case may.Of(who, spec.Verb) == may.Nowhere:
				a.want(t, 404)
			case a.Code != 200 && a.Code != 409 && a.Code != 422: // 409: not one's own ruling, among others
				t.Errorf("%s by %s: %d %s", spec.Verb, who.Name, a.Code, a.Body)
			}
		}
		if a := h.ask("POST", "/api/v1/cases/"+id+"/"+string(spec.Verb), "{}", "Authorization", "Bearer "+h.token(h.Lead, true)); spec.Verb == cvd.VerbAcknowledge && a.Code != 409 {
			t.Errorf("a machine acknowledged: %d", a.Code)
		}
	}
}

// Nobody without a right to it reads a word of a case, and a foreign case answers
// like one that does not exist.
func TestForeignIsNowhere(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"canaryword one","title":"canaryword two","product":"canaryword","reporter":{"name":"canaryword","email":"canaryword@example.org"}}`)
	_, other := h.report(`{"description":"another"}`)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/note", `{"note":"canaryword three"}`).want(t, 200)
	body, ct := upload("canaryword.txt", []byte("canaryword four"))
	fid := h.ask("POST", "/api/v1/cases/"+id+"/attach", body, "Authorization", "Bearer "+h.token(h.Lead, false), "Content-Type", ct).want(t, 200).object(t)["file"].(object)["id"].(string)
	nowhere := string(cvd.NewCaseID("TP", 2026, [6]byte{}))
	paths := func(id string) [][2]string {
		out := [][2]string{{"GET", "/api/v1/cases/" + id}, {"GET", "/api/v1/cases/" + id + "/attachments/" + fid}, {"POST", "/api/v1/thread/messages"}, {"GET", "/api/v1/thread/attachments/" + fid}, {"POST", "/api/v1/thread/contact?case=" + id}}
		for _, spec := range rule.Specs {
			out = append(out, [2]string{"POST", "/api/v1/cases/" + id + "/" + string(spec.Verb)}, [2]string{"POST", "/api/v1/cases/" + id + "/" + string(spec.Verb) + "?preview=true"})
		}
		return out
	}
	creds := map[string]string{
		"nobody": "", "a wrong token": "Bearer fl_" + strings.Repeat("a", 43), "a wrong receipt": "Receipt one-two-three-four-five-six-seven",
		"another reporter": "Receipt " + other, "a fixer who is not named": "Bearer " + h.token(h.Fixer, false), "an officer": "Bearer " + h.token(h.Officer, false),
	}
	for who, cred := range creds {
		real, unreal := paths(id), paths(nowhere)
		for i := range real {
			text := func(id string) string { return fmt.Sprintf(`{"text":"x","case":"%s"}`, id) }
			if !strings.Contains(real[i][1], "messages") {
				text = func(string) string { return `{}` }
			}
			a := h.ask(real[i][0], real[i][1], text(id), "Authorization", cred)
			b := h.ask(unreal[i][0], unreal[i][1], text(nowhere), "Authorization", cred)
			if a.Code != b.Code || a.Body.String() != b.Body.String() || a.Code < 400 {
				t.Errorf("%s, %v: %d %s, but for what is not there %d %s", who, real[i], a.Code, a.Body, b.Code, b.Body)
			}
			if strings.Contains(a.Body.String(), "canaryword") {
				t.Errorf("%s reads %s", who, a.Body)
			}
		}
		for _, p := range []string{"/api/v1/cases", "/api/v1/thread", "/api/v1/thread/export", "/api/v1/members", "/api/v1/policy", "/api/openapi.json"} {
			if a := h.ask("GET", p, "", "Authorization", cred); strings.Contains(a.Body.String(), "canaryword") {
				t.Errorf("%s reads at %s", who, p)
			}
		}
	}
	if a := h.as(h.Fixer, "GET", "/api/v1/cases", "").want(t, 200); len(a.object(t)["cases"].([]any)) != 0 {
		t.Errorf("%s", a.Body)
	}
}

// A fixer who is named sees the matter, not the person.
func TestFixerSeesNoContact(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(`{"description":"x","reporter":{"email":"kim@example.org"}}`)
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/invite", `{"to":"`+h.Fixer.ID+`"}`).want(t, 200)
	if a := h.as(h.Fixer, "GET", "/api/v1/cases/"+id, "").want(t, 200); strings.Contains(a.Body.String(), "kim@example.org") {
		t.Error("the fixer reads the contact")
	}
	if a := h.as(h.Auditor, "GET", "/api/v1/cases/"+id, "").want(t, 200); !strings.Contains(a.Body.String(), "kim@example.org") {
		t.Error("the auditor does not read everything")
	}
}

func TestCredentials(t *testing.T) {
	h := open(t, false)
	_, receipt := h.report(`{"description":"x"}`)
	for _, c := range []struct{ path, cred, scheme string }{
		{"/api/v1/thread", "", "Receipt"},
		{"/api/v1/thread", "Receipt", "Receipt"},
		{"/api/v1/thread", "Bearer " + receipt, "Receipt"},
		{"/api/v1/thread", "Receipt " + receipt + "-zoo", "Receipt"},
		{"/api/v1/cases", "", "Bearer"},
		{"/api/v1/cases", "Receipt " + receipt, "Bearer"},
		{"/api/v1/cases", "Bearer nonsense", "Bearer"},
		{"/api/v1/policy", "Bearer nonsense", "Bearer"},
	} {
		a := h.ask("GET", c.path, "", "Authorization", c.cred, "Cookie", "__Host-fairlead-desk="+h.token(h.Lead, false))
		if a.Code != 401 || !strings.HasPrefix(a.Header().Get("WWW-Authenticate"), c.scheme+" ") {
			t.Errorf("%s with %q: %d %q", c.path, c.cred, a.Code, a.Header().Get("WWW-Authenticate"))
			continue
		}
		problemOf(t, a)
	}
	// Guessing runs into the limit; whoever has the right receipt does not.
	var last answer
	for range 40 {
		last = h.ask("GET", "/api/v1/thread", "", "Authorization", "Receipt guess")
	}
	if last.Code != 429 || last.Header().Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", last.Code, last.Header().Get("Retry-After"))
	}
	problemOf(t, last)
	h.ask("GET", "/api/v1/thread", "", "Authorization", "Receipt "+receipt).want(t, 200)
}

func TestReportsInFlood(t *testing.T) {
	h := open(t, false)
	codes := map[int]int{}
	for range 70 {
		codes[h.ask("POST", "/api/v1/reports", `{"description":"x"}`).Code]++
	}
	if codes[201] != 60 || codes[429] != 10 {
		t.Errorf("%v", codes)
	}
	// Words about a closed case may open another, so they count too.
	closed, open := h.Receive(cvd.Report{}), h.Receive(cvd.Report{})
	h.Do(h.Member, closed.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	h.Do(h.Member, closed.Case, cvd.VerbClose, cvd.Input{})
	for receipt, status := range map[string]int{closed.Receipt: 429, open.Receipt: 201} {
		h.ask("POST", "/api/v1/thread/messages", `{"text":"more"}`, "Authorization", "Receipt "+receipt).want(t, status)
	}
	h.Pass(time.Minute)
	for range 2 {
		h.ask("POST", "/api/v1/thread/messages", `{"text":"more","case":"`+string(closed.Case)+`"}`, "Authorization", "Receipt "+closed.Receipt).want(t, 201)
	}
	if n, err := h.Desk.As(h.Lead).Count(t.Context(), casework.Filter{}); err != nil || n[0] != 63 {
		t.Errorf("%d cases, want 63: one successor (%v)", n[0], err)
	}
}

// What a reporter sends again under the same key is said once, and answered as the
// first time, also where it opened another case.
func TestARepeatedWordIsSaidOnce(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	send := func(path, key, body string) answer {
		return h.ask("POST", "/api/v1/thread/"+path, body, "Authorization", "Receipt "+receipt, "Idempotency-Key", key)
	}
	events := func() (n int) {
		page, err := h.Desk.As(h.Lead).Cases(t.Context(), casework.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			f, err := h.Desk.As(h.Lead).Case(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			n += len(f.Events)
		}
		return n
	}
	for _, c := range []struct{ path, body string }{
		{"messages", `{"text":"more"}`}, {"contact", `{"email":"ann@example.org"}`}, {"withdraw", `{"reason":"mine"}`}, {"messages", `{"text":"after all"}`},
	} {
		was := events()
		first := send(c.path, "k-"+c.body, c.body)
		if first.Code >= 300 {
			t.Fatalf("%s: %d %s", c.path, first.Code, first.Body)
		}
		after := events()
		h.Pass(time.Minute)
		if again := send(c.path, "k-"+c.body, c.body); again.Code != first.Code || again.Body.String() != first.Body.String() {
			t.Errorf("%s again: %d %s, first %d %s", c.path, again.Code, again.Body, first.Code, first.Body)
		}
		if n := events(); n != after || n == was {
			t.Errorf("%s: %d, %d and %d events", c.path, was, after, n)
		}
		send(c.path, "k-"+c.body, `{}`).want(t, http.StatusUnprocessableEntity)
	}
	var last object
	send("messages", `k-{"text":"after all"}`, `{"text":"after all"}`).into(t, &last)
	if last["successor_of"] != id {
		t.Errorf("the successor: %v", last)
	}
	// The key of one receipt means nothing under another.
	_, receipt = h.report(`{"description":"y"}`)
	send("messages", `k-{"text":"more"}`, `{"text":"other"}`).want(t, http.StatusCreated)
}

// Whoever reported by mail gets their receipt by the code of a letter, once; the team
// sees how words came, and nobody else does.
func TestMailOfACase(t *testing.T) {
	h := open(t, true)
	raw := "From: canary@example.net\r\n\r\nit breaks"
	a, err := h.Desk.As(cvd.Stranger).Receive(t.Context(), casework.Submission{
		Channel: "mail", Mail: &cvd.Mail{From: "canary@example.net", Raw: []byte(raw), Proof: cvd.Proof{Domain: "example.net"}},
		Report: &cvd.Report{Description: "it breaks", Reporter: &cvd.Contact{Email: "canary@example.net"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	held, err := h.Desk.As(cvd.System).Do(t.Context(), a.Case, cvd.VerbHoldMail, cvd.Input{Text: "more", Mail: &cvd.Mail{From: "else@example.com", Held: "unaligned", Raw: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	code := claim.Code(h.Vault, a.Case, 1)
	path, body := "/api/v1/thread/claim", func(code string) string { return `{"code":"` + code + `"}` }
	for _, wrong := range []string{"x", code + "a", claim.Code(h.Vault, a.Case, 2)} {
		a := h.ask("POST", path, body(wrong)).want(t, http.StatusUnauthorized)
		if detail, _ := a.object(t)["detail"].(string); !strings.Contains(detail, "code") || strings.Contains(detail, "header") {
			t.Errorf("a wrong code is told %q", detail)
		}
	}
	got := h.ask("POST", path, body(strings.ToUpper(code))).want(t, http.StatusOK).object(t)
	receipt := got["receipt"].(string)
	h.ask("POST", path, body(code)).want(t, http.StatusUnauthorized)
	thread := h.ask("GET", "/api/v1/thread", "", "Authorization", "Receipt "+receipt).want(t, http.StatusOK)
	if s := thread.Body.String(); strings.Contains(s, "else@example.com") || strings.Contains(s, "mail-held") || strings.Contains(s, "proof") {
		t.Errorf("the reporter sees how mail is sorted: %s", s)
	}
	one := "/api/v1/cases/" + string(a.Case)
	lead, fixer := "Bearer "+h.token(h.Lead, false), "Bearer "+h.token(h.Fixer, false)
	file := h.ask("GET", one, "", "Authorization", lead).want(t, http.StatusOK).object(t)
	history := file["history"].([]any)
	if m := history[0].(object)["mail"].(object); m["from"] != "canary@example.net" || m["raw"] != nil {
		t.Errorf("the report came by %v", m)
	}
	if post := file["post"].(object); len(post["held"].([]any)) != 1 {
		t.Errorf("mail asks %v", post)
	}
	eml := h.ask("GET", one+"/mails/1", "", "Authorization", lead).want(t, http.StatusOK)
	if eml.Body.String() != raw || !strings.HasPrefix(eml.Header().Get("Content-Disposition"), "attachment") || eml.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("as it came: %v", eml.Header())
	}
	if _, err := h.Desk.As(h.Lead).Do(t.Context(), a.Case, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"Receipt " + receipt, fixer} {
		for _, path := range []string{"/mails/1", "/mails/9", "/mails/x"} {
			if a := h.ask("GET", one+path, "", "Authorization", who); a.Code != http.StatusNotFound && a.Code != http.StatusUnauthorized {
				t.Errorf("%.8s %s: %d", who, path, a.Code)
			}
		}
	}
	if s := h.ask("GET", one, "", "Authorization", fixer).want(t, http.StatusOK).Body.String(); strings.Contains(s, "canary@example.net") {
		t.Error("who is only named on the case reads the address")
	}
	h.ask("POST", one+"/admit", fmt.Sprintf(`{"seq":%d}`, held.Events[0].Seq), "Authorization", lead).want(t, http.StatusOK)
	if s := h.ask("GET", "/api/v1/thread", "", "Authorization", "Receipt "+receipt).Body.String(); !strings.Contains(s, `"more"`) {
		t.Errorf("admitted words are not in the thread: %s", s)
	}
}
