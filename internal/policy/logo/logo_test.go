package logo_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"fairlead/internal/policy/logo"
)

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 24">`

func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		want       error
	}{
		"shapes":              {"image/svg+xml", svg + `<defs><linearGradient id="a"/></defs><path fill="url(#a)" d="M0 0h4"/><use href="#a"/></svg>`, nil},
		"declared":            {"image/svg+xml", `<?xml version="1.0"?>` + svg + `<g/></svg>`, nil},
		"PNG":                 {"image/png", string(picture(t, 64, 32)), nil},
		"drawn twice":         {"image/svg+xml", svg + `<defs><g id="a"><path d="M0 0h4"/></g></defs><g><use href="#a"/><use href="#a"/></g></svg>`, nil},
		"root has a name":     {"image/svg+xml", strings.Replace(svg, "<svg", `<svg id="Layer_1"`, 1) + `<path id="a" d="M0 0h4"/><use href="#a"/></svg>`, nil},
		"masked":              {"image/svg+xml", svg + `<mask id="m"><rect/></mask><g mask="url(#m)"><path/></g></svg>`, nil},
		"multiplied":          {"image/svg+xml", svg + `<g id="a"><path/></g><g id="b"><use href="#a"/><use href="#a"/></g><g id="c"><use href="#b"/><use href="#b"/></g></svg>`, logo.ErrSVG},
		"multiplied deeper":   {"image/svg+xml", svg + `<g id="a"><g id="x"><path/></g><g><use href="#x"/></g></g></svg>`, logo.ErrSVG},
		"use of a use":        {"image/svg+xml", svg + `<path id="a"/><use id="b" href="#a"/></svg>`, logo.ErrSVG},
		"masks of masks":      {"image/svg+xml", svg + `<mask id="a"><rect/></mask><mask id="b"><rect mask="url(#a)"/></mask></svg>`, logo.ErrSVG},
		"clips by style":      {"image/svg+xml", svg + `<clipPath id="a"><rect/></clipPath><clipPath id="b"><rect style="CLIP-path: url(#a)"/></clipPath></svg>`, logo.ErrSVG},
		"script":              {"image/svg+xml", svg + `<script>alert(1)</script></svg>`, logo.ErrSVG},
		"handler":             {"image/svg+xml", svg + `<g OnClick="alert(1)"/></svg>`, logo.ErrSVG},
		"foreign":             {"image/svg+xml", svg + `<foreignObject/></svg>`, logo.ErrSVG},
		"picture elsewhere":   {"image/svg+xml", svg + `<image href="https://example.org/x.png"/></svg>`, logo.ErrSVG},
		"use elsewhere":       {"image/svg+xml", svg + `<use href="https://example.org/x.svg#a"/></svg>`, logo.ErrSVG},
		"old way of linking":  {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"><use xlink:href="javascript:alert(1)"/></svg>`, logo.ErrSVG},
		"paint elsewhere":     {"image/svg+xml", svg + `<path style="fill: url( 'https://example.org/x' )"/></svg>`, logo.ErrSVG},
		"escaped style":       {"image/svg+xml", svg + `<path style="fill: u\72l(https://example.org/x)"/></svg>`, logo.ErrSVG},
		"style sheet":         {"image/svg+xml", svg + `<style>@import "https://example.org"</style></svg>`, logo.ErrSVG},
		"motion":              {"image/svg+xml", svg + `<animate attributeName="href" to="javascript:alert(1)"/></svg>`, logo.ErrSVG},
		"entities":            {"image/svg+xml", `<!DOCTYPE svg [<!ENTITY a "b">]>` + svg + `</svg>`, logo.ErrSVG},
		"style of the page":   {"image/svg+xml", `<?xml-stylesheet href="https://example.org"?>` + svg + `</svg>`, logo.ErrSVG},
		"HTML":                {"image/svg+xml", `<html xmlns="http://www.w3.org/1999/xhtml" viewBox="0 0 9 9"></html>`, logo.ErrSVG},
		"no size":             {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"></svg>`, logo.ErrSVG},
		"cut short":           {"image/svg+xml", svg + `<g>`, logo.ErrSVG},
		"no PNG":              {"image/png", "\x89PNG\r\n\x1a\n", logo.ErrPNG},
		"PNG cut short":       {"image/png", string(picture(t, 64, 32)[:60]), logo.ErrPNG},
		"a PNG of many pixel": {"image/png", string(picture(t, 2001, 1)), logo.ErrPNG},
		"large":               {"image/svg+xml", svg + strings.Repeat("<g/>", 4000) + `</svg>`, logo.ErrLarge},
		"another kind":        {"image/gif", "GIF89a", logo.ErrForm},
	} {
		got, err := logo.Parse(logo.URI(c.kind, []byte(c.text)))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (string(got.Bytes) != c.text || got.Width <= 0 || got.Height <= 0) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, uri := range []string{"", "logo.svg", "data:image/png;base64,!!", "https://example.org/logo.png"} {
		if _, err := logo.Parse(uri); !errors.Is(err, logo.ErrForm) {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(logo.URI("image/svg+xml", []byte(svg+"<g/></svg>")))
	f.Fuzz(func(t *testing.T, uri string) {
		l, err := logo.Parse(uri)
		if err == nil && (len(l.Bytes) > logo.MaxBytes || bytes.Contains(bytes.ToLower(l.Bytes), []byte("<script"))) {
			t.Errorf("let through: %q", l.Bytes)
		}
	})
}
