package proof

import (
	"context"
	"net"
	"strings"
)

// zone is the DNS in memory: a name without its final dot, in lower case, to records
// such as "TXT v=spf1 -all", "MX mx.example.net", "A 192.0.2.1". A record "AWAY" means that
// nobody answers for the name, "HANG" that the answer never comes.
type zone map[string][]string

func (z zone) find(ctx context.Context, name, kind string) ([]string, error) {
	bare, rooted := strings.CutSuffix(strings.ToLower(name), ".")
	if !rooted && kind != "PTR" {
		return nil, &net.DNSError{Err: "a name without its final dot", Name: name, IsNotFound: true}
	}
	var found []string
	for _, r := range z[bare] {
		k, value, _ := strings.Cut(r, " ")
		switch k {
		case "AWAY":
			return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
		case "HANG":
			<-ctx.Done()
			return nil, ctx.Err()
		case kind:
			found = append(found, value)
		}
	}
	if found == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return found, nil
}

func (z zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return z.find(ctx, name, "TXT")
}

func (z zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	hosts, err := z.find(ctx, name, "MX")
	var list []*net.MX
	for _, h := range hosts {
		list = append(list, &net.MX{Host: h + "."})
	}
	return list, err
}

func (z zone) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	addresses, err := z.find(ctx, host, "A")
	var list []net.IPAddr
	for _, a := range addresses {
		list = append(list, net.IPAddr{IP: net.ParseIP(a)})
	}
	return list, err
}

func (z zone) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return z.find(ctx, addr, "PTR")
}
