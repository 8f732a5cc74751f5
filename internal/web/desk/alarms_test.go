package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// What is wrong is said where the desk begins and on the page that it is about. Every other
// page only counts it in the navigation, at the part that it is about.
func TestAnAlarmIsSaidOnceAndCountedElsewhere(t *testing.T) {
	h := house(t, func(c *web.Config) {
		c.Alarms = func(*http.Request) []web.Notice {
			return []web.Notice{
				{Kind: "alarm", Title: "Two notices were given up", Href: "/desk/outbox", Label: "Show"},
				{Kind: "warn", Title: "A version waits", Href: "/desk/policy", Label: "Show"},
				{Kind: "alarm", Title: "The disk is almost full"},
			}
		}
	})
	id := string(h.Receive(cvd.Report{Title: "one"}).Case)
	lead := in(h, "lead@example.org")
	for path, want := range map[string]string{
		"/desk/": "outbox policy disk", "/desk/?view=mine": "outbox policy disk", "/desk/outbox": "outbox", "/desk/policy/1": "policy",
		"/desk/cases/" + id: "", "/desk/me": "", "/desk/audit": "", "/desk/team": "", "/desk/nothing": "",
	} {
		page := lead.Get(path)
		whole(t, path, page)
		var said []string
		for _, one := range [][2]string{{"Two notices were given up", "outbox"}, {"A version waits", "policy"}, {"The disk is almost full", "disk"}} {
			if strings.Contains(page.Body, one[0]) {
				said = append(said, one[1])
			}
		}
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%s says %q, not %q", path, got, want)
		}
		for section, n := range map[string]int{"/desk/": 1, "/desk/outbox": 1, "/desk/policy": 1, "/desk/team": 0} {
			_, link, _ := strings.Cut(page.Body, `<li><a href="`+section+`"`)
			link, _, _ = strings.Cut(link, "</li>")
			if strings.Count(link, "<span class=\"only-read\">1 alarm</span>") != n {
				t.Errorf("%s counts in its navigation %s", path, link)
			}
		}
	}
	if page := lead.Get("/desk/").Body; !strings.Contains(page, `aria-label="Show: Two notices were given up"`) {
		t.Error("the link of an alarm says nothing by itself")
	}
	if page := lead.Get("/desk/outbox").Body; strings.Contains(page, `aria-label="Show: `) {
		t.Error("an alarm leads to the page on which it stands")
	}
	// An officer's desk begins at the policy.
	if page := in(h, "officer@example.org").Get("/desk/policy").Text(); !strings.Contains(page, "A version waits") || strings.Contains(page, "Two notices were given up") {
		t.Errorf("an officer reads %s", page)
	}
}
