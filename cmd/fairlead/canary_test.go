package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/auth/onetime"
)

// aviary hands out words that stand nowhere else, one for each place that words
// can be put, and looks for them afterwards.
type aviary struct {
	t     *testing.T
	words []string
}

// bird is a word never seen before, named after where it is let out.
func (a *aviary) bird(where string) string {
	w := fmt.Sprintf("canary%03d%s", len(a.words), strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, where))
	a.words = append(a.words, w)
	return w
}

// text is a sentence around a bird.
func (a *aviary) text(where string) string { return "It is said that " + a.bird(where) + " sings." }

// none says which of the words some file below the folder holds, but for the
// key file.
func (a *aviary) none(folder string, words []string) {
	a.t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "kek.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a temporary file that is gone
		}
		files++
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				a.t.Errorf("%s holds %q", path, w)
			}
			if strings.Contains(d.Name(), w) {
				a.t.Errorf("%s is named after %q", path, w)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		a.t.Errorf("looked at %d files below %s: %v", files, folder, err)
	}
}

// walker lets birds out through the doors.
type walker struct {
	*aviary
	p       *process
	site    *http.Client
	secrets []string // receipts and tokens
	id      string   // of some case
}

func (w *walker) post(path, authorization string, body map[string]any) map[string]any {
	w.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	status, answer, err := request(http.MethodPost, w.p.URL+path, authorization, "application/json", bytes.NewReader(b))
	if err != nil || status >= 300 {
		w.t.Fatalf("%s: %d %v %s", path, status, err, answer)
	}
	out := map[string]any{}
	if err := json.Unmarshal(answer, &out); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *walker) file(path, authorization string) {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("text", w.text("filetext")) // fields stand before the file
	part, err := m.CreateFormFile("file", w.bird("filename")+".txt")
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = part.Write([]byte(strings.Repeat(w.text("filebytes")+"\n", 5000)))
	if err := m.Close(); err != nil {
		w.t.Fatal(err)
	}
	status, answer, err := request(http.MethodPost, w.p.URL+path, authorization, m.FormDataContentType(), &b)
	if err != nil || status != http.StatusCreated && status != http.StatusOK {
		w.t.Fatalf("%s: %d %v %s", path, status, err, answer)
	}
}

// form posts a form of the site as a browser does, and reads the page.
func (w *walker) form(path string, fields url.Values) string {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.p.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := w.site.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil || res.StatusCode >= 400 {
		w.t.Fatalf("%s: %d %v %s", path, res.StatusCode, err, b.String())
	}
	return b.String()
}

// report fills in every field there is.
func (w *walker) report() (id, receipt string) {
	body := map[string]any{
		"urls": []string{"https://example.com/" + w.bird("url")}, "tools": []string{w.bird("tool")}, "cwe": "CWE-79",
		"reporter": map[string]any{
			"name": w.bird("name"), "email": w.bird("email") + "@example.com", "affiliation": w.bird("affiliation"),
			"title": w.bird("title"), "credit": map[string]any{"wanted": "name", "as": w.bird("creditas")}, "contact_shareable": w.text("shareable"),
		},
		"extra": map[string]any{w.bird("extraname"): w.text("extravalue")},
	}
	for _, f := range []string{
		"product", "version", "title", "description", "steps", "impact", "ai_use", "found_at", "exploited", "public",
		"sensitive_data_seen", "proposed_fix", "third_party", "reported_elsewhere", "disclosure_plan", "own_id",
	} {
		body[f] = w.text(f)
	}
	a := w.post("/api/v1/reports", "", body)
	id, receipt = a["case"].(string), a["receipt"].(string)
	w.secrets, w.id = append(w.secrets, receipt), id
	return id, "Receipt " + receipt
}

func (w *walker) do(id, verb string, takes ...string) {
	w.t.Helper()
	in := map[string]any{}
	for _, f := range takes {
		key, value, ok := strings.Cut(f, "=")
		switch {
		case key == "missing":
			in[key] = []string{w.text(verb + "missing")}
		case key == "clauses":
			in[key] = []string{value}
		case ok:
			in[key] = value
		default:
			in[key] = w.text(verb + f)
		}
	}
	w.post("/api/v1/cases/"+id+"/"+verb, "Bearer "+w.p.Token, in)
}

