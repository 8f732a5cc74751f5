package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
)

// What the queue's choices leave on the page, for somebody who sees all cases and for
// somebody who sees one.
func TestTheQueueIsNarrowed(t *testing.T) {
	h := house(t)
	ids := map[string]cvd.CaseID{}
	for _, name := range []string{"alpha", "beta", "gamma"} {
		ids[name] = h.Receive(cvd.Report{Title: name + " overflow", Product: "Northlake " + name}).Case
		h.Pass(time.Minute)
	}
	h.Do(h.Lead, ids["beta"], cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	h.Do(h.Lead, ids["gamma"], cvd.VerbEmergency, cvd.Input{Reason: "seen"})
	h.Do(h.Lead, ids["beta"], cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"})
	h.Do(h.Lead, ids["alpha"], cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	lead, member, fixer := in(h, "lead@example.org"), in(h, "member@example.org"), in(h, "fixer@example.org")
	for query, want := range map[string]string{
		"":                                   "alpha beta gamma",
		"q=BETA":                             "beta",
		"q=northlake+alpha":                  "alpha",
		"q=Milo":                             "beta",
		"q=overflow+nothing":                 "",
		"q=" + strings.Repeat("x", 300):      "alpha beta gamma",
		"q=" + string(ids["gamma"]):          "gamma",
		"holder=none":                        "alpha gamma",
		"holder=" + h.Member.ID:              "beta",
		"holder=me":                          "",
		"holder=" + strings.Repeat("x", 100): "alpha beta gamma",
		"flag=emergency":                     "gamma",
		"flag=nonsense":                      "alpha beta gamma",
		"due=overdue":                        "",
		"due=week":                           "alpha beta gamma",
		"due=week&flag=emergency&q=gamma":    "gamma",
		"sort=created":                       "gamma beta alpha",
		"view=unowned&q=alpha":               "alpha",
		"state=received&severity=high":       "",
		"severity=unrated":                   "alpha gamma",
		"severity=medium":                    "beta",
		"product=northlake+BETA":             "beta",
		"product=Northlake":                  "",
		"product=Northlake+beta&q=alpha":     "",
		"severity=nonsense":                  "alpha beta gamma",
	} {
		page := lead.Get("/desk/?"+query).Check(h, http.StatusOK)
		whole(t, query, page)
		var got []string
		for _, part := range strings.Split(page.Body, `<th scope="row"`)[1:] {
			_, title, _ := strings.Cut(part, `">`)
			got = append(got, strings.Fields(title)[0])
		}
		all := strings.Join(got, " ")
		if !strings.Contains(query, "sort") {
			all = inOrder(got)
		}
		if all != want {
			t.Errorf("%s leaves %q, want %q", query, all, want)
		}
	}
	if page := member.Get("/desk/?holder=me").Check(h, http.StatusOK); !strings.Contains(page.Text(), "beta overflow") {
		t.Error("mine are not found")
	}
	page := fixer.Get("/desk/?q=overflow").Check(h, http.StatusOK)
	if text := page.Text(); !strings.Contains(text, "alpha") || strings.Contains(text, "beta") || strings.Contains(text, "gamma") {
		t.Errorf("a fixer finds %s", text)
	}
	if text := fixer.Get("/desk/?q=beta").Check(h, http.StatusOK).Text(); !strings.Contains(text, "No case fits") {
		t.Errorf("a fixer finds %s", text)
	}
}

func inOrder(got []string) string {
	out := ""
	for _, name := range []string{"alpha", "beta", "gamma"} {
		for _, g := range got {
			if g == name {
				out += " " + name
			}
		}
	}
	return strings.TrimSpace(out)
}

// What of an address was left out is said, and the form offers what narrows the list.
func TestWhatIsLeftOutIsSaid(t *testing.T) {
	h := house(t)
	h.Receive(cvd.Report{Title: "one"})
	b := in(h, "lead@example.org")
	for query, want := range map[string]string{
		"q=" + strings.Repeat("x", 2000): "longer than 200 characters",
		"sort=bogus":                     "left out: Order.",
		"state=nonsense&flag=x":          "left out: State, Attention.",
	} {
		page := b.Get("/desk/?"+query).Check(h, http.StatusOK)
		whole(t, query, page)
		if !strings.Contains(page.Text(), want) || strings.Contains(page.Body, `<details class="choose" open`) || !strings.Contains(page.Text(), "one") {
			t.Errorf("%.20s: no %q in %s", query, want, page.Text())
		}
	}
	if page := b.Get("/desk/?q=" + url.QueryEscape(strings.Repeat("ä", 200))).Text(); strings.Contains(page, "longer than") || !strings.Contains(page, "No case fits") {
		t.Error("200 letters that are two bytes each are over the limit")
	}
	page := b.Get("/desk/?product=Northlake+Records&holder=gone").Check(h, http.StatusOK)
	for _, want := range []string{`<input type="checkbox" name="severity" value="unrated"> Not rated`, `<option value="Northlake Records" selected>`, `<input type="checkbox" name="holder" value="gone" checked>`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the choices lack %s", want)
		}
	}
}

// A long list is searched run by run, and the next page goes on where one ended.
func TestFindingGoesOn(t *testing.T) {
	h := house(t)
	for range 55 {
		h.Receive(cvd.Report{Title: "needle"})
	}
	b := in(h, "lead@example.org")
	first := b.Get("/desk/?q=needle").Check(h, http.StatusOK)
	if got := strings.Count(first.Body, `<th scope="row"`); got != 50 {
		t.Fatalf("%d on the first page", got)
	}
	_, rest, ok := strings.Cut(first.Body, `rel="next" href="`)
	if !ok {
		t.Fatal("no next page")
	}
	link, _, _ := strings.Cut(rest, `"`)
	second := b.Get(strings.ReplaceAll(link, "&amp;", "&")).Check(h, http.StatusOK)
	if got := strings.Count(second.Body, `<th scope="row"`); got != 5 {
		t.Errorf("%d on the second page", got)
	}
}

// A filter is kept under a name, found by its owner alone, and removed.
func TestKeptFilters(t *testing.T) {
	h := house(t)
	lead, member := in(h, "lead@example.org"), in(h, "member@example.org")
	page := lead.Get("/desk/?view=unowned&severity=high&q="+canary).Check(h, http.StatusOK)
	form := lead.Form(page, "/desk/filters")
	form.Set("name", " Hot   ones ")
	page = lead.Follow(lead.Post("/desk/filters", form).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	whole(t, "kept", page)
	if !strings.Contains(page.Text(), "The filter is kept") || !strings.Contains(page.Body, `aria-current="page"><span>Hot ones<`) {
		t.Errorf("it is not shown as kept: %s", page.Text())
	}
	if strings.Contains(page.Body, `action="/desk/filters"`) {
		t.Error("what is kept can be kept again")
	}
	if text := member.Get("/desk/").Check(h, http.StatusOK).Body; strings.Contains(text, "Hot ones") || strings.Contains(text, canary) {
		t.Error("somebody else sees it")
	}
	form.Set("name", strings.Repeat("x", 41))
	form.Set("query", "severity=low&junk=1&after=2026~x")
	wrong := lead.Post("/desk/filters", form).Check(h, http.StatusUnprocessableEntity)
	whole(t, "refused", wrong)
	if again := lead.Form(wrong, "/desk/filters"); again.Get("query") != "severity=low" || again.Get("name") != form.Get("name") || !strings.Contains(wrong.Text(), "over 40 characters") {
		t.Errorf("refused with %v: %s", again, wrong.Text())
	}
	drop := lead.Form(lead.Get("/desk/"), "/desk/filters/drop")
	member.Post("/desk/filters/drop", drop).Check(h, http.StatusNotFound)
	lead.Post("/desk/filters/drop", drop).Check(h, http.StatusSeeOther)
	if strings.Contains(lead.Get("/desk/").Body, "Hot ones") {
		t.Error("it is still there")
	}
}

// A filter of the first view is known again once it is kept: it is the one place that is
// marked, with its count, and nothing offers to keep it once more.
func TestAKeptFilterIsWhereOneIs(t *testing.T) {
	h := house(t)
	h.Receive(cvd.Report{Title: "one"})
	b := in(h, "lead@example.org")
	for query, count := range map[string]string{"severity=unrated": `<span class="count">1</span>`, "q=nothing&view=open": ""} {
		form := b.Form(b.Get("/desk/?"+query), "/desk/filters")
		form.Set("name", "Hot ones")
		page := b.Follow(b.Post("/desk/filters", form).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
		whole(t, query, page)
		if n := strings.Count(page.Body, ` aria-current="page"><span>`); n != 1 || !strings.Contains(page.Body, ` aria-current="page"><span>Hot ones</span>`) {
			t.Errorf("%s: %d places are marked", query, n)
		}
		if strings.Contains(page.Body, `action="/desk/filters"`) {
			t.Errorf("%s can be kept again", query)
		}
		if count != "" && !strings.Contains(page.Body, `<span>Hot ones</span> `+count) {
			t.Errorf("%s is not counted", query)
		}
	}
}

// One case that nobody holds is claimed at once, and the queue says so, as it was
// narrowed; one that somebody holds is asked about first, and no link says what is not so.
func TestOneCaseIsClaimedAtOnce(t *testing.T) {
	h := house(t)
	free, held := h.Receive(cvd.Report{Title: "free"}).Case, h.Receive(cvd.Report{Title: "held"}).Case
	h.Do(h.Lead, held, cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	b := in(h, "lead@example.org")
	form := b.Form(b.Get("/desk/?severity=unrated&sort=created").Check(h, http.StatusOK), "/desk/batch")
	form.Set("act", "claim")
	form["case"] = []string{string(free)}
	a := b.Post("/desk/batch", form).Check(h, http.StatusSeeOther)
	if to := a.Header.Get("Location"); !strings.HasPrefix(to, "/desk/?severity=unrated&sort=created&case=") || !strings.HasSuffix(to, "#c-"+string(free)) {
		t.Errorf("it leads to %s", to)
	}
	page := b.Follow(a).Check(h, http.StatusOK)
	whole(t, "claimed", page)
	if state(h, free).Assignee != h.Lead.ID || !strings.Contains(page.Text(), string(free)+" is assigned to you now") || !strings.Contains(page.Body, `id="c-`+string(free)+`"`) {
		t.Errorf("held by %q: %s", state(h, free).Assignee, page.Text())
	}
	version := state(h, free).Version
	b.Post("/desk/batch", form).Check(h, http.StatusSeeOther)
	if state(h, free).Version != version {
		t.Error("a form sent twice is done twice")
	}
	form["case"] = []string{string(held)}
	asked := b.Post("/desk/batch", form).Check(h, http.StatusOK)
	if state(h, held).Assignee != h.Member.ID || !strings.Contains(asked.Text(), "Was assigned to Milo Member") || !strings.Contains(asked.Body, `href="/desk/?severity=unrated&amp;sort=created">Cancel`) {
		t.Errorf("a case that somebody holds: %s", asked.Text())
	}
	if lie := b.Get("/desk/?done=claimed&case=" + string(held)).Text(); strings.Contains(lie, "is assigned to you now") {
		t.Error("a link says what is not so")
	}
	if fixer := in(h, "fixer@example.org").Post("/desk/batch", form); fixer.Status != http.StatusNotFound {
		t.Errorf("a fixer claims: %d", fixer.Status)
	}
}

// The same act on several cases is shown for each first, is a decision of its own for
// each, and sent twice does nothing twice.
func TestSeveralCasesAtOnce(t *testing.T) {
	h := house(t)
	var ids []cvd.CaseID
	choose := url.Values{"act": {"claim"}}
	for _, name := range []string{"one", "two", "three", "four"} {
		id := h.Receive(cvd.Report{Title: name}).Case
		ids = append(ids, id)
		choose.Add("case", string(id))
	}
	h.Do(h.Lead, ids[1], cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	h.Do(h.Lead, ids[2], cvd.VerbClaim, cvd.Input{})
	lead := in(h, "lead@example.org")
	choose.Add("case", "FL-2026-AAAAAA2")
	shown := lead.Post("/desk/batch", choose).Check(h, http.StatusOK)
	whole(t, "shown", shown)
	for _, want := range []string{"Assign 4 cases to me", "Was assigned to nobody", "Was assigned to Milo Member", "Already so", "1 chosen case is not there", "Apply to 3 cases"} {
		if !strings.Contains(shown.Text(), want) {
			t.Errorf("it does not say %q: %s", want, shown.Text())
		}
	}
	if state(h, ids[0]).Assignee != "" {
		t.Fatal("it was done before it was asked")
	}
	form := lead.Form(shown, "/desk/batch")
	form["case"] = nil
	for _, id := range []cvd.CaseID{ids[0], ids[1], ids[3]} {
		form.Add("case", string(id))
	}
	form.Set("step", "do")
	h.Do(h.Member, ids[3], cvd.VerbNote, cvd.Input{Note: "meanwhile"})
	done := lead.Post("/desk/batch", form).Check(h, http.StatusOK)
	whole(t, "done", done)
	for _, want := range []string{"Done to 2 of 3 cases", "It changed after you looked"} {
		if !strings.Contains(done.Text(), want) {
			t.Errorf("it does not say %q: %s", want, done.Text())
		}
	}
	for i, want := range []string{h.Lead.ID, h.Lead.ID, h.Lead.ID, ""} {
		if got := state(h, ids[i]).Assignee; got != want {
			t.Errorf("%d is held by %q", i, got)
		}
	}
	note := url.Values{"act": {"note"}, "case": {string(ids[0])}}
	form = lead.Form(lead.Post("/desk/batch", note).Check(h, http.StatusOK), "/desk/batch")
	form.Set("step", "do")
	if empty := lead.Post("/desk/batch", form).Check(h, http.StatusUnprocessableEntity); !strings.Contains(empty.Text(), "write the note") {
		t.Errorf("an empty note: %s", empty.Text())
	}
	form.Set("note", "the same for all")
	lead.Post("/desk/batch", form).Check(h, http.StatusOK)
	version := state(h, ids[0]).Version
	if twice := lead.Post("/desk/batch", form).Check(h, http.StatusOK); state(h, ids[0]).Version != version || !strings.Contains(twice.Text(), "Done to 0 of 1") {
		t.Error("a form sent twice is done twice")
	}
	hand := url.Values{"act": {"assign"}, "case": {string(ids[0]), string(ids[3])}}
	form = lead.Form(lead.Post("/desk/batch", hand).Check(h, http.StatusOK), "/desk/batch")
	form["case"] = hand["case"]
	form.Set("to", h.Member.ID)
	form.Set("step", "do")
	handed := lead.Post("/desk/batch", form).Check(h, http.StatusOK)
	if state(h, ids[0]).Assignee != h.Member.ID || state(h, ids[3]).Assignee != h.Member.ID {
		t.Errorf("they were not handed over: %s", handed.Text())
	}
	none := lead.Post("/desk/batch", url.Values{"act": {"claim"}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "none", none)
}

// Who is named on one case adds a note to that one and learns nothing of others.
func TestSeveralCasesOfWhoIsNamed(t *testing.T) {
	h := house(t)
	own, foreign := h.Receive(cvd.Report{Title: "own"}).Case, h.Receive(cvd.Report{Title: canary}).Case
	h.Do(h.Lead, own, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	fixer := in(h, "fixer@example.org")
	if page := fixer.Get("/desk/").Body; !strings.Contains(page, `value="note"`) || strings.Contains(page, `value="claim"`) {
		t.Error("a fixer is offered to claim, or no note")
	}
	both := url.Values{"act": {"note"}, "case": {string(own), string(foreign)}}
	page := fixer.Post("/desk/batch", both).Check(h, http.StatusOK)
	if strings.Contains(page.Body, canary) || strings.Contains(page.Body, string(foreign)) || !strings.Contains(page.Text(), "1 chosen case is not there") {
		t.Errorf("a fixer reads %s", page.Text())
	}
	both.Set("step", "do")
	both.Set("note", "mine")
	both.Set("seen."+string(own), "2")
	both.Set("seen."+string(foreign), "1")
	version := state(h, foreign).Version
	if text := fixer.Post("/desk/batch", both).Check(h, http.StatusOK).Text(); !strings.Contains(text, "Done to 1 of 1") || state(h, foreign).Version != version {
		t.Errorf("a fixer does %s", text)
	}
	both.Set("act", "claim")
	fixer.Post("/desk/batch", both).Check(h, http.StatusNotFound)
	in(h, "auditor@example.org").Post("/desk/batch", both).Check(h, http.StatusNotFound)
}
