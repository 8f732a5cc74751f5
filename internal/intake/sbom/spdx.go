package sbom

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	tv "github.com/spdx/tools-golang/spdx/v2/v2_3/tagvalue/reader"
	"github.com/spdx/tools-golang/tagvalue/reader"
)

// tagValue reads SPDX's own line format (SPDX 2.3, clause 4.4 and annex J).
func (r *reading) tagValue(b []byte) error {
	b, err := lines(b)
	if err != nil {
		return err
	}
	broken := fault("is not whole as SPDX tag-value", "check it with the tool that made it")
	pairs, err := reader.ReadTagValues(bytes.NewReader(b))
	if err != nil {
		return broken
	}
	version := ""
	for _, p := range pairs {
		if p.Tag == "SPDXVersion" {
			version = p.Value
			break
		}
	}
	doc, err := tv.ParseTagValues(pairs)
	if err != nil {
		return broken
	}
	return r.spdx("tag-value", version, doc.Packages)
}

// tags are the lines that are handed on. The library stops at a tag that it does
// not expect, and joins a text of several lines in time that grows with the
// square of its length; none of those are read.
var tags = []string{
	"SPDXVersion", "PackageName", "SPDXID", "PackageVersion", "PackageSupplier", "PackageOriginator", "PackageHomePage", "ExternalRef",
}

// elsewhere are the tags that begin a section which is no package's.
var elsewhere = []string{"FileName", "SnippetSPDXID", "LicenseID", "Reviewer"}

// lines keeps the lines of packages that are read.
func lines(b []byte) ([]byte, error) {
	var out bytes.Buffer
	inText, outside, n := false, false, 0
	for line := range bytes.Lines(b) {
		if n++; n > maxLines {
			return nil, fault(fmt.Sprintf("has more than %d lines", maxLines), "leave out its files")
		}
		if len(line) >= maxTag {
			return nil, fault(fmt.Sprintf("has %d bytes or more in line %d", maxTag, n), "break the line, or leave it out")
		}
		if inText {
			inText = !bytes.Contains(line, []byte("</text>"))
			continue
		}
		before, _, _ := bytes.Cut(line, []byte(":"))
		tag := string(bytes.TrimSpace(before))
		_, text, opens := bytes.Cut(line, []byte("<text>"))
		inText = opens && !bytes.Contains(text, []byte("</text>"))
		if slices.Contains(elsewhere, tag) {
			outside = true
		} else if tag == "PackageName" {
			outside = false
		}
		if !inText && !outside && slices.Contains(tags, tag) {
			out.Write(line)
		}
	}
	if inText {
		return nil, fault("ends within a text", "send it whole")
	}
	return out.Bytes(), nil
}

// spdx takes the packages of an SPDX document. 2.3 only added to 2.2.
func (r *reading) spdx(syntax, version string, all []*v2_3.Package) error {
	number, ok := strings.CutPrefix(version, "SPDX-")
	if !ok || (number != "2.2" && number != "2.3") {
		return fault("is of a version of SPDX that is not read here", "export it as SPDX 2.3; 2.2 is read too")
	}
	r.bill.Format = "SPDX " + number + " " + syntax
	for i, p := range all {
		if p == nil {
			continue
		}
		purl := ""
		for _, ref := range p.PackageExternalReferences {
			if ref != nil && ref.RefType == "purl" && purl == "" {
				purl = ref.Locator
			}
		}
		err := r.add(fmt.Sprintf("packages[%d]", i), "", said(p.PackageName), said(p.PackageVersion), purl, spdxContact(p))
		if err != nil {
			return err
		}
	}
	return nil
}

// spdxContact is who supplies the package, then who made it, then its page.
func spdxContact(p *v2_3.Package) Contact {
	var out Contact
	agent := func(s string) { // "Name (address)", SPDX 2.3, section 7.5
		name, rest, _ := strings.Cut(s, "(")
		out.or(name, strings.TrimSuffix(strings.TrimSpace(rest), ")"), "")
	}
	if p.PackageSupplier != nil {
		agent(p.PackageSupplier.Supplier)
	}
	if p.PackageOriginator != nil {
		agent(p.PackageOriginator.Originator)
	}
	out.or("", "", p.PackageHomePage)
	return out
}
