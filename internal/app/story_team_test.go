package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// record tomas ann channel=phone received_at=… description=…   writes down a
// report that came by another way, or with internal=true an own finding.
func storyRecord(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 3, "record MEMBER NAME KEY=VALUE…")
	s := of(ts)
	s.accepted(ts, neg, args[1], s.ask(ts, neg, request("POST", "/api/v1/cases", s.bearer(ts, args[0]), pairs(ts, args[2:]))))
	s.remember(args[1], args[2:])
}

// do tomas validate text=…   does a verb to the latest case
func storyDo(ts *testscript.TestScript, neg bool, args []string) { verb(ts, neg, args, "") }

// preview tomas validate text=…   says what the reporter would be told
func storyPreview(ts *testscript.TestScript, neg bool, args []string) {
	verb(ts, neg, args, "?preview=true")
}

func verb(ts *testscript.TestScript, neg bool, args []string, query string) {
	need(ts, args, 2, "do MEMBER VERB KEY=VALUE…")
	s := of(ts)
	in := pairs(ts, args[2:])
	if to, ok := in["to"].(string); ok && s.members[to].ID != "" {
		in["to"] = s.members[to].ID
	}
	path := "/api/v1/cases/" + ts.Getenv("CASE") + "/" + args[1] + query
	body := s.ask(ts, neg, request("POST", path, s.bearer(ts, args[0]), in))
	var a struct{ Receipt string }
	if neg || json.Unmarshal(body, &a) != nil || a.Receipt == "" {
		return
	}
	for name, c := range s.cases {
		if c == ts.Getenv("CASE") {
			ts.Setenv("OLD_RECEIPT", s.codes[name])
			s.codes[name] = a.Receipt
		}
	}
}

// case tomas   prints the latest case as a member reads it
func storyCase(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "case MEMBER")
	s := of(ts)
	s.ask(ts, neg, request("GET", "/api/v1/cases/"+ts.Getenv("CASE"), s.bearer(ts, args[0]), nil))
}

// cases tomas [COUNT] [KEY=VALUE…]   lists cases; a number says how many there
// must be on the page
func storyCases(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "cases MEMBER [COUNT] [KEY=VALUE…]")
	s, want, query := of(ts), -1, args[1:]
	if len(query) > 0 && !strings.Contains(query[0], "=") {
		_, err := fmt.Sscan(query[0], &want)
		check(ts, err)
		query = query[1:]
	}
	body := s.ask(ts, neg, request("GET", "/api/v1/cases?"+strings.Join(query, "&"), s.bearer(ts, args[0]), nil))
	if want < 0 || neg {
		return
	}
	var page struct{ Cases []json.RawMessage }
	check(ts, json.Unmarshal(body, &page))
	if len(page.Cases) != want {
		ts.Fatalf("%d cases, want %d", len(page.Cases), want)
	}
}

// desk tomas /desk/   prints the text of a page of the desk; CASE in the path
// stands for the latest case
func storyDesk(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "desk MEMBER PATH")
	s := of(ts)
	s.read(ts, neg, s.signedIn(ts, args[0], httptest.NewRequest("GET", origin+deskPath(ts, args[1]), nil)))
}

// press officer1 /desk/policy/1/sign act=reviewed …   sends a form of the desk
func storyPress(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "press MEMBER PATH KEY=VALUE…")
	s, fields := of(ts), url.Values{}
	for _, a := range args[2:] {
		key, value, _ := strings.Cut(a, "=")
		fields.Add(key, value)
	}
	req := s.signedIn(ts, args[0], posted(deskPath(ts, args[1]), fields))
	w := s.quietly(ts, neg, req)
	if to := w.Header().Get("Location"); strings.Contains(to, "?preview=") { // as a browser follows it
		look := httptest.NewRequest("GET", origin+to, nil)
		for _, c := range req.Cookies() {
			look.AddCookie(c)
		}
		w = s.quietly(ts, false, look)
	}
	s.print(ts, w)
	check(ts, s.h.Turn(context.Background()))
}

