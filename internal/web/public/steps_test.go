package public_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Every field of the policy stands in one of the steps of one form.
func TestStepsHoldEveryField(t *testing.T) {
	for _, file := range []string{signed, small} {
		h := house(t, file, nil)
		a := h.Browser().Get("/report").Check(h, 200)
		steps, asked := 0, map[string]int{}
		for n := range a.Doc.Descendants() {
			if n.Type != html.ElementNode || !strings.HasPrefix(webtest.Attr(n, "id"), "step-") || n.Data != "section" {
				continue
			}
			steps++
			for f := range n.Descendants() {
				if name := webtest.Attr(f, "name"); name != "" {
					asked[name] = steps
				}
			}
		}
		if steps != 3 {
			t.Errorf("%s: %d steps", file, steps)
		}
		for _, f := range h.Book.Current().Policy.Information {
			if asked[f.Name] == 0 && f.Name != "program" && f.Name != "attachments" {
				t.Errorf("%s: %s is asked in no step", file, f.Name)
			}
		}
		if asked["description"] != 1 || asked["product"] != 1 || asked["steps"] != 2 || asked["reporter.email"] != 3 {
			t.Errorf("%s: asked in %v", file, asked)
		}
	}
}

// Files stand behind every field: a browser sends them in that order, and what comes
// far behind a large one is not read. The steps show them where they are asked for.
func TestFilesStandBehindEveryField(t *testing.T) {
	for _, file := range []string{signed, small} {
		a := house(t, file, nil).Browser().Get("/report")
		var names []string
		for n := range a.Doc.Descendants() {
			if name := webtest.Attr(n, "name"); name != "" && (n.Data == "input" || n.Data == "textarea" || n.Data == "select") {
				names = append(names, name)
			}
		}
		if len(names) == 0 || names[len(names)-1] != "attachments" {
			t.Errorf("%s: the fields come as %v", file, names)
		}
	}
}

// Who is in a hurry says what is wrong, in what, adds files and sends: the first step
// asks for nothing else, with what is needed first.
func TestTheFirstStepIsEnough(t *testing.T) {
	h := house(t, signed, nil)
	a := h.Browser().Get("/report").Check(h, 200)
	if got := stepFields(a, "step-1"); !slices.Equal(got, []string{"description", "product", "version"}) {
		t.Errorf("the first step asks for %v", got)
	}
	if !strings.Contains(a.Body, `<button type="submit">Send it now</button>`) {
		t.Error("nothing sends from the first step")
	}
}

func stepFields(a *webtest.Answer, id string) []string {
	var out []string
	for n := range a.Doc.Descendants() {
		if webtest.Attr(n, "id") != id {
			continue
		}
		for f := range n.Descendants() {
			if name := webtest.Attr(f, "name"); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// What matters only after a yes is hidden until then by the page's look alone, and never
// where something stands in it or is wrong with it.
func TestWhatMattersOnlyIf(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	a := b.Get("/report").Check(h, 200)
	for _, name := range []string{"exploited.more", "public.more", "reporter.credit.as"} {
		if n := strings.Count(a.Body, `name="`+name+`" value="" placeholder=" "`); n != 1 {
			t.Errorf("%s is hidden %d times", name, n)
		}
	}
	if n := strings.Count(a.Body, `class="field only"`); n != 3 {
		t.Errorf("%d fields wait for a yes", n)
	}
}

// A preview shows the words as they read, tells what is wrong, keeps all of them and
// stores nothing.
func TestPreview(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	typed := url.Values{"step": {"preview"}, "title": {"Twice <b>"}, "description": {"It **signs in** again.\n<script>alert(1)</script>\n![](https://example.org/x.png)"}, "cwe": {"XSS"}, "reporter.credit": {"anonymous"}}
	a := sendReport(h, b, typed, webtest.File{Field: "attachments", Name: "poc.txt", Content: "proof"}).Check(h, 200)
	sound(t, a)
	for _, want := range []string{"<strong>signs in</strong>", "&lt;script&gt;alert(1)", "Twice &lt;b&gt;", "is no CWE identifier", "choose them again", "As an anonymous finder"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the preview does not hold %q", want)
		}
	}
	if strings.Contains(a.Body, "<img") || cases(h) != 0 {
		t.Error("a picture is loaded, or something was stored")
	}
	// What is wrong leads to no sending, and the rules are folded away.
	if strings.Contains(a.Text(), "Continue to sending") || !strings.Contains(a.Body, "<title>Error: ") || !strings.Contains(a.Body, `<details class="before">`) {
		t.Error("a preview of what cannot be sent offers to send it")
	}
	again := b.Form(a, "/report?step=send")
	for name, want := range typed {
		if name != "step" && again.Get(name) != want[0] {
			t.Errorf("%s came back as %q", name, again.Get(name))
		}
	}
	again.Set("cwe", "CWE-79")
	again.Del("lost[]")
	again.Set("step", "preview")
	good := b.Upload("/report?step=preview", again).Check(h, 200)
	sound(t, good)
	if !strings.Contains(good.Body, `<button type="submit" form="whole" class="main">`) || !strings.Contains(good.Body, "<title>Preview: Report") {
		t.Error("a good preview cannot be sent")
	}
	again.Del("step")
	b.Upload("/report", again).Check(h, 201)
}

// A message can be looked at before it is sent.
func TestMessagePreview(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{})
	b := opened(h, a)
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "A **word**.")
	form.Set("step", "preview")
	page := b.Post("/thread/message", form).Check(h, 200)
	sound(t, page)
	if !strings.Contains(page.Body, "<strong>word</strong>") || b.Form(page, "/thread/message").Get("text."+string(a.Case)) != "A **word**." {
		t.Errorf("%s", page.Text())
	}
	if strings.Contains(b.Get("/thread").Text(), "A word.") {
		t.Error("it was sent")
	}
}

