package blob

import (
	"fmt"
	"io"

	"fairlead/internal/cvd"
)

// Limit reads up to limit bytes and fails beyond them with cvd.ErrTooLarge, so
// that a file is refused and never cut short.
func Limit(r io.Reader, limit int64) io.Reader { return &limited{r: r, left: limit, limit: limit} }

type limited struct {
	r     io.Reader
	left  int64
	limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%w: the file is over %d MiB; compress it, split it, or ask the team for another way", cvd.ErrTooLarge, l.limit>>20)
	}
	return n, err
}
