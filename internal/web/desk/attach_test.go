package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Words that are being written to the reporter get a file without a script: they are titled,
// written and shown before as an answer is, and the file is chosen where it is seen what it
// goes with. What is refused then keeps the words, and nothing is sent twice.
func TestAnswerWithAFile(t *testing.T) {
	h := house(t)
	a := h.Receive(cvd.Report{Title: "one"})
	path := "/desk/cases/" + string(a.Case)
	at, words := path+"/do/attach", "Please try the log reader."
	b := in(h, "member@example.org")
	page := b.Get(path).Check(h, http.StatusOK).Body
	_, box, _ := strings.Cut(page, `<textarea id="message"`)
	box, _, _ = strings.Cut(box, "</form>")
	if !strings.Contains(box, `formaction="`+at+`" name="with" value="words"`) {
		t.Fatal("the box for words leads to no file")
	}
	before := state(h, a.Case).Version
	asked := b.Follow(b.Post(at, url.Values{"text": {words}, "with": {"words"}}).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	whole(t, "words with a file", asked)
	for _, want := range []string{"<h1>Write to the reporter, with a file</h1>", words + "</textarea>", `name="step" value="preview"`} {
		if !strings.Contains(asked.Body, want) {
			t.Errorf("the form for the words lacks %s", want)
		}
	}
	if strings.Contains(asked.Body, `type="file"`) {
		t.Error("a file is chosen before it is shown what it goes with")
	}
	form := b.Form(asked, at)
	form.Set("step", "preview")
	shown := b.Post(at, form).Check(h, http.StatusSeeOther)
	preview := b.Follow(shown).Check(h, http.StatusOK)
	whole(t, "the preview with a file", preview)
	for _, want := range []string{"Write to the reporter, with a file</h1>", "What the reporter will read", words, `type="file"`, `enctype="multipart/form-data"`, `action="` + at + `?for=reporter"`, "Send to the reporter", "?edit="} {
		if !strings.Contains(preview.Body, want) {
			t.Errorf("the preview with a file lacks %s", want)
		}
	}
	if state(h, a.Case).Version != before {
		t.Error("something was sent before the file was chosen")
	}
	form = b.Form(preview, at+"?for=reporter")
	missed := b.Upload(at+"?for=reporter", form).Check(h, http.StatusUnprocessableEntity)
	whole(t, "no file", missed)
	if !strings.Contains(missed.Body, "What the reporter will read") || !strings.Contains(missed.Body, words) || !strings.Contains(missed.Body, "choose a file") {
		t.Errorf("without a file it reads %s", missed.Text())
	}
	file := webtest.File{Field: "file", Name: "reader.txt", Content: "x"}
	b.Upload(at+"?for=reporter", form, file).Check(h, http.StatusSeeOther)
	last := func() *cvd.Event {
		t.Helper()
		actor, err := h.Auth.Receipt(context.Background(), a.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		files, err := h.Desk.As(actor).Thread(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return &files[0].Events[len(files[0].Events)-1]
	}
	sent := last()
	if sent.Body == nil || sent.Body.Text != words || sent.Body.File == nil || sent.Body.File.Name != "reader.txt" {
		t.Errorf("the reporter gets %+v", sent.Body)
	}
	if again := b.Upload(at+"?for=reporter", form, file).Check(h, http.StatusGone); !strings.Contains(again.Text(), "This is done already") || last().Seq != sent.Seq {
		t.Errorf("sent twice, it answers %s", again.Text())
	}
	b.Follow(shown).Check(h, http.StatusGone)
}

// A file that is added for itself says of each button who gets it, and none is chosen before.
func TestAFileForItself(t *testing.T) {
	h := house(t)
	path := "/desk/cases/" + string(h.Receive(cvd.Report{Title: "one"}).Case) + "/do/attach"
	page := in(h, "member@example.org").Get(path).Check(h, http.StatusOK)
	team, reporter := strings.Index(page.Body, `formaction="`+path+`?for=team"`), strings.Index(page.Body, `formaction="`+path+`?for=reporter"`)
	if team < 0 || reporter < team || !strings.Contains(page.Body, `type="file"`) || !strings.Contains(page.Body, "<h1>Add file</h1>") {
		t.Errorf("the form for a file: team %d, reporter %d: %s", team, reporter, page.Text())
	}
}

// Whatever a form shows before it is sent stands at an address of its own, so that the
// browser's way back leads to it: a prepared reply that is put in as well as a preview.
func TestEveryPreviewHasAnAddress(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	at := "/desk/cases/" + string(h.Receive(full()).Case) + "/do/message"
	form := b.Form(b.Get(at).Check(h, http.StatusOK), at)
	if form.Get("canned") != "" {
		t.Fatal("a reply is chosen before")
	}
	canned := regexp.MustCompile(`<option value="([a-z-]+/[a-z]+)"`).FindStringSubmatch(b.Get(at).Body)
	if canned == nil {
		t.Fatal("no prepared reply")
	}
	form.Set("canned", canned[1])
	form.Set("text", "First of all.")
	form.Set("step", "insert")
	put := b.Post(at, form).Check(h, http.StatusSeeOther)
	page := b.Follow(put).Check(h, http.StatusOK)
	whole(t, "the reply", page)
	text := b.Form(page, at).Get("text")
	if !strings.HasPrefix(text, "First of all.") || len(text) < 20 {
		t.Errorf("what was put in reads %q", text)
	}
	if again := b.Form(b.Follow(put).Check(h, http.StatusOK), at).Get("text"); again != text {
		t.Errorf("read again it is %q", again)
	}
}
