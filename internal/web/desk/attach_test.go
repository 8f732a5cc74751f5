package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Words that are being written to the reporter get a file without a script: the form for it
// opens with the words in it, says of each button who gets both, and sends nothing before.
func TestAnswerWithAFile(t *testing.T) {
	h := house(t)
	a := h.Receive(cvd.Report{Title: "one"})
	path := "/desk/cases/" + string(a.Case)
	b := in(h, "member@example.org")
	page := b.Get(path).Check(h, http.StatusOK).Body
	_, box, _ := strings.Cut(page, `<textarea id="message"`)
	box, _, _ = strings.Cut(box, "</form>")
	if !strings.Contains(box, `formaction="`+path+`/do/attach"`) {
		t.Fatal("the box for words leads to no file")
	}
	before := state(h, a.Case).Version
	asked := b.Post(path+"/do/attach", url.Values{"text": {"Please try the log reader."}, "seen": {"1"}}).Check(h, http.StatusOK)
	whole(t, "a file with words", asked)
	for _, want := range []string{
		"Please try the log reader.</textarea>", `type="file"`, `enctype="multipart/form-data"`,
		`formaction="` + path + `/do/attach?for=team"`, `formaction="` + path + `/do/attach?for=reporter"`,
	} {
		if !strings.Contains(asked.Body, want) {
			t.Errorf("the form for the file lacks %s", want)
		}
	}
	if strings.Index(asked.Body, "for=team") > strings.Index(asked.Body, "for=reporter") {
		t.Error("the key Enter would send the file to the reporter")
	}
	if state(h, a.Case).Version != before {
		t.Error("something was sent before the file was chosen")
	}
	b.Upload(path+"/do/attach?for=reporter", url.Values{"text": {"Please try the log reader."}}, webtest.File{Field: "file", Name: "reader.txt", Content: "x"}).Check(h, http.StatusSeeOther)
	actor, err := h.Auth.Receipt(context.Background(), a.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	files, err := h.Desk.As(actor).Thread(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	last := files[0].Events[len(files[0].Events)-1]
	if last.Body == nil || last.Body.Text != "Please try the log reader." || last.Body.File == nil || last.Body.File.Name != "reader.txt" {
		t.Errorf("the reporter gets %+v", last.Body)
	}
}
