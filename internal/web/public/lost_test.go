package public_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/web/webtest"
)

// Files that a form lost are named until others are chosen, also by the last step, and do
// not become a part of the report.
func TestLostFilesAreNamedUntilTheyAreChosen(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	look := func(form url.Values, files ...webtest.File) (url.Values, *webtest.Answer) {
		form.Set("step", "preview")
		page := b.Upload("/report?step=preview", form, files...).Check(h, 200)
		sound(t, page)
		form = b.Form(page, "/report?step=send")
		form.Del("step")
		return form, page
	}
	form, _ := look(url.Values{"description": {"It breaks."}}, webtest.File{Field: "attachments", Name: "<b>poc.txt", Content: "x"}, webtest.File{Field: "attachments", Name: "b.txt", Content: "x"})
	for range 2 {
		var page *webtest.Answer
		form, page = look(form)
		if !slices.Equal(form["lost[]"], []string{"<b>poc.txt", "b.txt"}) {
			t.Errorf("goes on with %q", form["lost[]"])
		}
		for _, want := range []string{"A preview does not keep files: choose them again before you send. <b>poc.txt, b.txt", "choose them again before you send: <b>poc.txt, b.txt"} {
			if !strings.Contains(page.Text(), want) {
				t.Errorf("no %q in %s", want, page.Text())
			}
		}
	}
	if other, _ := look(form, webtest.File{Field: "attachments", Name: "c.txt", Content: "x"}); !slices.Equal(other["lost[]"], []string{"c.txt"}) {
		t.Errorf("with another file: %q", other["lost[]"])
	}
	many := url.Values{"description": {"It breaks."}, "lost[]": append(slices.Repeat([]string{"a"}, 100), strings.Repeat("b", 4000))}
	many["lost[]"][0] = strings.Repeat("b", 4000)
	if cut, _ := look(many); len(cut["lost[]"]) != 20 || len(cut["lost[]"][0]) > 130 {
		t.Errorf("%d names, the first of %d bytes", len(cut["lost[]"]), len(cut["lost[]"][0]))
	}
	wrong := url.Values{"cwe": {"XSS"}, "lost[]": {"b.txt"}}
	if page := b.Upload("/report?step=send", wrong).Check(h, 422); strings.Count(page.Text(), "b.txt") < 2 {
		t.Errorf("refused without the name: %s", page.Text())
	}
	if page := b.Upload("/report?step=send", form).Check(h, 201); strings.Contains(page.Text(), "poc.txt") {
		t.Error("the receipt speaks of a file that never came")
	}
}
