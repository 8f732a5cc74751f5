package fairlead_test

import (
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// Budgets in lines and methods. A room over its budget wants to be two, or
// holds decisions that belong a floor down.
const (
	functionLines    = 60
	fileLines        = 400
	packageLines     = 2000
	interfaceMethods = 8
)

// wider are the interfaces that may be larger, with their own budget.
var wider = map[string]int{
	"internal/store.Tx": 20, // one transaction's whole vocabulary, in commented groups
}

func TestBudgets(t *testing.T) {
	for _, p := range project(t) {
		sum := 0
		for _, f := range p.files {
			if ast.IsGenerated(f) {
				continue
			}
			tok := p.fset.File(f.FileStart)
			lines := tok.LineCount()
			sum += lines
			if lines > fileLines {
				t.Errorf("%s has %d lines of %d: split it along its subjects", relative(tok.Position(f.Package)), lines, fileLines)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if n := tok.Line(fn.End()) - tok.Line(fn.Pos()) + 1; n > functionLines {
						t.Errorf("%s: %s has %d lines of %d: give its steps names", relative(tok.Position(fn.Pos())), fn.Name.Name, n, functionLines)
					}
				}
			}
			interfaces(f, func(name string, methods int) {
				limit := interfaceMethods
				if w, ok := wider[p.path()+"."+name]; ok {
					limit = w
				}
				if methods > limit {
					t.Errorf("%s: interface %s has %d methods of %d: split it by who calls it", p.path(), name, methods, limit)
				}
			})
		}
		if sum > packageLines {
			t.Errorf("%s has %d lines of %d: move decisions that need no store a floor down, or split the room", p.path(), sum, packageLines)
		}
	}
}

// interfaces reports each interface type of a file and how many methods it
// lists.
func interfaces(f *ast.File, report func(name string, methods int)) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if it, ok := spec.Type.(*ast.InterfaceType); ok {
			methods := 0
			for _, m := range it.Methods.List {
				methods += max(1, len(m.Names))
			}
			report(spec.Name.Name, methods)
		}
		return true
	})
}

// negation is how a comment tells what its room does not do.
var negation = regexp.MustCompile(`\b([Nn]ever|[Nn]othing|[Nn]o|not)\b`)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	vague := []string{"util", "utils", "common", "helper", "helpers", "manager", "impl", "misc", "base", "types", "shared"}
	for _, p := range project(t) {
		var doc string
		generated := len(p.files) > 0
		for _, f := range p.files {
			doc += f.Doc.Text()
			generated = generated && ast.IsGenerated(f)
		}
		if slices.Contains(vague, p.Name) || slices.Contains(vague, path.Base(p.path())) {
			t.Errorf("%s: the name %q says nothing: name it after what it holds", p.path(), p.Name)
		}
		if generated || len(p.files) == 0 {
			continue
		}
		opening := "Package " + p.Name + " "
		if p.Name == "main" {
			opening = "Command " + path.Base(p.path()) + " "
		}
		if !strings.HasPrefix(doc, opening) {
			t.Errorf("%s has no package comment that begins %q: say in it what the room is and what it never does", p.path(), opening)
		} else if roomOf(p.path()) == p.path() && !negation.MatchString(doc) {
			t.Errorf("%s: the package comment does not say what the room never does: add that sentence", p.path())
		}
	}
}

// The picture and the rule are one.
func TestArchitectureDrawsEveryRoom(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := regexp.MustCompile(`(?m)^([0-8 ])  ((?:internal|cmd)/[a-z]+) `)
	floor := ""
	seen := map[string]bool{}
	for _, m := range drawn.FindAllStringSubmatch(string(text), -1) {
		if m[1] != " " {
			floor = m[1]
		}
		seen[m[2]] = true
		if n, ok := floors[m[2]]; !ok {
			t.Errorf("ARCHITECTURE.md draws %s, which has no floor in house_test.go", m[2])
		} else if floor != string(rune('0'+n)) {
			t.Errorf("ARCHITECTURE.md draws %s on floor %s, house_test.go has it on %d: move both", m[2], floor, n)
		}
	}
	for room := range floors {
		if !seen[room] && room != "examples" {
			t.Errorf("ARCHITECTURE.md does not draw %s: add it on floor %d", room, floors[room])
		}
	}
}

// Every direct module is a decision, and its reason is written down.
func TestDirectModulesAreAllowed(t *testing.T) {
	raw, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = true
	}
	for _, r := range mod.Require {
		if !r.Indirect && !listed[r.Mod.Path] {
			t.Errorf("go.mod requires %s, which has no line in docs/dependencies.md: say there what it is for and why this one, or do without it", r.Mod.Path)
		}
		if !r.Indirect {
			delete(listed, r.Mod.Path)
		}
	}
	for path := range listed {
		t.Errorf("docs/dependencies.md lists %s, which go.mod does not require directly: strike the line", path)
	}
	if len(mod.Replace) > 0 {
		t.Error("go.mod replaces a module: that forbids installing Fairlead by its version; find another way")
	}
}
