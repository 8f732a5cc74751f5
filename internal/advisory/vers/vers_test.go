package vers

import (
	"errors"
	"reflect"
	"testing"

	"fairlead/internal/cvd"
)

type events = []cvd.VersionEvent

func TestWriteAndRead(t *testing.T) {
	for _, c := range []struct {
		spec   string
		events events
		read   Range // where reading gives something else than the events
	}{
		{spec: "vers:semver/*", events: events{{Introduced: "0"}}},
		{spec: "vers:semver/<1.2.3", events: events{{Introduced: "0"}, {Limit: "1.2.3"}}},
		{spec: "vers:semver/>=1.0.0|<=1.2.3", events: events{{Introduced: "1.0.0"}, {LastAffected: "1.2.3"}}},
		{spec: "vers:semver/<1.2.3|>=1.3.0-rc1|<1.3.5|>=2.0.0%2Bb1", events: events{{Introduced: "0"}, {Limit: "1.2.3"}, {Introduced: "1.3.0-rc1"}, {Limit: "1.3.5"}, {Introduced: "2.0.0+b1"}}},
		{spec: "vers:deb/<1%3A2.0%7Crc", events: events{{Introduced: "0"}, {Limit: "1:2.0|rc"}}},
		{spec: "vers:semver/1.0.0", events: events{{Introduced: "1.0.0"}, {LastAffected: "1.0.0"}}, read: Range{Scheme: "semver", Versions: []string{"1.0.0"}}},
		{spec: "vers:git/>=aa|<bb|<cc", events: events{{Introduced: "aa"}, {Limit: "bb"}, {Limit: "cc"}}},
	} {
		r, err := Read(c.spec)
		if got := Write(r.Scheme, c.events); err == nil && got != c.spec {
			t.Errorf("%s written as %s", c.spec, got)
		}
		want := c.read
		if c.read.Scheme == "" {
			want = Range{Scheme: r.Scheme, Events: c.events}
		}
		if err != nil || !reflect.DeepEqual(r, want) {
			t.Errorf("%s: %+v, %v; want %+v", c.spec, r, err, want)
		}
	}
}

func TestReadWithoutScheme(t *testing.T) {
	r, err := Read(">= 1.0 | < 2.0")
	if want := (Range{Events: events{{Introduced: "1.0"}, {Limit: "2.0"}}}); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Read(All); err != nil || !r.All() {
		t.Errorf("%+v, %v", r, err)
	}
	for _, s := range []string{"", "1.0", "before 2", "vers:x", "vers:/1", "<", ">=1 <2", "vers:semver/<1||>2", "vers:semver/<%zz"} {
		if r, err := Read(s); !errors.Is(err, cvd.ErrUnreadable) {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
	for _, s := range []string{"vers:semver/>1.0", "vers:semver/!=1.0|<2"} {
		if r, err := Read(s); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
}

func TestScheme(t *testing.T) {
	for _, c := range []struct {
		kind    cvd.RangeKind
		product cvd.AdvisoryProduct
		want    string
	}{
		{cvd.RangeSemver, cvd.AdvisoryProduct{Ecosystem: "npm"}, "semver"},
		{cvd.RangeGit, cvd.AdvisoryProduct{}, "git"},
		{cvd.RangeEcosystem, cvd.AdvisoryProduct{Ecosystem: "Debian:12"}, "deb"},
		{cvd.RangeEcosystem, cvd.AdvisoryProduct{PURL: "pkg:pypi/x"}, "pypi"},
		{cvd.RangeEcosystem, cvd.AdvisoryProduct{Name: "Gateway"}, "generic"},
		{cvd.RangeEcosystem, cvd.AdvisoryProduct{Ecosystem: "Bitnami"}, "generic"},
	} {
		got := Scheme(c.kind, &c.product)
		if got != c.want || Kind(got) != c.kind {
			t.Errorf("%v %+v: %s, %s", c.kind, c.product, got, Kind(got))
		}
	}
}
