package desk_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Vectors of three severities.
const (
	high   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
	medium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
	low    = "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N"
)

// titles are those of the lines, from the top.
func titles(page *webtest.Answer) (out []string) {
	for _, m := range regexp.MustCompile(`<th scope="row"[^>]*><a [^>]*>([^<]*)</a>`).FindAllStringSubmatch(page.Body, -1) {
		out = append(out, m[1])
	}
	return out
}

// heads are the columns that can order the list: where they lead, and how they stand.
func heads(page *webtest.Answer) map[string][2]string {
	out := map[string][2]string{}
	for _, m := range regexp.MustCompile(`<th scope="col" class="by (\w+)"(?: aria-sort="(\w+)")?><a href="([^"]*)">`).FindAllStringSubmatch(page.Body, -1) {
		out[m[1]] = [2]string{html.UnescapeString(m[3]), m[2]}
	}
	return out
}

// Emergencies stand first and the page says so; each column orders the list by a link that
// keeps what else is chosen, and turns it when it is followed again.
func TestColumnsOrderTheQueue(t *testing.T) {
	h := house(t)
	receive := func(title string) cvd.CaseID { return h.Receive(cvd.Report{Title: title}).Case }
	one := receive("one")
	h.Ahead(48 * time.Hour)
	two := receive("two")
	h.Ahead(48 * time.Hour)
	three := receive("three")
	h.Do(h.Lead, three, cvd.VerbEmergency, cvd.Input{Reason: "It is used in attacks."})
	h.Ahead(time.Minute)
	h.Do(h.Lead, two, cvd.VerbSeverity, cvd.Input{Vector: medium})
	h.Ahead(time.Minute)
	h.Do(h.Lead, one, cvd.VerbSeverity, cvd.Input{Vector: low})
	lead := in(h, "lead@example.org")
	follow := func(link string, want ...string) map[string][2]string {
		t.Helper()
		page := lead.Get(link).Check(h, http.StatusOK)
		if got := titles(page); !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", link, got, want)
		}
		whole(t, link, page)
		return heads(page)
	}
	first := follow("/desk/", "three", "one", "two")
	if first["due"][1] != "other" || !strings.Contains(lead.Get("/desk/").Text(), "Emergencies first") {
		t.Errorf("the first page does not say its order: %v", first)
	}
	due := follow(first["due"][0], "one", "two", "three")
	if due["due"][1] != "ascending" {
		t.Errorf("by due date: %v", due)
	}
	if again := follow(due["due"][0], "three", "two", "one"); again["due"][1] != "descending" {
		t.Errorf("turned: %v", again)
	}
	if came := follow(due["came"][0], "three", "two", "one"); came["came"][1] != "descending" || came["due"][1] != "" {
		t.Errorf("by arrival: %v", came)
	} else {
		follow(came["came"][0], "one", "two", "three")
	}
	if moved := follow(due["moved"][0], "one", "two", "three"); moved["moved"][1] != "descending" {
		t.Errorf("by change: %v", moved)
	}
	if rated := follow(due["severity"][0], "two", "one", "three"); rated["severity"][1] != "descending" {
		t.Errorf("by severity: %v", rated)
	} else {
		follow(rated["severity"][0], "one", "two", "three")
	}
	// What else is chosen stays, and the view's own order needs no word in the address.
	narrowed := follow("/desk/?view=unowned&q=three&state=received&after="+url.QueryEscape("0~1970-01-01T00:00:00Z~1970-01-01T00:00:00Z~"), "three")
	if link := narrowed["severity"][0]; !strings.Contains(link, "q=three") || !strings.Contains(link, "view=unowned") || !strings.Contains(link, "state=received") || strings.Contains(link, "after") {
		t.Errorf("the column leads to %s", link)
	}
}

