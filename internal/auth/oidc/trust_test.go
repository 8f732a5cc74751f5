package oidc_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"fairlead/internal/auth/oidc"
	"fairlead/internal/cvd"
)

// A provider that shows a certificate of nobody whom this machine trusts is asked
// nothing, and the log says why nobody gets in (ASVS 5.0.0, V12.3.2).
func TestAnUnknownCertificateIsNoProvider(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	d := open(t, noon, nil, oidc.Provider{ID: "main", Name: "Main", Issuer: srv.URL, ClientID: "fairlead"})
	_, err := d.Begin(t.Context(), "main", oidc.Errand{Back: back})
	d.want(err, oidc.Unreachable)
	if !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("the failure is %v", err)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("it was asked %d times", n)
	}
}
