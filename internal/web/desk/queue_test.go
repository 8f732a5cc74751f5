package desk_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// line is the part of the queue about one case.
func line(h *webtest.House, b *webtest.Browser, id cvd.CaseID) string {
	h.T.Helper()
	page := b.Get("/desk/").Check(h, http.StatusOK).Body
	at := strings.Index(page, `<a href="/desk/cases/`+string(id)+`"`)
	if at < 0 {
		return ""
	}
	from := strings.LastIndex(page[:at], "<tr")
	return page[from : from+strings.Index(page[from:], "</tr>")]
}

// Lines are kept between requests. Each reader still gets their own, as the case
// and the time stand at that moment.
func TestKeptLinesAreEachReadersOwn(t *testing.T) {
	h := house(t)
	id := h.Receive(cvd.Report{Title: `<script>alert("x")</script> & more`, Product: `"><img src=x>`}).Case
	lead, member, fixer := in(h, "lead@example.org"), in(h, "member@example.org"), in(h, "fixer@example.org")
	first := line(h, lead, id)
	for range 2 {
		if got := line(h, lead, id); got != first {
			t.Errorf("the same look differs:\n%s\n%s", first, got)
		}
		if strings.Contains(first, "<script") || strings.Contains(first, "<img") || !strings.Contains(first, "&lt;script&gt;") {
			t.Errorf("a title is not escaped: %s", first)
		}
		if got := line(h, fixer, id); got != "" {
			t.Errorf("a fixer sees %s", got)
		}
	}
	h.Do(h.Lead, id, cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	for range 2 {
		mine, theirs := line(h, member, id), line(h, lead, id)
		if !strings.Contains(mine, `class="mine"`) || !strings.Contains(mine, "Milo Member") {
			t.Errorf("the holder sees %s", mine)
		}
		if strings.Contains(theirs, `class="mine"`) || !strings.Contains(theirs, "Milo Member") {
			t.Errorf("somebody else sees %s", theirs)
		}
	}
	h.Do(h.Lead, id, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	if line(h, fixer, id) == "" {
		t.Error("a fixer does not see the case they were named on")
	}
	before := line(h, lead, id)
	h.Pass(3 * time.Minute)
	if after := line(h, lead, id); after == before || strings.Contains(after, " late") {
		t.Errorf("three minutes later it reads %s", after)
	}
	h.Pass(30 * 24 * time.Hour)
	if late := line(h, in(h, "member@example.org"), id); !strings.Contains(late, "Promise broken") {
		t.Errorf("a month later it reads %s", late)
	}
}

// The counts on the tabs are those of this moment, whoever looked before.
func TestTabsCountAtOnce(t *testing.T) {
	h := house(t)
	lead, member := in(h, "lead@example.org"), in(h, "member@example.org")
	tab := func(b *webtest.Browser, name string) string {
		page := b.Get("/desk/").Check(h, http.StatusOK).Body
		_, rest, _ := strings.Cut(page, `href="/desk/?view=`+name+`"`)
		_, rest, _ = strings.Cut(rest, `<span class="count">`)
		count, _, _ := strings.Cut(rest, "<")
		return count
	}
	expect := func(b *webtest.Browser, name, want string) {
		t.Helper()
		if got := tab(b, name); got != want {
			t.Errorf("%s counts %s, want %s", name, got, want)
		}
	}
	expect(lead, "open", "0")
	a := h.Receive(cvd.Report{Title: "one"})
	expect(lead, "open", "1")
	expect(lead, "unowned", "1")
	h.Do(h.Lead, a.Case, cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	expect(lead, "unowned", "0")
	expect(lead, "mine", "0")
	expect(member, "mine", "1")
	expect(lead, "mine", "0")
}

// Each number above the list is that of the lines behind it, and no case is counted as
// overdue and as due today, or as overdue and not open.
func TestNumbersAddUp(t *testing.T) {
	h := house(t)
	late := h.Receive(cvd.Report{Title: "late"}).Case
	h.Ahead(20 * 24 * time.Hour)
	for _, title := range []string{"urgent", "fresh"} {
		h.Receive(cvd.Report{Title: title})
	}
	urgent := h.Receive(cvd.Report{Title: "burning"}).Case
	h.Do(h.Lead, urgent, cvd.VerbEmergency, cvd.Input{Reason: "It is used in attacks."})
	lead := in(h, "lead@example.org")
	today := 0
	for range 20 {
		listed := map[string][]string{}
		for _, view := range []string{"open", "emergency", "overdue", "today", "unowned", "unread", "broken"} {
			page := lead.Get("/desk/?view="+view).Check(h, http.StatusOK).Body
			for _, part := range strings.Split(page, `id="c-`)[1:] {
				id, _, _ := strings.Cut(part, `"`)
				listed[view] = append(listed[view], id)
			}
			_, rest, found := strings.Cut(page, `href="/desk/?view=`+view+`"`)
			_, rest, _ = strings.Cut(rest, `<span class="count">`)
			count, _, _ := strings.Cut(rest, "<")
			if n := strconv.Itoa(len(listed[view])); !found || count != n {
				t.Errorf("%s counts %q of %s lines", view, count, n)
			}
		}
		for _, id := range listed["overdue"] {
			if !slices.Contains(listed["open"], id) || slices.Contains(listed["today"], id) {
				t.Errorf("%s is overdue, and in %v", id, listed)
			}
		}
		today += len(listed["today"])
		if !slices.Contains(listed["overdue"], string(late)) {
			t.Errorf("overdue lists %v", listed["overdue"])
		}
		h.Ahead(5 * time.Hour)
		lead = in(h, "lead@example.org")
	}
	page := lead.Get("/desk/").Check(h, http.StatusOK).Body
	_, top, _ := strings.Cut(page, `id="counters"`)
	top, _, _ = strings.Cut(top, "</nav>")
	if first, _, _ := strings.Cut(top, "</li>"); !strings.Contains(first, "Emergency") || !strings.Contains(first, `class="loud"`) {
		t.Errorf("an emergency does not stand first: %s", first)
	}
	if strings.Contains(top, "outlives") || today == 0 {
		t.Errorf("%d seen due today; counters: %s", today, top)
	}
}
