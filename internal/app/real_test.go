package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app"
	"fairlead/internal/app/wall"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// record is what a report can take of a published record.
type record struct {
	ID      string
	Summary string
	Details string
	Aliases []string
	Credits []struct{ Name string }
	// Affected products with the version that each was found in.
	Affected []struct {
		Package struct{ Name string }
		Ranges  []struct {
			Events []struct{ Introduced, Fixed string }
		}
	}
	References []struct{ URL string }
}

// records are the first n of the set, by name.
func records(t *testing.T, n int) []record {
	t.Helper()
	shared := os.Getenv("FAIRLEAD_SHARED")
	if shared == "" {
		shared = filepath.Join(root, "..", "shared")
	}
	paths, err := filepath.Glob(filepath.Join(shared, "data", "golang-vulndb", "osv", "*.json"))
	if err != nil || len(paths) < n {
		t.Skipf("needs %d published records, found %d: set FAIRLEAD_SHARED to the folder that holds data/golang-vulndb", n, len(paths))
	}
	out := make([]record, n)
	for i := range out {
		b, err := os.ReadFile(paths[i*len(paths)/n])
		if err == nil {
			err = json.Unmarshal(b, &out[i])
		}
		if err != nil {
			t.Fatalf("%s: %v", paths[i], err)
		}
	}
	return out
}

// report is the record as its finder would have sent it.
func (r record) report() map[string]any {
	out := map[string]any{"title": r.Summary, "description": r.Details, "own_id": r.ID}
	if len(r.Affected) > 0 {
		a := r.Affected[0]
		out["product"] = a.Package.Name
		if len(a.Ranges) > 0 && len(a.Ranges[0].Events) > 0 {
			out["version"] = "from " + a.Ranges[0].Events[0].Introduced
		}
	}
	var urls []string
	for _, ref := range r.References {
		urls = append(urls, ref.URL)
	}
	if urls != nil {
		out["urls"] = urls
	}
	who := map[string]any{"email": strings.ToLower(r.ID) + "@example.com"}
	if len(r.Credits) > 0 {
		who["name"] = r.Credits[0].Name
		who["credit"] = map[string]any{"wanted": "name", "as": r.Credits[0].Name}
	}
	out["reporter"] = who
	return out
}

