package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// refusals are the lines about refusals that one request left in the log.
func (m *matrix) refusals(r *http.Request) (out []map[string]any) {
	m.t.Helper()
	m.log.Reset()
	m.ask(r)
	for _, line := range strings.Split(strings.TrimSpace(m.log.String()), "\n") {
		var one map[string]any
		if line != "" {
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				m.t.Fatal(line, err)
			}
		}
		if one["msg"] == "refused" {
			out = append(out, one)
		}
	}
	return out
}

// Whoever is refused a right, and whoever tries to get around a control, at whichever
// door, leaves a line that says who by id and where by route, and holds neither a
// secret nor a name nor a case (ASVS 5.0.0, V16.3.2, V16.3.3).
func TestRefusalsAreLogged(t *testing.T) {
	m := newMatrix(t)
	callers := map[string]caller{}
	for _, c := range m.callers() {
		callers[c.name] = c
	}
	ids := map[string]string{}
	members, err := m.h.Auth.Members(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range members {
		ids[one.Name] = one.ID
	}
	forged := caller{bearer: "Bearer flt_" + strings.Repeat("a", 40), cookie: &http.Cookie{Name: "__Host-fairlead-desk", Value: strings.Repeat("a", 43)}}
	crossed := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	for name, c := range map[string]struct {
		route                 string
		of                    subject
		by                    caller
		change                func(*http.Request)
		event, refusal, actor string
		token                 bool
	}{
		"a case that an officer may not see": {"GET /desk/cases/{id}", m.foreign, callers["officer"], nil, "right-refused", "not-found", "member/" + ids["officer"], false},
		"a page that a member may not see":   {"GET /desk/audit", m.own, callers["member"], nil, "right-refused", "not-found", "member/" + ids["member"], false},
		"a case that is not a fixer's":       {"GET /api/v1/cases/{case}", m.foreign, callers["fixer"], nil, "right-refused", "not-found", "member/" + ids["fixer"], true},
		"a deed that an auditor may not do":  {"POST /api/v1/cases/{case}/note", m.own, callers["auditor"], nil, "right-refused", "forbidden", "member/" + ids["auditor"], true},
		"what a machine may not do":          {"GET /api/v1/tokens", m.own, callers["machine"], nil, "right-refused", "forbidden", "machine/" + ids["member"], true},
		"what is the operator's":             {"POST /api/v1/admin/rotate-keys", m.own, callers["lead"], nil, "right-refused", "forbidden", "member/" + ids["lead"], true},
		"a reporter who asks for another's":  {"GET /thread/files/{case}/{blob}", m.foreign, callers["reporter"], nil, "right-refused", "not-found", "reporter", false},
		"a forged session":                   {"GET /desk/team", m.own, forged, nil, "credential-refused", "unauthenticated", "stranger", false},
		"a forged token":                     {"GET /api/v1/cases", m.own, forged, nil, "credential-refused", "unauthenticated", "stranger", false},
		"a forged token at what is shown":    {"GET /osv/{$}", m.own, forged, func(r *http.Request) { r.Header.Set("Authorization", forged.bearer) }, "credential-refused", "unauthenticated", "stranger", false},
		"a wrong receipt":                    {"POST /thread/open", m.own, caller{}, nil, "credential-refused", "unauthenticated", "stranger", false},
		"an invitation that opens nothing":   {"POST /desk/sign-in/invitation", m.own, caller{}, nil, "credential-refused", "unauthenticated", "stranger", false},
		"a way that nobody began":            {"GET /desk/sign-in/provider/{id}/back", m.own, caller{}, nil, "credential-refused", "unauthenticated", "stranger", false},
		"a form from another site":           {"POST /desk/team", m.own, callers["lead"], crossed, "cross-site-refused", "cross-site", "stranger", false},
		"a report from another site":         {"POST /api/v1/reports", m.own, caller{}, crossed, "cross-site-refused", "cross-site", "stranger", false},
		"a body of another kind":             {"POST /api/v1/reports", m.own, caller{}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, "input-refused", "unreadable", "stranger", false},
	} {
		r := m.request(c.route, c.of, c.by)
		if c.change != nil {
			c.change(r)
		}
		got := m.refusals(r)
		if len(got) != 1 {
			t.Errorf("%s: %v", name, got)
			continue
		}
		line := got[0]
		if line["event"] != c.event || line["refusal"] != c.refusal || line["actor"] != c.actor || line["route"] != c.route || (line["token"] != nil) != c.token {
			t.Errorf("%s: %v", name, line)
		}
		for _, secret := range append([]string{string(c.of.id), c.of.blob, "@example.org", forged.cookie.Value, strings.TrimPrefix(c.by.bearer, "Bearer ")}, m.receipts["own"]) {
			if secret != "" && strings.Contains(m.log.String(), secret) {
				t.Errorf("%s: the log holds %q: %s", name, secret, m.log.String())
			}
		}
	}
	for _, quiet := range []string{"/no/such/page", "/", "/desk/sign-in", "/desk/team"} {
		if got := m.refusals(httptest.NewRequest(http.MethodGet, origin+quiet, nil)); len(got) > 0 {
			t.Errorf("%s is no refusal: %v", quiet, got)
		}
	}
}

// Whoever tries too often leaves a line of its own kind, at each door that counts.
func TestLimitsAreLogged(t *testing.T) {
	m := newMatrixOf(t, false)
	wrong := caller{bearer: "Receipt some-words-that-open-nothing"}
	for _, route := range []string{"POST /thread/open", "POST /desk/sign-in", "GET /api/v1/thread", "POST /api/v1/reports", "GET /osv/{$}"} {
		events := map[any]int{}
		for range 70 {
			r := m.request(route, m.own, wrong)
			if strings.HasPrefix(route, "GET /osv") {
				r.Header.Set("Authorization", "Bearer wrong")
			}
			if route == "POST /api/v1/reports" {
				r.Header.Del("Authorization")
				r.Body = io.NopCloser(strings.NewReader(`{"description":"x"}`))
			}
			for _, line := range m.refusals(r) {
				events[line["event"]]++
			}
		}
		if events["limit-hit"] == 0 || (route != "POST /api/v1/reports" && events["credential-refused"] == 0) {
			t.Errorf("%s: %v", route, events)
		}
	}
}
