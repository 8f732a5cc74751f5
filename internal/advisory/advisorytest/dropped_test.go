package advisorytest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

// A correction that takes the first vulnerability out leaves the other its id, and
// publishes the one that is gone as withdrawn. All of them lead to the advisory's page.
func TestDroppedIsWithdrawn(t *testing.T) {
	before := advisorytest.Example()
	second := before.Vulnerabilities[0]
	second.CVE, second.Title, second.IDs = "CVE-2026-20002", "Names are not checked", nil
	before.Vulnerabilities = append(before.Vulnerabilities, second)
	release.Enumerate(before, nil)
	after := before.Clone()
	after.Vulnerabilities, after.Modified = after.Vulnerabilities[1:], before.Modified.Add(time.Hour)
	release.Enumerate(after, before)
	valid := advisorytest.Schema(t, "osv-schema", "validation", "schema.json")
	page := before.ID
	for _, one := range []struct {
		a    *cvd.Advisory
		want []string
	}{
		{before, []string{"osv x_NLSA-2026-7KQ4MXZ CVE-2026-20001 stands", "osv/x_NLSA-2026-7KQ4MXZ-2 x_NLSA-2026-7KQ4MXZ-2 CVE-2026-20002 stands"}},
		{after, []string{"osv x_NLSA-2026-7KQ4MXZ-2 CVE-2026-20002 stands", "osv/x_NLSA-2026-7KQ4MXZ x_NLSA-2026-7KQ4MXZ CVE-2026-20001 withdrawn"}},
	} {
		docs, err := osv.Format.Documents(one.a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range docs {
			if err := valid(d.Bytes); err != nil {
				t.Errorf("%v\n%s", err, d.Bytes)
			}
			var m struct {
				ID, Withdrawn string
				Aliases       []string
				Affected      []any
				References    []struct{ Type, URL string }
			}
			if err := json.Unmarshal(d.Bytes, &m); err != nil {
				t.Fatal(err)
			}
			state := "stands"
			if m.Withdrawn != "" {
				state = "withdrawn"
			}
			got = append(got, strings.Join([]string{d.Name, m.ID, m.Aliases[0], state}, " "))
			last := m.References[len(m.References)-1]
			if d.File != m.ID+".json" || len(m.Affected) == 0 || last.Type != "ADVISORY" || last.URL != advisorytest.Publisher.Base+"/advisories/"+string(page) {
				t.Errorf("%s: %+v", d.File, m)
			}
		}
		if diff := cmp.Diff(one.want, got); diff != "" {
			t.Error(diff)
		}
	}
}
