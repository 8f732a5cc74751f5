package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web/advisories"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/webtest"
)

// articles are the advisories that a page shows, as HTML, with the title of each as the
// first heading, and without what leads elsewhere: other languages, formats, and what its
// latest revision changed.
func articles(t *testing.T, a *webtest.Answer, latest int) []string {
	t.Helper()
	var out []string
	for n := range a.Doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "article" || webtest.Attr(n, "class") != "advisory" {
			continue
		}
		level := -1
		var away []*html.Node
		for d := range n.Descendants() {
			if d.Type != html.ElementNode {
				continue
			}
			if len(d.Data) == 2 && d.Data[0] == 'h' && d.Data[1] >= '1' && d.Data[1] <= '6' {
				if level < 0 {
					level = int(d.Data[1]-'0') - 1
				}
				d.Data = "h" + strconv.Itoa(int(d.Data[1]-'0')-level)
			}
			class := webtest.Attr(d, "class")
			if class == "languages" || strings.HasSuffix(class, "no-print") || strings.HasSuffix(class, "in-translation") || strings.Contains(webtest.Attr(d, "href")+"&", "/diff?to="+strconv.Itoa(latest)+"&") {
				away = append(away, d)
			}
		}
		for _, d := range away {
			d.Parent.RemoveChild(d)
		}
		var b strings.Builder
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
		folded := strings.NewReplacer(` id="de-`, ` id="`, `="de-flaw`, `="flaw`, `"#de-`, `"#`, "> <", "><").Replace(strings.Join(strings.Fields(b.String()), " "))
		out = append(out, strings.ReplaceAll(folded, " </", "</"))
	}
	if len(out) == 0 {
		t.Errorf("no advisory stands in: %.2000s", a.Text())
	}
	return append(out, "")
}

// differ fails the test where what was shown begins to be another than what is read.
func differ(t *testing.T, name, shown, read string) {
	t.Helper()
	if shown == read {
		return
	}
	at := 0
	for at < min(len(shown), len(read)) && shown[at] == read[at] {
		at++
	}
	from := max(0, at-60)
	t.Errorf("%s is shown as\n…%.200s\nand reads\n…%.200s", name, shown[from:], read[from:])
}

