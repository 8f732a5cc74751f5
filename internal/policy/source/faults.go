// Package source reads files that people write by hand: one YAML document,
// checked against a JSON Schema. It tells every fault at once, each with its
// line, its column, its path within the file and what to write instead.
//
// It never touches a disk, never resolves a reference to another part of the
// file or to another file, and knows nothing of what the file is about.
package source

import (
	"fmt"
	"sort"
	"strings"

	"fairlead/internal/cvd"
)

// maxFaults bounds how many faults of one file are told; the last then says
// that there are more.
const maxFaults = 200

// Fault is one thing wrong with a file.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in characters
	Clause  string `json:"clause"` // path within the file, such as promises.acknowledge.within
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// String prints the fault on one line, the way compilers do.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Clause != "" {
		b.WriteString(f.Clause + ": ")
	}
	b.WriteString(f.Problem)
	if f.Remedy != "" {
		b.WriteString("; " + f.Remedy)
	}
	return b.String()
}

// Faults lists everything wrong with one file, in the order of its lines. As
// an error it is a cvd.ErrInvalid.
type Faults []Fault

// Error prints a line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Is makes every list of faults a cvd.ErrInvalid.
func (f Faults) Is(target error) bool { return target == cvd.ErrInvalid }

// InOrder sorts by position and cuts the list to the bound.
func (f Faults) InOrder() Faults {
	sort.SliceStable(f, func(i, j int) bool {
		if f[i].Line != f[j].Line {
			return f[i].Line < f[j].Line
		}
		return f[i].Column < f[j].Column
	})
	if len(f) > maxFaults {
		last := f[maxFaults-1]
		f = append(f[:maxFaults-1:maxFaults-1], Fault{
			File: last.File, Line: last.Line, Column: last.Column,
			Problem: "there are more faults than are listed here",
			Remedy:  "mend these first and check again",
		})
	}
	return f
}

// Nearest returns the candidate that the word was most likely meant to be, or
// "" when none is close.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	if len(word) > 64 {
		return ""
	}
	best, bestAt := "", len([]rune(word))/2+1
	for _, c := range candidates {
		low := strings.ToLower(c)
		if plain(low) == plain(word) {
			return c
		}
		if d := distance(word, low); d < bestAt && d <= 1+len(low)/3 {
			best, bestAt = c, d
		}
	}
	return best
}

// plain drops what people mix up most: case and the kind of joint.
func plain(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "", "z", "s").Replace(strings.ToLower(s))
}

// distance is the number of single-letter changes, insertions, deletions and
// swaps of neighbours between two words (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}

// DidYouMean is a remedy that names the nearest candidate, or the other remedy
// when none is near.
func DidYouMean(word string, candidates []string, otherwise string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

// OrList writes words as a list that ends in "or".
func OrList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
