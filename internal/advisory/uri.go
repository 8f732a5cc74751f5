package advisory

import (
	"net/url"
	"regexp"
	"strings"
)

// plainURI is what a URI is written with (RFC 3986, 2); every % begins an octet.
var plainURI = regexp.MustCompile(`^([A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~-]|%[0-9A-Fa-f]{2})+$`)

// IsURI tells whether a text is an absolute URI, as formats ask for in references.
func IsURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "") && plainURI.MatchString(s) && strings.Count(s, "#") <= 1
}

// scheme is that of a URI, in lower case.
func scheme(s string) string {
	before, _, _ := strings.Cut(s, ":")
	return strings.ToLower(before)
}
