package front_test

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"fairlead/internal/app/front"
)

// pages is a log that may be written while it is read.
type pages struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

// Whoever is refused before the body was looked at, and sends the next request
// along, does not make the server read the connection twice at once.
func TestRefusedUnreadEndsTheConnection(t *testing.T) {
	var said pages
	srv := httptest.NewUnstartedServer(front.Lingering(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusUnauthorized)
	})))
	srv.Config.ErrorLog = log.New(&said, "", 0)
	srv.Start()
	for range 20 {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		one := "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
		if _, err := io.WriteString(c, one); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 401 ")) || !bytes.Contains(answer, []byte("Connection: close\r\n")) {
			t.Fatalf("%q %v", answer, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	srv.Close()
	if s := said.String(); s != "" {
		t.Errorf("the server says %s", s)
	}
}
