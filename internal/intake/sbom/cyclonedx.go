package sbom

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// jsonHead is what a JSON document says of itself, and the lists that are read.
// Whatever else it holds is passed over unread: services, vulnerabilities,
// files, relationships.
type jsonHead struct {
	BOMFormat   string           `json:"bomFormat"`
	SpecVersion string           `json:"specVersion"`
	Components  []cdx.Component  `json:"components"`
	SPDXVersion string           `json:"spdxVersion"`
	Packages    []*v2_3.Package  `json:"packages"`
	Context     *json.RawMessage `json:"@context"` // SPDX 3
}

func (r *reading) json(b []byte) error {
	if err := jsonShape(b); err != nil {
		return err
	}
	var doc jsonHead
	if err := json.Unmarshal(b, &doc); err != nil {
		return jsonFault(b, err)
	}
	switch {
	case doc.SPDXVersion != "":
		return r.spdx("JSON", doc.SPDXVersion, doc.Packages)
	case strings.EqualFold(doc.BOMFormat, "CycloneDX"):
		return r.cycloneDX("JSON", doc.SpecVersion, doc.Components)
	case doc.Context != nil:
		return fault("is JSON-LD, as SPDX 3 is", "export it as SPDX 2.3 or CycloneDX")
	}
	return errFormat
}

// jsonFault says where a document broke, and never what stood there.
func jsonFault(b []byte, err error) error {
	remedy := "check it with the tool that made it"
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fault(fmt.Sprintf("is broken JSON in line %d", lineAt(b, syntax.Offset)), remedy)
	case errors.As(err, &wrong) && wrong.Field != "": // made of our names, not of the document's
		return fault(fmt.Sprintf("has a value of the wrong type at %s", wrong.Field), remedy)
	}
	return fault("is JSON, but not as its format asks for", remedy)
}

func lineAt(b []byte, offset int64) int {
	return bytes.Count(b[:min(max(offset, 0), int64(len(b)))], []byte("\n")) + 1
}

// xmlHead is the same of an XML document.
type xmlHead struct {
	XMLName    xml.Name        `xml:"bom"`
	Components []cdx.Component `xml:"components>component"`
}

// namespace opens the name of CycloneDX's XML namespaces; a version follows.
const namespace = "http://cyclonedx.org/schema/bom/"

func (r *reading) xml(b []byte) error {
	if err := xmlShape(b); err != nil {
		return err
	}
	var doc xmlHead
	if err := xml.NewDecoder(bytes.NewReader(b)).Decode(&doc); err != nil {
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return fault(fmt.Sprintf("is broken XML in line %d", syntax.Line), "check it with the tool that made it")
		}
		return errFormat // another root, or another character set
	}
	version, ok := strings.CutPrefix(doc.XMLName.Space, namespace)
	if !ok {
		return errFormat
	}
	return r.cycloneDX("XML", version, doc.Components)
}

// cdxVersions are the versions whose components read alike.
var cdxVersions = map[string]bool{"1.2": true, "1.3": true, "1.4": true, "1.5": true, "1.6": true, "1.7": true}

func (r *reading) cycloneDX(syntax, version string, all []cdx.Component) error {
	if !cdxVersions[version] {
		return fault("is of a version of CycloneDX that is not read here", "export it as 1.6; 1.2 to 1.7 are read")
	}
	r.bill.Format = "CycloneDX " + version + " " + syntax
	return r.components("components", all)
}

func (r *reading) components(where string, all []cdx.Component) error {
	for i := range all {
		c := &all[i]
		at := fmt.Sprintf("%s[%d]", where, i)
		if c.Type == cdx.ComponentTypeFile && c.PackageURL == "" {
			r.note(at, "is a single file", "nothing is to do; files are left out")
		} else if err := r.add(at, c.Group, c.Name, c.Version, c.PackageURL, cdxContact(c)); err != nil {
			return err
		}
		if c.Components != nil {
			if err := r.components(at+".components", *c.Components); err != nil {
				return err
			}
		}
	}
	return nil
}

// refs are the kinds of reference by which a project is reached, best first.
var refs = []cdx.ExternalReferenceType{
	"security-contact", "issue-tracker", "support", "website", "vcs",
}

// cdxContact is the best way to the component's own project: a security contact,
// then who supplies, makes and writes it, then its pages.
func cdxContact(c *cdx.Component) Contact {
	var out Contact
	page := func(kind cdx.ExternalReferenceType) {
		if c.ExternalReferences == nil {
			return
		}
		for _, ref := range *c.ExternalReferences {
			if ref.Type == kind {
				out.or("", ref.URL, ref.URL)
			}
		}
	}
	people := func(all *[]cdx.OrganizationalContact) {
		if all == nil {
			return
		}
		for _, p := range *all {
			out.or(p.Name, p.Email, "")
		}
	}
	page(refs[0])
	for _, of := range []*cdx.OrganizationalEntity{c.Supplier, c.Manufacturer} {
		if of == nil {
			continue
		}
		out.or(of.Name, "", "")
		people(of.Contact)
		if of.URL != nil {
			for _, u := range *of.URL {
				out.or("", "", u)
			}
		}
	}
	out.or(c.Publisher, "", "")
	people(c.Authors)
	out.or(c.Author, "", "")
	for _, kind := range refs[1:] {
		page(kind)
	}
	return out
}
