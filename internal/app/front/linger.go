// Package front stands between the public listener and the doors: it answers a
// refused request before the rest of it has come, and spares the store those who
// ask for readiness again and again.
//
// It decides nothing, knows no route and no actor, and reads no configuration.
// Its times are the machine's own, since they are about connections.
package front

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// What a refused request may still send, and for how long it is listened to: so long,
// and a second longer for each lingerRate bytes that came. Browsers show an answer only
// once they have sent everything, and a form may hold large files.
const (
	lingerBytes = 256 << 20
	lingerRate  = 256 << 10
	lingerTime  = 5 * time.Second
	// strangerTime is that of a request whose credentials were refused before
	// its body was looked at.
	strangerTime = time.Second
)

// Lingering reads on what a client is still sending when its request was
// answered early, such as a body over its limit. Closing at once would reset the
// connection, and the client would never read why it was refused. The answer is
// sent before that, so that nobody waits for it.
func Lingering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		control := http.NewResponseController(w)
		// Else the server takes the rest of the body before it answers. Where
		// that cannot be had, as in tests, there is no connection to wait for.
		_ = control.EnableFullDuplex()
		body := &started{ReadCloser: r.Body}
		out := &noted{ResponseWriter: w, body: body}
		// A copy: the server looks at the body of its own request at the end.
		inner := r.WithContext(r.Context())
		inner.Body = body
		next.ServeHTTP(out, inner)
		// A client that asked first (RFC 9110, section 10.1.1) sends nothing
		// unless the body was begun.
		if body.over || (!body.begun && r.Header.Get("Expect") != "") {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		if out.status == http.StatusUnauthorized && !body.begun {
			_ = control.SetReadDeadline(time.Now().Add(strangerTime))
			return
		}
		hear(control, body.ReadCloser)
	})
}

// hear reads on for as long as the rest comes fast enough.
func hear(control *http.ResponseController, rest io.Reader) {
	start := time.Now()
	for heard := int64(0); heard < lingerBytes; {
		until := start.Add(lingerTime + time.Duration(heard/lingerRate)*time.Second)
		if err := control.SetReadDeadline(until); err != nil {
			return
		}
		n, err := io.CopyN(io.Discard, rest, lingerRate)
		if heard += n; err != nil {
			return
		}
	}
}

// started knows whether a body was read, whether to its end, and whether it broke off
// before that.
type started struct {
	io.ReadCloser
	begun, over, broke bool
}

func (s *started) Read(p []byte) (int, error) {
	s.begun = true
	n, err := s.ReadCloser.Read(p)
	s.over = s.over || err != nil
	s.broke = s.broke || (err != nil && !errors.Is(err, io.EOF))
	return n, err
}

// noted knows the status of the answer. A refusal before the end of the body
// ends the connection, and so does a body that broke off: what comes after it is no
// request. Would the server, which drops the rest of the body by
// itself, meet its end there, it would read the connection twice at once and
// panic.
type noted struct {
	http.ResponseWriter
	body   *started
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
		if n.body.broke || (status >= http.StatusBadRequest && !n.body.over) {
			n.Header().Set("Connection", "close")
		}
	}
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }
