package fairlead_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// weak are packages by which nothing is protected, with the files that may use one and why.
var weak = map[string]map[string]string{
	"crypto/md5": nil, "crypto/des": nil, "crypto/rc4": nil, "crypto/dsa": {"internal/pgp": "recognises such keys in order to refuse them"},
	"crypto/sha1": {
		"internal/auth/password/breached.go": "the lists of breached passwords are made so",
		"internal/app/wkd/serve.go":          "the name that the draft gives to an address",
	},
	"golang.org/x/crypto/md4": nil, "golang.org/x/crypto/ripemd160": nil, "golang.org/x/crypto/blowfish": nil, "golang.org/x/crypto/cast5": nil, "golang.org/x/crypto/tea": nil,
	"math/rand":    nil,
	"math/rand/v2": {"internal/store/sqlstore/postgres.go": "how long one that lost a race waits"},
	"unsafe":       nil, "C": nil, "encoding/gob": nil,
}

// each shows every file of the program, with its path from the root.
func each(t *testing.T, show func(path string, p *pkg, f *ast.File)) {
	t.Helper()
	seen := 0
	for _, p := range project(t) {
		if forTests(p.path()) {
			continue
		}
		for name, f := range p.files {
			seen++
			show(p.path()+"/"+name, p, f)
		}
	}
	if seen < 300 {
		t.Errorf("only %d files were read", seen)
	}
}

// No file takes random numbers that can be foretold, a hash or a cipher that is broken,
// memory by hand, C, or
// objects as a sender made them, but for those that are listed with their reason (ASVS 5.0.0,
// V1.4.1, V1.5.2, V6.5.3, V7.2.3, V11.4.1).
func TestNothingWeakIsImported(t *testing.T) {
	used := map[string]bool{}
	each(t, func(path string, _ *pkg, f *ast.File) {
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			may, known := weak[name]
			if !known {
				continue
			}
			ok := false
			for where := range may {
				if within(path, where) || path == where {
					used[name+where], ok = true, true
				}
			}
			if !ok {
				t.Errorf("%s imports %s", path, name)
			}
		}
	})
	for name, may := range weak {
		for where := range may {
			if !used[name+where] {
				t.Errorf("%s does not import %s any more: take it off the list", where, name)
			}
		}
	}
}

// calls shows each call of a function by the name of its package, as "fmt.Sprintf".
func calls(f *ast.File, show func(name string, c *ast.CallExpr)) {
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if s, ok := c.Fun.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok {
					show(x.Name+"."+s.Sel.Name, c)
					return true
				}
				show("."+s.Sel.Name, c)
			}
		}
		return true
	})
}

// formats says which argument of a function is its format.
var formats = map[string]int{"fmt.Printf": 0, "fmt.Sprintf": 0, "fmt.Errorf": 0, "fmt.Fprintf": 1, "fmt.Appendf": 1, "fmt.Sscanf": 1, "fmt.Fscanf": 1}

// named are the constants of a package, and its functions that hand a format on, with
// the place of it.
func named(p *pkg) (constants []string, onward map[string]int) {
	onward = map[string]int{}
	hands := func(name string, t *ast.FuncType) {
		at := 0
		for _, f := range t.Params.List {
			for _, n := range f.Names {
				if n.Name == "format" {
					onward[name] = at
				}
				at++
			}
		}
	}
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GenDecl:
				for _, s := range n.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && n.Tok == token.CONST {
						for _, name := range v.Names {
							constants = append(constants, name.Name)
						}
					}
				}
			case *ast.FuncDecl:
				hands(n.Name.Name, n.Type)
			case *ast.AssignStmt:
				for i, e := range n.Rhs {
					lit, isFunc := e.(*ast.FuncLit)
					if to, ok := n.Lhs[i].(*ast.Ident); ok && isFunc {
						hands(to.Name, lit.Type)
					}
				}
			}
			return true
		})
	}
	return constants, onward
}

// Each format is written in the code, so that nothing that came in is read as one
// (ASVS 5.0.0, V1.3.10).
func TestFormatsAreConstants(t *testing.T) {
	seen := 0
	for _, p := range project(t) {
		constants, onward := named(p)
		var constant func(e ast.Expr) bool
		constant = func(e ast.Expr) bool {
			switch e := e.(type) {
			case *ast.BasicLit:
				return true
			case *ast.Ident: // format is the parameter of one whose own calls are looked at
				return slices.Contains(constants, e.Name) || e.Name == "format"
			case *ast.BinaryExpr:
				return constant(e.X) && constant(e.Y)
			}
			return false
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				at, ok := -1, false
				switch fun := c.Fun.(type) {
				case *ast.Ident:
					at, ok = lookUp(onward, fun.Name)
				case *ast.SelectorExpr:
					x, isName := fun.X.(*ast.Ident)
					if isName {
						at, ok = lookUp(formats, x.Name+"."+fun.Sel.Name)
					}
					if !ok && (!isName || !imported(f, x.Name)) {
						at, ok = lookUp(onward, fun.Sel.Name)
					}
				}
				if !ok || at >= len(c.Args) {
					return true
				}
				if seen++; !constant(c.Args[at]) {
					t.Errorf("%s: the format is no constant", relative(p.fset.Position(c.Pos())))
				}
				return true
			})
		}
	}
	if seen < 300 {
		t.Errorf("only %d formats were found", seen)
	}
}

