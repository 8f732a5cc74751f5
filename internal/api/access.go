package api

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"fairlead/internal/api/openapi"
	"fairlead/internal/api/strict"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// The schemes of the Authorization header. Cookies are never looked at, so a
// foreign page cannot act with somebody's session here.
const (
	schemeReceipt = openapi.Receipt
	schemeBearer  = openapi.Bearer
)

// identify turns the credentials of the request into its actor.
func (c *call) identify() error {
	c.actor = cvd.Stranger
	switch c.route.Access {
	case openapi.ByReceipt:
		return c.as(schemeReceipt)
	case openapi.ByToken:
		return c.as(schemeBearer)
	case openapi.Freely:
		if c.r.Header.Get("Authorization") != "" {
			return c.as(schemeBearer)
		}
	}
	return nil
}

func (c *call) as(scheme string) error {
	c.w.Header().Set("WWW-Authenticate", scheme+` realm="fairlead"`)
	secret, ok := credentials(c.r.Header, scheme)
	if !ok {
		return cvd.ErrUnauthenticated
	}
	look := c.Auth.Token
	if scheme == schemeReceipt {
		look = c.Auth.Receipt
	}
	actor, err := look(c.r.Context(), secret)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		// Only wrong ones count, so nobody is locked out by a neighbour's guesses.
		if ok, after := c.wrong.Allow(c.From(c.r)); !ok {
			return auth.Limited{After: after}
		}
	}
	if err != nil {
		return err
	}
	c.w.Header().Del("WWW-Authenticate")
	c.actor = actor
	return nil
}

// credentials reads "Scheme secret" from the one Authorization header.
func credentials(h http.Header, scheme string) (string, bool) {
	given := h.Values("Authorization")
	if len(given) != 1 {
		return "", false
	}
	got, secret, ok := strings.Cut(strings.TrimSpace(given[0]), " ")
	secret = strings.TrimSpace(secret)
	return secret, ok && secret != "" && strings.EqualFold(got, scheme)
}

// limit counts a request that writes against its limit. A try of a letter's code counts
// like a wrong credential, right or not.
func (c *call) limit() error {
	of, key := c.reports, c.From(c.r)
	switch {
	case c.route.Access == openapi.ByReceipt:
		of, key = c.writes, c.actor.Receipt
	case c.route.Path == pathClaim:
		of = c.wrong
	case c.route.Path != pathReports:
		return nil
	}
	if ok, after := of.Allow(key); !ok {
		return auth.Limited{After: after}
	}
	return nil
}

// checkQuery refuses queries that the route does not have: a mistyped filter
// would show everything, a mistyped preview would do the deed.
func (c *call) checkQuery() error {
	var faults cvd.Faults
	if c.r.URL.RawQuery == "" {
		return nil
	}
	values, err := strict.Query(c.r.URL.RawQuery)
	if err != nil {
		return err
	}
	var names []string
	for _, q := range c.route.Query {
		names = append(names, q.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(faults) == intake.MaxFaults { // words cost more than what makes them
			faults = intake.Add(faults, cvd.Fault{})
			break
		}
		i, given := slices.Index(names, name), values[name]
		switch {
		case i < 0:
			faults = append(faults, c.Fault(strict.Shown(name), "query.unknown", "names", strings.Join(names, ", ")))
		case len(given) > 1:
			faults = append(faults, c.Fault(name, "twice"))
		case c.route.Query[i].Flag && given[0] != "true" && given[0] != "false":
			faults = append(faults, c.Fault(name, "flag"))
		}
	}
	slices.SortFunc(faults, func(a, b cvd.Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults.Err()
}
