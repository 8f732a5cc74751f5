package public_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
	"fairlead/internal/web/webtest"
)

// receiptOf reads the receipt from the page that shows it.
func receiptOf(t *testing.T, b *webtest.Browser, a *webtest.Answer) string {
	t.Helper()
	code := b.Form(a, "/receipt").Get("receipt")
	if strings.Count(code, "-") != 6 {
		t.Fatalf("the receipt reads %q", code)
	}
	return code
}

// sendReport sends a report by the form as it stands, with the given fields.
func sendReport(h *webtest.House, b *webtest.Browser, fields url.Values, files ...webtest.File) *webtest.Answer {
	h.T.Helper()
	form := b.Form(b.Get("/report").Check(h, 200), "/report?step=send")
	for name, values := range fields {
		form[name] = values
	}
	return b.Upload("/report", form, files...)
}

func TestReportGivesAReceipt(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	a := sendReport(h, b, url.Values{"description": {"The parser reads past its end."}, "product": {"Tidewater Server"}}, webtest.File{Field: "attachments", Name: "../../etc/poc.txt", Content: "proof"}).Check(h, 201)
	sound(t, a)
	code := receiptOf(t, b, a)
	for _, want := range []string{code, "TP-2026-", "A person confirms receipt by Wed 4 Mar 2026", "poc.txt", "http://example.com/thread"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("%q is missing in %s", want, a.Text())
		}
	}
	// Beside it stand the words one by one, to be copied by pen and ticked off.
	for i, word := range strings.Split(code, "-") {
		if want := fmt.Sprintf(`<li><label class="choice"><input type="checkbox"> <span class="mono">%s</span></label></li>`, word); !strings.Contains(a.Body, want) {
			t.Errorf("word %d is in no list", i+1)
		}
	}
	if len(b.Cookies()) > 0 {
		t.Error("a cookie before the receipt was used")
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Encoding") != "" {
		t.Errorf("the page with the receipt may be kept: %v", a.Header)
	}
	if strings.Contains(h.Log.String(), code) {
		t.Error("the log holds the receipt")
	}
	file := b.Post("/receipt", url.Values{"receipt": {code}}).Check(h, 200)
	if !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment; filename=receipt-TP-2026-") || !strings.Contains(file.Body, code) {
		t.Errorf("receipt file: %v %s", file.Header, file.Body)
	}
	b.Post("/receipt", url.Values{"receipt": {"no-such-receipt-<b>"}}).Check(h, 401)
}

// A refused form comes back whole, with a summary that leads to each field.
func TestRefusedReportKeepsEverything(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	typed := url.Values{
		"description": {""}, "title": {"A <title>"}, "steps": {"first\nsecond"}, "reporter.email": {"nobody"},
		"reporter.name": {"Ann \"A\" O'Neil"}, "reporter.credit": {"anonymous"}, "cwe": {"XSS"}, "urls": {"https://example.org/?a=1&b=2"},
	}
	a := sendReport(h, b, typed).Check(h, 422)
	sound(t, a)
	again := b.Form(a, "/report?step=send")
	for name, want := range typed {
		if got := again.Get(name); got != want[0] {
			t.Errorf("%s came back as %q", name, got)
		}
	}
	text := a.Text()
	for _, want := range []string{"Details of the vulnerability is missing", "Your mail address is no mail address", "CWE category is no CWE identifier"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in the summary", want)
		}
	}
	if !strings.Contains(a.Body, `id="f-cwe-fault"><span>is no CWE identifier`) {
		t.Error("the field does not say what is wrong with it")
	}
	if cases(h) != 0 {
		t.Error("something was stored")
	}
	again.Set("description", "words")
	again.Set("reporter.email", "ann@example.org")
	again.Set("cwe", "79")
	b.Upload("/report", again).Check(h, 201)
	if cases(h) != 1 {
		t.Error("not stored")
	}
}

// What the form cannot be and what it means nothing by are told together.
func TestRefusedReportTellsAllFaults(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("    label: Which version?\n", "    label: Which version?\n    required: true\n")
	a := sendReport(h, h.Browser(), url.Values{"description": {""}, "cwe": {"XSS"}, "program": {"nope"}}).Check(h, 422)
	for _, want := range []string{"is missing", "Which version? is missing", "no such program", "is no CWE identifier"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("%q is missing in the summary: %s", want, a.Text())
		}
	}
}