// More than one state, severity and holder can be chosen, in any order with the same
// address, and a kept filter keeps all of them.
func TestSeveralValuesOfAFilter(t *testing.T) {
	h := house(t)
	receive := func(title string) cvd.CaseID { return h.Receive(cvd.Report{Title: title}).Case }
	mine, theirs := receive("mine"), receive("theirs")
	receive("free")
	h.Do(h.Lead, mine, cvd.VerbClaim, cvd.Input{})
	h.Do(h.Lead, theirs, cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	h.Do(h.Lead, mine, cvd.VerbSeverity, cvd.Input{Vector: high})
	h.Do(h.Lead, theirs, cvd.VerbSeverity, cvd.Input{Vector: low})
	lead := in(h, "lead@example.org")
	for query, want := range map[string][]string{
		"holder=me&holder=none":                        {"free", "mine"},
		"holder=" + h.Member.ID + "&holder=me":         {"mine", "theirs"},
		"severity=high&severity=unrated":               {"free", "mine"},
		"severity=low&holder=me&holder=" + h.Member.ID: {"theirs"},
		"state=received&state=valid&state=received":    {"free", "mine", "theirs"},
		"state=valid&state=accepted":                   nil,
		"severity=high&severity=nonsense&severity=low": {"mine", "theirs"},
		"view=unowned&holder=" + h.Member.ID:           {"theirs"},
		"severity=unrated&holder=none&holder=me&q=f":   {"free"},
		"severity=high&severity=low&sort=severity&q=i": {"mine", "theirs"},
	} {
		got := titles(lead.Get("/desk/?"+query).Check(h, http.StatusOK))
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s leaves %v, want %v", query, got, want)
		}
	}
	page := lead.Get("/desk/?severity=high&severity=nonsense")
	if !strings.Contains(page.Text(), "left out: Severity") || !strings.Contains(page.Body, `name="severity" value="high" checked`) {
		t.Error("a value that is left out is not said")
	}
	form := lead.Form(lead.Get("/desk/?severity=low&severity=high&holder=none&holder=me&sort=-created").Check(h, http.StatusOK), "/desk/filters")
	form.Set("name", "Both")
	lead.Post("/desk/filters", form).Check(h, http.StatusSeeOther)
	const kept = "/desk/?holder=me&amp;holder=none&amp;severity=high&amp;severity=low&amp;sort=-created"
	if body := lead.Get("/desk/?holder=none&holder=me&severity=high&severity=low&sort=-created").Body; !strings.Contains(body, `<a href="`+kept+`" aria-current="page">`) {
		t.Error("the kept filter is not found again by another address of the same")
	}
}

// A ruling that waits for a second person has a view of its own, and leaves it when it is
// confirmed.
func TestPendingRulingsAreListed(t *testing.T) {
	h := house(t)
	id := h.Receive(cvd.Report{Title: "ruled"}).Case
	h.Receive(cvd.Report{Title: "other"})
	lead := in(h, "lead@example.org")
	if got := titles(lead.Get("/desk/?view=pending").Check(h, http.StatusOK)); len(got) > 0 {
		t.Fatalf("waiting: %v", got)
	}
	h.Do(h.Lead, id, cvd.VerbNoncompliance, cvd.Input{Reason: "Data was changed.", Clauses: []string{"no-data-access"}})
	for _, query := range []string{"view=pending", "flag=pending"} {
		if got := titles(lead.Get("/desk/?"+query).Check(h, http.StatusOK)); !slices.Equal(got, []string{"ruled"}) {
			t.Errorf("%s: %v", query, got)
		}
	}
	h.Do(h.Member, id, cvd.VerbConfirm, cvd.Input{})
	if got := titles(lead.Get("/desk/?view=pending").Check(h, http.StatusOK)); len(got) > 0 {
		t.Errorf("still waiting: %v", got)
	}
}

// Pages go on exactly where the one before ended, in every order, also where many cases fall
// due at the same instant and across the end of the emergencies.
func TestPagesOfEveryOrder(t *testing.T) {
	h := house(t)
	for i := range 55 {
		id := h.Receive(cvd.Report{Title: "case " + string(rune('a'+i%26)) + string(rune('a'+i/26))}).Case
		if i%9 == 0 {
			h.Do(h.Lead, id, cvd.VerbEmergency, cvd.Input{Reason: "attacks"})
		}
		if i%3 == 0 {
			h.Do(h.Lead, id, cvd.VerbSeverity, cvd.Input{Vector: high})
		}
	}
	lead := in(h, "lead@example.org")
	for _, by := range []string{"", "due", "-due", "created", "-created", "updated", "-updated", "severity", "-severity"} {
		first := lead.Get("/desk/?sort="+by).Check(h, http.StatusOK)
		m := regexp.MustCompile(`href="(/desk/\?[^"]*after=[^"]*)"`).FindStringSubmatch(first.Body)
		if m == nil {
			t.Fatalf("%q: no second page", by)
		}
		all := append(titles(first), titles(lead.Get(html.UnescapeString(m[1])).Check(h, http.StatusOK))...)
		distinct := slices.Compact(slices.Sorted(slices.Values(all)))
		if len(all) != 55 || len(distinct) != 55 {
			t.Errorf("%q: %d lines of %d cases", by, len(all), len(distinct))
		}
	}
}
