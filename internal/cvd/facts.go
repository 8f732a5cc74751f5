package cvd

import (
	"fmt"
	"slices"
)

// Facts is the Case State: six irreversible facts in the usual notation, a
// small letter for not yet and a capital for so. V vendor aware, F fix ready,
// D fix deployed, P public aware, X exploit public, A attacks observed.
type Facts string

// FactsNone is the state in which nothing is known to have happened.
const FactsNone Facts = "vfdpxa"

// The deeds of the Case State machine, one per fact.
const (
	FactVendorAware   = "V"
	FactFixReady      = "F"
	FactFixDeployed   = "D"
	FactPublic        = "P"
	FactExploitPublic = "X"
	FactAttacks       = "A"
)

var factDeeds = []string{FactVendorAware, FactFixReady, FactFixDeployed, FactPublic, FactExploitPublic, FactAttacks}

// Has tells whether the fact holds.
func (f Facts) Has(fact string) bool {
	i := slices.Index(factDeeds, fact)
	return i >= 0 && len(f) == len(factDeeds) && f[i] == fact[0]
}

// Next records one more fact, or returns ErrNotReady. The order V, F, D is
// kept; what is public while the vendor is unaware must reach the vendor next;
// a public exploit makes the vulnerability public next; attacks do not.
func (f Facts) Next(fact string) (Facts, error) {
	if len(f) != len(factDeeds) {
		return f, fmt.Errorf("%w: %q is no case state", ErrInvalid, string(f))
	}
	at := slices.Index(factDeeds, fact)
	switch {
	case at < 0:
		return f, fmt.Errorf("%w: %q is no fact of a case", ErrInvalid, fact)
	case f.Has(fact):
		return f, fmt.Errorf("%w: already recorded", ErrNotReady)
	case fact == FactFixReady && !f.Has(FactVendorAware):
		return f, fmt.Errorf("%w: no fix before the vendor is aware", ErrNotReady)
	case fact == FactFixDeployed && !f.Has(FactFixReady):
		return f, fmt.Errorf("%w: no deployment before a fix is ready", ErrNotReady)
	case f.Has(FactExploitPublic) && !f.Has(FactPublic) && fact != FactPublic:
		return f, fmt.Errorf("%w: an exploit is public, so the public is aware: record that first", ErrNotReady)
	case f.Has(FactPublic) && !f.Has(FactVendorAware) && fact != FactVendorAware:
		return f, fmt.Errorf("%w: the public knows before the vendor: tell the vendor first", ErrNotReady)
	}
	b := []byte(f)
	b[at] = fact[0]
	return Facts(b), nil
}
