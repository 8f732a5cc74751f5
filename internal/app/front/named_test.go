package front

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A name that a stranger makes lead to this machine opens nothing (DNS rebinding).
func TestOnlyOwnNamesAreAnswered(t *testing.T) {
	for listen, hosts := range map[string]map[string]bool{
		"127.0.0.1:9090": {
			"127.0.0.1:9090": true, "127.0.0.1": true, "127.8.8.8:1": true, "[::1]:9090": true, "[::1]": true, "[::ffff:127.0.0.1]:9090": true,
			"localhost:9090": true, "LOCALHOST": true, "localhost.:9090": true, "192.0.2.5:9090": true, // where the connection came in
			"evil.example": false, "evil.example:9090": false, "localhost.evil.example": false, "127.0.0.1.evil.example:9090": false,
			"192.0.2.6:9090": false, "metrics.example.org": false, "": false, "localhost:9090:1": false, "a@localhost": false,
		},
		"metrics.example.org:9090": {"metrics.example.org:9090": true, "Metrics.Example.org.": true, "localhost": true, "evil.example": false, "example.org": false},
		":9090":                    {"localhost:9090": true, "192.0.2.5:9090": true, "evil.example:9090": false, "": false, ":9090": false},
		"0.0.0.0:9090":             {"192.0.2.5:9090": true, "0.0.0.0:9090": true, "evil.example:9090": false},
	} {
		answer := Named(listen, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") }))
		for host, want := range hosts {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Host = host
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP("192.0.2.5"), Port: 9090}))
			w := httptest.NewRecorder()
			answer.ServeHTTP(w, r)
			if (w.Code == http.StatusOK) != want || (w.Code != http.StatusOK && w.Code != http.StatusMisdirectedRequest) {
				t.Errorf("%q at %s: %d", host, listen, w.Code)
			}
		}
	}
}
