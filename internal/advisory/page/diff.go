package page

import "strings"

// Line is a line of a comparison. Op is "same", "gone" or "new", and in an
// excerpt "skip" for lines that are left out.
type Line struct{ Op, Text string }

// Excerpt leaves out what is the same, but for so many lines around each change.
func Excerpt(lines []Line, around int) []Line {
	near := make([]bool, len(lines))
	for i, l := range lines {
		if l.Op != "same" {
			for j := max(0, i-around); j <= min(len(lines)-1, i+around); j++ {
				near[j] = true
			}
		}
	}
	var out []Line
	for i, l := range lines {
		if near[i] {
			out = append(out, l)
		} else if len(out) == 0 || out[len(out)-1].Op != "skip" {
			out = append(out, Line{Op: "skip"})
		}
	}
	return out
}

// maxCells bounds the comparison line by line, which takes the product of the lines
// that differ in memory and time, and anybody may ask for it; of longer texts all is
// gone and all is new.
const maxCells = 1 << 20

// Diff compares two texts by lines: the fewest that are gone or new.
func Diff(old, now string) []Line {
	a, b := strings.Split(strings.TrimRight(old, "\n"), "\n"), strings.Split(strings.TrimRight(now, "\n"), "\n")
	var head, tail []Line
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head, a, b = append(head, Line{"same", a[0]}), a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail, a, b = append(tail, Line{"same", a[len(a)-1]}), a[:len(a)-1], b[:len(b)-1]
	}
	out := append(head, between(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

// between compares what is left by the longest common sequence of lines.
func between(a, b []string) []Line {
	var out []Line
	if (len(a)+1)*(len(b)+1) > maxCells {
		for _, one := range a {
			out = append(out, Line{"gone", one})
		}
		for _, one := range b {
			out = append(out, Line{"new", one})
		}
		return out
	}
	n, m := len(a), len(b)
	long := make([]int32, (n+1)*(m+1))
	at := func(i, j int) *int32 { return &long[i*(m+1)+j] }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[i] == b[j] {
				*at(i, j) = *at(i+1, j+1) + 1
			} else {
				*at(i, j) = max(*at(i+1, j), *at(i, j+1))
			}
		}
	}
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && a[i] == b[j]:
			out = append(out, Line{"same", a[i]})
			i, j = i+1, j+1
		case j == m || (i < n && *at(i+1, j) >= *at(i, j+1)):
			out = append(out, Line{"gone", a[i]})
			i++
		default:
			out = append(out, Line{"new", b[j]})
			j++
		}
	}
	return out
}
