package api_test

import (
	"strings"
	"testing"
)

func noFault(t *testing.T, h *house, a answer) {
	t.Helper()
	if a.Code >= 500 {
		t.Fatalf("status %d: %s\n%s", a.Code, a.Body, h.Log)
	}
}

func FuzzReport(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"description":"x"}`, `{"description":"x","urls":[1,"a"],"reporter":{"credit":{"wanted":true}}}`, `[[[[`, "\x00", `{"description":"\ud800"}`, `{"extra":{"a":{}},"description":"x"}`} {
		f.Add(s, "")
	}
	h := open(f, true)
	f.Fuzz(func(t *testing.T, body, key string) {
		header := []string{}
		if key != "" && !strings.ContainsAny(key, "\r\n") {
			header = append(header, "Idempotency-Key", key)
		}
		noFault(t, h, h.ask("POST", "/api/v1/reports", body, header...))
	})
}

func FuzzVerb(f *testing.F) {
	h := open(f, true)
	id, receipt := h.report(`{"description":"x"}`)
	verbs := []string{"acknowledge", "ask", "severity", "postpone", "redact", "contact", "claim", "note", "invite", "noncompliance"}
	for i, s := range []string{``, `{}`, `{"text":"x"}`, `{"until":"2026-13-01"}`, `{"seq":-1,"reason":"x"}`, `{"contact":{"credit":"name"}}`, `{"clock":"fix","until":"9999-12-31T23:59:59Z","reason":"x"}`, `{"vector":"CVSS:3.1/"}`} {
		f.Add(i, s)
	}
	f.Fuzz(func(t *testing.T, n int, body string) {
		if n < 0 {
			n = -(n + 1)
		}
		noFault(t, h, h.as(h.Lead, "POST", "/api/v1/cases/"+id+"/"+verbs[n%len(verbs)]+"?preview=true", body))
		noFault(t, h, h.ask("POST", "/api/v1/cases", body, "Authorization", "Bearer "+h.token(h.Lead, false)))
		noFault(t, h, h.ask("POST", "/api/v1/thread/contact", body, "Authorization", "Receipt "+receipt))
		noFault(t, h, h.ask("POST", "/api/v1/thread/attachments", body, "Authorization", "Receipt "+receipt, "Content-Type", "multipart/form-data; boundary=x"))
	})
}
