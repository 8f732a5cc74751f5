package parts

import (
	"strings"

	"fairlead/internal/intake/sbom"
)

// pack writes components a line each, their members parted by tabs, in which form
// they are stored: versions of a product share most lines, and reading one a
// second time costs no more than to look it up. No member holds a tab or the end
// of a line; sbom sees to that.
func pack(all []sbom.Component) string {
	var b strings.Builder
	for i := range all {
		c := &all[i]
		for _, s := range []string{c.PURL, c.Name, c.Version, c.Contact.Name, c.Contact.Email} {
			b.WriteString(s)
			b.WriteByte('\t')
		}
		b.WriteString(c.Contact.URL)
		b.WriteByte('\n')
	}
	return b.String()
}

// unpack reads one line. A member that is missing is empty.
func unpack(line string) sbom.Component {
	var c sbom.Component
	for _, into := range []*string{&c.PURL, &c.Name, &c.Version, &c.Contact.Name, &c.Contact.Email, &c.Contact.URL} {
		*into, line, _ = strings.Cut(line, "\t")
	}
	return c
}