// What a member reads before a release is what everybody reads after it, to the letter:
// of the first revision, of a correction, in each language, and of a withdrawal.
func TestThePreviewIsThePage(t *testing.T) {
	h := webtest.New(t, "signed-policy.yaml", nil, desk.Register, advisories.Register)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	do(b, h, id, "fix-ready", nil)
	do(b, h, id, "public", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	save := func(set ...string) {
		t.Helper()
		form := b.Form(b.Get(path).Check(h, http.StatusOK), path)
		for i := 0; i < len(set); i += 2 {
			form.Set(set[i], set[i+1])
		}
		form.Set("step", "save")
		b.Post(path, form).Check(h, http.StatusSeeOther)
	}
	save("overview", "Sessions can be fixed by anybody.", "flaw.0.title", "Session fixation", "flaw.0.vectors", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
		"flaw.0.affect.0.ranges", "< 2026.2", "flaw.0.remedy.0.kind", "vendor_fix", "flaw.0.remedy.0.text", "Update to 2026.2.")
	form := b.Form(b.Get(path).Check(h, http.StatusOK), path)
	form.Set("step", "add")
	form = b.Form(b.Post(path, form).Check(h, http.StatusOK), path)
	for name, value := range map[string]string{
		"flaw.1.title": "Weak token", "flaw.1.cwe": "CWE-330", "flaw.1.vectors": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "flaw.1.description": "Tokens can be guessed.",
		"flaw.1.affect.0.product": form.Get("product.0.id"), "flaw.1.affect.0.status": "affected", "flaw.1.affect.0.ranges": ">= 2025.1",
	} {
		form.Set(name, value)
	}
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	translate := func() {
		t.Helper()
		form := b.Form(b.Get(path+"/text?lang=de").Check(h, http.StatusOK), path+"/text")
		for name := range form {
			if strings.HasPrefix(name, "part.") {
				form.Set(name, "Sitzungen lassen sich festlegen, "+name)
			}
		}
		form.Set("step", "save")
		b.Post(path+"/text", form).Check(h, http.StatusSeeOther)
	}
	translate()

	public := func() (own, german string) {
		t.Helper()
		r := state(h, id).Release
		at := "/advisories/" + url.PathEscape(string(r.Advisory))
		return articles(t, h.Browser().Get(at).Check(h, http.StatusOK), r.Revision)[0], articles(t, h.Browser().Get(at+"?lang=de").Check(h, http.StatusOK), r.Revision)[0]
	}
	same := func(name string, previews ...*webtest.Answer) {
		t.Helper()
		own, german := public()
		for _, want := range []string{"no fix yet", "from 2025.1", "Update to 2026.2.", "Medium"} {
			if !strings.Contains(own, want) {
				t.Errorf("%s: the page does not say %q: %s", name, want, own)
			}
		}
		if !strings.Contains(german, "Sitzungen lassen") {
			t.Errorf("%s: the German page says %s", name, german)
		}
		for _, p := range previews {
			got := articles(t, p, state(h, id).Release.Revision)
			differ(t, name, got[0], own)
			differ(t, name+" in German", got[1], german)
			whole(t, name, p)
		}
	}
	release := func(verb, reason string) *webtest.Answer {
		t.Helper()
		shown := do(b, h, id, verb, url.Values{"reason": {reason}})
		if state(h, id).Pending != nil {
			do(in(h, "member@example.org"), h, id, "confirm", nil)
		}
		return shown
	}
	rehearsed := b.Get(path+"/rehearsal").Check(h, http.StatusOK)
	same("the first revision", rehearsed, release("publish", "because"))

	save("overview", "Sessions can be fixed by anybody nearby.")
	translate()
	same("the correction", release("publish", "Only who is nearby can."))
	same("the withdrawal", release("retract", "It was no flaw."))
}

// What is scheduled bears the day of its release, in the preview and in the rehearsal.
func TestThePreviewBearsTheDayOfTheRelease(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	for _, verb := range []string{"validate", "accept", "fix-ready"} {
		do(b, h, id, verb, nil)
	}
	path := "/desk/cases/" + string(id) + "/advisory"
	form := b.Form(b.Get(path).Check(h, http.StatusOK), path)
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	at := h.Now().In(h.Site.Zone()).Add(5 * 24 * time.Hour)
	told := do(b, h, id, string(cvd.VerbSchedule), url.Values{"until": {at.Format("2006-01-02T15:04")}})
	want := "Published" + at.UTC().Format("2 January 2006")
	for name, page := range map[string]*webtest.Answer{"the preview": told, "the rehearsal": b.Get(path+"/rehearsal").Check(h, http.StatusOK)} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("%s does not say %q: %s", name, want, page.Text())
		}
	}
	h.Pass(6 * 24 * time.Hour)
	b = in(h, "member@example.org")

	// A correction says of itself what was said when it was scheduled, and nothing that
	// nobody said.
	form = b.Form(b.Get(path).Check(h, http.StatusOK), path)
	form.Set("overview", "Only who is nearby can.")
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	if text := articles(t, b.Get(path+"/rehearsal").Check(h, http.StatusOK), 0)[0]; strings.Count(text, "First revision.") != 1 || !strings.Contains(text, "What this revision changes is said at its release.") {
		t.Errorf("the rehearsal of a correction says %s", text)
	}
	at = h.Now().In(h.Site.Zone()).Add(2 * 24 * time.Hour)
	do(b, h, id, string(cvd.VerbSchedule), url.Values{"until": {at.Format("2006-01-02T15:04")}, "reason": {"Too many were warned."}})
	if text := articles(t, b.Get(path+"/rehearsal").Check(h, http.StatusOK), 0)[0]; !strings.Contains(text, "Too many were warned.") || strings.Contains(text, "What this revision") {
		t.Errorf("the rehearsal of the scheduled correction says %s", text)
	}
}

