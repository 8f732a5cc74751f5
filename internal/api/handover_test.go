package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"fairlead/internal/advisory/csaf/report"
	"fairlead/internal/cvd"
)

const agreed = `{"title":"Links","description":"Links are followed.","product":"Tidewater Server","version":"3.2","impact":"Files are read.",
	"reporter":{"name":"Rea Porter","email":"rea@harbour.example","contact_shareable":true}}`

// A report is handed on as a document by those who may hand on, with the reporter's
// name only where they agreed, and with nothing of the team's.
func TestReportIsHandedOn(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(agreed)
	quiet, _ := h.report(strings.Replace(agreed, "true", "false", 1))
	h.as(h.Member, "POST", "/api/v1/cases/"+id+"/note", `{"note":"`+canary+`"}`).want(t, 200)
	path := "/api/v1/cases/" + id + "/report.csaf.json"
	a := h.as(h.Member, "GET", path, "").want(t, 200)
	if !report.Is(a.Body.Bytes()) || strings.Contains(a.Body.String(), canary) || !strings.Contains(a.Body.String(), "rea@harbour.example") {
		t.Errorf("%s", a.Body)
	}
	if got := a.Header().Get("Content-Disposition"); got != "attachment; filename="+strings.ToLower(id)+".json" {
		t.Errorf("%q", got)
	}
	if a := h.as(h.Lead, "GET", "/api/v1/cases/"+quiet+"/report.csaf.json", "").want(t, 200); strings.Contains(a.Body.String(), "rea@") || strings.Contains(a.Body.String(), "Porter") {
		t.Errorf("who did not agree is told: %s", a.Body)
	}
	for said, want := range map[string]bool{
		`"yes"`: true, `"ja, gern"`: true, `"oui"`: true, `"nein"`: false, `"lieber nicht"`: false, `"only to Tidewater"`: false, `"maybe"`: false, `null`: false,
	} {
		id, _ := h.report(strings.Replace(agreed, "true", said, 1))
		doc := h.as(h.Lead, "GET", "/api/v1/cases/"+id+"/report.csaf.json", "").want(t, 200).Body.String()
		if strings.Contains(doc, "rea@") != want || strings.Contains(doc, "Porter") != want {
			t.Errorf("contact_shareable %s: the contact is passed on: %v, want %v", said, !want, want)
		}
		if seen := h.as(h.Lead, "GET", "/api/v1/cases/"+id, "").want(t, 200).Body.String(); said != "null" && !strings.Contains(seen, said) {
			t.Errorf("the team does not read %s", said)
		}
	}
	for _, actor := range []cvd.Actor{h.Auditor, h.Officer, h.Fixer} {
		problemOf(t, h.as(actor, "GET", path, "").want(t, 404))
	}
	problemOf(t, h.as(h.Lead, "GET", "/api/v1/cases/"+canary+"/report.csaf.json", "").want(t, 404))
	problemOf(t, h.ask("GET", path, "", "Authorization", "Receipt "+receipt).want(t, 401))
	h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/redact", `{"seq":1,"reason":"personal"}`).want(t, 200)
	problemOf(t, h.as(h.Lead, "GET", path, "").want(t, 409))
}

// What another house hands on comes in as a report, and what has no place is listed.
func TestReportComesAsADocument(t *testing.T) {
	h := open(t, true)
	id, _ := h.report(agreed)
	doc := h.as(h.Lead, "GET", "/api/v1/cases/"+id+"/report.csaf.json", "").want(t, 200).Body.String()
	doc = strings.Replace(doc, `"vulnerabilities": [`, `"vulnerabilities": [`+vulnerability(t, doc)+",", 1)
	o := h.ask("POST", "/api/v1/reports", doc).want(t, 201).object(t)
	lost, _ := o["lost"].([]any)
	if len(lost) != 1 || lost[0].(object)["pointer"] != "/vulnerabilities/1" {
		t.Errorf("lost: %v", o["lost"])
	}
	got := h.as(h.Lead, "GET", "/api/v1/cases/"+o["case"].(string), "").want(t, 200).object(t)
	r := got["report"].(object)
	if got["title"] != "Links" || got["product"] != "Tidewater Server" || r["own_id"] != id || r["impact"] != "Files are read." || !strings.Contains(r["description"].(string), "Links are followed.") {
		t.Errorf("%v", r)
	}
	long := strings.Replace(doc, "Files are read.", strings.Repeat("x", 30_000), 1)
	if o := problemOf(t, h.ask("POST", "/api/v1/reports", long).want(t, 422)); strings.Join(fieldsOf(o), " ") != "impact" {
		t.Errorf("%v", o)
	}
	if o := problemOf(t, h.ask("POST", "/api/v1/reports", strings.Replace(doc, report.Category, "csaf_vex", 1)).want(t, 422)); strings.Join(fieldsOf(o), " ") != "document.category" {
		t.Errorf("%v", o)
	}
	problemOf(t, h.ask("POST", "/api/v1/reports", doc+"{").want(t, 400))
}

// vulnerability is the first of a document.
func vulnerability(t *testing.T, doc string) string {
	t.Helper()
	var d struct {
		Vulnerabilities []json.RawMessage `json:"vulnerabilities"`
	}
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		t.Fatal(err)
	}
	return string(d.Vulnerabilities[0])
}
