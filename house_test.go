// Package fairlead_test keeps the house in order: floors, rooms, outside powers
// and budgets, as ARCHITECTURE.md draws them. It never tests what a room does.
package fairlead_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "fairlead"

// floors gives each room its floor. Imports only go downward. Whoever moves a
// room moves this line and the picture in ARCHITECTURE.md in one commit.
var floors = map[string]int{
	"cmd/fairlead":        8,
	"internal/app":        7,
	"internal/web":        6,
	"internal/api":        6,
	"internal/mailin":     6,
	"internal/notify":     6,
	"internal/publish":    6,
	"internal/casework":   5,
	"internal/outbox":     5,
	"internal/auth":       5,
	"internal/rulebook":   4,
	"internal/parts":      4,
	"internal/register":   4,
	"internal/inbox":      4,
	"internal/deadline":   3,
	"internal/advisory":   3,
	"internal/intake":     3,
	"internal/tell":       3,
	"internal/store":      3,
	"internal/policy":     2,
	"internal/calendar":   1,
	"internal/severity":   1,
	"internal/seal":       1,
	"internal/pgp":        1,
	"internal/ledger":     1,
	"internal/may":        1,
	"internal/words":      1,
	"internal/cvd":        0,
	"internal/goldentest": 0, // serves tests only
	"examples":            0, // files only, embedded for the demo
}

// doors are where the world comes in and goes out; the command line is one too.
var doors = []string{"internal/web", "internal/api", "internal/mailin", "internal/notify", "internal/publish", "cmd/fairlead"}

// aside lists what stands outside the floors, each with its reason.
var aside = map[string]string{
	"internal/browsertest": "drives a browser for tests; nothing but tests may import it",
}

// power is something outside the program that few rooms may touch.
type power struct {
	name   string
	match  []string // import paths; a trailing slash matches all below
	except []string // of those, what is harmless anywhere
	rooms  []string
	remedy string
}

var powers = []power{
	{
		name: "the database", rooms: []string{"internal/store/sqlstore"},
		match:  []string{"database/sql", "database/sql/", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/", "modernc.org/sqlite", "github.com/pressly/goose/v3", "github.com/pressly/goose/v3/"},
		remedy: "ask store.Tx; a missing question becomes a method there and a test in storetest",
	},
	{
		name: "HTTP", rooms: append([]string{"internal/auth", "internal/store/blob", "internal/app"}, doors...),
		match:  []string{"net/http", "net/http/", "github.com/danielgtaylor/huma/v2", "github.com/danielgtaylor/huma/v2/"},
		remedy: "let a door do it and hand in what it read",
	},
	{
		name: "cryptography", rooms: []string{"internal/seal", "internal/pgp", "internal/ledger", "internal/auth"},
		match: []string{
			"crypto/", "golang.org/x/crypto/", "filippo.io/age", "filippo.io/age/", "github.com/tink-crypto/tink-go/v2/",
			"github.com/ProtonMail/", "github.com/smallstep/", "golang.org/x/mod/sumdb/",
		},
		except: []string{"crypto/sha256", "crypto/sha512", "crypto/sha3", "crypto/sha1", "crypto/md5", "crypto/rand", "crypto/subtle"},
		remedy: "call seal, pgp, ledger or auth; a plain hash, random bytes and comparing in constant time are free",
	},
	{
		name: "the configuration", rooms: []string{"internal/app", "cmd/fairlead"},
		match:  []string{"flag", "github.com/alecthomas/kong"},
		remedy: "take it as a field of an options struct that app fills",
	},
	{
		name: "starting other programs", rooms: []string{"internal/app/demo/bench"},
		match:  []string{"os/exec", "plugin", "unsafe"},
		remedy: "do it in Go; a server that starts nothing cannot be talked into starting something else",
	},
}

// granted are single imports that a room may use beyond powers, with the reason.
var granted = map[string]map[string]string{
	"internal/app": {
		"crypto/tls": "transport of the listeners", "crypto/x509": "the demo's certificate",
		"crypto/x509/pkix": "the demo's certificate", "crypto/ecdsa": "the demo's certificate", "crypto/elliptic": "the demo's certificate",
		"golang.org/x/crypto/acme": "the listener's certificate from an authority", "golang.org/x/crypto/acme/autocert": "the listener's certificate from an authority",
	},
	"internal/notify":         {"crypto/tls": "STARTTLS to the relay", "crypto/x509": "the relay's certificate authority"},
	"internal/mailin":         {"crypto/tls": "STARTTLS of the listener"},
	"internal/publish":        {"crypto/tls": "transport"},
	"internal/store/sqlstore": {"crypto/tls": "the connection to PostgreSQL"},
	"cmd/fairlead":            {"crypto/tls": "asking a running server", "crypto/x509": "a running server's certificate"},
}

// timers lists the rooms with a loop of their own, which may wait but still
// never ask what time it is.
var timers = map[string]string{
	"internal/outbox":         "looks for due effects in the background",
	"internal/store/sqlstore": "gathers a batch, and waits between attempts",
	"internal/casework/watch": "asks the store what was committed while somebody listens",
}

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath, Dir, Name         string
	GoFiles, Imports, TestImports []string
	files                         map[string]*ast.File
	fset                          *token.FileSet
}

