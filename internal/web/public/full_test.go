package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// While the disk has no room for files, words still arrive, and both are said.
func TestWordsArriveWithoutRoomForFiles(t *testing.T) {
	h := house(t, small, nil)
	h.Blobs.Floor, h.Blobs.Free = 100, func(string) (int64, error) { return 99, nil }
	file := webtest.File{Field: "attachments", Name: "a.txt", Content: "a"}
	page := h.Browser().Upload("/report", url.Values{"title": {"x"}, "description": {"It breaks."}, "product": {"Tide"}}, file).Check(h, http.StatusCreated)
	sound(t, page)
	if !strings.Contains(page.Text(), "we are short of space at the moment; what you wrote was kept") {
		t.Errorf("%s", page.Text())
	}
	a := h.Receive(cvd.Report{Title: "x"})
	b := opened(h, a)
	file.Field = "file"
	refused := b.Upload("/thread/attach", url.Values{"case": {string(a.Case)}}, file).Check(h, http.StatusUnprocessableEntity)
	if !strings.Contains(refused.Text(), "short of space") {
		t.Errorf("%s", refused.Text())
	}
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "Still words.")
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	h.Blobs.Floor = 0
	b.Upload("/thread/attach", url.Values{"case": {string(a.Case)}}, file).Check(h, http.StatusSeeOther)
}
