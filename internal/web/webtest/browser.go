package webtest

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Browser asks the house for pages. It keeps cookies, sends the headers by which
// browsers prove where a form came from, and follows no redirect by itself.
type Browser struct {
	h       *House
	cookies map[string]string
	// Gzip asks for compressed answers.
	Gzip bool
	// Lang is what it asks for in Accept-Language; empty asks for nothing.
	Lang string
	// From is the address it comes from.
	From string
}

// Browser opens a new one, without cookies.
func (h *House) Browser() *Browser {
	return &Browser{h: h, cookies: map[string]string{}, From: "192.0.2.7:4711"}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Doc    *html.Node
}

// File is one file to send.
type File struct{ Field, Name, Content string }

// Get asks for a page.
func (b *Browser) Get(path string) *Answer {
	b.h.T.Helper()
	path, _, _ = strings.Cut(path, "#")
	return b.Send(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) *Answer {
	b.h.T.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Send(r)
}

// Upload sends a form with files, the fields first as browsers do.
func (b *Browser) Upload(path string, form url.Values, files ...File) *Answer {
	b.h.T.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			_ = w.WriteField(name, v)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.Field, f.Name)
		b.h.must(err)
		_, _ = io.WriteString(part, f.Content)
	}
	b.h.must(w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.Send(r)
}

// Send sends any request.
func (b *Browser) Send(r *http.Request) *Answer {
	b.h.T.Helper()
	r.RemoteAddr = b.From
	if r.Header.Get("Sec-Fetch-Site") == "" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.Lang != "" && r.Header.Get("Accept-Language") == "" {
		r.Header.Set("Accept-Language", b.Lang)
	}
	if b.Gzip {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.h.Mux.ServeHTTP(rec, r)
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, Body: rec.Body.String()}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && !b.Gzip {
		doc, err := html.Parse(strings.NewReader(a.Body))
		b.h.must(err)
		a.Doc = doc
	}
	return a
}

// Follow goes where a redirect points, once.
func (b *Browser) Follow(a *Answer) *Answer {
	b.h.T.Helper()
	to := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || to == "" {
		b.h.T.Fatalf("no redirect but %d: %s", a.Status, a.Text())
	}
	return b.Get(to)
}

// Cookies lists the names of the cookies that it holds.
func (b *Browser) Cookies() []string {
	var out []string
	for name := range b.cookies {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Carry puts the cookies on a request that is sent some other way.
func (b *Browser) Carry(r *http.Request) {
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
}

// SetCookie puts a cookie in by hand.
func (b *Browser) SetCookie(name, value string) { b.cookies[name] = value }

// Form reads the values of the page's form that posts to action, as they stand, by
// itself or by a button that may name a case. It fails the test if there is none.
func (b *Browser) Form(a *Answer, action string) url.Values {
	b.h.T.Helper()
	for n := range a.Doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		for button := range n.Descendants() {
			if path, query, _ := strings.Cut(Attr(button, "formaction"), "?case="); button.Data == "button" && path == action && query != "" {
				v := values(n)
				v.Set("case", query)
				return v
			}
		}
	}
	for n := range a.Doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && Attr(n, "action") == action {
			return values(n)
		}
	}
	b.h.T.Fatalf("no form to %s in: %s", action, a.Text())
	return nil
}

func values(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || Attr(n, "name") == "" {
			continue
		}
		name := Attr(n, "name")
		switch n.Data {
		case "input":
			kind := Attr(n, "type")
			if (kind == "checkbox" || kind == "radio") && !has(n, "checked") || kind == "file" || kind == "submit" {
				continue
			}
			v.Add(name, Attr(n, "value"))
		case "textarea":
			v.Add(name, strings.TrimPrefix(text(n), "\n"))
		case "select":
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					v.Add(name, Attr(o, "value"))
				}
			}
		}
	}
	return v
}

// Attr is an attribute of an element, or "".
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Text is what a reader sees of the page, blanks folded.
func (a *Answer) Text() string {
	if a.Doc == nil {
		return a.Body
	}
	return strings.Join(strings.Fields(text(a.Doc)), " ")
}

// Check fails the test unless the answer has the status.
func (a *Answer) Check(h *House, status int) *Answer {
	h.T.Helper()
	if a.Status != status {
		h.T.Fatalf("status %d, want %d: %s\n%s", a.Status, status, fmt.Sprintf("%.600s", a.Text()), h.Log)
	}
	return a
}
