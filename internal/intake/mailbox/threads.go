package mailbox

import (
	"slices"
	"time"
)

// Note is what a message says of itself that tells to which thread it belongs, and
// nothing of its words.
type Note struct {
	ID     string   // Message-ID without brackets; empty if there is none
	Refs   []string // References and In-Reply-To, without brackets
	Digest [32]byte // of the message without its trace fields
	At     time.Time
}

// Threads puts messages together that name each other by References or In-Reply-To
// (RFC 5322 section 3.6.4), or that name the same message, be it here or not. A subject
// never does: anybody may write one.
//
// The threads come by their first message, and the messages of a thread by their
// time; both are indexes into notes. Doubled are the messages that are in a thread
// once already: the same Message-ID and digest, as in a folder of what was sent.
func Threads(notes []Note) (threads [][]int, doubled []int) {
	g := groups{}
	for range notes {
		g = append(g, len(g))
	}
	named := map[string]int{} // the first message that is or names an id
	seen := map[any]bool{}
	for i, n := range notes {
		for _, id := range append([]string{n.ID}, n.Refs...) {
			if id == "" {
				continue
			}
			if other, ok := named[id]; ok {
				g.join(i, other)
			} else {
				named[id] = i
			}
		}
	}
	by := map[int][]int{}
	for i, n := range notes {
		same := any([2]any{n.ID, n.Digest})
		if seen[same] {
			doubled = append(doubled, i)
			continue
		}
		seen[same] = true
		by[g.root(i)] = append(by[g.root(i)], i)
	}
	for _, t := range by {
		slices.SortFunc(t, func(a, b int) int { return before(notes, a, b) })
		threads = append(threads, t)
	}
	slices.SortFunc(threads, func(a, b []int) int { return before(notes, a[0], b[0]) })
	return threads, doubled
}

// before orders by time, and what has the same time as it stands in the mailbox.
func before(notes []Note, a, b int) int {
	if c := notes[a].At.Compare(notes[b].At); c != 0 {
		return c
	}
	return a - b
}

// groups are disjoint sets: each element knows one nearer to its root.
type groups []int

func (g groups) root(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

func (g groups) join(a, b int) {
	if a, b = g.root(a), g.root(b); a != b {
		g[max(a, b)] = min(a, b)
	}
}
