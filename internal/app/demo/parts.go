package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fairlead/internal/parts"
	"fairlead/internal/policy"
)

// madeOf is what the demo's versions contain, oldest version first: invented
// components, one of which reports name.
var madeOf = [][]string{
	{"pkg:generic/rasterkit@2.3.0", "pkg:npm/tablewright@1.8.2", "pkg:golang/example.org/quill/v2@v2.0.4", "pkg:pypi/lanternlog@0.9"},
	{"pkg:generic/rasterkit@2.4.0", "pkg:npm/tablewright@1.9.0", "pkg:golang/example.org/quill/v2@v2.1.0", "pkg:pypi/lanternlog@1.0"},
	{"pkg:generic/rasterkit@2.4.0", "pkg:npm/tablewright@2.0.0", "pkg:golang/example.org/quill/v2@v2.1.0"},
}

// bills adds the bills of materials of the policy's products.
func (s *seeder) bills(p *policy.Policy) {
	ago := 20 * day
	for _, prog := range p.Programs {
		for _, product := range prog.Products {
			for i := range product.Versions {
				version, all := product.Versions[len(product.Versions)-1-i], madeOf[i%len(madeOf)]
				ago -= time.Minute
				s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
					_, err := s.h.Parts.Add(ctx, member(s.Lead), parts.Upload{Product: product.Name, Version: version, File: "bom.cdx.json", Bytes: billOf(all)})
					return err
				}})
			}
		}
	}
}

// billOf is a CycloneDX document of the package URLs; the first one's project has
// a security contact.
func billOf(all []string) []byte {
	var list []string
	for i, purl := range all {
		contact := ""
		if i == 0 {
			contact = `,"supplier":{"name":"The rasterkit maintainers"},"externalReferences":[{"type":"security-contact","url":"mailto:security@rasterkit.example"}]`
		}
		list = append(list, fmt.Sprintf(`{"type":"library","name":"component","purl":%q%s}`, purl, contact))
	}
	return []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Join(list, ",") + `]}`)
}
