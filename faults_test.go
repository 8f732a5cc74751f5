package fairlead

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"fairlead/internal/words"
)

// glossed are the rooms whose refusals people read on a page. What only a program or
// an operator reads stays English: the API's own reading of JSON, the files of a
// policy, documents of other formats, and the command line.
var glossed = regexp.MustCompile(`^internal/(advisory|advisory/(draft|release|vers)|auth(/.*)?|casework|casework/(claim|filters|mailroom|parcel|post)|cvd|cvd/rule|inbox|intake|intake/mail|intake/sbom|may|parts|pgp|policy|register|rulebook|severity|web(/.*)?)$`)

// spared are files of those rooms that no page shows.
var spared = regexp.MustCompile(`^internal/(intake/json|cvd/(case|report)|pgp/(clear|detached|message|verify|pgp|facts)|policy/(check|check_people|parse|promises|securitytxt)|auth/oidc/.*|web/storybook/.*)\.go$`)

// plainKinds are the kinds of error whose own words a page shows (web.Plain).
var plainKinds = map[string]bool{
	"ErrUnreadable": true, "ErrTooLarge": true, "ErrConflict": true, "ErrNotReady": true, "ErrEmbargoed": true, "ErrInvalid": true,
}

// Whatever a refusal says to people is in the catalogue, so that it can be said in
// each language.
func TestRefusalsAreInTheCatalogue(t *testing.T) {
	set := token.NewFileSet()
	rooms := map[string][]*ast.File{}
	err := filepath.WalkDir("internal", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			!glossed.MatchString(filepath.Dir(path)) || spared.MatchString(path) {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		rooms[filepath.Dir(path)] = append(rooms[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, files := range rooms {
		for at, text := range refusals(files) {
			found++
			sample := verb.ReplaceAllString(text, "7")
			if strings.Trim(sample, "7 ") != "" && !words.Glossed(sample) {
				t.Errorf("%s: %q is not in internal/words/en; add it to fault.json with a name that begins with fault.", set.Position(at), text)
			}
		}
	}
	if found < 400 {
		t.Errorf("only %d refusals were found: the test does not see them any more", found)
	}
}

var verb = regexp.MustCompile(`%[#0-9.]*[a-zA-Z]`)

// refusals are the texts of faults and plain errors in the files of one room, by where
// they stand.
func refusals(files []*ast.File) map[token.Pos]string {
	out := map[token.Pos]string{}
	add := func(e ast.Expr) {
		if text, ok := literal(e); ok {
			out[e.Pos()] = text
		}
	}
	helpers := helpersOf(files)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.KeyValueExpr:
				if id, ok := x.Key.(*ast.Ident); ok && (id.Name == "Problem" || id.Name == "Remedy") {
					add(x.Value)
				}
			case *ast.ValueSpec: // what a reader of mail was not sure of
				if len(x.Values) == 1 && last(x.Type) == "doubt" {
					add(x.Values[0])
				}
			case *ast.ReturnStmt: // of a gate: whether it is open, why, and the remedy
				if len(x.Results) == 3 && (last(x.Results[0]) == "true" || last(x.Results[0]) == "false") {
					add(x.Results[1])
					add(x.Results[2])
				}
			case *ast.CallExpr:
				name := called(x)
				for _, i := range helpers[name] {
					if i < len(x.Args) {
						add(x.Args[i])
					}
				}
				if text, ok := literal(first(x.Args)); ok && name == "Errorf" && len(x.Args) > 1 && plainKinds[last(x.Args[1])] {
					if text, ok = strings.CutPrefix(text, "%w: "); ok {
						out[x.Pos()] = text
					}
				}
			}
			return true
		})
	}
	return out
}

// helpersOf are the functions that take a problem or a remedy, and as which argument.
func helpersOf(files []*ast.File) map[string][]int {
	out := map[string][]int{}
	note := func(name string, f *ast.FuncType) {
		i := 0
		for _, list := range f.Params.List {
			for _, id := range list.Names {
				if id.Name == "problem" || id.Name == "remedy" {
					out[name] = append(out[name], i)
				}
				i++
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.FuncDecl:
				note(x.Name.Name, x.Type)
				if x.Name.Name == "refuse" && len(x.Type.Params.List) == 1 {
					out["refuse"] = []int{0}
				}
			case *ast.AssignStmt:
				if id, ok := first(x.Lhs).(*ast.Ident); ok && len(x.Rhs) == 1 {
					if f, ok := x.Rhs[0].(*ast.FuncLit); ok {
						note(id.Name, f.Type)
					}
				}
			}
			return true
		})
	}
	return out
}

func first(list []ast.Expr) ast.Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func called(x *ast.CallExpr) string { return last(x.Fun) }

// last is the name that an expression ends in.
func last(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// literal is the text of an expression as far as it stands in the source: a value that
// is put in reads %v.
func literal(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.CallExpr:
		if last(x.Fun) == "Sprintf" {
			return literal(first(x.Args))
		}
	case *ast.BinaryExpr:
		a, okA := literal(x.X)
		b, okB := literal(x.Y)
		if !okA {
			a = "%v"
		}
		if !okB {
			b = "%v"
		}
		return fmt.Sprint(a, b), okA || okB
	}
	return "", false
}
