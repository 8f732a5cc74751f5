package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A clock that stands still stands at the instant that was asked for, also after the
// house was furnished, and whatever comes in comes in then.
func TestStill(t *testing.T) {
	at := time.Date(2026, time.September, 16, 14, 0, 0, 0, time.UTC)
	ctx, stop := context.WithCancel(t.Context())
	out, line := io.Pipe()
	ended := make(chan error, 1)
	var told bytes.Buffer
	go func() {
		err := Run(ctx, Options{Listen: "127.0.0.1:0", Data: t.TempDir(), Clock: at, Still: true, JSON: true}, line, &told)
		line.CloseWithError(io.EOF)
		ended <- err
	}()
	var r ready
	if err := json.NewDecoder(out).Decode(&r); err != nil {
		stop()
		t.Fatal(err, <-ended)
	}
	for range 2 {
		res, err := http.Post(r.URL+"/api/v1/reports", "application/json", strings.NewReader(`{"description": "The link signs in twice."}`))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Received time.Time `json:"received_at"`
		}
		err = json.NewDecoder(res.Body).Decode(&got)
		res.Body.Close()
		if err != nil || !got.Received.Equal(at) {
			t.Errorf("received at %s (%d, %v), not at %s", got.Received, res.StatusCode, err, at)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err, told.String())
	}
}