// A field that the policy requires is required on the form.
func TestPolicyRequiresAField(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("    label: Which version?\n", "    label: Which version?\n    required: true\n")
	b := h.Browser()
	a := sendReport(h, b, url.Values{"description": {"x"}}).Check(h, 422)
	if !strings.Contains(a.Text(), "Which version? is missing") {
		t.Errorf("%s", a.Text())
	}
}

// Pressing the button twice is one report with one receipt; other words are
// another report.
func TestSendingTwice(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/report"), "/report?step=send")
	form.Set("description", "Found once.")
	file := webtest.File{Field: "attachments", Name: "poc.txt", Content: "proof"}
	one := receiptOf(t, b, b.Upload("/report", form, file).Check(h, 201))
	two := receiptOf(t, b, b.Upload("/report", form, file).Check(h, 201))
	if one != two || cases(h) != 1 {
		t.Errorf("%d cases, receipts %s and %s", cases(h), one, two)
	}
	actor, err := h.Auth.Receipt(context.Background(), one)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := h.Desk.As(actor).Thread(context.Background()); err != nil || f[0].Case.Files != 1 {
		t.Errorf("%v, files %d", err, f[0].Case.Files)
	}
	form.Set("description", "Found twice.")
	if three := receiptOf(t, b, b.Upload("/report", form).Check(h, 201)); three == one || cases(h) != 2 {
		t.Error("other words were taken for the same report")
	}
}

// A file that cannot be kept never costs the report.
func TestRefusedFileKeepsTheReport(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("attachment_mib: 25", "attachment_mib: 1", "attachments_total: 20", "attachments_total: 2")
	b := h.Browser()
	big := strings.Repeat("x", 1<<20+1)
	a := sendReport(h, b, url.Values{"description": {"with files"}},
		webtest.File{Field: "attachments", Name: "big.bin", Content: big},
		webtest.File{Field: "attachments", Name: "one.txt", Content: "1"},
		webtest.File{Field: "attachments", Name: "two.txt", Content: "2"},
		webtest.File{Field: "attachments", Name: "<b>three.txt", Content: "3"},
	).Check(h, 201)
	receiptOf(t, b, a)
	text := a.Text()
	for _, want := range []string{"big.bin: the file is over 1 MiB", "one.txt", "two.txt", "<b>three.txt: the case holds 2 files"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if cases(h) != 1 {
		t.Error("the report is lost")
	}
}

// The limits of abuse keep what was typed, say when to try again, and store
// nothing.
func TestTooManyReports(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/report"), "/report?step=send")
	for i := range 60 {
		form.Set("description", "report "+strings.Repeat("x", i))
		b.Post("/report", form).Check(h, 201)
	}
	form.Set("description", "one too <many>")
	a := b.Post("/report", form).Check(h, http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" || b.Form(a, "/report?step=send").Get("description") != "one too <many>" {
		t.Error("what was typed is lost")
	}
	if want := "Send it again in " + a.Header.Get("Retry-After") + " second"; !strings.Contains(a.Text(), want) {
		t.Errorf("the page does not say %q: %s", want, a.Text())
	}
	// A large file costs no words: it is told to be chosen again.
	large := b.Upload("/report", form, webtest.File{Field: "attachments", Name: "dump.bin", Content: strings.Repeat("x", 1<<20)}).Check(h, http.StatusTooManyRequests)
	if b.Form(large, "/report?step=send").Get("description") != "one too <many>" || !strings.Contains(large.Text(), "dump.bin") {
		t.Errorf("with a large file what was typed is lost: %s", large.Text())
	}
	// Where even the words are too many to be read then, the page says so.
	form.Set("steps", strings.Repeat("step ", 80_000))
	if many := b.Post("/report", form).Check(h, http.StatusTooManyRequests); strings.Contains(many.Text(), "Everything you typed is still here") {
		t.Error("what is lost is said to be here")
	}
	form.Del("steps")
	// Who only looks sends nothing, and may.
	b.Post("/report?step=preview", form).Check(h, 200)
	b.Post("/report?step=lang&lang=de", form).Check(h, 200)
	if cases(h) != 60 {
		t.Errorf("%d cases", cases(h))
	}
	other := h.Browser()
	other.From = "192.0.2.8:1"
	other.Post("/report", form).Check(h, 201)
	free := house(t, small, func(c *web.Config) { c.Unlimited = true })
	b = free.Browser()
	form = b.Form(b.Get("/report"), "/report?step=send")
	for i := range 70 {
		form.Set("description", "report "+strings.Repeat("x", i))
		b.Post("/report", form).Check(free, 201)
	}
}

// Out of scope, non-issues, the rule on components of others, guidelines with
// the urgent channel, the privacy notice and the tracker stand before the button.
func TestFormShowsWhatThePolicySays(t *testing.T) {
	for _, c := range []struct {
		file  string
		wants []string
	}{
		{signed, []string{"Denial of service", "Physical testing", "Social engineering", "The capability statement can be read", "Components of others", "Tell us at once if sensitive data is exposed", "+1-416-555-0142 Answered at any hour", "Talk to us before you open a CVE", "at our discretion", "Northlake Health Software, Privacy and Security Officer", "Up to 20 files of 25 MiB each"}},
		{small, []string{"public issue tracker", "The server tells its version", "Check first whose component it is", "Tidewater Tools"}},
	} {
		h := house(t, c.file, nil)
		text := h.Browser().Get("/report").Check(h, 200).Text()
		before, _, found := strings.Cut(text, "Send the report")
		if !found {
			t.Fatal("no button")
		}
		for _, want := range c.wants {
			if !strings.Contains(before, want) {
				t.Errorf("%s: %q does not stand before the button", c.file, want)
			}
		}
	}
}

// raw sends bytes as they are.
func raw(b *webtest.Browser, path, kind, body string) *webtest.Answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return b.Send(r)
}

