package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/app"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// TestStories runs testdata/stories: each file tells one promise of a policy, or
// one scenario, through the doors of the whole house on a clock that stands
// until the story waits. CONTRIBUTING.md lists the commands.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "stories"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"house": storyHouse, "clock": storyClock, "wait": storyWait,
			"report": storyReport, "say": storySay, "send": storySend, "leave": storyLeave, "appeal": storyAppeal, "contact": storyContact,
			"thread": storyThread, "do": storyDo, "preview": storyPreview, "record": storyRecord,
			"case": storyCase, "cases": storyCases, "outbox": storyOutbox,
			"page": storyPage, "desk": storyDesk, "publish": storyPublish, "sign": storySign, "suggest": storySuggest,
			"with": storyWith, "present": storyPresent,
		},
	})
}

// story is the world of one file.
type story struct {
	h       *app.House
	handler http.Handler
	members map[string]cvd.Member
	tokens  map[string]string
	codes   map[string]string // receipts, by the reporter's name
	cases   map[string]string // the latest case, by the reporter's name
	cookies map[string]string
}

var stories = map[*testscript.TestScript]*story{}

func of(ts *testscript.TestScript) *story {
	s := stories[ts]
	if s == nil {
		ts.Fatalf("begin with: house POLICY INSTANT")
	}
	return s
}

func check(ts *testscript.TestScript, err error) {
	if err != nil {
		ts.Fatalf("%v", err)
	}
}

// house two-person-team 2026-03-03T10:00:00+01:00
func storyHouse(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	source, err := os.ReadFile(policyPath(ts, args[0]))
	check(ts, err)
	at, err := time.Parse(time.RFC3339, args[1])
	check(ts, err)
	h, err := app.Build(ctx, app.Config{Data: ts.MkAbs("data"), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Clock: app.FrozenClock(at), Demo: true, BaseURL: "https://security.example.org"})
	check(ts, err)
	s := &story{h: h, members: map[string]cvd.Member{}, tokens: map[string]string{}, codes: map[string]string{}, cases: map[string]string{}, cookies: map[string]string{}}
	stories[ts] = s
	ts.Defer(func() {
		check(ts, h.Close())
		delete(stories, ts)
	})
	s.handler, err = h.Handler(true)
	check(ts, err)
	s.member(ts, "mara", cvd.RoleLead)
	s.member(ts, "tomas", cvd.RoleMember)
	s.member(ts, "ines", cvd.RoleFixer)
	s.member(ts, "sol", cvd.RoleAuditor)
	v, err := h.Book.Publish(ctx, cvd.System, source)
	check(ts, err)
	for i, want := range v.Missing() {
		name := "officer" + strconv.Itoa(i+1)
		s.member(ts, name, cvd.RoleOfficer, want.Office)
		_, err := h.Book.Sign(ctx, s.actor(name), v.Number, want.Office, want.Act, v.Digest, "")
		check(ts, err)
	}
}

func policyPath(ts *testscript.TestScript, name string) string {
	if strings.HasSuffix(name, ".yaml") {
		return ts.MkAbs(name)
	}
	return filepath.Join(root, "examples", "policies", name+".yaml")
}

var root = func() string {
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return filepath.Join(wd, "..", "..")
}()

func (s *story) member(ts *testscript.TestScript, name string, role cvd.Role, offices ...string) {
	ctx := context.Background()
	m, err := s.h.Auth.AddMember(ctx, cvd.System, cvd.Member{
		Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@example.org", Roles: []cvd.Role{role}, Offices: offices, Active: true,
	})
	check(ts, err)
	s.members[name] = m
	s.tokens[name], _, err = s.h.Auth.CreateToken(ctx, cvd.System, auth.Token{Name: "story", Member: m.ID, Expires: s.h.Options.Clock.Now().AddDate(0, 11, 0)})
	check(ts, err)
}

func (s *story) actor(name string) cvd.Actor {
	m := s.members[name]
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

// clock INSTANT   moves the clock without letting anything happen in between
func storyClock(ts *testscript.TestScript, _ bool, args []string) {
	at, err := time.Parse(time.RFC3339, args[0])
	check(ts, err)
	of(ts).h.Options.Clock.Set(at)
}

// wait 73h | 14d   lets time pass, and the house do its part every half hour
func storyWait(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	text := args[0]
	if n, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.Atoi(n)
		check(ts, err)
		text = fmt.Sprintf("%dh", 24*days)
	}
	d, err := time.ParseDuration(text)
	check(ts, err)
	clock := s.h.Options.Clock
	end := clock.Now().Add(d)
	for clock.Now().Before(end) {
		clock.Set(clock.Now().Add(min(30*time.Minute, end.Sub(clock.Now()))))
		check(ts, s.h.Turn(context.Background()))
	}
}

