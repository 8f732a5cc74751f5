package storybook_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fairlead/internal/app/storybook"
)

// The storybook says everything in each language and serves nothing else of the
// site.
func TestStorybook(t *testing.T) {
	handler, err := storybook.Handler(slog.New(slog.DiscardHandler), storybook.Shelves()...)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, lang string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/", "/?theme=light", "/?theme=dark", "/?desk=yes"} {
		for _, lang := range []string{"en", "de", "fr"} {
			w := get(path, lang)
			body := w.Body.String()
			if w.Code != http.StatusOK || strings.Contains(body, "⟦") || strings.Contains(body, "no value") || strings.Contains(body, "ZgotmplZ") {
				t.Errorf("%s in %s: %d", path, lang, w.Code)
			}
			for _, want := range []string{`class="timeline"`, `class="receipt"`, `class="summary"`, `class="notice alarm"`, `aria-invalid="true"`, "<dialog open", `class="loading"`, `class="empty"`} {
				if !strings.Contains(body, want) {
					t.Errorf("%s shows no %s", path, want)
				}
			}
		}
	}
	for _, path := range []string{"/report", "/desk/", "/policy", "/thread"} {
		if w := get(path, "en"); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
}
