package advisory

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/advisory/vers"
	"fairlead/internal/cvd"
)

// Claim is what a record says of one vulnerability and some versions of one
// product: the grain in which CSAF and the other VEX formats speak. All of them
// are written from claims, so that they cannot disagree.
type Claim struct {
	Product *cvd.AdvisoryProduct
	// Version is a single version, Range a version range specifier; both are empty
	// for a claim about every version.
	Version, Range string
	Repo           string // of commits
	Status         cvd.ProductStatus
	// Derived marks a fixed version that the record names as the end of a range,
	// not by itself.
	Derived bool
	// Justification and Statement say why not, for StatusNotAffected.
	Justification cvd.Justification
	Statement     string
}

// Key tells claims about the same versions of a product from others; within a
// record it does not change from one revision to the next.
func (c Claim) Key() string {
	switch {
	case c.Repo != "":
		return c.Product.ID + ":" + c.Repo + "@" + c.Range + c.Version
	case c.Range != "":
		return c.Product.ID + ":" + c.Range
	case c.Version != "":
		return c.Product.ID + ":" + c.Version
	}
	return c.Product.ID + ":" + vers.All
}

// Claims lists what the record says of its i-th vulnerability, in the record's
// order, each versions of a product once. Faults: a product that the record does
// not have, and versions of which it says two things.
func Claims(a *cvd.Advisory, i int) ([]Claim, error) {
	var out []Claim
	var faults cvd.Faults
	at := map[string]int{}
	add := func(field string, c Claim) {
		if n, ok := at[c.Key()]; !ok {
			at[c.Key()] = len(out)
			out = append(out, c)
		} else if out[n].Derived {
			out[n] = c // what is said in so many words wins over what follows
		} else if !c.Derived && out[n].Status != c.Status {
			faults = append(faults, cvd.Fault{
				Field: field, Problem: "says another status of the same versions of the product",
				Remedy: "keep one of the two",
			})
		}
	}
	for n := range a.Vulnerabilities[i].Affects {
		affect := &a.Vulnerabilities[i].Affects[n]
		field := fmt.Sprintf("vulnerabilities[%d].affects[%d]", i, n)
		product := a.Product(affect.Product)
		if product == nil {
			faults = append(faults, cvd.Fault{
				Field: field + ".product", Problem: "is no product of the advisory", Remedy: "name one of its products by id",
			})
			continue
		}
		for _, c := range spread(product, affect) {
			add(field, c)
		}
	}
	return out, faults.Err()
}

// spread divides what the record says of a product into claims.
func spread(p *cvd.AdvisoryProduct, affect *cvd.Affect) []Claim {
	whole := Claim{Product: p, Status: affect.Status, Justification: affect.Justification, Statement: affect.Statement}
	if len(affect.Ranges) == 0 && len(affect.Versions) == 0 {
		return []Claim{whole}
	}
	var out, fixed []Claim
	for _, r := range affect.Ranges {
		c := whole
		c.Range, c.Repo = vers.Write(vers.Scheme(r.Kind, p), r.Events), r.Repo
		out = append(out, c)
		for _, e := range r.Events {
			if e.Fixed != "" && affect.Status == cvd.StatusAffected {
				fixed = append(fixed, Claim{Product: p, Version: e.Fixed, Repo: r.Repo, Status: cvd.StatusFixed, Derived: true})
			}
		}
	}
	for _, v := range affect.Versions {
		c := whole
		c.Version = v
		out = append(out, c)
	}
	return append(out, fixed...)
}

// PURL is the product's package URL with the claim's version, or "" for a product
// that has none or whose own is unusable. The range of a claim has no place in it.
func (c Claim) PURL() string {
	p, err := packageurl.FromString(ecosystem.PURL(c.Product))
	if err != nil {
		return ""
	}
	p.Version = c.Version
	if c.Repo == "" && p.Type == packageurl.TypeGolang && p.Name != "stdlib" {
		p.Version = goVersion(c.Version)
	}
	return p.ToString()
}

