package front

import (
	"errors"
	"io"
	"net/http"
	"time"

	"fairlead/internal/intake/load"
)

// Patient bounds how long a body may be waited for: load.Patience, and a second longer
// for each load.Rate bytes that came, but ten minutes in all. Only what its sender takes counts,
// not the time for which the house is busy with what came. What was declared counts for
// nothing: it costs the sender nothing.
func Patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		inner := r.WithContext(r.Context())
		inner.Body = &awaited{ReadCloser: r.Body, control: http.NewResponseController(w), end: time.Now().Add(bodyTimeout)}
		next.ServeHTTP(w, inner)
	})
}

// awaited is a body whose sender is waited for.
type awaited struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
	read    int64
	waited  time.Duration
}

func (a *awaited) Read(p []byte) (int, error) {
	begin := time.Now()
	until := begin.Add(load.Within(a.read) - a.waited)
	if until.After(a.end) {
		until = a.end
	}
	err := a.control.SetReadDeadline(until)
	if errors.Is(err, http.ErrNotSupported) { // as in tests, where there is no connection
		return a.ReadCloser.Read(p)
	}
	if err != nil {
		return 0, err
	}
	n, err := a.ReadCloser.Read(p)
	a.read += int64(n)
	a.waited += time.Since(begin)
	if err == nil || errors.Is(err, io.EOF) {
		// Else it would run out while the house is busy, and the server take the client for gone.
		_ = a.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
