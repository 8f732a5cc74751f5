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
	if o["type"] != "urn:fairlead:problem:too-many-requests" || !strings.Contains(detail, "1 MiB of files in 24 hours") || !strings.Contains(detail, "Words are always taken") {
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
