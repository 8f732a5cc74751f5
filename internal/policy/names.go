package policy

// Names are the names of the organisation, its programs and its products, which
// everybody knows.
func (p *Policy) Names() []string {
	out := []string{p.Organisation.Name}
	for _, one := range p.Programs {
		out = append(out, one.Name)
		for _, product := range one.Products {
			out = append(out, product.Name)
		}
	}
	return out
}
