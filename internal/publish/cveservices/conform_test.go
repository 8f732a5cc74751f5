package cveservices_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/cvd"
	"fairlead/internal/publish/cveservices"
	"fairlead/internal/publish/cveservices/cveservicestest"
)

// record is the schema of CVE records. What the services' description gives for
// answers that hold one is older than the records that they take, so the record in
// the answer is held against its own schema.
const record = "record"

// schemas are those that the services' own description gives for each answer.
var schemas = map[string]string{
	"GET /health-check 200":   "",
	"POST /cve-id 200":        "cve-id/create-cve-ids-response.json",
	"POST /cve-id 206":        "cve-id/create-cve-ids-partial-response.json",
	"POST /cve-id 400":        "errors/bad-request.json",
	"POST /cve-id 403":        "errors/generic.json",
	"GET /cve-id 200":         "cve-id/list-cve-ids-response.json",
	"GET /cve-id/* 200":       "cve-id/get-cve-id-response.json",
	"GET /cve-id/* 404":       "errors/generic.json",
	"PUT /cve-id/* 200":       "cve-id/update-cve-id-response.json",
	"GET /cve/* 200":          record,
	"GET /cve/* 404":          "errors/generic.json",
	"POST /cve/*/cna 200":     record,
	"POST /cve/*/cna 403":     "errors/generic.json",
	"PUT /cve/*/cna 200":      record,
	"POST /cve/*/reject 200":  record,
	"PUT /cve/*/reject 200":   record,
	"GET /org/* 200":          "org/get-org-response.json",
	"GET /org/*/id_quota 200": "org/get-org-quota-response.json",
	"GET /org/*/id_quota 401": "errors/generic.json",
}

// pattern names a request without what is different in each.
func pattern(r cveservicestest.Request) string {
	parts := strings.Split(r.Path, "/")
	if len(parts) > 2 {
		parts[2] = "*"
	}
	return r.Method + " " + strings.Join(parts, "/")
}

// conform holds every answer of the double against its published schema.
func conform(t *testing.T, all []cveservicestest.Request) {
	t.Helper()
	for _, r := range all {
		name := fmt.Sprintf("%s %d", pattern(r), r.Status)
		file, known := schemas[name]
		if !known {
			t.Errorf("%s has no schema", name)
			continue
		}
		if file == "" {
			continue
		}
		answer := r.Answer
		if strings.HasSuffix(file, "list-cve-ids-response.json") {
			// The text of the interface says null on the last page, its schema a number.
			var m map[string]any
			if err := json.Unmarshal(answer, &m); err != nil {
				t.Fatal(err)
			}
			for _, page := range []string{"prevPage", "nextPage"} {
				if m[page] == nil {
					delete(m, page)
				}
			}
			answer, _ = json.Marshal(m)
		}
		at := append([]string{"cve", "cve-services", "schemas"}, strings.Split(file, "/")...)
		if file == record {
			at = []string{"cve", "cvelib", "cvelib", "schemas", "CVE_JSON_bundled_5.1.1.json"}
			m := map[string]json.RawMessage{}
			if err := json.Unmarshal(answer, &m); err != nil {
				t.Fatal(err)
			}
			for _, what := range []string{"created", "updated"} {
				if m[what] != nil {
					answer = m[what]
				}
			}
		}
		if err := advisorytest.Schema(t, at...)(answer); err != nil {
			t.Errorf("%s: %v\n%s", name, err, answer)
		}
	}
}

// cveCommand runs Debian's cve command against a double.
func cveCommand(t *testing.T, s *cveservicestest.Server) func(want int, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("cve"); err != nil {
		t.Skip("the command cve is not here: scripts/test-deps installs python3-cvelib")
	}
	return func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command("cve", args...)
		cmd.Env = append(os.Environ(), "CVE_API_URL="+s.URL+"/", "CVE_ORG="+cveservicestest.Org, "CVE_USER="+cveservicestest.User,
			"CVE_API_KEY="+cveservicestest.Key, "LC_ALL=C.UTF-8", "NO_PROXY=*")
		out, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("cve %s ended with %d, not %d (%v): %s", strings.Join(args[:min(2, len(args))], " "), got, want, err, out)
		}
		return string(out)
	}
}

// changes are the requests that change something, as method, path, query and what
// of the body CVE Services read.
func changes(t *testing.T, all []cveservicestest.Request) []string {
	t.Helper()
	var out []string
	for _, r := range all {
		if r.Method == "GET" || r.Status >= 400 {
			continue
		}
		var query []string
		for name, v := range r.Query {
			query = append(query, name+"="+strings.ToUpper(strings.ReplaceAll(strings.Join(v, ","), "-", "")))
		}
		slices.Sort(query)
		var body map[string]map[string]any
		if len(r.Body) > 0 {
			if err := json.Unmarshal(r.Body, &body); err != nil {
				t.Fatal(err)
			}
		}
		b, _ := json.Marshal(body)
		out = append(out, strings.Join([]string{r.Method, r.Path, strings.Join(query, "&"), string(b)}, " "))
	}
	return out
}

