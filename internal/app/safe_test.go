package app_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// written are the kinds of record that a mere look writes, with the reason; each is read
// by nobody as a change.
var written = map[store.RecordKind]string{
	"read":    "who read which case is recorded",
	"session": "when a session was last used",
	"token":   "when a token was last used",
	"audit":   "credentials that opened nothing are recorded",
}

var recordKind = regexp.MustCompile(`store\.RecordKind\s*=\s*"([a-z-]+)"`)

// kindsOf are all kinds of record, from the source.
func kindsOf(t *testing.T) []store.RecordKind {
	t.Helper()
	var out []store.RecordKind
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range recordKind.FindAllStringSubmatch(string(b), -1) {
			if written[store.RecordKind(m[1])] == "" {
				out = append(out, store.RecordKind(m[1]))
			}
		}
		return err
	})
	if err != nil || len(out) < 30 {
		t.Fatalf("%d kinds of record: %v", len(out), err)
	}
	return out
}

// state names everything that is stored, but for what written lists: how long each
// history is, each effect, each record with its version.
func (m *matrix) state(kinds []store.RecordKind) string {
	m.t.Helper()
	var b strings.Builder
	err := m.h.Store.View(context.Background(), func(tx store.Tx) error {
		streams, err := tx.Streams("", 1000)
		if err != nil {
			return err
		}
		for _, s := range streams {
			events, err := tx.Events(s, 0, 1000)
			if err != nil {
				return err
			}
			fmt.Fprintln(&b, s, len(events))
		}
		effects, err := tx.Effects("", "", nil, 1000)
		if err != nil {
			return err
		}
		for _, e := range effects {
			fmt.Fprintln(&b, e.Key, e.State, e.Attempts)
		}
		for _, kind := range kinds {
			records, err := tx.Records(kind, "", 1000)
			if err != nil {
				return err
			}
			for _, r := range records {
				fmt.Fprintln(&b, kind, r.ID, r.Version)
			}
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return b.String()
}

// Whoever asks for any address by GET, HEAD or OPTIONS changes nothing that is stored:
// no case, no policy, no member, no setting, nothing that is sent (RFC 9110 section
// 9.2.1; ASVS 5.0.0, V3.5.3).
func TestNothingIsChangedByGET(t *testing.T) {
	m := newMatrix(t)
	m.still = true
	callers, kinds := m.callers(), kindsOf(t)
	for _, route := range m.routes() { // what is asked for is there before the first look
		for _, c := range callers {
			m.request(route, m.own, c)
		}
	}
	for _, path := range []string{"/.well-known/csaf/openpgp/none.asc", "/api/v1/cases/" + string(m.own.id) + "/advisory/rehearsal"} {
		m.ask(m.request("GET "+path, m.own, callers[len(callers)-1])) // the house makes its own key when it first needs it, whoever comes
	}
	before, asked := m.state(kinds), 0
	for _, route := range m.routes() {
		if route == "GET /desk/events" {
			continue
		}
		for _, c := range callers {
			for _, safe := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
				r := m.request(route, m.own, c)
				if r.Method != http.MethodGet { // a deed, with its fields where an image could name them
					fields, err := io.ReadAll(r.Body)
					if err != nil {
						t.Fatal(err)
					}
					r.Body, r.ContentLength, r.URL.RawQuery = http.NoBody, 0, strings.ReplaceAll(string(fields), "\r\n", "&")
					r.Header.Del("Content-Type")
				}
				r.Method = safe
				m.ask(r)
				asked++
			}
		}
		if after := m.state(kinds); after != before {
			t.Errorf("%s by a safe method changed what is stored:\n%s", route, changed(before, after))
			before = after
		}
	}
	if asked < 1000 {
		t.Errorf("only %d requests were made", asked)
	}
	by := m.h.Desk.As(cvd.Actor{Kind: cvd.ActorMember, ID: m.lead.ID, Name: "lead", Roles: []cvd.Role{cvd.RoleLead}})
	if _, err := by.Do(context.Background(), m.own.id, cvd.VerbNote, cvd.Input{Note: "x"}); err != nil {
		t.Fatal(err)
	}
	if m.state(kinds) == before {
		t.Error("a note is no change: the test sees nothing")
	}
}

// changed are the lines of which only one has.
func changed(before, after string) string {
	had := strings.Split(before, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(after, "\n"), func(l string) bool { return slices.Contains(had, l) }), "\n")
}

// forms are shown to whoever may send them, and only shown: the walk above asks for each.
var forms = []string{"GET /desk/record", "GET /desk/policy/draft", "GET /desk/team/{id}"}

// Each route of the desk that is there to change something is a POST, and so is each
// that wants a proof of the moment (ASVS 5.0.0, V3.5.3).
func TestChangesArePosted(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../web/desk", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			var at, use string
			for _, e := range lit.Elts {
				pair, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch key, _ := pair.Key.(*ast.Ident); {
				case key != nil && key.Name == "Pattern":
					at, _ = strconv.Unquote(source(pair.Value))
				case key != nil && key.Name == "Use":
					use = source(pair.Value)
				case key != nil && key.Name == "Wants":
					use = "may.Change"
				}
			}
			if use == "may.Change" && at != "" {
				seen++
				if !strings.HasPrefix(at, "POST /desk/") && !slices.Contains(forms, at) {
					t.Errorf("%s: %q changes something", fset.Position(lit.Pos()), at)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 30 {
		t.Errorf("%d routes that change something: %v", seen, err)
	}
}

// source is what a literal or a selector reads in the code.
func source(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	}
	return ""
}
