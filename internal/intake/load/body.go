package load

import (
	"io"
	"strings"
)

const (
	// small is how much of a body is not counted.
	small = 64 << 10
	// Form is how much of a body counts at most, and fields how much of one with files:
	// of these only the fields are held, and the files pass through.
	Form   = 4 << 20
	fields = 1 << 20
)

// Body is a request's body whose reader holds what was read of it. It counts from its
// first byte that is read until Free, which must be called.
type Body struct {
	io.ReadCloser
	share *Share
	read  int64
	begun bool
}

// Body begins to count the body of a request of that network; kind is its media type.
func (l *Load) Body(of io.ReadCloser, who, kind string) *Body {
	most := int64(Form)
	if strings.HasPrefix(kind, "multipart/") {
		most = fields
	}
	return &Body{ReadCloser: of, share: l.Share(who, most)}
}

// Read reads on, or fails with ErrBusy.
func (b *Body) Read(p []byte) (int, error) {
	if !b.begun {
		if !b.share.of.take(b.share.who, 0, 1) {
			return 0, ErrBusy
		}
		b.begun = true
	}
	n, err := b.ReadCloser.Read(p)
	if b.read += int64(n); b.read > small && !b.share.Grow(b.read) {
		return 0, ErrBusy
	}
	return n, err
}

// Free ends it.
func (b *Body) Free() {
	b.share.Free()
	if b.begun {
		b.share.of.give(b.share.who, 0, 1)
		b.begun = false
	}
}
