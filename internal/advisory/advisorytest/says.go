package advisorytest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Says is what a record or a document says of a version of a product, by the
// vulnerability's name and the product's id in the record; "" is nothing.
type Says func(vulnerability, product, version string) cvd.ProductStatus

// Reader hears what the documents of a format say. It knows nothing of how they
// were written, and takes the record for the names of its products alone.
type Reader struct {
	Format advisory.Format
	Read   func(a *cvd.Advisory, doc []byte) (Says, error)
	// Fold is what this format can say at all of a status; nil for all of it.
	Fold func(cvd.ProductStatus) cvd.ProductStatus
}

// sayings gathers statements: of single versions, of ranges, of everything. What
// is said of the fewest versions wins.
type sayings struct {
	single map[[3]string]cvd.ProductStatus
	ranges map[[2]string][]spoken
	whole  map[[2]string]cvd.ProductStatus
	err    error
}

type spoken struct {
	specifier string
	status    cvd.ProductStatus
}

func newSayings() *sayings {
	return &sayings{map[[3]string]cvd.ProductStatus{}, map[[2]string][]spoken{}, map[[2]string]cvd.ProductStatus{}, nil}
}

// say writes a statement down; two statuses of one thing are an error.
func (s *sayings) say(vulnerability, product, version, specifier string, status cvd.ProductStatus) {
	fail := func(old cvd.ProductStatus) {
		if old != "" && old != status {
			s.err = fmt.Errorf("%s, %s %s%s: %s and %s", vulnerability, product, version, specifier, old, status)
		}
	}
	switch {
	case version != "":
		key := [3]string{vulnerability, product, version}
		fail(s.single[key])
		s.single[key] = status
	case specifier != "" && specifier != "vers:all/*":
		key := [2]string{vulnerability, product}
		s.ranges[key] = append(s.ranges[key], spoken{specifier, status})
	default:
		key := [2]string{vulnerability, product}
		fail(s.whole[key])
		s.whole[key] = status
	}
}

func (s *sayings) says(vulnerability, product, version string) cvd.ProductStatus {
	if st := s.single[[3]string{vulnerability, product, version}]; st != "" {
		return st
	}
	key := [2]string{vulnerability, product}
	for _, r := range s.ranges[key] {
		if Inside(r.specifier, version) {
			return r.status
		}
	}
	return s.whole[key]
}

// numbers reads a version of three numbers.
func numbers(v string) (out [3]int, ok bool) {
	parts := strings.Split(v, ".")
	if v == "0" {
		return out, true
	}
	if len(parts) != 3 {
		return out, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return out, false
		}
		out[i] = n
	}
	return out, true
}

// Inside tells whether a version of three numbers lies in a version range
// specifier of such.
func Inside(specifier, v string) bool {
	at, ok := numbers(v)
	_, constraints, _ := strings.Cut(specifier, "/")
	if !ok {
		return false
	}
	in := false
	for i, c := range strings.Split(constraints, "|") {
		word := strings.TrimLeft(c, "<>=")
		op := strings.TrimSuffix(c, word)
		if word == "*" {
			return true
		}
		bound, ok := numbers(word)
		if !ok {
			return false // commits, which no version lies among
		}
		order := slices.Compare(at[:], bound[:])
		switch {
		case op == "" && order == 0:
			return true
		case op == ">=" && order >= 0:
			in = true
		case op == "<":
			in = (in || i == 0) && order < 0
		case op == "<=":
			in = (in || i == 0) && order <= 0
		}
		if op != ">=" && in {
			return true
		}
	}
	return in
}

// Truth is what the record itself says.
func Truth(a *cvd.Advisory) Says {
	s := newSayings()
	follows := newSayings()
	for i := range a.Vulnerabilities {
		name := advisory.Name(a, i)
		for _, af := range a.Vulnerabilities[i].Affects {
			for _, v := range af.Versions {
				s.say(name, af.Product, v, "", af.Status)
			}
			for _, r := range af.Ranges {
				for n := 0; n+1 < len(r.Events) || n == 0; n += 2 {
					spec := "vers:x/>=" + r.Events[n].Introduced
					if n+1 < len(r.Events) {
						end := r.Events[n+1]
						spec += map[bool]string{true: "|<=" + end.LastAffected, false: "|<" + end.Fixed + end.Limit}[end.LastAffected != ""]
						if end.Fixed != "" && af.Status == cvd.StatusAffected {
							follows.say(name, af.Product, end.Fixed, "", cvd.StatusFixed)
						}
					}
					s.say(name, af.Product, "", spec, af.Status)
				}
			}
			if len(af.Versions)+len(af.Ranges) == 0 {
				s.say(name, af.Product, "", "", af.Status)
			}
		}
	}
	for key, status := range follows.single {
		if s.single[key] == "" {
			s.single[key] = status
		}
	}
	return s.says
}

