package register

import (
	"errors"

	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

// Documents are the bytes that Write would publish, in the order of the formats:
// those of a rehearsal are those of the release, if record and policy stay the
// same.
func (p *Publication) Documents() ([]Document, error) {
	var out []Document
	for _, it := range p.items {
		for i, rec := range it.records[1:] {
			var k kept
			if err := p.r.Vault.Read(rec, &k); err != nil {
				return nil, err
			}
			out = append(out, Document{
				ID: it.body.ID, Name: it.body.Documents[i].Name, File: k.File, Media: k.Media, Ext: k.Ext, Revision: k.Revision, TLP: k.TLP,
				Modified: k.Modified, At: k.At, Bytes: k.Bytes, SHA256: k.SHA256, SHA512: k.SHA512, Signature: k.Signature,
			})
		}
	}
	return out, nil
}

// Uncovered is a format in which a record will not be published, and why.
type Uncovered struct {
	Name string `json:"name"`
	Why  string `json:"why"`
	// Faults are what is wrong, where the format could say the record but for them.
	Faults cvd.Faults `json:"-"`
}

// Uncovered lists the formats that Prepare leaves out for a record, in the order of
// the formats. While nobody publishes here yet, it speaks of when somebody does.
func (r *Register) Uncovered(a *cvd.Advisory) []Uncovered {
	var out []Uncovered
	p := r.Publisher()
	if p.Name == "" {
		p.Name, p.Namespace, p.Base = "-", somebody, somebody
	}
	for _, f := range r.Formats {
		if _, err := release.Print(f, a, p); err != nil {
			one := Uncovered{Name: f.Name, Why: err.Error()}
			errors.As(err, &one.Faults)
			out = append(out, one)
		}
	}
	return out
}

// somebody is where a publisher will be who is not known yet.
const somebody = "https://publisher.invalid"