// office is a house with its doors open and a lead who works.
type office struct {
	t       *testing.T
	h       *app.House
	handler http.Handler
	token   string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	ctx := context.Background()
	clock := wall.Frozen(time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC))
	h, err := app.Build(ctx, app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Clock: clock, Demo: true, Unlimited: true, BaseURL: "https://security.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	o := &office{t: t, h: h}
	source, err := os.ReadFile(filepath.Join(root, "examples", "policies", "two-person-team.yaml"))
	o.must(err)
	_, err = h.Book.Publish(ctx, cvd.System, source)
	o.must(err)
	m, err := h.Auth.AddMember(ctx, cvd.System, cvd.Member{Name: "Mara", Email: "mara@example.org", Roles: []cvd.Role{cvd.RoleLead}, Active: true})
	o.must(err)
	o.token, _, err = h.Auth.CreateToken(ctx, cvd.System, auth.Token{Name: "test", Member: m.ID, Expires: clock.Now().AddDate(0, 11, 0)})
	o.must(err)
	o.handler, err = h.Handler(true)
	o.must(err)
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) serve(req *http.Request, want int) []byte {
	o.t.Helper()
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, req)
	if w.Code != want {
		o.t.Fatalf("%s %s answered %d: %s", req.Method, req.URL.Path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func (o *office) api(method, path, authorization string, body any, want int) map[string]any {
	o.t.Helper()
	b, err := json.Marshal(body)
	o.must(err)
	req := httptest.NewRequest(method, "https://security.example.org"+path, bytes.NewReader(b))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	out := map[string]any{}
	o.must(json.Unmarshal(o.serve(req, want), &out))
	return out
}

var (
	shownCase    = regexp.MustCompile(`\bTP-2026-[2-9A-Z]{7}\b`)
	shownReceipt = regexp.MustCompile(`\b[a-z]+(-[a-z]+){6}\b`)
)

// viaForm fills in the site's form.
func (o *office) viaForm(r map[string]any) (id, receipt string) {
	o.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	put := func(name, value string) { o.must(w.WriteField(name, value)) }
	for name, v := range r {
		switch v := v.(type) {
		case string:
			put(name, strings.ReplaceAll(v, "\n", "\r\n")) // as browsers do
		case []string:
			put(name, strings.Join(v, "\r\n"))
		case map[string]any:
			for part, v := range v {
				if credit, ok := v.(map[string]any); ok {
					put("reporter.credit", fmt.Sprint(credit["wanted"]))
					put("reporter.credit.as", fmt.Sprint(credit["as"]))
					continue
				}
				put("reporter."+part, fmt.Sprint(v))
			}
		}
	}
	o.must(w.Close())
	req := httptest.NewRequest("POST", "https://security.example.org/report", &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	page := string(o.serve(req, http.StatusCreated))
	return shownCase.FindString(page), shownReceipt.FindString(page)
}

func (o *office) viaAPI(r map[string]any) (id, receipt string) {
	o.t.Helper()
	a := o.api("POST", "/api/v1/reports", "", r, http.StatusCreated)
	return a["case"].(string), a["receipt"].(string)
}

// TestRealReports sends 200 published records as reports, half through the form
// and half through the API, and works ten of them to their end. Real words are
// longer, odder and less complete than invented ones.
func TestRealReports(t *testing.T) {
	all := records(t, 200)
	o := openOffice(t)
	type sent struct{ id, receipt string }
	var in []sent
	for i, r := range all {
		o.h.Options.Clock.Advance(7 * time.Minute)
		take := o.viaAPI
		if i%2 == 0 {
			take = o.viaForm
		}
		id, receipt := take(r.report())
		if id == "" || receipt == "" {
			t.Fatalf("%s: case %q, receipt %q", r.ID, id, receipt)
		}
		in = append(in, sent{id, receipt})
	}
	o.must(o.h.Turn(context.Background()))
	for i, r := range all {
		thread := o.api("GET", "/api/v1/thread/export", "Receipt "+in[i].receipt, nil, http.StatusOK)
		one := thread["cases"].([]any)[0].(map[string]any)
		report := one["report"].(map[string]any)
		if one["case"] != in[i].id || one["next"] == nil {
			t.Errorf("%s: the receipt opens %v, next %v", r.ID, one["case"], one["next"])
		}
		want := r.report()
		if got := report["description"]; got != strings.TrimSpace(want["description"].(string)) {
			t.Errorf("%s: the words changed:\n got %q\nwant %q", r.ID, got, want["description"])
		}
		if got, ok := report["urls"].([]any); ok && len(got) != len(want["urls"].([]string)) {
			t.Errorf("%s: %d of %d addresses", r.ID, len(got), len(want["urls"].([]string)))
		}
	}
	var ids []string
	for after := ""; ; {
		page := o.api("GET", "/api/v1/cases?limit=90"+after, "Bearer "+o.token, nil, http.StatusOK)
		for _, c := range page["cases"].([]any) {
			ids = append(ids, c.(map[string]any)["case"].(string))
		}
		next, ok := page["next"].(string)
		if !ok {
			break
		}
		after = "&after=" + next
	}
	slices.Reverse(ids)
	for i, s := range in {
		if len(ids) != len(in) || ids[i] != s.id {
			t.Fatalf("the queue has %d cases, and at %d %s", len(ids), i, ids[min(i, len(ids)-1)])
		}
	}
	for i := range 10 {
		o.toTheEnd(in[i*17].id, in[i*17].receipt, i)
	}
	o.quiet(all)
	checked, err := o.h.CheckHistories(context.Background(), false)
	o.must(err)
	if checked.Cases != len(all) || len(checked.Findings) > 0 {
		t.Errorf("%d cases: %v", checked.Cases, checked.Findings)
	}
}

// toTheEnd works a case, each in one of four ways, until it is closed.
func (o *office) toTheEnd(id, receipt string, n int) {
	o.t.Helper()
	do := func(verb string, in map[string]any) {
		o.t.Helper()
		o.h.Options.Clock.Advance(31 * time.Minute)
		o.must(o.h.Turn(context.Background()))
		o.api("POST", "/api/v1/cases/"+id+"/"+verb, "Bearer "+o.token, in, http.StatusOK)
	}
	do("acknowledge", map[string]any{"text": "Thank you; one of us looks into it today."})
	do("claim", map[string]any{})
	switch n % 4 {
	case 0, 1:
		if n%4 == 1 {
			do("ask", map[string]any{"text": "Which release was it?", "missing": []string{"the version that you tested"}})
			o.api("POST", "/api/v1/thread/messages", "Receipt "+receipt, map[string]string{"text": "The latest one."}, http.StatusCreated)
		}
		do("validate", map[string]any{"text": "We see it too."})
		do("accept", map[string]any{"text": "We mend it."})
		do("severity", map[string]any{"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:L/A:N"})
		do("fix-ready", map[string]any{"text": "Could you check it?"})
		do("fix-deployed", map[string]any{"text": "It is out."})
		do("public", map[string]any{"text": "It is published."})
		do("close", map[string]any{"text": "With our thanks."})
	case 2:
		do("invalidate", map[string]any{"reason": "It works as it is described."})
		do("close", map[string]any{"text": "Tell us if you see it otherwise."})
	case 3:
		do("hand-on", map[string]any{"to": "the maintainers of the module", "reason": "The flaw is in what we only include."})
	}
	thread := o.api("GET", "/api/v1/thread", "Receipt "+receipt, nil, http.StatusOK)
	if thread["state"] != "closed" || thread["next"] != nil {
		o.t.Errorf("%s ended as %v, next %v", id, thread["state"], thread["next"])
	}
}

// quiet holds every notice against the words of the reports (invariant 7).
func (o *office) quiet(all []record) {
	o.t.Helper()
	o.must(o.h.Turn(context.Background()))
	lead, err := o.h.Auth.Token(context.Background(), o.token)
	o.must(err)
	notices, _, err := o.h.Desk.As(lead).Outbox(context.Background(), "", nil, 200)
	o.must(err)
	if len(notices) < 200 {
		o.t.Errorf("only %d notices", len(notices))
	}
	for _, c := range notices {
		for _, r := range all {
			if strings.Contains(c.Text, r.Summary) || len(r.Affected) > 0 && strings.Contains(c.Text, r.Affected[0].Package.Name) {
				o.t.Errorf("a notice tells of %s: %s", r.ID, c.Text)
			}
		}
	}
}
