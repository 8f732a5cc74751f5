package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// The whole way of an advisory by forms alone: filled, edited, looked at in every
// format, scheduled, published, corrected.
func TestAdvisoryByForms(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	do(b, h, id, "severity", url.Values{"vector": {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}})
	do(b, h, id, "fix-ready", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	page := b.Follow(b.Get("/desk/cases/"+string(id)+"/do/advise")).Check(h, http.StatusOK)
	whole(t, "advisory", page)
	for _, want := range []string{"Nothing is saved yet", "Gates", "Session fixation", "the reporter was not told of the release"} {
		if !strings.Contains(page.Text(), want) && !strings.Contains(page.Body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	form := b.Form(page, path)
	form.Set("overview", "Sessions can be fixed by anybody.")
	form.Set("flaw.0.affect.0.ranges", "from 1 to 2")
	form.Set("time.0.at", "yesterday")
	form.Set("step", "save")
	wrong := b.Post(path, form).Check(h, http.StatusUnprocessableEntity)
	whole(t, "wrong advisory", wrong)
	for _, want := range []string{"line 1 is no range of versions", "is no date", "from 1 to 2", "Sessions can be fixed by anybody."} {
		if !strings.Contains(wrong.Body, want) {
			t.Errorf("refused, %q is missing", want)
		}
	}
	form = b.Form(wrong, path)
	form.Set("flaw.0.affect.0.ranges", ">= 5.0, < 5.1.2\n< 4.9")
	form.Set("time.0.at", "2026-03-01")
	form.Set("flaw.0.remedy.1.kind", "workaround")
	form.Set("flaw.0.remedy.1.text", "Switch the old form off.")
	form.Set("credit.1.name", "Second Finder")
	form.Set("step", "look")
	look := b.Post(path, form).Check(h, http.StatusOK)
	whole(t, "look", look)
	if !strings.Contains(look.Text(), "It is not saved") || !strings.Contains(look.Body, "Switch the old form off.") || state(h, id).Release.Draft != 0 {
		t.Error("looking saved it, or does not show it")
	}
	back := b.Form(look, path)
	back.Set("step", "back")
	if got := b.Form(b.Post(path, back).Check(h, http.StatusOK), path); got.Get("flaw.0.remedy.1.text") != "Switch the old form off." || got.Get("time.0.at") != "2026-03-01" || got.Get("seq") != form.Get("seq") {
		t.Errorf("back at the form, what was typed is gone: %v", got)
	}
	form.Set("step", "more")
	more := b.Post(path, form).Check(h, http.StatusOK)
	form = b.Form(more, path)
	if !form.Has("credit.4.name") || form.Get("flaw.0.remedy.1.text") == "" {
		t.Error("there are no more rows, or what was typed is gone")
	}
	form.Set("step", "save")
	saved := b.Follow(b.Post(path, form)).Check(h, http.StatusOK)
	whole(t, "saved advisory", saved)
	d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	a := d.Record
	if a.Overview != "Sessions can be fixed by anybody." || len(a.Vulnerabilities[0].Affects) != 1 || len(a.Vulnerabilities[0].Affects[0].Ranges[0].Events) != 4 ||
		len(a.Vulnerabilities[0].Remedies) != 2 || !a.Timeline[0].At.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("saved %+v", a)
	}
	// Saved unchanged, the record is the same.
	again := b.Form(b.Get(path), path)
	again.Set("step", "save")
	b.Post(path, again).Check(h, http.StatusSeeOther)
	e, _ := h.Desk.As(h.Lead).Draft(context.Background(), id)
	if x, y := e.Record.Vulnerabilities[0], a.Vulnerabilities[0]; len(e.Drafts) != 2 || x.Affects[0].Ranges[0].Events[1] != y.Affects[0].Ranges[0].Events[1] || len(e.Record.Credits) != len(a.Credits) {
		t.Errorf("changed by saving: %+v", e.Record)
	}
	// Somebody else's edit is not overwritten.
	again.Set("title", "Mine")
	stale := b.Post(path, again).Check(h, http.StatusConflict)
	if !strings.Contains(stale.Body, "Somebody saved another draft") || !strings.Contains(stale.Body, `value="Mine"`) {
		t.Error("a lost race is not told, or what was typed is lost")
	}
	whole(t, "changes", b.Get(path+"/changes?to="+strconv.FormatInt(e.Drafts[0].Seq, 10)).Check(h, http.StatusOK))
	rehearsed := b.Get(path+"/rehearsal").Check(h, http.StatusOK)
	whole(t, "rehearsal", rehearsed)
	if !strings.Contains(rehearsed.Body, `<a href="`+path+`">Advisory</a>`) {
		t.Error("the rehearsal does not lead back to the advisory")
	}

	// Through the verb's own forms, which say what the reporter will read.
	at := h.Now().In(h.Site.Zone()).Add(48 * time.Hour).Format("2006-01-02T15:04")
	told := do(b, h, id, "schedule", url.Values{"until": {at}})
	for n := range told.Doc.Descendants() {
		if href := webtest.Attr(n, "href"); strings.HasPrefix(href, path+"/rehearsal?") {
			if opened := b.Get(href).Check(h, http.StatusOK); !strings.Contains(opened.Body, `/do/schedule?preview=`) {
				t.Errorf("the rehearsal does not lead back to the preview: %s", opened.Text())
			}
		}
	}
	if !strings.Contains(told.Text(), "The advisory is scheduled for release on") {
		t.Errorf("the preview does not say what the reporter will read: %s", told.Text())
	}
	page = b.Get(path).Check(h, http.StatusOK)
	whole(t, "scheduled", page)
	if !strings.Contains(page.Text(), "Saving a change calls the release off") {
		t.Error("nobody is warned that an edit calls the release off")
	}
	h.Pass(49 * time.Hour)
	b = in(h, "member@example.org")
	c := state(h, id)
	if c.Release.Revision != 1 {
		gates, _ := h.Desk.As(h.Lead).Draft(context.Background(), id)
		t.Fatalf("not published: %+v, %+v", c.Release, gates.Gates)
	}
	page = b.Get(path).Check(h, http.StatusOK)
	whole(t, "published", page)

	// The case says how far its advisory is, and what comes after it.
	tells := func(flag, move string) {
		t.Helper()
		text := b.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK).Text()
		if head, _, _ := strings.Cut(text, "Next move:"); !strings.Contains(head, flag) || !strings.Contains(text, move) || strings.Contains(text, "Work on the fix") {
			t.Errorf("the case does not say %q and %q: %s", flag, move, text[:1500])
		}
	}
	tells("Advisory published", "The advisory is published. Close the case")
	do(b, h, id, "retract", url.Values{"reason": {"It names the wrong product."}})
	tells("Advisory withdrawn", "The advisory is withdrawn. Publish a corrected one")
}

// Two members write at once: what each changed alone comes together, what both changed is
// replaced by an explicit word only, and neither is lost on the way.
func TestTwoDraftsAtOnce(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	open := func(b *webtest.Browser) url.Values { return b.Form(b.Get(path).Check(h, http.StatusOK), path) }
	save := func(b *webtest.Browser, form url.Values, set ...string) *webtest.Answer {
		t.Helper()
		for i := 0; i < len(set); i += 2 {
			form.Set(set[i], set[i+1])
		}
		form.Set("step", "save")
		return b.Post(path, form)
	}
	record := func() *cvd.Advisory {
		d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.Record
	}
	save(b, open(b), "overview", "One.", "flaw.0.impact", "One.").Check(h, http.StatusSeeOther)

	mine := open(b)
	lead := in(h, "lead@example.org")
	save(lead, open(lead), "overview", "Theirs.", "credit.1.name", "Also Found", "note", "Names her.").Check(h, http.StatusSeeOther)
	apart := save(b, mine, "flaw.0.impact", "Mine.", "note", "My note").Check(h, http.StatusConflict)
	whole(t, "apart", apart)
	for _, want := range []string{"Lena Lead saved a draft", "Names her.", "You changed other fields", "Theirs.", "My note"} {
		if !strings.Contains(apart.Text(), want) {
			t.Errorf("the page does not say %q: %s", want, apart.Text())
		}
	}
	joined := b.Form(apart, path)
	if joined.Get("overview") != "Theirs." || joined.Get("flaw.0.impact") != "Mine." || joined.Get("credit.1.name") != "Also Found" || joined.Has("replace") {
		t.Fatalf("not brought together: %v", joined)
	}
	save(b, joined).Check(h, http.StatusSeeOther)
	if a := record(); a.Overview != "Theirs." || a.Vulnerabilities[0].Impact != "Mine." || len(a.Credits) != 2 {
		t.Errorf("%+v", a)
	}

	mine = open(b)
	save(lead, open(lead), "overview", "Theirs again.").Check(h, http.StatusSeeOther)
	both := save(b, mine, "overview", "Mine again.").Check(h, http.StatusConflict)
	whole(t, "both", both)
	for _, want := range []string{"You both changed the same", "Theirs again.", "Replace what was saved meanwhile in: Overview"} {
		if !strings.Contains(both.Text(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	form := b.Form(both, path)
	form.Del("replace")
	if form.Get("overview") != "Mine again." {
		t.Errorf("what was typed is lost: %v", form)
	}
	for range 2 { // however often it is pressed
		form = b.Form(save(b, form).Check(h, http.StatusConflict), path)
		form.Del("replace")
	}
	more := form
	more.Set("step", "more")
	form = b.Form(b.Post(path, more).Check(h, http.StatusOK), path)
	save(b, form).Check(h, http.StatusConflict)
	if a := record(); a.Overview != "Theirs again." {
		t.Fatalf("overwritten without a word: %q", a.Overview)
	}
	save(b, form, "replace", "yes").Check(h, http.StatusSeeOther)
	if a := record(); a.Overview != "Mine again." {
		t.Errorf("%q", a.Overview)
	}
	// A form that is refused for another reason stays with the draft that it began from.
	mine = open(b)
	save(lead, open(lead), "overview", "Third.").Check(h, http.StatusSeeOther)
	wrong := b.Form(save(b, mine, "overview", "Fourth.", "time.0.at", "yesterday").Check(h, http.StatusUnprocessableEntity), path)
	save(b, wrong, "time.0.at", "2026-03-01").Check(h, http.StatusConflict)
	if a := record(); a.Overview != "Third." {
		t.Errorf("a refused form overwrote %q", a.Overview)
	}
}

// A translation is written while others change the record and the same translation: each
// text stays with the words that it translates, and none is replaced without a word.
func TestATranslationOvertaken(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b, lead := in(h, "member@example.org"), in(h, "lead@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	text := path + "/text"
	open := func(b *webtest.Browser) url.Values {
		return b.Form(b.Get(text+"?lang=de").Check(h, http.StatusOK), text)
	}
	record := func() *cvd.Advisory {
		d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.Record
	}
	form := b.Form(b.Get(path), path)
	form.Set("overview", "Sessions can be fixed.")
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)

	mine, theirs := open(b), open(lead)
	theirs.Set("part.0", "Deren Titel")
	lead.Post(text, theirs).Check(h, http.StatusSeeOther)
	form = lead.Form(lead.Get(path), path)
	form.Set("overview", "Sessions can be stolen.")
	form.Set("step", "save")
	lead.Post(path, form).Check(h, http.StatusSeeOther)

	mine.Set("part.1", "Sitzungen lassen sich festlegen.") // of an overview that is gone
	mine.Set("part.2", "Die Beschreibung")
	page := b.Post(text, mine).Check(h, http.StatusConflict)
	whole(t, "overtaken", page)
	for _, want := range []string{"Lena Lead saved a draft", "Deren Titel", "Sitzungen lassen sich festlegen."} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("%q is missing: %s", want, page.Text())
		}
	}
	b.Post(text, b.Form(page, text)).Check(h, http.StatusSeeOther)
	a := record()
	if a.Overview != "Sessions can be stolen." || advisory.Say(a, "de", a.Title) != "Deren Titel" || advisory.Say(a, "de", a.Overview) != "" ||
		advisory.Say(a, "de", a.Vulnerabilities[0].Description) != "Die Beschreibung" {
		t.Errorf("%+v", a.Texts)
	}

	mine, theirs = open(b), open(lead)
	theirs.Set("part.0", "Deren zweiter Titel")
	lead.Post(text, theirs).Check(h, http.StatusSeeOther)
	mine.Set("part.0", "Mein Titel")
	page = b.Post(text, mine).Check(h, http.StatusConflict)
	form = b.Form(page, text)
	form.Del("replace")
	b.Post(text, form).Check(h, http.StatusConflict)
	if a := record(); advisory.Say(a, "de", a.Title) != "Deren zweiter Titel" {
		t.Error("a translation was replaced without a word")
	}
	form.Set("replace", "yes")
	b.Post(text, form).Check(h, http.StatusSeeOther)
	if a := record(); advisory.Say(a, "de", a.Title) != "Mein Titel" {
		t.Error("the word to replace it does nothing")
	}
}

// A translation is begun, left half done, finished and outdated by an edit, and the
// record's own words stay as they were throughout.
func TestTranslationByForms(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	form := b.Form(b.Get(path), path)
	form.Set("overview", "Sessions can be fixed by anybody.")
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	record := func() *cvd.Advisory {
		d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.Record
	}
	own := record()

	whole(t, "choose", b.Get(path+"/text").Check(h, http.StatusOK))
	for _, wrong := range []string{"german please", "EN", ""} {
		whole(t, "wrong language", b.Get(path+"/text?lang="+url.QueryEscape(wrong)).Check(h, http.StatusUnprocessableEntity))
	}
	page := b.Get(path+"/text?lang=DE").Check(h, http.StatusOK)
	whole(t, "translation", page)
	if !strings.Contains(page.Body, `<textarea id="f-part-0" name="part.0"`) || !strings.Contains(page.Text(), "Sessions can be fixed by anybody.") {
		t.Fatalf("no field beside the own words: %s", page.Text())
	}
	text := path + "/text"
	form = b.Form(page, text)
	form.Set("part.0", "Sitzungen")
	saved := b.Follow(b.Post(text, form)).Check(h, http.StatusOK)
	whole(t, "half a translation", saved)
	a := record()
	if got := advisory.Languages(a); len(got) != 0 || a.Texts["de"].Parts[0].Text != "Sitzungen" || a.Title != own.Title || a.Overview != own.Overview {
		t.Fatalf("%v %+v", got, a)
	}
	if page := b.Get(path).Check(h, http.StatusOK); !strings.Contains(page.Body, `href="`+text+`?lang=de"`) || !strings.Contains(page.Text(), "does not say the overview") {
		t.Error("the record's page does not say what is missing")
	}
	form = b.Form(b.Get(text+"?lang=de"), text)
	for i := 0; form.Has("part." + strconv.Itoa(i)); i++ {
		form.Set("part."+strconv.Itoa(i), "Wort "+strconv.Itoa(i))
	}
	b.Post(text, form).Check(h, http.StatusSeeOther)
	if got := advisory.Languages(record()); len(got) != 1 || got[0] != "de" {
		t.Fatalf("%v", got)
	}
	stale := b.Post(text, form).Check(h, http.StatusConflict)
	whole(t, "a translation overtaken", stale)
	if !strings.Contains(stale.Text(), "Milo Member saved a draft") {
		t.Errorf("a lost race is not told: %s", stale.Text())
	}
	form = b.Form(b.Get(path), path)
	form.Set("overview", "Sessions can be fixed, and stolen.")
	form.Set("step", "save")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	if a := record(); len(advisory.Languages(a)) != 0 || advisory.Say(a, "de", a.Overview) != "" || advisory.Say(a, "de", a.Title) != "Wort 0" {
		t.Error("an edit of the own words leaves the old translation standing for them, or loses the others")
	}
	form = b.Form(b.Get(text+"?lang=de"), text)
	for name := range form {
		if strings.HasPrefix(name, "part.") {
			form.Set(name, "")
		}
	}
	b.Follow(b.Post(text, form)).Check(h, http.StatusOK)
	if a := record(); len(a.Texts) != 0 {
		t.Errorf("%+v", a.Texts)
	}
	in(h, "auditor@example.org").Post(text, form).Check(h, http.StatusNotFound)
}

// What was passed over on the way is not ticked, a draft that is not out is told from what
// is, and before a release or a withdrawal its member reads what everybody will.
func TestWhatTheWorldReads(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	for _, verb := range []string{"validate", "accept", "fix-ready", "public"} {
		do(b, h, id, verb, nil)
	}
	path := "/desk/cases/" + string(id) + "/advisory"
	save := func(overview string) {
		form := b.Form(b.Get(path).Check(h, http.StatusOK), path)
		form.Set("overview", overview)
		form.Set("step", "save")
		b.Post(path, form).Check(h, http.StatusSeeOther)
	}
	says := func(name, text string, want, never []string) {
		t.Helper()
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is missing: %s", name, s, text)
			}
		}
		for _, s := range never {
			if strings.Contains(text, s) {
				t.Errorf("%s says %q", name, s)
			}
		}
	}
	save("Sessions can be fixed by anybody.")
	says("a first draft", b.Get(path).Text(), []string{"Reporter reminded"}, []string{"The latest draft is not published"})
	first := do(b, h, id, "publish", url.Values{"reason": {"because"}})
	says("the first release", first.Text(), []string{"What everybody will read", "Sessions can be fixed by anybody.", "Northlake Records", "First revision."}, nil)
	if state(h, id).Release.Revision == 0 {
		lead := in(h, "lead@example.org")
		says("the second person", do(lead, h, id, "confirm", nil).Text(), []string{"What everybody will read", "Sessions can be fixed by anybody."}, nil)
	}
	says("published", b.Get(path).Text(), []string{"Published, revision 1"}, []string{"Reporter reminded", "Scheduled, and the reporter told", "The latest draft is not published", "Fix checked by the reporter"})

	save("Sessions can be fixed by anybody nearby.")
	says("a correction", b.Get(path).Text(), []string{"The latest draft is not published", "The world reads revision 1", "Latest draft published"}, nil)
	verb := "/desk/cases/" + string(id) + "/do/publish"
	says("the field of the reason", b.Get(verb).Text(), []string{"Everybody reads this"}, []string{"The reporter reads this"})
	again := do(b, h, id, "publish", url.Values{"reason": {"Only who is nearby can."}})
	says("the second release", again.Text(), []string{"anybody nearby", "2 3 March 2026 Only who is nearby can."}, nil)
	if state(h, id).Release.Revision == 1 {
		do(in(h, "lead@example.org"), h, id, "confirm", nil)
	}
	says("the thread", again.Text()+b.Get("/desk/cases/"+string(id)).Text(), []string{"corrected"}, nil)

	gone := do(b, h, id, "retract", url.Values{"reason": {"It was no flaw."}})
	says("the withdrawal", gone.Text(), []string{"What everybody will read", "This advisory was withdrawn on", "It was no flaw."}, nil)
	page := b.Get(path).Check(h, http.StatusOK)
	whole(t, "withdrawn", page)
	says("withdrawn", page.Text(), []string{"The advisory was withdrawn on", "It was no flaw.", "Withdrawn, revision 3"}, []string{"Published, revision"})
	look := b.Get(path+"/rehearsal").Check(h, http.StatusOK)
	whole(t, "rehearsal", look)
	says("the rehearsal", look.Text(), []string{"The page that people will read", "Takes over accounts", "R. Finder"}, nil)
}