// path is the package's folder from the root of the module.
func (p *pkg) path() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// within tells whether the folder is the other or below it.
func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// roomOf finds the room of a folder, or "".
func roomOf(path string) string {
	for room := range floors {
		if within(path, room) {
			return room
		}
	}
	return ""
}

func isAside(path string) bool {
	for a := range aside {
		if within(path, a) {
			return true
		}
	}
	return false
}

// forTests tells whether the folder only serves tests: its name, or that of one
// above it, says so.
func forTests(path string) bool { return strings.Contains(path+"/", "test/") }

func in(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(path, f) })
}

// load lists and parses the project once. A package that does not compile is
// the compiler's matter; its imports are judged all the same.
var load = sync.OnceValues(func() ([]*pkg, error) {
	for room := range floors { // so that a cached result ends when a file is added
		_ = filepath.WalkDir(room, func(string, fs.DirEntry, error) error { return nil })
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-e", "-buildvcs=false", "-json=ImportPath,Dir,Name,GoFiles,Imports,TestImports", "./...")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	var all []*pkg
	for d := json.NewDecoder(&stdout); ; {
		p := &pkg{fset: token.NewFileSet(), files: map[string]*ast.File{}}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(p.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.files[name] = f
		}
		if p.path() != "" && !isAside(p.path()) {
			all = append(all, p)
		}
	}
})

// project returns all packages under the rules.
func project(t *testing.T) []*pkg {
	t.Helper()
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// downward says why one folder of the project may not import another, or "".
func downward(from, to string) string {
	a, b := roomOf(from), roomOf(to)
	switch {
	case isAside(to) || (forTests(to) && !forTests(from)):
		return fmt.Sprintf("%s imports %s, which only serves tests: take what is needed into the room itself", from, to)
	case a == "" || b == "":
		return "" // told by TestEveryPackageHasARoom
	case a == b:
		if within(from, to) || within(to, from) || forTests(from) {
			return ""
		}
		return fmt.Sprintf("%s imports its neighbour %s: move what both need up into %s", from, to, a)
	case in(from, doors) && b == "internal/store" && !forTests(from):
		return fmt.Sprintf("%s is a door and imports %s: doors ask casework, never the store", from, to)
	case floors[a] == floors[b] && in(from, doors) && in(to, doors):
		return fmt.Sprintf("%s and %s are doors and never import each other: move what both need down a floor", from, to)
	case floors[a] <= floors[b]:
		return fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports only go downward; hand it in from above, or move the shared words down", from, floors[a], to, floors[b])
	}
	return ""
}

func TestEveryPackageHasARoom(t *testing.T) {
	for _, p := range project(t) {
		if roomOf(p.path()) == "" {
			t.Errorf("%s stands in no room: put it into one, or give it a floor in house_test.go and a line in ARCHITECTURE.md", p.path())
		}
	}
}

func TestImportsGoDownward(t *testing.T) {
	base := map[string]bool{} // folders that their own room stands on; its other folders may too
	for _, p := range project(t) {
		for _, i := range p.Imports {
			if to := strings.TrimPrefix(i, module+"/"); roomOf(to) == p.path() {
				base[to] = to != p.path()
			}
		}
	}
	for _, p := range project(t) {
		imports := append(slices.Clone(p.Imports), p.TestImports...) // tests in package x_test are free
		slices.Sort(imports)
		for _, i := range slices.Compact(imports) {
			to, ours := strings.CutPrefix(i, module+"/")
			if !ours || (within(p.path(), "internal/app") && !slices.Contains(p.Imports, i)) {
				continue
			}
			if forTests(to) && !slices.Contains(p.Imports, i) {
				continue // a test may use what serves tests
			}
			if why := downward(p.path(), to); why != "" && (!base[to] || roomOf(to) != roomOf(p.path())) {
				t.Error(why)
			}
		}
	}
}

func TestDownward(t *testing.T) {
	for _, c := range []struct {
		from, to string
		refused  bool
	}{
		{"internal/web", "internal/casework", false},
		{"internal/web/static", "internal/web", false},
		{"internal/web", "internal/web/static", false},
		{"internal/advisory/osv", "internal/advisory", false},
		{"internal/advisory/osv", "internal/advisory/csaf", true},
		{"internal/advisory/osv", "internal/deadline", true},
		{"internal/web", "internal/store", true},
		{"internal/web/webtest", "internal/store/sqlstore", false},
		{"internal/web", "internal/store/sqlstore", true},
		{"cmd/fairlead", "internal/store/sqlstore", true},
		{"internal/web", "internal/notify", true},
		{"internal/casework", "internal/outbox", true},
		{"internal/cvd", "internal/policy", true},
		{"internal/policy", "internal/calendar", false},
		{"internal/calendar", "internal/policy", true},
		{"internal/store/storetest", "internal/store/sqlstore", false},
		{"internal/store/storetest/engines", "internal/store/sqlstore", false},
		{"internal/app", "internal/store/storetest", true},
		{"internal/app", "internal/browsertest", true},
		{"internal/app", "internal/web", false},
	} {
		if why := downward(c.from, c.to); (why != "") != c.refused {
			t.Errorf("%s -> %s: %q", c.from, c.to, why)
		}
	}
}

func (w power) covers(path string) bool {
	if slices.Contains(w.except, path) {
		return false
	}
	return slices.ContainsFunc(w.match, func(m string) bool {
		return path == m || (strings.HasSuffix(m, "/") && strings.HasPrefix(path, m))
	})
}

func TestOneRoomPerOutsidePower(t *testing.T) {
	for _, p := range project(t) {
		for _, i := range p.Imports {
			for _, w := range powers {
				if !w.covers(i) || in(p.path(), w.rooms) || forTests(p.path()) || granted[roomOr(p.path())][i] != "" {
					continue
				}
				t.Errorf("%s imports %s, but %s belongs to %s: %s", p.path(), i, w.name, strings.Join(w.rooms, ", "), w.remedy)
			}
		}
	}
}

// roomOr is the folder under which grants to a package are written down.
func roomOr(path string) string {
	for folder := range granted {
		if within(path, folder) {
			return folder
		}
	}
	return ""
}

func TestTheWordsNeedOnlyTheStandardLibrary(t *testing.T) {
	banned := []string{"context", "os", "os/exec", "io", "io/fs", "net", "net/http", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "database/sql"}
	for _, p := range project(t) {
		if !within(p.path(), "internal/cvd") {
			continue
		}
		for _, i := range p.Imports {
			if strings.Contains(strings.Split(i, "/")[0], ".") || slices.Contains(banned, i) {
				t.Errorf("%s imports %s: the words know no library but the standard one, and no context, clock or I/O; move this up a floor", p.path(), i)
			}
		}
	}
}

// asked lists what of other packages a file uses, as "time.Now".
func asked(f *ast.File, report func(what string, at token.Pos)) {
	names := map[string]string{}
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if path == "time" || path == "os" {
			names[path] = path
			if i.Name != nil {
				delete(names, path)
				names[i.Name.Name] = path
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != "" {
				report(names[x.Name]+"."+s.Sel.Name, s.Pos())
			}
		}
		return true
	})
}

func TestClockAndConfigurationAreHandedIn(t *testing.T) {
	clock := []string{"time.Now", "time.Since", "time.Until"}
	waiting := []string{"time.After", "time.AfterFunc", "time.Tick", "time.NewTimer", "time.NewTicker", "time.Sleep"}
	config := []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Args"}
	for _, p := range project(t) {
		if in(p.path(), []string{"internal/app", "cmd/fairlead"}) || forTests(p.path()) {
			continue
		}
		mayWait := false
		for folder := range timers {
			mayWait = mayWait || within(p.path(), folder)
		}
		for _, f := range p.files {
			asked(f, func(what string, at token.Pos) {
				where := relative(p.fset.Position(at))
				switch {
				case slices.Contains(clock, what):
					t.Errorf("%s: %s, but only app and cmd read the clock: take now as a parameter", where, what)
				case slices.Contains(waiting, what) && !mayWait:
					t.Errorf("%s: %s, but this room has no loop of its own: let app turn it, or list the room in timers with its reason", where, what)
				case slices.Contains(config, what):
					t.Errorf("%s: %s, but only app and cmd read the configuration: take it as an option", where, what)
				}
			})
		}
	}
}

// relative prints a position from the root of the checkout.
func relative(pos token.Position) string {
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, pos.Filename); err == nil {
			pos.Filename = rel
		}
	}
	return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
}
