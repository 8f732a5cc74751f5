package api_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
)

const billJSON = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
	{"type":"library","name":"lodash","version":"4.17.15","purl":"pkg:npm/lodash@4.17.15"},{"type":"library","name":"odd","purl":"odd"}]}`

// hand sends a bill as a member, or as a machine of theirs.
func (h *house) hand(a cvd.Actor, machine bool, content []byte, fields ...string) answer {
	body, ct := upload("../bom.json", content, fields...)
	return h.ask("POST", "/api/v1/components", body, "Authorization", "Bearer "+h.token(a, machine), "Content-Type", ct)
}

func TestComponents(t *testing.T) {
	h := open(t, true)
	o := h.hand(h.Member, true, []byte(billJSON), "product", "Tidewater Server", "version", "3.2").want(t, 201).object(t)
	if o["components"] != 2.0 || o["file"] != "bom.json" || o["format"] != "CycloneDX 1.6 JSON" || len(o["notes"].([]any)) != 1 {
		t.Errorf("%v", o)
	}
	bill := o["id"].(string)
	if o := h.hand(h.Lead, false, []byte(billJSON), "product", "tidewater server", "version", "3.2").want(t, 201).object(t); o["same"] != true || o["id"] != bill {
		t.Errorf("the same again: %v", o)
	}
	for query, n := range map[string]int{
		"purl=pkg:npm/lodash": 1, "purl=pkg:npm/lodash@4.17.15": 1, "purl=pkg:npm/lodash@1": 0, "name=LODASH": 1, "name=lodash&versions=%3C4": 0, "name=d": 2,
	} {
		o := h.as(h.Fixer, "GET", "/api/v1/components?"+query, "").want(t, 200).object(t)
		if got := len(o["components"].([]any)); got != n {
			t.Errorf("%s: %d components, want %d: %v", query, got, n, o)
		}
	}
	for query, field := range map[string]string{
		"": "name", "name=a&purl=pkg:npm/a": "name", "purl=" + canary: "purl", "name=a&versions=" + url.QueryEscape("<<"+canary): "versions", "nam=" + canary: "nam name",
	} {
		o := problemOf(t, h.as(h.Lead, "GET", "/api/v1/components?"+query, "").want(t, 422))
		if got := strings.Join(fieldsOf(o), " "); got != field {
			t.Errorf("%s: faults of %s", query, got)
		}
	}
	if o := h.as(h.Auditor, "GET", "/api/v1/components/bills", "").want(t, 200).object(t); len(o["bills"].([]any)) != 1 {
		t.Errorf("%v", o)
	}
	problemOf(t, h.as(h.Lead, "POST", "/api/v1/components/bills/"+bill+"/remove", `{"reason":" "}`).want(t, 422))
	problemOf(t, h.as(h.Lead, "POST", "/api/v1/components/bills/"+canary+"/remove", `{"reason":"x"}`).want(t, 404))
	h.as(h.Member, "POST", "/api/v1/components/bills/"+bill+"/remove", `{"reason":"never shipped"}`).want(t, 204)
	problemOf(t, h.as(h.Member, "POST", "/api/v1/components/bills/"+bill+"/remove", `{"reason":"never shipped"}`).want(t, 404))
}

// Whom the components do not concern, they do not exist for.
func TestComponentsAreForTheTeam(t *testing.T) {
	h := open(t, true)
	_, receipt := h.report(`{"description":"x"}`)
	for _, a := range []answer{
		h.ask("GET", "/api/v1/components?name=a", ""),
		h.ask("GET", "/api/v1/components/bills", "", "Authorization", "Receipt "+receipt),
	} {
		problemOf(t, a.want(t, 401))
	}
	problemOf(t, h.as(h.Officer, "GET", "/api/v1/components?name=a", "").want(t, 404))
	for _, a := range []cvd.Actor{h.Officer, h.Auditor, h.Fixer} {
		problemOf(t, h.hand(a, false, []byte(billJSON), "product", "a", "version", "1").want(t, 404))
		problemOf(t, h.as(a, "POST", "/api/v1/components/bills/x/remove", `{"reason":"x"}`).want(t, 404))
	}
}

func TestHostileBills(t *testing.T) {
	h := open(t, true)
	for _, c := range []struct {
		name    string
		content []byte
		given   []string
		status  int
		fields  string
	}{
		{"everything wrong", []byte(canary), []string{"product", " ", "version", strings.Repeat(canary, 100)}, 422, "file product version"},
		{"nothing beside it", []byte(billJSON), nil, 422, "product version"},
		{"empty", nil, []string{"product", "a", "version", "1"}, 422, "file"},
		{"another field", []byte(billJSON), []string{"product", "a", canary, "1"}, 422, canary},
		{"a field twice", []byte(billJSON), []string{"product", "a", "product", "b"}, 422, "product version"},
		{"packed", []byte("PK\x03\x04" + canary), []string{"product", "a", "version", "1"}, 422, "file"},
		{"entities", []byte(`<!DOCTYPE bom [<!ENTITY e SYSTEM "file:///` + canary + `">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>`), []string{"product", "a", "version", "1"}, 422, "file"},
		{"deep", []byte(strings.Repeat(`{"components":[`, 100_000)), []string{"product", "a", "version", "1"}, 422, "file"},
		{"many", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Repeat("0,", 4<<20) + `0]}`), []string{"product", "a", "version", "1"}, 422, "file"},
		{"large", bytes.Repeat([]byte("{"), sbom.MaxBytes+1), []string{"product", "a", "version", "1"}, 413, ""},
	} {
		a := h.hand(h.Lead, false, c.content, c.given...)
		if a.Code != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.name, a.Code, c.status, a.Body)
			continue
		}
		if c.fields == canary { // the name of a field that is not taken is told, cut to what is a name
			continue
		}
		if got := strings.Join(fieldsOf(problemOf(t, a)), " "); got != c.fields {
			t.Errorf("%s: faults of %q, want %q", c.name, got, c.fields)
		}
	}
	problemOf(t, h.as(h.Lead, "POST", "/api/v1/components", billJSON).want(t, 415))
	body, ct := upload("bom.json", []byte(billJSON), "product", "a", "version", "1")
	problemOf(t, h.ask("POST", "/api/v1/components", body[:len(body)-20], "Authorization", "Bearer "+h.token(h.Lead, false), "Content-Type", ct).want(t, 400))
	if o := h.as(h.Lead, "GET", "/api/v1/components/bills", "").want(t, 200).object(t); len(o["bills"].([]any)) != 0 {
		t.Errorf("something was kept: %v", o)
	}
}
