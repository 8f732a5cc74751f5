package web

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/load"
)

// What large forms and large pages may hold in memory at once: in all, and for one
// address. Small ones are not counted, so most of the site goes on whoever fills it.
const (
	loadBytes = 64 << 20
	loadEach  = 16 << 20
	// formSmall is how much of a body is not counted, and fileForm how much of one with
	// files is at most: of these only the fields are held.
	formSmall = 64 << 10
	fileForm  = 1 << 20
)

// A page is sent within pageTime, and a second longer for each pageRate bytes.
const (
	pageTime = 30 * time.Second
	pageRate = 32 << 10
)

// newLoad is how much there is to share.
func newLoad(unlimited bool) *load.Load {
	if unlimited {
		return load.New(math.MaxInt64, math.MaxInt64)
	}
	return load.New(loadBytes, loadEach)
}

// errBusy refuses what would hold more memory than there is to share.
var errBusy = fmt.Errorf("%w: too much is under way at once", cvd.ErrUnavailable)

// busyAfter is when to come again after an errBusy.
const busyAfter = 30 * time.Second

// weighed is a body whose reader holds what was read of it.
type weighed struct {
	io.ReadCloser
	share *load.Share
	read  int64
}

// weigh counts the body of a request; free ends that.
func (s *Site) weigh(r *http.Request) (free func()) {
	most := int64(FormLimit)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		most = fileForm
	}
	body := &weighed{ReadCloser: r.Body, share: s.bodies.Share(s.From(r), most)}
	r.Body = body
	return body.share.Free
}

func (w *weighed) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if w.read += int64(n); w.read > formSmall && !w.share.Grow(w.read) {
		return 0, errBusy
	}
	return n, err
}

// sheet is what a page is written on before it is sent.
type sheet struct {
	*bytes.Buffer
	share *load.Share
}

func (s sheet) Write(p []byte) (int, error) {
	if n := s.Len() + len(p); n > sheetBytes && !s.share.Grow(int64(n)) {
		return 0, errBusy
	}
	return s.Buffer.Write(p)
}

// hurry bounds how long the reader of a page of so many bytes may take. What is sent
// by other means, as files are, has the time that the server gives.
func (s *Site) hurry(w http.ResponseWriter, size int) {
	if s.Within != nil {
		_ = http.NewResponseController(w).SetWriteDeadline(s.Within(pageTime + time.Duration(size/pageRate)*time.Second))
	}
}
