package desk_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

var entry = regexp.MustCompile(`<li class="entry [a-z]+" id="e(\d+)"`)

func entries(page *webtest.Answer) string {
	var out []string
	for _, m := range entry.FindAllStringSubmatch(page.Body, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, " ")
}

// The timeline is shown by kind; each entry is under one kind at least.
func TestTheTimelineByKind(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	h.Do(h.Lead, id, cvd.VerbNote, cvd.Input{Note: "looks real"})
	h.Do(h.Lead, id, cvd.VerbMessage, cvd.Input{Text: "Thank you."})
	h.Do(h.Lead, id, cvd.VerbValidate, cvd.Input{})
	if _, err := h.Desk.As(h.Lead).Attach(context.Background(), id, "log.txt", strings.NewReader("x"), cvd.Input{}); err != nil {
		t.Fatal(err)
	}
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id)
	all := entries(b.Get(path).Check(h, http.StatusOK))
	seen := map[string]bool{}
	for kind, want := range map[string]string{"messages": "1 3", "notes": "2", "files": "5"} {
		page := b.Get(path+"?show="+kind).Check(h, http.StatusOK)
		whole(t, kind, page)
		if got := entries(page); got != want {
			t.Errorf("%s shows %s, want %s", kind, got, want)
		}
	}
	for _, kind := range []string{"messages", "notes", "files", "state", "mail"} {
		for _, one := range strings.Fields(entries(b.Get(path + "?show=" + kind))) {
			seen[one] = true
		}
	}
	for _, one := range strings.Fields(all) {
		if !seen[one] {
			t.Errorf("entry %s is of no kind", one)
		}
	}
	if got := entries(b.Get(path + "?show=nonsense")); got != all {
		t.Errorf("a kind that does not exist shows %s", got)
	}
}

// Long words are folded, and stand there in full once more; the whole file folds none.
func TestLongWordsAreFolded(t *testing.T) {
	h := house(t)
	long := strings.Repeat("A line of the report.\n", 200) + canary
	id := h.Receive(cvd.Report{Title: "long", Description: long, Steps: long}).Case
	h.Do(h.Lead, id, cvd.VerbMessage, cvd.Input{Text: long})
	b := in(h, "lead@example.org")
	page := b.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK)
	whole(t, "folded", page)
	if got := strings.Count(page.Body, `<details class="long">`); got != 3 || strings.Count(page.Body, canary) != 3 {
		t.Errorf("%d are folded", got)
	}
	if page := b.Get("/desk/cases/" + string(id) + "?whole=yes"); strings.Contains(page.Body, `class="long"`) || strings.Count(page.Body, canary) != 3 {
		t.Error("the whole file folds something")
	}
}

