package api_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

func TestRecord(t *testing.T) {
	h := open(t, true)
	was := h.Now().Add(-48 * time.Hour).Format(time.RFC3339)
	o := h.as(h.Member, "POST", "/api/v1/cases", `{"description":"told on the phone","channel":"phone","received_at":"`+was+`"}`).want(t, 201).object(t)
	if o["receipt"] == nil || !strings.HasPrefix(o["received_at"].(string), was[:16]) {
		t.Errorf("%v", o)
	}
	if o := h.as(h.Member, "POST", "/api/v1/cases", `{"description":"found in review","internal":true}`).want(t, 201).object(t); o["receipt"] != nil {
		t.Errorf("an internal finding has a receipt: %v", o)
	}
	for _, zone := range []string{"+02:00", "-04:30"} {
		o := h.as(h.Member, "POST", "/api/v1/cases", `{"description":"from afar","channel":"phone","received_at":"2026-02-02T11:00:00`+zone+`"}`).want(t, 201).object(t)
		if !strings.HasSuffix(o["received_at"].(string), "Z") {
			t.Errorf("received_at %s is not UTC", o["received_at"])
		}
		o = h.ask("GET", "/api/v1/promises?received=2026-02-02T11:00:00"+url.QueryEscape(zone), "").want(t, 200).object(t)
		if !strings.HasSuffix(o["received_at"].(string), "Z") {
			t.Errorf("received_at %s is not UTC", o["received_at"])
		}
	}
	a := h.as(h.Member, "POST", "/api/v1/cases", `{"description":"","channel":"pigeon","received_at":"yesterday","foo":1}`).want(t, 422)
	if got := strings.Join(fieldsOf(problemOf(t, a)), " "); got != "channel description foo received_at" {
		t.Errorf("faults of %s", got)
	}
	h.as(h.Member, "POST", "/api/v1/cases", `{"description":"x","channel":"phone","received_at":"2030-01-01T00:00:00Z","program":"q"}`).want(t, 422)
	for at, problem := range map[string]string{"2030-01-01T00:00:00Z": "lies in the future", "1990-01-01T00:00:00Z": "lies more than 5 years back", "0001-01-01T00:00:01Z": "is not an instant between the years 1970 and 2100"} {
		o := problemOf(t, h.as(h.Member, "POST", "/api/v1/cases", `{"description":"x","channel":"phone","received_at":"`+at+`"}`).want(t, 422))
		if one := o["errors"].([]any)[0].(object); one["field"] != "received_at" || one["problem"] != problem {
			t.Errorf("%s: %v", at, one)
		}
	}
	h.as(h.Auditor, "POST", "/api/v1/cases", `{"description":"x","channel":"phone"}`).want(t, 404)
}

func TestPolicyVersions(t *testing.T) {
	h := open(t, true)
	cur := h.ask("GET", "/api/v1/policy", "").want(t, 200).object(t)
	if cur["number"] != 1.0 || cur["effective"] == nil || cur["waiting"] != nil {
		t.Errorf("%v", cur)
	}
	source, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "signed-policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(who cvd.Actor, body string) answer {
		return h.ask("POST", "/api/v1/policy", body, "Authorization", "Bearer "+h.token(who, false), "Content-Type", "application/yaml")
	}
	put(h.Member, string(source)).want(t, 404)
	bad := problemOf(t, put(h.Lead, "organisation: [\n").want(t, 422))
	if first := bad["errors"].([]any)[0].(object); first["line"] == nil {
		t.Errorf("no line: %v", bad)
	}
	v := put(h.Lead, string(source)).want(t, 201).object(t)
	missing := v["missing"].([]any)
	if v["number"] != 2.0 || v["effective"] != nil || len(missing) == 0 {
		t.Fatalf("%v", v)
	}
	if w := h.as(h.Lead, "GET", "/api/v1/policy", "").object(t)["waiting"].([]any); len(w) != 1 {
		t.Errorf("waiting %v", w)
	}
	for name, who := range map[string]cvd.Actor{"fixer": h.Fixer, "member": h.Member} {
		if w := h.as(who, "GET", "/api/v1/policy", "").want(t, 200).object(t)["waiting"]; (w == nil) != (name == "fixer") {
			t.Errorf("a %s sees %v", name, w)
		}
	}
	h.as(h.Lead, "POST", "/api/v1/policy/2/sign", `{"office":"x","act":"approved","digest":"y"}`).want(t, 404)
	h.as(h.Officer, "POST", "/api/v1/policy/9/sign", `{"office":"`+h.Officer.Offices[0]+`","act":"approved","digest":"y"}`).want(t, 404)
	for i, m := range missing {
		so := m.(object)
		by := h.Officer
		if i > 0 { // two offices are two people
			h.as(by, "POST", "/api/v1/policy/2/sign", `{"office":"`+so["office"].(string)+`","act":"`+so["act"].(string)+`","digest":"`+v["digest"].(string)+`"}`).want(t, 409)
			by = h.Add("Cleo Chief", "chief@example.org", []string{so["office"].(string)}, cvd.RoleOfficer)
		}
		o := h.as(by, "POST", "/api/v1/policy/2/sign", `{"office":"`+so["office"].(string)+`","act":"`+so["act"].(string)+`","digest":"`+v["digest"].(string)+`"}`).want(t, 200).object(t)
		if done := i == len(missing)-1; (o["effective"] != nil) != done {
			t.Errorf("after %d signatures: %v", i+1, o)
		}
	}
	if now := h.ask("GET", "/api/v1/policy", "").object(t); now["number"] != 2.0 {
		t.Errorf("%v", now)
	}
}