// Each hint of a release stands where what it speaks of is asked for: a first release has
// no reason, and nobody outside hears of the release of an own finding.
func TestHintsOfAReleaseStandByTheirFields(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	for _, verb := range []string{"validate", "accept", "fix-ready", "public"} {
		do(b, h, id, verb, nil)
	}
	path := "/desk/cases/" + string(id)
	save := func() {
		t.Helper()
		form := b.Form(b.Get(path+"/advisory").Check(h, http.StatusOK), path+"/advisory")
		form.Set("overview", form.Get("overview")+" Again.")
		form.Set("step", "save")
		b.Post(path+"/advisory", form).Check(h, http.StatusSeeOther)
	}
	save()
	const correction, languages = "it corrects", "begins with a language in brackets"
	says := func(verb string, wanted bool, hints ...string) {
		t.Helper()
		text := b.Get(path+"/do/"+verb).Check(h, http.StatusOK).Text()
		for _, hint := range hints {
			if strings.Contains(text, hint) != wanted {
				t.Errorf("%s: %q is %v: %s", verb, hint, !wanted, text)
			}
		}
	}
	needed := func(want bool, verbs ...string) {
		t.Helper()
		for _, verb := range verbs {
			field := regexp.MustCompile(`<textarea[^>]* name="reason"[^>]*>`).FindString(b.Get(path+"/do/"+verb).Check(h, http.StatusOK).Body)
			if strings.Contains(field, " required") != want {
				t.Errorf("%s: that a reason is needed is %v: %s", verb, !want, field)
			}
		}
	}
	says("schedule", false, correction, languages)
	says("publish", false, correction, languages)
	needed(false, "schedule", "publish")
	typed := b.Form(b.Get(path+"/do/publish"), path+"/do/publish")
	typed.Set("step", "edit")
	typed.Set("reason", "because")
	whole(t, "a reason that nobody asked for", b.Post(path+"/do/publish", typed).Check(h, http.StatusOK))
	do(b, h, id, "publish", nil)
	if state(h, id).Pending != nil {
		do(in(h, "member@example.org"), h, id, "confirm", nil)
	}
	save()
	changes := b.Get(path+"/advisory/changes").Check(h, http.StatusOK)
	whole(t, "changes", changes)
	if text := changes.Text(); !strings.Contains(text, "Overview") || strings.Contains(text, "history[") || strings.Contains(text, "Whererevision") {
		t.Errorf("what changed is told as a program would: %s", text)
	}
	says("schedule", true, languages)
	says("publish", true, correction, languages)
	says("retract", true, languages)
	needed(true, "schedule", "publish", "retract")
}

// Where nobody outside waits, nothing is proposed that is for them.
func TestAnOwnFindingAnswersNobody(t *testing.T) {
	h := house(t)
	found, err := h.Desk.As(h.Lead).Receive(t.Context(), casework.Submission{Report: &cvd.Report{Title: "Ours", Description: "Found by ourselves."}, Channel: "internal", Received: h.Now(), Internal: true})
	if err != nil {
		t.Fatal(err)
	}
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(found.Case)
	never := func(name string, page *webtest.Answer, texts ...string) {
		t.Helper()
		whole(t, name, page)
		for _, text := range texts {
			if strings.Contains(page.Text(), text) {
				t.Errorf("%s says %q", name, text)
			}
		}
	}
	page := b.Get(path).Check(h, http.StatusOK)
	never("received", page, "Acknowledge", "only way to reach the reporter", "answer the reporter", "Nobody outside waits for an answer")
	for n := range page.Doc.Descendants() {
		if strings.HasSuffix(webtest.Attr(n, "action")+webtest.Attr(n, "formaction"), "/do/acknowledge") {
			t.Error("it can be acknowledged to nobody")
		}
		if webtest.Attr(n, "class") == "button main" && strings.HasSuffix(webtest.Attr(n, "href"), "/do/ask") {
			t.Error("the reporter is to be asked")
		}
	}
	for _, verb := range []string{"acknowledge", "ask", "message", "appeal"} {
		if a := b.Get(path + "/do/" + verb); a.Status == http.StatusOK {
			t.Errorf("%s is offered though nobody waits: %s", verb, a.Text())
		}
	}
	do(b, h, found.Case, "invalidate", url.Values{"reason": {"It is none."}})
	if state(h, found.Case).Pending != nil {
		do(in(h, "member@example.org"), h, found.Case, "confirm", nil)
	}
	never("not valid", b.Get(path).Check(h, http.StatusOK), "Wait for an appeal")
	never("its closing", do(b, h, found.Case, "close", url.Values{"reason": {"It is none."}}), "The appeal is still open")

	other, err := h.Desk.As(h.Lead).Receive(t.Context(), casework.Submission{Report: &cvd.Report{Title: "Ours", Product: "Northlake Records", Version: "2026.1", Description: "Found by ourselves."}, Channel: "internal", Received: h.Now(), Internal: true})
	if err != nil {
		t.Fatal(err)
	}
	path = "/desk/cases/" + string(other.Case)
	for _, verb := range []string{"validate", "accept", "fix-ready"} {
		do(b, h, other.Case, verb, nil)
		never(verb, b.Get(path).Check(h, http.StatusOK), "keep the reporter informed", "the reporter still hears")
	}
	page = b.Get(path+"/advisory").Check(h, http.StatusOK)
	never("its advisory", page, "by the reporter")
	form := b.Form(page, path+"/advisory")
	form.Set("step", "save")
	b.Post(path+"/advisory", form).Check(h, http.StatusSeeOther)
	never("schedule", b.Get(path+"/do/schedule").Check(h, http.StatusOK), "The reporter hears it now")
	do(b, h, other.Case, "publish", nil)
	never("retract", b.Get(path+"/do/retract").Check(h, http.StatusOK), "The reporter reads it too", "for the reporter alone")
}