// A command that is not ours and our client do the same errands at two doubles:
// both doubles understand, end in the same states, and saw the same requests.
func TestClientAndCommandAgree(t *testing.T) {
	theirs, ours := cveservicestest.New(t, 10), cveservicestest.New(t, 10)
	cve := cveCommand(t, theirs)
	c := client(t, config(ours, newKeeper()))
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	cve(0, "ping")
	if err := c.Health(ctx); err != nil {
		t.Error(err)
	}
	out := cve(0, "reserve", "3", "-y", "2026")
	r := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 3, Sequential: true}))
	for _, id := range r.IDs {
		if !strings.Contains(out, id) {
			t.Errorf("the command reserved %s, not %s", out, id)
		}
	}
	// The command knows records of 5.0, which have no CVSS 4.0.
	older := func(a *cvd.Advisory) { a.Vulnerabilities[0].Scores = a.Vulnerabilities[0].Scores[:1] }
	first := container(t, r.IDs[0], older)
	second := container(t, r.IDs[0], func(a *cvd.Advisory) { older(a); a.Vulnerabilities[0].Description = "Said better." })
	cve(0, "publish", r.IDs[0], "-f", file("first.json", first))
	did(t, cveservices.Created)(c.Publish(ctx, r.IDs[0], first))
	cve(0, "publish", r.IDs[0], "-f", file("second.json", second))
	did(t, cveservices.Updated)(c.Publish(ctx, r.IDs[0], second))
	no := must[[]byte](t)(cve5.Rejected("It was no vulnerability.", []string{r.IDs[0]}, advisorytest.Publisher))
	cve(0, "reject", r.IDs[1], "-f", file("no.json", no))
	did(t, cveservices.Created)(c.Reject(ctx, r.IDs[1], no))
	cve(0, "reject", r.IDs[2])
	did(t, cveservices.Updated)(c.Release(ctx, r.IDs[2]))
	cve(0, "undo-reject", r.IDs[2])
	did(t, cveservices.Updated)(c.Restore(ctx, r.IDs[2]))

	out = cve(0, "quota")
	q := must[cveservices.Quota](t)(c.Quota(ctx))
	if q.Available != 9 || !strings.Contains(out, "9") {
		t.Errorf("%+v and %s", q, out)
	}
	out = cve(0, "list")
	if all := must[[]cveservices.ID](t)(c.List(ctx, cveservices.Filter{})); len(all) != 3 || strings.Count(out, "CVE-2026-") != 3 {
		t.Errorf("%+v and %s", all, out)
	}
	out = cve(0, "show", r.IDs[0], "--show-record")
	if !strings.Contains(out, "Said better.") {
		t.Error("the command does not show the record")
	}
	if diff := cmp.Diff(theirs.States(), ours.States()); diff != "" {
		t.Error(diff)
	}
	saw, did := theirs.Requests(), ours.Requests()
	if diff := cmp.Diff(changes(t, saw), changes(t, did)); diff != "" {
		t.Error(diff)
	}
	conform(t, append(saw, did...))
}

// What the double refuses looks as the services' own refusals do.
func TestTheDoubleRefusesAsTheServicesDo(t *testing.T) {
	s := cveservicestest.New(t, 3)
	c := client(t, config(s, newKeeper()))
	id := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "a", Year: 2026, Amount: 1})).IDs[0]
	s.Stock(1)
	must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "b", Year: 2026, Amount: 2, Sequential: true}))
	s.Stock(-1)
	for _, refused := range []func() error{
		func() error {
			_, err := c.Reserve(ctx, cveservices.Request{Key: "c", Year: 2026, Amount: 9, Sequential: true})
			return err
		},
		func() error {
			_, err := c.Reserve(ctx, cveservices.Request{Key: "d", Year: 9999, Amount: 1})
			return err
		},
		func() error { _, err := c.Look(ctx, "CVE-2026-99999"); return err },
		func() error {
			cfg := config(s, nil)
			cfg.User = "nobody"
			_, err := client(t, cfg).Quota(ctx)
			return err
		},
	} {
		if refused() == nil {
			t.Error("it was not refused")
		}
	}
	did(t, cveservices.Created)(c.Publish(ctx, id, container(t, id, nil)))
	conform(t, s.Requests())
}