const boundary = "multipart/form-data; boundary=b"

func part(name, value string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

func filePart(name, value string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

// Hostile input is refused with a clear page, nothing is stored, and no such
// page repeats an error of ours.
func TestHostileReports(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		status           int
		says             string
	}{
		{"nothing", "application/x-www-form-urlencoded", "", 422, "is missing"},
		{"no type", "", "description=x", 422, "is missing"},
		{"another type", "application/json", `{"description":"x"}`, 422, "is missing"},
		{"broken escape", "application/x-www-form-urlencoded", "description=%zz", 400, "could not read"},
		{"no boundary", "multipart/form-data", "x", 400, "could not read"},
		{"not multipart", boundary, "x", 400, "could not read"},
		{"truncated field", boundary, "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nhalf", 400, "could not read"},
		{"large form", "application/x-www-form-urlencoded", "description=" + strings.Repeat("x", 5<<20), 413, "too large"},
		{"large field", boundary, part("description", strings.Repeat("x", 3<<20)) + "--b--\r\n", 413, "too large"},
		{"long field", boundary, part("description", "x") + part("title", strings.Repeat("y", 400)) + "--b--\r\n", 422, "300"},
		{"many fields", boundary, part("description", "x") + manyParts(300) + "--b--\r\n", 413, "too large"},
		{"many fields of one name", boundary, part("description", "x") + strings.Repeat(part("urls", ""), 600) + "--b--\r\n", 413, "too large"},
		{"large names", boundary, part("description", "x") + strings.Repeat(part(strings.Repeat("n", 1<<19), "v"), 5) + "--b--\r\n", 413, "too large"},
		{"NUL", "application/x-www-form-urlencoded", "description=a%00b", 422, "U+0000"},
		{"escape", "application/x-www-form-urlencoded", "description=a%1b%5b2J", 422, "U+001B"},
		{"not UTF-8", "application/x-www-form-urlencoded", "description=%ff%fe", 422, "UTF-8"},
		{"unknown field", "application/x-www-form-urlencoded", "description=x&role=lead", 422, "role"},
		{"our own flag", "application/x-www-form-urlencoded", "description=x&unknown_product=yes", 422, "unknown_product"},
		{"large file first", boundary, filePart("a.txt", aheadOf) + part("description", "x") + "--b--\r\n", 422, "is missing"},
		{"unknown program", "application/x-www-form-urlencoded", "description=x&program=nope", 422, "no such program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := house(t, small, nil)
			a := raw(h.Browser(), "/report", c.kind, c.body).Check(h, c.status)
			if !strings.Contains(a.Text(), c.says) {
				t.Errorf("the page does not say %q: %s", c.says, a.Text())
			}
			sound(t, a)
			if cases(h) != 0 {
				t.Error("something was stored")
			}
		})
	}
}

// aheadOf is a file behind which fields come too late.
var aheadOf = strings.Repeat("1", 1<<20+1)

