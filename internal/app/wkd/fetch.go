package wkd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// fetchTimeout is how long one look-up may take in all.
const fetchTimeout = 10 * time.Second

// Client fetches keys of others. The zero value asks nobody.
type Client struct {
	// Domains are the mail domains whose hosts may be asked, in lower case.
	Domains []string
	Now     func() time.Time

	// For tests: who resolves, who dials, and whose certificates count.
	exists func(ctx context.Context, host string) (bool, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	roots  *x509.CertPool
}

// Fetch asks the directory of the address's domain for its key: by https only, without
// redirects, proxies or cookies, at most pgp.MaxPublicKey bytes, and only hosts whose
// address is a public one. The key holds no other user id than those with the address,
// and can be encrypted to. It proves no more than that the domain's host gave it.
// Errors: cvd.ErrForbidden for a domain that is not allowed, cvd.ErrNotFound if there
// is no key or none that fits, cvd.ErrUnavailable if nobody answered.
func (c *Client) Fetch(ctx context.Context, email string) (*pgp.PublicKey, error) {
	parsed, err := mail.ParseAddress("<" + email + ">")
	if err != nil {
		return nil, fmt.Errorf("%w: not a mail address", cvd.ErrInvalid)
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], lower(parsed.Address[at+1:])
	if !slices.Contains(c.Domains, domain) || !hostname(domain) {
		return nil, fmt.Errorf("%w: keys of that domain are not fetched", cvd.ErrForbidden)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	host := "openpgpkey." + domain
	advanced, err := c.resolves(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%w: the domain's directory cannot be found now", cvd.ErrUnavailable)
	}
	where := url.URL{Scheme: "https", Host: host, Path: root + domain + "/hu/" + hash(local), RawQuery: url.Values{"l": {local}}.Encode()}
	if !advanced { // section 3.1: only if that name does not exist
		where.Host, where.Path = domain, root+"hu/"+hash(local)
	}
	raw, err := c.get(ctx, where.String())
	if err != nil {
		return nil, err
	}
	return fitting(raw, parsed.Address, c.Now())
}

// fitting is the key as it may be used for the address.
func fitting(raw []byte, email string, now time.Time) (*pgp.PublicKey, error) {
	none := fmt.Errorf("%w: the domain gives no key that can be used for this address", cvd.ErrNotFound)
	key, err := pgp.ReadCarried(raw)
	if err != nil || !key.CanEncrypt(now) {
		return nil, none
	}
	only, err := key.Only(email, now)
	if err != nil {
		return nil, none
	}
	if key, err = pgp.ReadCarried(only); err != nil || !key.CanEncrypt(now) {
		return nil, none
	}
	return key, nil
}

func (c *Client) get(ctx context.Context, where string) ([]byte, error) {
	gone := fmt.Errorf("%w: the domain's directory does not answer", cvd.ErrUnavailable)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, gone
	}
	dial := c.dial
	if dial == nil {
		dial = (&net.Dialer{Control: publicOnly}).DialContext
	}
	transport := &http.Transport{
		Proxy: nil, DialContext: dial, DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.roots},
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return nil, gone // without the library's words, which name the address
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: the domain gives no key for this address", cvd.ErrNotFound)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, pgp.MaxPublicKey+1))
	if err != nil {
		return nil, gone
	}
	if len(b) > pgp.MaxPublicKey {
		return nil, fmt.Errorf("%w: the domain's key is larger than %d KiB", cvd.ErrNotFound, pgp.MaxPublicKey>>10)
	}
	return b, nil
}

// resolves tells whether the name has an address.
func (c *Client) resolves(ctx context.Context, host string) (bool, error) {
	if c.exists != nil {
		return c.exists(ctx, host)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return false, nil
	}
	return len(addrs) > 0, err
}

// hostname tells whether a domain is a plain name of letters, digits, hyphens and at
// least one dot; an address in brackets or digits alone is none.
func hostname(domain string) bool {
	if strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || !strings.Contains(domain, ".") || len(domain) > 253 {
		return false
	}
	_, err := netip.ParseAddr(domain)
	return err != nil
}

// publicOnly refuses to connect to anything but https at a public address. It sees
// the address that is really dialled, whatever the name resolved to before.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || to.Port() != 443 || !public(to.Addr()) {
		return fmt.Errorf("%w: not a public address", cvd.ErrForbidden)
	}
	return nil
}

// reserved are networks that no host of the public Internet has (IANA's registries of
// special-purpose addresses), beyond those that netip knows; and those that carry an
// IPv4 address inside, which may be any.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("5f00::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}
