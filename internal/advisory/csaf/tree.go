package csaf

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/package-url/packageurl-go"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/advisory/vers"
	"fairlead/internal/cvd"
)

// leaf is what a product_id stands for: versions of a product of the record.
type leaf struct {
	product string // its id in the record
	version string
	rang    *vers.Range // with its repository, for commits
	repo    string
	unread  bool // a range that no record can hold; it was told
}

// step is a branch on the way to a product, and where it stands.
type step struct {
	*branch
	at string
}

// products fills the record's products from the tree.
func (r *reader) products(t *productTree) {
	if t == nil {
		return
	}
	known := map[cvd.AdvisoryProduct]string{}
	for i := range t.Branches {
		r.branch(advisory.Pointer("product_tree", "branches", i), &t.Branches[i], nil, known)
	}
	for i := range t.FullProductNames {
		r.product(advisory.Pointer("product_tree", "full_product_names", i), &t.FullProductNames[i], nil, known)
	}
	for i, rel := range t.Relationships {
		pointer := advisory.Pointer("product_tree", "relationships", i)
		r.keep(pointer, rel, "that a product is a part of another one the record says in its name only")
		part, ok := r.leaves[rel.Reference]
		if !ok {
			r.product(pointer+"/full_product_name", &rel.Product, nil, known)
			continue
		}
		p := *r.a.Product(part.product)
		p.Name = rel.Product.Name
		part.product = r.named(p, rel.Product.ID, "", known)
		r.leaves[rel.Product.ID] = part
	}
	for _, g := range t.ProductGroups {
		r.groups[g.ID] = g.Products
	}
}

func (r *reader) branch(pointer string, b *branch, path []step, known map[cvd.AdvisoryProduct]string) {
	path = append(path, step{b, pointer})
	if b.Product != nil {
		r.product(pointer+"/product", b.Product, path, known)
	}
	for i := range b.Branches {
		r.branch(pointer+advisory.Pointer("branches", i), &b.Branches[i], path[:len(path):len(path)], known)
	}
}

// product reads one full product name below its branches.
func (r *reader) product(pointer string, in *product, path []step, known map[cvd.AdvisoryProduct]string) {
	if _, twice := r.leaves[in.ID]; twice {
		r.keep(pointer, in, "the id was defined before")
		return
	}
	out := cvd.AdvisoryProduct{}
	var l leaf
	var families []step
	var more []string
	for _, b := range path {
		switch b.Category {
		case "vendor":
			out.Vendor = b.Name
		case "product_family":
			families = append(families, b)
		case "product_name":
			out.Name = b.Name
		case "product_version":
			l.version = b.Name
		case "patch_level", "service_pack":
			if l.version == "" {
				more = append(more, b.Name)
			} else {
				l.version = r.deeper(b, l.version)
			}
		case "product_version_range":
			l.rang, l.unread = r.versions(pointer, b.Name)
		default: // an architecture, a platform: what tells products of one name apart
			more = append(more, b.Name)
		}
	}
	for _, f := range families {
		if out.Name == "" {
			out.Name = f.Name
		} else if at := f.at + "/name"; r.Kept[at] == nil {
			r.keep(at, f.Name, "the family of a product is not in the record")
		}
	}
	out.Name = strings.TrimSpace(out.Name + " " + strings.Join(more, " "))
	if out.Name == "" {
		out.Name = in.Name
	}
	l.repo = r.helper(pointer, in, &out)
	if l.rang != nil && l.rang.Scheme != "" && !l.rang.All() {
		if is := vers.Scheme(vers.Kind(l.rang.Scheme), &out); is != l.rang.Scheme {
			r.Lose(pointer, "its range is of the scheme "+l.rang.Scheme+", which no package URL of the product tells; documents say "+is)
		}
	}
	l.product = r.named(out, in.ID, suffix(l, path), known)
	r.leaves[in.ID] = l
}

// deeper is the version of a branch below a version: a whole one, such as 12.2(55)SE
// below the train 12.2SE, or what is added to it, such as SP1 below 10.
func (r *reader) deeper(b step, version string) string {
	line := version[:len(version)-len(strings.TrimLeft(version, "0123456789."))]
	if line = strings.TrimRight(line, "."); line == "" || !strings.HasPrefix(b.Name, line) {
		return version + " " + b.Name
	}
	at := b.at[:strings.LastIndex(b.at, "/branches/")] + "/name"
	if r.Kept[at] == nil {
		r.keep(at, version, "the versions below it are whole; the line that they are of is not in the record")
	}
	return b.Name
}

// suffix is what our own documents put behind the product's id in the product_id.
func suffix(l leaf, path []step) string {
	c := advisory.Claim{Product: &cvd.AdvisoryProduct{}, Version: l.version, Repo: l.repo}
	if l.rang != nil && !l.rang.All() && len(path) > 0 {
		c.Range = path[len(path)-1].Name
	}
	return c.Key()
}

// named finds or adds a product, under the id that our own documents give it or
// one made of its name.
func (r *reader) named(p cvd.AdvisoryProduct, productID, suffix string, known map[cvd.AdvisoryProduct]string) string {
	if id, ok := known[p]; ok {
		return id
	}
	key := p
	id, ours := strings.CutSuffix(productID, suffix)
	if !ours || suffix == "" || id == "" {
		id = slug(p.Name)
	}
	p.ID = id
	for n := 2; r.a.Product(p.ID) != nil; n++ {
		p.ID = id + "-" + strconv.Itoa(n)
	}
	known[key] = p.ID
	r.a.Products = append(r.a.Products, p)
	return p.ID
}

// slug makes an id of a name.
func slug(name string) string {
	id := strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), "-")
	if id == "" {
		return "product"
	}
	return id
}

// helper reads what identifies a product, without the version that stands in the
// branch, and returns the repository of commits.
func (r *reader) helper(pointer string, in *product, out *cvd.AdvisoryProduct) (repo string) {
	h := in.Helper
	if h == nil {
		return ""
	}
	pointer += "/product_identification_helper"
	if h.PURL != "" {
		p, err := packageurl.FromString(h.PURL)
		if err != nil {
			r.keep(pointer+"/purl", h.PURL, "it is no package URL")
		} else {
			p.Version = ""
			out.PURL = p.ToString()
			out.Ecosystem, out.Package, _ = ecosystem.FindPURL(out.PURL)
		}
	}
	if h.CPE != "" {
		if out.CPE = (advisory.Claim{Product: &cvd.AdvisoryProduct{CPE: h.CPE}}).CPE(); out.CPE == "" {
			r.keep(pointer+"/cpe", h.CPE, "it is not written as CPE 2.3")
		}
	}
	for i, u := range h.GenericURIs {
		switch {
		case u.Namespace == gitNamespace:
			repo = u.URI
		case strings.HasPrefix(u.URI, strings.TrimSuffix(u.Namespace, "/")+"/#product/"): // ours, for want of a name
		default:
			r.keep(pointer+advisory.Pointer("x_generic_uris", i), u, "the record knows package URLs and CPE names")
		}
	}
	return repo
}

// versions reads the name of a range.
func (r *reader) versions(pointer, name string) (rang *vers.Range, unread bool) {
	got, err := vers.Read(name)
	if err == nil {
		return &got, false
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "all versions", "all", "vers:all", "*":
		return &vers.Range{Scheme: "all", Events: []cvd.VersionEvent{{Introduced: "0"}}}, false
	}
	r.keep(strings.TrimSuffix(pointer, "/product")+"/name", name, "no range of events says this; what the document says of these versions is not in the record")
	return nil, true
}