// ask does one request through the house's own handler. A refusal must be
// expected by a "!" before the command. The answer goes to stdout.
func (s *story) ask(ts *testscript.TestScript, neg bool, req *http.Request) []byte {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	body := w.Body.Bytes()
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") == nil {
		_, err := ts.Stdout().Write(append(pretty.Bytes(), '\n'))
		check(ts, err)
	} else {
		_, err := ts.Stdout().Write(body)
		check(ts, err)
	}
	if refused := w.Code >= 400; refused != neg {
		ts.Fatalf("%s %s answered %d: %s", req.Method, req.URL.Path, w.Code, body)
	}
	if w.Code >= 500 {
		ts.Fatalf("%s %s answered %d: %s", req.Method, req.URL.Path, w.Code, body)
	}
	check(ts, s.h.Turn(context.Background()))
	return body
}

func request(method, path, authorization string, body any) *http.Request {
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(b))
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return req
}

// pairs reads key=value; a comma-separated list where the field is one, and
// dots for what stands inside reporter.
func pairs(ts *testscript.TestScript, args []string) map[string]any {
	lists := map[string]bool{"clauses": true, "missing": true, "urls": true, "tools": true, "roles": true}
	out := map[string]any{}
	for _, a := range args {
		key, value, ok := strings.Cut(a, "=")
		if !ok {
			ts.Fatalf("%q is not key=value", a)
		}
		into := out
		if group, rest, ok := strings.Cut(key, "."); ok {
			if out[group] == nil {
				out[group] = map[string]any{}
			}
			into, key = out[group].(map[string]any), rest
		}
		switch {
		case lists[key]:
			into[key] = strings.Split(value, ",")
		case key == "seq":
			n, err := strconv.Atoi(value)
			check(ts, err)
			into[key] = n
		case key == "internal":
			into[key] = value == "true"
		default:
			into[key] = value
		}
	}
	return out
}

// report ann title=… description=… reporter.email=…
func storyReport(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.accepted(ts, neg, args[0], s.ask(ts, neg, request("POST", "/api/v1/reports", "", pairs(ts, args[1:]))))
}

func (s *story) accepted(ts *testscript.TestScript, neg bool, name string, body []byte) {
	if neg {
		return
	}
	var a struct{ Case, Receipt string }
	check(ts, json.Unmarshal(body, &a))
	if a.Receipt != "" {
		s.codes[name] = a.Receipt
	}
	s.cases[name] = a.Case
	ts.Setenv("CASE", a.Case)
}

// record tomas ann channel=phone received_at=… description=…
func storyRecord(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.accepted(ts, neg, args[1], s.ask(ts, neg, request("POST", "/api/v1/cases", "Bearer "+s.tokens[args[0]], pairs(ts, args[2:]))))
}

func (s *story) receipt(ts *testscript.TestScript, name string) string {
	if s.codes[name] == "" {
		ts.Fatalf("%s has no receipt", name)
	}
	return "Receipt " + s.codes[name]
}

// thread ann   prints what the reporter reads
func storyThread(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("GET", "/api/v1/thread", s.receipt(ts, args[0]), nil))
}

// say ann TEXT   writes in the thread; on a closed case it opens a successor
func storySay(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	body := s.ask(ts, neg, request("POST", "/api/v1/thread/messages", s.receipt(ts, args[0]), map[string]string{"text": args[1]}))
	var a struct{ Case string }
	if !neg && json.Unmarshal(body, &a) == nil && a.Case != "" {
		s.cases[args[0]] = a.Case
		ts.Setenv("CASE", a.Case)
	}
}

// send ann FILE   attaches a file
func storySend(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", filepath.Base(args[1]))
	check(ts, err)
	_, err = part.Write([]byte(ts.ReadFile(args[1])))
	check(ts, err)
	check(ts, w.Close())
	req := httptest.NewRequest("POST", "/api/v1/thread/attachments", &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", s.receipt(ts, args[0]))
	s.ask(ts, neg, req)
}

// leave ann [REASON]   withdraws the report
func storyLeave(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("POST", "/api/v1/thread/withdraw", s.receipt(ts, args[0]), map[string]string{"reason": strings.Join(args[1:], " ")}))
}

// appeal ann TEXT
func storyAppeal(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("POST", "/api/v1/thread/appeal", s.receipt(ts, args[0]), map[string]string{"text": args[1]}))
}

// contact ann reporter.email=…
func storyContact(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("POST", "/api/v1/thread/contact", s.receipt(ts, args[0]), pairs(ts, args[1:])["reporter"]))
}

// do tomas validate text=…   does a verb to the latest case
func storyDo(ts *testscript.TestScript, neg bool, args []string) { verb(ts, neg, args, "") }