// Probes are versions to ask after: each that the record names of the product, and
// those beside them.
func Probes(a *cvd.Advisory, product string) []string {
	out := []string{"0.0.1", "99.0.0"}
	add := func(v string) {
		if v == "" {
			return
		}
		out = append(out, v)
		if n, ok := numbers(v); ok {
			out = append(out, fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2]+1))
			if n[1] > 0 {
				out = append(out, fmt.Sprintf("%d.%d.99", n[0], n[1]-1))
			}
		}
	}
	for _, v := range a.Vulnerabilities {
		for _, af := range v.Affects {
			if af.Product != product {
				continue
			}
			for _, one := range af.Versions {
				add(one)
			}
			for _, r := range af.Ranges {
				for _, e := range r.Events {
					add(e.Introduced + e.Fixed + e.LastAffected + e.Limit)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(v string) bool { return v == "0" })
}

// csafBranch is a branch of a CSAF product tree.
type csafBranch struct {
	Category, Name string
	Branches       []csafBranch
	Product        *struct {
		ID string `json:"product_id"`
	}
}

// csafLeaf is what a product_id of CSAF stands for.
type csafLeaf struct{ product, version, specifier string }

func (b csafBranch) walk(a *cvd.Advisory, l csafLeaf, leaves map[string]csafLeaf) {
	switch b.Category {
	case "product_name":
		for _, p := range a.Products {
			if p.Name == b.Name {
				l.product = p.ID
			}
		}
	case "product_version":
		l.version = b.Name
	case "product_version_range":
		l.specifier = b.Name
	}
	if b.Product != nil {
		leaves[b.Product.ID] = l
	}
	for _, below := range b.Branches {
		below.walk(a, l, leaves)
	}
}

// ReadCSAF hears a CSAF 2.0 document.
func ReadCSAF(a *cvd.Advisory, doc []byte) (Says, error) {
	var d struct {
		Tree            csafBranch `json:"product_tree"`
		Vulnerabilities []struct {
			CVE    string
			IDs    []struct{ Text string }
			Status map[string][]string `json:"product_status"`
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	leaves := map[string]csafLeaf{}
	d.Tree.walk(a, csafLeaf{}, leaves)
	s := newSayings()
	for _, v := range d.Vulnerabilities {
		name := v.CVE
		if name == "" && len(v.IDs) > 0 {
			name = v.IDs[0].Text
		}
		for list, status := range map[string]cvd.ProductStatus{
			"known_affected": cvd.StatusAffected, "fixed": cvd.StatusFixed, "first_fixed": cvd.StatusFixed,
			"known_not_affected": cvd.StatusNotAffected, "under_investigation": cvd.StatusInvestigating,
		} {
			for _, id := range v.Status[list] {
				l, ok := leaves[id]
				if !ok || l.product == "" {
					return nil, fmt.Errorf("%s is no product of the tree", id)
				}
				s.say(name, l.product, l.version, l.specifier, status)
			}
		}
	}
	return s.says, s.err
}

// ReadOpenVEX hears an OpenVEX document.
func ReadOpenVEX(a *cvd.Advisory, doc []byte) (Says, error) {
	var d struct {
		Statements []struct {
			Vulnerability struct{ Name string }
			Products      []struct {
				ID string `json:"@id"`
			}
			Status cvd.ProductStatus
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	s := newSayings()
	for _, one := range d.Statements {
		for _, p := range one.Products {
			product, version, specifier, err := identified(a, p.ID)
			if err != nil {
				return nil, err
			}
			s.say(one.Vulnerability.Name, product, version, specifier, one.Status)
		}
	}
	return s.says, s.err
}

// identified finds the record's product of an IRI, and the versions that it says.
func identified(a *cvd.Advisory, iri string) (product, version, specifier string, err error) {
	base, query, _ := strings.Cut(iri, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", "", "", err
	}
	specifier = values.Get("vers")
	if at := strings.LastIndexByte(base, '@'); at > strings.LastIndexByte(base, '/') {
		base, version = base[:at], base[at+1:]
	}
	if version, err = url.PathUnescape(version); err != nil {
		return "", "", "", err
	}
	if strings.HasPrefix(version, "vers:") {
		version, specifier = "", version
	}
	version = strings.TrimPrefix(version, "v") // as modules of Go have it
	for _, p := range a.Products {
		if base == p.PURL || p.PURL == "" && strings.HasSuffix(base, "#product/"+p.ID) {
			return p.ID, version, specifier, nil
		}
	}
	return "", "", "", fmt.Errorf("%s is no product of the record", iri)
}

// ReadCycloneDX hears a CycloneDX document.
func ReadCycloneDX(_ *cvd.Advisory, doc []byte) (Says, error) {
	var d struct {
		Components []struct {
			Ref string `json:"bom-ref"`
		}
		Vulnerabilities []struct {
			ID       string
			Analysis struct{ State string }
			Affects  []struct {
				Ref      string
				Versions []struct{ Version, Range, Status string }
			}
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	s := newSayings()
	for _, v := range d.Vulnerabilities {
		said, ok := map[string]struct {
			status   cvd.ProductStatus
			versions string
		}{
			"exploitable": {cvd.StatusAffected, "affected"}, "resolved": {cvd.StatusFixed, "unaffected"},
			"not_affected": {cvd.StatusNotAffected, "unaffected"}, "in_triage": {cvd.StatusInvestigating, "unknown"},
		}[v.Analysis.State]
		for _, af := range v.Affects {
			for _, one := range af.Versions {
				if !ok || one.Status != said.versions {
					return nil, fmt.Errorf("the state %s beside the status %s", v.Analysis.State, one.Status)
				}
				s.say(v.ID, af.Ref, one.Version, one.Range, said.status)
			}
		}
	}
	return s.says, s.err
}
