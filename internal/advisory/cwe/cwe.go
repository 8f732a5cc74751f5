// Package cwe knows the weaknesses of the Common Weakness Enumeration by number:
// their exact names, which CSAF asks for, and whether a vulnerability may be
// mapped to them. It never fetches a newer list, and describes no weakness.
//
// The table is made by generate.go from a list of weaknesses as JSON.
package cwe

import (
	_ "embed" // the table
	"strings"
	"sync"
)

// Version is the release of the enumeration that the table holds.
const Version = "4.19.1"

//go:embed weaknesses.tsv
var table string

// Usage is what the enumeration says about mapping vulnerabilities to a weakness.
type Usage byte

// The usages.
const (
	Allowed     Usage = 'A'
	Review      Usage = 'R' // allowed with review of whether a child fits better
	Discouraged Usage = 'D'
	Prohibited  Usage = 'P' // deprecated weaknesses among them
)

// Weakness is one entry.
type Weakness struct {
	ID    string // "CWE-79"
	Name  string // exactly as the enumeration has it
	Usage Usage
}

// Deprecated tells whether the enumeration has taken the entry back.
func (w Weakness) Deprecated() bool { return strings.HasPrefix(w.Name, "DEPRECATED") }

var weaknesses = sync.OnceValue(func() map[string]Weakness {
	out := map[string]Weakness{}
	for line := range strings.Lines(table) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(f) == 3 {
			out["CWE-"+f[0]] = Weakness{"CWE-" + f[0], f[2], Usage(f[1][0])}
		}
	}
	return out
})

// Find returns the weakness of an id such as "CWE-79"; ok is false for one that
// is none, categories and views among them.
func Find(id string) (w Weakness, ok bool) {
	w, ok = weaknesses()[id]
	return w, ok
}