// Several vulnerabilities are written by forms alone: one is added, filled, refused beside
// its own field, saved, and taken out when that was asked.
func TestSeveralVulnerabilitiesByForms(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	record := func() *cvd.Advisory {
		d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.Record
	}
	step := func(form url.Values, step string, set ...string) *webtest.Answer {
		t.Helper()
		for i := 0; i < len(set); i += 2 {
			form.Set(set[i], set[i+1])
		}
		form.Set("step", step)
		return b.Post(path, form)
	}
	has := func(page *webtest.Answer, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(page.Body, w) && !strings.Contains(page.Text(), w) {
				t.Errorf("%q is missing", w)
			}
		}
	}
	page := b.Get(path).Check(h, http.StatusOK)
	if strings.Contains(page.Body, `value="drop.0"`) || strings.Contains(page.Body, "<details class=\"one-flaw\"") {
		t.Error("the only vulnerability can be folded or taken out")
	}

	// Added: everything typed stays, the new one is open and has the keyboard.
	page = step(b.Form(page, path), "add", "overview", "Typed before", "flaw.0.affect.0.ranges", "from 1", "others", "yes").Check(h, http.StatusOK)
	whole(t, "added", page)
	has(page, "Typed before", "from 1", "Vulnerability 2 is added to the form", `<details class="one-flaw" id="flaw-2" open>`, `name="flaw.1.title" value="" autofocus`, `name="others" value="yes" checked`)
	if strings.Contains(page.Body, `id="flaw-1" open`) {
		t.Error("both are open")
	}
	if record().Overview == "Typed before" {
		t.Error("adding one saved it")
	}

	// A fault names the field with its vulnerability, and opens it.
	page = step(b.Form(page, path), "save", "flaw.0.affect.0.ranges", "", "flaw.1.title", "Weak token", "flaw.1.cve", "CVE-2026-22222", "flaw.1.cwe", "CWE-330",
		"flaw.1.vectors", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "flaw.1.remedy.0.kind", "mitigation", "flaw.1.remedy.0.text", "Renew them.", "flaw.1.remedy.0.date", "soon").Check(h, http.StatusUnprocessableEntity)
	whole(t, "wrong", page)
	has(page, "Vulnerability 2, From", `href="#f-flaw-1-remedy-0-date"`, "One error", "Weak token", `<details class="one-flaw" id="flaw-2" open>`)
	product := b.Form(page, path).Get("product.0.id")
	page = step(b.Form(page, path), "save", "flaw.1.remedy.0.date", "2026-03-01", "flaw.1.affect.0.ranges", ">= 5.0.0, < 5.1.2").Check(h, http.StatusUnprocessableEntity)
	has(page, `href="#f-flaw-1-affect-0-product"`, "choose a product for these versions", "&gt;= 5.0.0, &lt; 5.1.2</textarea>")
	page = b.Follow(step(b.Form(page, path), "save", "flaw.1.affect.0.product", product, "flaw.1.affect.0.ranges", "< 5.1.2").Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	whole(t, "saved", page)
	has(page, "CVE-2026-22222", "Weak token", "Products: 1", "Remedies: 1")
	a := record()
	if len(a.Vulnerabilities) != 2 {
		t.Fatalf("%+v", a.Vulnerabilities)
	}
	if v := a.Vulnerabilities[1]; v.Title != "Weak token" || v.CWE[0] != "CWE-330" || len(v.Scores) != 1 || len(v.Affects) != 1 || v.Affects[0].Product != product || len(v.Remedies) != 1 || a.Vulnerabilities[0].Title != a.Title {
		t.Errorf("%+v", a.Vulnerabilities)
	}
	// The lint stands beside the field of its own vulnerability.
	page = b.Follow(step(b.Form(b.Get(path), path), "save", "flaw.1.cwe", "CWE-999999")).Check(h, http.StatusOK)
	has(page, `href="#f-flaw-1-cwe">vulnerabilities[1].cwe`, `<details class="one-flaw" id="flaw-2" open>`)
	form := b.Form(page, path)
	look := step(form, "look", "flaw.1.impact", "Seen by all").Check(h, http.StatusOK)
	has(look, "Weak token", "Seen by all")

	// More rows in one; then it is taken out, asked first, and its lint goes nowhere else.
	page = step(b.Form(page, path), "rows.1", "flaw.1.impact", "Kept").Check(h, http.StatusOK)
	if form := b.Form(page, path); !form.Has("flaw.1.remedy.3.text") || form.Has("flaw.1.remedy.4.text") || form.Get("flaw.1.impact") != "Kept" {
		t.Errorf("rows: %v", form)
	}
	page = step(b.Form(page, path), "drop.0").Check(h, http.StatusOK)
	whole(t, "asked", page)
	has(page, "Take vulnerability 1 out of the advisory?", `value="dropped.0"`, `value="keep.0"`)
	if form := b.Form(page, path); !form.Has("flaw.1.key") || len(record().Vulnerabilities) != 2 {
		t.Error("it is gone without an answer")
	}
	kept := step(b.Form(page, path), "keep.0").Check(h, http.StatusOK)
	if strings.Contains(kept.Body, `value="dropped.0"`) || !b.Form(kept, path).Has("flaw.1.key") {
		t.Error("it is not kept, or still asked for")
	}
	page = step(b.Form(page, path), "dropped.0").Check(h, http.StatusOK)
	whole(t, "dropped", page)
	has(page, "Vulnerability 1 is taken out of the form", `href="#f-flaw-0-cwe">vulnerabilities[1].cwe`)
	step(b.Form(page, path), "save", "flaw.0.cwe", "CWE-330").Check(h, http.StatusSeeOther)
	if a := record(); len(a.Vulnerabilities) != 1 || a.Vulnerabilities[0].CVE != "CVE-2026-22222" || a.Vulnerabilities[0].Impact != "Kept" {
		t.Errorf("%+v", a.Vulnerabilities)
	}
	// What cannot be, is not done.
	for _, wrong := range []string{"dropped.0", "drop.7", "dropped.-1", "rows.x"} {
		if form := b.Form(step(b.Form(b.Get(path), path), wrong), path); !form.Has("flaw.0.key") {
			t.Errorf("%s emptied the form", wrong)
		}
	}
}

