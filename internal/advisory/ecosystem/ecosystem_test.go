package ecosystem_test

import (
	"testing"

	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
)

func TestPURL(t *testing.T) {
	for _, tt := range []struct{ ecosystem, name, want string }{
		{"Go", "github.com/Gin-Gonic/gin", "pkg:golang/github.com/gin-gonic/gin"},
		{"npm", "@nls/gateway", "pkg:npm/%40nls/gateway"},
		{"PyPI", "My_Package", "pkg:pypi/my-package"},
		{"Maven", "org.nls:gateway", "pkg:maven/org.nls/gateway"},
		{"Debian:12", "nginx", "pkg:deb/debian/nginx"},
		{"crates.io", "tokio", "pkg:cargo/tokio"},
		{"Linux", "Kernel", ""},
		{"", "a", ""},
		{"Cobol", "a", ""},
	} {
		p := &cvd.AdvisoryProduct{Ecosystem: tt.ecosystem, Package: tt.name}
		if got := ecosystem.PURL(p); got != tt.want {
			t.Errorf("%s %s is %s, want %s", tt.ecosystem, tt.name, got, tt.want)
		}
	}
	if got := ecosystem.PURL(&cvd.AdvisoryProduct{PURL: "pkg:generic/x", Ecosystem: "Go", Package: "y"}); got != "pkg:generic/x" {
		t.Error("a given package URL was replaced by " + got)
	}
}

func TestFindPURL(t *testing.T) {
	for purl, want := range map[string]string{
		"pkg:golang/github.com/gin-gonic/gin@v1.6.0": "Go github.com/gin-gonic/gin", "pkg:npm/%40nls/gateway@1.0": "npm @nls/gateway",
		"pkg:maven/org.nls/gateway?type=jar#x": "Maven org.nls:gateway", "pkg:generic/x": " ", "": " ", "pkg:npm/": " ",
	} {
		world, name, _ := ecosystem.FindPURL(purl)
		if got := world + " " + name; got != want {
			t.Errorf("%s is %s, want %s", purl, got, want)
		}
	}
}
