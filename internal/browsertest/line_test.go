package browsertest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// TestABrokenLineIsSaidAndTakenUpAgain has a proxy refuse the line by which the desk hears of
// changes, as it does while what stands behind it starts anew.
func TestABrokenLineIsSaidAndTakenUpAgain(t *testing.T) {
	_, member := people(t)
	h := open(t)
	behind, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() && r.URL.Path == "/desk/events" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
	})

	report(t, h, "No overflow") // else there is no list that news could go into
	member.goTo(h.SignIn)
	member.press(`form[action="/desk/sign-in"] button`)
	down.Store(true)
	member.goTo(proxy.URL + "/desk/?view=open") // a cookie is the host's, whatever the port
	report(t, h, "First overflow")
	const live = "document.querySelector('#live span').textContent"
	member.waits(live + ".includes('The line broke') && !document.querySelector('#live button').hidden")
	down.Store(false)
	member.waits(live + ".includes('1 case changed')")

	member.point("#live button")
	member.waits("document.querySelector('#rows tbody').textContent.includes('First overflow') && " + live + " === ''")
	down.Store(true)
	proxy.CloseClientConnections()
	member.waits(live + ".includes('The line broke')")
}
