// Package wire judges by which way a database is reached: whether somebody between
// the two machines could read or change what goes over it. It reads the configuration
// of a connection and never opens one.
package wire

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"fairlead/internal/cvd"
)

// way is how one host would be reached.
type way struct {
	plain, unproved bool // at least once
	other           bool // by TLS with a proof of the host's certificate, or by TLS at all beside plain
}

// Check refuses an address that leaves it to whoever stands between whether TLS is used: sslmode
// prefer, which is what libpq takes where nothing is said, and allow. What the operator chose in
// so many words is taken; doubts names it: a host of another machine that is reached without TLS,
// or whose certificate nobody looks at (RFC 9325 section 3.2; ASVS 5.0.0 V12.3.1 and V12.3.2).
// Sockets and loopback addresses are never doubted.
func Check(conf *pgconn.Config) (doubts []string, err error) {
	ways := map[string]*way{}
	var hosts []string
	add := func(host string, conf *tls.Config) {
		if near(host) {
			return
		}
		w, ok := ways[host]
		if !ok {
			w = &way{}
			ways[host], hosts = w, append(hosts, host)
		}
		switch {
		case conf == nil:
			w.plain = true
		case conf.InsecureSkipVerify && conf.VerifyPeerCertificate == nil:
			w.unproved, w.other = true, true
		default:
			w.other = true
		}
	}
	add(conf.Host, conf.TLSConfig)
	for _, f := range conf.Fallbacks {
		add(f.Host, f.TLSConfig)
	}
	for _, host := range hosts {
		switch w := ways[host]; {
		case w.plain && w.other:
			return nil, fmt.Errorf("%w: database.dsn leaves it open whether the connection to %s is encrypted; add sslmode=verify-full and sslrootcert, or sslmode=disable if nobody else is on that network", cvd.ErrInvalid, host)
		case w.plain:
			doubts = append(doubts, host+" is reached without TLS")
		case w.unproved:
			doubts = append(doubts, "the certificate of "+host+" is not checked; sslmode=verify-full would")
		}
	}
	return slices.Clip(doubts), nil
}

// near tells whether a host is this machine: a folder of sockets, or loopback.
func near(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
