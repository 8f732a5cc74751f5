package app_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/api/view"
	"fairlead/internal/cvd"
)

// advise MEMBER [KEY=VALUE…]   saves the draft as it was filled or saved last, with
// title, overview, details, lang, tlp, cve, cwe, fixed, workaround, none-planned and
// credit set as told; others says that it names other people
func storyAdvise(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "advise MEMBER [KEY=VALUE…]")
	s := of(ts)
	d := s.draft(ts, args[0])
	a := d.Record
	body := map[string]any{"advisory": a, "seq": d.Seq}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		v := &a.Vulnerabilities[0]
		switch key {
		case "title":
			a.Title = value
		case "overview":
			a.Overview = value
		case "details":
			a.Details = value
		case "lang":
			a.Lang = value
		case "tlp":
			a.TLP = cvd.TLP(value)
		case "cve":
			v.CVE = value
		case "cwe":
			v.CWE = strings.Split(value, ",")
		case "fixed":
			if len(v.Affects) == 0 {
				ts.Fatalf("the report names no product")
			}
			v.Affects[0].Versions = nil
			v.Affects[0].Ranges = []cvd.VersionRange{{Kind: cvd.RangeSemver, Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: value}}}}
		case "workaround":
			v.Remedies = append(v.Remedies, cvd.Remedy{Kind: cvd.RemedyWorkaround, Text: value})
		case "none-planned":
			v.Remedies = append(v.Remedies, cvd.Remedy{Kind: cvd.RemedyNonePlanned, Text: value})
		case "credit":
			a.Credits = nil
			if value != "" {
				a.Credits = []cvd.AdvisoryCredit{{Name: value, Kind: "FINDER"}}
			}
		case "others":
			body["others"] = true
		default:
			ts.Fatalf("advise sets no %s", key)
		}
	}
	s.ask(ts, neg, request("POST", "/api/v1/cases/"+ts.Getenv("CASE")+"/advise", s.bearer(ts, args[0]), body))
}

// draft is the advisory of the latest case.
func (s *story) draft(ts *testscript.TestScript, member string) view.Draft {
	var d view.Draft
	w := s.quietly(ts, false, request("GET", "/api/v1/cases/"+ts.Getenv("CASE")+"/advisory", s.bearer(ts, member), nil))
	check(ts, json.Unmarshal(w.Body.Bytes(), &d))
	return d
}

// draft MEMBER   prints the advisory of the latest case with its gates
func storyDraft(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "draft MEMBER")
	s := of(ts)
	s.ask(ts, neg, request("GET", "/api/v1/cases/"+ts.Getenv("CASE")+"/advisory", s.bearer(ts, args[0]), nil))
}

// gate MEMBER NAME…   exactly these gates stop the release of the latest case
func storyGate(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "gate MEMBER NAME…")
	var shut []string
	for _, g := range of(ts).draft(ts, args[0]).Gates {
		if !g.OK && g.Stops {
			shut = append(shut, g.Name)
		}
	}
	if got, want := strings.Join(shut, " "), strings.Join(args[1:], " "); got != want {
		ts.Fatalf("shut: %q, want %q", got, want)
	}
}

// released REVISION REGEXP…   the latest case's advisory is published in that
// revision, and its CSAF document says all that; ! released: it is not published
func storyReleased(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	ctx := context.Background()
	id := s.draft(ts, "mara").Release
	if id == nil || id.Revision == 0 {
		if !neg {
			ts.Fatalf("not published")
		}
		return
	}
	e, err := s.h.Register.Entry(ctx, id.Advisory)
	check(ts, err)
	if neg {
		ts.Fatalf("published in revision %d", e.Revision)
	}
	need(ts, args, 1, "released REVISION REGEXP…")
	if strconv.Itoa(e.Revision) != args[0] || e.Revision != id.Revision {
		ts.Fatalf("published in revision %d, the case says %d", e.Revision, id.Revision)
	}
	doc, err := s.h.Register.Document(ctx, id.Advisory, "csaf")
	check(ts, err)
	for _, want := range args[1:] {
		if !regexp.MustCompile(want).Match(doc.Bytes) {
			ts.Fatalf("%s is not in\n%s", want, doc.Bytes)
		}
	}
}

// checked NAME pass|fail [TEXT]   a reporter says whether the fix works
func storyChecked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "checked NAME pass|fail [TEXT]")
	s := of(ts)
	body := map[string]any{"outcome": args[1]}
	if len(args) > 2 {
		body["text"] = args[2]
	}
	req := request("POST", "/api/v1/thread/check-result", s.receipt(ts, args[0]), body)
	s.ask(ts, neg, req)
}

// fetch PATH   prints what a machine gets there
func storyFetch(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "fetch PATH")
	s := of(ts)
	s.ask(ts, neg, httptest.NewRequest("GET", origin+args[0], nil))
}
