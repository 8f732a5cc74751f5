package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

const golden = "testdata/openapi.json"

// The document is what clients build on: it changes on purpose only.
func TestDocumentIsTheGolden(t *testing.T) {
	h := open(t, true)
	a := h.ask("GET", "/api/openapi.json", "").want(t, http.StatusOK)
	var b bytes.Buffer
	if err := json.Indent(&b, a.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	got := b.Bytes()
	goldentest.Is(t, golden, got)
	if strings.Contains(string(got), "⟦") {
		t.Error("a text is missing from the catalogue")
	}
	if cc := a.Header().Get("Cache-Control"); cc != "public, max-age=300" {
		t.Errorf("Cache-Control %q", cc)
	}
}

// Every reference leads somewhere, every operation has its own id, a summary and
// its problems.
func TestDocumentHoldsTogether(t *testing.T) {
	h := open(t, true)
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string         `json:"operationId"`
			Summary     string         `json:"summary"`
			Responses   map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	raw := h.ask("GET", "/api/openapi.json", "").Body.String()
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %q", doc.OpenAPI)
	}
	for _, ref := range strings.Split(raw, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if doc.Components.Schemas[name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
	ids := map[string]bool{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
				t.Errorf("%s %s: id %q, summary %q", method, path, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = true
			for _, status := range []string{"429", "500", "503"} {
				if op.Responses[status] == nil {
					t.Errorf("%s %s tells nothing of %s", method, path, status)
				}
			}
		}
	}
	for _, path := range []string{"/api/v1/reports", "/api/v1/thread", "/api/v1/cases/{case}/acknowledge", "/api/v1/policy"} {
		if doc.Paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
}

// Whoever asks for whatever, the answer's status is described.
func TestEveryAnswerIsDescribed(t *testing.T) {
	h := open(t, true)
	id, receipt := h.report(`{"description":"x"}`)
	var doc struct {
		Paths map[string]map[string]struct {
			Responses   map[string]any `json:"responses"`
			RequestBody *struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	h.ask("GET", "/api/openapi.json", "").into(t, &doc)
	who := map[string]string{"nobody": "", "reporter": "Receipt " + receipt, "machine": "Bearer " + h.token(h.Member, true)}
	for _, a := range []cvd.Actor{h.Lead, h.Member, h.Fixer, h.Officer, h.Auditor} {
		who[a.Name] = "Bearer " + h.token(a, false)
	}
	fill := strings.NewReplacer("{case}", id, "{id}", "zz", "{member}", "zz", "{number}", "1")
	for path, ops := range doc.Paths {
		for method, op := range ops {
			kind := "application/json"
			if op.RequestBody != nil && op.RequestBody.Content[kind] == nil {
				kind = slices.Sorted(maps.Keys(op.RequestBody.Content))[0]
			}
			for name, credentials := range who {
				a := h.ask(strings.ToUpper(method), fill.Replace(path), "{}", "Authorization", credentials, "Content-Type", kind)
				if op.Responses[strconv.Itoa(a.Code)] == nil {
					t.Errorf("%s %s by the %s: %d is not described", method, path, name, a.Code)
				}
			}
		}
	}
}
