package web

import (
	"io"
	"mime"
	"net/http"
	"strconv"
)

// Download makes the answer a file to keep, never a page to show. name is a label.
func Download(w http.ResponseWriter, name string) {
	h := w.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
}

// SendFile sends a stranger's file to be kept and never shown: as an
// attachment, of no type, in a sandbox, kept by no cache. name is a label.
func SendFile(w http.ResponseWriter, name string, size int64, body io.Reader) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	Download(w, name)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	_, err := io.Copy(w, body)
	return err
}

// maxUnread is the most bytes of a body that Drain reads.
const maxUnread = 64 << 20

// Drain reads what is left of a body that nobody wants: browsers show no answer that
// comes while they still send.
func Drain(body io.Reader) { _, _ = io.Copy(io.Discard, io.LimitReader(body, maxUnread)) }
