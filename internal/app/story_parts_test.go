package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// bill tomas Gateway 1.2 FILE   adds the bill of materials of a product version
func storyBill(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 4, "bill MEMBER PRODUCT VERSION FILE")
	s := of(ts)
	b, err := os.ReadFile(ts.MkAbs(args[3]))
	check(ts, err)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	check(ts, form.WriteField("product", args[1]))
	check(ts, form.WriteField("version", args[2]))
	part, err := form.CreateFormFile("file", args[3])
	check(ts, err)
	_, err = part.Write(b)
	check(ts, err)
	check(ts, form.Close())
	req := httptest.NewRequest("POST", origin+"/api/v1/components", &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", s.bearer(ts, args[0]))
	s.ask(ts, neg, req)
}

// components tomas purl=… | name=… [versions=…]   asks which versions contain a
// component
func storyComponents(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "components MEMBER KEY=VALUE…")
	s, query := of(ts), url.Values{}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		query.Set(key, value)
	}
	s.ask(ts, neg, request("GET", "/api/v1/components?"+query.Encode(), s.bearer(ts, args[0]), nil))
}
