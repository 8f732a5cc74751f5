package desk_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework/watch"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// stream is a page that listens.
type stream struct {
	h    *webtest.House
	res  *http.Response
	body *bufio.Reader
	said strings.Builder
}

// serve answers over a real connection until the test and its streams are over.
func serve(h *webtest.House) *httptest.Server {
	srv := httptest.NewServer(h.Mux)
	h.T.Cleanup(srv.Close)
	return srv
}

func listen(h *webtest.House, b *webtest.Browser, srv *httptest.Server) *stream {
	h.T.Helper()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	h.T.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/desk/events", nil)
	if err != nil {
		h.T.Fatal(err)
	}
	b.Carry(r)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.T.Fatal(err)
	}
	h.T.Cleanup(func() { _ = res.Body.Close() })
	s := &stream{h: h, res: res, body: bufio.NewReader(res.Body)}
	if res.StatusCode == http.StatusOK {
		if got := s.event(); got != "ready {}" {
			h.T.Fatalf("it begins with %q", got)
		}
	}
	return s
}

// event waits for the next event; empty at the end of the stream.
func (s *stream) event() string {
	s.h.T.Helper()
	var name string
	for {
		line, err := s.body.ReadString('\n')
		s.said.WriteString(line)
		if err != nil {
			if err != io.EOF {
				s.h.T.Fatal(err)
			}
			return ""
		}
		if rest, ok := strings.CutPrefix(line, "event: "); ok {
			name = strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutPrefix(line, "data: "); ok {
			return name + " " + strings.TrimSpace(rest)
		}
	}
}

// Two members look; one acts, and the other's page hears what, and nothing more.
func TestAnOpenPageHearsWhatChanged(t *testing.T) {
	h := house(t)
	srv := serve(h)
	id := h.Receive(cvd.Report{Title: canary, Description: canary}).Case
	h.Watch.Look(context.Background())
	lead, member := listen(h, in(h, "lead@example.org"), srv), listen(h, in(h, "member@example.org"), srv)
	if got := lead.res.Header; got.Get("Content-Type") != "text/event-stream" || got.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", got)
	}
	h.Do(h.Member, id, cvd.VerbClaim, cvd.Input{})
	h.Watch.Look(context.Background())
	want := `news {"changes":[{"case":"` + string(id) + `","kind":"holder","version":2}],"many":false}`
	for _, s := range []*stream{lead, member} {
		if got := s.event(); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
		if strings.Contains(s.said.String(), canary) {
			t.Errorf("a word of a case: %s", s.said.String())
		}
	}
}

// No role hears of a case that it may not see, not even that there is one.
func TestNobodyHearsOfAForeignCase(t *testing.T) {
	h := house(t)
	srv := serve(h)
	own := h.Receive(cvd.Report{Title: "own"}).Case
	h.Do(h.Lead, own, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	h.Watch.Look(context.Background())
	streams := map[string]*stream{}
	for _, who := range []string{"lead", "member", "auditor", "fixer", "officer"} {
		streams[who] = listen(h, in(h, who+"@example.org"), srv)
	}
	if got := streams["officer"].res.StatusCode; got != http.StatusNotFound {
		t.Errorf("an officer is let in: %d", got)
	}
	delete(streams, "officer")
	foreign := h.Receive(cvd.Report{Title: canary, Description: canary, Product: canary}).Case
	h.Watch.Look(context.Background())
	h.Do(h.Lead, own, cvd.VerbNote, cvd.Input{Note: "looked"})
	h.Watch.Look(context.Background())
	for who, s := range streams {
		first := s.event()
		sees := strings.Contains(first, string(foreign))
		if sees != (who != "fixer") {
			t.Errorf("%s hears %s", who, first)
		}
		if sees {
			first = s.event()
		}
		if !strings.Contains(first, string(own)) {
			t.Errorf("%s does not hear of their own case: %s", who, first)
		}
		if said := s.said.String(); strings.Contains(said, canary) || strings.Contains(said, "looked") || (who == "fixer" && strings.Contains(said, string(foreign))) {
			t.Errorf("%s hears %s", who, said)
		}
	}
	stranger := listen(h, h.Browser(), srv)
	if stranger.res.StatusCode != http.StatusSeeOther {
		t.Errorf("a stranger gets %d", stranger.res.StatusCode)
	}
}

// A stream ends with its session, does not keep it alive, and makes room for a new
// one of the same member.
func TestAStreamEnds(t *testing.T) {
	h := house(t)
	srv := serve(h)
	b := in(h, "lead@example.org")
	first := listen(h, b, srv)
	look := func(n int) {
		for range n {
			h.Watch.Look(context.Background())
		}
	}
	for range watch.Most {
		listen(h, b, srv)
	}
	if got := first.event(); got != "end {}" || first.event() != "" {
		t.Errorf("one too many ends the first by %q", got)
	}
	other := in(h, "member@example.org")
	last := listen(h, other, srv)
	h.Pass(31 * time.Minute)
	listen(h, other, srv) // asking again is no use of the session
	id := h.Receive(cvd.Report{Title: "one"}).Case
	look(1)
	if got := last.event(); !strings.Contains(got, string(id)) {
		t.Errorf("half an hour later it says %q", got)
	}
	h.Pass(31 * time.Minute)
	h.Receive(cvd.Report{Title: "two"})
	look(1)
	if got := last.event(); got != `end {"out":true}` { // what stands on the screen goes with it
		t.Errorf("an hour after the last use it says %q", got)
	}
	other.Get("/desk/").Check(h, http.StatusSeeOther)
}