// Letters come in the language of the form, until the reporter says otherwise.
func TestLanguageOfLetters(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/report?lang=de").Check(h, 200), "/report?step=send&lang=de")
	form.Set("description", "Ein Fehler.")
	form.Set("reporter.email", "ann@example.org")
	code := b.Form(b.Post("/report?lang=de", form).Check(h, 201), "/receipt?lang=de").Get("receipt")
	actor, err := h.Auth.Receipt(context.Background(), code)
	if err != nil {
		t.Fatal(err)
	}
	language := func() string {
		t.Helper()
		f, err := h.Desk.As(actor).Thread(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return f[0].Case.Participant(cvd.Reporter).Contact.Language
	}
	if got := language(); got != "de" {
		t.Errorf("letters in %q", got)
	}
	b.Post("/thread/open", url.Values{"receipt": {code}})
	f, _ := h.Desk.As(actor).Thread(context.Background())
	contact := b.Form(b.Post("/thread/contact", url.Values{"case": {string(f[0].Case.ID)}}).Check(h, 200), "/thread/contact")
	if contact.Get("reporter.language") != "de" {
		t.Errorf("the form says %q", contact.Get("reporter.language"))
	}
	contact.Set("reporter.language", "fr")
	b.Post("/thread/contact", contact).Check(h, 303)
	if got := language(); got != "fr" {
		t.Errorf("letters in %q", got)
	}
}

// Another language is chosen without losing what was typed, and sends nothing.
func TestAnotherLanguageKeepsWhatWasTyped(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/report"), "/report?step=send")
	form.Set("description", "It breaks.")
	form.Set("reporter.credit", "anonymous")
	a := b.Upload("/report?step=lang&lang=de", form, webtest.File{Field: "attachments", Name: "poc.txt", Content: "1"}).Check(h, 200)
	sound(t, a)
	again := b.Form(a, "/report?step=send&lang=de")
	if again.Get("description") != "It breaks." || again.Get("reporter.credit") != "anonymous" || again.Get("once") != form.Get("once") || cases(h) != 0 {
		t.Errorf("%v came back, %d cases", again, cases(h))
	}
	for _, want := range []string{`<html lang="de"`, `action="/report?step=send&amp;lang=de"`, `formaction="/report?step=lang&amp;lang=fr"`, "poc.txt", "Wählen Sie Ihre Dateien noch einmal", `class="step first" id="step-1"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	b.Upload("/report?lang=de", again).Check(h, 201)
}

// A refused form opens at the step with the first fault, takes the focus to the list
// of them, and says so in its title.
func TestRefusedFormOpensAtTheFault(t *testing.T) {
	h := house(t, small, nil)
	a := sendReport(h, h.Browser(), url.Values{"description": {"x"}, "reporter.email": {"nobody"}}).Check(h, 422)
	for _, want := range []string{"<title>Error: Report", `<div class="summary" role="alert" tabindex="-1" autofocus`, `class="step first" id="step-3"`, `<li class="first wrong"><a href="#step-3"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("no %s", want)
		}
	}
}
