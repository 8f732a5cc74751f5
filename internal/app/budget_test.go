package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// The doors share one budget of strangers' files, the desk says when it is spent, and a
// house without limits has none.
func TestUploadsOfAllDoorsCountTogether(t *testing.T) {
	for _, unlimited := range []bool{false, true} {
		m := newMatrixOf(t, unlimited)
		send := func(path, field, receipt string) *httptest.ResponseRecorder {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			if receipt == "" {
				for name, value := range map[string]string{"title": "x", "description": "It breaks.", "product": "Tide"} {
					_ = w.WriteField(name, value)
				}
			}
			part, _ := w.CreateFormFile(field, "a.bin")
			_, _ = part.Write(bytes.Repeat([]byte("x"), 600<<10))
			_ = w.Close()
			r := httptest.NewRequest(http.MethodPost, origin+path, &b)
			r.Header.Set("Content-Type", w.FormDataContentType())
			if receipt != "" {
				r.Header.Set("Authorization", "Receipt "+receipt)
			}
			return m.ask(r)
		}
		if a := send("/api/v1/thread/attachments", "file", m.receipts["own"]); a.Code != http.StatusCreated {
			t.Fatalf("%d: %s", a.Code, a.Body)
		}
		a := send("/report", "attachments", "")
		if said := strings.Contains(a.Body.String(), "1 MiB of files reached us within a day"); a.Code != http.StatusCreated || said == unlimited {
			t.Errorf("unlimited %t: %d, %s", unlimited, a.Code, a.Body)
		}
		for range 2 { // whole, the second fills the day to its end
			send("/api/v1/thread/attachments", "file", m.receipts["foreign"])
		}
		// Words have one as well.
		for range 11 {
			r := httptest.NewRequest(http.MethodPost, origin+"/api/v1/reports", strings.NewReader(`{"description":"`+strings.Repeat("w", 100_000)+`"}`))
			r.Header.Set("Content-Type", "application/json")
			a = m.ask(r)
		}
		if refused := a.Code == http.StatusTooManyRequests; refused == unlimited {
			t.Errorf("unlimited %t: words answered %d", unlimited, a.Code)
		}
		desk := httptest.NewRequest(http.MethodGet, origin+"/desk/", nil)
		desk.AddCookie(m.session(m.add("tomas", cvd.RoleMember)))
		page := m.ask(desk).Body.String()
		for _, want := range []string{"take no more files from outside until", "take no more text from outside until"} {
			if said := strings.Contains(page, want); said == unlimited {
				t.Errorf("unlimited %t: %q is said: %t", unlimited, want, said)
			}
		}
	}
}
