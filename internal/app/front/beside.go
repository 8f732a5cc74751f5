package front

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// headTimeout is how long a client may take for the head of a request.
	headTimeout = 10 * time.Second
	// idleTimeout is how long a connection may stand between two requests.
	idleTimeout = time.Minute
	maxHead     = 32 << 10
)

// Beside answers on a listener that is not the public one, until quiet is called.
// name is what the log calls it.
func Beside(l net.Listener, handler http.Handler, log *slog.Logger, name string) (quiet func()) {
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHead}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("a listener ended", "listener", name, "err", err)
		}
	}()
	return func() {
		if err := srv.Close(); err != nil {
			log.Error("a listener could not be closed", "listener", name, "err", err)
		}
		<-done
	}
}