// preview tomas validate text=…   says what the reporter would be told
func storyPreview(ts *testscript.TestScript, neg bool, args []string) {
	verb(ts, neg, args, "?preview=true")
}

func verb(ts *testscript.TestScript, neg bool, args []string, query string) {
	s := of(ts)
	in := pairs(ts, args[2:])
	if to, ok := in["to"].(string); ok && s.members[to].ID != "" {
		in["to"] = s.members[to].ID
	}
	body := s.ask(ts, neg, request("POST", "/api/v1/cases/"+ts.Getenv("CASE")+"/"+args[1]+query, "Bearer "+s.tokens[args[0]], in))
	var a struct{ Receipt string }
	if !neg && json.Unmarshal(body, &a) == nil && a.Receipt != "" {
		for name, c := range s.cases {
			if c == ts.Getenv("CASE") {
				s.codes[name] = a.Receipt
			}
		}
	}
}

// case tomas   prints the latest case as a member reads it
func storyCase(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("GET", "/api/v1/cases/"+ts.Getenv("CASE"), "Bearer "+s.tokens[args[0]], nil))
}

// cases tomas [QUERY]
func storyCases(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	s.ask(ts, neg, request("GET", "/api/v1/cases?"+strings.Join(args[1:], "&"), "Bearer "+s.tokens[args[0]], nil))
}

// outbox   prints every notice as it was written, newest first
func storyOutbox(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts)
	check(ts, s.h.Turn(context.Background()))
	all, err := s.h.Desk.As(s.actor("mara")).Outbox(context.Background(), "", 200)
	check(ts, err)
	for _, c := range all {
		_, err := fmt.Fprintf(ts.Stdout(), "--- %s to %s: %s\n%s\n", c.Template, c.To, c.State, c.Text)
		check(ts, err)
	}
}

// page /policy   prints a page as a stranger reads it
func storyPage(ts *testscript.TestScript, neg bool, args []string) {
	of(ts).ask(ts, neg, httptest.NewRequest("GET", "https://security.example.org"+args[0], nil))
}

// desk tomas /desk/   prints a page of the desk as a member reads it
func storyDesk(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if s.cookies[args[0]] == "" {
		s.signIn(ts, args[0])
	}
	path := strings.ReplaceAll(args[1], "CASE", ts.Getenv("CASE"))
	req := httptest.NewRequest("GET", "https://security.example.org"+path, nil)
	req.Header.Set("Cookie", s.cookies[args[0]])
	s.ask(ts, neg, req)
}

func (s *story) signIn(ts *testscript.TestScript, name string) {
	code, err := s.h.Auth.NewLink(context.Background(), s.members[name].ID, time.Hour)
	check(ts, err)
	w := httptest.NewRecorder()
	req := httptest.NewRequest("POST", "https://security.example.org/desk/sign-in", strings.NewReader(url.Values{"link": {code}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	s.handler.ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		s.cookies[name] += c.Name + "=" + c.Value + "; "
	}
	if s.cookies[name] == "" {
		ts.Fatalf("%s could not sign in: %d %s", name, w.Code, w.Body)
	}
}

// publish mara FILE   a new version of the policy
func storyPublish(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	b, err := os.ReadFile(policyPath(ts, args[1]))
	check(ts, err)
	req := httptest.NewRequest("POST", "/api/v1/policy", bytes.NewReader(b))
	req.Header.Set("Content-Type", "text/yaml")
	req.Header.Set("Authorization", "Bearer "+s.tokens[args[0]])
	s.ask(ts, neg, req)
}

// sign officer1 reviewed   signs the latest version
func storySign(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	all := s.h.Book.Versions().All
	v := all[len(all)-1]
	office := ""
	if o := s.members[args[0]].Offices; len(o) > 0 {
		office = o[0]
	}
	s.ask(ts, neg, request("POST", fmt.Sprintf("/api/v1/policy/%d/sign", v.Number), "Bearer "+s.tokens[args[0]],
		map[string]string{"office": office, "act": args[1], "digest": v.Digest}))
}

// suggest TEXT   a word about the policy itself, as anybody may send one
func storySuggest(ts *testscript.TestScript, _ bool, args []string) {
	check(ts, of(ts).h.Book.Suggest(context.Background(), args[0]))
}

// with NAME   makes that reporter's case the latest
func storyWith(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("CASE", of(ts).cases[args[0]])
}

// present tomas away|back   a member says whether they are on duty
func storyPresent(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	m := s.members[args[0]]
	m.Away = args[1] == "away"
	check(ts, s.h.Auth.ChangeMember(context.Background(), cvd.System, m))
	s.members[args[0]] = m
}
