package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/auth"
	"fairlead/internal/web"
)

// most is the most bytes of a page that gives back what was typed: each of it twice, as
// it is seen and as it is sent again, and five bytes for a quotation mark.
const most = 2*5*web.MaxEcho + 64<<10

// Whoever sends megabytes to the desk without a session gets no megabytes back, and
// nothing once they came too often.
func TestStrangersAreNotEchoed(t *testing.T) {
	h := house(t)
	b := h.Browser()
	long := strings.Repeat(`" `, 300_000)
	form := url.Values{"kept-for": {"/desk/cases/x/note"}, "email": {"nobody@example.org"}, "password": {"b"}, "kept.x": {long}, "next": {"/desk/" + long}}
	page := b.Post("/desk/sign-in", form).Check(h, http.StatusUnauthorized)
	if len(page.Body) > most || !strings.Contains(page.Text(), "too long to keep in full") {
		t.Errorf("%d bytes, %.300s", len(page.Body), page.Text())
	}
	again := b.Form(page, "/desk/sign-in")
	again.Set("email", "member@example.org")
	again.Set("password", "wrong password")
	if page := b.Post("/desk/sign-in", again).Check(h, http.StatusUnauthorized); !strings.Contains(page.Text(), "too long to keep in full") {
		t.Error("the next page says nothing of what is missing")
	}
	form["email"] = []string{long}
	if page := b.Post("/desk/sign-in", form); len(page.Body) > most {
		t.Errorf("with a long name: %d bytes", len(page.Body))
	}
	form["email"] = []string{"nobody@example.org"}
	for range 40 {
		if page = b.Post("/desk/sign-in", form); page.Status == http.StatusTooManyRequests {
			break
		}
	}
	if page.Check(h, http.StatusTooManyRequests); len(page.Body) > 64<<10 {
		t.Errorf("a limited one: %d bytes", len(page.Body))
	}
}

// A form of the desk whose session is over is read as a form and not as a file, and
// only so much of it is kept.
func TestAnEndedSessionKeepsNoFiles(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "member@example.org")
	h.Pass(auth.MemberIdle + 1)
	for _, size := range []int{1 << 20, 8 << 20} {
		page := b.Post("/desk/cases/"+id+"/do/attach", url.Values{"text": {strings.Repeat(`" `, size/2)}}).Check(h, http.StatusUnauthorized)
		if len(page.Body) > most {
			t.Errorf("%d bytes became %d", size, len(page.Body))
		}
	}
	words := strings.Repeat("語 ", 50_000)
	page := b.Post("/desk/cases/"+id+"/note", url.Values{"text": {words}}).Check(h, http.StatusUnauthorized)
	if !strings.Contains(page.Body, words) || strings.Contains(page.Text(), "too long to keep in full") {
		t.Error("a note of the longest kind is not kept")
	}
}
