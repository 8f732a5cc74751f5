// Package ecosystem knows the worlds of packages that the OSV schema registers, and how
// package URLs are made of their packages. It never asks a registry.
package ecosystem

import (
	"net/url"
	"strings"

	"fairlead/internal/cvd"
)

// Entry is a world of packages that the OSV schema registers.
type Entry struct {
	Name string
	// PURL is how a package URL of it begins; empty where a name alone makes none.
	PURL string
	// Collection is where its packages are found, as CVE records name it; empty
	// where there is no one place.
	Collection string
}

// ecosystems are those of the OSV schema 1.7.5 (its validation/schema.json,
// $defs/ecosystemName, as of 2026-07-01); package URL types are those of the
// package-url specification.
var ecosystems = []Entry{
	{Name: "AlmaLinux"},
	{Name: "Alpaquita"},
	{"Alpine", "pkg:apk/alpine/", "https://pkgs.alpinelinux.org"},
	{Name: "Android"},
	{Name: "Azure Linux"},
	{Name: "BellSoft Hardened Containers"},
	{"Bioconductor", "pkg:bioconductor/", "https://bioconductor.org"},
	{"Bitnami", "pkg:bitnami/", ""},
	{Name: "Chainguard"},
	{Name: "CleanStart"},
	{"ConanCenter", "pkg:conan/", "https://conan.io/center"},
	{"CRAN", "pkg:cran/", "https://cran.r-project.org"},
	{"crates.io", "pkg:cargo/", "https://crates.io"},
	{"Debian", "pkg:deb/debian/", "https://packages.debian.org"},
	{Name: "Docker Hardened Images"},
	{Name: "Echo"},
	{Name: "FreeBSD"},
	{Name: "GHC"},
	{Name: "GitHub Actions"},
	{"Go", "pkg:golang/", "https://pkg.go.dev"},
	{"Hackage", "pkg:hackage/", "https://hackage.haskell.org"},
	{"Hex", "pkg:hex/", "https://hex.pm"},
	{"Julia", "pkg:julia/", ""},
	{Name: "Kubernetes"},
	{Name: "Linux"},
	{Name: "Mageia"},
	{"Maven", "pkg:maven/", "https://repo.maven.apache.org/maven2"},
	{Name: "MinimOS"},
	{"npm", "pkg:npm/", "https://www.npmjs.com"},
	{"NuGet", "pkg:nuget/", "https://www.nuget.org/packages"},
	{"opam", "pkg:opam/", "https://opam.ocaml.org/packages"},
	{Name: "openEuler"},
	{Name: "openSUSE"},
	{Name: "OSS-Fuzz"},
	{"Packagist", "pkg:composer/", "https://packagist.org"},
	{Name: "Photon OS"},
	{"Pub", "pkg:pub/", "https://pub.dev"},
	{"PyPI", "pkg:pypi/", "https://pypi.org"},
	{Name: "Red Hat"},
	{Name: "Rocky Linux"},
	{Name: "Root"},
	{"RubyGems", "pkg:gem/", "https://rubygems.org"},
	{Name: "SUSE"},
	{"SwiftURL", "pkg:swift/", ""},
	{Name: "TuxCare"},
	{"Ubuntu", "pkg:deb/ubuntu/", "https://packages.ubuntu.com"},
	{Name: "VSCode"},
	{"Wolfi", "pkg:apk/wolfi/", ""},
}

// Find looks an ecosystem up by its registered name, with or without the
// suffix that narrows it, such as "Debian:12".
func Find(name string) (Entry, bool) {
	name, _, _ = strings.Cut(name, ":")
	for _, e := range ecosystems {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// FindPURL looks up the ecosystem and the package that a package URL names;
// version, qualifiers and subpath are left out.
func FindPURL(purl string) (ecosystem, name string, ok bool) {
	purl, _, _ = strings.Cut(purl, "#")
	purl, _, _ = strings.Cut(purl, "?")
	if at := strings.LastIndexByte(purl, '@'); at > strings.LastIndexByte(purl, '/') {
		purl = purl[:at]
	}
	for _, e := range ecosystems {
		rest, found := strings.CutPrefix(purl, e.PURL)
		if e.PURL == "" || !found || rest == "" {
			continue
		}
		name, err := url.PathUnescape(rest)
		if err != nil {
			return "", "", false
		}
		if e.Name == "Maven" {
			name = strings.Replace(name, "/", ":", 1)
		}
		return e.Name, name, true
	}
	return "", "", false
}

// PURL is the product's package URL, without a version: the one that was given,
// else the one that follows from ecosystem and package, else empty.
func PURL(p *cvd.AdvisoryProduct) string {
	e, ok := Find(p.Ecosystem)
	if p.PURL != "" || !ok || e.PURL == "" || p.Package == "" {
		return p.PURL
	}
	name := p.Package
	switch e.Name {
	case "Go", "Packagist", "Hex", "Pub", "Alpine", "Debian", "Ubuntu", "Wolfi", "Bitnami":
		name = strings.ToLower(name)
	case "PyPI":
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	case "Maven":
		name = strings.Replace(name, ":", "/", 1)
	}
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), "@", "%40")
	}
	return e.PURL + strings.Join(segments, "/")
}

// All lists them all; the slice is shared and must not be changed.
func All() []Entry { return ecosystems }
