// Package exposure says what of a configuration lies open to others: who is served in
// the clear, whose word is believed, and whether an authority can ask back.
//
// It is a pure rule. It looks nothing up, listens nowhere and changes nothing.
package exposure

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
)

// What a finding is. With a fault the server does not start.
const (
	Fault   = "fault"
	Warning = "warning"
)

// Finding is one thing that the rule found, at a key of the configuration.
type Finding struct{ What, Field, Problem, Remedy string }

// Text is the finding without its key.
func (f Finding) Text() string { return f.Problem + "; " + f.Remedy }

// String is the finding as it stands after the name of a file.
func (f Finding) String() string { return f.Field + ": " + f.Text() }

// Findings are all that was found, faults first.
type Findings []Finding

// Refused are faults for which the server does not start. It is a cvd.ErrInvalid.
type Refused []Finding

// Error names each with its key and its remedies.
func (r Refused) Error() string {
	var out []string
	for _, f := range r {
		out = append(out, f.String())
	}
	return strings.Join(out, "\n")
}

// Is makes it a cvd.ErrInvalid.
func (r Refused) Is(target error) bool { return target == cvd.ErrInvalid }

// Err is what keeps the server from starting, or nil.
func (f Findings) Err() error {
	var out Refused
	for _, one := range f {
		if one.What == Fault {
			out = append(out, one)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// Warnings are the others.
func (f Findings) Warnings() (out Findings) {
	for _, one := range f {
		if one.What == Warning {
			out = append(out, one)
		}
	}
	return out
}

// Start is what keeps a server from starting, or nil; warnings go to the log.
func Start(c *config.Config, log *slog.Logger) error {
	found := Of(c)
	if err := found.Err(); err != nil {
		return err
	}
	for _, one := range found.Warnings() {
		log.Warn("the configuration leaves something open", "key", one.Field, "what", one.Problem, "remedy", one.Remedy)
	}
	return nil
}

// Of is what a configuration leaves open. One that listens nowhere leaves nothing.
func Of(c *config.Config) (out Findings) {
	if c.Listen == "" {
		return nil
	}
	switch host, _, err := net.SplitHostPort(c.Listen); {
	case err != nil:
		out = append(out, Finding{Fault, "listen", "is no address to listen on", "write HOST:PORT, such as 127.0.0.1:8080"})
	case c.TLS != nil || loopback(host):
	case c.InsecureListen:
		out = append(out, Finding{
			Warning, "insecure_listen", "passwords, receipts and reports cross the network in the clear",
			"set tls, or put a proxy in front and name it in trusted_proxies; then take this key out",
		})
	case !named(c.TrustedProxies):
		out = append(out, Finding{
			Fault, "listen", "others reach this address, and it would answer them in the clear: " + c.Listen,
			"set tls; or put a proxy in front and name its address in trusted_proxies; or listen on 127.0.0.1; or, to serve passwords and reports in the clear all the same, write insecure_listen: true",
		})
	}
	if slices.ContainsFunc(c.TrustedProxies, everybody) {
		out = append(out, Finding{
			Warning, "trusted_proxies", "a network of all addresses makes everybody a proxy, whose word on who asks, and by https, is believed",
			"name the address or the network of the proxy",
		})
	}
	if c.TLS != nil && c.TLS.ACME != nil {
		out = append(out, authority(c)...)
	}
	return out
}

// authority says whether one that gives certificates can ask this server back.
func authority(c *config.Config) (out Findings) {
	a := c.TLS.ACME
	if !at(c.Listen, "443", "https") && !at(a.PlainListen, "80", "http") {
		out = append(out, Finding{
			Warning, "tls.acme", fmt.Sprintf("the authority asks back on port 443, or on port 80 where plain_listen answers, and this server listens on %s", c.Listen),
			"listen on port 443, or set tls.acme.plain_listen to port 80; nothing is wrong if one of these ports is forwarded here",
		})
	}
	u, err := url.Parse(c.PublicURL)
	if err == nil && u.Hostname() != "" && len(a.Hosts) > 0 && !slices.ContainsFunc(a.Hosts, func(h string) bool { return strings.EqualFold(h, u.Hostname()) }) {
		out = append(out, Finding{
			Warning, "tls.acme.hosts", "lacks the host of public_url, which then has no certificate",
			"add it, or leave the list out",
		})
	}
	return out
}

// ProxiesOnly tells whether named proxies are all that makes it good that others reach a
// listener in the clear, so that nobody else may be served there.
func ProxiesOnly(c *config.Config) bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && c.TLS == nil && !loopback(host) && !c.InsecureListen
}

// loopback tells whether only this machine reaches a host. Without one it is every address.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || (err == nil && ip.Unmap().IsLoopback())
}

// named tells whether proxies are named, and not simply everybody.
func named(proxies []string) bool {
	return len(proxies) > 0 && !slices.ContainsFunc(proxies, everybody)
}

func everybody(proxy string) bool {
	net, err := config.ParseProxy(proxy)
	return err == nil && net.Bits() == 0
}

// at tells whether an address has the port, by number or by name.
func at(addr, number, name string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && (port == number || port == name)
}
