package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
	"fairlead/internal/may"
)

// scopedAsk asks for an operation with nothing in it, by the token.
func (h *house) scopedAsk(op, token string) answer {
	method, path, _ := strings.Cut(op, " ")
	body := ""
	if method == "POST" {
		body = "{}"
	}
	return h.ask(method, regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "none"), body, "Authorization", "Bearer "+token)
}

// Which scope opens which operation is a golden; each was asked for with a lead's token
// that is held to that scope alone, and what the token is not held to is refused before
// anything else is looked at. The document says the same.
func TestScopesOfOperations(t *testing.T) {
	h := open(t, true)
	tokens := map[may.Scope]string{}
	for _, s := range may.Scopes {
		secret, made, err := h.Auth.CreateToken(context.Background(), cvd.System, auth.Token{Name: string(s), Member: h.Lead.ID, Scopes: []string{string(s)}})
		if err != nil || !slices.Equal(made.Scopes, []string{string(s)}) {
			t.Fatal(made, err)
		}
		tokens[s] = secret
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
	}
	h.ask("GET", "/api/openapi.json", "").into(t, &doc)
	var lines []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if len(op.Security) != 1 || op.Security[0]["Bearer"] == nil {
				continue
			}
			line := fmt.Sprintf("%-6s %-52s", strings.ToUpper(method), path)
			var opens []string
			for _, s := range may.Scopes {
				a := h.scopedAsk(strings.ToUpper(method)+" "+path, tokens[s])
				if a.Code != http.StatusForbidden {
					opens = append(opens, string(s))
				} else if !strings.Contains(a.Body.String(), "insufficient-scope") || !strings.Contains(a.Header().Get("WWW-Authenticate"), "insufficient_scope") {
					t.Errorf("%s by %s: %s", line, s, a.Body)
				}
			}
			if !slices.Contains(opens, op.Security[0]["Bearer"][0]) {
				t.Errorf("%s: the document says %v", line, op.Security)
			}
			lines = append(lines, line+" "+strings.Join(opens, " "))
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	golden := filepath.Join("testdata", "scopes.golden")
	goldentest.Is(t, golden, got)
}

// A token that is held to scopes makes none that may more, and what it is held to is
// listed; one of before, held to nothing, may all that the roles may.
func TestScopedTokens(t *testing.T) {
	h := open(t, true)
	secret := func(body string, by string, status int) string {
		t.Helper()
		a := h.ask("POST", "/api/v1/tokens", body, "Authorization", "Bearer "+by).want(t, status)
		var made struct {
			Token  string
			Scopes []string
		}
		if status == http.StatusCreated {
			a.into(t, &made)
		}
		return made.Token
	}
	whole := h.token(h.Lead, false)
	narrow := secret(`{"name": "a", "scopes": ["tokens:write", "cases:read"]}`, whole, http.StatusCreated)
	secret(`{"name": "b", "scopes": ["team:admin"]}`, narrow, http.StatusUnprocessableEntity)
	secret(`{"name": "b", "scopes": ["all"]}`, whole, http.StatusUnprocessableEntity)
	child := secret(`{"name": "c"}`, narrow, http.StatusCreated)
	h.scopedAsk("GET /api/v1/members", child).want(t, http.StatusForbidden)
	h.scopedAsk("GET /api/v1/cases", child).want(t, http.StatusOK)
	h.scopedAsk("GET /api/v1/members", whole).want(t, http.StatusOK)
	var list struct {
		Tokens []struct {
			Name   string
			Scopes json.RawMessage
		}
	}
	h.scopedAsk("GET /api/v1/tokens", whole).into(t, &list)
	held := map[string]string{}
	for _, one := range list.Tokens {
		held[one.Name] = string(one.Scopes)
	}
	if held["test"] != "" || held["a"] != `["cases:read","tokens:write"]` || held["c"] != held["a"] {
		t.Errorf("%v", held)
	}
	// A member's token is not held to what only a lead may.
	secret(`{"name": "d", "scopes": ["team:admin"]}`, h.token(h.Member, false), http.StatusUnprocessableEntity)
	// The case itself is closed to a token that only drafts its advisory.
	id, _ := h.report(`{"description": "x"}`)
	drafts := secret(`{"name": "e", "scopes": ["advisories:write"]}`, whole, http.StatusCreated)
	for _, path := range []string{"/api/v1/cases/" + id, "/api/v1/cases"} {
		h.scopedAsk("GET "+path, drafts).want(t, http.StatusForbidden)
	}
	// Nor does it read the report as the draft that nobody saved yet.
	h.scopedAsk("GET /api/v1/cases/"+id+"/advisory", drafts).want(t, http.StatusNotFound)
	h.scopedAsk("GET /api/v1/cases/"+id+"/advisory", whole).want(t, http.StatusOK)
	// An empty list of scopes is none at all, not all of them.
	secret(`{"name": "f", "scopes": []}`, whole, http.StatusUnprocessableEntity)
}

// A token that is held to scopes lets nobody in who may more than it: not by a link, not
// by adding them.
func TestScopedTokensLetInNobodyWhoMayMore(t *testing.T) {
	h := open(t, true)
	token := func(scopes ...string) string {
		secret, _, err := h.Auth.CreateToken(context.Background(), cvd.System, auth.Token{Name: "x", Member: h.Lead.ID, Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	reader, err := h.Auth.AddMember(context.Background(), cvd.System, cvd.Member{Name: "R", Email: "r@example.org", Roles: []cvd.Role{cvd.RoleReader}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ask := func(by, path, role string) answer {
		body := ""
		if role != "" {
			n++
			body = fmt.Sprintf(`{"name":"N%[1]d","email":"n%[1]d@example.org","roles":[%[2]q]}`, n, role)
		}
		return h.ask("POST", "/api/v1/members"+path, body, "Authorization", "Bearer "+by)
	}
	team, readers := token("team:admin"), token("team:admin", "tokens:write", "advisories:read")
	var all []string
	for _, s := range may.Scopes {
		all = append(all, string(s))
	}
	for _, by := range []string{team, readers} {
		for _, path := range []string{"/" + h.Lead.ID + "/link", "/" + h.Member.ID + "/link"} {
			if a := ask(by, path, "").want(t, http.StatusForbidden); !strings.Contains(a.Body.String(), "insufficient-scope") {
				t.Errorf("%s", a.Body)
			}
		}
		ask(by, "", "lead").want(t, http.StatusForbidden)
		ask(by, "", "member").want(t, http.StatusForbidden)
	}
	ask(team, "/"+reader.ID+"/link", "").want(t, http.StatusForbidden)
	ask(readers, "/"+reader.ID+"/link", "").want(t, http.StatusCreated)
	ask(readers, "", "reader").want(t, http.StatusCreated)
	for _, by := range []string{token(all...), h.token(h.Lead, false)} {
		ask(by, "/"+h.Lead.ID+"/link", "").want(t, http.StatusCreated)
		ask(by, "", "lead").want(t, http.StatusCreated)
	}
}
