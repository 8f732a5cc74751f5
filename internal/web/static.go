package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Templates are what all pages share, and the page of an error.
//
//go:embed templates
var Templates embed.FS

//go:embed static
var staticFiles embed.FS

// asset is one static file, ready to send.
type asset struct {
	kind         string
	plain, small []byte // small is gzip, nil where it would not pay
	alone        bool   // it came with the policy: it may do nothing, wherever it is opened
}

// assets are the static files under names that carry a hash of their bytes, so
// that browsers may keep them for ever.
type assets struct {
	urls  map[string]string // plain name -> address
	files map[string]asset  // hashed name -> file
}

func loadAssets() (*assets, error) {
	a := &assets{map[string]string{}, map[string]asset{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, err
		}
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "-" + digest(b) + ext
		a.urls[e.Name()] = "/static/" + hashed
		a.files[hashed] = newAsset(ext, b)
	}
	return a, nil
}

func newAsset(ext string, b []byte) asset {
	kind := mime.TypeByExtension(ext)
	switch ext {
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	}
	one := asset{kind: kind, plain: b}
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	_, _ = w.Write(b)
	_ = w.Close()
	if z.Len() < len(b)*9/10 {
		one.small = z.Bytes()
	}
	return one
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// asset is the address of a static file; a name that does not exist leads to a
// 404, which a test looks for.
func (s *Site) asset(name string) string {
	if url := s.assets.urls[name]; url != "" {
		return url
	}
	return "/static/missing-" + name
}

func (s *Site) static() http.Handler {
	page := s.Open(func(http.ResponseWriter, *http.Request) error { return errNoPage })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("file")
		one, ok := s.assets.files[name]
		if t := s.theme(); !ok && t != nil && t.name == name {
			one, ok = t.file, true
		}
		if p := s.logo(); !ok && p != nil && p.name == name {
			one, ok = p.file, true
		}
		if !ok {
			page.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		s.headers(h, r, false)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Type", one.kind)
		if one.alone {
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
		}
		h.Set("Vary", "Accept-Encoding")
		body := one.plain
		if one.small != nil && acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = one.small
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
	})
}
