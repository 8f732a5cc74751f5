package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// report ann [once:KEY] title=… description=… reporter.email=…   sends a report
// through the API; once: gives the request an Idempotency-Key.
func storyReport(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "report NAME [once:KEY] KEY=VALUE…")
	s, name, rest := of(ts), args[0], args[1:]
	once, repeated := strings.CutPrefix(rest[0], "once:")
	if repeated {
		rest = rest[1:]
	}
	req := request("POST", "/api/v1/reports", "", pairs(ts, rest))
	if repeated {
		req.Header.Set("Idempotency-Key", once)
	}
	s.accepted(ts, neg, name, s.ask(ts, neg, req))
	s.remember(name, rest)
}

// flood 200 18s bot description=…   sends so many reports, so far apart, each
// numbered in its text. "! flood": the last of them is refused, and no other.
func storyFlood(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 4, "flood COUNT SPAN NAME KEY=VALUE…")
	s := of(ts)
	n, err := strconv.Atoi(args[0])
	check(ts, err)
	apart, err := time.ParseDuration(args[1])
	check(ts, err)
	body := pairs(ts, args[3:])
	s.remember(args[2], args[3:])
	text := body["description"]
	for i := 1; i <= n; i++ {
		s.h.Options.Clock.Advance(apart)
		body["description"] = fmt.Sprintf("%s %d", text, i)
		req := request("POST", "/api/v1/reports", "", body)
		if i == n {
			s.accepted(ts, neg, args[2], s.ask(ts, neg, req))
			return
		}
		s.quietly(ts, false, req)
	}
}

// remember keeps the address under which a reporter can be written to.
func (s *story) remember(name string, args []string) {
	for _, a := range args {
		if mail, ok := strings.CutPrefix(a, "reporter.email="); ok {
			s.mails[name] = mail
		}
	}
}

// accepted keeps the receipt and the case of an answer under the reporter's
// name.
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

var (
	caseText    = regexp.MustCompile(`\b[A-Z]{2}-20\d\d-[0-9A-Z]{7}\b`)
	receiptText = regexp.MustCompile(`\b[a-z]+(?:-[a-z]+){6}\b`)
)

// form ann title=… description=…   fills in the page /report as a browser
// without scripts does
func storyForm(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "form NAME KEY=VALUE…")
	s := of(ts)
	fields := url.Values{}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		fields.Set(key, value)
	}
	text := s.read(ts, neg, posted("/report", fields))
	if neg {
		return
	}
	check(ts, s.h.Turn(context.Background()))
	s.codes[args[0]] = receiptText.FindString(text)
	s.cases[args[0]] = caseText.FindString(text)
	ts.Setenv("CASE", s.cases[args[0]])
	s.remember(args[0], args[1:])
}

// posted is a form as a browser sends it from a page of this site.
func posted(path string, fields url.Values) *http.Request {
	req := httptest.NewRequest("POST", origin+path, strings.NewReader(fields.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

func (s *story) receipt(ts *testscript.TestScript, name string) string {
	if s.codes[name] == "" {
		ts.Fatalf("%s has no receipt", name)
	}
	return "Receipt " + s.codes[name]
}

// thread ann [RECEIPT]   prints what the reporter reads, as JSON
func storyThread(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "thread NAME [RECEIPT]")
	s := of(ts)
	if len(args) > 1 {
		s.ask(ts, neg, request("GET", "/api/v1/thread", "Receipt "+args[1], nil))
		return
	}
	s.ask(ts, neg, request("GET", "/api/v1/thread", s.receipt(ts, args[0]), nil))
}

// visit ann   opens the page /thread with the receipt and prints its text
func storyVisit(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "visit NAME")
	s := of(ts)
	if s.codes[args[0]] == "" {
		ts.Fatalf("%s has no receipt", args[0])
	}
	opened := s.quietly(ts, neg, posted("/thread/open", url.Values{"receipt": {s.codes[args[0]]}}))
	if neg {
		return
	}
	req := httptest.NewRequest("GET", origin+"/thread", nil)
	for _, c := range opened.Result().Cookies() {
		req.AddCookie(c)
	}
	s.read(ts, false, req)
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)
	fields = regexp.MustCompile(`<input[^>]*name="receipt"[^>]*value="([a-z-]+)"[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// read prints a page as the text that a person reads, on one line, so that a
// story need not know where lines break.
func (s *story) read(ts *testscript.TestScript, neg bool, req *http.Request) string {
	return s.print(ts, s.quietly(ts, neg, req))
}

// print writes what a page says to stdout.
func (s *story) print(ts *testscript.TestScript, w *httptest.ResponseRecorder) string {
	text := w.Body.String()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		text = html.UnescapeString(tags.ReplaceAllString(fields.ReplaceAllString(text, " $1 "), " "))
		text = strings.TrimSpace(blanks.ReplaceAllString(text, " ")) + "\n"
	}
	_, err := ts.Stdout().Write([]byte(text))
	check(ts, err)
	return text
}

// page /policy   prints the text of a page as a stranger reads it
func storyPage(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "page PATH")
	of(ts).read(ts, neg, httptest.NewRequest("GET", origin+args[0], nil))
}

// say ann TEXT   writes in the thread; on a closed case it opens a successor
func storySay(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "say NAME TEXT")
	of(ts).says(ts, neg, "/api/v1/thread/messages", args)
}

// says sends words, and goes on with the case that they came to.
func (s *story) says(ts *testscript.TestScript, neg bool, path string, args []string) {
	body := s.ask(ts, neg, request("POST", path, s.receipt(ts, args[0]), map[string]string{"text": args[1]}))
	var a struct{ Case string }
	if !neg && json.Unmarshal(body, &a) == nil && a.Case != "" {
		s.cases[args[0]] = a.Case
		ts.Setenv("CASE", a.Case)
	}
}

// send ann FILE   attaches a file; $FILE then holds the name under which it is
// kept
func storySend(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "send NAME FILE")
	s := of(ts)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", filepath.Base(args[1]))
	check(ts, err)
	_, err = part.Write([]byte(ts.ReadFile(args[1])))
	check(ts, err)
	check(ts, w.Close())
	req := httptest.NewRequest("POST", origin+"/api/v1/thread/attachments", &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", s.receipt(ts, args[0]))
	body := s.ask(ts, neg, req)
	var kept struct{ ID string }
	if !neg && json.Unmarshal(body, &kept) == nil {
		ts.Setenv("FILE", kept.ID)
	}
}

// leave ann [REASON]   withdraws the report
func storyLeave(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "leave NAME [REASON]")
	s := of(ts)
	s.ask(ts, neg, request("POST", "/api/v1/thread/withdraw", s.receipt(ts, args[0]), map[string]string{"reason": strings.Join(args[1:], " ")}))
}

// appeal ann TEXT   on a closed case it opens a successor
func storyAppeal(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "appeal NAME TEXT")
	of(ts).says(ts, neg, "/api/v1/thread/appeal", args)
}

// contact ann reporter.email=…   replaces what the reporter said of themselves
func storyContact(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "contact NAME reporter.KEY=VALUE…")
	s := of(ts)
	s.ask(ts, neg, request("POST", "/api/v1/thread/contact", s.receipt(ts, args[0]), pairs(ts, args[1:])["reporter"]))
	s.remember(args[0], args[1:])
}

// suggest TEXT   sends a word about the policy itself by the page for it
func storySuggest(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "suggest TEXT")
	of(ts).read(ts, neg, posted("/policy/feedback", url.Values{"text": {args[0]}}))
}
