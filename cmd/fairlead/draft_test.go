package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// draft saves an advisory of the case with a bird in every text that it may hold, and
// returns its number and its id.
func (w *walker) draft(id, tlp string) (seq float64, advisory string) {
	w.t.Helper()
	path := "/api/v1/cases/" + id
	lead := "Bearer " + w.p.Token
	read := func() (d map[string]any) {
		if err := json.Unmarshal(get(w.t, w.p.URL+path+"/advisory", lead), &d); err != nil {
			w.t.Fatal(err)
		}
		return d
	}
	d := read()
	a := d["record"].(map[string]any)
	from := len(w.words)
	for _, f := range []string{"title", "overview", "details"} {
		a[f] = w.text("draft" + f)
	}
	a["tlp"] = tlp
	product := map[string]any{"id": w.bird("productid"), "name": w.bird("productname"), "vendor": w.bird("vendor"), "purl": "pkg:golang/example.com/" + w.bird("purl"), "ecosystem": "Go", "package": "example.com/" + w.bird("package")}
	a["products"] = []any{product}
	v := map[string]any{
		"affects":  []any{map[string]any{"product": product["id"], "status": "affected", "versions": []string{"1." + w.bird("affected")}, "statement": w.text("statement")}},
		"remedies": []any{map[string]any{"kind": "vendor_fix", "text": w.text("remedy"), "url": "https://example.com/" + w.bird("remedyurl")}},
		"ids":      []any{map[string]any{"system": w.bird("system"), "id": w.bird("foreign")}},
		"cwe":      []string{"CWE-79"},
	}
	for _, f := range []string{"title", "description", "impact", "exploited"} {
		v[f] = w.text("flaw" + f)
	}
	a["vulnerabilities"] = []any{v}
	a["aliases"], a["related"], a["upstream"] = []string{w.bird("alias")}, []string{w.bird("related")}, []string{w.bird("upstream")}
	a["references"] = []any{map[string]any{"kind": "WEB", "url": "https://example.com/" + w.bird("reference"), "text": w.text("referencetext")}}
	a["timeline"] = []any{map[string]any{"at": "2026-01-02T00:00:00Z", "text": w.text("milestone")}}
	var french []any
	for _, of := range w.words[from:] {
		french = append(french, map[string]any{"of": "It is said that " + of + " sings.", "text": w.text("french")})
	}
	a["texts"] = map[string]any{"fr": map[string]any{"parts": french}}
	w.post(path+"/advise", lead, map[string]any{"advisory": a, "seq": d["seq"], "note": w.text("advisenote")})
	d = read()
	return d["seq"].(float64), d["release"].(map[string]any)["advisory"].(string)
}

// fixed is a case that is ready for an advisory.
func (w *walker) fixed() (id, receipt string) {
	id, receipt = w.report()
	w.do(id, "validate", "text")
	w.do(id, "accept", "note")
	w.do(id, "fix-ready", "text")
	return id, receipt
}

// answer is all that somebody who asks can tell.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (w *walker) see(path, authorization string) answer {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.p.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Header.Del("Date")
	return answer{res.StatusCode, res.Header, string(b)}
}

