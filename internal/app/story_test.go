package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/app"
	"fairlead/internal/app/wall"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// TestStories runs testdata/stories: each file tells one promise of a policy, or
// one scenario, through the doors of the whole house on a clock that stands
// until the story lets time pass. CONTRIBUTING.md lists the commands.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "stories"),
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = &story{
				t:       env.T(),
				members: map[string]cvd.Member{}, tokens: map[string]string{}, expire: map[string]time.Time{},
				codes: map[string]string{}, cases: map[string]string{}, mails: map[string]string{}, keys: map[string]heldKey{}, remote: "192.0.2.1",
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// the world
			"house": storyHouse, "clock": storyClock, "after": storyAfter, "secret": storySecret, "with": storyWith, "from": storyFrom,
			// reporters and readers
			"report": storyReport, "flood": storyFlood, "form": storyForm, "thread": storyThread, "visit": storyVisit, "say": storySay, "send": storySend,
			"leave": storyLeave, "appeal": storyAppeal, "contact": storyContact, "page": storyPage, "suggest": storySuggest,
			// the team
			"record": storyRecord, "do": storyDo, "preview": storyPreview, "case": storyCase, "cases": storyCases, "desk": storyDesk,
			"bill": storyBill, "components": storyComponents,
			"press": storyPress, "amend": storyAmend, "publish": storyPublish, "sign": storySign, "present": storyPresent, "gone": storyGone,
			"advise": storyAdvise, "draft": storyDraft, "checked": storyChecked, "fetch": storyFetch,
			// mail
			"mail": storyMail, "claim": storyClaim, "dns": storyDNS, "bounce": storyBounce, "shelf": storyShelf, "sort": storySort, "held": storyHeld, "keep": storyKeep,
			// what must hold
			"gate": storyGate, "released": storyReleased,
			"state": storyState, "promise": storyPromise, "told": storyTold, "event": storyEvent, "notice": storyNotice, "outbox": storyOutbox,
		},
	})
}

type worldKey struct{}

// story is the world of one file.
type story struct {
	t       testscript.T
	h       *app.House
	handler http.Handler
	members map[string]cvd.Member
	tokens  map[string]string
	expire  map[string]time.Time
	codes   map[string]string  // receipts, by the reporter's name
	cases   map[string]string  // the latest case, by the reporter's name
	mails   map[string]string  // addresses, by the reporter's name
	keys    map[string]heldKey // OpenPGP keys that were kept
	dns     *names
	secrets []string
	remote  string
}

func of(ts *testscript.TestScript) *story {
	s := ts.Value(worldKey{}).(*story)
	if s.h == nil {
		ts.Fatalf("begin with: house POLICY INSTANT")
	}
	return s
}

func check(ts *testscript.TestScript, err error) {
	if err != nil {
		ts.Fatalf("%v", err)
	}
}

func need(ts *testscript.TestScript, args []string, n int, usage string) {
	if len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

func instant(ts *testscript.TestScript, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	check(ts, err)
	return at
}

// house two-person-team|signed-policy|FILE INSTANT [unsigned]   builds a house
// with that policy in effect and the members mara (lead), tomas (member), ines
// (fixer) and sol (auditor). The officers who signed it are officer1, officer2 …;
// with "unsigned" they have yet to.
func storyHouse(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "house POLICY INSTANT [unsigned]")
	ctx := context.Background()
	source, err := os.ReadFile(policyPath(ts, args[0]))
	check(ts, err)
	at := instant(ts, args[1])
	s := ts.Value(worldKey{}).(*story)
	s.dns = &names{}
	h, err := app.Build(ctx, app.Config{Data: ts.MkAbs("data"), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Clock: wall.Frozen(at.Add(-time.Hour)), Demo: true, BaseURL: origin, SMTP: "127.0.0.1:0", Resolver: s.dns})
	check(ts, err)
	s.h = h
	ts.Defer(func() {
		// The script has ended, so ts can fail no more.
		err := errors.Join(s.leak(), h.Close())
		if err != nil {
			s.t.Fatal(err)
		}
	})
	s.handler, err = h.Handler(true)
	check(ts, err)
	s.member(ts, "mara", cvd.RoleLead)
	h.Options.Clock.Advance(time.Minute)
	s.member(ts, "tomas", cvd.RoleMember)
	h.Options.Clock.Advance(time.Minute)
	s.member(ts, "ines", cvd.RoleFixer)
	h.Options.Clock.Advance(time.Minute)
	s.member(ts, "sol", cvd.RoleAuditor)
	h.Options.Clock.Set(at)
	v, err := h.Book.Publish(ctx, cvd.System, source)
	check(ts, err)
	ts.Setenv("DIGEST", v.Digest)
	for i, want := range v.Missing() {
		name := "officer" + strconv.Itoa(i+1)
		s.member(ts, name, cvd.RoleOfficer, want.Office)
		if len(args) > 2 {
			continue
		}
		_, err := h.Book.Sign(ctx, s.actor(name), v.Number, want.Office, want.Act, v.Digest, "")
		check(ts, err)
	}
}

const origin = "https://security.example.org"

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

// member adds one who was there before the story began; the order in which they
// joined decides weekly turns.
func (s *story) member(ts *testscript.TestScript, name string, role cvd.Role, offices ...string) {
	ctx := context.Background()
	m, err := s.h.Auth.AddMember(ctx, cvd.System, cvd.Member{
		Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@example.org", Roles: []cvd.Role{role}, Offices: offices, Active: true,
	})
	check(ts, err)
	s.members[name] = m
	ts.Setenv(strings.ToUpper(name), m.ID)
	s.renew(ts, name)
}

