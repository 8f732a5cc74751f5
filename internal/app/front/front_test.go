package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A refused request gets its answer before the rest of it is waited for, and a
// small one may be followed by another on the same connection.
func TestTheAnswerComesBeforeTheRestOfTheBody(t *testing.T) {
	srv := httptest.NewServer(Lingering(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			_, _ = io.CopyN(io.Discard, r.Body, 1)
		}
		http.Error(w, "no", http.StatusUnauthorized)
	})))
	defer srv.Close()
	for _, path := range []string{"/read", "/unread"} {
		for name, head := range map[string]string{"declared": "Content-Length: 900000", "in pieces": "Transfer-Encoding: chunked"} {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// Only a piece of the body is ever sent, so that a server that waits
			// for more would never answer.
			_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\n"+head+"\r\n\r\n5\r\nhello\r\n")
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(lingerTime)); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != http.StatusUnauthorized {
				t.Fatalf("%s, %s: %v %v", path, name, res, err)
			}
		}
	}
}

// Who sends a large form hears why it was refused, once all of it is sent: it is read
// to its end, and the connection is not reset meanwhile.
func TestALargeFormIsHeardOut(t *testing.T) {
	srv := httptest.NewServer(Lingering(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	})))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const size = 160 << 20
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size); err != nil {
		t.Fatal(err)
	}
	piece := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := conn.Write(piece); err != nil {
			t.Fatal("it was cut off:", err)
		}
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Fatalf("%v %v", res, err)
	}
}

// Readiness costs a synced write, so it is asked for only now and then.
func TestReadinessIsRemembered(t *testing.T) {
	asked := 0
	broken := errors.New("broken")
	last := &Lately{}
	ready := func(context.Context) error { asked++; return broken }
	for range 100 {
		if err, _ := last.Ask(t.Context(), ready); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	last.at = last.at.Add(-readyFor)
	if err, fresh := last.Ask(t.Context(), func(context.Context) error { return nil }); err != nil || !fresh {
		t.Errorf("an old answer is given: %v", err)
	}
	// One who leaves does not spoil the answer of the others.
	last.at = time.Time{}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if err, _ := last.Ask(ctx, func(ctx context.Context) error { return ctx.Err() }); err != nil {
		t.Error(err)
	}
}