func TestTeam(t *testing.T) {
	h := open(t, true)
	h.as(h.Member, "POST", "/api/v1/members", `{"name":"N","email":"n@example.org","roles":["member"]}`).want(t, 404)
	h.as(h.Lead, "POST", "/api/v1/members", `{"name":"","email":"nope","roles":["king"]}`).want(t, 422)
	m := h.as(h.Lead, "POST", "/api/v1/members", `{"name":"Nora New","email":"nora@example.org","roles":["member"]}`).want(t, 201).object(t)
	id := m["id"].(string)
	link := h.as(h.Lead, "POST", "/api/v1/members/"+id+"/link", "").want(t, 201).object(t)["url"].(string)
	code, ok := strings.CutPrefix(link, "https://security.example.org/desk/sign-in#link=")
	if _, err := h.Auth.UseLink(context.Background(), code); !ok || err != nil {
		t.Errorf("%s: %v", link, err)
	}
	h.as(h.Lead, "POST", "/api/v1/members/m-nobody/link", "").want(t, 404)
	h.as(h.Member, "POST", "/api/v1/members/"+id+"/link", "").want(t, 404)
	if a := h.as(h.Member, "GET", "/api/v1/members", "").want(t, 200); !strings.Contains(a.Body.String(), "Nora New") {
		t.Errorf("%s", a.Body)
	}
	h.as(h.Officer, "GET", "/api/v1/members", "").want(t, 404)

	tok := h.as(h.Lead, "POST", "/api/v1/tokens", `{"name":"scanner","member":"`+id+`","machine":true}`).want(t, 201).object(t)
	secret := tok["token"].(string)
	h.ask("GET", "/api/v1/cases", "", "Authorization", "Bearer "+secret).want(t, 200)
	h.as(h.Member, "POST", "/api/v1/tokens", `{"name":"x","member":"`+id+`"}`).want(t, 404)
	// A lead does not act as somebody else, and what a lead does is the lead's.
	h.as(h.Lead, "POST", "/api/v1/tokens", `{"name":"x","member":"`+id+`"}`).want(t, 422)
	trail, err := h.Auth.Audit(context.Background(), h.Lead, 0)
	if err != nil || !slices.ContainsFunc(trail, func(e auth.AuditEntry) bool {
		return e.Act == auth.ActLinkMade && e.Subject == id && e.By == h.Lead.Ref()
	}) {
		t.Errorf("who made the link is not recorded: %v", trail)
	}
	h.as(h.Member, "POST", "/api/v1/tokens", `{"name":"x","expires":"2099-01-01T00:00:00Z"}`).want(t, 422)
	if a := h.as(h.Lead, "GET", "/api/v1/tokens", "").want(t, 200); strings.Contains(a.Body.String(), secret) {
		t.Error("the list shows the secret")
	}
	h.as(h.Lead, "DELETE", "/api/v1/tokens/"+tok["id"].(string), "").want(t, 204)
	h.ask("GET", "/api/v1/cases", "", "Authorization", "Bearer "+secret).want(t, 401)
	h.as(h.Lead, "DELETE", "/api/v1/tokens/nothing", "").want(t, 404)
}

// Whoever may read the server's data folder keeps the team by the command line,
// without being a person.
func TestOperator(t *testing.T) {
	h := open(t, true)
	secret := "fl_" + strings.Repeat("o", 43)
	h.Auth = auth.New(h.Store, h.Vault, auth.Options{Now: h.Now, DevFastHash: true, Operator: secret})
	h.build(true)
	ask := func(method, path, body string) answer {
		return h.ask(method, path, body, "Authorization", "Bearer "+secret)
	}
	m := ask("POST", "/api/v1/members", `{"name":"Nora New","email":"nora@example.org","roles":["lead"]}`).want(t, 201).object(t)
	ask("POST", "/api/v1/members/"+m["id"].(string)+"/link", "").want(t, 201)
	ask("POST", "/api/v1/tokens", `{"name":"x","member":"`+m["id"].(string)+`"}`).want(t, 201)
	ask("GET", "/api/v1/tokens", "").want(t, 200)
	id, _ := h.report(`{"description":"x"}`)
	ask("POST", "/api/v1/cases/"+id+"/acknowledge", "").want(t, 409)
}