// TestADraftIsNowhere lets somebody without a right to the case look at everything
// that is public, before a draft is written and after it is scheduled, rehearsed and
// edited: each answer is the same to the byte, its headers too. Of what the house
// holds of it, the reporter hears the date and the id, and nobody but the team reads
// a word, in an answer, a log or on the disk.
func TestADraftIsNowhere(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	terms, err := os.ReadFile(example(t, "signed-policy"))
	if err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, append([]byte("public_url: "+publicURL+"\n"), terms...), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &walker{aviary: &aviary{t: t}, p: demo(t, "--unlimited", "--data", data, "--policy", policy)}
	lead := "Bearer " + w.p.Token
	by := map[string]string{"stranger": ""}
	for _, role := range []string{"officer", "reader", "fixer", "auditor"} {
		m := w.post("/api/v1/members", lead, map[string]any{"name": role, "email": role + "@example.org", "roles": []string{role}})
		made := w.post("/api/v1/tokens", lead, map[string]any{"name": role, "member": m["id"], "machine": true})
		by[role] = "Bearer " + made["token"].(string)
	}
	id, receipt := w.fixed()
	by["reporter"] = receipt
	other, _ := w.fixed()
	w.post("/api/v1/cases/"+other+"/public", lead, map[string]any{})
	first := len(w.words)

	paths := []string{
		"/policy", "/policy.md", "/advisories", "/advisories?q=draft", "/advisories?year=2026", "/advisories/feed.atom", "/advisories/feed.json",
		"/.well-known/security.txt", "/.well-known/csaf/provider-metadata.json", "/.well-known/csaf/service.json",
		"/osv/", "/osv/index.json", "/osv/all.zip", "/osv/Go/all.zip", "/healthz", "/readyz", "/api/openapi.json",
	}
	for _, label := range []string{"white", "green", "amber", "red"} {
		paths = append(paths, fmt.Sprintf("/.well-known/csaf/%s/csaf-feed-tlp-%s.json", label, label), fmt.Sprintf("/.well-known/csaf/%s/category-%s.json", label, label))
	}
	look := func() map[string]answer {
		out := map[string]answer{}
		for who, authorization := range by {
			for _, path := range paths {
				out[who+" "+path] = w.see(path, authorization)
			}
		}
		return out
	}
	before := look()

	seq, advisory := w.draft(id, "CLEAR")
	w.post("/api/v1/cases/"+id+"/schedule", lead, map[string]any{"seq": seq, "until": "2099-01-05T15:00:00Z", "text": "Until then."})
	edited := len(w.words)
	seq, _ = w.draft(id, "AMBER") // an edit calls it off
	w.post("/api/v1/cases/"+id+"/schedule", lead, map[string]any{"seq": seq, "until": "2099-01-05T15:00:00Z", "text": "Until then."})
	if !strings.Contains(string(get(t, w.p.URL+"/api/v1/cases/"+id+"/advisory/rehearsal", lead)), w.words[edited]) {
		t.Error("the rehearsal does not hold the draft's words")
	}
	// What is refused is not repeated.
	bad := w.bird("badvalue")
	_, refusal, err := request(http.MethodPost, w.p.URL+"/api/v1/cases/"+id+"/advise", lead, "application/json", strings.NewReader(`{"advisory":{"published":"`+bad+`","tlp":"`+bad+`","vulnerabilities":[{"cwe":"`+bad+`"}]}}`))
	if err != nil || strings.Contains(string(refusal), bad) {
		t.Errorf("a refusal says %s %v", refusal, err)
	}
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("somebody sees a difference (-before +after):\n%s", diff)
	}
	w.hidden(id, advisory, by, w.words[first:])

	amber, _ := w.draft(other, "AMBER")
	w.post("/api/v1/cases/"+other+"/publish", lead, map[string]any{"seq": amber})
	for who, authorization := range by {
		if who == "reader" || who == "auditor" {
			continue
		}
		for _, path := range paths {
			if got := w.see(path, authorization); !cmp.Equal(before[who+" "+path], got) {
				t.Errorf("the %s sees at %s that something is published for a few", who, path)
			}
		}
	}
	w.none(data, w.words)
	w.p.crash()
	w.none(data, w.words)
	for _, word := range w.words[first:] {
		if strings.Contains(w.p.stderr.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

// hidden looks where a draft might be read by those whom it is not for.
func (w *walker) hidden(id, advisory string, by map[string]string, words []string) {
	w.t.Helper()
	stem := strings.ToLower(advisory)
	for who, authorization := range by {
		for _, path := range []string{
			"/advisories/" + advisory, "/advisories/" + advisory + ".md", "/advisories/" + advisory + "/csaf.json", "/advisories/" + advisory + "/markdown.md",
			"/advisories/" + advisory + "/diff?to=1", "/osv/x_" + advisory + ".json", "/.well-known/csaf/white/2026/" + stem + ".json", "/.well-known/csaf/white/2099/" + stem + ".json.asc",
			"/api/v1/cases/" + id + "/advisory", "/api/v1/cases/" + id + "/advisory/rehearsal", "/api/v1/cases/" + id, "/api/v1/cases", "/api/v1/thread", "/api/v1/thread/export",
		} {
			got := w.see(path, authorization)
			if who == "auditor" && strings.HasPrefix(path, "/api/") {
				continue // reads every case
			}
			if (strings.HasPrefix(path, "/advisories") || strings.HasPrefix(path, "/osv") || strings.HasPrefix(path, "/.well-known")) && got.Status != http.StatusNotFound {
				w.t.Errorf("the %s gets %d at %s", who, got.Status, path)
			}
			if i := slices.IndexFunc(words, func(word string) bool { return strings.Contains(got.Body, word) }); i >= 0 {
				w.t.Errorf("the %s reads %s at %s", who, words[i], path)
			}
		}
	}
}
