package front

import (
	"net/http"
	"time"
)

// Limits of the public listener. A report of many files takes a while over a slow line,
// so only the head of a request is bounded tightly; bodies are bounded by size in the
// doors, and in time by Patient.
const (
	bodyTimeout   = 10 * time.Minute
	answerTimeout = 10 * time.Minute
	// pauseTimeout is how long a connection may stand between two requests: longer than
	// proxies keep theirs.
	pauseTimeout = 2 * time.Minute
)

// Server is the public one.
func Server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: pauseTimeout, MaxHeaderBytes: maxHead, ConnState: State,
	}
}
