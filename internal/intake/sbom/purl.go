package sbom

import (
	"strings"

	"github.com/package-url/packageurl-go"
)

// PURL is a package URL (ECMA-427) as it is compared here.
type PURL struct {
	Full    string // canonical
	Key     string // canonical, without version, qualifiers and subpath
	Name    string // as people write it: namespace and name
	Short   string // the name alone
	Version string
}

// ParsePURL reads a package URL of at most maxPURL characters.
func ParsePURL(s string) (PURL, bool) {
	if len(s) > maxPURL {
		return PURL{}, false
	}
	p, err := packageurl.FromString(s)
	if err != nil {
		return PURL{}, false
	}
	out := PURL{Full: p.ToString(), Short: p.Name, Version: p.Version}
	if out.Name = p.Name; p.Namespace != "" {
		between := "/"
		if p.Type == packageurl.TypeMaven {
			between = ":"
		}
		out.Name = p.Namespace + between + p.Name
	}
	// What is hidden behind percent signs is shown to people later.
	for _, part := range []string{out.Name, out.Version, out.Full} {
		if part != short(part, maxPURL) {
			return PURL{}, false
		}
	}
	key := p
	key.Version, key.Subpath, key.Qualifiers = "", "", nil
	out.Key = key.ToString()
	// Some types are nothing without a qualifier: it names the package there.
	if again, err := packageurl.FromString(out.Key); err != nil || again.ToString() != out.Key {
		key.Qualifiers = p.Qualifiers
		out.Key = key.ToString()
	}
	return out, true
}

// Key is by which the component is found whatever its version: that of its
// package URL, or else its name in lower case after "name:".
func (c Component) Key() string {
	if p, ok := ParsePURL(c.PURL); ok {
		return p.Key
	}
	return NameKey(c.Name)
}

// NameKey is the key of a component that has no package URL.
func NameKey(name string) string { return "name:" + strings.ToLower(short(name, 2*maxName+1)) }
