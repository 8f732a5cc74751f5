package desk_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// lines are the texts of an audit page's lines, from the top.
func lines(a *webtest.Answer) (out []string) {
	for _, m := range regexp.MustCompile(`(?s)<tr><td class="nowrap".*?</tr>`).FindAllString(a.Body, -1) {
		out = append(out, strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m, " ")), " "))
	}
	return out
}

// What was done to the policy stands among the other entries: who, when, and which version.
func TestAuditHoldsThePolicy(t *testing.T) {
	h := house(t)
	before := h.Now()
	h.Pass(time.Hour)
	next := strings.Replace(string(h.Book.Current().Source), "revision: ", "# again\nrevision: ", 1)
	made, err := h.Book.Publish(context.Background(), h.Lead, []byte(next))
	if err != nil {
		t.Fatal(err)
	}
	h.Pass(time.Hour)
	lead := in(h, "lead@example.org")
	page := sought(lead).Check(h, http.StatusOK)
	whole(t, "audit with the policy", page)
	all := lines(page)
	at := slices.IndexFunc(all, func(s string) bool {
		return strings.Contains(s, "New version of the policy") && strings.Contains(s, "Lena Lead")
	})
	signedIn := slices.IndexFunc(all, func(s string) bool { return strings.Contains(s, "Signed in") && strings.Contains(s, "Lena Lead") })
	if at < 0 || !strings.Contains(all[at], "SHA-256 "+made.Digest[:12]) || !strings.Contains(page.Body, `href="/desk/policy/2"`) || signedIn < 0 || at < signedIn {
		t.Fatalf("the audit reads %s", strings.Join(all, "\n"))
	}
	day := before.UTC().Format(time.DateOnly)
	for what, c := range map[string]struct {
		pairs []string
		want  int
	}{
		"published":     {[]string{"kind", "policy.published"}, 2},
		"by the lead":   {[]string{"kind", "policy.published", "who", h.Lead.ID}, 1},
		"by the member": {[]string{"kind", "policy.published", "who", h.Member.ID}, 0},
		"of another":    {[]string{"kind", "policy.published", "until", before.AddDate(0, 0, -2).UTC().Format(time.DateOnly)}, 0},
		"since":         {[]string{"kind", "policy.published", "from", day}, 2},
	} {
		if got := lines(sought(lead, c.pairs...).Check(h, http.StatusOK)); len(got) != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	if text := sought(lead, "kind", "policy.dropped").Text(); !strings.Contains(text, "does not exist") {
		t.Errorf("an unknown kind is taken: %s", text)
	}
}

// However many entries there are beside them, each act stands on exactly one page, in its place.
func TestAuditPagesHoldThePolicyOnce(t *testing.T) {
	h := house(t)
	source := string(h.Book.Current().Source)
	links := func(n int) {
		for range n {
			if _, err := h.Auth.NewLink(auth.AskedBy(context.Background(), auth.Operator), h.Member.ID, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 3 {
		source = strings.Replace(source, "revision: ", "# again\nrevision: ", 1)
		if _, err := h.Book.Publish(context.Background(), cvd.System, []byte(source)); err != nil {
			t.Fatal(err)
		}
		h.Ahead(time.Minute)
		links(70 + i)
		h.Ahead(time.Minute)
	}
	lead := in(h, "lead@example.org")
	next := regexp.MustCompile(`<a class="button small" rel="next" href="([^"]+)"`)
	var seen []string
	for at, pages := "/desk/audit", 0; at != "" && pages < 9; pages++ {
		page := lead.Get(at).Check(h, http.StatusOK)
		seen = append(seen, regexp.MustCompile(`href="/desk/policy/(\d+)">`).FindAllString(page.Body, -1)...)
		at = ""
		if m := next.FindStringSubmatch(page.Body); m != nil {
			at = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	want := len(h.Book.Versions().Acts)
	if len(seen) != want || want < 4 {
		t.Errorf("%d of %d acts: %v", len(seen), want, seen)
	}
}
