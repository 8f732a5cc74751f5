// Package sbom reads the software bill of materials of a product version:
// CycloneDX as JSON or XML, SPDX 2 as JSON or tag-value. It gives a small list
// of components, each with its package URL and whom its own project may be
// reached through.
//
// It never stores, never fetches what a bill points to, never resolves an
// entity, judges no component, and repeats no submitted value in what it says.
package sbom

import (
	"bytes"
	"fmt"
	"strings"

	"fairlead/internal/cvd"
)

// The limits of one bill. A document is looked over for them before anything is
// made of it, so that a small file cannot become a large one in memory.
const (
	MaxBytes      = 16 << 20
	MaxComponents = 50_000
	maxDepth      = 64      // of objects, lists or elements within each other
	maxItems      = 600_000 // of all lists, or elements
	maxTag        = 64 << 10
	maxLines      = 400_000 // of a tag-value document
	maxNotes      = 20
)

// The most characters of what is kept of a component.
const (
	maxPURL    = 1000
	maxName    = 300
	maxVersion = 200
	maxEmail   = 254 // RFC 5321, section 4.5.3.1.3, less the angle brackets
	maxURL     = 500
)

// Bill is what was read.
type Bill struct {
	Format     string // such as "CycloneDX 1.6 JSON"
	Components []Component
	// Notes say what could not be kept as it stood, each with its place in the
	// document. The bill is good all the same.
	Notes []cvd.Fault
}

// Component is one component of a bill.
type Component struct {
	PURL    string  `json:"purl,omitempty"` // canonical, with its version; empty if the bill gives none
	Name    string  `json:"name"`           // with its group or namespace
	Version string  `json:"version,omitempty"`
	Contact Contact `json:"contact,omitzero"`
}

// Contact is how a component's own project may be reached, as far as is known.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"` // http or https
}

// Read reads a bill. It is a cvd.ErrTooLarge over MaxBytes, and cvd.Faults about
// the field "file" if it is in no format that is read here, over a limit, broken,
// or without any component.
func Read(b []byte) (*Bill, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: the file has more than the %d MiB that a bill of materials may have; leave out its files, licence texts and vulnerabilities", cvd.ErrTooLarge, MaxBytes>>20)
	}
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	read, err := formatOf(b)
	if err != nil {
		return nil, err
	}
	r := &reading{seen: map[Component]bool{}}
	if err := r.guarded(read, b); err != nil {
		return nil, err
	}
	if len(r.bill.Components) == 0 {
		return nil, fault("lists no component", "export it with its components, or packages as SPDX calls them")
	}
	if r.more > 0 {
		r.bill.Notes = append(r.bill.Notes, cvd.Fault{Field: "file", Problem: fmt.Sprintf("%d more could not be kept as they stood", r.more), Remedy: "mend these first"})
	}
	return &r.bill, nil
}

func fault(problem, remedy string) error {
	return cvd.Faults{{Field: "file", Problem: problem, Remedy: remedy}}
}

// formatOf looks at how the document begins.
func formatOf(b []byte) (func(*reading, []byte) error, error) {
	switch {
	case len(b) == 0:
		return nil, fault("is empty", "choose the bill of materials")
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("\x1f\x8b")):
		return nil, fault("is packed", "unpack it, and send the bill itself")
	case b[0] == '{':
		return (*reading).json, nil
	case b[0] == '<':
		return (*reading).xml, nil
	case bytes.HasPrefix(b, []byte("SPDXVersion:")), bytes.Contains(b, []byte("\nSPDXVersion:")):
		return (*reading).tagValue, nil
	}
	return nil, errFormat
}

var errFormat = fault("is in no format that is read here", "send CycloneDX 1.2 to 1.7 as JSON or XML, or SPDX 2.2 or 2.3 as JSON or tag-value")

// reading is a document on its way to a bill.
type reading struct {
	bill Bill
	seen map[Component]bool
	more int // notes that are not kept
}

// guarded turns a panic of a library over strangers' bytes into a fault: the
// libraries are large, and the document is theirs to blame or ours to lose.
func (r *reading) guarded(read func(*reading, []byte) error, b []byte) (err error) {
	defer func() {
		if recover() != nil {
			err = fault("could not be read", "check it with the tool that made it")
		}
	}()
	return read(r, b)
}

func (r *reading) note(field, problem, remedy string) {
	if len(r.bill.Notes) == maxNotes {
		r.more++
		return
	}
	r.bill.Notes = append(r.bill.Notes, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
}

// add takes one component of the document; where is its place there.
func (r *reading) add(where, group, name, version, purl string, contact Contact) error {
	if len(r.bill.Components) >= MaxComponents {
		return errMore
	}
	c := Component{Name: short(name, maxName), Version: short(version, maxVersion), Contact: contact}
	if group = short(group, maxName); group != "" && c.Name != "" {
		c.Name = group + "/" + c.Name
	}
	if purl = strings.TrimSpace(purl); purl != "" {
		p, ok := ParsePURL(purl)
		if !ok {
			r.note(where+".purl", fmt.Sprintf("is no package URL of at most %d characters", maxPURL), "write it as pkg:TYPE/NAME@VERSION; the component is kept by its name")
		} else {
			c.PURL, c.Name = p.Full, p.Name
			if c.Version == "" {
				c.Version = short(p.Version, maxVersion)
			}
		}
	}
	if c.Name == "" {
		r.note(where+".name", fmt.Sprintf("is missing, or over %d characters", maxName), "name the component; it is left out")
		return nil
	}
	if strings.TrimSpace(version) != "" && c.Version == "" {
		r.note(where+".version", fmt.Sprintf("is over %d characters", maxVersion), "shorten it; the component is kept without")
	}
	if once := c; !r.seen[once] {
		r.seen[once] = true
		r.bill.Components = append(r.bill.Components, c)
	}
	return nil
}