// tokenLife is for how long a story's tokens are good.
const tokenLife = 300 * 24 * time.Hour

// renew gives a member fresh tokens: a person's own, and one that is marked as a
// machine's.
func (s *story) renew(ts *testscript.TestScript, name string) {
	s.expire[name] = s.h.Options.Clock.Now().Add(tokenLife)
	for _, machine := range []bool{false, true} {
		secret, _, err := s.h.Auth.CreateToken(context.Background(), cvd.System, auth.Token{
			Name: "story", Member: s.members[name].ID, Expires: s.expire[name], Machine: machine,
		})
		check(ts, err)
		if machine {
			name += "/machine"
		}
		s.tokens[name] = secret
	}
}

func (s *story) actor(name string) cvd.Actor {
	m := s.members[name]
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

// bearer is the token of a member, or for NAME/machine the one that is marked
// as a machine's.
func (s *story) bearer(ts *testscript.TestScript, name string) string {
	name, maker, made := strings.Cut(name, "@")
	who := strings.TrimSuffix(name, "/machine")
	if s.members[who].ID == "" {
		ts.Fatalf("there is no member %s", who)
	}
	if s.h.Options.Clock.Now().After(s.expire[who]) {
		s.renew(ts, who)
	}
	if made {
		return "Bearer " + s.lent(ts, who, maker)
	}
	return "Bearer " + s.tokens[name]
}

// lent is a machine's token of a member that another one made for them.
func (s *story) lent(ts *testscript.TestScript, name, maker string) string {
	w := s.quietly(ts, false, request("POST", "/api/v1/tokens", s.bearer(ts, maker), map[string]any{"name": "story", "member": s.members[name].ID, "machine": true}))
	var out struct{ Token string }
	check(ts, json.Unmarshal(w.Body.Bytes(), &out))
	return out.Token
}

// clock INSTANT   moves the clock without letting anything happen in between,
// as if the server had been off.
func storyClock(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "clock INSTANT")
	of(ts).h.Options.Clock.Set(instant(ts, args[0]))
}

// after 73h | 14d | INSTANT   lets time pass, and the house do its part at each
// instant for which it meant to wake.
func storyAfter(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "after SPAN|INSTANT")
	s, clock := of(ts), of(ts).h.Options.Clock
	end, err := time.Parse(time.RFC3339, args[0])
	if err != nil {
		text := args[0]
		if n, ok := strings.CutSuffix(text, "d"); ok {
			days, err := strconv.Atoi(n)
			check(ts, err)
			text = strconv.Itoa(24*days) + "h"
		}
		d, err := time.ParseDuration(text)
		check(ts, err)
		end = clock.Now().Add(d)
	}
	if !end.After(clock.Now()) {
		ts.Fatalf("%s is not later than now", args[0])
	}
	for at := s.wake(ts, end); at.Before(end); at = s.wake(ts, end) {
		clock.Set(at)
		check(ts, s.h.Turn(context.Background()))
	}
	clock.Set(end)
	check(ts, s.h.Turn(context.Background()))
}

// wake is when the house has something to do next, at most end. It always lies
// ahead: a case that stays due must not stop the story.
func (s *story) wake(ts *testscript.TestScript, end time.Time) time.Time {
	now := s.h.Options.Clock.Now()
	next := end
	consider := func(at time.Time) {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	check(ts, s.h.Store.View(context.Background(), func(tx store.Tx) error {
		ids, err := tx.Wake(end, 1)
		if err != nil || len(ids) == 0 {
			return err
		}
		c, err := tx.Case(ids[0])
		if !c.Wake.After(now) {
			c.Wake = now.Add(time.Minute)
		}
		consider(c.Wake)
		return err
	}))
	if r, ok := s.h.Book.Review(); ok {
		consider(r.Warn)
		consider(r.Due)
	}
	return next
}

// secret WORD…   words that may stand in no notice, whatever happens; looked
// for when the story ends, and each time it prints the outbox.
func storySecret(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).secrets = append(of(ts).secrets, args...)
}

// with NAME   makes that reporter's case the latest
func storyWith(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "with NAME")
	ts.Setenv("CASE", of(ts).cases[args[0]])
}

// from ADDRESS   is where requests come from that follow
func storyFrom(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "from ADDRESS")
	of(ts).remote = args[0]
}

// ask does one request through the house's own handler. A refusal must be
// expected by a "!" before the command. The answer goes to stdout.
func (s *story) ask(ts *testscript.TestScript, neg bool, req *http.Request) []byte {
	body := s.quietly(ts, neg, req).Body.Bytes()
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") != nil {
		pretty = *bytes.NewBuffer(body)
	}
	_, err := ts.Stdout().Write(append(pretty.Bytes(), '\n'))
	check(ts, err)
	check(ts, s.h.Turn(context.Background()))
	return body
}

// quietly does the request and prints nothing.
func (s *story) quietly(ts *testscript.TestScript, neg bool, req *http.Request) *httptest.ResponseRecorder {
	req.RemoteAddr = s.remote + ":40000"
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	if refused := w.Code >= 400; refused != neg || (w.Code >= 500 && w.Code != http.StatusServiceUnavailable) {
		ts.Fatalf("%s %s answered %d: %s", req.Method, req.URL.Path, w.Code, w.Body)
	}
	return w
}

func request(method, path, authorization string, body any) *http.Request {
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	req := httptest.NewRequest(method, origin+path, bytes.NewReader(b))
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
		case key == "seq" && value == "DRAFT":
			into[key] = of(ts).draft(ts, "mara").Seq
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