// team works through every place where members write.
func (w *walker) team() {
	lead := "Bearer " + w.p.Token
	m := w.post("/api/v1/members", lead, map[string]any{
		"name": w.bird("membername"), "email": w.bird("memberemail") + "@example.org", "roles": []string{"member"}, "qualification": w.text("qualification"),
	})
	made := w.post("/api/v1/tokens", lead, map[string]any{"name": w.bird("tokenname"), "member": m["id"], "machine": true})
	w.secrets = append(w.secrets, made["token"].(string))

	id, receipt := w.report()
	w.do(id, "acknowledge", "text", "note")
	w.do(id, "ask", "text", "note", "missing")
	w.post("/api/v1/thread/messages", receipt, map[string]any{"text": w.text("say")})
	w.file("/api/v1/thread/attachments", receipt)
	w.file("/api/v1/cases/"+id+"/attach", lead)
	w.do(id, "note", "note")
	w.do(id, "claim", "note")
	w.do(id, "validate", "text", "reason", "note")
	w.do(id, "accept", "text", "reason", "note")
	w.do(id, "severity", "vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N", "text", "reason", "note")
	w.do(id, "emergency", "reason", "note")
	w.do(id, "act", "note")
	w.do(id, "after-action", "note")
	w.do(id, "privacy", "text", "reason", "note")
	w.do(id, "postpone", "clock=update", "until=2099-01-04T15:00:00Z", "reason", "text", "note")
	w.do(id, "fix-ready", "text", "note")
	w.do(id, "fix-deployed", "text", "note")
	w.do(id, "public", "text", "reason", "note")
	w.post("/api/v1/thread/contact", receipt, map[string]any{"name": w.bird("newname"), "email": w.bird("newemail") + "@example.com"})
	w.do(id, "close", "text", "reason", "outcome", "note")
	w.post("/api/v1/thread/messages", receipt, map[string]any{"text": w.text("afterclose")})

	id, receipt = w.report()
	w.do(id, "message", "text")
	w.do(id, "invalidate", "reason", "text", "note", "clauses=denial-of-service")
	w.post("/api/v1/thread/appeal", receipt, map[string]any{"text": w.text("appeal")})
	w.do(id, "reopen", "reason", "text", "note")
	w.do(id, "defer", "reason", "text", "note")
	w.post("/api/v1/thread/withdraw", receipt, map[string]any{"reason": w.text("withdraw")})
	id, _ = w.report()
	w.do(id, "hand-on", "to", "reason", "text", "note")
	w.post("/api/v1/cases", lead, map[string]any{
		"channel": "phone", "description": w.text("phone"), "reporter": map[string]any{"name": w.bird("caller"), "email": w.bird("calleremail") + "@example.com"},
	})
}

// forms works through the pages.
func (w *walker) forms() {
	w.form("/desk/sign-in", url.Values{"link": {w.p.SignIn}})
	w.secrets = append(w.secrets, onetime.Code(w.p.SignIn))
	page := w.form("/report", url.Values{"title": {w.text("formtitle")}, "description": {w.text("formdescription")}, "reporter.email": {w.bird("formemail") + "@example.com"}})
	if !strings.Contains(page, "/thread") {
		w.t.Fatalf("the form answered %s", page)
	}
	w.form("/policy/feedback", url.Values{"text": {w.text("feedback")}})
	for _, path := range []string{"/desk/", "/desk/outbox", "/desk/team", "/desk/audit", "/desk/me"} {
		res, err := w.site.Get(w.p.URL + path)
		if err != nil || res.StatusCode != http.StatusOK {
			w.t.Errorf("%s: %v %v", path, err, res.StatusCode)
		}
		if err == nil {
			_ = res.Body.Close()
		}
	}
	// What is refused may be logged, and must not be.
	_, _, _ = request(http.MethodPost, w.p.URL+"/api/v1/reports", "", "application/json", strings.NewReader(`{"`+w.bird("unknownmember")+`":"`+w.bird("unknownvalue")+`"}`))
	_, _, _ = request(http.MethodGet, w.p.URL+"/api/v1/thread", "Receipt "+w.bird("badreceipt"), "", nil)
	_, _, _ = request(http.MethodGet, w.p.URL+"/"+w.bird("badpath")+"?q="+w.bird("badquery"), "", "", nil)
}

// TestNothingReadableAtRest searches all that a furnished and well-used house
// leaves on the disk, but for its key file, for the words that went in
// (invariant 6), and its log for the same.
func TestNothingReadableAtRest(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := demo(t, "--unlimited", "--data", data)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{aviary: &aviary{t: t}, p: p, site: &http.Client{Jar: jar}, secrets: []string{p.Token}}
	w.team()
	w.forms()
	seeded := []string{"Session survives", "Lea Brandt", "lea@example.net", "Mara Lindqvist", "mara@example.org", "touch /tmp/marker", "Harbour Research"}
	all := slices.Concat(w.words, seeded, w.secrets)
	for _, s := range w.secrets { // as they are normalised, too
		all = append(all, strings.ReplaceAll(s, "-", " "), strings.ReplaceAll(s, "-", ""))
	}
	t.Logf("%d words", len(all))
	if !bytes.Contains(get(t, p.URL+"/api/v1/cases?limit=200", "Bearer "+p.Token), []byte("canary")) {
		t.Fatal("the words never went in")
	}
	w.none(data, all)
	if raw, err := os.ReadFile(filepath.Join(data, "fairlead.db-wal")); err != nil || !bytes.Contains(raw, []byte(w.id)) {
		t.Errorf("%s, which is open, was not found either, so the search proves nothing: %v", w.id, err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("fairlead", "backup", copied, "--data", data).CombinedOutput(); err != nil {
		t.Fatalf("backup: %v %s", err, out)
	}
	w.none(copied, all)
	p.crash() // what lies on the disk when the power goes
	w.none(data, all)

	again := demo(t, "--data", data)
	if err := again.stop(); err != nil {
		t.Error(err)
	}
	w.none(data, all)
	for name, text := range map[string]string{"log": p.stderr.String(), "later log": again.stderr.String(), "later line": again.out.String()} {
		for _, word := range slices.Concat(w.words, seeded, w.secrets[1:]) {
			if strings.Contains(text, word) && !strings.Contains(p.SignIn, word) {
				t.Errorf("the %s holds %q", name, word)
			}
		}
	}
}
