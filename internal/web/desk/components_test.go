package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/web/webtest"
)

const canary = "quetzal"

// bill is a CycloneDX document of one component that tries to break the page.
const bill = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
	{"type":"library","name":"image-decoder","version":"1.9","purl":"pkg:generic/image-decoder@1.9","supplier":{"name":"<b>Decoder</b>","url":["https://decoder.example/"]}},
	{"type":"library","name":"<script>alert(1)</script>","purl":"nothing","externalReferences":[{"type":"website","url":"javascript:alert(1)"}]}]}`

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestComponentsPage(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	if page := lead.Get("/desk/components").Check(h, 200).Text(); !strings.Contains(page, "no report can be compared") {
		t.Errorf("an empty page: %s", page)
	}
	up := func(fields url.Values, content string) *webtest.Answer {
		return lead.Upload("/desk/components", fields, webtest.File{Field: "file", Name: "server.json", Content: content})
	}
	page := up(form("product", canary, "version", ""), "{").Check(h, 422)
	if text := page.Text(); !strings.Contains(text, "is empty") || !strings.Contains(text, "broken JSON in line 1") {
		t.Errorf("faults: %s", text)
	}
	if !strings.Contains(page.Body, `name="product" value="`+canary+`"`) {
		t.Error("what was typed is lost")
	}
	for _, want := range []string{"done=added", "done=same"} {
		if got := up(form("product", "Northlake Records", "version", "3.2"), bill).Check(h, 303).Header.Get("Location"); !strings.HasSuffix(got, want) {
			t.Errorf("led to %s, not to %s", got, want)
		}
	}
	if got := up(form("product", "Northlake Records", "version", "3.2"), bill+" ").Check(h, 303).Header.Get("Location"); !strings.HasSuffix(got, "done=replaced") {
		t.Errorf("led to %s", got)
	}
	up(form("product", "Elsewhere", "version", "1"), bill).Check(h, 303)
	up(form("product", "a", "version", "1"), strings.Repeat(" ", sbom.MaxBytes+1)).Check(h, 413)

	page = lead.Get("/desk/components?q=decoder&done=replaced").Check(h, 200)
	whole(t, "the components", page)
	text := page.Text()
	for _, want := range []string{"image-decoder pkg:generic/image-decoder", "Northlake Records3.21.9", "<b>Decoder</b> <https://decoder.example/>", "not in the policy", "1 remark", "took the place of", "replaced Northlake Records 3.2: 2 components"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	for _, never := range []string{"<script>", "<b>", "javascript:", `href="https://decoder`} {
		if strings.Contains(page.Body, never) {
			t.Errorf("the page holds %s", never)
		}
	}
	for path, want := range map[string]string{
		"/desk/components?q=PKG:generic/image-decoder@1.9": "Northlake Records3.2",
		"/desk/components?q=decoder&versions=%3C1":         "No bill of materials in force lists such a component",
	} {
		if text := lead.Get(path).Check(h, 200).Text(); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %s", path, want, text)
		}
	}
	for path, want := range map[string]string{
		"/desk/components?versions=1": "give a name or a package URL", "/desk/components?q=pkg:x": "is no package URL",
		"/desk/components?q=a&versions=%3C%3E": "is no range", "/desk/components?q=" + strings.Repeat("a", 1001): "is over 1000 bytes",
	} {
		if text := lead.Get(path).Check(h, 422).Text(); !strings.Contains(text, want) {
			t.Errorf("%.60s does not say %q: %s", path, want, text)
		}
	}
	auditor := in(h, "auditor@example.org")
	if body := auditor.Get("/desk/components").Check(h, 200).Body; strings.Contains(body, "<form method=\"post\" action=\"/desk/components") {
		t.Error("who only looks is offered a change")
	}
	auditor.Post("/desk/components/remove", form("bill", "x", "reason", "x")).Check(h, 404)
	auditor.Upload("/desk/components", form("product", "a", "version", "1"), webtest.File{Field: "file", Name: "a", Content: bill}).Check(h, 404)
	auditor.Post("/desk/components/contact", form("key", "pkg:generic/image-decoder")).Check(h, 404)

	for _, b := range strings.Split(page.Body, `name="bill" value="`)[1:] {
		id, _, _ := strings.Cut(b, `"`)
		lead.Post("/desk/components/remove", form("bill", id, "reason", "")).Check(h, 422)
		lead.Post("/desk/components/remove", form("bill", id, "reason", "It was a test.")).Check(h, 303)
	}
	if text := lead.Get("/desk/components").Text(); !strings.Contains(text, "removed Northlake Records 3.2: It was a test.") || strings.Contains(text, "not in the policy") {
		t.Errorf("after removal: %s", text)
	}
}

func TestComponentContact(t *testing.T) {
	h := house(t)
	member := in(h, "member@example.org")
	member.Upload("/desk/components", form("product", "Northlake Records", "version", "3.2"), webtest.File{Field: "file", Name: "a", Content: bill}).Check(h, 303)
	one := "/desk/components/one?key=pkg%3Ageneric%2Fimage-decoder"
	if text := member.Get(one).Check(h, 200).Text(); !strings.Contains(text, "Northlake Records3.21.9") || strings.Contains(text, "recorded by the team") {
		t.Errorf("%s", text)
	}
	member.Get("/desk/components/one?key="+canary).Check(h, 404)
	bad := member.Post("/desk/components/contact", form("key", "pkg:generic/image-decoder", "email", canary, "url", "ftp://x")).Check(h, 422)
	if f := member.Form(bad, "/desk/components/contact"); f.Get("email") != canary || !strings.Contains(bad.Text(), "no e-mail address") {
		t.Errorf("%v", f)
	}
	member.Post("/desk/components/contact", form("key", "pkg:generic/image-decoder", "email", "vulns@decoder.example")).Check(h, 303)
	if text := member.Get(one).Text(); !strings.Contains(text, "vulns@decoder.example (recorded by the team)") {
		t.Errorf("%s", text)
	}
}

