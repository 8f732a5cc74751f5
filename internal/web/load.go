package web

import (
	"bytes"
	"net/http"

	"fairlead/internal/intake/load"
)

// sheet is what a page is written on before it is sent. Small ones are not counted, so
// most of the site goes on whoever fills the rest.
type sheet struct {
	*bytes.Buffer
	share *load.Share
}

func (s sheet) Write(p []byte) (int, error) {
	if n := s.Len() + len(p); n > sheetBytes && !s.share.Grow(int64(n)) {
		return 0, load.ErrBusy
	}
	return s.Buffer.Write(p)
}

// hurry bounds how long the reader of a page of so many bytes may take. What is sent
// by other means, as files are, has the time that the server gives.
func (s *Site) hurry(w http.ResponseWriter, size int) {
	if s.Within != nil {
		_ = http.NewResponseController(w).SetWriteDeadline(s.Within(load.Within(int64(size))))
	}
}
