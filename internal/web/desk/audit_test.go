package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// entriesOf are how many lines a page of the audit has.
func entriesOf(a *webtest.Answer) int { return strings.Count(a.Body, `<td class="nowrap"`) }

func sought(b *webtest.Browser, pairs ...string) *webtest.Answer {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return b.Get("/desk/audit?" + q.Encode())
}

// The audit is narrowed by person, kind, case and day, without a script.
func TestAuditIsNarrowed(t *testing.T) {
	h := house(t)
	zone, err := time.LoadLocation(h.Book.Current().Policy.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	first := h.Now().In(zone).Format(time.DateOnly)
	member := in(h, "member@example.org")
	id := h.Receive(cvd.Report{Title: "one"}).Case
	other := h.Receive(cvd.Report{Title: "two"}).Case
	member.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK)
	member.Get("/desk/cases/"+string(other)).Check(h, http.StatusOK)
	h.Pass(48 * time.Hour)
	third := h.Now().In(zone).Format(time.DateOnly)
	lead := in(h, "lead@example.org")

	all := sought(lead).Check(h, http.StatusOK)
	whole(t, "audit", all)
	for what, c := range map[string]struct {
		pairs       []string
		has, hasNot string
	}{
		"a person":      {[]string{"who", h.Member.ID, "kind", "sign-in"}, "Milo Member", "<td data-label=\"Who\">Lena Lead"},
		"a kind":        {[]string{"kind", "sign-in"}, "Signed in", "Member added</td>"},
		"the first day": {[]string{"kind", "sign-in", "from", first, "until", first}, "<td data-label=\"Who\">Milo Member", "<td data-label=\"Who\">Lena Lead"},
		"since":         {[]string{"kind", "sign-in", "from", third}, "<td data-label=\"Who\">Lena Lead", "<td data-label=\"Who\">Milo Member"},
		"a case":        {[]string{"case", strings.ToLower(string(id))}, "/desk/cases/" + string(id), string(other)},
		"looks":         {[]string{"kind", "look"}, string(other), "Signed in</td>"},
		"nobody":        {[]string{"case", string(id), "who", h.Lead.ID}, "No entry fits.", "<td class"},
		"no such pair":  {[]string{"case", string(id), "kind", "sign-in"}, "stands in its timeline", "<td class"},
	} {
		page := sought(lead, c.pairs...).Check(h, http.StatusOK)
		if !strings.Contains(page.Body, c.has) || strings.Contains(page.Body, c.hasNot) {
			t.Errorf("%s: %s", what, page.Text())
		}
	}
	sought(in(h, "member@example.org"), "case", string(id)).Check(h, http.StatusNotFound)
	sought(in(h, "auditor@example.org"), "case", string(id)).Check(h, http.StatusOK)
}

// What cannot be looked for is refused by the name of its field, with the form and the
// remedy, and what was typed stays.
func TestAuditRefusesBadDays(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	for name, c := range map[string]struct {
		pairs []string
		want  []string
	}{
		"no date": {[]string{"from", "yesterday"}, []string{"First day is no date", "write it as 2026-03-01", `value="yesterday"`}},
		"no day":  {[]string{"until", "2026-02-30"}, []string{"Last day is no date", `value="2026-02-30"`}},
		"turned":  {[]string{"from", "2026-03-05", "until", "2026-03-04"}, []string{"Last day is before the first day", "choose the first day or a later one", `value="2026-03-05"`}},
		"too far": {[]string{"from", "9999-01-01"}, []string{"First day lies outside the years", "write a date within those years"}},
		"no case": {[]string{"case", "seven"}, []string{"Case is no case id", "FL-2026-7KQ4MXZ", `value="seven"`}},
		"no kind": {[]string{"kind", "theft"}, []string{"Kind does not exist"}},
		"both":    {[]string{"from", "x", "until", "y"}, []string{"First day is no date", "Last day is no date"}},
		"no text": {[]string{"from", "\xff"}, []string{"First day holds bytes that are no text"}},
	} {
		page := sought(lead, c.pairs...).Check(h, http.StatusUnprocessableEntity)
		for _, want := range c.want {
			if !strings.Contains(page.Text(), want) && !strings.Contains(page.Body, want) {
				t.Errorf("%s does not say %q: %s", name, want, page.Text())
			}
		}
		if n := entriesOf(page); n != 0 {
			t.Errorf("%s: %d entries beside a refusal", name, n)
		}
	}
	sought(lead, "after", "nowhere").Check(h, http.StatusBadRequest)
}

// Pages follow each other with the search kept, and every entry stands on one of them.
func TestAuditPages(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	const most = 230
	for range most {
		id := h.Receive(cvd.Report{Title: "x"}).Case
		lead.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK)
	}
	next := regexp.MustCompile(`<a class="button small" rel="next" href="([^"]+)"`)
	seen := map[string]bool{}
	at := "/desk/audit?kind=look&who=" + h.Lead.ID
	pages := 0
	for ; at != "" && pages < 10; pages++ {
		page := lead.Get(at).Check(h, http.StatusOK)
		for _, m := range regexp.MustCompile(`href="/desk/cases/([^"]+)"`).FindAllStringSubmatch(page.Body, -1) {
			if seen[m[1]] {
				t.Errorf("%s stands twice", m[1])
			}
			seen[m[1]] = true
		}
		if pages > 0 && !strings.Contains(page.Body, `href="/desk/audit?kind=look&amp;who=`+h.Lead.ID+`"`) {
			t.Error("no way back to the first page with the search kept")
		}
		at = ""
		if m := next.FindStringSubmatch(page.Body); m != nil {
			at = strings.ReplaceAll(m[1], "&amp;", "&")
			if !strings.Contains(at, "kind=look") {
				t.Errorf("the next page forgets the search: %s", at)
			}
		}
	}
	if len(seen) != most || pages != 3 {
		t.Errorf("%d of %d on %d pages", len(seen), most, pages)
	}
}
