package app

import (
	"io"
	"net/http"
	"time"
)

// What a refused request may still send, and for how long it is listened to.
const (
	lingerBytes = 64 << 20
	lingerTime  = 15 * time.Second
)

// lingering reads on what a client is still sending when its request was
// answered early, such as a body over its limit. Closing at once would reset the
// connection, and the client would never read why it was refused.
func lingering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &started{ReadCloser: r.Body}
		r.Body = body
		next.ServeHTTP(w, r)
		// A client that asked first (RFC 9110, section 10.1.1) sends nothing
		// unless the body was begun.
		if body.over || (!body.begun && r.Header.Get("Expect") != "") {
			return
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingerTime)); err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, body.ReadCloser, lingerBytes)
	})
}

// started knows whether a body was read, and whether to its end.
type started struct {
	io.ReadCloser
	begun, over bool
}

func (s *started) Read(p []byte) (int, error) {
	s.begun = true
	n, err := s.ReadCloser.Read(p)
	s.over = s.over || err != nil
	return n, err
}
