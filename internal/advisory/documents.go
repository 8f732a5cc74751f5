package advisory

import (
	"net/url"
	"strings"

	"fairlead/internal/cvd"
)

// Part is one of several records that a format makes of one advisory, because it
// says one vulnerability at a time.
type Part struct {
	Name   string // what tells its document from the others, such as a CVE id
	Record *cvd.Advisory
}

// Document is one file of a format.
type Document struct {
	// Name is the format's name; behind a slash follows the part's, for all but
	// the first document.
	Name  string
	File  string // a file name that no other document of the format has
	Bytes []byte
}

// Documents writes the record in the format, whole: one document, or one for each
// part where the format says one vulnerability at a time. The first stands for
// the advisory and has the format's name. Errors are those of Encode.
func (f Format) Documents(a *cvd.Advisory, p Publisher) ([]Document, error) {
	parts := []Part{{Record: a}}
	if f.Split != nil {
		parts = f.Split(a, p)
	}
	out := make([]Document, 0, len(parts))
	for i, part := range parts {
		b, err := f.Encode(part.Record, p)
		if err != nil {
			return nil, err
		}
		d := Document{Name: f.Name, File: f.file(part, p), Bytes: b}
		if i > 0 {
			d.Name += "/" + part.Name
		}
		out = append(out, d)
	}
	return out, nil
}

func (f Format) file(part Part, p Publisher) string {
	if f.File != nil {
		return f.File(part.Record, p)
	}
	return PlainName(string(part.Record.ID)) + f.Ext
}

// PlainName turns an id into a file name that keeps it readable and is one plain
// file in any folder.
func PlainName(id string) string {
	id = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\<>:"|?*`, r) {
			return '_'
		}
		return r
	}, id)
	if strings.Trim(id, ".") == "" {
		return "_"
	}
	return id
}

// Page is where the advisory's public page stands, or empty for one that was not
// written here: an imported record has its page elsewhere.
func Page(a *cvd.Advisory, p Publisher) string {
	if a.Source != nil || p.Base == "" || a.ID == "" {
		return ""
	}
	return p.Base + "/advisories/" + url.PathEscape(string(a.ID))
}
