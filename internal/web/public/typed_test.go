package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Whatever is pressed on the thread's page, and in whichever language it is asked for,
// nothing is lost of what stands in its other fields; and nothing of it is sent.
func TestNothingTypedInTheThreadIsLost(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{})
	does(h, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	b := opened(h, a)
	page := b.Get("/thread")
	id := string(a.Case)
	typed := func() url.Values {
		form := b.Form(page, "/thread/message")
		form.Set("text."+id, "half a message")
		form.Set("appeal."+id, "half an appeal")
		return form
	}
	kept := func(what string, a *webtest.Answer, names ...string) {
		t.Helper()
		sound(t, a)
		form := b.Form(a, "/thread/message")
		for _, name := range []string{"text", "appeal"} {
			want := ""
			for _, one := range names {
				if one == name {
					want = map[string]string{"text": "half a message", "appeal": "half an appeal"}[name]
				}
			}
			if got := strings.TrimSpace(form.Get(name + "." + id)); got != want {
				t.Errorf("%s: %s is %q, want %q", what, name, got, want)
			}
		}
	}
	if !strings.Contains(page.Body, `form="thread" formaction="/thread?lang=de"`) {
		t.Error("another language is a link, which loses what was typed")
	}
	kept("in German", b.Post("/thread?lang=de", typed()).Check(h, 200), "text", "appeal")
	file := webtest.File{Field: "file." + id, Name: "a.txt", Content: "a"}
	sent := b.Upload("/thread/attach?case="+id, typed(), file).Check(h, 200)
	kept("after files", sent, "text", "appeal")
	if !strings.Contains(sent.Text(), "The file was sent.") && !strings.Contains(sent.Text(), "a.txt") || !strings.Contains(sent.Text(), "still here") {
		t.Errorf("%s", sent.Text())
	}
	kept("no file", b.Upload("/thread/attach?case="+id, typed()).Check(h, 422), "text", "appeal")
	blank := typed()
	blank.Set("appeal."+id, " ")
	kept("an appeal without words", b.Post("/thread/appeal?case="+id, blank).Check(h, 422), "text")
	contact := b.Post("/thread/contact?case="+id, typed()).Check(h, 200)
	sound(t, contact)
	form := b.Form(contact, "/thread/contact")
	german := b.Post("/thread/contact?step=lang&lang=de", form).Check(h, 200)
	kept("back from the contact", b.Post("/thread", b.Form(german, "/thread/contact?lang=de")).Check(h, 200), "text", "appeal")
	form.Set("reporter.name", "Ann")
	kept("after the contact", b.Post("/thread/contact", form).Check(h, 200), "text", "appeal")
	withdraw := b.Form(b.Post("/thread/withdraw?case="+id, typed()).Check(h, 200), "/thread/withdraw")
	kept("not withdrawn", b.Post("/thread", withdraw).Check(h, 200), "text", "appeal")
	for _, one := range []struct{ path, rest, sent string }{
		{"/thread/message?case=", "appeal", "half a message"},
		{"/thread/appeal?case=", "text", "half an appeal"},
	} {
		if strings.Contains(b.Get("/thread").Text(), one.sent) {
			t.Fatalf("%q was sent too early", one.sent)
		}
		if one.rest == "text" { // the appeal's field is gone with it
			answer := b.Post(one.path+id, typed()).Check(h, 200)
			if got := b.Form(answer, "/thread/message").Get("text." + id); got != "half a message" {
				t.Errorf("after the appeal the message is %q", got)
			}
			break
		}
		kept("after the message", b.Post(one.path+id, typed()).Check(h, 200), one.rest)
	}
	alone := b.Form(b.Get("/thread"), "/thread/message")
	alone.Set("text."+id, "a whole message")
	b.Post("/thread/message?case="+id, alone).Check(h, http.StatusSeeOther)
}

// Where some files are stored and others are not, the page says which, so that nobody
// sends the former again.
func TestSomeFilesAreStored(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("attachment_mib: 25", "attachment_mib: 1")
	a := h.Receive(cvd.Report{})
	b := opened(h, a)
	file := func(name string, size int) webtest.File {
		return webtest.File{Field: "file." + string(a.Case), Name: name, Content: strings.Repeat("x", size)}
	}
	page := b.Upload("/thread/attach?case="+string(a.Case), b.Form(b.Get("/thread"), "/thread/attach"),
		file("one.txt", 3), file("big.bin", 1<<20+1), file("two.txt", 4)).Check(h, 422)
	sound(t, page)
	text := page.Text()
	for _, want := range []string{"Already stored, no need to send again: one.txt, two.txt.", "These files were not stored", "big.bin: ", "over 1 MiB"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "nothing has been sent yet") {
		t.Error("it says that nothing was sent")
	}
}

// Strangers have nothing to sign in to: a receipt that opens nothing is told as that.
func TestWrongReceiptForTheFile(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	page := b.Post("/receipt", url.Values{"receipt": {"no-such-words"}}).Check(h, http.StatusUnauthorized)
	sound(t, page)
	if text := page.Text(); strings.Contains(text, "ign in") || strings.Contains(text, "signed in") || !strings.Contains(text, "This receipt opens nothing") {
		t.Errorf("%s", text)
	}
}