func lookUp(places map[string]int, name string) (int, bool) {
	at, ok := places[name]
	return at, ok
}

// imported tells whether a name is that of a package.
func imported(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(i.Path.Value)
		return (i.Name != nil && i.Name.Name == name) || (i.Name == nil && filepath.Base(path) == name)
	})
}

// A template is a constant, or a file that is compiled in; none is read from a disk or
// made of what came in (ASVS 5.0.0, V1.3.7).
func TestTemplatesAreCompiledIn(t *testing.T) {
	seen := 0
	each(t, func(path string, p *pkg, f *ast.File) {
		imports := func(name string) bool {
			return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(name) })
		}
		if imports("text/template") {
			t.Errorf("%s: text/template escapes nothing", path)
		}
		if !imports("html/template") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := c.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			where := relative(p.fset.Position(c.Pos()))
			switch s.Sel.Name {
			case "ParseFiles", "ParseGlob":
				t.Errorf("%s: %s reads a template from a disk", where, s.Sel.Name)
			case "Parse":
				if x, ok := s.X.(*ast.Ident); ok && (x.Name == "url" || x.Name == "time") {
					return true
				}
				seen++
				if _, ok := c.Args[0].(*ast.BasicLit); !ok {
					t.Errorf("%s: a template is no constant", where)
				}
			case "ParseFS":
				seen++
			}
			return true
		})
	})
	if seen < 2 {
		t.Errorf("only %d templates were found", seen)
	}
	// What ParseFS reads is handed on by the rooms of the site; none of them opens a folder of a disk.
	each(t, func(path string, p *pkg, f *ast.File) {
		calls(f, func(name string, c *ast.CallExpr) {
			if name == "os.DirFS" && within(path, "internal/web") {
				t.Errorf("%s: a folder of a disk", relative(p.fset.Position(c.Pos())))
			}
		})
	})
}

// Nothing but the listener of pages chooses its ciphers, nobody skips the other's
// certificate, and every side speaks TLS 1.2 and newer (ASVS 5.0.0, V12.1.1, V12.1.2
// and V12.3.2).
func TestTLSIsNowhereLoosened(t *testing.T) {
	seen := 0
	each(t, func(path string, p *pkg, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			where := func() string { return relative(p.fset.Position(n.Pos())) }
			if s, ok := n.(*ast.SelectorExpr); ok {
				switch s.Sel.Name {
				case "InsecureSkipVerify": // wire only asks what a connection to PostgreSQL would do
					if path != "internal/store/sqlstore/wire/wire.go" {
						t.Errorf("%s: InsecureSkipVerify", where())
					}
				case "VersionTLS10", "VersionTLS11", "VersionSSL30", "InsecureCipherSuites":
					t.Errorf("%s: %s", where(), s.Sel.Name)
				}
			}
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if s, ok := lit.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "Config" || s.X.(*ast.Ident).Name != "tls" {
				return true
			}
			seen++
			least := ""
			for _, e := range lit.Elts {
				pair := e.(*ast.KeyValueExpr)
				switch key := pair.Key.(*ast.Ident).Name; key {
				case "MinVersion":
					least = pair.Value.(*ast.SelectorExpr).Sel.Name
				case "MaxVersion", "InsecureSkipVerify", "VerifyPeerCertificate", "VerifyConnection", "Renegotiation", "KeyLogWriter":
					t.Errorf("%s: %s", where(), key)
				case "CipherSuites":
					if path != "internal/app/cert/cert.go" {
						t.Errorf("%s: %s", where(), key)
					}
				}
			}
			if least != "VersionTLS12" && least != "VersionTLS13" {
				t.Errorf("%s: the least version is %q", where(), least)
			}
			return true
		})
	})
	if seen < 7 {
		t.Errorf("only %d configurations of TLS were found", seen)
	}
}

