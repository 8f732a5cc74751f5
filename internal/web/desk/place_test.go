package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/web/webtest"
)

// stand is what a page of a case says of its place: the words, the way back, and the cases
// before and after it.
type stand struct{ words, back, before, next string }

var (
	placeNav = regexp.MustCompile(`(?s)<nav class="place"[^>]*>.*?</nav>`)
	backLink = regexp.MustCompile(`<a href="([^"]+)"`)
	oneTag   = regexp.MustCompile(`<[^>]+>`)
)

func standOf(t *testing.T, a *webtest.Answer) stand {
	t.Helper()
	nav := placeNav.FindString(a.Body)
	back := backLink.FindStringSubmatch(nav)
	if back == nil {
		t.Fatalf("no place in %s", a.Text())
	}
	link := func(rel string) string {
		m := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(nav)
		if m == nil {
			return ""
		}
		return strings.ReplaceAll(m[1], "&amp;", "&")
	}
	words := strings.Join(strings.Fields(strings.NewReplacer("‹", "", "›", "", "←", "").Replace(oneTag.ReplaceAllString(nav, " "))), " ")
	return stand{words, strings.ReplaceAll(back[1], "&amp;", "&"), link("prev"), link("next")}
}

// A list is worked through from case to case: each says where it stands in the list that it
// was opened from and leads on, and what is done to one does not lose the place.
func TestAListIsWorkedThrough(t *testing.T) {
	h := house(t)
	var ids []string
	for i := range 3 {
		r := full()
		r.Title = fmt.Sprintf("Flaw number %d", i+1)
		ids = append(ids, string(h.Receive(r).Case))
		h.Pass(time.Minute)
	}
	b := in(h, "lead@example.org")
	list := b.Get("/desk/?view=unowned&sort=created").Check(h, http.StatusOK)
	order := regexp.MustCompile(`href="(/desk/cases/[^"?]+\?list=[^"]+)"`).FindAllStringSubmatch(list.Body, -1)
	if len(order) != 3 || !strings.Contains(order[0][1], ids[2]) {
		t.Fatalf("the links of the list read %v", order)
	}
	first := b.Get(order[0][1]).Check(h, http.StatusOK)
	at := standOf(t, first)
	if at.words != "Unassigned, filtered 1 of 3" || at.before != "" || at.next != order[1][1] || at.back != "/desk/?sort=created&view=unowned#c-"+ids[2] {
		t.Errorf("the first stands at %+v", at)
	}
	second := standOf(t, b.Get(at.next).Check(h, http.StatusOK))
	if second.words != "Unassigned, filtered 2 of 3" || second.before != order[0][1] || second.next != order[2][1] {
		t.Errorf("the second stands at %+v", second)
	}
	if last := standOf(t, b.Get(order[2][1])); last.words != "Unassigned, filtered 3 of 3" || last.next != "" || last.before != order[1][1] {
		t.Errorf("the last stands at %+v", last)
	}

	// Claimed, it is gone from the list, which goes on where it was: at the head, and on
	// whatever is done next.
	path := "/desk/cases/" + ids[1] + "/do/claim?" + strings.SplitN(at.next, "?", 2)[1]
	claimed := b.Follow(b.Post(path, b.Form(b.Get(at.next), path)))
	after := standOf(t, claimed)
	if after.words != "Unassigned, filtered" || after.before != order[0][1] || after.next != order[2][1] || !strings.Contains(claimed.Text(), "Next case: Flaw number 1") {
		t.Errorf("after it was claimed it stands at %+v: %s", after, claimed.Text())
	}
	form := regexp.MustCompile(`action="([^"]+/do/note[^"]*)"`).FindStringSubmatch(claimed.Body)
	path = strings.ReplaceAll(form[1], "&amp;", "&")
	noted := b.Form(claimed, path)
	noted.Set("note", "Seen.")
	noted.Set("step", "do")
	answer := b.Post(path, noted)
	to := answer.Header.Get("Location")
	if again := standOf(t, b.Follow(answer)); again != after || !regexp.MustCompile(`#e\d+$`).MatchString(to) {
		t.Errorf("after a note it stands at %+v, led to %s", again, to)
	}

	// A case that never stood in the list has no place in it, and gets none by what is done.
	path = "/desk/cases/" + ids[0] + "/do/note?list=view%3Dclosed"
	if to := b.Post(path, url.Values{"note": {"Seen."}, "step": {"do"}}).Check(h, http.StatusSeeOther).Header.Get("Location"); !strings.Contains(to, "&list=view%3Dclosed#e") {
		t.Errorf("it is led to %s", to)
	}

	// What the address says is not believed.
	for _, from := range []string{"", "view=nothing", "q=%zz", "//evil.example/", "after=never&view=open", strings.Repeat("x", 3000)} {
		strange := standOf(t, b.Get("/desk/cases/"+ids[0]+"?"+url.Values{"list": {from}, "then": {"FL-2026-XXXXXXX"}}.Encode()).Check(h, http.StatusOK))
		if !strings.HasPrefix(strange.back, "/desk/#c-") || strings.Contains(strange.next+strange.before, "evil") {
			t.Errorf("%.40q leads to %+v", from, strange)
		}
	}
}