// Handing on begins with what is known of the component, all of it to be changed,
// and what was chosen is carried through the preview.
func TestHandOnUpstream(t *testing.T) {
	h := house(t)
	member := in(h, "member@example.org")
	id := h.Receive(cvd.Report{Description: "The image-decoder reads past its buffer.", Reporter: &cvd.Contact{Email: "ann@example.net"}}).Case
	path := "/desk/cases/" + string(id)
	if body := member.Get(path).Check(h, 200).Body; strings.Contains(body, "do/hand-on?component") {
		t.Error("a component is suggested without a bill")
	}
	member.Upload("/desk/components", form("product", "Northlake Records", "version", "3.2"), webtest.File{Field: "file", Name: "a", Content: bill}).Check(h, 303)
	page := member.Get(path).Check(h, 200)
	link := "/do/hand-on?component=pkg%3Ageneric%2Fimage-decoder"
	if text := page.Text(); !strings.Contains(page.Body, path+link) || !strings.Contains(text, "is in Northlake Records 3.2, as version 1.9") || !strings.Contains(text, "the report names it") {
		t.Errorf("not suggested: %s", text)
	}
	ask := member.Get(path+link).Check(h, 200)
	whole(t, "the case", page)
	whole(t, "handing on", ask)
	whole(t, "the component", member.Get("/desk/components/one?key=pkg:generic/image-decoder").Check(h, 200))
	typed := member.Form(ask, path+"/do/hand-on")
	if typed.Get("to") != "<b>Decoder</b> <https://decoder.example/>" || typed.Get("clauses") != "third-party" || typed.Get("component") != "pkg:generic/image-decoder" ||
		!strings.Contains(typed.Get("reason"), "We forward it to that project") || !strings.Contains(typed.Get("reason"), "image-decoder") || typed.Has("text") {
		t.Errorf("prefilled with %v", typed)
	}
	if text := ask.Text(); !strings.Contains(text, "What we ship contains image-decoder (version 1.9)") || !strings.Contains(text, string(id)) || strings.Contains(ask.Body, "<b>") || strings.Contains(ask.Body, "ann@example.net") {
		t.Errorf("the letter: %s", text)
	}
	if !strings.Contains(ask.Body, `href="`+path+`/report.csaf.json"`) {
		t.Error("the report is not offered as a document")
	}
	if doc := member.Get(path+"/report.csaf.json").Check(h, 200); !strings.Contains(doc.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(doc.Body, "reads past its buffer") || strings.Contains(doc.Body, "ann@example.net") {
		t.Errorf("the report as a document: %s", doc.Body)
	}
	in(h, "auditor@example.org").Get(path+"/report.csaf.json").Check(h, 404)
	typed.Set("step", "preview")
	typed.Set("text", "We forward it, "+canary+".")
	shown := member.Follow(member.Post(path+"/do/hand-on", typed)).Check(h, 200)
	typed = member.Form(shown, path+"/do/hand-on")
	if typed.Get("component") != "pkg:generic/image-decoder" || !strings.Contains(shown.Text(), canary) {
		t.Errorf("after the preview: %v", typed)
	}
	typed.Set("step", "edit")
	if text := member.Post(path+"/do/hand-on", typed).Check(h, 200).Text(); !strings.Contains(text, "What we ship contains image-decoder") {
		t.Error("the letter is gone after going back")
	}
	typed.Set("step", "do")
	member.Post(path+"/do/hand-on", typed).Check(h, 303)
	if text := member.Get(path).Text(); !strings.Contains(text, "https://decoder.example/") || strings.Contains(text, "Forward to its project") {
		t.Errorf("after handing on: %s", text)
	}
	// A component that nobody lists is no hindrance, nor is it one for another verb.
	other := "/desk/cases/" + string(h.Receive(cvd.Report{}).Case)
	for _, p := range []string{"/do/hand-on?component=pkg:npm/" + canary, "/do/validate?component=pkg:generic/image-decoder"} {
		if to := member.Form(member.Get(other+p).Check(h, 200), other+p[:strings.IndexByte(p, '?')]).Get("to"); to != "" {
			t.Errorf("%s prefilled %q", p, to)
		}
	}
}

// Words in place of a consent are shown as the reporter's, beside what follows.
func TestConsentInOtherWords(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	for said, want := range map[cvd.Answer]string{
		"yes": "shared?Yes", "ja, gern": "shared?Yes", "no": "shared?No", "only to Tidewater": "not passed on. only to Tidewater",
	} {
		id := h.Receive(cvd.Report{Title: "x", Description: "y", Reporter: &cvd.Contact{Name: "Rea", ContactShareable: said}}).Case
		if text := b.Get("/desk/cases/" + string(id)).Text(); !strings.Contains(text, want) {
			t.Errorf("%q: no %q in %s", said, want, text)
		}
		page := b.Get("/desk/cases/" + string(id) + "/do/contact")
		if form := b.Form(page, "/desk/cases/"+string(id)+"/do/contact"); form.Get("reporter.contact_shareable") != string(said) {
			t.Errorf("%q: the form holds %q", said, form.Get("reporter.contact_shareable"))
		}
	}
}
