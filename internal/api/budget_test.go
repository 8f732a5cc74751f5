package api_test

import (
	"strconv"
	"strings"
	"testing"

	"fairlead/internal/auth/limit"
)

// A reporter's file over the budget is refused with the limit, the remedy and when to
// come again, and leaves nothing; words are taken, and so are the team's files.
func TestFilesOverTheBudget(t *testing.T) {
	h := open(t, false)
	h.uploads = limit.NewBudget(limit.Bytes{Day: 1 << 20}, limit.Bytes{}, 8, h.Now)
	h.build(false)
	id, receipt := h.report(`{"description":"x"}`)
	file, kind := upload("a.bin", make([]byte, 600<<10))
	send := func(path, who string) answer {
		return h.ask("POST", path, file, "Authorization", who, "Content-Type", kind)
	}
	mine := "Receipt " + receipt
	send("/api/v1/thread/attachments", mine).want(t, 201)
	a := send("/api/v1/thread/attachments", mine).want(t, 429)
	if seconds, err := strconv.Atoi(a.Header().Get("Retry-After")); err != nil || seconds < 23*3600 || seconds > 25*3600 {
		t.Errorf("Retry-After %q", a.Header().Get("Retry-After"))
	}
	o := a.object(t)
	detail, _ := o["detail"].(string)
	if o["type"] != "urn:fairlead:problem:too-many-requests" || !strings.Contains(detail, "1 MiB of files in 24 hours") || !strings.Contains(detail, "Text is still taken") {
		t.Errorf("%s", a.Body)
	}
	if log := h.Log.String(); strings.Count(log, "event=limit-hit refusal=uploads") != 1 {
		t.Errorf("the log does not tell: %s", log)
	}
	if n := strings.Count(h.ask("GET", "/api/v1/thread", "", "Authorization", mine).want(t, 200).Body.String(), `"a.bin"`); n != 1 {
		t.Errorf("%d files are in the thread", n)
	}
	h.ask("POST", "/api/v1/thread/messages", `{"text":"words"}`, "Authorization", mine).want(t, 201)
	send("/api/v1/cases/"+id+"/attach", "Bearer "+h.token(h.Lead, false)).want(t, 200)
}

// Words of reporters have a budget of their own, by network and for all; the team's have
// none.
func TestWordsOverTheBudget(t *testing.T) {
	h := open(t, false)
	h.texts = limit.NewBudget(limit.Bytes{Day: 2000}, limit.Bytes{}, 8, h.Now)
	h.build(false)
	_, receipt := h.report(`{"description":"x"}`)
	mine := "Receipt " + receipt
	long := strings.Repeat("w", 1500)
	h.ask("POST", "/api/v1/thread/messages", `{"text":"`+long+`"}`, "Authorization", mine).want(t, 201)
	for path, body := range map[string]string{"/api/v1/thread/messages": `{"text":"` + long + `"}`, "/api/v1/reports": `{"description":"` + long + `"}`} {
		a := h.ask("POST", path, body, "Authorization", map[bool]string{true: mine}[path != "/api/v1/reports"]).want(t, 429)
		if seconds, err := strconv.Atoi(a.Header().Get("Retry-After")); err != nil || seconds < 23*3600 || seconds > 25*3600 {
			t.Errorf("%s: Retry-After %q", path, a.Header().Get("Retry-After"))
		}
		if detail, _ := a.object(t)["detail"].(string); !strings.Contains(detail, "of text in 24 hours") {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
	if log := h.Log.String(); strings.Count(log, "event=limit-hit refusal=words") != 2 {
		t.Errorf("the log does not tell: %s", log)
	}
	h.ask("POST", "/api/v1/thread/messages", `{"text":"short"}`, "Authorization", mine).want(t, 201)
	h.ask("POST", "/api/v1/cases", `{"description":"`+long+`","channel":"phone"}`, "Authorization", "Bearer "+h.token(h.Lead, false)).want(t, 201)
}
