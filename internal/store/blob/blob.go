// Package blob keeps sealed files under generated names.
//
// It never opens what is sealed, never makes up a name and never uses one that a
// stranger chose: what a file was called by its sender is sealed with the case.
package blob

import (
	"context"
	"fmt"
	"io"

	"fairlead/internal/cvd"
)

// Store keeps blobs. Names have 16 to 64 characters of a-z and 0-9; any other is
// a cvd.ErrInvalid. What the medium refuses is a cvd.ErrUnavailable.
type Store interface {
	// Put stores what r yields and returns its size in bytes. When it returns
	// nil, the whole is on disk; otherwise nothing is stored. A name that is
	// taken is a cvd.ErrConflict. An error of r is returned, wrapped.
	Put(ctx context.Context, name string, r io.Reader) (size int64, err error)
	// Open returns the blob's bytes, or cvd.ErrNotFound. The caller closes it.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete removes the blob. It is not an error if it is gone already.
	Delete(ctx context.Context, name string) error
	// List calls each for every blob, by name, and ends with its error.
	List(ctx context.Context, each func(name string, size int64) error) error
	// Ready tells whether a blob could be stored now.
	Ready(ctx context.Context) error
}

const (
	shortestName = 16
	longestName  = 64
)

func check(name string) error {
	if !Valid(name) {
		return fmt.Errorf("%w: a blob's name has %d to %d characters of a-z and 0-9", cvd.ErrInvalid, shortestName, longestName)
	}
	return nil
}

// Valid tells whether name may name a blob.
func Valid(name string) bool {
	if len(name) < shortestName || len(name) > longestName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