// What is logged goes to the logger that was handed in: no room writes to standard
// output or error by itself, nor by the logger of the process (ASVS 5.0.0, V16.2.3).
func TestNothingIsLoggedBesideTheLog(t *testing.T) {
	speaks := map[string]string{
		"internal/app/demo": "the demo says where to look",
	}
	each(t, func(path string, p *pkg, f *ast.File) {
		if within(path, "cmd/fairlead") {
			return
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"log"` {
				t.Errorf("%s imports log", path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch x.Name + "." + s.Sel.Name {
			case "os.Stdout", "os.Stderr", "fmt.Print", "fmt.Printf", "fmt.Println",
				"slog.Default", "slog.SetDefault", "slog.Debug", "slog.Info", "slog.Warn", "slog.Error", "slog.Log", "slog.LogAttrs":
				for room := range speaks {
					if within(path, room) {
						return true
					}
				}
				t.Errorf("%s: %s.%s", relative(p.fset.Position(s.Pos())), x.Name, s.Sel.Name)
			}
			return true
		})
	})
}

// The linters that see memory, files, rows and bodies that are not given back are on, and
// scripts/check runs them (ASVS 5.0.0, V1.4.3).
func TestLintersWatchWhatIsHeld(t *testing.T) {
	lines := strings.Split(textOf(t, ".golangci.yml"), "\n")
	for _, one := range []string{"bodyclose", "rowserrcheck", "sqlclosecheck", "errcheck", "gosec", "govet", "staticcheck", "depguard"} {
		if !slices.Contains(lines, "    - "+one) {
			t.Errorf("%s is off", one)
		}
	}
	if !strings.Contains(textOf(t, "scripts/check"), "golangci-lint run --config .golangci.yml ./...") {
		t.Error("scripts/check does not run them")
	}
}

// The unit runs the server as a user of its own, with one capability, and takes the rest
// of the machine away (ASVS 5.0.0, V13.2.2).
func TestTheUnitGivesLeastRights(t *testing.T) {
	lines := strings.Split(textOf(t, "deploy/fairlead.service"), "\n")
	for _, want := range []string{
		"User=fairlead", "NoNewPrivileges=yes", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
		"PrivateDevices=yes", "ProtectKernelModules=yes", "RestrictNamespaces=yes", "RestrictSUIDSGID=yes", "SystemCallFilter=~@privileged @resources", "UMask=0077", "StateDirectoryMode=0700",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the unit does not say %s", want)
		}
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "User=root") || strings.Contains(l, "CAP_SYS") || strings.Contains(l, "CAP_DAC") {
			t.Errorf("the unit says %s", l)
		}
	}
}

// Pages are HTML, CSS and scripts of ours: no plug-in, no frame, and nothing beside those
// kinds of file is served (ASVS 5.0.0, V3.7.1).
func TestPagesAreOfThreeKinds(t *testing.T) {
	plugged := regexp.MustCompile(`(?i)<(object|embed|applet|iframe|frame|param)\b|javascript:|\bdata:text`)
	pages := 0
	err := filepath.WalkDir("internal/web", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(path, ".html"):
			pages++
			if found := plugged.FindString(textOf(t, path)); found != "" {
				t.Errorf("%s holds %s", path, found)
			}
		case within(path, "internal/web/static") && !slices.Contains([]string{".css", ".js", ".svg"}, filepath.Ext(path)):
			t.Errorf("%s is served", path)
		}
		return nil
	})
	if err != nil || pages < 40 {
		t.Errorf("%d pages: %v", pages, err)
	}
}

// No script merges one object into another or sets a member by a name that came from
// elsewhere, but for the words of a draft, whose names are those of the form (ASVS
// 5.0.0, V15.3.6).
func TestScriptsMergeNoObjects(t *testing.T) {
	made := regexp.MustCompile(`Object\.assign\((document\.createElement\(|[^)]*$)?`)
	named := regexp.MustCompile(`[\w)\]]\[[^\]'"\d]+\]\s*=[^=>]`)
	scripts, err := filepath.Glob("internal/web/static/*.js")
	if err != nil || len(scripts) < 4 {
		t.Fatal(scripts, err)
	}
	var by []string // members that are set by a name
	for _, path := range scripts {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, never := range []string{"__proto__", ".prototype", "setPrototypeOf", "defineProperty", "Object.fromEntries", "Reflect.", "structuredClone", "for (const key in", "eval("} {
			if strings.Contains(text, never) {
				t.Errorf("%s uses %s", path, never)
			}
		}
		for _, m := range made.FindAllStringSubmatch(text, -1) {
			if m[1] != "document.createElement(" {
				t.Errorf("%s: %s", path, m[0])
			}
		}
		for _, m := range named.FindAllString(text, -1) {
			by = append(by, filepath.Base(path)+" "+m[:len(m)-1])
		}
	}
	if want := []string{"report.js s[f.name] ="}; !slices.Equal(by, want) {
		t.Errorf("members are set by name: %q", by)
	}
}
