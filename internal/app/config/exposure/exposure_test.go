package exposure_test

import (
	"errors"
	"strings"
	"testing"

	"fairlead/internal/app/config"
	"fairlead/internal/app/config/exposure"
	"fairlead/internal/cvd"
)

// tell is what is found, a line for each: what, where, and the first words.
func tell(found exposure.Findings) string {
	var out []string
	for _, f := range found {
		out = append(out, f.What+" "+f.Field)
	}
	return strings.Join(out, ", ")
}

// Whoever others reach in the clear has said by what that is made good, or does not start.
func TestNobodyIsServedInTheClearInSilence(t *testing.T) {
	tls := &config.TLS{Certificate: "c", Key: "k"}
	for name, c := range map[string]struct {
		config.Config
		want string
	}{
		"loopback":                   {config.Config{Listen: "127.0.0.1:8080"}, ""},
		"any port of it":             {config.Config{Listen: "127.0.0.1:0"}, ""},
		"another address of it":      {config.Config{Listen: "127.8.8.8:8080"}, ""},
		"loopback of IPv6":           {config.Config{Listen: "[::1]:8080"}, ""},
		"loopback in IPv6's words":   {config.Config{Listen: "[::ffff:127.0.0.1]:8080"}, ""},
		"its name":                   {config.Config{Listen: "localhost:8080"}, ""},
		"nothing is listened on":     {config.Config{}, ""},
		"all interfaces":             {config.Config{Listen: "0.0.0.0:18312"}, "fault listen"},
		"all of IPv6":                {config.Config{Listen: "[::]:18312"}, "fault listen"},
		"no host":                    {config.Config{Listen: ":18312"}, "fault listen"},
		"an address":                 {config.Config{Listen: "192.0.2.1:80"}, "fault listen"},
		"a name":                     {config.Config{Listen: "security.example.org:80"}, "fault listen"},
		"a name like loopback's":     {config.Config{Listen: "localhost.example.org:80"}, "fault listen"},
		"a public address helps not": {config.Config{Listen: "0.0.0.0:18312", PublicURL: "https://security.example.org"}, "fault listen"},
		"its own https":              {config.Config{Listen: "0.0.0.0:443", TLS: tls}, ""},
		"behind a proxy":             {config.Config{Listen: "0.0.0.0:8080", TrustedProxies: []string{"172.18.0.2"}}, ""},
		"behind everybody":           {config.Config{Listen: "0.0.0.0:8080", TrustedProxies: []string{"0.0.0.0/0"}}, "fault listen, warning trusted_proxies"},
		"everybody, on loopback":     {config.Config{Listen: "127.0.0.1:8080", TrustedProxies: []string{"::/0"}}, "warning trusted_proxies"},
		"the operator takes it":      {config.Config{Listen: "0.0.0.0:8080", InsecureListen: true}, "warning insecure_listen"},
		"and has a proxy besides":    {config.Config{Listen: "0.0.0.0:8080", InsecureListen: true, TrustedProxies: []string{"172.18.0.2"}}, "warning insecure_listen"},
		"it takes nothing":           {config.Config{Listen: "127.0.0.1:8080", InsecureListen: true}, ""},
		"nor with https":             {config.Config{Listen: "0.0.0.0:443", TLS: tls, InsecureListen: true}, ""},
		"no address":                 {config.Config{Listen: "example"}, "fault listen"},
	} {
		found := exposure.Of(&c.Config)
		if got := tell(found); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		err := found.Err()
		if (err != nil) != strings.Contains(c.want, "fault") || (err != nil && !errors.Is(err, cvd.ErrInvalid)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := exposure.Of(&config.Config{Listen: "0.0.0.0:18312"}).Err()
	for _, remedy := range []string{"listen: ", "127.0.0.1", "tls", "trusted_proxies", "insecure_listen: true"} {
		if !strings.Contains(err.Error(), remedy) {
			t.Errorf("the fault does not name %s: %v", remedy, err)
		}
	}
}

// An authority asks back on ports 443 and 80 alone (RFC 8737 section 3, RFC 8555
// section 8.3), by names that we ask a certificate for.
func TestAnAuthorityThatCannotAskBackIsAWarning(t *testing.T) {
	for name, c := range map[string]struct {
		listen, plain, public string
		hosts                 []string
		want                  string
	}{
		"its port":                {listen: "0.0.0.0:443"},
		"its port by name":        {listen: ":https"},
		"another":                 {listen: "0.0.0.0:18312", want: "warning tls.acme"},
		"another, plain answers":  {listen: "0.0.0.0:8443", plain: ":80"},
		"another, plain does not": {listen: "0.0.0.0:8443", plain: ":8080", want: "warning tls.acme"},
		"the public name is one":  {listen: ":443", public: "https://B.example.org", hosts: []string{"a.example.org", "b.example.org"}},
		"the public name is none": {listen: ":443", public: "https://c.example.org", hosts: []string{"a.example.org"}, want: "warning tls.acme.hosts"},
	} {
		cfg := config.Config{Listen: c.listen, PublicURL: c.public, TLS: &config.TLS{ACME: &config.ACME{AcceptTerms: true, Hosts: c.hosts, PlainListen: c.plain}}}
		found := exposure.Of(&cfg)
		if got := tell(found); got != c.want || found.Err() != nil {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Where named proxies are all that makes a clear listener good, nobody else is served.
func TestWhomAClearListenerServes(t *testing.T) {
	proxies := []string{"172.18.0.2"}
	for name, c := range map[string]struct {
		config.Config
		want bool
	}{
		"behind a proxy":        {config.Config{Listen: "0.0.0.0:8080", TrustedProxies: proxies}, true},
		"the operator takes it": {config.Config{Listen: "0.0.0.0:8080", TrustedProxies: proxies, InsecureListen: true}, false},
		"its own https":         {config.Config{Listen: "0.0.0.0:443", TrustedProxies: proxies, TLS: &config.TLS{Certificate: "c", Key: "k"}}, false},
		"loopback":              {config.Config{Listen: "127.0.0.1:8080", TrustedProxies: proxies}, false},
		"nothing":               {config.Config{TrustedProxies: proxies}, false},
	} {
		if got := exposure.ProxiesOnly(&c.Config); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
