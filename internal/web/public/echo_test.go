package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/web"
)

// Whatever a stranger sends, a page gives back no more than somebody may type.
func TestStrangersAreNotEchoed(t *testing.T) {
	h := house(t, small, nil)
	const most = 5*web.MaxEcho + 128<<10
	long := strings.Repeat(`"`, 250_000) + strings.Repeat("a", 400_000)
	for path, form := range map[string]url.Values{
		"/thread/message": {"text": {long}, "case": {"x"}},
		"/thread/contact": {"reporter.name": {long}, "reporter.email": {long}},
		"/thread/open":    {"receipt": {long}, "kept": {"message"}, "kept.text": {long}},
		"/report":         {"title": {long}, "description": {long}, "steps": {long}},
	} {
		page := h.Browser().Post(path, form)
		if page.Status < 400 || len(page.Body) > most {
			t.Errorf("%s: %d, %d bytes", path, page.Status, len(page.Body))
		}
		if strings.HasPrefix(path, "/thread") && !strings.Contains(page.Text(), "too long to be kept whole") {
			t.Errorf("%s: nothing says that some is missing: %.400s", path, page.Text())
		}
	}
	for _, step := range []string{"preview", "lang"} {
		page := h.Browser().Post("/report?step="+step, url.Values{"description": {long}, "steps": {long}}).Check(h, http.StatusOK)
		if len(page.Body) > most {
			t.Errorf("%s: %d bytes", step, len(page.Body))
		}
	}
}
