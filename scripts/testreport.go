//go:build ignore

// Command testreport reads what go test -json writes and prints what people
// want of it: a line a package, the output of what failed, and at the end each
// skipped test with its reason, so that nothing is left out in silence. It
// never runs a test itself. It exits 1 if anything failed or nothing was run.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is a line of go doc test2json.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

// key is one test, or a package where test is empty.
type key struct{ pkg, test string }

// report gathers what is told at the end.
type report struct {
	out     map[key][]string
	skipped []string
	passed  int
	failed  int
	bad     bool // something failed, be it a test, a package or a build
}

func main() {
	r := report{out: map[key][]string{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(3)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skipped))
	for _, s := range r.skipped {
		fmt.Println("  skipped:", s)
	}
	if r.bad || r.passed == 0 {
		os.Exit(1)
	}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var ev event
		if err := json.Unmarshal(lines.Bytes(), &ev); err != nil {
			fmt.Println(lines.Text()) // go itself complains in plain text
			continue
		}
		r.take(ev)
	}
	return lines.Err()
}

func (r *report) take(ev event) {
	k := key{ev.Package, ev.Test}
	switch ev.Action {
	case "output":
		r.out[k] = append(r.out[k], ev.Output)
	case "build-output":
		fmt.Print(ev.Output)
	case "build-fail":
		r.bad = true
	case "pass":
		if ev.Test != "" {
			r.passed++
		} else {
			r.packageLine(k)
		}
	case "skip":
		if ev.Test != "" {
			r.skipped = append(r.skipped, fmt.Sprintf("%s %s: %s", ev.Package, ev.Test, reason(r.out[k])))
		}
	case "fail":
		r.bad = true
		if ev.Test != "" {
			r.failed++
		}
		fmt.Print(strings.Join(r.out[k], ""))
	}
}

// packageLine prints the line that go test prints for a package that passed.
func (r *report) packageLine(k key) {
	for _, line := range r.out[k] {
		if strings.HasPrefix(line, "ok ") {
			fmt.Print(line)
		}
	}
}

// reason is what the test said when it skipped itself.
func reason(out []string) string {
	var said []string
	for _, line := range out {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, words, ok := strings.Cut(line, ".go:"); ok { // "file_test.go:12: words"
			if _, after, ok := strings.Cut(words, ": "); ok {
				line = after
			}
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
