package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc/oidctest"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

// canary is a word that stands only in the foreign case.
const canary = "quetzalcoatlus"

// caller is somebody who asks for every address.
type caller struct {
	name   string
	bearer string // of the API
	cookie *http.Cookie
	reads  bool // may read the foreign case
}

// subject is one case by which an address is asked for.
type subject struct {
	name     string
	id       cvd.CaseID
	blob     string
	advisory string
}

type matrix struct {
	t        testing.TB
	h        *app.House
	handler  http.Handler
	own      subject
	foreign  subject
	none     subject
	member   string
	receipts map[string]string
	log      bytes.Buffer // lines of JSON
}

// Every role asks for every address of the site and of the API, with a case that
// is theirs, one that is not, and one that does not exist. Who may not see a case
// gets for it, byte for byte, the answer for one that is not there; no answer to
// them holds a word of it; and the table of who gets in where is a golden, so that
// a new address must be looked at (ASVS 5.0.0, V8.2.1, V8.2.2, V8.3.1).
func TestWhoMayGoWhere(t *testing.T) {
	m := newMatrix(t)
	table := map[string][]string{}
	callers := m.callers()
	routes := m.routes()
	for _, route := range append(slices.DeleteFunc(slices.Clone(routes), ends), slices.DeleteFunc(slices.Clone(routes), func(r string) bool { return !ends(r) })...) {
		for _, c := range callers {
			table[route] = append(table[route], m.cell(route, c))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# O gets in, o is let in and asked for something else, - does not exist for them, s is asked to sign in, r is led on. Three signs: own, foreign, nonexistent case.\n")
	head := "# "
	for _, c := range callers {
		head += " " + c.name
	}
	fmt.Fprintln(&b, head)
	for _, route := range routes {
		fmt.Fprintf(&b, "%-62s %s\n", route, strings.Join(table[route], " "))
	}
	golden := filepath.Join("testdata", "matrix.golden")
	goldentest.Is(t, golden, b.String())
}

// ends tells whether an address ends the session or the case, so that it is asked
// for after all others.
func ends(route string) bool {
	return slices.ContainsFunc([]string{"/sign-out", "/leave", "/withdraw", "/erase", "/sessions"}, func(s string) bool { return strings.HasSuffix(route, s) })
}

func newMatrix(t testing.TB) *matrix { t.Helper(); return newMatrixOf(t, true) }

func newMatrixOf(t testing.TB, unlimited bool) *matrix {
	t.Helper()
	ctx := context.Background()
	clock := app.FrozenClock(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC))
	provider := oidctest.NewDouble(t, clock.Now)
	m := &matrix{t: t, receipts: map[string]string{}}
	h, err := app.Build(ctx, app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}, Uploads: config.Uploads{AllDayMiB: 1}, Words: config.Words{AllDayMiB: 1}, SignIn: config.SignIn{Providers: []config.Provider{
		{ID: "main", Name: "Main", Issuer: provider.Issuer, ClientID: "fairlead"},
	}}},
		app.Options{Clock: clock, Demo: true, Unlimited: unlimited, BaseURL: origin, Log: slog.New(slog.NewJSONHandler(&m.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	m.h = h
	lead := m.add("lead", cvd.RoleLead)
	if _, err := h.Book.Publish(ctx, cvd.System, examples.TwoPersonTeam); err != nil {
		t.Fatal(err)
	}
	m.own = m.open("own", "An overflow in the reader", lead)
	m.foreign = m.open("foreign", canary+" in the reader", lead)
	m.none = subject{name: "none", id: cvd.NewCaseID("FL", 2026, [6]byte{1, 2, 3, 4, 5, 6}), blob: strings.Repeat("ab", 16), advisory: "FL-2026-AAAAAAA"}
	if m.handler, err = h.Handler(true); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *matrix) add(name string, roles ...cvd.Role) cvd.Member {
	m.t.Helper()
	one, err := m.h.Auth.AddMember(context.Background(), cvd.System, cvd.Member{Name: name, Email: name + "@example.org", Roles: roles, Active: true})
	if err != nil {
		m.t.Fatal(err)
	}
	return one
}

// open makes a case with a message, a note and a file, all of them with its word.
func (m *matrix) open(name, title string, lead cvd.Member) subject {
	m.t.Helper()
	ctx := context.Background()
	a, err := m.h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Channel: "api", Report: &cvd.Report{
		Title: title, Description: title + " for a start", Product: title, Reporter: &cvd.Contact{Name: title, Email: strings.Fields(title)[0] + "@example.net"},
	}})
	if err != nil {
		m.t.Fatal(err)
	}
	m.receipts[name] = a.Receipt
	by := m.h.Desk.As(cvd.Actor{Kind: cvd.ActorMember, ID: lead.ID, Name: lead.Name, Roles: lead.Roles})
	for verb, in := range map[cvd.Verb]cvd.Input{
		cvd.VerbNote: {Note: title + ", we think"}, cvd.VerbMessage: {Text: title + ", we say"},
	} {
		if _, err := by.Do(ctx, a.Case, verb, in); err != nil {
			m.t.Fatal(err)
		}
	}
	done, err := by.Attach(ctx, a.Case, title+".txt", strings.NewReader(title), cvd.Input{})
	if err != nil {
		m.t.Fatal(err)
	}
	return subject{name: name, id: a.Case, blob: done.Events[0].Body.File.Blob, advisory: "FL-2026-AAAAAAA"}
}

// callers are those who ask, the least first: whoever may change something comes
// after those who may not.
func (m *matrix) callers() []caller {
	m.t.Helper()
	ctx := context.Background()
	out := []caller{{name: "stranger"}, {name: "reporter", bearer: "Receipt " + m.receipts["own"]}}
	who, err := m.h.Auth.Receipt(ctx, m.receipts["own"])
	if err != nil {
		m.t.Fatal(err)
	}
	s, err := m.h.Auth.StartReporter(ctx, who)
	if err != nil {
		m.t.Fatal(err)
	}
	out[1].cookie = &http.Cookie{Name: "__Host-fairlead", Value: s.Token}
	members, err := m.h.Auth.Members(ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	lead := members[0]
	m.member = lead.ID
	by := cvd.Actor{Kind: cvd.ActorMember, ID: lead.ID, Name: lead.Name, Roles: lead.Roles}
	for _, role := range []cvd.Role{cvd.RoleReader, cvd.RoleOfficer, cvd.RoleFixer, cvd.RoleAuditor, cvd.RoleMember, cvd.RoleLead} {
		one := lead
		if role != cvd.RoleLead {
			one = m.add(string(role), role)
		}
		if role == cvd.RoleFixer {
			if _, err := m.h.Desk.As(by).Do(ctx, m.own.id, cvd.VerbInvite, cvd.Input{To: one.ID}); err != nil {
				m.t.Fatal(err)
			}
		}
		sees := role == cvd.RoleAuditor || role == cvd.RoleMember || role == cvd.RoleLead
		out = append(out, caller{string(role), "Bearer " + m.token(one, false), m.session(one), sees})
		if role == cvd.RoleMember {
			out = append(out, caller{name: "machine", bearer: "Bearer " + m.token(one, true), reads: true})
		}
	}
	return out
}

func (m *matrix) token(one cvd.Member, machine bool) string {
	m.t.Helper()
	secret, _, err := m.h.Auth.CreateToken(context.Background(), cvd.System, auth.Token{
		Name: "matrix", Member: one.ID, Expires: m.h.Options.Clock.Now().Add(24 * time.Hour), Machine: machine,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return secret
}

func (m *matrix) session(one cvd.Member) *http.Cookie {
	m.t.Helper()
	code, err := m.h.Auth.NewLink(context.Background(), one.ID, time.Hour)
	if err != nil {
		m.t.Fatal(err)
	}
	s, err := m.h.Auth.UseLink(context.Background(), code)
	if err != nil {
		m.t.Fatal(err)
	}
	return &http.Cookie{Name: "__Host-fairlead-desk", Value: s.Token}
}

// routes are all addresses with their methods: those of the API from its own
// document, all others from the patterns in the code of the doors.
func (m *matrix) routes() []string {
	m.t.Helper()
	out := slices.Concat(m.apiRoutes(), siteRoutes(m.t))
	slices.Sort(out)
	return slices.Compact(out)
}

func (m *matrix) apiRoutes() []string {
	m.t.Helper()
	w := m.ask(httptest.NewRequest(http.MethodGet, origin+"/api/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		m.t.Fatal(err)
	}
	var out []string
	for path, methods := range doc.Paths {
		for method := range methods {
			out = append(out, strings.ToUpper(method)+" "+path)
		}
	}
	if len(out) < 50 {
		m.t.Fatalf("the document names %d operations only", len(out))
	}
	return out
}

var pattern = regexp.MustCompile(`^(GET|POST|DELETE) /`)

// siteRoutes reads the patterns from the source, so that no list of them can be
// behind it.
func siteRoutes(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, room := range []string{"../web", "../publish", "."} {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.HasSuffix(path, "metrics.go") || strings.Contains(path, "cveservices") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil && pattern.MatchString(s) {
						out = append(out, s)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d patterns were found", len(out))
	}
	return out
}

// cell asks for one address three times and says how it went.
func (m *matrix) cell(route string, c caller) string {
	m.t.Helper()
	var signs string
	var answers []*httptest.ResponseRecorder
	subjects := []subject{m.own, m.foreign, m.none}
	for _, s := range subjects {
		w := m.ask(m.request(route, s, c))
		answers = append(answers, w)
		signs += sign(w)
		if w.Code >= 500 {
			m.t.Errorf("%s: %s with the case %s: %d %s", route, c.name, s.name, w.Code, w.Body)
		}
		if !c.reads && strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), canary) {
			m.t.Errorf("%s: %s reads a word of a foreign case: %d %s", route, c.name, w.Code, w.Body)
		}
	}
	if foreign, none := blind(answers[1], m.foreign), blind(answers[2], m.none); !c.reads && foreign != none {
		m.t.Errorf("%s: %s can tell a foreign case from none:\n%s\n%s", route, c.name, head(foreign), head(none))
	}
	return signs
}

// head is what of an answer a failure shows.
func head(s string) string { return s[:min(len(s), 300)] }

func sign(w *httptest.ResponseRecorder) string {
	switch {
	case w.Code == http.StatusNotFound:
		return "-"
	case w.Code == http.StatusUnauthorized, strings.HasPrefix(w.Header().Get("Location"), "/desk/sign-in"):
		return "s"
	case w.Code == http.StatusSeeOther, w.Code == http.StatusMovedPermanently:
		return "r"
	case w.Code >= 400:
		return "o"
	}
	return "O"
}

// blind is an answer without what the question itself brought.
func blind(w *httptest.ResponseRecorder, s subject) string {
	body := w.Body.String()
	if w.Header().Get("Content-Encoding") != "" {
		body = "packed"
	}
	text := fmt.Sprintf("%d %q %q %s", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Location"), body)
	text = strings.NewReplacer(string(s.id), "CASE", strings.ToLower(string(s.id)), "CASE", s.blob, "BLOB").Replace(text)
	return varying.ReplaceAllString(text, "X")
}

// varying is what differs between two answers to the same question: names that are
// made anew each time, and how long a limit still lasts.
var varying = regexp.MustCompile(`[0-9a-f]{16,}|[A-Za-z0-9_-]{43}| d="M[^"]*"|(?:[a-z2-7]{4} ){7}[a-z2-7]{4}|"[0-9A-Z]{26}"|"seq":[0-9]+|value="[0-9]+"|\s+|[a-z]+(-[a-z]+){6}|FL-2026-[0-9A-Z]{7}`)

func (m *matrix) request(route string, s subject, c caller) *http.Request {
	method, path, _ := strings.Cut(route, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	if path == "/api/v1/thread/contact" || path == "/api/v1/thread/attachments" {
		path += "?case=" + string(s.id)
	}
	path = strings.NewReplacer(
		"/api/v1/cases/{case}", "/api/v1/cases/"+string(s.id), "/desk/cases/{id}", "/desk/cases/"+string(s.id), "{verb}", "message", "{blob}", s.blob,
		"attachments/{id}", "attachments/"+s.blob, "files/{id}", "files/"+s.blob, "{member}", m.member, "team/{id}", "team/"+m.member, "provider/{id}", "provider/main", "{number}", "1", "{n}", "1", "{case}", string(s.id),
	).Replace(path)
	path = regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`).ReplaceAllString(path, s.advisory)
	var body bytes.Buffer
	kind := ""
	switch {
	case method == http.MethodGet:
	case strings.HasSuffix(path, "/attach") || strings.HasSuffix(path, "/attachments"):
		form := multipart.NewWriter(&body)
		_ = form.WriteField("case", string(s.id))
		_ = form.Close()
		kind = form.FormDataContentType()
	case path == "/api/v1/components":
		form := multipart.NewWriter(&body)
		_ = form.WriteField("product", "x")
		_ = form.WriteField("version", "1")
		if file, err := form.CreateFormFile("file", "bill.json"); err == nil {
			_, _ = file.Write([]byte("{}"))
		}
		_ = form.Close()
		kind = form.FormDataContentType()
	case path == "/api/v1/policy":
		body.WriteString("revision: 1")
		kind = "application/yaml"
	case strings.HasPrefix(path, "/api/"):
		body.WriteString("{}")
		kind = "application/json"
	default:
		body.WriteString(url.Values{"case": {string(s.id)}, "seq": {"0"}}.Encode())
		kind = "application/x-www-form-urlencoded"
	}
	r := httptest.NewRequest(method, origin+path, &body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if strings.HasPrefix(path, "/api/") && c.bearer != "" {
		r.Header.Set("Authorization", c.bearer)
	} else if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	return r
}

func (m *matrix) ask(r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = "192.0.2.9:4711"
	if r.URL.Path == "/desk/events" { // it does not end by itself
		ctx, stop := context.WithTimeout(r.Context(), 200*time.Millisecond)
		defer stop()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w
}