// A file that may be text is read as text on a page that can do nothing, and each look is
// recorded; it is fetched as a download like all others, and never opened.
func TestTextFiles(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	attach := func(name, content string) string {
		t.Helper()
		done, err := h.Desk.As(h.Lead).Attach(context.Background(), id, name, strings.NewReader(content), cvd.Input{})
		if err != nil {
			t.Fatal(err)
		}
		return "/desk/cases/" + string(id) + "/files/" + done.Events[0].Body.File.Blob
	}
	text := attach("Crash.LOG", "<script>alert(1)</script>\n&amp;")
	broken := attach("broken.txt", "\xff\x00")
	page := attach("page.html", "<script>alert(1)</script>")
	large := attach("request", strings.Repeat("x", 256<<10-1)+"äy")
	picture := attach("shot.PNG", "\x89PNG")
	b := in(h, "lead@example.org")
	shown := b.Get(text+"/text").Check(h, http.StatusOK)
	whole(t, "text", shown)
	if !strings.Contains(shown.Body, "&lt;script&gt;alert(1)&lt;/script&gt;\n&amp;amp;") || strings.Contains(shown.Body, "desk.js") {
		t.Errorf("it is not shown letter by letter: %s", shown.Body)
	}
	tricks := attach("tricks.json", "{\"a\u202e\": 1} \u2066x\u2069 \x1b[31m\u200b\u061c\u0085\tä\r\n👩\u200d💻")
	if got := b.Get(tricks+"/text").Check(h, http.StatusOK); !strings.Contains(got.Text(), "{\"a⟨U+202E⟩\": 1} ⟨U+2066⟩x⟨U+2069⟩ ⟨U+001B⟩[31m⟨U+200B⟩⟨U+061C⟩⟨U+0085⟩ ä 👩\u200d💻") {
		t.Errorf("what cannot be seen is not named: %s", got.Text())
	}
	csp := shown.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "sandbox") || strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") || shown.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("it may do something: %s", csp)
	}
	if got := b.Get(broken+"/text").Check(h, http.StatusOK); !strings.Contains(got.Text(), "no text in UTF-8") {
		t.Errorf("broken text: %s", got.Text())
	}
	if got := b.Get(page+"/text").Check(h, http.StatusOK); !strings.Contains(got.Body, "&lt;script&gt;alert(1)") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page is no text: %s", got.Body)
	}
	if got := b.Get(large+"/text").Check(h, http.StatusOK); strings.Contains(got.Text(), "ä") || strings.Contains(got.Text(), "no text in UTF-8") || !strings.Contains(got.Text(), "Its first 262.1 kB stand here") {
		t.Errorf("the beginning of a long one: %s", got.Text()[len(got.Text())-300:])
	}
	b.Get(picture+"/text").Check(h, http.StatusNotFound)
	for _, path := range []string{text, broken, page, large, picture} {
		got := b.Get(path).Check(h, http.StatusOK)
		if !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || got.Header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s is no download: %v", path, got.Header)
		}
	}
	links := b.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK).Body
	if !strings.Contains(links, text+`/text"`) || !strings.Contains(links, page+`/text"`) || !strings.Contains(links, large+`/text"`) || strings.Contains(links, picture+"/text") {
		t.Error("the case offers the wrong files as text")
	}
	f, err := h.Desk.As(h.Auditor).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	for _, r := range f.Readers {
		if r.Actor == h.Lead.Ref() && r.What == "attachment" {
			looks++
		}
	}
	if looks == 0 {
		t.Errorf("no look is recorded: %+v", f.Readers)
	}
	in(h, "fixer@example.org").Get(text+"/text").Check(h, http.StatusNotFound)
}

// What a scanner knows is handed out to a member who has read what it is, and what it could
// not be asked about as well; nobody else is asked.
func TestKnownMalwareIsHandedOutOnWord(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	attach := func(content string) string {
		done, err := h.Desk.As(h.Lead).Attach(context.Background(), id, "proof.exe", strings.NewReader(content), cvd.Input{})
		if err != nil {
			t.Fatal(err)
		}
		return "/desk/cases/" + string(id) + "/files/" + done.Events[0].Body.File.Blob
	}
	harmless, known := attach("harmless"), attach("an EICAR file")
	var away error
	h.Desk.Scan = func(_ context.Context, r io.Reader) (string, error) {
		read, err := io.ReadAll(r)
		if strings.Contains(string(read), "EICAR") {
			return "Eicar-<b>", err
		}
		return "", errors.Join(err, away)
	}
	b := in(h, "lead@example.org")
	if got := b.Get(harmless).Check(h, http.StatusOK); got.Body != "harmless" {
		t.Errorf("%q", got.Body)
	}
	page := b.Get(known).Check(h, http.StatusConflict)
	whole(t, "suspect", page)
	if !strings.Contains(page.Body, "Eicar-&lt;b&gt;") || strings.Contains(page.Body, "EICAR") || page.Header.Get("Content-Disposition") != "" {
		t.Errorf("%v %s", page.Header, page.Body)
	}
	if got := b.Get(known+"?risk=true").Check(h, http.StatusOK); got.Body != "an EICAR file" || got.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%v %q", got.Header, got.Body)
	}
	away = errors.New("connection refused")
	if page := b.Get(harmless).Check(h, http.StatusConflict); !strings.Contains(page.Body, harmless+"?risk=true") || strings.Contains(page.Body, "refused") {
		t.Error(page.Body)
	}
	b.Get(harmless+"?risk=true").Check(h, http.StatusOK)
}