// Who sees some cases only is led from one of them to another, whatever the address says.
func TestThePlaceNamesNoForeignCase(t *testing.T) {
	h := house(t)
	var ids []cvd.CaseID
	for range 4 {
		ids = append(ids, h.Receive(full()).Case)
	}
	for _, id := range []cvd.CaseID{ids[0], ids[3]} {
		h.Do(h.Lead, id, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	}
	page := in(h, "fixer@example.org").Get("/desk/cases/"+string(ids[0])+"?then="+string(ids[1])).Check(h, http.StatusOK)
	at := standOf(t, page)
	if strings.Contains(page.Body, string(ids[2])) || strings.Contains(strings.ReplaceAll(page.Body, "then="+string(ids[1]), ""), string(ids[1])) {
		t.Errorf("a foreign case stands on %s", page.Text())
	}
	if at.words != "Open 1 of 2" && at.words != "Open 2 of 2" || !strings.Contains(at.before+at.next, string(ids[3])) {
		t.Errorf("it stands at %+v", at)
	}
}

// A place costs no reading of its own: the page of the list is the one that is remembered.
// Beyond its first page nobody counts what stands before.
func TestALongListGoesOnByPages(t *testing.T) {
	h := house(t)
	for range 52 {
		h.Receive(full())
	}
	b := in(h, "lead@example.org")
	rows := regexp.MustCompile(`href="(/desk/cases/[^"]+)"`)
	first := b.Get("/desk/").Check(h, http.StatusOK)
	links := rows.FindAllStringSubmatch(first.Body, -1)
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first.Body)
	at := standOf(t, b.Get(links[49][1]))
	if len(links) != 50 || at.words != "Open 50 of 52" || at.next != strings.ReplaceAll(next[1], "&amp;", "&") {
		t.Errorf("the last of the first page stands at %+v, and the list goes on at %s", at, next[1])
	}
	more := rows.FindAllStringSubmatch(b.Get(at.next).Check(h, http.StatusOK).Body, -1)
	if at := standOf(t, b.Get(more[0][1])); len(more) != 2 || at.words != "Open" || at.before != "" || at.next != more[1][1] || !strings.Contains(at.back, "after=") {
		t.Errorf("the first of the second page stands at %+v", at)
	}
}

// What was added to a case is what is looked at next; what moved it is looked at from its head.
func TestWhereAVerbLands(t *testing.T) {
	evs := []cvd.Event{{Head: cvd.Head{Seq: 7, Type: cvd.EventMessage}}, {Head: cvd.Head{Seq: 8, Type: cvd.EventSlipped}}}
	for verb, want := range map[cvd.Verb]int64{cvd.VerbMessage: 7, cvd.VerbValidate: 0, cvd.VerbAttach: 0} {
		if got := moves.Landing(verb, evs); got != want {
			t.Errorf("%s lands at %d, want %d", verb, got, want)
		}
	}
}

// A history of hundreds of entries shows how it began and its latest; what lies between is
// on the page, folded.
func TestALongHistoryIsFolded(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	for i := range 40 {
		h.Do(h.Lead, id, cvd.VerbNote, cvd.Input{Note: fmt.Sprintf("Note number %d.", i)})
	}
	b := in(h, "lead@example.org")
	page := b.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK)
	whole(t, "a long case", page)
	middle := regexp.MustCompile(`(?s)<li class="entry middle"><details>.*?</ol></details>`).FindString(page.Body)
	if n := strings.Count(middle, `class="entry note"`); n != 19 || !strings.Contains(page.Text(), "Show 19 earlier entries") {
		t.Errorf("%d entries are folded", n)
	}
	if page := b.Get("/desk/cases/" + string(id) + "?whole=yes"); strings.Contains(page.Body, `"entry middle"`) || strings.Count(page.Body, `class="entry note"`) != 40 {
		t.Error("what is read whole is folded")
	}
}