func deskPath(ts *testscript.TestScript, path string) string {
	return strings.NewReplacer("CASE", ts.Getenv("CASE"), "MAIL", ts.Getenv("MAIL")).Replace(path)
}

// signedIn adds the cookie of a fresh session, by a one-time link; that of tomas@mara is one
// that mara made.
func (s *story) signedIn(ts *testscript.TestScript, name string, req *http.Request) *http.Request {
	ctx := context.Background()
	name, maker, lent := strings.Cut(name, "@")
	if lent {
		ctx = auth.AskedBy(ctx, s.actor(maker))
	}
	code, err := s.h.Auth.NewLink(ctx, s.members[name].ID, time.Hour)
	check(ts, err)
	w := s.quietly(ts, false, posted("/desk/sign-in", url.Values{"link": {code}}))
	for _, c := range w.Result().Cookies() {
		req.AddCookie(c)
	}
	if len(w.Result().Cookies()) == 0 {
		ts.Fatalf("%s could not sign in: %d %s", name, w.Code, w.Body)
	}
	return req
}

// amend FILE.yaml POLICY OLD NEW…   writes a copy of the policy with each OLD
// replaced by its NEW; in both \n is a line break
func storyAmend(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 4, "amend FILE.yaml POLICY OLD NEW…")
	b, err := os.ReadFile(policyPath(ts, args[1]))
	check(ts, err)
	text := string(b)
	for i := 2; i+1 < len(args); i += 2 {
		old, fresh := strings.ReplaceAll(args[i], `\n`, "\n"), strings.ReplaceAll(args[i+1], `\n`, "\n")
		if n := strings.Count(text, old); n != 1 {
			ts.Fatalf("%q stands %d times in %s", args[i], n, args[1])
		}
		text = strings.Replace(text, old, fresh, 1)
	}
	check(ts, os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// publish mara FILE   brings in a new version of the policy; $DIGEST then holds
// the digest that its officers sign
func storyPublish(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "publish MEMBER FILE")
	s := of(ts)
	b, err := os.ReadFile(policyPath(ts, args[1]))
	check(ts, err)
	req := httptest.NewRequest("POST", origin+"/api/v1/policy", bytes.NewReader(b))
	req.Header.Set("Content-Type", "application/yaml")
	req.Header.Set("Authorization", s.bearer(ts, args[0]))
	s.ask(ts, neg, req)
	all := s.h.Book.Versions().All
	ts.Setenv("DIGEST", all[len(all)-1].Digest)
}

// sign officer1 reviewed [DIGEST]   signs the latest version
func storySign(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "sign MEMBER ACT [DIGEST]")
	s := of(ts)
	all := s.h.Book.Versions().All
	v := all[len(all)-1]
	office, digest := "", v.Digest
	if o := s.members[args[0]].Offices; len(o) > 0 {
		office = o[0]
	}
	if len(args) > 2 {
		digest = args[2]
	}
	s.ask(ts, neg, request("POST", fmt.Sprintf("/api/v1/policy/%d/sign", v.Number), s.bearer(ts, args[0]),
		map[string]string{"office": office, "act": args[1], "digest": digest}))
}

// present tomas away|back   a member says whether they are on duty
func storyPresent(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "present MEMBER away|back")
	of(ts).alter(ts, args[0], func(m *cvd.Member) { m.Away = args[1] == "away" })
}

// gone tomas   a member leaves the team: neither token nor session works again
func storyGone(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "gone MEMBER")
	of(ts).alter(ts, args[0], func(m *cvd.Member) { m.Active = false })
}

func (s *story) alter(ts *testscript.TestScript, name string, change func(*cvd.Member)) {
	ctx := context.Background()
	all, err := s.h.Auth.Members(ctx)
	check(ts, err)
	for _, m := range all {
		if m.ID == s.members[name].ID {
			change(&m)
			check(ts, s.h.Auth.ChangeMember(ctx, cvd.System, m))
			return
		}
	}
	ts.Fatalf("there is no member %s", name)
}
