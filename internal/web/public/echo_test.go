package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
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
		if strings.HasPrefix(path, "/thread") && !strings.Contains(page.Text(), "too long to keep in full") {
			t.Errorf("%s: nothing says that some is missing: %.400s", path, page.Text())
		}
	}
	// A receipt, a code and a case are short, so nothing long is given back for them.
	for path, form := range map[string]url.Values{"/thread/open": {"receipt": {long}, "username": {long}}, "/thread/claim": {"code": {long}}} {
		if page := h.Browser().Post(path, form).Check(h, http.StatusUnauthorized); len(page.Body) > 10<<10 {
			t.Errorf("%s: %d bytes", path, len(page.Body))
		}
	}
	for _, step := range []string{"preview", "lang"} {
		page := h.Browser().Post("/report?step="+step, url.Values{"description": {long}, "steps": {long}}).Check(h, http.StatusOK)
		if len(page.Body) > most {
			t.Errorf("%s: %d bytes", step, len(page.Body))
		}
	}
}

// Who tries receipts too often has no more read and sent back than a person types.
func TestTheLimitedAreHardlyEchoed(t *testing.T) {
	h := house(t, small, nil)
	for range 60 {
		h.Site.Looks.Allow("192.0.2.7")
		h.Site.Codes.Allow("192.0.2.7")
	}
	b := h.Browser()
	typed := strings.Repeat("a", 60_000)
	post := func(step, text string) *webtest.Answer {
		page := b.Post("/thread/open"+step, url.Values{"receipt": {"x"}, "kept": {"message"}, "kept.text": {text}}).Check(h, http.StatusTooManyRequests)
		sound(t, page)
		if page.Header.Get("Retry-After") == "" {
			t.Error("nothing says when to come again")
		}
		return page
	}
	for _, step := range []string{"", "?step=show", "?step=lang"} {
		if page := post(step, typed); !strings.Contains(page.Body, typed) {
			t.Errorf("%q: what a person typed is lost", step)
		}
		if page := post(step, strings.Repeat("b", 300_000)); len(page.Body) > 10<<10 || !strings.Contains(page.Text(), "Go back in your browser") {
			t.Errorf("%q: %d bytes", step, len(page.Body))
		}
	}
}