func manyParts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(part("extra."+strconv.Itoa(i), "v"))
	}
	return b.String()
}

// A connection that breaks within a file, and fields that come too late, are
// told on the confirmation; the report is kept.
func TestBrokenFile(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	a := raw(b, "/report", boundary, part("description", "kept")+filePart("one.txt", aheadOf)+part("title", "late")+filePart("two.txt", "2")[:70]).Check(h, 201)
	receiptOf(t, b, a)
	text := a.Text()
	for _, want := range []string{"one.txt", "title came after the files"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if !strings.Contains(text, "arrived incomplete") {
		t.Errorf("the broken file is not told: %s", text)
	}
	if cases(h) != 1 {
		t.Error("the report is lost")
	}
}

// Fields behind the files count, and a preview behind them sends nothing.
func TestFieldsBehindFiles(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	body := filePart("one.txt", "1") + part("description", "It breaks.") + filePart("two.txt", "2") + part("reporter.credit.as", "Ann")
	a := raw(b, "/report", boundary, body+part("step", "preview")+"--b--\r\n").Check(h, 200)
	for _, want := range []string{"Nothing has been sent yet", "choose them again before you send. one.txt, two.txt", "Ann"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	a = raw(b, "/report?step=preview", boundary, filePart("one.txt", aheadOf)+part("description", "It breaks.")+"--b--\r\n").Check(h, 200)
	if cases(h) != 0 || b.Form(a, "/report?step=send").Get("description") != "It breaks." {
		t.Error("a preview was sent, or what was typed is lost")
	}
	a = raw(b, "/report", boundary, body+part("cwe", "nonsense")+"--b--\r\n").Check(h, 422)
	if again := b.Form(a, "/report?step=send"); again.Get("reporter.credit.as") != "Ann" || again.Get("description") != "It breaks." {
		t.Error("what was typed behind the files is lost")
	}
	if cases(h) != 0 {
		t.Error("a refused form was stored")
	}
	a = raw(b, "/report", boundary, body+"--b--\r\n").Check(h, 201)
	if text := a.Text(); !strings.Contains(text, "one.txt") || !strings.Contains(text, "two.txt") || strings.Contains(text, "not all that came") {
		t.Errorf("the files are lost: %s", text)
	}
}

// A browser forgets which files were chosen, so a refused form says which they were.
func TestRefusedReportNamesItsFiles(t *testing.T) {
	h := house(t, signed, nil)
	a := sendReport(h, h.Browser(), url.Values{"description": {""}},
		webtest.File{Field: "attachments", Name: "poc.txt", Content: "1"}, webtest.File{Field: "attachments", Name: "big.bin", Content: aheadOf}).Check(h, 422)
	if want := "Files were not kept, because nothing was sent: poc.txt, big.bin; choose them again before you send"; strings.Count(a.Text(), want) != 1 || strings.Count(a.Text(), want[6:]) != 2 {
		t.Errorf("the page does not say %q once at the top and at the field: %s", want, a.Text())
	}
}

// What is too large comes back with a way on, and with what stood before it.
func TestTooLargeReportGivesTheFormBack(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	a := raw(b, "/report", boundary, part("title", "A title")+part("description", strings.Repeat("x", 3<<20))+"--b--\r\n").Check(h, 413)
	if b.Form(a, "/report?step=send").Get("title") != "A title" || !strings.Contains(a.Text(), "Go back in your browser") {
		t.Errorf("%s", a.Text())
	}
}

// Faults stand in the order of the form, and name choices as they read.
func TestFaultsReadLikeTheForm(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	b.Lang = "de"
	a := sendReport(h, b, url.Values{"description": {""}, "reporter.email": {"nobody"}, "reporter.credit": {"loud"}, "cwe": {"XSS"}}).Check(h, 422)
	text := a.Text()
	at := 0
	for _, want := range []string{"Beschreibung", "CWE", "Ihre E-Mail-Adresse", "Wie möchten Sie genannt werden?", "Ohne Namen"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or too early: %s", want, text)
		}
		at += i
	}
	if strings.Contains(text, "anonymous") {
		t.Error("the page says what programs send")
	}
}

// Behind the first file nothing can be sent without end: neither fields, which
// come too late, nor files that are refused.
func TestRefusedPartsHaveAnEnd(t *testing.T) {
	for name, one := range map[string]func(int) string{
		"late fields": func(i int) string { return part("extra."+strconv.Itoa(i)+strings.Repeat("y", 1000), "v") },
		"empty files": func(i int) string { return filePart(strconv.Itoa(i)+".txt", "") },
	} {
		h := house(t, small, nil)
		var body strings.Builder
		body.WriteString(part("description", "kept") + filePart("one.txt", aheadOf))
		for i := range 3000 {
			body.WriteString(one(i))
		}
		a := raw(h.Browser(), "/report", boundary, body.String()+"--b--\r\n").Check(h, 201)
		if text := a.Text(); !strings.Contains(text, "20 files or fields") || len(text) > 30_000 {
			t.Errorf("%s: %d bytes: %.3000s", name, len(text), text)
		}
		if cases(h) != 1 {
			t.Errorf("%s: the report is lost", name)
		}
	}
}

// counted is a body that tells how much of it was read.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// Who sends too often costs little more: of such a report no more is read than what may
// be shown again.
func TestTooManyReportsAreHardlyRead(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	for range 60 {
		h.Site.Reports.Allow("192.0.2.7")
	}
	for name, size := range map[string]int64{"large": 3 << 20, "of unknown size": -1} {
		body := &counted{Reader: strings.NewReader(part("description", strings.Repeat("x", 1<<20)) + "--b--\r\n")}
		r := httptest.NewRequest(http.MethodPost, "/report", body)
		r.Header.Set("Content-Type", boundary)
		r.ContentLength = size
		if a := b.Send(r).Check(h, http.StatusTooManyRequests); body.n > public.MaxShown || a.Header.Get("Retry-After") == "" || strings.Contains(a.Text(), "Everything you typed is still here") {
			t.Errorf("%s: %d bytes were read", name, body.n)
		}
	}
}

func TestDeclaredSizeIsRefusedAtOnce(t *testing.T) {
	h := house(t, small, nil)
	r := httptest.NewRequest(http.MethodPost, "/report", strings.NewReader("description=x"))
	r.Header.Set("Content-Type", boundary)
	r.ContentLength = 1 << 40
	h.Browser().Send(r).Check(h, 413)
}

// Files that are declared too large are not waited for, yet what was typed comes back,
// with what to do, in the reader's language; and so in the thread.
func TestDeclaredSizeLosesNoWords(t *testing.T) {
	h := house(t, small, nil)
	declared := func(b *webtest.Browser, path, body string) *webtest.Answer {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", boundary)
		r.ContentLength = 1 << 40
		return b.Send(r).Check(h, 413)
	}
	file := "--b\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"dump.bin\"\r\n\r\nx\r\n--b--\r\n"
	b := h.Browser()
	b.Lang = "de"
	a := declared(b, "/report?step=send", part("title", "Ein Titel")+part("description", "Es bricht.")+fmt.Sprintf(file, "attachments"))
	sound(t, a)
	for _, want := range []string{"Ein Titel", "Es bricht.", "dump.bin", "bis zu 20 Dateien von je 25 MiB", "ohne die Dateien"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if a.Header.Get("Connection") != "close" || cases(h) != 0 {
		t.Errorf("%v, %d cases", a.Header, cases(h))
	}
	got := h.Receive(cvd.Report{Title: "x"})
	id := string(got.Case)
	a = declared(opened(h, got), "/thread/attach?case="+id, part("text."+id, "Typed beside.")+fmt.Sprintf(file, "file."+id))
	sound(t, a)
	for _, want := range []string{"Typed beside.", "together they are too large", "send them one at a time"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// A form that another site sends is refused before it is read.
func TestCrossSite(t *testing.T) {
	h := house(t, small, nil)
	for _, path := range []string{"/report", "/thread/open", "/thread/message", "/policy/feedback", "/receipt", "/thread/leave"} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("description=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		a := h.Browser().Send(r).Check(h, 403)
		if !strings.Contains(a.Text(), "sent from another site") {
			t.Errorf("%s: %s", path, a.Text())
		}
	}
	if cases(h) != 0 {
		t.Error("something was stored")
	}
}

// failing is a store of receipts that is out of order.
type failing struct{ casework.Receipts }

func (failing) NewReceipt([]cvd.Reach, time.Time) (string, store.Record, error) {
	return "", store.Record{}, errors.New("canary: dial tcp 10.1.2.3: connection refused")
}

// When the house cannot store, the form comes back with everything typed, and
// the cause stays in the log.
func TestStoreOutOfOrder(t *testing.T) {
	h := house(t, small, nil)
	h.Desk.Receipts = failing{h.Auth}
	b := h.Browser()
	a := sendReport(h, b, url.Values{"description": {"typed with care"}}).Check(h, 500)
	if b.Form(a, "/report?step=send").Get("description") != "typed with care" || !strings.Contains(a.Text(), "could not be stored") {
		t.Errorf("%s", a.Text())
	}
	if strings.Contains(a.Body, "canary") || !strings.Contains(h.Log.String(), "canary") {
		t.Error("the cause belongs into the log and nowhere else")
	}
}

// Where answers are read, and the key that they are encrypted to, are asked for beside the
// address. Who leaves no address stays anonymous.
func TestAnswersByMailAreOffered(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/report"), "/report?step=send")
	if _, ok := form["reporter.pgp_key"]; !ok || form.Get("reporter.reply_by") != "web" {
		t.Errorf("the form asks for %v", form)
	}
	for email, want := range map[string]string{"": "", "ann@example.org": "mail"} {
		form := b.Form(b.Get("/report"), "/report?step=send")
		form.Set("description", "x")
		form.Set("reporter.email", email)
		if want != "" {
			form.Set("reporter.reply_by", want)
		}
		actor, err := h.Auth.Receipt(context.Background(), receiptOf(t, b, b.Upload("/report", form).Check(h, 201)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := h.Desk.As(actor).Thread(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		switch who := f[0].Case.Participant(cvd.Reporter).Contact; {
		case email == "" && who != nil && who.ReplyBy != "":
			t.Errorf("an anonymous reporter has %+v", who)
		case email != "" && (who == nil || who.ReplyBy != want):
			t.Errorf("%+v", who)
		}
	}
	form.Set("description", "x")
	form.Set("reporter.reply_by", "mail")
	b.Upload("/report", form).Check(h, 422)
}

// Whether it is exploited or public already is asked as a choice with room for words.
// What is not plainly no reaches everybody, and the reporter learns the fastest way.
func TestAttacksAreAskedFor(t *testing.T) {
	for _, file := range []string{signed, small} {
		h := house(t, file, nil)
		b := h.Browser()
		quiet := sendReport(h, b, url.Values{"description": {"x"}, "exploited": {"no"}, "public": {"unknown"}}).Check(h, 201)
		if strings.Contains(quiet.Text(), "The whole team hears of it at once") {
			t.Error("no is taken for yes")
		}
		a := sendReport(h, b, url.Values{"description": {"x"}, "exploited": {"yes"}, "exploited.more": {"one customer, on Monday"}, "cwe": {"XSS"}}).Check(h, 422)
		form := b.Form(a, "/report?step=send")
		if form.Get("exploited") != "yes" || form.Get("exploited.more") != "one customer, on Monday" {
			t.Errorf("came back as %v", form)
		}
		form.Set("cwe", "")
		a = b.Upload("/report", form).Check(h, 201)
		sound(t, a)
		if !strings.Contains(a.Text(), "You told us about attacks") {
			t.Error(a.Text())
		}
		actor, err := h.Auth.Receipt(context.Background(), receiptOf(t, b, a))
		if err != nil {
			t.Fatal(err)
		}
		f, err := h.Desk.As(actor).Thread(context.Background())
		if err != nil || f[0].Events[0].Body.Report.Exploited != "yes: one customer, on Monday" {
			t.Errorf("%v %v", f, err)
		}
	}
}

// A form may be older than the policy in effect: what it asked then is not lost when
// something else is refused, and is blamed by its name.
func TestWhatIsNotAskedIsKept(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	page := b.Upload("/report", url.Values{
		"description": {"x"}, "found_at": {strings.Repeat("y", 501)}, "own_id": {"RP-7"}, "extra.Build flags": {"-O2"}, "title": {strings.Repeat("t", 301)},
	}).Check(h, 422)
	sound(t, page)
	form := b.Form(page, "/report?step=send")
	for name, want := range map[string]string{"found_at": strings.Repeat("y", 501), "own_id": "RP-7", "extra.Build flags": "-O2", "title": strings.Repeat("t", 301)} {
		if form.Get(name) != want {
			t.Errorf("%s holds %.20q", name, form.Get(name))
		}
	}
	if text := page.Text(); !strings.Contains(text, "Date found has 501 characters, more than the 500 that it may have; shorten it, or put the rest into the description") {
		t.Errorf("%s", text)
	}
}