// Two write the vulnerabilities of one advisory at once: one edits what the other takes out.
func TestTwoDraftsOfSeveralVulnerabilities(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b, lead := in(h, "member@example.org"), in(h, "lead@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	post := func(b *webtest.Browser, form url.Values, step string, set ...string) *webtest.Answer {
		for i := 0; i < len(set); i += 2 {
			form.Set(set[i], set[i+1])
		}
		form.Set("step", step)
		return b.Post(path, form)
	}
	open := func(b *webtest.Browser) url.Values { return b.Form(b.Get(path).Check(h, http.StatusOK), path) }
	form := b.Form(post(b, open(b), "add"), path)
	post(b, form, "save", "flaw.1.title", "Weak token").Check(h, http.StatusSeeOther)

	mine := open(b)
	theirs := lead.Form(post(lead, open(lead), "dropped.1").Check(h, http.StatusOK), path)
	theirs = lead.Form(post(lead, theirs, "add"), path)
	post(lead, theirs, "save", "flaw.1.title", "Open door").Check(h, http.StatusSeeOther)
	clash := post(b, mine, "save", "flaw.1.impact", "Mine").Check(h, http.StatusConflict)
	whole(t, "clash", clash)
	for _, want := range []string{"You both changed the same", "Taken out", "Weak token", "Open door"} {
		if !strings.Contains(clash.Text(), want) {
			t.Errorf("the page does not say %q: %s", want, clash.Text())
		}
	}
	form = b.Form(clash, path)
	form.Del("replace")
	post(b, form, "save").Check(h, http.StatusConflict)
	post(b, form, "save", "replace", "yes").Check(h, http.StatusSeeOther)
	d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, v := range d.Record.Vulnerabilities {
		titles = append(titles, v.Title)
	}
	if len(titles) != 3 || titles[1] != "Open door" || titles[2] != "Weak token" || d.Record.Vulnerabilities[2].Impact != "Mine" {
		t.Errorf("%q", titles)
	}
}