// goVersion writes the version of a Go module as lists of parts do, which have it from
// the go command: with a "v". One that the go command has no word for, such as 5.2,
// goes without: behind a "v" others' readers ask for a semantic version, and refuse
// the whole name (CSAF 2.0, 6.1.13).
func goVersion(s string) string {
	bare := strings.TrimPrefix(s, "v")
	if semantic(bare) {
		return "v" + bare
	}
	return bare
}

// CPE is the product's CPE 2.3 name with the claim's version, any version ("*")
// for other claims; "" for a product that has none.
func (c Claim) CPE() string {
	parts := splitCPE(c.Product.CPE)
	if len(parts) != 13 {
		return ""
	}
	parts[5] = "*"
	if c.Version != "" {
		parts[5] = escapeCPE(c.Version)
	}
	return strings.Join(parts, ":")
}

// splitCPE divides a formatted string at its colons, not at quoted ones.
func splitCPE(s string) []string {
	var out []string
	start, quoted := 0, false
	for i := range len(s) {
		switch {
		case quoted:
			quoted = false
		case s[i] == '\\':
			quoted = true
		case s[i] == ':':
			out, start = append(out, s[start:i]), i+1
		}
	}
	return append(out, s[start:])
}

// escapeCPE quotes what is special in a component (NISTIR 7695, 6.2).
func escapeCPE(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_':
			b.WriteByte(c)
		case c > ' ' && c < 0x7f:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// IRI names the product and versions of a claim: its package URL, which says a
// range in its qualifier vers, or a name below the publisher's namespace. A claim
// about every version is about the product.
func (c Claim) IRI(p Publisher) string {
	if s := c.PURL(); s != "" {
		u, err := packageurl.FromString(s)
		if c.Range == "" || err != nil {
			return s
		}
		u.Qualifiers = append(u.Qualifiers, packageurl.Qualifier{Key: "vers", Value: c.Range})
		return u.ToString()
	}
	iri := p.ProductIRI(c.Product.ID)
	if versions := c.Range + c.Version; versions != "" {
		iri += "@" + url.PathEscape(versions)
	}
	return iri
}

// Fixed lists the versions of a product that are said to be fixed.
func Fixed(claims []Claim, product string) []string {
	var out []string
	for _, c := range claims {
		if c.Product.ID == product && c.Status == cvd.StatusFixed && c.Version != "" {
			out = append(out, c.Version)
		}
	}
	return out
}

// Helps tells whether a remedy is for a product.
func Helps(r cvd.Remedy, product string) bool {
	return len(r.Products) == 0 || slices.Contains(r.Products, product)
}

// ProductIRI names a product of ours that has no name of its own in any system.
func (p Publisher) ProductIRI(id string) string {
	return strings.TrimSuffix(p.Namespace, "/") + "/#product/" + url.PathEscape(id)
}

// Name is how formats that ask for a name call an advisory's i-th vulnerability: by its
// CVE id, else its first id anywhere, else the advisory's, with its number if not 1.
func Name(a *cvd.Advisory, i int) string {
	v := &a.Vulnerabilities[i]
	switch {
	case v.CVE != "":
		return v.CVE
	case len(v.IDs) > 0:
		return v.IDs[0].ID
	case Number(a, i) == 1:
		return string(a.ID)
	}
	return fmt.Sprintf("%s#%d", a.ID, Number(a, i))
}

// Number is that of the i-th vulnerability.
func Number(a *cvd.Advisory, i int) int { return cmp.Or(a.Vulnerabilities[i].Number, i+1) }

// Vendor is whose product it is: the publisher's, where an advisory of ours names
// nobody. Of a product of others it is then not known, and empty.
func Vendor(a *cvd.Advisory, one *cvd.AdvisoryProduct, p Publisher) string {
	if one.Vendor == "" && a.Source == nil {
		return p.Name
	}
	return one.Vendor
}
