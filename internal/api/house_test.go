package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fairlead/internal/api"
	"fairlead/internal/auth"
	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

// house is the real house with the API as its door.
type house struct {
	*webtest.House
	api http.Handler
	// tokens by member id
	tokens map[string]string
	// uploads and texts are how much reporters may send, where a test says so.
	uploads, texts *limit.Budget
}

func open(t testing.TB, unlimited bool) *house {
	t.Helper()
	h := &house{House: webtest.New(t, "two-person-team.yaml", nil), tokens: map[string]string{}}
	h.build(unlimited)
	return h
}

// build makes the door anew, after a room behind it was changed.
func (h *house) build(unlimited bool) {
	h.T.Helper()
	book, err := words.Load()
	if err != nil {
		h.T.Fatal(err)
	}
	h.api, err = api.New(api.Config{
		Desk: h.Desk, Book: h.Book, Auth: h.Auth, Parts: h.Parts, Mail: h.Mail, Words: book, Now: h.Now, Unlimited: unlimited, Uploads: h.uploads, Texts: h.texts,
		Log:     slog.New(slog.NewTextHandler(h.Log, nil)),
		BaseURL: func(*http.Request) string { return "https://security.example.org" },
	})
	if err != nil {
		h.T.Fatal(err)
	}
}

// token is an API token of the member.
func (h *house) token(a cvd.Actor, machine bool) string {
	key := fmt.Sprint(a.ID, machine)
	if h.tokens[key] == "" {
		secret, _, err := h.Auth.CreateToken(context.Background(), cvd.System, auth.Token{Name: "test", Member: a.ID, Machine: machine})
		if err != nil {
			h.T.Fatal(err)
		}
		h.tokens[key] = secret
	}
	return h.tokens[key]
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		t.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
}

type object = map[string]any

func (a answer) object(t testing.TB) object {
	t.Helper()
	var o object
	a.into(t, &o)
	return o
}

// want fails unless the status is the one given.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.Code != status {
		t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// ask sends one request. header holds names and values.
func (h *house) ask(method, path, body string, header ...string) answer {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return answer{w}
}

// as sends one request with a member's token.
func (h *house) as(a cvd.Actor, method, path, body string) answer {
	return h.ask(method, path, body, "Authorization", "Bearer "+h.token(a, false))
}

// report sends a report and gives its case and receipt.
func (h *house) report(body string) (id, receipt string) {
	h.T.Helper()
	o := h.ask("POST", "/api/v1/reports", body).want(h.T, http.StatusCreated).object(h.T)
	return o["case"].(string), o["receipt"].(string)
}

// upload makes a multipart body of fields and, last, one file.
func upload(name string, content []byte, fields ...string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	part, _ := w.CreateFormFile("file", name)
	_, _ = part.Write(content)
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}