// A session that ended keeps a form of many vulnerabilities whole; one that is not whole is
// never taken for all that there is.
func TestALongAdvisoryOutlivesTheSession(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	form := b.Form(b.Get(path), path)
	for range 49 {
		form.Set("step", "add")
		form = b.Form(b.Post(path, form).Check(h, http.StatusOK), path)
	}
	form.Set("flaw.49.title", "The last of them")
	form.Set("step", "save")
	h.Pass(auth.MemberIdle + 1)
	asked := b.Post(path, form).Check(h, http.StatusUnauthorized)
	in := b.Form(asked, "/desk/sign-in")
	in.Set("email", "member@example.org")
	in.Set("password", webtest.Password)
	back := b.Form(b.Post("/desk/sign-in", in).Check(h, http.StatusOK), path)
	cut := url.Values{}
	for name, values := range back {
		if name < "flaw.3" {
			cut[name] = values
		}
	}
	refused := b.Post(path, cut).Check(h, http.StatusUnprocessableEntity)
	whole(t, "cut", refused)
	if !strings.Contains(refused.Text(), "did not arrive whole") {
		t.Errorf("half a form: %s", refused.Text())
	}
	if again := b.Form(refused, path); again.Has("whole") {
		t.Error("half a form becomes a whole one")
	}
	back.Set("step", "save")
	b.Post(path, back).Check(h, http.StatusSeeOther)
	d, err := h.Desk.As(h.Lead).Draft(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if all := d.Record.Vulnerabilities; len(all) != 50 || all[49].Title != "The last of them" {
		t.Errorf("%d are saved", len(all))
	}
}

// A party outside is named and dropped by the verbs' own forms, and the page of the
// advisory shows who is told.
func TestPartiesByForms(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	path := "/desk/cases/" + string(id) + "/advisory"
	verb := "/desk/cases/" + string(id) + "/do/name-party"
	form := b.Form(b.Get(verb).Check(h, http.StatusOK), verb)
	if form.Get("reporter.email") != "" || form.Has("reporter.credit") {
		t.Errorf("the form begins with the reporter's contact: %v", form)
	}
	form.Set("reporter.name", "Cora Coordinator")
	form.Set("step", "do")
	whole(t, "no address", b.Post(verb, form).Check(h, http.StatusUnprocessableEntity))
	form.Set("reporter.email", "cora@example.net")
	b.Follow(b.Post(verb, form)).Check(h, http.StatusOK)
	page := b.Get(path).Check(h, http.StatusOK)
	whole(t, "advisory with a party", page)
	if !strings.Contains(page.Text(), "Cora Coordinator") || !strings.Contains(page.Text(), "cora@example.net") {
		t.Error("the page does not say who is told")
	}
	verb = "/desk/cases/" + string(id) + "/do/drop-party"
	page = b.Get(verb).Check(h, http.StatusOK)
	whole(t, "drop", page)
	if !strings.Contains(page.Text(), "Cora Coordinator cora@example.net") {
		t.Error("the party is not offered")
	}
	form = b.Form(page, verb)
	people := state(h, id).Participants
	form.Set("to", string(people[len(people)-1].ID))
	form.Set("step", "do")
	b.Follow(b.Post(verb, form)).Check(h, http.StatusOK)
	if text := b.Get(path).Text(); strings.Contains(text, "cora@example.net") {
		t.Error("who was dropped is still shown")
	}
}

// Where the advisory names a rejected CVE id, the page says that it is never used again
// and leads to a new one.
func TestARejectedCVEIsReplaced(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	do(b, h, id, "validate", nil)
	do(b, h, id, "accept", nil)
	do(b, h, id, "cve", url.Values{"cve": {"CVE-2026-12345"}, "outcome": {"reserved"}})
	path, ask := "/desk/cases/"+string(id)+"/advisory", `href="/desk/cases/`+string(id)+`/do/cve">Ask for a new CVE id`
	form := b.Form(b.Get(path).Check(h, http.StatusOK), path)
	form.Set("overview", "Sessions can be fixed by anybody.")
	form.Set("step", "save")
	if page := b.Follow(b.Post(path, form)).Check(h, http.StatusOK); strings.Contains(page.Body, ask) {
		t.Error("a new id is offered in place of one that holds")
	}
	do(b, h, id, "cve", url.Values{"cve": {"CVE-2026-12345"}, "outcome": {"rejected"}})
	page := b.Get(path).Check(h, http.StatusOK)
	whole(t, "a rejected id", page)
	if !strings.Contains(page.Body, ask) || !strings.Contains(page.Text(), "a rejected id is never used again") {
		t.Errorf("no way to a new id: %s", page.Text())
	}
}

// Who only looks sees the page and no way to save.
func TestAdvisoryIsReadByAuditors(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "auditor@example.org")
	path := "/desk/cases/" + string(id) + "/advisory"
	page := b.Get(path).Check(h, http.StatusOK)
	if strings.Contains(page.Body, `value="save"`) {
		t.Error("an auditor is offered to save")
	}
	b.Post(path, url.Values{"title": {"x"}, "step": {"save"}}).Check(h, http.StatusNotFound)
	if state(h, id).Release != (cvd.Release{}) {
		t.Error("something was saved")
	}
}
