package sqlstore

import (
	"fmt"
	"os"

	"fairlead/internal/cvd"
)

// errMoved: a file that somebody moved, removed or replaced still takes writes
// through the open connection, and loses them. So no such commit is answered as
// one.
var errMoved = fmt.Errorf("%w: the database file was moved, removed or replaced under the running program; put it back", cvd.ErrUnavailable)

// place is a file where it stood when it was opened. The zero value is nowhere,
// and never moved.
type place struct {
	path string
	was  os.FileInfo
}

// stands notes where the file is now, if it is there.
func stands(path string) place {
	info, err := os.Stat(path)
	if err != nil {
		return place{}
	}
	return place{path, info}
}

// moved tells whether another file, or none, stands there now.
func (p place) moved() bool {
	if p.was == nil {
		return false
	}
	now, err := os.Stat(p.path)
	return err != nil || !os.SameFile(p.was, now)
}
